"""A report in a few lines, fit for a message to people."""

from collections.abc import Iterator, Mapping
from typing import Any

from hedgebot.cli.said import marked

Line = dict[str, Any]
KEYS_MAX = 5
"""Open alerts that are named; of more the number."""


def digest(told: Line) -> list[str]:
    """A line for the time, two for each hedge, one for the books, one for alerts."""
    lines = [_head(told)]
    if told["empty"]:
        return [*lines, told["empty"]]
    for asset, hedge in told["hedges"].items():
        lines += [f"{asset}: {_cost(hedge)}", f"{asset}: {_stood(hedge)}"]
    if not told["hedges"]:
        lines.append("no hedge was decided about")
    if told["books"]:
        lines.append(_books(told["books"]))
    return [*lines, _alerts(told["alerts"])]


def _head(told: Line) -> str:
    days = (told["to_ms"] - told["from_ms"]) / 86_400_000
    ran = "" if told["empty"] else f"; ran {percent(told['ran_share'])} of it"
    ran += "" if told["empty"] else f", {told['starts']} {plural('start', told['starts'])}"
    text = f"{told['book']}, {told['from']} to {told['to']} UTC ({days:.4g} d){ran}"
    return marked(text, dry_run=told["dry_run"])


def _cost(hedge: Line) -> str:
    orders = hedge["orders"]
    said = [f"{orders} {plural('order', orders)}, turnover {dollars(hedge['turnover_usd'])}"]
    bp = hedge["cost_bp_a_year"]
    a_year = "" if bp is None else f" ({bp:,.4g} bp a year of {dollars(hedge['worth_usd'])})"
    said.append(f"cost {dollars(hedge['cost_usd'])}{a_year}")
    if hedge["fees_without_price"]:
        said.append(f"without fees in {', '.join(hedge['fees_without_price'])}: no price")
    if hedge["fills_without_mark"]:
        said.append(f"slippage of {hedge['fills_without_mark']} fills not known")
    return "; ".join([*said, f"funding {coins(hedge['funding'])}"])


def _stood(hedge: Line) -> str:
    if not hedge["known_s"]:
        return "how it stood is not known: nothing was decided"
    lasted, longest = hedge["out_of_band_s"], hedge["out_of_band_longest_s"]
    share = percent(hedge["out_of_band_share"])
    said = [f"out of band {share} ({seconds(lasted)}, longest {seconds(longest)})"]
    waited = f"waited {seconds(hedge['held_s'])}"
    most = next(iter(hedge["holds_s"]), "")
    said.append(f"{waited} (most: {most})" if most else waited)
    if hedge["largest_deviation"] is not None:
        said.append(
            f"farthest {hedge['largest_deviation']:+.6g} from target at "
            f"{hedge['largest_deviation_at']}"
        )
    return "; ".join(said)


def _books(books: Line) -> str:
    left = books["unexplained"]
    if left:
        return "books: UNEXPLAINED " + ", ".join(
            f"{each['wallet']} {each['change']} {each['asset']}" for each in left
        )
    closed = [each for each in books["wallets"] if each["to_ms"] is not None]
    if not closed:
        return "books: no statement in this time"
    more = "".join(_troubles(books))
    return f"books: every change of {len(closed)} {plural('wallet', len(closed))} explained{more}"


def _troubles(books: Line) -> Iterator[str]:
    for name, what in (("refused", "of unknown type"), ("disputed", "disputed")):
        if books[name]:
            yield f"; {len(books[name])} records {what}"
    unread = [each["source"] for each in books["sources"] if each["failure"]]
    if unread:
        yield f"; not read: {', '.join(unread)}"


def _alerts(alerts: Line) -> str:
    counted = ", ".join(f"{alerts[name]} {name}" for name in ("critical", "warning", "info"))
    keys = [each["key"] for each in alerts["open"]]
    more = f" and {len(keys) - KEYS_MAX} more" if len(keys) > KEYS_MAX else ""
    still = f"; not over: {', '.join(keys[:KEYS_MAX])}{more}" if keys else ""
    return f"alerts: {counted}{still}"


def dollars(value: float) -> str:
    """To the cent; large ones to the dollar."""
    sign = "-" if value < 0 else ""
    return f"{sign}${abs(value):,.0f}" if abs(value) >= 100_000 else f"{sign}${abs(value):,.2f}"


def percent(share: float | None) -> str:
    """Of a share."""
    return "-" if share is None else f"{share:.3%}"


def seconds(value: float) -> str:
    """As people say it."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} s"


def coins(changes: Mapping[str, str]) -> str:
    """Each with its coin."""
    return ", ".join(f"{change} {asset}" for asset, change in changes.items()) or "none"


def plural(word: str, count: int) -> str:
    """The word for so many."""
    return word if count == 1 else f"{word}s"
