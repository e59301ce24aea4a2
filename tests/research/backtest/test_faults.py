"""Faults of a history: the decision holds where a live daemon would, and each is named."""

from pathlib import Path
from typing import Any

import polars as pl

from hedgebot.domain.records import Verdict
from hedgebot.research.backtest import How, Result
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Execution
from hedgebot.research.backtest.result import HANDLED
from hedgebot.research.history import Fault
from tests.research.backtest.stages import BEGIN_MS, HOUR_MS, bars, coin, holding, linear, played
from tests.research.histories import changed, rates, walk, without

OLD = "mark of perp:BTC/USDT:USDT is old"
AT = 100


def waits(found: Result) -> list[str]:
    return [each.reason for each in found.played.diary.decisions if each.verdict is Verdict.WAIT]


def trades(found: Result, since_h: float = 1.0) -> list[Execution]:
    return [
        each
        for each in found.played.diary.records
        if isinstance(each, Execution) and each.at_ms >= BEGIN_MS + since_h * HOUR_MS
    ]


def full() -> Any:
    return walk().with_columns(volume=6e4)


def test_a_gap_is_held_by_the_age_of_the_mark(tmp_path: Path) -> None:
    path = linear(tmp_path, BTCUSDT_perp_1h=without(full(), AT, 6))
    found = played(path, [coin(AT + 2.5, "1")])
    assert OLD in waits(found)
    (trade,) = trades(found)
    assert trade.at_ms >= BEGIN_MS + (AT + 6) * HOUR_MS  # with the first price after the gap
    told = [each.key for each in found.played.diary.alerts]
    assert "naked:BTC" in told
    (gap,) = (each for each in found.summary()["faults"] if each["fault"] == "gap")
    assert gap["rows"] == 6
    assert "holds" in gap["handled"]
    assert found.metrics["BTC"].out_of_band_s > 3 * 3600
    assert found.metrics["BTC"].holds[OLD] >= 1


def test_a_frozen_perpetual_is_no_price(tmp_path: Path) -> None:
    table = full()
    for row in (AT, AT + 1):
        table = changed(table, row, open=2e4, close=2e4, high=2e4, low=2e4, volume=0.0)
    found = played(linear(tmp_path, BTCUSDT_perp_1h=table), [coin(AT + 0.5, "1")])
    assert OLD in waits(found)
    assert all(each.at_ms >= BEGIN_MS + (AT + 2) * HOUR_MS for each in trades(found))
    assert {each["fault"] for each in found.summary()["faults"]} >= {"frozen"}


def test_a_mark_that_stands_still_beside_a_moving_price_is_frozen(tmp_path: Path) -> None:
    marks = full().drop("volume")
    price = float(marks["close"][AT - 1])
    for row in range(AT, AT + 30):
        marks = changed(marks, row, open=price, close=price, high=price, low=price)
    table = bars([*walk()["close"][:AT], *(price * 1.006 ** (n % 5 + 1) for n in range(100))])
    path = linear(tmp_path, BTCUSDT_perp_mark_1h=marks, BTCUSDT_perp_1h=table)
    found = played(path, [coin(AT + 3.5, "1")])
    assert "mark of perp:BTC/USDT:USDT is frozen" in waits(found)


def test_a_wick_moves_no_decision_and_bounds_what_is_paid(tmp_path: Path) -> None:
    plain = full()
    spiked = changed(plain, AT, high=60_000.0)
    flows = [coin(AT + 0.5, "-1", how=How.TRADE)]
    runs = []
    for name, table in (("a", plain), ("b", spiked)):
        (tmp_path / name).mkdir()
        path = linear(tmp_path / name, BTCUSDT_perp_1h=table, BTCUSDT_perp_mark_1h=plain)
        runs.append(played(path, flows))
    calm, wild = runs
    (one,), others = trades(calm), trades(wild)
    assert {each["fault"] for each in wild.summary()["faults"]} >= {"wick"}
    assert wild.books.parts.by_asset["BTC"][Part.LATENCY] <= calm.books.parts.by_asset["BTC"][
        Part.LATENCY
    ]  # fmt: skip
    limits = [each.price for each in wild.played.diary.intents.values()]
    assert all(each.price <= max(limits) for each in others)
    assert one.qty > 0


def test_a_price_beyond_belief_waits_for_two_more(tmp_path: Path) -> None:
    marks = changed(full().drop("volume"), AT, open=9e3, close=9e3, low=9e3)
    found = played(linear(tmp_path, BTCUSDT_perp_mark_1h=marks), [coin(AT + 0.1, "1")])
    assert all(each.mark > 15_000 for each in found.played.diary.intents.values())


def test_missing_funding_pays_nothing_and_is_named(tmp_path: Path) -> None:
    path = linear(tmp_path, BTCUSDT_perp_funding_8h=without(_rates(), 5, 3))
    found = played(path, opening=holding("10", hedged=True))
    (gap,) = (each for each in found.summary()["faults"] if each["fault"] == "missing_funding")
    assert gap["rows"] == 3
    assert len(found.played.tape.settlements) == 25 - 3 - 1  # the first is at the first moment


def _rates() -> object:
    return rates()


def test_every_fault_says_what_was_done_about_it() -> None:
    assert set(HANDLED) == {fault.value for fault in Fault}


def test_rates_in_per_cent_are_paid_as_they_stand_and_named(tmp_path: Path) -> None:
    frame = rates().with_columns(funding_rate=pl.lit(0.01))
    path = linear(tmp_path, BTCUSDT_perp_funding_8h=frame)
    (fault,) = played(path).summary()["faults"]
    assert (fault["fault"], fault["rows"]) == ("funding_unit", 25)
    assert "not to be trusted" in fault["handled"]
