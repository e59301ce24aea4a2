"""How a hedge stood, from rows of its journal."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.journal.period import Period, modelled, period
from hedgebot.adapters.journal.reading import reading
from hedgebot.adapters.journal.standing import (
    Standing,
    Stretch,
    Waited,
    outside,
    standing,
    stretches,
)
from hedgebot.domain.ledger import PostingCause
from hedgebot.domain.orders import Cause
from hedgebot.domain.records import DecisionKept, ExposureParts, Record, Verdict
from tests.adapters.journal.samples import (
    NOW,
    HandClock,
    alert,
    decision,
    fill,
    opened,
    place,
    replace,
)

D = Decimal
Told = tuple[int, Verdict, str, str]
"""When, verdict, reason, net delta; the target is zero, the band 0.02 wide on either side."""


def row(told: Told, **changes: Any) -> DecisionKept:
    at, verdict, reason, net = told
    parts = ExposureParts(spot=D(2), hedge=D(net) - 2)
    return replace(
        decision(NOW + at, verdict), reason=reason, parts=parts, mark=50_000.0, **changes
    )


async def run(folder: Path, begin: int, end: int | None, *records: Record) -> None:
    """One start; without an end it was killed."""
    clock = HandClock(NOW + begin)
    journal = opened(folder, clock)
    await journal.load()
    await journal.commit(list(records))
    if end is None:
        journal.release()
    else:
        clock.now = NOW + end
        await journal.close()


def told(folder: Path, since: int, until: int, *, running: bool = False) -> Period:
    with reading(place(folder)) as rows:
        return period(rows, (NOW + since, NOW + until), running=running)


def stood(found: Period) -> Standing:
    return standing(stretches(found.decisions["BTC"], found.runs, found.window))


DAY = (
    (0, Verdict.IN_BAND, "", "0.01"),
    (100, Verdict.WAIT, "the mark is old", "0.4"),
    (150, Verdict.TRADE, "rebalance", "-0.5"),
    (160, Verdict.TRADE, "filled", "0"),
    (160, Verdict.IN_BAND, "", "0"),
    (300, Verdict.WAIT, "the mark is old", "0.01"),
    (340, Verdict.WAIT, "no trade", "0"),
    (350, Verdict.IN_BAND, "", "0"),
)


async def test_each_row_holds_until_the_next_and_the_last_one_until_the_end(tmp_path: Path) -> None:
    await run(tmp_path, -5, 400, *map(row, DAY))
    found = stood(told(tmp_path, -10, 1_000))
    assert found.known_ms == 400
    assert (found.outside_ms, found.outside_longest_ms) == (60, 60)
    assert found.verdicts_ms == {Verdict.IN_BAND: 290, Verdict.WAIT: 100, Verdict.TRADE: 10}
    assert found.waits == {"the mark is old": Waited(2, 90), "no trade": Waited(1, 10)}
    assert found.largest is not None
    assert (found.largest.at_ms, found.largest.parts.net_delta) == (NOW + 150, D("-0.5"))
    assert found.worth == 100_000.0


async def test_what_held_when_the_period_began_counts_from_there(tmp_path: Path) -> None:
    await run(tmp_path, -5, 400, *map(row, DAY))
    found = stood(told(tmp_path, 120, 1_000))
    assert (found.known_ms, found.outside_ms) == (280, 40)
    assert found.waits["the mark is old"] == Waited(2, 70)
    later = stood(told(tmp_path, 380, 1_000))
    assert (later.known_ms, later.outside_ms, later.waits) == (20, 0, {})
    assert later.largest is not None
    assert later.largest.at_ms == NOW + 350


@pytest.mark.parametrize(("running", "known"), [(True, 1_000), (False, 100)])
async def test_a_start_that_was_killed_ends_with_its_last_word(
    tmp_path: Path, running: bool, known: int
) -> None:
    await run(tmp_path, 0, None, row(DAY[0]), alert(at_ms=NOW + 100))
    found = told(tmp_path, 0, 1_000, running=running)
    assert found.runs == ((NOW, NOW + known),)
    assert stood(found).known_ms == known


async def test_time_between_two_runs_is_nobodys(tmp_path: Path) -> None:
    out = (150, Verdict.TRADE, "rebalance", "1")
    again = (600, Verdict.WAIT, "snapshot", "1")
    await run(tmp_path, 0, None, row(DAY[0]), row(out))
    await run(tmp_path, 500, 700, row(again))
    found = told(tmp_path, 0, 1_000)
    assert found.runs == ((NOW, NOW + 150), (NOW + 500, NOW + 700))
    assert found.ran_ms == 350
    assert stood(found).known_ms == 250
    assert (stood(found).outside_ms, stood(found).outside_longest_ms) == (100, 100)
    assert told(tmp_path, 800, 1_000).empty
    assert not told(tmp_path, 650, 1_000).empty


def test_a_row_without_a_band_is_not_judged() -> None:
    zero = {"band_lower": D(0), "band_upper": D(0)}
    blind = row((0, Verdict.WAIT, "no mark", "5"), **zero)
    assert outside(blind) is None
    assert outside(row((0, Verdict.IN_BAND, "another ratio", "5"), **zero)) is False
    found = standing([Stretch(blind, NOW, NOW + 10)])
    assert (found.outside_ms, found.unjudged_ms, found.largest) == (0, 10, None)
    assert found.waits == {"no mark": Waited(1, 10)}


def test_a_break_between_runs_parts_times_out_of_band() -> None:
    out = row((0, Verdict.TRADE, "rebalance", "1"))
    found = standing([Stretch(out, 0, 10), Stretch(out, 10, 25), Stretch(out, 30, 40)])
    assert (found.outside_ms, found.outside_longest_ms) == (35, 25)


async def test_only_alerts_and_decisions_of_the_period_are_told(tmp_path: Path) -> None:
    await run(tmp_path, 0, 500, row(DAY[0]), alert("a", at_ms=NOW + 10), alert("b", at_ms=NOW + 90))
    found = told(tmp_path, 50, 1_000)
    assert [each.key for each in found.alerts] == ["b"]
    assert found.counts.decisions == 0
    assert len(found.decisions["BTC"]) == 1  # it held when the period began


def test_the_model_of_a_dry_run_tells_results_and_fees_of_our_orders_alone() -> None:
    ours = fill("1", realized_pnl=D(7), fee=D("0.5"))
    other = fill("2", cause=Cause.FOREIGN, order_id=None)
    found = {each.cause: (each.asset, each.change) for each in modelled([ours, other], [])}
    assert found == {PostingCause.TRADE: ("USDT", D(7)), PostingCause.FEE: ("USDT", D("-0.5"))}
