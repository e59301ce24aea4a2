"""What is passed over changes nothing: the same actions, books and end as when all is heard."""

import math
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from hedgebot.core.books import Market
from hedgebot.core.learnt import Learnt
from hedgebot.core.policy import Band, BandUnit, Optimal
from hedgebot.core.state import Hedge
from hedgebot.domain.instruments import WalletId
from hedgebot.research.backtest import Opening, Result
from hedgebot.research.backtest.exchange import Entry
from hedgebot.research.backtest.noting import Notes
from hedgebot.research.backtest.quiet import Quiet
from hedgebot.research.backtest.tape import ENDLESS
from hedgebot.research.history import read_history
from hedgebot.venue_model import liquidation
from tests.core.world import POLICY, policy_with
from tests.research.backtest.both_ways import assert_same, both_ways
from tests.research.backtest.recorded import CASES, Case
from tests.research.backtest.stages import BEGIN_MS, HOUR_MS, MARGIN, bars, coin, linear, played
from tests.research.histories import changed, walk, without


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_recorded_histories_come_to_the_same(case: Case) -> None:
    assert len(both_ways(case).played.diary.intents) > 3


def faulty(path: Path) -> Path:
    """A gap, a frozen stretch, a wick, a crash that is doubted, and marks that stand still."""
    table = walk(600, seed=3).with_columns(volume=6e4)
    marks = table.drop("volume")
    for row in range(200, 212):
        marks = changed(marks, row, open=20_000.0, close=20_000.0, high=20_000.0, low=20_000.0)
    table = changed(table, 300, high=30_000.0)
    for row in (350, 351):
        table = changed(table, row, open=19_000.0, close=19_000.0, high=19_000.0, low=19_000.0,
                        volume=0.0)  # fmt: skip
    marks = changed(marks, 400, close=9_000.0, low=9_000.0)
    return linear(path, BTCUSDT_perp_1h=without(table, 450, 20), BTCUSDT_perp_mark_1h=marks,
                  BTCUSDT_spot_1h=walk(600, seed=3))  # fmt: skip


def test_faults_come_to_the_same(tmp_path: Path) -> None:
    flows = [coin(each, "0.3" if each % 80 else "-0.7") for each in range(5, 590, 40)]
    path = faulty(tmp_path)
    whole, short = (
        played(path, flows, everything=each, funding_missing=True) for each in (True, False)
    )
    assert_same(whole, short)
    assert short.played.heard < whole.played.heard / 2
    kinds = {each.fault.value for each in short.played.tape.findings}
    assert {"gap", "frozen", "wick"} <= kinds


def test_a_liquidation_is_not_passed_over(tmp_path: Path) -> None:
    prices = [20_000.0 + 10 * hour for hour in range(400)]
    path = linear(tmp_path, prices)
    start = Opening(wallets={(WalletId("spot:spot"), "BTC"): D(10), (MARGIN, "USDT"): D(30_000)})
    whole, short = (played(path, opening=start, everything=each) for each in (True, False))
    assert_same(whole, short)
    assert len(short.summary()["liquidations"]) == 1


@pytest.mark.parametrize(("dollars", "gone"), [("30000", 1), ("70000", 0)])
def test_a_margin_that_was_enough_is_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dollars: str, gone: int
) -> None:
    table = walk(400, seed=5).with_columns(volume=6e4)
    steep = table.with_columns(
        pl.col(each) * (1.0 + 0.0012 * pl.int_range(pl.len()))
        for each in ("open", "high", "low", "close")
    )
    path = linear(tmp_path, BTCUSDT_perp_1h=steep, BTCUSDT_spot_1h=steep)
    flows = [coin(20.5 + 40 * k, "1.5" if k % 2 else "-2.5") for k in range(9)]
    start = Opening(wallets={(WalletId("spot:spot"), "BTC"): D(10), (MARGIN, "USDT"): D(dollars)})
    short = played(path, flows, opening=start, everything=True)
    monkeypatch.setattr(
        Entry, "mark", lambda self, *told: liquidation.mark_moved(self.desk(), *told)
    )
    whole = played(path, flows, opening=start, everything=True)
    assert_same(whole, short)
    assert len(short.summary()["liquidations"]) == gone


