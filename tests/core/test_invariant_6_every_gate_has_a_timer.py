"""Invariant 6: every gate has a timer that opens it or alerts. Nothing latches shut silently."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D
from typing import NamedTuple

import pytest

from hedgebot.core import feeds
from hedgebot.core.policy import Limits, OrderStyle, Policy
from hedgebot.domain.actions import Action, Alert, Severity
from hedgebot.domain.events import (
    Channel,
    Command,
    CommandKind,
    FeedAlive,
    FeedBack,
    FeedLost,
    FillSeen,
    JournalBack,
    JournalFailed,
    LookedUp,
    ModeName,
    ModeSeen,
    OrderSeen,
    OutcomeUnknown,
    Refused,
    Tick,
    TouchSeen,
)
from hedgebot.domain.orders import OrderStatus, Refusal
from tests.core.test_invariant_1_one_order_when_settled import foreign_fill, foreign_order
from tests.core.world import PERP, PERP_WALLET, POLICY, World, alerts, placed, policy_with

Move = Callable[[World], object]


class Gate(NamedTuple):
    """How it shuts while the hedge is out of its band, and how the world opens it again."""

    shut: Move
    heal: Move
    policy: Policy = POLICY
    readable: bool = True


def nothing(_world: World) -> None:
    """Time alone opens it."""


def silence(*channels: Channel) -> Move:
    def shut(world: World) -> None:
        for venue in ("spot", "perp"):
            for channel in channels:
                world.tell(FeedLost(venue, channel, 1, "reset"))
        world.buy_spot(D(1))

    return shut


def reconnect(*channels: Channel) -> Move:
    def heal(world: World) -> None:
        for venue in ("spot", "perp"):
            for channel in channels:
                world.tell(FeedBack(venue, channel, 2))

    return heal


def unknown(world: World) -> None:
    (order,) = placed(world.buy_spot(D(1)))
    world.tell(OutcomeUnknown(order.order_id, "timeout", world.now + 3_000))
    world.wait(10)


def answered(world: World) -> None:
    (order,) = world.state.desk.orders.values()
    report = world.report(order.intent, OrderStatus.EXPIRED, D(0))
    world.tell(LookedUp(order.intent.order_id, report, (), requested_ms=world.now))


def foreign(status: OrderStatus) -> Move:
    def tell(world: World) -> None:
        order = foreign_order(world, status)
        world.open_orders = (order,) if status is OrderStatus.WORKING else ()
        world.tell(OrderSeen(order))
        if status is OrderStatus.WORKING:
            world.buy_spot(D(1))

    return tell


def drift(world: World) -> None:
    world.tell(FillSeen(foreign_fill(world, "0.5")))  # the position never follows
    world.buy_spot(D(1))


def followed(world: World) -> None:
    world.move(PERP, D("0.5"))


def commanded(kind: CommandKind) -> Move:
    def tell(world: World) -> None:
        world.tell(Command(command_id="c", kind=kind, by="ann"))
        if kind is not CommandKind.RESUME:
            world.buy_spot(D(1))

    return tell


def refused(refusal: Refusal, times: int) -> Move:
    def shut(world: World) -> None:
        orders = placed(world.buy_spot(D(1)))
        for _ in range(times):
            world.tell(Refused(orders[0].order_id, refusal, "-1", "no"))
            orders = placed(world.wait(6_000)) if times > 1 else []
        if orders:
            world.tell(Refused(orders[0].order_id, refusal, "-1", "no"))

    return shut


def mode(value: str) -> Move:
    def tell(world: World) -> None:
        world.tell(ModeSeen("perp", ModeName.POSITION_MODE, value))
        if value == "hedge":
            world.buy_spot(D(1))

    return tell


def journal_fails(world: World) -> None:
    world.tell(JournalFailed("disk full"))
    world.buy_spot(D(1))


def capped(world: World) -> None:
    world.obey(world.buy_spot(D(3)))


def pending(world: World) -> None:
    world.balance(PERP_WALLET, D(2))


def old_price(world: World) -> None:
    world.now += 60_000
    for venue in ("spot", "perp"):
        for channel in Channel:
            world.tell(FeedAlive(venue, channel, 1))
    world.buy_spot(D(1))


def crossed(world: World) -> None:
    world.tell(TouchSeen(PERP, 50_001.0, 1.0, 50_000.0, 1.0, world.now))
    world.buy_spot(D(1))


def priced(world: World) -> None:
    world.price(50_000.0)


FEW = replace(
    policy_with(order=OrderStyle(notional_max=50_000.0, cooldown_ms=0)),
    limits=Limits(orders_per_minute=2),
)
SLOW = policy_with(order=OrderStyle(cooldown_ms=20_000, notional_max=50_000.0))
GATES = {
    "account streams lost": Gate(silence(Channel.ACCOUNT), reconnect(Channel.ACCOUNT)),
    "touch stream lost": Gate(silence(Channel.TOUCH), reconnect(Channel.TOUCH)),
    "outcome unknown": Gate(unknown, answered),
    "foreign order": Gate(foreign(OrderStatus.WORKING), foreign(OrderStatus.CANCELLED)),
    "position differs": Gate(drift, followed, readable=False),
    "position differs, readable": Gate(drift, nothing),
    "paused": Gate(commanded(CommandKind.PAUSE), commanded(CommandKind.RESUME)),
    "reducing": Gate(commanded(CommandKind.REDUCE_ONLY), commanded(CommandKind.RESUME)),
    "refused": Gate(refused(Refusal.THROTTLED, 6), nothing),
    "no margin": Gate(refused(Refusal.MARGIN, 1), nothing),
    "filter": Gate(refused(Refusal.FILTER, 1), nothing),
    "credentials": Gate(refused(Refusal.FATAL, 1), commanded(CommandKind.RESUME)),
    "mode": Gate(mode("hedge"), mode("one-way")),
    "journal": Gate(journal_fails, lambda world: world.tell(JournalBack())),
    "cap": Gate(capped, nothing, policy=FEW),
    "pending": Gate(pending, nothing),
    "pending, unreadable": Gate(pending, nothing, readable=False),
    "cool-down": Gate(lambda world: world.obey(world.buy_spot(D(1))), nothing, policy=SLOW),
    "old mark": Gate(old_price, priced),
    "crossed touch": Gate(crossed, priced),
}
ALIVE = {"old mark", "crossed touch", "account streams lost", "touch stream lost"}
"""Gates that the liveness of the world itself would open."""


def wait(world: World, name: str, ms: int, *, readable: bool) -> list[Action]:
    return world.wait(ms, alive=name not in ALIVE, readable=readable)


def critical(found: list[Action]) -> list[Alert]:
    return [a for a in alerts(found) if a.severity is Severity.CRITICAL and not a.recovered]


def shut(name: str) -> World:
    gate = GATES[name]
    world = World(policy=gate.policy).start(D(1), D(-1))
    gate.shut(world)
    if name == "cool-down":
        world.buy_spot(D(1))
    assert placed(wait(world, name, 200, readable=gate.readable)) == [], name
    return world


def orders(world: World) -> int:
    return len(placed(world.actions))


@pytest.mark.parametrize("name", GATES)
def test_what_shuts_a_gate_is_healed_and_the_hedge_goes_on(name: str) -> None:
    gate, world = GATES[name], shut(name)
    before = orders(world)
    wait(world, name, 5_000, readable=gate.readable)
    gate.heal(world)
    world.wait(75_000)

    assert orders(world) > before, name


@pytest.mark.parametrize("name", sorted(set(GATES) - {"position differs, readable", "cool-down"}))
def test_what_stays_shut_is_told_to_a_person(name: str) -> None:
    """Or opens by itself first: then the hedge went on."""
    gate, world = GATES[name], shut(name)
    before = orders(world)
    wait(world, name, 45_000, readable=gate.readable)
    told = [alert.text for alert in critical(world.actions)]

    assert orders(world) > before or told, name
    assert all("BTC" in text or "HALTED" in text for text in told)


def test_being_out_of_band_for_half_a_minute_names_the_gate_and_the_amount() -> None:
    world = shut("foreign order")
    assert [a for a in critical(world.wait(29_000)) if a.key == "naked:BTC"] == []
    (told,) = [a for a in critical(world.wait(2_000)) if a.key == "naked:BTC"]

    assert "not hedged for 30 s, net delta +1 BTC: foreign open order: BUY 1.5" in told.text
    assert [a for a in critical(world.wait(600_000)) if a.key == "naked:BTC"] == []  # once
    GATES["foreign order"].heal(world)
    found = [a for intent in placed(world.wait(1_000)) for a in world.execute(intent)]
    assert [a.recovered for a in alerts(found) if a.key == "naked:BTC"] in ([True], [])


def test_a_hedge_that_trades_in_slices_is_not_naked() -> None:
    """Out of band for long, and busy: no alarm."""
    world = World(policy=policy_with(order=OrderStyle(notional_max=50_000.0, cooldown_ms=0)))
    world.start()
    orders = placed(world.buy_spot(D(40)))
    for _ in range(35):
        world.wait(900)
        orders = placed(world.execute(orders[0]))

    assert [a for a in alerts(world.actions) if a.key == "naked:BTC"] == []


@pytest.mark.parametrize("name", GATES)
def test_there_is_always_a_next_wake(name: str) -> None:
    """Whatever happened, `step` has asked to be woken within some seconds."""
    gate, world = GATES[name], shut(name)
    for _ in range(200):
        wait(world, name, 250, readable=gate.readable)
        earliest = world.state.wakes.timers.earliest()
        assert earliest is not None
        assert earliest <= world.now + 5_000
        assert world.state.wakes.asked_ms == earliest


def test_a_wake_is_asked_for_only_when_it_changes() -> None:
    world = World().start(D(1), D(-1))
    began = len(world.actions)
    for _ in range(100):
        world.tell(Tick())

    assert len(world.actions) == began


def test_a_second_reading_asked_for_in_the_millisecond_of_the_first_is_asked_for_again() -> None:
    world = World()
    world.spot = D(1)
    world.tell(Tick())
    for venue in world.state.venues:
        for channel in Channel:
            world.tell(FeedBack(venue, channel, 1))
    asked = [ask for _, ask in world.asks]
    world.now += 2_000  # a slow venue: meanwhile something else wanted it read, and is due
    world.tell(world.snapshot(asked[0]))
    feeds.want(world.state, "perp", world.now)
    world.asks.clear()
    world.tell(world.snapshot(asked[1]))
    assert [ask.venue for _, ask in world.asks] == ["perp"], "asked for in the same millisecond"
    world.answer()
    world.wait(2 * feeds.REREAD_MS)
    assert len(placed(world.actions)) == 1


def test_a_reading_without_any_result_is_asked_for_again() -> None:
    """Nor a failure came of it, as the shell would see to."""
    world = World().start()
    for _ in range(200):
        world.now += 500
        world.alive()
        world.tell(Tick())
    first, second, *_ = (ms for ms, ask in world.asks if ask.venue == "perp")

    assert feeds.SNAPSHOT_MS_MAX <= second - first <= feeds.SNAPSHOT_MS_MAX + 2_000
