"""The band that costs least, where it is known, and what the search is held to."""

import random

import pytest

from hedgebot.core.closed_form import edge_cost, edge_width, order_width, target_width
from hedgebot.core.optimal import due, optimal_band, trigger_and_end
from hedgebot.core.stationary import (
    NODES,
    WORK,
    Law,
    land,
    leap_down,
    leap_up,
    sort_moves,
    spread_of,
    stationary_cost,
    stationary_shares,
)

SMALL = 1e-4
WORKROOM = [0.0] * WORK


def law(*atoms: tuple[float, float]) -> Law:
    return (
        [rate for rate, _ in atoms],
        [size for _, size in atoms],
        [rate * size * size for rate, size in atoms],
    )


def noise(variance: float) -> tuple[tuple[float, float], tuple[float, float]]:
    rate = variance / SMALL**2 / 2
    return (rate, SMALL), (rate, -SMALL)


def cost(
    flow: Law, *, below: float, above: float, paid: float = 0.03, order: float = 0.0,
    inner: float = 1.0,
) -> float:  # fmt: skip
    costs = (2.0, paid, paid, order)
    return stationary_cost(flow, costs, below=below, above=above, inner=inner, work=WORKROOM)


def best(flow: Law, *, paid: float = 0.03, order: float = 0.0) -> tuple[float, float, float, float]:
    costs = (2.0, paid, paid, order)
    return optimal_band(flow, costs, band=(0.0, 0.0, 1.0), least=1e-3, work=WORKROOM)


def test_small_moves_cost_what_the_closed_forms_say() -> None:
    flow = law(*noise(0.5))
    width = edge_width(0.5, sell=0.03, buy=0.03, charge=2.0)
    assert cost(flow, below=width, above=width) == pytest.approx(0.050207, rel=2e-3)
    width = target_width(0.5, cost=0.03, charge=2.0)
    assert cost(flow, below=width, above=width, inner=0.0) == pytest.approx(0.063257, rel=4e-3)
    width = order_width(0.5, order=0.01, charge=2.0)
    ordered = cost(flow, below=width, above=width, paid=0.0, order=0.01, inner=0.0)
    assert ordered == pytest.approx(2.0 * width**2 / 6, rel=4e-3)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_band_that_every_move_leaves_costs_what_is_traded(share: float) -> None:
    """Of nodes that nothing but rounding comes to, one is likelier than another by 1e300."""
    flow, width = law((0.5, 4.4), (0.5, -4.4)), 0.25
    band = {"below": share * width, "above": (1.0 - share) * width}
    assert cost(flow, **band, inner=0.0) == pytest.approx(0.03 * 4.4, rel=2e-3)


@pytest.mark.parametrize(("below", "above"), [(0.3, 0.9), (0.6, 0.6), (1.0, 0.2)])
def test_what_a_width_costs_is_the_same_wherever_it_lies(below: float, above: float) -> None:
    flow = law((1e4, 2e-4), *noise(0.5), (0.3, -2.0))
    sold, bought, mean, square = stationary_shares(flow, width=1.2, work=WORKROOM)
    assert sold - bought == pytest.approx(2.0 - 0.6)
    held = square - 2.0 * below * mean + below * below  # times c / 2, which is 1
    whole = 0.03 * (sold + bought) + held
    assert whole == pytest.approx(cost(flow, below=below, above=above), rel=2e-3)


@pytest.mark.parametrize("inner", [1.0, 0.4, 0.0])
def test_leaps_land_where_each_move_from_each_node_does(inner: float) -> None:
    chance, band, costs = random.Random(4), (1.0, 2.2, inner), (2.0, 0.03, 0.05, 0.7)
    step = (band[0] + band[1]) / (NODES - 1)
    sizes = [chance.choice((-1.0, 1.0)) * chance.uniform(1.0, 40.0) * step for _ in range(20)]
    sizes += [3.0 * step, -7.0 * step, 400.0 * step]  # on nodes, and beyond whatever node
    rates = [chance.uniform(0.1, 9.0) for _ in sizes]
    squares = [rate * size**2 * 1.02 for rate, size in zip(rates, sizes, strict=True)]
    squares[-3:] = [rate * size**2 for rate, size in zip(rates[-3:], sizes[-3:], strict=True)]
    flow = (rates, sizes, squares)
    ours, theirs = [0.0] * WORK, [0.0] * WORK
    sort_moves(flow, ours, nodes=NODES, step=step)
    leap_up(ours, costs, nodes=NODES, band=band)
    leap_down(ours, costs, nodes=NODES, band=band)
    for k, (rate, size) in enumerate(zip(rates, sizes, strict=True)):
        for i in range(NODES):
            for apart in (-spread_of(flow, k), spread_of(flow, k)):
                x = i * step - band[0] + size + apart
                land(theirs, costs, nodes=NODES, i=i, x=x, rate=0.5 * rate, band=band)
    for i in range(NODES):
        paid = NODES * NODES + i
        assert ours[paid] == pytest.approx(theirs[paid], rel=1e-9)
        there = [NODES * i + j for j in range(NODES) if i != j]  # who stays is nowhere counted
        assert [ours[j] for j in there] == pytest.approx([theirs[j] for j in there], abs=1e-9)


