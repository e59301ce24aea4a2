"""Drives `step` by the clock of the bars, and obeys it: orders, snapshots, look-ups, wake-ups.

Sockets are alive whenever the venue told a price; the venue answers in time. What the shell does by
tasks and queues is one agenda here, in order of time.
"""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgebot.core import feeds
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.reconciliation import agrees
from hedgebot.core.start import state_at_start
from hedgebot.core.state import State
from hedgebot.core.step import FOLDS, step
from hedgebot.domain.actions import (
    Action,
    Alert,
    Keep,
    LookUp,
    Place,
    ReadWithdrawals,
    Snapshot,
    SolveBand,
)
from hedgebot.domain.events import (
    Balance,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    Position,
    SnapshotTaken,
    Stamped,
    Tick,
    WithdrawalsRead,
)
from hedgebot.domain.fees import FeeSeen
from hedgebot.domain.instruments import Kind
from hedgebot.domain.orders import OrderIntent
from hedgebot.domain.records import DecisionKept, Durable
from hedgebot.research.agenda import READ_MS, SOLVE_MS, Agenda
from hedgebot.research.backtest import bands
from hedgebot.research.backtest.exchange import Exchange
from hedgebot.research.backtest.records import Diary

PROOF_MS = 3_000
"""The shell pings each socket so often."""
STEPS_MAX = 100_000
"""Of one busy stretch: more than that is a loop."""
EPOCH = 1

Send = Callable[[OrderIntent], Iterable[Event]]
"""Puts an order to the venue now; what its streams and its answer tell."""


