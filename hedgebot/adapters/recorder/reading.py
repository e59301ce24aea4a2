"""Reads a recording, also one that a kill cut off or that is still being written."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

from hedgebot.adapters.recorder import layout
from hedgebot.adapters.recorder.decoding import Decoder, loads
from hedgebot.adapters.recorder.writer import GZIP
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.events import Event, Stamped
from hedgebot.errors import HedgebotError

CHUNK = 1 << 13
"""Read and unpacked at a time: what is unpacked in one go with a damage is lost."""
LINE_BYTES_MAX = 1 << 28
"""No state is that large: a file that pretends so is not read into memory."""
DAMAGED = "it is damaged from there on"
UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What a value that is not what it must be makes of its decoding."""


class RecordingError(HedgebotError):
    """A file that cannot be replayed; the text says why."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event, and what was decided, as the file has it."""

    number: int
    """Of its line."""
    stamped: Stamped
    actions: bytes
    """As written; `layout.NOTHING` where the decision never returned."""


@dataclass(frozen=True, slots=True)
class Recording:
    """An open recording: its beginning is read."""

    first: layout.First
    policy: Policy
    state: State
    """To be folded by one reader."""
    lines: "Lines"

    def events(self) -> Iterator[Recorded]:
        """Each event, in order.

        Raises:
            RecordingError: a line cannot be read by this version.
        """
        decoder = Decoder(self.first.shapes)
        while (line := self.lines.next()) is not None:
            number = self.lines.number
            actions = self.lines.next()
            if actions is None:
                return  # cut off between the two
            try:
                now, *tagged = loads(line)
                if not isinstance(now, int):
                    raise TypeError(f"{now!r} is no time")
                stamped = Stamped(now, decoder.read(Event, tagged))
            except UNREADABLE as error:
                raise RecordingError(f"line {number} cannot be read: {_words(error)}") from None
            yield Recorded(number, stamped, actions)

    def damage(self, found: Recorded) -> str:
        """Why what was recorded of an event cannot be relied on, where it differs; empty: it can.

        Reads to the end of the file: its checksum stands there.
        """
        try:
            kept = loads(found.actions)
        except UNREADABLE as error:
            return f"line {found.number + 1} cannot be read: {_words(error)}"
        if found.actions != layout.NOTHING and not isinstance(kept, list):
            return f"line {found.number + 1} cannot be read: it holds no actions"
        while self.lines.next() is not None:
            pass
        return f"line {found.number} differs, and the file is damaged" if self.lines.damaged else ""


class Lines:
    """The lines of a gzip stream as far as it can be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stream = zlib.decompressobj(GZIP)
        self._found: Iterator[bytes] = self._split()
        self.number = 0
        self.cut = ""
        """Known after the last line: why the file has no proper end; empty: it has one."""

    @property
    def damaged(self) -> bool:
        """Whether a part of the file is lost; where it has no end, it was only not finished."""
        return self.cut == DAMAGED

    def next(self) -> bytes | None:
        """The next whole line; None: there is no more."""
        line = next(self._found, None)
        self.number += line is not None
        return line

    def _split(self) -> Iterator[bytes]:
        parts: list[bytes] = []
        for piece in self._unpacked():
            *whole, last = piece.split(b"\n")
            for line in whole:
                yield b"".join([*parts, line])
                parts.clear()
            parts.append(last)
            if sum(map(len, parts)) > LINE_BYTES_MAX:
                raise RecordingError("a line without an end: this is no recording")

    def _unpacked(self) -> Iterator[bytes]:
        packed = b""
        while not self._stream.eof:
            packed = packed or self._file.read(CHUNK)
            if not packed:
                self.cut = "it has no end: the daemon was killed, or still writes it"
                return
            try:
                yield self._stream.decompress(packed, CHUNK)
            except zlib.error:
                self.cut = DAMAGED
                return
            packed = self._stream.unconsumed_tail


def read(path: Path, file: BinaryIO) -> Recording:
    """Read the beginning of a recording.

    Raises:
        RecordingError: it is none, is of another format, or ends within its beginning.
    """
    lines = Lines(file)
    first = _first(path, lines)
    wanted, stood = lines.next(), lines.next()
    if wanted is None or stood is None:
        raise RecordingError(f"{path} ends within its beginning: {lines.cut}")
    if (layout.line_hash(wanted), layout.line_hash(stood)) != (first.policy_hash, first.state_hash):
        raise RecordingError(f"{path} is damaged: its policy or state is not the one that was kept")
    decoder = Decoder(first.shapes)
    try:
        policy: Policy = decoder.read(Policy, loads(wanted))
        state: State = decoder.read(State, loads(stood))
    except UNREADABLE as error:
        raise RecordingError(
            f"{path} was recorded by {first.code}, and this version does not understand its "
            f"state ({_words(error)}): replay it with that version"
        ) from None
    return Recording(first, policy, state, lines)


def _first(path: Path, lines: Lines) -> layout.First:
    line = lines.next()
    try:
        found: dict[str, Any] = dict(loads(line or b"null"))
        if found["kind"] != layout.KIND:
            raise ValueError(found["kind"])
        form = found["format"]
    except UNREADABLE:
        text = f"{path} is no recording of hedgebot's, or its beginning is damaged"
        raise RecordingError(text) from None
    if form != layout.FORMAT:
        raise RecordingError(
            f"{path} is of format {form}, this version reads format {layout.FORMAT}: "
            f"it was recorded by {found.get('code', 'an unknown version')}"
        )
    known = {field.name for field in fields(layout.First)}
    try:
        return layout.First(**{name: value for name, value in found.items() if name in known})
    except TypeError as error:
        raise RecordingError(f"{path}: its first line is not whole: {error}") from None


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