def test_the_search_finds_the_closed_form() -> None:
    below, above, inner, cheapest = best(law(*noise(0.5)))
    width = edge_width(0.5, sell=0.03, buy=0.03, charge=2.0)
    assert (below, above) == pytest.approx((width, width), rel=0.05)
    assert inner == 1.0
    assert cheapest == pytest.approx(edge_cost(width, 2.0), rel=0.003)


def test_orders_with_a_cost_are_sent_later_and_larger() -> None:
    edge = edge_width(0.5, sell=0.03, buy=0.03, charge=2.0)
    below, above, inner, _ = best(law(*noise(0.5)), order=0.001)
    # an outer trigger past the edge, an inner end between the target and it
    assert min(below, above) > edge
    assert 0.2 * edge < inner * above < edge
    below, _, inner, cheapest = best(law(*noise(0.5)), paid=0.0, order=0.01)
    width = order_width(0.5, order=0.01, charge=2.0)
    assert inner * below < 0.1 * width
    assert cheapest == pytest.approx(2.0 * width**2 / 6, rel=0.01)


def test_large_rare_jumps_are_worth_a_return_only() -> None:
    # From one edge past the other every other order saves 2 D: D = rate x cost / c
    below, above, _, _ = best(law((1.0, 50.0), (1.0, -50.0)), paid=0.3)
    assert below == pytest.approx(2.0 * 0.3 / 2.0, rel=0.06)
    assert above == pytest.approx(below, rel=0.06)


def test_a_trickle_with_lumps_has_a_lopsided_band() -> None:
    # a^2 - b^2 = 4 kappa r / c, from the sweep of a drift r up from the edge where a lump ends
    below, above, _, _ = best(law((1e4, 1e-4), (0.02, -50.0)), paid=0.3)
    assert below**2 - above**2 == pytest.approx(4 * 0.3 * 1.0 / 2.0, rel=0.1)
    assert above < 0.2 * below


def test_a_band_is_kept_until_another_is_worth_it() -> None:
    flow, costs = law(*noise(0.5)), (2.0, 0.03, 0.03, 0.0)
    width = edge_width(0.5, sell=0.03, buy=0.03, charge=2.0)
    near = (1.02 * width, 0.99 * width, 1.0)
    assert optimal_band(flow, costs, band=near, least=1e-3, work=WORKROOM)[:3] == near
    far = optimal_band(flow, costs, band=(3 * width, width, 1.0), least=1e-3, work=WORKROOM)
    assert far[0] == pytest.approx(width, rel=0.06)


def test_no_side_is_narrower_than_the_least() -> None:
    costs = (2.0, 0.0, 0.0, 0.0)
    found = optimal_band(law(*noise(0.5)), costs, band=(0.0, 0.0, 1.0), least=0.01, work=WORKROOM)
    assert found[:2] == (0.01, 0.01)


def test_a_flow_that_was_never_seen_breaks_nothing() -> None:
    assert best(law((0.0, 0.0)))[:2] == (1e-3, 1e-3)


def test_one_way_drift_is_sold_at_once() -> None:
    below, above, _, cheapest = best(law((1e4, 1e-4)))
    assert above < 3e-3
    assert cheapest == pytest.approx(0.03, rel=0.01)  # a coin a day, sold
    assert below > 0.0


@pytest.mark.parametrize(
    ("days", "solved", "ratio", "again"),
    [
        (0.0, 0.0, 1.0, False),
        (0.01, 0.0, 1.0, True),
        (0.109, 0.1, 1.0, False),
        (0.111, 0.1, 1.0, True),
        (100.9, 100.0, 1.0, False),
        (101.1, 100.0, 1.0, True),
        (100.1, 100.0, 1.04, False),
        (100.1, 100.0, 1.06, True),
        (100.1, 100.0, 0.94, True),
    ],
)
def test_when_to_solve_again(days: float, solved: float, ratio: float, *, again: bool) -> None:
    assert due(days, solved, ratio=ratio, solved_ratio=1.0) is again


@pytest.mark.parametrize(
    ("width", "inner", "smallest", "found"),
    [
        (1.0, 1.0, 0.0, (1.0, 1.0)),
        (1.0, 0.5, 0.4, (1.0, 0.5)),
        (1.0, 1.0, 0.4, (1.2, 0.8)),
        (0.1, 1.0, 0.4, (0.4, 0.0)),
    ],
)
def test_an_order_is_never_below_the_smallest(
    width: float, inner: float, smallest: float, found: tuple[float, float]
) -> None:
    assert trigger_and_end(width, inner, smallest) == pytest.approx(found)
