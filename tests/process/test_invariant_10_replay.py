"""Invariant 10 through real processes: what a daemon recorded comes out the same when replayed."""

import gzip
import json
import re
import stat
import zlib
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.recorder.decoding import loads
from hedgebot.adapters.recorder.encoding import dumps
from hedgebot.cli.demo.stage import KEY, SECRET
from tests.process.town import Town, until

pytestmark = pytest.mark.process
ORDER = "/fapi/v1/order"


def recordings(town: Town) -> list[Path]:
    return sorted((town.folder / "town.db.recordings").iterdir())


def unpacked(path: Path) -> bytes:
    """What of a recording can be read, also where its end is missing."""
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(path.read_bytes())


def first_order(lines: list[bytes]) -> int:
    """Place of the first actions that hold an order; 0: nowhere."""
    return next((n for n, line in enumerate(lines) if n > 2 and b'"Place"' in line), 0)


def replay(town: Town, path: Path, *options: str) -> dict[str, Any]:
    done = town.cli("replay", str(path), "--json", *options)
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr
    return dict(json.loads(done.stdout))


async def eventful(town: Town) -> None:
    """A hedge kept through faults, an order of every fate, and commands."""
    town.start()
    await town.hedged()
    town.plane.tell("fault", name="drop", kind="drop_reply", path=ORDER, verb="POST")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D(-11))
    await town.hedged()
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="2")
    await until(lambda: town.position() == D(-9))
    await town.hedged()
    town.plane.tell("trade", market="futures", symbol="BTCUSDT", side="BUY", qty="0.5")
    await town.hedged_after(4)
    assert town.cli("pause", "--reason", "lunch", "--for", "1s").returncode == 0
    await town.hedged()


async def test_invariant_10_a_recorded_run_replays_byte_for_byte(town: Town) -> None:
    await eventful(town)
    assert town.stop() == 0
    (path,) = recordings(town)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    told = replay(town, path)
    assert (told["identical"], told["cut"], told["other_code"]) == (True, "", "")
    assert (told["book"], told["format"]) == ("town", 1)
    approved = [line for line in told["timeline"] if line["text"].startswith("approved: ")]
    assert len(approved) == len(town.our_orders())
    assert told["timeline"][-1]["text"].startswith("SIGTERM")
    for_people = town.cli("replay", str(path))
    assert "identical: " in for_people.stdout
    assert "command  pause for the book by" in for_people.stdout
    assert len(for_people.stdout.splitlines()) == len(told["timeline"]) + 3
    state = replay(town, path, "--at", str(approved[1]["at_ms"]))
    assert len(state["state"]["desk"]["orders"]) == 1
    assert state["status"]["hedges"][0]["gross"] == "11"
    assert state["until_ms"] <= approved[1]["at_ms"] < told["until_ms"]


async def test_invariant_10_one_byte_of_the_actions_is_a_difference(town: Town) -> None:
    town.start()
    await town.hedged()
    assert town.stop() == 0
    (path,) = recordings(town)
    lines = unpacked(path).splitlines()
    place = first_order(lines)
    actions = loads(lines[place])
    ((intent,),) = [fields for tag, (fields, *_) in actions if tag == "Place"]
    intent[4] += 1  # one lot more
    lines[place] = dumps(actions)
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    done = town.cli("replay", str(path))
    assert done.returncode == 1
    assert re.search(rf"line {place} differs, at .*\n.*recorded: .*\n.*replayed: ", done.stderr)


async def test_a_killed_daemon_leaves_a_readable_recording(town: Town) -> None:
    town.start()
    await town.hedged()
    (path,) = recordings(town)
    await until(lambda: first_order(unpacked(path).splitlines()))
    assert town.child is not None
    town.child.kill()
    town.child.wait()
    told = replay(town, path)
    assert told["cut"] == "it has no end: the daemon was killed, or still writes it"
    assert (told["identical"], told["events"] > 20) == (True, True)
    town.start()
    await town.hedged()
    assert town.stop() == 0
    _, second = recordings(town)
    told = replay(town, second)
    assert (told["identical"], told["cut"], told["epoch"]) == (True, "", 2)


async def test_invariant_11_no_secret_is_in_a_recording(town: Town) -> None:
    town.start()
    await town.hedged()
    spoken = f"key {KEY} and {SECRET}"  # a person may write anything
    assert town.cli("pause", "--reason", spoken, "--for", "1s").returncode == 0
    town.plane.tell("fault", name="drop", kind="drop_reply", path=ORDER, verb="POST")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D(-11))
    await town.hedged()
    assert town.stop() == 0
    (path,) = recordings(town)
    found = unpacked(path)
    assert b"key *** and ***" in found
    for secret in (KEY, SECRET):
        assert secret.encode() not in found
    assert not re.search(rb"(?i)signature|listen_?key|x-mbx", found)
    assert replay(town, path)["identical"]


async def test_what_cannot_be_recorded_holds_up_no_hedge(town: Town) -> None:
    (town.folder / "town.db.recordings").write_text("in the way")
    town.start()
    await town.hedged()
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D(-11))
    assert town.stop() == 0
    assert [line["level"] for line in town.lines("recorder off")] == ["warning"]


async def test_the_recorder_can_be_turned_off(town: Town) -> None:
    town.start(HEDGEBOT_RECORDER__ENABLED="false")
    await town.hedged()
    assert town.stop() == 0
    assert not (town.folder / "town.db.recordings").exists()
