"""A person is told: through a webhook of this machine, by a daemon that is a process of its own."""

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal as D
from functools import partial

import pytest
from aiohttp import web

from tests.process.town import Town, until
from tests.secrecy.planted import ALERT_TOKEN, BEAT_TOKEN

pytestmark = pytest.mark.process
TOKEN = f"{ALERT_TOKEN}4alerts"
BEAT = BEAT_TOKEN
LIMITS = "[limits]\nnaked_alert_s = 2\nmark_age_ms_max = 3000"


@dataclass
class Person:
    """What reached somebody, and whether that somebody answers."""

    keep: Callable[[str], None]
    answers: bool = True
    hangs: bool = False
    letters: list[dict[str, str]] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    """Texts at the address for critical alerts."""
    refused: int = 0
    beats: int = 0

    def told(self, words: str) -> list[dict[str, str]]:
        return [letter for letter in self.letters if words in letter["message"]]

    async def take(self, request: web.Request) -> web.Response:
        letter = await request.json()
        self.keep(await request.text())
        if self.hangs:
            await asyncio.sleep(60)
        if not self.answers:
            self.refused += 1
            return web.Response(status=503)
        self.letters.append(letter)
        return web.Response()

    async def wake(self, request: web.Request) -> web.Response:
        self.keep(await request.text())
        if not self.answers:
            return web.Response(status=503)
        self.urgent.append((await request.json())["message"])
        return web.Response()

    async def beat(self, _request: web.Request) -> web.Response:
        self.beats += 1
        if self.hangs:
            await asyncio.sleep(60)
        return web.Response()


@asynccontextmanager
async def person(town: Town) -> AsyncIterator[Person]:
    """Somebody whom this town's daemon tells."""
    somebody = Person(town.keep)
    app = web.Application()
    app.router.add_post(f"/{TOKEN}", somebody.take)
    app.router.add_post(f"/wake{TOKEN}", somebody.wake)
    app.router.add_get(f"/{BEAT}", somebody.beat)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    town.environ["HEDGEBOT_ALERTS__URLS"] = json.dumps([f"json://{host}:{port}/{TOKEN}"])
    town.environ["HEDGEBOT_ALERTS__CRITICAL_URLS__0"] = f"json://{host}:{port}/wake{TOKEN}"
    town.environ["HEDGEBOT_ALERTS__HEARTBEAT_URL"] = f"http://{host}:{port}/{BEAT}"
    town.environ["HEDGEBOT_ALERTS__HEARTBEAT_S"] = "1"
    try:
        yield somebody
    finally:
        await runner.cleanup()


def holds(town: Town, position: D) -> bool:
    return town.position() == position


async def hedged(town: Town) -> None:
    town.write_settings(more=LIMITS)
    town.start()
    await town.hedged()


async def unable(town: Town) -> None:
    """The mark stands still, and a coin is sold: its short cannot be closed."""
    town.plane.tell("freeze_mark", symbol="BTCUSDT", on=True)
    await until(lambda: town.hedge().get("verdict") == "wait", 20)
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="1")


async def test_naked_and_unable_to_trade_is_one_critical_alert_and_its_end(town: Town) -> None:
    async with person(town) as ada:
        await hedged(town)
        await unable(town)
        await until(lambda: ada.told("not hedged for"), 30)
        await asyncio.sleep(3)
        town.plane.tell("freeze_mark", symbol="BTCUSDT", on=False)
        await until(lambda: town.position() == D(-9))
        await until(lambda: ada.told("back in band"))
        town.stop()
    (letter,) = ada.told("not hedged for")
    assert (letter["title"], letter["type"]) == ("hedgebot town: critical", "failure")
    text = letter["message"]
    assert text.startswith("BTC: not hedged for ")
    assert "net delta -1 BTC: mark of perp:BTC/USDT:USDT is" in text
    assert text.endswith(
        "To do: see whether the venue's market is open; hedge by hand if it stays shut"
    )
    (over,) = ada.told("back in band")
    assert (over["title"], over["type"]) == ("hedgebot town: recovered", "success")
    assert ada.urgent == [text, over["message"]], "and nothing of the rebalances"
    assert ada.told("sold 10")


async def test_what_a_killed_daemon_could_not_tell_the_next_one_tells_once(town: Town) -> None:
    async with person(town) as ada:
        await hedged(town)
        await until(lambda: ada.told("sold 10"))
        await asyncio.sleep(1.5)  # a delivery is noted within a second
        ada.answers = False  # at neither address: one that takes an alert settles it
        await unable(town)
        await until(lambda: ada.refused and "naked:BTC" in (town.status() or {})["alerts"], 30)
        await until(lambda: "not hedged for" in town.cli("journal", "alerts").stdout)
        assert town.child is not None
        town.child.send_signal(signal.SIGKILL)
        await town.ended()
        ada.answers = True
        town.start()
        await until(lambda: ada.told("not hedged for"))
        await asyncio.sleep(3)
        town.plane.tell("freeze_mark", symbol="BTCUSDT", on=False)
        await until(lambda: ada.told("back in band"), 30)
        town.stop()
    (late,) = ada.told("not hedged for")
    assert late["title"] == "hedgebot town: critical"
    assert len(ada.told("sold 10")) == 1, "what was told is not told again"
    assert len(ada.told("back in band")) == 1


async def test_people_who_hang_delay_neither_the_hedge_nor_the_end(town: Town) -> None:
    async with person(town) as ada:
        ada.hangs = True
        await hedged(town)
        for short in ("-9", "-8", "-7"):
            town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="1")
            await until(partial(holds, town, D(short)), 5)
        began = time.monotonic()
        assert town.stop() == 0
        assert time.monotonic() - began < 10
    assert ada.letters == []
    assert len(town.lines("alerts are not taken")) <= 1


async def test_the_heart_beats_while_the_daemon_decides_and_not_otherwise(town: Town) -> None:
    async with person(town) as ada:
        await hedged(town)
        await until(lambda: ada.beats >= 3)
        assert town.child is not None
        town.child.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.5)
        stopped = ada.beats
        await asyncio.sleep(3)
        assert ada.beats == stopped
        town.child.send_signal(signal.SIGCONT)
        await until(lambda: ada.beats > stopped)
        town.stop()
        ended = ada.beats
        await asyncio.sleep(2)
        assert ada.beats == ended


async def test_invariant_11_no_address_is_in_log_journal_or_answer(town: Town) -> None:
    async with person(town) as ada:
        town.write_settings(more=LIMITS)
        text = town.config.read_text().replace('"json"', '"json"\nlevel = "debug"')
        town.config.write_text(text)
        town.start()
        await town.hedged()
        ada.answers = False
        town.plane.tell("deposit", asset="BTC", qty="1")
        await until(lambda: town.lines("alerts are not taken"))
    await asyncio.sleep(3)  # now nobody is there at all
    told = town.cli("status", "--json")
    town.stop()
    said = town.log.read_bytes() + (told.stdout + told.stderr).encode()
    said += b"".join(path.read_bytes() for path in town.folder.glob("town.db*") if path.is_file())
    assert town.lines("heartbeat not taken")
    assert TOKEN.encode() not in said
    assert BEAT.encode() not in said
