"""Invariant 1b: which withdrawal it was, where several, a deposit or a trade happen together."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.explain import SEARCH_MS_MAX
from hedgebot.domain.actions import Severity, Snapshot
from hedgebot.domain.events import Balance, BalanceSeen
from hedgebot.domain.instruments import Side, WalletId
from hedgebot.domain.records import TransitEnd
from hedgebot.domain.withdrawals import WithdrawalState
from tests.core.transits import (
    DONE,
    FAILED,
    RIPE_MS,
    becomes,
    ends,
    hedged,
    holding,
    in_transit,
    record,
    restarted,
    set_cold,
    sizes,
    withdraw,
)
from tests.core.world import PERP_WALLET, SPOT_WALLET, World, alerts, only, placed

# -- by their time -----------------------------------------------------------------------------


def left_came_left(world: World) -> int:
    """A withdrawal fails, and one of the same size follows, whose record appears first. Returns
    when the first was asked for.
    """
    first_ms = world.now
    world.balance(SPOT_WALLET, D(-3))
    world.wait(1_000)
    world.balance(SPOT_WALLET, D(3))
    world.wait(4_000)
    withdraw(world, "3")
    world.wait(8_000)
    return first_ms // 1_000 * 1_000


@pytest.mark.parametrize("dated_ms", [0, None], ids=["dated", "undated"])
def test_one_that_failed_and_one_of_the_same_size_are_told_apart_by_their_time(
    dated_ms: int | None,
) -> None:
    world = hedged()
    world.dated_ms = dated_ms
    first_ms = left_came_left(world)
    becomes(world, "w1", DONE)
    record(world, "3", state=FAILED, applied_ms=first_ms)
    world.wait(60_000)

    assert placed(world.actions) == []
    assert in_transit(world) == D(3)
    assert [a for a in alerts(world.actions) if a.severity is not Severity.INFO] == []


def test_coins_that_came_before_a_withdrawal_was_asked_for_are_not_its_return() -> None:
    """Though the record of the one that failed never appears, and this one's says nothing yet."""
    world = hedged()
    left_came_left(world)
    world.wait(60_000)

    assert placed(world.actions) == []
    assert in_transit(world) == D(3)


# -- beside a search ---------------------------------------------------------------------------


def test_a_deposit_does_not_wait_for_the_record_of_a_decrease_beside_it() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D("-0.008"))
    world.wait(100)
    world.balance(SPOT_WALLET, D(1))
    found = world.wait(RIPE_MS + 500)

    assert sizes(found) == [(Side.SELL, D("0.992"))], "right whatever the search finds"


@pytest.mark.parametrize("after_ms", [100, 8_000], ids=["before", "during the search"])
@pytest.mark.parametrize("end", [FAILED, DONE])
def test_what_may_be_the_return_of_coins_waits_for_their_record(
    after_ms: int, end: WithdrawalState
) -> None:
    """The record is open at first: nobody knows whether what came was a deposit."""
    world = hedged()
    asked_ms = world.now // 1_000 * 1_000
    world.balance(SPOT_WALLET, D(-3))
    world.wait(after_ms)
    world.balance(SPOT_WALLET, D(3))
    world.wait(6_000)
    name = record(world, "3", applied_ms=asked_ms)
    world.wait(8_000)
    assert placed(world.actions) == []
    becomes(world, name, end)
    found = world.wait(8_000)

    assert sizes(found) == ([(Side.SELL, D(3))] if end is DONE else [])
    assert in_transit(world) == (D(3) if end is DONE else 0)


def test_while_a_record_is_looked_for_the_wallets_are_read_every_second() -> None:
    """So that what happens meanwhile is known, and no wallet is called unreadable."""
    world = hedged()
    world.balance(SPOT_WALLET, D(-3))
    world.wait(RIPE_MS)
    found = world.wait(10_000)

    assert len([ask for ask in only(Snapshot, found) if ask.venue == "spot"]) >= 8
    world.balance(SPOT_WALLET, D(1))
    assert not any(a.severity is Severity.CRITICAL for a in alerts(world.wait(2_000)))


def test_a_search_begins_while_something_opposite_keeps_a_decrease_waiting() -> None:
    """A wallet that earns a little every moment: one wait after the other would be too long."""
    world = hedged()
    world.balance(SPOT_WALLET, D(-3))
    found = world.wait(500)
    for _ in range(60):
        world.balance(SPOT_WALLET, D("0.0001"))
        found += world.wait(500)

    assert sum((o.qty for o in placed(found)), D(0)) > D("2.98")
    assert in_transit(world) == 0


