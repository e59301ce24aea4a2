"""What `python -m tests.simulation` does."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.campaign import Outcome, Stage
from tests.simulation.coverage import table
from tests.simulation.fingerprint import fingerprint
from tests.simulation.plan import Plan, draw, read, written
from tests.simulation.shrink import shrunk

SHARD = 50
EXAMPLES_MAX = 3
"""Failing plans that are made smaller in one run."""
_now_s = time.monotonic


@dataclass
class Tally:
    """What many seeds showed."""

    played: int = 0
    orders: int = 0
    virtual_s: float = 0.0
    real_s: float = 0.0
    broken: dict[str, list[int]] = field(default_factory=dict)
    """Seeds by rule."""
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, seed: int, outcome: Outcome) -> None:
        self.played += 1
        self.orders += outcome.orders
        self.virtual_s += outcome.virtual_s
        self.met.update(outcome.met)
        for rule in sorted(outcome.rules):
            self.broken.setdefault(rule, []).append(seed)

    def add(self, other: "Tally") -> None:
        self.played += other.played
        self.orders += other.orders
        self.virtual_s += other.virtual_s
        self.real_s += other.real_s
        self.met.update(other.met)
        for rule, seeds in other.broken.items():
            self.broken.setdefault(rule, []).extend(seeds)

    def kept(self) -> str:
        met = [[kind, state, count] for (kind, state), count in sorted(self.met.items())]
        return json.dumps({**vars(self), "met": met}, indent=1)


def recalled(text: str) -> Tally:
    raw = json.loads(text)
    met = Counter({(kind, state): count for kind, state, count in raw.pop("met")})
    return Tally(**raw, met=met)


def each(seeds: Sequence[int], plans: Sequence[str]) -> int:
    """Play some and print everything."""
    bad = 0
    with Stage() as stage:
        for plan in [*map(draw, seeds), *map(read, plans)]:
            outcome = stage.play(plan)
            print(written(plan), *outcome.said, sep="\n")
            print(
                f"seed {plan.seed}: trace {outcome.digest}, {outcome.orders} orders, "
                f"{outcome.steps} steps, {outcome.virtual_s:.0f} s of virtual time"
            )
            for rule, text in outcome.accusations:
                print(f"BROKEN {rule}: {text}")
            bad += bool(outcome.accusations)
    return bool(bad)


def first_broken(first: int, count: int) -> int:
    """Play until a seed breaks a rule."""
    with Stage() as stage:
        for seed in range(first, first + count):
            for rule, text in stage.play(draw(seed)).accusations:
                print(f"seed {seed}: {rule}: {text}")
                return 1
    return 0


def many(first: int, count: int, *, seconds: float, shards: Path | None) -> int:
    """Play many, print the count, the coverage and, made smaller, what failed."""
    folder = None if shards is None else shards / fingerprint()
    total, began_s = Tally(), _now_s()
    with Stage() as stage:
        for start in range(first, first + count, SHARD):
            seeds = range(start, min(start + SHARD, first + count))
            left_s = seconds - (_now_s() - began_s)
            if left_s <= 0:
                break
            total.add(_shard(stage, seeds, left_s, folder))
        for rule, bad in list(total.broken.items())[:EXAMPLES_MAX]:
            _explain(stage, draw(bad[0]), rule)
    print(table(total.met))
    each_ms = 1000 * total.real_s / max(1, total.played)
    print(
        f"{total.played} seeds played from {first} on, {total.orders} orders, "
        f"{total.virtual_s / 3600:.1f} virtual hours, {each_ms:.0f} ms a seed"
    )
    for rule, bad in total.broken.items():
        print(f"BROKEN {rule}: {len(bad)} seeds: {' '.join(map(str, bad[:12]))}")
    return bool(total.broken)


def _shard(stage: Stage, seeds: range, left_s: float, folder: Path | None) -> Tally:
    path = None if folder is None else folder / f"{seeds.start}-{seeds.stop}.json"
    if path is not None and path.exists():
        return recalled(path.read_text())
    tally, began_s = Tally(), _now_s()
    for seed in seeds:
        if _now_s() - began_s > left_s:
            break
        outcome = stage.play(draw(seed))
        tally.note(seed, outcome)
        for rule, text in outcome.accusations[:2]:
            print(f"seed {seed}: {rule}: {text}", flush=True)
    tally.real_s = _now_s() - began_s
    if path is not None and tally.played == len(seeds):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(tally.kept())
    return tally


def _explain(stage: Stage, plan: Plan, rule: str) -> None:
    small = shrunk(stage, plan, rule)
    outcome = stage.play(small)
    print(f"-- {rule}, seed {plan.seed}, made smaller:", written(small), *outcome.said, sep="\n")
    for broken, text in outcome.accusations:
        print(f"BROKEN {broken}: {text}")
