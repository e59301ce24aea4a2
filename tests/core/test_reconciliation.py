"""Our arithmetic beside the venue's word, function by function; see test_drift for proofs."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import reconciliation as rec
from hedgebot.core.books import NEVER, Adopted, PositionBook, Word
from hedgebot.domain.events import Position
from tests.core.positions import VENUE, adopt, adopted, drifted, fill, row
from tests.core.world import PERP

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
    assert book.adopted == Adopted(VENUE + 7, VENUE + 7, 7)
    assert rec.agrees(book)


@pytest.mark.parametrize(
    ("said_at", "heard", "wanted"),
    [
        (9, 9, "-2"),  # dated after the row
        (7, 7, "-1"),
        (5, 5, "-1"),
        (5, 21, "-2"),  # heard after the row was asked for, whatever the dates
        (5, 20, "-1"),
    ],
)
def test_what_the_stream_said_later_is_believed_instead(
    said_at: int, heard: int, wanted: str
) -> None:
    book = PositionBook()
    rec.hear(book, row("-2", said_at), now=heard)
    assert adopt(book, row("-1", 7), requested_ms=20)

    assert book.arithmetic == D(wanted)
    assert rec.agrees(book)
    dated = said_at if wanted == "-2" else 7
    assert book.word == Word(D(wanted), VENUE + dated, 70, D(50_000))
    assert book.adopted == Adopted(VENUE + dated, VENUE + dated, 70)


def test_fills_younger_than_the_streams_later_word_are_added_to_it() -> None:
    book = PositionBook()
    rec.hear(book, row("-2", 9), now=9)
    rec.fold_fill(book, fill("-1", 10), now=11)
    assert adopt(book, row("-1", 7), requested_ms=20)

    assert book.arithmetic == -3


def test_a_date_is_a_date_however_early() -> None:
    book = PositionBook()
    rec.hear(book, Position(PERP, D(-2), D(7), 5), now=1)
    adopt(book, Position(PERP, D(-1), D(8), 1), requested_ms=20)

    assert book.word == Word(D(-2), 5, 70, D(7))


def test_fills_known_before_a_first_dated_row_count_if_they_are_younger() -> None:
    book = PositionBook()
    for n, (qty, at) in enumerate((("-1", 49), ("-2", 50), ("-4", 51), ("-8", 60))):
        assert rec.fold_fill(book, fill(qty, at, str(n)), now=at) == 0
    assert adopt(book, row("-3", 50), requested_ms=70)

    assert book.arithmetic == D(-15)
    assert not rec.agrees(book)  # the venue's word on the younger two is still to come
    assert book.tape.early == []
    rec.hear(book, row("-15", 60), now=80)
    assert rec.agrees(book)


# -- flat rows have no date ------------------------------------------------------------------------

FLAT = row("0", 0, dated=False)
QUIET = 10 * rec.UNDATED_MS


def test_a_first_row_without_a_date_is_believed_where_all_was_quiet() -> None:
    book = PositionBook()
    rec.fold_fill(book, fill("-1", QUIET - rec.UNDATED_MS - VENUE), now=1)
    assert adopt(book, FLAT, requested_ms=QUIET)

    assert book.arithmetic == 0
    assert book.adopted == Adopted(QUIET - rec.UNDATED_MS, QUIET + rec.SKEW_MS, QUIET + 50)
    assert rec.agrees(book)


def test_but_not_beside_a_fill_that_may_or_may_not_be_in_it() -> None:
    book = PositionBook()
    rec.fold_fill(book, fill("-1", QUIET - rec.UNDATED_MS + 1 - VENUE), now=1)

    assert not adopt(book, FLAT, requested_ms=QUIET)
    assert book.arithmetic is None
    assert adopt(book, FLAT, requested_ms=QUIET + 1)  # by now it would be shown
    assert book.arithmetic == 0


def test_nor_beside_a_fresh_word_that_differs() -> None:
    book = PositionBook()
    rec.hear(book, row("-1", 5), now=QUIET - rec.UNDATED_MS + 1)

    assert not adopt(book, FLAT, requested_ms=QUIET)
    assert adopt(book, FLAT, requested_ms=QUIET + 1)


def test_a_fresh_word_that_agrees_dates_it() -> None:
    book = PositionBook()
    rec.hear(book, row("0", 5), now=QUIET - 1)

    assert adopt(book, FLAT, requested_ms=QUIET)
    assert book.adopted == Adopted(VENUE + 5, VENUE + 5, QUIET + 50)


def flat() -> PositionBook:
    book = PositionBook()
    assert adopt(book, FLAT, requested_ms=QUIET, now=QUIET + 50)
    return book


@pytest.mark.parametrize(
    ("venue_ms", "counted", "doubted"),
    [
        (QUIET - rec.UNDATED_MS, False, False),  # surely in it
        (QUIET - rec.UNDATED_MS + 1, False, True),  # nobody knows: the venue is asked again
        (QUIET + rec.SKEW_MS, False, True),
        (QUIET + rec.SKEW_MS + 1, True, False),  # surely not in it
    ],
)
def test_a_fill_beside_a_position_without_a_date(
    *, venue_ms: int, counted: bool, doubted: bool
) -> None:
    book = flat()
    change = rec.fold_fill(book, fill("-1", venue_ms - VENUE), now=QUIET + 60)

    assert change == (-1 if counted else 0)
    assert book.arithmetic == (None if doubted else change)
    assert (len(book.tape.early) == 1) is doubted
    assert (book.differs_ms is not None) is counted
    assert rec.agrees(book) is (not doubted and not counted)


def test_doubt_ends_with_a_row_that_tells() -> None:
    book = flat()
    rec.fold_fill(book, fill("-1", QUIET - VENUE), now=QUIET + 60)
    assert adopt(book, row("-1", QUIET - VENUE), requested_ms=QUIET + 500)

    assert book.arithmetic == -1
    assert rec.agrees(book)


def test_a_row_from_before_the_doubted_fill_has_it_added() -> None:
    book = flat()
    rec.fold_fill(book, fill("-1", QUIET - VENUE), now=QUIET + 60)
    assert adopt(book, row("-4", QUIET - VENUE - 1), requested_ms=QUIET + 500)

    assert book.arithmetic == -5


def test_an_order_decided_after_the_adoption_is_not_in_it() -> None:
    book = flat()
    early = fill("-1", QUIET - VENUE, "1")

    assert rec.fold_fill(book, early, now=QUIET + 90, decided_ms=QUIET + 50) == -1
    assert book.arithmetic == -1
    assert (
        rec.fold_fill(
            book,
            fill("-1", QUIET - rec.UNDATED_MS - VENUE, "2"),
            now=QUIET + 91,
            decided_ms=QUIET + 49,
        )
        == 0
    )


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


def test_the_first_fill_of_a_flat_position_is_its_entry_until_the_venue_says_it() -> None:
    """The delta of an inverse position is notional over entry: flat ones have none."""
    book = PositionBook()
    adopt(book, Position(PERP, D(0), D(0), VENUE), requested_ms=0)
    rec.fold_fill(book, fill("-1", 10, "1"), now=10)
    assert book.word is not None
    assert book.word.entry_price == D(40_000)
    rec.hear(book, Position(PERP, D(-1), D(41_000), VENUE + 10), now=11)
    rec.fold_fill(book, fill("-1", 20, "2"), now=20)

    assert book.word.entry_price == D(41_000)


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
    assert book.arithmetic == D(-1)
    assert rec.fold_fill(book, fill("-1", 51), now=61) == -1
    assert book.arithmetic == D(-2)


def test_what_is_kept_of_fills_without_a_position_is_bounded() -> None:
    book = PositionBook()
    for n in range(rec.TAPE_MAX + 3):
        rec.fold_fill(book, fill("1", n, str(n)), now=n)

    assert len(book.tape.early) == rec.TAPE_MAX
    assert book.tape.early[0] == (VENUE + 3, D(1), D(40_000))


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
    adopt(book, Position(PERP, shown, D(50_000), VENUE + snapshot_at), requested_ms=0)
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
