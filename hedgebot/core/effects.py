"""Collects the actions of one step."""

from hedgebot.core import remedies
from hedgebot.core.state import OpenAlert, State
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Action, Alert, Keep, Severity
from hedgebot.domain.records import AlertKept, Record

CHANGED_MS = 60_000
"""A condition whose reason changed is said again after that, then at twice the pause each time."""
CHANGED_MS_MAX = 3_600_000
LOOK_MS = 1_000
ALERTS = Timer("alerts", "")
"""Looks after what is open: `reminders`."""


class Effects:
    """The actions of one step, in order."""

    def __init__(self, state: State, now: int) -> None:
        self.actions: list[Action] = []
        self._wakes = state.wakes
        self.now = now

    @property
    def troubled(self) -> bool:
        """Whether any condition was raised: else none can be over, and no text is needed."""
        return bool(self._wakes.alerts)

    def add(self, action: Action) -> None:
        self.actions.append(action)

    def keep(self, record: Record) -> None:
        """Write a row to the journal."""
        self.actions.append(Keep(record))

    def tell(self, severity: Severity, key: str, text: str) -> None:
        """An alert about a moment, not a condition: it is over when it is said."""
        if severity is not Severity.INFO:
            text = remedies.advised(key, text)
        self.actions.append(Alert(severity, key, text, at_ms=self.now))
        self.keep(AlertKept(self.now, key, severity, text, recovered=True))

    def raise_alert(
        self, severity: Severity, key: str, text: str, *, gist: str = "", remedy: str = ""
    ) -> None:
        """An alert about a condition: said at once, and then only if it changes.

        Args:
            severity: of the condition.
            key: names the condition.
            text: as it is now; reminders say the newest.
            gist: the part of the text that matters. Another one than was said is said again, after
                a pause that doubles.
            remedy: what a person does, where the kind alone does not tell.
        """
        text = remedies.advised(key, text, remedy)
        known = self._wakes.alerts.get(key)
        if known is None:
            self._wakes.alerts[key] = OpenAlert(severity, text, text, self.now)
            self._wakes.timers.ask(ALERTS, self.now + LOOK_MS)
            self._alert(Alert(severity, key, text, at_ms=self.now))
            return
        known.text, known.seen = text, True
        pause_ms = min(CHANGED_MS << known.changes, CHANGED_MS_MAX)
        if gist not in known.told and self.now - known.said_ms >= pause_ms:
            known.changes = min(known.changes + 1, 10)
            self.repeat(key, "changed")

    def repeat(self, key: str, word: str) -> None:
        """Say an open alert again, as it is now."""
        known = self._wakes.alerts[key]
        known.told, known.said_ms = f"{word}: {known.text}", self.now
        self._alert(Alert(known.severity, key, known.told, at_ms=self.now))

    def recovered(self, key: str, text: str) -> None:
        """The condition is over: said only if it was raised, to whom its beginning was said."""
        known = self._wakes.alerts.pop(key, None)
        if known is not None:
            self._alert(Alert(known.severity, key, text, recovered=True, at_ms=self.now))

    def _alert(self, alert: Alert) -> None:
        self.actions.append(alert)
        severity = Severity.INFO if alert.recovered else alert.severity
        self.keep(AlertKept(self.now, alert.key, severity, alert.text, alert.recovered))
