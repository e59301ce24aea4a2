"""A tape, its funding and its flows, moment by moment through the decision and the model."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from hedgebot.core.policy import Policy
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Event,
    FillSeen,
    FundingSeen,
    MarkSeen,
    Refused,
    Submitted,
    Tick,
    TouchSeen,
)
from hedgebot.domain.instruments import InstrumentId, Kind, Side, WalletId
from hedgebot.domain.orders import (
    Cause,
    Fill,
    Leg,
    OrderIntent,
    OrderStatus,
    Refusal,
)
from hedgebot.research.backtest import depth
from hedgebot.research.backtest.driver import Driver, hedge_coins
from hedgebot.research.backtest.exchange import Entry, Exchange
from hedgebot.research.backtest.flows import Flow, How
from hedgebot.research.backtest.options import BacktestRefused, Frictions
from hedgebot.research.backtest.records import (
    Execution,
    Movement,
    Payment,
    PaymentKind,
    Standing,
)
from hedgebot.research.backtest.tape import Dark, Settlement, Tape
from hedgebot.venue_model.ledger import Cause as LedgerCause
from hedgebot.venue_model.orders import OrderType, Ticket, TimeInForce
from hedgebot.venue_model.rejections import Reason, Rejected

ZERO = Decimal(0)
SAID_MS = 1_100
"""A wait is a decision once it has lasted a second."""
REFUSALS = {
    Reason.MARGIN: Refusal.MARGIN,
    Reason.POSITION_LIMIT: Refusal.MARGIN,
    Reason.REDUCE_ONLY: Refusal.REDUCE_ONLY,
    Reason.NOTIONAL: Refusal.FILTER,
    Reason.QTY_MIN: Refusal.FILTER,
    Reason.QTY_MAX: Refusal.FILTER,
    Reason.QTY_STEP: Refusal.FILTER,
    Reason.PRICE_STEP: Refusal.FILTER,
    Reason.PRICE_HIGH: Refusal.PRICE_MOVED,
    Reason.PRICE_LOW: Refusal.PRICE_MOVED,
}


class Happening(NamedTuple):
    """Something between two moments, or right after one."""

    at_ms: int
    order: int
    what: Callable[[], None]


@dataclass(slots=True)
class Stage:
    """A run under way."""

    policy: Policy
    tape: Tape
    exchange: Exchange
    frictions: Frictions
    driver: Driver = field(init=False)
    at: int = -1
    """The last moment that was heard."""
    trades: int = 0
    """Of the owner."""

    # -- prices --------------------------------------------------------------------------------

    def hear(self, at: int) -> None:
        """One moment: every price is told, and decided upon once all of them are known."""
        driver, clock = self.driver, self.exchange.clock
        at_ms, dark = int(self.tape.times[at]), self.dark(at)
        driver.run_until(at_ms, dark=dark)
        clock.now_ms, self.at = at_ms, at
        driver.alive(dark=dark, often=True)
        driver.audited()
        marks: list[Event] = []
        for row, own in enumerate(self.tape.rows):
            driver.fold(*self.touch(row, own, at))
            marks += self._mark(row, own, at)
        driver.fold(*marks[:-1])
        driver.tell(marks[-1] if marks else Tick())

    def dark(self, at: int) -> set[str]:
        """Venue entries of which no instrument has a price at that moment."""
        told = {
            own.partition(":")[0]
            for row, own in enumerate(self.tape.rows)
            if not math.isnan(self.tape.last[row, at])
        }
        return {own.partition(":")[0] for own in self.tape.rows} - told

    def touch(self, row: int, own: InstrumentId, at: int) -> list[TouchSeen]:
        """Best prices at that moment, if anything traded."""
        last = float(self.tape.last[row, at])
        if math.isnan(last):
            return []
        bid, ask = depth.touch_of(self.frictions, self.exchange.listed[own].market, last)
        coins = depth.shown(self.frictions, last)
        return [TouchSeen(own, bid, coins, ask, coins, self.exchange.clock.now_ms)]

    def _mark(self, row: int, own: InstrumentId, at: int) -> list[Event]:
        """The mark, once the venue has held its margin against it."""
        tape, index = self.tape, self.index(own, at)
        mark = float(tape.mark[row, at])
        if math.isnan(mark):
            return []
        ends = {float(tape.high[row, at]), float(tape.low[row, at])} - {mark}
        path = [Decimal(repr(each)) for each in (*sorted(ends), mark)]
        events = self.exchange.moved(own, path, Decimal(repr(index)))
        self.driver.tell(*self.noted(events))
        return [MarkSeen(own, mark, index, self.exchange.clock.now_ms)]

    def index(self, own: InstrumentId, at: int) -> float:
        """Spot price of one unit of its base; 0 where spot did not trade."""
        instrument = self.exchange.listed[own].instrument
        return float(self.tape.index[instrument.asset][at]) * float(instrument.coins_per_unit)

    def unlit(self, gap: Dark) -> None:
        """Prices have stopped: the decision is asked what it makes of it."""
        name = self.tape.rows[gap.row].partition(":")[0]
        for _ in range(2):
            self.driver.alive(dark={name})
            self.driver.audited()
            self.driver.tell(Tick())
            self.driver.run_until(self.driver.now + SAID_MS, dark={name})
            self.exchange.clock.now_ms += SAID_MS

    # -- cash and coins ------------------------------------------------------------------------

    def settle(self, due: Settlement) -> None:
        """Funding falls due."""
        own = self.tape.rows[due.row]
        mark = None if math.isnan(due.mark) else Decimal(repr(due.mark))
        events = self.exchange.fund(own, Decimal(repr(due.rate)), mark)
        self.driver.tell(*self.noted(events))

    def flow(self, flow: Flow) -> None:
        """Coins come or go."""
        entry = wallet_for(self.policy, self.exchange, flow)
        quote_asset, price = "USDT", Decimal(repr(float(self.tape.spot[flow.asset][self.at])))
        quote = -flow.qty * price if flow.how is How.TRADE else ZERO
        cause = LedgerCause.TRADE if flow.how is How.TRADE else (
            LedgerCause.DEPOSIT if flow.qty > 0 else LedgerCause.WITHDRAWAL)  # fmt: skip
        now = self.exchange.clock.now_ms
        self.trades += 1
        entry.wallet.change(flow.asset, flow.qty, cause, ref=self.trades)
        if quote:
            entry.wallet.change(quote_asset, quote, cause, ref=self.trades)
        self.driver.diary.records.append(Movement(
            at=self.at, at_ms=now, wallet=entry.wallet_id, asset=flow.asset, qty=flow.qty,
            quote_asset=quote_asset, quote=quote,
        ))  # fmt: skip
        self.stand()
        if flow.how is How.TRADE:
            self.driver.tell(FillSeen(self._trade(entry, flow, price, quote)))
        for asset in (flow.asset, quote_asset) if quote else (flow.asset,):
            total = entry.wallet.totals.get(asset, ZERO)
            self.driver.tell(BalanceSeen(Balance(entry.wallet_id, asset, total, now), cause.value))

    def _trade(self, entry: Entry, flow: Flow, price: Decimal, quote: Decimal) -> Fill:
        """The owner's own execution on spot, without a fee: it is no cost of the hedge."""
        name = f"owner-{self.trades}"
        changes = ((flow.asset, flow.qty), ("USDT", quote))
        return Fill(
            instrument=InstrumentId(f"{entry.name}:{flow.asset}/USDT"),
            trade_id=name,
            venue_order_id=name,
            client_order_id=name,
            order_id=None,
            side=Side.BUY if flow.qty > 0 else Side.SELL,
            qty=abs(flow.qty),
            price=price,
            fee=ZERO,
            fee_asset="USDT",
            cause=Cause.FOREIGN,
            legs=tuple(Leg(wallet=entry.wallet_id, asset=a, change=c) for a, c in changes),
            venue_ms=self.exchange.clock.now_ms,
        )

    # -- orders --------------------------------------------------------------------------------

    def send(self, intent: OrderIntent) -> Iterable[Event]:
        """The order is at the venue: what its streams and its answer tell."""
        own = intent.instrument
        listed, row = self.exchange.listed[own], self.tape.rows.index(own)
        units = listed.instrument.units_per_contract
        ticket = Ticket(
            symbol=listed.market.symbol,
            side=intent.side,
            type=OrderType.LIMIT,
            tif=TimeInForce.IOC,
            qty=intent.qty / units,
            price=intent.price,
            client_id=f"{intent.order_id:032x}",
            reduce_only=intent.reduce_only,
        )
        met = depth.meeting(
            self.frictions, listed.market, self._market(row),
            side=intent.side, qty=ticket.qty, limit=intent.price,
        )  # fmt: skip
        try:
            order, events = self.exchange.place(ticket, own, intent.order_id, met.levels)
        except Rejected as rejected:
            self.driver.diary.refusals.append((self.driver.now, intent.order_id, str(rejected)))
            refusal = REFUSALS.get(rejected.reason, Refusal.REJECTED)
            return [Refused(intent.order_id, refusal, rejected.reason.name, str(rejected))]
        if order.left:
            left = order.left * units
            self.driver.diary.unfilled.append((self.driver.now, intent.order_id, left))
        report = intent.reported(
            OrderStatus.EXPIRED if order.left else OrderStatus.FILLED,
            order.filled * units,
            client_order_id=f"{intent.order_id:032x}",
            venue_order_id=str(order.id),
            venue_ms=order.updated_ms,
        )
        return [*self.noted(events, met), Submitted(intent.order_id, report)]

    def _market(self, row: int) -> depth.Moment:
        """As it stands: after a moment without a trade nobody is there."""
        tape, at = self.tape, self.at
        quiet = (
            bool(np.isnan(tape.last[row, at])) or self.driver.now - tape.times[at] > tape.step_ms
        )
        volume = 0.0 if quiet else float(tape.volume[row, at])
        span = 0.0 if quiet else float(tape.span[row, at])
        return depth.Moment(float(tape.value[row, at]), span, tape.step_ms, volume)

    # -- the books -----------------------------------------------------------------------------

    def noted(self, events: list[Event], met: depth.Meeting | None = None) -> list[Event]:
        """Put down what the venue told, before anybody hears it."""
        for event in events:
            match event:
                case FillSeen(fill=fill):
                    self._note_fill(fill, met)
                case FundingSeen():
                    own = event.instrument or next(
                        one for one in self.tape.rows
                        if self.exchange.listed[one].instrument.settle == event.asset)  # fmt: skip
                    self.driver.diary.records.append(Payment(
                        at=self.at, at_ms=self.driver.now, instrument=own, asset=event.asset,
                        change=event.payment, kind=PaymentKind.FUNDING,
                    ))  # fmt: skip
                case BalanceSeen(reason="INSURANCE_CLEAR"):
                    self._note_insurance(event)
                case _:
                    pass
        if events:
            self.stand()
        return events

    def _note_fill(self, fill: Fill, met: depth.Meeting | None) -> None:
        units = self.exchange.listed[fill.instrument].instrument.units_per_contract
        self.driver.diary.records.append(Execution(
            at=self.at, at_ms=self.driver.now, instrument=fill.instrument,
            qty=fill.qty * fill.side.value / units, price=fill.price, fee=fill.fee,
            fee_asset=fill.fee_asset, realized=fill.realized_pnl, cause=fill.cause,
            order_id=fill.order_id, arrived=met.arrived if met else fill.price,
            touch=met.touch if met else fill.price,
        ))  # fmt: skip

    def _note_insurance(self, event: BalanceSeen) -> None:
        entry = self.exchange.entries[event.balance.wallet.partition(":")[0]]
        row = next(r for r in reversed(entry.wallet.ledger.rows)
                   if r.cause is LedgerCause.INSURANCE)  # fmt: skip
        own = next(iter(entry.instruments.values()))
        self.driver.diary.records.append(Payment(
            at=self.at, at_ms=self.driver.now, instrument=own.id, asset=event.balance.asset,
            change=row.change, kind=PaymentKind.INSURANCE,
        ))  # fmt: skip

    def stand(self) -> None:
        """How the account stands from now on."""
        standing = standing_of(self.policy, self.exchange, self.tape, max(self.at, 0))
        standings = self.driver.diary.standings
        self.driver.diary.passing.append((self.driver.now, standing))
        if standings and standings[-1].at == standing.at:
            standings.pop()
        standings.append(standing)


