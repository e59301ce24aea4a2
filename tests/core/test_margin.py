"""A margin that carries only a part: that is hedged, the rest told, and tried when more fits."""

from dataclasses import dataclass, field, replace
from decimal import Decimal as D

import pytest

from hedgebot.core import margin
from hedgebot.core.books import NEVER
from hedgebot.core.failover import FAILOVER_MS
from hedgebot.core.margin import ECHO_MS, PROBE_MS, SETTLE_MS, SMALLER_MS
from hedgebot.core.policy import Policy
from hedgebot.core.state import Filtered, Hedge, Order, Room
from hedgebot.domain.actions import Action, Alert, Severity
from hedgebot.domain.events import Balance, BalanceSeen, Refused
from hedgebot.domain.instruments import InstrumentId, Side, WalletId
from hedgebot.domain.orders import OrderIntent, Refusal
from tests.core.two import ALT, ALT_BTC, two_policy
from tests.core.world import BTC, PERP, PERP_WALLET, POLICY, World, alerts, placed, policy_with

LEAST = D("0.003")
"""100 USDT at 50,000, less the collar, in lots of 0.001."""
STEP_MS = 50


@dataclass
class Purse:
    """A venue whose margin carries so many coins of opening orders, told by nobody."""

    world: World
    room: dict[InstrumentId, D]
    tried: list[OrderIntent] = field(default_factory=list)
    refused: int = 0

    def meet(self, found: list[Action]) -> None:
        """Answer every order placed, and those that follow."""
        while intents := placed(found):
            found = []
            for intent in intents:
                self.tried.append(intent)
                found += self._answer(intent)

    def _answer(self, intent: OrderIntent) -> list[Action]:
        if intent.reduce_only:
            self.room[intent.instrument] += intent.qty
            return self.world.execute(intent)
        if intent.qty > self.room[intent.instrument]:
            self.refused += 1
            event = Refused(intent.order_id, Refusal.MARGIN, "-2019", "Margin is insufficient.")
            return self.world.tell(event)
        self.room[intent.instrument] -= intent.qty
        return self.world.execute(intent)

    def wait(self, ms: int) -> None:
        for _ in range(ms // STEP_MS):
            self.meet(self.world.wait(STEP_MS))

    def top_up(self, coins: D, wallet: WalletId = PERP_WALLET) -> None:
        """More margin, and the wallet's new total."""
        self.room[PERP] += coins
        total = Balance(wallet, "USDT", D(100_000), self.world.now)
        self.meet(self.world.tell(BalanceSeen(total)))


def purse(room: str, coins: str = "1", policy: Policy = POLICY) -> Purse:
    """So many coins are bought, and the margin carries that much."""
    instruments = (BTC, ALT_BTC) if len(policy.hedges[0].instruments) == 2 else (BTC,)
    found = Purse(World(policy=policy, instruments=instruments), {PERP: D(room), ALT: D(9)})
    found.world.start()
    if len(instruments) == 2:
        found.world.price(50_000.0, ALT)
    found.meet(found.world.buy_spot(D(coins)))
    return found


def told(world: World, key: str = "margin:BTC") -> list[Alert]:
    return [alert for alert in alerts(world.actions) if alert.key == key]


def test_half_of_what_the_margin_refused_is_tried_a_second_later() -> None:
    half = purse("0.5")
    assert [order.qty for order in half.tried] == [D(1)]
    half.wait(SMALLER_MS - 2 * STEP_MS)
    assert half.refused == len(half.tried) == 1
    half.wait(4 * STEP_MS)

    assert [order.qty for order in half.tried[:2]] == [D(1), D("0.5")]
    assert half.world.position == D("-0.5")


@pytest.mark.parametrize("room", ["0.5", "0.7", "0.37", "0.011", "0.003", "0.97"])
def test_what_the_margin_carries_is_found_to_within_the_smallest_order(room: str) -> None:
    some = purse(room)
    some.wait(15_000)

    left = D(room) + some.world.position
    assert D(0) <= left < LEAST, "not hedged, though the margin carried it"
    assert some.refused <= 11, "each refusal halves what may fit"


def test_a_margin_that_carries_nothing_is_told_and_probed_slowly() -> None:
    none = purse("0")
    none.wait(15_000)
    refused = none.refused
    assert none.tried[-1].qty == LEAST
    none.wait(60_000)

    assert refused <= 11
    assert none.refused - refused <= 60_000 // PROBE_MS
    assert {order.qty for order in none.tried[refused:]} == {LEAST}


def test_what_is_left_comes_at_once_after_a_top_up() -> None:
    half = purse("0.5")
    half.wait(18_000)
    before = len(half.tried)
    half.top_up(D(1))

    assert [order.qty for order in half.tried[before:]] == [D("0.5")]
    assert half.world.position == D(-1)


def test_a_top_up_while_the_search_goes_on_is_not_lost() -> None:
    """Nor does it begin the search anew: whatever changes all the time would stop it there."""
    half = purse("0.4")
    half.wait(SMALLER_MS // 2)
    half.top_up(D(1))
    half.wait(15_000)

    assert half.world.position <= D("-0.98"), "in its band"


def test_an_account_that_changes_all_the_time_stops_no_search_and_makes_no_storm() -> None:
    busy = purse("0.011")
    for _ in range(600):
        busy.wait(100)
        busy.top_up(D(0))

    assert busy.world.position == D("-0.011")
    assert busy.refused <= 60_000 // SETTLE_MS * 11 // 3


def test_the_echo_of_our_own_fill_is_no_change() -> None:
    """Its fee moves the wallet: else each fill would begin the search anew."""
    half = purse("0.5")
    while half.world.position == 0:
        half.wait(STEP_MS)
    half.wait(ECHO_MS // 2)
    half.top_up(D(0))
    half.wait(12_000)
    refused = half.refused
    half.wait(PROBE_MS // 2)

    assert half.refused == refused


def test_margin_that_grows_unheard_is_found_by_a_smallest_order_and_doubled() -> None:
    """The price moved in favour of the position: no message says so."""
    half = purse("0.5")
    half.wait(15_000)
    half.room[PERP] = D(1)
    before = len(half.tried)
    half.wait(PROBE_MS + 1_000)

    grown = [order.qty for order in half.tried[before:]]
    assert grown[:3] == [LEAST, 2 * LEAST, 4 * LEAST]
    assert half.world.position == D(-1)


def test_slices_stop_at_what_the_margin_carries() -> None:
    style = replace(POLICY.hedges[0].order, notional_max=50_000.0)
    sliced = purse("3.3", "5", policy_with(order=style))
    sliced.wait(15_000)

    assert D("3.3") - LEAST < -sliced.world.position <= D("3.3")
    assert sliced.refused <= 10


def test_what_shrinks_a_position_is_never_held_to_the_margin() -> None:
    half = purse("0.5")
    half.wait(2 * SMALLER_MS)
    before = len(half.tried)
    half.meet(half.world.buy_spot(D(-1)))
    half.wait(1_000)

    assert [(o.side, o.qty, o.reduce_only) for o in half.tried[before:]] == [
        (Side.BUY, -half.world.position + half.tried[before].qty, True)
    ]
    assert half.world.position == 0


def test_a_reduce_only_order_that_is_refused_for_margin_keeps_its_size() -> None:
    world = World().start(D(1), D(-1))
    (order,) = placed(world.buy_spot(D(-1)))
    world.tell(Refused(order.order_id, Refusal.MARGIN, "-2023", "liquidation"))
    found = world.wait(300)

    assert [(o.qty, o.reduce_only) for o in placed(found)] == [(order.qty, True)]
    assert told(world) == []


def test_another_instrument_takes_what_the_first_cannot_carry_and_not_for_a_moments_sake() -> None:
    other = purse("0.5", policy=two_policy())
    other.wait(FAILOVER_MS - 500)
    assert {order.instrument for order in other.tried} == {PERP}
    other.wait(15_000)

    assert other.world.positions[ALT] < 0
    assert abs(other.world.positions[PERP] + other.world.positions[ALT] + 1) <= D("0.02")


def test_it_names_what_is_naked_and_what_it_takes() -> None:
    policy = replace(
        POLICY,
        venues=tuple(
            replace(venue, leverage=10) if venue.collateral else venue for venue in POLICY.venues
        ),
    )
    half = purse("0.5", policy=policy)
    (first,) = told(half.world)
    assert first.severity is Severity.CRITICAL
    assert "refused: -2019 Margin is insufficient.: 1 on perp" in first.text
    assert "a smaller order is next; net delta +1 BTC; at leverage 10 that takes 5000 USDT of" in (
        first.text
    )
    assert "move margin into the wallet of the futures" in first.text
    half.wait(70_000)
    changed = told(half.world)[1:]
    assert len(changed) == 1
    left = half.world.spot + half.world.position
    assert f"nothing more fits; net delta {left.normalize():+f} BTC" in changed[0].text
    half.wait(SETTLE_MS)
    half.top_up(D(1))

    assert [alert.recovered for alert in told(half.world)] == [False, False, True]


def test_back_in_band_what_was_refused_is_forgotten_after_a_while() -> None:
    half = purse("0.5")
    half.wait(SMALLER_MS * 2)
    half.meet(half.world.buy_spot(half.world.position * -1 - half.world.spot))
    assert half.world.state.hedges["BTC"].pace.barred
    half.wait(PROBE_MS + 6_000)

    assert half.world.state.hedges["BTC"].pace.barred == {}


@pytest.mark.parametrize(
    ("room", "age_ms", "most"),
    [
        (Room(refused=100, lots=50, refused_ms=0), 0, 50),
        (Room(refused=100, lots=50, refused_ms=0), 10 * PROBE_MS, 50),
        (Room(refused=5, lots=2, refused_ms=0), 0, 3),
        (Room(refused=3, lots=1, refused_ms=0), PROBE_MS - 1, 0),
        (Room(refused=3, lots=1, refused_ms=0), PROBE_MS, 3),
        (Room(refused=1, lots=0, refused_ms=0), 0, 0),
        (Room(refused=3, lots=1, refused_ms=0, changed_ms=1), SETTLE_MS - 1, 0),
        (Room(refused=3, lots=1, refused_ms=0, changed_ms=1), SETTLE_MS, None),
        (Room(refused=3, lots=1, refused_ms=0, changed_ms=0), SETTLE_MS, 0),
        (Room(refused=0, lots=12, refused_ms=0), 0, 12),
        (None, 0, None),
    ],
)
def test_the_most_to_try(room: Room | None, age_ms: int, most: int | None) -> None:
    assert margin.most(room, 3, age_ms) == most


# -- what is remembered, one thing at a time ---------------------------------------------------


def tried(lots: int) -> tuple[World, Order]:
    """An order of so many lots that was decided and is not answered."""
    world = World().start()
    world.buy_spot(D(lots) / 1_000)
    (order,) = world.state.desk.orders.values()
    return world, order


def hedge_of(world: World) -> Hedge:
    return world.state.hedges["BTC"]


def test_a_refusal_forgets_no_change_that_came_while_it_was_on_its_way() -> None:
    world, order = tried(100)
    changed_ms = order.intent.decided_ms + 1
    hedge_of(world).pace.barred[PERP] = Room(200, 100, refused_ms=0, changed_ms=changed_ms)
    margin.refused(hedge_of(world), order)

    room = margin.room_of(hedge_of(world), PERP)
    assert room == Room(100, 50, order.intent.decided_ms, changed_ms)


@pytest.mark.parametrize(("after_ms", "kept"), [(1, False), (0, True), (-1, True)])
def test_a_fill_forgets_its_echo_and_nothing_older(after_ms: int, kept: bool) -> None:
    world, order = tried(100)
    changed_ms = order.intent.decided_ms + after_ms
    hedge_of(world).pace.barred[PERP] = Room(200, 100, refused_ms=0, changed_ms=changed_ms)
    margin.filled(hedge_of(world), order, 60)

    room = margin.room_of(hedge_of(world), PERP)
    assert room == Room(140, 70, 0, changed_ms if kept else NEVER)


@pytest.mark.parametrize(("ago_ms", "noted"), [(ECHO_MS - 1, False), (ECHO_MS, True)])
def test_so_soon_after_a_fill_a_change_is_its_echo(ago_ms: int, noted: bool) -> None:
    world, _ = tried(100)
    known = Room(200, 100, refused_ms=0)
    hedge_of(world).pace.barred[PERP] = known
    world.state.ledger.positions[PERP].tape.last_ms = world.now - ago_ms
    margin.changed(world.state, hedge_of(world), "perp", world.now)

    noticed = replace(known, changed_ms=world.now)
    assert hedge_of(world).pace.barred[PERP] == (noticed if noted else known)


def test_what_a_filter_refused_is_free_after_a_change_at_its_venue_alone() -> None:
    world, _ = tried(100)
    filtered = Filtered(100, world.now + 1)
    hedge_of(world).pace.barred[PERP] = filtered
    margin.changed(world.state, hedge_of(world), "spot", world.now)
    assert hedge_of(world).pace.barred == {PERP: filtered}
    margin.changed(world.state, hedge_of(world), "perp", world.now)

    assert hedge_of(world).pace.barred == {}


@pytest.mark.parametrize(("ago_ms", "forgotten"), [(PROBE_MS - 1, False), (PROBE_MS, True)])
def test_so_long_ago_it_says_nothing_of_the_next_need(ago_ms: int, forgotten: bool) -> None:
    world, _ = tried(100)
    hedge_of(world).pace.barred[PERP] = Room(200, 100, refused_ms=world.now - ago_ms)
    margin.forget(hedge_of(world), world.now)

    assert (hedge_of(world).pace.barred == {}) == forgotten
