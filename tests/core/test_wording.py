"""The lines people read: every rebalance says what changed, why, what it cost, the state after."""

import math
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import wording
from hedgebot.core.books import Market
from hedgebot.core.bounds import Bounds
from hedgebot.core.state import Execution, Hedge, Order
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import FillSeen, Submitted
from hedgebot.domain.instruments import InstrumentId, Kind
from hedgebot.domain.orders import OrderStatus, Purpose
from hedgebot.domain.records import CloseReason, DecisionKept, OrderMoved, Phase, Verdict
from tests.core.coin import COIN
from tests.core.world import BTC, HEDGE, PERP, SPOT_WALLET, World, alerts, decisions, placed


def rebalance(qty: str = "1", filled: str = "") -> tuple[World, list[DecisionKept], list[str]]:
    """A world after one rebalance, its decision lines, its alerts."""
    world = World().start(D(5), D(-5))
    began = len(world.actions)
    (order,) = placed(world.buy_spot(D(qty)))
    world.execute(order, D(filled) if filled else None)
    found = world.actions[began:]
    told = [alert for alert in alerts(found) if alert.key == "rebalanced:BTC"]
    assert all(alert.severity is Severity.INFO for alert in told)
    return world, decisions(found), [alert.text for alert in told]


def test_the_line_of_a_decision_to_trade() -> None:
    _, (first, *_), _ = rebalance()

    assert first.text == (
        "BTC: sell 1 on perp:BTC/USDT:USDT, limit 49899.6; because bought 1 on spot:BTC/USDT; "
        "net delta +1 BTC"
    )
    assert (first.verdict, first.reason, first.lots, first.price) == (
        Verdict.TRADE, "rebalance", -1000, D("49899.6"),
    )  # fmt: skip
    assert (first.parts.spot, first.parts.hedge) == (D(6), D(-5))
    assert (first.target, first.band_lower, first.band_upper) == (D(0), D("-0.02"), D("0.02"))
    assert (first.mark, first.mark_age_ms, first.cost) == (50_000.0, 0, None)


def test_the_line_of_a_finished_rebalance_says_what_why_cost_and_the_state_after() -> None:
    _, lines, (told,) = rebalance()
    done = lines[1]

    assert done.text == (
        "BTC: sold 1 on perp:BTC/USDT:USDT at 49899.6, cost 100.4100 USDT; "
        "because bought 1 on spot:BTC/USDT; net delta 0 BTC"
    )
    assert done.cost == D("100.41")  # 100.40 under the mark, 0.01 of fee
    assert done.order_id == lines[0].order_id
    assert told == done.text


def test_a_partly_filled_rebalance_says_so() -> None:
    _, _, (told,) = rebalance(filled="0.25")

    assert told.startswith("BTC: sold 0.25 of 1 (expired) on perp:BTC/USDT:USDT at 49899.6, cost")
    assert told.endswith("net delta +0.75 BTC")


def test_an_order_that_filled_nothing_is_a_line_and_no_alert() -> None:
    world = World().start(D(5), D(-5))
    (order,) = placed(world.buy_spot(D(1)))
    found = world.execute(order, D(0))

    assert [alert for alert in alerts(found) if alert.key == "rebalanced:BTC"] == []
    assert decisions(found)[0].text == (
        "BTC: sold 0 of 1 (expired) on perp:BTC/USDT:USDT, limit 49899.6; net delta +1 BTC"
    )


def test_a_purchase_is_bought_and_costs_by_its_sign() -> None:
    world = World().start(D(5), D(-5))
    (order,) = placed(world.buy_spot(D(-1)))
    (told,) = [a for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]

    assert "BTC: bought 1 on perp:BTC/USDT:USDT at 50100.5, cost 100.5100 USDT" in told.text
    assert "because sold 1 on spot:BTC/USDT" in told.text


def test_back_in_band_is_a_line_of_its_own() -> None:
    _, lines, _ = rebalance()

    assert [(line.verdict, line.reason) for line in lines] == [
        (Verdict.TRADE, "rebalance"), (Verdict.TRADE, "filled"), (Verdict.IN_BAND, ""),
    ]  # fmt: skip
    assert lines[-1].text == "BTC: in_band; net delta 0 BTC, band [-0.02, +0.02]"


def test_a_steady_decision_is_said_once() -> None:
    world, lines, _ = rebalance()
    began = len(world.actions)
    world.wait(120_000)

    assert len(lines) == 3
    assert decisions(world.actions[began:]) == []


def test_causes_are_of_this_rebalance_only() -> None:
    world, _, _ = rebalance()
    (order,) = placed(world.buy_spot(D("0.5")))
    (told,) = [a for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]

    assert "because bought 0.5 on spot:BTC/USDT;" in told.text


def test_several_causes_are_named_and_too_many_are_not() -> None:
    world = World().start(D(5), D(-5))
    for _ in range(9):
        world.buy_spot(D("0.002"))
    (order,) = placed(world.buy_spot(D("0.1")))
    (told,) = [a for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]

    assert told.text.count("bought 0.002 on spot:BTC/USDT") == wording.CAUSES_MAX - 1
    assert told.text.count("bought 0.1 on spot:BTC/USDT") == 1


