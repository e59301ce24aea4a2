"""The exchange as a process of its own."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.process


def started(*options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "hedgebot.sim.binance", *options]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_answers_and_ends_when_asked(number: signal.Signals) -> None:
    with started("--port", "0", "--seed", "5") as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        assert told["ws"] == told["rest"].replace("http", "ws")
        with urllib.request.urlopen(f"{told['rest']}/fapi/v1/ping", timeout=5) as answer:
            assert answer.read() == b"{}"
        child.send_signal(number)
        assert child.wait(10) == 0
        assert child.stderr is not None
        assert child.stderr.read() == ""


def test_a_folder_without_recordings_ends_it_with_one_line(tmp_path: Path) -> None:
    with started("--ticks", str(tmp_path)) as child:
        assert child.wait(20) == 2
        assert child.stderr is not None
        assert child.stderr.read().count("\n") == 1
