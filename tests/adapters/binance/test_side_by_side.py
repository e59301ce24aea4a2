"""Of works side by side one error is raised, and never a loss in the place of a bug."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from hedgebot.adapters.binance.side_by_side import one_error
from hedgebot.errors import VenueError


async def lost() -> None:
    raise VenueError("reset")


async def buggy() -> None:
    raise KeyError("a row without a name")


async def buggy_when_left() -> None:
    try:
        await asyncio.sleep(60)
    finally:
        await buggy()


async def together(*works: Callable[[], Coroutine[None, None, None]]) -> None:
    with one_error():
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work())


async def test_a_loss_is_raised_as_itself_and_the_others_are_left() -> None:
    left: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            left.append("cancelled")
            raise

    with pytest.raises(VenueError, match="reset"):
        await together(wait, lost)
    assert left == ["cancelled"]


@pytest.mark.parametrize("works", [(lost, buggy), (buggy, lost), (buggy_when_left, lost)])
async def test_invariant_8_a_bug_beside_a_loss_is_the_one_raised(
    works: tuple[Callable[[], Coroutine[None, None, None]], ...],
) -> None:
    with pytest.raises(KeyError):
        await together(*works)


async def test_what_goes_well_is_left_alone() -> None:
    with one_error():
        async with asyncio.TaskGroup() as group:
            done = group.create_task(asyncio.sleep(0, "result"))
    assert done.result() == "result"
