"""`replay --with` of what a real daemon recorded on the local exchange."""

import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hedgebot.adapters.journal import tables
from hedgebot.cli.app import app
from tests.process.test_invariant_10_replay import recordings
from tests.process.town import Town, until

pytestmark = pytest.mark.process
BAND = 'band = { lower = "-0.02", upper = "0.02", unit = "coin" }'
COMPUTED = (
    'band = "optimal"\noptimal = { moves_min = 1, learn_s = 0, fixed = '
    '{ lower = "-0.02", upper = "0.02", unit = "coin" } }'
)


async def lived(town: Town) -> list[Path]:
    """A first hedge, two deposits of which each is an order, funding; then a second start."""
    town.start()
    await town.hedged()
    for orders, qty in enumerate(("0.3", "0.4"), start=len(town.our_orders()) + 1):
        town.plane.tell("deposit", asset="BTC", qty=qty)
        await town.hedged_after(orders)
    town.plane.tell("fund", symbol="BTCUSDT")
    with town.rows() as rows:
        await until(lambda: rows.find(tables.funding))
    assert town.stop() == 0
    town.start()
    await town.hedged()
    assert town.stop() == 0
    return recordings(town)


def with_band(town: Town, name: str, band: str) -> Path:
    text = town.config.read_text()
    assert BAND in text
    path = town.folder / name
    path.write_text(text.replace(BAND, band))
    return path


def played(config: Path, *files: Path) -> dict[str, Any]:
    done = replay(config, *files, "--json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout))


def replay(config: Path, *arguments: Path | str) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, arguments), "--with", str(config)])


def dollars(found: dict[str, Any], run: str, *parts: str) -> D:
    return sum((D(found["profit_and_loss"][run]["parts_usd"][part]) for part in parts), D(0))


async def test_another_policy_over_what_was_recorded(town: Town) -> None:
    first, _ = await lived(town)
    same_settings(town, first)
    a_wider_band(town, first)
    a_computed_band_and_two_files(town, first.parent)
    another_asset(town, first)


def same_settings(town: Town, first: Path) -> None:
    orders = len(town.our_orders())
    same = played(town.config, first)
    assert same["model"] == {
        "alike": orders, "another_order": 0, "only_first": 0, "only_second": 0
    }, "the model does what happened"  # fmt: skip
    assert (same["decisions"], same["differences"]) == (same["model"], [])
    assert same["notes"] == ["these are the recorded settings: nothing can differ"]
    money, hedge = same["profit_and_loss"], same["hedges"]["BTC"]
    assert money["with"] == money["recorded"]
    assert hedge["with"] == hedge["recorded"]
    for part in ("fees", "funding", "hedge on the mark"):
        happened = dollars(same, "happened", part)
        assert happened != 0 or part == "hedge on the mark", "prices stand still"
        assert abs(dollars(same, "recorded", part) - happened) < D("0.1")


def a_wider_band(town: Town, first: Path) -> None:
    orders = len(town.our_orders())
    wide = played(with_band(town, "wide.toml", BAND.replace("0.02", "0.5")), first)
    assert wide["decisions"] == {
        "alike": orders - 2, "another_order": 1, "only_first": 1, "only_second": 0
    }  # fmt: skip
    passed, both = wide["differences"]
    assert passed["recorded"]["order"]["qty"] == "0.3"
    assert "+0.3 BTC arrived" in passed["recorded"]["why"]
    assert passed["with"]["order"] is None
    assert "in_band; net delta +0.3 BTC, band [-0.5, +0.5]" in passed["with"]["why"]
    assert (both["recorded"]["order"]["qty"], both["with"]["order"]["qty"]) == ("0.4", "0.7")
    assert wide["hedges"]["BTC"]["with"]["orders"] == orders - 1
    own = wide["hedges"]["BTC"]
    assert own["with"]["mean_deviation"] > own["recorded"]["mean_deviation"]
    people = replay(town.folder / "wide.toml", first)
    assert "1 another order, 1 only recorded, 0 only wide.toml" in people.stdout


def a_computed_band_and_two_files(town: Town, folder: Path) -> None:
    computed = played(with_band(town, "computed.toml", COMPUTED), folder)
    assert [each["files"] for each in computed["stretches"]] == [1, 1]
    assert computed["notes"][0].startswith("nothing is recorded for ")
    assert any("computed band" in note for note in computed["notes"])


def another_asset(town: Town, first: Path) -> None:
    other = with_band(town, "other.toml", BAND)
    text = other.read_text().replace('asset = "BTC"\nratio', 'asset = "ETH"\nratio')
    other.write_text(text.replace("BTC/USDT:USDT", "ETH/USDT:USDT"))
    done = replay(other, first)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "the recording has no prices of perp:ETH/USDT:USDT; it has those of perp:BTC" in (
        done.stderr
    )
