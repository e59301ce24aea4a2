"""`hedgebot report`: of a daemon on the local exchange, and of rows written by hand."""

import asyncio
import json
import os
import re
import sys
import time
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hedgebot.adapters.journal import Place, open_journal
from hedgebot.bootstrap.outside import make_clock
from hedgebot.cli.app import app
from hedgebot.cli.demo.stage import KEYS
from hedgebot.cli.report.metrics import EMPTY
from hedgebot.domain.records import IntentKept, Record, Verdict
from tests.adapters.alerts.servers import webhook
from tests.adapters.journal.samples import (
    FillKept,
    HandClock,
    alert,
    decision,
    fill,
    intent,
    replace,
)
from tests.process.test_books import EVERY_S, SETTLED_S, ends
from tests.process.town import SETTINGS, Town, until
from tests.secrecy.planted import ALERT_TOKEN

HOUR_MS = 3_600_000
OUTSIDE = re.compile(r"""(src|href)=["']?(?!#)|<script|@import|url\(""", re.IGNORECASE)
"""What would make a page ask for another file."""


def of(town: Town, *more: str) -> dict[str, Any]:
    answer = town.cli("report", "--json", *more)
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


def fees(town: Town, since_ms: int = 0) -> list[D]:
    """What the exchange took from the futures wallet, each fill's."""
    return [
        -D(each["change"])
        for each in town.plane.state()["ledger"]
        if each["cause"] == "fee" and each["wallet"] == "futures" and each["at_ms"] > since_ms
    ]


async def busy(town: Town) -> int:
    """Hedged twice, and the books closed after it; the moment between the two."""
    town.write_settings(more=EVERY_S)
    town.start()
    await until(lambda: len(ends(town)) == 2 and all(b for b, _ in ends(town).values()), SETTLED_S)
    await town.hedged()
    between = int(town.plane.state()["now_ms"])
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="0.5")
    await town.hedged_after(2)
    after = town.plane.state()["now_ms"]
    await until(lambda: all(end > after for _, end in ends(town).values()), SETTLED_S)
    return between


@pytest.mark.process
async def test_a_report_says_what_the_exchange_says(town: Town) -> None:
    between = await busy(town)
    page = town.folder / "deep" / "report.html"
    told = of(town, "--since", "1h", "--html", str(page))
    hedge, paid = told["hedges"]["BTC"], sum(fees(town))
    assert (hedge["orders"], hedge["fills"]) == (len(town.our_orders()), len(fees(town)))
    assert D(hedge["fees"]["USDT"]) == paid
    assert hedge["cost_usd"] == pytest.approx(float(paid) + hedge["slippage_usd"])
    assert hedge["largest_deviation"] == pytest.approx(float(-town.position()) - 0.5, rel=0.01)
    assert 0 < hedge["out_of_band_s"] < hedge["known_s"]
    assert told["books"]["unexplained"] == []
    booked = sum(
        D(each["change"])
        for each in told["parts"]
        if each["cause"] == "fee" and each["instrument"].startswith("perp")
    )
    assert -booked in {paid, sum(fees(town, between))}  # the books may open after the first hedge
    assert OUTSIDE.findall(page.read_text()) == []
    assert "<svg" in page.read_text()
    said = town.cli("report").stdout.splitlines()
    assert len(said) == 5
    assert said[0].startswith("town, ")
    assert told["running"]
    assert town.stop() == 0
    assert not of(town)["running"]


@pytest.mark.process
async def test_a_dry_run_is_marked_and_its_parts_are_the_models(town: Town) -> None:
    town.write_settings(mode="dry-run")
    town.start()
    await town.hedged()
    page = town.folder / "dry.html"
    told = of(town, "--html", str(page))
    assert told["dry_run"]
    assert told["books"] == {}
    assert {each["cause"] for each in told["parts"]} == {"fee"}
    assert "dry run" in told["notes"][0]
    assert told["hedges"]["BTC"]["orders"] >= 1
    assert "dry-run: Report of town" in page.read_text()
    assert town.cli("report").stdout.startswith("dry-run: town, ")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    found = tmp_path / "town.toml"
    local = "http://127.0.0.1:1", "ws://127.0.0.1:1"
    text = SETTINGS.format(mode="live", folder=tmp_path, rest=local[0], ws=local[1], more="")
    found.write_text(text)
    return found


