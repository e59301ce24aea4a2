"""`alerts test` tells who would hear, by severity, and shows no secret."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hedgebot.bootstrap import alerting
from hedgebot.cli.app import app
from tests.adapters.alerts.servers import raw_server, webhook
from tests.secrecy.planted import ALERT_TOKEN

ROOT = Path(__file__).parents[3]
KEYS = {
    f"HEDGEBOT_VENUES__{venue}__API_{part}": "x"
    for venue in ("SPOT", "PERP")
    for part in ("KEY", "SECRET")
}


def tried(folder: Path, *, urls: str = "", critical: str = "") -> Result:
    shutil.copy(ROOT / "config" / "local.toml", folder / "local.toml")
    told = {"HEDGEBOT_ALERTS__URLS__0": urls, "HEDGEBOT_ALERTS__CRITICAL_URLS__0": critical}
    env = KEYS | {name: url for name, url in told.items() if url}
    wanted = ["alerts", "test", "--json", "--config", str(folder / "local.toml")]
    return CliRunner().invoke(app, wanted, env=env)


def test_every_address_hears_once_as_severe_as_it_takes(tmp_path: Path) -> None:
    with webhook() as chat, webhook() as pager:
        found = tried(tmp_path, urls=chat.url, critical=pager.url)
        posts = [chat.posted, pager.posted]
    assert found.exit_code == 0
    assert [[post["title"] for post in each] for each in posts] == [
        ["hedgebot local: info"], ["hedgebot local: critical"],
    ]  # fmt: skip
    assert chat.texts() == pager.texts() == [alerting.TEXT]
    rows = [(row["address"], row["taken"]) for row in json.loads(found.stdout)]
    assert rows == [("alerts.urls[0]", True), ("alerts.critical_urls[0]", True)]


def test_an_address_that_refuses_is_named_and_the_others_hear(tmp_path: Path) -> None:
    with webhook(refusals=-1) as chat, webhook() as pager:
        found = tried(tmp_path, urls=chat.url, critical=pager.url)
    assert found.exit_code == 1
    assert "hedgebot: not taken by alerts.urls[0]: " in found.stderr
    assert pager.texts() == [alerting.TEXT]
    assert ALERT_TOKEN not in found.output


def test_an_address_that_hangs_is_waited_for_no_longer_than_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "ANSWER_S_MAX", 0.3)
    with raw_server("hangs") as url:
        found = tried(tmp_path, urls=url)
    assert found.exit_code == 1
    assert json.loads(found.stdout)[0]["trouble"] == "no answer"


def test_no_address_at_all_is_said(tmp_path: Path) -> None:
    found = tried(tmp_path)
    assert found.exit_code == 1
    assert "hedgebot: no address is set" in found.stderr
