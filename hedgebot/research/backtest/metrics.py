"""What a run came to, in the numbers that people compare."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hedgebot.domain.orders import Cause
from hedgebot.domain.records import DecisionKept, Verdict
from hedgebot.research.backtest.curves import Curves, HedgeCurves
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Execution
from hedgebot.research.backtest.running import Played
from hedgebot.research.backtest.tape import Floats, Times

HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS
HORIZONS = {"1h": HOUR_MS, "8h": 8 * HOUR_MS, "1d": 24 * HOUR_MS, "7d": 168 * HOUR_MS}
PAIRS_MIN = 10
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
    effectiveness: dict[str, float]
    """By horizon: 1 less variance of the result over variance of the holdings alone."""
    out_of_band_s: float
    """As the decision knew it, from deciding so to being back."""
    out_of_band_share: float
    held_s: float
    """Of that and besides: it could not decide, and why is in `holds`."""
    holds: dict[str, int]
    """Reasons of waiting, and how often."""
    largest_deviation: float
    """Coins, sign kept: of net delta from target, as any decision saw it."""
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
    coins = curve.coins[np.arange(len(times))]
    worth = _average(times, np.abs(coins) * price)
    trades = [
        each
        for each in played.diary.records
        if isinstance(each, Execution)
        and each.cause is Cause.OURS
        and played.exchange.listed[each.instrument].instrument.asset == asset
    ]
    turnover = sum(_dollars(played, each) for each in trades)
    cost = -sum(float(curve.booked[part].sums[-1]) for part in COSTS if part in curve.booked)
    rows = [each for each in played.diary.decisions if each.asset == asset]
    out_s, held_s = _times(rows, int(times[0]), int(times[-1]))
    result = curve.result
    return HedgeMetrics(
        orders=len({each.order_id for each in trades}),
        fills=len(trades),
        turnover_usd=turnover,
        turnover_a_year=turnover / worth / years if worth else 0.0,
        cost_usd=cost,
        cost_bp_a_year=cost / worth / years * 1e4 if worth else 0.0,
        effectiveness=effectiveness(times, result, _alone(coins, price), played.tape.step_ms),
        out_of_band_s=out_s,
        out_of_band_share=out_s * 1000 / max(float(times[-1] - times[0]), 1.0),
        held_s=held_s,
        holds=_holds(rows),
        largest_deviation=_largest(rows),
        drawdown_usd=float(np.max(np.maximum.accumulate(result) - result)),
        result_usd=float(result[-1]),
    )


def _alone(coins: Floats, price: Floats) -> Floats:
    """What the holdings would have made without a hedge, up to each moment."""
    return np.concatenate(([0.0], np.cumsum(coins[:-1] * np.diff(price))))


def effectiveness(times: Times, hedged: Floats, unhedged: Floats, step_ms: int) -> dict[str, float]:
    """1 - Var(hedged) / Var(unhedged) of changes over each horizon that the bars can show."""
    found = {}
    for name, horizon in HORIZONS.items():
        grid = np.arange(int(times[0]), int(times[-1]) + 1, horizon)
        if horizon < step_ms or len(grid) <= PAIRS_MIN:
            continue
        at = np.searchsorted(times, grid, side="right") - 1
        alone = float(np.var(np.diff(unhedged[at])))
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


def _times(rows: list[DecisionKept], begin_ms: int, end_ms: int) -> tuple[float, float]:
    """Seconds out of band, and seconds in which it waited for something it must know."""
    out = held = 0
    for row, until in zip(rows, [*(each.at_ms for each in rows[1:]), end_ms], strict=True):
        lasted = max(0, min(until, end_ms) - max(row.at_ms, begin_ms))
        outside = row.mark > 0 and not row.band_lower <= _net(row) <= row.band_upper
        out += lasted if outside else 0
        held += lasted if row.verdict is Verdict.WAIT else 0
    return out / 1000, held / 1000


def _holds(rows: list[DecisionKept]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        if row.verdict is Verdict.WAIT:
            found[row.reason] = found.get(row.reason, 0) + 1
    return found


def _largest(rows: list[DecisionKept]) -> float:
    priced = (float(_net(row) - row.target) for row in rows if row.mark > 0)
    return max(priced, key=abs, default=0.0)
