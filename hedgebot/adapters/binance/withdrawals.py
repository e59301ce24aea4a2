"""Records of coins that were withdrawn from the spot wallet."""

from datetime import UTC, datetime

from hedgebot.adapters.binance import allowed
from hedgebot.adapters.binance.names import UNREADABLE, Raw, moment, number, unreadable
from hedgebot.adapters.binance.rest import Rest
from hedgebot.domain.actions import ReadWithdrawals
from hedgebot.domain.events import WithdrawalsRead, WithdrawalsUnread
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState
from hedgebot.errors import VenueError

WITHIN_S = 4.5
"""The shell gives a reading 5 s."""
ROWS_MAX = 1_000
SPAN_MS = 89 * 24 * 3_600_000
"""Longest reach of one request. Source: Binance, withdraw history: less than 90 days."""
STATES = {
    1: WithdrawalState.FAILED,  # cancelled
    3: WithdrawalState.FAILED,  # rejected
    5: WithdrawalState.FAILED,  # failure
    6: WithdrawalState.DONE,
}
"""All others are on their way: 0 email sent, 2 awaiting approval, 4 processing.
Source: Binance, withdraw history."""
SPOT_WALLET = 0
"""`walletType`; 1 is the funding wallet, which is not counted."""


async def read_withdrawals(
    rest: Rest, request: ReadWithdrawals
) -> WithdrawalsRead | WithdrawalsUnread:
    """Read the records since that time; an entry or a network without them says so."""
    if rest.options.futures:
        return WithdrawalsUnread(request.venue, "nothing is withdrawn from a futures wallet")
    requested_ms = rest.clock.clock.now_ms()
    since_ms = max(request.since_ms, rest.clock.now_ms() - SPAN_MS)
    params = {"startTime": since_ms, "limit": ROWS_MAX}
    try:
        rows = await rest.read_rows(allowed.WITHDRAWALS, params, within_s=WITHIN_S)
        found = tuple(_record(request.venue, row) for row in rows if _of_spot(row))
    except VenueError as error:
        return WithdrawalsUnread(request.venue, str(error))
    return WithdrawalsRead(request.venue, requested_ms, found)


def _of_spot(row: Raw) -> bool:
    """Older records, and other venues, name no wallet."""
    return str(row.get("walletType") or SPOT_WALLET) == str(SPOT_WALLET)


def _record(venue: str, row: Raw) -> Withdrawal:
    try:
        return Withdrawal(
            record_id=str(row["id"]),
            coin=str(row["coin"]),
            qty=number(row["amount"]),
            fee=number(row.get("transactionFee") or 0),
            state=STATES.get(int(row["status"]), WithdrawalState.OPEN),
            applied_ms=_time(row["applyTime"]),
        )
    except UNREADABLE as error:
        unreadable(venue, "withdrawal record", error)


def _time(value: object) -> int:
    """UTC, as a date and time, to the second; or ms, as the venue's other times."""
    if isinstance(value, str) and "-" in value:
        return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()) * 1_000
    return moment(value)
