"""Our arithmetic of each position beside the venue's word (invariants 1 and 4).

Arithmetic is an adopted snapshot plus *every* fill of the account since, ours or not. Where it
differs from the venue's word, nothing is traded. A fill that was late ends the difference; what no
fill explains is drift. It is adopted when two REST snapshots agree on it that were requested after
our last order's close, at least a second apart, neither older than the last fill folded; at the
latest after `drift_ms_max`, by the newest snapshot there is.
"""

from decimal import Decimal

from hedgebot.core.books import NEVER, Adopted, Early, PositionBook, Proof, Word
from hedgebot.domain.events import Position
from hedgebot.domain.orders import Fill

PROOFS_APART_MS = 1_000
UNDATED_MS = 5_000
"""How old an answer of REST may be. A row without a venue time (Binance drops flat rows, and their
times with them) says nothing about fills that are younger than that."""
SKEW_MS = 2_000
"""By how much the venue's clock may differ from ours."""
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


def fold_fill(book: PositionBook, fill: Fill, now: int, *, decided_ms: int = NEVER) -> Decimal:
    """Count an execution, once the caller knows it is new. Returns the change, own unit, signed.

    Args:
        book: the instrument's.
        fill: the execution.
        now: our clock.
        decided_ms: our clock, when our order behind it was decided; NEVER where it is not ours.
    """
    tape, adopted = book.tape, book.adopted
    tape.last_ms = now
    tape.last_venue_ms = max(tape.last_venue_ms, fill.venue_ms)
    change = fill.qty * fill.side.value
    if book.arithmetic is None:
        tape.early.append(Early(fill.venue_ms, change, fill.price))
        del tape.early[:-TAPE_MAX]  # spot has no position that would ever take them up
        return Decimal(0)
    ours_and_later = decided_ms >= adopted.at_ms
    if not ours_and_later and fill.venue_ms <= adopted.unsure_ms:
        if fill.venue_ms > adopted.sure_ms:
            _forget(book, Early(fill.venue_ms, change, fill.price))
        return Decimal(0)
    _count(book, change, fill.price)
    word = _word(book)
    if word.venue_ms >= fill.venue_ms:
        _take_entry(book, word)
    _compare(book, now)
    return change


def _count(book: PositionBook, change: Decimal, price: Decimal) -> None:
    """Add an execution to our arithmetic."""
    assert book.arithmetic is not None
    book.tape.entry_price = entry_after(book.arithmetic, book.tape.entry_price, change, price)
    book.arithmetic += change
    word = _word(book)
    if not word.entry_price:
        word.entry_price = price  # it was flat: until the venue says more


def entry_after(qty: Decimal, entry_price: Decimal, change: Decimal, price: Decimal) -> Decimal:
    """Average entry price of an inverse position after a fill; linear ones need none.

    What is added counts N / price coins, so the average is harmonic. What is closed leaves it as
    it was: its profit is in the wallet, beside the fill. Through zero the rest was opened at the
    price.

    Args:
        qty: before the fill, signed, dollars.
        entry_price: before the fill; zero where it is not known or there was no position.
        change: signed.
        price: of the fill.
    """
    after = qty + change
    if after == 0:
        return Decimal(0)
    if qty * after <= 0:
        return price
    if not entry_price or qty * change < 0:
        return entry_price
    return after / (qty / entry_price + change / price)


def _word(book: PositionBook) -> Word:
    """Where there is an arithmetic there is a word: it began as one."""
    assert book.word is not None
    return book.word


def _take_entry(book: PositionBook, word: Word) -> None:
    """Where the venue's word and our arithmetic are the same position, the venue's entry counts."""
    if word.qty == book.arithmetic:
        book.tape.entry_price = word.entry_price


def _forget(book: PositionBook, fill: Early) -> None:
    """Nobody can tell whether the adopted position has this fill: the venue is asked again."""
    book.arithmetic = None
    book.differs_ms = None
    book.proofs.clear()
    book.tape.early.append(fill)


def hear(book: PositionBook, position: Position, now: int) -> bool:
    """Fold the venue's word. False: it is older than what was said before, and ignored."""
    word = book.word
    if word is not None and position.venue_ms < word.venue_ms:
        return False
    book.word = Word(position.qty, position.venue_ms, now, position.entry_price)
    _take_entry(book, book.word)
    _compare(book, now)
    return True