def standing_of(policy: Policy, exchange: Exchange, tape: Tape, at: int) -> Standing:
    """The account's coins, positions and margin."""
    coins = {hedge.asset: ZERO for hedge in policy.hedges}
    for holding in policy.holdings:
        if holding.asset in coins:
            coins[holding.asset] += holding.qty
    cash: list[tuple[WalletId, str, Decimal]] = []
    for entry in exchange.entries.values():
        for asset, total in entry.wallet.totals.items():
            stands_for, rate = policy.stands_for(asset)
            if stands_for in coins:
                coins[stands_for] += total * rate
            if entry.futures is not None:
                cash.append((entry.wallet_id, asset, total))
    held = [exchange.at(own).position(exchange.listed[own].instrument) for own in tape.rows]
    positions = tuple((each.qty, each.cost) for each in held)
    return Standing(at, tuple(coins.items()), positions, tuple(cash))


def net_delta(standing: Standing, exchange: Exchange, tape: Tape, asset: str) -> Decimal:
    """Coins, all that is held and every position."""
    found = dict(standing.coins)[asset]
    for own, (qty, cost) in zip(tape.rows, standing.positions, strict=True):
        carrier = exchange.listed[own].carrier
        if carrier.asset == asset:
            found += hedge_coins(carrier.kind, qty, cost, carrier.coins_per_unit)
    return found


def wallet_for(policy: Policy, exchange: Exchange, flow: Flow) -> Entry:
    """Where coins come to: the spot wallet, else the coin-margined one.

    Raises:
        BacktestRefused: the settings have neither, or do not hedge the coin.
    """
    if flow.asset not in {hedge.asset for hedge in policy.hedges}:
        hedged = ", ".join(hedge.asset for hedge in policy.hedges)
        raise BacktestRefused(f"flows of {flow.asset}: the settings hedge {hedged}")
    for entry in exchange.entries.values():
        if entry.futures is None:
            return entry
    for entry in exchange.entries.values():
        inverse = entry.futures is not None and entry.futures.kind is Kind.INVERSE
        if inverse and flow.how is How.TRANSFER:
            return entry
    raise BacktestRefused(f"flows of {flow.asset}: the settings have no spot wallet to book them")
