"""The demo from curtain to curtain. Ctrl-C ends it in order; so does the time given."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from hedgebot.bootstrap.book import control_path, load_settings
from hedgebot.cli.demo.audit import compare
from hedgebot.cli.demo.children import Addresses, NotReady, daemon, end, exchange
from hedgebot.cli.demo.disturbances import Disturbance, schedule
from hedgebot.cli.demo.plane import Plane
from hedgebot.cli.demo.summary import summarize
from hedgebot.cli.said import FAILED, complain, say
from hedgebot.settings import Settings
from hedgebot.shell.control_client import NoAnswer, NobodyListens, ask
from hedgebot.shell.wire import Request
from hedgebot.sim.config import SimConfig

PACE_S = 0.1
HEDGED_S_MAX = 15.0
"""Time for the first hedge, and for the last."""
KEY = SimConfig().api_key
SECRET = SimConfig().api_secret
KEYS = {
    f"HEDGEBOT_VENUES__{venue}__{part}": text
    for venue in ("SPOT", "PERP")
    for part, text in (("API_KEY", KEY), ("API_SECRET", SECRET))
}
CONFIG = """\
name = "demo"
mode = "live"
journal = "sqlite:///{folder}/demo.db"

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
order = {{ cooldown_s = 0 }}

[log]
format = "console"
"""


@dataclass(slots=True)
class Stage:
    """What the demo plays with."""

    plane: Plane
    settings: Settings
    child: "subprocess.Popen[bytes]"
    asked: Callable[[], bool]
    """Whether somebody wants the demo to end."""
    happened: list[Disturbance] = field(default_factory=list)

    def goes_on(self) -> bool:
        """Whether the daemon lives and nobody asked for the end."""
        return not self.asked() and self.child.poll() is None

    def pause_until(self, moment_s: float) -> bool:
        """Wait; False when the demo ends earlier."""
        while self.goes_on() and time.monotonic() < moment_s:
            time.sleep(PACE_S)
        return self.goes_on()

    def wait_for_hedge(self) -> None:
        """Wait until every hedge is in its band with nothing under way, at most so long."""
        deadline = time.monotonic() + HEDGED_S_MAX
        while self.child.poll() is None and time.monotonic() < deadline:
            if _hedged(self.settings):
                return
            time.sleep(PACE_S)


def run(*, seconds: int, market: Sequence[str]) -> None:
    """Play, then show what the journal counted and whether the exchange agrees.

    `market` are the options of `sim binance` that say what moves its prices.

    Raises:
        typer.Exit: 1 where the exchange or the daemon failed, or the two ledgers differ.
    """
    try:
        code, differences = perform(seconds, market)
    except NotReady as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None
    if code != 0:
        complain(f"the daemon ended with exit code {code}")
    for line in differences:
        complain(f"journal and exchange differ: {line}")
    if code != 0 or differences:
        raise typer.Exit(FAILED)
    say("journal and exchange agree, row by row")


def perform(seconds: int, market: Sequence[str]) -> tuple[int, list[str]]:
    """The daemon's exit code, and where journal and exchange differ.

    Raises:
        NotReady: the exchange could not start.
    """
    began_s = time.monotonic()
    with (
        ending_signals() as asked,
        TemporaryDirectory(prefix="hedgebot-demo-") as folder,
        exchange(*market) as addresses,
    ):
        config = write_config(Path(folder), addresses)
        settings = load_settings(config)
        plane = Plane(addresses.rest)
        with daemon(config, KEYS) as child:
            stage = Stage(plane, settings, child, asked)
            play(stage, began_s, seconds)
            code = end(child)
        differences = compare(settings, plane.state())
        summarize(settings, stage.happened)
    return code, differences


def play(stage: Stage, began_s: float, seconds: int) -> None:
    """Let things happen to the account, on time, until the end."""
    stage.wait_for_hedge()
    ends_s = began_s + seconds if seconds else float("inf")
    left = max(1, int(ends_s - time.monotonic())) if seconds else 0
    opened_s = time.monotonic()
    for at_s, disturbance in schedule(left):
        if not stage.pause_until(opened_s + at_s):
            break
        say(f"demo: {disturbance.text}")
        stage.plane.tell(disturbance.command, **disturbance.told)
        stage.happened.append(disturbance)
    stage.pause_until(ends_s)
    stage.wait_for_hedge()


def write_config(folder: Path, addresses: Addresses) -> Path:
    """The demo's settings file."""
    path = folder / "demo.toml"
    path.write_text(CONFIG.format(folder=folder, rest=addresses.rest, ws=addresses.ws))
    return path


@contextmanager
def ending_signals(
    numbers: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM),
) -> Iterator[Callable[[], bool]]:
    """Note Ctrl-C and SIGTERM instead of dying of them."""
    noted: list[int] = []
    before = {
        number: signal.signal(number, lambda each, _frame: noted.append(each)) for number in numbers
    }
    try:
        yield lambda: bool(noted)
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _hedged(settings: Settings) -> bool:
    try:
        status = ask(control_path(settings), Request(ask="status"), timeout_s=2.0).status or {}
    except (NobodyListens, NoAnswer):
        return False
    verdicts = {hedge["verdict"] for hedge in status["hedges"]}
    return verdicts == {"in_band"} and not status["open_orders"]
