"""Commands through the command line, to a running daemon and without one (invariant 9)."""

import asyncio
import json
import re
import resource
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from functools import partial

import pytest

from tests.process.town import Town, until

pytestmark = pytest.mark.process


def test_what_a_command_is_answered_without_a_daemon_names_its_end_or_its_mend(town: Town) -> None:
    town.write_settings()
    said = town.cli("pause", "--for", "2d")
    assert said.returncode == 0
    found = re.search(r"it lasts until (\S+ \S+) UTC\n$", said.stdout)
    assert found is not None
    lasts = datetime.fromisoformat(f"{found[1]}+00:00") - datetime.now(UTC)
    assert timedelta(days=1, hours=23, minutes=55) < lasts <= timedelta(days=2)

    said = town.cli("holdings", "set", "cold", "-0.5")
    assert (said.returncode, said.stderr) == (0, ""), "coins may be owed"
    said = town.cli("holdings", "set", "cold", "1e400")
    assert said.returncode == 2, "and no more than can be kept"
    said = town.cli("holdings", "set", "nope", "3")
    assert (said.returncode, said.stdout) == (1, "")
    assert "no holding 'nope'; write one of \"cold\", or add it to [[holdings]]" in said.stderr


async def test_invariant_9_a_pause_holds_orders_and_resume_lets_them_go(town: Town) -> None:
    town.start()
    await town.hedged()
    said = town.cli("pause", "--reason", "lunch")
    assert (said.returncode, said.stdout) == (0, "the book is halted\n")
    orders = len(town.our_orders())
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.hedge().get("net_delta") == "1")
    await asyncio.sleep(1)
    assert len(town.our_orders()) == orders
    assert (town.hedge()["verdict"], town.hedge()["trading_state"]) == ("halted", "halted")
    assert town.cli("resume").returncode == 0
    await town.hedged()
    assert town.position() == D(-11)


async def test_invariant_9_flatten_closes_stays_flat_and_survives_a_restart(town: Town) -> None:
    town.start()
    await town.hedged()
    assert town.cli("flatten", "--asset", "BTC").returncode == 0
    await until(lambda: town.position() == 0)
    assert town.stop() == 0
    town.plane.tell("deposit", asset="BTC", qty="1")
    town.start()
    await until(lambda: town.hedge().get("gross") == "11")
    await asyncio.sleep(1)
    assert town.position() == 0
    assert town.hedge()["trading_state"] == "flattening"
    assert town.cli("resume", "--asset", "BTC").returncode == 0
    await until(lambda: town.position() == D(-11))


async def test_invariant_9_reduce_only_lets_a_hedge_shrink_and_not_grow(town: Town) -> None:
    town.start()
    await town.hedged()
    assert town.cli("reduce-only", "--for", "1h", "--json").returncode == 0
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.hedge().get("net_delta") == "1")
    await asyncio.sleep(1)
    assert town.position() == D(-10)
    town.plane.tell("withdraw", asset="BTC", qty="3")
    await until(lambda: town.position() == D(-8))


async def test_a_state_that_has_a_time_ends_by_itself(town: Town) -> None:
    town.start()
    await town.hedged()
    town.cli("pause", "--for", "2s")
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D(-11))
    assert town.hedge()["trading_state"] == "active"


async def test_holdings_are_hedged_when_they_are_set(town: Town) -> None:
    town.start()
    await town.hedged()
    assert town.cli("holdings", "set", "cold", "2.5").returncode == 0
    await until(lambda: town.position() == D("-12.5"))
    refused = town.cli("holdings", "set", "attic", "1")
    assert refused.returncode == 1
    assert 'write one of "cold"' in refused.stderr


async def test_invariant_9_without_a_daemon_a_command_waits_for_the_next_start(town: Town) -> None:
    town.write_settings()
    said = town.cli("pause", "--reason", "before the first start")
    assert said.returncode == 0, said.stderr
    assert "from the next start on" in said.stdout
    assert town.cli("holdings", "set", "cold", "1").returncode == 0
    town.start()
    await until(lambda: town.hedge().get("gross") == "11")
    assert town.hedge()["trading_state"] == "halted"
    assert town.hedge()["trading_state_reason"] == "before the first start"
    assert town.position() == 0
    town.cli("resume")
    await until(lambda: town.position() == D(-11))


