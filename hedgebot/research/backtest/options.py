"""What a backtest assumes beside the settings file. Pessimistic unless told otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.errors import HedgebotError


class BacktestRefused(HedgebotError):
    """What was asked for cannot be played; its text names the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frictions:
    """What an order meets. Fractions are of the price."""

    latency_ms: int = 250
    """From the decision to the match at the venue."""
    adverse: float = 1.0
    """How much of the range of its bar, times the root of latency over bar, the price moves against
    every order while it is on its way: 1 is one deviation, and always to our harm."""
    half_spread: float = 0.0001
    level: float = 0.0001
    """Distance of two levels of the book."""
    depth_usd: float = 100_000.0
    """Dollars that stand at each level."""
    share: float = 0.1
    """Of a minute's volume: more than that stands at no moment in the whole book. What nobody
    trades nobody fills."""
    fee: Decimal | None = None
    """Of the notional, for taking; None: what the venue asks without a discount."""


FREE = Frictions(
    latency_ms=0,
    adverse=0.0,
    half_spread=0.0,
    level=0.0,
    depth_usd=1e15,
    share=float("inf"),
    fee=Decimal(0),
)
"""Nothing costs anything: for arithmetic, not for hopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is there at the beginning."""

    wallets: Mapping[tuple[WalletId, str], Decimal] = field(default_factory=dict)
    """Coins by wallet and asset; empty: ten coins of each hedged asset. A wallet of linear
    perpetuals that is not named holds their worth as margin."""
    hedged: bool = False
    """The positions that bring every hedge to its target are there already, at the first price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a history is played."""

    frictions: Frictions = Frictions()
    opening: Opening = Opening()
    from_ms: int | None = None
    to_ms: int | None = None
    """Exclusive."""
    series: Mapping[str, str] = field(default_factory=dict)
    """Roles that names do not tell: `<instrument>`, `<instrument>/mark`, `<instrument>/funding`, or
    an asset for its spot price, each with the name of its series."""
    funding_missing: bool = False
    """Play on although no funding of an instrument is known: none is paid."""
    everything: bool = False
    """Feed every event; otherwise stretches in which no verdict can change are passed over."""
    instruments: Mapping[InstrumentId, Mapping[str, str]] = field(default_factory=dict)
    """Steps and minimums that differ from the venue's as shipped."""
