"""Writing: batches, all or nothing."""

from collections.abc import Sequence

from hedgebot.adapters.journal import tables
from hedgebot.adapters.journal.codec import Redact, codecs, encodable
from hedgebot.adapters.journal.place import Place
from hedgebot.adapters.journal.rows import Rows
from hedgebot.adapters.journal.shapes import fill_of
from hedgebot.adapters.journal.store import Store
from hedgebot.domain.actions import Alert
from hedgebot.domain.orders import Fill
from hedgebot.domain.records import EpochKept, FillKept, OrderMoved, Phase, Record
from hedgebot.errors import JournalError

Row = dict[str, object]

CLOSE = (
    "UPDATE intents SET closed_ms = :at_ms"
    " WHERE book_id = :book_id AND order_id = :order_id AND closed_ms IS NULL"
)
LAST_EPOCH = "SELECT max(epoch) FROM epochs WHERE book_id = ?"
TAKE_EPOCH = (
    "INSERT INTO epochs (book_id, account_id, epoch, at_ms, adopted, error)"
    " VALUES (?, '', ?, ?, 0, '')"
)
END_EPOCH = "UPDATE epochs SET ended_ms = ?, error = ? WHERE book_id = ? AND epoch = ?"
FORGET_COUNTERS = "DELETE FROM counters WHERE book_id = ? AND window_ms > 0 AND window_ms < ?"
SETTLE_ALERT = (
    "UPDATE alerts SET delivered = 1 WHERE book_id = ? AND key = ? AND at_ms = ? AND text = ?"
)
TOLD_MAX = 200
"""Alerts that were told and have no row yet."""
SAME_FILL = ("side", "qty", "price")
"""What a venue cannot say differently of one trade; its other fields one record has, one lacks."""


class Writer:
    """Writes the rows of one book."""

    def __init__(self, store: Store, place: Place, redact: Redact) -> None:
        self._store = store
        self._book_id = place.book_id
        self._accounts = place.accounts
        self._redact = redact
        self._codecs = codecs(redact)
        self._rows = Rows(store, place.book_id)
        self._told: list[Alert] = []

    def write(self, batch: Sequence[Record]) -> None:
        """Commit every row, or none.

        Raises:
            JournalError: nothing of the batch was kept.
        """
        if any(isinstance(record, EpochKept) for record in batch):
            # An epoch that a host crash took back would be given out twice.
            with self._store.fsynced():
                self._insert(batch)
        else:
            self._insert(batch)

    def take_epoch(self, now_ms: int) -> int:
        """Begin a start: the next epoch, on the disk before it is used.

        Raises:
            JournalError: it could not be written.
        """
        with self._store.fsynced(), self._store.transaction() as raw:
            (last,) = raw.execute(LAST_EPOCH, (self._book_id,)).fetchone()
            if last is not None and not isinstance(last, int):
                raise self._rows.corrupt(f"epochs, row epoch = {last!r}: not a number")
            epoch = (last or 0) + 1
            raw.execute(TAKE_EPOCH, (self._book_id, epoch, now_ms))
        return epoch

    def end_epoch(self, epoch: int, now_ms: int, error: str) -> None:
        """Note how a start ended."""
        told = self._redact(encodable(error))
        with self._store.transaction() as raw:
            raw.execute(END_EPOCH, (now_ms, told, self._book_id, epoch))

    def forget_counters(self, before_ms: int) -> None:
        """Drop the counts of windows that began before then; 0 is no window and stays."""
        with self._store.transaction() as raw:
            raw.execute(FORGET_COUNTERS, (self._book_id, before_ms))

    def settle_alerts(self, alerts: Sequence[Alert]) -> None:
        """These were told: they need not go out at the next start.

        Those that have no row yet are remembered, and tried again by the next call.

        Raises:
            JournalError: all of them are remembered.
        """
        self._told = [*self._told, *alerts][-TOLD_MAX:]
        early = []
        with self._store.transaction() as raw:
            for alert in self._told:
                key, text = (self._redact(encodable(part)) for part in (alert.key, alert.text))
                row = (self._book_id, key, alert.at_ms, text)
                if not raw.execute(SETTLE_ALERT, row).rowcount:
                    early.append(alert)
        self._told = early

    def _insert(self, batch: Sequence[Record]) -> None:
        try:
            with self._store.transaction() as raw:
                for record in batch:
                    codec = self._codecs[type(record)]
                    row = codec.row(record, self._book_id, self._accounts)
                    kept = raw.execute(codec.insert, row).rowcount
                    if isinstance(record, OrderMoved) and record.phase is Phase.CLOSED:
                        raw.execute(CLOSE, row)
                    elif isinstance(record, FillKept) and not kept:
                        self._require_same(record.fill, row)
        except (ValueError, OverflowError) as error:  # refused by its column, or beyond 64 bits
            raise JournalError(f"journal: a row cannot be kept: {error}") from error

    def _require_same(self, fill: Fill, row: Row) -> None:
        fills = tables.fills
        found = self._rows.find(
            fills,
            fills.c.account_id == row["account_id"],
            fills.c.instrument == row["instrument"],
            fills.c.trade_id == row["trade_id"],
        )
        kept = fill_of(next(found))
        told = _difference(kept, fill)
        if told:
            raise JournalError(
                f"journal {self._store.path}: trade {fill.trade_id} of {fill.instrument} is kept "
                f"otherwise than the venue now tells it ({told}): compare it with the venue's own "
                "list of trades and mend that row"
            )


def _difference(kept: Fill, seen: Fill) -> str:
    names = [*SAME_FILL]
    if kept.venue_order_id and seen.venue_order_id:
        names.append("venue_order_id")
    if kept.fee_asset and seen.fee_asset:
        names += ["fee", "fee_asset"]
    return ", ".join(
        f"{name}: {getattr(kept, name)} kept, {getattr(seen, name)} told"
        for name in names
        if getattr(kept, name) != getattr(seen, name)
    )
