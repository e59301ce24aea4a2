"""A coin hedged by another coin's perpetual: the same decision, and parts that sum exactly."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.core.policy import Band, BandUnit, Policy, VenuePolicy
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.research.backtest import (
    FREE,
    BacktestRefused,
    Flow,
    How,
    Opening,
    Options,
    Result,
    flows_of,
)
from hedgebot.research.backtest import run as play
from hedgebot.research.backtest.books import books_of
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Execution
from hedgebot.research.reporting.backtest import html_of
from tests.core.world import HEDGE, POLICY
from tests.research.backtest.both_ways import assert_same
from tests.research.backtest.recorded import recorded
from tests.research.backtest.stages import BEGIN_MS, HOUR_MS, MARGIN, SPOT, bars, linear, played
from tests.research.histories import folder, rates

BETA = D("0.005")
CROSS = replace(POLICY, hedges=(replace(HEDGE, asset="SOL", beta=BETA),))
OWN = InstrumentId("perp:BTC/USDT:USDT")
COIN, OTHER, PERP = "SOLUSDT_spot_1h", "BTCUSDT_spot_1h", "BTCUSDT_perp_1h"


def market(count: int = 300, seed: int = 3) -> dict[str, Any]:
    """Closes of a coin, of another, and of the other's perpetual."""
    rng = np.random.default_rng(seed)
    other = rng.normal(0.0, 0.01, count)
    coin = 100.0 * np.cumprod(1.0 + 1.2 * other + rng.normal(0.0, 0.006, count))
    price = 20_000.0 * np.cumprod(1.0 + other)
    perp = price * (1.0 + rng.normal(0.0, 0.0005, count))
    return {COIN: coin, OTHER: price, PERP: perp}


def room(path: Path, **prices: Any) -> Path:
    frames = {name: bars([round(float(each), 2) for each in closes])
              for name, closes in prices.items()}  # fmt: skip
    return folder(path, **frames, BTCUSDT_perp_funding_8h=rates(60))


def held(coins: str, **more: Any) -> Opening:
    return Opening(wallets={(SPOT, "SOL"): D(coins), (MARGIN, "USDT"): D(1_000_000)}, **more)


def run(path: Path, flows: Any = (), policy: Policy = CROSS, **options: Any) -> Result:
    options.setdefault("opening", held("1000"))
    return played(path, flows, policy=policy, **options)


def flow(at_h: float, qty: str, **more: Any) -> Flow:
    return Flow(BEGIN_MS + int(at_h * HOUR_MS), "SOL", D(qty), **more)


def trades(found: Result) -> list[Execution]:
    return [each for each in found.played.diary.records if isinstance(each, Execution)]


def test_so_many_of_the_other_are_sold_as_beta_says(tmp_path: Path) -> None:
    found = run(room(tmp_path, **market()))
    assert sum(each.qty for each in trades(found)) == -5
    assert {each.at for each in trades(found)} == {0}, "a move of either price trades nothing"
    assert found.metrics["SOL"].largest_deviation == 1000


def test_parts_by_hand(tmp_path: Path) -> None:
    prices = {COIN: [100.0, 110.0], OTHER: [20_000.0, 21_000.0], PERP: [20_010.0, 20_990.0]}
    found = run(room(tmp_path, **prices), frictions=FREE, opening=held("1000", hedged=True),
                funding_missing=True)  # fmt: skip
    parts = found.books.parts.by_asset["SOL"]
    assert {part: dollars for part, dollars in parts.items() if dollars} == {
        Part.CROSS: 1000 * 10 - 5 * 1000,  # the coin rose by 10, beta x the other by 5
        Part.BASIS: 5 * 20,  # the perpetual rose by 20 less than its coin
    }
    half = run(room(tmp_path, **prices), frictions=FREE, opening=held("1000"),
               funding_missing=True, policy=replace(CROSS, hedges=(
                   replace(CROSS.hedges[0], ratio=D("0.5")),)))  # fmt: skip
    assert half.books.parts.by_asset["SOL"][Part.SPOT] == 500 * 10
    assert half.books.parts.by_asset["SOL"][Part.CROSS] == 500 * 10 - 2 * 1000 - 500


def test_every_cent_is_explained_and_no_record_is_spare(tmp_path: Path) -> None:
    flows = [flow(10.5, "200"), flow(50.5, "-77.5", how=How.TRADE), flow(120.2, "-300")]
    found = run(room(tmp_path, **market()), flows)
    assert len(trades(found)) > 3
    assert found.books.parts.unexplained == 0
    parts = found.books.parts.by_asset["SOL"]
    assert all(parts[each] for each in (Part.SPOT, Part.CROSS, Part.BASIS, Part.FUNDING, Part.FEES))
    curve = found.curves.hedges["SOL"]
    for part, own in (
        (Part.SPOT, curve.spot),
        (Part.CROSS, curve.cross),
        (Part.BASIS, curve.basis),
    ):
        assert float(own[-1]) == pytest.approx(float(parts[part]), abs=1e-6)
    records = found.played.diary.records
    for dropped in range(len(records)):
        kept = [*records[:dropped], *records[dropped + 1 :]]
        assert books_of(found.played, kept).parts.unexplained != 0, records[dropped]


