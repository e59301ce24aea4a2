"""What is really so, read from the exchange's own ledger: exposures, and who changed them when."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.sim.exchange import Exchange, Request
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import Cause, Row, WalletName
from hedgebot.venue_model.orders import OrderLog, Trade
from hedgebot.venue_model.positions import Position
from tests.simulation.coins import Coin, Perp

ZERO = Decimal(0)
BY_OTHERS = ("web_", "adl_autoclose", "autoclose-")
"""Begin the client ids of the owner's orders by hand, and of the venue's own."""
SPOT_TRADE = {Cause.TRADE, Cause.FEE}
OF_A_TRADE = {Cause.REALIZED_PNL, Cause.FEE}
"""What an inverse perpetual's trade does to the wallet of its coin."""


@dataclass(slots=True)
class Change:
    """Something that we did not do, or what an order of ours cost or earned."""

    at_ms: int
    """Our clock."""
    what: str
    gross: Decimal = ZERO
    hedge: Decimal = ZERO
    wallet: str = ""
    by_fill: bool = False
    units: Decimal = ZERO
    """Of the perpetual of that wallet, in its own unit."""
    order: str = ""
    """The client id of our order behind it."""
    told_ms: int | None = None
    """When the venue first said so to anyone."""
    told_by: str = ""
    """`stream` or `answer`."""


@dataclass(frozen=True, slots=True)
class Ours:
    """An execution of an order of ours."""

    client_id: str
    units: Decimal
    """Signed, in the perpetual's own unit."""
    coins: Decimal
    """By which the hedge's delta moved: of an inverse one by N / E."""
    usd: Decimal


