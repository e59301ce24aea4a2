"""The flight recorder of a simulated daemon, and the replay of what it kept (invariant 10)."""

import zlib
from collections.abc import Iterator
from typing import Any

from hedgebot.adapters.recorder import FileRecorder, RecordingError
from hedgebot.adapters.recorder.writer import GZIP, End, Opening, Writer
from hedgebot.bootstrap.recording import make_recorder, shelf_of
from hedgebot.bootstrap.replaying import opened, replayed
from hedgebot.ports import Clock, Recorder
from hedgebot.settings import Settings

SECRET = b"local-secret"


class AtOnce(Writer):
    """Writes in the step that asks: a thread would run in real time, and no seed would repeat."""

    def put(self, job: Opening | bytes | End) -> bool:
        if isinstance(job, End):
            self._close()
            job.tell()
            return True
        try:
            self._take(job)
        except OSError as error:
            self._give_up(error)
        return True


def recorder_of(settings: Settings, clock: Clock, log: Any) -> Recorder | None:
    """The real one, but for its thread."""
    made = make_recorder(settings, clock, log)
    if isinstance(made, FileRecorder):
        made._writer = AtOnce(made._pages.shelf.open)
    return made


def strays(settings: Settings) -> Iterator[str]:
    """What a replay of the recordings does otherwise than the daemons did, or cannot read."""
    paths = sorted(shelf_of(settings).folder.glob("*"))
    told = 0
    for path in paths:
        if SECRET in zlib.decompressobj(GZIP).decompress(path.read_bytes()):
            yield f"{path.name} holds the secret"
        try:
            with opened(path) as recording:
                for each in replayed(recording):
                    told += 1
                    if not each.same or each.error:
                        yield f"line {each.line}: {each.error or each.replayed.decode()[:200]}"
        except RecordingError as error:
            yield str(error)
    if not told:
        yield f"nothing was recorded in {len(paths)} files"
