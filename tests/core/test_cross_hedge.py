"""A coin without a perpetual, hedged by another coin's: so many of it for one coin held."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from hedgebot.core.policy import Band, BandUnit, Policy
from hedgebot.domain.instruments import InstrumentId, Side
from tests.core.world import BTC, HEDGE, POLICY, World, placed

OTHER = InstrumentId("perp:ETH/USDT:USDT")
ETH = replace(
    BTC, id=OTHER, symbol="ETH/USDT:USDT", market_id="ETHUSDT", asset="ETH", tick=D("0.01")
)


def crossed(**changes: Any) -> Policy:
    """Fifteen ETH are sold for one coin held."""
    hedge = replace(HEDGE, **{"instruments": (OTHER,), "beta": D(15), **changes})
    return replace(POLICY, hedges=(hedge,))


def started(coins: str, short: str, **changes: Any) -> World:
    world = World(crossed(**changes), instruments=(ETH,), mark=3_000.0)
    world.positions[OTHER] = D(short)
    world.price(3_000.0, OTHER)
    return world.start(spot=D(coins))


def test_so_many_of_the_other_are_sold_for_a_coin() -> None:
    (order, *_) = placed(started("2", "0").actions)
    assert (order.instrument, order.side, order.qty) == (OTHER, Side.SELL, D(30))


def test_a_whole_hedge_is_no_deviation() -> None:
    world = started("2", "-30")
    assert placed(world.actions) == []
    assert abs(world.state.hedges["BTC"].outlook.parts.net_delta) < D("1e-9")


def test_the_band_is_in_coins_that_are_held() -> None:
    world = started("2", "-30", band=Band(-0.1, 0.1, BandUnit.COIN))
    assert placed(world.buy_spot(D("0.0999"))) == []
    (order,) = placed(world.buy_spot(D("0.0201")))
    assert order.qty == D("1.8")


def test_a_band_in_dollars_counts_what_the_coins_are_hedged_for() -> None:
    world = started("2", "-30", band=Band(-900.0, 900.0, BandUnit.USD))
    assert placed(world.buy_spot(D("0.0199"))) == [], "895 USD of the other"
    (order,) = placed(world.buy_spot(D("0.0003")))
    assert order.qty == D("0.303")


def test_a_move_of_the_other_price_trades_nothing() -> None:
    world = started("2", "-30")
    for mark in (3_300.0, 2_700.0, 3_200.0):
        world.price(mark, OTHER)
        assert placed(world.wait(5_000)) == []


def test_a_beta_of_many_places_leaves_no_dust_to_trade() -> None:
    world = started("1000", "-13.7", beta=D("0.0137"))
    assert placed(world.actions + world.wait(60_000)) == []


def test_whoever_has_its_own_perpetual_is_not_changed() -> None:
    world = World().start(spot=D(1), position=D(-1))
    assert world.state.markets[BTC.id].instrument is BTC
