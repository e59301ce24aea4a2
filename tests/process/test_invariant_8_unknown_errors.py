"""Invariant 8 through real processes: an unknown error stops the daemon, loudly, after cancelling
our orders; the next start makes it right; and an error that comes back is a person's to look at.
"""

import asyncio
import json
import signal
from contextlib import suppress
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.adapters.binance import ids
from hedgebot.domain.orders import OrderId
from hedgebot.shell.control_client import NoAnswer, NobodyListens
from hedgebot.shell.kill import Point
from tests.process.mailbox import mailbox
from tests.process.town import Town, until

pytestmark = pytest.mark.process
TASKS = (Point.STREAM, Point.DECISION, Point.REQUEST, Point.JOURNAL, Point.LINE)
LOOPED = "three starts within five minutes ended with"
Letters = list[dict[str, Any]]


def told_to(town: Town, port: int) -> None:
    """People hear of it at that port."""
    town.environ["HEDGEBOT_ALERTS__URLS"] = json.dumps([f"json://127.0.0.1:{port}/"])


def critical(letters: Letters, text: str) -> bool:
    """Whether people were told that, as urgently as can be."""
    said = [letter for letter in letters if text in letter["message"]]
    urgency = {(letter["type"], letter["title"]) for letter in said}
    return urgency == {("failure", "hedgebot town: critical")}


async def order_at_work(town: Town) -> str:
    """Have the daemon send an order that stays in the exchange's book; its client id.

    An IOC never rests, so the request is lost and the order put into the book under its name.
    """
    lost = {"kind": "fail_before", "path": "/fapi/v1/order", "verb": "POST"}
    town.plane.tell("fault", name="lost", **lost)
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="1")
    await until(lambda: (town.status() or {}).get("open_orders"))
    (order,) = (town.status() or {})["open_orders"]
    name = ids.encode(OrderId(int(order["order_id"], 16)))
    resting = {"side": order["side"].upper(), "qty": order["qty"], "price": "50000"}
    town.plane.tell("trade", market="futures", symbol="BTCUSDT", client_id=name, **resting)
    await until(lambda: (town.status() or {})["open_orders"][0]["phase"] == "working")
    return name


async def broken(town: Town) -> str:
    """Light the fuse while an order is at work, let something happen; the error that ended it."""
    name = await order_at_work(town)
    assert town.child is not None
    town.child.send_signal(signal.SIGUSR1)
    with suppress(NoAnswer, NobodyListens):
        town.ask(ask="pause", for_ms=500)  # a row to keep, and a line to say
    assert await town.ended() == 1, town.log_tail()
    (order,) = [row for row in town.our_orders() if row["client_id"] == name]
    assert (order["status"], order["filled"]) == ("CANCELED", "0"), town.log_tail()
    ended = town.lines("ended")[-1]
    assert (ended["level"], ended["exit_code"]) == ("critical", 1)
    return str(ended["reason"])


@pytest.mark.timeout(180)
async def test_invariant_8_an_unknown_error_in_any_task_is_loud_and_the_next_start_recovers(
    town: Town, unused_tcp_port: int
) -> None:
    told_to(town, unused_tcp_port)
    spot = D(10)
    async with mailbox(unused_tcp_port) as letters:
        for turn, point in enumerate(TASKS, start=1):
            town.start(HEDGEBOT_TEST_ERROR=point)
            await town.hedged()
            assert town.position() == -spot
            error = await broken(town)
            spot -= 1
            assert error == f"Unforeseen: provoked by a test at {point}"
            assert len(town.lines("ended")) == turn
        assert "order may be working" not in town.log.read_text()
        town.start()
        await town.hedged()
        assert town.position() == -spot
        # Told by the daemon that died or, where that took too long, by the next one.
        await until(lambda: all(critical(letters, f"by a test at {point}") for point in TASKS))
    assert town.stop() == 0
    assert town.differences() == []
    names = [row["client_id"] for row in town.our_orders()]
    assert len(names) == len(set(names))


async def test_invariant_8_three_ends_with_the_same_error_halt_the_fourth_start(
    town: Town, unused_tcp_port: int
) -> None:
    told_to(town, unused_tcp_port)
    for _ in range(3):  # nobody can be told
        town.start(HEDGEBOT_TEST_ERROR=Point.DECISION)
        await until(town.status)
        assert town.child is not None
        town.child.send_signal(signal.SIGUSR1)
        assert await town.ended() == 1
    orders = len(town.our_orders())
    town.plane.tell("deposit", asset="BTC", qty="1")
    async with mailbox(unused_tcp_port) as letters:
        town.start()
        await until(lambda: critical(letters, LOOPED))
        await until(lambda: critical(letters, "hedgebot: Unforeseen: provoked by a test"))
        await until(lambda: town.hedge().get("gross") == "11")
        await asyncio.sleep(1)
        assert len(town.our_orders()) == orders
        assert town.hedge()["trading_state"] == "halted"
        assert "provoked by a test at decision" in town.hedge()["trading_state_reason"]
        said = town.cli("resume")
        assert said.returncode == 0, said.stderr
        await until(lambda: town.position() == D(-11))
    await town.hedged()
    assert town.stop() == 0
    assert town.differences() == []
