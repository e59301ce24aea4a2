"""The panels and the page of a backtest."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from hedgebot.domain.orders import Cause
from hedgebot.domain.records import Verdict
from hedgebot.research.backtest.curves import HedgeCurves
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Execution
from hedgebot.research.backtest.result import Result
from hedgebot.research.reporting.page import Block, Picture, Prose, Table, page_of
from hedgebot.research.reporting.panel import COLUMNS, Curve, Panel, Pin, scene_of
from hedgebot.research.reporting.png import png_of
from hedgebot.research.reporting.scene import INK, Scene
from hedgebot.research.reporting.svg import svg_of

TITLED_MAX = 400
"""Marks that tell what they are; of more each would make the page heavy."""
FAULTS_SHOWN = 60
COSTS = (Part.FEES, Part.LATENCY, Part.SPREAD, Part.SLIPPAGE)
NUMBER = frozenset({"USD", "value"})
MEANING = {
    Part.SPOT: "what was not hedged, times the change of the price",
    Part.BASIS: "perpetual against spot",
    Part.CROSS: "the other coin moved by more or less than beta had it",
    Part.FUNDING: "received; paid is negative",
    Part.FEES: "taker fees",
    Part.LATENCY: "the price moved against orders on their way",
    Part.SPREAD: "the other side's price",
    Part.SLIPPAGE: "behind the best price",
    Part.FLOWS: "worth of coins that came or went, less what was paid for them",
    Part.LIQUIDATION: "fees of forced trades, and what the venue's fund covered",
    Part.ROUNDING: "cash is booked in steps of 1e-8",
}


def panels_of(result: Result) -> dict[str, list[Panel]]:
    """By asset: price, delta, result, basis, funding, margin."""
    return {asset: _panels(result, asset, curve) for asset, curve in result.curves.hedges.items()}


def html_of(result: Result) -> str:
    """The report as one file."""
    told = result.summary()
    sections: list[tuple[str, Sequence[Block]]] = []
    for asset, panels in panels_of(result).items():
        pictures = [Picture(svg_of(scene_of(panel))) for panel in panels]
        sections.append((asset, [*_numbers(told["hedges"][asset]), *pictures]))
    sections += [
        ("Margin", [_margin(told)]),
        ("Wallets", [_wallets(told)]),
        ("What was assumed", [Prose("", told["assumptions"])]),
        ("Faults of the history", _faults(told)),
    ]
    begin, end = (told[each][:16].replace("T", " ") for each in ("from", "to"))
    under = f"{begin} to {end} UTC, bars of {told['bars_s'] / 60:g} minutes"
    return page_of(f"Backtest of {told['book']}", under, sections)


def pngs_of(result: Result) -> dict[str, bytes]:
    """Each panel as a picture, by file name."""
    found = {}
    for asset, panels in panels_of(result).items():
        for panel in panels:
            scene: Scene = scene_of(panel)
            found[f"{asset.lower()}-{scene.name}.png"] = png_of(scene)
    return found


def _panels(result: Result, asset: str, curve: HedgeCurves) -> list[Panel]:
    shades = _shades(result, asset)
    found = [
        _price(result, asset, shades),
        _delta(result, asset, curve, shades),
        _result(result, curve, shades),
        _followed(result, asset, shades),
        _basis(result, asset, shades),
        _funding(result, asset),
        *_margins(result, asset, shades),
    ]
    return [panel for panel in found if panel.curves]


def _shades(result: Result, asset: str) -> list[tuple[int, int]]:
    tape = result.played.tape
    own = {row for row, one in enumerate(tape.rows) if _asset(result, one) == asset}
    return [(gap.begin_ms, gap.end_ms) for gap in tape.dark if gap.row in own]


def _asset(result: Result, own: Any) -> str:
    return result.played.exchange.listed[own].carrier.asset


def _price(result: Result, asset: str, shades: list[tuple[int, int]]) -> Panel:
    tape = result.played.tape
    trades = [
        each
        for each in result.played.diary.records
        if isinstance(each, Execution) and _asset(result, each.instrument) == asset
    ]
    pins = [
        Pin(each.at_ms, float(tape.spot[asset][each.at]), each.qty > 0, _trade(each))
        for each in trades
    ]
    if len(pins) > TITLED_MAX:
        pins = [Pin(pin.at_ms, pin.value, pin.up) for pin in pins]
    curve = Curve(asset, tape.times, tape.spot[asset], INK)
    title = f"Price, and {len(pins)} trades of the hedge (up: bought, down: sold)"
    return Panel("price", title, "USD", [curve], pins, shades)


def _trade(trade: Execution) -> str:
    forced = "" if trade.cause is Cause.OURS else f" ({trade.cause})"
    return f"{trade.qty.normalize():+f} at {trade.price.normalize():f}{forced}"


def _delta(result: Result, asset: str, curve: HedgeCurves, shades: list[tuple[int, int]]) -> Panel:
    """Net delta less target, beside the band less target."""
    tape = result.played.tape
    at = _thinned(curve.net)
    target, lower, upper = _band(result, asset, curve, at)
    inside = (lower <= curve.net[at]) & (curve.net[at] <= upper)
    begun = int(np.argmax(inside))  # what it begins with would dwarf the rest
    at, target, lower, upper = (each[begun:] for each in (at, target, lower, upper))
    seen, times = _stems(result, asset), tape.times[at]
    curves = [
        Curve("band", times, lower - target, "#d1495b", 1.0),
        Curve("", times, upper - target, "#d1495b", 1.0),
        Curve("net delta less target", times, curve.net[at] - target, "#2f6fde"),
    ]
    curves = [*([seen] if len(seen.times) else []), *curves]
    return Panel("delta", "Delta against its band", f"coins of {asset}", curves, (), shades)


def _band(result: Result, asset: str, curve: HedgeCurves, at: Any) -> Any:
    """Target, lower and upper end: by the settings; a computed one as decisions told it."""
    tape, policy = result.played.tape, result.played.policy.hedge(asset)
    own = policy.instruments[0]
    decisions = result.played.diary.decisions
    rows = [each for each in decisions if each.asset == asset and each.mark > 0]
    if policy.optimal is None or not rows:
        return curve.band(tape, tape.rows.index(own), at)
    told = np.array([(each.target, each.band_lower, each.band_upper) for each in rows], dtype=float)
    since = np.array([each.at_ms for each in rows])
    which = np.searchsorted(since, tape.times[at], side="right") - 1
    return told[np.maximum(which, 0)].T


def _stems(result: Result, asset: str) -> Curve:
    """What each decision saw, from nothing up; once the hedge was first inside its band."""
    rows = [each for each in result.played.diary.decisions if each.asset == asset]
    first = next((n for n, row in enumerate(rows) if row.verdict is Verdict.IN_BAND), len(rows))
    rows = [each for each in rows[first:] if each.mark > 0]
    times = np.repeat(np.array([each.at_ms for each in rows], dtype=np.int64), 3)
    values = np.full(len(times), np.nan)
    values[0::3] = 0.0
    values[1::3] = [float(each.parts.net_delta - each.target) for each in rows]
    return Curve("as decided upon", times, values, "#9aa5b1", 0.8)


def _thinned(values: Any) -> Any:
    """Moments that show a curve: where it is least and greatest in each of many columns."""
    count = len(values)
    if count <= 4 * COLUMNS:
        return np.arange(count)
    edges = np.linspace(0, count, 2 * COLUMNS + 1).astype(np.int64)
    ends = [
        first + np.array([0, np.argmin(values[first:last]), np.argmax(values[first:last])])
        for first, last in pairwise(edges.tolist())
    ]
    return np.unique(np.concatenate(ends))


def _result(result: Result, curve: HedgeCurves, shades: list[tuple[int, int]]) -> Panel:
    times = result.played.tape.times
    costs = [curve.booked[part] for part in COSTS if part in curve.booked]
    curves = [
        Curve("all", times, curve.result, INK, 1.6),
        Curve("spot", times, curve.spot),
        Curve("basis", times, curve.basis),
    ]
    if np.any(curve.cross):
        curves.append(Curve("cross", times, curve.cross))
    where = np.arange(len(times))
    if Part.FUNDING in curve.booked:
        curves.append(Curve("funding", times, curve.booked[Part.FUNDING][where]))
    if costs:
        curves.append(Curve("costs", times, sum(each[where] for each in costs)))
    if Part.LIQUIDATION in curve.booked:
        curves.append(Curve("liquidation", times, curve.booked[Part.LIQUIDATION][where]))
    return Panel("result", "Parts of the result, flows apart", "USD", curves, (), shades)


def _followed(result: Result, asset: str, shades: list[tuple[int, int]]) -> Panel:
    """A cross hedge's coin, and where the other coin would have brought it from its first price."""
    tape, hedge = result.played.tape, result.played.policy.hedge(asset)
    other, price = tape.other.get(hedge.instruments[0]), tape.spot[asset]
    curves = []
    if other is not None:
        led = price[0] + float(hedge.beta or 0) * (other - other[0])
        curves = [Curve(asset, tape.times, price, INK), Curve("beta x the other", tape.times, led)]
    return Panel(
        "cross", "The coin, and what hedges it, from one price on", "USD", curves, (), shades
    )


