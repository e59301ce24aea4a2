"""`[[hedges]]`, `[[holdings]]` and `[aliases]`: what is held and what its delta should be."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hedgebot.core.policy import (
    Alias,
    Band,
    BandUnit,
    HedgePolicy,
    Optimal,
    OrderStyle,
    OutsideHolding,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.settings.values import (
    Asset,
    Beta,
    Exact,
    Fraction,
    Label,
    Positive,
    Ratio,
    Rebalance,
    Seconds,
    Whole,
    milliseconds,
)
from hedgebot.settings.venue_tables import TABLE

OPTIMAL = "optimal"
MINIMUM_VARIANCE = "minimum-variance"


class BandTable(BaseModel):
    """Where nothing is done, relative to the target."""

    model_config = TABLE

    lower: Annotated[Exact, Field(le=0)]
    """Zero or negative: how far net delta may fall below the target."""
    upper: Annotated[Exact, Field(ge=0)]
    """Zero or positive: how far net delta may rise above the target."""
    unit: BandUnit
    """`coin`; `percent` of abs(gross), where 1 is one per cent; or `usd`."""

    def policy(self) -> Band:
        """The band in float64, as the decision functions take it."""
        return Band(lower=float(self.lower), upper=float(self.upper), unit=self.unit)


class OptimalTable(BaseModel):
    """The one question that a computed band asks of you, and what it may be told of costs.

    You hold `risk_holding_usd` of the coin for one day, unhedged, on a day on which its price moves
    by `risk_day_volatility`: `risk_premium_usd` is the most that you would pay to be rid of it.
    """

    model_config = TABLE

    risk_premium_usd: Positive = Decimal(5_000)
    """The most that you would pay to be rid of that day's risk; more makes the band narrower."""
    risk_holding_usd: Positive = Decimal(1_000_000)
    """The holding of the question. No side of the band is ever wider."""
    risk_day_volatility: Fraction = Decimal("0.04")
    """How much the price moves on that day, fraction: one standard deviation."""
    fee: Annotated[Exact, Field(ge=0, le=0.01)] | None = None
    """Your fee, fraction of what is traded: "0.0005" is 5 bp. Left out: the account's."""
    slippage: Annotated[Exact, Field(ge=0, le=0.01)] = Decimal("0.00005")
    """Expected beyond the best price, fraction; the hedge's own orders correct it."""
    learn_s: Seconds = Decimal(3_600)
    """So long the delta is watched before the computed band is traded ..."""
    moves_min: Annotated[Whole, Field(ge=1, le=1_000)] = 5
    """... and so many of its moves are seen."""
    fixed: BandTable = BandTable(lower=Decimal(-1), upper=Decimal(1), unit=BandUnit.PERCENT)
    """Traded until then; what it would cost is told beside the cost of the computed one."""

    def policy(self) -> Optimal:
        """The same in float64."""
        return Optimal(
            risk_premium=float(self.risk_premium_usd),
            risk_holding=float(self.risk_holding_usd),
            day_volatility=float(self.risk_day_volatility),
            fee=None if self.fee is None else float(self.fee),
            slippage=float(self.slippage),
            learn_ms=milliseconds(self.learn_s),
            moves_min=self.moves_min,
        )


class CrossTable(BaseModel):
    """A coin without a perpetual, hedged by another coin's."""

    model_config = TABLE

    asset: Asset
    """The coin whose perpetuals are traded."""
    beta: Beta
    """Coins of it that are sold for one coin held: a number that you stand for."""


class OrderTable(BaseModel):
    """How a hedge trades: immediate-or-cancel limits at the opposite touch."""

    model_config = TABLE

    slippage_max: Fraction = Decimal("0.002")
    """Fraction of the touch that an order may give away."""
    slippage_urgent: Fraction = Decimal("0.006")
    """Where slippage_max ends up, doubled while orders fill under 10 %."""
    notional_max: Positive = Decimal(250_000)
    """Largest order, in quote currency; more is sent in slices."""
    cooldown_s: Seconds = Decimal(5)
    """Pause after net delta is back in the band."""

    def policy(self) -> OrderStyle:
        """The same in float64 and ms."""
        return OrderStyle(
            slippage_max=float(self.slippage_max),
            slippage_urgent=float(self.slippage_urgent),
            notional_max=float(self.notional_max),
            cooldown_ms=milliseconds(self.cooldown_s),
        )


