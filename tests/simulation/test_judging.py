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
from tests.simulation.coins import COINS
from tests.simulation.coverage import thin_cells
from tests.simulation.oracle import ORDER, Book, Oracle
from tests.simulation.plan import KINDS, Plan, draw, read, written
from tests.simulation.truth import Truth

D = Decimal
NOW_MS = 1_795_000_000_000


class Scene:
    """An account with two coins and two sold, and an oracle that watches it."""

    def __init__(self, cap: int = 10**8) -> None:
        self.now_ms = NOW_MS
        config = SimConfig(spot={"BTC": D(2), "USDT": D(10**6)}, wall_ms=lambda: self.now_ms)
        self.exchange: Exchange = build(config)[0]
        book = Book(D(1), D("0.02"), cap=D(cap), clear=True)
        self.trade("SELL", "2", "web_0")
        truth = Truth(self.exchange, COINS["BTC"])
        self.oracle = Oracle(truth, book, lambda: self.now_ms, lag_ms=5)
        self.oracle.begun_ms = NOW_MS

    def trade(self, side: str, qty: str, name: str, *, reduce_only: bool = False) -> None:
        ticket = Ticket(
            symbol="BTCUSDT", side=Side[side], type=OrderType.MARKET, qty=D(qty), client_id=name,
            reduce_only=reduce_only,
        )  # fmt: skip
        derivatives.place(self.exchange.venue.futures, ticket)

    def deposit(self, qty: str) -> None:
        treasury.deposit(self.exchange.venue, "BTC", D(qty), 1)
        self.oracle.told("spot", "outboundAccountPosition")

    def ours(self, side: str, qty: str, name: str, *, reduce_only: bool = False) -> set[str]:
        """An order of ours, signed now; the rules that it broke."""
        params = {"side": side, "quantity": qty, "newClientOrderId": name}
        params["timestamp"] = str(self.now_ms)
        if reduce_only:
            params["reduceOnly"] = "true"
        request = Request("POST", ORDER, params)
        self.oracle.watch(Moment.ARRIVED, request)
        self.trade(side, qty, name, reduce_only=reduce_only)
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
    scene.oracle.told("spot", "outboundAccountPosition")
    scene.now_ms += 500
    scene.trade("BUY", "0.5", "web_1")
    scene.oracle.told("futures", "ACCOUNT_UPDATE")
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
    scene.oracle.told("futures", "ACCOUNT_UPDATE")
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


def test_more_than_a_day_may_open_is_seen() -> None:
    scene = Scene(cap=50_000)
    scene.deposit("1")
    scene.now_ms += 4_000
    assert scene.ours("SELL", "1", "a") == {"cap"}


def test_a_naked_end_is_seen() -> None:
    scene = Scene()
    scene.oracle.require_hedged("stuck")
    assert scene.oracle.accusations == []
    scene.deposit("1")
    scene.oracle.require_hedged("stuck")
    assert [rule for rule, _ in scene.oracle.accusations] == ["stuck"]


def test_plans_repeat_and_can_be_written_down() -> None:
    plans = [draw(seed) for seed in range(300)]
    assert plans == [draw(seed) for seed in range(300)]
    assert [read(written(plan)) for plan in plans] == plans
    assert {item.kind for plan in plans for item in plan.items} == set(KINDS)
    assert isinstance(plans[0], Plan)


def test_an_empty_cell_of_the_coverage_is_named() -> None:
    assert len(thin_cells(Counter({("spot", "idle"): 40}), 10_000)) == 5 * len(KINDS) - 1


def test_a_difference_tells_nothing() -> None:
    scene = Scene()
    scene.now_ms += 100
    treasury.withdraw(scene.exchange.venue, "BTC", D(1), 2)
    scene.oracle.told("spot", "balanceUpdate")
    assert [change.told_ms for change in scene.oracle.truth.changes] == [None]
    scene.oracle.told("spot", "outboundAccountPosition")
    assert [change.told_ms for change in scene.oracle.truth.changes] == [scene.now_ms]
