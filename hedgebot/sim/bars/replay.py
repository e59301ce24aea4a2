"""Bars on their way through the books, at any speed, paced by their own times.

Server time stays the wall clock, as with recorded ticks. Bars tell neither spread nor depth: every
book shows what it shows around any price (`sim/still.py`). Funding is settled at its recorded times
where there is a file of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.sim.bars.coin import CoinTape, Quotes, cursor, step_of
from hedgebot.sim.bars.folder import Track, opened, remarks
from hedgebot.sim.bars.naming import Part, Series
from hedgebot.sim.bars.reading import Rate
from hedgebot.sim.config import Barred
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.market import Immovable
from hedgebot.sim.still import inverse_symbol, linear_symbol, move_price, spot_symbol, surround
from hedgebot.venue_model import treasury
from hedgebot.venue_model.positions import cash
from hedgebot.venue_model.venue import next_funding

BEAT_MS = 50.0
EVENTS_A_BEAT = 40
"""Corners and settlements applied at once: a speed that the machine cannot keep falls behind."""


@dataclass(slots=True)
class Fund:
    """Where the funding of one perpetual stands."""

    series: Series
    pending: Iterator[Rate]
    next: Rate | None

    @property
    def due_ms(self) -> int:
        """When it is settled next.

        Raises:
            AssertionError: never again.
        """
        assert self.next is not None
        return self.next.at_ms


@dataclass(slots=True)
class Round:
    """One way through the files."""

    began_ms: float
    tapes: list[CoinTape]
    funds: list[Fund]


class BarReplay:
    """Walks every coin with bars along them; the others stand still."""

    beat_ms = BEAT_MS

    def __init__(self, exchange: Exchange, plan: Barred) -> None:
        listed = {
            kind: tuple(exchange.venue.desk(kind).markets)
            for kind in (Kind.SPOT, Kind.LINEAR, Kind.INVERSE)
        }
        self.exchange = exchange
        self.plan = plan
        self.library = opened(plan.folder, listed)
        self.round = self.rewound(0.0)
        exchange.tracks.update((track.series, track) for track in self.library.tracks)
        exchange.remarks.extend(remarks(self.library))
        self.catch_up(self.library.first_ms)

    def rewound(self, elapsed_ms: float) -> Round:
        """The files at the first moment that all of them share."""
        coins: dict[str, list[Track]] = {}
        funds = []
        for track in self.library.tracks:
            if track.series.part is Part.FUNDING:
                funds.append(self.fund(track))
            else:
                coins.setdefault(self.coin(track.series), []).append(track)
        tapes = [self.tape(perp, tracks) for perp, tracks in coins.items()]
        return Round(elapsed_ms, tapes, funds)

    def tape(self, perp: str, tracks: list[Track]) -> CoinTape:
        """The series of a coin, about to begin."""
        step_ms = step_of(perp, tracks)
        slot_ms = self.library.first_ms // step_ms * step_ms
        cursors = {(t.series.kind, t.series.part): cursor(t) for t in tracks}
        return CoinTape(perp, step_ms, cursors, slot_ms)

    def fund(self, track: Track) -> Fund:
        """The rates of a perpetual, at the first one to come; shown, when the file has any."""
        pending = track.rates()
        due = next((rate for rate in pending if rate.at_ms > self.library.first_ms), None)
        fund = Fund(track.series, pending, due)
        self.announce(fund, self.library.first_ms)
        return fund

    def coin(self, series: Series) -> str:
        """The linear perpetual of the coin that a series is of."""
        if series.kind is not Kind.SPOT:
            return linear_symbol(self.exchange, series.symbol)
        perps = self.exchange.venue.futures.desk.markets
        return next(p for p in perps if spot_symbol(self.exchange, p) == series.symbol)

    def advance(self, elapsed_ms: float) -> None:
        """Apply every corner and settlement that is due, and go on towards the next."""
        passed = (elapsed_ms - self.round.began_ms) * self.plan.speed
        due = min(self.library.first_ms + passed, self.library.end_ms)
        if not self.catch_up(due):
            return
        for tape in self.round.tapes:
            quotes = tape.between(due)
            if quotes is not None:
                self.show(tape, quotes)
        if due >= self.library.end_ms and self.plan.loop:
            self.round = self.rewound(elapsed_ms)

    def catch_up(self, due_ms: float) -> bool:
        """Apply what is due, in order, so much at once; whether nothing is left."""
        for _ in range(EVENTS_A_BEAT):
            mover = self.earliest()
            if mover.due_ms > due_ms:
                return True
            if isinstance(mover, CoinTape):
                self.show(mover, mover.take())
            else:
                self.settle(mover)
        return self.earliest().due_ms > due_ms

    def earliest(self) -> CoinTape | Fund:
        """What moves next; of one moment prices before settlements."""
        funds = [fund for fund in self.round.funds if fund.next is not None]
        movers: list[CoinTape | Fund] = [*self.round.tapes, *funds]
        return min(movers, key=lambda each: each.due_ms)

    def show(self, tape: CoinTape, quotes: Quotes) -> None:
        """Set every book, mark and index of a coin."""
        exchange = self.exchange
        surround(exchange, Kind.LINEAR, tape.perp, quotes.linear)
        pair = spot_symbol(exchange, tape.perp)
        if pair is not None:
            surround(exchange, Kind.SPOT, pair, quotes.spot)
        exchange.set_mark(tape.perp, cash(quotes.mark), cash(quotes.index))
        inverse = inverse_symbol(exchange, tape.perp)
        if inverse is not None:
            surround(exchange, Kind.INVERSE, inverse, quotes.inverse)
            exchange.set_mark(inverse, cash(quotes.coin_mark), cash(quotes.coin_index))

    def settle(self, fund: Fund) -> None:
        """Pay the rate that is due, and show the next."""
        at_ms, symbol = fund.due_ms, fund.series.symbol
        treasury.pay_funding(self.exchange.venue.perpetuals(fund.series.kind), symbol)
        fund.next = next(fund.pending, None)
        self.announce(fund, at_ms)

    def announce(self, fund: Fund, bar_ms: int) -> None:
        """Show the rate of the running interval and when it will be paid, on the wall clock.

        After the last of its file the rate stays, and the venue's own clock settles it.
        """
        symbol = fund.series.symbol
        futures = self.exchange.venue.perpetuals(fund.series.kind)
        known, now = futures.prices[symbol], self.exchange.clock.now_ms()
        if fund.next is None:
            due = next_funding(now, futures.desk.markets[symbol].funding_hours)
            futures.prices[symbol] = replace(known, funding_ms=due)
            self.exchange.funded.discard(symbol)
            return
        due = now + round((fund.due_ms - bar_ms) / self.plan.speed)
        futures.prices[symbol] = replace(known, funding_rate=fund.next.rate, funding_ms=due)
        self.exchange.funded.add(symbol)

    def jump(self, symbol: str, price: Decimal) -> None:
        """Bars have their own prices; coins without any stand still and may be moved.

        Raises:
            Immovable: it is a replayed coin.
        """
        perp = linear_symbol(self.exchange, symbol)
        if any(tape.perp == perp for tape in self.round.tapes):
            raise Immovable(f"{symbol} is replayed")
        move_price(self.exchange, symbol, price)
