"""Prices of a coin and of another's perpetual at the same times, and their changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from hedgebot.domain.multipliers import BUNDLES, Bundle
from hedgebot.errors import HedgebotError
from hedgebot.ledger.valuing import DOLLARS
from hedgebot.research.history import Finding, History
from hedgebot.research.history.findings import Fault, stamp
from hedgebot.research.history.judging import flat
from hedgebot.research.history.names import NAME
from hedgebot.research.history.pairing import unaligned
from hedgebot.research.history.series import Series

HOUR_MS = 3_600_000
NO_PRICES = frozenset({Fault.MISSING_FUNDING, Fault.FUNDING_UNIT, Fault.VOLUME_UNIT})
"""Findings that say nothing of prices."""
SPANS_MIN = 30
"""Changes that do not overlap: of fewer the error itself is not known."""


class BetaRefused(HedgebotError):
    """Nothing can be told of these two series; the text names the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be estimated."""

    coin: str
    """The coin that is held: an asset whose spot prices are meant."""
    other: str
    """The coin whose perpetual is sold."""
    coin_series: str = ""
    """Where its name does not tell."""
    other_series: str = ""
    over_ms: int = 24 * HOUR_MS
    """Changes over this time are hedged."""
    from_ms: int | None = None
    to_ms: int | None = None
    """Exclusive."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Both prices wherever both traded, and again so much later."""

    coin: str
    other: str
    """Names of the series."""
    step_ms: int
    over_ms: int
    rows: pl.DataFrame
    """`at_ms` of the later bar, `coin`, `other` (quote per coin), `coin_before`, `other_before`."""
    prices: tuple[float, float]
    """The last of both."""
    left_out: int
    """Bars of either in which nothing traded."""
    findings: tuple[Finding, ...]
    """Of the prices of either, within the window."""

    @property
    def spans(self) -> int:
        """How many changes there are that do not overlap."""
        return self.rows.height * self.step_ms // self.over_ms


def pairs_of(history: History, asked: Asked) -> Pairs:
    """Bring the two series together.

    Raises:
        BetaRefused: a series is not there, stands still, or tells other times than the other.
    """
    if asked.coin == asked.other:
        mend = "its own perpetual hedges it, and `ratio` says how much: name another"
        raise BetaRefused(f"{asked.other}: it is the coin itself: {mend}")
    coin = _series(history, asked.coin, asked.coin_series, "spot")
    other = _series(history, asked.other, asked.other_series, "perp")
    _fit(coin, other, asked)
    tables = {each.name: _within(each.table, asked) for each in (other, coin)}
    _clocks(tables)
    prices = _prices(tables[coin.name], tables[other.name]).select(
        "at_ms",
        pl.col("coin") / float(_bundle(coin.name).coins),
        pl.col("other") / float(_bundle(other.name).coins),
    )
    then = pl.col("at_ms") + asked.over_ms
    rows = prices.join(prices.with_columns(then), on="at_ms", suffix="_before").sort("at_ms")
    found = Pairs(
        coin=coin.name,
        other=other.name,
        step_ms=coin.step_ms,
        over_ms=asked.over_ms,
        rows=rows,
        prices=(prices["coin"][-1], prices["other"][-1]) if prices.height else (0.0, 0.0),
        left_out=sum(int(flat(table).sum()) for table in tables.values()),
        findings=_findings(history, {coin.name, other.name}, prices),
    )
    _enough(found, asked)
    return found


def _series(history: History, asset: str, told: str, market: str) -> Series:
    names = [told] if told else [name for name in history.series if _fits(market, asset, name)]
    there = ", ".join(sorted(history.series))
    if len(names) > 1:
        several = " and ".join(names)
        raise BetaRefused(f"{asset}: {several} fit: name one, {asset}={names[0]}")
    if not names or names[0] not in history.series:
        what = f"there is no series {told}" if told else f"there are no {market} prices of it"
        raise BetaRefused(f"{asset}: {what}; there are {there}: name one, {asset}=NAME")
    series = history.series[names[0]]
    if "close" not in series.table.columns:
        raise BetaRefused(f"{series.name}: it has no prices: name another, {asset}=NAME")
    return series