def test_the_band_is_in_coins_that_are_held(tmp_path: Path) -> None:
    wide = replace(CROSS, hedges=(replace(CROSS.hedges[0], band=Band(-50, 50, BandUnit.COIN)),))
    flows = [flow(10.5, "49"), flow(30.5, "11")]
    found = run(room(tmp_path, **market()), flows, wide, opening=held("1000", hedged=True))
    assert [(each.qty, each.at) for each in trades(found)] == [(D("-0.3"), 62)]


def test_it_takes_away_what_the_two_have_in_common(tmp_path: Path) -> None:
    prices = market(1_000)
    found = run(room(tmp_path, **prices), frictions=FREE, opening=held("1000", hedged=True),
                funding_missing=True)  # fmt: skip
    coin, perp = (np.round(prices[each], 2) for each in (COIN, PERP))
    left = np.diff(coin) - float(BETA) * np.diff(perp)
    metrics = found.metrics["SOL"]
    expected = 1.0 - np.var(left[:-1]) / np.var(np.diff(coin)[:-1])
    assert 0.5 < metrics.effectiveness["1h"] < 0.95
    assert metrics.effectiveness["1h"] == pytest.approx(expected, abs=0.002)
    assert {"1h", "8h", "1d"} <= metrics.effectiveness.keys()
    days = np.diff(found.curves.hedges["SOL"].cross[::48])
    assert metrics.risk_usd_day == pytest.approx(np.std(days), rel=0.05), "nothing is unhedged"


def test_the_venue_tells_the_index_of_its_own_coin(tmp_path: Path) -> None:
    policy = replace(CROSS, hedges=(replace(CROSS.hedges[0], beta=D("0.002")),))
    prices = market(40)
    found = run(room(tmp_path, **prices), policy=policy)
    held_at_the_end = found.played.state.markets[OWN].held
    assert held_at_the_end.index == round(float(prices[OTHER][-1]), 2)


