"""The closed forms, to the digits of their sources."""

import pytest

from hedgebot.core.closed_form import (
    edge_cost,
    edge_width,
    option_width,
    order_width,
    risk_aversion,
    risk_charge,
    target_cost,
    target_width,
)


def test_back_to_the_edge() -> None:
    width = edge_width(0.5, sell=0.03, buy=0.03, charge=2.0)
    assert width == pytest.approx(0.22407, abs=5e-6)
    assert edge_cost(width, 2.0) == pytest.approx(0.050207, abs=5e-7)


def test_only_the_sum_of_both_sides_counts() -> None:
    assert edge_width(0.5, sell=0.06, buy=0.0, charge=2.0) == edge_width(
        0.5, sell=0.03, buy=0.03, charge=2.0
    )


def test_back_to_the_target_is_a_quarter_dearer() -> None:
    width = target_width(0.5, cost=0.03, charge=2.0)
    assert target_cost(width, 2.0) == pytest.approx(0.063257, abs=5e-7)
    edge = edge_cost(edge_width(0.5, sell=0.03, buy=0.03, charge=2.0), 2.0)
    assert target_cost(width, 2.0) / edge == pytest.approx(2.0 ** (1.0 / 3.0))


def test_orders_that_cost_by_themselves() -> None:
    width = order_width(0.5, order=0.01, charge=2.0)
    assert width**4 == pytest.approx(12 * 0.01 * 0.5 / 2.0)
    # the best of all widths, by the sum of what it holds and what it orders
    costs = [2.0 * w * w / 12 + 0.01 * 0.5 / (w * w) for w in (0.98 * width, width, 1.02 * width)]
    assert min(costs) == costs[1] == pytest.approx(2.0 * width**2 / 6)


def test_an_option_s_delta() -> None:
    width = option_width(4e-4, rate=1e-3, price=100.0, aversion=1.0)
    assert width == pytest.approx(0.0028845, abs=5e-8)
    # the same by the volatility that cancels
    spread = (4e-4 * 0.7 * 100.0) ** 2
    charge = risk_charge(1.0, volatility=0.7, price=100.0)
    assert edge_width(spread, sell=0.1, buy=0.1, charge=charge) == pytest.approx(width)


def test_one_answer_gives_the_risk_aversion() -> None:
    aversion = risk_aversion(5_000.0, holding=1e6, volatility=0.04)
    assert aversion == pytest.approx(6.25e-6)
    # coins for the same money, at the same volatility: a day of it costs the premium
    coins = 1e6 / 20_000.0
    charge = risk_charge(aversion, volatility=0.04, price=20_000.0)
    assert charge / 2 * coins**2 == pytest.approx(5_000.0)
