"""Policies over a world: where each trades, what that costs, and what stays unhedged."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from hedgebot.research.compiled import UNCOUNTED, kernel
from hedgebot.research.kept import kept
from hedgebot.research.sweep.decision import lots_for, side_width
from hedgebot.research.sweep.world import BLOCK, WIDE, Floats, World

COLUMNS = ("orders", "traded", "cost", "variance", "hedge_pnl", "funding", "largest")
"""Of a result: orders sent; coins traded; quote paid for it; variance of the value by what was not
hedged, quote squared; what the hedge earned by the price; funding received; the largest deviation
left by a decision, coins."""
ORDERS, TRADED, COST, VARIANCE, PNL, FUNDING, LARGEST = range(len(COLUMNS))
SHARE = 16
"""Policies that a thread takes at once."""


@kernel()
def quiet(low: Any, high: Any, scale: Any, *, line: Any, bounds: Any) -> bool:
    """Whether no bar of a block is outside a band. A line takes holdings to the deviation."""
    slope, offset = line
    below, above = bounds
    return bool(slope * high + offset <= above * scale and slope * low + offset >= -below * scale)


@kernel()
def passed(first: float, sums: Any, block: int, line: Any) -> float:
    """Variance over a block that nothing is traded in."""
    slope, offset = line
    at = slope * first + offset
    once, twice = sums[1, block], sums[2, block]
    return float(at * at * sums[0, block] + slope * (2.0 * at * once + slope * twice))


@kernel()
def settle(price: Any, funding: Any, bar: int, *, lot: float, state: Any, out: Any) -> None:
    """What the position earned since it was last touched; `bar` may be one past the last.

    `state` is what is held, lots, and since which bar.
    """
    held, since = state[0], state[1]
    out[PNL] += held * lot * (price[bar] - price[since])
    out[FUNDING] -= held * lot * (funding[min(bar, len(funding) - 1)] - funding[since])
    state[1] = bar


@kernel(**UNCOUNTED)
def trade(
    bar: int, coins: float, *, price: Any, funding: Any, width: Any, rule: Any, state: Any,
    out: Any, log: Any,
) -> None:  # fmt: skip
    """Orders at one bar until there is none to send; each ends nearer to the target."""
    _, aim, slope, shift, rate, market = rule
    lot = market[0]
    while True:
        held = state[0]
        x = slope * coins + (shift + held * lot)
        if -width[0] <= x <= width[1]:
            return
        lots = lots_for(x, held, (width[0], width[1], aim), price[bar], market)
        if lots == 0:
            return
        if out[ORDERS] < len(log):
            log[int(out[ORDERS]), 0], log[int(out[ORDERS]), 1] = bar, lots
        settle(price, funding, bar, lot, state, out)
        state[0] = held + lots
        out[ORDERS] += 1.0
        out[TRADED] += abs(lots) * lot
        out[COST] += abs(lots) * lot * price[bar] * rate


@kernel(**UNCOUNTED)
def walk(
    begin: int, end: int, *, price: Any, gross: Any, weight: Any, funding: Any, bounds: Any,
    rule: Any, state: Any, out: Any, log: Any,
) -> None:  # fmt: skip
    """Bar by bar."""
    unit, slope, shift, lot = rule[0], rule[2], rule[3], rule[5][0]
    offset = shift + state[0] * lot
    variance = largest = 0.0
    for bar in range(begin, end):
        x = slope * gross[bar] + offset
        below = side_width(bounds[0], unit, gross[bar], price[bar])
        above = side_width(bounds[1], unit, gross[bar], price[bar])
        if x > above or x < -below:
            width = (below, above)
            trade(bar, gross[bar], price, funding, width, rule, state, out, log)
            offset = shift + state[0] * lot
            x = slope * gross[bar] + offset
        variance += weight[bar] * x * x
        largest = max(largest, abs(x))
    out[VARIANCE] += variance
    out[LARGEST] = max(out[LARGEST], largest)


@kernel(**UNCOUNTED)
def stride(
    k: int, end: int, size: int, *, low: Any, high: Any, first: Any, sums: Any, scale: Any,
    line: Any, bounds: Any, out: Any,
) -> int:  # fmt: skip
    """Pass quiet blocks from the beginning of one; the bar after them."""
    variance, largest = 0.0, out[LARGEST]
    while k % size == 0 and k + size <= end:
        j = k // size
        if not quiet(low[j], high[j], scale[bounds[2], j], line, (bounds[0], bounds[1])):
            break
        variance += passed(first[j], sums, j, line)
        largest = max(largest, abs(line[0] * low[j] + line[1]), abs(line[0] * high[j] + line[1]))
        k += size
    out[VARIANCE] += variance
    out[LARGEST] = largest
    return k


@kernel()
def play(world: Any, rule: Any, pieces: Any, *, out: Any, log: Any) -> None:
    """One policy, from no position at all.

    Arrays are taken out of the world once, and handed on one by one: out of a tuple each costs two
    atomic counts, more than a bar does.

    Args:
        world: of `world_of`.
        rule: unit of the bounds; where a trade ends; slope and shift that take holdings to the
            deviation without a hedge; rate of cost; the market of `lots_for`.
        pieces: first bars, widths below, widths above: bounds that hold until the next piece.
        out: takes COLUMNS, begun as zeros.
        log: takes bar and lots of each order, as far as it goes.
    """
    _, price, gross, weight, funding, _, narrow, wide = world
    low, high, first, sums, scale = narrow
    wide_low, wide_high, wide_first, wide_sums, wide_scale = wide
    starts, belows, aboves = pieces
    lot, count = rule[5][0], len(gross)
    state = np.zeros(2, np.int64)
    for piece in range(len(starts)):
        k = starts[piece]
        end = starts[piece + 1] if piece + 1 < len(starts) else count
        bounds = (belows[piece], aboves[piece], rule[0])
        while k < end:
            line = (rule[2], rule[3] + state[0] * lot)
            k = stride(
                k, end, WIDE, wide_low, wide_high, wide_first, wide_sums, wide_scale, line, bounds,
                out,
            )  # fmt: skip
            stop = min(end, k - k % WIDE + WIDE)
            ahead = stride(k, stop, BLOCK, low, high, first, sums, scale, line, bounds, out)
            if ahead < end and (ahead == k or ahead % WIDE != 0):
                k, ahead = ahead, min(end, (ahead // BLOCK + 1) * BLOCK)
                walk(k, ahead, price, gross, weight, funding, bounds, rule, state, out, log)
            k = ahead
    settle(price, funding, count, lot, state, out)


@kept
@kernel(nogil=True)
def play_some(world: Any, policies: Any, pieces: Any, *, market: Any, out: Any) -> None:
    """Several policies; `pieces` has the place of each one's first, and the end of the last."""
    places, starts, belows, aboves = pieces
    silent = np.empty((0, 2), np.int64)
    for n in range(len(policies)):
        unit, aim, slope, shift, rate = policies[n]
        first, last = places[n], places[n + 1]
        own = (starts[first:last], belows[first:last], aboves[first:last])
        play(world, (int(unit), aim, slope, shift, rate, market), own, out[n], silent)


def results_of(
    world: World, policies: Floats, pieces: Any, market: Any, *, threads: int = 1
) -> Floats:
    """COLUMNS of every policy, given as unit, aim, slope, shift and rate of `play`.

    Each is played by itself: the numbers are the same however many threads, or machines, share
    them.
    """
    out = np.zeros((len(policies), len(COLUMNS)))
    places, *rest = pieces

    def share(first: int) -> None:
        last = min(first + SHARE, len(policies))
        own = (places[first : last + 1], *rest)
        play_some(world, policies[first:last], own, market, out[first:last])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(0, len(policies), SHARE)))
    return out
