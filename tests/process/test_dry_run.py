"""Dry runs as processes: nothing leaves, the shadow survives, and every word of it is marked."""

import asyncio
import json
import signal
import sqlite3
import time
from contextlib import suppress
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hedgebot.adapters.journal import reading
from hedgebot.cli.app import app
from hedgebot.cli.demo.stage import KEYS
from hedgebot.domain.orders import Cause
from hedgebot.shell.kill import Point
from tests.process.mailbox import mailbox
from tests.process.moments import FAST_RECOVERY, at_each_moment
from tests.process.town import Town, until

pytestmark = pytest.mark.process

KILLS = 4
READS = {
    *(f"GET /api/v3/{name}" for name in (
        "time", "exchangeInfo", "account", "ticker/bookTicker",
    )),
    *(f"GET /fapi/v1/{name}" for name in (
        "time", "exchangeInfo", "depth", "commissionRate", "ticker/bookTicker", "openOrders",
        "allOrders", "userTrades", "order", "positionSide/dual", "multiAssetsMargin",
        "symbolConfig",
    )),
    "GET /fapi/v3/account", "GET /fapi/v3/positionRisk",
    "GET /sapi/v1/account/apiRestrictions",
}  # fmt: skip
"""Everything that may be asked in a dry run, in the venue's own words."""
LISTEN_KEY = {"POST /fapi/v1/listenKey", "PUT /fapi/v1/listenKey"}
"""A key to listen with: changes nothing of the account, though the verb says otherwise."""
SOCKETS = ("WS /", "WS userDataStream.subscribe.signature", "WS ping")


def shadow(town: Town) -> D:
    """What the journal says that the shadow holds: only fills that never were."""
    with town.rows(dry_run=True) as rows:
        kept = [each.fill for each in reading.fills(rows, 10_000)]
    return sum((f.qty * f.side.value for f in kept if f.venue_order_id.startswith("dry-")), D(0))


async def hedge_is(town: Town, coins: str, timeout_s: float = 20) -> None:
    try:
        await until(lambda: town.hedge().get("hedge") == coins, timeout_s)
    except AssertionError:
        raise AssertionError(f"not {coins}: {town.hedge()}\n{town.log_tail()}") from None


def only_reads(town: Town) -> int:
    """How many requests the exchange counted, all of them named reads."""
    counted = town.requests()
    odd = {
        name: count
        for name, count in counted.items()
        if name not in READS | LISTEN_KEY and not name.startswith(SOCKETS)
    }
    assert odd == {}
    return sum(counted.values())


def disturb(town: Town, turn: int) -> None:
    """One thing that happens to the account, or to the way to it."""
    plane = town.plane
    match turn % 8:
        case 0:
            plane.tell("deposit", asset="BTC", qty="0.4")
        case 1:
            plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="0.25")
        case 2:
            plane.tell("trade", market="futures", symbol="BTCUSDT", side="SELL", qty="0.1")
        case 3:
            plane.tell("fault", name="d", kind="drop_reply", path="/fapi/v1/depth", count=1)
            plane.tell("withdraw", asset="BTC", qty="0.15")
        case 4:
            with suppress(ValueError):  # it may be gone already
                plane.tell("expire_listen_key")
        case 5:
            plane.tell("fault", name="r", kind="fail_before", path="/fapi/*", count=3)
            plane.tell("disconnect", market="futures", channel="user")
        case 6:
            plane.tell("transfer", asset="BTC", qty="0.5", to="futures", delay_ms=200)
        case _:
            plane.tell("transfer", asset="BTC", qty="0.5", to="spot", delay_ms=200)


