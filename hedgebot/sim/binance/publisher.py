"""Market streams: touches as they change, marks every second or three, depth and trades."""

from decimal import Decimal

import orjson

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.wire import eight, price_of, qty_of
from hedgebot.sim.exchange import Exchange
from hedgebot.venue_model.book import Level
from hedgebot.venue_model.markets import Market

Touch = tuple[Level, Level]
DEPTH_LEVELS = 20


class Publisher:
    """Turns changed books and prices into stream messages."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.touches: dict[tuple[Kind, str], Touch] = {}

    def moved(self, kind: Kind, symbol: str) -> None:
        """A book may have changed: send its touch if it did."""
        venue = self.exchange.venue
        desk = venue.spot if kind is Kind.SPOT else venue.futures.desk
        if symbol not in desk.books or symbol in self.exchange.quiet.silent:
            return
        touch = desk.books[symbol].touch()
        if touch is not None and touch != self.touches.get((kind, symbol)):
            self.touches[kind, symbol] = touch
            self.send_touch(kind, symbol, touch)

    def send_touch(self, kind: Kind, symbol: str, touch: Touch) -> None:
        """`<symbol>@bookTicker`, and `!bookTicker` on futures."""
        names = [f"{symbol.lower()}@bookTicker"] + ["!bookTicker"] * (kind is Kind.LINEAR)
        wanted = [name for name in names if self.exchange.hub.wanted((kind, name))]
        if wanted:
            payload = orjson.dumps(self.touch_message(kind, symbol, touch))
            for name in wanted:
                self.exchange.hub.publish((kind, name), payload)

    def touch_message(self, kind: Kind, symbol: str, touch: Touch) -> dict[str, object]:
        """A bookTicker message; the spot one names neither event nor time."""
        venue, now = self.exchange.venue, self.exchange.clock.now_ms()
        (bid, bid_qty), (ask, ask_qty) = touch
        if kind is Kind.SPOT:
            return {
                "u": venue.spot.books[symbol].update_id,
                "s": symbol,
                "b": eight(bid),
                "B": eight(bid_qty),
                "a": eight(ask),
                "A": eight(ask_qty),
            }
        market = venue.futures.desk.markets[symbol]
        return {
            "e": "bookTicker",
            "u": venue.futures.desk.books[symbol].update_id,
            "s": symbol,
            "b": price_of(market, bid),
            "B": qty_of(market, bid_qty),
            "a": price_of(market, ask),
            "A": qty_of(market, ask_qty),
            "T": now,
            "E": now,
        }

    def repeat_touches(self) -> None:
        """Send every touch again: a busy market never goes a second without one."""
        for (kind, symbol), touch in self.touches.items():
            if symbol not in self.exchange.quiet.silent:
                self.send_touch(kind, symbol, touch)

    def send_marks(self, *, third: bool) -> None:
        """`@markPrice@1s` each second, `@markPrice` each third, and the arrays of all."""
        rows = []
        for symbol in self.exchange.venue.futures.prices:
            if symbol in self.exchange.quiet.frozen_marks or symbol in self.exchange.quiet.silent:
                continue
            row = self.mark_message(symbol)
            rows.append(row)
            payload = orjson.dumps(row)
            self.publish(f"{symbol.lower()}@markPrice", payload, third=third)
        self.publish("!markPrice@arr", orjson.dumps(rows), third=third)

    def publish(self, name: str, payload: bytes, *, third: bool) -> None:
        """To the one-second name, and in each third second to the plain one."""
        self.exchange.hub.publish((Kind.LINEAR, f"{name}@1s"), payload)
        if third:
            self.exchange.hub.publish((Kind.LINEAR, name), payload)

    def mark_message(self, symbol: str) -> dict[str, object]:
        """A markPriceUpdate message."""
        prices = self.exchange.venue.futures.prices[symbol]
        return {
            "e": "markPriceUpdate",
            "E": self.exchange.clock.now_ms(),
            "s": symbol,
            "p": eight(prices.mark),
            "i": eight(prices.index),
            "P": eight(prices.index),
            "r": eight(prices.funding_rate),
            "T": prices.funding_ms,
        }

    def send_depth(self) -> None:
        """Partial depth, `<symbol>@depth20` and its kin, to who asked."""
        for (kind, name), listeners in list(self.exchange.hub.topics.items()):
            if listeners and "@depth" in name:
                self.depth_of(kind, name)

    def depth_of(self, kind: Kind, name: str) -> None:
        """One depth stream; names without a count get the first twenty levels as a diff."""
        venue = self.exchange.venue
        desk = venue.spot if kind is Kind.SPOT else venue.futures.desk
        symbol, _, rest = name.partition("@")
        market = desk.markets.get(symbol.upper())
        if market is None or market.symbol in self.exchange.quiet.silent:
            return
        count = rest.split("@")[0].removeprefix("depth")
        book = desk.books[market.symbol]
        levels = int(count) if count.isdigit() else DEPTH_LEVELS
        bids, asks = list(book.bids.levels(levels)), list(book.asks.levels(levels))
        sides = (rows(market, bids), rows(market, asks))
        message = self.depth_message(market, book.update_id, *sides, partial=count.isdigit())
        self.exchange.hub.publish((kind, name), orjson.dumps(message))

    def depth_message(
        self, market: Market, update_id: int, bids: object, asks: object, *, partial: bool
    ) -> dict[str, object]:
        """A depth message; the spot partial one names neither event nor symbol."""
        now = self.exchange.clock.now_ms()
        if market.kind is Kind.SPOT and partial:
            return {"lastUpdateId": update_id, "bids": bids, "asks": asks}
        head: dict[str, object] = {"e": "depthUpdate", "E": now, "s": market.symbol}
        if market.kind is Kind.LINEAR:
            head |= {"T": now, "pu": update_id}
        return {**head, "U": update_id, "u": update_id, "b": bids, "a": asks}


def rows(market: Market, levels: list[tuple[Decimal, Decimal]]) -> list[list[str]]:
    """Price and quantity as printed."""
    return [[price_of(market, p), qty_of(market, q)] for p, q in levels]
