"""`beta`: how many coins of another hedge one coin, from history."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hedgebot.cli.options import Json, duration_ms
from hedgebot.cli.said import say, say_json, say_rows, user_errors

if TYPE_CHECKING:
    from hedgebot.research.beta import Estimate

Coin = Annotated[str, typer.Argument(metavar="COIN[=SERIES]", help="Held; its spot prices.")]
Other = Annotated[
    str, typer.Argument(metavar="OTHER[=SERIES]", help="Whose linear perpetual is sold.")
]
NEITHER = "they are not known to move together: no number is safe to write down"


def beta(
    *,
    coin: Coin,
    other: Other,
    folder: Annotated[
        Path, typer.Option("--data", help="Folder of history.", exists=True, file_okay=False)
    ],
    over: Annotated[str, typer.Option(metavar="DURATION", help="Changes that are hedged.")] = "1d",
    begin: Annotated[str | None, typer.Option("--from", metavar="TIME", help="UTC.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="UTC, exclusive.")] = None,
    json: Json = False,
) -> None:
    """How many coins of another to sell for one coin held (`hedge_with`), with its error."""
    from hedgebot.cli.backtesting import moment_ms, require_research

    require_research()
    from hedgebot.research.beta import Asked, estimate
    from hedgebot.research.history import read_history

    (held, held_series), (sold, sold_series) = _named(coin), _named(other)
    asked = Asked(
        coin=held,
        other=sold,
        coin_series=held_series,
        other_series=sold_series,
        over_ms=duration_ms(over),
        from_ms=None if begin is None else moment_ms(begin),
        to_ms=None if end is None else moment_ms(end),
    )
    with user_errors():
        found = estimate(read_history(folder), asked)
    if json:
        say_json(_told(found, sold))
        return
    _say(found, asked.coin, asked.other, over)


def _named(text: str) -> tuple[str, str]:
    asset, _, series = text.partition("=")
    return asset.strip(), series.strip()


def _line(found: "Estimate", other: str) -> str | None:
    """For the settings; None: nothing is known."""
    if not found.known:
        return None
    return f'hedge_with = {{ asset = "{other}", beta = "{found.to_write:f}" }}'


def _told(found: "Estimate", other: str) -> dict[str, Any]:
    from hedgebot.research.history.findings import stamp

    pairs, rows = found.pairs, found.pairs.rows
    return {
        "coin": pairs.coin,
        "other": pairs.other,
        "from": stamp(int(rows["at_ms"][0]) - pairs.over_ms),
        "to": stamp(int(rows["at_ms"][-1])),
        "over_s": pairs.over_ms / 1000,
        "changes": rows.height,
        "spans": pairs.spans,
        "prices": pairs.prices,
        "beta": _slope(found.now),
        "of_returns": _slope(found.returns),
        "of_price_changes": _slope(found.changes),
        "effectiveness_in_sample": found.effectiveness,
        "ahead": {"at": stamp(found.ahead.at_ms), **asdict(found.ahead)},
        "parts": [
            {"from": stamp(each.begin_ms), "to": stamp(each.end_ms), **asdict(each)}
            for each in found.parts
        ],
        "bars_in_which_nothing_traded": pairs.left_out,
        "findings": [asdict(each) for each in pairs.findings],
        "line": _line(found, other),
    }


def _slope(slope: Any) -> dict[str, Any]:
    return {**asdict(slope), "ends": slope.ends}


def _say(found: "Estimate", coin: str, other: str, over: str) -> None:
    for line in _numbers(found, coin, other, over):
        say(line)
    from hedgebot.research.history.findings import stamp

    parts = [
        {
            "from": stamp(each.begin_ms),
            "to": stamp(each.end_ms),
            "slope of returns": f"{each.returns.beta:.4f} +- {each.returns.error:.4f}",
            f"{other} for one {coin}, at its end": f"{each.beta:.6g}",
            "the one before took away": "-" if each.held is None else f"{each.held:.1%}",
        }
        for each in found.parts
    ]
    say_rows("by parts of the window", parts)
    counts = Counter(each.fault.value for each in found.pairs.findings)
    if found.pairs.left_out:
        counts["bars in which nothing traded, left out"] = found.pairs.left_out
    said = ", ".join(f"{count} {what}" for what, count in counts.most_common())
    say(f"findings of the two: {said or 'none'}")
    say(_line(found, other) or NEITHER)


def _numbers(found: "Estimate", coin: str, other: str, over: str) -> Iterator[str]:
    from hedgebot.research.history.findings import stamp

    pairs, ahead, (low, high) = found.pairs, found.ahead, found.now.ends
    begin, end = (int(pairs.rows["at_ms"][at]) for at in (0, -1))
    yield (
        f"{pairs.coin} by {pairs.other}: {pairs.rows.height:,} changes over {over}, "
        f"{pairs.spans:,} of them apart, {stamp(begin - pairs.over_ms)} to {stamp(end)}"
    )
    yield f"{found.now.beta:.6g} {other} for one {coin}, 95 %: {low:.6g} to {high:.6g}"
    yield (
        f"  = slope of returns {found.returns.beta:.4f} +- {found.returns.error:.4f} "
        f"x {pairs.prices[0]:g} / {pairs.prices[1]:g}, the last prices"
    )
    yield (
        f"  slope of price changes over the whole window: {found.changes.beta:.6g} "
        f"+- {found.changes.error:.2g}"
    )
    yield f"takes away {found.effectiveness:.1%} of the variance in the window it is made of"
    yield (
        f"known at {stamp(ahead.at_ms)} it was {ahead.beta:.6g}; held from then on it took away "
        f"{ahead.effectiveness:.1%} (slope of price changes: {ahead.by_changes:.6g}, "
        f"{ahead.by_changes_effectiveness:.1%})"
    )
