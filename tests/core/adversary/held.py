"""What of the withdrawn coins must count, by the rule of docs/adr/0010 and the true withdrawals."""

from collections.abc import Iterable
from decimal import Decimal as D
from itertools import combinations, product

from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState
from tests.core.adversary.treasury import Taken, Treasury
from tests.core.adversary.truth import ZERO, Change

PENDING_MS = 1_500
"""An amount may be looked for so soon where only one wallet of the account was read yet."""
SETTLE_MS = 3_200
SEARCH_MS = 20_000
SECOND_MS = 2_300
"""Records name whole seconds, of a clock that may be wrong: of what left so shortly before a start
read the wallet nobody can tell whether it left before."""
SURE_MS = 8_000
"""Reads may have been slow before: later nobody was searching any more."""
SLACK_MS = 30_000
"""By so much the end of a hold may be later: it begins when a decrease is confirmed."""
Ends = tuple[D, ...]
"""The order must be right with each of these many coins counted."""


class Held:
    """Follows which records the living daemon was told."""

    def __init__(self, treasury: Treasury, hold_ms: int) -> None:
        self._treasury, self._hold_ms = treasury, hold_ms
        self._told: dict[str, int] = {}
        """By record: when this daemon was first told of it, our clock."""
        self._first: set[str] = set()
        """Records in this daemon's first reading."""
        self._read = False
        self._held: set[str] = set()
        """Records of which an earlier daemon was told in time."""
        self._perhaps: set[str] = set()
        """Records of which an earlier daemon was told just before it was killed: it may have
        counted their coins by then, or not."""
        self._dropped: set[str] = set()
        """Records that came too late for an earlier daemon, or never."""

    def told(self, records: Iterable[Withdrawal], now: int) -> None:
        names = {r.record_id for r in records if r.state is not WithdrawalState.FAILED}
        for name in names:
            self._told.setdefault(name, now)
        if not self._read:
            self._read, self._first = True, names

    def forget(self, now: int) -> None:
        """A new daemon: it knows what the journal kept, and reads the records."""
        for each in self._treasury.taken:
            name = each.record.record_id
            if name in self._told and self._believed(each):
                self._perhaps.add(name)
            if self._believed(each) and now - self._told.get(name, now) > SETTLE_MS:
                self._held.add(name)
            elif name not in self._held and self._given_up(each, now):
                self._dropped.add(name)
        self._told.clear()
        self._first.clear()
        self._read = False

    def arrived(self, chosen: list[Taken], rise: D, now: int) -> None:
        """A person said that so many more are elsewhere: about these, or so many that they might
        be others. Several of which one is still looked for may be told apart later or never.
        """
        whole = sum((each.qty for each in chosen), ZERO)
        known = [t for t in chosen if self._believed(t)]
        clear = abs(rise - whole) <= rise / 100 and (len(chosen) == 1 or known == chosen)
        for each in chosen if clear else ():
            each.arrived_ms = now
        others = [t for t in self._treasury.taken if t.arrived_ms is None]
        for count in range(1, len(others) + 1):
            for some in combinations(others, count):
                if abs(rise - sum((t.qty for t in some), ZERO)) <= rise * D("0.011"):
                    for each in some:
                        each.unsure = True

    def ways(self, out: Iterable[Change], now: int) -> set[Ends]:
        """For each way in which the daemon may have understood it: the coins that may count."""
        hidden = {id(change) for change in out}
        choices = [self._ways(each, hidden, now) for each in self._treasury.taken]
        return {tuple(sorted(map(_sum, product(*ends)))) for ends in product(*choices)}

    def most(self) -> D:
        """All that was ever withdrawn."""
        return sum((each.debit for each in self._treasury.taken), ZERO)

    def ours(self, change: Change) -> bool:
        """Whether a change of the wallet is a withdrawal or its return."""
        return any(change is t.change or change is t.back for t in self._treasury.taken)

    def came_back(self, change: Change) -> bool:
        """Whether it is the return of coins that counted: what it brings, it takes from those. They
        did not count where nothing is held, nor where one message told of both.
        """
        mine = (t for t in self._treasury.taken if change is t.back)
        return bool(self._hold_ms) and any(t.change.seen_ms != change.seen_ms for t in mine)

    def _ways(self, taken: Taken, hidden: set[int], now: int) -> list[Ends]:
        nothing, held = (ZERO,), (taken.qty,)
        at_start = "start" in taken.change.told
        if id(taken.change) in hidden:
            return [nothing]
        if taken.back is not None and id(taken.back) not in hidden:
            return [nothing]
        if taken.unsure or (taken.arrived_ms or now) < (taken.change.seen_ms or now):
            # at a start nobody knows whether the fee is inside
            return [nothing, held, (taken.debit,)] if at_start else [nothing, held]
        if taken.arrived_ms is not None:
            return [nothing]
        if at_start:
            return self._after_start(taken, now)
        return self._while_running(taken, now)

    def _while_running(self, taken: Taken, now: int) -> list[Ends]:
        nothing: Ends = (ZERO,)
        held: Ends = (taken.qty,)
        seen_ms = taken.change.seen_ms or now
        if not self._hold_ms:
            return [(ZERO, taken.debit) if now < seen_ms + PENDING_MS else nothing]
        if self._merged(taken):
            # the sum shows no fee: it may be taken for outside of the record, as after a start
            return [nothing, held, (taken.debit,), (ZERO, taken.debit)]
        if self._in_time(taken):
            told_ms = self._told[taken.record.record_id]
            return self._until(max(told_ms, seen_ms + SETTLE_MS) + self._hold_ms, [held], now)
        if now < seen_ms + (0 if self._cancelled(taken) else PENDING_MS) + SEARCH_MS:
            return [(ZERO, taken.debit)]
        late = taken.record.record_id in self._told or now < seen_ms + SETTLE_MS + SEARCH_MS
        return [nothing, held] if late else [nothing]

    def _after_start(self, taken: Taken, now: int) -> list[Ends]:
        if not self._hold_ms:
            return [(ZERO,)]
        name = taken.record.record_id
        if name in self._dropped:
            return [(ZERO,)]
        held: list[Ends] = [
            (taken.qty,),
            (taken.debit,),
        ]  # is the fee inside? nobody knows
        since_ms = min(taken.record.applied_ms, taken.change.at_ms)
        if name in self._held or name in self._first:
            return self._until(since_ms + self._hold_ms, held, now)
        return [(ZERO,), *held] if name in self._told or name in self._perhaps else [(ZERO,)]

    def _until(self, end_ms: int, held: list[Ends], now: int) -> list[Ends]:
        if now < end_ms:
            return held
        return [(ZERO,), *held] if now < end_ms + SLACK_MS else [(ZERO,)]

    def _merged(self, taken: Taken) -> bool:
        """Whether one re-read told of it together with something else: no record fits the sum."""
        change = taken.change
        return any(
            other is not change and (other.wallet, other.seen_ms) == (change.wallet, change.seen_ms)
            for other in self._treasury.changes
        )

    def _cancelled(self, taken: Taken) -> bool:
        """Whether something opposite was told shortly before: together they come to nothing, which
        need not last before it is looked at.
        """
        seen_ms = taken.change.seen_ms or 0
        return any(
            other.gross == -taken.change.gross and seen_ms - SETTLE_MS <= other.seen_ms <= seen_ms
            for other in self._treasury.changes
            if other.seen_ms is not None
        )

    def _believed(self, taken: Taken) -> bool:
        """Whether the daemon was told of the record in time to count the coins."""
        name = taken.record.record_id
        if "start" in taken.change.told:
            return name in self._first or name in self._held
        return self._in_time(taken)

    def _given_up(self, taken: Taken, now: int) -> bool:
        """Whether it was traded because no record came, some seconds ago at least.

        A start reads the wallet and then the records, for so long as any search lasts: what it does
        not find in them, or could not read by then, no later start holds.
        """
        seen_ms, at_start = taken.change.seen_ms, "start" in taken.change.told
        if seen_ms is None or not (self._read or at_start):
            return False
        wait_ms = 0 if at_start else SETTLE_MS
        wait_ms += 0 if at_start and self._read else SEARCH_MS
        just_left = at_start and seen_ms - taken.change.at_ms < SECOND_MS
        taken.unsure = taken.unsure or just_left
        sure_ms = seen_ms + wait_ms + SURE_MS
        told_ms = self._told.get(taken.record.record_id, now)
        taken.unsure = taken.unsure or seen_ms + wait_ms <= min(told_ms, now) <= sure_ms
        return min(told_ms, now) > sure_ms

    def _in_time(self, taken: Taken) -> bool:
        """Whether the daemon was told of the record before it gave up the search."""
        told_ms = self._told.get(taken.record.record_id)
        seen_ms = taken.change.seen_ms
        return (
            told_ms is not None
            and seen_ms is not None
            and told_ms < seen_ms + SETTLE_MS + SEARCH_MS
        )


def _sum(ends: tuple[D, ...]) -> D:
    return sum(ends, ZERO)
