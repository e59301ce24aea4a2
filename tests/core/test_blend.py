"""What the optimal band makes of flows: moves that hang together, and moves that do not."""

import random
from itertools import pairwise

import pytest

from hedgebot.core.band_memory import (
    AT,
    HELD,
    SIZE,
    band_of,
    begin,
    expected_cost,
    model_of,
    note,
    solve,
)
from hedgebot.core.blend import (
    TELLS,
    ahead_of,
    belief_days,
    between,
    blended_band,
    cost_ahead,
    looked_at,
    spans_of,
)
from hedgebot.core.closed_form import edge_width
from hedgebot.core.flow_law import BALANCED, MEMORY, balance, days_of, forget_all, law_of
from hedgebot.core.flow_law import note as note_move
from hedgebot.core.shadows import BOUGHT, EACH, HEAD, SOLD, WIDTHS
from hedgebot.core.stationary import WORK

UNIT, LEAST = 0.001, 0.005
DEAR = (0.002, 1.0, 1.0, 0.0)  # 500 coins x days: what is back within a week is cheaper to hold
CHEAP = (2.0, 1.0, 1.0, 0.0)  # half a coin x day
Moves = list[tuple[float, float]]


def learnt(
    moves: Moves, costs: tuple[float, float, float, float], *, scale: float = 1.0
) -> list[float]:
    """The memory after (day, coins) moves, solved once."""
    memory = [0.0] * SIZE
    begin(memory, now=0.0, unit=UNIT * scale)
    for now, move in moves:
        note(memory, now=now, move=move * scale, costs=costs)
    solve(memory, least=LEAST * scale)
    return memory


def after(
    moves: Moves, costs: tuple[float, float, float, float], *, scale: float = 1.0
) -> tuple[float, float, float, float]:
    """The band that it found."""
    return band_of(learnt(moves, costs, scale=scale))


def noise(days: float, *, a_day: int = 100, size: float = 1.0) -> Moves:
    chance = random.Random(1)
    count = round(days * a_day)
    return [(k / a_day, chance.gauss(0.0, size)) for k in range(1, count + 1)]


def inventory(days: float, *, reverts: float) -> Moves:
    """The same noise, drawn back to nothing within `reverts` days."""
    held = 0.0
    moves: Moves = []
    for now, push in noise(days):
        move = push - held / reverts / 100.0
        held += move
        moves.append((now, move))
    return moves


def weeks(count: float, *, per_day: float = 10.0, a_day: int = 24) -> Moves:
    """A steady inflow, and every seventh day all of it out."""
    moves: Moves = []
    for hour in range(1, round(count * 7 * a_day) + 1):
        moves.append((hour / a_day, per_day / a_day))
        if hour % (7 * a_day) == 0:
            moves.append((hour / a_day, -7 * per_day))
    return moves


def test_noise_has_the_band_of_the_closed_form() -> None:
    below, above, inner, cost = after(noise(20.0, a_day=1_000, size=0.1**0.5), CHEAP)
    width = edge_width(100.0, sell=1.0, buy=1.0, charge=2.0)
    assert below + above == pytest.approx(2.0 * width, rel=0.10)
    assert below == pytest.approx(above, rel=0.15)
    assert inner == 1.0
    assert cost == pytest.approx(width**2, rel=0.1)  # c D^2 / 2


def test_what_reverts_within_the_band_gets_a_wider_one() -> None:
    costs = (0.2, 1.0, 1.0, 0.0)
    free, back, soon = (
        after(moves, costs)
        for moves in (noise(30.0), inventory(30.0, reverts=1.0), inventory(30.0, reverts=0.3))
    )
    assert sum(free[:2]) * 1.1 < sum(back[:2]) < sum(soon[:2])
    assert free[3] > 1.2 * back[3] > 1.4 * soon[3]


def test_an_inventory_that_is_best_never_traded_soon_is_not() -> None:
    """Its spread is half the width for a walk of its moves: 12 days are 40 time constants."""
    spread = (100.0 * 0.3 / 2.0) ** 0.5
    costs = (1.0 / 3.07, 1.0, 1.0, 0.0)
    assert min(after(inventory(12.0, reverts=0.3), costs)[:2]) > 3.2 * spread
    assert max(after(noise(12.0), costs)[:2]) < 2.2 * spread


def test_reverting_more_slowly_than_it_is_traded_changes_little() -> None:
    free, back = after(noise(20.0), CHEAP), after(inventory(20.0, reverts=5.0), CHEAP)
    assert sum(back[:2]) == pytest.approx(sum(free[:2]), rel=0.12)


