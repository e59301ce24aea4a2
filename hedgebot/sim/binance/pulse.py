"""What happens by itself: the market moves, marks go out, funding falls due, keys expire."""

import asyncio
import random

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.publisher import Publisher
from hedgebot.sim.config import Generated
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.generator import Walk
from hedgebot.venue_model import derivatives, treasury

BEAT_S = 0.1


async def pulse(
    exchange: Exchange, door: Door, publisher: Publisher, chance: random.Random
) -> None:
    """Run until cancelled."""
    plan, second = exchange.config.market, 0
    walk = Walk(exchange, plan, chance) if isinstance(plan, Generated) else None
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        beat = round((loop.time() - start) / BEAT_S) + 1
        await asyncio.sleep(start + beat * BEAT_S - loop.time())
        if walk is not None:
            walk.advance(beat * BEAT_S * 1000)
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