def adopt_first(book: PositionBook, position: Position, *, requested_ms: int, now: int) -> bool:
    """Believe a snapshot where there is no arithmetic: what the stream said since is newer.

    Fills that are known and younger than the row are added to it. False: the row has no date, and
    a fill is known that may or may not be in it; a later row will tell.
    """
    word = book.word
    if word is not None and (word.said_ms > requested_ms or word.venue_ms > position.venue_ms > 0):
        position = Position(position.instrument, word.qty, word.entry_price, word.venue_ms)
    if position.venue_ms == 0 and _in_doubt(book, position, requested_ms):
        return False
    early, book.tape.early = book.tape.early, []
    _adopt(book, position, requested_ms=requested_ms, now=now)
    if position.venue_ms:
        for fill in sorted(early):  # an average price hangs on their order
            if fill.venue_ms > position.venue_ms:
                _count(book, fill.change, fill.price)
        _compare(book, now)
    return True


def hear_snapshot(
    book: PositionBook, position: Position, *, requested_ms: int, now: int, believe_after_ms: int
) -> None:
    """Fold a REST row beside the stream's word.

    A row dated before that word, or not dated, may be stale: it becomes the word only if it goes on
    for `believe_after_ms`. As evidence of drift it is weighed by `prove`.
    """
    word = book.word
    if word is not None and position.qty == word.qty:
        if position.venue_ms >= word.venue_ms:
            word.entry_price = position.entry_price
            _take_entry(book, word)
        word.venue_ms = max(word.venue_ms, position.venue_ms)
        _compare(book, now)
        return
    stale = word is not None and position.venue_ms < word.venue_ms
    if stale and word is not None and requested_ms < word.said_ms + believe_after_ms:
        return
    book.word = Word(position.qty, position.venue_ms, now, position.entry_price)
    _take_entry(book, book.word)
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
    if book.arithmetic is None or position.qty == book.arithmetic:
        book.proofs.clear()
        _compare(book, requested_ms)
        return None
    settled_ms = max(book.closed_ms, book.tape.last_ms)
    older = position.venue_ms and position.venue_ms < book.tape.last_venue_ms
    if requested_ms <= settled_ms or (older and not _overdue(book, requested_ms, drift_ms_max)):
        return None
    book.differs_ms = requested_ms if book.differs_ms is None else book.differs_ms
    kept = [p for p in book.proofs if p.qty == position.qty and p.requested_ms > settled_ms]
    book.proofs = [*kept, Proof(requested_ms, position.qty)]
    if not _overdue(book, requested_ms, drift_ms_max):
        apart_ms = requested_ms - book.proofs[0].requested_ms
        undated = position.venue_ms == 0 and requested_ms < book.tape.last_ms + UNDATED_MS
        if undated or apart_ms < PROOFS_APART_MS:
            return None
    change = position.qty - book.arithmetic
    _adopt(book, position, requested_ms=requested_ms, now=requested_ms)
    return change


def agrees(book: PositionBook) -> bool:
    """Whether arithmetic and the venue's word are known and equal, and no REST row contradicts."""
    return book.arithmetic is not None and book.differs_ms is None


def _overdue(book: PositionBook, requested_ms: int, drift_ms_max: int) -> bool:
    return book.differs_ms is not None and requested_ms >= book.differs_ms + drift_ms_max


def _in_doubt(book: PositionBook, position: Position, requested_ms: int) -> bool:
    """Whether something is known that a row without a date may or may not contain."""
    word, since_ms = book.word, requested_ms - UNDATED_MS
    other = word is not None and word.qty != position.qty and word.said_ms > since_ms
    return other or any(fill.venue_ms > since_ms for fill in book.tape.early)


def _adopt(book: PositionBook, position: Position, *, requested_ms: int, now: int) -> None:
    dated_ms = position.venue_ms
    word = book.word
    if not dated_ms and word is not None and word.qty == position.qty:
        dated_ms = word.venue_ms
    book.arithmetic = position.qty
    book.adopted = (
        Adopted(dated_ms, dated_ms, now)
        if dated_ms
        else Adopted(requested_ms - UNDATED_MS, requested_ms + SKEW_MS, now)
    )
    book.word = Word(position.qty, dated_ms, now, position.entry_price)
    book.tape.entry_price = position.entry_price
    book.differs_ms = None
    book.proofs.clear()


def _compare(book: PositionBook, now: int) -> None:
    """Equal again, unless a REST row that contradicts still waits to be read anew."""
    assert book.arithmetic is None or book.word is not None
    book.proofs = [proof for proof in book.proofs if proof.qty != book.arithmetic]
    equal = book.arithmetic is None or book.word is None or book.arithmetic == book.word.qty
    if equal and not book.proofs:
        book.differs_ms = None
    elif book.differs_ms is None:
        book.differs_ms = now