def _basis(result: Result, asset: str, shades: list[tuple[int, int]]) -> Panel:
    tape, own = result.played.tape, result.played.policy.hedge(asset).instruments[0]
    coins = float(result.played.exchange.listed[own].instrument.coins_per_unit)
    perp, spot = tape.value[tape.rows.index(own)] / coins, tape.other.get(own, tape.spot[asset])
    basis = (perp / spot - 1.0) * 1e4
    curves = [Curve("", tape.times, basis, "#7b5ea7", 1.0)] if np.any(basis) else []
    return Panel("basis", "Basis: perpetual over spot", "bp", curves, (), shades)


def _funding(result: Result, asset: str) -> Panel:
    tape = result.played.tape
    due = [each for each in tape.settlements if _asset(result, tape.rows[each.row]) == asset]
    times = np.array([each.at_ms for each in due], dtype=np.int64)
    rates = np.array([each.rate for each in due]) * 1e4
    curves = [Curve("", times, rates, "#2a9d8f", 1.0)] if len(due) > 1 else []
    title = "Funding rate, by settlement (above zero: shorts receive)"
    return Panel("funding", title, "bp", curves)


def _margins(result: Result, asset: str, shades: list[tuple[int, int]]) -> list[Panel]:
    entries = result.played.exchange.entries.values()
    own = {
        entry.wallet_id
        for entry in entries
        if any(_asset(result, each.id) == asset for each in entry.instruments.values())
    }
    times = result.played.tape.times
    return [
        Panel("margin", f"Margin ratio of {wallet}: 1 is liquidation", "", [
            Curve("", times, np.minimum(ratio, 1.2), "#e9a23b")
        ], (), shades, 1.0)
        for wallet, ratio in result.curves.margin.items()
        if wallet in own
    ]  # fmt: skip