@pytest.mark.timeout(300)
async def test_invariant_12_every_request_of_a_long_dry_run_is_a_named_read(town: Town) -> None:
    """Trades, faults, commands, a flattening and kills: counted by the exchange, not by us."""
    town.write_settings(mode="dry-run", more=FAST_RECOVERY)
    town.start()
    await hedge_is(town, "-10")
    manual = D(0)
    for turn in range(24):
        disturb(town, turn)
        manual -= D("0.1") if turn % 8 == 2 else D(0)
        await asyncio.sleep(0.5)  # until the account has been told
        await until(lambda: abs(D(town.hedge().get("net_delta", "9"))) < D("0.02"), 25)
        if turn % 7 == 6:
            assert town.child is not None
            town.child.kill()
            assert await town.ended() == -signal.SIGKILL
            town.start()
            await town.hedged(30)
    for command in ("pause", "resume", "flatten"):
        assert town.cli(command).returncode == 0
    await until(lambda: D(town.hedge().get("hedge", "9")) == 0, 30)
    assert town.cli("plan").returncode == town.cli("check").returncode == 0
    assert town.stop() == 0
    assert only_reads(town) > 250
    assert town.requests()["GET /fapi/v1/depth"] >= 12
    assert town.our_orders() == []
    assert town.position() == manual
    assert manual + shadow(town) == 0


async def test_a_dry_run_leaves_nothing_to_a_live_run(town: Town) -> None:
    town.write_settings(mode="dry-run")
    town.start()
    await hedge_is(town, "-10")
    town.stop()
    town.write_settings(mode="live")
    town.start()
    await town.hedged()
    assert town.position() == D(-10)
    assert town.stop() == 0
    assert town.differences() == []


async def test_after_a_live_run_the_shadow_begins_anew_from_the_real_position(town: Town) -> None:
    """The live orders of the same book are somebody else's to it: no writer is suspected."""
    for turn, mode in enumerate(("dry-run", "live", "live", "dry-run")):
        town.write_settings(mode=mode)
        town.start()
        await hedge_is(town, str(-10 - turn))
        town.plane.tell("deposit", asset="BTC", qty="1")
        await hedge_is(town, str(-11 - turn))
        assert town.stop() == 0
    assert town.position() == D(-13)
    assert shadow(town) == D(-11) + D(-1)
    assert [line for line in town.lines("alert") if line["level"] == "critical"] == []


@pytest.mark.timeout(300)
async def test_killed_at_any_moment_the_shadow_is_what_the_journal_says(tmp_path: Path) -> None:
    await at_each_moment(tmp_path, killed_and_remembered)


async def killed_and_remembered(town: Town, point: Point) -> None:
    town.write_settings(mode="dry-run", more=FAST_RECOVERY)
    holding = D(10)
    for turn in range(KILLS):
        holding += D("0.5")
        town.plane.tell("deposit", asset="BTC", qty="0.5")
        if point is Point.AFTER_WRITE:
            told = {"kind": "delay_reply", "path": "/fapi/v1/depth", "ms": 400}
            town.plane.tell("fault", name="slow", **told)
        count = 2 if point is Point.BEFORE_CLOSE and turn else 1
        town.start(HEDGEBOT_TEST_KILL=f"{point}:{count}")
        assert await town.ended(30) == -signal.SIGKILL, f"{point}: {town.log_tail()}"
    town.plane.tell("clear")
    town.start()
    await town.hedged(30)
    planned = json.loads(town.cli("plan", "--json").stdout)
    assert D(planned[0]["hedge"]) == shadow(town), "a look beside the daemon shows the shadow"
    assert town.stop() == 0
    assert shadow(town) == -holding, point
    assert town.position() == 0
    only_reads(town)
    with town.rows(dry_run=True) as rows:
        fills = [each.fill for each in reading.fills(rows, 1_000)]
        orders = reading.orders(rows, 1_000)
    assert {fill.cause for fill in fills} == {Cause.OURS}
    filled = {
        order.kept.intent.order_id for order in orders if order.last and order.last.filled_qty
    }
    assert filled == {fill.order_id for fill in fills}
    assert [line["text"] for line in town.lines("alert") if "adopted" in line["text"]] == []


