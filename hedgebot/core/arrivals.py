"""Withdrawn coins that arrived: what somebody says is elsewhere now (docs/adr/0010).

A rise of the coins kept elsewhere ends the withdrawals in about whose quantity it is. It may be of
others too, which count for nothing: one that is not confirmed yet, or one that was traded because
its record came late.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hedgebot.core import exposure, transit
from hedgebot.core.books import NEVER, ZERO, Pending, Rise
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy, VenuePolicy
from hedgebot.core.state import State
from hedgebot.core.withdrawals import answered, closest, is_near, name_of
from hedgebot.domain.actions import Severity
from hedgebot.domain.records import TransitEnd, TransitKept
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState

ABOUT = Decimal("0.01")
"""By so much a quantity that a person tells may differ from the coins that arrived."""
RISES_MAX = 16
Part = tuple[TransitKept | Pending | Withdrawal, Decimal]
"""A withdrawal that counts, one that is not confirmed yet, or one that never counted; with its
coins of the hedged asset."""


def told(
    state: State, policy: Policy, asset: str, fx: Effects, *, rise: Decimal, where: str
) -> None:
    """The coins kept elsewhere rose: what was withdrawn in about that quantity is among them."""
    if rise > ZERO:
        rises = state.ledger.transit.rises
        rises += _left(state, policy, Rise(asset, fx.now, rise, where), fx)
        del rises[:-RISES_MAX]
    outside = exposure.outside(state, policy, asset)
    for item in list(transit.held(state, policy, asset)):
        if item.outside != outside:
            transit.keep(state, replace(item, at_ms=fx.now, outside=outside), fx)


def told_already(state: State, policy: Policy, asset: str, fx: Effects, *, since_ms: int) -> None:
    """Coins are in transit whose record came late: somebody may have said since then where they
    are.
    """
    rises: list[Rise] = []
    for rise in state.ledger.transit.rises:
        concerned = rise.asset == asset and rise.at_ms >= since_ms
        rises += _left(state, policy, rise, fx) if concerned else [rise]
    state.ledger.transit.rises = rises


def elsewhere(
    state: State, policy: Policy, coin: str, fx: Effects, *, rise: Decimal, account: str
) -> None:
    """Coins came into an account: those withdrawn from another, in about that quantity."""
    asset, rate = policy.stands_for(coin)
    parts: list[Part] = [
        (item, coins)
        for item, coins in _counting(state, policy, asset)
        if policy.venue(item.venue).account != account
    ]
    _end(state, policy, parts, Rise(asset, fx.now, rise * rate, f"account {account}"), fx=fx)


def _left(state: State, policy: Policy, rise: Rise, fx: Effects) -> list[Rise]:
    """End what the rise explains; what of it nothing explains yet."""
    counting: list[Part] = list(_counting(state, policy, rise.asset))
    beside = [*_uncounted(state, policy, rise), *_unconfirmed(state, policy, rise)]
    for parts in (counting, [*beside, *counting]):
        found = _end(state, policy, parts, rise, fx=fx)
        if found:
            known = (coins for each, coins in found if not isinstance(each, Pending))
            later = any(isinstance(each, Pending) for each, _ in found)
            return [rise._replace(coins=rise.coins - sum(known, ZERO))] if later else []
    return [rise]


def _counting(state: State, policy: Policy, asset: str) -> Iterator[tuple[TransitKept, Decimal]]:
    """What is in transit, but for what failed: that arrives nowhere."""
    for item in transit.held(state, policy, asset):
        record = answered(state, item.venue).get(item.record_id)
        if record is None or record.state is not WithdrawalState.FAILED:
            yield item, transit.coins(policy, item)


def _unconfirmed(state: State, policy: Policy, rise: Rise) -> Iterator[Part]:
    """Decreases that are still pending, which may be withdrawals."""
    for venue in _tellers(policy):
        for (account, coin), book in state.ledger.assets.items():
            asset, rate = policy.stands_for(coin)
            if (account, asset) == (venue.account, rise.asset):
                for each in book.pending:
                    lost = each.amount < ZERO and not each.from_fill
                    if lost and each.wallet in venue.wallets and each.since_ms <= rise.at_ms:
                        yield each, -each.amount * rate


def _uncounted(state: State, policy: Policy, rise: Rise) -> Iterator[Part]:
    """Withdrawals whose record came too late to be held."""
    room = state.ledger.transit
    for venue in _tellers(policy):
        for record in answered(state, venue.name).values():
            asset, rate = policy.stands_for(record.coin)
            mark_ms = max(room.marks.get((venue.name, coin), NEVER) for coin in ("", record.coin))
            used = name_of(venue.name, record.record_id) in room.used
            failed = record.state is WithdrawalState.FAILED
            if asset == rise.asset and record.applied_ms <= mark_ms and not used and not failed:
                yield record, record.qty * rate


def _tellers(policy: Policy) -> Iterator[VenuePolicy]:
    return (venue for venue in policy.venues if venue.tells_withdrawals)


def _end(state: State, policy: Policy, parts: list[Part], rise: Rise, *, fx: Effects) -> list[Part]:
    """End what of these parts the rise explains, dated by the rise: that tells later which one was
    used. Returns what it explains; nothing where none of that counts.
    """
    found, left = closest(rise.coins, parts, ABOUT)
    counting = [item for item, _ in found if isinstance(item, TransitKept)]
    if not counting or not is_near(left, rise.coins, ABOUT):
        return []
    for item in counting:
        transit.end(state, policy, item, fx, why=TransitEnd.ARRIVED, at_ms=rise.at_ms)
        text = f"{transit.named(item)} has arrived in {rise.where}"
        transit.tell(state, policy, item, fx, severity=Severity.INFO, text=text, over=True)
    return found
