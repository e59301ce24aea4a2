"""Somebody holds the journal while an order wants to be written down, through real processes."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal as D

import pytest

from tests.process.town import Town, until

pytestmark = pytest.mark.process


@contextmanager
def held(town: Town) -> Iterator[None]:
    """Hold the write lock of the journal's database, as a careless backup would."""
    other = sqlite3.connect(town.folder / "town.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_invariant_2b_a_commit_delayed_2_s_with_a_pause_in_between_sends_nothing(
    town: Town,
) -> None:
    town.start()
    await town.hedged()
    before = len(town.our_orders())
    with held(town):
        town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
        await asyncio.sleep(0.5)
        assert town.cli("pause", "--config", str(town.config), "--reason", "look").returncode == 0
        await asyncio.sleep(1.5)
    await asyncio.sleep(2)

    assert len(town.our_orders()) == before, "an approval outlived its commit, or the pause"
    assert town.hedge()["trading_state"] == "halted"
    assert town.cli("resume", "--config", str(town.config)).returncode == 0
    await until(lambda: town.position() < D("-10.9"), timeout_s=20)
    await town.hedged()
    assert town.differences() == []


async def test_invariant_6_a_locked_journal_halts_and_lets_go_by_itself(town: Town) -> None:
    town.start()
    await town.hedged()
    before = len(town.our_orders())
    with held(town):
        town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")
        await asyncio.sleep(2)
        assert len(town.our_orders()) == before
    await until(lambda: town.position() < D("-10.9"), timeout_s=20)
    await town.hedged()

    assert len(town.our_orders()) == before + 1
    assert town.differences() == []
