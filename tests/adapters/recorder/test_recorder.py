"""What is recorded comes out the same; what cannot be recorded is in nobody's way."""

import asyncio
import gzip
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.logs import Redactor
from hedgebot.adapters.recorder import NOTHING, Shelf, layout
from hedgebot.adapters.recorder import recorder as timing
from hedgebot.bootstrap.replaying import Told
from hedgebot.core.digest import digest
from hedgebot.domain.events import Channel, FeedLost, MarkSeen, Stamped, Tick
from tests.adapters.recorder.recorded import (
    FLUSH_S,
    BadShelf,
    Hung,
    Log,
    Run,
    busy_recording,
    denied,
    files,
    full,
    replay,
    shelf,
    until,
)
from tests.core.world import PERP
from tests.secrecy.planted import RECORDED


async def test_invariant_10_a_recorded_day_comes_out_the_same(tmp_path: Path) -> None:
    async with Run(shelf(tmp_path / "r"), Log()) as run:
        await run.play()
    (path,) = files(tmp_path / "r")
    found = replay(path)
    assert len(found.told) == len(run.world.tape)
    assert all(told.same and not told.error for told in found.told)
    assert [list(told.actions) for told in found.told] == [row for _, row in run.world.tape]
    assert digest(found.state) == digest(run.world.state)
    assert (found.cut, found.number) == ("", 1)


def chained(bounds: Shelf) -> list[list[Told]]:
    """What each file tells. Each comes out the same, and begins where the one before ended."""
    told, before = [], None
    for number, path in enumerate(bounds.files(), start=1):
        found = replay(path)
        assert (found.number, found.cut) == (number, "")
        assert all(each.same for each in found.told)
        if before is not None:
            assert layout.line_hash(layout.state_line(before)) == found.state_hash
        before = found.state
        told.append(found.told)
    return told


async def test_files_follow_each_other_and_each_stands_alone(tmp_path: Path) -> None:
    bounds = shelf(tmp_path, file_bytes=1_000, total_bytes=10**6)
    async with Run(bounds, Log()) as run:
        await run.play(pause_every=10)
    told = chained(bounds)
    assert len(told) > 2
    assert sum(map(len, told)) == len(run.world.tape)


async def test_an_event_belongs_to_the_file_that_began_before_it(tmp_path: Path) -> None:
    bounds = shelf(tmp_path, file_bytes=1)
    async with Run(bounds, Log()) as run:
        for stamped, _ in run.world.tape:  # some come while others are being written
            run.tell(stamped)
            run.recorder._writer.file_bytes = 10**6
            await asyncio.sleep(0)
    told = chained(bounds)
    assert len(told) > 2
    assert sum(map(len, told)) == len(run.world.tape)


@pytest.mark.parametrize("turns", range(1, 12))
async def test_the_end_may_come_in_the_middle_of_writing(tmp_path: Path, turns: int) -> None:
    async with Run(shelf(tmp_path), Log()) as run:
        for stamped, _ in run.world.tape[:100]:
            run.tell(stamped)
        await until(lambda: bool(run.recorder._ready))
        for _ in range(turns):
            await asyncio.sleep(0)
    (path,) = files(tmp_path)
    found = replay(path)
    assert (len(found.told), found.cut) == (100, "")
    assert all(told.same for told in found.told)


async def test_what_was_handed_over_can_be_read_at_once(tmp_path: Path) -> None:
    async with Run(shelf(tmp_path), Log()) as run:
        await run.play(100)
        writer = run.recorder._writer
        await until(lambda: not run.recorder._waiting and not writer._jobs.qsize())
        (path,) = files(tmp_path)
        await until(lambda: len(replay(path).told) == 100)
        assert replay(path).cut.startswith("it has no end")


async def test_all_files_together_have_a_bound_and_nothing_else_is_touched(
    tmp_path: Path,
) -> None:
    others = {"notes.txt", "test-2023.jsonl.gz", "tested-20231114T221321Z-1-0001.jsonl.gz"}
    for name in others:
        (tmp_path / name).write_bytes(b"x" * 9_000)
    (tmp_path / "test-20231114T221320Z-1-0001.jsonl.gz").symlink_to(tmp_path / "notes.txt")
    bounds = shelf(tmp_path, file_bytes=1_500, total_bytes=25_000)
    async with Run(bounds, Log()) as run:
        await run.play(pause_every=10)
    kept = bounds.files()
    assert sum(path.stat().st_size for path in kept) <= 25_000
    numbers = [replay(path).number for path in kept]
    assert numbers[0] > 1
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert {path.name for path in files(tmp_path)} - {path.name for path in kept} >= others
    assert (tmp_path / "test-20231114T221320Z-1-0001.jsonl.gz").is_symlink()


