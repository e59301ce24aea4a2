"""A history as moments: at each bar's open and at the last millisecond of it, prices as they were.

Nothing is filled in. A bar that is missing, or in which nothing traded, has no moments, and the
decision hears no mark then. What is only needed to value things stands at its last price.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from hedgebot.core.policy import Policy
from hedgebot.domain.instruments import InstrumentId
from hedgebot.research.backtest.markets import Listing
from hedgebot.research.backtest.options import BacktestRefused, Options
from hedgebot.research.backtest.roles import Roles, coin_of, coins_in_one, roles_of
from hedgebot.research.history import Finding, History
from hedgebot.research.history.findings import stamp
from hedgebot.research.history.judging import flat
from hedgebot.venue_model.markets import Market

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
MINUTE_MS = 60_000
ENDLESS = 2**62


@dataclass(frozen=True, slots=True)
class Settlement:
    """Funding of one perpetual falls due."""

    at_ms: int
    row: int
    rate: float
    mark: float
    """By the series of marks at that moment; NaN: the last one heard."""


@dataclass(frozen=True, slots=True)
class Dark:
    """No price of an instrument is known between two moments."""

    begin_ms: int
    """The last moment with one."""
    end_ms: int
    """The next."""
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """Moments as columns, instruments as rows."""

    times: Times
    rows: tuple[InstrumentId, ...]
    mark: Floats
    """NaN: none was told at that moment."""
    last: Floats
    """Of the perpetual, quote per unit of its base; NaN: nothing traded."""
    low: Floats
    """Least mark since the moment before; NaN where none was told."""
    high: Floats
    span: NDArray[np.float32]
    """High less low of its bar, as a fraction of the price."""
    volume: NDArray[np.float32]
    """A minute of its bar, own unit; infinite where none is told."""
    value: Floats
    """`last`, standing where nothing traded: what positions are valued at."""
    spot: Mapping[str, Floats]
    """By hedged asset: the coin's price, standing where nothing traded."""
    other: Mapping[InstrumentId, Floats]
    """Of a cross hedge's instruments: the price of the coin that they follow."""
    index: Mapping[str, Floats]
    """By asset of an instrument: the spot price where it traded, else 0."""
    settlements: tuple[Settlement, ...]
    dark: tuple[Dark, ...]
    step_ms: int
    """Of the longest bars of an instrument."""
    findings: tuple[Finding, ...]
    """Of the series that are played, within the window."""
    unheard: frozenset[str]
    """Series that value coins: where they tell nothing no decision waits."""
    remarks: tuple[str, ...]
    """What stands for what."""