RULES: dict[str, dict[str, Any]] = {
    "coins": {"band": Band(-30.0, 30.0, BandUnit.COIN)},
    "dollars": {"band": Band(-4_000.0, 4_000.0, BandUnit.USD)},
    "triggers": {"band": Band(-30.0, 30.0, BandUnit.COIN), "age_ms_max": 20 * HOUR_MS,
                 "move_max": 0.02},
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_what_is_passed_over_changes_nothing(rule: str, tmp_path: Path) -> None:
    hedge = replace(CROSS.hedges[0], beta=D("0.0043"), **RULES[rule])
    prices = market(600)
    path = folder(tmp_path, **{
        name: bars(list(np.round(closes, 2)), step=timedelta(minutes=5))
        for name, closes in prices.items()
    })  # fmt: skip
    flows = [flow(k * 2.9, "17" if k % 3 else "-61.5") for k in range(1, 17)]
    whole, short = (
        run(path, flows, replace(CROSS, hedges=(hedge,)), everything=each, funding_missing=True)
        for each in (True, False)
    )
    assert_same(whole, short)
    assert len(trades(short)) > 2
    assert short.played.heard < 0.6 * whole.played.heard
    assert short.books.parts.unexplained == 0


def test_a_coin_without_prices_is_refused_by_name(tmp_path: Path) -> None:
    prices = market()
    del prices[COIN]
    with pytest.raises(BacktestRefused, match=r"SOL: no spot prices of it.*--series SOL=NAME"):
        run(room(tmp_path, **prices))


def test_without_the_other_coins_own_price_there_is_no_basis(tmp_path: Path) -> None:
    prices = market()
    del prices[OTHER]
    found = run(room(tmp_path, **prices), [flow(50.5, "-77.5", how=How.TRADE)])
    assert found.books.parts.unexplained == 0
    assert found.books.parts.by_asset["SOL"][Part.BASIS] == 0
    told = found.summary()["assumptions"]
    assert "price of BTC: that of perp:BTC/USDT:USDT (no spot series): no basis" in told
    assert any(each.startswith("SOL is hedged by 0.005 of another") for each in told)


def test_only_times_with_prices_of_the_coin_are_played(tmp_path: Path) -> None:
    prices = market()
    path = room(tmp_path, **prices)
    bars(list(prices[COIN]))[50:200].write_parquet(path / f"{COIN}.parquet")
    found = run(path)
    first, last = (int(found.played.tape.times[at]) for at in (0, -1))
    assert (first, last) == (BEGIN_MS + 50 * HOUR_MS, BEGIN_MS + 200 * HOUR_MS - 1)
    elsewhen = bars(list(prices[COIN])).with_columns(pl.col("date") + timedelta(days=90))
    elsewhen.write_parquet(path / f"{COIN}.parquet")
    with pytest.raises(BacktestRefused, match="no time with prices of SOL and of its hedge"):
        run(path)


def test_a_bundle_of_the_other_counts_its_coins(tmp_path: Path) -> None:
    prices = market(60)
    path = room(tmp_path, **{COIN: prices[COIN], "1000PEPEUSDT_perp_1h": prices[PERP]})
    hedge = replace(CROSS.hedges[0], instruments=(InstrumentId("perp:1000PEPE/USDT:USDT"),))
    found = run(path, policy=replace(CROSS, hedges=(replace(hedge, beta=D(5)),)),
                funding_missing=True)  # fmt: skip
    assert sum(each.qty for each in trades(found)) == -5
    assert found.books.parts.unexplained == 0
    parts = found.books.parts.by_asset["SOL"]
    assert abs(parts[Part.BASIS]) < D("1e-9"), "its own price is the coin's"
    assert parts[Part.CROSS] != 0


def test_the_other_coin_may_have_a_hedge_of_its_own(tmp_path: Path) -> None:
    second = VenuePolicy(
        name="second", account="second", wallets=(WalletId("second:futures"),), collateral=True
    )
    across = replace(CROSS.hedges[0], instruments=(InstrumentId("second:BTC/USDT:USDT"),))
    policy = replace(POLICY, venues=(*POLICY.venues, second), hedges=(HEDGE, across))
    wallets = {(SPOT, "BTC"): D(2), (SPOT, "SOL"): D(1000), (MARGIN, "USDT"): D(100_000),
               (WalletId("second:futures"), "USDT"): D(100_000)}  # fmt: skip
    found = run(room(tmp_path, **market()), [flow(50.5, "-77.5", how=How.TRADE)], policy,
                opening=Opening(wallets=wallets))  # fmt: skip
    assert found.books.parts.unexplained == 0
    parts = found.books.parts.by_asset
    assert parts["SOL"][Part.CROSS]
    assert Part.CROSS not in parts["BTC"]
    assert sum(each.qty for each in trades(found) if each.instrument == OWN) == -2
    assert (
        found.metrics["BTC"].effectiveness["1h"] > 0.99 > found.metrics["SOL"].effectiveness["1h"]
    )


def test_a_page_and_a_summary_name_it(tmp_path: Path) -> None:
    found = run(room(tmp_path, **market()))
    assert "The coin, and what hedges it" in html_of(found)
    parts = found.summary()["hedges"]["SOL"]["parts_usd"]
    assert sum(map(D, parts.values())) == D(found.summary()["total"]["change_usd"])
    assert D(parts["cross"])
    plain = tmp_path / "plain"
    plain.mkdir()
    own = played(linear(plain))
    assert "cross" not in own.summary()["hedges"]["BTC"]["parts_usd"]
    assert "The coin, and what hedges it" not in html_of(own)


def test_a_settings_file_is_played_and_told(tmp_path: Path) -> None:
    settings, out = tmp_path / "settings.toml", tmp_path / "out.json"
    with_beta = 'asset = "SOL"\nhedge_with = { asset = "BTC", beta = "0.005" }'
    settings.write_text(Path("config/local.toml").read_text().replace('asset = "BTC"', with_beta))
    source = tmp_path / "in"
    source.mkdir()
    room(source, **market())
    words = ["backtest", settings, "--data", source, "--json", out]
    words += ["--flows", "poisson:per_day=1,median=3"]
    found = CliRunner().invoke(app, [str(each) for each in words])
    assert found.exit_code == 0, found.output
    assert "the other coin moved by more or less than beta had it" in found.output
    told = orjson.loads(out.read_bytes())
    assert told["total"]["unexplained_usd"] == "0"
    assert D(told["hedges"]["SOL"]["parts_usd"]["cross"]) != 0


def test_ether_by_bitcoin_over_a_recorded_month() -> None:
    hedge = replace(HEDGE, asset="ETH", beta=D("0.0796"), band=Band(-1, 1, BandUnit.COIN))
    begin = 1_640_995_200_000  # 2022
    opening = Opening(wallets={(SPOT, "ETH"): D(100), (MARGIN, "USDT"): D(1_000_000)})
    flows = flows_of("poisson:per_day=2,median=3", "ETH", begin, begin + 30 * 86_400_000)
    options = Options(from_ms=begin, to_ms=begin + 30 * 86_400_000, opening=opening)
    history = recorded("binance_1h")
    found = play(replace(POLICY, hedges=(hedge,)), history, flows, options)
    assert found.books.parts.unexplained == 0
    assert all(not line.unexplained for each in found.books.statements for line in each.lines)
    inside = pl.col("at_ms").is_between(begin, begin + 30 * 86_400_000, closed="left")
    coin, perp = (
        history.series[name].table.filter(inside)["close"].to_numpy()
        for name in ("ETHUSDT_spot_1h", "BTCUSDT_perp_1h")
    )
    alone = np.diff(coin)
    expected = 1.0 - np.var(alone - 0.0796 * np.diff(perp)) / np.var(alone)
    assert found.metrics["ETH"].effectiveness["1h"] == pytest.approx(expected, abs=0.02)