class HedgeTable(BaseModel):
    """One coin, what its net delta should be, and the perpetuals that make it so."""

    model_config = TABLE

    asset: Asset
    """The coin, aliases applied."""
    target: Exact | None = None
    """Wanted net delta in coins. Write either this or `ratio`."""
    ratio: Ratio | Literal["minimum-variance"] | None = None
    """Share of the holdings to hedge: "1" is all, "0.5" half; at most "1.5"; or
    "minimum-variance", which is learnt, and 1 until it is known."""
    ratio_memory_days: Annotated[Whole, Field(ge=7, le=365)] = 30
    """Memory of a minimum-variance ratio: what was seen so long ago counts 1/e."""
    band: BandTable | Literal["optimal"]
    """Where nothing is done: `{ lower, upper, unit }`, or "optimal" for one that is computed."""
    optimal: OptimalTable | None = None
    """What a computed band is told; all of it may be left out."""
    rebalance_to: Rebalance = Decimal(0)
    """Where a trade ends: `target`, `edge` of the band, halfway `between`, or a number: "0.4"."""
    rebalance_to_lower: Rebalance | None = None
    """The same below the target, where it is another."""
    rebalance_age_s: Annotated[Seconds, Field(ge=1)] | None = None
    """Once the last hedge is so old, what deviates inside the band is traded to the target too."""
    rebalance_move: Fraction | None = None
    """The same once the price has moved by so much since, fraction: "0.02" is 2 %."""
    instruments: Annotated[tuple[str, ...], Field(min_length=1)]
    """`<venue entry>:<symbol>`, in order of preference, like `perp:BTC/USDT:USDT`."""
    hedge_with: CrossTable | None = None
    """For a coin that has no perpetual: the coin whose perpetuals hedge it, and how many of it."""
    order: OrderTable = OrderTable()
    """How it trades."""

    def policy(self) -> HedgePolicy:
        """The hedge as the decision reads it."""
        learnt = self.ratio == MINIMUM_VARIANCE
        told = (self.optimal or OptimalTable()) if self.band == OPTIMAL else None
        band = told.fixed if told else self.band
        assert isinstance(band, BandTable)
        return HedgePolicy(
            asset=self.asset,
            target=self.target,
            ratio=Decimal(1) if isinstance(self.ratio, str) else self.ratio,
            variance_days=float(self.ratio_memory_days) if learnt else None,
            band=band.policy(),
            optimal=told.policy() if told else None,
            rebalance_to=float(self.rebalance_to),
            rebalance_to_below=(
                None if self.rebalance_to_lower is None else float(self.rebalance_to_lower)
            ),
            age_ms_max=None if self.rebalance_age_s is None else milliseconds(self.rebalance_age_s),
            move_max=None if self.rebalance_move is None else float(self.rebalance_move),
            beta=self.hedge_with.beta if self.hedge_with else None,
            instruments=tuple(InstrumentId(text) for text in self.instruments),
            order=self.order.policy(),
        )


class HoldingTable(BaseModel):
    """Coins kept elsewhere."""

    model_config = TABLE

    asset: Asset
    """The coin."""
    label: Label
    """A name of your own; `hedgebot holdings set` uses it."""
    qty: Exact
    """Coins; negative where they are owed."""

    def policy(self) -> OutsideHolding:
        """The same, for the decision."""
        return OutsideHolding(asset=self.asset, label=self.label, qty=self.qty)


class AliasTable(BaseModel):
    """A wrapped or staked coin that counts as another."""

    model_config = TABLE

    asset: Asset
    """The coin it counts as."""
    rate: Positive
    """Coins of `asset` for one of this."""

    def policy(self) -> Alias:
        """The same, for the decision."""
        return Alias(asset=self.asset, rate=self.rate)
