"""A computed band in a backtest: asked for and answered as live, by the same source compiled."""

from dataclasses import replace
from pathlib import Path

import pytest

from hedgebot.core import band_memory, solving
from hedgebot.core.policy import Optimal
from hedgebot.domain.actions import SolveBand
from hedgebot.research.backtest import bands
from tests.core.world import POLICY
from tests.research.backtest.stages import coin, linear, played

OPTIMAL = replace(
    POLICY, hedges=(replace(POLICY.hedges[0], optimal=Optimal(moves_min=3, learn_ms=0)),)
)


def test_the_compiled_answer_is_the_shells() -> None:
    memory = [0.0] * band_memory.SIZE
    band_memory.begin(memory, now=0.0, unit=0.001)
    for day, move in enumerate((0.5, -0.3, 2.0, -0.1, 0.7), 1):
        band_memory.note(memory, now=float(day), move=move, costs=(60.0, 30.0, 30.0, 0.0))
    ask = SolveBand(
        asset="BTC", asked_ms=7, memory=tuple(memory), least=0.003, fixed=(0.1, 0.1, 0.0)
    )
    here, there = bands.answer(ask), solving.answer(ask)
    assert (here.asset, here.asked_ms) == (there.asset, there.asked_ms)
    assert here.memory == pytest.approx(there.memory, rel=1e-9)
    assert here.fixed_cost == pytest.approx(there.fixed_cost, rel=1e-9)


def test_a_backtest_trades_by_the_band_that_it_learns(tmp_path: Path) -> None:
    flows = [coin(6.5 * k, "0.3" if k % 2 else "-0.3") for k in range(1, 14)]
    fixed, computed = (played(linear(tmp_path), flows, policy=p) for p in (POLICY, OPTIMAL))
    told = [each for each in computed.played.diary.decisions if "costs less" in each.reason]
    assert told
    assert told[-1].band_upper > 0.1
    counts = [len(each.played.diary.intents) for each in (fixed, computed)]
    assert counts[1] < counts[0], "what would be undone soon is left"
    assert computed.books.parts.unexplained == 0
