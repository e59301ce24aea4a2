"""Faults: a closed set of frozen values, matched to requests by named rules."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

TIMEOUT = (
    "Timeout waiting for response from backend server. "
    "Send status unknown; execution status unknown."
)


@dataclass(frozen=True, slots=True)
class DropReply:
    """Accept the request, then cut the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class DelayReply:
    """Accept at once, answer late."""

    ms: int


@dataclass(frozen=True, slots=True)
class DelayRequest:
    """Let the request arrive late: it is checked and accepted only then."""

    ms: int


@dataclass(frozen=True, slots=True)
class CutEarly:
    """Cut the connection at once; the request was on its way, and is checked and accepted later."""

    ms: int


@dataclass(frozen=True, slots=True)
class FailBefore:
    """Answer an error and accept nothing."""

    status: int = 503
    code: int = 0
    """0: a body that is not JSON."""
    text: str = "Service Unavailable"


@dataclass(frozen=True, slots=True)
class FailAfter:
    """Accept, then answer an error: the client cannot know."""

    status: int = 503
    code: int = -1007
    text: str = TIMEOUT


@dataclass(frozen=True, slots=True)
class Throttle:
    """429 or 418 with Retry-After; nothing is accepted."""

    status: int = 429
    retry_after_s: int = 1


@dataclass(frozen=True, slots=True)
class Overload:
    """-1008; reduce-only orders pass, as the venue promises."""


@dataclass(frozen=True, slots=True)
class PartialFill:
    """Thin the other side of the book to a share of the order before it is matched."""

    share: Decimal


RequestFault: TypeAlias = (
    DropReply
    | DelayReply
    | DelayRequest
    | CutEarly
    | FailBefore
    | FailAfter
    | Throttle
    | Overload
    | PartialFill
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A fault for the next `count` requests of an endpoint, after letting `skip` pass."""

    name: str
    path: str
    """Exact, or a prefix that ends in `*`."""
    verb: str = "*"
    fault: RequestFault
    count: int = 1
    skip: int = 0

    def concerns(self, verb: str, path: str) -> bool:
        """Whether a request falls under this rule."""
        if self.verb not in {"*", verb}:
            return False
        if self.path.endswith("*"):
            return path.startswith(self.path[:-1])
        return path == self.path


@dataclass(slots=True)
class Faults:
    """The rules in force, and how often each was met and hit."""

    rules: dict[str, Rule] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        """Put a rule in force; one of the same name is replaced and starts anew."""
        self.rules[rule.name] = rule
        self.met[rule.name] = 0

    def clear(self, name: str | None = None) -> None:
        """Lift one rule, or all."""
        for key in list(self.rules) if name is None else [name]:
            self.rules.pop(key, None)

    def take(self, verb: str, path: str) -> list[RequestFault]:
        """What befalls this request. Rules that are used up are lifted."""
        if not self.rules:
            return []
        found: list[RequestFault] = []
        for rule in list(self.rules.values()):
            if not rule.concerns(verb, path):
                continue
            self.met[rule.name] += 1
            nth = self.met[rule.name] - rule.skip
            if nth >= 1:
                found.append(rule.fault)
            if nth >= rule.count:
                del self.rules[rule.name]
        return found