class Truth:
    """One asset, hedged on one perpetual or two."""

    def __init__(self, exchange: Exchange, coin: Coin, perps: tuple[Perp, ...]) -> None:
        self.exchange, self.coin, self.perps = exchange, coin, perps
        self.asset = coin.asset
        self.changes: list[Change] = []
        self.ours: list[Ours] = []
        self.marks: list[tuple[int, Decimal]] = []
        """Of the first perpetual, USD of one coin, since when."""
        self._rows = len(exchange.venue.ledger.rows)
        self._trades = {perp: len(self._log(perp).trades) for perp in perps}
        self._held = {perp: self._futures(perp).position(perp.symbol) for perp in perps}
        exchange.moved.append(self._moved)
        self._moved(Kind.SPOT, "")

    def _futures(self, perp: Perp) -> Futures:
        return self.exchange.venue.perpetuals_of(perp.symbol)

    def _log(self, perp: Perp) -> OrderLog:
        return self._futures(perp).desk.orders

    def gross(self) -> Decimal:
        """Coins in the wallets that the settings name."""
        venue = self.exchange.venue
        wallets = [venue.spot.wallet, *(self._futures(perp).desk.wallet for perp in self.perps)]
        return sum((wallet.totals.get(self.asset, ZERO) for wallet in wallets), ZERO)

    def hedge(self) -> Decimal:
        """Delta of the positions, coins: of an inverse one N / E, for its profit is its own."""
        return sum((self._coins(perp, held) for perp, held in self._positions()), ZERO)

    def _positions(self) -> Iterator[tuple[Perp, Position]]:
        for perp in self.perps:
            for (symbol, _), held in self._futures(perp).positions.items():
                if symbol == perp.symbol:
                    yield perp, held

    def units(self, perp: Perp) -> Decimal:
        """Its position, in its own unit."""
        return sum((held.qty for each, held in self._positions() if each is perp), ZERO)

    @staticmethod
    def _coins(perp: Perp, held: Position) -> Decimal:
        # The cost of an inverse position is the sum of -N / price of what is still open.
        return -held.cost if perp.usd else held.qty * perp.multiplier

    def mark(self) -> Decimal:
        """USD of one coin."""
        perp = self.perps[0]
        return self._futures(perp).prices[perp.symbol].mark / perp.multiplier

    def marks_since(self, ms: int) -> list[Decimal]:
        """Each mark that was in force at some time since then, the newest last."""
        before = [mark for at_ms, mark in self.marks if at_ms <= ms]
        since = [mark for at_ms, mark in self.marks if at_ms > ms]
        return list(dict.fromkeys([*before[-1:], *since]))

    def _moved(self, _kind: Kind, _symbol: str) -> None:
        mark = self.mark()
        if not self.marks or self.marks[-1][1] != mark:
            self.marks.append((self._ours_ms(self.exchange.clock.now_ms()), mark))

    def ordered(self, request: Request) -> Perp | None:
        """The perpetual whose order endpoint a request is for; None: it places no order."""
        if request.verb != "POST":
            return None
        return next((perp for perp in self.perps if perp.order == request.path), None)

    def read(self) -> None:
        """Take in what happened since the last reading."""
        rows = self.exchange.venue.ledger.rows
        costs: dict[int, Decimal] = {}
        if len(rows) > self._rows:
            new, self._rows = rows[self._rows :], len(rows)
            costs = _costs(new, self.asset)
            self.changes += self._by_rows(new)
        for perp in self.perps:
            trades = self._log(perp).trades
            for trade in trades[self._trades[perp] :]:
                if trade.symbol == perp.symbol:
                    self._take(perp, trade, costs if perp.usd else {})
            self._trades[perp] = len(trades)

    def _take(self, perp: Perp, trade: Trade, costs: dict[int, Decimal]) -> None:
        name = str(self._log(perp).orders[trade.order_id].ticket.client_id)
        units, before = trade.qty * trade.side.value, self._held[perp]
        worth = self._futures(perp).desk.markets[perp.symbol].worth(trade.price)
        self._held[perp], _ = before.traded(units, worth, 0)
        coins = self._coins(perp, self._held[perp]) - self._coins(perp, before)
        change = Change(
            self._ours_ms(trade.at_ms), f"{name[:12]} {units:+}", costs.get(trade.id, ZERO),
            by_fill=True, wallet=perp.market,
        )  # fmt: skip
        if name.startswith(BY_OTHERS):
            change.hedge, change.units = coins, units
            self.changes.append(change)
            return
        usd = abs(units) * (perp.usd or trade.price)
        self.ours.append(Ours(name, units, coins, usd))
        if change.gross:
            change.order = name
            self.changes.append(change)

    def _by_rows(self, rows: list[Row]) -> Iterator[Change]:
        last: Change | None = None
        for row in rows:
            if row.asset != self.asset or row.cause is Cause.OPENING or _of_a_trade(row):
                continue
            by_fill = row.cause in SPOT_TRADE and row.wallet is WalletName.SPOT
            at_ms = self._ours_ms(row.at_ms)
            if last is not None and by_fill and last.by_fill and last.at_ms == at_ms:
                last.gross += row.change  # a trade and its fee, or its several executions
                continue
            if last is not None:
                yield last
            last = Change(
                at_ms, f"{row.cause.value} {row.change:+}", row.change,
                by_fill=by_fill, wallet=row.wallet.value,
            )  # fmt: skip
        if last is not None:
            yield last

    def _ours_ms(self, venue_ms: int) -> int:
        clock = self.exchange.clock
        return min(venue_ms - clock.skew_ms, clock.wall())  # the skew may be younger


def _of_a_trade(row: Row) -> bool:
    return row.wallet is WalletName.COIN_FUTURES and row.cause in OF_A_TRADE


def _costs(rows: list[Row], asset: str) -> dict[int, Decimal]:
    """What trades of inverse perpetuals did to the wallet, by trade."""
    found: dict[int, Decimal] = {}
    for row in rows:
        if row.asset == asset and _of_a_trade(row):
            found[row.ref] = found.get(row.ref, ZERO) + row.change
    return found