def parts_of(hedge: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Of a hedge of the summary: each part in dollars, what it is, and the sum of all."""
    told = {name: Decimal(dollars) for name, dollars in hedge["parts_usd"].items()}
    rows = [(name, f"{usd:,.2f}", MEANING[Part(name)]) for name, usd in told.items()]
    whole = f"{sum(told.values(), Decimal(0)):,.2f}"
    return [*rows, ("all", whole, "the account at the end less at the beginning")]


def _numbers(hedge: dict[str, Any]) -> list[Block]:
    rows = [
        ("orders, fills", f"{hedge['orders']}, {hedge['fills']}"),
        ("turnover", f"${hedge['turnover_usd']:,.0f}, {hedge['turnover_a_year']:.1f} x a year"),
        ("cost", f"${hedge['cost_usd']:,.2f}, {hedge['cost_bp_a_year']:.1f} bp a year"),
        ("cost a year", f"${hedge['cost_usd_year']:,.0f}"),
        ("left unhedged, deviation of a day", f"${hedge['risk_usd_day']:,.0f}"),
        ("cost and that risk together, a year", f"${hedge['score_usd_year']:,.0f}"),
        *((f"effectiveness over {name}", f"{share:.4f}")
          for name, share in hedge["effectiveness"].items()),
        ("out of band", f"{hedge['out_of_band_s']:,.1f} s, {hedge['out_of_band_share']:.4%}"),
        ("held for want of knowledge", f"{hedge['held_s']:,.1f} s"),
        ("largest deviation", f"{hedge['largest_deviation']:+.6g} coins"),
        ("largest fall of the result", f"${hedge['drawdown_usd']:,.2f}"),
    ]  # fmt: skip
    rows += [(f"waited: {reason}", f"{count} times") for reason, count in hedge["holds"].items()]
    return [
        Table("", ("part", "USD", "what it is"), parts_of(hedge), NUMBER),
        Table("", ("number", "value"), rows, NUMBER),
    ]


def _margin(told: dict[str, Any]) -> Table:
    rows = [
        (f"least distance of {own} to liquidation", "none near" if away is None else f"{away:.2%}")
        for own, away in told["least_liquidation_distance"].items()
    ]
    rows += [
        (f"largest margin ratio of {wallet}", f"{ratio:.4f}")
        for wallet, ratio in told["largest_margin_ratio"].items()
    ]
    rows += [
        (f"LIQUIDATED: {each['instrument']}, {each['at']}", each["qty"])
        for each in told["liquidations"]
    ]
    return Table("", ("number", "value"), rows, NUMBER)


def _wallets(told: dict[str, Any]) -> Table:
    rows = [
        (wallet["wallet"], asset, name, amount)
        for wallet in told["wallets"]
        for asset, line in wallet["assets"].items()
        for name, amount in line.items()
    ]
    return Table("", ("wallet", "coin", "why", "value"), rows, NUMBER)


def _faults(told: dict[str, Any]) -> list[Block]:
    rows = [
        (
            each["fault"],
            each["series"],
            each["from"],
            each["to"],
            str(each["rows"]),
            each["handled"],
        )
        for each in told["faults"][:FAULTS_SHOWN]
    ]
    columns = ("fault", "series", "from", "to", "rows", "what was done")
    more = len(told["faults"]) - len(rows)
    found: list[Block] = [Table("", columns, rows)] if rows else [Prose("", ["none were found"])]
    return [*found, *([Prose("", [f"{more} more: see the JSON"])] if more > 0 else [])]
