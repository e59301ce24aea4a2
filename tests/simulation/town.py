"""The settings of the house and the accounts at the exchange, from a plan's setup."""

from decimal import Decimal
from pathlib import Path

from hedgebot.settings import Settings, load
from hedgebot.sim.config import SimConfig
from tests.simulation.coins import COIN, COINS, FUTURES
from tests.simulation.plan import Setup
from tests.simulation.universe import ADDRESS, Universe

BEGIN_S = 1_795_000_000
"""The moment, UTC, at which the virtual clock reads zero."""
KEYS = {"API_KEY": "local-key", "API_SECRET": "local-secret"}
EXCHANGES = {FUTURES: "binanceusdm", COIN: "binancecoinm"}
VENUE = """\
[venues.{entry}]
exchange = "{exchange}"
network = "local"
account = "main"
rest_url = "http://{address}"
ws_url = "ws://{address}"
"""
SETTINGS = """\
name = "house"
mode = "live"
journal = "sqlite:///{folder}/house.db"

{venues}
[[hedges]]
asset = "{asset}"
ratio = "{ratio}"
{band}
rebalance_to = "{aim}"
instruments = [{instruments}]
order = {{ notional_max = "{notional_max}", cooldown_s = {cooldown_s} }}

[limits]
notional_day = "{notional_day}"
orders_per_minute = 1000
"""


FIXED = '{{ lower = "-{band}", upper = "{band}", unit = "coin" }}'
OPTIMAL = (
    'band = "optimal"\noptimal = {{ risk_premium_usd = "0.2", risk_holding_usd = "{holding}", '
    "learn_s = 0, moves_min = 1, fixed = {fixed} }}"
)
HOLDING_USD = 6_000
"""No side of a computed band is wider."""


def band_of(setup: Setup) -> str:
    fixed = FIXED.format(band=COINS[setup.coin].coins(setup.band))
    computed = OPTIMAL.format(fixed=fixed, holding=HOLDING_USD)
    return computed if setup.optimal else f"band = {fixed}"


def settings_of(setup: Setup, folder: Path) -> Settings:
    coin = COINS[setup.coin]
    perps = coin.traded(setup.trades)
    address = f"{ADDRESS[0]}:{ADDRESS[1]}"
    entries = {"spot": "binance"} | {perp.entry: EXCHANGES[perp.market] for perp in perps}
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "house.toml"
    config.write_text(
        SETTINGS.format(
            folder=folder,
            venues="\n".join(
                VENUE.format(entry=entry, exchange=exchange, address=address)
                for entry, exchange in entries.items()
            ),
            ratio=setup.ratio,
            asset=coin.asset,
            instruments=", ".join(f'"{perp.entry}:{perp.unified}"' for perp in perps),
            notional_day=setup.notional_day,
            band=band_of(setup),
            aim=setup.aim,
            notional_max=min(setup.notional_max, setup.notional_day, key=Decimal),
            cooldown_s=setup.cooldown_s,
        )
    )
    keys = {
        f"HEDGEBOT_VENUES__{entry.upper()}__{part}": text
        for entry in entries
        for part, text in KEYS.items()
    }
    return load(config, environ=keys)


def exchange_of(setup: Setup, seed: int, universe: Universe) -> SimConfig:
    coin = COINS[setup.coin]
    return SimConfig(
        port=ADDRESS[1],
        seed=seed,
        wall_ms=lambda: wall_ns(setup, universe) // 10**6,
        spot={coin.asset: Decimal(coin.coins(setup.spot)), "USDT": Decimal(1_000_000)},
        coin_futures={coin.asset: Decimal(coin.coins(setup.collateral))},
    )


def wall_ns(setup: Setup, universe: Universe) -> int:
    return (BEGIN_S + setup.late_s) * 10**9 + counter_ns(universe)


def counter_ns(universe: Universe) -> int:
    now_s: float = universe.loop.time()
    return round(now_s * 1e9)