async def test_every_word_of_a_dry_run_is_marked(town: Town, unused_tcp_port: int) -> None:
    town.environ["HEDGEBOT_ALERTS__URLS"] = json.dumps([f"json://127.0.0.1:{unused_tcp_port}/"])
    town.write_settings(mode="dry-run")
    async with mailbox(unused_tcp_port) as received:
        town.start()
        await hedge_is(town, "-10")
        await until(lambda: received)
        assert all("(dry-run)" in letter["title"] for letter in received)
        status = town.status() or {}
        assert status["dry_run"] is True
        await asyncio.to_thread(marked_commands, town)
        town.stop()
    lines = town.lines()
    assert len(lines) > 5
    assert {line.get("mode") for line in lines} == {"dry-run"}
    assert len(lines) == len(town.log.read_text().splitlines())
    await asyncio.to_thread(marked_commands, town)
    marked_rows(town.folder / "town.db")


def marked_commands(town: Town) -> None:
    """With a daemon or without one; `status` needs one. In this process: there are many."""
    asked = [
        ("pause",), ("resume",), ("reduce-only",), ("resume",), ("flatten",), ("resume",),
        ("holdings", "set", "cold", "0"), ("holdings", "set", "nothing", "0"),
        ("plan",), ("check",), ("journal", "orders"), ("journal", "fills"),
        ("journal", "decisions"), ("journal", "compare", str(town.config)),
        *([("status",)] if town.running() else []),
    ]  # fmt: skip
    environ = KEYS | {"HEDGEBOT_CONFIG": str(town.config)}
    for words in asked:
        done = CliRunner().invoke(app, words, env=environ)
        assert "dry-run" in done.output.splitlines()[0], (words, done.output)
        plain = CliRunner().invoke(app, [*words, "--json"], env=environ).stdout
        if words[:2] == ("journal", "compare"):
            assert json.loads(plain)["here"] == "town, dry-run"
            continue
        rows = json.loads(plain)
        assert rows, words
        for row in rows if isinstance(rows, list) else [rows]:
            assert row["dry_run"] is True, words


def marked_rows(path: Path) -> None:
    """Every row of every table that belongs to a book belongs to the dry run's."""
    with sqlite3.connect(path) as file:
        tables = [
            name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        books: dict[str, set[Any]] = {}
        for table in tables:
            columns = {row[1] for row in file.execute(f"PRAGMA table_info({table})")}
            if "book_id" in columns:
                found = file.execute(f"SELECT DISTINCT book_id FROM {table}")
                books[table] = {book for (book,) in found}
        (live,) = file.execute("SELECT count(*) FROM intents WHERE NOT dry_run").fetchone()
    assert {"intents", "fills", "decisions", "alerts", "order_moves"} <= {
        table for table, owners in books.items() if owners
    }
    assert set().union(*books.values()) == {"town:dry-run"}
    assert live == 0


async def test_funding_is_paid_to_the_shadow_at_the_venue_s_time(town: Town) -> None:
    """The venue's clock is put forward to its funding time; the real account holds no position."""
    town.write_settings(mode="dry-run", more=FAST_RECOVERY)
    town.start()
    await hedge_is(town, "-10")
    prices = town.plane.state()["prices"]["futures"]["BTCUSDT"]
    town.plane.tell("funding_rate", symbol="BTCUSDT", rate="0.0003")
    await asyncio.sleep(1.5)  # the mark stream tells the rate once a second
    town.plane.tell("skew", ms=prices["funding_ms"] - time.time_ns() // 1_000_000 + 500)

    def paid() -> list[Any]:
        with town.rows(dry_run=True) as rows:
            return [each.funding for each in reading.funding(rows)]

    await until(paid, 20)
    assert town.stop() == 0
    (funding,) = paid()
    assert funding.payment == D(10) * D(prices["mark"]) * D("0.0003")
    assert (funding.venue_ms, funding.asset) == (prices["funding_ms"], "USDT")
