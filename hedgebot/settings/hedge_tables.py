"""`[[hedges]]`, `[[holdings]]` and `[aliases]`: what is held and what its delta should be."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from hedgebot.core.policy import Alias, Band, BandUnit, HedgePolicy, OrderStyle, OutsideHolding
from hedgebot.domain.instruments import InstrumentId
from hedgebot.settings.values import (
    Asset,
    Exact,
    Fraction,
    Label,
    Positive,
    Ratio,
    Rebalance,
    Seconds,
    milliseconds,
)
from hedgebot.settings.venue_tables import TABLE


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
    ratio: Ratio | None = None
    """Share of the holdings to hedge: "1" is all, "0.5" half; at most "1.5"."""
    band: BandTable
    """Where nothing is done."""
    rebalance_to: Rebalance = Decimal(0)
    """`target`, `edge` of the band, or a number between: "0" is the target, "1" the edge."""
    instruments: Annotated[tuple[str, ...], Field(min_length=1)]
    """`<venue entry>:<symbol>`, in order of preference, like `perp:BTC/USDT:USDT`."""
    order: OrderTable = OrderTable()
    """How it trades."""

    def policy(self) -> HedgePolicy:
        """The hedge as the decision reads it."""
        return HedgePolicy(
            asset=self.asset,
            target=self.target,
            ratio=self.ratio,
            band=self.band.policy(),
            rebalance_to=float(self.rebalance_to),
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
