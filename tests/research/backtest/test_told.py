"""What a terminal shows of a backtest and of a folder, and what holds where nothing is told."""

from decimal import Decimal as D
from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.core.policy import Band, BandUnit
from hedgebot.domain.instruments import WalletId
from hedgebot.research.backtest import Opening
from hedgebot.research.backtest.metrics import YEAR_DAYS, aversion_of
from hedgebot.research.sweep.flows import moves_of
from tests.core.world import policy_with
from tests.research.backtest.stages import MARGIN, coin, linear, played
from tests.research.histories import folder, walk, without

SPOT = WalletId("spot:spot")


def told(*words: object) -> str:
    found = CliRunner(env={"COLUMNS": "120"}).invoke(app, [str(each) for each in words])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_folder_is_told_with_its_findings(tmp_path: Path) -> None:
    path = folder(tmp_path, BTCUSDT_spot_1h=without(walk(), 40, 3))
    text = told("history", path)
    assert "BTCUSDT_spot_1h: gap" in text
    assert "3 rows: missing" in text
    assert "findings: 1 gap" in text
    assert len(orjson.loads(told("history", path, "--json"))["findings"]) == 1


def test_flows_add_up(tmp_path: Path) -> None:
    source, out, table = tmp_path / "in", tmp_path / "out.json", tmp_path / "flows.csv"
    source.mkdir()
    linear(source)
    table.write_text("time,asset,qty\n2023-03-02T10:00:00Z,BTC,7\n")
    model = "lump:per_day=1,days=2"
    text = told("backtest", "config/local.toml", "--data", source, "--flows", table,
                "--flows", model, "--json", out)  # fmt: skip
    assert "cost and that risk together" in text
    assert "the account at the end less at the beginning" in text
    (spot,) = (
        each["assets"]["BTC"]
        for each in orjson.loads(out.read_bytes())["wallets"]
        if each["wallet"] == SPOT
    )
    lumps = D(spot["deposit"]) + D(spot["withdrawal"])
    assert D(spot["deposit"]) > 7
    assert D(spot["closing"]) == 10 + lumps


def test_a_sweep_adds_the_same_flows(tmp_path: Path) -> None:
    at = np.arange(0, 10 * 86_400_000, 3_600_000)
    (tmp_path / "flows.csv").write_text("time,asset,qty\n1970-01-03T00:00:00Z,BTC,7\n")
    both = ("flows.csv", "lump:per_day=1,days=2")
    one, other = (moves_of((each,), "BTC", at, tmp_path) for each in both)
    assert moves_of(both, "BTC", at, tmp_path) == pytest.approx(one + other)
    assert one.sum() == 7


def test_margin_is_the_worth_of_the_coins_where_its_wallet_is_not_named(tmp_path: Path) -> None:
    path = linear(tmp_path)
    coins = {(SPOT, "BTC"): D(3)}
    found = played(path, opening=Opening(wallets=coins))
    first = D(repr(float(found.played.tape.spot["BTC"][0])))
    assert found.played.wallets[MARGIN, "USDT"] == 3 * first
    named = played(path, opening=Opening(wallets={**coins, (MARGIN, "USDT"): D(5)}))
    assert named.played.wallets[MARGIN, "USDT"] == 5


def test_refused_orders_are_told(tmp_path: Path) -> None:
    linear(tmp_path)
    text = told("backtest", "config/local.toml", "--data", tmp_path,
                "--wallet", "perp:futures/USDT=1", "--wallet", "spot:spot/BTC=10")  # fmt: skip
    assert "orders were refused: margin" in text


def test_the_score_is_the_cost_and_the_risk_at_the_books_price(tmp_path: Path) -> None:
    policy = policy_with(band=Band(-0.2, 0.2, BandUnit.COIN), rebalance_to=1.0)
    run = played(linear(tmp_path), [coin(5, "0.3")], policy=policy)
    found = run.metrics["BTC"]
    gamma = aversion_of(run.played, "BTC")
    assert gamma == pytest.approx(2 * 5_000 / (0.04 * 1e6) ** 2)
    risk = 0.5 * gamma * found.risk_usd_day**2 * YEAR_DAYS
    low, high = (0.2 * price * 0.025 for price in (15_000, 60_000))
    assert low < found.risk_usd_day < high
    assert found.score_usd_year == pytest.approx(found.cost_usd_year + risk)