@dataclass(frozen=True, slots=True)
class Bars:
    """One series within the window: a moment for each bar's open and one for its close."""

    times: Times
    price: Floats
    low: Floats
    high: Floats
    span: NDArray[np.float32]
    volume: NDArray[np.float32]
    still: NDArray[np.bool_]
    step_ms: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What a tape is made of."""

    policy: Policy
    history: History
    roles: Roles
    options: Options
    listed: Mapping[InstrumentId, Listing]

    @property
    def rows(self) -> tuple[InstrumentId, ...]:
        return tuple(self.listed)


def tape_of(
    policy: Policy, history: History, options: Options, listed: Mapping[InstrumentId, Listing]
) -> Tape:
    """Lay the series of a book on one grid of moments.

    Raises:
        BacktestRefused: a series is missing, nothing is in the window, or no funding is known.
    """
    roles = roles_of(policy, history, options.series)
    source = _Source(policy, history, roles, options, listed)
    prices = [_bars(source, roles.price[own], each.market) for own, each in listed.items()]
    marks, remarks = _marks(source, prices)
    times = _known(source, _grid(prices, marks))
    settlements, unpaid = _settlements(source, times)
    last = _rows(times, prices, "price", traded=True)
    same = all(one is other for one, other in zip(marks, prices, strict=True))
    mark = last if same else _rows(times, marks, "price")
    value = _standing_rows(last, prices, times)
    coins = _Coins(source, times, value)
    return Tape(
        times=times,
        rows=source.rows,
        mark=mark,
        last=last,
        low=_rows(times, marks, "low", traded=same),
        high=_rows(times, marks, "high", traded=same),
        span=_rows(times, prices, "span", traded=True),
        volume=_rows(times, prices, "volume", traded=True),
        value=value,
        spot=coins.held(),
        other=coins.followed(),
        index=coins.index,
        settlements=settlements,
        dark=_dark(times, mark, last, [bars.step_ms for bars in prices]),
        step_ms=max(bars.step_ms for bars in prices),
        findings=_findings(history, roles, int(times[0]), int(times[-1])),
        unheard=frozenset(roles.spot.values()),
        remarks=(*remarks, *coins.remarks, *(f"{each}: none is paid" for each in unpaid)),
    )


def _rows(times: Times, series: list[Bars], column: str, *, traded: bool = False) -> Any:
    """One column of every series on the grid; of its own, not where nothing traded."""
    return np.stack([
        _laid(times, bars.times, getattr(bars, column), ~bars.still if traded else None)
        for bars in series
    ])  # fmt: skip


def _standing_rows(last: Floats, prices: list[Bars], times: Times) -> Floats:
    if not np.isnan(last).any():
        return last
    return np.stack([_standing(times, bars) for bars in prices])


def _bars(source: _Source, name: str, market: Market | None = None) -> Bars:
    series = source.history.series[name]
    table = _within(series.table, source.options)
    if table.height < 2:
        first, last = (stamp(int(series.table["at_ms"][at])) for at in (0, -1))
        raise BacktestRefused(
            f"{name}: fewer than two bars in the window; it reaches from {first} to {last} UTC"
        )
    at_ms = table["at_ms"].to_numpy()
    close_ms = at_ms + series.step_ms - 1
    opens, closes = table["open"].to_numpy(), table["close"].to_numpy()
    low, high = table["low"].to_numpy(), table["high"].to_numpy()
    return Bars(
        times=_pairs(at_ms, close_ms),
        price=_pairs(opens, closes),
        low=_pairs(opens, np.minimum(low, np.minimum(opens, closes))),
        high=_pairs(opens, np.maximum(high, np.maximum(opens, closes))),
        span=np.repeat(((high - low) / closes).astype(np.float32), 2),
        volume=np.repeat(_volume(table, series.step_ms, market).astype(np.float32), 2),
        still=np.repeat(_still(table), 2),
        step_ms=series.step_ms,
    )


def _within(table: pl.DataFrame, options: Options) -> pl.DataFrame:
    begin = -ENDLESS if options.from_ms is None else options.from_ms
    end = ENDLESS if options.to_ms is None else options.to_ms
    return table.filter((pl.col("at_ms") >= begin) & (pl.col("at_ms") < end))


def _volume(table: pl.DataFrame, step_ms: int, market: Market | None) -> Floats:
    """Own units a minute: coins; dollars of an inverse perpetual, whose whole numbers are contracts
    and, of a venue that is not known, of one dollar.
    """
    if "volume" not in table.columns:
        return np.full(table.height, np.inf)
    minutes = step_ms / MINUTE_MS
    found: Floats = table["volume"].fill_null(0.0).to_numpy() / minutes
    if market is None or market.contract == 1:
        return found
    whole = bool((table["volume"] == table["volume"].round()).all())
    return found if whole else found * table["close"].to_numpy()


def _still(table: pl.DataFrame) -> NDArray[np.bool_]:
    """Nothing traded; a series without volume does not tell."""
    if "volume" not in table.columns:
        return np.zeros(table.height, dtype=np.bool_)
    return flat(table).to_numpy()


def _marks(source: _Source, prices: list[Bars]) -> tuple[list[Bars], list[str]]:
    """Marks where there are bars of them as long as the perpetual's; else its own prices."""
    found, remarks = [], []
    for own, bars in zip(source.rows, prices, strict=True):
        name = source.roles.mark.get(own)
        if name and source.history.series[name].step_ms == bars.step_ms:
            found.append(_bars(source, name))
            continue
        found.append(bars)
        why = "its bars are of another length" if name else "there is no series of it"
        remarks.append(f"mark of {own}: its own traded price ({why})")
    return found, remarks


def _grid(prices: list[Bars], marks: list[Bars]) -> Times:
    """Every time at which something is told, once every instrument has traded."""
    traded = [bars.times[~bars.still] for bars in prices]
    own = {id(bars) for bars in prices}
    every = [*traded, *(bars.times for bars in marks if id(bars) not in own)]
    if not all(len(each) for each in every):
        raise BacktestRefused("nothing traded in the window")
    times = every[0]
    if any(each is not times and not np.array_equal(each, times) for each in every):
        times = np.sort(np.concatenate(every), kind="stable")
        times = times[np.concatenate(([True], times[1:] != times[:-1]))]
    return times[np.searchsorted(times, max(int(each[0]) for each in traded)) :]


def _pairs(first: Any, second: Any) -> Any:
    return np.stack((first, second), axis=1).ravel()


def _laid(times: Times, own: Times, values: Any, which: Any = None) -> Any:
    """Values at their own moments of the grid, NaN elsewhere."""
    if which is not None and not which.all():
        own, values = own[which], values[which]
    if np.array_equal(own, times):
        return values
    found = np.full(len(times), np.nan, dtype=values.dtype)
    inside = (own >= times[0]) & (own <= times[-1])
    found[np.searchsorted(times, own[inside])] = values[inside]
    return found


