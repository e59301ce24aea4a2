"""The five moments of an order at which a daemon may be killed, lived side by side."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from hedgebot.shell.kill import ORDER_POINTS, Point
from tests.process.town import Town

FAST_RECOVERY = "[limits]\nrecv_window_ms = 500"
Life = Callable[[Town, Point], Coroutine[None, None, None]]


async def at_each_moment(folder: Path, live: Life) -> None:
    """Each has an exchange and a journal of its own."""
    with ExitStack() as stack:
        async with asyncio.TaskGroup() as group:
            for point in ORDER_POINTS:
                place = folder / point
                place.mkdir()
                addresses = stack.enter_context(exchange("--still"))
                town = Town(addresses, place, Plane(addresses.rest), stack)
                group.create_task(live(town, point), name=point)
