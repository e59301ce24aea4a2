"""What the living daemon was told: which changes it may be held to know."""

from collections.abc import Iterable
from decimal import Decimal as D

from hedgebot.domain.events import (
    BalanceSeen,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    FeedLost,
    FillSeen,
    LookedUp,
    OrderSeen,
    OutcomeUnknown,
    PositionSeen,
    Scope,
    SnapshotTaken,
    Submitted,
)
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Fill, OrderId, OrderReport, OrderStatus
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.exchange import AsOf
from tests.core.adversary.truth import ZERO, Change, Truth

NEVER = -(2**60)
SILENT_MS = 10_000
BELIEVE_MS = 10_000
"""After so long even an undated or contradicted REST row must be believed."""


class Knowledge:
    """Follows every event that reaches the daemon."""

    def __init__(self, agenda: Agenda, truth: Truth, as_of: dict[int, AsOf]) -> None:
        self.begun_ms = agenda.now
        self._agenda, self._truth, self._as_of = agenda, truth, as_of
        self._said: dict[str, tuple[int, int]] = {}
        """By wallet or instrument: when the stream spoke last, and of which venue time."""
        self._shown: dict[str, D] = {}
        """By wallet: the total that was told last."""
        self._moved_ms = agenda.now
        """When a wallet last showed another total."""
        self._read: set[str] = set()
        """Wallets and instruments that this daemon read at least once."""
        self._epochs: dict[str, int] = {}
        self._synced: set[str] = set()
        """Venues that were read whole since their stream is up."""
        self._proofs: dict[str, int] = {}
        self._clear: dict[str, int] = {}
        self.unknown: set[OrderId] = set()
        """Orders whose outcome was said to be unknown, and nothing since."""
        self._over: set[OrderId] = set()

    def blind(self, venue: str) -> bool:
        """Whether nothing tells how it stands there."""
        silent_ms = self._agenda.now - self._proofs.get(venue, NEVER)
        return self._epochs.get(venue, -1) < 0 or venue not in self._synced or silent_ms > SILENT_MS

    def was_read(self, venue: str) -> bool:
        """Whether this daemon knows at all what was there."""
        return any(name.startswith(f"{venue}:") for name in self._read)

    def shown(self, wallet: str) -> D | None:
        """The total of a wallet as it was told last; None: never."""
        return self._shown.get(wallet)

    def clear_ms(self, venue: str) -> int:
        """When it was last known how it stands there; our clock."""
        return self._clear.get(venue, self.begun_ms)

    def _prove(self, venue: str) -> None:
        self._proofs[venue] = self._agenda.now
        if venue in self._synced:
            self._clear[venue] = self._agenda.now

    def forget(self, durable: set[tuple[InstrumentId, str]]) -> None:
        """A new daemon: it knows the journal's fills, and of wallets nothing."""
        self._said.clear()
        self._shown.clear()
        self._read.clear()
        self._epochs.clear()
        self._synced.clear()
        self._proofs.clear()
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
                self._show(balance.wallet, balance.total)
                self._stream(balance.wallet, balance.venue_ms, shown)
            case PositionSeen():
                position = event.position
                series = self._truth.positions[position.instrument]
                shown = series.position_of(position.venue_ms, position.qty)
                self._stream(position.instrument, position.venue_ms, shown)
            case FeedBack() | FeedAlive() | FeedLost() if event.channel is Channel.ACCOUNT:
                self._feed(event)
            case LookedUp():
                self.unknown.discard(event.order_id)
                self._fills(event.fills)
            case OrderSeen() | Submitted() | OutcomeUnknown():
                self._outcome(event)
            case SnapshotTaken() if self._epochs.get(event.venue) == event.epoch:
                self._snapshot(event, self._as_of[id(event)])
            case _:
                pass

    def _feed(self, event: FeedBack | FeedAlive | FeedLost) -> None:
        if not isinstance(event, FeedAlive):
            self._epochs[event.venue] = event.epoch if isinstance(event, FeedBack) else -1
            self._synced.discard(event.venue)
        if not isinstance(event, FeedLost):
            self._prove(event.venue)

    def _outcome(self, event: OrderSeen | Submitted | OutcomeUnknown) -> None:
        if isinstance(event, OutcomeUnknown):
            self.unknown |= {event.order_id} - self._over
        else:
            self._ended(event.report)

    def _ended(self, report: OrderReport) -> None:
        if report.order_id and report.status is not OrderStatus.WORKING:
            self._over.add(report.order_id)
            self.unknown.discard(report.order_id)

    def _open(self) -> list[Change]:
        return [c for c in self._truth.changes if c.seen_ms is None or not c.explained]

    def _see(self, change: Change, how: str, at_ms: int | None = None) -> None:
        if change.seen_ms is None:
            change.seen_ms = self._agenda.now if at_ms is None else at_ms
        change.told.add(how)

    def _show(self, wallet: str, total: D) -> None:
        if self._shown.get(wallet) != total:
            self._shown[wallet], self._moved_ms = total, self._agenda.now

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
        if event.scope is Scope.FULL:
            self._synced.add(event.venue)
        for report in event.orders:
            self._ended(report)
        self._fills(event.fills)
        coins = {row.wallet: row for row in event.balances if row.asset == "BTC"}
        for wallet in event.wallets:
            self._show(wallet, coins[wallet].total if wallet in coins else ZERO)
            venue_ms = coins[wallet].venue_ms if wallet in coins else 0
            self._row(wallet, venue_ms, event.requested_ms, as_of.balances)
        for row in event.positions:
            self._row(row.instrument, row.venue_ms, event.requested_ms, as_of.positions)

    def _row(self, name: str, venue_ms: int, requested_ms: int, as_of_ms: int) -> None:
        """A REST row. Where a wallet shows what it showed before although coins came, they have
        moved on: what is known of them is what another wallet told when it last changed.
        """
        said_ms, said_venue_ms = self._said.get(name, (NEVER, NEVER))
        newer = requested_ms > said_ms and venue_ms >= said_venue_ms
        first = name not in self._read
        sure = newer or requested_ms >= said_ms + BELIEVE_MS
        for change in self._open():
            if name not in {change.wallet, change.instrument} or change.at_ms > as_of_ms:
                continue
            if first:
                if change.wallet:
                    change.seen_ms = None  # a start goes by what it reads, whatever was said before
                self._see(change, "start")
            elif sure:
                self._see(change, "balance", self._moved_ms if change.wallet else None)
            elif change.seen_ms is None:
                change.maybe = True
        self._read.add(name)


assert ZERO == 0
