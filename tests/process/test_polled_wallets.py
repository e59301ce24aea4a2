"""The wallets funding and earn, which no stream tells of, through real processes."""

import asyncio
import json
from decimal import Decimal as D

import pytest

from tests.process.town import Town, until

pytestmark = pytest.mark.process
FUNDING = "/sapi/v1/asset/get-funding-asset"
QUIET_S = 6
"""A transfer's halves are waited for, 3.2 s; an order would follow within a second."""


def write(town: Town, more: str = "") -> None:
    town.write_settings(more=f"[limits]\naudit_every_s = 5\n{more}")
    text = town.config.read_text()
    wallets = 'account = "main"\nwallets = ["spot", "funding", "earn"]'
    town.config.write_text(text.replace('account = "main"', wallets, 1))


async def test_coins_there_are_hedged_and_transfers_are_not(town: Town) -> None:
    write(town)
    town.plane.tell("transfer", asset="BTC", qty="2", to="funding")
    town.plane.tell("transfer", asset="BTC", qty="1", to="earn")
    town.start()
    await town.hedged()
    assert town.position() == D(-10)
    orders = len(town.our_orders())
    move = town.plane.tell
    move("transfer", asset="BTC", qty="3", to="funding", delay_ms=2_500)
    await asyncio.sleep(QUIET_S)
    move("transfer", asset="BTC", qty="4", to="spot", **{"from": "funding"}, first="spot",
         delay_ms=2_500)  # fmt: skip
    await asyncio.sleep(QUIET_S)
    move("transfer", asset="BTC", qty="1", to="earn", **{"from": "funding"})
    move("transfer", asset="BTC", qty="5", to="earn")
    await town.hedged()
    await asyncio.sleep(QUIET_S)
    assert len(town.our_orders()) == orders
    move("interest", asset="BTC", qty="0.5", to="earn")
    await until(lambda: town.position() == D("-10.5"), 30)
    await town.hedged()
    assert len(town.our_orders()) == orders + 1
    state = town.plane.state()
    assert (state["funding"]["BTC"], state["earn"]["BTC"]) == ("0", "7.5")
    assert town.differences() == []
    (row,) = [r for r in json.loads(town.cli("check", "--json").stdout) if "funding" in str(r)]
    assert row["standing"] == "ok"


async def test_a_wallet_that_cannot_be_read_is_told_and_what_is_pending_waits(town: Town) -> None:
    write(town)
    town.start()
    await town.hedged()
    orders = len(town.our_orders())
    town.plane.tell("fault", name="f", kind="fail_before", path=FUNDING, count=999)
    town.plane.tell("transfer", asset="BTC", qty="2", to="funding")
    await until(lambda: any("pending:main/BTC" in a for a in (town.status() or {})["alerts"]), 30)
    assert len(town.our_orders()) == orders
    town.plane.tell("clear")
    await town.hedged(30)
    assert len(town.our_orders()) == orders
    assert town.position() == D(-10)


async def test_a_dry_run_reads_them_too(town: Town) -> None:
    write(town)
    town.plane.tell("transfer", asset="BTC", qty="2", to="funding")
    text = town.config.read_text().replace('mode = "live"', 'mode = "dry-run"')
    town.config.write_text(text)
    town.start()
    await town.hedged(30)
    assert town.our_orders() == []
    assert town.requests()[f"POST {FUNDING}"] > 0
