"""The listed markets, with the steps and limits that Binance published in July 2026.

COIN-M: contract sizes, brackets and fees of its documents; the tick of BTCUSD_PERP as recorded in
August 2024, other steps and limits as its documents' examples have them.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.markets import Market, brackets

D = Decimal

PRICES: Mapping[str, Decimal] = {
    "BTCUSDT": D("60000"),
    "ETHUSDT": D("2500"),
    "SOLUSDT": D("150"),
    "BNBUSDT": D("600"),
    "PEPEUSDT": D("0.00001000"),
    "1000PEPEUSDT": D("0.0100000"),
}
"""Where prices start unless the configuration says otherwise."""

MAJOR = brackets(
    [
        (300_000, 125, "0.004"),
        (800_000, 100, "0.005"),
        (3_000_000, 75, "0.0065"),
        (12_000_000, 50, "0.01"),
        (70_000_000, 25, "0.02"),
        (100_000_000, 20, "0.025"),
        (230_000_000, 10, "0.05"),
        (480_000_000, 5, "0.1"),
        (600_000_000, 4, "0.125"),
        (800_000_000, 3, "0.15"),
        (1_200_000_000, 2, "0.25"),
        (1_800_000_000, 1, "0.5"),
    ]
)
MINOR = brackets(
    [
        (20_000, 75, "0.01"),
        (120_000, 50, "0.015"),
        (600_000, 25, "0.02"),
        (3_200_000, 20, "0.025"),
        (8_000_000, 10, "0.05"),
        (24_000_000, 4, "0.125"),
        (30_000_000, 2, "0.25"),
        (60_000_000, 1, "0.5"),
    ]
)
COIN_MAJOR = brackets(
    [
        (5, 125, "0.004"),
        (10, 100, "0.005"),
        (20, 50, "0.01"),
        (50, 20, "0.025"),
        (100, 10, "0.05"),
        (200, 5, "0.1"),
        (400, 4, "0.125"),
        (1_000, 3, "0.15"),
        (1_500, 2, "0.25"),
        (3_000, 1, "0.5"),
    ]
)
COIN_MINOR = brackets(
    [
        (15, 100, "0.005"),
        (200, 75, "0.0065"),
        (400, 50, "0.01"),
        (1_000, 20, "0.02"),
        (3_000, 10, "0.05"),
        (6_000, 5, "0.1"),
        (20_000, 2, "0.25"),
        (100_000, 1, "0.5"),
    ]
)
"""By notional in coins."""


class SpotRow(NamedTuple):
    """One spot pair against USDT."""

    base: str
    tick: str
    lot: str
    market_max: str


class PerpRow(NamedTuple):
    """One perpetual against USDT."""

    base: str
    tick: str
    price_digits: int
    lot: str
    qty_digits: int
    qty_max: str
    market_max: str
    notional_min: str
    bound: str
    hours: int


class CoinPerpRow(NamedTuple):
    """One perpetual margined in its coin."""

    base: str
    tick: str
    price_digits: int
    contract: str


SPOT = (
    SpotRow("BTC", "0.01", "0.00001", "110"),
    SpotRow("ETH", "0.01", "0.0001", "2500"),
    SpotRow("SOL", "0.01", "0.001", "20000"),
    SpotRow("BNB", "0.01", "0.001", "1500"),
    SpotRow("PEPE", "0.00000001", "1", "90000000000"),
)
PERPS = (
    PerpRow("BTC", "0.10", 2, "0.001", 3, "1000", "120", "50", "0.05", 8),
    PerpRow("ETH", "0.01", 2, "0.001", 3, "10000", "2000", "20", "0.05", 8),
    PerpRow("SOL", "0.0100", 4, "0.01", 2, "1000000", "10000", "5", "0.05", 8),
    PerpRow("BNB", "0.010", 3, "0.01", 2, "100000", "2000", "5", "0.05", 8),
    PerpRow("1000PEPE", "0.0000001", 7, "1", 0, "800000000", "100000000", "5", "0.15", 4),
)
COIN_PERPS = (
    CoinPerpRow("BTC", "0.1", 1, "100"),
    CoinPerpRow("ETH", "0.01", 2, "10"),
    CoinPerpRow("BNB", "0.010", 3, "10"),
)


def spot_market(row: SpotRow) -> Market:
    """A spot pair: eight decimals on the wire, 0.1 % fees."""
    return Market(
        symbol=f"{row.base}USDT",
        kind=Kind.SPOT,
        base=row.base,
        quote="USDT",
        tick=D(row.tick),
        lot=D(row.lot),
        price_digits=8,
        qty_digits=8,
        qty_min=D(row.lot),
        qty_max=D("9000") if row.base != "PEPE" else D("92141578"),
        market_qty_max=D(row.market_max),
        price_min=D(row.tick),
        price_max=D("1000000"),
        notional_min=D("5"),
        up_max=D("5"),
        down_min=D("0.2"),
        fee_maker=D("0.001"),
        fee_taker=D("0.001"),
    )


def perp_market(row: PerpRow) -> Market:
    """A perpetual: 0.02 % and 0.05 % fees."""
    return Market(
        symbol=f"{row.base}USDT",
        kind=Kind.LINEAR,
        base=row.base,
        quote="USDT",
        tick=D(row.tick),
        lot=D(row.lot),
        price_digits=row.price_digits,
        qty_digits=row.qty_digits,
        qty_min=D(row.lot),
        qty_max=D(row.qty_max),
        market_qty_max=D(row.market_max),
        price_min=D(row.tick) * 10,
        price_max=D("4529764"),
        notional_min=D(row.notional_min),
        up_max=1 + D(row.bound),
        down_min=1 - D(row.bound),
        fee_maker=D("0.0002"),
        fee_taker=D("0.0005"),
        brackets=MAJOR if row.base in {"BTC", "ETH"} else MINOR,
        funding_hours=row.hours,
        take_bound=D(row.bound),
    )


def coin_perp_market(row: CoinPerpRow) -> Market:
    """An inverse perpetual, in contracts: 0.02 % and 0.05 % fees, no least notional."""
    return Market(
        symbol=f"{row.base}USD_PERP",
        kind=Kind.INVERSE,
        base=row.base,
        quote="USD",
        tick=D(row.tick),
        lot=D(1),
        price_digits=row.price_digits,
        qty_digits=0,
        qty_min=D(1),
        qty_max=D(1_000_000),
        market_qty_max=D(60_000),
        price_min=D(row.tick) * 10,
        price_max=D("4520958"),
        notional_min=D(0),
        up_max=D("1.05"),
        down_min=D("0.95"),
        fee_maker=D("0.0002"),
        fee_taker=D("0.0005"),
        brackets=COIN_MAJOR if row.base == "BTC" else COIN_MINOR,
        contract=D(row.contract),
    )


def markets() -> list[Market]:
    """Everything that is listed."""
    return [
        *(spot_market(row) for row in SPOT),
        *(perp_market(row) for row in PERPS),
        *(coin_perp_market(row) for row in COIN_PERPS),
    ]


def first_prices(told: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Where every market starts: as told, an inverse one like the linear one on its coin."""
    prices = {**PRICES, **told}
    inverse = {f"{row.base}USD_PERP": prices[f"{row.base}USDT"] for row in COIN_PERPS}
    return {**inverse, **prices}
