"""Folds wallets and positions: what the stream says, what is pending, what drifted."""

from decimal import Decimal

from hedgebot.core import (
    arrivals,
    balances,
    explain,
    feeds,
    fills,
    margin,
    reconciliation,
    wording,
)
from hedgebot.core.books import ZERO, AssetBook, Pending
from hedgebot.core.effects import Effects
from hedgebot.core.policy import Policy
from hedgebot.core.state import State, hedge_of, working_on
from hedgebot.core.timers import Timer
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Position,
    PositionSeen,
    Scope,
    SnapshotTaken,
)
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.records import AdoptionKept

REREAD_MS = 1_000
"""Pace at which something unexplained is read again."""


def balance_seen(state: State, policy: Policy, event: BalanceSeen, fx: Effects) -> None:
    """A wallet's new total, from the stream."""
    _input_changed(state, event.balance.wallet.partition(":")[0], fx.now)
    book = book_of(state, policy, event.balance)
    if book is None:
        return
    if event.balance.wallet not in book.totals:
        feeds.want(state, event.balance.wallet.partition(":")[0], fx.now)
    before = len(book.pending)
    balances.hear(book, event.balance, fx.now)
    total = book.totals.get(event.balance.wallet)
    if len(book.pending) > before or (total is not None and total.words.late is not None):
        _reread(state, policy, book.account, fx.now)
    _moved(state, policy, book, fx)


def position_seen(state: State, _policy: Policy, event: PositionSeen, fx: Effects) -> None:
    """The venue's word on a position, from the stream."""
    instrument = event.position.instrument
    book = state.ledger.positions.get(instrument)
    market = state.markets.get(instrument)
    if book is None or market is None:
        return
    if reconciliation.hear(book, event.position, fx.now):
        fills.watch(state, instrument, fx)
        if market.instrument.asset in state.hedges:
            state.wakes.move(market.instrument.asset)
    _input_changed(state, market.instrument.venue, fx.now)


def book_of(state: State, policy: Policy, balance: Balance) -> AssetBook | None:
    """The book of a wallet's asset; None where no hedge counts it."""
    if policy.stands_for(balance.asset)[0] not in state.hedges:
        return None
    venue = policy.venue(balance.wallet.partition(":")[0])
    if balance.wallet not in venue.wallets:
        return None
    key = (venue.account, balance.asset)
    return state.ledger.assets.setdefault(key, AssetBook(*key))


def check_balance(state: State, policy: Policy, name: str, fx: Effects) -> None:
    """A pending amount's timer: confirm it, or read again, or tell a person."""
    account, _, code = name.rpartition("/")  # a label may have a slash in it
    book = state.ledger.assets[account, code]
    oldest = balances.unknown_since(book)
    if oldest is None:
        _said_readable(book, fx)
        return
    limits = policy.limits
    polled = [wallet for venue in policy.venues for wallet in venue.polled]
    known_ms = balances.known_ms(book, polled, fx.now)
    settle_ms = limits.balance_settle_ms
    ripe = balances.ripe(book, settle_ms=settle_ms, patience_ms=limits.audit_ms_max, now=known_ms)
    if not ripe:
        lasting = balances.lasting(book, settle_ms=settle_ms, now=known_ms)
        explain.look_ahead(state, policy, book, lasting, fx=fx)
        if fx.now - oldest >= limits.audit_ms_max:
            amount = ", ".join(wording.coins(a) for a in balances.interval(book) if a)
            text = f"{amount} {code} of account {account} cannot be confirmed: a wallet is unread"
            fx.raise_alert(Severity.CRITICAL, f"pending:{name}", text, gist=amount)
        _reread(state, policy, account, fx.now)
        state.wakes.timers.ask(Timer("balance", name), fx.now + 100)
        return
    _said_readable(book, fx)
    _settle(state, policy, book, ripe, fx=fx)


def doubt(
    state: State, policy: Policy, book: AssetBook, wallet: WalletId, *, amount: Decimal, fx: Effects
) -> None:
    """So much of a wallet may have come just now or not at all: it is pending from now on."""
    balances.doubt(book, wallet, amount, fx.now)
    _reread(state, policy, book.account, fx.now)
    _moved(state, policy, book, fx)


def _settle(
    state: State, policy: Policy, book: AssetBook, ripe: list[Pending], *, fx: Effects
) -> None:
    """Make tradable what need not wait for a withdrawal record, and say so."""
    name = f"{book.account}/{book.asset}"
    done = explain.settleable(state, policy, book, ripe, fx=fx)
    if len(done) < len(ripe):
        _reread(state, policy, book.account, fx.now)
        state.wakes.timers.ask(Timer("balance", name), fx.now + 100)
    if not done:
        return
    net = balances.settle(book, done)
    _moved(state, policy, book, fx)
    if net == ZERO:
        return
    kind = "arrived in" if net > ZERO else "left"
    text = f"{wording.coins(net)} {book.asset} {kind} account {book.account}"
    wording.note_cause(state.hedges[policy.stands_for(book.asset)[0]], text)
    fx.tell(Severity.INFO, f"moved:{name}", text)
    if net > ZERO and any(_in_spot(policy, each.wallet) for each in done):
        arrivals.elsewhere(state, policy, book.asset, fx, rise=net, account=book.account)


def _in_spot(policy: Policy, wallet: WalletId) -> bool:
    """Nothing that was withdrawn arrives in a wallet of futures."""
    return not policy.venue(wallet.partition(":")[0]).collateral


