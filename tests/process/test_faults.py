"""What goes wrong between the daemon and its venue, through two real processes."""

import asyncio
from decimal import Decimal as D

import pytest

from hedgebot.adapters.journal import reading
from hedgebot.domain.records import CloseReason
from tests.process.town import Town, until

pytestmark = pytest.mark.process
ORDER = "/fapi/v1/order"


def fault(town: Town, kind: str, *, path: str = ORDER, verb: str = "POST", **told: object) -> None:
    town.plane.tell("fault", name=f"{kind} {path}", kind=kind, path=path, verb=verb, **told)


async def settled(town: Town, position: str) -> None:
    """The hedge is right, the ledgers agree, no order was sent twice."""
    await until(lambda: town.position() == D(position), timeout_s=25)
    await town.hedged()
    assert town.differences() == []
    names = [row["client_id"] for row in town.our_orders()]
    assert len(names) == len(set(names))


async def test_invariant_2_a_dropped_reply_is_looked_up_and_never_sent_again(town: Town) -> None:
    town.start()
    await town.hedged()
    fault(town, "drop_reply")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")
    assert len(town.our_orders()) == 2


async def test_invariant_2_a_503_after_the_order_was_taken_is_an_unknown_outcome(
    town: Town,
) -> None:
    town.start()
    await town.hedged()
    fault(town, "fail_after")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")
    assert len(town.our_orders()) == 2


async def test_invariant_2_an_order_that_never_arrived_is_a_new_order_with_a_new_name(
    town: Town,
) -> None:
    town.write_settings(more="[limits]\nrecv_window_ms = 500")
    town.start()
    await town.hedged()
    fault(town, "fail_before")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")
    with town.rows() as rows:
        reasons = [line.last.reason for line in reading.orders(rows) if line.last]
    assert reasons[:2] == [CloseReason.FILLED, CloseReason.NEVER_ARRIVED]


async def test_a_throttled_order_is_a_new_decision_after_a_pause(town: Town) -> None:
    town.start()
    await town.hedged()
    fault(town, "throttle", retry_after_s=1)
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")
    with town.rows() as rows:
        reasons = [line.last.reason for line in reading.orders(rows) if line.last]
    assert reasons[0] is CloseReason.FILLED
    assert reasons[1] in {CloseReason.REJECTED, CloseReason.NOT_SENT}


async def test_invariant_3_a_partial_fill_ends_at_the_target_and_not_past_it(town: Town) -> None:
    town.start()
    await town.hedged()
    fault(town, "partial_fill", share="0.4")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D("-10.4"))
    town.plane.tell("price", symbol="BTCUSDT", price="60001")  # the market shows depth again
    await settled(town, "-11")
    sold = [D(row["filled"]) for row in town.our_orders()[1:]]
    assert (sold[0], sum(sold)) == (D("0.4"), D(1))


async def test_invariant_1_late_events_never_make_it_hedge_twice(town: Town) -> None:
    town.start()
    await town.hedged()
    for _ in range(4):
        town.plane.tell("events", market="futures", kind="delay", count=3, ms=700)
        town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="0.5")
        await asyncio.sleep(0.2)
    await settled(town, "-8")
    assert sum(D(row["filled"]) for row in town.our_orders()[1:]) == D(2)


async def test_duplicated_and_reordered_events_count_once(town: Town) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("events", market="futures", kind="duplicate", count=4)
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="0.5")
    await settled(town, "-9.5")
    town.plane.tell("events", market="futures", kind="reorder", count=4)
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="0.5")
    await settled(town, "-9")


@pytest.mark.parametrize("first", ["spot", "futures"])
async def test_invariant_1b_a_transfer_sends_no_order(town: Town, first: str) -> None:
    town.start()
    await town.hedged()
    before = len(town.our_orders())
    town.plane.tell("transfer", asset="BTC", qty="2", to="futures", delay_ms=1_200, first=first)
    await asyncio.sleep(4)
    await town.hedged()
    assert town.hedge()["exposure"]["collateral"] == "2"
    assert len(town.our_orders()) == before