def test_a_failed_one_that_came_back_together_with_something_else_ends() -> None:
    """Half of it was spent before the stream spoke again: no increase is as large as it."""
    world = hedged()
    name = withdraw(world, "3")
    world.wait(60_000)
    becomes(world, name, FAILED)
    world.balance(SPOT_WALLET, D("1.5"))
    found = world.wait(RIPE_MS + SEARCH_MS_MAX + 1_000)

    assert in_transit(world) == 0
    assert sizes(found) == [(Side.BUY, D("1.5"))]
    told = [a for a in alerts(found) if a.key == f"transit-over:spot/{name}"]
    assert [alert.severity for alert in told] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("spent", "low"), [("2", -3.0), ("4", -4.0)], ids=["an increase", "a decrease"]
)
def test_a_failed_one_whose_return_a_re_read_shows_with_something_else_ends_too(
    spent: str, low: float
) -> None:
    """While nobody knows what the re-read shows, an order must be right with and without it."""
    world = hedged()
    name = withdraw(world, "3")
    world.wait(60_000)
    becomes(world, name, FAILED)
    world.spot += D(3) - D(spent)
    book = world.state.ledger.assets["main", "BTC"]
    for _ in range(100):
        if not book.pending:
            world.wait(500)  # until the slow audit

    assert [pending.merged for pending in book.pending] == [True]
    assert world.state.hedges["BTC"].outlook.low == low
    assert placed(world.actions) == []
    found = world.wait(RIPE_MS + SEARCH_MS_MAX + 1_000)
    assert in_transit(world) == 0
    assert sizes(found) == [(Side.BUY, D(spent))]


def test_a_record_that_a_start_did_not_wait_for_explains_no_later_decrease() -> None:
    """Its coins were traded: as much that leaves later is another withdrawal, or theft."""
    world = hedged()
    asked_ms = world.now // 1_000 * 1_000
    world.balance(SPOT_WALLET, D(-3))
    world.wait(1_000)
    again = restarted(world).start()  # a minute later
    (order,) = again.obey(list(again.actions))
    assert (order.side, order.qty) == (Side.BUY, D(3))
    record(again, "3", applied_ms=asked_ms)
    again.balance(SPOT_WALLET, D(-3))
    found = again.wait(RIPE_MS + SEARCH_MS_MAX + 1_000)

    assert sizes(found) == [(Side.BUY, D(3))]
    assert in_transit(again) == 0


