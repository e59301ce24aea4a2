"""A report as one HTML file that opens without a network."""

from collections.abc import Sequence

from hedgebot.adapters.journal.period import Period
from hedgebot.adapters.journal.standing import stretches
from hedgebot.cli.report.digest import Line, coins, digest, dollars, percent, seconds
from hedgebot.cli.report.picture import picture
from hedgebot.cli.said import marked
from hedgebot.research.reporting.page import Block, Picture, Prose, Table, page_of
from hedgebot.research.reporting.svg import svg_of

NUMBER = frozenset({"value", "change", "seconds", "times", "coins"})
ALERTS_SHOWN = 100
Section = tuple[str, Sequence[Block]]


def page(told: Line, found: Period) -> str:
    """The whole file."""
    title = marked(f"Report of {told['book']}", dry_run=told["dry_run"])
    under = f"{told['from']} to {told['to']} UTC"
    sections: list[Section] = [("In short", [Prose("", digest(told)[1:])])]
    if not told["empty"]:
        sections += [(asset, _hedge(asset, each, found)) for asset, each in told["hedges"].items()]
        sections += [
            ("Parts of the result", _parts(told)),
            ("The books", _books(told["books"])),
            ("Alerts", _alerts(told["alerts"])),
        ]
    return page_of(title, under, [*sections, ("What this rests on", [Prose("", told["notes"])])])


def _hedge(asset: str, hedge: Line, found: Period) -> list[Block]:
    rows = found.decisions.get(asset, ())
    scene = picture(asset, stretches(rows, found.runs, found.window), found.window)
    waits = [
        (reason, str(times), f"{hedge['holds_s'][reason]:,.1f}")
        for reason, times in hedge["holds"].items()
    ]
    blocks: list[Block] = [Table("", ("number", "value"), _numbers(hedge), NUMBER)]
    if waits:
        blocks.append(Table("Waited for", ("reason", "times", "seconds"), waits, NUMBER))
    return [*([Picture(svg_of(scene))] if scene else []), *blocks]


def _numbers(hedge: Line) -> list[tuple[str, str]]:
    a_year = hedge["turnover_a_year"]
    bp = hedge["cost_bp_a_year"]
    rows = [
        ("orders, fills", f"{hedge['orders']}, {hedge['fills']}"),
        ("turnover", dollars(hedge["turnover_usd"]) + _more(a_year, "x a year")),
        ("cost", dollars(hedge["cost_usd"]) + _more(bp, "bp a year")),
        ("of it slippage", dollars(hedge["slippage_usd"])),
        ("of it fees", coins(hedge["fees"])),
        ("funding received", coins(hedge["funding"])),
        ("what is hedged, on average", dollars(hedge["worth_usd"])),
        ("time that is told", seconds(hedge["known_s"])),
        (
            "out of band",
            f"{seconds(hedge['out_of_band_s'])}, {percent(hedge['out_of_band_share'])}",
        ),
        ("out of band, longest", seconds(hedge["out_of_band_longest_s"])),
        ("waited", seconds(hedge["held_s"])),
    ]
    if hedge["without_band_s"]:
        rows.append(("no band was known for", seconds(hedge["without_band_s"])))
    if hedge["fees_without_price"]:
        rows.append(("fees not in the cost: no price", ", ".join(hedge["fees_without_price"])))
    if hedge["fills_without_mark"]:
        rows.append(("fills without slippage: no mark", str(hedge["fills_without_mark"])))
    if hedge["largest_deviation"] is not None:
        when = f"{hedge['largest_deviation_at']} UTC, {hedge['largest_deviation_reason']}"
        rows.append(("largest deviation", f"{hedge['largest_deviation']:+.8g} coins, {when}"))
    return rows


def _more(value: float | None, unit: str) -> str:
    return "" if value is None else f", {value:,.4g} {unit}"


def _parts(told: Line) -> list[Block]:
    rows = [
        (each["instrument"] or "-", each["cause"], each["asset"], each["change"])
        for each in told["parts"]
    ]
    if not rows:
        return [Prose("", ["none was told in this time"])]
    return [Table("", ("instrument", "part", "asset", "change"), rows, NUMBER)]


def _books(books: Line) -> list[Block]:
    if not books:
        return []
    rows = [
        (line["wallet"], line["asset"], entry, value)
        for line in books["assets"]
        for entry, value in _entries(line).items()
    ]
    said = [
        f"{each['wallet']}: {each['note'] or 'from its first reading in this time to its last'}"
        for each in books["wallets"]
    ]
    blocks: list[Block] = [Prose("", said or ["no wallet was read in this time"])]
    if rows:
        blocks.append(Table("", ("wallet", "asset", "entry", "coins"), rows, NUMBER))
    return blocks


def _entries(line: Line) -> dict[str, str]:
    ends = {"closing": line["closing"], "unexplained": line["unexplained"]}
    return {"opening": line["opening"], **line["causes"], **ends}


def _alerts(alerts: Line) -> list[Block]:
    columns = ("time", "severity", "text")
    shown = alerts["worst"][-ALERTS_SHOWN:]
    counted = [f"{alerts[name]} {name}" for name in ("critical", "warning", "info")]
    if len(shown) < len(alerts["worst"]):
        counted.append(f"the newest {ALERTS_SHOWN} are shown")
    rows = [(each["at"], each["severity"], each["text"]) for each in shown]
    return [Prose("", [", ".join(counted)]), *([Table("", columns, rows)] if rows else [])]
