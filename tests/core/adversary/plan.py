"""What happens in one case: written down, so that it can be shrunk."""

import json
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True)
class Item:
    """One disturbance, fault or command. Times in ms from the start."""

    kind: str
    at: int
    ms: int = 0
    """How long a fault lasts, or how late the second half of a disturbance is."""
    size: str = "0"
    """Coins, signed; or a fraction."""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """The book and the habits of the venue that hold for a whole case."""

    ratio: str = "1"
    target: str = ""
    """Empty: `ratio` counts."""
    band: float = 0.02
    unit: str = "coin"
    aim: float = 0.0
    cooldown_ms: int = 0
    notional_max: float = 250_000.0
    dating: str = "honest"
    """`honest`; `flat-undated`: flat positions by REST have no time; `undated`: nothing has."""
    perps: int = 1
    apart: bool = False
    """The second perpetual is at a venue entry of its own, which is an account of its own."""
    skew_ms: int = 0
    """Venue clock minus ours."""
    spot: str = "1"
    coins: tuple[str, str] = ("0", "0")
    """In the futures wallet of the first perpetual's entry, and in that of the second's own."""
    short: str = "1"
    """Coins sold on the first perpetual before the start."""
    short_2: str = "0"
    hold_ms: int = 0
    """`transit_hold_ms`."""
    cold: str = "0"
    """Coins kept elsewhere, as the settings file says."""


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    setup: Setup
    items: tuple[Item, ...]
    active_ms: int = 45_000

    def without(self, index: int) -> "Plan":
        return replace(self, items=self.items[:index] + self.items[index + 1 :])


def written(plan: Plan) -> str:
    return json.dumps(asdict(plan), indent=1)


def read(text: str) -> Plan:
    raw = json.loads(text)
    setup = raw["setup"]
    items = tuple(Item(**item) for item in raw["items"])
    setup["coins"] = tuple(setup["coins"])
    return Plan(raw["seed"], Setup(**setup), items, raw["active_ms"])
