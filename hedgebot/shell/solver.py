"""Finds computed bands beside the decision: when the loop has nothing else to do."""

import asyncio

from hedgebot.core import solving
from hedgebot.domain.actions import SolveBand
from hedgebot.ports import Emit


class Solver:
    """Answers questions one by one; there is one for each hedge at most."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._group: asyncio.TaskGroup | None = None
        self._one = asyncio.Lock()

    def open(self, group: asyncio.TaskGroup) -> None:
        """Work as tasks of this group."""
        self._group = group

    def solve(self, ask: SolveBand) -> None:
        """Take a question; returns at once."""
        assert self._group is not None, "the solver is not open"
        self._group.create_task(self._answered(ask), name=f"band of {ask.asset}")

    async def _answered(self, ask: SolveBand) -> None:
        async with self._one:
            await asyncio.sleep(0)
            self._emit(solving.answer(ask))
