"""Invariant 1b: withdrawn coins that a record explains stay in the delta, for a time."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.core import report
from hedgebot.core.explain import SEARCH_MS_MAX
from hedgebot.core.policy import Alias
from hedgebot.domain.actions import ReadWithdrawals, Severity
from hedgebot.domain.events import Balance, BalanceSeen
from hedgebot.domain.instruments import Side, WalletId
from hedgebot.domain.records import (
    TransitEnd,
    TransitKept,
    Verdict,
)
from hedgebot.domain.withdrawals import WithdrawalState
from tests.core.transits import (
    DONE,
    FAILED,
    HOLD_MS,
    OPEN,
    RIPE_MS,
    Wrapped,
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
from tests.core.world import (
    PERP_WALLET,
    SPOT_WALLET,
    alerts,
    decisions,
    only,
    placed,
    rows,
)

# -- as before ---------------------------------------------------------------------------------


def test_without_a_hold_no_record_is_looked_for_and_a_withdrawal_is_traded() -> None:
    world = hedged(holding(0))
    withdraw(world, "3")
    found = world.wait(RIPE_MS)

    assert sizes(found) == [(Side.BUY, D(3))]
    assert only(ReadWithdrawals, world.actions) == []
    (plan,) = report.plan(world.state, world.policy, world.now)
    exposure: Any = plan["exposure"]
    assert "in_transit" not in exposure


# -- held --------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [False, True], ids=["fee on top", "fee inside"])
def test_a_recorded_withdrawal_is_not_traded_while_it_is_held_and_its_fee_never_counts(
    *, inside: bool
) -> None:
    world = hedged()
    record(world, "3" if inside else "2.999", fee="0.001")
    assert placed(world.balance(SPOT_WALLET, D(-3))) == []
    found = world.wait(HOLD_MS - 1_000)

    assert placed(found) == []
    assert len(only(ReadWithdrawals, found)) == 1, "one reading tells it all"
    assert in_transit(world) == D("2.999")
    (row,) = rows(TransitKept, found)
    assert (row.record_id, row.coin, row.qty, row.debit) == ("w1", "BTC", D("2.999"), D(3))
    told = [a for a in alerts(found) if a.key == "transit:spot/w1"]
    assert [a.severity for a in told] == [Severity.INFO]
    assert "2.999 BTC of withdrawal w1 from spot is in transit" in told[0].text


def test_after_its_time_it_is_traded_once_and_a_person_is_told() -> None:
    world = hedged(holding(20_000))
    withdraw(world, "3")
    assert placed(world.wait(RIPE_MS + 19_000)) == []
    found = world.wait(2_000)

    (order,) = placed(found)
    assert (order.side, order.qty) == (Side.BUY, D(3))
    assert ends(found) == [TransitEnd.EXPIRED]
    (told,) = [a for a in alerts(found) if a.key == "transit:spot/w1"]
    assert told.severity is Severity.WARNING
    assert "counts no more" in told.text
    assert "holdings set" in told.text
    rebalanced = [a.text for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]
    assert "counts no more" in rebalanced[0], "the cause of the trade"
    assert placed(world.wait(60_000)) == []


def test_the_decision_line_the_plan_and_the_status_show_it() -> None:
    world = hedged()
    name = withdraw(world, "3")
    found = world.wait(RIPE_MS)
    plan: dict[str, Any] = report.plan(world.state, world.policy, world.now)[0]
    shown: Any = report.status(world.state, world.policy, world.now)["hedges"]
    (item,) = rows(TransitKept, found)

    assert decisions(found)[-1].parts.in_transit == D(3)
    assert "(+3 in transit)" in decisions(found)[-1].text
    assert plan["exposure"]["in_transit"] == "3"
    assert (plan["gross"], plan["net_delta"]) == ("22.5", "0")
    assert shown[0]["in_transit"] == [
        {
            "venue": "spot",
            "withdrawal": name,
            "coin": "BTC",
            "qty": "3",
            "counts_until_ms": item.since_ms + HOLD_MS,
        }
    ]


def test_several_withdrawals_that_one_reading_of_the_wallet_merged() -> None:
    world = hedged()
    record(world, "1")
    record(world, "2.5")
    record(world, "0.7", coin="ETH")
    world.spot -= D("3.5")  # the stream is silent; a snapshot finds it
    world.state.venues["spot"].wanted_ms = world.now
    found = world.wait(40_000)

    assert placed(found) == []
    assert in_transit(world) == D("3.5")
    assert [row.record_id for row in rows(TransitKept, found)] == ["w1", "w2"]


def test_a_second_withdrawal_has_a_record_of_its_own() -> None:
    world = hedged()
    withdraw(world, "2")
    world.wait(RIPE_MS)
    withdraw(world, "2")
    found = world.wait(RIPE_MS)

    assert placed(found) == []
    assert in_transit(world) == D(4)
    assert [row.record_id for row in rows(TransitKept, world.actions)] == ["w1", "w2"]


def test_a_wrapped_coin_is_held_by_its_own_name_and_counts_by_its_rate() -> None:
    policy = holding(20_000, aliases={"WBTC": Alias("BTC", D("1.5"))})
    world = Wrapped(policy=policy)
    world.start(D(10), D("-28.5"))
    record(world, "2", coin="BTC")
    name = record(world, "2", coin="WBTC")
    world.wrapped = D(2)
    world.tell(BalanceSeen(Balance(SPOT_WALLET, "WBTC", world.wrapped, world.now)))
    found = world.wait(RIPE_MS)

    assert placed(found) == []
    assert [row.record_id for row in rows(TransitKept, found)] == [name]
    assert in_transit(world) == D(3)
    assert sizes(world.wait(30_000)) == [(Side.BUY, D(3))]


# -- the record comes late, or never -------------------------------------------------------------


@pytest.mark.parametrize("late_ms", [500, 5_000, 15_000])
def test_while_the_record_is_looked_for_the_decrease_stays_pending(late_ms: int) -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-3))
    found = world.wait(RIPE_MS + late_ms)
    assert placed(found) == []
    assert (decisions(found)[-1].verdict, decisions(found)[-1].pending_low) == (Verdict.WAIT, D(-3))
    record(world, "3", applied_ms=world.now - RIPE_MS - late_ms)
    found = world.wait(60_000)

    assert placed(found) == []
    assert in_transit(world) == D(3)


@pytest.mark.parametrize(
    ("qty", "coin", "state"),
    [("3", "ETH", OPEN), ("2", "BTC", OPEN), ("3.1", "BTC", OPEN), ("3", "BTC", FAILED)],
    ids=["another coin", "less", "more", "failed"],
)
def test_what_no_record_explains_is_traded_after_a_bounded_time_with_a_warning(
    qty: str, coin: str, state: WithdrawalState
) -> None:
    world = hedged()
    record(world, qty, coin=coin, state=state)
    world.balance(SPOT_WALLET, D(-3))
    assert placed(world.wait(RIPE_MS + SEARCH_MS_MAX - 1_000)) == []
    found = world.wait(1_500)

    explained = D(2) if qty == "2" else D(0)
    assert sizes(found) == [(Side.BUY, D(3) - explained)]
    assert in_transit(world) == explained
    (told,) = [a for a in alerts(found) if a.key == "unexplained:main/BTC"]
    assert told.severity is Severity.WARNING
    assert "no withdrawal record explains it" in told.text


def test_records_that_cannot_be_read_are_asked_for_at_a_pace_and_named() -> None:
    world = hedged()
    world.records_readable = False
    world.balance(SPOT_WALLET, D(-3))
    found = world.wait(RIPE_MS + SEARCH_MS_MAX + 500)

    assert sizes(found) == [(Side.BUY, D(3))]
    assert 5 <= len(only(ReadWithdrawals, found)) <= 8
    (told,) = [a for a in alerts(found) if a.key == "unexplained:main/BTC"]
    assert "cannot be read (no answer)" in told.text


def test_a_record_that_comes_after_the_trade_is_not_held_any_more() -> None:
    world = hedged()
    left_ms = world.now
    world.balance(SPOT_WALLET, D(-3))
    world.obey(world.wait(RIPE_MS + SEARCH_MS_MAX + 500))
    record(world, "3", applied_ms=left_ms // 1_000 * 1_000)
    world.balance(SPOT_WALLET, D(-3))
    found = world.wait(RIPE_MS + SEARCH_MS_MAX + 500)

    assert sizes(found) == [(Side.BUY, D(3))]
    again = restarted(world).start()
    assert placed(again.wait(30_000)) == []
    assert in_transit(again) == 0


def test_a_deposit_beside_a_search_is_traded_at_the_latest_when_the_search_ends() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-3))
    world.wait(100)
    world.balance(SPOT_WALLET, D(5))
    found = world.wait(RIPE_MS + SEARCH_MS_MAX + 4_000)

    assert sum((o.qty * o.side.value for o in placed(found)), D(0)) == D(-2)


@pytest.mark.parametrize("record_it", [True, False])
def test_a_transfer_is_no_withdrawal(*, record_it: bool) -> None:
    world = hedged()
    if record_it:
        record(world, "3")
    world.balance(SPOT_WALLET, D(-3))
    world.wait(1_000)
    world.balance(PERP_WALLET, D(3))
    found = world.wait(20_000)

    assert placed(found) == []
    assert only(ReadWithdrawals, world.actions) == []
    assert in_transit(world) == 0


# -- it comes back -----------------------------------------------------------------------------


@pytest.mark.parametrize("late_ms", [-5_000, 0, 8_000], ids=["before", "with", "after the coins"])
def test_a_withdrawal_that_fails_is_traded_at_no_moment(late_ms: int) -> None:
    world = hedged()
    name = withdraw(world, "3", fee="0.001")
    found = world.wait(60_000)
    if late_ms <= 0:
        becomes(world, name, FAILED)
        found += world.wait(-late_ms)
    found += world.balance(SPOT_WALLET, D("3.001"))
    found += world.wait(max(late_ms, 0))
    becomes(world, name, FAILED)
    found += world.wait(60_000)

    assert placed(found) == []
    assert in_transit(world) == 0
    assert ends(found) == [None, TransitEnd.RETURNED]
    assert "transit-over:spot/w1" in {alert.key for alert in alerts(found)}


def test_a_withdrawal_that_fails_before_its_record_was_looked_for() -> None:
    world = hedged()
    name = withdraw(world, "3")
    found = world.wait(1_000)
    becomes(world, name, FAILED)
    found += world.balance(SPOT_WALLET, D(3)) + world.wait(60_000)

    assert placed(found) == []
    assert in_transit(world) == 0
    assert [alert for alert in alerts(found) if alert.severity is not Severity.INFO] == []


def test_a_deposit_of_another_size_while_coins_are_in_transit_is_hedged() -> None:
    world = hedged()
    withdraw(world, "3")
    world.wait(60_000)
    world.balance(SPOT_WALLET, D(1))
    found = world.wait(RIPE_MS)

    assert sizes(found) == [(Side.SELL, D(1))]
    assert in_transit(world) == D(3)


@pytest.mark.parametrize(
    ("state", "traded"), [(DONE, [(Side.SELL, D(3))]), (OPEN, [])], ids=["done", "under way"]
)
def test_so_many_coins_as_were_withdrawn_are_a_deposit_only_if_the_withdrawal_is_done(
    state: WithdrawalState, traded: list[tuple[Side, D]]
) -> None:
    world = hedged()
    name = withdraw(world, "3")
    world.wait(60_000)
    becomes(world, name, state)
    world.balance(SPOT_WALLET, D(3))
    found = world.wait(RIPE_MS + SEARCH_MS_MAX + 1_000)

    assert sizes(found) == traded
    assert in_transit(world) == (D(3) if state is DONE else 0)


# -- a person says where they are ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("qty", "left"), [("15.5", D(0)), ("15.49", D(0)), ("13.5", D(3)), ("12", D(3)), ("20", D(3))]
)
def test_a_holding_that_rises_by_about_the_quantity_ends_it(qty: str, left: D) -> None:
    world = hedged()
    withdraw(world, "3")
    world.wait(60_000)
    found = set_cold(world, qty)

    assert in_transit(world) == left
    if not left:
        assert placed(found) == []
        assert ends(found) == [TransitEnd.ARRIVED]
        assert "transit-over:spot/w1" in {alert.key for alert in alerts(found)}
        assert placed(world.wait(HOLD_MS)) == [], "nothing is left to end"


@pytest.mark.parametrize("late_ms", [0, 10_000])
def test_a_person_may_be_quicker_than_the_record(late_ms: int) -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-3))
    world.wait(500)
    left_ms = world.now - 500
    found = set_cold(world, "15.5")
    found += world.wait(late_ms)
    record(world, "3", applied_ms=left_ms // 1_000 * 1_000)
    found += world.wait(60_000)

    assert placed(found) == []
    assert in_transit(world) == 0
    assert ends(found) == [None, TransitEnd.ARRIVED]


def test_of_two_withdrawals_the_one_that_arrived_is_ended() -> None:
    world = hedged()
    withdraw(world, "1")
    world.wait(RIPE_MS)
    withdraw(world, "3")
    world.wait(RIPE_MS)
    set_cold(world, "15.5")

    assert in_transit(world) == D(1)


def test_coins_that_arrive_in_another_account_of_ours_are_there() -> None:
    spot, perp = holding().venues
    vault = replace(spot, name="vault", account="vault", wallets=(WalletId("vault:spot"),))
    world = hedged(replace(holding(), venues=(spot, perp, vault)))
    withdraw(world, "3", fee="0.001")
    world.wait(60_000)
    world.balance(WalletId("vault:spot"), D(3))
    found = world.wait(60_000)

    assert placed(found) == []
    assert in_transit(world) == 0


def test_one_that_is_told_together_with_a_trade() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D("-0.015"))  # older, and nobody's business
    world.wait(500)
    world.spot_fill(D(1))
    world.spot += D(1)
    world.wait(20)
    withdraw(world, "3")  # the wallet's word on both

    assert sizes(world.wait(30_000)) == [(Side.SELL, D("0.985"))]
    assert in_transit(world) == D(3)
