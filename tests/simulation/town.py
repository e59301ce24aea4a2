"""The settings of the house and the accounts at the exchange, from a plan's setup."""

from decimal import Decimal
from pathlib import Path

from hedgebot.settings import Settings, load
from hedgebot.sim.config import SimConfig
from tests.simulation.coins import COINS
from tests.simulation.plan import Setup
from tests.simulation.universe import ADDRESS, Universe

BEGIN_S = 1_795_000_000
"""The moment, UTC, at which the virtual clock reads zero."""
KEYS = {
    f"HEDGEBOT_VENUES__{venue}__{part}": text
    for venue in ("SPOT", "PERP")
    for part, text in (("API_KEY", "local-key"), ("API_SECRET", "local-secret"))
}
SETTINGS = """\
name = "house"
mode = "live"
journal = "sqlite:///{folder}/house.db"

[venues.spot]
exchange = "binance"
network = "local"
account = "main"
rest_url = "http://{address}"
ws_url = "ws://{address}"

[venues.perp]
exchange = "binanceusdm"
network = "local"
account = "main"
rest_url = "http://{address}"
ws_url = "ws://{address}"

[[hedges]]
asset = "{asset}"
ratio = "{ratio}"
band = {{ lower = "-{band}", upper = "{band}", unit = "coin" }}
rebalance_to = "{aim}"
instruments = ["perp:{unified}"]
order = {{ notional_max = "{notional_max}", cooldown_s = {cooldown_s} }}

[limits]
notional_day = "{notional_day}"
"""


def settings_of(setup: Setup, folder: Path) -> Settings:
    coin = COINS[setup.coin]
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "house.toml"
    config.write_text(
        SETTINGS.format(
            folder=folder,
            address=f"{ADDRESS[0]}:{ADDRESS[1]}",
            ratio=setup.ratio,
            asset=coin.asset,
            unified=coin.unified,
            notional_day=setup.notional_day,
            band=coin.coins(setup.band),
            aim=setup.aim,
            notional_max=min(setup.notional_max, setup.notional_day, key=Decimal),
            cooldown_s=setup.cooldown_s,
        )
    )
    return load(config, environ=KEYS)


def exchange_of(setup: Setup, seed: int, universe: Universe) -> SimConfig:
    coin = COINS[setup.coin]
    return SimConfig(
        port=ADDRESS[1],
        seed=seed,
        wall_ms=lambda: wall_ns(setup, universe) // 10**6,
        spot={coin.asset: Decimal(coin.coins(setup.spot)), "USDT": Decimal(1_000_000)},
    )


def wall_ns(setup: Setup, universe: Universe) -> int:
    return (BEGIN_S + setup.late_s) * 10**9 + counter_ns(universe)


def counter_ns(universe: Universe) -> int:
    now_s: float = universe.loop.time()
    return round(now_s * 1e9)
