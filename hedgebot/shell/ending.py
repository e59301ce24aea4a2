"""How a daemon ends: what it says, what it leaves in the journal, within a few seconds."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hedgebot.domain.actions import Stop
from hedgebot.errors import HedgebotError, StartRefused

TEXT_MAX = 500


@dataclass(frozen=True, slots=True)
class Ending:
    """How a daemon ended."""

    exit_code: int
    reason: str
    error: str = ""
    """Kept with the start, so that the next ones see whether they die of the same."""
    cause: BaseException | None = None
    """For the log, where the error is a bug of ours."""

    @property
    def level(self) -> int:
        return logging.CRITICAL if self.exit_code else logging.INFO

    def left(self, undone: Sequence[str]) -> "Ending":
        """The same with what could not be done any more: a stop in good order leaves nothing."""
        if not undone:
            return self
        reason = f"{self.reason}, but {'; '.join(undone)}"
        return replace(self, exit_code=self.exit_code or 1, reason=reason)

    def line(self) -> dict[str, Any]:
        """Fields of the last log line."""
        fields: dict[str, Any] = {"reason": self.reason, "exit_code": self.exit_code}
        return fields | ({"exc_info": self.cause} if self.cause else {})


def ending_of(work: "asyncio.Task[Stop]") -> Ending:
    """Read the fate of the daemon's task."""
    if not work.done() or work.cancelled():
        return Ending(0, "stopped; a task did not end in time")
    error = work.exception()
    if error is None:
        stop = work.result()
        return Ending(stop.exit_code, stop.reason, stop.reason if stop.exit_code else "")
    return ending_by(error)


def ending_by(error: BaseException) -> Ending:
    """The ending that an error makes: the world's are one line, ours keep their traceback."""
    first = next(_leaves(error))
    text = f"{type(first).__name__}: {first}"[:TEXT_MAX]
    if isinstance(first, HedgebotError):
        return Ending(2 if isinstance(first, StartRefused) else 1, str(first), text)
    return Ending(1, text, text, cause=error)


async def ended_in_time(
    closings: Mapping[str, Coroutine[Any, Any, None]], timeout_s: float
) -> list[str]:
    """Run closings side by side, at most that long.

    Returns:
        What did not close in order, in words: nothing here may keep a daemon from ending.
    """
    tasks = {asyncio.create_task(work, name=name) for name, work in closings.items()}
    if not tasks:
        return []
    done, late = await asyncio.wait(tasks, timeout=timeout_s)
    for task in late:
        task.cancel()
    failed = [(task.get_name(), task.exception()) for task in done if not task.cancelled()]
    return [f"{task.get_name()}: did not close in time" for task in late] + [
        f"{name}: {type(error).__name__} {error}" for name, error in failed if error is not None
    ]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error
