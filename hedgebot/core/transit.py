"""Withdrawn coins that still count (invariant 1b; docs/adr/0010).

A decrease of a wallet that the venue's withdrawal record explains stays in the delta for
`transit_hold_ms`, or until somebody says where the coins are.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hedgebot.core import exposure, wording
from hedgebot.core.books import NEVER, ZERO
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.core.timers import Timer
from hedgebot.core.withdrawals import name_of
from hedgebot.domain.actions import Severity
from hedgebot.domain.records import TransitEnd, TransitKept, TransitMarkKept
from hedgebot.domain.withdrawals import Withdrawal

KNOWN_MAX = 10_000
TIMER = Timer("transit", "")


def hold(
    state: State, policy: Policy, record: Withdrawal, fx: Effects, *, venue: str, debit: Decimal
) -> TransitKept:
    """Count the coins of a withdrawal from now on: what left the wallet, less the fee."""
    asset, _ = policy.stands_for(record.coin)
    row = TransitKept(
        at_ms=fx.now,
        venue=venue,
        record_id=record.record_id,
        coin=record.coin,
        qty=max(debit - record.fee, ZERO),
        debit=debit,
        since_ms=fx.now,
        outside=exposure.outside(state, policy, asset),
    )
    used = state.ledger.transit.used
    used[name_of(venue, record.record_id)] = fx.now
    if len(used) > KNOWN_MAX:
        del used[next(iter(used))]
    keep(state, row, fx)
    state.wakes.timers.ask(TIMER, ends_ms(policy, row))
    state.wakes.move(asset)
    return row


def keep(state: State, row: TransitKept, fx: Effects) -> None:
    """How an item stands now."""
    state.ledger.transit.held[name_of(row.venue, row.record_id)] = row
    fx.keep(row)


def end(
    state: State,
    policy: Policy,
    item: TransitKept,
    fx: Effects,
    *,
    why: TransitEnd,
    at_ms: int | None = None,
) -> None:
    """The coins are in transit no more, since `at_ms` (now)."""
    del state.ledger.transit.held[name_of(item.venue, item.record_id)]
    fx.keep(replace(item, at_ms=fx.now if at_ms is None else at_ms, end=why))
    state.wakes.move(policy.stands_for(item.coin)[0])


def tell(
    state: State,
    policy: Policy,
    item: TransitKept,
    fx: Effects,
    *,
    severity: Severity,
    text: str,
    over: bool = False,
) -> None:
    """One line about a withdrawal, which is a cause of what the hedge does next, too.

    `over`: its coins count where they are now, and nobody need say where.
    """
    name = f"{item.venue}/{item.record_id}"
    fx.tell(severity, f"transit-over:{name}" if over else f"transit:{name}", text)
    wording.note_cause(state.hedges[policy.stands_for(item.coin)[0]], text)


def named(item: TransitKept) -> str:
    """`3 BTC of withdrawal w7 from spot`."""
    return f"{item.qty.normalize():f} {item.coin} of withdrawal {item.record_id} from {item.venue}"


def ends_ms(policy: Policy, item: TransitKept) -> int:
    """Our clock: when it counts no more, by the settings of now."""
    return item.since_ms + policy.limits.transit_hold_ms


def expire(state: State, policy: Policy, fx: Effects) -> None:
    """What was held for long enough counts no more, and a person is told."""
    for item in list(state.ledger.transit.held.values()):
        if ends_ms(policy, item) <= fx.now:
            end(state, policy, item, fx, why=TransitEnd.EXPIRED)
            held_s = policy.limits.transit_hold_ms // 1000
            text = f"{named(item)} counts no more: {held_s} s are over and nobody said where it is"
            tell(state, policy, item, fx, severity=Severity.WARNING, text=text)


def in_words(state: State, policy: Policy, asset: str, now: int) -> str:
    """What of the asset is in transit, and for how long it counts; empty: nothing."""
    return "; ".join(
        f"{named(item)} still counts, for {max(ends_ms(policy, item) - now, 0) // 1000} s"
        for item in held(state, policy, asset)
    )


def held(state: State, policy: Policy, asset: str) -> Iterator[TransitKept]:
    """Items of an asset, aliases included, oldest first."""
    for item in state.ledger.transit.held.values():
        if policy.stands_for(item.coin)[0] == asset:
            yield item


def coins(policy: Policy, item: TransitKept) -> Decimal:
    """Of the asset that it counts as."""
    return item.qty * policy.stands_for(item.coin)[1]


def mark(state: State, venue: str, coin: str, fx: Effects, *, venue_ms: int) -> None:
    """Records up to that venue time are held no more; of every coin where `coin` is empty."""
    marks = state.ledger.transit.marks
    if marks.get((venue, coin), NEVER) != venue_ms:
        marks[venue, coin] = venue_ms
        fx.keep(TransitMarkKept(venue, coin, venue_ms))
