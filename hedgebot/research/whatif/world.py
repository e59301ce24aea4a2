"""One policy in the recorded world: its orders are filled as those of a dry run are.

The decision, the model of the venue that fills orders and the shadow that holds their positions are
those of a dry run (docs/adr/0013-dry-run.md). Here the shadow is the whole position of a hedge: it
begins as the account was first read.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial

from hedgebot.adapters.binance.depth import Depth, Level
from hedgebot.adapters.binance.shadow import Account, Shadow
from hedgebot.adapters.binance.shadow_match import match, refused
from hedgebot.core.step import step
from hedgebot.domain.actions import Action, LookUp, Place, ReadWithdrawals, Snapshot, SolveBand
from hedgebot.domain.events import (
    Event,
    FeedAlive,
    FillSeen,
    FundingSeen,
    LookedUp,
    MarkSeen,
    ModeName,
    ModeSeen,
    OrderSeen,
    Position,
    PositionSeen,
    SnapshotFailed,
    SnapshotTaken,
    Stamped,
    Submitted,
    Tick,
    TouchSeen,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Side
from hedgebot.domain.orders import Cause, Fill, OrderIntent
from hedgebot.research.agenda import READ_MS, SOLVE_MS, Agenda
from hedgebot.research.whatif.diary import Diary
from hedgebot.research.whatif.outside import Begun, Funded, Outside, Shifted, Told
from hedgebot.shell.solver import answer
from hedgebot.venue_model import positions
from hedgebot.venue_model.rejections import Rejected

ZERO, ONE = Decimal(0), Decimal(1)
AGAIN_MS = 200
"""What cannot be read yet is looked at again after so long."""
ASLEEP_MS = 60_000
"""Nothing at all was recorded for so long: the machine slept, and woke nobody."""
STEPS_MAX = 100_000
"""Of one stretch without a recorded event: more than that is a loop."""
LEVEL = Decimal("0.0001")
DEPTH_USD = Decimal(100_000)
"""A recording has the best prices only: so many dollars are taken to stand at each level behind
them, levels a basis point of the price apart."""
UNCHANGED = (FeedAlive, TouchSeen)
"""Events after which every delta is as before."""


class World:
    """Plays one policy."""

    def __init__(
        self, diary: Diary, outside: Outside, accounts: dict[str, Account], latency_ms: int
    ) -> None:
        """`accounts` are the shadows by venue entry; an order arrives `latency_ms` after its
        decision.
        """
        self.diary = diary
        self.now = 0
        self._outside = outside
        self._accounts = accounts
        self._latency_ms = latency_ms
        self._agenda = Agenda()

    def hear(self, now: int, told: Iterable[Told]) -> None:
        """Take up what happens now; time has passed up to there (`run_until`)."""
        self.now = max(self.now, now)
        for each in told:
            self._take(each)

    def _take(self, told: Told) -> None:
        match told:
            case Begun(position=position):
                self._begin(position)
            case Shifted():
                self._shift(told)
            case Funded():
                self._fund(told)
            case MarkSeen():
                self._mark(told)
            case FillSeen(fill=fill) if fill.instrument in self._outside.own:
                self._executed([fill])
            case TouchSeen():
                self._accounts[_venue(told.instrument)].touches[told.instrument] = told
                self._tell(told)
            case ModeSeen(name=ModeName.LEVERAGE, instrument=own) if own in self._outside.own:
                self._shadow(own).leverage = int(told.value)
                self._tell(told)
            case _:
                self._tell(told)

    def run_until(self, at_ms: int) -> None:
        """What is due before then comes, and ticks when they were asked for. The recorded world is
        still as it was: whoever reads it there must not see what comes later.
        """
        if at_ms - self.now > ASLEEP_MS:
            self.now = at_ms
        for _ in range(STEPS_MAX):
            due_ms = self._agenda.next_ms()
            wake_ms = self.diary.state.wakes.timers.earliest()
            soonest = min((ms for ms in (due_ms, wake_ms) if ms is not None), default=None)
            if soonest is None or soonest >= at_ms:
                return
            self.now = max(self.now, soonest)
            if due_ms == soonest:
                _, _, what = heapq.heappop(self._agenda.due)
                self._tell(*what())
            else:
                self._tell(Tick())
        raise AssertionError(f"no rest before {at_ms}: the decision goes round in circles")

    def _tell(self, *events: Event) -> None:
        diary = self.diary
        for event in events:
            actions = step(diary.state, Stamped(self.now, event), diary.policy)
            diary.note(actions)
            for action in actions:
                self._obey(action)
            if self._outside.begun and not isinstance(event, UNCHANGED):
                diary.look(self.now)

    def _obey(self, action: Action) -> None:
        now, put = self.now, self._agenda.put
        match action:
            case Place(order=approved):
                put(now + self._latency_ms, partial(self._arrive, approved.intent))
            case Snapshot():
                put(now + READ_MS, partial(self._read, action, now))
            case ReadWithdrawals():
                put(now + READ_MS, lambda: [self._outside.withdrawals(action, now)])
            case SolveBand():
                put(now + SOLVE_MS, lambda: [answer(action)])
            case LookUp():
                account = self._accounts[_venue(action.instrument)]
                put(now + READ_MS, lambda: [_looked_up(account, action, now)])
            case _:
                pass

    # -- the account ---------------------------------------------------------------------------

    def _read(self, ask: Snapshot, asked_ms: int) -> list[SnapshotTaken | SnapshotFailed]:
        taken = self._outside.read[ask.venue].taken(ask, asked_ms)
        if taken is None:
            self._agenda.put(self.now + AGAIN_MS, partial(self._read, ask, asked_ms))
            return []
        if isinstance(taken, SnapshotTaken):
            shadows = self._accounts[ask.venue].shadows.values()
            own = tuple(shadow.shown() for shadow in shadows)
            taken = replace(taken, positions=(*taken.positions, *own))
        return [taken]

    def _begin(self, position: Position) -> None:
        own, shadow = position.instrument, self._shadow(position.instrument)
        cost = position.qty * position.entry_price
        shadow.held = positions.Position(position.qty, cost, ZERO, position.venue_ms)
        self.diary.tally.begin(own, position.qty)

    def _shift(self, told: Shifted) -> None:
        shadow = self._shadow(told.instrument)
        mark = Decimal(repr(shadow.mark.mark)) if shadow.mark else shadow.shown().entry_price
        shadow.held, profit = shadow.held.traded(told.change, mark, self.now)
        shadow.cash += profit
        self.diary.tally.shift(told.instrument, told.change)
        self._tell(PositionSeen(shadow.shown()))

    def _mark(self, mark: MarkSeen) -> None:
        """Prices move. Where a funding interval ends while the recorded account was flat, nothing
        was recorded: then it is paid by the rate and the mark that were shown last.
        """
        own = mark.instrument
        if own in self._outside.own:
            flat = not self._outside.held(own, mark.venue_ms)
            wallet = self.diary.policy.venue(_venue(own)).wallets[0]
            paid = self._shadow(own).hear_mark(mark, wallet if flat else None)
            if paid is not None:
                self._paid(paid)
            self.diary.tally.mark(own, mark.mark)
        self._tell(mark)

    def _fund(self, told: Funded) -> None:
        """What was paid, in proportion to what is held here."""
        there = here = ZERO
        settles = self.diary.tally.settles
        for own, held in told.held.items():
            shadow = self._shadow(own)
            if shadow.mark is None or settles[own] != told.paid.asset:
                continue
            unit = Decimal(repr(shadow.mark.mark)) * Decimal(repr(shadow.mark.funding_rate or 1.0))
            there += held * unit
            here += shadow.shown().qty * unit
        if not there:
            return
        payment = positions.cash(told.paid.payment * here / there)
        shadow = self._shadow(next(own for own in told.held if settles[own] == told.paid.asset))
        shadow.cash += payment
        self._paid(replace(told.paid, payment=payment))

    def _paid(self, paid: FundingSeen) -> None:
        self.diary.tally.fund(paid.asset, paid.payment)
        self._tell(paid)

    # -- orders --------------------------------------------------------------------------------

    def _arrive(self, intent: OrderIntent) -> list[Event]:
        """The order is at the venue: what its streams and its answer tell."""
        own = intent.instrument
        account, shadow = self._accounts[_venue(own)], self._shadow(own)
        account.funds = {
            asset: row.total for (_, asset), row in self._outside.read[_venue(own)].balances.items()
        }
        depth = depth_of(account.touches.get(own), shadow.instrument, intent.price)
        try:
            done = match(account, intent, depth, max(self.now, shadow.shown().venue_ms))
        except Rejected as rejected:
            return [refused(intent.order_id, rejected)]
        account.keep(done)
        self._executed(done.fills)
        return [OrderSeen(done.report), Submitted(intent.order_id, done.report)]

    def _executed(self, fills: Iterable[Fill]) -> None:
        """Count executions, ours or not, and tell them as the account's stream does."""
        for told in fills:
            shadow = self._shadow(told.instrument)
            fill = replace(told, venue_ms=max(told.venue_ms, shadow.shown().venue_ms))
            touches = self._accounts[_venue(fill.instrument)].touches
            self.diary.tally.fill(fill, touches.get(fill.instrument))
            profit = taken(shadow, fill)
            self._tell(PositionSeen(shadow.shown()), FillSeen(replace(fill, realized_pnl=profit)))

    def _shadow(self, own: InstrumentId | None) -> Shadow:
        assert own is not None
        return self._accounts[_venue(own)].shadows[own]


