"""User-stream events on their way out, and the faults that may befall them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from hedgebot.domain.instruments import Kind

Deliver = Callable[[Kind, dict[str, object]], None]
"""Encodes an event and sends it to every user stream of that side."""


@dataclass(frozen=True, slots=True)
class Lose:
    """The event never arrives."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The event arrives twice."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The event arrives late; later events overtake it unless they are delayed too."""

    ms: int


@dataclass(frozen=True, slots=True)
class Reorder:
    """Events are held until all of them are there, then arrive in the opposite order."""


EventFault: TypeAlias = Lose | Duplicate | Delay | Reorder


@dataclass(slots=True)
class EventRule:
    """A fault for the next `left` events of one side (and of one kind, where named)."""

    kind: Kind
    fault: EventFault
    left: int
    event: str = ""
    """`e` of the event: `executionReport`, `ACCOUNT_UPDATE`, ...; empty for any."""
    held: list[dict[str, object]] = field(default_factory=list)


@dataclass(slots=True)
class UserEvents:
    """Applies the first rule that fits each event, then delivers."""

    deliver: Deliver
    rules: list[EventRule] = field(default_factory=list)

    def send(self, kind: Kind, event: dict[str, object]) -> None:
        """An event leaves the venue."""
        rule = next((r for r in self.rules if fits(r, kind, event)), None)
        if rule is None:
            self.deliver(kind, event)
            return
        rule.left -= 1
        if not rule.left:
            self.rules.remove(rule)
        self._befall(rule, event)

    def release(self) -> None:
        """Lift every rule; events that were held for reordering leave now."""
        for rule in self.rules:
            for late in rule.held:
                self.deliver(rule.kind, late)
        self.rules.clear()

    def _befall(self, rule: EventRule, event: dict[str, object]) -> None:
        match rule.fault:
            case Lose():
                pass
            case Duplicate():
                self.deliver(rule.kind, event)
                self.deliver(rule.kind, event)
            case Delay(ms):
                loop = asyncio.get_running_loop()
                loop.call_later(ms / 1000, self.deliver, rule.kind, event)
            case Reorder():
                rule.held.append(event)
                if not rule.left:
                    for late in reversed(rule.held):
                        self.deliver(rule.kind, late)


def fits(rule: EventRule, kind: Kind, event: dict[str, object]) -> bool:
    """Whether a rule concerns an event."""
    return rule.kind is kind and rule.event in {"", event["e"]}
