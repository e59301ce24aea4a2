"""Bands are found beside the loop: nothing waits for one, and one that fails is told."""

import asyncio
import sys
import threading
import time
from dataclasses import replace

import pytest

from hedgebot.core import band_memory, solving
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved, Event
from hedgebot.shell.solver import Answering, Solver, answer, beside, inline


def question() -> SolveBand:
    memory = [0.0] * band_memory.SIZE
    band_memory.begin(memory, now=0.0, unit=0.001)
    for day, move in enumerate((0.5, -0.3, 2.0, -0.1, 0.7, 0.004, -0.03), 1):
        band_memory.note(memory, now=float(day), move=move, costs=(60.0, 30.0, 30.0, 0.0))
    return SolveBand(
        asset="BTC", asked_ms=7, memory=tuple(memory), least=0.003, fixed=(0.1, 0.1, 0.0)
    )


@pytest.mark.parametrize("answering", [inline, beside])
async def test_the_answer_is_the_cores(answering: object) -> None:
    assert callable(answering)
    assert await answering(question()) == solving.answer(question())


async def test_the_loop_turns_while_a_band_is_found() -> None:
    turns, usual_s = 0, sys.getswitchinterval()
    work = asyncio.create_task(beside(question()))
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert sys.getswitchinterval() == usual_s


async def test_questions_are_answered_one_by_one_in_their_order() -> None:
    told: list[Event] = []
    running = 0

    async def counted(ask: SolveBand) -> BandSolved:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1
        return BandSolved(asset=ask.asset, asked_ms=ask.asked_ms, memory=(), fixed_cost=0.0)

    async with asyncio.TaskGroup() as group:
        solver = Solver(told.append, counted)
        solver.open(group)
        for asset in ("BTC", "ETH", "SOL"):
            solver.solve(replace(question(), asset=asset))
    assert [each.asset for each in told if isinstance(each, BandSolved)] == ["BTC", "ETH", "SOL"]


async def test_an_end_does_not_wait_for_a_band() -> None:
    work = asyncio.create_task(beside(question()))
    await asyncio.sleep(0)
    began_s = time.monotonic()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert time.monotonic() - began_s < 5
    assert all(each.daemon for each in threading.enumerate() if each.name == "band")


async def answered_once(answering: Answering, ask: SolveBand) -> None:
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        solver = Solver(lambda _: None, answering)
        solver.open(group)
        solver.solve(ask)


@pytest.mark.parametrize("answering", [inline, beside])
async def test_invariant_8_an_unknown_error_is_raised_on_the_loop(answering: Answering) -> None:
    """A thread that died unheard would keep every later question waiting."""
    with pytest.raises(ExceptionGroup) as raised:
        await answered_once(answering, replace(question(), memory=()))
    assert [type(each) for each in raised.value.exceptions] == [IndexError]


def test_arithmetic_that_fails_is_told() -> None:
    zero = replace(question(), memory=tuple(0.0 for _ in question().memory))
    assert "ZeroDivisionError" in answer(zero).trouble
