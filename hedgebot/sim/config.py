"""How a local exchange is set up: frozen, all of it given before it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

D = Decimal


@dataclass(frozen=True, slots=True)
class Still:
    """Prices move only when the control plane says so."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A seeded random walk: the perpetual follows the spot with a small basis."""

    step_ms: int = 250
    volatility_day: float = 0.03
    """Standard deviation of a day's return."""
    basis_bps: float = 2.0
    """Standard deviation of the basis."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Recorded raw websocket lines, `<local ns> <json>`, gzip."""

    folder: Path
    speed: float = 1.0
    loop: bool = True


@dataclass(frozen=True, slots=True)
class Barred:
    """Recorded bars: files of open, high, low and close, and of funding rates."""

    folder: Path
    speed: float = 1.0
    loop: bool = True


MarketPlan = Still | Generated | Replayed | Barred


@dataclass(frozen=True, slots=True, kw_only=True)
class SimConfig:
    """One account at one local exchange."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes a free one."""
    seed: int = 1
    api_key: str = "local-key"
    api_secret: str = "local-secret"  # noqa: S105 - the local exchange's own, guards nothing
    spot: Mapping[str, Decimal] = field(
        default_factory=lambda: {"BTC": D(10), "ETH": D(50), "BNB": D(0), "USDT": D(1_000_000)}
    )
    """Opening spot balances, coins."""
    futures: Mapping[str, Decimal] = field(default_factory=lambda: {"USDT": D(1_000_000)})
    coin_futures: Mapping[str, Decimal] = field(default_factory=dict)
    """Opening balances of the COIN-M wallet, coins."""
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    """First price by symbol; the catalogue's where absent."""
    market: MarketPlan = Still()
    may_withdraw: bool = False
    """Whether the key may withdraw, as its permissions say."""
    sapi: bool = True
    """Whether `/sapi` is served; Binance's own test networks serve none."""
    limited: bool = True
    """Whether request and order limits are enforced; a bench may lift them."""
    wall_ms: Callable[[], int] | None = None
    """The clock underneath, ms UTC; the machine's where None."""
