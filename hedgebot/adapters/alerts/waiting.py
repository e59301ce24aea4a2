"""Alerts on their way to one address: most severe first out, least severe first dropped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Condition

from hedgebot.adapters.alerts.rate import Rate
from hedgebot.domain.actions import Alert, Severity

RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


TRIES_SOON = 8
"""After so many tries others go first: it may be this one that is not taken."""
TRIES_MAX = 3_000
"""At the slowest pace, a day."""


@dataclass(slots=True)
class Entry:
    """An alert that waits."""

    alert: Alert
    tries: int = 0

    @property
    def rank(self) -> int:
        return RANK[self.alert.severity]

    @property
    def urgency(self) -> tuple[bool, int, int]:
        """The greatest goes first."""
        soon = self.tries < TRIES_SOON
        return (True, self.rank, -self.tries) if soon else (False, -self.tries, self.rank)

    @property
    def critical(self) -> bool:
        return self.alert.severity is Severity.CRITICAL


class Waiting:
    """Handed between the loop, which never waits here, and the courier's thread, which does."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: list[Entry] = []
        self._changed = Condition()
        self._closed = False
        self.dropped = 0
        """How many were dropped and nobody was told so yet."""

    def put(self, alert: Alert) -> None:
        """Queue an alert; when full, the least severe one, the oldest of these, is dropped."""
        with self._changed:
            if not self._closed:
                self._entries.append(Entry(alert))
                self._bound()
                self._changed.notify()

    def take(self, rate: Rate) -> tuple[Entry, ...]:
        """What goes out next, as soon as the rate allows it; empty: closed, and nothing is left.

        The most severe one, of these the least often tried, of these the oldest; never before an
        older one of its key and severity. Where only one more may go out, all that may share it.
        """
        with self._changed:
            while self._entries or not self._closed:
                pause_s = None
                if self._entries:
                    first = self._first()
                    room = rate.room(critical=first.critical)
                    if room > 0 or self._closed:
                        return self._out([first] if room > 1 else self._like(first))
                    pause_s = rate.wait_s(critical=first.critical)
                self._changed.wait(pause_s)
            return ()

    def put_back(self, entries: Sequence[Entry]) -> None:
        """They were not delivered: to be tried again, in their old order."""
        with self._changed:
            for entry in entries:
                entry.tries += 1
            self._entries[:0] = [entry for entry in entries if entry.tries < TRIES_MAX]
            while len(self._entries) > self._size:
                self._bound()

    def forget(self, alerts: Collection[Alert]) -> None:
        """These were delivered after all."""
        with self._changed:
            self._entries = [entry for entry in self._entries if entry.alert not in alerts]

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

    @property
    def closed(self) -> bool:
        with self._changed:
            return self._closed

    def _first(self) -> Entry:
        oldest: dict[tuple[str, Severity], Entry] = {}
        for entry in self._entries:  # the end of a condition is as severe as its beginning
            oldest.setdefault((entry.alert.key, entry.alert.severity), entry)
        return max(oldest.values(), key=lambda entry: entry.urgency)

    def _like(self, first: Entry) -> list[Entry]:
        return [entry for entry in self._entries if entry.critical == first.critical]

    def _out(self, taken: list[Entry]) -> tuple[Entry, ...]:
        out = {id(entry) for entry in taken}
        self._entries = [entry for entry in self._entries if id(entry) not in out]
        return tuple(taken)

    def _bound(self) -> None:
        if len(self._entries) > self._size:
            least = min(self._entries, key=lambda entry: entry.rank)
            self._entries.remove(least)
            self.dropped += 1
