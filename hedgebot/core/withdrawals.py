"""The venue's withdrawal records: read at a pace, and compared with what left a wallet."""

from decimal import Decimal
from itertools import combinations
from typing import TypeVar

from hedgebot.core.books import ZERO, Pending, RecordSearch
from hedgebot.core.effects import Effects
from hedgebot.core.reconciliation import SKEW_MS
from hedgebot.core.state import State
from hedgebot.domain.actions import ReadWithdrawals
from hedgebot.domain.events import WithdrawalsRead, WithdrawalsUnread
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState

T = TypeVar("T")
Part = tuple[T, Decimal]
"""Something, and the coins that it stands for."""

PAUSE_MS = 1_000
PAUSE_MS_MAX = 4_000
"""Pauses between two readings double up to this: seven readings in 20 s."""
FRESH_MS = 60_000
"""After so long without a reading the pauses begin anew."""
RESULT_MS_MAX = 15_000
"""A reading without any result for so long is a fault of ours, and counts as failed."""
SLACK_MS = 600_000
"""A record may be so much older than its decrease: an approval may lie between them."""
NEAR = Decimal("0.001")
"""So much of an amount may be something else: interest that a re-read merged into it."""
LATER_MS = 1_000
"""And so much younger than what the stream says of the wallet: two of the venue's services."""
COMBINED_MAX = 8
"""Records, the newest ones, of which sums are made."""


def name_of(venue: str, record_id: str) -> str:
    """What a record is called here: ids are the venue's own."""
    return f"{venue}/{record_id}"


def ask(state: State, venue: str, since_ms: int, fx: Effects) -> None:
    """Read the records since that venue time, unless they are being read or were a moment ago."""
    search = state.ledger.transit.searches.setdefault(venue, RecordSearch())
    age_ms = fx.now - search.asked_ms
    if search.under_way and age_ms < RESULT_MS_MAX:
        return
    if age_ms > FRESH_MS:
        search.attempts = 0
    elif age_ms < pause_ms(search):
        return
    search.under_way, search.asked_ms = True, fx.now
    search.attempts += 1
    fx.add(ReadWithdrawals(venue, max(0, since_ms - SLACK_MS)))


def pause_ms(search: RecordSearch) -> int:
    """From the last reading to the next."""
    return min(PAUSE_MS << min(max(search.attempts - 1, 0), 8), PAUSE_MS_MAX)


def heard(state: State, event: WithdrawalsRead | WithdrawalsUnread) -> None:
    """A reading has ended: with the records, or with nothing."""
    search = state.ledger.transit.searches.setdefault(event.venue, RecordSearch())
    search.under_way = False
    if isinstance(event, WithdrawalsRead):
        search.answer, search.trouble = event, ""
    else:
        search.trouble = event.reason


def answer_since(state: State, venue: str, since_ms: int) -> tuple[Withdrawal, ...] | None:
    """The records as they were after that time of our clock; None: not read since."""
    search = state.ledger.transit.searches.get(venue)
    if search is None or search.answer is None or search.answer.requested_ms <= since_ms:
        return None
    return search.answer.withdrawals


def answered(state: State, venue: str) -> dict[str, Withdrawal]:
    """The records as they were last told, by the venue's id."""
    search = state.ledger.transit.searches.get(venue)
    records = search.answer.withdrawals if search is not None and search.answer else ()
    return {record.record_id: record for record in records}


def unused(
    state: State, venue: str, pending: Pending, coin: str, *, failed_too: bool
) -> list[Withdrawal]:
    """Records of that coin that may explain a decrease and explain nothing else.

    None from after it: a withdrawal takes coins when it is asked for, or later.
    """
    transit = state.ledger.transit
    oldest_ms = (pending.venue_ms or pending.since_ms) - SLACK_MS
    started_ms = transit.marks.get((venue, ""), 0) - SKEW_MS  # by our clock
    mark_ms = max(started_ms, transit.marks.get((venue, coin), 0))
    found = [
        each
        for each in answered(state, venue).values()
        if each.coin == coin
        and (failed_too or each.state is not WithdrawalState.FAILED)
        and oldest_ms <= each.applied_ms <= latest_ms(pending)
        and each.applied_ms > mark_ms
        and name_of(venue, each.record_id) not in transit.used
    ]
    return sorted(found, key=lambda each: (each.applied_ms, each.record_id))


def latest_ms(pending: Pending) -> int:
    """Records from after that venue time have nothing to do with a change of a wallet.

    The stream dates the change itself, a re-read the row, if anything.
    """
    if pending.venue_ms and not pending.merged:
        return pending.venue_ms + LATER_MS
    return max(pending.venue_ms, pending.since_ms) + SKEW_MS


def explained(lost: Decimal, records: list[Withdrawal]) -> tuple[list[Part[Withdrawal]], Decimal]:
    """The records whose coins come closest to what left a wallet, with what each took from it.

    The documents do not say whether the fee is in a record's quantity. The wallet does.
    """
    with_fee = closest(lost, [(each, each.qty + each.fee) for each in records])
    without = closest(lost, [(each, each.qty) for each in records])
    return without if abs(without[1]) < abs(with_fee[1]) else with_fee


def closest(
    whole: Decimal, parts: list[Part[T]], slack: Decimal = NEAR
) -> tuple[list[Part[T]], Decimal]:
    """The parts whose sum comes closest to the whole and is not beyond it, and what is left.

    Args:
        whole: positive.
        parts: of too many the newest, which are last, count.
        slack: by this fraction of the whole the sum may be beyond it.
    """
    best: list[Part[T]] = []
    left = whole
    parts = parts[-COMBINED_MAX:]
    for count in range(1, len(parts) + 1):
        for some in combinations(parts, count):
            rest = whole - sum((coins for _, coins in some), ZERO)
            if rest >= -whole * slack and abs(rest) < abs(left):
                best, left = list(some), rest
    return best, left


def is_near(left: Decimal, whole: Decimal, slack: Decimal = NEAR) -> bool:
    """Whether nothing of the whole is left that matters."""
    return abs(left) <= abs(whole) * slack
