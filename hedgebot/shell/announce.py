"""Log lines of decisions and alerts, written beside the path of an order and not on it."""

import asyncio
from collections import deque
from typing import Any

from structlog.typing import FilteringBoundLogger

from hedgebot.domain.actions import Alert, Severity
from hedgebot.domain.records import DecisionKept
from hedgebot.shell.latency import Timelines

FLUSH_AFTER_S = 0.005
"""Time for an order to be committed and sent before its line is rendered."""


class Announcer:
    """Collects what is to be said and says it a few milliseconds later, in order."""

    def __init__(self, log: FilteringBoundLogger, timelines: Timelines) -> None:
        self._log = log
        self._timelines = timelines
        self._unsaid: deque[DecisionKept | Alert] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def say(self, matter: DecisionKept | Alert) -> None:
        """Queue a line; returns at once."""
        self._unsaid.append(matter)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self.flush)

    def flush(self) -> None:
        """Write every line now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._unsaid:
            match self._unsaid.popleft():
                case DecisionKept() as decision:
                    self._log.info("decision", **self._line(decision))
                case Alert() as alert:
                    _write(self._log, alert)

    def _line(self, decision: DecisionKept) -> dict[str, Any]:
        line = line_of(decision)
        if decision.order_id is not None:
            line |= self._timelines.latencies_ms(decision.order_id)
        return line


def _write(log: FilteringBoundLogger, alert: Alert) -> None:
    write = {
        Severity.INFO: log.info,
        Severity.WARNING: log.warning,
        Severity.CRITICAL: log.critical,
    }[alert.severity]
    write("alert", text=alert.text, key=alert.key, recovered=alert.recovered)


def line_of(decision: DecisionKept) -> dict[str, Any]:
    """The canonical line of one decision: quantities exact, as strings; coins unless named."""
    parts = decision.parts
    line: dict[str, Any] = {
        "asset": decision.asset,
        "verdict": str(decision.verdict),
        "reason": decision.reason,
        "text": decision.text,
        "decided_at_ms": decision.at_ms,
        "spot": str(parts.spot),
        "collateral": str(parts.collateral),
        "linear": str(parts.linear),
        "inverse": str(parts.inverse),
        "outside": str(parts.outside),
        "in_transit": str(parts.in_transit),
        "gross": str(parts.gross),
        "hedge": str(parts.hedge),
        "net_delta": str(parts.net_delta),
        "pending": [str(decision.pending_low), str(decision.pending_high)],
        "target": str(decision.target),
        "band": [str(decision.band_lower), str(decision.band_upper)],
        "mark": decision.mark,
        "mark_age_ms": decision.mark_age_ms,
    }
    return line | _order_of(decision)


def _order_of(decision: DecisionKept) -> dict[str, Any]:
    if decision.order_id is None:
        return {}
    return {
        "order_id": f"{decision.order_id:032x}",
        "instrument": decision.instrument,
        "lots": decision.lots,
        "price_limit": None if decision.price is None else str(decision.price),
        "cost": None if decision.cost is None else str(decision.cost),
    }
