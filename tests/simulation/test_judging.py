"""The oracle and the plans by themselves: they need no Python 3.12."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from hedgebot.domain.instruments import Side
from hedgebot.sim.binance.server import build
from hedgebot.sim.config import SimConfig
from hedgebot.sim.exchange import Exchange, Moment, Request
from hedgebot.venue_model import derivatives, treasury
from hedgebot.venue_model.orders import OrderType, Ticket
from tests.simulation import turns
from tests.simulation.coins import COIN, COINS, FUTURES, Perp
from tests.simulation.coverage import CELL_MIN, SEEDS, STATES, thin_cells
from tests.simulation.oracle import Book, Oracle
from tests.simulation.plan import KINDS, Plan, draw, read, written
from tests.simulation.truth import Truth
from tests.simulation.turns import Sent
from tests.simulation.witness import Witness

D = Decimal
NOW_MS = 1_795_000_000_000


class Scene:
    """An account with coins and as many sold on its first perpetual, and an oracle that watches.

    Two are on spot; where COIN-M is traded six more are in its wallet.
    """

    def __init__(self, cap: int = 10**8, markets: str = FUTURES) -> None:
        self.now_ms = NOW_MS
        collateral = D(6) if COIN in markets else D(0)
        self.exchange: Exchange = build(
            SimConfig(
                spot={"BTC": D(2), "USDT": D(10**6)},
                coin_futures={"BTC": collateral},
                wall_ms=lambda: self.now_ms,
            )
        )[0]
        book = Book(D(1), D("0.02"), cap=D(cap), clear=True)
        self.perps = COINS["BTC"].traded(markets)
        self.trade("SELL", self.perps[0].contracts(2 + collateral, D(60_000)), "web_0")
        truth = Truth(self.exchange, COINS["BTC"], self.perps)
        self.oracle = Oracle(truth, book, lambda: self.now_ms, lag_ms=5)
        self.oracle.begun_ms = NOW_MS

    def trade(
        self, side: str, qty: str, name: str, *, reduce_only: bool = False, on: int = 0
    ) -> None:
        symbol = self.perps[on].symbol
        ticket = Ticket(
            symbol=symbol, side=Side[side], type=OrderType.MARKET, qty=D(qty), client_id=name,
            reduce_only=reduce_only,
        )  # fmt: skip
        derivatives.place(self.exchange.venue.perpetuals_of(symbol), ticket)

    def deposit(self, qty: str) -> None:
        treasury.deposit(self.exchange.venue, "BTC", D(qty), 1)
        self.oracle.told("spot", {"e": "outboundAccountPosition"})

    def ours(
        self, side: str, qty: str, name: str, *, reduce_only: bool = False, on: int = 0
    ) -> set[str]:
        """An order of ours on one of the perpetuals, signed now; the rules that it broke."""
        params = {"side": side, "quantity": qty, "newClientOrderId": name}
        params["timestamp"] = str(self.now_ms)
        if reduce_only:
            params["reduceOnly"] = "true"
        request = Request("POST", self.perps[on].order, params)
        self.oracle.watch(Moment.ARRIVED, request)
        self.trade(side, qty, name, reduce_only=reduce_only, on=on)
        self.oracle.watch(Moment.ACCEPTED, request)
        self.oracle.watch(Moment.ANSWERED, replace(request, status=200))
        return {rule for rule, _ in self.oracle.accusations}


def test_a_hedge_of_what_was_told_and_has_settled_is_right() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.now_ms += 4_000
    assert scene.ours("SELL", "1", "a") == set()


def test_a_second_hedge_for_the_same_need_is_not() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.now_ms += 4_000
    scene.ours("SELL", "1", "a")
    assert scene.ours("SELL", "1", "b") == {"worse"}


def test_a_pending_amount_is_not_traded() -> None:
    scene = Scene()
    scene.now_ms += 100
    scene.deposit("1")
    scene.now_ms += 500
    assert scene.ours("SELL", "1", "a") == {"worse"}


def test_both_halves_of_a_transfer_cancel() -> None:
    scene = Scene()
    scene.now_ms += 100
    scene.deposit("1")
    treasury.withdraw(scene.exchange.venue, "BTC", D(1), 2)
    scene.oracle.told("spot", {"e": "outboundAccountPosition"})
    scene.now_ms += 500
    scene.trade("BUY", "0.5", "web_1")
    scene.oracle.told("futures", {"e": "ACCOUNT_UPDATE"})
    scene.now_ms += 100
    assert scene.ours("SELL", "0.5", "a") == set()


def test_nobody_is_blamed_for_what_was_not_told() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.now_ms += 4_000
    treasury.withdraw(scene.exchange.venue, "BTC", D(1), 2)
    assert scene.ours("SELL", "1", "a") == set()


def test_a_fill_that_was_heard_long_ago_counts() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.now_ms += 4_000
    scene.trade("SELL", "1", "web_1")
    scene.oracle.told("futures", {"e": "ACCOUNT_UPDATE"})
    scene.now_ms += 2_000
    assert scene.ours("SELL", "1", "a") == {"worse"}


@pytest.mark.parametrize(
    ("side", "qty", "reduce_only", "rule"),
    [
        ("SELL", "2", False, "crosses"),
        ("BUY", "0.5", False, "not_closed_first"),
        ("BUY", "0.5", True, "worse"),
    ],
)
def test_wrong_orders_are_named(side: str, qty: str, *, reduce_only: bool, rule: str) -> None:
    scene = Scene()
    scene.deposit("1.5")
    scene.now_ms += 4_000
    assert scene.ours(side, qty, "a", reduce_only=reduce_only) == {rule}


def test_the_same_id_twice_is_seen() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.now_ms += 4_000
    scene.ours("SELL", "0.5", "a")
    assert "sent_twice" in scene.ours("SELL", "0.5", "a")


def test_a_pause_that_was_answered_holds() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.oracle.asking("pause")
    scene.oracle.commanded()
    scene.now_ms += 4_000
    assert scene.ours("SELL", "1", "a") == {"sent_on_hold"}


def test_a_pause_may_not_hold_any_more_once_something_else_was_asked_for() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.oracle.asking("pause")
    scene.oracle.commanded()
    scene.now_ms += 4_000
    scene.oracle.asking("reduce")
    scene.now_ms += 1_000
    assert scene.ours("SELL", "1", "a") == set()


class Kept(Witness):
    """Every order was kept at this moment."""

    def __init__(self, decided_ms: int) -> None:
        self._decided_ms = decided_ms

    def decided_ms(self, _client_id: str) -> int | None:
        return self._decided_ms


def test_a_clock_that_jumped_does_not_put_an_order_into_a_hold_that_is_over() -> None:
    scene = Scene()
    scene.deposit("1")
    scene.now_ms += 4_000
    scene.oracle.asking("reduce")
    scene.oracle.commanded()
    scene.now_ms += 1_000
    scene.oracle.resuming()
    scene.now_ms += 500
    scene.exchange.clock.skew_ms = 1_000
    scene.oracle.witness = Kept(scene.now_ms)
    assert scene.ours("SELL", "1", "a") == set()
    scene.oracle.witness = Kept(scene.now_ms - 1_000)
    assert "sent_on_hold" in scene.ours("SELL", "1", "b")


def test_more_than_a_day_may_open_is_seen() -> None:
    scene = Scene(cap=50_000)
    scene.deposit("1")
    scene.now_ms += 4_000
    assert scene.ours("SELL", "1", "a") == {"cap"}


def test_each_day_may_open_as_much_again() -> None:
    scene = Scene(cap=100_000)
    for day, rules in ((0, set()), (1, set()), (1, {"cap"})):
        scene.now_ms = NOW_MS + day * 86_400_000
        scene.deposit("1")
        scene.now_ms += 4_000
        assert scene.ours("SELL", "1", f"{day}{len(rules)}") == rules, day


def test_a_naked_end_is_seen() -> None:
    scene = Scene()
    scene.oracle.require_hedged("stuck")
    assert scene.oracle.accusations == []
    scene.deposit("1")
    scene.oracle.require_hedged("stuck")
    assert [rule for rule, _ in scene.oracle.accusations] == ["stuck"]


def test_an_inverse_position_counts_its_dollars_at_entry() -> None:
    scene = Scene(markets=COIN)
    (perp,), truth = scene.perps, scene.oracle.truth
    assert abs(truth.hedge() + 8) < D("0.001")
    before = truth.gross() + truth.hedge()
    scene.exchange.set_mark(perp.symbol, D(70_000), D(70_000))
    assert truth.gross() + truth.hedge() == before  # its profit is its own
    assert truth.marks_since(0) == [60_000, 70_000]
    scene.trade("BUY", "600", "web_1", reduce_only=True)  # dollars over the price of the trade
    truth.read()
    net, (change,) = truth.gross() + truth.hedge(), truth.changes
    assert abs(net - before - D(60_000) / D(60_003)) < D("0.001")
    assert change.gross + change.hedge == net - before
    assert (change.units, truth.units(perp)) == (D(600), D(-4_200))


@pytest.mark.parametrize(
    ("side", "qty", "reduce_only", "rules"),
    [
        ("SELL", "600", False, set()),
        ("SELL", "605", False, {"crosses"}),
        ("SELL", "1300", False, {"worse"}),
        ("BUY", "10", True, {"worse"}),
        ("BUY", "10", False, {"not_closed_first"}),
    ],
)
def test_inverse_orders_are_judged_by_their_dollars(
    side: str, qty: str, *, reduce_only: bool, rules: set[str]
) -> None:
    scene = Scene(markets=COIN)
    scene.deposit("1.005")  # the short was sold a little under the mark, for a fee in coins
    scene.now_ms += 4_000
    assert scene.ours(side, qty, "a", reduce_only=reduce_only) == rules


def test_the_position_of_the_perpetual_that_is_ordered_counts() -> None:
    scene = Scene(markets=f"{FUTURES}+{COIN}")
    scene.trade("SELL", "300", "web_1", on=1)
    scene.oracle.told(COIN, {"e": "ACCOUNT_UPDATE"})
    scene.now_ms += 4_000
    assert scene.ours("BUY", "0.49", "a") == {"not_closed_first"}
    scene.oracle.accusations.clear()
    scene.trade("SELL", "300", "web_2", on=1)
    scene.oracle.told(COIN, {"e": "ACCOUNT_UPDATE"})
    scene.now_ms += 4_000
    assert scene.ours("BUY", "300", "b", reduce_only=True, on=1) == set()


def test_what_an_order_costs_in_coins_is_its_own() -> None:
    scene = Scene(markets=COIN)
    scene.deposit("1.005")
    scene.now_ms += 4_000
    assert scene.ours("SELL", "600", "a") == set()
    costs = [change.gross for change in scene.oracle.truth.changes if change.order == "a"]
    assert costs
    assert max(costs) < 0


def sent(name: str, perp: Perp, decided_ms: int) -> Sent:
    times = (decided_ms, decided_ms + 1, decided_ms)
    return Sent(name, perp, D(-1), False, *times, accepted_ms=decided_ms + 1)


def test_one_order_is_outstanding_over_both_perpetuals() -> None:
    linear, inverse = COINS["BTC"].traded(f"{FUTURES}+{COIN}")
    first, second = sent("a", linear, 0), sent("b", inverse, 900)
    orders = [first, second]
    assert turns.overlap(orders, second).startswith("b was decided 900 ms after a")
    assert turns.overlap(orders, first).startswith("b was decided 900 ms after a")  # it came late
    turns.streamed(orders, {"e": "ORDER_TRADE_UPDATE", "o": {"c": "a", "X": "NEW"}}, 2)
    assert turns.overlap(orders, second)  # it arrived: what became of it is not told
    turns.streamed(orders, {"e": "ORDER_TRADE_UPDATE", "o": {"c": "a", "X": "FILLED"}}, 901)
    assert turns.overlap(orders, second)  # too late
    first.known_ms = None
    listed = Request("GET", "/dapi/v1/userTrades", {}, 200)
    turns.answered(orders, Moment.ANSWERED, listed, 800)
    assert turns.overlap(orders, second)  # the other perpetual's
    turns.answered(orders, Moment.ANSWERED, replace(listed, path="/fapi/v1/userTrades"), 800)
    assert not turns.overlap(orders, second)


def test_after_a_while_the_other_perpetual_may_trade() -> None:
    linear, inverse = COINS["BTC"].traded(f"{FUTURES}+{COIN}")
    first = sent("a", linear, 0)
    assert not turns.overlap([first], sent("b", inverse, 5_000))
    assert turns.overlap([first], sent("b", inverse, 4_999))
    assert turns.overlap([first], sent("b", linear, 60_000))


def test_plans_repeat_and_can_be_written_down() -> None:
    plans = [draw(seed) for seed in range(300)]
    assert plans == [draw(seed) for seed in range(300)]
    assert [read(written(plan)) for plan in plans] == plans
    assert {item.kind for plan in plans for item in plan.items} == set(KINDS)
    assert isinstance(plans[0], Plan)


def test_a_thin_cell_of_the_coverage_is_named() -> None:
    met = Counter({(kind, state): CELL_MIN for kind in KINDS for state in STATES})
    assert thin_cells(met, SEEDS) == []
    met["adl", "accepted"] -= 1
    assert thin_cells(met, SEEDS) == ["adl x accepted: 19"]
    assert thin_cells(met, SEEDS - 1) == []


def test_a_difference_tells_nothing() -> None:
    scene = Scene()
    scene.now_ms += 100
    treasury.withdraw(scene.exchange.venue, "BTC", D(1), 2)
    scene.oracle.told("spot", {"e": "balanceUpdate"})
    assert [change.told_ms for change in scene.oracle.truth.changes] == [None]
    scene.oracle.told("spot", {"e": "outboundAccountPosition"})
    assert [change.told_ms for change in scene.oracle.truth.changes] == [scene.now_ms]
