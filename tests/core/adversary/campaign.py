"""Plays many seeds and tells what they met."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.core.adversary.case import Case
from tests.core.adversary.plan import Plan


@dataclass
class Campaign:
    """What a run of plans showed."""

    played: int = 0
    orders: int = 0
    effects: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def play(self, plans: Iterable[Plan]) -> "Campaign":
        for plan in plans:
            case = Case(plan)
            try:
                case.play()
            except AssertionError as error:
                case.judge.accuse("crash", repr(error))
            self._note(plan.seed, case)
        return self

    def _note(self, seed: int, case: Case) -> None:
        self.played += 1
        self.orders += len(case.judge.orders)
        self.effects.update(case.weather.effects)
        self.effects.update(f"order to {order.purpose}" for order in case.judge.orders)
        first = dict(reversed(case.judge.accusations))
        self.broken.update(first.keys())
        for rule, text in first.items():
            self.examples.setdefault(rule, []).append(f"seed {seed}: {text}")

    def report(self, examples: int = 5) -> str:
        coverage = ", ".join(f"{kind} {count}" for kind, count in sorted(self.effects.items()))
        lines = [f"{self.played} seeds, {self.orders} orders; met: {coverage}"]
        for rule, found in self.examples.items():
            lines.append(f"{rule}: {len(found)} seeds")
            lines += [f"  {text}" for text in found[:examples]]
        return "\n".join(lines)
