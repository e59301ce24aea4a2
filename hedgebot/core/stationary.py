"""What an edge band costs in the long run under a law of flow. numba compiles this source as it is.

The law is a list of atoms: `rate[k]` moves a day of `size[k]` coins (signed), whose squares come to
`square[k]` squared coins a day. The band from -below to +above is a lattice of `nodes` points, its
edges among them. Atoms smaller than a lattice step are a diffusion with drift, larger ones are
leaps; a leap that lands between two nodes goes to each in the odds that keep its mean, and the
variance which that adds is taken from the diffusion. A move beyond an edge is traded.

Derivation and tests: docs/adr, "The optimal band".
"""

import math
from collections.abc import MutableSequence, Sequence

Law = tuple[Sequence[float], Sequence[float], Sequence[float]]
NODES = 33
WAYS = 4  # rows of leaps: up and down, to the nearer and to the farther node beside their end
WORK = NODES * (NODES + 2) + WAYS * (NODES + 1)
ON_NODE = 1e-9  # of a step: so near to a node is on it
HEAVY = 1e100  # beside a node of such weight those before it are nothing, and are scaled down
LEAST_RATE = 1e-12  # a day: keeps every node in reach of every other, and is never seen


def stationary_cost(
    law: Law, costs: tuple[float, float, float, float], *,
    below: float, above: float, inner: float, work: MutableSequence[float],
) -> float:  # fmt: skip
    """Expected cost a day, quote, of trading to the edge, or to `inner` of it, for ever.

    The lattice errs by its step where a drift sweeps the band, by its square elsewhere: twice the
    finer answer less the coarser one is right to the second order in both.

    Args:
        law: rate, size and square of each atom.
        costs: c; quote a coin sold; quote a coin bought; quote an order (counted where inner < 1).
        below: width of the lower side, coins, positive.
        above: width of the upper side.
        inner: where a trade ends, as a share of the width: 1 for the edge, 0 for the target.
        work: room for WORK numbers; what it holds is overwritten.
    """
    band = (below, above, inner)
    fine = lattice_cost(law, costs, band=band, nodes=NODES, work=work)
    coarse = lattice_cost(law, costs, band=band, nodes=(NODES + 1) // 2, work=work)
    return max(2.0 * fine - coarse, 0.0)


def lattice_cost(
    law: Law, costs: tuple[float, float, float, float], *,
    band: tuple[float, float, float], nodes: int, work: MutableSequence[float],
) -> float:  # fmt: skip
    """The same on one lattice. `work` is its rates, then what is paid a day at each node, then the
    weight of each.
    """
    lattice(law, costs, band=band, nodes=nodes, work=work)
    step = (band[0] + band[1]) / (nodes - 1)
    total = cost = 0.0
    for i in range(nodes):
        x = i * step - band[0]
        chance = work[nodes * nodes + nodes + i]
        total += chance
        cost += chance * (0.5 * costs[0] * x * x + work[nodes * nodes + i])
    return cost / total


def stationary_shares(
    law: Law, *, width: float, work: MutableSequence[float]
) -> tuple[float, float, float, float]:
    """What any edge band of a width costs is made of: coins sold and bought a day, and the mean and
    the mean square of how far the deviation lies above the lower edge.
    """
    fine = lattice_shares(law, width=width, nodes=NODES, work=work)
    coarse = lattice_shares(law, width=width, nodes=(NODES + 1) // 2, work=work)
    sold = max(2.0 * fine[0] - coarse[0], 0.0)
    mean = min(max(2.0 * fine[1] - coarse[1], 0.0), width)
    square = max(2.0 * fine[2] - coarse[2], mean * mean)
    drift = 0.0
    for k in range(len(law[0])):
        drift += law[0][k] * law[1][k]
    return sold, max(sold - drift, 0.0), mean, square


def lattice_shares(
    law: Law, *, width: float, nodes: int, work: MutableSequence[float]
) -> tuple[float, float, float]:
    """Coins sold a day, mean and mean square, on one lattice."""
    band = (0.5 * width, 0.5 * width, 1.0)
    lattice(law, (0.0, 1.0, 0.0, 0.0), band=band, nodes=nodes, work=work)
    total = sold = mean = square = 0.0
    for i in range(nodes):
        y = i * width / (nodes - 1)
        chance = work[nodes * nodes + nodes + i]
        total += chance
        sold += chance * work[nodes * nodes + i]
        mean += chance * y
        square += chance * y * y
    return sold / total, mean / total, square / total


def lattice(
    law: Law, costs: tuple[float, float, float, float], *,
    band: tuple[float, float, float], nodes: int, work: MutableSequence[float],
) -> None:  # fmt: skip
    """Fill `work` with the rates, then what is paid a day at each node, then the weight of each."""
    for k in range(nodes * (nodes + 2) + WAYS * (nodes + 1)):
        work[k] = 0.0
    step = (band[0] + band[1]) / (nodes - 1)
    drift, variance = sort_moves(law, work, nodes=nodes, step=step)
    spread(work, costs, nodes=nodes, drift=drift, variance=variance, band=band)
    leap_up(work, costs, nodes=nodes, band=band)
    leap_down(work, costs, nodes=nodes, band=band)
    solve(work, nodes)


def sort_moves(
    law: Law, work: MutableSequence[float], *, nodes: int, step: float
) -> tuple[float, float]:
    """Drift and variance a day of what is smaller than a step, less what the lattice adds; what is
    larger is counted as leaps.
    """
    drift = variance = 0.0
    for k in range(len(law[0])):
        rate, size = law[0][k], law[1][k]
        if rate > 0.0:
            if abs(size) < step:
                drift += rate * size
                variance += law[2][k]
            else:
                apart = spread_of(law, k)
                variance -= count_leap(work, 0.5 * rate, (size - apart) / step, nodes) * step * step
                variance -= count_leap(work, 0.5 * rate, (size + apart) / step, nodes) * step * step
    return drift, max(variance, 0.0)


def count_leap(work: MutableSequence[float], rate: float, steps: float, nodes: int) -> float:
    """Moves of so many steps, to the two nodes beside their end; the variance that adds, steps^2.

    Beyond the last node that any may come to, what is nearer is the rate of all that go as far, and
    what is farther how many steps more they go.
    """
    at = nodes * (nodes + 2) + (0 if steps > 0.0 else 2 * (nodes + 1))
    long = abs(steps)
    whole = int(min(long + ON_NODE, nodes - 1.0))
    share = max(long - whole, 0.0)
    if whole == nodes - 1:
        work[at + whole] += rate
        work[at + nodes + 1 + whole] += rate * share
        share -= math.floor(share)
    else:
        work[at + whole] += rate * (1.0 - share)
        work[at + nodes + 1 + whole] += rate * share
    return rate * share * (1.0 - share)


def leap_up(
    work: MutableSequence[float], costs: tuple[float, float, float, float], *,
    nodes: int, band: tuple[float, float, float],
) -> None:  # fmt: skip
    """Leaps from each node to higher ones; what goes beyond the edge is traded.

    `beyond` are those that do, a day, and `over` by how many steps together: summed from the node
    that is farthest from the edge.
    """
    below, above, inner = band
    step = (below + above) / (nodes - 1)
    near = nodes * (nodes + 2)
    far = near + nodes + 1
    end = (inner * above + below) / step
    beyond = over = 0.0
    for i in range(nodes):
        left = nodes - 1 - i
        over += beyond + work[far + left]
        beyond += work[near + left] + (work[far + left] if i > 0 else 0.0)
        for m in range(1, left):
            work[i * nodes + i + m] += work[near + m] + work[far + m - 1]
        if left > 0:
            work[i * nodes + nodes - 1] += work[far + left - 1]
        settle(work, i, nodes=nodes, end=end, rate=beyond)
        paid = costs[1] * (over * step + beyond * (1.0 - inner) * above)
        work[nodes * nodes + i] += paid + beyond * order_part(costs, inner)


def leap_down(
    work: MutableSequence[float], costs: tuple[float, float, float, float], *,
    nodes: int, band: tuple[float, float, float],
) -> None:  # fmt: skip
    """The same to lower nodes."""
    below, above, inner = band
    step = (below + above) / (nodes - 1)
    near = nodes * (nodes + 2) + 2 * (nodes + 1)
    far = near + nodes + 1
    end = (1.0 - inner) * below / step
    beyond = over = 0.0
    for i in range(nodes - 1, -1, -1):
        over += beyond + work[far + i]
        beyond += work[near + i] + (work[far + i] if i < nodes - 1 else 0.0)
        for m in range(1, i):
            work[i * nodes + i - m] += work[near + m] + work[far + m - 1]
        if i > 0:
            work[i * nodes] += work[far + i - 1]
        settle(work, i, nodes=nodes, end=end, rate=beyond)
        paid = costs[2] * (over * step + beyond * (1.0 - inner) * below)
        work[nodes * nodes + i] += paid + beyond * order_part(costs, inner)


def settle(work: MutableSequence[float], i: int, *, nodes: int, end: float, rate: float) -> None:
    """From node i to the two nodes beside `end`, counted in steps from the lower edge."""
    low = max(0, min(int(end), nodes - 2))
    share = max(0.0, min(end - low, 1.0))
    work[i * nodes + low] += rate * (1.0 - share)
    work[i * nodes + low + 1] += rate * share


def spread_of(law: Law, k: int) -> float:
    """Standard deviation of an atom's sizes: two halves so far from their mean have its square."""
    return math.sqrt(max(law[2][k] / law[0][k] - law[1][k] * law[1][k], 0.0))


def bernoulli(z: float) -> float:
    """Z / (e^z - 1)."""
    if abs(z) < 1e-6:
        return 1.0 - 0.5 * z
    if z > 500.0:
        return 0.0
    return z / math.expm1(z)


def spread(
    work: MutableSequence[float], costs: tuple[float, float, float, float], *,
    nodes: int, drift: float, variance: float, band: tuple[float, float, float],
) -> None:  # fmt: skip
    """Diffusion with drift: exponentially fitted rates to the neighbours (Scharfetter, Gummel).

    At an edge a node stands for half a cell of a density, and for all of what lies there: the
    inward rate is doubled as far as it diffuses. What the rates inward exceed the drift by is
    traded, for the mean of x stands still.
    """
    step = (band[0] + band[1]) / (nodes - 1)
    half = 0.5 * variance / (step * step)
    peclet = 2.0 * drift * step / variance if variance > 0.0 else 0.0
    up = half * bernoulli(-peclet) if half > 0.0 else max(drift, 0.0) / step
    down = half * bernoulli(peclet) if half > 0.0 else max(-drift, 0.0) / step
    both = min(up, down)
    for i in range(1, nodes - 1):
        x = i * step - band[0]
        work[i * nodes + i + 1] += LEAST_RATE
        work[i * nodes + i - 1] += LEAST_RATE
        land(work, costs, nodes=nodes, i=i, x=x + step, rate=up, band=band)
        land(work, costs, nodes=nodes, i=i, x=x - step, rate=down, band=band)
    work[1] += up + both + LEAST_RATE
    work[nodes * nodes - 2] += down + both + LEAST_RATE
    work[nodes * nodes] += costs[2] * (down + both) * step
    work[nodes * nodes + nodes - 1] += costs[1] * (up + both) * step


def land(
    work: MutableSequence[float], costs: tuple[float, float, float, float], *,
    nodes: int, i: int, x: float, rate: float, band: tuple[float, float, float],
) -> None:  # fmt: skip
    """Moves from node i to x at a rate: where they end, and what is paid on the way."""
    below, above, inner = band
    step = (below + above) / (nodes - 1)
    rim = ON_NODE * step if inner < 1.0 else -ON_NODE * step  # on such an edge is beyond it
    end = x
    if x >= above - rim:
        end = inner * above
        work[nodes * nodes + i] += rate * (costs[1] * (x - end) + order_part(costs, inner))
    elif x <= rim - below:
        end = -inner * below
        work[nodes * nodes + i] += rate * (costs[2] * (end - x) + order_part(costs, inner))
    settle(work, i, nodes=nodes, end=(end + below) / step, rate=rate)


def order_part(costs: tuple[float, float, float, float], inner: float) -> float:
    """At the edge there is no end to the orders of a diffusion: a cost of each needs inner < 1."""
    return costs[3] if inner < 1.0 else 0.0


def solve(work: MutableSequence[float], nodes: int) -> None:
    """Stationary weights of the chain by elimination without subtraction (Grassmann, Taksar,
    Heyman 1985): exact to rounding however far apart its rates are. Not normalised.
    """
    for k in range(nodes - 1, 0, -1):
        total = 0.0
        for j in range(k):
            total += work[k * nodes + j]
        for i in range(k):
            weight = work[i * nodes + k]
            if weight > 0.0:
                weight /= total
                work[i * nodes + k] = weight
                for j in range(k):
                    work[i * nodes + j] += weight * work[k * nodes + j]
    weigh(work, nodes)


def weigh(work: MutableSequence[float], nodes: int) -> None:
    """The weight of each node, from those before it."""
    first = nodes * nodes + nodes
    work[first] = 1.0
    for j in range(1, nodes):
        chance = 0.0
        for i in range(j):
            chance += work[first + i] * work[i * nodes + j]
        if chance > HEAVY:
            for i in range(j):
                work[first + i] /= chance
            chance = 1.0
        work[first + j] = chance
