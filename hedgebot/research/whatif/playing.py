"""`compare`: a recording played by its own policy and by another, and what really happened."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hedgebot.adapters.binance.dry_run import TAKER_FEE
from hedgebot.adapters.binance.shadow import Account, Shadow
from hedgebot.adapters.recorder import Recording
from hedgebot.adapters.recorder.folding import fold
from hedgebot.core import remembering
from hedgebot.core.policy import Policy
from hedgebot.core.start import state_at_start
from hedgebot.core.state import State
from hedgebot.domain.actions import Action, Keep
from hedgebot.domain.events import Event, FeedBack, MarkSeen, Stamped, TouchSeen
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind
from hedgebot.domain.multipliers import BUNDLES
from hedgebot.domain.records import ControlKept, Durable, FillKept, FundingKept, HoldingKept
from hedgebot.errors import HedgebotError
from hedgebot.ledger.exact import EXACT, ZERO, less, times
from hedgebot.research.whatif.diary import Diary
from hedgebot.research.whatif.outside import Begun, Outside, Shifted, Told
from hedgebot.research.whatif.parting import Parting
from hedgebot.research.whatif.past import Past, Stretch
from hedgebot.research.whatif.tally import Tally
from hedgebot.research.whatif.world import World

COIN_PLACES = 12
"""A quotient by beta was rounded to 18: what it came from has fewer."""
LATENCY_MS = 250
"""Of an order, where the recording has none: as a backtest assumes."""
Watched = Callable[[Iterable[Stamped]], Iterable[Stamped]]


class WhatIfRefused(HedgebotError):
    """What was asked for cannot be played; the text says why."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One stretch of recording, played."""

    stretch: Stretch
    begun_ms: int | None
    """When the account was known; None: never."""
    latency_ms: int
    fees: dict[InstrumentId, Decimal]
    """Of the notional."""
    real: Diary
    """What happened."""
    coins: dict[str, Decimal]
    """What the coins held earned on the mark; the same in every world."""
    recorded: Diary
    """The policy that was recorded, its orders filled by the model."""
    other: Diary
    """The other policy, its orders filled by the same model."""
    model: Parting
    """What happened beside the recorded policy in the model."""
    partings: Parting
    """The recorded policy beside the other, both in the model."""


@dataclass(slots=True)
class Reality:
    """The recorded daemon, folded again: what it did and what came of it."""

    diary: Diary
    outside: Outside
    touches: dict[InstrumentId, TouchSeen] = field(default_factory=dict)
    coins: dict[str, Decimal] = field(default_factory=dict)
    """What the coins held earned on the mark, by the currency of the price."""

    def hear(self, stamped: Stamped, told: Iterable[Told]) -> None:
        """One recorded event, and what of it is not ours."""
        match stamped.event:
            case MarkSeen(instrument=own, mark=mark):
                self._hold(own, mark)
                self.diary.tally.mark(own, mark)
            case TouchSeen() as touch:
                self.touches[touch.instrument] = touch
            case _:
                pass
        for each in told:
            if isinstance(each, Begun):
                self.diary.tally.begin(each.position.instrument, each.position.qty)
            elif isinstance(each, Shifted):
                self.diary.tally.shift(each.instrument, each.change)
        actions, _ = fold(self.diary.state, stamped, self.diary.policy)
        self.diary.note(actions)
        for action in actions:
            self._count(action)
        if self.outside.begun:
            self.diary.look(stamped.now)

    def _hold(self, own: InstrumentId, price: float) -> None:
        """Coins held are valued by the first instrument of their hedge; those of a cross hedge are
        not: it is another coin's.
        """
        market, before = self.diary.state.markets[own], self.diary.tally.marks.get(own)
        hedge = self.diary.state.hedges.get(market.hedge)
        if hedge is None or hedge.policy.instruments[0] != own or before is None:
            return
        if hedge.policy.beta is not None:
            return
        instrument, known = market.instrument, self.outside.begun
        gross = hedge.outlook.parts.gross if known else ZERO
        change = EXACT.divide(less(Decimal(repr(price)), before), instrument.coins_per_unit)
        earned = self.coins.get(instrument.settle, ZERO)
        self.coins[instrument.settle] = EXACT.add(earned, times(gross, change))

    def _count(self, action: Action) -> None:
        match action:
            case Keep(record=FillKept(fill=fill)) if fill.instrument in self.diary.tally.held:
                if self.outside.past.counts(fill):
                    self.diary.tally.fill(fill, self.touches.get(fill.instrument))
            case Keep(record=FundingKept(funding=paid)):
                if self.outside.begun:
                    self.diary.tally.fund(paid.asset, paid.payment)
            case _:
                pass