@dataclass(slots=True)
class Driver:
    """One run of a book."""

    policy: Policy
    exchange: Exchange
    state: State
    send: Send
    latency_ms: int
    diary: Diary = field(default_factory=Diary)
    agenda: Agenda = field(default_factory=Agenda)

    @property
    def now(self) -> int:
        return self.exchange.clock.now_ms

    def tell(self, *events: Event) -> None:
        """Fold events now, and obey what is decided."""
        for event in events:
            stamped = Stamped(self.exchange.clock.now_ms, event)
            for action in step(self.state, stamped, self.policy):
                self._obey(action)

    def _obey(self, action: Action) -> None:
        match action:
            case Place(order=approved):
                intent = approved.intent
                self.diary.intents[intent.order_id] = intent
                self.agenda.put(self.now + self.latency_ms, lambda: self.send(intent))
            case Snapshot():
                asked_ms = self.now
                self.agenda.put(asked_ms + READ_MS, lambda: [self._taken(action, asked_ms)])
            case ReadWithdrawals():
                answer = WithdrawalsRead(action.venue, self.now, ())
                self.agenda.put(self.now + READ_MS, lambda: [answer])
            case SolveBand():
                self.agenda.put(self.now + SOLVE_MS, lambda: [bands.answer(action)])
            case LookUp():
                raise AssertionError(f"an answered order is looked up: {action}")
            case Alert():
                self.diary.alerts.append(action)
            case Keep(record=DecisionKept() as row):
                self.diary.decisions.append(row)
            case _:
                pass

    def _taken(self, ask: Snapshot, asked_ms: int) -> SnapshotTaken:
        """What REST says: as it stands, dated when it was asked for."""
        entry = self.exchange.entries[ask.venue]
        positions = []
        for own in entry.instruments.values():
            held = entry.position(own)
            entry_price = entry.desk().desk.markets[own.market_id].price_at(held.average)
            qty = held.qty * own.units_per_contract
            positions.append(Position(own.id, qty, entry_price, held.updated_ms))
        return SnapshotTaken(
            venue=ask.venue,
            scope=ask.scope,
            epoch=ask.epoch,
            requested_ms=asked_ms,
            wallets=self.policy.venue(ask.venue).wallets,
            balances=tuple(
                Balance(entry.wallet_id, asset, total, asked_ms)
                for asset, total in entry.wallet.totals.items()
            ),
            positions=tuple(positions),
            open_orders=(),
        )

    def fold(self, *events: Event) -> None:
        """Fold events of one moment without deciding yet: whatever is told next decides.

        Live they come in a burst, and every socket proved itself, and every account was audited,
        all the time since the last price; here all of that time is one moment.
        """
        fx = Effects(self.state, self.now)
        for event in events:
            FOLDS[type(event)](self.state, self.policy, event, fx)
        for action in fx.actions:
            self._obey(action)

    def alive(self, *, dark: Iterable[str] = (), often: bool = False) -> None:
        """Every socket proves that it would have told; not the prices of venues in the dark."""
        self.fold(*(
            FeedAlive(name, channel, EPOCH)
            for name, venue in self.state.venues.items()
            for channel, feed in venue.feeds.items()
            if (channel is Channel.ACCOUNT or name not in dark)
            and (often or self.now - feed.proof_ms >= PROOF_MS)
        ))  # fmt: skip

    def audited(self) -> None:
        """Whatever reading of the account is due by now was made, in time."""
        fx = Effects(self.state, self.now)
        for name in self.state.venues:
            feeds.check(self.state, self.policy, name, fx)
        for action in fx.actions:
            if isinstance(action, Snapshot):
                self.fold(self._taken(action, self.now))
            else:
                self._obey(action)

    def run_until(self, at_ms: int, *, dark: Iterable[str] = (), ticks: bool = False) -> None:
        """Let time pass up to then: what is due comes, and ticks while anything is under way."""
        for _ in range(STEPS_MAX):
            due_ms = self.agenda.next_ms()
            wake_ms = self.state.wakes.timers.earliest() if ticks or self.busy() else None
            soonest = min((ms for ms in (due_ms, wake_ms) if ms is not None), default=None)
            if soonest is None or soonest > at_ms:
                return
            self.exchange.clock.now_ms = max(self.now, soonest)
            self.alive(dark=dark)
            if due_ms is not None and due_ms <= soonest:
                _, _, what = heapq.heappop(self.agenda.due)
                self.tell(*what())
            else:
                self.tell(Tick())
        raise AssertionError(f"no rest before {at_ms}: the decision goes round in circles")

    def busy(self) -> bool:
        """Whether something is under way that the time between two prices decides."""
        state = self.state
        if state.desk.orders or any(book.pending for book in state.ledger.assets.values()):
            return True
        if not all(agrees(state.ledger.positions[own]) for own in self.exchange.listed):
            return True
        return any(hedge.out_ms is not None and self._priced(hedge.policy.instruments)
                   for hedge in state.hedges.values())  # fmt: skip

    def _priced(self, instruments: Iterable[str]) -> bool:
        oldest = self.now - self.policy.limits.mark_age_ms_max
        return any(m.mark_ms >= oldest for m in self.state.markets.values()
                   if m.instrument.id in instruments)  # fmt: skip

    def start(self, at_ms: int) -> None:
        """Feeds up and every wallet read, twice where it must be; done by then."""
        self.tell(Tick())
        for name in self.state.venues:
            for channel in Channel:
                self.tell(FeedBack(name, channel, EPOCH))
        for own, each in self.exchange.listed.items():
            self.tell(FeeSeen(own, each.market.fee_taker))
        self.run_until(at_ms, ticks=True)


def driver_of(policy: Policy, exchange: Exchange, send: Send, latency_ms: int) -> Driver:
    """A driver with nothing told yet; the clock stands where the run begins."""
    policy = replace(policy, venues=tuple(replace(v, tells_withdrawals=False, polled=())
                                          for v in policy.venues))  # fmt: skip
    instruments = tuple(each.instrument for each in exchange.listed.values())
    now = exchange.clock.now_ms
    state = state_at_start(policy, instruments, Durable(epoch=EPOCH), now=now)
    return Driver(policy, exchange, state, send, latency_ms)


def hedge_coins(kind: Kind, qty: Decimal, cost: Decimal, coins_per_unit: Decimal) -> Decimal:
    """Delta of a position in coins: of an inverse one what it owes at its entry price."""
    return -cost if kind is Kind.INVERSE else qty * coins_per_unit
