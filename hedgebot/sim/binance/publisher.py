"""Market streams: touches as they change, marks every second or three, trades."""

import orjson

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.binance.wire import eight, pair_of, price_of, qty_of
from hedgebot.sim.exchange import Exchange, Tape
from hedgebot.sim.hub import Topic
from hedgebot.venue_model.book import Level

Touch = tuple[Level, Level]


class Publisher:
    """Turns changed books and prices into stream messages."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.touches: dict[tuple[Kind, str], Touch] = {}
        self.tape_id = 0

    def moved(self, kind: Kind, symbol: str) -> None:
        """A book may have changed: send its touch if it did."""
        desk = self.exchange.venue.desk(kind)
        if symbol not in desk.books or symbol in self.exchange.quiet.silent:
            return
        touch = desk.books[symbol].touch()
        if touch is not None and touch != self.touches.get((kind, symbol)):
            self.touches[kind, symbol] = touch
            self.send_touch(kind, symbol, touch)

    def send_touch(self, kind: Kind, symbol: str, touch: Touch) -> None:
        """`<symbol>@bookTicker`, and `!bookTicker` on futures."""
        names = [f"{symbol.lower()}@bookTicker"] + ["!bookTicker"] * (kind is not Kind.SPOT)
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
        desk = venue.desk(kind)
        market = desk.markets[symbol]
        return {
            "e": "bookTicker",
            "u": desk.books[symbol].update_id,
            "s": symbol,
            **pair_of(market, "ps"),
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
        for kind in (Kind.LINEAR, Kind.INVERSE):
            self._marks_of(kind, third=third)

    def _marks_of(self, kind: Kind, *, third: bool) -> None:
        rows = []
        for symbol in self.exchange.venue.perpetuals(kind).prices:
            if symbol in self.exchange.quiet.frozen_marks or symbol in self.exchange.quiet.silent:
                continue
            row = self.mark_message(kind, symbol)
            rows.append(row)
            topic = (kind, f"{symbol.lower()}@markPrice")
            self.publish(topic, orjson.dumps(row), third=third)
        if kind is Kind.LINEAR:
            self.publish((kind, "!markPrice@arr"), orjson.dumps(rows), third=third)

    def publish(self, topic: Topic, payload: bytes, *, third: bool) -> None:
        """To the one-second name, and in each third second to the plain one."""
        kind, name = topic
        self.exchange.hub.publish((kind, f"{name}@1s"), payload)
        if third:
            self.exchange.hub.publish(topic, payload)

    def mark_message(self, kind: Kind, symbol: str) -> dict[str, object]:
        """A markPriceUpdate message."""
        prices = self.exchange.venue.perpetuals(kind).prices[symbol]
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

    def traded(self, kind: Kind, tape: Tape) -> None:
        """`@trade` and `@aggTrade`."""
        names = {n: (kind, f"{tape.symbol.lower()}@{n}") for n in ("trade", "aggTrade")}
        wanted = [name for name, topic in names.items() if self.exchange.hub.wanted(topic)]
        if not wanted or tape.symbol in self.exchange.quiet.silent:
            return
        self.tape_id += 1
        for name in wanted:
            payload = orjson.dumps(self.tape_message(kind, tape, name))
            self.exchange.hub.publish(names[name], payload)

    def tape_message(self, kind: Kind, tape: Tape, name: str) -> dict[str, object]:
        """A public trade; the numbers of both kinds run together here."""
        now, number = self.exchange.clock.now_ms(), self.tape_id
        market = self.exchange.venue.desk(kind).markets[tape.symbol]
        head: dict[str, object] = {"e": name, "E": now, "s": tape.symbol}
        head |= {"t": number} if name == "trade" else {"a": number, "f": number, "l": number}
        body = {"p": price_of(market, tape.price), "q": qty_of(market, tape.qty), "T": now}
        message = {**head, **body, "m": tape.aggressor is Side.SELL}
        if kind is Kind.SPOT:
            return message | {"M": True}
        return message | {"X": "MARKET"} if name == "trade" else message
