"""`hedgebot demo`, as a person runs it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
TICKS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ticks_binance_20240808"
AGREED = "journal and exchange agree, row by row"


def demo(*options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "hedgebot", "demo", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )


def counts(said: str) -> dict[str, str]:
    return dict(re.findall(r"│ ([^│]+?) +│ ([^│]+?) +│", said))


def test_the_demo_ends_by_itself_with_a_table_and_both_ledgers_agree() -> None:
    child = demo("--seconds", "20", "--seed", "7")
    said, _ = child.communicate(timeout=60)
    print(said)  # searched for secrets, as all that tests print
    assert child.returncode == 0, said
    assert AGREED in said
    table = counts(said)
    assert int(table["events folded"]) > 100
    assert int(table["hedges filled"]) >= 4
    for kind in ("deposit", "manual trade", "transfer", "funding", "withdrawal"):
        assert kind in table["disturbances"]
    assert "USDT" in table["fees paid"]
    assert "USDT" in table["funding received"]
    assert float(table["final net delta, BTC"].removesuffix(" BTC")) == pytest.approx(0, abs=0.02)
    assert "time in band, BTC" in table


def wait_for(child: "subprocess.Popen[str]", said: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if said in line:
            break


def grandchildren_of(child: "subprocess.Popen[str]") -> list[str]:
    found = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
    assert len(found) == 2
    return found


def alive(pids: list[str]) -> list[str]:
    """Those that run; a zombie that nobody waited for does not."""
    states = {pid: Path(f"/proc/{pid}/stat") for pid in pids}
    return [
        pid
        for pid, state in states.items()
        if state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
    ]


def test_ctrl_c_ends_the_demo_in_order_and_leaves_no_process() -> None:
    child = demo()
    wait_for(child, "a deposit of")
    grandchildren = grandchildren_of(child)
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert AGREED in said
    assert time.monotonic() - began < 25
    assert alive(grandchildren) == []


def test_a_demo_that_is_killed_leaves_no_process_either() -> None:
    child = demo()
    wait_for(child, "filled")
    grandchildren = grandchildren_of(child)
    assert alive(grandchildren) == grandchildren
    child.kill()
    child.wait()
    deadline = time.monotonic() + 11  # a daemon has 10 s to end in order
    while alive(grandchildren) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive(grandchildren) == []
    said, _ = child.communicate(timeout=5)
    assert "SIGTERM" in said, "the daemon ended in order"


@pytest.mark.skipif(not TICKS.exists(), reason="no recorded ticks beside the repository")
def test_the_demo_runs_on_recorded_ticks() -> None:
    child = demo("--seconds", "12", "--ticks", str(TICKS))
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert AGREED in said
    assert int(counts(said)["hedges filled"]) >= 2


def test_a_folder_without_ticks_is_refused() -> None:
    child = demo("--seconds", "5", "--ticks", "/nowhere")
    said, _ = child.communicate(timeout=30)
    assert child.returncode == 2
    assert "Traceback" not in said


@pytest.mark.parametrize("option", ["--ticks", "--bars"])
def test_an_empty_folder_is_refused_in_plain_words(option: str, tmp_path: Path) -> None:
    child = demo("--seconds", "5", option, str(tmp_path))
    said, _ = child.communicate(timeout=30)
    assert child.returncode == 1
    assert f"in {tmp_path}" in said
    assert "Traceback" not in said
