"""A book in a bottle: a policy, an instrument, and a venue that says what a test tells it to."""

from dataclasses import dataclass, field, replace
from decimal import Decimal as D
from typing import Any, TypeVar

from hedgebot.core import solving
from hedgebot.core.feeds import REREAD_MS
from hedgebot.core.policy import (
    Band,
    BandUnit,
    HedgePolicy,
    Limits,
    OrderStyle,
    Policy,
    VenuePolicy,
)
from hedgebot.core.start import state_at_start
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain.actions import (
    Action,
    Alert,
    Keep,
    LookUp,
    Place,
    ReadWithdrawals,
    Snapshot,
    SolveBand,
    WakeAt,
)
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    FillSeen,
    LookedUp,
    MarkSeen,
    ModeSeen,
    Position,
    PositionSeen,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
    Stamped,
    Submitted,
    Tick,
    TouchSeen,
    WithdrawalsRead,
    WithdrawalsUnread,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, Side, WalletId
from hedgebot.domain.orders import Cause, Fill, Leg, OrderIntent, OrderReport, OrderStatus
from hedgebot.domain.records import DecisionKept, Durable
from hedgebot.domain.withdrawals import Withdrawal

PERP = InstrumentId("perp:BTC/USDT:USDT")
SPOT_WALLET = WalletId("spot:spot")
PERP_WALLET = WalletId("perp:futures")
START_MS = 1_700_000_000_000
READ_MS_MAX = 5_000
A = TypeVar("A")
R = TypeVar("R")

BTC = Instrument(
    id=PERP, venue="perp", account="main", symbol="BTC/USDT:USDT", market_id="BTCUSDT",
    kind=Kind.LINEAR, asset="BTC", quote="USDT", settle="USDT",
    lot=D("0.001"), tick=D("0.1"), notional_min=D(100),
    price_up_max=D("1.05"), price_down_min=D("0.95"),
)  # fmt: skip
HEDGE = HedgePolicy(
    asset="BTC", ratio=D(1), band=Band(-0.02, 0.02, BandUnit.COIN), instruments=(PERP,),
    order=OrderStyle(cooldown_ms=0),
)  # fmt: skip
POLICY = Policy(
    book="test",
    venues=(
        VenuePolicy(name="spot", account="main", wallets=(SPOT_WALLET,), collateral=False),
        VenuePolicy(name="perp", account="main", wallets=(PERP_WALLET,), collateral=True),
    ),
    hedges=(HEDGE,),
    limits=Limits(),
)


