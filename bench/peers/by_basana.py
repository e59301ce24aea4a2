"""Played by basana: a strategy called with every bar. Run by the peers' own Python."""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import basana as bs
import numpy as np
from basana.backtesting import exchange, fees, liquidity
from basana.core import bar, event

PAIR = bs.Pair("BTC", "USD")
RICH = Decimal(10**9)


MINUTE, FIRST = timedelta(minutes=1), datetime(2018, 6, 1, tzinfo=UTC)


def feed_of(prices: list[float]) -> Any:
    bars = [
        bar.Bar(FIRST + MINUTE * k, PAIR, *[Decimal(str(price))] * 4, RICH, MINUTE)
        for k, price in enumerate(prices)
    ]
    return event.FifoQueueEventSource(
        events=[bar.BarEvent(FIRST + MINUTE * (k + 1), each) for k, each in enumerate(bars)]
    )


def venue_of(dispatcher: Any, rate: float) -> Any:
    venue = exchange.Exchange(
        dispatcher, {"BTC": RICH, "USD": RICH * RICH},
        liquidity_strategy_factory=liquidity.InfiniteLiquidity,
        fee_strategy=fees.Percentage(Decimal(str(rate)) * 100),
        bid_ask_spread=Decimal("0.0001"), immediate_order_processing=True,
    )  # fmt: skip
    venue.set_pair_info(PAIR, bs.PairInfo(8, 8))
    return venue


class Hedge:
    """The band, called with every bar."""

    def __init__(self, venue: Any, told: Any) -> None:
        self.venue = venue
        self.gross, self.width, self.lot = told["gross"].tolist(), float(told["width"]), told["lot"]
        self.orders: list[tuple[int, int]] = []
        self.at = self.held = 0

    async def on_bar(self, _: Any) -> None:
        lot = float(self.lot)
        x = self.gross[self.at] + self.held * lot
        if x > self.width or x < -self.width:
            lots = int(-x / lot + (1e-9 if x < 0 else -1e-9))
            side = bs.OrderOperation.BUY if lots > 0 else bs.OrderOperation.SELL
            qty = abs(lots) * Decimal(str(self.lot))
            await self.venue.create_market_order(side, PAIR, qty)
            self.held += lots
            self.orders.append((self.at, lots))
        self.at += 1


async def play(told: Any, path: Path) -> None:
    dispatcher = bs.backtesting_dispatcher()
    venue = venue_of(dispatcher, float(told["rate"]))
    venue.add_bar_source(feed_of(told["price"].tolist()))
    hedge = Hedge(venue, told)
    venue.subscribe_to_bar_events(PAIR, hedge.on_bar)
    began = time.process_time()
    await dispatcher.run()
    seconds = time.process_time() - began
    balance = await venue.get_balance("BTC")
    filled = (balance.total - RICH) / Decimal(str(told["lot"]))
    assert round(float(filled)) == hedge.held, "an order did not fill"
    np.savez(path.with_suffix(".out.npz"), seconds=seconds, orders=np.array(hedge.orders))


asyncio.run(play(np.load(sys.argv[1]), Path(sys.argv[1])))
