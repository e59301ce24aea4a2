"""The simulation runs on Python 3.12, in a process of its own; see docs/simulation.md."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-sim" / "bin" / "python"
SEEDS = 300
SECONDS = 75.0
SEEDS_MIN = 15
"""Fewer than that in the time given is no test."""


def play(*arguments: str, timeout_s: float = 100) -> "subprocess.CompletedProcess[str]":
    assert PYTHON.exists(), (
        "the simulation needs Python 3.12, the product 3.11 or newer: `make .venv-sim/.run` "
        "sets it up, and says so where there is no 3.12"
    )
    return subprocess.run(
        [str(PYTHON), "-m", "tests.simulation", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def test_a_seed_repeats_byte_for_byte() -> None:
    traces = [re.findall(r"trace ([0-9a-f]{64})", play("7", "8", "9").stdout) for _ in range(2)]
    assert len(set(traces[0])) == 3
    assert traces[0] == traces[1]


@pytest.mark.timeout(200)
def test_no_seed_breaks_a_rule() -> None:
    played = play("--range", "0", str(SEEDS), "--seconds", str(SECONDS), timeout_s=190)
    print(played.stdout)
    found = re.search(r"(\d+) seeds played", played.stdout)
    assert found, played.stdout + played.stderr
    assert int(found.group(1)) >= SEEDS_MIN
    assert played.returncode == 0, played.stdout + played.stderr
