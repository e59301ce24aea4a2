"""Wallets, function by function; confirmation has a file of its own, invariant 1b another."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import balances
from hedgebot.core.books import AssetBook, Pending, WalletTotal
from hedgebot.domain.instruments import WalletId
from tests.core.wallets import (
    VENUE,
    A,
    B,
    amounts,
    book_of,
    confirm,
    fill,
    hear,
    read,
    said,
    tradable,
)

# -- the venue's word ------------------------------------------------------------------------


def test_the_first_read_is_believed_at_once() -> None:
    book = AssetBook("main", "BTC")

    assert read(book, A, "3", requested_ms=7) == 3
    assert book.totals[A] == WalletTotal(D(3), D(3), VENUE + 7, said_ms=7, read_ms=7)
    assert tradable(book) == 3


def test_the_stream_alone_makes_nothing_tradable_before_the_first_read() -> None:
    book = AssetBook("main", "BTC")

    assert hear(book, A, "3", now=1) == 0
    assert not book.totals
    assert not book.pending
    assert fill(book, "3", now=2) == 0
    assert not book.pending


@pytest.mark.parametrize(
    ("heard_ms", "dated", "row_dated", "wanted"),
    [
        (8, VENUE, VENUE + 7, 5),  # heard after the read was asked for
        (7, VENUE, VENUE + 7, 3),
        (1, VENUE + 8, VENUE + 7, 5),  # dated after the row
        (1, VENUE + 7, VENUE + 7, 3),
        (1, VENUE + 8, 0, 3),  # a row without a date is as new as its read
        (1, VENUE + 8, 1, 5),
    ],
)
def test_what_the_stream_said_since_the_first_read_is_pending(
    *, heard_ms: int, dated: int, row_dated: int, wanted: int
) -> None:
    book = AssetBook("main", "BTC")
    hear(book, A, "5", heard_ms, venue_ms=dated)

    assert read(book, A, "3", requested_ms=7, venue_ms=row_dated) == 3
    assert (tradable(book), said(book)) == (3, wanted), "it is a change like any other"
    assert balances.net_pending(book) == wanted - 3
    assert book.early == {}
    assert book.totals[A].said_ms == (heard_ms if wanted == 5 else 7)


def test_a_change_is_pending_and_not_tradable() -> None:
    book = book_of(a="1")

    assert hear(book, A, "3", now=100) == 0
    assert book.pending == [Pending(A, D(2), 100, VENUE + 100, from_fill=False)]
    total = book.totals[A]
    assert (total.said, total.confirmed) == (D(3), D(1))
    assert (total.said_ms, total.said_venue_ms, total.read_ms) == (100, VENUE + 100, 0)
    assert tradable(book) == 1


def test_the_same_total_again_is_no_change_but_is_a_word() -> None:
    book = book_of(a="1")

    assert hear(book, A, "1", now=100) == 0
    assert book.pending == []
    assert (book.totals[A].said_ms, book.totals[A].said_venue_ms) == (100, VENUE + 100)


def test_what_the_venue_dated_before_its_last_word_is_not_heard() -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100)

    assert hear(book, A, "1", now=120, venue_ms=VENUE + 99) == 0
    assert book.totals[A].said == 3
    hear(book, A, "2", now=130, venue_ms=VENUE + 100)  # as new as the last word: heard
    assert book.totals[A].said == 2
    assert book.totals[A].said_venue_ms == VENUE + 100


def test_each_wallet_has_its_own_word() -> None:
    book = book_of(a="1", b="10")
    hear(book, B, "4", now=100)

    assert (said(book, A), said(book, B)) == (1, 4)
    assert amounts(book) == [-6]


# -- what REST says --------------------------------------------------------------------------


def test_a_read_that_says_the_same_is_a_read() -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100)

    assert read(book, A, "3", requested_ms=500) == 0
    assert book.totals[A].read_ms == 500
    assert amounts(book) == [2]
    read(book, A, "3", requested_ms=400)  # an older one does not take the newer back
    assert book.totals[A].read_ms == 500


def test_a_read_that_says_otherwise_is_a_change() -> None:
    book = book_of(a="1")

    assert read(book, A, "4", requested_ms=500) == 0
    assert amounts(book) == [3]
    assert book.totals[A].read_ms == 500
    assert book.totals[A].said_ms == 550
    read(book, A, "5", requested_ms=600, now=650)
    read(book, A, "9", requested_ms=700, now=750)
    assert amounts(book) == [3, 1, 4]
    assert book.totals[A].read_ms == 700


@pytest.mark.parametrize("coins", ["1", "2"], ids=["as it was before", "as nobody told"])
@pytest.mark.parametrize("requested_ms", [99, 100])
def test_a_read_asked_for_before_the_streams_word_says_nothing_new(
    requested_ms: int, coins: str
) -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100, venue_ms=VENUE)

    assert read(book, A, coins, requested_ms, venue_ms=VENUE + 10**6) == 0
    assert (said(book), book.totals[A].read_ms) == (3, 0)


# -- fills explain ---------------------------------------------------------------------------


def test_a_fill_and_then_its_balance() -> None:
    book = book_of(a="1")

    assert fill(book, "0.5", now=100) == 0
    assert book.pending == [Pending(A, D("0.5"), 100, VENUE + 100, from_fill=True)]
    assert tradable(book) == 1
    assert hear(book, A, "1.5", now=110) == D("0.5")
    assert (tradable(book), amounts(book)) == (1.5, [])


def test_a_balance_and_then_its_fill() -> None:
    book = book_of(a="1")
    hear(book, A, "0.5", now=100)

    assert fill(book, "-0.5", now=110) == D("-0.5")
    assert (tradable(book), amounts(book)) == (0.5, [])


def test_a_fill_that_changes_nothing_is_nothing() -> None:
    book = book_of(a="1")

    assert fill(book, "0", now=100) == 0
    assert book.pending == []


def test_several_fills_and_one_balance() -> None:
    book = book_of(a="1")
    for now, qty in enumerate(("0.1", "0.2", "0.3")):
        assert fill(book, qty, now=100 + now) == 0

    assert hear(book, A, "1.3", now=110) == D("0.3")  # the first two
    assert (tradable(book), amounts(book)) == (1.3, [0.3])
    assert hear(book, A, "1.6", now=120) == D("0.3")
    assert (tradable(book), amounts(book)) == (1.6, [])


def test_one_fill_and_several_balances() -> None:
    book = book_of(a="1")
    hear(book, A, "1.1", now=100)
    hear(book, A, "1.3", now=101)

    assert fill(book, "0.3", now=110) == D("0.3")
    assert (tradable(book), amounts(book)) == (1.3, [])


def test_a_fill_finds_its_balance_behind_a_deposit() -> None:
    book = book_of(a="1")
    hear(book, A, "6", now=100)  # a deposit
    hear(book, A, "6.5", now=101)

    assert fill(book, "0.5", now=110) == D("0.5")
    assert (tradable(book), amounts(book)) == (1.5, [5])


def test_a_fill_explains_its_own_wallet_only() -> None:
    book = book_of(a="1", b="1")
    hear(book, B, "1.5", now=100)

    assert fill(book, "0.5", now=110, wallet=A) == 0
    assert tradable(book) == 2
    assert len(book.pending) == 2


def test_what_does_not_add_up_to_the_last_digit_explains_nothing() -> None:
    book = book_of(a="1")
    hear(book, A, "1.50000001", now=100)

    assert fill(book, "0.5", now=110) == 0
    assert tradable(book) == 1


@pytest.mark.parametrize(("others", "found"), [(62, True), (63, False)])
def test_the_search_for_a_match_has_an_end(*, others: int, found: bool) -> None:
    """64 amounts at most; what is beyond waits for the re-read."""
    book = book_of(a="0")
    for n in range(others):
        hear(book, A, str(10 * (n + 1)), now=100 + n)  # deposits of 10
    hear(book, A, str(10 * others + 3), now=200)

    assert (fill(book, "3", now=201) == 3) is found


def test_of_too_many_amounts_those_of_one_wallet_kind_and_sign_become_one() -> None:
    book = book_of(a="0", b="0")
    for n in range(balances.PENDING_MAX // 4):
        hear(book, A, str(n + 1), now=1_000 + n)
        hear(book, B, str(-n - 1), now=1_000 + n)
        fill(book, "-0.001", now=1_000 + n, wallet=A)
        fill(book, "0.001", now=1_000 + n, wallet=B)
    assert len(book.pending) == balances.PENDING_MAX
    last = 999 + balances.PENDING_MAX // 4
    hear(book, A, "200", now=9_999)

    assert book.pending == [
        Pending(A, D(250), last, VENUE + last, from_fill=False),
        Pending(B, D(-250), last, VENUE + last, from_fill=False),
        Pending(A, D("-0.250"), last, VENUE + last, from_fill=True),
        Pending(B, D("0.250"), last, VENUE + last, from_fill=True),
        Pending(A, D(-50), 9_999, VENUE + 9_999, from_fill=False),
    ]


# -- intervals -------------------------------------------------------------------------------


def test_sums_of_nothing_are_exact_too() -> None:
    book = AssetBook("main", "BTC")

    sums = [*balances.interval(book), balances.net_pending(book), balances.confirmed(book, (A,))]
    assert [(type(each), each) for each in sums] == [(D, D(0))] * 4


def test_the_interval_is_what_may_be_taken_and_what_may_be_added() -> None:
    book = book_of(a="10", b="10")
    assert balances.interval(book) == (D(0), D(0))
    hear(book, A, "5", now=100)
    hear(book, B, "12", now=101)
    hear(book, A, "4", now=102)
    fill(book, "3", now=103, wallet=B)

    assert balances.interval(book) == (D(-6), D(5))
    assert balances.net_pending(book) == -4  # fills explain, they are not explained


def test_tradable_coins_are_those_of_the_wallets_asked_for() -> None:
    book = book_of(a="10", b="3")

    assert balances.confirmed(book, (A,)) == 10
    assert balances.confirmed(book, (WalletId("x:none"), B)) == 3
    assert balances.confirmed(book, ()) == 0


# -- whatever happens ------------------------------------------------------------------------

STEP = st.tuples(
    st.sampled_from(["hear", "read", "fill", "confirm"]),
    st.sampled_from([A, B]),
    st.integers(-3, 3),
    st.integers(0, 2_000),
)


@given(st.lists(STEP, max_size=40))
def test_what_is_tradable_and_what_is_pending_add_up_to_the_venues_word(
    steps: list[tuple[str, WalletId, int, int]],
) -> None:
    book, now = book_of(a="10", b="10"), 100
    for kind, wallet, change, pause in steps:
        now += pause
        coins = str(book.totals[wallet].said + change)
        if kind == "hear":
            hear(book, wallet, coins, now)
        elif kind == "read":
            read(book, wallet, coins, now - 10, now=now)
        elif kind == "fill":
            fill(book, str(change), now, wallet)
        else:
            confirm(book, now)
        for each, total in book.totals.items():
            pending = [p.amount for p in book.pending if p.wallet == each and not p.from_fill]
            assert total.said == total.confirmed + sum(pending)