async def test_status_plan_and_journal_speak_json(town: Town) -> None:
    town.write_settings()
    assert town.cli("status").returncode == 1
    before = json.loads(town.cli("plan", "--json").stdout)
    assert before[0]["verdict"] == "trade"
    order = before[0]["orders"][0]
    assert (order["venue"], order["side"], order["qty"]) == ("perp", "sell", "10")
    assert before[0]["exposure"]["spot"] == "10"
    assert town.our_orders() == [], "a look sends nothing"
    town.start()
    await town.hedged()
    status = json.loads(town.cli("status", "--json").stdout)
    assert status["hedges"][0]["net_delta"] == "0"
    orders = json.loads(town.cli("journal", "orders", "--json").stdout)
    assert [row["reason"] for row in orders] == ["filled"]
    fills = json.loads(town.cli("journal", "fills", "--json", "--limit", "1").stdout)
    assert fills[0]["order_id"] == orders[0]["order_id"]
    decisions = json.loads(town.cli("journal", "decisions", "--json").stdout)
    assert decisions[0]["verdict"] == "in_band"
    after = json.loads(town.cli("plan", "--json").stdout)
    assert (after[0]["verdict"], after[0]["orders"]) == ("in_band", [])


async def test_check_runs_every_row_and_names_what_needs_a_mend(town: Town) -> None:
    town.write_settings()
    good = town.cli("check", "--json")
    assert good.returncode == 0, good.stdout
    standings = {(row["venue"], row["name"]): row["standing"] for row in json.loads(good.stdout)}
    assert standings["perp", "position mode"] == "ok"
    assert "failed" not in standings.values()
    town.plane.tell("position_mode", dual=True)
    bad = town.cli("check", "--json")
    assert bad.returncode == 1
    failed = [row for row in json.loads(bad.stdout) if row["standing"] == "failed"]
    assert [row["name"] for row in failed] == ["position mode"]
    assert failed[0]["mend"] == (
        "set it to one-way at the venue, or change `position_mode` of venues.perp"
    )


async def test_a_second_daemon_is_refused_by_name(town: Town) -> None:
    town.start()
    await town.hedged()
    second = town.cli("run")
    assert second.returncode == 2
    assert "another hedgebot" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1
    assert town.running()


async def test_a_newer_journal_and_a_corrupt_row_are_refused_by_name(town: Town) -> None:
    town.write_settings()
    town.cli("pause")
    book = sqlite3.connect(town.folder / "town.db")
    book.execute("UPDATE controls SET state = 'sideways'")
    book.commit()
    corrupt = town.cli("run")
    assert corrupt.returncode == 2
    assert "controls" in corrupt.stderr
    book.execute("UPDATE controls SET state = 'halted'")
    book.execute("UPDATE alembic_version SET version_num = '9999'")
    book.commit()
    book.close()
    newer = town.cli("run")
    assert newer.returncode == 2
    assert "newer" in newer.stderr
    assert town.our_orders() == []


async def fill_the_disk(town: Town) -> Callable[[], object]:
    """The journal cannot grow any more, and something happens. Returns what frees the disk."""
    assert town.child is not None
    limit = partial(resource.prlimit, town.child.pid, resource.RLIMIT_FSIZE)
    _soft, hard = limit()
    limit(((town.folder / "town.db-wal").stat().st_size, hard))
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="1")
    await until(lambda: town.hedge().get("trading_state") == "halted")
    return partial(limit, (hard, hard))


async def test_a_stop_on_a_full_disk_is_told_by_its_log_and_its_exit_code(town: Town) -> None:
    """What the journal lacks the next start finds at the venue."""
    town.start()
    await town.hedged()
    await fill_the_disk(town)
    assert town.stop() == 1
    ended = town.lines("ended")[-1]
    assert (ended["level"], ended["exit_code"]) == ("critical", 1)
    assert "journal" in ended["reason"]
    town.start()
    await until(lambda: town.position() == D(-9))
    assert town.stop() == 0
    # The owner's own trade on spot is told by the wallet: no start lists what was traded there.
    assert [line for line in town.differences() if not line.startswith("fill spot ")] == []


async def test_invariant_9_a_full_disk_halts_and_restricting_commands_still_act(
    town: Town,
) -> None:
    town.start()
    await town.hedged()
    before = len(town.our_orders())
    freed = await fill_the_disk(town)
    assert "the journal is failing" in town.hedge()["trading_state_reason"]
    assert len(town.our_orders()) == before
    paused = town.cli("pause")
    assert paused.returncode == 0
    assert "accepted, not durable" in paused.stdout
    refused = town.cli("resume")
    assert refused.returncode == 1
    assert "journal" in refused.stderr
    freed()
    await until(lambda: (town.status() or {}).get("journal_ok"))
    assert town.cli("resume").returncode == 0
    await until(lambda: town.position() == D(-9))
    await town.hedged()
    assert town.stop() == 0
    assert town.differences() == []
