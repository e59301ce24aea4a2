"""What a person or a program may ask of the state: the shape of `plan` is a promise."""

import json
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from hedgebot.core import report
from hedgebot.core.digest import digest
from hedgebot.core.policy import OutsideHolding
from hedgebot.core.state import Outlook
from hedgebot.domain.events import Command, CommandKind
from hedgebot.domain.instruments import InstrumentId, Kind
from tests.core.test_exposure import BTC_USD, COIN_WALLET, INVERSE, THREE_VENUES
from tests.core.world import (
    BTC,
    HEDGE,
    PERP_WALLET,
    POLICY,
    SPOT_WALLET,
    World,
    placed,
    policy_with,
)

PLAN = ["asset", "exposure", "pending", "gross", "hedge", "net_delta", "target", "band", "verdict",
        "orders"]  # fmt: skip
EXPOSURE = ["spot", "collateral", "linear", "inverse", "outside"]
ORDER = ["venue", "symbol", "side", "lots", "qty", "unit", "price_limit", "reduce_only", "reason"]


def plan(world: World) -> dict[str, Any]:
    (row,) = report.plan(world.state, world.policy, world.now)
    said: dict[str, Any] = json.loads(json.dumps(row))  # what a program reads
    return said


def paused(world: World) -> World:
    """So that a plan can be looked at before its order is out."""
    world.tell(Command(command_id="c", kind=CommandKind.PAUSE, by="ann"))
    return world


def test_the_keys_of_a_plan_are_those_of_the_promise() -> None:
    world = World().start(D("1.5"), D("-1.5"))
    row = plan(world)

    assert list(row) == PLAN
    assert list(row["exposure"]) == EXPOSURE
    assert row == {
        "asset": "BTC",
        "exposure": {
            "spot": "1.5", "collateral": "0", "linear": "-1.5", "inverse": "0", "outside": "0",
        },
        "pending": "0",
        "gross": "1.5",
        "hedge": "-1.5",
        "net_delta": "0",
        "target": "0",
        "band": ["-0.02", "0.02"],
        "verdict": "in_band",
        "orders": [],
    }  # fmt: skip


def unfold(world: World) -> dict[str, Any]:
    """The plan with the hold taken off, as `hedgebot plan` sees a book without a daemon."""
    world.state.control.operator.clear()
    return plan(world)


def test_an_order_of_a_plan() -> None:
    world = paused(World().start())
    world.buy_spot(D("1.2345"))
    row = unfold(world)

    assert row["verdict"] == "trade"
    (order,) = row["orders"]
    assert list(order) == ORDER
    reason = order.pop("reason")
    assert "bought 1.2345 on spot:BTC/USDT" in reason
    assert order == {
        "venue": "perp", "symbol": "BTC/USDT:USDT", "side": "sell", "lots": 1234, "qty": "1.234",
        "unit": "BTC", "price_limit": "49899.6", "reduce_only": False,
    }  # fmt: skip


def test_a_plan_shows_the_order_that_would_be_sent() -> None:
    world = paused(World().start())
    world.buy_spot(D(1))
    (planned,) = unfold(world)["orders"]
    resumed = world.tell(Command(command_id="c", kind=CommandKind.RESUME, by="ann"))
    (sent,) = placed(resumed + world.wait(300))

    assert (planned["lots"], planned["price_limit"]) == (sent.lots, str(sent.price))


def test_a_plan_sends_nothing_and_spends_no_id() -> None:
    world = paused(World().start())
    world.buy_spot(D(1))
    world.state.control.operator.clear()
    before = deepcopy(world.state.desk)
    assert plan(world) == plan(world)

    assert world.state.desk == before
    assert placed(world.actions) == []


def test_looking_changes_nothing() -> None:
    world = paused(World().start())
    world.buy_spot(D(1))
    world.state.hedges["BTC"].outlook = Outlook()  # as if a step had forgotten it
    before = digest(world.state)
    assert plan(world)["gross"] == "1"
    status(world)

    assert digest(world.state) == before


def test_quantities_are_exact_strings() -> None:
    world = World().start(D("1.00000001"), D("-1.000"))
    row = plan(world)

    assert (row["gross"], row["net_delta"]) == ("1.00000001", "0.00000001")
    for key in ("pending", "gross", "hedge", "net_delta", "target"):
        assert isinstance(row[key], str)
        assert "E" not in row[key]
    assert all(isinstance(value, str) for value in row["exposure"].values())
    assert all(isinstance(value, str) for value in row["band"])


def test_what_is_pending_is_shown_beside_the_exposure() -> None:
    world = World().start(D(1), D(-1))
    world.balance(SPOT_WALLET, D(2))
    row = plan(world)

    assert (row["pending"], row["gross"], row["net_delta"]) == ("2", "1", "0")
    assert row["verdict"] == "wait"
    world.balance(PERP_WALLET, D(-2))
    assert plan(world)["pending"] == "0"


