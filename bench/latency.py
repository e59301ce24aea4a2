"""From the second frame of a spot trade, sent by the venue, to our signed order arriving there.

Several clients, each with an exchange of its own, take turns: the daemon with its journal on disk,
its recorder on and every gate shut that is shut in earnest; the bare ccxt loop with `create_order`;
the bare loop with the implicit call. The exchange stamps both ends with its own monotonic clock.
Other clients take turns where they are named: `unrecorded`, the daemon with its recorder off, and
every road of `bench/roads.py`.

python -m bench.latency [orders] [client ...]
"""

import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path

import aiohttp

TURN_S = 0.02
START_S = 6
REFILL_TURNS = 20
WARM_UP = 20
QTY = "0.5"
SECOND_FRAME = "outboundAccountPosition"
STAGES = tuple(
    f"latency_{stage}_ms" for stage in ("decided", "committed", "sent", "acknowledged", "filled")
)
CLIENTS = ("daemon", "create", "implicit")
OVER_WEBSOCKETS = {"create-ws": "create", "implicit-ws": "implicit", "lean-ws": "lean"}
"""A road over websockets, and the one over REST that does the same work."""
DAEMONS = {"daemon": "hedgebot", "unrecorded": "hedgebot, recorder off"}
GOAL_P50, GOAL_P99 = 1.0, 1.25

SETTINGS = """
name = "bench"
mode = "live"
journal = "sqlite:///{folder}/journal.db"
[venues.spot]
exchange = "binance"
network = "local"
account = "main"
wallets = ["spot"]
rest_url = "{rest}"
ws_url = "{ws}"
[venues.perp]
exchange = "binanceusdm"
network = "local"
account = "main"
rest_url = "{rest}"
ws_url = "{ws}"
[[hedges]]
asset = "BTC"
ratio = "1"
band = {{ lower = "-0.1", upper = "0.1", unit = "coin" }}
instruments = ["perp:BTC/USDT:USDT"]
order = {{ notional_max = "600000", cooldown_s = 0 }}
[log]
format = "json"
[limits]
orders_per_minute = 1200
notional_day = "1000000000000"
"""


@dataclass(frozen=True, slots=True)
class Lane:
    """One client with an exchange of its own."""

    name: str
    exchange: Process
    client: Process
    rest: str
    moments: Path


