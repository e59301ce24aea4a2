"""Alerts on their way: bounded, the most severe first out, the least severe first dropped."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Condition

from hedgebot.domain.actions import Alert, Severity

RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


@dataclass(slots=True)
class Entry:
    """An alert that waits."""

    alert: Alert
    tries: int = 0

    @property
    def rank(self) -> int:
        return RANK[self.alert.severity]


class Waiting:
    """Handed between the loop, which never waits here, and the courier's thread, which does."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: list[Entry] = []
        self._changed = Condition()
        self._in_hand: Entry | None = None
        self._lost: list[Alert] = []
        self._closed = False
        self.dropped = 0
        """How many were dropped and nobody was told so yet."""

    def put(self, alert: Alert) -> None:
        """Queue an alert; when full, the least severe one, the oldest of these, is dropped."""
        with self._changed:
            if self._closed:
                self._lose(alert)
            else:
                self._entries.append(Entry(alert))
                self._bound()
                self._changed.notify()

    def take(self) -> Entry | None:
        """The most severe one, the oldest of these; waits for it. None: closed and empty."""
        with self._changed:
            self._in_hand = None
            self._changed.wait_for(lambda: self._entries or self._closed)
            if not self._entries:
                return None
            first = max(self._entries, key=lambda entry: entry.rank)
            self._entries.remove(first)
            self._in_hand = first
            return first

    def put_back(self, entry: Entry, *, tries_max: int) -> None:
        """It was not delivered: try again later, unless it was tried often enough."""
        with self._changed:
            entry.tries += 1
            self._in_hand = None
            if self._closed or entry.tries >= tries_max:
                self._lose(entry.alert)
            else:
                self._entries.insert(0, entry)
                self._bound()

    def forget_dropped(self, told: int) -> None:
        """People were told of so many."""
        with self._changed:
            self.dropped -= told

    def rest(self, seconds: float) -> None:
        """Pause between tries; cut short by `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed, seconds)

    def close(self) -> None:
        """No more are taken in; those that wait are tried once more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def undelivered(self) -> Sequence[Alert]:
        """Waiting, in hand, dropped or given up, as far as these are remembered."""
        with self._changed:
            in_hand = [self._in_hand.alert] if self._in_hand else []
            return [*self._lost, *in_hand, *(entry.alert for entry in self._entries)]

    def _bound(self) -> None:
        if len(self._entries) > self._size:
            least = min(self._entries, key=lambda entry: entry.rank)
            self._entries.remove(least)
            self.dropped += 1
            self._lose(least.alert)

    def _lose(self, alert: Alert) -> None:
        self._lost.append(alert)
        del self._lost[: -self._size]
