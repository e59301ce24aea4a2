"""How many coins of another hedge one coin: against plain arithmetic, and where it is refused."""

import math
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pytest
from typer.testing import CliRunner

from hedgebot.bootstrap.book import load_settings
from hedgebot.cli.app import app
from hedgebot.core.min_variance import ratio_error
from hedgebot.research.beta import Asked, BetaRefused, Estimate, estimate
from hedgebot.research.beta.estimate import ERRORS
from hedgebot.research.history import read_history
from hedgebot.research.returns import moments_of
from tests.research.backtest.stages import bars
from tests.research.histories import HOUR, changed, folder, without
from tests.research.shared_folder import table

COIN, OTHER = "SOLUSDT_spot_1h", "BTCUSDT_perp_1h"
HOUR_MS = 3_600_000


def market(count: int = 1_500, *, slope: float = 1.2, seed: int = 7, trend: float = 0.0) -> Any:
    """Closes of a coin and of another: the coin's returns are `slope` of the other's, and more."""
    rng = np.random.default_rng(seed)
    other = rng.normal(0.0, 0.01, count)
    coin = slope * other + rng.normal(trend, 0.006, count)
    return 100.0 * np.cumprod(1.0 + coin), 30_000.0 * np.cumprod(1.0 + other)


def paired(path: Path, coin: Any, other: Any, **more: Any) -> Path:
    return folder(path, **{COIN: bars(list(coin)), OTHER: bars(list(other)), **more})


def told(path: Path, over: int = HOUR_MS, **asked: Any) -> Estimate:
    return estimate(read_history(path), Asked(coin="SOL", other="BTC", over_ms=over, **asked))


def by_hand(x: Any, y: Any, at: Any, lags: int) -> tuple[float, float]:
    """Slope of y on x and its error by Newey and West: one product at a time."""
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    from_mean = x - x.mean()
    pull = dict(zip(at, from_mean * (y - y.mean() - slope * from_mean), strict=True))
    whole = sum(each * each for each in pull.values())
    for lag in range(1, lags + 1):
        weight = 1.0 - lag / (lags + 1)
        whole += 2.0 * weight * sum(p * pull.get(t + lag, 0.0) for t, p in pull.items())
    free = len(x) / (len(x) - 2)
    return slope, float(np.sqrt(whole * free) / np.sum(from_mean**2))


@pytest.mark.parametrize("hours", [1, 6])
def test_it_is_the_plain_arithmetic(hours: int, tmp_path: Path) -> None:
    coin, other = market(400)
    gone = slice(200, 205)
    path = paired(tmp_path, coin, other, **{COIN: without(bars(list(coin)), 200, 5)})
    found = told(path, hours * HOUR_MS)
    there = np.delete(np.arange(400), gone)
    at = [t for t in there if t - hours in set(there)]
    x, y = (np.array([each[t] / each[t - hours] - 1.0 for t in at]) for each in (other, coin))
    slope, error = by_hand(x, y, at, max(2 * hours, int(4 * (len(at) / 100) ** (2 / 9))))
    assert found.pairs.rows.height == len(at) == 400 - 5 - 2 * hours + (hours > 5) * (hours - 5)
    assert found.returns.beta == pytest.approx(slope, rel=1e-9)
    assert found.returns.error == pytest.approx(error, rel=1e-9)
    assert found.now.beta == pytest.approx(slope * coin[-1] / other[-1], rel=1e-9)
    assert found.effectiveness == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-9)
    x, y = (np.array([each[t] - each[t - hours] for t in at]) for each in (other, coin))
    assert found.changes.beta == pytest.approx(np.cov(x, y)[0, 1] / np.var(x, ddof=1), rel=1e-9)


def test_the_second_half_judges_the_first(tmp_path: Path) -> None:
    coin, other = market(1_001)
    found = told(paired(tmp_path, coin, other)).ahead
    x, y = other[1:501] / other[:500] - 1.0, coin[1:501] / coin[:500] - 1.0
    beta = np.cov(x, y)[0, 1] / np.var(x, ddof=1) * coin[500] / other[500]
    rest, alone = np.diff(coin[500:]) - beta * np.diff(other[500:]), np.diff(coin[500:])
    assert found.beta == pytest.approx(beta, rel=1e-9)
    assert found.effectiveness == pytest.approx(1.0 - np.var(rest) / np.var(alone), rel=1e-9)
    last, before = told(tmp_path).parts[-1], told(tmp_path).parts[-2]
    at = len(coin) - 125  # the last of eight parts
    rest = np.diff(coin[at - 1 :]) - before.beta * np.diff(other[at - 1 :])
    alone = np.diff(coin[at - 1 :])
    assert last.held == pytest.approx(1.0 - np.var(rest) / np.var(alone), rel=1e-9)


