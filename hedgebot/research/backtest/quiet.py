"""Stretches in which no verdict can change are passed over.

A moment may be passed over where every hedge is inside its band and stays there at the new mark, by
the decision's own functions; nothing is under way, no alert is open; every price was told, the mark
did not jump and does not stand still beside a touch that moves; and no margin is near its end.

What the decision remembers of a price is the one before it, how long it has stood, and the touch
then: so before a moment that matters the last ones before it are heard too. What it learns it notes
at a pace: the moment of each note is heard, and the time before it counts as if it had been looked
at all along. A test holds runs that are shortened so to runs that hear everything.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from hedgebot.core import band_memory, computed, learning, ratios
from hedgebot.core.books import NEVER
from hedgebot.core.freshness import FROZEN_MOVE, INDEX_GAP_MAX
from hedgebot.core.state import Hedge, State
from hedgebot.domain.instruments import InstrumentId, Kind
from hedgebot.domain.records import Verdict
from hedgebot.research.backtest.exchange import Entry
from hedgebot.research.backtest.kernel import kernels, rule_of
from hedgebot.research.backtest.play import Stage
from hedgebot.research.backtest.tape import ENDLESS, Floats, Tape
from hedgebot.venue_model.markets import Bracket

Places = NDArray[np.int32]
SAFE = 0.5
"""How much of a limit of the decision may be used up unheard."""
MARGIN_SAFE = 0.9
"""Maintenance over margin balance from which every moment is heard."""


@cache
def _band() -> Any:
    """The search for the first mark at which something is to be done, or that jumps."""
    lots = kernels().lots

    @numba.njit
    def search(rule: Any, held: Any, marks: Floats, until: Any) -> int:
        gross, hedge, aged, move, price = held
        known, jump, at, stop = until
        for each in range(at, stop):
            mark = marks[each]
            found, inside, swept = lots(rule, gross, hedge, mark)
            if found != 0 or not inside or abs(mark / known - 1.0) > jump:
                return int(each)
            coin = mark if rule.inverse else mark / rule.coins_per_unit
            if swept != 0 and (each >= aged or abs(coin / price - 1.0) >= move):
                return int(each)
        return int(stop)

    return search


@numba.njit
def _margin(wallet: Any, prices: Any, tiers: Any, until: Any) -> int:
    """The first moment at which a wallet's margin is nearly used up."""
    cash, rows, qty, cost, contract = wallet
    safe, at, stop = until
    low, high = prices
    caps, rates, cums = tiers
    for each in range(at, stop):
        balance, needed = cash, 0.0
        for k in range(len(rows)):
            worst = high[rows[k], each] if qty[k] < 0.0 else low[rows[k], each]
            worth = worst if contract[k] == 0.0 else -contract[k] / worst
            notional = abs(qty[k] * worth)
            tier = np.searchsorted(caps[k, :-1], notional, side="right")
            balance += qty[k] * worth - cost[k]
            needed += notional * rates[k, tier] - cums[k, tier]
        if needed > 0.0 and needed >= safe * balance:
            return int(each)
    return int(stop)


@dataclass(slots=True)
class Quiet:
    """Which moments `step` must hear."""

    stage: Stage
    loud: Places
    """For each moment the first from it on that is heard whatever is held."""
    run: Places
    """For each instrument and moment since when its mark has stood still."""

    def next(self, at: int, limit: int) -> Iterator[int]:
        """Moments to hear from there on, in order; the last of them at most `limit`."""
        found = self._first(at, limit) if self._calm() else at
        return (each for each in sorted({*self._before(found), found}) if each >= at)

    def _before(self, found: int) -> Iterator[int]:
        """What the decision remembers of a price at that moment: since when it has stood, and the
        touch then; and the one before, where it may be a jump.
        """
        tape, state = self.stage.tape, self.stage.driver.state
        jump = SAFE * self.stage.policy.limits.mark_jump_max
        for row, own in enumerate(tape.rows):
            marks, known = tape.mark[row], state.markets[own].mark
            since = int(self.run[row, found])
            yield since
            if known == marks[since]:
                yield since - 1  # another price, so that it is seen to change
            if known and abs(marks[found] / known - 1.0) > jump:
                yield found - 1
        if any(hedge.policy.learns for hedge in state.hedges.values()):
            yield found - 1  # a long time without any price is none that was watched

    def _calm(self) -> bool:
        """Nothing is under way, and everybody is known to be inside."""
        driver = self.stage.driver
        if driver.agenda.due or driver.state.wakes.alerts or driver.busy():
            return False
        return all(
            hedge.said.verdict is Verdict.IN_BAND and hedge.out_ms is None
            for hedge in driver.state.hedges.values()
        )

    def _first(self, at: int, limit: int) -> int:
        """The first moment that matters."""
        stop = min(limit, int(self.loud[at]))
        tape, state = self.stage.tape, self.stage.driver.state
        limits = self.stage.policy.limits
        for hedge in state.hedges.values():
            stop = min(stop, self._from(_due_ms(state, hedge)))
            steps = state.markets[hedge.policy.instruments[0]].steps
            rule = rule_of(hedge.policy, steps, limits.collar)
            for own in hedge.policy.instruments:
                marks, known = tape.mark[tape.rows.index(own)], state.markets[own].mark
                if not known or stop <= at:
                    return at
                held = (hedge.outlook.gross, hedge.outlook.hedge, *self._trigger(hedge))
                until = (known, SAFE * limits.mark_jump_max, at, stop)
                stop = _band()(rule, held, marks, until)
        for entry in self.stage.exchange.entries.values():
            if entry.futures is not None:
                stop = self._thin(entry, at, stop)
        return stop

    def _from(self, at_ms: int) -> int:
        """The first moment at or after a time."""
        return int(self.stage.tape.times.searchsorted(at_ms))

    def _trigger(self, hedge: Hedge) -> tuple[int, float, float]:
        """From which moment on one fires by age; by which move, and from which price of a coin."""
        age, move, last = hedge.policy.age_ms_max, hedge.policy.move_max, hedge.filled
        aged = ENDLESS if age is None else self._from(last.at_ms + age)
        return (aged, math.inf, 1.0) if move is None else (aged, move, last.price)

    def _thin(self, entry: Entry, at: int, stop: int) -> int:
        """The first moment at which a wallet's margin is nearly used up."""
        tape = self.stage.tape
        for settle in entry.desk().margin_assets():
            own = [each for each in entry.instruments.values() if each.settle == settle]
            held = [(each, entry.position(each)) for each in own if entry.position(each).qty]
            if not held:
                continue
            markets = [entry.desk().desk.markets[each.market_id] for each, _ in held]
            wallet = (
                float(entry.wallet.totals.get(settle, 0)),
                np.array([tape.rows.index(each.id) for each, _ in held]),
                np.array([float(position.qty) for _, position in held]),
                np.array([float(position.cost) for _, position in held]),
                np.array([_contract(market.kind, float(market.contract)) for market in markets]),
            )
            tiers = _tiers([market.brackets for market in markets])
            prices = (tape.low, tape.high)
            stop = _margin(wallet, prices, tiers, (MARGIN_SAFE, at, stop))
        return stop


