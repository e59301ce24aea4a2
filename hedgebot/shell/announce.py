"""Log lines of decisions and alerts, written beside the path of an order and not on it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from structlog.typing import FilteringBoundLogger

from hedgebot.domain.actions import Alert, Severity
from hedgebot.domain.records import DecisionKept
from hedgebot.shell.latency import Timelines

FLUSH_AFTER_S = 0.005
"""Time for an order to be committed and sent before its line is rendered."""


DecisionLine = Callable[[DecisionKept, Mapping[str, float]], dict[str, Any]]
"""The canonical line of a decision, with the latencies of its order, ms."""


class Announcer:
    """Collects what is to be said and says it a few milliseconds later, in order."""

    def __init__(
        self, log: FilteringBoundLogger, line_of: DecisionLine, timelines: Timelines
    ) -> None:
        self._log = log
        self._line_of = line_of
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
        order_id = decision.order_id
        latencies_ms = {} if order_id is None else self._timelines.latencies_ms(order_id)
        return self._line_of(decision, latencies_ms)


def _write(log: FilteringBoundLogger, alert: Alert) -> None:
    write = {
        Severity.INFO: log.info,
        Severity.WARNING: log.warning,
        Severity.CRITICAL: log.critical,
    }[Severity.INFO if alert.recovered else alert.severity]
    write("alert", text=alert.text, key=alert.key, recovered=alert.recovered)