def test_a_swing_that_is_dear_to_trade_is_left_alone() -> None:
    moves = weeks(3.0)
    below, above, _, _ = after(moves, DEAR)
    reached = [sum(move for _, move in moves[:k]) for k in range(len(moves) + 1)]
    assert max(reached) - min(reached) == pytest.approx(70.0)
    assert below + above > 70.0


def test_a_swing_is_not_moved_to_the_middle_before_that_is_paid_for() -> None:
    _, above, _, _ = after(weeks(1.9), DEAR)
    assert above > 63.0  # what is held now, and to come
    _, above, _, _ = after(weeks(6.9), (0.02, 1.0, 1.0, 0.0))
    assert above < 50.0


def test_a_daily_swing_is_centred_within_its_first_days() -> None:
    """2.4 coins that leave each night, 4 coins x days: their middle pays for itself in days."""
    memory = [0.0] * SIZE
    begin(memory, now=0.0, unit=UNIT)
    held: list[float] = []
    for hour in range(1, 7 * 24 + 1):
        note(memory, now=hour / 24, move=0.1, costs=(0.25, 1.0, 1.0, 0.0))
        if hour in (1, 3, 6, 12) or hour % 24 == 18:
            solve(memory, least=LEAST)
        held.append(memory[HELD])
        if hour % 24 == 0:
            note(memory, now=hour / 24, move=-2.4, costs=(0.25, 1.0, 1.0, 0.0))
    assert max(held[-24:]) < 1.8


def test_a_swing_that_is_cheap_to_trade_is_traded() -> None:
    below, above, _, _ = after(weeks(3.0), CHEAP)
    # a^2 - b^2 = 4 kappa r / c, from the sweep of a drift r up from the edge where a lump ends
    assert below**2 - above**2 == pytest.approx(4 * 1.0 * 10.0 / 2.0, rel=0.2)
    assert above < 0.4 * below


def test_before_its_first_lump_an_inflow_waits_while_waiting_is_cheap() -> None:
    three_days = weeks(3 / 7)
    _, above, _, _ = after(three_days, DEAR)
    assert above > 30.0  # all that has come
    _, above, _, _ = after(three_days, CHEAP)
    assert above < 3.0


def test_a_drift_that_never_turns_is_sold() -> None:
    _, above, _, _ = after([(k / 24, 10.0 / 24) for k in range(1, 90 * 24)], DEAR)
    assert above < 0.1 * 900.0


def test_a_first_jump_is_traded_when_waiting_for_its_return_is_dearer() -> None:
    below, above, _, _ = after([(0.5, 600.0)], CHEAP)
    assert max(below, above) < 6.0


def test_sides_are_mirrored_with_the_flow() -> None:
    moves = weeks(2.5)
    one = after(moves, CHEAP)
    other = after([(now, -move) for now, move in moves], CHEAP)
    assert (one[0], one[1]) == pytest.approx((other[1], other[0]), rel=1e-3)


def test_a_coin_of_another_size_is_the_same_flow() -> None:
    coarse = after(weeks(2.5), (CHEAP[0] / 8.0, *CHEAP[1:]), scale=8.0)
    fine = after(weeks(2.5), CHEAP)
    assert coarse[:2] == pytest.approx((8.0 * fine[0], 8.0 * fine[1]), rel=1e-6)
    assert coarse[3] == pytest.approx(8.0 * fine[3], rel=1e-6)


def test_dearer_trades_widen_the_band() -> None:
    moves = noise(10.0)
    widths = [sum(after(moves, (1.0, paid, paid, 0.0))[:2]) for paid in (0.1, 0.3, 1.0, 3.0)]
    assert all(narrow < wide for narrow, wide in pairwise(widths))


@pytest.mark.parametrize(
    ("moves", "costs"), [(noise(20.0), CHEAP), (weeks(4.3), CHEAP), (weeks(4.3), DEAR)]
)
def test_any_band_is_told_its_cost_by_the_same(
    moves: Moves, costs: tuple[float, float, float, float]
) -> None:
    memory = learnt(moves, costs)
    below, above, inner, cost = band_of(memory)
    assert expected_cost(memory, band=(below, above, inner)) == pytest.approx(cost, rel=0.08)
    for other in ((0.4 * below, 0.4 * above), (3.0 * below, 3.0 * above), (above, 2.5 * below)):
        assert expected_cost(memory, band=(*other, 1.0)) > 0.97 * cost


