"""The daemon, as a process, at a Binance that is another one than ours.

Habits that do not hide each other are tried together, to start fewer processes. To find out which
of them is to blame, name one alone in a group.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.adapters.binance.strange.named import NAMED, called
from tests.adapters.binance.strange.proxy import Habits, strange_binance
from tests.process.town import Town, until

pytestmark = pytest.mark.process
SECRETS = (b"local-secret", b"local-key", b"signature=", b"listenKey=")
HEDGED_S_MAX = 5.0
STOP_S_MAX = 10.0
BOUGHT = D("0.999")
"""One coin less its fee."""

POOR = ("nothing optional", "bare rules", "dates are missing", "terse prices", "chunked")
TOGETHER = [
    POOR,
    ("nothing optional, as errors", "odd limits", "dates are zero", "only BTCUSDT", "gzip",
     "no execution report"),
    ("far ids", "numbers, not texts", "user events unwrapped", "binary frames"),
    ("account update late", "everything wrapped", "closes, says nothing", "counts much",
     "acknowledges only", "no trade lite"),
    ("order update late", "execution report late", "subscriptions unanswered", "small orders"),
    ("account position late", "no account update", "slow listen key", "user events twice"),
    ("no order update", "older paths", "closes, says so", "no used-weight headers"),
    ("no account position", "forgets closed orders", "event before answer", "slow order"),
    ("as far as the moon",),
]  # fmt: skip
PATIENT = {
    ("marks every 3 s", "a quiet book"): 11.0,
    ("no pongs",): 11.0,
    ("deaf",): 16.0,
    ("account closed every 5 s",): 11.0,
    ("prices closed every 5 s",): 11.0,
}
"""Seconds until the habit shows, longer than anything may be believed unseen."""


@contextmanager
def town_at(habits: Habits, folder: Path, *, clock_ms: int = 0) -> Iterator[Town]:
    """A daemon's files at a fresh exchange with those habits."""
    with (
        exchange("--still") as local,
        strange_binance(local, habits) as (addresses, _proxy),
        ExitStack() as stack,
    ):
        plane = Plane(local.rest)
        plane.tell("skew", ms=clock_ms)
        yield Town(addresses, folder, plane, stack)


async def lives(town: Town, patience_s: float = 0.0) -> None:
    """It hedges what is there and what is bought, and ends when it is told to."""
    town.start()
    await town.hedged(30)
    assert town.position() == D(-10)
    await asyncio.sleep(patience_s)
    await bought_and_hedged(town, D(-10) - BOUGHT)
    ended(town)


async def bought_and_hedged(town: Town, position: D) -> None:
    """Bought among other trades; one order hedges it."""
    before = len(town.our_orders())
    town.plane.tell("trade", market="spot", symbol="ETHUSDT", side="BUY", qty="1")
    town.plane.tell("trade", market="futures", symbol="ETHUSDT", side="BUY", qty="1")
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
    town.plane.tell("trade", market="futures", symbol="SOLUSDT", side="SELL", qty="1")
    try:
        await until(lambda: town.position() == position, HEDGED_S_MAX)
    except AssertionError:
        raise AssertionError(f"not hedged: {town.hedge()}\n{town.log_tail()}") from None
    await town.hedged()
    assert len(town.our_orders()) == before + 1


def ended(town: Town) -> None:
    began = time.monotonic()
    assert town.stop() == 0
    assert time.monotonic() - began < STOP_S_MAX
    said = town.log.read_bytes()
    assert b"Traceback" not in said
    assert [secret for secret in SECRETS if secret in said] == []


def untold(town: Town) -> list[str]:
    """What of the hedge's own instrument the journal does not have as the exchange has it. Trades
    elsewhere are told by the streams only, where those tell of them.
    """
    elsewhere = ("fill spot", "ETHUSDT", "SOLUSDT")
    return [line for line in town.differences() if not any(word in line for word in elsewhere)]


def test_every_habit_is_tried() -> None:
    tried = {name for names in (*TOGETHER, *PATIENT) for name in names}
    assert tried == set(NAMED)


@pytest.mark.parametrize("names", TOGETHER, ids="; ".join)
async def test_a_spot_buy_is_hedged_by_one_order(names: tuple[str, ...], tmp_path: Path) -> None:
    with town_at(called(*names), tmp_path) as town:
        await lives(town)
        if "far ids" not in names:
            assert untold(town) == []


@pytest.mark.parametrize("clock_ms", [5_000, -1_270])
async def test_a_venue_whose_clock_is_another(clock_ms: int, tmp_path: Path) -> None:
    with town_at(Habits(), tmp_path, clock_ms=clock_ms) as town:
        await lives(town)
        assert untold(town) == []


async def test_habits_that_take_time_to_show(tmp_path: Path) -> None:
    with ExitStack() as stack:
        lifes = []
        for number, (names, patience_s) in enumerate(PATIENT.items()):
            folder = tmp_path / str(number)  # the path of a socket is a short one
            folder.mkdir()
            town = stack.enter_context(town_at(called(*names), folder))
            lifes.append(lives(town, patience_s))
        failed = [
            f"{'; '.join(names)}: {error}"
            for names, error in zip(
                PATIENT, await asyncio.gather(*lifes, return_exceptions=True), strict=True
            )
            if error is not None
        ]
    assert failed == []


async def test_what_happened_while_it_was_away_is_found_without_dates(tmp_path: Path) -> None:
    with town_at(called(*POOR), tmp_path) as town:
        town.start()
        await town.hedged()
        ended(town)
        town.plane.tell("trade", market="futures", symbol="BTCUSDT", side="BUY", qty="0.5")
        town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
        town.start()
        await until(lambda: town.position() == D(-10) - BOUGHT)
        await bought_and_hedged(town, D(-10) - 2 * BOUGHT)
        ended(town)
        assert untold(town) == []


async def test_check_says_what_a_poor_venue_does_not_tell(tmp_path: Path) -> None:
    with town_at(called(*POOR), tmp_path) as town:
        town.write_settings()
        checked = await asyncio.to_thread(town.cli, "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    rows = {(row["venue"], row["name"]): row for row in json.loads(checked.stdout)}
    for name in ("position mode", "assets mode", "margin mode"):
        assert rows["perp", name]["standing"] == "unknown"
        assert rows["perp", name]["mend"]
    assert rows["perp", "mark stream"]["standing"] == "ok"
