"""Margin over time, by the vectors of cross margin; and a synthetic dollar that stays one."""

from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import numpy as np
import pytest

from hedgebot.research.backtest import FREE, Opening, Options, run
from hedgebot.research.backtest.margins import Held, margin_of
from hedgebot.research.backtest.parts import Part
from hedgebot.research.history import read_history
from hedgebot.sim.binance.catalog import markets
from hedgebot.venue_model.markets import Bracket, Market
from tests.research.backtest.recorded import COIN_WALLET, INVERSE
from tests.research.backtest.stages import bars
from tests.research.histories import folder

LISTED = {each.symbol: each for each in markets()}


def one_tier(symbol: str, rate: str, cum: str = "0") -> Market:
    return replace(LISTED[symbol], brackets=(Bracket(D(0), D(10) ** 12, 1, D(rate), D(cum)),))


@pytest.mark.parametrize(("cum", "price"), [("0", 99_009.90), ("1300", 100_297.03)])
def test_where_a_linear_short_is_liquidated(cum: str, price: float) -> None:
    """50,000 dollars behind one coin sold at 50,000, maintenance of 1 %."""
    held = Held(one_tier("BTCUSDT", "0.01", cum), *map(np.array, ([-1.0], [-5e4], [6e4])))
    _, (away,) = margin_of(np.array([5e4]), [held])
    assert 6e4 * (1 + away[0]) == pytest.approx(price, abs=0.01)


def test_where_an_inverse_short_is_liquidated() -> None:
    """10 coins behind 200,000 dollars sold at 10,000, maintenance of 1 %; as many as are held,
    sold against them, cannot be.
    """
    market = one_tier("BTCUSD_PERP", "0.01")
    sold = np.array([-2_000.0, -1_000.0])
    held = Held(market, sold, sold * (-100 / 1e4), np.array([1.2e4, 1.2e4]))
    _, (away,) = margin_of(np.array([10.0, 10.0]), [held])
    assert 1.2e4 * (1 + away[0]) == pytest.approx(19_800)
    assert away[1] == np.inf


@pytest.mark.parametrize("price", [2_500.0, 10_000.0, 50_000.0, 250_000.0])
def test_a_synthetic_dollar_is_worth_as_much_at_every_price(price: float, tmp_path: Path) -> None:
    path = np.linspace(10_000.0, price, 60)
    table = bars([float(each) for each in path])
    folder(tmp_path, BTCUSD_PERP_1h=table)
    opening = Opening(wallets={(COIN_WALLET, "BTC"): D(10)}, hedged=True)
    options = Options(frictions=FREE, funding_missing=True, opening=opening)
    found = run(INVERSE, read_history(tmp_path), (), options)
    parts = found.books.parts.by_asset["BTC"]
    assert found.played.exchange.entries["coin"].desk().positions
    assert abs(parts[Part.SPOT]) < D("1e-12")
    assert abs(found.books.parts.change) < D("1e-12")
    assert found.books.parts.unexplained == 0
    assert not found.summary()["liquidations"]
