"""Our arithmetic of each position beside the venue's word (invariants 1 and 4).

Arithmetic is an adopted snapshot plus *every* fill of the account since, ours or not. Where it
differs from the venue's word, nothing is traded. A fill that was late ends the difference; what no
fill explains is drift. It is adopted when two REST snapshots agree on it that were requested after
our last order's close, at least a second apart, neither older than the last fill folded; at the
latest after `drift_ms_max`, by the newest snapshot there is.
"""

from decimal import Decimal

from hedgebot.core.books import PositionBook, Proof, Word
from hedgebot.domain.events import Position
from hedgebot.domain.orders import Fill

PROOFS_APART_MS = 1_000
UNDATED_MS = 3_000
"""A REST row without a venue time counts only so long after the last fill was folded."""
TAPE_MAX = 5_000


def first_time(book: PositionBook, fill: Fill) -> bool:
    """Whether this trade was not folded yet; remembers it."""
    tape = book.tape
    if fill.trade_id in tape.seen or fill.venue_ms <= tape.forgotten_ms:
        return False
    tape.seen[fill.trade_id] = fill.venue_ms
    if len(tape.seen) > TAPE_MAX:
        oldest_ms = tape.seen.pop(next(iter(tape.seen)))
        tape.forgotten_ms = max(tape.forgotten_ms, oldest_ms)
    return True


def fold_fill(book: PositionBook, fill: Fill, now: int) -> Decimal:
    """Count an execution, once the caller knows it is new. Returns the change, own unit, signed."""
    book.tape.last_ms = now
    book.tape.last_venue_ms = max(book.tape.last_venue_ms, fill.venue_ms)
    change = fill.qty * fill.side.value
    if book.arithmetic is None or fill.venue_ms <= book.adopted_ms:
        return Decimal(0)  # the snapshot shows it already, or the first one will
    book.arithmetic += change
    _compare(book, now)
    return change


def hear(book: PositionBook, position: Position, now: int) -> bool:
    """Fold the venue's word. False: it is older than what was said before, and ignored."""
    word = book.word
    if word is not None and position.venue_ms < word.venue_ms:
        return False
    book.word = Word(position.qty, position.venue_ms, now, position.entry_price)
    _compare(book, now)
    return True


def adopt_first(book: PositionBook, position: Position, now: int) -> None:
    """Believe the first snapshot, or what the stream said since: there is no arithmetic yet."""
    word = book.word
    if word is not None and word.venue_ms > position.venue_ms:
        position = Position(position.instrument, word.qty, word.entry_price, word.venue_ms)
    _adopt(book, position, now)


def hear_snapshot(
    book: PositionBook, position: Position, *, requested_ms: int, now: int, believe_after_ms: int
) -> None:
    """Fold a REST row. A row older than the stream's word is believed only if it goes on."""
    word = book.word
    stale = word is not None and position.venue_ms < word.venue_ms
    if stale and word is not None and requested_ms < word.said_ms + believe_after_ms:
        return
    book.word = Word(position.qty, position.venue_ms, now, position.entry_price)
    _compare(book, now)


def prove(
    book: PositionBook, position: Position, *, requested_ms: int, drift_ms_max: int
) -> Decimal | None:
    """Weigh a REST row as evidence of drift. Returns the adopted change, None where there is none.

    Args:
        book: the instrument's.
        position: the row.
        requested_ms: our clock, when it was asked for.
        drift_ms_max: after so long one row is enough.
    """
    if book.differs_ms is None or book.arithmetic is None or position.qty == book.arithmetic:
        book.proofs.clear()
        return None
    settled_ms = max(book.closed_ms, book.tape.last_ms)
    if requested_ms <= settled_ms:
        return None
    overdue = requested_ms >= book.differs_ms + drift_ms_max
    if not overdue and not _not_older(book, position, requested_ms):
        return None
    book.proofs = [
        proof
        for proof in book.proofs
        if proof.qty == position.qty and proof.requested_ms > settled_ms
    ]
    book.proofs.append(Proof(requested_ms, position.qty))
    if not overdue and requested_ms - book.proofs[0].requested_ms < PROOFS_APART_MS:
        return None
    change = position.qty - book.arithmetic
    _adopt(book, position, requested_ms)
    return change


def agrees(book: PositionBook) -> bool:
    """Whether arithmetic and the venue's word are known and equal."""
    return book.arithmetic is not None and book.differs_ms is None


def _not_older(book: PositionBook, position: Position, requested_ms: int) -> bool:
    if position.venue_ms == 0:
        return requested_ms >= book.tape.last_ms + UNDATED_MS
    return position.venue_ms >= book.tape.last_venue_ms


def _adopt(book: PositionBook, position: Position, now: int) -> None:
    book.arithmetic = position.qty
    book.adopted_ms = max(position.venue_ms, book.tape.last_venue_ms)
    book.word = Word(position.qty, position.venue_ms, now, position.entry_price)
    book.differs_ms = None
    book.proofs.clear()


def _compare(book: PositionBook, now: int) -> None:
    assert book.arithmetic is None or book.word is not None
    if book.arithmetic is None or book.word is None or book.arithmetic == book.word.qty:
        book.differs_ms = None
        book.proofs.clear()
    elif book.differs_ms is None:
        book.differs_ms = now
