"""`hedgebot replay`: what a person, and a program, is told of a recording."""

import asyncio
import gzip
import json
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from hedgebot.cli.app import app
from hedgebot.cli.replaying import moment_ms
from tests.adapters.day import day
from tests.adapters.recorder.recorded import busy_recording

runner = CliRunner()
NEAR_MS = 1_700_000_000_000
"""2023-11-14 22:13:20 UTC."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(busy_recording(tmp_path_factory.mktemp("recorded")))


def replay(path: Path, *options: str) -> Result:
    return runner.invoke(app, ["replay", str(path), *options])


def test_a_person_reads_what_happened_in_order(path: Path) -> None:
    done = replay(path)
    assert (done.exit_code, done.stderr) == (0, "")
    said = done.output
    told = [
        "book test, epoch 1, file 1, recorded by ",
        "approved: sell 1.500 on perp:BTC/USDT:USDT at 49899.6 or better, because: rebalance",
        "refused as throttled: 429 slow down",
        "outcome unknown: timeout",
        "looked up: expired",
        "is closed (expired), filled 0.5",
        "critical: ",
        "perp touch lost: reset",
        "journal  failing: full",
        "not sent: journal",
        "command  flatten for the book by ann",
        "stop     asked: SIGTERM",
        f"identical: {len(day().tape)} events up to 2023-11-14 22:13:",
    ]
    places = [said.find(each) for each in told]
    assert -1 not in places, told[places.index(-1)]
    assert places == sorted(places)


def test_a_program_reads_the_same(path: Path) -> None:
    done = replay(path, "--json")
    found = json.loads(done.output)
    assert (done.exit_code, found["identical"], found["difference"]) == (0, True, None)
    assert found["events"] == len(day().tape)
    kinds = {line["kind"] for line in found["timeline"]}
    assert kinds == {"order", "fill", "decision", "alert", "command", "feed", "journal", "stop"}
    assert "state" not in found
    times = [line["at_ms"] for line in found["timeline"]]
    assert times == sorted(times)


def test_it_stops_at_a_moment_with_the_whole_state(path: Path) -> None:
    (at_ms,) = [s.now for s, _ in day().tape if type(s.event).__name__ == "OutcomeUnknown"]
    done = replay(path, "--at", str(at_ms), "--json")
    found = json.loads(done.output)
    assert found["until_ms"] == at_ms
    (order,) = found["state"]["desk"]["orders"].values()
    assert order["phase"] == "unknown"
    assert found["status"]["open_orders"][0]["phase"] == "unknown"
    assert any(name.startswith("order ") for name in found["state"]["wakes"]["timers"])
    for_people = replay(path, "--at", str(at_ms)).output
    assert "phase=<Phase.UNKNOWN: 'unknown'>" in for_people
    before = json.loads(replay(path, "--at", str(at_ms - 1), "--json").output)
    assert before["until_ms"] < at_ms
    assert before["status"]["open_orders"] == []


def test_a_difference_is_shown_and_is_exit_code_1(path: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    place = next(n for n, line in enumerate(lines) if n > 2 and b'"Place"' in line)
    lines[place] = orjson.dumps([each for each in orjson.loads(lines[place]) if each[0] != "Place"])
    file = tmp_path / "changed"
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    done = replay(file)
    assert done.exit_code == 1
    assert f"line {place} differs, at 2023-11-14 22:13:20." in done.stderr
    recorded, replayed = done.stderr.splitlines()[-2:]
    assert "Place" not in recorded
    assert "Place" in replayed
    found = json.loads(replay(file, "--json").output)
    assert (found["identical"], found["difference"]["line"]) == (False, place)


def test_a_cut_file_is_said_to_be_cut(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut"
    file.write_bytes(path.read_bytes()[:-200])
    done = replay(file)
    assert done.exit_code == 0
    assert "it has no end: the daemon was killed, or still writes it" in done.stderr
    assert "identical: " in done.output


@pytest.mark.parametrize("place", [0, 1], ids=["event", "actions"])
@pytest.mark.parametrize("garbage", [b"", b"[17, [", b"\x00\xff\xfe\x1b[31m" * 9, b"null!", b"{}"])
def test_a_damaged_line_is_one_clear_line_and_what_stands_before_it_is_told(
    path: Path, tmp_path: Path, place: int, garbage: bytes
) -> None:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    number = 3 + 2 * (len(lines) // 4) + place
    lines[number] = garbage
    file = tmp_path / "damaged"
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    done = replay(file)
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert f"line {number + 1} cannot be read: " in line
    assert line.isprintable()
    assert f"identical: {len(lines) // 4} events up to " in done.stdout
    done = replay(file, "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["events"], found["difference"]) == (2, len(lines) // 4, None)
    assert found["damage"].startswith(f"line {number + 1} cannot be read: ")
    assert found["timeline"]


def test_a_damaged_end_is_exit_code_2_and_an_unfinished_one_is_not(
    path: Path, tmp_path: Path
) -> None:
    whole = path.read_bytes()
    file = tmp_path / "checksum"
    file.write_bytes(whole[:-8] + bytes(4) + whole[-4:])
    done = replay(file, "--json")
    assert (done.exit_code, json.loads(done.stdout)["identical"]) == (2, True)
    assert done.stderr.count("it is damaged from there on") == 1


def test_a_difference_in_a_damaged_file_is_the_damages(path: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    place = next(n for n, line in enumerate(lines) if n > 2 and b'"Place"' in line)
    lines[place] = orjson.dumps([each for each in orjson.loads(lines[place]) if each[0] != "Place"])
    file = tmp_path / "changed"
    file.write_bytes(gzip.compress(b"\n".join(lines))[:-8] + bytes(8))
    done = replay(file)
    assert done.exit_code == 2
    assert f"line {place} differs, and the file is damaged" in done.stderr


def test_what_cannot_be_replayed_is_exit_code_2(tmp_path: Path) -> None:
    done = replay(tmp_path / "nothing")
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1


def test_other_code_is_said(path: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    lines[0] = orjson.dumps(orjson.loads(lines[0]) | {"code": "0.0.1+0"})
    file = tmp_path / "older"
    file.write_bytes(gzip.compress(b"\n".join(lines)))
    done = replay(file)
    assert done.exit_code == 0
    assert "recorded by 0.0.1+0, which is not this code: its decisions may differ" in done.stderr


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("1700000001500", 1_700_000_001_500),
        ("2023-11-14T22:13:21.500", 1_700_000_001_500),
        ("2023-11-14 22:13:21.5Z", 1_700_000_001_500),
        ("2023-11-14T23:13:21.500+01:00", 1_700_000_001_500),
        ("22:13:21.500", 1_700_000_001_500),
        ("22:13", 1_699_999_980_000),
    ],
)
def test_a_moment_is_written_in_several_ways(text: str, at_ms: int) -> None:
    assert moment_ms(text, NEAR_MS) == at_ms


@pytest.mark.parametrize("text", ["yesterday", "25:00", "2023-13-01", "-5"])
def test_another_moment_is_refused(path: Path, text: str) -> None:
    done = replay(path, "--at", text)
    assert done.exit_code == 2
    assert "all UTC" in done.stderr
