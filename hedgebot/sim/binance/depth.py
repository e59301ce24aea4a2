"""Depth streams: partial snapshots (`@depth20`) and differences (`@depth`)."""

from dataclasses import dataclass, field
from decimal import Decimal

import orjson

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.wire import pair_of, price_of, qty_of
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.hub import Topic
from hedgebot.venue_model.book import Book
from hedgebot.venue_model.markets import Market

Shown = dict[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Told:
    """What the listeners of a difference stream know."""

    update_id: int
    bids: Shown
    asks: Shown


@dataclass(slots=True)
class DepthStreams:
    """Sends depth to whoever asked, a tenth of a second at a time."""

    exchange: Exchange
    told: dict[Topic, Told] = field(default_factory=dict)

    def send(self) -> None:
        """Once for every depth stream that has listeners."""
        for topic, listeners in list(self.exchange.hub.topics.items()):
            if "@depth" not in topic[1]:
                continue
            if listeners:
                self.send_one(topic)
            else:
                self.told.pop(topic, None)

    def send_one(self, topic: Topic) -> None:
        """One stream, unless its symbol is unknown or silent."""
        kind, name = topic
        symbol, _, rest = name.upper().partition("@DEPTH")
        desk = self.exchange.venue.desk(kind)
        market = desk.markets.get(symbol)
        if market is None or symbol in self.exchange.quiet.silent:
            return
        count = rest.split("@")[0]
        book = desk.books[symbol]
        message: dict[str, object] | None
        if count.isdigit():
            message = self.partial(market, book, int(count))
        else:
            message = self.difference(topic, market, book)
        if message is not None:
            self.exchange.hub.publish(topic, orjson.dumps(message))

    def partial(self, market: Market, book: Book, count: int) -> dict[str, object]:
        """The best levels; the spot message names neither event nor symbol."""
        bids, asks = (
            printed(market, dict(ladder.levels(count))) for ladder in (book.bids, book.asks)
        )
        if market.kind is Kind.SPOT:
            return {"lastUpdateId": book.update_id, "bids": bids, "asks": asks}
        numbers = {"U": book.update_id, "u": book.update_id, "pu": book.update_id}
        return {**self.head(market), **numbers, "b": bids, "a": asks}

    def difference(self, topic: Topic, market: Market, book: Book) -> dict[str, object] | None:
        """What changed since the last message; None when nothing did."""
        before = self.told.get(topic)
        now = Told(book.update_id, dict(book.bids.levels()), dict(book.asks.levels()))
        self.told[topic] = now
        if before is None or before.update_id == now.update_id:
            return None
        numbers = {"U": before.update_id + 1, "u": now.update_id}
        if market.kind is not Kind.SPOT:
            numbers["pu"] = before.update_id
        return {
            **self.head(market),
            **numbers,
            "b": printed(market, changed(before.bids, now.bids)),
            "a": printed(market, changed(before.asks, now.asks)),
        }

    def head(self, market: Market) -> dict[str, object]:
        """Event, times and symbol."""
        now = self.exchange.clock.now_ms()
        head: dict[str, object] = {"e": "depthUpdate", "E": now, "s": market.symbol}
        if market.kind is Kind.SPOT:
            return head
        return head | {"T": now} | pair_of(market, "ps")


def changed(before: Shown, now: Shown) -> Shown:
    """Levels that differ; those that are gone with quantity zero."""
    gone = dict.fromkeys(before.keys() - now.keys(), Decimal(0))
    return gone | {price: qty for price, qty in now.items() if before.get(price) != qty}


def printed(market: Market, levels: Shown) -> list[list[str]]:
    """Price and quantity as the venue prints them."""
    return [[price_of(market, p), qty_of(market, q)] for p, q in levels.items()]
