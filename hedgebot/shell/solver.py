"""Finds computed bands beside the decision.

A band takes tens of milliseconds of arithmetic. It is done in a thread of its own, one at a time,
and while that works the interpreter hands over every half millisecond: an order that is due
meanwhile waits that long and not for the band. Whoever wants the same moments in the same order,
as a simulation does, answers on the loop.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from threading import Thread

from hedgebot.core import solving
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved
from hedgebot.ports import Emit

HAND_OVER_S = 0.0005
Answering = Callable[[SolveBand], Awaitable[BandSolved]]


async def inline(ask: SolveBand) -> BandSolved:
    """On the loop, after whatever is ready now."""
    await asyncio.sleep(0)
    return answer(ask)


async def beside(ask: SolveBand) -> BandSolved:
    """In a thread; cancelled, it is left to end by itself."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[BandSolved] = loop.create_future()
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(HAND_OVER_S)
    try:
        Thread(target=_work, args=(ask, loop, found), name="band", daemon=True).start()
        return await found
    finally:
        sys.setswitchinterval(usual_s)


def _work(
    ask: SolveBand, loop: asyncio.AbstractEventLoop, found: "asyncio.Future[BandSolved]"
) -> None:
    try:
        give = partial(found.set_result, answer(ask))
    except BaseException as error:  # noqa: BLE001 - raised on the loop: what is unknown ends us
        give = partial(found.set_exception, error)
    if not loop.is_closed():
        loop.call_soon_threadsafe(_give, found, give)


def _give(found: "asyncio.Future[BandSolved]", give: Callable[[], None]) -> None:
    if not found.done():
        give()


def answer(ask: SolveBand) -> BandSolved:
    """The band; arithmetic that fails is told, and the band in force stays."""
    try:
        return solving.answer(ask)
    except (ArithmeticError, ValueError) as error:
        trouble = f"{type(error).__name__}: {error}"
        return BandSolved(
            asset=ask.asset, asked_ms=ask.asked_ms, memory=(), fixed_cost=0.0, trouble=trouble
        )


class Solver:
    """Takes questions and emits their answers, one by one; each hedge has one at most."""

    def __init__(self, emit: Emit, answering: Answering) -> None:
        self._emit = emit
        self._answering = answering
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
            self._emit(await self._answering(ask))
