"""`[limits]`: ages, timers and caps, in units that people use."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from hedgebot.core.policy import Limits
from hedgebot.settings.values import (
    Exact,
    Fraction,
    Positive,
    Seconds,
    Whole,
    milliseconds,
)
from hedgebot.settings.venue_tables import TABLE

Age = Annotated[Whole, Field(ge=100, le=60_000)]


class LimitsTable(BaseModel):
    """Ages, timers and caps. The defaults are meant to be kept."""

    model_config = TABLE

    mark_age_ms_max: Age = 10_000
    """Oldest mark price that may be traded on."""
    touch_age_ms_max: Age = 10_000
    """Oldest best bid and ask that may be traded on."""
    account_age_ms_max: Age = 10_000
    """Longest silence of an account socket, pongs included, that may be traded on."""
    audit_every_s: Annotated[Seconds, Field(ge=1, le=3_600)] = Decimal(30)
    """Pause between two REST sweeps of balances, positions and open orders."""
    audit_ms_max: Age = 10_000
    """A wallet with an unexplained change that cannot be read for so long is an alert."""
    balance_settle_ms: Annotated[Whole, Field(ge=0, le=60_000)] = 1_500
    """How long an unexplained balance change must last before it is traded on."""
    drift_ms_max: Annotated[Whole, Field(ge=1_000, le=60_000)] = 10_000
    """After so long a position that no fill explains is believed, with an alert."""
    transit_hold_s: Seconds = Decimal(0)
    """How long withdrawn coins still count until `holdings set` tells where they are; 0: not."""
    approval_ms: Annotated[Whole, Field(ge=50, le=5_000)] = 500
    """Life of a decision: an order not written by then is not sent."""
    recv_window_ms: Annotated[Whole, Field(ge=500, le=10_000)] = 3_000
    """How long after its timestamp the venue still takes a signed request."""
    orders_per_minute: Annotated[Whole, Field(ge=1, le=1_200)] = 60
    """Most orders a minute that open a position; shrinking ones are exempt."""
    notional_day: Positive = Decimal(50_000_000)
    """Most notional a day of orders that open a position, in quote currency."""
    collar: Fraction = Decimal("0.02")
    """Largest distance of a limit price from the mark, as a fraction."""
    mark_jump_max: Annotated[Exact, Field(gt=0, le=1)] = Decimal("0.25")
    """A mark that far from the last one, as a fraction, is doubted until two more agree."""
    naked_alert_s: Annotated[Seconds, Field(ge=1, le=3_600)] = Decimal(30)
    """Out of band and unable to trade for so long is a critical alert."""

    def policy(self) -> Limits:
        """Every limit in the decision's own units: ms, and float64 fractions and notional."""
        return Limits(
            mark_age_ms_max=self.mark_age_ms_max,
            touch_age_ms_max=self.touch_age_ms_max,
            account_age_ms_max=self.account_age_ms_max,
            audit_every_ms=milliseconds(self.audit_every_s),
            audit_ms_max=self.audit_ms_max,
            balance_settle_ms=self.balance_settle_ms,
            drift_ms_max=self.drift_ms_max,
            transit_hold_ms=milliseconds(self.transit_hold_s),
            approval_ms=self.approval_ms,
            recv_window_ms=self.recv_window_ms,
            orders_per_minute=self.orders_per_minute,
            notional_day=float(self.notional_day),
            collar=float(self.collar),
            mark_jump_max=float(self.mark_jump_max),
            naked_alert_ms=milliseconds(self.naked_alert_s),
        )
