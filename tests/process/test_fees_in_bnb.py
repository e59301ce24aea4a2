"""Fees in BNB, of a hedge of BTC and of one of BNB itself, against the exchange's own ledger."""

from collections.abc import Callable
from decimal import Decimal as D

import pytest

from tests.process.test_books import closed, ends, told, true
from tests.process.town import Town, until

pytestmark = pytest.mark.process
MORE = """
[[hedges]]
asset = "BNB"
ratio = "1"
band = { lower = "-2", upper = "2", unit = "coin" }
instruments = ["perp:BNB/USDT:USDT"]
order = { notional_max = "1000000", cooldown_s = 0 }

[books]
every_s = 1
"""


def quiet(town: Town, orders: int) -> Callable[[], bool]:
    """Both hedges are in their bands, with nothing under way, after so many orders."""

    def hedged() -> bool:
        status = town.status() or {"hedges": [], "open_orders": []}
        verdicts = [(hedge["verdict"], hedge["pending"]) for hedge in status["hedges"]]
        all_quiet = verdicts == [("in_band", ["0", "0"])] * 2 and not status["open_orders"]
        return all_quiet and len(town.our_orders()) >= orders

    return hedged


def held(town: Town) -> D:
    """BNB in both wallets, by the exchange's word."""
    state = town.plane.state()
    return D(state["spot"]["BNB"]["total"]) + D(state["futures"]["BNB"])


async def test_fees_in_bnb_are_in_fills_wallets_lines_and_books(town: Town) -> None:
    plane = town.plane
    plane.tell("deposit", asset="BNB", qty="100")
    plane.tell("transfer", asset="BNB", qty="20", to="futures")
    plane.tell("bnb_fees")
    town.write_settings(more=MORE)
    town.start()
    await until(quiet(town, 2))
    await until(lambda: len(ends(town)) == 2 and all(begin for begin, _ in ends(town).values()), 40)
    plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
    await until(quiet(town, 3))
    plane.tell("trade", market="spot", symbol="BNBUSDT", side="SELL", qty="30")
    await until(quiet(town, 4))
    plane.tell("bnb_fees", on=False, market="futures")
    plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="2")
    await until(quiet(town, 5))
    assert town.position("BTCUSDT") == D(-9)
    net = held(town) + town.position("BNBUSDT")
    assert 0 < -net < 2, "what the fees took since BNB was last hedged"
    assert D((town.status() or {})["hedges"][1]["net_delta"]) == net
    assert town.differences() == []
    lines = [line["text"] for line in town.lines("decision") if line["reason"] == "filled"]
    assert len(lines) == len(town.our_orders()) == 5, "fees alone cost no order"
    assert all(line.count(" BNB of fees; because ") == 1 for line in lines[:4])
    assert "of fees" not in lines[4]
    found = await closed(town)
    sums = told(found)
    assert sums == true(town, found)
    assert sums["perp:futures", "BNB", "fee"] < 0
    assert sums["spot:spot", "BNB", "fee"] < 0
    assert (found["unexplained"], found["refused"], found["disputed"]) == ([], [], [])
    assert town.stop() == 0
