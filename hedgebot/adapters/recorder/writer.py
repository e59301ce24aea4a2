"""The thread that compresses and writes: a slow disk keeps it waiting, and nobody else.

Compressing and writing let go of the interpreter, so the decision goes on meanwhile.
"""

import os
import queue
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

JOBS_MAX = 16
"""Batches that may wait for the disk."""
GZIP = 16 + zlib.MAX_WBITS
LEVEL = 6


@dataclass(frozen=True, slots=True)
class Opening:
    """Begin a new file with these lines."""

    name: str
    lines: bytes


@dataclass(frozen=True, slots=True)
class End:
    """Close the file and the thread, then tell."""

    tell: Callable[[], object]


Open = Callable[[str, int], int]
"""A descriptor of a new file of that name, for an opening of so many bytes; raises OSError."""


class Writer:
    """Takes batches of lines to the present file. After a failure nothing is written until the
    next opening, so that no file has a gap.
    """

    def __init__(self, open_file: Open) -> None:
        self._jobs: queue.Queue[Opening | bytes | End] = queue.Queue(JOBS_MAX)
        self._open = open_file
        self._file: _File | None = None
        self._thread = Thread(target=self._work, name="recorder", daemon=True)
        self.trouble = ""
        """Why nothing was written since the last opening; emptied by whoever opens again."""
        self.file_bytes = 0
        """Of the present file, as far as it is written."""
        self.opening_bytes = 0
        """Of them, those of its opening."""

    def put(self, job: Opening | bytes | End) -> bool:
        """Queue an opening, lines, or the end; False: the queue is full."""
        if self._thread.ident is None:
            self._thread.start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return False
        return True

    def _work(self) -> None:
        while not isinstance(job := self._jobs.get(), End):
            try:
                self._take(job)
            except OSError as error:
                self._give_up(error)
        self._close()
        with suppress(RuntimeError):  # nobody waits any more
            job.tell()

    def _take(self, job: Opening | bytes) -> None:
        if isinstance(job, Opening):
            self._close()
            self._file = _File()
            self.opening_bytes = self._file.pack(job.lines)
            self._file.descriptor = self._open(job.name, self.opening_bytes)
            self.file_bytes = self._file.write()
        elif self._file is not None:
            self._file.pack(job)
            self.file_bytes += self._file.write()

    def _give_up(self, error: OSError) -> None:
        # The reason alone: a path in a log line says where the book lies.
        self.trouble = error.strerror or type(error).__name__
        self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError as error:
                self.trouble = error.strerror or type(error).__name__


class _File:
    """One gzip stream. What was written can be read though the end is missing."""

    def __init__(self) -> None:
        self.descriptor: int | None = None
        self._stream = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._packed = b""

    def pack(self, lines: bytes) -> int:
        """Compress; how many bytes there are to write now."""
        self._packed += self._stream.compress(lines) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return len(self._packed)

    def write(self) -> int:
        """Write what is packed; how many bytes that was."""
        packed, self._packed = self._packed, b""
        assert self.descriptor is not None, "it was opened"
        _write_all(self.descriptor, packed)
        return len(packed)

    def close(self) -> None:
        """End the stream and let go of the file."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is None:
            return
        try:
            _write_all(descriptor, self._stream.flush())
        finally:
            os.close(descriptor)


def _write_all(descriptor: int, packed: bytes) -> None:
    rest = memoryview(packed)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
