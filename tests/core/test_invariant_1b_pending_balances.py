"""Invariant 1b: a balance change is tradable at once only if a fill of the account explains it."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgebot.core import balances
from hedgebot.core.policy import Policy
from hedgebot.domain.actions import Action, Alert, Severity
from hedgebot.domain.events import Balance, BalanceSeen, Channel, FeedBack, FeedLost
from hedgebot.domain.instruments import Side
from hedgebot.domain.records import Verdict
from tests.core.world import (
    PERP_WALLET,
    POLICY,
    SPOT_WALLET,
    World,
    alerts,
    decisions,
    only,
    placed,
)

SETTLED_MS = balances.TRANSFER_MS
"""The account of these worlds has two wallets."""


def hedged(spot: str = "10") -> World:
    return World().start(D(spot), -D(spot))


def one_wallet() -> Policy:
    """Spot in an account of its own."""
    spot, perp = POLICY.venues
    return replace(POLICY, venues=(replace(spot, account="vault"), perp))


def sizes(found: list[Action]) -> list[tuple[Side, D]]:
    return [(order.side, order.qty) for order in placed(found)]


def pending_alerts(found: list[Action]) -> list[Alert]:
    return [alert for alert in alerts(found) if alert.key.startswith("pending:")]


# -- explained by a fill -----------------------------------------------------------------------


@pytest.mark.parametrize(("qty", "side"), [("1", Side.SELL), ("-1", Side.BUY)])
def test_a_fill_and_its_balance_are_traded_in_the_same_step_as_the_later_of_the_two(
    qty: str, side: Side
) -> None:
    world = hedged()
    assert placed(world.spot_fill(D(qty))) == []
    assert sizes(world.balance(SPOT_WALLET, D(qty))) == [(side, D(1))]

    world = hedged()
    assert placed(world.balance(SPOT_WALLET, D(qty))) == []
    assert sizes(world.spot_fill(D(qty))) == [(side, D(1))]


def test_the_reason_of_an_explained_rebalance_is_the_fill() -> None:
    world = hedged()
    (order,) = placed(world.buy_spot(D(1)))
    (told,) = [a for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]

    assert "bought 1 on spot:BTC/USDT" in told.text


def test_a_fill_that_explains_a_part_explains_nothing() -> None:
    world = hedged()
    world.spot_fill(D(1))

    assert placed(world.balance(SPOT_WALLET, D("1.5"))) == []


# -- not explained -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "side", "word"),
    [("2", Side.SELL, "+2 BTC arrived in"), ("-2", Side.BUY, "-2 BTC left")],
)
def test_a_deposit_or_withdrawal_waits_until_it_has_settled_and_then_is_hedged(
    change: str, side: Side, word: str
) -> None:
    world = hedged()
    assert placed(world.balance(SPOT_WALLET, D(change))) == []
    assert placed(world.wait(SETTLED_MS - 100)) == []
    found = world.wait(300)

    assert sizes(found) == [(side, D(2))]
    assert any(word in alert.text for alert in alerts(found))


def test_a_single_wallet_settles_after_balance_settle_ms() -> None:
    world = World(policy=one_wallet()).start(D(10), D(-10))
    world.balance(SPOT_WALLET, D(2))

    assert placed(world.wait(POLICY.limits.balance_settle_ms - 100)) == []
    assert sizes(world.wait(300)) == [(Side.SELL, D(2))]


def test_while_it_waits_the_verdict_says_so() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(2))
    last = decisions(world.wait(1_500))[-1]

    assert (last.verdict, last.reason) == (Verdict.WAIT, "a pending amount decides")
    assert (last.pending_low, last.pending_high) == (D(0), D(2))


def test_a_small_pending_amount_does_not_disturb_a_hedge_in_its_band() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D("0.01"))

    assert placed(world.wait(10_000)) == []
    assert [d.verdict for d in decisions(world.actions)] == [Verdict.IN_BAND]


def test_nothing_is_confirmed_without_a_later_read_of_every_wallet() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(2))

    assert placed(world.wait(9_000, readable=False)) == []


def test_a_wallet_unreadable_for_ten_seconds_is_a_critical_alert_naming_the_amount() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(2))
    assert pending_alerts(world.wait(9_900, readable=False)) == []
    found = world.wait(60_000, readable=False)

    (told,) = pending_alerts(found)
    assert told.severity is Severity.CRITICAL
    assert "+2 BTC of account main" in told.text
    assert placed(found) == []
    late = world.wait(30_000)
    assert [alert.recovered for alert in pending_alerts(late)] == [True]
    assert sizes(late) == [(Side.SELL, D(2))]


def test_the_alert_names_both_halves_and_an_unmatched_fill() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-5))
    world.balance(PERP_WALLET, D(5))
    (told,) = pending_alerts(world.wait(12_000, readable=False))
    assert "-5, +5 BTC" in told.text

    world = hedged()
    world.spot_fill(D("0.5"))
    (told,) = pending_alerts(world.wait(12_000, readable=False))
    assert "+0.5 BTC" in told.text


# -- the interval ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("explained", "pending", "wanted"),
    [
        ("1", "2", [(Side.SELL, D(1))]),  # at least one must be sold whatever the two are
        ("3", "-1", [(Side.SELL, D(2))]),
        ("1", "-2", []),  # sell one or buy one: wait
        ("-3", "1", [(Side.BUY, D(2))]),
        ("-1", "-2", [(Side.BUY, D(1))]),
        ("0.5", "-0.49", []),  # perhaps inside
    ],
)
def test_only_what_is_right_at_both_ends_is_traded(
    explained: str, pending: str, wanted: list[tuple[Side, D]]
) -> None:
    world = hedged()
    world.balance(PERP_WALLET, D(pending))
    found = world.buy_spot(D(explained)) + world.wait(1_000)

    assert sizes(found) == wanted


# -- transfers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["at once", "like the stream"])
@pytest.mark.parametrize("gap_ms", [0, 1, 500, 1_500, 2_999, 3_000])
@pytest.mark.parametrize("first", [SPOT_WALLET, PERP_WALLET])
def test_a_transfer_with_0_to_3_s_between_its_events_sends_no_order(
    first: str, gap_ms: int, rest: str
) -> None:
    world = hedged()
    halves = [(SPOT_WALLET, D(-5)), (PERP_WALLET, D(5))]
    if first == PERP_WALLET:
        halves.reverse()
    (one, change), (other, opposite) = halves
    found = world.balance(one, change)
    if rest == "at once":
        world.coins[other] = (
            world.coins.get(other, D(0)) + opposite
        )  # REST shows it, the stream is late
    found += world.wait(gap_ms)
    found += world.balance(other, opposite if rest == "like the stream" else D(0))
    found += world.wait(20_000)

    assert placed(found) == []
    parts = decisions(world.buy_spot(D(1)))[0].parts
    assert (parts.spot, parts.collateral) == (D(6), D(5))


def test_transfers_to_and_fro_while_one_wallet_cannot_be_read_send_no_order() -> None:
    world = hedged("10")
    world.tell(FeedLost("spot", Channel.ACCOUNT, 1, "reset"))
    world.coins[SPOT_WALLET] -= D(2)
    world.balance(PERP_WALLET, D(2))
    assert placed(world.wait(30_000)) == []
    world.coins[SPOT_WALLET] += D("1.5")  # its other half is told late
    found = world.tell(FeedBack("spot", Channel.ACCOUNT, 2)) + world.answer() + world.wait(2_500)
    found += world.balance(PERP_WALLET, D("-1.5"))

    assert placed(found + world.wait(20_000)) == []


def traded(world: World, found: list[Action]) -> D:
    return sum((order.qty * order.side.value for order in world.obey(found)), D(0))


def test_a_transfer_does_not_hide_a_trade() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-5))

    assert traded(world, world.buy_spot(D(12))) == -7  # right whether the five come or not
    assert traded(world, world.balance(PERP_WALLET, D(5)) + world.wait(2_000)) == -5


def test_a_steady_trickle_is_hedged_all_the_same() -> None:
    world, sold = hedged(), D(0)
    for _ in range(30):
        world.balance(SPOT_WALLET, D("0.1"))
        sold -= traded(world, world.wait(1_000))

    assert sold >= D("2.4")


def test_a_steady_trickle_both_ways_is_hedged_within_a_bounded_time() -> None:
    world, sold = hedged(), D(0)
    for n in range(60):
        world.balance(SPOT_WALLET, D("0.4") if n % 2 else D("-0.1"))
        sold -= traded(world, world.wait(1_000))

    assert sold >= D(5)


def test_a_wallet_of_no_hedge_is_not_our_business() -> None:
    world = hedged()
    elsewhere = replace(world.snapshot_of("spot").balances[0], asset="DOGE", total=D(10**6))
    taken = replace(world.snapshot_of("spot"), balances=(elsewhere,))
    world.coins[SPOT_WALLET] = D(0)

    assert only(Alert, world.tell(taken)) == []


# -- whatever comes ------------------------------------------------------------------------------

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["trade", "deposit", "transfer"]),
        st.integers(-20, 20).filter(bool),
        st.integers(0, 3_000),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=50, deadline=None)
@given(MOVES)
def test_trades_and_transfers_only_ever_hedge_what_is_traded(
    moves: list[tuple[str, int, int, bool]],
) -> None:
    """However they overlap, at rest the net delta is in its band and no order went to and fro."""
    world, turnover, wanted = World().start(D(100), D(-100)), D(0), D(0)

    def see(found: list[Action]) -> None:
        nonlocal turnover
        turnover += sum((order.qty for order in world.obey(found)), D(0))

    for kind, tenths, gap_ms, swap in moves:
        change = D(tenths) / 10
        if kind == "transfer":
            halves = [(SPOT_WALLET, -change), (PERP_WALLET, change)]
            for wallet, half in reversed(halves) if swap else halves:
                see(world.balance(wallet, half))
                see(world.wait(gap_ms))
            continue
        wanted += abs(change)
        if kind == "trade":
            see(world.spot_fill(change))
        see(world.balance(SPOT_WALLET, change))
        see(world.wait(gap_ms))
    see(world.wait(20_000))
    see(world.wait(5_000))

    net = sum(world.coins.values(), D(0)) + world.position
    assert abs(net) <= D("0.02")
    assert turnover <= wanted


# -- the venue's clock goes back ---------------------------------------------------------------


def clock_went_back(world: World, change: str) -> list[Action]:
    """The wallet changes, and the venue dates it before its last word."""
    world.coins[SPOT_WALLET] += D(change)
    total = world.coins[SPOT_WALLET]
    return world.tell(BalanceSeen(Balance(SPOT_WALLET, "BTC", total, world.now - 60_000)))


def test_while_the_venues_clock_went_back_only_what_is_right_both_ways_is_sold() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(3))
    world.wait(SETTLED_MS - 100)
    assert placed(clock_went_back(world, "-1")) == []

    found = world.wait(200, readable=False)
    assert sizes(found) == [(Side.SELL, D(2))]


def test_a_wallet_that_may_have_changed_is_read_until_it_is_known() -> None:
    world = hedged()
    world.wait(1_000, readable=False)
    found = clock_went_back(world, "-1") + world.wait(8_000)

    assert sizes(found) == [(Side.BUY, D(1))]


def test_a_wallet_that_may_have_changed_and_cannot_be_read_is_told_to_a_person() -> None:
    world = hedged()
    found = clock_went_back(world, "-1") + world.wait(11_000, readable=False)
    (told,) = pending_alerts(found)

    assert told.severity is Severity.CRITICAL
    assert "-1 BTC of account main cannot be confirmed" in told.text
