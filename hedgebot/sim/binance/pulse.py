"""What happens by itself: the market moves, marks go out, funding falls due, keys expire."""

import asyncio
import random

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.publisher import Publisher
from hedgebot.sim.config import Generated
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.generator import Walk
from hedgebot.sim.market import Market, StillMarket
from hedgebot.venue_model import derivatives, treasury

BEAT_S = 0.1


def market_of(exchange: Exchange) -> Market:
    """What moves prices, as configured."""
    plan = exchange.config.market
    if isinstance(plan, Generated):
        chance = random.Random(exchange.config.seed)  # noqa: S311 - a seed must repeat
        return Walk(exchange, plan, chance)
    return StillMarket(exchange)


async def pulse(exchange: Exchange, door: Door, publisher: Publisher, market: Market) -> None:
    """Run until cancelled."""
    second, loop = 0, asyncio.get_running_loop()
    start = loop.time()
    while True:
        beat = round((loop.time() - start) / BEAT_S) + 1
        await asyncio.sleep(start + beat * BEAT_S - loop.time())
        market.advance(beat * BEAT_S * 1000)
        publisher.send_depth()
        if beat // 10 > second:
            second = beat // 10
            each_second(exchange, door, publisher, second)


def each_second(exchange: Exchange, door: Door, publisher: Publisher, second: int) -> None:
    """Marks, touches, funding, the dead-man switch."""
    publisher.send_marks(third=second % 3 == 0)
    publisher.repeat_touches()
    treasury.fund_what_is_due(exchange.venue.futures)
    now = exchange.clock.now_ms()
    for symbol, due in list(door.countdowns.items()):
        if now >= due:
            door.set_countdown(symbol, 0, now)
            for order in exchange.venue.futures.desk.orders.working_of(symbol):
                derivatives.cancel(exchange.venue.futures, order)
            exchange.touch_moved(Kind.LINEAR, symbol)
