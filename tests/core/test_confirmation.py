"""When what is pending becomes tradable, function by function (invariant 1b)."""

from decimal import Decimal as D

import pytest

from hedgebot.core import balances
from hedgebot.core.books import NEVER, AssetBook, Pending
from tests.core.wallets import (
    BELIEVE,
    PATIENCE,
    SETTLE,
    VENUE,
    A,
    B,
    amounts,
    book_of,
    confirm,
    fill,
    hear,
    read,
    tradable,
)

# -- confirmation ----------------------------------------------------------------------------


def test_confirmed_once_it_has_lasted_and_was_re_read_since() -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100)
    assert confirm(book, now=100 + SETTLE) is None  # not re-read
    read(book, A, "3", requested_ms=100)  # as early as the change: proves nothing
    assert confirm(book, now=100 + SETTLE) is None
    read(book, A, "3", requested_ms=101)
    assert confirm(book, now=99 + SETTLE) is None  # has not lasted
    assert tradable(book) == 1

    assert confirm(book, now=100 + SETTLE) == 2
    assert (tradable(book), amounts(book)) == (3, [])


def test_nothing_pending_is_nothing_to_confirm() -> None:
    assert confirm(book_of(a="1"), now=10**6) == 0
    assert confirm(book_of(), now=10**6) == 0


def test_every_wallet_of_the_account_must_have_been_re_read() -> None:
    book = book_of(a="1", b="1")
    hear(book, A, "3", now=100)
    read(book, A, "3", requested_ms=200)
    late = 100 + balances.TRANSFER_MS

    assert confirm(book, now=late) is None
    read(book, B, "1", requested_ms=200)
    assert confirm(book, now=late - 1) is None
    assert confirm(book, now=late) == 2


def test_a_longer_settling_time_counts_for_two_wallets_too() -> None:
    book = book_of(a="1", b="1")
    hear(book, A, "3", now=100)
    for wallet, coins in ((A, "3"), (B, "1")):
        read(book, wallet, coins, requested_ms=200)

    assert confirm(book, now=100 + 4_999, settle=5_000) is None
    assert confirm(book, now=100 + 5_000, settle=5_000) == 2


def test_a_transfer_is_confirmed_without_waiting() -> None:
    book = book_of(a="5", b="1")
    hear(book, A, "3", now=100)
    hear(book, B, "3", now=110)
    for wallet in (A, B):
        read(book, wallet, "3", requested_ms=111)

    assert confirm(book, now=170) == 0
    assert book.totals[A].confirmed == book.totals[B].confirmed == 3
    assert (tradable(book), amounts(book)) == (6, [])


def test_a_transfer_is_not_confirmed_before_both_halves_were_re_read() -> None:
    book = book_of(a="5", b="1")
    hear(book, A, "3", now=100)
    hear(book, B, "3", now=110)
    read(book, A, "3", requested_ms=111)
    read(book, B, "3", requested_ms=110)

    assert confirm(book, now=170) is None
    assert len(book.pending) == 2


def test_each_amount_has_its_own_timer() -> None:
    """A wallet that moves every second is hedged all the same."""
    book = book_of(a="1")
    for n, now in enumerate((100, 1_100, 2_100), start=2):
        hear(book, A, str(n), now=now)
        read(book, A, str(n), requested_ms=now + 50)

    assert confirm(book, now=1_600) == 1
    assert (tradable(book), amounts(book)) == (2, [1, 1])
    assert confirm(book, now=2_600) == 1
    assert confirm(book, now=3_599) is None
    assert confirm(book, now=3_600) == 1
    assert tradable(book) == 4


def test_a_later_opposite_amount_keeps_an_older_one_waiting_for_a_while() -> None:
    book = book_of(a="10")
    hear(book, A, "7", now=100)
    hear(book, A, "8", now=1_500)
    read(book, A, "8", requested_ms=1_550)

    assert confirm(book, now=1_700) is None
    assert confirm(book, now=99 + SETTLE + PATIENCE) == -2  # by then both have lasted


def test_but_not_for_ever() -> None:
    book = book_of(a="10")
    hear(book, A, "7", now=100)
    for at in (200, 9_000):  # every second, really
        read(book, A, "7", requested_ms=at)
    hear(book, A, "8", now=99 + PATIENCE + SETTLE)
    read(book, A, "8", requested_ms=99 + PATIENCE + SETTLE + 1)

    assert confirm(book, now=99 + PATIENCE + SETTLE) is None
    assert confirm(book, now=100 + PATIENCE + SETTLE) == -3
    assert (tradable(book), amounts(book)) == (7, [1])


def test_the_while_begins_when_the_wallet_can_be_read_again() -> None:
    book = book_of(a="10")
    hear(book, A, "7", now=100)
    hear(book, A, "8", now=20_000)
    read(book, A, "8", requested_ms=20_001)

    assert confirm(book, now=21_400) is None
    assert confirm(book, now=20_000 + SETTLE) == -2


def test_a_later_amount_of_the_same_sign_keeps_nothing_waiting() -> None:
    book = book_of(a="10")
    hear(book, A, "7", now=100)
    hear(book, A, "6", now=1_500)
    read(book, A, "6", requested_ms=1_550)

    assert confirm(book, now=100 + SETTLE) == -3