def test_but_one_that_left_just_after_a_start_is_held_though_the_venues_clock_is_behind() -> None:
    world = hedged()
    again = restarted(world).start()
    behind_ms = again.state.venues["spot"].first_ms - 1_500
    record(again, "3", applied_ms=behind_ms // 1_000 * 1_000)
    again.balance(SPOT_WALLET, D(-3))
    again.wait(60_000)

    assert placed(again.actions) == []
    assert in_transit(again) == D(3)


# -- a person says where they are --------------------------------------------------------------


def two_that_left() -> World:
    """One is held; the decrease of the other is not confirmed yet."""
    world = hedged()
    withdraw(world, "1.5")
    world.wait(3_000)
    withdraw(world, "0.8")
    world.wait(1_000)
    return world


def test_one_that_arrived_with_another_whose_decrease_is_not_confirmed_yet() -> None:
    world = two_that_left()
    assert in_transit(world) == D("1.5")
    set_cold(world, "14.8")

    assert in_transit(world) == 0
    world.wait(60_000)
    assert placed(world.actions) == []
    assert ends(world.actions)[-1] is TransitEnd.ARRIVED
    assert in_transit(world) == 0


def test_that_rise_is_remembered_over_a_kill_as_far_as_it_is_not_explained() -> None:
    world = two_that_left()
    set_cold(world, "14.8")
    again = restarted(world).start()
    again.wait(60_000)

    assert placed(world.actions) == placed(again.actions) == []
    assert in_transit(again) == 0
    assert again.state.ledger.transit.rises == []


def late_and_held() -> World:
    """Of two withdrawals, the record of one came too late for a start: that one was traded."""
    world = hedged()
    applied_ms = world.now
    world.balance(SPOT_WALLET, D(-3))
    world.wait(2_000)
    withdraw(world, "1")
    world.wait(100)
    again = restarted(world).start()
    assert sizes(again.actions) == [(Side.BUY, D(3))]
    again.position += D(3)
    record(again, "3", applied_ms=applied_ms)
    return restarted(again, before=world).start()


def test_one_that_arrived_with_another_whose_record_came_too_late() -> None:
    world = late_and_held()
    assert in_transit(world) == D(1)
    found = set_cold(world, "16.5")

    assert in_transit(world) == 0
    assert sizes(found) == [(Side.SELL, D(3))], "what was traded is hedged again"


def test_a_rise_of_the_late_one_alone_ends_nothing() -> None:
    world = late_and_held()
    set_cold(world, "15.5")

    assert in_transit(world) == D(1)


def test_a_withdrawal_that_failed_arrives_nowhere() -> None:
    """The coins that a person told of were the second's; the first's came back."""
    world = hedged()
    first_ms = world.now
    world.balance(SPOT_WALLET, D(-3))
    world.wait(1_000)
    world.balance(SPOT_WALLET, D(3))
    world.wait(500)
    world.balance(SPOT_WALLET, D(-3))
    set_cold(world, "15.49")
    record(world, "3", state=FAILED, applied_ms=first_ms // 1_000 * 1_000)
    record(world, "3")
    world.wait(60_000)

    assert placed(world.actions) == []
    assert in_transit(world) == 0


def test_coins_that_come_into_the_collateral_of_another_account_are_others() -> None:
    """Nothing is withdrawn to a wallet of futures: as many coins came, and are hedged."""
    spot, perp = holding().venues
    other = replace(perp, name="alt", account="other", wallets=(WalletId("alt:futures"),))
    world = hedged(replace(holding(), venues=(spot, perp, other)))
    withdraw(world, "3")
    world.wait(60_000)
    world.balance(WalletId("alt:futures"), D(3))

    assert sizes(world.wait(10_000)) == [(Side.SELL, D(3))]
    assert in_transit(world) == D(3)


# -- at a start --------------------------------------------------------------------------------


@pytest.mark.parametrize("back_ms", [0, 1_500], ids=["back before", "to come"])
@pytest.mark.parametrize("fee", ["0", "0.001"])
def test_one_that_failed_and_whose_coins_a_start_may_not_have_seen_yet(
    back_ms: int, fee: str
) -> None:
    """The wallet says how much it holds, not what came into it."""
    world = hedged()
    name = withdraw(world, "3", fee=fee)
    world.wait(RIPE_MS)
    becomes(world, name, FAILED)
    if not back_ms:
        world.spot += D(3) + D(fee)
    again = restarted(world).start()
    again.wait(back_ms)
    if back_ms:
        again.balance(SPOT_WALLET, D(3) + D(fee))
    again.wait(30_000)

    assert placed(world.actions) == placed(again.actions) == []
    assert in_transit(again) == 0


def test_a_transfer_beside_a_search_is_no_part_of_it() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-3))
    world.wait(RIPE_MS)
    world.balance(SPOT_WALLET, D(-2))
    world.wait(500)
    world.balance(PERP_WALLET, D(2))
    found = world.wait(SEARCH_MS_MAX + 3_000)

    assert sizes(found) == [(Side.BUY, D(3))]


# -- a transfer and a withdrawal that one total tells together -----------------------------------


def test_a_transfer_whose_half_is_told_after_a_withdrawal_of_the_same_coins() -> None:
    """The wallet went from 6 by 10 to 0; the 10 come last, and say what the 6 less were."""
    world = hedged()
    world.balance(SPOT_WALLET, D(-4))
    world.wait(500)
    world.balance(PERP_WALLET, D(4))
    world.wait(20_000)
    world.balance(PERP_WALLET, D(-4))
    back_ms = world.now
    world.wait(700)
    record(world, "10")
    world.coins[SPOT_WALLET] = D(0)
    world.balance(SPOT_WALLET)
    world.wait(1_300)
    late = Balance(SPOT_WALLET, "BTC", D(10), back_ms)
    world.tell(BalanceSeen(late))
    world.wait(60_000)

    assert placed(world.actions) == []
    assert in_transit(world) == D(10)
    assert [a for a in alerts(world.actions) if a.severity is not Severity.INFO] == []
