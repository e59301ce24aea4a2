"""What is learnt of prices that are passed over.

It is noted by the core's own functions, at the times and prices at which `step` would have noted
it. A note from which something else follows is left to `step`: where a band is to be asked for, or
another ratio to be considered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hedgebot.core import band_memory, learning, ratios
from hedgebot.core.books import Market
from hedgebot.core.learnt import Learnt
from hedgebot.core.state import Hedge
from hedgebot.domain.instruments import InstrumentId
from hedgebot.research.backtest.play import Stage
from hedgebot.research.backtest.tape import ENDLESS


@dataclass(frozen=True, slots=True)
class Notes:
    """Of every hedge that learns."""

    stage: Stage
    markets: dict[InstrumentId, Market]

    def first(self, at: int, until: int) -> int:
        """The first moment from `at` on whose note `step` must make; `until` if none is before."""
        for hedge, learnt in self._learning():
            if not _settled(hedge, learnt):
                return at
            until = self._go(hedge, _copy(learnt), at, until)
        return until

    def take(self, at: int, until: int) -> None:
        """Make the notes of those moments, from which nothing else follows."""
        for hedge, learnt in self._learning():
            made = self._go(hedge, learnt, at, until)
            assert made == until, "`first` found it before"
            if at < until and hedge.policy.optimal is not None:
                learning.see(hedge, learnt, self._market(hedge, until - 1), self._ms(until - 1))

    def _learning(self) -> Iterator[tuple[Hedge, Learnt]]:
        state = self.stage.driver.state
        for asset, hedge in state.hedges.items():
            if hedge.policy.learns:
                yield hedge, state.ledger.learnt[asset]

    def _go(self, hedge: Hedge, learnt: Learnt, at: int, until: int) -> int:
        """Make the notes that are due; where something follows from one, end there."""
        while (at := max(at, self._due(hedge, learnt))) < until:
            if self._note(hedge, learnt, at):
                return at
            at += 1
        return until

    def _due(self, hedge: Hedge, learnt: Learnt) -> int:
        """The moment of the next note."""
        room, due = learnt.untouched, ENDLESS
        if hedge.policy.optimal is not None:
            due = room.looked_ms + learning.NOTE_MS - room.seen_ms
        if hedge.policy.variance_days is not None:
            due = min(due, learnt.variance.at_ms + ratios.HOUR_MS)
        return int(self.stage.tape.times.searchsorted(due))

    def _note(self, hedge: Hedge, learnt: Learnt, at: int) -> bool:
        """Look at a moment as `decide` does; whether something follows from it."""
        market, now = self._market(hedge, at), self._ms(at)
        follows = False
        if hedge.policy.variance_days is not None:
            room = learnt.variance
            over = ratios.see(hedge, room, market, now)
            follows = over and now - room.set_ms >= ratios.DAY_MS
        if hedge.policy.optimal is not None:
            learning.see(hedge, learnt, market, self._ms(at - 1))  # it was watched until then
            learning.see(hedge, learnt, market, now)
            follows |= band_memory.is_due(learnt.flow)
        return follows

    def _market(self, hedge: Hedge, at: int) -> Market:
        """Its reference instrument as it stood then."""
        own, tape = hedge.policy.instruments[0], self.stage.tape
        market, row = self.markets[own], tape.rows.index(own)
        market.mark, (market.touch,) = float(tape.mark[row, at]), self.stage.touch(row, own, at)
        market.held.index = self.stage.index(own, at)
        return market

    def _ms(self, at: int) -> int:
        return int(self.stage.tape.times[at])


def notes_of(stage: Stage) -> Notes:
    """With markets of its own: those of the state are what `step` was told."""
    listed = stage.exchange.listed
    return Notes(stage, {own: Market(each.carrier) for own, each in listed.items()})


def _settled(hedge: Hedge, learnt: Learnt) -> bool:
    """Whether time alone is left to note."""
    if hedge.policy.optimal is None:
        return True
    same = learnt.untouched.noted == learning.without_ours(hedge, learnt)
    return same and not band_memory.is_due(learnt.flow)


def _copy(learnt: Learnt) -> Learnt:
    return replace(
        learnt,
        price=replace(learnt.price),
        paid=replace(learnt.paid),
        flow=[*learnt.flow],
        untouched=replace(learnt.untouched),
        variance=replace(learnt.variance),
    )