def test_a_deposit_is_told_when_it_is_confirmed_and_is_the_cause() -> None:
    world = World().start(D(5), D(-5))
    world.balance(SPOT_WALLET, D(2))
    found = world.wait(5_000)
    (order,) = placed(found)
    assert "+2 BTC arrived in account main" in [alert.text for alert in alerts(found)]
    (told,) = [a for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]

    assert "because +2 BTC arrived in account main;" in told.text


def test_a_book_found_out_of_band_at_start_says_so() -> None:
    world = World().start(D(1))
    (order,) = placed(world.actions)
    (told,) = [a for a in alerts(world.execute(order)) if a.key == "rebalanced:BTC"]

    assert "because found at start;" in told.text


def test_a_book_found_in_band_at_start_does_not_blame_the_start_later() -> None:
    _, _, (told,) = rebalance()

    assert "found at start" not in told


def test_a_move_without_any_event_has_words_too() -> None:
    world = World().start(D(5), D(-5))
    world.state.hedges["BTC"].causes.clear()

    assert (
        wording.why(world.state.hedges["BTC"], Purpose.REBALANCE)
        == "no single event: price, fees, ratio or settings"
    )


def test_fees_in_another_coin_are_not_in_the_cost() -> None:
    world = World().start(D(5), D(-5))
    (order,) = placed(world.buy_spot(D(1)))
    fill = world.fill_of(order, order.qty)
    world.tell(Submitted(order.order_id, world.report(order, OrderStatus.WORKING, D(0))))
    working = world.state.desk.orders[order.order_id]
    working.execution.fees["BNB"] = D(7)
    found = world.tell(FillSeen(fill))
    found += world.tell(Submitted(order.order_id, world.report(order, OrderStatus.FILLED, D(1))))
    done = [line for line in decisions(found) if line.order_id == order.order_id]

    assert [line.cost for line in done] == [D("100.41")]


@pytest.mark.parametrize(
    ("amount", "text"),
    [(D("1.500"), "+1.5"), (D("-0.00000001"), "-0.00000001"), (D(0), "0"), (D("0.00"), "0"),
     (0.1 + 0.2, "+0.3"), (-1e-9, "0"), (1e6, "+1000000"), (D("1E+3"), "+1000")],
)  # fmt: skip
def test_coins_are_written_plainly(amount: D | float, text: str) -> None:
    assert wording.coins(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (D(100) / D(60_000), "+0.00166667"),
        (D("-1.165849604574462408622805613"), "-1.1658496"),
        (D("0.000000001"), "0"),
        (D("-0.5000"), "-0.5"),
        (D("123456789012345678.5"), "+123456789012345678.5"),
        (0.1 + 0.2, "+0.3"),
        (0.0, "0"),
    ],
)
def test_coins_are_said_to_a_hundred_millionth(amount: D | float, text: str) -> None:
    assert wording.coins(amount) == text


@pytest.mark.parametrize(
    ("name", "mark", "execution", "cost"),
    [
        (PERP, 50_000.0, Execution(D(1), D(49_900), {"USDT": D(20)}), D(120)),
        (PERP, math.nan, Execution(D(1), D(49_900), {"USDT": D(20)}), D(20)),
        (PERP, math.nan, Execution(), D(0)),
        (COIN, math.nan, Execution(D(50_000), D(1), {"BTC": D("0.001")}), D(50)),
        (COIN, math.nan, Execution(), D(0)),
    ],
)
def test_where_the_mark_is_not_known_no_slippage_is_made_up(
    name: str, mark: float, execution: Execution, cost: D
) -> None:
    world = World().start(D(5), D(-5))
    (order,) = placed(world.buy_spot(D(1)))
    intent = replace(order, instrument=InstrumentId(name), mark=mark)
    done = Order(intent, Phase.CLOSED, 0, execution)
    assert wording.cost(done) == cost
    row = OrderMoved(order.order_id, 0, Phase.CLOSED, execution.qty, reason=CloseReason.FILLED)
    line = wording.closed(done, row, world.state.hedges["BTC"])
    assert ("slippage not known" in line) == (math.isnan(mark) and execution.qty > 0)


@pytest.mark.parametrize(
    ("kind", "coins_per_unit", "coins", "margin"),
    [
        (Kind.LINEAR, "1", 2.0, "20000"),
        (Kind.LINEAR, "1000", 2_000.0, "20000"),
        (Kind.INVERSE, "1", 2.0, "0.4"),
    ],
)
def test_money_is_told_by_the_price_of_a_coin(
    kind: Kind, coins_per_unit: str, coins: float, margin: str
) -> None:
    """A unit of `1000PEPE` is a thousand coins; what an inverse one ties up are coins."""
    instrument = replace(BTC, kind=kind, coins_per_unit=D(coins_per_unit))
    market = Market(instrument, mark=50_000.0)
    shown = Bounds(coins, 0.0, below=0.1, above=0.1, least=0.1)
    hedge = Hedge(HEDGE)

    assert wording.at_stake(hedge, market, shown) == "; each 1 % of price is 1000 USDT"
    wanted = f"; at leverage 5 that takes {margin} USDT of margin"
    assert wording.margin_wanted(market, shown, 5) == wanted
    assert wording.margin_wanted(market, shown, None) == ""
