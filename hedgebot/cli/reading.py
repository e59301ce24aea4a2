"""`journal orders|fills|decisions|alerts`: the newest rows, for people and for programs."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hedgebot.adapters.journal import reading
from hedgebot.adapters.journal.rows import Rows
from hedgebot.adapters.logs import decision_line
from hedgebot.bootstrap.book import load_settings
from hedgebot.bootstrap.outside import place_of
from hedgebot.cli.said import marked, moment, say_json, say_rows, user_errors
from hedgebot.domain.records import FillKept

Line = dict[str, Any]


def show(config: Path, what: str, *, json: bool, limit: int) -> None:
    """Print the newest rows, newest first."""
    with user_errors():
        place = place_of(load_settings(config))
        with reading.reading(place) as rows:
            lines = LINES[what](rows, limit)
    if json:
        say_json([{**line, "dry_run": place.dry_run} for line in lines])
    else:
        say_rows(marked(what, dry_run=place.dry_run), [_short(what, line) for line in lines])


def _orders(rows: Rows, limit: int) -> list[Line]:
    return [order_line(each) for each in reading.orders(rows, limit)]


def order_line(found: reading.OrderLine) -> Line:
    """An order as wanted, and the last that happened to it."""
    intent, last = found.kept.intent, found.last
    return {
        "decided_ms": intent.decided_ms,
        "order_id": f"{intent.order_id:032x}",
        "asset": intent.asset,
        "instrument": intent.instrument,
        "side": intent.side.name.lower(),
        "qty": str(intent.qty),
        "price_limit": str(intent.price),
        "reduce_only": intent.reduce_only,
        "dry_run": found.kept.dry_run,
        "phase": str(last.phase) if last else "intended",
        "reason": str(last.reason) if last and last.reason else "",
        "filled_qty": str(last.filled_qty) if last else "0",
        "venue_order_id": last.venue_order_id if last else "",
        "detail": last.detail if last else "",
    }


def fill_line(kept: FillKept) -> Line:
    """An execution of the account."""
    fill = kept.fill
    return {
        "at_ms": kept.at_ms,
        "venue_ms": fill.venue_ms,
        "instrument": fill.instrument,
        "trade_id": fill.trade_id,
        "venue_order_id": fill.venue_order_id,
        "order_id": "" if fill.order_id is None else f"{fill.order_id:032x}",
        "cause": str(fill.cause),
        "side": fill.side.name.lower(),
        "qty": str(fill.qty),
        "price": str(fill.price),
        "fee": str(fill.fee),
        "fee_asset": fill.fee_asset,
        "realized_pnl": str(fill.realized_pnl),
    }


def _fills(rows: Rows, limit: int) -> list[Line]:
    return [fill_line(each) for each in reading.fills(rows, limit)]


def _decisions(rows: Rows, limit: int) -> list[Line]:
    return [decision_line(each) for each in reading.decisions(rows, limit)]


def _alerts(rows: Rows, limit: int) -> list[Line]:
    return [asdict(each) for each in reading.alerts(rows, limit)]


LINES: dict[str, Callable[[Rows, int], list[Line]]] = {
    "orders": _orders,
    "fills": _fills,
    "decisions": _decisions,
    "alerts": _alerts,
}

SHORT: dict[str, tuple[str, ...]] = {
    "orders": (
        "instrument", "side", "qty", "price_limit", "phase", "reason", "filled_qty",
    ),
    "fills": ("instrument", "cause", "side", "qty", "price", "fee", "fee_asset"),
    "decisions": ("verdict", "text"),
    "alerts": ("severity", "text"),
}  # fmt: skip
"""What fits a terminal, besides the time; a text tells the rest of its row."""


def _short(what: str, line: Line) -> Line:
    at_ms = line.get("at_ms") or line["decided_ms"]
    return {"time": moment(at_ms)} | {name: line[name] for name in SHORT[what]}
