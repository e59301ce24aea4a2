"""What the books are made of: postings, each from one record of the venue, and wallet readings."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hedgebot.domain.instruments import InstrumentId, WalletId


class PostingCause(StrEnum):
    """Why a wallet changed: exactly one for each posting."""

    TRADE = "trade"
    """Coins and quote changing hands; on futures the profit that an execution realised."""
    FEE = "fee"
    FUNDING = "funding"
    TRANSFER = "transfer"
    """Between wallets of the same owner."""
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    LIQUIDATION = "liquidation"
    """What a liquidation cost beside its trades and fees, or the insurance fund covered."""
    INTEREST = "interest"
    ADJUSTMENT = "adjustment"
    """The venue's own conversions, bonuses and corrections."""


class RecordSource(StrEnum):
    """The venue's listing that a record was read from."""

    INCOME = "income"
    """Every change of a futures wallet."""
    TRADES = "trades"
    """Executions of a spot wallet."""
    DEPOSITS = "deposits"
    WITHDRAWALS = "withdrawals"
    TRANSFERS = "transfers"
    DIVIDENDS = "dividends"
    DUST = "dust"
    """Small balances turned into the venue's own coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What one record of the venue does to one asset of one wallet; kept once."""

    at_ms: int
    """Our clock, when it was read."""
    wallet: WalletId
    asset: str
    change: Decimal
    """Signed coins, exact: received is positive."""
    cause: PostingCause | None
    """None: the venue's word is not known, so it explains nothing until it is."""
    source: RecordSource
    word: str
    """The venue's type of the record, or which part of it this is."""
    ref: str
    """The venue's own id of the record."""
    instrument: InstrumentId | None = None
    venue_ms: int
    """The record's time: the wallet did not change before."""
    until_ms: int
    """The wallet had changed by then."""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same posting when it is told again."""
        return (self.wallet, self.asset, self.source, self.word, self.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletReading:
    """What the venue says a wallet holds; the venue answered between the two times."""

    at_ms: int
    """Our clock."""
    wallet: WalletId
    balances: tuple[tuple[str, Decimal], ...]
    """By asset; one that is missing is zero."""
    from_ms: int
    """The venue's clock, as well as it is known, before the request left."""
    to_ms: int
    """The same after the answer came."""

    def balance(self, asset: str) -> Decimal:
        """Coins of one asset."""
        return dict(self.balances).get(asset, Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMark:
    """How far a listing of one venue entry was read; the row of (venue, source) is replaced."""

    venue: str
    source: RecordSource
    venue_ms: int
    """Every record dated before then, and told by then, is in the journal."""
    served: bool = True
    """False: the venue refuses the listing by name, or this network has none."""
    failure: str = ""
    """Why it was not read further; empty when it was."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """One reading of everything that the venue recorded of one entry's wallet."""

    reading: WalletReading
    postings: tuple[Posting, ...]
    marks: tuple[SourceMark, ...]
