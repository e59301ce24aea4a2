"""Errors in the loop's callbacks (timers, signals): asyncio only logs them, and goes on."""

import asyncio
from typing import Any, NoReturn


async def first_error() -> NoReturn:
    """Wait until a callback fails, for ever if none does.

    Raises:
        Exception: what the callback raised (invariant 8).
    """
    loop = asyncio.get_running_loop()
    failed: asyncio.Future[None] = loop.create_future()

    def note(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # Without a handle it tells of a library's own connection or task: whoever owns that
        # notices by its silence.
        if "handle" in context and error is not None and not failed.done():
            failed.set_exception(error)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(note)
    try:
        await failed
        raise AssertionError("waits for nothing but an error")
    finally:
        loop.set_exception_handler(None)