async def written(config: Path, *records: Record, at_ms: int | None = None) -> None:
    """One start that was killed; now, unless told."""
    place = Place(
        url=f"sqlite:///{config.parent}/town.db",
        book="town",
        accounts={"spot": "main", "perp": "main"},
    )
    journal = open_journal(place, HandClock(at_ms) if at_ms else make_clock())
    await journal.load()
    await journal.commit(list(records))
    journal.release()


def asked(config: Path, *more: str, **urls: str) -> Result:
    env = KEYS | {f"HEDGEBOT_ALERTS__{name}__0": url for name, url in urls.items()}
    return CliRunner().invoke(app, ["report", "--config", str(config), *more], env=env)


async def test_a_cost_is_fees_and_slippage_of_our_orders_in_the_time(config: Path) -> None:
    now = round(time.time() * 1_000) - 60_000
    coin = {"fee": D("0.01"), "fee_asset": "BNB"}
    await written(
        config,
        IntentKept(replace(intent(1, now), mark=64_000.0), dry_run=False),
        FillKept(now, fill("1", venue_ms=now, price=D(63_990))),
        FillKept(now, fill("2", venue_ms=now, price=D(63_980), **coin)),
        FillKept(now, fill("3", venue_ms=now - 2 * HOUR_MS)),
        FillKept(now, fill("4", venue_ms=now, order_id=None)),
        replace(decision(now + 1_000, Verdict.IN_BAND), reason=""),
        alert(at_ms=now + 3_000),
    )
    told = json.loads(asked(config, "--since", "1h", "--json").stdout)
    hedge = told["hedges"]["BTC"]
    assert (hedge["orders"], hedge["fills"]) == (1, 2)
    assert hedge["turnover_usd"] == 12_797.0
    assert hedge["slippage_usd"] == pytest.approx(3.0)
    assert hedge["cost_usd"] == pytest.approx(3.0 + 2.56)
    assert hedge["fees"] == {"USDT": "2.56", "BNB": "0.01"}
    assert hedge["fees_without_price"] == ["BNB"]
    assert hedge["effectiveness"] is None
    assert told["alerts"]["critical"] == 1
    assert [each["key"] for each in told["alerts"]["open"]] == ["naked:BTC"]
    said = asked(config, "--since", "1h").stdout
    assert "without fees in BNB: no price" in said
    assert "1 critical, 0 warning, 0 info; not over: naked:BTC" in said


async def test_a_year_is_one_of_the_time_that_decisions_tell_of(config: Path) -> None:
    begin = round(time.time() * 1_000) - 48 * HOUR_MS
    at_ms = begin + HOUR_MS
    held = replace(decision(begin, Verdict.IN_BAND), mark=50_000.0)  # 1.2 coins
    traded = FillKept(at_ms, fill("1", venue_ms=at_ms, fee=D(6)))
    wanted = IntentKept(replace(intent(1, at_ms), mark=64_000.0), dry_run=False)
    last = alert(at_ms=begin + 36 * HOUR_MS)
    await written(config, held, wanted, traded, last, at_ms=begin)
    hedge = json.loads(asked(config, "--since", "3d", "--json").stdout)["hedges"]["BTC"]
    assert hedge["known_s"] == 36 * 3_600
    assert hedge["cost_bp_a_year"] == pytest.approx(6 / 60_000 / 1.5 * 365 * 10_000)
    assert hedge["turnover_a_year"] == pytest.approx(6_400 / 60_000 / 1.5 * 365)
    less = json.loads(asked(config, "--since", "26h", "--json").stdout)["hedges"]["BTC"]
    assert less["known_s"] == pytest.approx(14 * 3_600, abs=60)
    assert less["cost_bp_a_year"] is None


