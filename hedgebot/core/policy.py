"""What the user wants, as the decision reads it: frozen, already validated by `settings`."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hedgebot.core.closed_form import risk_aversion
from hedgebot.domain.instruments import InstrumentId, WalletId


class BandUnit(StrEnum):
    """Unit of a band's bounds."""

    COIN = "coin"
    PERCENT = "percent"
    """Of abs(gross); 1 is one per cent."""
    USD = "usd"


@dataclass(frozen=True, slots=True)
class Band:
    """Where nothing is done, relative to the target: lower <= 0 <= upper."""

    lower: float
    upper: float
    unit: BandUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStyle:
    """How a hedge trades: IOC limits at the opposite touch x (1 +- slippage)."""

    slippage_max: float = 0.002
    """Fraction of the touch."""
    slippage_urgent: float = 0.006
    """Upper end to which slippage doubles after three IOCs filled under 10 %."""
    notional_max: float = 250_000.0
    """Quote, a slice."""
    cooldown_ms: int = 5_000
    """Runs from *back in band*, not between slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimal:
    """What the computed band needs to be told; everything else is measured (docs/adr/0018)."""

    risk_premium: float = 5_000.0
    """USD that one would pay at most to be rid of `risk_holding` for a day of ordinary risk."""
    risk_holding: float = 1_000_000.0
    """USD; no side of the band is ever wider."""
    day_volatility: float = 0.04
    """Of a day of ordinary risk: a fraction. Also what the price is taken to do before it is seen.
    """
    fee: float | None = None
    """Fraction of what is traded; None: learnt from our own fills."""
    slippage: float = 0.000_05
    """Expected beyond the touch, fraction of what is traded; our own fills correct it."""
    learn_ms: int = 3_600_000
    moves_min: int = 5
    """So long and so many moves of the delta are seen before the computed band is traded: until
    then it is the hedge's own `band`, whose cost is told beside that of the computed one."""

    @property
    def aversion(self) -> float:
        """Gamma, per USD: a premium P for a holding N over a day of volatility s is worth it to
        who has gamma / 2 x (s N)^2 = P.
        """
        return risk_aversion(
            self.risk_premium, holding=self.risk_holding, volatility=self.day_volatility
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePolicy:
    """One hedge: one asset, its target and band, the instruments that are its own."""

    asset: str
    target: Decimal | None = None
    """Wanted net delta, coins. Exactly one of `target` and `ratio` is set."""
    ratio: Decimal | None = None
    """Target is (1 - ratio) * gross."""
    band: Band
    """In force: that of a hedge with an `optimal` one changes as it learns."""
    rebalance_to: float = 0.0
    """0 is the target, 1 the edge, between is between."""
    rebalance_to_below: float | None = None
    """The same of the lower side, where it is another."""
    optimal: Optimal | None = None
    """None: the band is fixed."""
    age_ms_max: int | None = None
    """Once the last hedge is so old, what deviates inside the band is traded to the target too."""
    variance_days: float | None = None
    """The ratio is that of the least variance, learnt with this memory; `ratio`, 1 at first, is the
    one in force. None: it stays as it is."""
    beta: Decimal | None = None
    """Of a cross hedge: coins of the instruments' own asset sold for one coin held. None: the
    instruments carry the asset itself."""
    move_max: float | None = None
    """The same once the price has moved by that fraction since."""
    instruments: tuple[InstrumentId, ...]
    """In order of preference."""
    order: OrderStyle = OrderStyle()

    @property
    def learns(self) -> bool:
        """Whether anything of it is computed from what is seen."""
        return self.optimal is not None or self.variance_days is not None

    @property
    def has_triggers(self) -> bool:
        """Whether anything but the band makes it trade."""
        return self.age_ms_max is not None or self.move_max is not None

    def aim(self, *, below: bool) -> float:
        """Where a trade ends on that side of the target, as a share of its width."""
        if below and self.rebalance_to_below is not None:
            return self.rebalance_to_below
        return self.rebalance_to


@dataclass(frozen=True, slots=True)
class OutsideHolding:
    """Coins kept elsewhere."""

    asset: str
    label: str
    qty: Decimal


@dataclass(frozen=True, slots=True)
class Alias:
    """A coin that counts as another: wrapped or staked."""

    asset: str
    rate: Decimal
    """Coins of `asset` for one of this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Ages, timers and caps. Times in ms, notional in quote."""

    mark_age_ms_max: int = 10_000
    touch_age_ms_max: int = 10_000
    account_age_ms_max: int = 10_000
    """Balances, positions and orders, by socket proof."""
    audit_every_ms: int = 30_000
    """The slow REST sweep that balances and positions need besides the socket proof."""
    audit_ms_max: int = 10_000
    """A wallet with a pending amount that cannot be re-read for so long is a critical alert."""
    balance_settle_ms: int = 1_500
    drift_ms_max: int = 10_000
    transit_hold_ms: int = 0
    """How long withdrawn coins count until somebody says where they are; 0: not at all."""
    approval_ms: int = 500
    """Life of an approval (invariant 2b)."""
    orders_per_minute: int = 60
    notional_day: float = 50_000_000.0
    collar: float = 0.02
    """Largest distance of a limit, or of the touch, from the mark: fraction."""
    mark_jump_max: float = 0.25
    """A mark that far from the last one is absurd until two more agree with it."""
    recv_window_ms: int = 3_000
    """How long after its timestamp a venue still takes a signed request."""
    naked_alert_ms: int = 30_000
    """Out of band and unable to trade for so long is a critical alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePolicy:
    """One venue entry, as far as decisions need it."""

    name: str
    account: str
    wallets: tuple[WalletId, ...]
    """Wallets that are counted and re-read."""
    polled: tuple[WalletId, ...] = ()
    """Those of them of which no stream tells."""
    collateral: bool
    """Its wallets are collateral of a derivatives account rather than spot."""
    leverage: int | None = None
    margin_mode: str = "cross"
    position_mode: str = "one-way"
    """Or `hedge`: orders carry the side of the position that they open or close."""
    tells_withdrawals: bool = False
    """Whether the records of withdrawals from its wallets can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One book."""

    book: str
    venues: tuple[VenuePolicy, ...]
    hedges: tuple[HedgePolicy, ...]
    holdings: tuple[OutsideHolding, ...] = ()
    aliases: dict[str, Alias] = field(default_factory=dict)
    limits: Limits = Limits()
    allow_foreign_orders: bool = False
    dry_run: bool = False
    adopt: bool = False
    """`run --adopt`: go on above an epoch that the venue knows and the journal does not."""
    remind_ms: int = 3_600_000
    """A critical alert that is still open is said again after so long; 0: never."""

    def venue(self, name: str) -> VenuePolicy:
        return next(venue for venue in self.venues if venue.name == name)

    def stands_for(self, coin: str) -> tuple[str, Decimal]:
        """The asset that a coin counts as, and how many coins of it."""
        alias = self.aliases.get(coin)
        return (alias.asset, alias.rate) if alias else (coin, Decimal(1))

    def hedge(self, asset: str) -> HedgePolicy:
        return next(hedge for hedge in self.hedges if hedge.asset == asset)