def _fits(market: str, asset: str, name: str) -> bool:
    said = NAME.match(name.rpartition("/")[2])
    trades = said is not None and said["market"] == market and not said["what"]
    return trades and _bundle(name).asset == asset


def _bundle(name: str) -> Bundle:
    """The coins whose price a series tells: one `BTC` of `BTCUSDT_spot_1h`; where it does not say,
    one of whatever it is.
    """
    said = NAME.match(name.rpartition("/")[2])
    symbol = said["symbol"] if said else ""
    quotes = (each for each in DOLLARS if symbol.endswith(each) and symbol != each)
    base = symbol.removesuffix(max(quotes, key=len, default=""))
    return BUNDLES.get(base, Bundle(base, Decimal(1)))


def _fit(coin: Series, other: Series, asked: Asked) -> None:
    """Raises: BetaRefused, where the bars of the two cannot be set beside each other."""
    if coin.name == other.name:
        raise BetaRefused(f"{coin.name}: both are one series: name two")
    if coin.step_ms != other.step_ms:
        bars = " and ".join(f"{each.name} {each.step_ms / 60_000:g} min" for each in (coin, other))
        raise BetaRefused(f"bars of other lengths ({bars}): name series of one length")
    if not coin.step_ms:
        raise BetaRefused(f"{coin.name} and {other.name}: one bar each: take more history")
    if asked.over_ms < coin.step_ms or asked.over_ms % coin.step_ms:
        bars = f"{coin.step_ms / 60_000:g} min"
        raise BetaRefused(f"--over: no whole number of bars of {bars}: write a multiple of them")


def _clocks(tables: Mapping[str, pl.DataFrame]) -> None:
    """Raises: BetaRefused, where one moves as the other did a bar before."""
    if any(table.height < 2 for table in tables.values()):
        return
    for finding in unaligned(tables):
        mend = "a beta of such prices is too small: take longer bars, or mend the stamps"
        raise BetaRefused(f"{finding.series}: {finding.text}: {mend}")


def _within(table: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    if asked.from_ms is not None:
        table = table.filter(pl.col("at_ms") >= asked.from_ms)
    return table if asked.to_ms is None else table.filter(pl.col("at_ms") < asked.to_ms)


def _prices(coin: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Closes of the bars in which both traded."""
    one, two = (table.filter(~flat(table)).select("at_ms", "close") for table in (coin, other))
    both = one.join(two, on="at_ms", suffix="_other").sort("at_ms")
    return both.select("at_ms", coin="close", other="close_other")


def _findings(history: History, names: set[str], prices: pl.DataFrame) -> tuple[Finding, ...]:
    if prices.is_empty():
        return ()
    first, last = int(prices["at_ms"][0]), int(prices["at_ms"][-1])
    return tuple(
        each
        for each in history.findings
        if each.series in names
        and each.fault not in NO_PRICES
        and each.begin_ms <= last
        and each.end_ms >= first
    )


def _enough(found: Pairs, asked: Asked) -> None:
    """Raises: BetaRefused."""
    if found.spans < SPANS_MIN:
        what = f"{found.spans} spans of {asked.over_ms / HOUR_MS:g} h, {SPANS_MIN} are needed"
        raise BetaRefused(
            f"{found.coin} and {found.other}: both are known over {what}: "
            "take more history, or a shorter --over"
        )
    for name, column in ((found.coin, "coin"), (found.other, "other")):
        if found.rows[column].n_unique() == 1:
            first = stamp(int(found.rows["at_ms"][0]))
            raise BetaRefused(f"{name}: its price never moves from {first} on: take another series")