def _venue(own: InstrumentId) -> str:
    return own.partition(":")[0]


def _looked_up(account: Account, ask: LookUp, asked_ms: int) -> LookedUp:
    """Of an order that was on its way while the machine slept, or for very long."""
    done = account.done.get(ask.order_id)
    return LookedUp(ask.order_id, done.report if done else None, (), asked_ms)


def taken(shadow: Shadow, fill: Fill) -> Decimal:
    """Count an execution; the profit that it realised here.

    Of one of others the recorded wallet shows what the recorded position realised: only what this
    one realised beyond that is cash.
    """
    if fill.cause is Cause.OURS:
        return shadow.take(fill)
    change = fill.qty * fill.side.value
    shadow.held, profit = shadow.held.traded(change, fill.price, fill.venue_ms)
    shadow.cash += profit - fill.realized_pnl
    return profit


def depth_of(touch: TouchSeen | None, instrument: Instrument, limit: Decimal) -> Depth:
    """The book that an order meets as far as its limit: the best prices, and what is taken to
    stand behind them.
    """
    if touch is None:
        return Depth((), (), 0)
    levels = {side: tuple(_levels(instrument, touch, side, limit)) for side in Side}
    return Depth(levels[Side.SELL], levels[Side.BUY], 0)


def _levels(
    instrument: Instrument, touch: TouchSeen, side: Side, limit: Decimal
) -> Iterator[Level]:
    """What an order of that side meets."""
    buys = side is Side.BUY
    price = Decimal(repr(touch.ask if buys else touch.bid))
    qty = Decimal(repr(touch.ask_qty if buys else touch.bid_qty))
    step = max((price * LEVEL / instrument.tick).to_integral_value(), ONE) * instrument.tick
    while (limit - price) * side.value >= 0:
        yield price, qty
        price += side.value * step
        qty = DEPTH_USD / price // instrument.lot * instrument.lot
