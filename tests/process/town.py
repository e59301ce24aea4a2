"""A local exchange and a daemon, each a process of its own, and everything a test asks of them."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgebot.adapters.journal import Place, reading
from hedgebot.adapters.journal.rows import Rows
from hedgebot.cli.demo.audit import compare
from hedgebot.cli.demo.children import Addresses, daemon, end
from hedgebot.cli.demo.plane import Plane
from hedgebot.cli.demo.stage import KEYS
from hedgebot.settings import Settings, load
from hedgebot.shell.control_client import NoAnswer, NobodyListens, ask
from hedgebot.shell.wire import Reply, Request

SETTINGS = """\
name = "town"
mode = "{mode}"
journal = "sqlite:///{folder}/town.db"

[venues.spot]
exchange = "binance"
network = "local"
account = "main"
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
band = {{ lower = "-0.02", upper = "0.02", unit = "coin" }}
instruments = ["perp:BTC/USDT:USDT"]
order = {{ notional_max = "1000000", cooldown_s = 0 }}

[[holdings]]
asset = "BTC"
label = "cold"
qty = "0"

[log]
format = "json"
{more}
"""
DEADLINE_S = 15.0
SAID_BYTES_MAX = 1 << 24
"""A run of hours asks often."""
Status = dict[str, Any]


@dataclass
class Town:
    """The exchange, the daemon's files, and the daemon while it runs."""

    addresses: Addresses
    folder: Path
    plane: Plane
    stack: ExitStack
    child: "subprocess.Popen[bytes] | None" = None
    environ: dict[str, str] = field(default_factory=lambda: dict(KEYS))

    def write_settings(self, *, mode: str = "live", more: str = "") -> Path:
        text = SETTINGS.format(
            mode=mode,
            folder=self.folder,
            rest=self.addresses.rest,
            ws=self.addresses.ws,
            more=more,
        )
        self.config.write_text(text)
        return self.config

    @property
    def config(self) -> Path:
        return self.folder / "town.toml"

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    @property
    def settings(self) -> Settings:
        return load(self.config, environ=KEYS)

    def start(self, *options: str, **environ: str) -> None:
        """Start a daemon; it ends with the test at the latest."""
        if not self.config.exists():
            self.write_settings()
        log = self.stack.enter_context(self.log.open("ab"))
        self.child = self.stack.enter_context(
            daemon(self.config, self.environ | environ, *options, log=log)
        )

    def slow_orders(self, ms: int) -> None:
        """The next order is taken at once and answered late."""
        told = {"kind": "delay_reply", "path": "/fapi/v1/order", "verb": "POST", "ms": ms}
        self.plane.tell("fault", name="slow", **told)

    def stop(self) -> int:
        assert self.child is not None
        return end(self.child)

    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    async def ended(self, timeout_s: float = DEADLINE_S) -> int:
        """Wait until the daemon ends by itself; its exit code."""
        assert self.child is not None
        child = self.child
        await until(lambda: child.poll() is not None, timeout_s)
        return child.wait()

    def ask(self, **request: Any) -> Reply:
        reply = ask(self.folder / "town.db.sock", Request.model_validate(request))
        self.keep(reply.model_dump_json())
        return reply

    def status(self) -> Status | None:
        """What the daemon says of itself; None while it does not listen."""
        try:
            return self.ask(ask="status").status
        except (NobodyListens, NoAnswer):
            return None

    def hedge(self) -> Status:
        status = self.status()
        return dict(status["hedges"][0]) if status else {}

    async def hedged(self, timeout_s: float = DEADLINE_S) -> None:
        """Wait until the hedge is in its band and nothing is under way."""

        def quiet() -> bool:
            status = self.status()
            return (
                status is not None
                and status["hedges"][0]["verdict"] == "in_band"
                and not status["open_orders"]
                and status["hedges"][0]["pending"] == ["0", "0"]
            )

        try:
            await until(quiet, timeout_s)
        except AssertionError:
            raise AssertionError(f"not hedged: {self.hedge()}\n{self.log_tail()}") from None

    async def hedged_after(self, orders: int, timeout_s: float = DEADLINE_S) -> None:
        """Wait until the exchange took so many orders of ours, and for the hedge."""
        await until(lambda: len(self.our_orders()) >= orders, timeout_s)
        await self.hedged(timeout_s)

    def position(self, symbol: str = "BTCUSDT") -> Decimal:
        """The truth, signed."""
        held = [row for row in self.plane.state()["positions"] if row["symbol"] == symbol]
        return sum((Decimal(row["qty"]) for row in held), Decimal(0))

    def our_orders(self) -> list[dict[str, Any]]:
        """Orders that the exchange took from the daemon."""
        orders = self.plane.state()["orders"]["futures"]
        return [row for row in orders if not row["client_id"].startswith(("web_", "adl", "auto"))]

    def cli(self, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "hedgebot", *arguments],
            env=os.environ | self.environ | {"HEDGEBOT_CONFIG": str(self.config)} | environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        self.keep(done.stdout + done.stderr)
        return done

    def keep(self, said: str) -> None:
        """Lay beside the log what the product said elsewhere, to be searched for secrets."""
        with (self.folder / "said.txt").open("a") as file:
            if file.tell() < SAID_BYTES_MAX:
                file.write(f"{said}\n")

    def requests(self) -> dict[str, int]:
        return dict(self.plane.state()["requests"])

    @contextmanager
    def rows(self, *, dry_run: bool = False) -> Iterator[Rows]:
        """The journal, read beside the daemon."""
        place = Place(
            url=f"sqlite:///{self.folder}/town.db",
            book="town",
            accounts={"spot": "main", "perp": "main"},
            dry_run=dry_run,
        )
        with reading.reading(place) as rows:
            yield rows

    def differences(self) -> list[str]:
        """Between the journal and the exchange's own ledger."""
        return compare(self.settings, self.plane.state())

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """The daemon's log."""
        found = [json.loads(line) for line in self.log.read_text().splitlines() if line[:1] == "{"]
        return [line for line in found if not event or line["event"] == event]

    def log_tail(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-15:])


async def until(condition: Callable[[], object], timeout_s: float = DEADLINE_S) -> None:
    """Wait for a condition, at most that long."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.05)
