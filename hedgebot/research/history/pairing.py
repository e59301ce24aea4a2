"""What is wrong between two series of one instrument."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import polars as pl

from hedgebot.research.history.findings import Fault, Finding
from hedgebot.research.history.judging import WICK, flat, step_of
from hedgebot.research.history.names import NAME

BASIS = 0.01
"""How far apart spot and perpetual are worth a word."""
FOLLOWS = 0.25
"""Correlation of returns with those of another series a bar before; 0.05 where stamps fit."""


def between(tables: Mapping[str, pl.DataFrame]) -> list[Finding]:
    """Findings of all series whose names say that they belong together.

    `BTCUSDT_spot_1h`, `BTCUSDT_perp_1h`, `BTCUSDT_perp_mark_1h`, `BTCUSDT_perp_funding_8h`; inverse
    perpetuals are `BTCUSD_PERP_1h`. Series with bars and funding in one table need no other.
    """
    roles: dict[str, dict[str, str]] = {}
    for name in tables:
        if said := NAME.match(name):
            role = said["what"] or said["market"].lower()
            roles.setdefault(said["symbol"], {}).setdefault(role, name)
    found = unaligned({name: each for name, each in tables.items() if "close" in each.columns})
    for each in roles.values():
        perp, spot, mark = each.get("perp"), each.get("spot"), each.get("mark")
        if perp:
            found += without_funding(perp, tables[perp], tables.get(each.get("funding", "")))
        if perp and spot:
            found += wide_basis(spot, tables[spot], tables[perp])
        if perp and mark:
            found += beyond_the_mark(perp, tables[perp], tables[mark])
            text = "missing, and the perpetual traded"
            some = Finding(Fault.GAP, mark, 0, 0, 0, text)
            found += beside(some, tables[mark], tables[perp])
    return found


def without_funding(
    name: str, bars: pl.DataFrame, funding: pl.DataFrame | None
) -> Iterator[Finding]:
    """Before the first settlement that is known, and after the last; all of it where none is."""
    if "funding_rate" in bars.columns:
        return
    if funding is not None:
        text = "it traded, and its settlements are not known"
        yield from beside(Finding(Fault.MISSING_FUNDING, name, 0, 0, 0, text), funding, bars)
        return
    first, last = int(bars["at_ms"][0]), int(bars["at_ms"][-1])
    text = "no funding is known of it at all"
    yield Finding(Fault.MISSING_FUNDING, name, first, last, bars.height, text)


def beside(finding: Finding, short: pl.DataFrame, bars: pl.DataFrame) -> Iterator[Finding]:
    """The finding for the times of the bars before a shorter table begins, and after its end."""
    first, last = int(bars["at_ms"][0]), int(bars["at_ms"][-1])
    begin, end = int(short["at_ms"][0]), int(short["at_ms"][-1])
    step = step_of(short)
    before, after = ((each // step if step else 0) for each in (begin - first, last - end))
    if before > 0:
        yield replace(finding, begin_ms=first, end_ms=begin - step, rows=before)
    if after > 0:
        yield replace(finding, begin_ms=end + step, end_ms=last, rows=after)


def wide_basis(name: str, spot: pl.DataFrame, perp: pl.DataFrame) -> Iterator[Finding]:
    """Closes of one time that are far apart, and whether one of the two stood still.

    Or does so in the next bar: trading stopped inside of this one, and its close is of before.
    """
    one, other = (
        each.select("at_ms", "close", still=flat(each) | flat(each).shift(-1, fill_value=False))
        for each in (spot, perp)
    )
    rows = one.join(other, on="at_ms", suffix="_perp").with_columns(
        basis=pl.col("close_perp") / pl.col("close") - 1
    )
    for row in rows.filter(pl.col("basis").abs() > BASIS).iter_rows(named=True):
        still = row["still"] or row["still_perp"]
        why = "not real, one of them stood still" if still else "both traded"
        text = f"the perpetual is {row['basis'] * 1e4:+.0f} bps from spot: {why}"
        yield Finding(Fault.WIDE_BASIS, name, row["at_ms"], row["at_ms"], 1, text)


def beyond_the_mark(name: str, perp: pl.DataFrame, mark: pl.DataFrame) -> Iterator[Finding]:
    """Trades far beyond any mark of their bar: margin runs on the mark."""
    rows = perp.join(mark, on="at_ms", suffix="_mark").filter(
        (pl.col("low") < pl.col("low_mark") * (1 - WICK))
        | (pl.col("high") > pl.col("high_mark") * (1 + WICK))
    )
    for row in rows.iter_rows(named=True):
        under = row["low"] < row["low_mark"] * (1 - WICK)
        side, word = ("low", "below") if under else ("high", "above")
        text = f"traded at {row[side]:g}, the mark was never {word} {row[side + '_mark']:g}"
        yield Finding(Fault.WICK, name, row["at_ms"], row["at_ms"], 1, text)


def unaligned(tables: Mapping[str, pl.DataFrame]) -> list[Finding]:
    """Series whose bars begin at other times than their stamps say, against the first of a step.

    Prices of one world move together, or not at all; that one moves as the other did a bar before
    says that the two are told by different clocks, or that one trades seldom. Either destroys hedge
    effectiveness. Series that have nothing to do with the first are not told from aligned ones.
    """
    found, first = [], dict[int, tuple[str, pl.DataFrame]]()
    for name, table in tables.items():
        step = step_of(table)
        returns = table.select("at_ms", back=pl.col("close").log().diff()).slice(1)
        known, other = first.setdefault(step, (name, returns))
        if name == known:
            continue
        joined = other.join(returns, on="at_ms", suffix="_own")
        late, early = (
            joined.select(pl.corr("back", pl.col("back_own").shift(by))).item() for by in (-1, 1)
        )
        share = max(late or 0.0, early or 0.0)
        if joined.height > 30 and share > FOLLOWS:
            word = "follows" if share == late else "foretells"
            text = f"{word} {known} (r {share:.2f}): stamps of another clock, or few trades"
            begin, end = int(table["at_ms"][0]), int(table["at_ms"][-1])
            found.append(Finding(Fault.UNALIGNED, name, begin, end, table.height, text))
    return found
