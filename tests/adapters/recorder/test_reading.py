"""A file that is cut, damaged, or somebody else's is told for what it is."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgebot.adapters.recorder import RecordingError
from hedgebot.bootstrap.replaying import opened, other_code
from tests.adapters.recorder.recorded import Found, busy_recording, replay

KILLED = "it has no end: the daemon was killed, or still writes it"
DAMAGED = "it is damaged from there on"
FLUSHED = b"\x00\x00\xff\xff"
"""Where the next deflate block begins with a whole byte (RFC 1951 3.2.4)."""
NO_BLOCK = b"\x07"
"""A block of the type that is an error (RFC 1951 3.2.3)."""
QUIET = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Sound(bytes):
    """A recording; a failing example need not print all of it."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    folder = tmp_path_factory.mktemp("recorded")
    return Sound(asyncio.run(busy_recording(folder)).read_bytes())


def as_file(folder: Path, found: bytes) -> Path:
    path = folder / "x.jsonl.gz"
    path.write_bytes(found)
    return path


def changed(sound: bytes, line: int, change: Callable[[Any], Any]) -> bytes:
    lines = gzip.decompress(sound).split(b"\n")
    lines[line] = orjson.dumps(change(orjson.loads(lines[line])))
    return gzip.compress(b"\n".join(lines))


def read(folder: Path, found: bytes) -> Found | str:
    try:
        return replay(as_file(folder, found))
    except RecordingError as error:
        return str(error)


@QUIET
@given(part=st.floats(0, 1))
def test_a_cut_file_is_read_as_far_as_it_goes(sound: bytes, tmp_path: Path, part: float) -> None:
    found = read(tmp_path, sound[: int(part * (len(sound) - 1))])
    if isinstance(found, str):
        assert "is no recording" in found or f"ends within its beginning: {KILLED}" in found
    else:
        assert found.cut == KILLED
        assert all(told.same for told in found.told)


def test_longer_pieces_tell_more(sound: bytes, tmp_path: Path) -> None:
    counts = []
    for part in (0.6, 0.7, 0.8, 0.9):
        found = read(tmp_path, sound[: int(part * len(sound))])
        assert isinstance(found, Found)
        counts.append(len(found.told))
    assert counts == sorted(counts)
    assert 0 < counts[0] < counts[-1]


@QUIET
@given(place=st.floats(0, 1), bit=st.integers(0, 7))
def test_a_damaged_file_never_passes_for_a_sound_one(
    sound: bytes, tmp_path: Path, place: float, bit: int
) -> None:
    damaged = bytearray(sound)
    damaged[int(place * (len(sound) - 1))] ^= 1 << bit
    found = read(tmp_path, bytes(damaged))
    if isinstance(found, Found):
        passes = not found.cut and all(told.same for told in found.told)
        assert passes is unpacks_to_the_same(bytes(damaged), sound)


def unpacks_to_the_same(damaged: bytes, sound: bytes) -> bool:
    """A bit may mean nothing: some of gzip's header, and what fills up a byte before a flush."""
    try:
        return gzip.decompress(damaged) == gzip.decompress(sound)
    except (OSError, EOFError, zlib.error):
        return False


@pytest.mark.parametrize("name", ["kind", "format", "code", "book", "policy_hash"])
def test_a_first_line_that_lacks_a_name_is_told(sound: bytes, tmp_path: Path, name: str) -> None:
    """One damaged bit is enough: zlib checks its sum at the end only."""

    def misspelt(first: Any) -> Any:
        assert name in first
        return {key if key != name else key.upper(): value for key, value in first.items()}

    found = read(tmp_path, changed(sound, 0, misspelt))
    assert isinstance(found, str)
    assert "is no recording" in found or "its first line is not whole" in found


def test_what_stands_before_a_damage_is_told(sound: bytes, tmp_path: Path) -> None:
    """zlib keeps back what it unpacked in the same go as a damage."""
    counts = []
    for part in (0.7, 0.9):
        flushed = sound.index(FLUSHED, int(part * len(sound))) + len(FLUSHED)
        found = read(tmp_path, sound[:flushed] + NO_BLOCK + sound[flushed:])
        assert isinstance(found, Found)
        assert found.cut == DAMAGED
        counts.append(len(found.told))
    assert 0 < counts[0] < counts[1]


def test_another_format_is_refused_by_name(sound: bytes, tmp_path: Path) -> None:
    newer = changed(sound, 0, lambda first: first | {"format": 2, "code": "9.0"})
    found = read(tmp_path, newer)
    assert found == (
        f"{tmp_path / 'x.jsonl.gz'} is of format 2, this version reads format 1: it was recorded "
        "by 9.0"
    )


def test_other_code_is_said_and_tried(sound: bytes, tmp_path: Path) -> None:
    path = as_file(tmp_path, changed(sound, 0, lambda first: first | {"code": "0.0.9+abc"}))
    with opened(path) as recording:
        assert other_code(recording) == "0.0.9+abc"
    assert all(told.same for told in replay(path).told)
    with opened(as_file(tmp_path, sound)) as recording:
        assert other_code(recording) == ""


def test_a_field_of_a_newer_state_is_passed_over(sound: bytes, tmp_path: Path) -> None:
    def more(first: Any) -> Any:
        shapes = {**first["shapes"], "JournalBack": ["moon_phase"]}
        return first | {"shapes": shapes, "unheard_of": 1}

    lines = gzip.decompress(sound).split(b"\n")
    (back,) = [n for n, line in enumerate(lines) if n and b'"JournalBack"' in line]
    newer = changed(changed(sound, 0, more), back, lambda row: [row[0], row[1], ["full"]])
    found = read(tmp_path, newer)
    assert isinstance(found, Found)
    assert "JournalBack()" in {repr(told.stamped.event) for told in found.told}
    assert all(told.same for told in found.told)


@pytest.mark.parametrize("line", [1, 2])
def test_a_policy_or_state_that_was_changed_is_refused(
    sound: bytes, tmp_path: Path, line: int
) -> None:
    found = read(tmp_path, changed(sound, line, lambda fields: [*fields, 1]))
    assert "is damaged: its policy or state is not the one that was kept" in str(found)


def test_a_line_that_is_no_event_is_named(sound: bytes, tmp_path: Path) -> None:
    found = read(tmp_path, changed(sound, 5, lambda row: [row[0], "Flood", []]))
    assert str(found).startswith("line 6 cannot be read: KeyError")


def test_one_thing_decided_otherwise_is_the_end_of_the_replay(sound: bytes, tmp_path: Path) -> None:
    found = read(tmp_path, changed(sound, 4, lambda _: []))
    assert isinstance(found, Found)
    (told,) = found.told
    assert (told.line, told.same, told.recorded) == (4, False, b"[]")
    assert b'"WakeAt"' in told.replayed


@pytest.mark.parametrize(
    "text", [b"", b"\n", b"[]\n", b'{"kind": "diary", "format": 1}\n', b"PK\x03\x04", b"\xff" * 50]
)
@pytest.mark.parametrize("packed", [True, False])
def test_what_is_no_recording_is_said_to_be_none(tmp_path: Path, text: bytes, packed: bool) -> None:
    found = read(tmp_path, gzip.compress(text) if packed else text)
    assert "is no recording of hedgebot's" in str(found)


def test_a_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        replay(tmp_path / "x")
    with pytest.raises(RecordingError, match="directory"):
        replay(tmp_path)
