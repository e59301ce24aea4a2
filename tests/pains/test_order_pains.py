"""Pains 4, 6, 14, 15: orders of the wrong size, direction, mode or unit."""

import asyncio
from decimal import Decimal as D

import pytest

from tests.pains.asking import befall, holds, posts, trade
from tests.process.town import Town, until

pytestmark = pytest.mark.process


async def test_pain_04_venue_minimums_are_known_first_and_dust_is_closed(town: Town) -> None:
    """What is too small to open is said once and not sent; a rest is closed reduce-only.

    The venue opens no ETH position under 20 USDT, that is 0.008 ETH.
    """
    text = town.write_settings().read_text()
    text = text.replace('asset = "BTC"', 'asset = "ETH"').replace("BTC/USDT", "ETH/USDT")
    town.config.write_text(text.replace("0.02", "0.001"))
    town.start()
    await holds(town, "-50", "ETHUSDT")
    trade(town, "BUY", "0.005", symbol="ETHUSDT")
    await until(lambda: town.hedge().get("verdict") == "too_small")
    await asyncio.sleep(1)
    said = [line for line in town.lines("decision") if line["verdict"] == "too_small"]
    assert (len(said), posts(town)) == (1, len(town.our_orders()))
    trade(town, "SELL", "49.995", symbol="ETHUSDT")
    await until(lambda: town.position("ETHUSDT") == D("-0.01"))
    # By hand down to a rest that is worth 12.50 USDT.
    told = {"market": "futures", "symbol": "ETHUSDT", "reduce_only": True}
    town.plane.tell("trade", side="BUY", qty="0.005", **told)
    await until(lambda: town.hedge().get("hedge") == "-0.005")
    assert town.cli("flatten").returncode == 0
    await until(lambda: town.position("ETHUSDT") == 0)
    last = town.our_orders()[-1]
    assert (last["filled"], last["reduce_only"]) == ("0.005", True)
    assert posts(town) == len(town.our_orders()), "the venue refused none"


async def test_pain_06_a_close_whose_answer_is_lost_never_opens_anything(town: Town) -> None:
    """Invariants 2 and 3: a close is reduce-only, sent once, and looked up when nobody answers."""
    town.write_settings(more="[limits]\ndrift_ms_max = 2000")
    town.start()
    await town.hedged()
    befall(town, "drop_reply", count=2)
    town.plane.tell("events", market="futures", kind="lose", count=40)
    assert town.cli("flatten").returncode == 0
    await until(lambda: town.position() == 0)
    await until(lambda: town.hedge().get("verdict") == "flat", timeout_s=20)
    (close,) = town.our_orders()[1:]
    assert (close["side"], close["filled"], close["reduce_only"]) == ("BUY", "10.000", True)
    assert (posts(town), town.position()) == (2, D(0))


async def test_pain_14_hedge_mode_is_named_with_its_mend_before_anything_is_sent(
    town: Town,
) -> None:
    """Bad input: another position mode than the settings mean costs no rejected order."""
    town.plane.tell("position_mode", dual=True)
    town.start()
    await until(lambda: town.hedge().get("trading_state") == "halted")
    reason = town.hedge()["trading_state_reason"]
    assert "position_mode of perp is hedge, the settings want one-way" in reason
    assert "change it at the venue" in reason
    assert posts(town) == 0
    town.plane.tell("position_mode", dual=False)
    await holds(town, "-10")


async def test_pain_15_a_contract_on_a_thousand_coins_is_not_a_coin(town: Town) -> None:
    """Quantities keep their unit; contracts become coins at one place."""
    text = town.write_settings().read_text()
    text = text.replace('asset = "BTC"', 'asset = "PEPE"').replace("BTC/USDT", "1000PEPE/USDT")
    town.config.write_text(text.replace("0.02", "600000"))
    town.plane.tell("deposit", asset="PEPE", qty="25000000")
    town.start()
    await holds(town, "-25000", "1000PEPEUSDT")
    assert (town.hedge()["hedge"], town.hedge()["net_delta"]) == ("-25000000", "0")
    trade(town, "SELL", "7000000", symbol="PEPEUSDT")
    await holds(town, "-18000", "1000PEPEUSDT")
