"""`hedgebot download` as a process: killed in the middle, and told what cannot be."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from hedgebot.sim.binance.server import Running, serve
from hedgebot.sim.config import Barred, SimConfig
from hedgebot.sim.faults import DelayReply, Rule
from tests.research.histories import walk

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
MINUTES = 24_000
NAME = "BTCUSDT_spot_1m.parquet"


@pytest.fixture
async def exchange(tmp_path: Path) -> AsyncIterator[Running]:
    folder = tmp_path / "in"
    folder.mkdir()
    walk(MINUTES, step=timedelta(minutes=1)).write_parquet(folder / NAME)
    running = await serve(SimConfig(market=Barred(folder, speed=0.001)))
    yield running
    await running.close()


async def started(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hedgebot", "download", *options, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def ended(child: asyncio.subprocess.Process) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(child.communicate(), 60)
    return child.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
async def test_cut_in_the_middle_it_goes_on_where_it_was(
    exchange: Running, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    faults, asked = exchange.exchange.faults, exchange.exchange.records.requests
    slow = Rule(name="slow", path="/api/v3/klines", fault=DelayReply(40), count=999)
    faults.add(slow)
    span = ["--since", "2023-03-01", "--until", "2023-03-17T16:00", "--interval", "1m"]
    options = ["BTC/USDT", *span, "--out", str(out), "--rest-url", exchange.rest_url]
    child = await started(*options)
    while not list(out.rglob("*.part")):
        await asyncio.sleep(0.02)
        assert child.returncode is None
    os.kill(child.pid, number)
    code, _, err = await ended(child)
    assert code == (130 if number is signal.SIGINT else -signal.SIGKILL), err
    assert not (out / NAME).exists()
    faults.clear()
    asked.clear()
    code, told, err = await ended(await started(*options))
    assert (code, err) == (0, "")
    said = re.fullmatch(r"BTCUSDT_spot_1m: 24,000 rows, ([\d,]+) new, (.*)\n", told)
    assert said is not None, told
    assert int(said[1].replace(",", "")) <= MINUTES - 10_000
    assert said[2] == "2023-03-01 00:00 to 2023-03-17 15:59"
    came, was = pl.read_parquet(out / NAME), pl.read_parquet(tmp_path / "in" / NAME)
    assert came.equals(was.with_columns(pl.col("date").dt.cast_time_unit("ms")))
    assert [path.name for path in out.rglob("*")] == [NAME]
    assert asked["GET /api/v3/klines"] <= 14 + 2  # what was lacking, and both ends of the rest


async def test_without_the_extra_it_says_how_to_install_it() -> None:
    code = "import sys; sys.modules['polars'] = None; from hedgebot.cli.app import main; main()"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "download", "BTC/USDT", "--since", "2023-01-01", cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert (await ended_err(child)) == (
        2, "hedgebot: this needs polars: pip install -r requirements-research.lock\n"
    )  # fmt: skip


async def ended_err(child: asyncio.subprocess.Process) -> tuple[int | None, str]:
    _, err = await asyncio.wait_for(child.communicate(), 60)
    return child.returncode, err.decode()
