"""What a change of a wallet is, as the venue's withdrawal records tell (docs/adr/0010).

A ripe decrease waits for its record, for `SEARCH_MS_MAX` at most, so that a withdrawal is not
traded to and fro; a ripe increase waits for the word on withdrawals that may have failed. What is
explained is settled at once, and so is what has nothing to do with those that wait; nothing that is
older than an amount given up waits any longer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto

from hedgebot.core import arrivals, balances, transit, withdrawals, wording
from hedgebot.core.books import ZERO, AssetBook, Pending
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy, VenuePolicy
from hedgebot.core.state import State
from hedgebot.domain.actions import Severity
from hedgebot.domain.records import TransitEnd, TransitKept
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState

SEARCH_MS_MAX = 20_000
"""Shorter than what makes a hedge naked (30 s), longer than a record takes to appear."""


NO_RECORD = "no withdrawal record explains it"


class Found(Enum):
    """What is known of one amount."""

    FREE = auto()
    """Nothing has to be looked for."""
    EXPLAINED = auto()
    WAITS = auto()
    GIVEN_UP = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """One amount of a wallet whose records can be read."""

    state: State
    policy: Policy
    fx: Effects
    book: AssetBook
    venue: str
    pending: Pending
    cancelled: bool
    """Together the account's amounts come to nothing: nobody need be told."""

    @property
    def overdue(self) -> bool:
        """Whether it was looked for long enough."""
        began_ms = self.pending.searched_ms
        return began_ms is not None and self.fx.now - began_ms >= SEARCH_MS_MAX


def settleable(
    state: State, policy: Policy, book: AssetBook, ripe: list[Pending], *, fx: Effects
) -> list[Pending]:
    """Those of the ripe amounts that may be settled now. Coins that their records explain are in
    transit, or back from it, from this moment on: the caller settles in the same step.
    """
    venue = _teller(policy, book.account)
    if venue is None:
        return ripe
    cancelled = balances.net_of(ripe) == ZERO
    found: list[tuple[Pending, Found]] = []
    for each in ripe:
        pending, word = each, Found.FREE
        if _concerned(each, ripe, venue):
            if pending.searched_ms is None:
                pending = balances.search_begins(book, each, fx.now)
            word = _look(Case(state, policy, fx, book, venue.name, pending, cancelled))
        found.append((pending, word))
    if all(word is not Found.WAITS for _, word in found):
        return [pending for pending, _ in found]
    over_ms = max((p.since_ms for p, word in found if word is Found.GIVEN_UP), default=-1)
    lost = [p for p, word in found if word is Found.WAITS and p.amount < ZERO]
    return [
        pending
        for pending, word in found
        if word is Found.EXPLAINED
        or pending.since_ms <= over_ms
        or (word is Found.FREE and not _bound(pending, lost))
    ]


def look_ahead(
    state: State, policy: Policy, book: AssetBook, lasting: list[Pending], *, fx: Effects
) -> None:
    """Look for the records of what lasted, and of which something opposite must be awaited: both
    together would be too long.
    """
    venue = _teller(policy, book.account)
    if venue is None:
        return
    for each in lasting:
        if each.amount < ZERO and _concerned(each, book.pending, venue):
            began = each.searched_ms is not None
            pending = each if began else balances.search_begins(book, each, fx.now)
            _ask(Case(state, policy, fx, book, venue.name, pending, cancelled=False))


def _bound(pending: Pending, lost: list[Pending]) -> bool:
    """Whether it may belong to coins whose record is still looked for: their return, or a fill."""
    if pending.from_fill or pending.amount < ZERO:
        return pending.from_fill
    left = [
        (each, -each.amount)
        for each in lost
        if each.wallet == pending.wallet and each.since_ms <= pending.since_ms
    ]
    _, rest = withdrawals.closest(pending.amount, left)
    return withdrawals.is_near(rest, pending.amount)


def _teller(policy: Policy, account: str) -> VenuePolicy | None:
    if not policy.limits.transit_hold_ms:
        return None
    mine = (venue for venue in policy.venues if venue.account == account)
    return next((venue for venue in mine if venue.tells_withdrawals), None)


def _concerned(pending: Pending, ripe: list[Pending], venue: VenuePolicy) -> bool:
    """Whether it may be a withdrawal, or one that came back: not a fill, not half a transfer."""
    halves = (p for p in ripe if p.wallet != pending.wallet and p.amount == -pending.amount)
    return pending.wallet in venue.wallets and not pending.from_fill and not any(halves)


def _look(case: Case) -> Found:
    return _left(case) if case.pending.amount < ZERO else _came(case)


