"""The exchange as a process of its own: ready line, signals, clean end."""

import asyncio
import signal
import sys

import orjson

from hedgebot.sim.binance.server import serve
from hedgebot.sim.config import SimConfig


def run(config: SimConfig) -> int:
    """Serve until SIGTERM or SIGINT. Prints one JSON line with the addresses when ready."""
    return asyncio.run(_run(config))


async def _run(config: SimConfig) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = await serve(config)
    line = orjson.dumps({"rest": running.rest_url, "ws": running.ws_url})
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()
    await stop.wait()
    await running.close()
    return 0
