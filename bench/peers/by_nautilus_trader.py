"""Played by nautilus_trader: a strategy on its engine. Run by the peers' own Python."""

import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

VENUE, CASH, RICH = Venue("SIM"), 10**9, 10**6
OWN = InstrumentId(Symbol("BTCUSDT-PERP"), VENUE)
MINUTES = BarType.from_str(f"{OWN}-1-MINUTE-LAST-EXTERNAL")
MINUTE_NS = 60 * 10**9


def perpetual(lot: str, rate: float) -> Any:
    fee = Decimal(str(rate))
    return CryptoPerpetual(
        instrument_id=OWN, raw_symbol=OWN.symbol, base_currency=BTC, quote_currency=USDT,
        settlement_currency=USDT, is_inverse=False, price_precision=2, size_precision=3,
        price_increment=Price.from_str("0.01"), size_increment=Quantity.from_str(lot),
        margin_init=Decimal("0.01"), margin_maint=Decimal("0.005"), maker_fee=fee, taker_fee=fee,
        ts_event=0, ts_init=0,
    )  # fmt: skip


def bars_of(prices: list[float]) -> list[Any]:
    volume = Quantity(RICH, 3)
    made = []
    for k, each in enumerate(prices):
        price, at_ns = Price(each, 2), (k + 1) * MINUTE_NS
        made.append(Bar(MINUTES, price, price, price, price, volume, at_ns, at_ns))
    return made


class Hedge(Strategy):  # type: ignore[misc]  # nautilus_trader has no types here
    """The band, called with every bar; what is held is what its orders have filled."""

    def __init__(self, told: Any) -> None:
        super().__init__(StrategyConfig())
        self.gross, self.width, self.lot = told["gross"].tolist(), float(told["width"]), told["lot"]
        self.orders: list[tuple[int, int]] = []
        self.at = self.held = 0

    def on_start(self) -> None:
        self.subscribe_bars(MINUTES)

    def on_bar(self, _: Any) -> None:
        lot = float(self.lot)
        x = self.gross[self.at] + self.held * lot
        if x > self.width or x < -self.width:
            lots = int(-x / lot + (1e-9 if x < 0 else -1e-9))
            side = OrderSide.BUY if lots > 0 else OrderSide.SELL
            self.orders.append((self.at, lots))
            self.submit_order(self.order_factory.market(OWN, side, Quantity(abs(lots) * lot, 3)))
        self.at += 1

    def on_order_filled(self, event: Any) -> None:
        lots = round(float(event.last_qty) / float(self.lot))
        self.held += lots if event.order_side == OrderSide.BUY else -lots


def main() -> None:
    path = Path(sys.argv[1])
    told = np.load(path)
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.MARGIN, [Money(CASH, USDT)])
    engine.add_instrument(perpetual(str(told["lot"]), float(told["rate"])))
    engine.add_data(bars_of(told["price"].tolist()))
    hedge = Hedge(told)
    engine.add_strategy(hedge)
    began = time.process_time()
    engine.run()
    seconds = time.process_time() - began
    assert hedge.at == len(told["price"]), "not every bar was told"
    assert hedge.held == sum(lots for _, lots in hedge.orders), "an order did not fill"
    np.savez(path.with_suffix(".out.npz"), seconds=seconds, orders=np.array(hedge.orders))


main()
