"""What one policy did: its orders with its own words, its profit and loss, its deviation."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from hedgebot.core import bounds, wording
from hedgebot.core.judge import judge
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action, Alert, Keep, Place
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import DecisionKept, Verdict
from hedgebot.research.whatif.tally import Measured, Tally


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order, and why the decision gave it, in its own words."""

    intent: OrderIntent
    why: str


@dataclass(slots=True)
class Diary:
    """One policy's run."""

    policy: Policy
    state: State
    tally: Tally
    orders: list[Ordered] = field(default_factory=list)
    alerts: Counter[str] = field(default_factory=Counter)
    """By severity."""
    measured: dict[str, Measured] = field(default_factory=dict)
    """By asset."""

    def note(self, actions: Iterable[Action]) -> None:
        """Take up what was decided."""
        why = ""
        for action in actions:
            match action:
                case Keep(record=DecisionKept(verdict=Verdict.TRADE, text=text)):
                    why = text
                case Place(order=approved):
                    self.orders.append(Ordered(approved.intent, why))
                case Alert(recovered=False):
                    self.alerts[action.severity] += 1
                case _:
                    pass

    def look(self, now: int) -> None:
        """Measure every hedge."""
        for asset, hedge in self.state.hedges.items():
            market = self.state.markets[hedge.policy.instruments[0]]
            collar = self.policy.limits.collar
            found = bounds.shown(hedge.policy, hedge.outlook, market, collar)
            if found is not None:
                own = self.measured.setdefault(asset, Measured())
                own.look(now, found.deviation, inside=found.inside)

    def stands(self, asset: str, now: int) -> str:
        """What the decision says of a hedge as it stands; empty: it has none of that asset."""
        hedge = self.state.hedges.get(asset)
        if hedge is None:
            return ""
        found = judge(self.state, self.policy, hedge, now)
        return wording.decided(hedge, found.verdict, found.reason, found.shown)
