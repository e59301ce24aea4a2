"""A backtest for a person who reads a terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from hedgebot.cli.said import say, say_table


def digest(summary: Mapping[str, Any]) -> None:
    """Each hedge's parts, and what people compare; then what went wrong."""
    from hedgebot.research.reporting.backtest import parts_of

    begin, end = (str(summary[each])[:10] for each in ("from", "to"))
    for asset, hedge in summary["hedges"].items():
        say_table(f"{asset}, {begin} to {end}", ("part", "USD", "what it is"), parts_of(hedge))
        for line in _compared(hedge):
            say(line)
    for line in _wrong(summary):
        say(line)


def _compared(hedge: Mapping[str, Any]) -> Iterator[str]:
    a_year = f"{hedge['cost_usd_year']:,.0f} USD a year ({hedge['cost_bp_a_year']:.1f} bp)"
    yield f"{hedge['orders']:,} orders for {hedge['turnover_usd']:,.0f} USD cost {a_year}"
    yield f"left unhedged: {hedge['risk_usd_day']:,.0f} USD a day (standard deviation)"
    yield f"cost and that risk together: {hedge['score_usd_year']:,.0f} USD a year"
    if "1d" in hedge["effectiveness"]:
        yield f"of the daily variance of the coins {hedge['effectiveness']['1d']:.2%} is gone"
    yield (
        f"out of band {hedge['out_of_band_share']:.4%} of the time, "
        f"at most by {hedge['largest_deviation']:+.4g} coins"
    )


def _wrong(summary: Mapping[str, Any]) -> Iterator[str]:
    for own, away in summary["least_liquidation_distance"].items():
        if away is not None:
            yield f"liquidation of {own}: never nearer than {away:.0%} of its price"
    for each in summary["liquidations"]:
        yield f"LIQUIDATED: {each['instrument']}, {each['qty']}, {each['at']}"
    for why, count in summary["refused_orders"].items():
        yield f"{count:,} orders were refused: {why}"
    if unexplained := Decimal(summary["total"]["unexplained_usd"]):
        yield f"UNEXPLAINED: {unexplained} USD"
    if faults := Counter(each["fault"] for each in summary["faults"]):
        told = ", ".join(f"{count} {fault}" for fault, count in faults.most_common())
        yield f"faults of the history: {told}; --html tells each"
