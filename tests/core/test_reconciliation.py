"""Our arithmetic beside the venue's word, function by function; invariants 1 and 4 use it."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import reconciliation as rec
from hedgebot.core.books import NEVER, PositionBook, Proof, Word
from hedgebot.domain.events import Position
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, Fill
from tests.core.world import PERP

VENUE = 1_000_000
"""Venue times are far from ours on purpose."""
DRIFT = 10_000


def row(qty: str, at: int, *, dated: bool = True) -> Position:
    return Position(PERP, D(qty), D(50_000), VENUE + at if dated else 0)


def fill(qty: str, at: int, trade_id: str = "1") -> Fill:
    side = Side.BUY if D(qty) > 0 else Side.SELL
    return Fill(
        instrument=PERP, trade_id=trade_id, venue_order_id="v", client_order_id="x", order_id=None,
        side=side, qty=abs(D(qty)), price=D(40_000), fee=D(0), fee_asset="USDT",
        cause=Cause.FOREIGN, legs=(), venue_ms=VENUE + at,
    )  # fmt: skip


def adopted(qty: str = "-1", at: int = 0) -> PositionBook:
    book = PositionBook()
    rec.adopt_first(book, row(qty, at), now=at)
    return book


def prove(book: PositionBook, said: Position, requested_ms: int) -> D | None:
    return rec.prove(book, said, requested_ms=requested_ms, drift_ms_max=DRIFT)


def snapshot(book: PositionBook, said: Position, requested_ms: int) -> None:
    rec.hear_snapshot(
        book, said, requested_ms=requested_ms, now=requested_ms + 50, believe_after_ms=DRIFT
    )


def drifted(*, since: int = 100) -> PositionBook:
    """Arithmetic -1, and the stream says -3 since then."""
    book = adopted()
    rec.hear(book, row("-3", since), now=since)
    return book


# -- adopting and comparing ------------------------------------------------------------------


def test_nothing_agrees_before_the_first_snapshot() -> None:
    book = PositionBook()
    assert not rec.agrees(book)
    assert rec.hear(book, row("-1", 5), now=5)
    assert not rec.agrees(book)
    assert book.differs_ms is None


def test_the_first_snapshot_is_believed() -> None:
    book = adopted("-1", at=7)

    assert book.arithmetic == D(-1)
    assert book.word == Word(D(-1), VENUE + 7, 7, D(50_000))
    assert book.adopted_ms == VENUE + 7
    assert rec.agrees(book)


@pytest.mark.parametrize(("said_at", "wanted"), [(9, "-2"), (7, "-1"), (5, "-1")])
def test_what_the_stream_said_later_is_believed_instead(said_at: int, wanted: str) -> None:
    book = PositionBook()
    rec.hear(book, row("-2", said_at), now=said_at)
    rec.adopt_first(book, row("-1", 7), now=20)

    assert book.arithmetic == D(wanted)
    assert rec.agrees(book)
    assert book.word is not None
    assert (book.word.qty, book.word.said_ms) == (D(wanted), 20)


def test_the_stream_and_the_fills_must_agree() -> None:
    book = drifted(since=100)
    assert book.differs_ms == 100
    assert not rec.agrees(book)
    rec.hear(book, row("-4", 150), now=150)
    assert book.differs_ms == 100  # since when it differs, not since the last word
    rec.hear(book, row("-1", 200), now=200)
    assert rec.agrees(book)


def test_an_old_word_is_ignored() -> None:
    book = adopted()
    rec.hear(book, row("-2", 50), now=50)

    assert not rec.hear(book, row("-1", 49), now=60)
    assert book.word == Word(D(-2), VENUE + 50, 50, D(50_000))
    assert rec.hear(book, row("-1", 50), now=61)


# -- fills -----------------------------------------------------------------------------------


def test_a_fill_counts_and_the_word_follows() -> None:
    book = adopted()

    assert rec.fold_fill(book, fill("-0.5", 10), now=10) == D("-0.5")
    assert book.arithmetic == D("-1.5")
    assert book.differs_ms == 10
    rec.hear(book, row("-1.5", 10), now=12)
    assert rec.agrees(book)


def test_the_word_comes_first_and_the_fill_explains_it() -> None:
    book = adopted()
    rec.hear(book, row("-0.5", 10), now=10)

    assert rec.fold_fill(book, fill("0.5", 10), now=12) == D("0.5")
    assert rec.agrees(book)


def test_a_fill_that_the_adopted_snapshot_shows_is_not_counted_again() -> None:
    book = adopted(at=50)

    assert rec.fold_fill(book, fill("-1", 50), now=60) == 0
    assert rec.fold_fill(book, fill("-1", 51), now=61) == -1
    assert book.arithmetic == D(-2)


def test_a_fill_before_the_first_snapshot_is_in_it() -> None:
    book = PositionBook()

    assert rec.fold_fill(book, fill("-1", 50), now=60) == 0
    assert book.arithmetic is None
    assert (book.tape.last_ms, book.tape.last_venue_ms) == (60, VENUE + 50)
    rec.adopt_first(book, row("-1", 0, dated=False), now=70)
    assert book.adopted_ms == VENUE + 50


def test_the_tape_remembers_when_the_last_fill_was() -> None:
    book = adopted()
    rec.fold_fill(book, fill("-1", 50), now=60)
    rec.fold_fill(book, fill("-1", 40), now=70)

    assert (book.tape.last_ms, book.tape.last_venue_ms) == (70, VENUE + 50)


def test_each_trade_counts_once() -> None:
    book = adopted()

    assert rec.first_time(book, fill("1", 1, "a"))
    assert rec.first_time(book, fill("1", 1, "b"))
    assert not rec.first_time(book, fill("1", 1, "a"))
    assert not rec.first_time(book, fill("1", 1, "b"))


def test_the_tape_is_bounded_and_forgets_no_trade_into_counting_it_again() -> None:
    """A listing after a day of trading names trades that left the tape long ago."""
    book = adopted()
    for n in range(rec.TAPE_MAX):
        assert rec.first_time(book, fill("1", 10 + n, str(n)))
    assert len(book.tape.seen) == rec.TAPE_MAX
    assert rec.first_time(book, fill("1", 9, "late"))  # none was forgotten yet
    assert len(book.tape.seen) == rec.TAPE_MAX

    assert not rec.first_time(book, fill("1", 10, "0"))
    assert not rec.first_time(book, fill("1", 10, "as old as what was forgotten"))
    assert rec.first_time(book, fill("1", 11, "younger"))
    assert not rec.first_time(book, fill("1", 11, "1"))


# -- drift -----------------------------------------------------------------------------------


def test_drift_is_adopted_by_two_snapshots_that_agree() -> None:
    book = drifted()

    assert prove(book, row("-3", 100), requested_ms=200) is None
    assert book.proofs == [Proof(200, D(-3))]
    assert not rec.agrees(book)
    assert prove(book, row("-3", 100), requested_ms=1_200) == -2
    assert book.arithmetic == D(-3)
    assert rec.agrees(book)
    assert book.proofs == []
    assert book.word == Word(D(-3), VENUE + 100, 1_200, D(50_000))


def test_not_by_two_that_are_less_than_a_second_apart() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-3", 100), requested_ms=1_199) is None
    assert prove(book, row("-3", 100), requested_ms=1_200) == -2


def test_not_by_two_that_differ() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-2", 150), requested_ms=1_300) is None
    assert prove(book, row("-3", 160), requested_ms=1_400) is None  # the first -3 is void
    assert prove(book, row("-3", 160), requested_ms=2_400) == -2


def test_not_by_snapshots_asked_for_before_our_order_was_closed() -> None:
    book = drifted()
    book.closed_ms = 500

    assert prove(book, row("-3", 100), requested_ms=500) is None
    assert book.proofs == []
    prove(book, row("-3", 100), requested_ms=501)
    assert prove(book, row("-3", 100), requested_ms=1_501) == -2


def test_a_proof_from_before_a_close_does_not_count_after_it() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    book.closed_ms = 500

    assert prove(book, row("-3", 100), requested_ms=1_300) is None
    assert prove(book, row("-3", 100), requested_ms=2_300) == -2


def test_not_by_a_snapshot_asked_for_before_the_last_fill_was_folded() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    rec.fold_fill(book, fill("-0.5", 300), now=400)

    assert prove(book, row("-3", 300), requested_ms=400) is None
    assert prove(book, row("-3", 300), requested_ms=1_300) is None  # the first of two since
    assert prove(book, row("-3", 300), requested_ms=2_300) == D("-1.5")


def test_not_by_a_row_that_the_venue_dates_before_the_last_fill() -> None:
    book = drifted()
    rec.fold_fill(book, fill("-0.5", 300), now=300)

    assert prove(book, row("-3", 299), requested_ms=1_000) is None
    assert book.proofs == []
    assert prove(book, row("-3", 300), requested_ms=1_100) is None
    assert prove(book, row("-3", 300), requested_ms=2_100) == D("-1.5")


def test_a_row_without_a_date_counts_some_seconds_after_the_last_fill() -> None:
    book = drifted()
    rec.fold_fill(book, fill("-0.5", 300), now=300)
    for requested_ms in (1_000, 2_000, 3_299):
        assert prove(book, row("-3", 0, dated=False), requested_ms) is None
        assert book.proofs == []

    assert prove(book, row("-3", 0, dated=False), 300 + rec.UNDATED_MS) is None
    assert prove(book, row("-3", 0, dated=False), 1_300 + rec.UNDATED_MS) == D("-1.5")


def test_after_the_longest_wait_one_snapshot_is_enough() -> None:
    book = drifted(since=100)
    rec.fold_fill(book, fill("-0.5", 300), now=300)

    assert prove(book, row("-3", 299), requested_ms=100 + DRIFT - 1) is None
    assert prove(book, row("-3", 299), requested_ms=100 + DRIFT) == D("-1.5")


def test_but_never_one_asked_for_before_the_last_close_or_fill() -> None:
    book = drifted(since=100)
    book.closed_ms = 100 + DRIFT

    assert prove(book, row("-3", 100), requested_ms=100 + DRIFT) is None
    assert prove(book, row("-3", 100), requested_ms=101 + DRIFT) == -2


def test_a_row_that_agrees_with_our_fills_voids_the_proofs() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-1", 100), requested_ms=800) is None
    assert book.proofs == []


def test_a_difference_that_went_away_voids_the_proofs() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    rec.hear(book, row("-1", 300), now=300)
    assert book.proofs == []
    rec.hear(book, row("-3", 400), now=400)
    assert prove(book, row("-3", 400), requested_ms=1_300) is None

    book = drifted()
    book.proofs = [Proof(200, D(-3))]
    book.differs_ms = None
    assert prove(book, row("-3", 400), requested_ms=1_300) is None
    assert book.proofs == []


def test_nothing_is_proved_before_the_first_snapshot() -> None:
    assert prove(PositionBook(), row("-3", 1), requested_ms=10**6) is None


def test_a_late_fill_of_what_was_adopted_is_not_counted_again() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    prove(book, row("-3", 100), requested_ms=1_200)

    assert rec.fold_fill(book, fill("-2", 100), now=1_300) == 0
    assert book.arithmetic == D(-3)


# -- REST rows as the venue's word -----------------------------------------------------------


def test_a_rest_row_is_the_venues_word() -> None:
    book = adopted()
    snapshot(book, row("-3", 50), requested_ms=100)

    assert book.word == Word(D(-3), VENUE + 50, 150, D(50_000))
    assert book.differs_ms == 150


def test_before_the_first_word_every_row_is_one() -> None:
    book = PositionBook()
    snapshot(book, row("-3", 0, dated=False), requested_ms=100)

    assert book.word == Word(D(-3), 0, 150, D(50_000))


def test_a_row_dated_before_the_streams_word_is_believed_only_if_it_goes_on() -> None:
    book = adopted()
    rec.fold_fill(book, fill("-2", 100), now=100)
    rec.hear(book, row("-3", 100), now=100)
    assert rec.agrees(book)

    snapshot(book, row("-1", 99), requested_ms=99 + DRIFT)
    assert rec.agrees(book)
    snapshot(book, row("-3", 100), requested_ms=99 + DRIFT)  # as new as the word
    assert rec.agrees(book)
    said_ms = 149 + DRIFT
    snapshot(book, row("-1", 99), requested_ms=said_ms + DRIFT - 1)
    assert rec.agrees(book)
    snapshot(book, row("-1", 99), requested_ms=said_ms + DRIFT)
    assert not rec.agrees(book)


# -- whatever order, whatever is doubled -----------------------------------------------------


@given(st.permutations(range(6)), st.integers(0, 5), st.integers(0, 2**6 - 1))
def test_shuffled_and_doubled_reports_end_in_the_same_position(
    order: list[int], snapshot_at: int, doubled: int
) -> None:
    """Fills in any order, some twice, and an adopted snapshot somewhere in the venue's past."""
    changes = ["-0.5", "0.25", "-1", "2", "-0.125", "0.0625"]
    total = sum(map(D, changes), D(0))
    book = PositionBook()
    shown = sum(map(D, changes[: snapshot_at + 1]), D(0))
    rec.adopt_first(book, Position(PERP, shown, D(50_000), VENUE + snapshot_at), now=0)
    for n in order:
        for _ in range(2 if doubled >> n & 1 else 1):
            done = fill(changes[n], n, f"t{n}")
            if rec.first_time(book, done):
                rec.fold_fill(book, done, now=10 + n)
    rec.hear(book, Position(PERP, total, D(50_000), VENUE + 9), now=100)

    assert book.arithmetic == total
    assert rec.agrees(book)


def test_a_book_that_never_closed_an_order_can_adopt() -> None:
    assert adopted().closed_ms == NEVER
