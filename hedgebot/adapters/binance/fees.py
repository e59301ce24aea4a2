"""The account's taker fee of each instrument: read at start, then once a day.

Makers pay another one, which some are paid; no order of ours rests.
Source: Binance, USDT-M and COIN-M, user commission rate: a key that reads is enough.
"""

import asyncio
from collections.abc import Collection
from decimal import Decimal
from typing import NoReturn

from hedgebot.adapters.binance import rows_futures
from hedgebot.adapters.binance.names import UNREADABLE, unreadable
from hedgebot.adapters.binance.rest import Rest
from hedgebot.domain.fees import FeeSeen, FeeUnread
from hedgebot.domain.instruments import Instrument
from hedgebot.errors import VenueError
from hedgebot.ports import Emit

WITHIN_S = 70.0
"""It goes last in the venue's budget, which may be spent for a minute."""


async def read_taker_fee(rest: Rest, own: Instrument, within_s: float) -> Decimal:
    """The account's own rate, of the notional.

    Raises:
        VenueError: the venue does not tell it, or in other words.
    """
    row = await rest.read(rest.futures.commission, {"symbol": own.market_id}, within_s=within_s)
    try:
        return rows_futures.taker_fee(row, own.market_id)
    except UNREADABLE as error:
        unreadable(rest.options.name, "commissionRate", error)


async def keep_fees(rest: Rest, instruments: Collection[Instrument], emit: Emit) -> NoReturn:
    """Tell them one after the other, whenever they are due, until cancelled."""
    pace = rest.options.pace
    while True:
        told = [await _tell(rest, own, emit) for own in instruments]
        await asyncio.sleep((pace.fees_every_ms if all(told) else pace.fees_again_ms) / 1000)


async def _tell(rest: Rest, own: Instrument, emit: Emit) -> bool:
    try:
        emit(FeeSeen(own.id, await read_taker_fee(rest, own, WITHIN_S)))
    except VenueError as error:
        emit(FeeUnread(own.id, str(error)))
        return False
    return True
