"""What a pain asks of a town, besides what the town answers itself."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal as D
from typing import Any

from tests.process.town import Status, Town, until

ORDER = "/fapi/v1/order"
POSTS = f"POST {ORDER}"


def befall(town: Town, kind: str, **told: object) -> None:
    """A fault for the next order that arrives."""
    town.plane.tell("fault", name=kind, kind=kind, path=ORDER, verb="POST", **told)


def trade(town: Town, side: str, qty: str, *, on: str = "spot", symbol: str = "BTCUSDT") -> None:
    """A market order by hand."""
    town.plane.tell("trade", market=on, symbol=symbol, side=side, qty=qty)


async def holds(
    town: Town, position: D | str, symbol: str = "BTCUSDT", *, within_s: float = 10
) -> None:
    """The position comes to that, stays there, and the hedge knows it."""
    await until(lambda: town.position(symbol) == D(position), within_s)
    await town.hedged()
    await asyncio.sleep(0.3)
    assert town.position(symbol) == D(position)


def hedge_of(town: Town, asset: str) -> Status:
    """One of several hedges."""
    status = town.status()
    rows = status["hedges"] if status else []
    return next((dict(row) for row in rows if row["asset"] == asset), {})


def alerts(town: Town, level: str = "") -> list[str]:
    """What people were told."""
    found = [line for line in town.lines("alert") if level in {"", line["level"]}]
    return [str(line["text"]) for line in found]


def posts(town: Town) -> int:
    """Order requests that arrived, taken or refused."""
    return town.requests().get(POSTS, 0)


def qty(orders: Sequence[dict[str, Any]]) -> D:
    """What they filled, bought is positive."""
    return sum((D(o["filled"]) * (1 if o["side"] == "BUY" else -1) for o in orders), D(0))
