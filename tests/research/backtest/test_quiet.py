"""What is passed over changes nothing: the same actions, books and end as when all is heard."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.core.policy import Band, BandUnit
from hedgebot.domain.instruments import WalletId
from hedgebot.research.backtest import Opening
from hedgebot.research.backtest.quiet import Quiet
from hedgebot.research.history import read_history
from tests.core.world import policy_with
from tests.research.backtest.both_ways import assert_same, both_ways
from tests.research.backtest.recorded import CASES, Case
from tests.research.backtest.stages import MARGIN, bars, coin, linear, played
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


def test_years_of_bars_need_few_steps(tmp_path: Path) -> None:
    linear(tmp_path, BTCUSDT_perp_1h=bars([20_000.0 + hour % 7 for hour in range(5_000)]),
           BTCUSDT_spot_1h=bars([20_000.0 + hour % 7 for hour in range(5_000)]))  # fmt: skip
    found = played(tmp_path, funding_missing=True)
    assert len(found.played.tape.times) == 10_000
    assert found.played.heard < 200
    assert read_history(tmp_path).series