def test_back_to_the_target_is_dearer_than_to_the_edge() -> None:
    memory = learnt(noise(20.0), CHEAP)
    below, above, _, _ = band_of(memory)
    edge = expected_cost(memory, band=(below, above, 1.0))
    target = expected_cost(memory, band=(1.26 * below, 1.26 * above, 0.0))
    assert target == pytest.approx(1.26 * edge, rel=0.1)


def test_orders_with_a_cost_end_inside() -> None:
    below, above, inner, _ = after(noise(5.0), (2.0, 0.1, 0.1, 0.5))
    assert 0.0 <= inner < 1.0
    assert min(below, above) > LEAST


def test_no_side_is_narrower_than_the_least() -> None:
    memory = [0.0] * SIZE
    begin(memory, now=0.0, unit=UNIT)
    for now, move in weeks(0.5):
        note(memory, now=now, move=move, costs=CHEAP)
    solve(memory, least=7.0)
    assert min(band_of(memory)[:2]) >= 7.0


def test_a_law_is_doubted_where_signs_go_with_sizes() -> None:
    def believed(moves: Moves, seen: float = 0.0) -> float:
        memory = [0.0] * MEMORY
        law = ([0.0] * BALANCED, [0.0] * BALANCED, [0.0] * BALANCED)
        forget_all(memory)
        before = 0.0
        for now, move in moves:
            note_move(memory, move=move, days=now - before, fade_days=1e9, unit=UNIT)
            before = now
        law_of(memory, wait_days=1.0, law=law)
        balance(law, days_of(memory, 1.0))
        drift = sum(rate * size for rate, size in zip(law[0], law[1], strict=True))
        assert drift == pytest.approx(0.0, abs=1e-9)
        return belief_days(law, seen)

    assert believed(noise(20.0)) == pytest.approx(4.0, abs=0.1)
    assert believed(noise(20.0), 20.0) == pytest.approx(14.0, abs=0.3)
    assert believed(weeks(0.9), 6.3) == pytest.approx(1.0, abs=0.05)  # before a lump
    assert believed(weeks(8.0)) < 0.2 * (4.0 + 7.0)
    rare = [(5.0 * k, (-1.0) ** k) for k in range(1, 9)]
    assert believed(rare) > 4.0 + 4.0


@pytest.mark.parametrize(
    ("settled", "reach", "below", "traded"),
    [
        (2.0, 3.0, 5.0, 0.0),  # all that the path reached fits as it lies
        (2.0, 3.0, 1.0, 1.0),  # the lower edge is nearer: a coin is bought
        (2.0, 3.0, 9.5, 0.5),  # the upper edge is: half a coin is sold
        (2.0, 10.0, 5.0, 3.0),  # a path that fills the width lies where its edges do
    ],
)
def test_only_what_does_not_fit_is_moved(
    settled: float, reach: float, below: float, traded: float
) -> None:
    nothing = (0.0, 0.0, 0.0)
    place = (settled, reach, 10.0, LEAST)
    moved = cost_ahead(below, nothing, nothing, CHEAP, spans=(0.0, 0.0), place=place)
    assert moved == pytest.approx(traded)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("costs", [DEAR, CHEAP])
def test_widths_that_are_left_out_change_nothing(
    seed: int, costs: tuple[float, float, float, float]
) -> None:
    memory, chance, work = learnt(noise(20.0, a_day=10), costs), random.Random(seed), [0.0] * WORK
    for k in range(WIDTHS):  # no flow is so rugged: whoever stops at the first hill is lost
        for part in (SOLD, BOUGHT):
            memory[AT + HEAD + EACH * k + part] *= chance.choice((0.05, 1.0, 9.0))
    model = model_of(memory)
    found = blended_band(
        memory, model,
        at=AT, unit=UNIT, band=(0.0, 0.0), held=1.5, costs=costs, least=LEAST, work=work,
    )  # fmt: skip
    few = sum(width > 0.0 for width in model[2][::TELLS])
    spans = spans_of(model[0], seen=memory[AT + 1] / memory[AT])
    cost, lower = [float("inf")] * WIDTHS, [0.0] * WIDTHS
    for k in range(*looked_at((0.0, 0.0), LEAST, UNIT)):
        lower[k], cost[k], _ = ahead_of(
            memory, model, costs,
            at=AT, k=k, unit=UNIT, held=1.5, least=LEAST, spans=spans, work=work,
        )  # fmt: skip
    width, share = between(cost, lower, best=cost.index(min(cost)), unit=UNIT)
    assert (found[0] + found[1], found[0]) == pytest.approx((width, width * share), rel=1e-12)
    assert few < sum(width > 0.0 for width in model[2][::TELLS])
