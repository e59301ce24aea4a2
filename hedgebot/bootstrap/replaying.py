"""A recording, folded again: the same events must give the same actions (invariant 10)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hedgebot.adapters.logs import Redactor
from hedgebot.adapters.recorder import NOTHING, Recording, RecordingError, actions_line, read
from hedgebot.adapters.recorder.folding import fold
from hedgebot.adapters.recorder.masking import masked
from hedgebot.bootstrap.code import code_version
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped


@dataclass(frozen=True, slots=True)
class Told:
    """One event, what it made the decision do, and whether it did the same when recorded."""

    line: int
    stamped: Stamped
    actions: tuple[Action, ...]
    recorded: bytes
    replayed: bytes
    error: str = ""
    """What the decision raised."""

    @property
    def same(self) -> bool:
        return self.recorded == self.replayed


@contextmanager
def opened(path: Path) -> Iterator[Recording]:
    """An open recording.

    Raises:
        RecordingError: it cannot be read, or not by this version.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from None
    with file:
        yield read(path, file)


def other_code(recording: Recording) -> str:
    """The code that recorded, where it is not this one; empty: the same."""
    return "" if recording.first.code == code_version() else recording.first.code


def replayed(recording: Recording, until_ms: int | None = None) -> Iterator[Told]:
    """Fold event by event into the recording's own state, until one of them differs.

    Args:
        recording: its state moves with every event.
        until_ms: of the last moment to fold, UTC.

    Raises:
        RecordingError: a line cannot be read; what stands before it was yielded.
    """
    mask = Redactor()
    for found in recording.events():
        if until_ms is not None and found.stamped.now > until_ms:
            return
        actions, error = fold(recording.state, found.stamped, recording.policy)
        (line,) = masked([NOTHING if error else actions_line(actions)], mask)
        told = Told(found.number, found.stamped, actions, found.actions, line, error)
        if not told.same and (damage := recording.damage(found)):
            raise RecordingError(damage)
        yield told
        if not told.same or error:
            return