def test_the_parts_add_up_to_net_delta() -> None:
    hedge = replace(HEDGE, instruments=(BTC.id, INVERSE))
    policy = replace(
        POLICY,
        venues=THREE_VENUES,
        hedges=(hedge,),
        holdings=(OutsideHolding("BTC", "cold storage", D("12.5")),),
    )
    spare = replace(BTC, id=InstrumentId("perp:BTC/USDC:USDC"), symbol="BTC/USDC:USDC")
    world = World(policy=policy, instruments=(BTC, BTC_USD, spare))
    world.coins = {SPOT_WALLET: D(5), PERP_WALLET: D("0.25"), COIN_WALLET: D("0.5")}
    world.positions = {BTC.id: D(-15), INVERSE: D(-100_000), spare.id: D("-1.25")}
    world.start(D(5), D(-15))
    row = plan(world)

    assert row["exposure"] == {
        "spot": "5", "collateral": "0.75", "linear": "-16.25", "inverse": "-2", "outside": "12.5",
    }  # fmt: skip
    assert (row["gross"], row["hedge"], row["net_delta"]) == ("17", "-17", "0")
    parts = sum(map(D, row["exposure"].values()), D(0))
    assert parts == D(row["net_delta"])


def test_the_unit_of_an_order_is_the_instruments_own() -> None:
    """Dollars of an inverse contract; thousands of PEPE of 1000PEPE."""
    pepe = replace(BTC, symbol="1000BTC/USDT:USDT", coins_per_unit=D(1000), lot=D(1))
    world = paused(World(instruments=(pepe,)).start())
    world.buy_spot(D(5_000))
    (order,) = unfold(world)["orders"]
    assert (order["unit"], order["qty"]) == ("1000BTC", "5")

    inverse = replace(BTC, kind=Kind.INVERSE, quote="USD", lot=D(100), symbol="BTC/USD:BTC")
    world = paused(World(instruments=(inverse,)).start())
    world.buy_spot(D(1))
    (order,) = unfold(world)["orders"]
    assert (order["unit"], order["lots"], order["qty"]) == ("USD", 500, "50000")


def test_without_a_mark_there_is_neither_target_nor_band() -> None:
    row = plan(World())

    assert (row["target"], row["band"], row["verdict"]) == (None, [None, None], "wait")


def test_a_refusal_of_the_risk_review_shows() -> None:
    world = paused(World().start())
    world.policy = replace(world.policy, limits=replace(world.policy.limits, notional_day=10.0))
    world.buy_spot(D(1))
    row = unfold(world)

    assert (row["verdict"], row["orders"]) == ("wait", [])


def test_a_target_and_a_band_of_the_settings() -> None:
    world = World(policy=policy_with(ratio=None, target=D("0.25"))).start(D("1.25"), D(-1))
    row = plan(world)

    assert (row["target"], row["band"]) == ("0.25", ["0.23", "0.27"])


# -- status ----------------------------------------------------------------------------------------


def status(world: World) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        json.dumps(report.status(world.state, world.policy, world.now))
    )
    return said


def test_status_tells_how_the_daemon_stands() -> None:
    world = World().start()
    (order,) = placed(world.buy_spot(D(1)))
    said = status(world)

    assert (said["book"], said["epoch"], said["journal_ok"], said["stopping"]) == (
        "test", 1, True, False,
    )  # fmt: skip
    (out,) = said["open_orders"]
    assert out == {
        "order_id": f"{order.order_id:032x}", "instrument": "perp:BTC/USDT:USDT", "side": "sell",
        "qty": "1", "filled_qty": "0", "phase": "intended",
    }  # fmt: skip
    assert said["venues"]["perp"]["synced"] is True
    assert said["venues"]["perp"]["feeds"]["account"]["up"] is True


def test_status_of_a_hedge_says_its_state_and_why() -> None:
    world = paused(World().start())
    world.buy_spot(D(1))
    world.wait(2_000)
    (hedge,) = status(world)["hedges"]

    assert set(PLAN) <= set(hedge)
    assert (hedge["trading_state"], hedge["trading_state_by"]) == ("halted", "ann")
    assert hedge["out_of_band_ms"] == 2_000
    assert any("bought 1" in cause for cause in hedge["causes"])
    assert hedge["reason"] == "asked by ann"


def test_status_lists_open_alerts() -> None:
    world = World().start(D(1), D(-1))
    world.balance(SPOT_WALLET, D(2))
    world.wait(12_000, readable=False)

    assert "pending:main/BTC" in status(world)["alerts"]
