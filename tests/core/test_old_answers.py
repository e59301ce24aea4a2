"""Totals that are old, or may be: what a re-read and a late word of a wallet count for."""

from decimal import Decimal as D

import pytest

from hedgebot.core import balances
from hedgebot.domain.events import Balance
from hedgebot.domain.orders import Leg
from tests.core.wallets import BELIEVE, VENUE, A, amounts, book_of, fill, hear, read, said


@pytest.mark.parametrize("coins", ["1", "2"], ids=["as it was before", "as nobody told"])
def test_a_read_that_the_venue_dates_before_its_word_is_stale(coins: str) -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100)

    read(book, A, coins, requested_ms=500, venue_ms=VENUE + 99)
    assert (said(book), book.totals[A].read_ms) == (3, 0)
    read(book, A, "2", requested_ms=501, venue_ms=VENUE + 100)
    assert (said(book), book.totals[A].read_ms) == (2, 501)


def test_a_stale_read_that_goes_on_is_believed() -> None:
    """A venue that dates its rows badly must not hide a lost event for ever."""
    book = book_of(a="1")
    hear(book, A, "3", now=100)

    read(book, A, "1", requested_ms=100 + BELIEVE - 1, venue_ms=0)
    assert book.totals[A].said == 3
    read(book, A, "1", requested_ms=100 + BELIEVE, venue_ms=0)
    assert (said(book), book.totals[A].read_ms) == (1, 100 + BELIEVE)
    assert book.totals[A].said_venue_ms == VENUE + 100  # the date does not go back


def test_a_read_of_what_the_wallet_held_before_is_stale_however_it_is_dated() -> None:
    """Not every venue dates an answer when its total was true."""
    book = book_of(a="1")
    hear(book, A, "3", now=100)
    hear(book, A, "2", now=200)

    for coins in ("1", "3"):
        read(book, A, coins, requested_ms=5_000)
        assert (said(book), book.totals[A].read_ms) == (2, 0)
    read(book, A, "4", requested_ms=5_001)  # never was
    assert said(book) == 4


def test_but_a_wallet_may_hold_again_what_it_held_ten_seconds_ago() -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100)

    read(book, A, "1", requested_ms=99 + BELIEVE)
    assert said(book) == 3
    read(book, A, "1", requested_ms=100 + BELIEVE)
    assert said(book) == 1


@pytest.mark.parametrize(
    ("after_ms", "added"), [(balances.PAST_MS, "0"), (balances.PAST_MS + 1, "5")]
)
def test_an_old_word_of_what_it_held_until_ten_seconds_ago_says_nothing(
    after_ms: int, added: str
) -> None:
    """Of what it held until then it may be news: its clock went back."""
    book = book_of(a="6")
    hear(book, A, "3", now=100)
    hear(book, A, "1", now=100 + after_ms)
    hear(book, A, "6", now=100 + after_ms, venue_ms=VENUE + 50)

    assert balances.interval(book) == (D(-5), D(added))


def test_so_many_totals_of_a_wallet_are_remembered() -> None:
    book = book_of(a="0")
    for coins in range(1, 10 * balances.PAST_MAX):
        hear(book, A, str(coins), now=coins)
    assert len(book.totals[A].words.past) == balances.PAST_MAX


# -- the venue's clock goes back -------------------------------------------------------------


def test_a_total_dated_before_the_last_is_one_or_the_other_until_it_is_read() -> None:
    book = book_of(a="5")
    hear(book, A, "6", now=2_000)
    hear(book, A, "4.5", now=2_100, venue_ms=VENUE + 900)  # its clock went back 1.2 s

    either = (D("-0.5") + D("-1.5"), D("1.5"))  # 5, 4.5, 6; or 5, 6, 4.5
    assert balances.interval(book) == either
    assert balances.unknown_since(book) == 2_000
    read(book, A, "4.5", requested_ms=3_400, venue_ms=VENUE + 2_200)
    assert balances.interval(book) == either, "now it is known, and pending"
    assert (said(book), amounts(book)) == (4.5, [-0.5, 1.5, -1.5])


