"""The average entry price of our arithmetic, which the delta of an inverse position hangs on."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import exposure
from hedgebot.core import reconciliation as rec
from hedgebot.core.books import PositionBook
from hedgebot.domain.events import Position
from tests.core.coin import COIN_BTC
from tests.core.positions import VENUE, adopt, fill, prove, row, snapshot
from tests.core.world import PERP

FILLS = st.lists(
    st.tuples(
        st.integers(-500, 500).filter(bool).map(lambda n: D(n * 100)),
        st.integers(10_000, 200_000).map(D),
    ),
    min_size=1,
    max_size=20,
)


def told(book: PositionBook, qty: str, entry: str, at: int) -> None:
    """The stream says a position and its entry price."""
    rec.hear(book, said(qty, entry, at), now=at)


def said(qty: str, entry: str, at: int) -> Position:
    return Position(PERP, D(qty), D(entry), VENUE + at)


def short(entry: str = "50000") -> PositionBook:
    """Two dollars short: adopted at VENUE."""
    book = PositionBook()
    adopt(book, said("-2", entry, 0), requested_ms=0)
    return book


def traded(book: PositionBook, qty: str, at: int, price: str = "40000") -> D:
    """A fill; our entry price after it."""
    rec.fold_fill(book, replace(fill(qty, at, str(at)), price=D(price)), now=at)
    return book.tape.entry_price


# -- one fill --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "traded", "after"),
    [
        (("0", "0"), ("-1", "40000"), "40000"),
        (("-2", "50000"), ("-2", "40000"), "44444.4444"),
        (("2", "50000"), ("2", "40000"), "44444.4444"),
        (("-3", "60000"), ("-1", "30000"), "48000"),
        (("-0.5", "60000"), ("-0.5", "30000"), "40000"),
        (("-2", "50000"), ("1", "40000"), "50000"),
        (("2", "50000"), ("-1", "40000"), "50000"),
        (("0.5", "50000"), ("-0.25", "40000"), "50000"),
        (("3", "50000"), ("-2", "40000"), "50000"),
        (("-2", "50000"), ("2", "40000"), "0"),
        (("-2", "50000"), ("3", "40000"), "40000"),
        (("2", "50000"), ("-2.5", "40000"), "40000"),
        (("-2", "0"), ("-1", "40000"), "0"),
    ],
    ids=[
        "opened", "grown", "grown, long", "grown by less", "grown by a fraction", "shrunk",
        "shrunk, long", "shrunk by a fraction", "shrunk to one", "closed", "through zero",
        "through zero, down", "not known before",
    ],
)  # fmt: skip
def test_the_entry_price_after_a_fill(
    before: tuple[str, str], traded: tuple[str, str], after: str
) -> None:
    """What is added counts dollars / price: the average is harmonic. What is closed leaves it."""
    (qty, entry), (change, price) = before, traded
    found = rec.entry_after(D(qty), D(entry), D(change), D(price))

    assert round(found, 4) == D(after)


@given(FILLS)
def test_what_is_open_and_what_was_realised_is_what_was_traded(
    fills: list[tuple[D, D]],
) -> None:
    """Coins are conserved: N / E of what is left, with what was realised, is the sum of n / p."""
    qty, entry, realized, traded = D(0), D(0), D(0), D(0)
    for change, price in fills:
        closed = min(abs(change), abs(qty)) if qty * change < 0 else D(0)
        if closed:
            realized += (1 if qty > 0 else -1) * closed * (1 / entry - 1 / price)
        entry = rec.entry_after(qty, entry, change, price)
        qty += change
        traded += change / price
    left = exposure.position_coins(COIN_BTC, qty, entry)
    assert abs(left + realized - traded) < D("1e-11")
    assert (entry == 0) is (qty == 0)


# -- whose entry price counts ----------------------------------------------------------------


def test_a_first_snapshot_brings_its_entry_price() -> None:
    assert short("50010").tape.entry_price == D(50_010)


@pytest.mark.parametrize(
    ("first", "fills", "entry"),
    [
        ("0", (("-2", 10, "50000"), ("-2", 20, "40000")), "44444.4444"),
        ("0", (("-2", 20, "40000"), ("-2", 10, "50000")), "44444.4444"),
        ("-2", (("-2", 10, "40000"),), "44444.4444"),
        ("-2", (("2", 10, "40000"), ("-1", 20, "30000")), "30000"),
        ("-2", (("-1", 20, "30000"), ("2", 10, "40000")), "30000"),
        ("-2", (("-2", -10, "40000"),), "50000"),
    ],
    ids=["from flat", "heard late", "grown", "through flat", "through flat, heard late", "older"],
)
def test_fills_that_a_first_snapshot_is_older_than_move_its_entry_price(
    first: str, fills: tuple[tuple[str, int, str], ...], entry: str
) -> None:
    """Else the delta of what was opened meanwhile would be a division by zero."""
    book = PositionBook()
    for qty, at, price in fills:
        assert traded(book, qty, at, price) == 0
    adopt(book, said(first, "50000" if D(first) else "0", 0), requested_ms=30)

    assert round(book.tape.entry_price, 4) == D(entry)
    assert exposure.position_coins(COIN_BTC, book.arithmetic or D(0), book.tape.entry_price) < 0


def test_fills_are_folded_one_after_the_other_until_the_venue_says_more() -> None:
    book = short("50000")

    assert round(traded(book, "-2", 10, "40000"), 4) == D("44444.4444")
    assert round(traded(book, "-4", 20, "80000"), 4) == D("57142.8571")
    assert round(traded(book, "6", 30), 4) == D("57142.8571")
    assert traded(book, "2", 40) == 0


@pytest.mark.parametrize("told_at", [10, 11], ids=["dated as the fill", "later"])
def test_a_position_told_before_its_fill_has_the_entry_price_that_counts(told_at: int) -> None:
    book = short()
    told(book, "-4", "44000", told_at)

    assert traded(book, "-2", 10) == D(44_000)


def test_of_another_position_or_an_older_one_it_does_not_count() -> None:
    book = short()
    told(book, "-5", "44000", 11)
    assert traded(book, "-2", 10) != D(44_000), "one dollar is still missing"
    assert traded(book, "-1", 12) != D(44_000), "what was said is from before this fill"


def test_the_venues_word_on_the_same_position_replaces_ours() -> None:
    book = short()
    told(book, "-2", "50010", 10)
    assert book.tape.entry_price == D(50_010)
    told(book, "-3", "50020", 20)
    assert book.tape.entry_price == D(50_010)


@pytest.mark.parametrize(
    ("at", "entry"), [(9, "50000"), (10, "50020"), (11, "50020")], ids=["older", "as old", "newer"]
)
def test_so_does_a_snapshot_that_is_not_older_than_the_streams_word(at: int, entry: str) -> None:
    book = short()
    told(book, "-2", "50000", 10)
    snapshot(book, said("-2", "50020", at), requested_ms=100)

    assert book.tape.entry_price == D(entry)


def test_adopted_drift_brings_its_entry_price() -> None:
    book = short()
    for requested_ms in (1_000, 2_000):
        prove(book, said("-3", "47000", 900), requested_ms)

    assert (book.arithmetic, book.tape.entry_price) == (D(-3), D(47_000))


def test_an_entry_price_that_no_row_tells_is_not_made_up() -> None:
    book = PositionBook()
    adopt(book, replace(row("-2", 0), entry_price=D(0)), requested_ms=0)

    assert traded(book, "-1", 10) == 0