async def test_invariant_4_a_trade_that_nobody_told_of_is_adopted_with_an_alert(
    town: Town,
) -> None:
    town.write_settings(more="[limits]\naudit_every_s = 2")
    town.start()
    await town.hedged()
    town.plane.tell("events", market="futures", kind="lose", count=10)
    town.plane.tell("trade", market="futures", symbol="BTCUSDT", side="BUY", qty="1")
    town.plane.tell("clear")
    await settled_after_drift(town)


async def settled_after_drift(town: Town) -> None:
    await until(lambda: len(town.our_orders()) == 2, timeout_s=45)
    await until(lambda: town.position() == D(-10), timeout_s=10)
    await town.hedged()


async def test_a_manual_trade_is_hedged_at_once(town: Town) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("trade", market="futures", symbol="BTCUSDT", side="BUY", qty="1")
    await settled(town, "-10")


async def test_a_deleveraging_is_hedged_at_once_with_its_cause(town: Town) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("adl", symbol="BTCUSDT", qty="2")
    await settled(town, "-10")
    with town.rows() as rows:
        causes = {str(kept.fill.cause) for kept in reading.fills(rows)}
    assert "adl" in causes


async def test_invariant_5_a_muted_venue_is_hold_and_a_healed_one_is_hedged_again(
    town: Town,
) -> None:
    town.start()
    await town.hedged()
    before = len(town.our_orders())
    for market in ("spot", "futures"):
        town.plane.tell("mute", market=market, channel="user", pongs=False)
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.hedge().get("verdict") == "wait", timeout_s=20)
    assert len(town.our_orders()) == before
    for market in ("spot", "futures"):
        town.plane.tell("unmute", market=market, channel="user")
    await settled(town, "-11")


async def test_invariant_5_a_frozen_mark_is_hold(town: Town) -> None:
    town.write_settings(more="[limits]\nmark_age_ms_max = 3000")
    town.start()
    await town.hedged()
    town.plane.tell("freeze_mark", symbol="BTCUSDT", on=True)
    await until(lambda: town.hedge().get("verdict") == "wait", timeout_s=20)
    before = len(town.our_orders())
    town.plane.tell("deposit", asset="BTC", qty="1")
    await asyncio.sleep(3)
    assert len(town.our_orders()) == before
    town.plane.tell("freeze_mark", symbol="BTCUSDT", on=False)
    await settled(town, "-11")


@pytest.mark.parametrize("command", ["expire_listen_key", "end_spot_stream", "disconnect"])
async def test_streams_that_end_are_dialled_again(town: Town, command: str) -> None:
    town.start()
    await town.hedged()
    told = {"market": "futures", "channel": "user"} if command == "disconnect" else {}
    town.plane.tell(command, **told)
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")


async def test_a_maintenance_is_waited_for(town: Town) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("maintenance", on=True)
    await until(lambda: town.hedge().get("verdict") == "wait", timeout_s=20)
    town.plane.tell("maintenance", on=False)
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")
    assert town.running()


async def test_a_clock_that_runs_away_is_measured_again(town: Town) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("skew", ms=4_000)
    town.plane.tell("deposit", asset="BTC", qty="1")
    await settled(town, "-11")


async def test_a_margin_mode_changed_under_us_halts_until_it_is_put_back(town: Town) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("margin_type", symbol="BTCUSDT", isolated=True)
    await until(lambda: town.hedge().get("trading_state") == "halted")
    assert "change it at the venue" in town.hedge()["trading_state_reason"]
    town.plane.tell("margin_type", symbol="BTCUSDT", isolated=False)
    await until(lambda: town.hedge().get("trading_state") == "active")


async def test_an_order_that_the_position_mode_refuses_halts_and_is_not_repeated(
    town: Town,
) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("position_mode", dual=True)
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.hedge().get("trading_state") == "halted")
    await asyncio.sleep(1)
    posts = town.requests()["POST /fapi/v1/order"]
    assert (posts, town.position()) == (2, D(-10))
    town.plane.tell("position_mode", dual=False)
    await settled(town, "-11")  # by itself, once the venue says so