def test_an_opposite_amount_that_was_not_re_read_keeps_an_older_one_waiting_too() -> None:
    book = book_of(a="5", b="1")
    hear(book, A, "3", now=100)
    for wallet, coins in ((A, "3"), (B, "1")):
        read(book, wallet, coins, requested_ms=120)
    hear(book, B, "3", now=150)

    assert confirm(book, now=10_000) is None


def test_a_transfer_is_seen_among_others() -> None:
    """The later halves add up to nothing; each is opposed to one older half all the same."""
    book = book_of(a="5", b="1")
    for n, (wallet, coins) in enumerate(((A, "4"), (B, "2"), (A, "3"), (B, "3"), (A, "2"))):
        hear(book, wallet, coins, now=100 + 500 * n)
    for wallet, coins in ((A, "2"), (B, "3")):
        read(book, wallet, coins, requested_ms=2_200)

    assert confirm(book, now=100 + balances.TRANSFER_MS) is None
    assert confirm(book, now=600 + balances.TRANSFER_MS) == 0
    assert amounts(book) == [-1, 1, -1]


def test_a_change_found_by_a_re_read_may_hold_an_opposite_half() -> None:
    """It may be a deposit of 6 and a transfer of -3 in one: whatever its sign, it is waited for."""
    book = book_of(a="10")
    hear(book, A, "13", now=100)
    read(book, A, "16", requested_ms=1_550)
    assert [pending.merged for pending in book.pending] == [False, True]

    assert confirm(book, now=100 + SETTLE) is None
    read(book, A, "16", requested_ms=1_700)
    assert confirm(book, now=1_599 + SETTLE) is None
    assert confirm(book, now=1_600 + SETTLE) == 6  # by then both have lasted


def test_but_it_is_waited_for_so_long_only() -> None:
    book = book_of(a="10")
    hear(book, A, "13", now=100)
    for at in (200, 9_000):
        read(book, A, "13", requested_ms=at)
    read(book, A, "16", requested_ms=50 + PATIENCE + SETTLE)

    assert confirm(book, now=99 + PATIENCE + SETTLE) is None
    assert confirm(book, now=100 + PATIENCE + SETTLE) == 3


def test_a_change_that_the_stream_told_is_one_change() -> None:
    book = book_of(a="10")
    hear(book, A, "13", now=100)
    hear(book, A, "16", now=1_500)
    read(book, A, "16", requested_ms=1_550)

    assert confirm(book, now=100 + SETTLE) == 3


def test_confirming_leaves_what_was_not_re_read() -> None:
    book = book_of(a="1")
    hear(book, A, "3", now=100)
    read(book, A, "3", requested_ms=200)
    hear(book, A, "7", now=300)

    assert confirm(book, now=10_000) == 2
    assert (tradable(book), amounts(book)) == (3, [4])


# -- fills whose wallet does not follow ---------------------------------------------------------


def test_a_fill_that_a_later_read_shows_no_trace_of_is_in_the_total_already() -> None:
    book = book_of(a="1")
    fill(book, "0.5", now=100)
    read(book, A, "1", requested_ms=101, venue_ms=VENUE + 99)  # dated before the fill: stale
    assert amounts(book) == [0.5]
    read(book, A, "1", requested_ms=100, venue_ms=VENUE + 100)  # asked for too early
    assert amounts(book) == [0.5]

    read(book, A, "1", requested_ms=101, venue_ms=VENUE + 100)
    assert book.pending == []
    assert tradable(book) == 1


def test_a_stale_read_does_not_talk_a_fill_away() -> None:
    """The wallet will follow; until then the delta is an interval."""
    book = book_of(a="1")
    fill(book, "0.5", now=100)
    read(book, A, "1", requested_ms=200, venue_ms=VENUE)

    assert confirm(book, now=300) is None
    assert balances.interval(book) == (D(0), D("0.5"))
    assert hear(book, A, "1.5", now=400) == D("0.5")


def test_a_fill_that_no_wallet_ever_shows_is_given_up_after_the_settling_time() -> None:
    book = book_of(a="1")
    fill(book, "0.5", now=100)
    read(book, A, "1", requested_ms=200, venue_ms=VENUE)

    assert confirm(book, now=99 + SETTLE) is None
    assert confirm(book, now=100 + SETTLE) == 0
    assert (tradable(book), amounts(book)) == (1, [])


def test_a_read_forgets_only_fills_of_its_own_wallet() -> None:
    book = book_of(a="1", b="1")
    fill(book, "0.5", now=100, wallet=A)
    fill(book, "0.5", now=100, wallet=B)
    hear(book, A, "2", now=110)
    read(book, A, "2", requested_ms=200)

    assert [p.wallet for p in book.pending if p.from_fill] == [B]


def test_a_fill_is_not_taken_out_of_another_wallets_change() -> None:
    book = book_of(a="1", b="1")
    fill(book, "0.5", now=100, wallet=A)
    hear(book, B, "3", now=110)
    read(book, A, "1", requested_ms=200)

    assert (tradable(book), amounts(book)) == (2, [2])


