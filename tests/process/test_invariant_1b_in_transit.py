"""Withdrawn coins that still count (invariant 1b), through real processes and kill -9."""

import asyncio
import json
import signal
from decimal import Decimal as D

import pytest

from tests.process.town import Town, until

pytestmark = pytest.mark.process

QUIET_S = 3
"""A hedge trades within a second of its decision: no order for so long is none."""


def hold(town: Town, seconds: str) -> None:
    town.write_settings(more=f"[limits]\ntransit_hold_s = {seconds}")


def in_transit(town: Town) -> list[str]:
    return [row["qty"] for row in town.hedge().get("in_transit", [])]


async def killed(town: Town) -> None:
    assert town.child is not None
    town.child.kill()
    assert await town.ended() == -signal.SIGKILL


async def test_a_withdrawal_is_held_over_kills_until_a_person_says_where_the_coins_are(
    town: Town,
) -> None:
    hold(town, '"3600"')
    town.start()
    await town.hedged()
    orders = len(town.our_orders())
    town.plane.tell("withdraw", asset="BTC", qty="3", fee="0.0005", record_after_ms=2_000)
    await until(lambda: in_transit(town) == ["2.9995"])
    await killed(town)
    town.plane.tell("withdraw", asset="BTC", qty="1")  # while nobody looks
    town.start()
    await town.hedged()
    await asyncio.sleep(QUIET_S)

    assert sorted(in_transit(town)) == ["1", "2.9995"]
    assert len(town.our_orders()) == orders
    (plan,) = json.loads(town.cli("plan", "--json").stdout)
    assert (plan["exposure"]["spot"], plan["exposure"]["in_transit"]) == ("6", "3.9995")
    assert (plan["verdict"], plan["orders"]) == ("in_band", [])
    said = town.cli("holdings", "set", "cold", "3")
    assert "1 BTC of withdrawal" in said.stdout
    await town.hedged()
    assert in_transit(town) == ["1"]
    assert town.cli("holdings", "set", "cold", "4").returncode == 0
    await town.hedged()
    assert (in_transit(town), len(town.our_orders())) == ([], orders)
    assert town.position() == D(-10)
    lines = [line for line in town.lines() if line.get("in_transit_coin") == "3.9995"]
    assert lines, "the decision line names it"


async def test_after_its_time_a_withdrawal_is_traded_once_also_over_a_kill(town: Town) -> None:
    hold(town, "2")
    town.start()
    await town.hedged()
    orders = len(town.our_orders())
    town.plane.tell("withdraw", asset="BTC", qty="3")
    await until(lambda: in_transit(town) == ["3"])
    assert len(town.our_orders()) == orders
    await killed(town)
    town.start()
    await town.hedged_after(orders + 1)
    await asyncio.sleep(QUIET_S)

    (order,) = town.our_orders()[orders:]
    assert (order["side"], D(order["filled"])) == ("BUY", D(3))
    assert (town.position(), in_transit(town)) == (D(-7), [])
    assert any("counts no more" in str(line) for line in town.lines()), "a person is told"


async def test_a_withdrawal_that_fails_later_is_traded_at_no_moment(town: Town) -> None:
    hold(town, "3600")
    town.start()
    await town.hedged()
    orders = len(town.our_orders())
    number = town.plane.tell("withdraw", asset="BTC", qty="3", status="processing")
    await until(lambda: in_transit(town) == ["3"])
    town.plane.tell("withdrawal", id=number, status="failure", status_after_ms=2_000)
    await until(lambda: in_transit(town) == [])
    await town.hedged()
    await asyncio.sleep(QUIET_S)

    assert (town.hedge()["gross"], len(town.our_orders())) == ("10", orders)


async def test_a_withdrawal_without_a_record_is_traded_with_a_warning(town: Town) -> None:
    hold(town, "3600")
    town.start()
    await town.hedged()
    orders = len(town.our_orders())
    town.plane.tell("withdraw", asset="BTC", qty="3", record=False)
    await town.hedged_after(orders + 1, 40)

    assert (town.position(), in_transit(town)) == (D(-7), [])
    assert any("no withdrawal record explains it" in str(line) for line in town.lines())
    requests = town.requests()
    sweeps = requests["GET /sapi/v1/capital/deposit/hisrec"]  # the books read both, once each
    assert 4 <= requests["GET /sapi/v1/capital/withdraw/history"] - sweeps <= 7
