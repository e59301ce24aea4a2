"""A network namespace with nothing in it but this exchange, this daemon, and a link that goes down.

Run in a namespace of its own: `unshare --net python -m tests.process.link DIR`.
"""

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.town import Town, until

DOWN_S = 12.0


def link(state: str) -> None:
    """Set the loopback device up or down: it is the only network there is."""
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


async def play(folder: Path) -> None:
    """A deposit arrives while the link is down; it is hedged once, after the link is back."""
    link("up")
    with exchange("--still") as addresses, ExitStack() as stack:
        town = Town(addresses, folder, Plane(addresses.rest), stack)
        town.start()
        await town.hedged()
        town.plane.tell("deposit", asset="BTC", qty="1")
        link("down")
        await asyncio.sleep(DOWN_S)
        assert town.running(), town.log_tail()
        assert town.hedge()["verdict"] == "wait", "the control socket needs no network"
        link("up")
        await until(lambda: town.position() == D(-11), 40)
        await town.hedged(40)
        sent = town.our_orders()
        assert len(sent) == 2, sent
        assert town.stop() == 0
        assert town.differences() == []


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1])))
    print("hedged once")