def test_where_prices_trend_returns_know_the_number_of_now(tmp_path: Path) -> None:
    coin, other = market(4_000, trend=0.0006)  # the coin is worth ten times as much at the end
    found = told(paired(tmp_path, coin, other))
    true = 1.2 * coin[-1] / other[-1]
    assert found.now.ends[0] < true < found.now.ends[1]
    assert found.changes.beta < 0.9 * true
    assert found.ahead.effectiveness > found.ahead.by_changes_effectiveness
    assert found.parts[-1].beta > 3 * found.parts[0].beta
    assert found.parts[0].held is None
    assert all(each.held and each.held > 0.5 for each in found.parts[1:])
    assert all(abs(each.returns.beta - 1.2) < 4 * each.returns.error for each in found.parts)


def test_the_error_holds_where_changes_overlap(tmp_path: Path) -> None:
    robust = independent = 0
    for seed in range(60):
        room = tmp_path / str(seed)
        room.mkdir()
        found = told(paired(room, *market(480, seed=seed)), 8 * HOUR_MS)
        low, high = found.returns.ends
        robust += low < 1.2 < high
        rows = found.pairs.rows.select(
            spot=pl.col("coin") / pl.col("coin_before"),
            hedge=pl.col("other") / pl.col("other_before"),
        )
        alone = ERRORS * ratio_error(moments_of(rows))
        independent += abs(found.returns.beta - 1.2) < alone
    assert robust >= 0.85 * 60
    assert independent < 0.75 * 60, "taken for independent they seem to tell far more"


def test_bars_in_which_nothing_traded_are_left_out(tmp_path: Path) -> None:
    coin, other = market(400)
    price = float(coin[99])
    still = changed(bars(list(coin)), 100, open=price, high=price, low=price, close=price,
                    volume=0.0)  # fmt: skip
    found = told(paired(tmp_path, coin, other, **{COIN: still}))
    assert (found.pairs.left_out, found.pairs.rows.height) == (1, 399 - 2)
    assert [each.fault.value for each in found.pairs.findings] == ["frozen"]


def test_a_part_in_which_the_other_stood_still_tells_nothing(tmp_path: Path) -> None:
    coin, other = market(800)
    other[250:450] = other[250]
    found = told(paired(tmp_path, coin, other))
    assert [math.isinf(each.returns.error) for each in found.parts].count(True) == 1
    code, text = run("SOL", "BTC", "--data", tmp_path, "--over", "1h", "--json")
    assert code == 0
    assert None in [each["returns"]["error"] for each in orjson.loads(text)["parts"]]


def test_a_perpetual_on_a_bundle_counts_its_coins(tmp_path: Path) -> None:
    coin, other = market(400)
    path = folder(tmp_path, **{COIN: bars(list(coin)), "1000PEPEUSDT_perp_1h": bars(list(other))})
    found = estimate(read_history(path), Asked(coin="SOL", other="PEPE", over_ms=HOUR_MS))
    assert found.now.beta == pytest.approx(found.returns.beta * coin[-1] / other[-1] * 1000)


def still(path: Path) -> None:
    paired(path, market()[0], np.full(1_500, 30_000.0))


def frames(path: Path, how: str = "") -> None:
    """A market of which some series is another."""
    coin, other = market(400)
    others = {
        "late": {COIN: bars(list(coin)).with_columns(pl.col("date") + HOUR)},
        "long": {OTHER: bars(list(other), step=timedelta(hours=8))},
        "apart": {OTHER: bars(list(other)).with_columns(pl.col("date") + timedelta(days=90))},
        "one": {COIN: bars([100.0]), OTHER: bars([30_000.0])},
        "twice": {"BTCUSDC_perp_1h": bars(list(other))},
        "": {},
    }
    paired(path, coin, other, **others[how])