def _standing(times: Times, bars: Bars) -> Floats:
    """The last price at or before each moment; the first one before there was any."""
    at = np.searchsorted(bars.times, times, side="right") - 1
    return bars.price[np.maximum(at, 0)]


def _known(source: _Source, times: Times) -> Times:
    """The moments at which the coin of a cross hedge has a price: nothing else tells it."""
    for hedge in source.policy.hedges:
        if hedge.beta is not None:
            own = _bars(source, source.roles.spot[hedge.asset]).times
            times = times[(times >= own[0]) & (times <= own[-1])]
            if len(times) < 2:
                what = f"{hedge.asset} and of its hedge"
                raise BacktestRefused(f"there is no time with prices of {what}")
    return times


@dataclass(frozen=True, slots=True)
class _Coins:
    """Prices of coins: their own series, or else a perpetual's."""

    source: _Source
    times: Times
    value: Floats
    index: dict[str, Floats] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def held(self) -> dict[str, Floats]:
        """By hedged asset."""
        return {hedge.asset: self._price(hedge.asset, hedge.instruments[0])
                for hedge in self.source.policy.hedges}  # fmt: skip

    def followed(self) -> dict[InstrumentId, Floats]:
        """Of each instrument of a cross hedge."""
        return {own: self._price(coin_of(own), own)
                for hedge in self.source.policy.hedges if hedge.beta is not None
                for own in hedge.instruments}  # fmt: skip

    def _price(self, asset: str, own: InstrumentId) -> Floats:
        name = self.source.roles.spot.get(asset)
        if name is None:
            coins, price = coins_in_one(own), self.value[self.source.rows.index(own)]
            of_one: Floats = price if coins == 1.0 else price / coins
            self.index[asset] = np.zeros(len(self.times))
            self.remarks.append(f"price of {asset}: that of {own} (no spot series): no basis")
            return of_one
        bars = _bars(self.source, name)
        price = _standing(self.times, bars)
        at = np.maximum(np.searchsorted(bars.times, self.times, side="right") - 1, 0)
        age = self.times - bars.times[at]
        fresh = (age >= 0) & (age < bars.step_ms) & ~bars.still[at]
        self.index[asset] = np.where(fresh, price, 0.0)
        return price


def _settlements(source: _Source, times: Times) -> tuple[tuple[Settlement, ...], list[str]]:
    """Funding within the window, and of which instruments none is known.

    Raises:
        BacktestRefused: some are not, and nobody said to play on without.
    """
    found, missing = [], []
    first, last = int(times[0]), int(times[-1])
    for row, own in enumerate(source.rows):
        name = source.roles.funding.get(own)
        rates = {} if name is None else _column(source.history, name, "funding_rate")
        due = {at_ms: rate for at_ms, rate in rates.items() if first < at_ms <= last}
        if not due:
            span = f"from {stamp(first)} to {stamp(last)}"
            missing.append(f"no funding of {own} is known {span}")
            continue
        marked = source.roles.mark.get(own)
        marks = {} if marked is None else _column(source.history, marked, "open")
        found += [
            Settlement(at_ms, row, rate, marks.get(at_ms, math.nan)) for at_ms, rate in due.items()
        ]
    if missing and not source.options.funding_missing:
        mend = "add its funding to the folder, or say --without-funding"
        raise BacktestRefused("\n".join(f"{each}: {mend}" for each in missing))
    return tuple(sorted(found, key=lambda each: (each.at_ms, each.row))), missing


def _column(history: History, name: str, column: str) -> dict[int, float]:
    return dict(history.series[name].table.select("at_ms", column).drop_nulls().iter_rows())


def _dark(times: Times, mark: Floats, last: Floats, steps: list[int]) -> tuple[Dark, ...]:
    found = []
    for row, step_ms in enumerate(steps):
        known = times[~np.isnan(mark[row]) & ~np.isnan(last[row])]
        wide = np.flatnonzero(np.diff(known) > step_ms)
        found += [Dark(int(known[at]), int(known[at + 1]), row) for at in wide]
        if len(known) and times[-1] - known[-1] > step_ms:
            found.append(Dark(int(known[-1]), int(times[-1]), row))
    return tuple(sorted(found, key=lambda each: (each.begin_ms, each.row)))


def _findings(history: History, roles: Roles, begin: int, end: int) -> tuple[Finding, ...]:
    named = roles.named()
    inside = (
        each
        for each in history.findings
        if each.series in named and each.begin_ms <= end and each.end_ms >= begin
    )
    return tuple(sorted(inside, key=lambda each: (each.begin_ms, each.series)))