def test_a_band_in_dollars_is_left_by_the_price_alone(tmp_path: Path) -> None:
    prices = [20_000.0 * 1.004**hour for hour in range(150)]
    policy = policy_with(band=Band(-2_500.0, 2_500.0, BandUnit.USD))
    path = linear(tmp_path, prices)
    flows = [coin(2.5, "0.11")]
    whole, short = (played(path, flows, policy=policy, everything=each) for each in (True, False))
    assert_same(whole, short)
    late = [each for each in short.played.diary.intents.values() if each.mark > 21_000]
    assert [each.qty for each in late] == [D("0.110")]


def test_a_moment_that_matters_must_not_be_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken on purpose: the band is not looked at."""
    policy = policy_with(band=Band(-2_500.0, 2_500.0, BandUnit.USD))
    path = linear(tmp_path, [20_000.0 * 1.004**hour for hour in range(150)])
    whole = played(path, [coin(2.5, "0.11")], policy=policy, everything=True)
    monkeypatch.setattr(Quiet, "_first", lambda _self, _at, limit: limit)
    short = played(path, [coin(2.5, "0.11")], policy=policy)
    with pytest.raises(AssertionError):
        assert_same(whole, short)


def test_a_mark_that_stands_while_its_touch_moves_is_held_against_the_touch_told_before_it(
    tmp_path: Path,
) -> None:
    """Nothing traded when it took its value."""
    spot = bars([20_000.0] * 100)
    perp = bars([20_000.0] * 62 + [20_100.0] * 38)
    perp = changed(perp, 60, open=20_000.0, low=20_000.0, high=20_000.0, close=20_000.0, volume=0.0)
    marks = bars([20_000.0] * 60 + [20_010.0] * 40).drop("volume")
    marks = changed(marks, 60, open=20_010.0, low=20_010.0)
    path = linear(tmp_path, BTCUSDT_perp_1h=perp, BTCUSDT_perp_mark_1h=marks, BTCUSDT_spot_1h=spot)
    whole, short = (played(path, everything=each) for each in (True, False))
    assert_same(whole, short)
    assert any("frozen" in each.reason for each in short.played.diary.decisions)


def test_the_mark_that_stays_in_force_beside_a_doubted_one_has_stood_as_long(
    tmp_path: Path,
) -> None:
    prices = [20_000.0 + hour % 7 for hour in range(96)]
    path = linear(tmp_path, [*prices, 20_050.0, 20_050.0, 20_050.0, 10_000.0])
    whole, short = (played(path, everything=each) for each in (True, False))
    assert_same(whole, short)
    (held,) = (each.held for each in short.played.state.markets.values())
    assert held.jump_count == 1


def test_a_jump_is_one_from_the_price_before_it_whatever_was_heard_last(tmp_path: Path) -> None:
    prices = [20_000.0 + hour % 7 for hour in range(97)]
    path = linear(tmp_path, [*prices, 19_000.0, 18_200.0, 17_600.0, 22_400.0, 22_400.0])
    whole, short = (played(path, everything=each) for each in (True, False))
    assert_same(whole, short)
    (held,) = (each.held for each in short.played.state.markets.values())
    assert held.changed_ms == int(short.played.tape.times[-1]), "believed once three agree"


def test_nothing_is_passed_over_where_a_timer_of_the_decision_is_slower_than_the_prices(
    tmp_path: Path,
) -> None:
    """Which price finds it due hangs on every one before."""
    slow = replace(POLICY, limits=replace(POLICY.limits, mark_age_ms_max=120_000))
    series = {"BTC": "BTCUSDT_spot_1m", "perp:BTC/USDT:USDT": "BTCUSDT_perp_1m"}
    path = minutes(tmp_path)
    whole, short = (
        played(
            path, policy=policy, series=series, to_ms=BEGIN_MS + 2 * HOUR_MS, funding_missing=True
        ).played.heard
        for policy in (slow, POLICY)
    )
    assert whole == 2 * 120
    assert short < 20


DAY, SIX_HOURS_MS = 1440, 6 * 3_600_000
OPTIMAL = Optimal(moves_min=3, learn_ms=0)
MOVING: dict[str, dict[str, Any]] = {
    "computed": {"optimal": OPTIMAL},
    "aged": {"age_ms_max": SIX_HOURS_MS},
    "moved": {"move_max": 0.01},
    "ratio": {"variance_days": 1.0},
    "all": {"optimal": OPTIMAL, "variance_days": 1.0, "age_ms_max": SIX_HOURS_MS, "move_max": 0.01},
}


def minutes(path: Path) -> Path:
    """Two days of minutes, two hours of which were not seen and some minutes not watched long."""
    prices = [
        20_000.0 * math.exp(0.02 * math.sin(k / 97) + 0.004 * math.sin(k)) for k in range(2 * DAY)
    ]
    spot = bars(prices, step=timedelta(minutes=1))
    perp = bars([each * 1.0003 for each in prices], step=timedelta(minutes=1))
    perp = without(without(perp, 900, 119), 1500, 40)
    return linear(path, BTCUSDT_perp_1m=perp, BTCUSDT_spot_1m=spot)


def moving(path: Path, kind: str, **options: Any) -> Result:
    flows = [coin(0.37 + 1.7 * k, ("0.3", "0.013", "-0.018", "-0.2")[k % 4]) for k in range(27)]
    series = {"BTC": "BTCUSDT_spot_1m", "perp:BTC/USDT:USDT": "BTCUSDT_perp_1m"}
    return played(
        minutes(path), flows, policy=policy_with(**MOVING[kind]), series=series, **options
    )


@pytest.mark.parametrize("kind", MOVING)
def test_what_is_learnt_and_what_triggers_comes_to_the_same(tmp_path: Path, kind: str) -> None:
    whole, short = (moving(tmp_path, kind, everything=each) for each in (True, False))
    assert_same(whole, short)
    assert short.played.heard < whole.played.heard / 10
    assert len(short.played.diary.intents) >= 3
    computed = [each.solving.in_force for each in short.played.state.ledger.learnt.values()]
    assert any(computed) == ("optimal" in MOVING[kind])


def _one_too_few(notes: Notes, at: int, until: int) -> None:
    if not at <= DAY < until:  # half of the time: an hour is over
        TAKE(notes, at, until)


def _a_moment_late(notes: Notes, hedge: Hedge, learnt: Learnt, at: int) -> bool:
    return NOTE(notes, hedge, learnt, at + 1)


def _never_matters(notes: Notes, hedge: Hedge, learnt: Learnt, at: int) -> bool:
    NOTE(notes, hedge, learnt, at)
    return False


def _at_another_price(notes: Notes, hedge: Hedge, at: int) -> Market:
    return MARKET(notes, hedge, at - 2)


TAKE, NOTE, MARKET = Notes.take, Notes._note, Notes._market


@pytest.mark.parametrize("kind", ["computed", "ratio"])
def test_every_note_must_be_made_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Broken on purpose, each alone."""
    whole = moving(tmp_path, kind, everything=True)
    assert_same(whole, moving(tmp_path, kind))
    for name, broken in (
        ("take", _one_too_few),
        ("_note", _a_moment_late),
        ("_note", _never_matters),
        ("_market", _at_another_price),
    ):
        with monkeypatch.context() as here:
            here.setattr(Notes, name, broken)
            short = moving(tmp_path, kind)
        with pytest.raises(AssertionError):
            assert_same(whole, short)


@pytest.mark.parametrize("kind", ["aged", "moved"])
def test_a_trigger_must_not_be_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Broken on purpose: none is asked."""
    whole = moving(tmp_path, kind, everything=True)
    monkeypatch.setattr(Quiet, "_trigger", lambda _self, _hedge: (ENDLESS, math.inf, 1.0))
    short = moving(tmp_path, kind)
    with pytest.raises(AssertionError):
        assert_same(whole, short)


def test_years_of_bars_need_few_steps(tmp_path: Path) -> None:
    linear(tmp_path, BTCUSDT_perp_1h=bars([20_000.0 + hour % 7 for hour in range(5_000)]),
           BTCUSDT_spot_1h=bars([20_000.0 + hour % 7 for hour in range(5_000)]))  # fmt: skip
    found = played(tmp_path, funding_missing=True)
    assert len(found.played.tape.times) == 10_000
    assert found.played.heard < 200
    assert read_history(tmp_path).series