def check_position(state: State, policy: Policy, instrument: InstrumentId, fx: Effects) -> None:
    """A position that differs from its fills: read it until one of the two is believed."""
    book = state.ledger.positions[instrument]
    key = f"drift:{instrument}"
    if reconciliation.agrees(book):
        fx.recovered(key, f"position of {instrument} agrees with its fills again")
        return
    lasted_ms = fx.now - (fx.now if book.differs_ms is None else book.differs_ms)
    venue = state.markets[instrument].instrument.venue
    if lasted_ms >= fills.MISMATCH_MS or book.arithmetic is None:
        feeds.want(state, venue, max(fx.now, state.venues[venue].ask.at_ms + REREAD_MS))
    overdue = lasted_ms >= policy.limits.drift_ms_max + REREAD_MS * 3
    if overdue and not working_on(state, instrument):  # that order has an alert of its own
        assert book.word is not None
        gist = f"fills say {book.arithmetic}, the venue {book.word.qty}"
        text = f"{instrument}: {gist}, and it cannot be read: its hedge waits"
        fx.raise_alert(Severity.CRITICAL, key, text, gist=gist)
    state.wakes.timers.ask(Timer("position", instrument), fx.now + fills.MISMATCH_MS)


def snapshot_balances(state: State, policy: Policy, event: SnapshotTaken, fx: Effects) -> None:
    """Every wallet that was read, for every asset that counts; a missing row is zero."""
    said = {(row.wallet, row.asset): row for row in event.balances}
    codes = {code for _, code in state.ledger.assets} | {row.asset for row in event.balances}
    codes |= set(state.hedges)
    for wallet in event.wallets:
        newest = max((row.venue_ms for row in event.balances if row.wallet == wallet), default=0)
        for code in sorted(codes):
            row = said.get((wallet, code)) or Balance(wallet, code, ZERO, newest)
            _snapshot_balance(state, policy, row, event, fx=fx)


def _snapshot_balance(
    state: State, policy: Policy, row: Balance, event: SnapshotTaken, *, fx: Effects
) -> None:
    book = book_of(state, policy, row)
    if book is None:
        return
    before = len(book.pending)
    balances.hear_snapshot(
        book,
        row,
        requested_ms=event.requested_ms,
        now=fx.now,
        believe_after_ms=policy.limits.drift_ms_max,
    )
    if len(book.pending) > before:
        _reread(state, policy, book.account, fx.now)
    _moved(state, policy, book, fx)


def snapshot_position(
    state: State, policy: Policy, row: Position, event: SnapshotTaken, *, fx: Effects
) -> None:
    """A position by REST: the first is believed, a later one is evidence."""
    market = state.markets.get(row.instrument)
    if market is None:
        return
    book = state.ledger.positions[row.instrument]
    if book.arithmetic is None:
        reconciliation.adopt_first(book, row, requested_ms=event.requested_ms, now=fx.now)
        if event.scope is not Scope.FULL:
            _list_trades(state, market.instrument.venue, fx.now)
    else:
        limits = policy.limits
        reconciliation.hear_snapshot(
            book,
            row,
            requested_ms=event.requested_ms,
            now=fx.now,
            believe_after_ms=limits.drift_ms_max,
        )
        if not working_on(state, row.instrument):  # proofs count from the close of our last order
            change = reconciliation.prove(
                book, row, requested_ms=event.requested_ms, drift_ms_max=limits.drift_ms_max
            )
            if change is not None:
                _say_adopted(state, row, change, fx)
    fills.watch(state, row.instrument, fx)
    if market.instrument.asset in state.hedges:
        state.wakes.move(market.instrument.asset)


def _say_adopted(state: State, row: Position, change: Decimal, fx: Effects) -> None:
    before = row.qty - change
    text = f"{row.instrument}: {wording.coins(change)} that no fill explains: adopted "
    text += wording.quantity(row.instrument, row.qty)
    fx.keep(AdoptionKept(fx.now, row.instrument, before, row.qty, "no fill explains it"))
    fx.tell(Severity.WARNING, f"adopted:{row.instrument}", text)
    _list_trades(state, state.markets[row.instrument].instrument.venue, fx.now)
    hedge = hedge_of(state, row.instrument)
    if hedge is not None:
        wording.note_cause(hedge, text)


def _list_trades(state: State, venue: str, now: int) -> None:
    """A position was taken from REST in mid-stream: a trade that nobody told of is listed."""
    state.venues[venue].ask.whole = True
    feeds.want(state, venue, now + 1)


def _moved(state: State, policy: Policy, book: AssetBook, fx: Effects) -> None:
    state.wakes.move(policy.stands_for(book.asset)[0])
    if balances.unknown_since(book) is not None:
        state.wakes.timers.ask(
            Timer("balance", f"{book.account}/{book.asset}"), fx.now + fills.UNMATCHED_MS
        )


def _reread(state: State, policy: Policy, account: str, now: int) -> None:
    """Read every wallet of the account again: after a moment, then once a second."""
    for venue in policy.venues:
        if venue.account == account:
            again_ms = state.venues[venue.name].ask.at_ms + REREAD_MS
            feeds.want(state, venue.name, max(now + fills.UNMATCHED_MS, again_ms))


def _said_readable(book: AssetBook, fx: Effects) -> None:
    key = f"pending:{book.account}/{book.asset}"
    fx.recovered(key, f"{book.asset} of account {book.account} is confirmed")


def _input_changed(state: State, venue: str, now: int) -> None:
    """A wallet or a position changed there: what was refused may be tried again."""
    for hedge in (hedge for hedge in state.hedges.values() if hedge.pace.barred):
        margin.changed(state, hedge, venue, now)
