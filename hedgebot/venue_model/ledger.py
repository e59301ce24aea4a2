"""The append-only ledger: every balance change with its cause. An oracle can judge from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Cause(StrEnum):
    """Why a balance changed."""

    OPENING = "opening"
    """What the wallet held when the exchange started."""
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    TRADE = "trade"
    """Spot only: coins and quote changing hands."""
    FEE = "fee"
    REALIZED_PNL = "realized pnl"
    FUNDING = "funding"
    INTEREST = "interest"
    """Rewards and distributions that the venue pays into the spot wallet."""
    LIQUIDATION_FEE = "liquidation fee"
    INSURANCE = "insurance"
    """The insurance fund lifts a negative wallet to zero."""


class WalletName(StrEnum):
    """The wallets of the modelled account."""

    SPOT = "spot"
    FUTURES = "futures"
    """USDT-M."""
    COIN_FUTURES = "coin-futures"
    """COIN-M."""
    FUNDING = "funding"
    EARN = "earn"
    """Flexible: no fixed term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One balance change. `change` is signed; `balance` is the total after it."""

    seq: int
    at_ms: int
    wallet: WalletName
    asset: str
    change: Decimal
    balance: Decimal
    cause: Cause
    symbol: str = ""
    ref: int = 0
    """Trade id, transfer id, or the time of the funding settlement."""


@dataclass(slots=True)
class Ledger:
    """Rows in order. Wallets write here and nowhere else."""

    now: Callable[[], int]
    rows: list[Row] = field(default_factory=list)

    def sums(self, wallet: WalletName) -> dict[str, Decimal]:
        """What a wallet must hold, added up from its rows."""
        found: dict[str, Decimal] = {}
        for row in self.rows:
            if row.wallet is wallet:
                found[row.asset] = found.get(row.asset, ZERO) + row.change
        return found


@dataclass(slots=True)
class Wallet:
    """Totals by asset, and what open orders lock of them (spot only)."""

    name: WalletName
    ledger: Ledger
    totals: dict[str, Decimal] = field(default_factory=dict)
    locked: dict[str, Decimal] = field(default_factory=dict)
    updated: dict[str, int] = field(default_factory=dict)
    """When each total last changed, by the venue's clock, ms."""

    def free(self, asset: str) -> Decimal:
        """Total less locked."""
        return self.totals.get(asset, ZERO) - self.locked.get(asset, ZERO)

    def change(
        self, asset: str, change: Decimal, cause: Cause, *, symbol: str = "", ref: int = 0
    ) -> None:
        """Change a total and write why. A change of zero leaves no row."""
        balance = self.totals[asset] = self.totals.get(asset, ZERO) + change
        if not change:
            return
        rows = self.ledger.rows
        now = self.updated[asset] = self.ledger.now()
        rows.append(
            Row(
                seq=len(rows) + 1,
                at_ms=now,
                wallet=self.name,
                asset=asset,
                change=change,
                balance=balance,
                cause=cause,
                symbol=symbol,
                ref=ref,
            )
        )

    def lock(self, asset: str, qty: Decimal) -> None:
        """Set aside for an open order; negative releases."""
        self.locked[asset] = self.locked.get(asset, ZERO) + qty
        assert self.locked[asset] >= 0, "released more than was locked"
