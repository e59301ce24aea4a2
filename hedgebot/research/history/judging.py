"""What is wrong with one series, seen from its own rows."""

from collections.abc import Iterator

import polars as pl

from hedgebot.research.history.clocks import at_a_change
from hedgebot.research.history.findings import Fault, Finding

WICK = 0.10
"""How far beyond open and close a price is a wick."""


RATE_MOST = 0.04
"""Beyond it no venue charges for one settlement: Hyperliquid's own limit, the widest of all."""
RATE_USUAL = 0.003
"""Half of the settlements of a year never were beyond it; those told in per cent are."""


def in_order(name: str, table: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """The rows by time, each time once; what had to be done for it.

    Rows of one time that differ are left out, all of them: nobody knows which is right, and a
    missing bar is a hold. Equal ones are one row.
    """
    found: list[Finding] = []
    times = table["at_ms"]
    if bool((times.diff().drop_nulls() > 0).all()):
        return table, found
    early = table.filter(times.diff().fill_null(0) < 0)["at_ms"]
    if len(early):
        text = "put in order by their times"
        found.append(_over(Fault.DISORDER, name, early.sort(), text))
    once = table.unique(maintain_order=True).sort("at_ms", maintain_order=True)
    torn = once.filter(once["at_ms"].is_duplicated())
    repeated = table.filter(times.is_duplicated())["at_ms"].unique().sort()
    text = "equal rows are taken once" if torn.is_empty() else "rows differ, and none is taken"
    clocks = pl.Series([at_a_change(at_ms, at_ms) for at_ms in repeated], dtype=pl.Boolean)
    for fault, which in ((Fault.DAYLIGHT_SAVING, clocks), (Fault.REPEATED, ~clocks)):
        if len(some := repeated.filter(which)):
            found.append(_over(fault, name, some, text))
    return once.filter(~once["at_ms"].is_duplicated()), found


def step_of(table: pl.DataFrame) -> int:
    """The commonest time between rows, whole seconds, in ms; 0 for fewer than two rows."""
    steps = ((table["at_ms"].diff().drop_nulls() + 500) // 1000 * 1000).mode()
    return int(steps.sort()[0]) if len(steps) else 0


def judge(name: str, table: pl.DataFrame, step_ms: int) -> list[Finding]:
    """Findings of a table in order."""
    found = [*gaps(name, table, step_ms), *off_grid(name, table, step_ms)]
    if "close" in table.columns:
        found += [*frozen(name, table), *wicks(name, table), *outside(name, table)]
        found += volume_unit(name, table)
    if "funding_rate" in table.columns:
        found += funding_unit(name, table)
    return found


def gaps(name: str, table: pl.DataFrame, step_ms: int) -> Iterator[Finding]:
    """Where rows are missing; of funding, where settlements are."""
    if not step_ms:
        return
    plain = Fault.GAP if "close" in table.columns else Fault.MISSING_FUNDING
    rows = table.select(
        "at_ms", missing=((pl.col("at_ms").diff() + step_ms // 2) // step_ms - 1)
    ).filter(pl.col("missing") > 0)
    for at_ms, missing in rows.iter_rows():
        begin, end = at_ms - missing * step_ms, at_ms - step_ms
        if at_a_change(begin, end):
            text = "missing where clocks change: the table went through local time"
            yield Finding(Fault.DAYLIGHT_SAVING, name, begin, end, missing, text)
        else:
            yield Finding(plain, name, begin, end, missing, "missing")


def off_grid(name: str, table: pl.DataFrame, step_ms: int) -> Iterator[Finding]:
    """Stamps that are not where most of the series is."""
    if not step_ms:
        return
    rest = table["at_ms"] % step_ms
    usual = (rest // 1000 * 1000).mode().sort()[0]
    beside = table.filter(rest != usual)["at_ms"]
    if len(beside):
        yield _over(Fault.OFF_GRID, name, beside, "stamps beside the times of the others")


def flat(table: pl.DataFrame) -> pl.Series:
    """Rows in which the price stood still and nothing traded, as far as volume is told."""
    still = (table["high"] == table["low"]) & (table["open"] == table["close"])
    return still & (table["volume"] == 0) if "volume" in table.columns else still


def frozen(name: str, table: pl.DataFrame) -> Iterator[Finding]:
    """Runs of rows that stood still."""
    rows = table.select("at_ms", still=flat(table)).with_columns(run=pl.col("still").rle_id())
    runs = rows.filter("still").group_by("run", maintain_order=True)
    text = "stood still and nothing traded: a basis against it is not real"
    for begin, end, count in (
        runs.agg(pl.col("at_ms").min().alias("begin"), pl.col("at_ms").max().alias("end"), pl.len())
        .drop("run")
        .iter_rows()
    ):
        yield Finding(Fault.FROZEN, name, begin, end, count, text)


def wicks(name: str, table: pl.DataFrame) -> Iterator[Finding]:
    """Bars whose high or low is far beyond their open and close."""
    high, low = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    rows = table.select(
        "at_ms", "high", "low", up=pl.col("high") / high - 1, down=low / pl.col("low") - 1
    ).filter(pl.max_horizontal("up", "down") > WICK)
    for at_ms, top, bottom, up, down in rows.iter_rows():
        price, share = (top, up) if up >= down else (bottom, down)
        text = f"{price:g} is {share:.0%} beyond open and close"
        yield Finding(Fault.WICK, name, at_ms, at_ms, 1, text)


def outside(name: str, table: pl.DataFrame) -> Iterator[Finding]:
    """Bars whose open or close is not between low and high."""
    inner = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    rows = table.filter((inner[0] > pl.col("high")) | (inner[1] < pl.col("low")))
    if rows.height:
        text = "open or close outside of low and high: the open may be the close before"
        yield _over(Fault.OUTSIDE, name, rows["at_ms"], text)


def volume_unit(name: str, table: pl.DataFrame) -> Iterator[Finding]:
    """Volume that counts contracts, or may."""
    if "volume_whole" in table.columns and table["volume_whole"][0]:
        text = "volume in whole numbers, or of two units: contracts are not coins"
        yield _over(Fault.VOLUME_UNIT, name, table["at_ms"], text)


def funding_unit(name: str, table: pl.DataFrame) -> Iterator[Finding]:
    """Rates that may be told in per cent, or of a whole year."""
    rows = table.select("at_ms", size=pl.col("funding_rate").abs()).drop_nulls()
    half = rows["size"].median()
    if isinstance(half, float) and half > RATE_USUAL:
        text = f"half of the rates are {half:.1%} and more: fractions are wanted, not per cent"
        yield _over(Fault.FUNDING_UNIT, name, rows["at_ms"], text)
    elif (large := rows.filter(pl.col("size") > RATE_MOST)).height:
        text = f"up to {max(large['size']):.1%} for one settlement: no venue takes so much"
        yield _over(Fault.FUNDING_UNIT, name, large["at_ms"], text)


def _over(fault: Fault, name: str, times: pl.Series, text: str) -> Finding:
    return Finding(fault, name, int(times[0]), int(times[-1]), len(times), text)
