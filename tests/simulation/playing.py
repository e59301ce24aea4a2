"""What `python -m tests.simulation` does."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain, islice, takewhile
from pathlib import Path

from tests.simulation.campaign import Outcome, Stage
from tests.simulation.coverage import CELL_MIN, table, thin_cells
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
    cpu_s: float = 0.0
    """Processor time of all of them."""
    broken: dict[str, list[int]] = field(default_factory=dict)
    """Seeds by rule."""
    met: Counter[tuple[str, str]] = field(default_factory=Counter)

    def note(self, seed: int, outcome: Outcome) -> None:
        self.played += 1
        self.orders += outcome.orders
        self.virtual_s += outcome.virtual_s
        self.cpu_s += outcome.cpu_s
        self.met.update(outcome.met)
        for rule in sorted(outcome.rules):
            self.broken.setdefault(rule, []).append(seed)

    def add(self, other: "Tally") -> None:
        self.played += other.played
        self.orders += other.orders
        self.virtual_s += other.virtual_s
        self.real_s += other.real_s
        self.cpu_s += other.cpu_s
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


@dataclass
class Shard:
    """Some seeds in a row, kept as a whole once they were all played."""

    seeds: range
    path: Path | None
    """None: not kept."""
    tally: Tally = field(default_factory=Tally)

    def recall(self) -> bool:
        """Whether it was played before."""
        if self.path is None or not self.path.exists():
            return False
        self.tally = recalled(self.path.read_text())
        return True

    def keep(self) -> None:
        if self.path is not None and self.tally.played == len(self.seeds):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(self.tally.kept())


def each(stage: Stage, seeds: Sequence[int], plans: Sequence[str]) -> int:
    """Play some and print everything."""
    bad = 0
    for plan, outcome in stage.play_each([*map(draw, seeds), *map(read, plans)]):
        print(written(plan), *outcome.said, sep="\n")
        print(
            f"seed {plan.seed}: trace {outcome.digest}, {outcome.orders} orders, "
            f"{outcome.steps} steps, {outcome.virtual_s:.0f} s of virtual time"
        )
        for rule, text in outcome.accusations:
            print(f"BROKEN {rule}: {text}")
        bad += bool(outcome.accusations)
    return bool(bad)


def first_broken(stage: Stage, seeds: range) -> int:
    """Play until a seed breaks a rule."""
    with closing(stage.play_each(map(draw, seeds))) as played:
        for plan, outcome in played:
            for rule, text in outcome.accusations:
                print(f"seed {plan.seed}: {rule}: {text}")
                return 1
    return 0


def many(stage: Stage, seeds: range, *, seconds: float, folder: Path | None) -> int:
    """Play many, print the count, the coverage and, made smaller, what failed."""
    shards = _shards(seeds, folder and folder / fingerprint())
    _play(stage, [shard for shard in shards if not shard.recall()], _now_s() + seconds)
    total = Tally()
    for shard in shards:
        total.add(shard.tally)
    for rule, bad in list(total.broken.items())[:EXAMPLES_MAX]:
        _explain(stage, draw(bad[0]), rule)
    thin = thin_cells(total.met, total.played)
    _report(seeds.start, total)
    print(*(f"THIN {cell}, {CELL_MIN} wanted" for cell in thin), sep="\n", end="")
    return bool(total.broken or thin)


def _shards(seeds: range, folder: Path | None) -> list[Shard]:
    parts = (seeds[at : at + SHARD] for at in range(0, len(seeds), SHARD))
    return [Shard(part, folder and folder / f"{part.start}-{part.stop}.json") for part in parts]


def _play(stage: Stage, shards: Sequence[Shard], ends_s: float) -> None:
    """All that is left; nothing new begins after the end."""
    left = chain.from_iterable(shard.seeds for shard in shards)
    timely = takewhile(lambda _: _now_s() < ends_s, left)
    played = stage.play_each(map(draw, timely))
    for shard in shards:
        since_s = _now_s()
        for plan, outcome in islice(played, len(shard.seeds)):
            shard.tally.note(plan.seed, outcome)
            for rule, text in outcome.accusations[:2]:
                print(f"seed {plan.seed}: {rule}: {text}", flush=True)
        shard.tally.real_s = _now_s() - since_s
        shard.keep()


def _report(first: int, total: Tally) -> None:
    print(table(total.met))
    real_ms, cpu_ms = (1000 * s / max(1, total.played) for s in (total.real_s, total.cpu_s))
    print(
        f"{total.played} seeds played from {first} on, {total.orders} orders, "
        f"{total.virtual_s / 3600:.1f} virtual hours, {real_ms:.0f} ms a seed, "
        f"{cpu_ms:.0f} ms of processor time"
    )
    for rule, bad in total.broken.items():
        print(f"BROKEN {rule}: {len(bad)} seeds: {' '.join(map(str, bad[:12]))}")


def _explain(stage: Stage, plan: Plan, rule: str) -> None:
    small = shrunk(stage, plan, rule)
    outcome = stage.play(small)
    print(f"-- {rule}, seed {plan.seed}, made smaller:", written(small), *outcome.said, sep="\n")
    for broken, text in outcome.accusations:
        print(f"BROKEN {broken}: {text}")
