"""What goes to an address in one piece: one alert, or the sum of several."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hedgebot.adapters.alerts.waiting import RANK
from hedgebot.domain.actions import Alert, Severity

LATE_MS = 60_000
"""An alert that goes out so long after it was decided names its own time."""
TEXT_MAX = 2_000
"""Characters; most services take more, and cut or refuse what is too long."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Title, text and severity; `alerts` are told by it."""

    alerts: tuple[Alert, ...]
    title: str
    text: str
    severity: Severity
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Writer:
    """Words alerts for people."""

    book: str
    """As the title names it."""
    now_ms: Callable[[], int]
    redact: Callable[[str], str] = str
    """Masks secrets: what a venue said may hold one."""

    def letter(self, alerts: Sequence[Alert], dropped: int) -> Letter:
        """One letter for alerts, and for the count of those that were dropped before it."""
        first = max(alerts, key=lambda alert: (RANK[alert.severity], not alert.recovered))
        text = self._dated(first)
        if len(alerts) > 1:
            text = f"{_counted(alerts)}; the most severe: {text}"
        if dropped:
            text = f"{text} ({dropped} less severe alerts were dropped)"
        word = "recovered" if first.recovered else first.severity.value
        return Letter(
            tuple(alerts),
            f"hedgebot {self.book}: {word}",
            self.redact(text)[:TEXT_MAX],
            first.severity,
            first.recovered,
        )

    def report(self, text: str) -> Letter:
        """A letter that tells of no alert but how things went."""
        said = Alert(Severity.INFO, "report", self.redact(text)[:TEXT_MAX])
        return Letter((said,), f"hedgebot {self.book}: report", said.text, said.severity)

    def _dated(self, alert: Alert) -> str:
        if not alert.at_ms or self.now_ms() - alert.at_ms < LATE_MS:
            return alert.text
        said = datetime.fromtimestamp(alert.at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"{alert.text} (late: it was said {said})"


def _counted(alerts: Sequence[Alert]) -> str:
    kinds = Counter("recovered" if each.recovered else each.severity.value for each in alerts)
    order = ("critical", "warning", "info", "recovered")
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in order if kinds[kind])
    return f"{len(alerts)} alerts in one: {counts}"
