"""The exchange as a process of its own: ready line, signals, clean end."""

import asyncio
import errno
import signal
import sys

import orjson

from hedgebot.sim.binance.server import serve
from hedgebot.sim.config import SimConfig
from hedgebot.sim.unusable import Unusable


def run(config: SimConfig) -> int:
    """Serve until SIGTERM or SIGINT. Prints one JSON line with the addresses when ready.

    Returns:
        0 at the end, 2 when it cannot start: the port is taken, the recording is no use.
    """
    try:
        return asyncio.run(_run(config))
    except (OSError, Unusable) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        mend = "; give it another --port, or stop what listens there" if taken else ""
        sys.stderr.write(f"hedgebot: the local exchange cannot run: {error}{mend}\n")
        return 2


async def _run(config: SimConfig) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    running = await serve(config)
    line = orjson.dumps({"rest": running.rest_url, "ws": running.ws_url})
    sys.stdout.write(line.decode() + "\n")
    sys.stdout.flush()
    for remark in running.exchange.remarks:
        sys.stderr.write(f"{remark}\n")
    asked = asyncio.create_task(stop.wait(), name="stop")
    # a market that breaks ends the exchange: a silent one would look like a quiet venue
    await asyncio.wait({asked, *running.tasks}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    await running.close()
    return 0
