"""Draws a case from a seed."""

from dataclasses import replace
from random import Random

from tests.core.adversary import extras
from tests.core.adversary.plan import Item, Plan, Setup

DISTURBANCES = (
    "spot", "spot", "spot", "deposit", "withdrawal", "transfer", "manual", "adl", "liquidation",
    "foreign", "move", "dust",
)  # fmt: skip
FAULTS = (
    "reply_lost", "late_arrival", "slow_reply", "reset", "request_lost", "refuse", "thin",
    "partial", "delay", "duplicate", "reorder", "loss", "dead", "stale", "rest_fail", "rest_slow",
    "commit_slow", "commit_fail", "pause", "flatten", "reduce", "kill", "mark_gap", "mark_frozen",
    "mark_absurd", "stale_at_start",
)  # fmt: skip
KINDS = (*sorted(set(DISTURBANCES)), *FAULTS)
REFUSALS = ("429", "-1008", "-1021", "-2022", "-2019")
HOOKS = ("now", "before_commit", "after_commit", "after_write", "after_reply")
Choices = tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]]
LENGTHS = (300, 1_000, 3_000, 6_000)
DISTURBED: dict[str, Choices] = {
    "spot": ((0, 1, 20, 300, 1_500), (), ("fill-first", "balance-first", "merged", "split")),
    "transfer": ((0, 1, 20, 300, 1_000, 2_000, 3_000), (), ("out-first", "in-first")),
    "adl": ((0,), ("0.3", "0.6", "1"), ("",)),
    "liquidation": ((0,), ("1",), ("",)),
    "foreign": ((50, 800, 4_000), (), ("",)),
    "move": ((0,), ("0.01", "-0.03", "0.3", "-0.3"), ("",)),
    "dust": ((4_000, 12_000), ("0.0001",), ("",)),
}
"""How long or late, how much (nothing: some coins), in which way."""
FAULTY: dict[str, Choices] = {
    "stale_at_start": ((4_000,), ("3",), ("",)),
    "refuse": (LENGTHS, ("0",), REFUSALS),
    "kill": ((50, 400, 2_500), ("0",), HOOKS),
    "dead": (
        (1_500, 4_000, 8_000),
        ("0",),
        ("perp:account", "spot:account", "perp:mark", "perp:touch"),
    ),
    "loss": (LENGTHS, ("0",), ("told", "told", "silent")),
    "mark_absurd": (LENGTHS, ("0.3", "-0.4", "-1"), ("",)),
    "flatten": (LENGTHS, ("0",), ("book", "asset")),
    "pause": (LENGTHS, ("0",), ("book", "asset")),
    "reduce": (LENGTHS, ("0",), ("book", "asset")),
    "stale": ((3_000, 6_000), ("1", "3", "5"), ("",)),
}
FIRST_MS = 100
STARTED_MS = 4_000
"""By then the daemon has read everything once."""
LAST_MS = 34_000


def draw(seed: int, kinds: tuple[str, ...] = KINDS, *, first_ms: int = FIRST_MS) -> Plan:
    """A case: mostly a few disturbances and a few faults close to them."""
    rng = Random(seed)
    items: list[Item] = []
    disturbances = [kind for kind in DISTURBANCES if kind in kinds]
    faults = [kind for kind in FAULTS if kind in kinds]
    for _ in range(rng.randint(1, 6)):
        item = _disturbance(rng, rng.choice(disturbances))
        items.append(
            replace(item, at=item.at if item.at >= first_ms else first_ms + item.at % 2_000)
        )
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4, 6)) if faults else 0):
        near = rng.choice(items).at - rng.choice((0, 1, 50, 500, 2_000))
        items.append(_fault(rng, rng.choice(faults), near))
    plan = Plan(seed, _setup(rng), tuple(items))
    return extras.added(plan) if kinds is KINDS else plan


def _setup(rng: Random) -> Setup:
    spot = rng.choice(("0", "1", "1", "2.5"))
    return Setup(
        ratio=rng.choice(("1", "1", "1", "0.5")),
        target=rng.choice(("", "", "", "0.25")),
        band=rng.choice((0.02, 0.02, 0.005, 0.1)),
        unit="coin",
        aim=rng.choice((0.0, 0.0, 0.5, 1.0)),
        cooldown_ms=rng.choice((0, 0, 1_000, 5_000)),
        notional_max=rng.choice((250_000.0, 250_000.0, 20_000.0)),
        dating=rng.choice(("honest", "honest", "flat-undated", "flat-undated", "undated")),
        perps=rng.choice((1, 1, 1, 2)),
        skew_ms=rng.choice((0, 0, 1_270, -1_270)),
        spot=spot,
        short=rng.choice((spot, spot, "0")),
    )


def _coins(rng: Random) -> str:
    if rng.random() < 0.2:
        return str(rng.randint(1, 30) / 1_000)
    return str(rng.randint(10, 1_200) / 1_000)


def _disturbance(rng: Random, kind: str) -> Item:
    at, sign = rng.randint(FIRST_MS, LAST_MS - 8_000), rng.choice(("", "-"))
    size = sign + _coins(rng)
    lags, sizes, hows = DISTURBED.get(kind, ((0,), (size,), ("",)))
    return Item(kind, at, rng.choice(lags), rng.choice(sizes or (size,)), rng.choice(hows))


def _fault(rng: Random, kind: str, near: int) -> Item:
    at = 0 if kind == "stale_at_start" else max(FIRST_MS, min(near, LAST_MS - 6_000))
    lengths, sizes, hows = FAULTY.get(kind, (LENGTHS, ("0",), ("",)))
    return Item(kind, at, rng.choice(lengths), rng.choice(sizes), rng.choice(hows))