@dataclass
class World:
    """Drives `step` and remembers every action. The venue is honest unless told not to be."""

    policy: Policy = POLICY
    instruments: tuple[Instrument, ...] = (BTC,)
    durable: Durable = field(default_factory=lambda: Durable(epoch=1))
    mark: float = 50_000.0
    now: int = START_MS
    state: State = field(init=False)
    actions: list[Action] = field(default_factory=list)
    wake: int | None = None
    asks: list[tuple[int, Snapshot]] = field(default_factory=list)
    """Snapshots asked for and not answered, each with its time."""
    coins: dict[WalletId, D] = field(default_factory=dict)
    """What each wallet holds of BTC."""
    positions: dict[InstrumentId, D] = field(default_factory=dict)
    entries: dict[InstrumentId, D] = field(default_factory=dict)
    """Average entry prices; 50,000 where none is told."""
    open_orders: tuple[OrderReport, ...] = ()
    """Other people's, at the perpetuals."""
    trades: int = 0
    reads: list[ReadWithdrawals] = field(default_factory=list)
    """Withdrawal records asked for and not answered."""
    bands: list[SolveBand] = field(default_factory=list)
    """Bands asked for and not answered."""
    records: list[Withdrawal] = field(default_factory=list)
    """What the venue tells of withdrawals."""
    records_readable: bool = True
    dated_ms: int | None = 0
    """The venue's time of its rows; 0: a moment ago; None: they name none."""

    def __post_init__(self) -> None:
        self.state = state_at_start(self.policy, self.instruments, self.durable, now=self.now)

    @property
    def spot(self) -> D:
        return self.coins.get(SPOT_WALLET, D(0))

    @spot.setter
    def spot(self, coins: D) -> None:
        self.coins[SPOT_WALLET] = coins

    @property
    def position(self) -> D:
        return self.positions.get(PERP, D(0))

    @position.setter
    def position(self, qty: D) -> None:
        self.positions[PERP] = qty

    def tell(self, event: Event) -> list[Action]:
        """One event now; its actions, remembered too."""
        actions = step(self.state, Stamped(self.now, event), self.policy)
        self.actions += actions
        for action in actions:
            if isinstance(action, WakeAt):
                self.wake = action.at_ms
            elif isinstance(action, Snapshot):
                self.asks.append((self.now, action))
            elif isinstance(action, ReadWithdrawals):
                self.reads.append(action)
            elif isinstance(action, SolveBand):
                self.bands.append(action)
        return actions

    def wait(self, ms: int, *, alive: bool = True, readable: bool = True) -> list[Action]:
        """Let time pass: ticks when asked for, sockets and prices alive, snapshots answered."""
        end, found = self.now + ms, list[Action]()
        while self.now < end:
            self.now = min(end, max(self.wake or end, self.now + 1), self.now + 500)
            found += (self.alive() if alive else []) + self.tell(Tick())
            found += self.answer() if readable else self.fail_late()
        return found

    def answer(self) -> list[Action]:
        """Answer every snapshot asked for, and those that follow."""
        found: list[Action] = []
        while self.asks:
            _, ask = self.asks.pop(0)
            found += self.tell(self.snapshot(ask))
        while self.reads:
            found += self.tell(self.withdrawals(self.reads.pop(0)))
        while self.bands:
            found += self.tell(solving.answer(self.bands.pop(0)))
        return found

    def withdrawals(self, read: ReadWithdrawals) -> WithdrawalsRead | WithdrawalsUnread:
        """What the venue tells of withdrawals since then, if it tells."""
        if not self.records_readable:
            return WithdrawalsUnread(read.venue, "no answer")
        since = tuple(r for r in self.records if r.applied_ms >= read.since_ms)
        return WithdrawalsRead(read.venue, self.now, since)

    def fail_late(self) -> list[Action]:
        """REST answers nothing: a read ends by its deadline, as the shell sees to it."""
        found: list[Action] = []
        for asked_ms, ask in list(self.asks):
            if self.now - asked_ms >= READ_MS_MAX:
                self.asks.remove((asked_ms, ask))
                found += self.tell(SnapshotFailed(ask.venue, ask.scope, "no answer"))
        return found

    def alive(self) -> list[Action]:
        found: list[Action] = []
        for venue in self.state.venues:
            for channel in Channel:
                epoch = self.state.venues[venue].feeds[channel].epoch
                found += self.tell(FeedAlive(venue, channel, epoch))
        for instrument in self.instruments:
            found += self.price(self.mark, instrument.id)
        return found

    def snapshot(self, ask: Snapshot) -> SnapshotTaken:
        """What REST says at this moment: the truth, dated a moment ago."""
        return self.snapshot_of(ask.venue, ask.epoch, scope=ask.scope)

    def snapshot_of(
        self,
        venue: str,
        epoch: int = 1,
        *,
        scope: Scope = Scope.AUDIT,
        open_orders: tuple[OrderReport, ...] | None = None,
        orders: tuple[OrderReport, ...] = (),
        fills: tuple[Fill, ...] = (),
        modes: tuple[ModeSeen, ...] = (),
    ) -> SnapshotTaken:
        at = 0 if self.dated_ms is None else self.dated_ms or self.now - 1
        wallets = self.policy.venue(venue).wallets
        if open_orders is None:
            open_orders = self.open_orders if venue == "perp" else ()
        return SnapshotTaken(
            venue=venue, scope=scope, epoch=epoch, requested_ms=self.now, wallets=wallets,
            balances=tuple(Balance(w, "BTC", self.coins.get(w, D(0)), at) for w in wallets),
            positions=tuple(
                Position(i.id, self.positions.get(i.id, D(0)), self.entry(i.id), at)
                for i in self.instruments
                if i.venue == venue and i.kind is not Kind.SPOT
            ),
            open_orders=open_orders, orders=orders, fills=fills, modes=modes,
        )  # fmt: skip

    def price(self, mark: float, instrument: InstrumentId = PERP) -> list[Action]:
        self.mark = mark
        self.tell(TouchSeen(instrument, mark - 0.5, 10.0, mark + 0.5, 10.0, self.now))
        return self.tell(MarkSeen(instrument, mark, mark, self.now))

    def start(self, spot: D | None = None, position: D | None = None) -> "World":
        """Feeds up, prices known, venues read."""
        self.spot = self.spot if spot is None else spot
        self.position = self.position if position is None else position
        self.tell(Tick())
        for venue in self.state.venues:
            for channel in Channel:
                self.tell(FeedBack(venue, channel, 1))
        self.answer()
        self.price(self.mark)
        self.wait(REREAD_MS + 1)  # every wallet of an account is read twice before it counts
        return self

    def buy_spot(self, qty: D) -> list[Action]:
        """A spot fill, then its balance: the later of the two explains the delta."""
        found = self.spot_fill(qty)
        self.spot += qty
        return found + self.spot_balance()

    def spot_fill(self, qty: D) -> list[Action]:
        self.trades += 1
        side = Side.BUY if qty > 0 else Side.SELL
        fill = Fill(
            instrument=InstrumentId("spot:BTC/USDT"), trade_id=str(self.trades),
            venue_order_id=f"s{self.trades}", client_order_id="web", order_id=None, side=side,
            qty=abs(qty), price=D(50_000), fee=D(0), fee_asset="USDT", cause=Cause.FOREIGN,
            legs=(Leg(wallet=SPOT_WALLET, asset="BTC", change=qty),), venue_ms=self.now,
        )  # fmt: skip
        return self.tell(FillSeen(fill))

    def spot_balance(self) -> list[Action]:
        return self.balance(SPOT_WALLET)

    def balance(self, wallet: WalletId, change: D = D(0)) -> list[Action]:
        """A wallet changes by so much, and the stream says its total."""
        self.coins[wallet] = self.coins.get(wallet, D(0)) + change
        return self.tell(BalanceSeen(Balance(wallet, "BTC", self.coins[wallet], self.now)))

    def report(self, intent: OrderIntent, status: OrderStatus, filled: D) -> OrderReport:
        return intent.reported(
            status, filled, client_order_id="ours", venue_ms=self.now,
            venue_order_id=f"v{intent.order_id & 0xFFFF}",
        )  # fmt: skip

    def fill_of(self, intent: OrderIntent, qty: D) -> Fill:
        self.trades += 1
        return Fill(
            instrument=intent.instrument, trade_id=str(self.trades),
            venue_order_id=f"v{intent.order_id & 0xFFFF}", client_order_id="ours",
            order_id=intent.order_id, side=intent.side, qty=qty, price=intent.price,
            fee=D("0.01"), fee_asset="USDT", cause=Cause.OURS, legs=(), venue_ms=self.now,
        )  # fmt: skip

    def execute(self, intent: OrderIntent, qty: D | None = None) -> list[Action]:
        """The venue takes the order, fills so much of it, and tells everything."""
        filled = intent.qty if qty is None else qty
        end = OrderStatus.FILLED if filled == intent.qty else OrderStatus.EXPIRED
        found = self.tell(Submitted(intent.order_id, self.report(intent, end, filled)))
        if filled:
            found += self.tell(FillSeen(self.fill_of(intent, filled)))
            found += self.move(intent.instrument, filled * intent.side.value)
        return found

    def looked_up(
        self, intent: OrderIntent, report: OrderReport | None = None, *fills: Fill
    ) -> list[Action]:
        """A look-up asked for and answered now."""
        return self.tell(LookedUp(intent.order_id, report, fills, requested_ms=self.now))

    def obey(self, found: list[Action]) -> list[OrderIntent]:
        """Execute every order placed, and those that follow, until there is none."""
        orders: list[OrderIntent] = []
        while intents := placed(found):
            orders += intents
            found = [action for intent in intents for action in self.execute(intent)]
        return orders

    def move(self, instrument: InstrumentId, change: D) -> list[Action]:
        """A position changes by so much, and the stream says so."""
        self.positions[instrument] = self.positions.get(instrument, D(0)) + change
        return self.tell_position(instrument)

    def tell_position(self, instrument: InstrumentId = PERP) -> list[Action]:
        qty = self.positions.get(instrument, D(0))
        entry = self.entry(instrument)
        return self.tell(PositionSeen(Position(instrument, qty, entry, self.now)))

    def entry(self, instrument: InstrumentId) -> D:
        """As the venue says it."""
        return self.entries.get(instrument, D(50_000))


def only(kind: type[A], actions: list[Action]) -> list[A]:
    return [action for action in actions if isinstance(action, kind)]


def placed(actions: list[Action]) -> list[OrderIntent]:
    return [place.order.intent for place in only(Place, actions)]


def alerts(actions: list[Action]) -> list[Alert]:
    return only(Alert, actions)


def lookups(actions: list[Action]) -> list[LookUp]:
    return only(LookUp, actions)


def rows(kind: type[R], actions: list[Action]) -> list[R]:
    """Rows of that kind which the journal was asked to keep."""
    return [keep.record for keep in only(Keep, actions) if isinstance(keep.record, kind)]


def decisions(actions: list[Action]) -> list[DecisionKept]:
    return rows(DecisionKept, actions)


def policy_with(**changes: Any) -> Policy:
    """POLICY with its one hedge changed."""
    return replace(POLICY, hedges=(replace(HEDGE, **changes),))
