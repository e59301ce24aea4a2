"""Rows of the futures income listing as postings: every change of a futures wallet is one. Pure.

The listing is the only source for a futures wallet: executions tell profit and fee as well, and
funding comes by the stream without an id, but two sources of one change would need guessing.
Its `tranId` is unique within one income type only, and one trade has a row of profit and one of
commission; so type, id, symbol, trade and time together name a row.
"""

from collections.abc import Mapping

from hedgebot.adapters.binance.names import UNREADABLE, Names, Raw, moment, number, unreadable
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.ledger import Posting, PostingCause, RecordSource

CAUSES: Mapping[str, PostingCause] = {
    "REALIZED_PNL": PostingCause.TRADE,
    "DELIVERED_SETTELMENT": PostingCause.TRADE,  # the venue's spelling
    "OPTIONS_PREMIUM_FEE": PostingCause.TRADE,
    "OPTIONS_SETTLE_PROFIT": PostingCause.TRADE,
    "COMMISSION": PostingCause.FEE,
    "COMMISSION_REBATE": PostingCause.FEE,
    "API_REBATE": PostingCause.FEE,
    "REFERRAL_KICKBACK": PostingCause.FEE,
    "FEE_RETURN": PostingCause.FEE,
    "POSITION_LIMIT_INCREASE_FEE": PostingCause.FEE,
    "FUNDING_FEE": PostingCause.FUNDING,
    "TRANSFER": PostingCause.TRANSFER,
    "INTERNAL_TRANSFER": PostingCause.TRANSFER,
    "CROSS_COLLATERAL_TRANSFER": PostingCause.TRANSFER,
    "STRATEGY_UMFUTURES_TRANSFER": PostingCause.TRANSFER,
    "INSURANCE_CLEAR": PostingCause.LIQUIDATION,
    "BFUSD_REWARD": PostingCause.INTEREST,
    "AUTO_EXCHANGE": PostingCause.ADJUSTMENT,
    "COIN_SWAP_DEPOSIT": PostingCause.ADJUSTMENT,
    "COIN_SWAP_WITHDRAW": PostingCause.ADJUSTMENT,
    "WELCOME_BONUS": PostingCause.ADJUSTMENT,
    "CONTEST_REWARD": PostingCause.ADJUSTMENT,
}
"""Source: Binance, USDT-M, income history. A type that is not here is kept without a cause."""

FUNDING_LATE_MS = 60_000
"""Funding is dated by its settlement time and paid within a minute of it."""


def posting(row: Raw, names: Names, *, at_ms: int, seen_ms: int) -> Posting:
    """One row.

    Args:
        row: as the venue wrote it.
        names: of the entry.
        at_ms: our clock.
        seen_ms: the venue's clock when the row was told: the wallet had changed by then.

    Raises:
        Unsupported: unreadable.
    """
    try:
        kind, symbol = str(row["incomeType"]), str(row.get("symbol") or "")
        venue_ms = moment(row["time"])
        late_ms = FUNDING_LATE_MS if kind == "FUNDING_FEE" else 0
        trade = str(row.get("tradeId") or "")
        return Posting(
            at_ms=at_ms,
            wallet=names.wallet,
            asset=str(row["asset"]),
            change=number(row["income"]),
            cause=CAUSES.get(kind),
            source=RecordSource.INCOME,
            word=kind,
            ref=f"{row['tranId']}:{symbol}:{trade}:{venue_ms}",
            instrument=_instrument(symbol, names),
            venue_ms=venue_ms,
            until_ms=max(venue_ms, min(venue_ms + late_ms, seen_ms)),
        )
    except UNREADABLE as error:
        unreadable(names.venue, "income", error)


def _instrument(symbol: str, names: Names) -> InstrumentId | None:
    """A delisted market has no name of ours: its rows are posted all the same."""
    return names.instrument(symbol) if symbol in names.markets else None