async def test_an_empty_time_says_so(config: Path) -> None:
    long_ago = round(time.time() * 1_000) - 48 * HOUR_MS
    await written(config, decision(long_ago), at_ms=long_ago)
    said = asked(config, "--since", "24h").stdout.splitlines()
    assert said[1:] == [EMPTY]
    told = json.loads(asked(config, "--since", "24h", "--json").stdout)
    assert told["empty"] == EMPTY
    assert told["hedges"]["BTC"]["known_s"] == 0
    assert not json.loads(asked(config, "--since", "3d", "--json").stdout)["empty"]
    date = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(long_ago / 1_000 - 60))
    assert not json.loads(asked(config, "--since", date, "--json").stdout)["empty"]


async def test_the_digest_is_sent_to_chats_and_wakes_nobody(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEBOT_ALERTS__MIN_SEVERITY", "critical")
    await written(config, alert(at_ms=round(time.time() * 1_000) - 60_000))
    with webhook() as chat, webhook() as pager:
        said = asked(config, "--send", URLS=chat.url, CRITICAL_URLS=pager.url)
        posts, woken = chat.posted, pager.posted
    assert said.exit_code == 0
    assert [(post["title"], post["message"]) for post in posts] == [
        ("hedgebot town: report", said.stdout.rstrip("\n"))
    ]
    assert "1 critical" in said.stdout
    assert woken == []


async def test_a_digest_that_nobody_took_is_a_failure(config: Path) -> None:
    await written(config, alert(at_ms=round(time.time() * 1_000) - 60_000))
    with webhook(refusals=-1) as chat:
        refused = asked(config, "--send", URLS=chat.url)
    nobody = asked(config, "--send")
    assert (refused.exit_code, nobody.exit_code) == (1, 1)
    assert "hedgebot: not taken by alerts.urls[0]" in refused.stderr
    assert "hedgebot: no address is set" in nobody.stderr
    assert ALERT_TOKEN not in refused.output


@pytest.mark.parametrize(
    ("since", "said"),
    [
        ("yesterday", "write 7d, 24h or 90m, or a time"),
        ("0d", "write 7d, 24h or 90m, or a time"),
        ("2999-01-01", "not in the past"),
        ("1969-12-31", "before 1970"),
        ("999999d", "before 1970"),
    ],
)
async def test_a_time_that_is_none_is_refused(config: Path, since: str, said: str) -> None:
    answer = asked(config, "--since", since)
    assert answer.exit_code == 2
    assert said in " ".join(answer.output.replace("│", " ").split())


async def test_without_a_journal_nothing_is_written(config: Path) -> None:
    page = config.parent / "page.html"
    answer = asked(config, "--html", str(page))
    assert answer.exit_code == 2
    assert "does not exist yet" in answer.output
    assert not page.exists()


async def test_a_page_that_cannot_be_written_leaves_nothing_and_says_why(config: Path) -> None:
    await written(config, decision(round(time.time() * 1_000)))
    folder = config.parent / "taken"
    folder.mkdir()
    answer = asked(config, "--html", str(folder))
    assert answer.exit_code == 2
    assert "cannot be written" in answer.output
    assert list(config.parent.glob(".taken*")) == []
    within = asked(config, "--html", str(config / "page.html"))
    assert within.exit_code == 2
    assert "cannot be written" in within.output


BLIND = """\
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"numpy", "numba", "polars", "plotly"}:
            raise ImportError(name)

sys.meta_path.insert(0, Absent())
from hedgebot.cli.app import main
main()
"""


async def test_no_package_of_research_is_needed_even_for_the_page(config: Path) -> None:
    await written(config, decision(round(time.time() * 1_000)))
    page = config.parent / "page.html"
    command = [sys.executable, "-c", BLIND, "report", "--config", str(config), "--html", str(page)]
    child = await asyncio.create_subprocess_exec(*command, env=os.environ | KEYS)
    assert await child.wait() == 0
    assert page.read_text().endswith("</html>\n")
