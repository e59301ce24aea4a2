"""Which faults are on, and when the last trouble was."""

from collections import Counter
from random import Random

from tests.core.adversary.agenda import Agenda
from tests.core.adversary.plan import Item, Plan

REQUEST_MS = 5_000


class Weather:
    """Faults by kind and time; every effect is counted, so that coverage can be shown."""

    def __init__(self, plan: Plan, agenda: Agenda, rng: Random) -> None:
        self.rng = rng
        self.trouble_ms = agenda.now
        self.dark_ms = agenda.now
        """When the last darkness is over, with what was under way then."""
        self.effects: Counter[str] = Counter()
        self._agenda = agenda
        self._begin_ms = agenda.now
        self._items: dict[str, list[Item]] = {}
        for item in plan.items:
            self._items.setdefault(item.kind, []).append(item)

    def on(self, kind: str) -> Item | None:
        """The fault of that kind that is on now."""
        since_ms = self._agenda.now - self._begin_ms
        for item in self._items.get(kind, ()):
            if item.at <= since_ms < item.at + item.ms:
                return item
        return None

    def dark(self, venue: str, what: str) -> Item | None:
        """The darkness of a venue that covers a channel, its REST (`rest`) or its pace (`slow`)."""
        since_ms = self._agenda.now - self._begin_ms
        for item in self._items.get("dark", ()):
            where, _, modes = item.how.partition(":")
            named = modes.split("+")
            streams = "all" in named and what in {"account", "mark", "touch"}
            now = where == venue and item.at <= since_ms < item.at + item.ms
            if now and (streams or what in named):
                return item
        return None

    def darken(self, item: Item) -> None:
        """A venue goes dark: no excuse for what another venue could do."""
        self.effects[f"dark {item.how.partition(':')[2]}"] += 1
        self.dark_ms = max(self.dark_ms, self._begin_ms + item.at + item.ms + REQUEST_MS)

    def hits(self, kind: str, chance: float = 0.7) -> Item | None:
        """The fault, if it is on and strikes this time; noted as trouble."""
        item = self.on(kind)
        if item is None or self.rng.random() > chance:
            return None
        self.trouble(kind)
        return item

    def trouble(self, kind: str, until_ms: int | None = None) -> None:
        """A fault took effect, until then."""
        self.effects[kind] += 1
        self.trouble_ms = max(self.trouble_ms, until_ms or self._agenda.now)

    def near(self, kind: str, before_ms: int, after_ms: int) -> bool:
        """Whether an item of that kind is within reach of now."""
        since_ms = self._agenda.now - self._begin_ms
        return any(
            item.at - before_ms <= since_ms <= item.at + item.ms + after_ms
            for item in self._items.get(kind, ())
        )