def _due_ms(state: State, hedge: Hedge) -> int:
    """When what is learnt is noted next; the past where a note is due, or is not by time alone."""
    due = [ENDLESS]
    learnt = state.ledger.learnt.get(hedge.policy.asset)
    if hedge.policy.optimal is not None and learnt is not None:
        room = learnt.untouched
        settled = room.noted == learning.without_ours(hedge, learnt)
        if not settled or band_memory.is_due(learnt.flow):
            return NEVER
        due.append(room.looked_ms + learning.NOTE_MS - room.seen_ms)
    if hedge.policy.variance_days is not None and learnt is not None:
        due.append(learnt.variance.at_ms + ratios.HOUR_MS)
    return min(due)


def quiet_of(stage: Stage) -> Quiet | None:
    """What may be passed over; None: nothing, a band may be asked for at any price."""
    times = stage.tape.times
    learns = any(hedge.learns for hedge in stage.policy.hedges)
    if learns and (times[2:] - times[:-2]).min(initial=ENDLESS) <= computed.LOOK_MS:
        return None
    run = _still(stage.tape)
    return Quiet(stage, _loud(stage, run), run)


def _still(tape: Tape) -> Places:
    """Since which moment each instrument's mark has stood still."""
    count = np.arange(len(tape.times), dtype=np.int32)
    found = np.empty(tape.mark.shape, dtype=np.int32)
    for row, marks in enumerate(tape.mark):
        changed = np.concatenate(([True], marks[1:] != marks[:-1]))
        np.maximum.accumulate(np.where(changed, count, np.int32(0)), out=found[row])
    return found


def _loud(stage: Stage, run: Places) -> Places:
    """Moments that are heard whatever is held, as the next of them from each moment on."""
    tape = stage.tape
    loud: Any = np.isnan(tape.mark).any(axis=0) | np.isnan(tape.last).any(axis=0)
    loud[0] = loud[-1] = True
    for row, own in enumerate(tape.rows):
        with np.errstate(invalid="ignore", divide="ignore"):
            loud |= np.abs(tape.last[row] / tape.last[row][run[row]] - 1.0) > SAFE * FROZEN_MOVE
            index = tape.index[stage.exchange.listed[own].instrument.asset] * _coins(stage, own)
            gap = np.abs(tape.mark[row] / index - 1.0)
            loud |= (index > 0.0) & (gap > SAFE * INDEX_GAP_MAX)
    last = len(tape.times) - 1
    places = np.where(loud, np.arange(last + 1, dtype=np.int32), np.int32(last))
    return np.minimum.accumulate(places[::-1])[::-1]


def _coins(stage: Stage, own: InstrumentId) -> float:
    return float(stage.exchange.listed[own].instrument.coins_per_unit)


def _contract(kind: Kind, contract: float) -> float:
    """Zero: linear."""
    return contract if kind is Kind.INVERSE else 0.0


def _tiers(brackets: list[tuple[Bracket, ...]]) -> tuple[Floats, Floats, Floats]:
    """Caps, rates and maintenance amounts, a row for each market, padded by its last tier."""
    longest = max(map(len, brackets))
    full = [(*each, *(each[-1],) * (longest - len(each))) for each in brackets]
    caps, rates, cums = (
        np.array([[float(getattr(tier, name)) for tier in each] for each in full])
        for name in ("cap", "rate", "cum")
    )
    return caps, rates, cums
