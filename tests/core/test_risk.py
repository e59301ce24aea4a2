"""The last look: each refusal has its case, and only this module makes an `Approved`."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.core import limits, risk
from hedgebot.core.control import JOURNAL_FAULT
from hedgebot.core.decide import intent_of
from hedgebot.core.policy import OrderStyle, Policy
from hedgebot.core.propose import Proposal
from hedgebot.core.state import Hold, Window
from hedgebot.domain.actions import Approved
from hedgebot.domain.events import Channel, FeedLost, OutcomeUnknown
from hedgebot.domain.instruments import InstrumentId, Kind, Side
from hedgebot.domain.orders import OrderIntent, Purpose
from hedgebot.domain.records import TradingState
from tests.core.two import ALT, two_world
from tests.core.world import BTC, PERP, POLICY, World, placed, policy_with


def world_of(policy: Policy = POLICY, position: str = "-1") -> World:
    """In band, so that nothing is out when the cases begin."""
    world = World(policy=policy)
    return world.start(-D(position), D(position))


def intent(
    world: World,
    lots: int = -100,
    *,
    price: str = "49950",
    reduce_only: bool = False,
    instrument: InstrumentId = PERP,
) -> OrderIntent:
    """A sale of 0.1 that opens, unless the case says otherwise."""
    proposal = Proposal(
        instrument=instrument, lots=lots, price=D(price), mark=50_000.0, reduce_only=reduce_only,
        purpose=Purpose.REBALANCE,
    )  # fmt: skip
    hedge = world.state.hedges["BTC"]
    return intent_of(world.state, world.policy, hedge, proposal, now=world.now)


def review(world: World, order: OrderIntent) -> Approved | str:
    return risk.review(world.state, world.policy, order, world.now)


def test_a_good_order_is_approved_as_it_is() -> None:
    world = world_of()
    order = intent(world)

    assert review(world, order) == Approved(order)
    shrinking = intent(world, 100, price="50050", reduce_only=True)
    assert review(world, shrinking) == Approved(shrinking)


# -- trading state -----------------------------------------------------------------------------


def hold(world: World, state: TradingState) -> None:
    world.state.control.operator[""] = Hold(state, "ann", "", 0)


def test_nothing_is_approved_while_halted() -> None:
    world = world_of()
    hold(world, TradingState.HALTED)

    assert review(world, intent(world)) == "trading is halted"
    assert review(world, intent(world, 100, reduce_only=True)) == "trading is halted"


def test_nor_while_a_fault_lasts() -> None:
    world = world_of()
    world.state.control.faults[JOURNAL_FAULT] = Hold(TradingState.HALTED, "hedgebot", "", 0)

    assert review(world, intent(world)) == "trading is halted"


def test_nor_while_stopping() -> None:
    world = world_of()
    world.state.control.stopping = True

    assert review(world, intent(world)) == "trading is halted"


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.FLATTENING])
def test_only_shrinking_orders_while_reducing_or_flattening(state: TradingState) -> None:
    world = world_of()
    hold(world, state)

    assert review(world, intent(world)) == f"{state} allows only what shrinks a position"
    assert isinstance(review(world, intent(world, 100, price="50050", reduce_only=True)), Approved)


# -- instrument, reduce-only -----------------------------------------------------------------------


def test_an_instrument_of_no_hedge_is_refused() -> None:
    world = World(instruments=(BTC, replace(BTC, id=ALT, kind=Kind.LINEAR))).start(D(1), D(-1))

    assert review(world, intent(world, instrument=ALT)) == "the instrument is not the hedge's own"


@pytest.mark.parametrize(
    ("lots", "reduce_only"),
    [
        (-100, True),  # opens, and says that it shrinks
        (100, False),  # shrinks, and does not say so
        (1001, True),  # shrinks by more than there is
        (2000, True),
    ],
)
def test_reduce_only_must_be_true(*, lots: int, reduce_only: bool) -> None:
    world = world_of()
    order = intent(world, lots, price="50050" if lots > 0 else "49950", reduce_only=reduce_only)

    assert review(world, order) == "reduce-only and the position do not agree"


def test_a_position_may_be_closed_whole() -> None:
    world = world_of()

    assert risk.shrinks(world.state, intent(world, 1000))
    assert isinstance(review(world, intent(world, 1000, price="50050", reduce_only=True)), Approved)


@pytest.mark.parametrize(
    ("position", "lots", "shrinks"),
    [("-1", 1, True), ("-1", -1, False), ("1", -1, True), ("1", 1, False), ("0", 1, False),
     ("0", -1, False), ("1", -1000, True), ("1", -1001, False)],
)  # fmt: skip
def test_what_shrinks_a_position(*, position: str, lots: int, shrinks: bool) -> None:
    world = world_of(position=position)

    assert risk.shrinks(world.state, intent(world, lots)) is shrinks


# -- settled, fresh --------------------------------------------------------------------------------


def test_nothing_beside_an_order_that_is_out() -> None:
    world = world_of()
    assert len(placed(world.buy_spot(D(1)))) == 1

    assert review(world, intent(world)) == "one order is outstanding"


def test_nothing_while_any_position_of_the_hedge_is_not_settled() -> None:
    world = two_world().start(D(1), D(-1))
    assert isinstance(review(world, intent(world)), Approved)
    world.move(ALT, D(1))

    assert review(world, intent(world)) == "a position is not settled"


def test_beside_an_order_of_unknown_outcome_only_another_instrument_is_traded() -> None:
    world = two_world().start(D(1), D(-1))
    (out,) = placed(world.buy_spot(D(1)))
    sale = intent(world)
    assert review(world, replace(sale, instrument=ALT)) == "one order is outstanding"
    world.tell(OutcomeUnknown(out.order_id, "reset", world.now))

    assert isinstance(review(world, replace(sale, instrument=ALT)), Approved)
    assert review(world, sale) == "one order is outstanding"


def test_what_is_not_settled_at_a_dark_venue_does_not_matter_elsewhere() -> None:
    world = two_world().start(D(1), D(-1))
    world.move(PERP, D(1))
    sale = replace(intent(world), instrument=ALT)
    assert review(world, sale) == "a position is not settled"
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))

    assert isinstance(review(world, sale), Approved)
    world.move(ALT, D(1))
    assert review(world, sale) == "a position is not settled"


def test_a_state_of_one_asset_holds_for_it() -> None:
    world = world_of()
    world.state.control.operator["BTC"] = Hold(TradingState.HALTED, "ann", "", 0)

    assert review(world, intent(world)) == "trading is halted"


def test_nothing_on_a_silent_account() -> None:
    world = world_of()
    world.tell(FeedLost("perp", Channel.ACCOUNT, 1, "reset"))

    assert review(world, intent(world)) == "account stream of perp is silent: reset"


def test_nothing_on_an_old_mark() -> None:
    world = world_of()
    world.state.markets[PERP].mark_ms = world.now - 10_001

    assert review(world, intent(world)) == f"mark of {PERP} is old"


def test_nothing_on_an_old_touch() -> None:
    world = world_of()
    world.tell(FeedLost("perp", Channel.TOUCH, 1, "reset"))

    assert review(world, intent(world)) == f"touch of {PERP} is old"


# -- size ------------------------------------------------------------------------------------------


def with_instrument(**changes: Any) -> World:
    world = world_of()
    market = world.state.markets[PERP]
    market.instrument = replace(BTC, **changes)
    market.__post_init__()
    return world


def test_the_quantity_is_its_lots() -> None:
    world = world_of()

    assert review(world, replace(intent(world), qty=D("0.2"))) == "the quantity is not its lots"


@pytest.mark.parametrize(
    ("lots", "fine"), [(4, False), (5, True), (100, True), (120, True), (121, False)]
)
def test_the_quantity_is_within_the_venues_bounds(*, lots: int, fine: bool) -> None:
    world = with_instrument(lots_min=5, lots_max=120)
    found = review(world, intent(world, -lots))

    assert isinstance(found, Approved) is fine
    assert fine or found == "the quantity is outside the venue's bounds"


def test_an_order_is_at_most_one_slice() -> None:
    """A slice is measured at the mark, an order at its limit: slippage and a lot are forgiven."""
    style = OrderStyle(notional_max=10_000.0, slippage_urgent=0.006)
    world = world_of(policy_with(order=style))

    assert isinstance(review(world, intent(world, -200)), Approved)
    assert isinstance(review(world, intent(world, 201, price="50050")), str)  # not reduce-only
    assert review(world, intent(world, -203)) == "the notional is over notional_max"


EXACT = 4_945 / 1.006
"""4,945 is 1.006 of it, and 50 a lot: an order worth 4,995 is just small enough."""


@pytest.mark.parametrize(
    ("notional_max", "urgent", "fine"),
    [(EXACT, 0.006, True), (EXACT - 0.001, 0.006, False), (2_472.5, 1.0 - risk.ROUNDING, True)],
)
def test_what_is_forgiven_is_the_urgent_slippage_and_a_lot(
    notional_max: float, urgent: float, *, fine: bool
) -> None:
    style = OrderStyle(notional_max=notional_max, slippage_urgent=urgent)
    world = world_of(policy_with(order=style))

    assert isinstance(review(world, intent(world)), Approved) is fine


def test_an_opening_order_is_worth_the_venues_minimum() -> None:
    world = world_of()

    assert isinstance(review(world, intent(world, -3)), Approved)
    assert review(world, intent(world, -2)) == "the notional is under the venue's minimum"
    assert isinstance(review(world, intent(world, -2, price="50000")), Approved)
    assert isinstance(review(world, intent(world, 1, price="50050", reduce_only=True)), Approved)


def test_a_closing_one_too_where_the_venue_does_not_exempt_it() -> None:
    world = with_instrument(close_exempt_from_notional_min=False)
    order = intent(world, 1, price="50050", reduce_only=True)

    assert review(world, order) == "the notional is under the venue's minimum"


def test_the_notional_of_an_inverse_order_is_its_quantity() -> None:
    world = world_of()
    order = intent(world, -100)
    assert risk.notional(world.state.markets[PERP], order) == D("0.1") * D(49_950)
    inverse = with_instrument(kind=Kind.INVERSE)

    assert risk.notional(inverse.state.markets[PERP], order) == D("0.1")


# -- price -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "refusal"),
    [
        ("49950.05", "the limit is not a whole number of ticks"),
        ("49000", ""),
        ("48999.9", "the limit is outside the collar of the mark"),
        ("51000", ""),
        ("51000.1", "the limit is outside the collar of the mark"),
        ("40000", "the limit is outside the collar of the mark"),
    ],
)
def test_limits_against_the_mark(price: str, refusal: str) -> None:
    world = world_of()
    order = intent(world, price=price)

    assert review(world, order) == (refusal or Approved(order))


@pytest.mark.parametrize(
    ("price", "fine"), [("49750", True), ("49749.9", False), ("50250", True), ("50250.1", False)]
)
def test_limits_against_the_venues_own_bounds(*, price: str, fine: bool) -> None:
    world = with_instrument(price_up_max=D("1.005"), price_down_min=D("0.995"))
    order = intent(world, price=price)

    found = review(world, order)
    assert found == (Approved(order) if fine else "the limit is outside the venue's price bounds")


# -- caps ------------------------------------------------------------------------------------------


def used(world: World, name: str, value: str, length_ms: int) -> None:
    start = world.now - world.now % length_ms
    world.state.desk.windows[name] = Window(start, D(value))


def per_minute(world: World) -> None:
    used(world, limits.orders_name("BTC"), "60", limits.MINUTE_MS)


def per_day(world: World) -> None:
    used(world, limits.notional_name("BTC"), "49996000", limits.DAY_MS)


@pytest.mark.parametrize(
    ("spend", "refusal"),
    [(per_minute, "orders_per_minute is reached"), (per_day, "notional_day is reached")],
)
def test_caps_refuse_what_opens_and_exempt_what_shrinks(
    spend: Callable[[World], None], refusal: str
) -> None:
    world = world_of()
    spend(world)

    assert review(world, intent(world)) == refusal
    assert isinstance(review(world, intent(world, 100, price="50050", reduce_only=True)), Approved)


def test_the_last_order_under_a_cap_is_approved() -> None:
    world = world_of()
    used(world, limits.orders_name("BTC"), "59", limits.MINUTE_MS)
    used(world, limits.notional_name("BTC"), "49995005", limits.DAY_MS)  # and 4,995 make it full

    assert isinstance(review(world, intent(world)), Approved)


def test_what_another_hedge_spent_is_not_ours() -> None:
    world = world_of()
    used(world, limits.orders_name("ETH"), "60", limits.MINUTE_MS)

    assert isinstance(review(world, intent(world)), Approved)


def test_an_intent_is_named_by_the_next_sequence_and_the_state_does_not_change() -> None:
    world = world_of()
    before = world.state.desk.sequence
    order = intent(world, -7)

    assert (order.side, order.lots, order.qty) == (Side.SELL, 7, D("0.007"))
    assert intent(world, -7).order_id == order.order_id
    assert world.state.desk.sequence == before
