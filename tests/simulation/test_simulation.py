"""The simulation runs on Python 3.12, in processes of its own; see docs/simulation.md."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulation.coverage import STATES
from tests.simulation.fingerprint import fingerprint
from tests.simulation.plan import KINDS

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-sim" / "bin" / "python"
SEEDS, SECONDS = 300, 480
"""Whichever ends first."""
SEEDS_MIN = 50
"""Fewer than that in the time given is no test."""


def run(*arguments: str, timeout_s: float = 110) -> "subprocess.CompletedProcess[str]":
    assert PYTHON.exists(), (
        "the simulation needs Python 3.12, the product 3.11 or newer: `make .venv-sim/.run` "
        "sets it up, and says so where there is no 3.12"
    )
    command = [str(PYTHON), "-m", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_s
    )


def test_a_seed_repeats_byte_for_byte_alone_or_beside_others() -> None:
    seeds = ("7", "8", "9")
    played = [run("tests.simulation", "--workers", n, *seeds).stdout for n in ("1", "3")]
    traces = [re.findall(r"trace ([0-9a-f]{64})", text) for text in played]
    assert len(set(traces[0])) == 3
    assert traces[0] == traces[1]


@pytest.mark.parametrize(("fewest", "code"), [(20, 0), (19, 1)])
def test_a_full_run_with_a_thin_cell_is_red(tmp_path: Path, fewest: int, code: int) -> None:
    """Its shards are remembered, so nothing is played."""
    folder = tmp_path / fingerprint()
    folder.mkdir()
    met = [[kind, state, 20] for kind in KINDS for state in STATES]
    met[0][2] = fewest
    nothing = {"played": 50, "orders": 0, "virtual_s": 0, "real_s": 0, "cpu_s": 0, "broken": {}}
    for start in range(0, 10_000, 50):
        shard = {**nothing, "met": met if not start else []}
        (folder / f"{start}-{start + 50}.json").write_text(json.dumps(shard))
    played = run("tests.simulation", "--shards", str(tmp_path), "--range", "0", "10000")
    assert "10000 seeds played" in played.stdout, played.stdout + played.stderr
    assert (played.returncode, played.stdout.count("THIN")) == (code, code), played.stdout


@pytest.mark.timeout(1_200)
def test_no_seed_breaks_a_rule(record_property: Callable[[str, object], None]) -> None:
    limits = ("--range", "0", str(SEEDS), "--seconds", str(SECONDS))
    played = run("tests.simulation", *limits, timeout_s=1_190)
    print(played.stdout)
    found = re.search(r"(\d+) seeds played.*", played.stdout)
    assert found, played.stdout + played.stderr
    record_property("simulation", found.group())
    assert int(found.group(1)) >= SEEDS_MIN
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.timeout(600)
def test_each_broken_rule_is_found_by_its_seed() -> None:
    played = run("tests.simulation.saboteur", timeout_s=590)
    print(played.stdout)
    assert played.returncode == 0, played.stdout + played.stderr
    assert re.search(r"^\d\d of \d\d found", played.stdout, re.MULTILINE)
