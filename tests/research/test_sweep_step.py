"""The kernel and `step` trade the same lots at the same bars, and their money is the same."""

from decimal import Decimal as D

import numpy as np
import pytest

from hedgebot.research.sweep.world import World, trailing_volatility, world_of
from tests.research.by_step import HOLDINGS, RULES, Rules, held_together
from tests.research.shared_folder import table

BARS = 400


def world_from(prices: list[float], moves: list[D], rates: list[float], step_ms: int) -> World:
    at = np.arange(len(prices)) * step_ms
    price = np.array(prices)
    return world_of(
        at, price, moves=np.array([float(each) for each in moves]), holdings=float(HOLDINGS),
        funding=np.array(rates), volatility=trailing_volatility(at, price, (30.0, 0.04, 7.0)),
    )  # fmt: skip


def walk_of(seed: int, bars: int = BARS) -> tuple[list[float], list[D], list[float]]:
    chance = np.random.default_rng(seed)
    prices = (20_000.0 * np.exp(np.cumsum(chance.normal(0, 0.004, bars + 1)))).round(1).tolist()
    moved = chance.normal(0, 0.03, bars) * (chance.random(bars) < 0.4)
    moves = [round(D(float(each)), 8) for each in moved]
    return prices, moves, (chance.normal(0, 1, bars) * (np.arange(bars) % 8 == 0)).tolist()


@pytest.mark.parametrize("name", RULES)
def test_they_trade_alike(name: str) -> None:
    held_together(world_from(*walk_of(7), 3_600_000), RULES[name])


def test_a_trade_has_as_many_slices_as_it_needs() -> None:
    world = world_from([60_000.0, 60_100.0], [D(0)], [0.0], 60_000)
    assert held_together(world, Rules(aim=0.0, notional_max=400.0)) == 1_659


SERIES = {
    "BTC hours": ("binance_1h/BTCUSDT_perp_1h.parquet", 1_900),
    "ETH hours": ("binance_1h/ETHUSDT_perp_1h.parquet", 12_300),
    "BTC 5 minutes": ("binance_5m_2022/BTCUSDT_perp_5m.parquet", 4_000),
    "ETH 5 minutes": ("binance_5m_2022/ETHUSDT_perp_5m.parquet", 40_000),
    "BTC quarters": ("binance_15m_2023/BTCUSDT_perp_15m.parquet", 9_000),
    "ETH quarters": ("binance_15m_2023/ETHUSDT_perp_15m.parquet", 0),
    "BTC minutes": ("binance_spot_1m_2021_05/BTCUSDT_spot_1m.parquet", 42_000),
    "ETH minutes": ("binance_spot_1m_2021_05/ETHUSDT_spot_1m.parquet", 41_000),
    "inverse hours": ("binance_inverse_1h/BTCUSD_PERP_1h.parquet", 5_000),
    "BitMEX hours": ("bitmex_inverse_1h/XBTUSD_1h.parquet", 20_000),
    "BitMEX minutes": ("bitmex_inverse_1m_2018_06/XBTUSD_1m.parquet", 240_000),
}


@pytest.mark.parametrize("name", SERIES)
def test_they_trade_alike_on_real_prices(name: str) -> None:
    path, first = SERIES[name]
    prices = table(path)["close"][first : first + 201].to_list()
    _, moves, rates = walk_of(11, 200)
    world = world_from(prices, moves, rates, 3_600_000)
    held_together(world, Rules(below=0.04, above=0.06))
