"""Recorded histories as a backtest takes them; skipped where they are not beside the checkout."""

from dataclasses import dataclass, replace
from decimal import Decimal as D
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hedgebot.core.policy import Band, BandUnit, OrderStyle, Policy, VenuePolicy
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.research.history import History, read_history
from tests.core.world import HEDGE, POLICY
from tests.research.shared_folder import FOLDER

COIN = InstrumentId("coin:BTC/USD:BTC")
COIN_WALLET = WalletId("coin:coin_futures")
ETH = InstrumentId("perp:ETH/USDT:USDT")
ETHER = replace(
    HEDGE, asset="ETH", instruments=(ETH,), band=Band(-500, 300, BandUnit.USD), rebalance_to=0.5
)
SHARES = replace(POLICY, hedges=(
    replace(HEDGE, band=Band(-1, 1, BandUnit.PERCENT), rebalance_to=1.0, ratio=D("0.9")),
))  # fmt: skip
BOTH = replace(POLICY, hedges=(HEDGE, ETHER))
INVERSE = Policy(
    book="synthetic-dollar",
    venues=(VenuePolicy(name="coin", account="main", wallets=(COIN_WALLET,), collateral=True),),
    hedges=(
        replace(
            HEDGE, instruments=(COIN,), band=Band(-250, 250, BandUnit.USD),
            order=OrderStyle(notional_max=50_000),
        ),
    ),
)  # fmt: skip


@cache
def recorded(*names: str) -> History:
    """Several folders as one history."""
    if not FOLDER.exists():
        pytest.skip("real data is not beside this checkout")
    found = [read_history(Path(FOLDER / name)) for name in names]
    series = {name: each for history in found for name, each in history.series.items()}
    return History(series, tuple(each for history in found for each in history.findings))


@dataclass(frozen=True)
class Case:
    """A book over a recorded history."""

    name: str
    folders: tuple[str, ...]
    policy: Policy
    days: tuple[int, int]
    """From the first common bar."""
    flows: str
    options: dict[str, Any]

    def history(self) -> History:
        return recorded(*self.folders)

    def span(self) -> tuple[int, int]:
        bars = [each.table["at_ms"] for each in self.history().series.values()]
        begin = max(int(each[0]) for each in bars)
        first, last = (begin + day * 86_400_000 for day in self.days)
        return first, min(last, *(int(each[-1]) for each in bars))


def elsewhere(venue: str, coin: str = "bitcoin", code: str = "BTC") -> dict[str, str]:
    """Roles in the table of several venues."""
    at = f"all/{venue}/{coin}/{code}USDT"
    return {f"perp:{code}/USDT:USDT": f"{at}/perpetual", code: f"{at}/spot"}


UNPAID = {"funding_missing": True}
CASES = (
    Case("hours", ("binance_1h",), POLICY, (60, 130), "poisson:per_day=1,median=0.3", {}),
    Case("two coins", ("binance_1h",), BOTH, (495, 520), "poisson:per_day=1,median=2", {}),
    Case("shares", ("binance_1h",), SHARES, (1170, 1200), "lump:per_day=1,days=7,minutes=480", {}),
    Case("quarters", ("binance_15m_2023",), POLICY, (130, 145), "ou:deviation=5,days=1", UNPAID),
    Case("minutes by five", ("binance_5m_2022",), BOTH, (10, 16), "poisson:per_day=2,median=1",
         UNPAID),
    Case("minutes of spot", ("binance_spot_1m_2021_05", "binance_1h"), POLICY, (3, 10),
         "poisson:per_day=2,median=1", {"series": {"BTC": "BTCUSDT_spot_1m"}}),
    Case("inverse hours", ("binance_inverse_1h",), INVERSE, (0, 60),
         "lump:per_day=1,days=7,minutes=720", {}),
    Case("bitmex hours", ("bitmex_inverse_1h",), INVERSE, (5, 60),
         "lump:per_day=1,days=7,minutes=720", UNPAID),
    Case("bitmex minutes", ("bitmex_inverse_1m_2018_06",), INVERSE, (81, 84),
         "lump:per_day=1,days=1", UNPAID),
    *(Case(venue, ("multi_exchange_8h_2023",), POLICY, (60, 330), "poisson:per_day=0.3,median=1",
           {"series": elsewhere(venue)}) for venue in ("binance", "bybit", "okx")),
)  # fmt: skip
