"""A shadow tells what every band of its width would have cost on the flow that was seen."""

import random

import pytest

from hedgebot.core.shadows import (
    BOUGHT,
    EACH,
    HEAD,
    MEAN,
    REACH,
    SHADOWS,
    SOLD,
    SQUARE,
    WIDTHS,
    Y,
    forget_shadows,
    pass_on,
    shade,
    width_of,
)

UNIT = 0.5
AT = 3
NEVER = 1e9
Moves = list[tuple[float, float]]


def shadowed(moves: Moves, *, fade: float = NEVER) -> list[float]:
    """A memory with something else before the shadows, after (days since the last, coins) moves."""
    memory = [7.0] * (AT + SHADOWS)
    forget_shadows(memory, at=AT)
    for days, move in moves:
        shade(memory, at=AT, move=move, days=days, fade_days=fade, unit=UNIT)
    pass_on(memory, at=AT, move=0.0, unit=UNIT)
    assert memory[:AT] == [7.0] * AT
    return memory


def part(memory: list[float], k: int, which: int) -> float:
    return memory[AT + HEAD + EACH * k + which]


def walk(count: int, seed: int = 1) -> Moves:
    chance = random.Random(seed)
    return [(chance.expovariate(10.0), chance.gauss(0.0, 1.0)) for _ in range(count)]


def played(moves: Moves, *, below: float, above: float, x: float) -> tuple[float, ...]:
    """Coins sold and bought, and the sums of x and of its square over time, of a band."""
    sold = bought = mean = square = 0.0
    for days, move in moves:
        mean, square = mean + days * x, square + days * x * x
        x += move
        sold, bought = sold + max(x - above, 0.0), bought + max(-below - x, 0.0)
        x = min(max(x, -below), above)
    return sold, bought, mean, square


@pytest.mark.parametrize("below", [0.5, 2.0, 3.9])
def test_bands_of_one_width_differ_by_where_they_lie_only(below: float) -> None:
    k = 6
    assert width_of(k, UNIT) == pytest.approx(8.0)
    first, then = walk(2_000), walk(2_000, seed=2)
    before, after = shadowed(first), shadowed(first + then)
    days = after[AT + 1] - before[AT + 1]
    start = part(before, k, Y) - below  # where such a band has the deviation by now
    sold, bought, mean, square = played(then, below=below, above=8.0 - below, x=start)
    passed = [part(after, k, which) - part(before, k, which) for which in range(EACH)]
    assert passed[SOLD] == pytest.approx(sold)
    assert passed[BOUGHT] == pytest.approx(bought)
    assert passed[MEAN] - below * days == pytest.approx(mean)
    shifted = passed[SQUARE] - 2.0 * below * passed[MEAN] + below * below * days
    assert shifted == pytest.approx(square)


def test_a_path_that_met_no_edge_is_told_from_its_lowest() -> None:
    moves = [(0.0, 3.0), (1.0, -8.0), (2.0, 6.0), (4.0, 0.0)]  # at 3, at -5, at 1 in the end
    memory, k = shadowed(moves), 10
    assert width_of(k, UNIT) == pytest.approx(32.0)
    assert (part(memory, k, SOLD), part(memory, k, BOUGHT)) == (0.0, 0.0)
    assert part(memory, k, Y) == pytest.approx(6.0)
    assert part(memory, k, REACH) == pytest.approx(8.0)
    assert part(memory, k, MEAN) == pytest.approx(1 * 8.0 + 2 * 0.0 + 4 * 6.0)
    assert part(memory, k, SQUARE) == pytest.approx(1 * 64.0 + 4 * 36.0)


def test_a_path_wider_than_the_shadow_is_traded_for_what_it_exceeds() -> None:
    memory = shadowed([(0.0, 3.0), (1.0, -8.0), (1.0, 9.0)])
    k = 4  # four coins wide: up 3, down 8 of which 4 + 3 are room, up 9
    assert width_of(k, UNIT) == pytest.approx(4.0)
    assert part(memory, k, BOUGHT) == pytest.approx(4.0)
    assert part(memory, k, SOLD) == pytest.approx(5.0)
    assert part(memory, k, Y) == pytest.approx(4.0)


def test_narrow_shadows_trade_all_and_wider_ones_less() -> None:
    moves = walk(3_000)
    memory = shadowed(moves)
    turnover = [part(memory, k, SOLD) + part(memory, k, BOUGHT) for k in range(WIDTHS)]
    assert turnover == sorted(turnover, reverse=True)
    assert turnover[-1] == 0.0
    assert turnover[0] < sum(abs(move) for _, move in moves)


def test_what_is_past_fades_and_weights_are_let_down() -> None:
    memory = shadowed([(0.1, 1.0), (0.1, -1.0)] * 3_000, fade=10.0)  # 60 fadings: weights e^60
    assert memory[AT] <= 1e9
    days = memory[AT + 1] / memory[AT]
    assert days == pytest.approx(10.0, rel=1e-6)
    assert part(memory, 20, MEAN) / memory[AT + 1] == pytest.approx(0.5, rel=0.01)


def test_a_pause_of_years_breaks_nothing() -> None:
    memory = shadowed([*walk(50), (20_000.0, 1.0), (0.1, 1.0)], fade=60.0)
    assert all(abs(each) < 1e12 for each in memory)
    assert memory[AT + 1] / memory[AT] == pytest.approx(60.0, rel=0.01)


def test_shadows_that_are_told_late_say_what_those_told_at_once_do() -> None:
    late, early = ([7.0] * (AT + SHADOWS) for _ in range(2))
    for memory in (late, early):
        forget_shadows(memory, at=AT)
    for days, move in walk(400):
        for memory in (late, early):
            shade(memory, at=AT, move=move, days=days, fade_days=30.0, unit=UNIT)
        pass_on(early, at=AT, move=0.0, unit=UNIT)
    pass_on(late, at=AT, move=0.0, unit=UNIT)
    free = [k for k in range(WIDTHS) if part(late, k, SOLD) + part(late, k, BOUGHT) == 0.0]
    assert 5 < len(free) < WIDTHS - 5
    assert late == pytest.approx(early, rel=1e-9)
