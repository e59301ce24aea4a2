"""What a dark venue leaves possible, and what must be done all the same (docs/adr/0011).

A venue is dark for the judge where no event told the daemon how it stands: its stream is lost or
silent, or nothing was read since it came back. What `core` makes of that is not looked at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal as D
from itertools import product

from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import OrderId, OrderIntent
from tests.core.adversary.knowledge import Knowledge
from tests.core.adversary.truth import WALLETS, ZERO, Change, Series, Truth, venue_of
from tests.core.adversary.weather import Weather
from tests.core.adversary.wire import ALIVE_MS

LOOK_BACK_MS = 15_000
"""What happened so shortly before a venue went dark may not have been told or confirmed."""
Shift = tuple[D, D]
"""How much more than counted may really be: coins held, and coins of the hedge."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The truth without what the daemon may not know of."""

    truth: Truth
    out: tuple[Change, ...] = ()
    transit: tuple[D, ...] = (ZERO,)
    """Withdrawn coins that count: an order must be right with each of these many."""

    @property
    def gross(self) -> D:
        return self.truth.gross - sum((c.gross for c in self.out), ZERO)

    @property
    def hedge(self) -> D:
        return self.truth.hedge - sum((c.hedge for c in self.out), ZERO)

    def qty(self, name: InstrumentId) -> D:
        hidden = (c.hedge for c in self.out if c.instrument == name)
        return self.truth.positions[name].last.qty - sum(hidden, ZERO)

    def coins(self, venue: str) -> D:
        wallet = WALLETS[venue]
        hidden = (c.gross for c in self.out if c.wallet == wallet)
        return self.truth.wallets[wallet].last.qty - sum(hidden, ZERO)


class Dark:
    """Judges what the daemon may do without seeing one of its venues."""

    def __init__(self, truth: Truth, knowledge: Knowledge, weather: Weather) -> None:
        self._truth, self._knowledge, self._weather = truth, knowledge, weather
        self._traded = {venue_of(name) for name in truth.perps}

    def blind(self) -> list[str]:
        """Venues of which nothing is known now."""
        return [venue for venue in self._truth.venues if self._knowledge.blind(venue)]

    def broken(self, intent: OrderIntent, *, failover: bool) -> str:
        """Why an order must not be decided while these venues are dark; empty: it may."""
        blind = self.blind()
        if venue_of(intent.instrument) in blind:
            return "blind: its own venue is dark"
        if not failover and blind:
            return f"blind: {blind} is dark"
        if set(blind) - self._traded:
            return f"blind: nothing stands in for {blind}"
        return ""

    def shifts(self, seen: Seen, intent: OrderIntent, flying: Iterable[OrderIntent]) -> set[Shift]:
        """What may really be, where the order must be right too: of each dark venue everything may
        be gone, or be as it truly is; of each order under way nothing or all may fill.
        """
        parts: list[set[Shift]] = []
        for name in self._truth.perps:
            venue = venue_of(name)
            if self._knowledge.blind(venue) and venue != venue_of(intent.instrument):
                qty = seen.qty(name)
                parts.append({(ZERO, less) for less in self._less(qty, self._last(name))})
        for venue in self.blind():
            if venue != venue_of(intent.instrument):
                # what was transferred there unseen counts where it was told to be
                shown = self._knowledge.shown(WALLETS[venue])
                coins = seen.coins(venue) if shown is None else min(seen.coins(venue), shown)
                true = self._truth.wallets[WALLETS[venue]].last.qty
                parts.append({(less, ZERO) for less in self._less(coins, true)})
        parts += [
            {(ZERO, ZERO), (ZERO, _signed(order))}
            for order in flying
            if order.instrument != intent.instrument
        ]
        return {_sum(shifts) for shifts in product(*parts)}

    def _last(self, name: InstrumentId) -> D:
        return self._truth.positions[name].last.qty

    @staticmethod
    def _less(known: D, true: D) -> set[D]:
        """As known, gone, and the truth as far as it lies between the two."""
        between = min(max(true, min(known, ZERO)), max(known, ZERO))
        return {ZERO, -known, between - known}

    def ends(self, flying: dict[OrderId, OrderIntent]) -> tuple[Shift, Shift] | None:
        """The lowest and the highest that holdings and hedge may be, if another venue could trade;
        None: nothing is dark or unknown, or nothing stands in for it.
        """
        blind = self.blind()
        shut = self._knowledge.unknown & flying.keys()
        shut_names = {flying[order_id].instrument for order_id in shut}
        free = [n for n in self._truth.perps if self._serves(n) and n not in shut_names]
        if not free or not (blind or shut) or set(blind) - self._traded:
            return None
        if not all(map(self._knowledge.was_read, blind)):
            return None  # what was never known has no ends
        if any(self._others_may_fill(venue) for venue in blind):
            return None
        outside = (self._truth.outside, self._truth.outside)
        gross, hedge = [outside, *self._holdings(blind)], list(self._positions(blind))
        hedge += [(min(o, ZERO), max(o, ZERO)) for o in map(_signed, flying.values())]
        for change in self._unsure(blind):
            gross.append((min(change.gross, -change.gross, ZERO), abs(change.gross)))
            hedge.append((min(change.hedge, -change.hedge, ZERO), abs(change.hedge)))
        low = (sum((g for g, _ in gross), ZERO), sum((h for h, _ in hedge), ZERO))
        high = (sum((g for _, g in gross), ZERO), sum((h for _, h in hedge), ZERO))
        return low, high

    def _others_may_fill(self, venue: str) -> bool:
        """Whether an order that is not ours was open there when it was last seen."""
        clear_ms = self._knowledge.clear_ms(venue)
        return any(
            order.order_id is None and venue_of(order.instrument) == venue
            for at_ms in (clear_ms, clear_ms + ALIVE_MS)
            for order in self._truth.open_orders(at_ms)
        )

    def _serves(self, name: InstrumentId) -> bool:
        """Whether nothing is wrong at the instrument's venue."""
        venue = venue_of(name)
        unread = any(self._weather.dark(venue, mode) for mode in ("rest", "slow"))
        return not unread and not self._knowledge.blind(venue)

    def _holdings(self, blind: list[str]) -> Iterator[Shift]:
        for wallet, series in self._truth.wallets.items():
            yield self._span(series, venue_of(wallet), blind)

    def _positions(self, blind: list[str]) -> Iterator[Shift]:
        for name, series in self._truth.positions.items():
            yield self._span(series, venue_of(name), blind)

    def _span(self, series: Series, venue: str, blind: list[str]) -> Shift:
        if venue not in blind:
            return series.last.qty, series.last.qty
        found = [ZERO, *series.since(self._knowledge.clear_ms(venue) - LOOK_BACK_MS)]
        return min(found), max(found)

    def _unsure(self, blind: list[str]) -> Iterator[Change]:
        """Changes that no fill told of, young or of an account that cannot be read whole."""
        now = self._truth.agenda.now
        since = [self._knowledge.clear_ms(venue) for venue in blind]
        begin_ms = min([now, *since]) - LOOK_BACK_MS
        for change in self._truth.changes:
            if "fill" not in change.told and change.at_ms >= begin_ms:
                yield change


def _signed(order: OrderIntent) -> D:
    return order.qty * order.side.value


def _sum(shifts: tuple[Shift, ...]) -> Shift:
    return sum((g for g, _ in shifts), ZERO), sum((h for _, h in shifts), ZERO)
