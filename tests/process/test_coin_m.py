"""A synthetic dollar on COIN-M: bitcoins as collateral, a short of as many dollars."""

from contextlib import suppress
from decimal import Decimal as D
from typing import Any

import pytest

from tests.process import test_books
from tests.process.town import SETTINGS, Town, until

pytestmark = pytest.mark.process
PERP = "BTCUSD_PERP"
LOT = D(100)


def coin_town(town: Town, *, wallet: str = "4", more: str = "") -> Town:
    """Nothing on spot, so many bitcoins in the COIN-M wallet; the perpetual is COIN-M's."""
    text = SETTINGS.replace("binanceusdm", "binancecoinm").replace("BTC/USDT:USDT", "BTC/USD:BTC")
    addresses = town.addresses
    more = f"[limits]\nrecv_window_ms = 500\n{more}"
    town.config.write_text(
        text.format(
            mode="live", folder=town.folder, rest=addresses.rest, ws=addresses.ws, more=more
        )
    )
    town.plane.tell("transfer", asset="BTC", qty=wallet, to="coin-futures")
    if wallet != "10":
        town.plane.tell("withdraw", asset="BTC", qty=str(10 - D(wallet)))
    return town


def orders(town: Town) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = town.plane.state()["orders"]["coin-futures"]
    return [row for row in rows if not row["client_id"].startswith(("web_", "adl", "auto"))]


def truth(town: Town) -> tuple[D, D]:
    """By the exchange's own word: net delta (coins, with N / E), and the account in dollars."""
    state = town.plane.state()
    spot = D(state["spot"]["BTC"]["total"])
    wallet, mark = D(state["coin-futures"]["BTC"]), D(state["prices"]["coin-futures"][PERP]["mark"])
    (held,) = [row for row in state["positions"] if row["symbol"] == PERP]
    usd, entry = D(held["qty"]) * LOT, D(held["entry"])
    coins = usd / entry if usd else D(0)
    equity = spot + wallet + (coins - usd / mark if usd else D(0))
    return spot + wallet + coins, equity * mark


async def settled(town: Town, count: int) -> None:
    """The exchange took so many orders of ours, and the hedge is in its band."""
    await until(lambda: len(orders(town)) >= count, 20)
    await town.hedged(20)


@pytest.mark.timeout(180)
async def test_a_synthetic_dollar_through_prices_funding_and_a_kill(town: Town) -> None:
    coin_town(town).start()
    await settled(town, 1)
    first, value = truth(town)
    assert abs(first) < D("0.02")
    assert abs(value - 240_000) < 300  # four coins at 60,000, less fees and half a dollar each

    # a price that goes up by 30 % and down again: no order, no delta, no dollar
    taken = len(orders(town))
    for price in (66_000, 72_000, 78_000, 69_000, 60_000, 52_000, 45_000):
        town.plane.tell("price", symbol=PERP, price=str(price))
        await until(lambda: town.hedge().get("verdict") == "in_band")
        net, now_worth = truth(town)
        assert net == first
        assert abs(now_worth - value) < 300
    assert len(orders(town)) == taken

    # funding is paid in coins: counted, and of this size hedged
    town.plane.tell("funding_rate", symbol=PERP, rate="0.008")
    before = truth(town)[0]
    town.plane.tell("fund", symbol=PERP)
    assert truth(town)[0] > before + D("0.03")
    await settled(town, taken + 1)
    assert abs(truth(town)[0]) < D("0.02")
    assert any("BTC arrived in account main" in line.get("text", "") for line in town.lines())

    # killed; coins come meanwhile; the next start makes it right
    assert town.child is not None
    town.child.kill()
    town.child.wait()
    town.plane.tell("deposit", asset="BTC", qty="0.5")
    town.plane.tell("transfer", asset="BTC", qty="0.5", to="coin-futures")
    town.start()
    await settled(town, taken + 2)
    assert abs(truth(town)[0]) < D("0.02")
    assert town.stop() == 0
    assert town.differences() == []
    names = [row["client_id"] for row in orders(town)]
    assert len(names) == len(set(names))


@pytest.mark.timeout(120)
async def test_coins_that_go_from_spot_to_the_collateral_trade_nothing(town: Town) -> None:
    coin_town(town).start()
    await settled(town, 1)
    town.plane.tell("deposit", asset="BTC", qty="1")  # on spot: hedged from the same collateral
    await settled(town, 2)
    taken = len(orders(town))
    town.plane.tell("transfer", asset="BTC", qty="1", to="coin-futures", delay_ms=2_000)
    with suppress(AssertionError):
        await until(lambda: len(orders(town)) > taken, 6)
    assert len(orders(town)) == taken
    await town.hedged()
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="0.5")
    await settled(town, taken + 1)
    assert abs(truth(town)[0]) < D("0.02")
    assert town.stop() == 0
    assert town.differences() == []


@pytest.mark.timeout(180)
async def test_the_books_of_the_coin_wallet_are_the_exchanges_own_ledger(town: Town) -> None:
    coin_town(town, more="[books]\nevery_s = 1").start()
    await settled(town, 1)
    # both wallets have an opening before anything happens
    await until(lambda: [b > 0 for b, _ in test_books.ends(town).values()] == [True, True], 40)
    town.plane.tell("deposit", asset="BTC", qty="1.5")
    town.plane.tell("transfer", asset="BTC", qty="1.5", to="coin-futures", delay_ms=500)
    await settled(town, 2)
    town.plane.tell("price", symbol=PERP, price="66000")
    town.plane.tell("fund", symbol=PERP)
    town.plane.tell("transfer", asset="BTC", qty="2", to="spot", **{"from": "coin-futures"})
    town.plane.tell("withdraw", asset="BTC", qty="2")
    await settled(town, 3)  # part of the short is closed: it realises bitcoins
    found = await test_books.closed(town, "--rows")
    wallets = {"spot": "spot:spot", "coin-futures": "perp:coin_futures"}
    assert test_books.told(found) == test_books.true(town, found, wallets)
    assert {cause for _, _, cause in test_books.told(found)} >= {"trade", "fee", "funding"}
    assert found["unexplained"] == []


@pytest.mark.timeout(120)
async def test_invariant_2_an_order_without_an_answer_is_looked_up_once_there(town: Town) -> None:
    coin_town(town)
    path = "/dapi/v1/order"
    town.plane.tell("fault", name="lost", kind="drop_reply", path=path, verb="POST")
    town.start()
    await settled(town, 1)
    assert len(orders(town)) == 1
    assert abs(truth(town)[0]) < D("0.02")
    assert town.stop() == 0
    assert town.differences() == []
