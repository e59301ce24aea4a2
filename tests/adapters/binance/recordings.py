"""The recorded messages beside the repository, and a venue entry that knows their markets."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.binance.names import MarketName, Names
from hedgebot.domain.instruments import InstrumentId, WalletId

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "recorded_messages"
MISSING = "the recorded messages are not beside the repository (../shared/data)"


def recorded(name: str) -> Any:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(MISSING)
    if path.suffix == ".gz":
        return json.loads(gzip.decompress(path.read_bytes()))
    return json.loads(path.read_bytes())


def linear(base: str, quote: str = "USDT") -> MarketName:
    return MarketName(f"{base}/{quote}:{quote}", base, quote, quote)


def spot(base: str, quote: str = "USDT") -> MarketName:
    return MarketName(f"{base}/{quote}", base, quote, "")


FUTURES = Names(
    venue="perp",
    wallet=WalletId("perp:futures"),
    markets={f"{base}USDT": linear(base) for base in ("BTC", "ETH", "BNB")},
    named=frozenset({InstrumentId("perp:BTC/USDT:USDT")}),
    is_ours=lambda _order_id: True,
)
SPOT = Names(
    venue="spot",
    wallet=WalletId("spot:spot"),
    markets={
        "BTCUSDT": spot("BTC"),
        "ETHUSDT": spot("ETH"),
        "ETHBTC": spot("ETH", "BTC"),
        "LTCBTC": spot("LTC", "BTC"),
        "BNBBTC": spot("BNB", "BTC"),
    },
    named=frozenset(),
    is_ours=lambda _order_id: True,
)
