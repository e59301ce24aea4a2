"""What the living daemon was told: which changes it may be held to know."""

from collections.abc import Iterable

from hedgebot.domain.events import (
    BalanceSeen,
    Channel,
    Event,
    FeedBack,
    FeedLost,
    FillSeen,
    LookedUp,
    PositionSeen,
    SnapshotTaken,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Fill
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.exchange import AsOf
from tests.core.adversary.truth import ZERO, Change, Truth

NEVER = -(2**60)
BELIEVE_MS = 10_000
"""After so long even an undated or contradicted REST row must be believed."""


class Knowledge:
    """Follows every event that reaches the daemon."""

    def __init__(self, agenda: Agenda, truth: Truth, as_of: dict[int, AsOf]) -> None:
        self.begun_ms = agenda.now
        self._agenda, self._truth, self._as_of = agenda, truth, as_of
        self._said: dict[str, tuple[int, int]] = {}
        """By wallet or instrument: when the stream spoke last, and of which venue time."""
        self._read: set[str] = set()
        """Wallets and instruments that this daemon read at least once."""
        self._epochs: dict[str, int] = {}

    def forget(self, durable: set[tuple[InstrumentId, str]]) -> None:
        """A new daemon: it knows the journal's fills, and of wallets nothing."""
        self._said.clear()
        self._read.clear()
        self._epochs.clear()
        for change in self._truth.changes:
            kept = all((change.instrument, trade) in durable for trade in change.trade_ids)
            if change.instrument is None or not kept:
                change.seen_ms, change.maybe = None, False
                change.told.clear()

    def told(self, event: Event) -> None:
        match event:
            case FillSeen():
                self._fills([event.fill])
            case BalanceSeen() if event.balance.asset == "BTC":
                balance = event.balance
                series = self._truth.wallets[balance.wallet]
                shown = series.position_of(balance.venue_ms, balance.total)
                self._stream(balance.wallet, balance.venue_ms, shown)
            case PositionSeen():
                position = event.position
                series = self._truth.positions[position.instrument]
                shown = series.position_of(position.venue_ms, position.qty)
                self._stream(position.instrument, position.venue_ms, shown)
            case FeedBack(channel=Channel.ACCOUNT):
                self._epochs[event.venue] = event.epoch
            case FeedLost(channel=Channel.ACCOUNT):
                self._epochs[event.venue] = -1
            case LookedUp():
                self._fills(event.fills)
            case SnapshotTaken() if self._epochs.get(event.venue) == event.epoch:
                self._snapshot(event, self._as_of[id(event)])
            case _:
                pass

    def _open(self) -> list[Change]:
        return [c for c in self._truth.changes if c.seen_ms is None or not c.explained]

    def _see(self, change: Change, how: str) -> None:
        if change.seen_ms is None:
            change.seen_ms = self._agenda.now
        change.told.add(how)

    def _fills(self, fills: Iterable[Fill]) -> None:
        names = {fill.trade_id for fill in fills}
        for change in self._open():
            if change.trade_ids & names:
                self._see(change, "fill")

    def _stream(self, name: str, venue_ms: int, shown: int) -> None:
        before = self._said.get(name, (NEVER, NEVER))[1]
        if venue_ms >= before:
            self._said[name] = (self._agenda.now, venue_ms)
        for change in self._open():
            if name in {change.wallet, change.instrument} and change.version <= shown:
                self._see(change, "balance")

    def _snapshot(self, event: SnapshotTaken, as_of: AsOf) -> None:
        self._fills(event.fills)
        dated = {row.wallet: row.venue_ms for row in event.balances if row.asset == "BTC"}
        for wallet in event.wallets:
            self._row(wallet, dated.get(wallet, 0), event.requested_ms, as_of.balances)
        for row in event.positions:
            self._row(row.instrument, row.venue_ms, event.requested_ms, as_of.positions)

    def _row(self, name: str, venue_ms: int, requested_ms: int, as_of_ms: int) -> None:
        said_ms, said_venue_ms = self._said.get(name, (NEVER, NEVER))
        newer = requested_ms > said_ms and venue_ms >= said_venue_ms
        first = name not in self._read
        sure = newer or requested_ms >= said_ms + BELIEVE_MS
        for change in self._open():
            if name not in {change.wallet, change.instrument} or change.at_ms > as_of_ms:
                continue
            if first:
                self._see(change, "start")
            elif sure:
                self._see(change, "balance")
            elif change.seen_ms is None:
                change.maybe = True
        self._read.add(name)


assert ZERO == 0
