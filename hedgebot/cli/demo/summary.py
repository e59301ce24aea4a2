"""What a run came to, counted from its journal."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from hedgebot.adapters.journal import reading, summary, tables
from hedgebot.adapters.journal.rows import Rows
from hedgebot.bootstrap.outside import make_clock, place_of
from hedgebot.cli.demo.disturbances import Disturbance
from hedgebot.cli.said import say_table
from hedgebot.domain.orders import Cause
from hedgebot.domain.records import CloseReason
from hedgebot.settings import Settings
from hedgebot.shell.daemon import EVENTS_COUNTER


def summarize(settings: Settings, happened: Sequence[Disturbance]) -> None:
    """Print the table of counts."""
    with reading.reading(place_of(settings)) as rows:
        lines = [*_counts(rows, happened), *_band(rows), *_money(rows), *_delta(rows)]
    say_table("from the journal", ("what", "how much"), lines)


def _counts(rows: Rows, happened: Sequence[Disturbance]) -> list[tuple[str, str]]:
    found = summary.counts(rows)
    events = sum(
        int(value)
        for value in rows.column(tables.counters.c.value, tables.counters.c.name == EVENTS_COUNTER)
    )
    met = Counter(each.kind for each in happened)
    return [
        ("events folded", str(events)),
        ("decisions", str(found.decisions)),
        ("hedges sent", str(found.intents)),
        ("hedges filled", str(found.closed.get(CloseReason.FILLED, 0))),
        ("fills, ours", str(found.fills.get(Cause.OURS, 0))),
        ("fills, others", str(sum(found.fills.values()) - found.fills.get(Cause.OURS, 0))),
        ("disturbances", ", ".join(f"{count} {kind}" for kind, count in met.items()) or "none"),
        ("alerts", ", ".join(f"{count} {kind}" for kind, count in found.alerts.items()) or "none"),
    ]


def _band(rows: Rows) -> list[tuple[str, str]]:
    times = summary.time_in_band(rows, make_clock().now_ms())
    return [
        (f"time in band, {asset}", f"{100 * time.fraction:.2f} % of {time.known_ms / 1000:.1f} s")
        for asset, time in times.items()
    ]


def _money(rows: Rows) -> list[tuple[str, str]]:
    paid, received = summary.fees(rows), summary.funding_received(rows)
    return [
        ("fees paid", _amounts(paid)),
        ("funding received", _amounts(received)),
    ]


def _delta(rows: Rows) -> list[tuple[str, str]]:
    last = summary.last_decisions(rows)
    return [
        (f"final net delta, {asset}", f"{decision.parts.net_delta.normalize():f} {asset}")
        for asset, decision in last.items()
    ]


def _amounts(amounts: dict[str, Decimal]) -> str:
    return ", ".join(f"{value:f} {asset}" for asset, value in sorted(amounts.items())) or "none"