def compare(stretch: Stretch, policy: Policy, watched: Watched = iter) -> Compared:
    """Play one stretch.

    Args:
        stretch: of `stretches`.
        policy: the other one; venues and wallets are the recording's.
        watched: passes the events on, one by one: whoever watches sees how far it is.

    Raises:
        WhatIfRefused: it cannot be played; the text says why.
        RecordingError: a file cannot be read any more.
    """
    with stretch.files[0]() as opening:
        return _Play(stretch, opening, policy).run(watched)


class _Play:
    """One stretch under way."""

    def __init__(self, stretch: Stretch, opening: Recording, policy: Policy) -> None:
        self._stretch = stretch
        self._opening = opening
        recorded = stretch.policy
        self._policies = (recorded, in_place_of(recorded, policy))
        own = {each for one in self._policies for hedge in one.hedges for each in hedge.instruments}
        refuse(self._policies, opening.state, stretch.past)
        self._outside = Outside(stretch.past, own, opening.state.venues)
        self._fees = fees_of(stretch.past, opening.state, own)
        self._latency_ms = stretch.past.latency_ms(LATENCY_MS)

    def run(self, watched: Watched) -> Compared:
        """Every event, by everybody."""
        state = self._opening.state
        recorded, other = (self._world(policy) for policy in self._policies)
        real = Reality(self._diary(self._policies[0], state), self._outside)
        model = Parting((real.diary, recorded.diary))
        partings = Parting((recorded.diary, other.diary))
        began = self._opening.first.written_ms
        standing = tuple(stood(state))
        for world in (recorded, other):
            world.hear(began, standing)
        begun_ms = None
        for stamped in watched(self._events()):
            for world in (recorded, other):
                world.run_until(stamped.now)
            told = self._outside.hear(stamped.now, stamped.event)
            real.hear(stamped, told)
            for world in (recorded, other):
                world.hear(stamped.now, told)
            if begun_ms is None and self._outside.begun:
                begun_ms = stamped.now
            model.look(stamped.now)
            partings.look(stamped.now)
        for each in (model, partings):
            each.end()
        return Compared(
            self._stretch, begun_ms, self._latency_ms, self._fees,
            real.diary, real.coins, recorded.diary, other.diary, model, partings,
        )  # fmt: skip

    def _events(self) -> Iterable[Stamped]:
        for found in self._opening.events():
            yield found.stamped
        for source in self._stretch.files[1:]:
            with source() as recording:
                for found in recording.events():
                    yield found.stamped

    def _world(self, policy: Policy) -> World:
        state, now = self._opening.state, self._opening.first.written_ms
        markets = state.markets.values()
        instruments = tuple(native(each.instrument, self._stretch.policy) for each in markets)
        memory = remembered(state, self._stretch.policy, now)
        begun = state_at_start(policy, instruments, memory, now=now)
        begun.desk.windows.update({name: replace(one) for name, one in state.desk.windows.items()})
        for asset in begun.hedges.keys() & state.hedges.keys():
            if policy.hedge(asset).beta == self._stretch.policy.hedge(asset).beta:
                begun.hedges[asset].filled = state.hedges[asset].filled
        accounts = {name: Account() for name in state.venues}
        for own, fee in self._fees.items():
            instrument = state.markets[own].instrument
            accounts[instrument.venue].shadows[own] = Shadow(instrument, fee)
        return World(self._diary(policy, begun), self._outside, accounts, self._latency_ms)

    def _diary(self, policy: Policy, state: State) -> Diary:
        own = self._outside.own
        settles = {each: self._opening.state.markets[each].instrument.settle for each in own}
        return Diary(policy, state, Tally(settles))


