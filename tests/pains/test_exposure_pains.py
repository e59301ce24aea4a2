"""Pains 1, 2, 3, 8, 13: the hedge is of the wrong size, or there is none."""

import asyncio
import re
from decimal import Decimal as D

import pytest

from tests.pains.asking import alerts, befall, hedge_of, holds, qty, trade
from tests.process.town import Town, until

pytestmark = pytest.mark.process


async def test_pain_01_a_stale_position_never_has_the_same_hedge_sent_again(hedged: Town) -> None:
    """Invariant 1: one order out for each hedge, and the next only when all is settled."""
    town, position, sent = hedged, hedged.position(), len(hedged.our_orders())
    late_ms = 1_500
    town.plane.tell("stale", ms=late_ms)  # REST
    town.plane.tell("events", market="futures", kind="delay", count=9, ms=late_ms)
    trade(town, "SELL", "1")
    await until(lambda: town.position() == position + 1)
    await asyncio.sleep(late_ms / 1_000)
    await holds(town, position + 1)
    assert [row["filled"] for row in town.our_orders()[sent:]] == ["1.000"]


async def test_pain_02_a_spot_sale_shrinks_the_hedge_and_a_full_sale_closes_it(
    hedged: Town,
) -> None:
    """Both signs of a deviation are traded, and what shrinks a position cannot turn it round."""
    town, position, sent = hedged, hedged.position(), len(hedged.our_orders())
    trade(town, "SELL", "4")
    await holds(town, position + 4)
    trade(town, "SELL", town.plane.state()["spot"]["BTC"]["total"])
    await holds(town, "0")
    shrinking = town.our_orders()[sent:]
    assert {(row["side"], row["reduce_only"]) for row in shrinking} == {("BUY", True)}
    assert qty(shrinking) == -position


async def test_pain_03_an_unfilled_leg_is_told_by_its_amount_and_tried_until_filled(
    hedged: Town,
) -> None:
    """Invariant 6: a hedge that is open on one side has a timer, and somebody hears of it."""
    town, position = hedged, hedged.position()
    befall(town, "partial_fill", share="0.05")  # and then the book is empty on that side
    trade(town, "BUY", "1")  # 0.999 arrive: the fee is paid in coins
    naked = re.compile(r"BTC: not hedged for \d+ s, net delta \+0\.9\d* BTC: ")
    await until(lambda: any(naked.match(text) for text in alerts(town, "critical")))
    assert town.position() > position - D("0.1")
    town.plane.tell("price", symbol="BTCUSDT", price="60001")  # the market shows depth again
    await holds(town, position - D("0.999"))
    assert any("BTC: back in band" in text for text in alerts(town))


async def test_pain_08_a_deleveraged_short_is_rebuilt_at_once_and_told(hedged: Town) -> None:
    """Invariant 1: every execution of the account counts, with its cause, as soon as it is told."""
    town, position, sent = hedged, hedged.position(), len(hedged.our_orders())
    town.plane.tell("adl", symbol="BTCUSDT", qty="0.4")
    await until(lambda: len(town.our_orders()) > sent, timeout_s=3)
    await holds(town, position)
    assert qty(town.our_orders()[sent:]) == D("-0.4")
    assert any("auto-deleveraged: bought 0.4" in text for text in alerts(town, "critical"))


SECOND_HEDGE = """
[[hedges]]
asset = "ETH"
ratio = "0.5"
band = { lower = "-0.1", upper = "0.1", unit = "coin" }
instruments = ["perp:ETH/USDT:USDT"]
"""


async def test_pain_13_one_daemon_nets_every_wallet_and_several_coins(town: Town) -> None:
    """What is long here and held there is one exposure; each coin is judged by itself."""
    town.write_settings(more=SECOND_HEDGE)
    text = town.config.read_text()
    town.config.write_text(text.replace('qty = "0"', 'qty = "2.5"'))
    town.start()
    await until(lambda: town.position() == D("-12.5"))
    await until(lambda: town.position("ETHUSDT") == D(-25))
    town.plane.tell("transfer", asset="BTC", qty="2", to="futures")
    await until(lambda: hedge_of(town, "BTC")["exposure"]["collateral"] == "2")
    trade(town, "SELL", "1")
    await holds(town, "-11.5")
    assert town.position("ETHUSDT") == D(-25)
    assert len(town.our_orders()) == 3
