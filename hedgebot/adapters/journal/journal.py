"""The journal on SQLite: `ports.Journal`, inline on the loop, no threads (docs/adr/0003)."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Any

from hedgebot.adapters.journal import shapes, tables
from hedgebot.adapters.journal.checkpoints import Checkpoints
from hedgebot.adapters.journal.codec import Redact
from hedgebot.adapters.journal.lock import WriterLock
from hedgebot.adapters.journal.place import Place
from hedgebot.adapters.journal.recall import KNOWN_MS, recall
from hedgebot.adapters.journal.rows import Rows
from hedgebot.adapters.journal.schema import migrate
from hedgebot.adapters.journal.store import Store, open_store, prepare_file
from hedgebot.adapters.journal.writer import Writer
from hedgebot.domain.actions import Alert, Severity
from hedgebot.domain.records import ControlKept, Durable, HoldingKept, Record
from hedgebot.errors import JournalError
from hedgebot.ports import Clock

LATE_ALERT_MS = 3 * 24 * 3_600_000
"""An alert older than this is history and goes out no more."""
LATE_ALERTS_MAX = 100


class SqliteJournal:
    """The memory of one book; `open_journal` makes one."""

    def __init__(
        self, store: Store, place: Place, *, clock: Clock, redact: Redact, held: ExitStack
    ) -> None:
        self._store = store
        self._clock = clock
        self.rows = Rows(store, place.book_id)
        self._writer = Writer(store, place, redact)
        self._checkpoints = Checkpoints(store)
        self._held = held
        self._epoch: int | None = None

    async def load(self) -> Durable:
        """Take the next epoch, commit it with fsync, and read back what is durable.

        Raises:
            JournalError, JournalCorrupt: the text names the table, the row and the mend.
        """
        now_ms = self._clock.now_ms()
        self._epoch = self._writer.take_epoch(now_ms)
        self._writer.forget_counters(now_ms - KNOWN_MS)
        return recall(self.rows, self._epoch, now_ms)

    async def commit(self, batch: Sequence[Record]) -> None:
        """Make the rows durable, inline: some tens of microseconds.

        Raises:
            JournalError: nothing of the batch was kept.
        """
        self.write(batch)
        self._checkpoints.committed()

    def write(self, batch: Sequence[Record]) -> None:
        """`commit` for a command that has no loop."""
        if batch:
            self._writer.write(batch)

    def checkpoint(self) -> None:
        """Bring the write-ahead log home now; waits for the disk.

        Raises:
            JournalError: the disk refused; nothing is lost.
        """
        self._store.checkpoint()

    def undelivered_alerts(self) -> tuple[Alert, ...]:
        """Alerts of earlier starts that nobody was told, oldest first, as they were said."""
        alerts = tables.alerts
        since_ms = self._clock.now_ms() - LATE_ALERT_MS
        found = self.rows.find(
            alerts, alerts.c.delivered == 0, alerts.c.at_ms >= since_ms, limit=LATE_ALERTS_MAX
        )
        return tuple(self._said(row) for row in reversed(list(found)))

    def settle_alerts(self, alerts: Sequence[Alert]) -> None:
        """Note that these were told, late ones included.

        A row that is not there yet is noted once it is, at the close at the latest. Where it
        cannot be noted the alert goes out again at the next start: better than not at all.
        """
        with suppress(JournalError):
            self._writer.settle_alerts(alerts)

    def _said(self, row: dict[str, Any]) -> Alert:
        """A row as the alert that it was: the end of a condition has the severity of its start."""
        kept, alerts = shapes.alert_of(row), tables.alerts
        severity, recovered = Severity(kept.severity), False
        if kept.recovered:
            same_key = (alerts.c.key == kept.key, alerts.c.row_id < row["row_id"])
            before = [shapes.alert_of(each) for each in self.rows.find(alerts, *same_key, limit=1)]
            recovered = bool(before) and not before[0].recovered
            severity = Severity(before[0].severity) if recovered else severity
        return Alert(severity, kept.key, kept.text, recovered, kept.at_ms)

    def release(self) -> None:
        """Let go of file and lock at once."""
        self._checkpoints.stop()
        self._held.close()

    async def close(self, error: str = "") -> None:
        """Note how this start ended, checkpoint, release file and lock.

        Raises:
            JournalError: the end could not be noted; file and lock are released all the same.
        """
        epoch, self._epoch = self._epoch, None
        self.settle_alerts(())
        try:
            if epoch is not None:
                self._writer.end_epoch(epoch, self._clock.now_ms(), error)
                self._store.checkpoint()
        finally:
            self.release()


def open_journal(place: Place, clock: Clock, redact: Redact = str) -> SqliteJournal:
    """Take the writer lock, open the file and bring its tables up to date.

    `redact` masks secrets in every text before it is kept (invariant 11).

    Raises:
        AlreadyRunning: another process writes this journal.
        StartRefused: newer than this version, not a journal, or not to be written.
        JournalError, JournalCorrupt: the file cannot be used.
    """
    path = place.path
    with ExitStack() as held:
        prepare_file(path)
        held.enter_context(WriterLock(path))
        store = open_store(path, full_durability=place.full_durability)
        held.callback(store.close)
        migrate(store)
        return SqliteJournal(store, place, clock=clock, redact=redact, held=held.pop_all())


def keep_without_daemon(
    place: Place, clock: Clock, records: Sequence[ControlKept | HoldingKept], redact: Redact = str
) -> None:
    """Write what a command wants kept, for the next start to read.

    Raises:
        AlreadyRunning: a daemon runs: ask it through its control socket.
        JournalError, StartRefused: as `open_journal`.
    """
    journal = open_journal(place, clock, redact)
    try:
        journal.write(records)
    finally:
        journal.release()
