"""Collects the actions of one step."""

from hedgebot.core.state import State
from hedgebot.domain.actions import Action, Alert, Keep, Severity
from hedgebot.domain.records import AlertKept, Record


class Effects:
    """The actions of one step, in order."""

    def __init__(self, state: State, now: int) -> None:
        self.actions: list[Action] = []
        self._alerts = state.wakes.alerts
        self.now = now

    def add(self, action: Action) -> None:
        self.actions.append(action)

    def keep(self, record: Record) -> None:
        """Write a row to the journal."""
        self.actions.append(Keep(record))

    def tell(self, severity: Severity, key: str, text: str) -> None:
        """An alert about a moment, not a condition: it is over when it is said."""
        self.actions.append(Alert(severity, key, text))
        self.keep(AlertKept(self.now, key, severity, text, recovered=True))

    def raise_alert(self, severity: Severity, key: str, text: str) -> None:
        """An alert about a condition: said once, until `recovered` (or the text changes key)."""
        if key not in self._alerts:
            self._alerts[key] = text
            self._alert(Alert(severity, key, text))

    def recovered(self, key: str, text: str) -> None:
        """The condition is over: said only if it was raised."""
        if self._alerts.pop(key, None) is not None:
            self._alert(Alert(Severity.INFO, key, text, recovered=True))

    def _alert(self, alert: Alert) -> None:
        self.actions.append(alert)
        self.keep(AlertKept(self.now, alert.key, alert.severity, alert.text, alert.recovered))
