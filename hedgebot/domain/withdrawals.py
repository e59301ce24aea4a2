"""Withdrawals, as the venue records them."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class WithdrawalState(StrEnum):
    """How far a withdrawal is, as the venue's record of it says."""

    OPEN = "open"
    """Under way: it may still fail."""
    DONE = "done"
    FAILED = "failed"
    """Cancelled, rejected or failed: the coins come back into the wallet."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One record of coins that were withdrawn from the spot wallet."""

    record_id: str
    coin: str
    """The venue's asset code."""
    qty: Decimal
    """As recorded; venues differ in whether the fee is in it."""
    fee: Decimal
    """Kept by the venue, in the same coin: it arrives nowhere."""
    state: WithdrawalState
    applied_ms: int
    """The venue's time of the request, whole seconds: the wallet changed then."""
