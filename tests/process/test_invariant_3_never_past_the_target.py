"""Invariant 3 through real processes: no order crosses the target or turns a position around, and
each ends inside the band. The judge is the exchange's own ledger, not what the daemon says.
"""

import random
from collections import Counter
from decimal import Decimal as D
from typing import NamedTuple

import pytest

from tests.process.oracle import Passage, passages
from tests.process.town import Town, until

pytestmark = pytest.mark.process
MORE = """
[[hedges]]
asset = "ETH"
ratio = "1"
band = { lower = "-0.2", upper = "0.1", unit = "coin" }
rebalance_to = "edge"
instruments = ["perp:ETH/USDT:USDT"]
order = { notional_max = "1000000", cooldown_s = 0 }

[[hedges]]
asset = "SOL"
ratio = "1"
band = { lower = "-2", upper = "3", unit = "coin" }
rebalance_to = "0.5"
instruments = ["perp:SOL/USDT:USDT"]
order = { notional_max = "1000000", cooldown_s = 0 }
"""


class Rule(NamedTuple):
    """How a hedge is set, and how far its spot holding is moved."""

    lower: D
    upper: D
    aim: D
    """Part of the band's width that an order leaves."""
    lot: D
    moves: tuple[str, ...]


RULES = {
    "BTC": Rule(D("-0.02"), D("0.02"), D(0), D("0.001"), ("0.01", "0.05", "0.4", "1.23456")),
    "ETH": Rule(D("-0.2"), D("0.1"), D(1), D("0.001"), ("0.05", "0.3", "2", "7.6543")),
    "SOL": Rule(D(-2), D(3), D("0.5"), D("0.01"), ("1", "4", "33.3", "150.125")),
}
ROUNDS = 14


def broken(passage: Passage) -> list[str]:
    """What an order did that it must not do."""
    rule = RULES[passage.asset]
    through_zero = passage.closed and not rule.lower <= passage.net_after <= rule.upper
    edge = rule.upper if passage.net_before > 0 else rule.lower
    short_of_aim = abs(edge) * rule.aim - abs(passage.net_after)
    wrongs = {
        "crosses the target": passage.net_before * passage.net_ordered < 0,
        "turns the position around": passage.position_before * passage.position_ordered < 0,
        "ends outside the band": not through_zero
        and not rule.lower <= passage.net_after <= rule.upper,
        "not where it was to end": not through_zero and not 0 <= short_of_aim < rule.lot
        if rule.aim
        else not through_zero and abs(passage.net_after) >= rule.lot,
        "wrong reduce-only flag": passage.reduce_only
        != (passage.position_before * passage.ordered < 0),
    }
    return [wrong for wrong, so in wrongs.items() if so]


def settled(town: Town) -> bool:
    """Whether the daemon knows every holding, and none needs an order."""
    status = town.status()
    if status is None or status["open_orders"]:
        return False
    true = town.plane.state()
    held = {row["symbol"]: D(row["qty"]) for row in true["positions"]}
    return all(
        row["verdict"] == "in_band"
        and row["pending"] == ["0", "0"]
        and D(row["gross"]) == D(true["spot"].get(row["asset"], {"total": "0"})["total"])
        and D(row["hedge"]) == held.get(f"{row['asset']}USDT", D(0))
        for row in status["hedges"]
    )


async def moved(town: Town, chance: random.Random) -> None:
    """One spot trade of each coin."""
    holdings = town.plane.state()["spot"]
    for asset, rule in RULES.items():
        qty = D(chance.choice(rule.moves))
        buys = D(holdings.get(asset, {"total": "0"})["total"]) < qty or chance.random() < 0.4
        side = "BUY" if buys else "SELL"
        told = {"symbol": f"{asset}USDT", "side": side, "qty": str(qty)}
        town.plane.tell("trade", market="spot", **told)
    await until(lambda: settled(town))


async def flipped(town: Town, asset: str, past_zero: str) -> list[Passage]:
    """Somebody buys the short back and a long beside it: what the daemon then does."""
    known = len(passages(town.plane.state()))
    qty = D(past_zero) - town.position(f"{asset}USDT")
    told = {"symbol": f"{asset}USDT", "side": "BUY", "qty": str(qty)}
    town.plane.tell("trade", market="futures", **told)
    await until(lambda: settled(town))
    return passages(town.plane.state())[known:]


@pytest.mark.timeout(120)
async def test_invariant_3_every_order_ends_in_its_band_and_none_crosses_the_target(
    town: Town,
) -> None:
    town.write_settings(more=MORE)
    town.start()
    await until(lambda: settled(town), timeout_s=30)
    chance = random.Random(3)
    for _ in range(ROUNDS):
        await moved(town, chance)
    done = passages(town.plane.state())
    assert [(each, wrong) for each in done if (wrong := broken(each))] == []
    sides = Counter((each.asset, each.ordered > 0) for each in done)
    assert len(sides) == 2 * len(RULES), "each is bought and sold"
    assert 2 * ROUNDS < len(done) < 3 * ROUNDS, "most moves need an order, some are left alone"

    for asset, past_zero in (("BTC", "2.5"), ("ETH", "0.001")):  # the second is dust to close
        close, opened = await flipped(town, asset, past_zero)
        assert (close.ordered, close.reduce_only, close.position_after) == (
            -D(past_zero),
            True,
            D(0),
        )
        assert (opened.position_before, opened.reduce_only) == (D(0), False)
        assert broken(close) == broken(opened) == []
    assert town.stop() == 0
    assert town.differences() == []