async def started(
    *command: str, ready: str, env: dict[str, str] | None = None
) -> tuple[Process, str]:
    """Start a process and read its output up to the line that contains `ready`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *command, stdout=PIPE, env=os.environ | (env or {})
    )
    assert process.stdout is not None
    while line := (await process.stdout.readline()).decode():
        if ready in line:
            return process, line
    raise SystemExit(f"{command} ended before it was ready")


async def lane(name: str, folder: Path) -> Lane:
    moments = folder / "moments.json"
    exchange, line = await started("bench.exchange", str(moments), ready="rest")
    rest, ws = json.loads(line)["rest"], json.loads(line)["ws"]
    if name in DAEMONS:
        client = await daemon(folder, rest, ws, recorded=name == "daemon")
    else:
        client, _ = await started("bench.bare", rest, ws, name, ready="ready")
    return Lane(name, exchange, client, rest, moments)


async def daemon(folder: Path, rest: str, ws: str, *, recorded: bool) -> Process:
    path = folder / "bench.toml"
    path.write_text(SETTINGS.format(folder=folder, rest=rest, ws=ws))
    secrets = {
        f"HEDGEBOT_VENUES__{venue}__{key}": value
        for venue in ("SPOT", "PERP")
        for key, value in (("API_KEY", "local-key"), ("API_SECRET", "local-secret"))
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hedgebot", "run", "--config", str(path),
        env=os.environ | secrets | {"HEDGEBOT_RECORDER__ENABLED": str(recorded).lower()},
        stderr=(folder / "log").open("wb"), stdout=PIPE,
    )  # fmt: skip


async def refill(session: aiohttp.ClientSession, lanes: list[Lane]) -> None:
    """Show fresh depth around the same price: orders have eaten from it."""
    for each in lanes:
        price = {"symbol": "BTCUSDT", "price": "60000"}
        async with session.post(f"{each.rest}/_control/price", json=price) as answer:
            assert answer.status == 200, await answer.text()


async def turns(lanes: list[Lane], count: int) -> None:
    """Each lane in turn, to and fro: the owner buys or sells spot, the client answers."""
    async with aiohttp.ClientSession() as session:
        for turn in range(count):
            if turn % REFILL_TURNS == 0:
                await refill(session, lanes)
            side = "BUY" if turn % 2 else "SELL"
            for each in lanes if turn // 2 % 2 else lanes[::-1]:
                order = {"symbol": "BTCUSDT", "side": side, "qty": QTY, "market": "spot"}
                async with session.post(f"{each.rest}/_control/trade", json=order) as answer:
                    assert answer.status == 200, await answer.text()
                await asyncio.sleep(TURN_S)


def latencies(moments: list[tuple[str, int]]) -> list[float]:
    """Microseconds from each second frame to the order that follows it."""
    found, frame_ns = [], 0
    for label, at_ns in moments:
        if label == SECOND_FRAME:
            frame_ns = at_ns
        elif label == "order" and frame_ns:
            found.append((at_ns - frame_ns) / 1e3)
            frame_ns = 0
    return found[WARM_UP:]


async def measure(count: int, *names: str) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        for name in names:
            (Path(folder) / name).mkdir()
        lanes: list[Lane] = []
        try:
            lanes.extend([await lane(name, Path(folder) / name) for name in names])
            await asyncio.sleep(START_S)
            await turns(lanes, count + WARM_UP)
        finally:
            for each in lanes:
                await ended(each)
        if "daemon" in names:
            say_stages(Path(folder) / "daemon" / "log")
        return {each.name: latencies(json.loads(each.moments.read_text())) for each in lanes}


def say_stages(log: Path) -> None:
    """Medians inside the daemon, from the event's arrival in its inbox."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    for stage in STAGES:
        values = [line[stage] for line in lines if stage in line and "cost_quote" in line]
        if values:
            print(
                f"daemon, from the event in its inbox: {stage} p50 {statistics.median(values):.3f}"
            )


async def ended(each: Lane) -> None:
    """End a lane's processes; a client that died before says so."""
    if each.client.returncode is not None:
        log = each.moments.parent / "log"
        print(f"{each.name} ended early:", log.read_text()[-2000:] if log.exists() else "")
    for process in (each.client, each.exchange):
        if process.returncode is None:
            process.terminate()
            await process.wait()


def report(results: dict[str, list[float]], count: int) -> int:
    print(f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"Python {platform.python_version()}")  # fmt: skip
    print(f"{'':28}{'orders':>8}{'p50 us':>10}{'p99 us':>10}")
    found = {}
    for name, values in results.items():
        cuts = statistics.quantiles(values, n=100)
        found[name] = (statistics.median(values), cuts[98])
        label = DAEMONS.get(name, f"bare ccxt loop, {name}")
        print(f"{label:28}{len(values):>8}{found[name][0]:>10.0f}{found[name][1]:>10.0f}")
    for name, other in OVER_WEBSOCKETS.items():
        if {name, other} <= set(found):
            p50, p99 = ratios(found[name], found[other])
            print(f"{name} to {other}: p50 {p50:.2f}, p99 {p99:.2f}")
    missing = [name for name, values in results.items() if len(values) < 0.99 * count]
    if missing:
        print(f"not every trade was answered: {missing}")
    if not {"daemon", "create"} <= set(found):
        return int(bool(missing))
    p50, p99 = ratios(found["daemon"], found["create"])
    print(f"ratio to the bare loop with create_order: p50 {p50:.2f} (goal {GOAL_P50}), "
          f"p99 {p99:.2f} (goal {GOAL_P99})")  # fmt: skip
    return int(bool(missing) or p50 > GOAL_P50 or p99 > GOAL_P99)


def ratios(ours: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return ours[0] / other[0], ours[1] / other[1]


if __name__ == "__main__":
    counts = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    orders = counts[0] if counts else 2000
    names = [word for word in sys.argv[1:] if not word.isdecimal()] or CLIENTS
    raise SystemExit(report(asyncio.run(measure(orders, *names)), orders))
