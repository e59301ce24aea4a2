"""Pains 5, 11, 12, 18, 19: starting, stopping, going on for months."""

import asyncio
import os
import signal
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.adapters.journal import reading
from hedgebot.domain.orders import Cause
from tests.pains.asking import alerts, holds, posts, qty, trade
from tests.process.town import Town, until

pytestmark = pytest.mark.process
SHIPPED = Path(__file__).resolve().parent.parent.parent / "config" / "local.toml"


def kill(town: Town) -> None:
    """As the machine's owner, or its kernel, would."""
    assert town.child is not None
    town.child.send_signal(signal.SIGKILL)
    town.child.wait()


async def test_pain_05_a_killed_daemon_finds_its_position_again(town: Town) -> None:
    """Starting is recovering: the venue's position is the hedge, whatever moved meanwhile."""
    town.start()
    await town.hedged()
    kill(town)
    town.plane.tell("withdraw", asset="BTC", qty="2")
    trade(town, "BUY", "1", on="futures")
    town.start()
    await holds(town, "-8")
    assert qty(town.our_orders()[1:]) == D(1)
    assert town.differences() == []
    with town.rows() as rows:
        assert reading.adoptions(rows) == (), "known by its fills, not guessed"


def cpu_s(town: Town) -> float:
    """Processor time that the daemon has used."""
    assert town.child is not None
    columns = Path(f"/proc/{town.child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")


async def test_pain_11_a_start_and_a_busy_market_are_no_storm(town: Town) -> None:
    """Invariant 7: every loop has a pace. The venue allows 2,400 of weight a minute."""
    town.start()
    await town.hedged()
    asked = town.requests()
    assert sum(asked.values()) <= 60
    assert max(asked.values()) <= 10
    began_s, busy_s = cpu_s(town), 2
    prices = [str(60_000 + step % 40) for step in range(100 * busy_s)]
    town.plane.tell("path", symbol="BTCUSDT", prices=prices, step_ms=10)
    await asyncio.sleep(busy_s)
    assert cpu_s(town) - began_s < 0.5 * busy_s
    assert sum(town.requests().values()) - sum(asked.values()) <= 10


async def test_pain_12_the_shipped_settings_check_plan_and_hedge_as_they_are(town: Town) -> None:
    """A file of `config/` works unchanged; only where the exchange answers is told from outside."""
    town.config.write_text(SHIPPED.read_text())
    town.environ["HEDGEBOT_JOURNAL"] = f"sqlite:///{town.folder}/town.db"
    for entry in ("SPOT", "PERP"):
        town.environ[f"HEDGEBOT_VENUES__{entry}__REST_URL"] = town.addresses.rest
        town.environ[f"HEDGEBOT_VENUES__{entry}__WS_URL"] = town.addresses.ws
    checked = town.cli("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    town.start()
    await holds(town, "-10")


async def test_pain_18_the_kill_switch_holds_through_a_kill_and_lets_go_when_told(
    town: Town,
) -> None:
    """Invariant 9: only a person's word or a named fault halts; a halt stops orders, and ends."""
    town.start()
    await town.hedged()
    prices = [str(60_000 - 400 * step) for step in range(41)]
    town.plane.tell("path", symbol="BTCUSDT", prices=prices, step_ms=20)  # down by 27 %
    await until(lambda: town.plane.state()["prices"]["futures"]["BTCUSDT"]["mark"] == "44000")
    assert (town.hedge()["trading_state"], posts(town)) == ("active", 1)
    assert town.cli("pause", "--reason", "look first").returncode == 0
    kill(town)
    town.start()
    await until(lambda: town.hedge().get("gross") == "10")
    for _ in range(3):
        trade(town, "SELL", "1")
    await until(lambda: town.hedge().get("net_delta") == "-3")
    await asyncio.sleep(1)
    assert (town.hedge()["trading_state_reason"], posts(town)) == ("look first", 1)
    assert town.cli("resume").returncode == 0
    await holds(town, "-7")
    assert town.hedge()["trading_state"] == "active"


async def test_pain_19_a_position_of_others_is_adopted_and_no_fill_is_invented(
    town: Town,
) -> None:
    """Invariant 4: the venue is the truth; a fill is what the venue calls one, once."""
    trade(town, "SELL", "3", on="futures")  # long before there was a journal
    town.start()
    await holds(town, "-10")
    assert qty(town.our_orders()) == D(-7)
    town.stop()
    trade(town, "BUY", "1", on="futures")
    town.plane.tell("adl", symbol="BTCUSDT", qty="2")
    town.start()
    await holds(town, "-10")
    town.plane.tell("events", market="futures", kind="duplicate", count=6)
    trade(town, "BUY", "1", on="futures")
    await holds(town, "-10")
    assert qty(town.our_orders()) == D(-11)
    with town.rows() as rows:
        kept = {fill.fill.trade_id: fill.fill for fill in reading.fills(rows)}
        assert len(kept) == len(reading.fills(rows))
        assert reading.adoptions(rows) == ()
    true = {str(fill["trade_id"]): fill for fill in town.plane.state()["fills"]["futures"]}
    before_us = next(iter(true))
    assert kept.keys() >= true.keys() - {before_us}
    assert kept.keys() <= true.keys()
    causes = [str(fill.cause) for fill in kept.values()]
    assert causes.count(Cause.ADL) == 1
    assert not any("no fill explains" in text for text in alerts(town))