def test_one_that_was_told_late_ends_with_a_read_that_knows_nothing_of_it() -> None:
    book = book_of(a="5")
    hear(book, A, "6", now=2_000)
    hear(book, A, "5.5", now=2_100, venue_ms=VENUE + 900)
    read(book, A, "6", requested_ms=2_100)
    assert balances.interval(book) == (D("-0.5"), D(1)), "it was not heard yet when that was asked"

    read(book, A, "6", requested_ms=2_101)
    assert balances.interval(book) == (D(0), D(1))


def test_one_that_was_told_twice_is_known() -> None:
    book = book_of(a="5")
    hear(book, A, "6", now=2_000)
    hear(book, A, "7", now=2_100)
    hear(book, A, "6", now=2_200, venue_ms=VENUE + 2_000)

    assert balances.interval(book) == (D(0), D(2))
    assert said(book) == 7


@pytest.mark.parametrize(("coins", "either"), [("4.5", ("-0.5", "0")), ("6.5", ("0", "1.5"))])
def test_it_is_waited_for_though_nothing_else_is_pending(
    coins: str, either: tuple[str, str]
) -> None:
    book = book_of(a="5")
    hear(book, A, coins, now=2_100, venue_ms=VENUE - 900)

    assert balances.unknown_since(book) == 2_100
    assert balances.interval(book) == tuple(map(D, either))
    hear(book, A, coins, now=2_500)  # told in order after all
    assert balances.interval(book) == tuple(map(D, either))
    assert book.totals[A].words.late is None


# -- a message that comes late tells what was in between ---------------------------------------


def test_one_told_late_parts_what_looked_like_one_change() -> None:
    book = book_of(a="5")
    hear(book, A, "4", now=2_000, venue_ms=VENUE + 2_000)
    hear(book, A, "7", now=2_100, venue_ms=VENUE + 1_000)

    assert amounts(book) == [2, -3]
    assert [pending.venue_ms - VENUE for pending in book.pending] == [1_000, 2_000]
    assert said(book) == 4


def test_the_fill_that_it_is_of_is_explained() -> None:
    book = book_of(a="5")
    hear(book, A, "4", now=2_000, venue_ms=VENUE + 2_000)
    leg = Leg(wallet=A, asset="BTC", change=D(2))
    balances.note_leg(book, leg, venue_ms=VENUE + 1_000, now=2_050)
    assert amounts(book) == [-1, 2], "the last is the fill's"
    balance = Balance(A, "BTC", D(7), VENUE + 1_000)

    assert balances.hear(book, balance, 2_100) == D(2)
    assert amounts(book) == [-3]


@pytest.mark.parametrize(
    ("total", "dated_ms"),
    [("7", 999), ("5", 1_500)],
    ids=["from before the last two", "as it was before"],
)
def test_what_lay_not_between_parts_nothing(total: str, dated_ms: int) -> None:
    book = book_of(a="9")
    hear(book, A, "5", now=2_000, venue_ms=VENUE + 1_000)
    hear(book, A, "4", now=2_500, venue_ms=VENUE + 2_000)
    hear(book, A, total, now=30_000, venue_ms=VENUE + dated_ms)

    assert amounts(book) == [-4, -1]


def test_one_of_the_same_millisecond_as_the_one_before_may_lie_between() -> None:
    book = book_of(a="5")
    hear(book, A, "4", now=2_000)
    hear(book, A, "7", now=2_100, venue_ms=VENUE)

    assert amounts(book) == [2, -3]


def test_only_the_last_change_is_parted_of_two_alike() -> None:
    book = book_of(a="6")
    hear(book, A, "5", now=1_000)
    hear(book, A, "4", now=2_000)
    hear(book, A, "4.75", now=2_100, venue_ms=VENUE + 1_500)

    assert amounts(book) == [-1, -0.25, -0.75]


def test_a_fill_of_the_same_millisecond_is_not_parted() -> None:
    book = book_of(a="5")
    fill(book, "0.5", now=2_000)
    hear(book, A, "4", now=2_000)
    hear(book, A, "7", now=2_100, venue_ms=VENUE + 1_000)

    assert amounts(book) == [0.5, 2, -3]


def test_what_a_wallet_holds_again_is_what_it_held_last() -> None:
    book = book_of(a="5")
    for now, coins in ((1_000, "6"), (2_000, "5"), (3_000, "4")):
        hear(book, A, coins, now)
    hear(book, A, "7", now=3_100, venue_ms=VENUE + 2_500)

    assert amounts(book) == [1, -1, 2, -3]
