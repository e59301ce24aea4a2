"""Invariant 1's exception through real processes: two exchanges, and one of them goes dark."""

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.adapters.journal import reading
from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from hedgebot.cli.demo.stage import SECRET
from hedgebot.domain.orders import Purpose
from tests.process.town import SETTINGS, Town, until

pytestmark = pytest.mark.process
FIRST = "perp:BTC/USDT:USDT"
SECOND = "alt:BTC/USDT:USDT"
BOUGHT = D("0.999")
"""One coin less its fee."""
ALT = """
[venues.alt]
exchange = "binanceusdm"
network = "local"
account = "second"
rest_url = "{rest}"
ws_url = "{ws}"
"""


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Town, Plane]]:
    """The town, and the plane of a second exchange where only its perpetuals are used."""
    with (
        exchange("--still") as here,
        exchange("--still", "--api-key", "other-key") as there,
        ExitStack() as stack,
    ):
        town = Town(here, tmp_path, Plane(here.rest), stack)
        town.environ["HEDGEBOT_VENUES__ALT__API_KEY"] = "other-key"
        town.environ["HEDGEBOT_VENUES__ALT__API_SECRET"] = SECRET
        town.write_settings(more=ALT.format(rest=there.rest, ws=there.ws))
        written = town.config.read_text()
        town.config.write_text(written.replace(f'["{FIRST}"]', f'["{FIRST}", "{SECOND}"]'))
        assert SECOND in town.config.read_text(), SETTINGS
        yield town, Plane(there.rest)


def held(plane: Plane) -> D:
    rows = [row for row in plane.state()["positions"] if row["symbol"] == "BTCUSDT"]
    return sum((D(row["qty"]) for row in rows), D(0))


async def begin(town: Town) -> None:
    """Nothing to hedge until the prices of both are known, so that the first by preference is."""
    town.plane.tell("withdraw", asset="BTC", qty="10")
    town.start()
    await town.hedged()
    await until(lambda: prices_known(town))
    town.plane.tell("deposit", asset="BTC", qty="10")
    await until(lambda: town.position() == D(-10))
    await town.hedged()


def prices_known(town: Town) -> bool:
    status = town.status()
    assert status is not None
    feeds = [status["venues"][name]["feeds"] for name in ("perp", "alt")]
    return all(each[channel]["up"] for each in feeds for channel in ("mark", "touch"))


def account_is_up(town: Town, venue: str) -> bool:
    status = town.status()
    return status is not None and bool(status["venues"][venue]["feeds"]["account"]["up"])


def buy_a_coin(town: Town) -> None:
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="1")


def purposes(town: Town) -> list[Purpose]:
    with town.rows() as rows:
        return [line.kept.intent.purpose for line in reading.orders(rows)]


async def test_a_dark_venue_is_stood_in_for_and_its_return_changes_nothing(
    two: tuple[Town, Plane],
) -> None:
    town, alt = two
    await begin(town)
    assert (town.position(), held(alt)) == (D(-10), D(0))
    dead = {"status": 503, "code": -1001, "text": "down", "count": 100_000}
    town.plane.tell("fault", name="dark", path="/fapi/*", kind="fail_before", **dead)
    town.plane.tell("disconnect", market="futures", channel="user")
    await until(lambda: not account_is_up(town, "perp"))  # else the order goes there, unknown
    buy_a_coin(town)
    await until(lambda: held(alt) == -BOUGHT, 25)
    assert town.position() == D(-10)
    assert purposes(town).count(Purpose.FAILOVER) == 1
    town.plane.tell("clear")
    await town.hedged(30)
    assert (town.position(), held(alt)) == (D(-10), -BOUGHT)


async def test_an_outcome_that_stays_unknown_leaves_the_other_venue_its_part(
    two: tuple[Town, Plane],
) -> None:
    town, alt = two
    await begin(town)
    lost = {"status": 503, "code": -1007, "text": "Timeout waiting for response"}
    town.plane.tell("events", market="futures", kind="lose", count=1_000)
    town.plane.tell(
        "fault", name="after", path="/fapi/v1/order", verb="POST", kind="fail_after", **lost
    )
    asked = {"path": "/fapi/v1/order", "verb": "GET", "count": 100_000, "kind": "fail_before"}
    town.plane.tell("fault", name="look-ups", **asked, **lost)
    buy_a_coin(town)
    await until(lambda: town.position() == D(-10) - BOUGHT)
    buy_a_coin(town)
    await until(lambda: held(alt) == -BOUGHT, 25)
    town.plane.tell("clear")
    await town.hedged(30)
    assert (town.position(), held(alt)) == (D(-10) - BOUGHT, -BOUGHT)
