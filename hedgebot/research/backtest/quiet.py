"""Stretches in which no verdict can change are passed over.

A moment may be passed over where every hedge is inside its band and stays there at the new mark, by
the decision's own functions; nothing is under way, no alert is open; every price was told, the mark
did not jump and does not stand still beside a touch that moves; and no margin is near its end.

What the decision remembers of a price is the one before it, how long it has stood, and the touch
then: so before a moment that matters the last ones before it are heard too. What it learns is noted
without it (`noting`). A test holds runs that are shortened so to runs that hear everything.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from hedgebot.core import computed, decide
from hedgebot.core.freshness import FROZEN_MOVE, INDEX_GAP_MAX
from hedgebot.core.state import Hedge
from hedgebot.domain.instruments import InstrumentId, Kind
from hedgebot.domain.records import Verdict
from hedgebot.research.backtest.exchange import Entry
from hedgebot.research.backtest.kernel import kernels, rule_of
from hedgebot.research.backtest.noting import Notes, notes_of
from hedgebot.research.backtest.play import Stage
from hedgebot.research.backtest.tape import ENDLESS, Floats, Tape
from hedgebot.research.kept import kept
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

    @kept
    @numba.njit
    def search(rule: Any, held: Any, marks: Floats, until: Any) -> int:
        gross, hedge, aged, move, price = held
        known, jump, at, stop = until
        before = known
        for each in range(at, stop):
            mark = marks[each]
            found, inside, swept = lots(rule, gross, hedge, mark)
            leap = max(abs(mark / known - 1.0), abs(mark / before - 1.0))
            before = mark
            if found != 0 or not inside or leap > jump:
                return int(each)
            coin = mark if rule.inverse else mark / rule.coins_per_unit
            if swept != 0 and (each >= aged or abs(coin / price - 1.0) >= move):
                return int(each)
        return int(stop)

    return search


@kept
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
    notes: Notes

    def next(self, at: int, limit: int) -> Iterator[int]:
        """Moments to hear from there on, in order; the last of them at most `limit`. What is learnt
        of those before one of them is noted by then.
        """
        found = self._first(at, limit) if self._calm() else at
        for each in sorted({*self._before(found), found}):
            if each >= at:
                self.notes.take(at, each)
                yield each
                at = each + 1

    def _before(self, found: int) -> Iterator[int]:
        """What the decision remembers of a price at that moment: the one before, which may be far
        from the last that was heard, and stays in force where the new one is doubted; since when
        that one has stood, and the touch then.
        """
        tape, state = self.stage.tape, self.stage.driver.state
        yield found - 1
        for row, own in enumerate(tape.rows):
            since = int(self.run[row, found - 1])
            yield since
            if state.markets[own].mark == tape.mark[row, since]:
                yield since - 1  # another price, so that it is seen to change

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
        return self.notes.first(at, stop)

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


def quiet_of(stage: Stage) -> Quiet | None:
    """What may be passed over; None: nothing, prices come more often than a timer of the decision,
    and which of them it finds due hangs on every one before.
    """
    pace_ms = [decide.rest_ms(stage.policy.limits)]
    pace_ms += [computed.LOOK_MS for hedge in stage.policy.hedges if hedge.learns]
    soon = np.diff(stage.tape.times) < max(pace_ms)
    if (soon[1:] & soon[:-1]).any():
        return None
    run = _still(stage.tape)
    return Quiet(stage, _loud(stage, run), run, notes_of(stage))


def _still(tape: Tape) -> Places:
    """Since which moment each instrument's mark has stood still."""
    return np.stack([
        _latest(np.concatenate(([True], marks[1:] != marks[:-1]))) for marks in tape.mark
    ])  # fmt: skip


def _latest(which: Any) -> Places:
    """For each moment the last of those moments up to it; the first where there was none."""
    count = np.arange(len(which), dtype=np.int32)
    return np.maximum.accumulate(np.where(which, count, np.int32(0)))


def _loud(stage: Stage, run: Places) -> Places:
    """Moments that are heard whatever is held, as the next of them from each moment on."""
    tape = stage.tape
    loud: Any = np.isnan(tape.mark).any(axis=0) | np.isnan(tape.last).any(axis=0)
    loud[0] = loud[-1] = True
    for row, own in enumerate(tape.rows):
        with np.errstate(invalid="ignore", divide="ignore"):
            told = tape.last[row][_latest(~np.isnan(tape.last[row]))]  # the touch stands meanwhile
            loud |= np.abs(told / told[run[row]] - 1.0) > SAFE * FROZEN_MOVE
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
