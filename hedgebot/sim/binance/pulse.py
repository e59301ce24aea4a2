"""What happens by itself: the market moves, marks go out, funding falls due, keys expire."""

import asyncio
import random
from math import inf

from hedgebot.domain.instruments import Kind
from hedgebot.sim.bars.replay import BarReplay
from hedgebot.sim.binance.depth import DepthStreams
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.publisher import Publisher
from hedgebot.sim.config import Barred, Generated, Replayed
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.generator import Walk
from hedgebot.sim.market import Market, StillMarket
from hedgebot.sim.replay import Replay
from hedgebot.sim.unusable import Unusable
from hedgebot.venue_model import derivatives, treasury

BEAT_S = 0.1
BEATS_A_SECOND = 10
PINGS = {Kind.SPOT: 20, Kind.LINEAR: 180, Kind.INVERSE: 180}
"""How often the venue pings its sockets, s."""


def market_of(exchange: Exchange) -> Market:
    """What moves prices, as configured.

    Raises:
        Unusable: a recording that cannot be replayed, or not at this speed.
        FileNotFoundError: no recorded ticks.
    """
    plan = exchange.config.market
    if isinstance(plan, Replayed | Barred) and not 0 < plan.speed < inf:
        raise Unusable(f"a speed is above zero, not {plan.speed:g}")
    if isinstance(plan, Generated):
        chance = random.Random(exchange.config.seed)  # noqa: S311 - a seed must repeat
        return Walk(exchange, plan, chance)
    if isinstance(plan, Replayed):
        return Replay(exchange, plan)
    if isinstance(plan, Barred):
        return BarReplay(exchange, plan)
    return StillMarket(exchange)


async def drive(market: Market) -> None:
    """Let the market move, until cancelled."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    while True:
        await asyncio.sleep(market.beat_ms / 1000)
        market.advance((loop.time() - start) * 1000)


async def pulse(exchange: Exchange, door: Door, publisher: Publisher) -> None:
    """Send depth, marks and what is due, until cancelled."""
    loop, beat = asyncio.get_running_loop(), 0
    depth = DepthStreams(exchange)
    start = loop.time()
    while True:
        beat += 1
        await asyncio.sleep(start + beat * BEAT_S - loop.time())
        depth.send()
        if beat % BEATS_A_SECOND == 0:
            each_second(exchange, door, publisher, beat // BEATS_A_SECOND)


def each_second(exchange: Exchange, door: Door, publisher: Publisher, second: int) -> None:
    """Marks, touches, funding, the dead-man switch."""
    publisher.send_marks(third=second % 3 == 0)
    publisher.repeat_touches()
    for kind, every_s in PINGS.items():
        if second % every_s == 0:
            exchange.hub.ping(kind, str(exchange.clock.now_ms()).encode())
    for futures in (exchange.venue.futures, exchange.venue.coin_futures):
        treasury.fund_what_is_due(futures, but=exchange.funded)
    now = exchange.clock.now_ms()
    for symbol, due in list(door.countdowns.items()):
        if now >= due:
            door.set_countdown(symbol, 0, now)
            futures = exchange.venue.perpetuals_of(symbol)
            for order in futures.desk.orders.working_of(symbol):
                derivatives.cancel(futures, order)
            exchange.touch_moved(futures.kind, symbol)