def _left(case: Case) -> Found:
    """Coins left the wallet: by which withdrawals?"""
    pending, lost, coin = case.pending, -case.pending.amount, case.book.asset
    back = any(p.amount == lost and p.wallet == pending.wallet for p in case.book.pending)
    records = withdrawals.unused(case.state, case.venue, pending, coin, failed_too=back)
    taken, rest = withdrawals.explained(lost, records)
    whole = bool(taken) and withdrawals.is_near(rest, lost)
    if not whole and not case.overdue:
        _ask(case)
        return Found.WAITS
    for record, debit in taken:
        row = transit.hold(case.state, case.policy, record, case.fx, venue=case.venue, debit=debit)
        hold_s = case.policy.limits.transit_hold_ms // 1000
        text = f"{transit.named(row)} is in transit: it still counts, for {hold_s} s"
        transit.tell(case.state, case.policy, row, case.fx, severity=Severity.INFO, text=text)
    if taken:
        asset, _ = case.policy.stands_for(coin)
        since_ms = pending.since_ms
        arrivals.told_already(case.state, case.policy, asset, case.fx, since_ms=since_ms)
    if whole:
        return Found.EXPLAINED
    _give_up(case, rest)
    _end_failed(case, _failed(case) if pending.merged else [])
    return Found.GIVEN_UP


def _give_up(case: Case, rest: Decimal) -> None:
    """No record came: it is traded, and a record that comes later is held no more."""
    pending, book = case.pending, case.book
    said_ms = pending.venue_ms or pending.since_ms
    transit.mark(case.state, case.venue, book.asset, case.fx, venue_ms=said_ms)
    if case.cancelled:
        return
    what = f"{wording.coins(-rest)} {book.asset} left account {book.account}"
    trouble = case.state.ledger.transit.searches[case.venue].trouble
    why = f"the withdrawal records cannot be read ({trouble})" if trouble else NO_RECORD
    text = f"{what}, and {why}: it counts no more"
    case.fx.tell(Severity.WARNING, f"unexplained:{book.account}/{book.asset}", text)


def _came(case: Case) -> Found:
    """Coins came into the wallet: of withdrawals that failed?"""
    records = withdrawals.answer_since(case.state, case.venue, case.pending.since_ms)
    items = _may_be_back(case, records or ())
    if not items:
        return Found.FREE
    states = {record.record_id: record.state for record in records or ()}
    failed = _failed(case)
    back = _back(case.pending.amount, failed)
    for item in back:
        _returned(case, item, Severity.INFO, "the withdrawal failed")
    if back:
        return Found.EXPLAINED
    suspects = [
        item
        for item in items
        if states.get(item.record_id) is not WithdrawalState.DONE
        and any(withdrawals.is_near(case.pending.amount - q, q) for q in (item.debit, item.qty))
    ]
    if records is not None and not suspects and not failed:
        return Found.FREE
    if not case.overdue:
        _ask(case)
        return Found.WAITS
    _end_failed(case, failed)
    for item in suspects[:1] if not failed else ():
        _returned(case, item, Severity.WARNING, "so many came back, though no record says so")
    return Found.GIVEN_UP


def _failed(case: Case) -> list[TransitKept]:
    """What of it failed, as the records tell that were read since."""
    records = withdrawals.answer_since(case.state, case.venue, case.pending.since_ms) or ()
    over = {each.record_id for each in records if each.state is WithdrawalState.FAILED}
    return [item for item in _may_be_back(case, records) if item.record_id in over]


def _end_failed(case: Case, failed: list[TransitKept]) -> None:
    """Their coins have been back for long, in a change that shows something else too."""
    for item in failed:
        _returned(case, item, Severity.WARNING, "it failed, and came with something else")


def _may_be_back(case: Case, records: Iterable[Withdrawal]) -> list[TransitKept]:
    """What is in transit from that wallet, but for what was asked for after the coins came."""
    latest_ms = withdrawals.latest_ms(case.pending)
    later = {record.record_id for record in records if record.applied_ms > latest_ms}
    return [
        item
        for item in case.state.ledger.transit.held.values()
        if (item.venue, item.coin) == (case.venue, case.book.asset) and item.record_id not in later
    ]


def _back(came: Decimal, failed: list[TransitKept]) -> list[TransitKept]:
    """Which of them came back: with the fee, or without where a start took it for outside."""
    ways = (
        withdrawals.closest(came, [(item, item.debit) for item in failed]),
        withdrawals.closest(came, [(item, item.qty) for item in failed]),
    )
    parts, _ = min(ways, key=lambda way: abs(way[1]))
    return [item for item, _ in parts]


def _returned(case: Case, item: TransitKept, severity: Severity, why: str) -> None:
    state, policy, fx = case.state, case.policy, case.fx
    transit.end(state, policy, item, fx, why=TransitEnd.RETURNED)
    text = f"{transit.named(item)} is back in the wallet: {why}"
    transit.tell(state, policy, item, fx, severity=severity, text=text, over=True)


def _ask(case: Case) -> None:
    held = case.state.ledger.transit.held.values()
    oldest_ms = min((item.since_ms for item in held), default=case.fx.now)
    said_ms = case.pending.venue_ms or case.pending.since_ms
    withdrawals.ask(case.state, case.venue, min(oldest_ms, said_ms), case.fx)
