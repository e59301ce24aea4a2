"""The run as curves over its moments: deltas, bands, results, margin. Floats, for eyes and for
statistics; what must be exact is in the books.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hedgebot.core.books import steps
from hedgebot.core.policy import HedgePolicy
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, WalletId
from hedgebot.research.backtest.exchange import Entry
from hedgebot.research.backtest.kernel import Rule, bands_of, rule_of
from hedgebot.research.backtest.margins import Held, margin_of
from hedgebot.research.backtest.parts import Part, steps_of
from hedgebot.research.backtest.records import Movement, Record, Standing
from hedgebot.research.backtest.running import Played
from hedgebot.research.backtest.tape import Floats, Tape
from hedgebot.research.backtest.worth import Worth
from hedgebot.venue_model.markets import Market

Which = NDArray[np.int32]
Moments = NDArray[np.int64]
CHUNK = 2**17
"""Moments that are computed together: years of minutes fit into little memory so."""


@dataclass(frozen=True, slots=True)
class Stairs:
    """A sum that changes at some moments only."""

    at: Moments
    sums: Floats

    def __getitem__(self, moments: Any) -> Any:
        """The sum up to each of those moments."""
        return np.concatenate(([0.0], self.sums))[np.searchsorted(self.at, moments, side="right")]


@dataclass(frozen=True, slots=True)
class HedgeCurves:
    """One hedge, by moment."""

    coins: Stairs
    """Held."""
    net: Floats
    spot: Floats
    """Dollars since the beginning of what was not hedged."""
    basis: Floats
    cross: Floats
    """Of a cross hedge: what the other coin moved beyond beta."""
    booked: dict[Part, Stairs]
    """Dollars that records booked."""
    result: Floats
    """All of it but what flows brought or took."""
    rule: Rule

    def band(self, tape: Tape, row: int, at: Moments) -> Floats:
        """Target, lower and upper end of the band at those moments."""
        return bands_of(self.rule, self.coins[at], np.ascontiguousarray(tape.value[row][at]))


@dataclass(frozen=True, slots=True)
class Curves:
    """The whole run."""

    hedges: dict[str, HedgeCurves]
    margin: dict[WalletId, Floats]
    """Maintenance over margin balance at the worse end of each moment; 1 is liquidation."""
    distance: dict[InstrumentId, Floats]
    """From the mark's worse end to liquidation, as a fraction of it; infinite: none."""


@dataclass(frozen=True, slots=True)
class _Over:
    """Standings, and which of them holds at each moment."""

    played: Played
    standings: Sequence[Standing]
    which: Which

    def spread(self, values: Sequence[float]) -> Floats:
        """A value of each standing, at each moment."""
        return np.array(values, dtype=np.float64)[self.which]

    def market(self, row: int) -> Market:
        return self.played.exchange.listed[self.played.tape.rows[row]].market

    def carrier(self, row: int) -> Instrument:
        return self.played.exchange.listed[self.played.tape.rows[row]].carrier

    def own_coins(self, row: int) -> float:
        """Coins of its own for one coin of the hedge's delta."""
        listed = self.played.exchange.listed[self.played.tape.rows[row]]
        return float(listed.instrument.coins_per_unit / listed.carrier.coins_per_unit)


def curves_of(played: Played) -> Curves:
    """Every curve."""
    standings = list(played.diary.standings)
    if not standings or standings[0].at:
        standings.insert(0, played.opening)
    over = _Over(played, standings, _places(standings, len(played.tape.times)))
    hedges = {each.asset: _hedge(over, each) for each in played.policy.hedges}
    margin: dict[WalletId, Floats] = {}
    distance: dict[InstrumentId, Floats] = {}
    for entry in played.exchange.entries.values():
        if entry.futures is not None:
            margin[entry.wallet_id] = _margin(over, entry, distance)
    return Curves(hedges, margin, distance)


def _places(standings: Sequence[Standing], count: int) -> Which:
    """Which standing holds at each moment."""
    found = np.zeros(count, dtype=np.int32)
    for number, each in enumerate(standings):
        found[each.at :] = number
    return found


