"""What is really so, read from the exchange's own ledger: exposures, and who changed them when."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hedgebot.sim.exchange import Exchange
from hedgebot.venue_model.ledger import Cause, Row, WalletName
from hedgebot.venue_model.orders import OrderLog, Trade
from tests.simulation.coins import Coin

ZERO = Decimal(0)
BY_OTHERS = ("web_", "adl_autoclose", "autoclose-")
"""Begin the client ids of the owner's orders by hand, and of the venue's own."""
SPOT_TRADE = {Cause.TRADE, Cause.FEE}


@dataclass(slots=True)
class Change:
    """Something that we did not do."""

    at_ms: int
    """Our clock."""
    what: str
    gross: Decimal = ZERO
    hedge: Decimal = ZERO
    wallet: str = ""
    by_fill: bool = False
    told_ms: int | None = None
    """When the venue first said so to anyone."""
    told_by: str = ""
    """`stream` or `answer`."""


class Truth:
    """One asset, hedged on one perpetual."""

    def __init__(self, exchange: Exchange, coin: Coin) -> None:
        self.exchange, self.coin = exchange, coin
        self.asset, self.symbol = coin.asset, coin.perp
        self.changes: list[Change] = []
        self.ours: list[Trade] = []
        self._rows = len(exchange.venue.ledger.rows)
        self._trades = len(self._log.trades)

    @property
    def _log(self) -> OrderLog:
        return self.exchange.venue.futures.desk.orders

    def gross(self) -> Decimal:
        venue = self.exchange.venue
        wallets = (venue.spot.wallet.totals, venue.futures.desk.wallet.totals)
        return sum((totals.get(self.asset, ZERO) for totals in wallets), ZERO)

    def hedge(self) -> Decimal:
        held = self.exchange.venue.futures.positions.items()
        qty = sum((each.qty for (symbol, _), each in held if symbol == self.symbol), ZERO)
        return qty * self.coin.multiplier

    def coins_of(self, trade: Trade) -> Decimal:
        """Coins of delta, signed."""
        return trade.qty * trade.side.value * self.coin.multiplier

    def mark(self) -> Decimal:
        """USD of one coin."""
        return self.exchange.venue.futures.prices[self.symbol].mark / self.coin.multiplier

    def client_id(self, trade: Trade) -> str:
        return str(self._log.orders[trade.order_id].ticket.client_id)

    def read(self) -> None:
        """Take in what happened since the last reading."""
        rows = self.exchange.venue.ledger.rows
        if len(rows) > self._rows:
            self.changes += self._by_rows(rows[self._rows :])
            self._rows = len(rows)
        trades = self._log.trades
        for trade in trades[self._trades :]:
            if trade.symbol != self.symbol:
                continue
            if self.client_id(trade).startswith(BY_OTHERS):
                qty = self.coins_of(trade)
                what = f"{self.client_id(trade)[:12]} {qty:+}"
                self.changes.append(
                    Change(
                        self._ours_ms(trade.at_ms), what, hedge=qty, by_fill=True, wallet="futures"
                    )
                )
            else:
                self.ours.append(trade)
        self._trades = len(trades)

    def _by_rows(self, rows: list[Row]) -> Iterator[Change]:
        last: Change | None = None
        for row in rows:
            if row.asset != self.asset or row.cause is Cause.OPENING:
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
        return venue_ms - self.exchange.clock.skew_ms
