"""Reads the wallet after a message that tells only by how much a balance changed."""

import asyncio
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NoReturn

from hedgebot.adapters.binance.messages import WalletStale
from hedgebot.adapters.binance.snapshots import Snapshots
from hedgebot.domain.events import Balance, BalanceSeen
from hedgebot.errors import VenueError
from hedgebot.ports import Emit

GRACE_S = 0.25
"""The total usually follows by itself; the read waits so long for it."""
WITHIN_S = 4.5
RETRY_S = 2.0


@dataclass(slots=True)
class StaleWallet:
    """Which assets' totals are not known, and the task that reads them."""

    snapshots: Snapshots
    emit: Emit
    stale: dict[str, WalletStale] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def doubt(self, notice: WalletStale) -> None:
        """An asset's total is not known any more."""
        self.stale[notice.asset] = notice
        self.wake.set()

    def heard(self, balance: Balance) -> None:
        """The stream told a total: no read is needed if it is not older than the doubt."""
        notice = self.stale.get(balance.asset)
        if notice is not None and balance.venue_ms >= notice.venue_ms:
            del self.stale[balance.asset]

    async def run(self) -> NoReturn:
        """Read whenever a doubt has outlived the grace; a failed read is tried again."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            await asyncio.sleep(GRACE_S)
            if self.stale and not await self._read():
                self.wake.set()
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> bool:
        doubts = dict(self.stale)
        try:
            balances = await self.snapshots.balances(WITHIN_S)
        except VenueError:
            return False  # the audit reads the wallet too, and says so when it cannot
        totals = {balance.asset: balance for balance in balances}
        for asset, notice in doubts.items():
            if self.stale.get(asset) is notice:
                del self.stale[asset]
            nothing = Balance(self.snapshots.names.wallet, asset, Decimal(0), notice.venue_ms)
            found = totals.get(asset, nothing)
            if not found.venue_ms:  # undated, but asked for after the notice came
                found = replace(found, venue_ms=notice.venue_ms)
            self.emit(BalanceSeen(found, notice.reason))
        return True
