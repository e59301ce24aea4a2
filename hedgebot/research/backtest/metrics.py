"""What a run came to, in the numbers that people compare."""

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from hedgebot.core.policy import Optimal
from hedgebot.domain.orders import Cause
from hedgebot.domain.records import DecisionKept, Verdict
from hedgebot.research.backtest.curves import CHUNK, Curves, HedgeCurves, since
from hedgebot.research.backtest.kernel import bands_of
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.play import net_delta
from hedgebot.research.backtest.records import Execution
from hedgebot.research.backtest.running import Played
from hedgebot.research.backtest.tape import Floats, Times
from hedgebot.research.sweep.world import trailing_volatility

HOUR_MS = 3_600_000
YEAR_DAYS = 365
YEAR_MS = YEAR_DAYS * 24 * HOUR_MS
MEMORY_DAYS, PRIOR_DAYS = 30.0, 7.0
"""Of the volatility, as a sweep takes them unless told."""
HORIZONS = {"1h": HOUR_MS, "8h": 8 * HOUR_MS, "1d": 24 * HOUR_MS, "7d": 168 * HOUR_MS}
PAIRS_MIN = 10
Places = NDArray[np.int64]
Seen = list[tuple[int, float, bool]]
"""Our time, deviation in coins, whether outside of the band."""
COSTS = (Part.FEES, Part.LATENCY, Part.SPREAD, Part.SLIPPAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeMetrics:
    """One hedge over the whole run."""

    orders: int
    fills: int
    turnover_usd: float
    """Bought and sold together."""
    turnover_a_year: float
    """Times the average worth of the holdings."""
    cost_usd: float
    """Fees, latency, spread and slippage."""
    cost_bp_a_year: float
    """Of the average worth of the holdings."""
    cost_usd_year: float
    risk_usd_day: float
    """Standard deviation of a day's value by what was left unhedged, as a sweep has it: the
    volatility is the one known at each moment. Of a cross hedge it has that of a day's `cross` in
    it, as played, taken for independent of the first."""
    score_usd_year: float
    """Cost, and that risk at the price of the one question: the book's answer, or $5,000."""
    effectiveness: dict[str, float]
    """By horizon: 1 less variance of the result over variance of the holdings alone."""
    out_of_band_s: float
    """From the change that took it out, or from the decision that saw it, to being back."""
    out_of_band_share: float
    held_s: float
    """It could not decide, and why is in `holds`; in its band or not."""
    holds: dict[str, int]
    """Reasons of waiting, and how often."""
    largest_deviation: float
    """Coins, sign kept: of net delta from target."""
    drawdown_usd: float
    """Largest fall of the result from its height before, flows apart."""
    result_usd: float


def metrics_of(played: Played, curves: Curves) -> dict[str, HedgeMetrics]:
    """By asset."""
    return {asset: _hedge(played, asset, each) for asset, each in curves.hedges.items()}


def _hedge(played: Played, asset: str, curve: HedgeCurves) -> HedgeMetrics:
    times = played.tape.times
    years = max(float(times[-1] - times[0]), 1.0) / YEAR_MS
    price = played.tape.spot[asset]
    risk = _risk_usd_day(played, asset, curve)
    coins = np.repeat(curve.coins.sums, np.diff(curve.coins.at, append=len(times)))
    worth = _average(times, np.abs(coins) * price)
    trades = [
        each
        for each in played.diary.records
        if isinstance(each, Execution)
        and each.cause is Cause.OURS
        and played.exchange.listed[each.instrument].carrier.asset == asset
    ]
    turnover = sum(_dollars(played, each) for each in trades)
    cost = -sum(float(curve.booked[part].sums[-1]) for part in COSTS if part in curve.booked)
    rows = [each for each in played.diary.decisions if each.asset == asset]
    begin, until = int(times[0]), int(times[-1])
    seen = _seen(played, rows, curve, asset)
    out_s, held_s = _outside_s(seen, begin, until), _held_s(rows, begin, until)
    result = curve.result
    return HedgeMetrics(
        orders=len({each.order_id for each in trades}),
        fills=len(trades),
        turnover_usd=turnover,
        turnover_a_year=turnover / worth / years if worth else 0.0,
        cost_usd=cost,
        cost_bp_a_year=cost / worth / years * 1e4 if worth else 0.0,
        cost_usd_year=cost / years,
        risk_usd_day=risk,
        score_usd_year=cost / years + 0.5 * aversion_of(played, asset) * risk * risk * YEAR_DAYS,
        effectiveness=effectiveness(times, result, since(coins, price), played.tape.step_ms),
        out_of_band_s=out_s,
        out_of_band_share=out_s * 1000 / max(float(times[-1] - times[0]), 1.0),
        held_s=held_s,
        holds=_holds(rows),
        largest_deviation=max((deviation for _, deviation, _ in seen), key=abs, default=0.0),
        drawdown_usd=float(np.max(np.maximum.accumulate(result) - result)),
        result_usd=float(result[-1]),
    )


def aversion_of(played: Played, asset: str) -> float:
    """Gamma of the book's answer to the one question, or of the answer taken for granted."""
    return (played.policy.hedge(asset).optimal or Optimal()).aversion


def _risk_usd_day(played: Played, asset: str, curve: HedgeCurves) -> float:
    tape = played.tape
    times, price = tape.times, tape.spot[asset]
    row = tape.rows.index(played.policy.hedge(asset).instruments[0])
    unhedged = curve.net[:-1].copy()
    for begin in range(0, len(unhedged), CHUNK):
        span = np.arange(begin, min(begin + CHUNK, len(unhedged)))
        unhedged[span] -= curve.band(tape, row, span)[0]
    np.nan_to_num(unhedged, copy=False)
    unhedged *= price[:-1]
    unhedged *= trailing_volatility(
        times, price, (MEMORY_DAYS, Optimal().day_volatility, PRIOR_DAYS)
    )
    left = float(np.sqrt(np.average(unhedged * unhedged, weights=np.diff(times))))
    return math.hypot(left, _deviation_of_a_day(times, curve.cross, tape.step_ms))


def _deviation_of_a_day(times: Times, sums: Floats, step_ms: int) -> float:
    """Of changes over a day, or over the longest horizon below it of which there are enough."""
    day = HORIZONS["1d"]
    for horizon in (day, HORIZONS["8h"], HORIZONS["1h"]):
        at = _grid(times, horizon, step_ms)
        if len(at):
            return float(np.std(np.diff(sums[at]))) * math.sqrt(day / horizon)
    lasted = max(float(times[-1] - times[0]), 1.0)
    return math.sqrt(float(np.sum(np.diff(sums) ** 2)) * day / lasted)


def _grid(times: Times, horizon: int, step_ms: int) -> Places:
    """Moments so far apart; none where the bars are longer, or there are too few."""
    grid = np.arange(int(times[0]), int(times[-1]) + 1, horizon)
    if horizon < step_ms or len(grid) <= PAIRS_MIN:
        return np.arange(0)
    return np.searchsorted(times, grid, side="right") - 1


def effectiveness(times: Times, hedged: Floats, unhedged: Floats, step_ms: int) -> dict[str, float]:
    """1 - Var(hedged) / Var(unhedged) of changes over each horizon that the bars can show."""
    found = {}
    for name, horizon in HORIZONS.items():
        at = _grid(times, horizon, step_ms)
        alone = float(np.var(np.diff(unhedged[at]))) if len(at) else 0.0
        if alone > 0:
            found[name] = 1.0 - float(np.var(np.diff(hedged[at]))) / alone
    return found


def _average(times: Times, values: Floats) -> float:
    """Over time."""
    spans = np.diff(times)
    return float(np.sum(values[:-1] * spans) / max(float(np.sum(spans)), 1.0))


def _dollars(played: Played, trade: Execution) -> float:
    market = played.exchange.listed[trade.instrument].market
    if market.contract != 1:
        return float(abs(trade.qty) * market.contract)
    return float(abs(trade.qty) * trade.price)


def _net(row: DecisionKept) -> Decimal:
    return row.parts.net_delta


def _seen(played: Played, rows: list[DecisionKept], curve: HedgeCurves, asset: str) -> Seen:
    """Time and deviation whenever the account changed or a decision was told; outside or not."""
    found = [
        (
            row.at_ms,
            float(_net(row) - row.target),
            not row.band_lower <= _net(row) <= row.band_upper,
        )
        for row in rows
        if row.mark > 0
    ]
    policy = played.policy.hedge(asset)
    if policy.optimal is None:
        passing = played.diary.passing
        at = np.array([standing.at for _, standing in passing])
        own = played.tape.value[played.tape.rows.index(policy.instruments[0])]
        coins = np.array([float(dict(standing.coins)[asset]) for _, standing in passing])
        bands = bands_of(curve.rule, coins, np.ascontiguousarray(own[at]))
        for (at_ms, standing), target, lower, upper in zip(passing, *bands, strict=True):
            net = float(net_delta(standing, played.exchange, played.tape, asset))
            found.append((at_ms, net - float(target), not lower <= net <= upper))
    return sorted(found)


def _outside_s(seen: Seen, begin_ms: int, end_ms: int) -> float:
    """How long it was outside of its band."""
    lasted = (
        max(0, min(until, end_ms) - max(at_ms, begin_ms))
        for (at_ms, _, outside), until in zip(
            seen, [*(each[0] for each in seen[1:]), end_ms], strict=True
        )
        if outside
    )
    return sum(lasted) / 1000


def _held_s(rows: list[DecisionKept], begin_ms: int, end_ms: int) -> float:
    """How long it waited for something that it must know."""
    lasted = (
        max(0, min(until, end_ms) - max(row.at_ms, begin_ms))
        for row, until in zip(rows, [*(each.at_ms for each in rows[1:]), end_ms], strict=True)
        if row.verdict is Verdict.WAIT
    )
    return sum(lasted) / 1000


def _holds(rows: list[DecisionKept]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row.verdict is Verdict.WAIT:
            found[row.reason] = found.get(row.reason, 0) + 1
    return found
