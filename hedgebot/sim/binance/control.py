"""`/_control`: what the owner, the market and fate can be told to do. Never a venue path."""

from collections.abc import Callable
from decimal import Decimal

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.publisher import Publisher
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.still import move_price
from hedgebot.venue_model import derivatives, spot, treasury
from hedgebot.venue_model.orders import OrderType, Ticket, TimeInForce
from hedgebot.venue_model.rejections import Rejected

Told = dict[str, object]


class Control:
    """Serves the control plane."""

    def __init__(self, exchange: Exchange, door: Door, publisher: Publisher) -> None:
        self.exchange = exchange
        self.door = door
        self.publisher = publisher
        self.commands: dict[str, Callable[[Told], object]] = {
            "price": self.price,
            "deposit": self.deposit,
            "withdraw": self.withdraw,
            "trade": self.trade,
        }

    async def serve(self, request: web.BaseRequest) -> web.Response:
        """`GET /_control/state`, or `POST /_control/<command>` with a JSON body."""
        name = request.path.rsplit("/", 1)[-1]
        body = await request.read()
        told = orjson.loads(body) if body else {}
        command = self.commands.get(name)
        if command is None:
            return web.json_response({"error": f"no command {name}"}, status=404)
        try:
            result = command(told)
        except (KeyError, ValueError, ArithmeticError, Rejected) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.Response(body=orjson.dumps({"ok": True, "result": result}))

    def price(self, told: Told) -> object:
        """Move a perpetual and its spot pair to a price."""
        move_price(self.exchange, str(told["symbol"]), Decimal(str(told["price"])))
        return None

    def deposit(self, told: Told) -> object:
        """Coins arrive in the spot wallet."""
        treasury.deposit(
            self.exchange.venue,
            str(told["asset"]),
            Decimal(str(told["qty"])),
            self.exchange.clock.now_ms(),
        )
        return None

    def withdraw(self, told: Told) -> object:
        """Coins leave the spot wallet."""
        treasury.withdraw(
            self.exchange.venue,
            str(told["asset"]),
            Decimal(str(told["qty"])),
            self.exchange.clock.now_ms(),
        )
        return None

    def trade(self, told: Told) -> object:
        """The owner trades by hand: a market order with a foreign client id."""
        ticket = Ticket(
            symbol=str(told["symbol"]),
            side=Side[str(told["side"])],
            type=OrderType.MARKET,
            tif=TimeInForce.GTC,
            qty=Decimal(str(told["qty"])),
            client_id=str(told.get("client_id", f"web_{self.exchange.clock.now_ms()}")),
        )
        if told.get("market", "spot") == "spot":
            order = spot.place(self.exchange.venue.spot, ticket)
            self.exchange.touch_moved(Kind.SPOT, ticket.symbol)
        else:
            order = derivatives.place(self.exchange.venue.futures, ticket)
            self.exchange.touch_moved(Kind.LINEAR, ticket.symbol)
        return {"order_id": order.id, "filled": str(order.filled)}