def native(instrument: Instrument, recorded: Policy) -> Instrument:
    """An instrument of the recording as the venue has it: a recorded cross hedge counts it in the
    coins that it hedges.
    """
    beta = next((each.beta for each in recorded.hedges if instrument.id in each.instruments), None)
    if beta is None:
        return instrument
    base = instrument.symbol.partition("/")[0]
    asset = BUNDLES[base].asset if base in BUNDLES else recorded.stands_for(base)[0]
    coins = round(instrument.coins_per_unit * beta, COIN_PLACES)
    return replace(instrument, asset=asset, coins_per_unit=coins)


def in_place_of(recorded: Policy, other: Policy) -> Policy:
    """The other policy for the recorded account: hedges, limits, holdings and aliases are its own;
    book, venues and wallets are the recording's.
    """
    return replace(other, book=recorded.book, venues=recorded.venues, dry_run=recorded.dry_run)


def refuse(policies: Iterable[Policy], state: State, past: Past) -> None:
    """Raises: WhatIfRefused, with everything that cannot be played."""
    problems: dict[str, None] = {}
    for policy in policies:
        for hedge in policy.hedges:
            for own in hedge.instruments:
                problems |= dict.fromkeys(_unplayable(own, hedge.asset, state, past))
    if problems:
        raise WhatIfRefused("\n".join(problems))


def _unplayable(own: InstrumentId, asset: str, state: State, past: Past) -> list[str]:
    there = sorted({each for _, each in past.priced})
    if own not in state.markets or not {(MarkSeen, own), (TouchSeen, own)} <= past.priced:
        prices = ", ".join(there) or "none"
        return [f"{asset}: the recording has no prices of {own}; it has those of {prices}"]
    kind = state.markets[own].instrument.kind
    if kind is not Kind.LINEAR:
        return [f"{own}: only linear perpetuals can be played yet, and this one is {kind}"]
    return []


def fees_of(
    past: Past, state: State, instruments: Iterable[InstrumentId]
) -> dict[InstrumentId, Decimal]:
    """What our fills paid, or the venue's rate without a discount; fraction of the notional."""
    return {
        own: past.fee(own, state.markets[own].instrument.settle) or TAKER_FEE
        for own in sorted(instruments)
    }


def stood(state: State) -> Iterable[Event]:
    """What was known of feeds and prices when the recording began."""
    for name, venue in state.venues.items():
        for channel, feed in venue.feeds.items():
            if feed.up:
                yield FeedBack(name, channel, feed.epoch)
    for own, market in state.markets.items():
        if market.touch is not None:
            yield market.touch
        if market.mark:
            yield MarkSeen(own, market.mark, market.held.index, market.mark_ms)


def remembered(state: State, policy: Policy, now: int) -> Durable:
    """What a daemon that starts there would find in its journal, as far as the recording has it:
    holds of a person, coins kept elsewhere, what was learnt.
    """
    files = {holding.label: holding.qty for holding in policy.holdings}
    return Durable(
        epoch=state.desk.epoch,
        controls=tuple(
            ControlKept(
                at_ms=hold.since_ms, asset=scope or None, state=hold.state, by=hold.by,
                reason=hold.reason, expires_ms=hold.expires_ms,
            )
            for scope, hold in state.control.operator.items()
        ),
        holdings=tuple(
            HoldingKept(now, label, qty, files[label], "the recording")
            for label, qty in state.ledger.outside.items()
            if label in files
        ),
        learnt=tuple(
            remembering.kept(state.hedges[asset], learnt, now)
            for asset, learnt in state.ledger.learnt.items()
        ),
    )  # fmt: skip
