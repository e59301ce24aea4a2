"""A first hedge over bars: what is traded, what it costs, and that every cent is explained."""

from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.domain.records import Verdict
from hedgebot.research.backtest import FREE, Frictions, How
from hedgebot.research.backtest.books import books_of
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Execution, Payment
from tests.research.backtest.stages import MARGIN, PERP, bars, coin, holding, linear, played


def test_the_first_price_is_hedged_and_then_nothing_is_done(tmp_path: Path) -> None:
    found = played(linear(tmp_path))
    trades = [each for each in found.played.diary.records if isinstance(each, Execution)]
    assert sum(each.qty for each in trades) == -10
    assert {each.at for each in trades} == {0}
    assert found.played.diary.decisions[-1].verdict is Verdict.IN_BAND
    assert found.metrics["BTC"].largest_deviation == 10


def test_coins_that_come_are_hedged_at_the_next_price(tmp_path: Path) -> None:
    found = played(linear(tmp_path), [coin(10.5, "0.5"), coin(50.5, "-0.25", how=How.TRADE)])
    after = [
        each
        for each in found.played.diary.records
        if isinstance(each, Execution) and each.at > 0
    ]  # fmt: skip
    assert [each.qty for each in after] == [D("-0.5"), D("0.25")]
    assert [each.at for each in after] == [
        22,
        102,
    ]  # heard at the close of the hour, filled a moment later
    assert found.books.parts.unexplained == 0


def test_an_order_pays_the_way_the_spread_and_the_fee(tmp_path: Path) -> None:
    path = linear(tmp_path, [20_000.0, 20_200.0, 20_000.0, 20_000.0])
    found = played(
        path, [coin(0.9, "1")], opening=holding("0"),
        frictions=Frictions(latency_ms=400, half_spread=0.0005, depth_usd=1e9),
        funding_missing=True,
    )  # fmt: skip
    (trade,) = (each for each in found.played.diary.records if isinstance(each, Execution))
    assert trade.at == 2  # decided on the close of the first hour, matched at the open of the next
    way = 20_000 * (200 / 20_200) * (0.4 / 3600) ** 0.5
    parts = {part: float(each) for part, each in found.books.parts.by_asset["BTC"].items()}
    assert parts[Part.LATENCY] == pytest.approx(-way, rel=1e-6)
    assert parts[Part.SPREAD] == pytest.approx(-10.0, abs=0.11)  # a tick is a tenth
    assert parts[Part.FEES] == pytest.approx(-float(trade.price) * 0.0005)
    assert parts[Part.SLIPPAGE] == 0


def test_a_book_is_only_so_deep(tmp_path: Path) -> None:
    deep = played(linear(tmp_path), frictions=Frictions(depth_usd=1e9, share=1e9))
    thin = played(linear(tmp_path), frictions=Frictions(depth_usd=10_000, share=1e9))
    empty = played(linear(tmp_path), frictions=Frictions(share=0.0))
    costs = [float(each.books.parts.by_asset["BTC"][Part.SLIPPAGE]) for each in (deep, thin)]
    assert costs[0] == 0.0 > costs[1]
    assert empty.played.exchange.entries["perp"].desk().positions == {}
    assert len(empty.played.diary.unfilled) > 3
    assert any(each.key == "slippage:BTC" for each in empty.played.diary.alerts)
    assert empty.metrics["BTC"].out_of_band_share == pytest.approx(1.0)


def test_a_record_that_is_dropped_is_missed(tmp_path: Path) -> None:
    found = played(linear(tmp_path), [coin(10.5, "0.5"), coin(50.5, "-0.25", how=How.TRADE)])
    assert found.books.parts.unexplained == 0
    records = found.played.diary.records
    for dropped in range(len(records)):
        kept = [*records[:dropped], *records[dropped + 1 :]]
        assert books_of(found.played, kept).parts.unexplained != 0, records[dropped]
    paid = next(each for each in records if isinstance(each, Payment))
    kept = [each for each in records if each is not paid]
    assert books_of(found.played, kept).parts.unexplained == paid.change


def test_nothing_costs_nothing(tmp_path: Path) -> None:
    found = played(linear(tmp_path), frictions=FREE, opening=holding("10", hedged=True))
    parts = found.books.parts.by_asset["BTC"]
    assert found.metrics["BTC"].orders == 0
    assert {part for part, dollars in parts.items() if dollars} == {Part.FUNDING}
    assert found.played.exchange.entries["perp"].position(
        found.played.exchange.listed[PERP].instrument
    ).qty == -10  # fmt: skip


def test_a_position_without_margin_is_liquidated_on_the_mark(tmp_path: Path) -> None:
    prices = [20_000.0] * 10 + [23_000.0] * 10
    wick = bars(prices).with_columns(high=bars(prices)["high"] + 900.0)
    path = linear(tmp_path, prices, BTCUSDT_perp_1h=wick)
    found = played(path, opening=holding("10", "30000"))
    forced = [
        each
        for each in found.played.diary.records
        if isinstance(each, Execution) and each.order_id is None
    ]
    assert len(forced) == 1
    assert found.summary()["liquidations"][0]["qty"] == "10"
    assert found.books.parts.unexplained == 0
    parts = found.books.parts.by_asset["BTC"]
    lost = 10 * (20_000 - float(forced[0].price))
    assert lost < -30_000  # more than there was: the venue's fund covers the rest
    assert float(parts[Part.LIQUIDATION]) == pytest.approx(-30_000 - lost, rel=0.03)
    assert not found.played.exchange.entries["perp"].wallet.totals["USDT"]
    assert max(found.curves.margin[MARGIN]) >= 1.0
    assert any("LIQUIDATED" in each.text for each in found.played.diary.alerts)
