"""Where two runs part: the orders of one beside those of the other, moment by moment."""

from dataclasses import dataclass, field
from enum import StrEnum

from hedgebot.domain.orders import OrderIntent
from hedgebot.research.whatif.diary import Diary, Ordered

WITHIN_MS = 1_000
"""Two orders of a hedge that are decided within so long are the answers to the same thing."""


class How(StrEnum):
    """In what two runs differ."""

    ORDER = "order"
    """Both gave one, and not the same."""
    ONLY_HERE = "here"
    ONLY_THERE = "there"


@dataclass(frozen=True, slots=True)
class Difference:
    """One moment at which they did not do the same."""

    at_ms: int
    asset: str
    how: How
    here: OrderIntent | None
    there: OrderIntent | None
    why_here: str
    why_there: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that nothing stands beside yet, and how the other run stood then."""

    order: Ordered
    other: str


@dataclass(slots=True)
class Parting:
    """Two runs side by side; look after every event."""

    runs: tuple[Diary, Diary]
    alike: int = 0
    """Orders that both gave: the same instrument, side and quantity."""
    differences: list[Difference] = field(default_factory=list)
    waiting: tuple[list[Waiting], list[Waiting]] = field(default_factory=lambda: ([], []))
    seen: list[int] = field(default_factory=lambda: [0, 0])

    def look(self, now: int) -> None:
        """Take up new orders of both."""
        for one, run in enumerate(self.runs):
            for order in run.orders[self.seen[one] :]:
                other = self.runs[1 - one].stands(order.intent.asset, now)
                self._pair(one, Waiting(order, other))
            self.seen[one] = len(run.orders)
        self._settle(now - WITHIN_MS)

    def end(self) -> None:
        """Whatever waits stands alone."""
        for own in self.waiting:
            for each in tuple(own):
                self._alone(own, each)
        self.differences.sort(key=lambda each: each.at_ms)

    def _pair(self, one: int, new: Waiting) -> None:
        there = self.waiting[1 - one]
        asset = new.order.intent.asset
        found = next((each for each in there if each.order.intent.asset == asset), None)
        if found is None:
            self.waiting[one].append(new)
            return
        there.remove(found)
        first, second = (found, new) if one else (new, found)
        here, also = first.order, second.order
        if _wanted(here.intent) == _wanted(also.intent):
            self.alike += 1
            return
        at_ms = min(here.intent.decided_ms, also.intent.decided_ms)
        self.differences.append(
            Difference(at_ms, asset, How.ORDER, here.intent, also.intent, here.why, also.why)
        )

    def _settle(self, before_ms: int) -> None:
        for own in self.waiting:
            for each in tuple(own):
                if each.order.intent.decided_ms < before_ms:
                    self._alone(own, each)

    def _alone(self, own: list[Waiting], each: Waiting) -> None:
        own.remove(each)
        intent, why, other = each.order.intent, each.order.why, each.other
        at = intent.decided_ms, intent.asset
        self.differences.append(
            Difference(*at, How.ONLY_HERE, intent, None, why, other)
            if own is self.waiting[0]
            else Difference(*at, How.ONLY_THERE, None, intent, other, why)
        )


def _wanted(intent: OrderIntent) -> tuple[object, ...]:
    return intent.instrument, intent.side, intent.qty
