"""The server: one port for REST, streams, the websocket API and the control plane."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

import orjson
from aiohttp import web

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance import catalog
from hedgebot.sim.binance.control import Control
from hedgebot.sim.binance.dispatch import Dispatch
from hedgebot.sim.binance.door import SIDES, Door, no_limits
from hedgebot.sim.binance.events import encode
from hedgebot.sim.binance.publisher import Publisher
from hedgebot.sim.binance.pulse import drive, market_of, pulse
from hedgebot.sim.binance.ws_api import USER_TOPIC
from hedgebot.sim.clock import SimClock, wall_ms
from hedgebot.sim.config import SimConfig
from hedgebot.sim.exchange import Exchange, Tape
from hedgebot.sim.faults import Faults
from hedgebot.sim.hub import Hub
from hedgebot.sim.records import Records
from hedgebot.sim.still import surround
from hedgebot.sim.user_events import UserEvents
from hedgebot.venue_model.notices import FuturesNotice, Notice, OrderNotice, SpotNotice
from hedgebot.venue_model.orders import Trade
from hedgebot.venue_model.venue import Venue, endow, found

FUTURES_ORDER_IDS_FROM = 8_389_765_739_703_000_000
"""Real order ids of futures pass 2**53: clients that read them as floats are found out."""
COIN_FUTURES_ORDER_IDS_FROM = 96_000_000_000
SPOT_ORDER_IDS_FROM = 47_000_000_000


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. Stop it with `close`."""

    host: str
    port: int
    exchange: Exchange
    door: Door
    publisher: Publisher
    runner: web.ServerRunner
    control: Control
    """The control plane, for a test in the same process."""
    tasks: "tuple[asyncio.Task[None], ...]"

    @property
    def rest_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://{self.host}:{self.port}"

    async def close(self) -> None:
        """Cut every socket and stop."""
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for socket in list(self.exchange.hub.sockets):
            socket.transport.abort()
        await self.runner.cleanup()


def build(config: SimConfig) -> tuple[Exchange, Door]:
    """The exchange with its markets, opening balances and first depth; nothing runs yet."""
    clock = SimClock(config.wall_ms or wall_ms)
    records = Records()
    door = Door() if config.limited else Door(limits=no_limits())
    hub = Hub(records.mark)
    user_events = UserEvents(
        lambda kind, event: deliver(hub, door, clock.now_ms(), kind=kind, event=event)
    )
    prices = catalog.first_prices(config.prices)

    def tell(notice: Notice) -> None:
        for kind, event in encode(notice):
            user_events.send(kind, event)
        if isinstance(notice, OrderNotice) and notice.trade is not None:
            exchange.traded(notice.market.kind, tape_of(notice.trade))
        if isinstance(notice, SpotNotice | FuturesNotice):
            records.remember(venue, clock.wall())

    venue: Venue = found(catalog.markets(), prices, clock.now_ms, tell)
    endow(venue, dict(config.spot), dict(config.futures), dict(config.coin_futures))
    venue.spot.orders.last_order_id = SPOT_ORDER_IDS_FROM
    venue.futures.desk.orders.last_order_id = FUTURES_ORDER_IDS_FROM
    venue.coin_futures.desk.orders.last_order_id = COIN_FUTURES_ORDER_IDS_FROM
    records.remember(venue, clock.wall())
    exchange = Exchange(config, clock, venue, hub, Faults(), records, user_events)
    first_depth(exchange, prices)
    return exchange, door


def first_depth(exchange: Exchange, prices: dict[str, Decimal]) -> None:
    """Depth around the first prices."""
    for kind in SIDES:
        for symbol in exchange.venue.desk(kind).markets:
            surround(exchange, kind, symbol, prices[symbol])


def tape_of(trade: Trade) -> Tape:
    """An execution of the account, as everyone sees it."""
    aggressor = trade.side.opposite if trade.maker else trade.side
    return Tape(trade.symbol, aggressor, trade.price, trade.qty)


def deliver(hub: Hub, door: Door, now: int, *, kind: Kind, event: dict[str, object]) -> None:
    """Send a user event to every user stream of its side, `E` as of now."""
    event["E"] = now
    name = str(event["e"])
    payload = orjson.dumps(event)
    if kind is Kind.SPOT:
        hub.publish(USER_TOPIC, payload, name)
        return
    key = door.key_of(kind)
    if key.valid(now):
        hub.publish((kind, key.value), payload, name)
        hub.publish((kind, f"{key.value}#{name}"), payload, name)


async def serve(config: SimConfig) -> Running:
    """Start an exchange. It answers when this returns."""
    exchange, door = build(config)
    publisher = Publisher(exchange)
    exchange.moved.append(publisher.moved)
    exchange.taped.append(publisher.traded)
    market = market_of(exchange)
    dispatch = Dispatch(exchange, door, market)
    runner = web.ServerRunner(web.Server(dispatch.serve, access_log=None), shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, config.host, config.port)
    await site.start()
    port = int(runner.addresses[0][1])
    tasks = (
        asyncio.create_task(pulse(exchange, door, publisher), name="pulse"),
        asyncio.create_task(drive(market), name="market"),
    )
    return Running(
        host=config.host,
        port=port,
        exchange=exchange,
        door=door,
        publisher=publisher,
        runner=runner,
        control=dispatch.control,
        tasks=tasks,
    )
