"""What slippage that grows with an order's size does to a computed band, and how much of the size
must be known for it.

python -m bench.slippage

Bands that trade to their edges, in USD; orders of at most `NOTIONAL_MAX`, each of which pays
`steep` x its size / `NOTIONAL_MAX` beyond half the spread. What the bands of five ways of knowing
that cost, over the best fixed band that knows it exactly (risk and all costs, in per cent):

rate       one rate for every size, that of all money traded by the band itself: the fixed point
counted    one rate, each order counting alike, whatever its size
learnt     one rate, learnt online order by order from 0.5 bp, as `core.learning.hear_slippage` does
by orders  the same, each order correcting it by a twentieth, whatever its size
none       0.5 bp throughout
"""

from typing import Any

import numpy as np
from numba import njit

PREMIUM, HOLDING = 5_000.0, 1e6
"""The one question, as it is shipped: to hold x for a day costs PREMIUM (x / HOLDING)^2."""
NOTIONAL_MAX = 250_000.0
PRIOR = 5e-5
MEMORY_DAYS, PRIOR_ORDERS, WEIGHT_MAX = 30.0, 20.0, 0.25
BY_SIZE, BY_ORDERS, NOTHING = 0, 1, 2
COSTS = ((2e-4, 1e-4), (5e-4, 1e-4), (5e-4, 1e-3), (5e-4, 5e-3))
"""Fee and half spread, and `steep`."""
WIDTHS = np.geomspace(5e3, 5e6, 80)
RATES = np.geomspace(1e-6, 1e-2, 17)


@njit
def play(flow: Any, widths: Any, rates: Any, *, fee: float, steep: float, how: int) -> Any:
    """Cost a day; slippage of the money, and of the orders. Widths follow the rate believed."""
    moves, gaps = flow[0], flow[1]
    x = risk = traded = slipped = summed = days = seen = 0.0
    orders, believed = 0, PRIOR
    for i in range(moves.size):
        risk += PREMIUM * (x / HOLDING) ** 2 * gaps[i]
        days += gaps[i]
        seen *= np.exp(-gaps[i] / MEMORY_DAYS)
        x += moves[i]
        width = np.interp(np.log(believed), rates, widths)
        left = abs(x) - width
        if left > 0.0:
            x = width if x > 0.0 else -width
        while left > 1e-9:
            size = min(left, NOTIONAL_MAX)
            left -= size
            paid = steep * size / NOTIONAL_MAX
            traded, slipped, summed, orders = (
                traded + size, slipped + size * paid, summed + paid, orders + 1,
            )  # fmt: skip
            seen = seen + size if seen else (PRIOR_ORDERS + 1.0) * size
            if how == BY_SIZE:
                believed += min(size / seen, WEIGHT_MAX) * (paid - believed)
            elif how == BY_ORDERS:
                believed += (paid - believed) / PRIOR_ORDERS
    cost = (risk + fee * traded + slipped) / days
    return cost, slipped / max(traded, 1e-9), summed / max(orders, 1)


def fixed(flow: Any, width: float, fee: float, steep: float) -> tuple[float, float, float]:
    """A band of one width."""
    found: tuple[float, float, float] = play(
        flow, np.full(2, width), np.array([-20.0, 0.0]), fee=fee, steep=steep, how=NOTHING
    )
    return found


def best(flow: Any, fee: float, steep: float) -> float:
    """The width that costs least."""
    costs = [fixed(flow, width, fee, steep)[0] for width in WIDTHS]
    return float(WIDTHS[int(np.argmin(costs))])


def settled(flow: Any, fee: float, steep: float, which: int) -> float:
    """The width at which the rate that it trades at is the rate that it was solved for."""
    width = best(flow, fee + PRIOR, 0.0)
    for _ in range(20):
        another = best(flow, fee + fixed(flow, width, fee, steep)[which], 0.0)
        if another == width:
            break
        width = another
    return width


def flow_of(kind: str, size: float, rng: np.random.Generator) -> Any:
    """Moves, USD, and the days before each."""
    if kind == "jumps":  # two a day
        count = 4_000
        moves = rng.exponential(size, count) * rng.choice([-1.0, 1.0], count)
        return np.stack([moves, rng.exponential(0.5, count)])
    if kind == "mixed":  # fifty small ones and a large one a day
        count = 51 * 200
        large = rng.random(count) < 1 / 51
        moves = rng.exponential(np.where(large, size, size / 50))
        return np.stack([moves * rng.choice([-1.0, 1.0], count), rng.exponential(1 / 51, count)])
    count = 288 * 200  # many small
    return np.stack([rng.normal(0.0, size / np.sqrt(288), count), np.full(count, 1 / 288)])


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(7)
    print("| flow | its size, USD | fee, bp | largest order's slippage, bp | that of the money |"
          " rate | counted | learnt | by orders | none |")  # fmt: skip
    print("|" + "---|" * 10)
    for kind in ("jumps", "mixed", "small"):
        for size in (5e4, 5e5, 5e6):
            flow = flow_of(kind, size, rng)
            for fee, steep in COSTS:
                print(row(flow, f"{kind} | {size:,.0f}", fee, steep), flush=True)


def row(flow: Any, named: str, fee: float, steep: float) -> str:
    """One line of the table."""
    width = best(flow, fee, steep)
    least, of_money, _ = fixed(flow, width, fee, steep)
    widths = np.array([best(flow, fee + rate, 0.0) for rate in RATES])
    costs = [fixed(flow, settled(flow, fee, steep, which), fee, steep)[0] for which in (1, 2)]
    costs += [
        play(flow, widths, np.log(RATES), fee=fee, steep=steep, how=how)[0]
        for how in (BY_SIZE, BY_ORDERS, NOTHING)
    ]
    dearer = " | ".join(f"{100 * (cost / least - 1):.2f}" for cost in costs)
    return f"| {named} | {1e4 * fee:g} | {1e4 * steep:g} | {1e4 * of_money:.2f} | {dearer} |"


if __name__ == "__main__":
    main()
