"""A local exchange without request limits that writes its traced moments to a file at its end.

python -m bench.exchange OUT.json
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from hedgebot.sim.binance.server import serve
from hedgebot.sim.config import SimConfig


async def main(out: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    running = await serve(SimConfig(limited=False))
    print(json.dumps({"rest": running.rest_url, "ws": running.ws_url}), flush=True)
    await stop.wait()
    await asyncio.to_thread(out.write_text, json.dumps(list(running.exchange.records.moments)))
    await running.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