def test_a_fill_that_is_in_a_pending_change_is_taken_out_of_it() -> None:
    """A deposit of 0.5 and a fill of 0.5, told by the venue as one change of 1."""
    book = book_of(a="1")
    fill(book, "0.5", now=100)
    hear(book, A, "2", now=110)
    read(book, A, "2", requested_ms=200)

    assert tradable(book) == 1.5
    assert balances.net_pending(book) == D("0.5")
    assert [(p.amount, p.from_fill) for p in book.pending] == [(D("0.5"), False)]


def test_an_old_word_that_goes_on_forgets_fills_whatever_its_date() -> None:
    book = book_of(a="1")
    fill(book, "0.5", now=100)
    said_ms = book.totals[A].said_ms

    read(book, A, "1", requested_ms=said_ms + BELIEVE - 1, venue_ms=0)
    assert amounts(book) == [0.5]
    read(book, A, "1", requested_ms=said_ms + BELIEVE, venue_ms=0)
    assert book.pending == []


@pytest.mark.parametrize("told_ms", [100, 110], ids=["as old as the fill", "younger"])
def test_each_fill_is_taken_out_of_the_first_change_that_may_show_it(told_ms: int) -> None:
    """A fill beside interest, then another beside a re-read: what is left is the interest."""
    book = book_of(a="1")
    fill(book, "1", now=100)
    hear(book, A, "2.0001", now=110, venue_ms=VENUE + told_ms)
    fill(book, "-0.9", now=120)
    read(book, A, "1.1001", requested_ms=130)
    read(book, A, "1.1001", requested_ms=300)

    assert amounts(book) == [0.0001]
    assert tradable(book) == 1.1


def test_a_fill_is_not_taken_out_of_a_change_that_is_older() -> None:
    book = book_of(a="5")
    hear(book, A, "4", now=90)
    fill(book, "0.5", now=100)
    read(book, A, "4", requested_ms=300)

    assert amounts(book) == [-1, -0.5], "it shows in neither: one of the two is yet to come"
    assert tradable(book) == 5.5


@pytest.mark.parametrize(
    ("requested_ms", "left"), [(20, [-0.26, -0.022]), (50, [-0.282]), (200, [-0.282])]
)
def test_where_no_row_has_a_date_the_change_that_was_heard_later_shows_the_fill(
    requested_ms: int, left: list[float]
) -> None:
    """A re-read after the fill shows a withdrawal of 0.282, and the fill, as one change."""
    book = AssetBook("main", "BTC")
    read(book, A, "1", requested_ms=0, venue_ms=0)
    if requested_ms < 50:
        read(book, A, "0.74", requested_ms=requested_ms, venue_ms=0)
    fill(book, "0.022", now=100)
    read(book, A, "0.74", requested_ms=requested_ms, venue_ms=0)
    read(book, A, "0.74", requested_ms=book.totals[A].said_ms + BELIEVE, venue_ms=0)

    assert amounts(book) == left
    assert tradable(book) == 1.022


def test_what_lasts_is_known_while_something_opposite_keeps_it_waiting() -> None:
    book = book_of(a="10")
    hear(book, A, "7", now=100)
    hear(book, A, "8", now=1_500)
    read(book, A, "8", requested_ms=1_550)

    assert confirm(book, now=100 + SETTLE) is None
    (lasting,) = balances.lasting(book, settle_ms=SETTLE, now=100 + SETTLE)
    assert lasting.amount == -3
    assert balances.lasting(book, settle_ms=SETTLE, now=99 + SETTLE) == []


def test_what_polled_wallets_have_told_is_known_up_to_their_last_reading() -> None:
    book = book_of(a="1")
    read(book, A, "1", requested_ms=300)

    assert balances.known_ms(book, (), now=500) == 500
    assert balances.known_ms(book, (A,), now=500) == 300
    assert balances.known_ms(book, (A, B), now=500) == 300, "nobody has read the other yet"
    assert balances.known_ms(book, (B,), now=500) == 500


@pytest.mark.parametrize(
    ("after_ms", "back_ms"), [(balances.GAP_MS, NEVER), (balances.GAP_MS + 1, 10_201)]
)
def test_a_wallet_is_back_when_it_was_not_read_for_longer_than_the_gap(
    after_ms: int, back_ms: int
) -> None:
    book = book_of(a="1")
    read(book, A, "1", requested_ms=200)
    read(book, A, "1", requested_ms=200 + after_ms)

    assert book.totals[A].back_ms == back_ms


def test_what_is_in_doubt_is_pending_again() -> None:
    book = book_of(a="3")
    balances.doubt(book, A, D(1), now=100)

    assert book.pending == [Pending(A, D(1), 100, 0, from_fill=False)]
    assert tradable(book) == 2
    assert balances.interval(book) == (D(0), D(1))
    read(book, A, "3", requested_ms=200)
    assert confirm(book, now=99 + SETTLE) is None
    assert confirm(book, now=100 + SETTLE) == 1
    assert tradable(book) == 3