async def test_only_the_owner_may_read(tmp_path: Path) -> None:
    path = await busy_recording(tmp_path / "deep" / "folder")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_a_full_file_waits_for_the_order_that_is_out(tmp_path: Path) -> None:
    bounds = shelf(tmp_path, file_bytes=1)
    async with Run(bounds, Log()) as run:
        writer, scribe = run.recorder._writer, run.recorder._scribe
        assert scribe is not None
        await until(lambda: writer.opening_bytes > 0)
        full = 2 * writer.opening_bytes
        for size, due in ((full - 1, False), (full, True)):
            writer.file_bytes = size
            assert run.recorder._page_is_due(scribe) is due
        while not run.state.desk.orders:
            run.tell(run.world.tape[run.played][0])
            run.played += 1
        for size, due in ((2 * full - 1, False), (2 * full, True)):
            writer.file_bytes = size
            assert run.recorder._page_is_due(scribe) is due


@pytest.mark.parametrize("disk", [denied, full], ids=["denied", "full"])
async def test_a_disk_that_fails_is_one_warning_and_tried_again_with_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: Any
) -> None:
    monkeypatch.setattr(timing, "RETRY_S", 0.05)
    sound, log, opened = shelf(tmp_path), Log(), []

    def opens(name: str, opening: int) -> int:
        opened.append(name)
        return int(disk(name, opening)) if len(opened) < 4 else sound.open(name, opening)

    async with Run(BadShelf(shelf=sound, opens=opens), log) as run:
        await run.play(60)
        await until(lambda: len(opened) == 4)
        await until(lambda: run.recorder._health.on)
        await run.play()
        await until(lambda: bool(log.said("recorder on again")))
    assert [line["level"] for line in log.said("recorder off")] == ["warning"]
    assert len(log.lines) == 2
    (path,) = files(tmp_path)
    found = replay(path)
    assert all(told.same for told in found.told)
    assert 0 < len(found.told) < len(run.world.tape)
    assert digest(found.state) == digest(run.world.state)


async def test_a_disk_that_hangs_is_waited_for_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "RETRY_S", 30.0)
    disk, log = Hung(), Log()
    run = Run(BadShelf(shelf=shelf(tmp_path), opens=disk), log)
    async with run:
        began = time.monotonic()
        while not log.said("recorder off"):
            await run.play(10, pause_every=10)
            assert time.monotonic() - began < 10
        assert not run.recorder._waiting
        assert run.recorder._writer._jobs.qsize() <= 16
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert [line["reason"] for line in log.said("recorder off")] == [timing.BUSY]
    disk.freed.set()


async def test_what_waits_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "WAITING_MAX", 50)
    log = Log()
    async with Run(shelf(tmp_path), log) as run:
        await run.play(200, pause_every=1_000)  # the recorder gets no time
        assert len(run.recorder._waiting) == 0
        assert log.said("recorder off")[0]["reason"] == "50 events wait to be written"
    (path,) = files(tmp_path)
    assert all(told.same for told in replay(path).told)


async def test_a_value_of_a_wrong_type_ends_the_recording_and_nothing_else(
    tmp_path: Path,
) -> None:
    log = Log()
    async with Run(shelf(tmp_path), log) as run:
        await run.play(50)
        await asyncio.sleep(4 * FLUSH_S)
        wrong: Any = b"?"
        mark = MarkSeen(PERP, wrong, 1.0, 1)
        run.recorder.taken_up(Stamped(1, mark))
        run.recorder.decided([])
        await until(lambda: bool(log.said("recorder off")))
        await run.play(50)
    assert "a value cannot be written: " in log.said("recorder off")[0]["reason"]
    (path,) = files(tmp_path)
    found = replay(path)
    assert (len(found.told), found.cut) == (50, "")


async def test_the_event_at_which_the_decision_raised_is_the_last(tmp_path: Path) -> None:
    async with Run(shelf(tmp_path), Log()) as run:
        await run.play(40)
        lost = FeedLost("nowhere", Channel.ACCOUNT, 1, "gone")
        with pytest.raises(KeyError):
            run.tell(Stamped(run.world.tape[40][0].now, lost))
    (path,) = files(tmp_path)
    *before, last = replay(path).told
    assert len(before) == 40
    assert all(told.same for told in before)
    assert (last.recorded, last.same) == (NOTHING, True)
    assert last.error.startswith("KeyError")


async def test_invariant_11_a_secret_in_any_text_is_masked_and_the_replay_is_the_same(
    tmp_path: Path,
) -> None:
    secret = RECORDED
    run = Run(shelf(tmp_path), Log(), Redactor([secret]))
    run.policy = replace(run.policy, book=f"my {secret}")
    run.state.control.notices.append(f"began with {secret}")
    async with run:
        await run.play(60)
        text = f"https://x/?a={secret}&signature=abcdef0123"
        lost = FeedLost("perp", Channel.ACCOUNT, 1, text)
        now = run.world.tape[60][0].now
        run.tell(Stamped(now, lost))
        for later_ms in range(1_000, 15_000, 1_000):
            run.tell(Stamped(now + later_ms, Tick()))
    (path,) = files(tmp_path)
    found = replay(path)
    assert len(found.told) > 70
    assert all(told.same for told in found.told)
    text = repr(found.told) + repr(found.state) + path.name
    assert "began with ***" in text
    assert "https://x/?a=***&signature=***" in text
    assert secret not in text
    assert secret.encode() not in gzip.decompress(path.read_bytes())
    assert "abcdef0123" not in text