def _hedge(over: _Over, policy: HedgePolicy) -> HedgeCurves:
    played, tape, asset = over.played, over.played.tape, policy.asset
    held = [float(dict(each.coins)[asset]) for each in over.standings]
    coins = Stairs(np.array([each.at for each in over.standings]), np.array(held, dtype=np.float64))
    price, net, basis = tape.spot[asset], over.spread(held), np.zeros(len(over.which))
    cross = np.zeros(len(over.which))
    for row, delta, moved in _positions(over, asset):
        net += delta
        basis += moved
        if over.market(row).kind is Kind.INVERSE:
            continue
        by_coin = since(delta, price)
        if (other := tape.other.get(tape.rows[row])) is not None:
            cross -= by_coin
            by_coin = since(delta * over.own_coins(row), other)
            cross += by_coin
        basis -= by_coin
    spot, booked = since(net, price), _booked(played, asset)
    jumps = np.zeros(len(over.which))
    for part, stairs in booked.items():
        if part is not Part.FLOWS:
            jumps[stairs.at] += np.diff(stairs.sums, prepend=0.0)
    result = np.cumsum(jumps, out=jumps)
    result += spot
    result += basis
    result += cross
    carrier = played.exchange.listed[policy.instruments[0]].carrier
    rule = rule_of(policy, steps(carrier), played.policy.limits.collar)
    return HedgeCurves(coins, net, spot, basis, cross, booked, result, rule)


def _positions(over: _Over, asset: str) -> Iterator[tuple[int, Floats, Floats]]:
    """Of each instrument: its row, its delta, and what it has made at its own price."""
    tape = over.played.tape
    for row in range(len(tape.rows)):
        if over.carrier(row).asset != asset:
            continue
        qty = over.spread([float(each.positions[row][0]) for each in over.standings])
        worth = _worth(over.market(row), tape.value[row])
        if over.market(row).kind is Kind.INVERSE:
            worth *= tape.spot[asset]
            owed = over.spread([-float(each.positions[row][1]) for each in over.standings])
            yield row, owed, since(qty, worth)
        else:
            yield row, qty * float(over.carrier(row).coins_per_unit), since(qty, worth)


def since(held: Floats, price: Floats) -> Floats:
    """What was held moves with the price: the sum up to each moment."""
    found = np.empty(len(price))
    found[0] = 0.0
    np.subtract(price[1:], price[:-1], out=found[1:])
    found[1:] *= held[:-1]
    return np.cumsum(found, out=found)


def _worth(market: Market, price: Floats) -> Floats:
    """`Market.worth`, of floats."""
    return -float(market.contract) / price if market.kind is Kind.INVERSE else price


def _booked(played: Played, asset: str) -> dict[Part, Stairs]:
    """What the records booked, by part."""
    worth = Worth(played.policy, played.tape, played.exchange)
    found: dict[Part, dict[int, float]] = {}
    for record in played.diary.records:
        if _asset(played, record) != asset:
            continue
        for part, dollars in steps_of(worth, record):
            if dollars:
                own = found.setdefault(part, {})
                own[record.at] = own.get(record.at, 0.0) + float(dollars)
    return {
        part: Stairs(np.array(list(own)), np.cumsum(list(own.values())))
        for part, own in found.items()
    }


def _asset(played: Played, record: Record) -> str:
    if isinstance(record, Movement):
        return played.policy.stands_for(record.asset)[0]
    return played.exchange.listed[record.instrument].carrier.asset


def _margin(over: _Over, entry: Entry, distance: dict[InstrumentId, Floats]) -> Floats:
    """A wallet's margin ratio over all its coins; each instrument's distance is put down."""
    count, tape = len(over.which), over.played.tape
    ratio = np.zeros(count)
    for settle in entry.desk().margin_assets():
        rows = [tape.rows.index(e.id) for e in entry.instruments.values() if e.settle == settle]
        cash = np.array([_cash(each, entry.wallet_id, settle) for each in over.standings])
        for row in rows:
            distance[tape.rows[row]] = np.empty(count)
        for begin in range(0, count, CHUNK):
            # what was held on the way to each moment
            which = over.which[np.maximum(np.arange(begin, min(begin + CHUNK, count)) - 1, 0)]
            span = slice(begin, begin + len(which))
            held = [_held(over, row, which, span) for row in rows]
            share, away = margin_of(cash[which], held)
            np.maximum(ratio[span], share, out=ratio[span])
            for row, found in zip(rows, away, strict=True):
                distance[tape.rows[row]][span] = found
    return ratio


def _cash(standing: Standing, wallet: WalletId, asset: str) -> float:
    held = (float(qty) for own, coin, qty in standing.cash if (own, coin) == (wallet, asset))
    return next(held, 0.0)


def _held(over: _Over, row: int, which: Which, span: slice) -> Held:
    tape = over.played.tape
    qty, cost = (
        np.array([float(each.positions[row][part]) for each in over.standings])[which]
        for part in (0, 1)
    )
    worst = np.where(qty < 0, tape.high[row, span], tape.low[row, span])
    np.copyto(worst, tape.value[row, span], where=np.isnan(worst))
    return Held(over.market(row), qty, cost, worst)
