"""What is known well enough to decide by: what is shut, why, and how far the rest may be off."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import failover
from hedgebot.core.failover import CLEAR, FAILOVER_MS, Sight
from hedgebot.core.policy import Alias, VenuePolicy
from hedgebot.core.state import Filled, Hedge, outstanding
from hedgebot.domain.events import Channel, FeedLost, FillSeen, OrderSeen, OutcomeUnknown
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, WalletId
from hedgebot.domain.orders import OrderIntent, OrderStatus, Purpose
from tests.core.two import ALT, ALT_BTC, ALT_VENUE, two_policy
from tests.core.world import BTC, PERP, PERP_WALLET, World, placed

THIRD = InstrumentId("third:BTC/USD:BTC")
THIRD_WALLET = WalletId("third:coin_futures")
THIRD_VENUE = VenuePolicy(name="third", account="3rd", wallets=(THIRD_WALLET,), collateral=True)
THIRD_BTC = replace(
    BTC, id=THIRD, venue="third", account="3rd", kind=Kind.INVERSE, lot=D(100), notional_min=D(0)
)
DARK = "account stream of perp is silent: reset"


def three(
    perp: Instrument = BTC,
    positions: dict[InstrumentId, D] | None = None,
    coins: dict[WalletId, D] | None = None,
) -> World:
    """Three venues, everything known and inside the band, for longer than failover needs."""
    policy = two_policy()
    policy = replace(
        policy,
        hedges=(replace(policy.hedges[0], instruments=(PERP, ALT, THIRD)),),
        venues=(*policy.venues, THIRD_VENUE),
        aliases={"WBTC": Alias("BTC", D("0.5"))},
    )
    world = World(policy=policy, instruments=(perp, ALT_BTC, THIRD_BTC))
    assert ALT_VENUE in policy.venues
    world.coins |= coins or {}
    world.positions |= positions or {}
    short = world.positions.get(PERP, D(0)) * perp.coins_per_unit
    short += world.positions.get(THIRD, D(0)) / D(50_000)
    world.spot = -short - sum(world.coins.values())
    world.start()
    world.actions.clear()
    world.wait(1_000)
    hedge(world).out_ms = world.now - FAILOVER_MS
    return world


def hedge(world: World) -> Hedge:
    return world.state.hedges["BTC"]


def look(world: World, *, everywhere: bool = True) -> Sight:
    return failover.look(world.state, world.policy, hedge(world), world.now, everywhere=everywhere)


def darken(world: World, *venues: str) -> None:
    for venue in venues:
        world.tell(FeedLost(venue, Channel.ACCOUNT, 1, "reset"))


def ordered(world: World) -> OrderIntent:
    """A coin is bought, and the order that hedges it is out."""
    (intent,) = placed(world.buy_spot(D(1)))
    assert intent.instrument == PERP
    return intent


def test_where_everything_is_known_nothing_is_shut() -> None:
    assert look(three()) == CLEAR


def test_an_order_under_way_is_a_doubt_wherever_the_next_would_go() -> None:
    world = three()
    ordered(world)
    assert look(world) == Sight("one order outstanding: intended")


def test_one_of_unknown_outcome_shuts_its_instrument_and_may_have_filled() -> None:
    world = three(positions={PERP: D(-2)})
    intent = ordered(world)
    world.tell(OutcomeUnknown(intent.order_id, "reset", world.now))
    assert look(world) == Sight("one order outstanding: unknown")
    world.now += FAILOVER_MS
    hedge(world).out_ms = world.now - FAILOVER_MS
    shut = Sight(shut=frozenset({PERP}), why="one order outstanding: unknown", hedge=(-1.0, 0.0))
    assert look(world) == shut


def test_a_buy_of_unknown_outcome_may_have_bought() -> None:
    world = three(positions={PERP: D(-2)})
    (intent,) = placed(world.buy_spot(D(-1)))
    world.tell(OutcomeUnknown(intent.order_id, "reset", world.now))
    world.now += FAILOVER_MS
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).hedge == (0.0, 1.0)


def test_what_it_is_known_to_have_filled_is_counted_already() -> None:
    world = three()
    intent = ordered(world)
    world.tell(OutcomeUnknown(intent.order_id, "reset", world.now))
    order = outstanding(world.state, "BTC")
    assert order is not None
    world.tell(OrderSeen(world.report(intent, OrderStatus.WORKING, D("0.4"))))
    world.tell(FillSeen(world.fill_of(intent, D("0.4"))))
    world.move(PERP, D("-0.4"))
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    order.since_ms = world.now - FAILOVER_MS
    low, high = look(world).hedge
    assert (low, high) == pytest.approx((-0.6, 0.4))  # the rest may fill, the position be gone


@pytest.mark.parametrize(("since_ms", "waits"), [(FAILOVER_MS - 1, True), (FAILOVER_MS, False)])
@pytest.mark.parametrize("what", ["out of band", "filled", "unknown"])
def test_it_begins_after_five_seconds_of_each(what: str, since_ms: int, *, waits: bool) -> None:
    world = three()
    intent = ordered(world)
    world.tell(OutcomeUnknown(intent.order_id, "reset", world.now))
    order = outstanding(world.state, "BTC")
    assert order is not None
    at = dict.fromkeys(("out of band", "filled", "unknown"), world.now - 10 * FAILOVER_MS)
    at[what] = world.now - since_ms
    hedge(world).out_ms = at["out of band"]
    hedge(world).filled = Filled(at["filled"], Purpose.REBALANCE)
    order.since_ms = at["unknown"]
    assert bool(look(world).doubt) is waits


def test_a_hedge_known_to_be_inside_does_not_begin() -> None:
    world = three()
    hedge(world).out_ms = None
    darken(world, "perp")
    hedge(world).out_ms = None
    assert look(world) == Sight(DARK)


def test_everything_at_a_dark_venue_may_be_gone() -> None:
    world = three(positions={PERP: D(-2)}, coins={PERP_WALLET: D(3)})
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world) == Sight(
        shut=frozenset({PERP}), why=DARK, gross=(-3.0, 0.0), hedge=(0.0, 2.0)
    )


def test_a_debt_there_may_be_gone_too() -> None:
    world = three(coins={PERP_WALLET: D(-3)})
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).gross == (0.0, 3.0)


def test_coins_count_as_what_they_stand_for_and_in_that_account_only() -> None:
    world = three(coins={PERP_WALLET: D(3), THIRD_WALLET: D(7)})
    books = world.state.ledger.assets
    wrapped = replace(books["main", "BTC"], asset="WBTC")
    books["main", "WBTC"] = wrapped
    books["main", "ETH"] = replace(wrapped, asset="ETH")
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).gross == (-4.5, 0.0)


def test_two_dark_venues_add_up_each_in_its_own_unit() -> None:
    world = three(replace(BTC, coins_per_unit=D(4)), positions={PERP: D(-2), THIRD: D(-50_000)})
    darken(world, "perp", "third")
    hedge(world).out_ms = world.now - FAILOVER_MS
    found = look(world)
    assert found.shut == {PERP, THIRD}
    assert found.hedge == pytest.approx((0.0, 8.0 + 1.0))


def test_two_dark_venues_of_opposite_positions_widen_both_ends() -> None:
    world = three(positions={PERP: D(-2), THIRD: D(50_000)})
    darken(world, "perp", "third")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).hedge == pytest.approx((-1.0, 2.0))


def test_two_dark_venues_of_like_positions_add_up() -> None:
    world = three(positions={PERP: D(2), THIRD: D(50_000)})
    darken(world, "perp", "third")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).hedge == pytest.approx((-3.0, 0.0))


def test_where_every_instrument_is_shut_nothing_is_decided() -> None:
    world = three()
    darken(world, "perp", "alt", "third")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world) == Sight(DARK)


def test_a_position_that_differs_where_one_may_trade_is_a_doubt() -> None:
    world = three()
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    world.move(ALT, D(1))
    assert look(world).doubt == f"position of {ALT} differs from our fills"


def test_a_position_that_differs_at_a_dark_venue_is_anywhere_between() -> None:
    world = three(positions={PERP: D(-2)})
    world.move(PERP, D(-1))
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).hedge == (-1.0, 2.0)


@pytest.mark.parametrize("missing", ["arithmetic", "word", "mark of an inverse one"])
def test_a_position_that_was_never_known_is_a_doubt(missing: str) -> None:
    world = three(positions={PERP: D(-2)})
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    book = world.state.ledger.positions[PERP]
    if missing == "arithmetic":
        book.arithmetic = None
    elif missing == "word":
        book.word = None
    else:
        market = world.state.markets[PERP]
        market.mark, market.steps = 0.0, market.steps._replace(inverse=True)
    assert look(world) == Sight(DARK)


def test_coins_of_a_linear_position_are_known_without_a_mark() -> None:
    world = three(positions={PERP: D(-2)})
    darken(world, "perp")
    hedge(world).out_ms = world.now - FAILOVER_MS
    world.state.markets[PERP].mark = 0.0
    assert look(world).hedge == (0.0, 2.0)


def test_a_venue_of_coins_only_is_a_doubt_but_to_a_flatten() -> None:
    world = three()
    darken(world, "spot")
    assert look(world).doubt == "account stream of spot is silent: reset"
    assert look(world, everywhere=False) == CLEAR


def test_a_venue_that_is_being_read_is_waited_for_until_its_reads_fail() -> None:
    world = three()
    world.state.venues["perp"].synced = False
    assert look(world) == Sight("perp is being read")
    world.state.venues["perp"].ask.failures = 3
    hedge(world).out_ms = world.now - FAILOVER_MS
    assert look(world).shut == {PERP}
