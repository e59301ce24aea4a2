"""The canonical line of a decision: flat, exact, units last."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal

from hedgebot.domain.records import DecisionKept, ExposureParts

PARTS = tuple(part.name for part in fields(ExposureParts))


def decision_line(
    record: DecisionKept, latencies_ms: Mapping[str, float] | None = None
) -> dict[str, object]:
    """What is logged of a decision: `log.info("decision", **decision_line(...))`.

    Exact numbers are text, in coins unless the key says otherwise; what does not apply is left
    out. `latencies_ms` are named with their unit already: `committed_ms`.
    """
    parts = {f"{name}_coin": getattr(record.parts, name) for name in PARTS}
    line: dict[str, object] = {
        "asset": record.asset,
        "verdict": record.verdict.value,
        "reason": record.reason,
        "text": record.text,
        "net_delta_coin": record.parts.net_delta,
        "gross_coin": record.parts.gross,
        **parts,
        "pending_low_coin": record.pending_low,
        "pending_high_coin": record.pending_high,
        "target_coin": record.target,
        "band_lower_coin": record.band_lower,
        "band_upper_coin": record.band_upper,
        "mark_quote": record.mark,
        "mark_age_ms": record.mark_age_ms,
        "instrument": record.instrument,
        "lots": record.lots if record.instrument else None,
        "price_quote": record.price,
        "cost_quote": record.cost,
        "order_id": None if record.order_id is None else f"{record.order_id:032x}",
        "decided_ms": record.at_ms,
    }
    line |= {f"latency_{name}": value for name, value in (latencies_ms or {}).items()}
    return {key: _plain(value) for key, value in line.items() if value is not None}


def _plain(value: object) -> object:
    return f"{value:f}" if isinstance(value, Decimal) else value