REFUSED: dict[str, tuple[Callable[[Path], object], dict[str, Any]]] = {
    "30 are needed": (lambda path: paired(path, *market(30)), {}),
    "over 0 spans": (partial(frames, how="apart"), {}),
    "its price never moves": (still, {}),
    "stamps of another clock": (partial(frames, how="late"), {}),
    "bars of other lengths": (partial(frames, how="long"), {}),
    "BTCUSDC_perp_1h and BTCUSDT_perp_1h fit": (partial(frames, how="twice"), {}),
    "there are no spot prices of it": (frames, {"coin": "XYZ"}),
    "there is no series tide": (frames, {"coin_series": "tide"}),
    "one bar each": (partial(frames, how="one"), {}),
    "both are one series": (frames, {"coin_series": OTHER}),
    "it is the coin itself": (frames, {"other": "SOL"}),
    "no whole number of bars": (frames, {"over_ms": 1_800_000}),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_tells_nothing_is_refused(words: str, tmp_path: Path) -> None:
    make, asked = REFUSED[words]
    make(tmp_path)
    wanted = Asked(**{"coin": "SOL", "other": "BTC", "over_ms": HOUR_MS, **asked})
    with pytest.raises(BetaRefused, match=words):
        estimate(read_history(tmp_path), wanted)


def run(*words: object) -> tuple[int, str]:
    found = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["beta", *(str(each) for each in words)])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.exit_code, found.output


def test_the_line_it_prints_is_a_setting(tmp_path: Path) -> None:
    path = paired(tmp_path, *market())
    code, text = run("SOL", "BTC", "--data", path, "--over", "1h")
    assert code == 0
    line = text.splitlines()[-1]
    local = Path("config/local.toml").read_text()
    text = local.replace('asset = "BTC"', f'asset = "SOL"\n{line}')
    (tmp_path / "settings.toml").write_text(text)
    (hedge,) = load_settings(tmp_path / "settings.toml").policy().hedges
    found = told(path)
    assert hedge.beta == found.to_write
    assert abs(float(hedge.beta) - found.now.beta) < 0.1 * found.now.error
    known = orjson.loads(run("SOL", "BTC", "--data", path, "--over", "1h", "--json")[1])
    assert known["line"] == line
    assert known["beta"]["error"] == found.now.error


def test_coins_that_do_not_move_together_have_no_line(tmp_path: Path) -> None:
    path = paired(tmp_path, *market(slope=0.0))
    code, text = run("SOL", "BTC", "--data", path, "--over", "1h")
    assert code == 0
    assert "hedge_with" not in text
    assert "no number is safe to write down" in text


def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    code, text = run("SOL", "XYZ", "--data", paired(tmp_path, *market()))
    assert code == 2
    assert text.startswith("hedgebot: XYZ: there are no perp prices of it")


def test_ether_by_bitcoin_over_four_years() -> None:
    names = ("ETHUSDT_spot_1h", "BTCUSDT_perp_1h")
    spot, perp = (
        table(f"binance_1h/{each}.parquet").with_columns(pl.col("date").dt.cast_time_unit("ms"))
        for each in names
    )
    both = spot.filter(pl.col("volume") > 0).join(perp, on="date", suffix="_perp").sort("date")
    then = pl.col("date") + timedelta(days=1)
    days = both.join(both.with_columns(then), on="date", suffix="_then")
    y, x = ((days[one] / days[f"{one}_then"] - 1.0).to_numpy() for one in ("close", "close_perp"))
    history = read_history(Path(__file__).resolve().parents[3] / "shared" / "data" / "binance_1h")
    found = estimate(history, Asked(coin="ETH", other="BTC"))
    slope = np.cov(x, y)[0, 1] / np.var(x, ddof=1)
    assert found.pairs.rows.height == len(x)
    assert found.returns.beta == pytest.approx(slope, rel=1e-9)
    assert found.now.beta == pytest.approx(slope * 2281.87 / 42314.0, rel=1e-9)
    assert found.effectiveness == pytest.approx(np.corrcoef(x, y)[0, 1] ** 2, rel=1e-9)
    assert round(found.returns.error, 4) == 0.0256
    assert round(found.ahead.effectiveness, 3) == 0.760
    assert round(found.ahead.by_changes_effectiveness, 3) == 0.711
