"""The listen key of a futures account stream: made before each dial, renewed while in use."""

import asyncio
from dataclasses import dataclass
from typing import NoReturn

from hedgebot.adapters.binance.dialler import Lost
from hedgebot.adapters.binance.errors import Meaning
from hedgebot.adapters.binance.rest import ReadFailed, Rest

WITHIN_S = 4.8
ATTEMPT_MS = 4_500
"""A slow key is better than none; a healed network is used within 5 s all the same."""
RETRY_SHARE = 20
"""A renewal that failed is tried again after this part of the period."""


@dataclass(slots=True)
class AccountKey:
    """Asks for the key; the venue gives the one in use as long as it is good."""

    rest: Rest
    current: str = ""

    async def take(self) -> str:
        """The key to dial with.

        Raises:
            ReadFailed: the venue gave none.
        """
        answer = await self.rest.read(
            self.rest.futures.listen_key, within_s=WITHIN_S, attempt_ms=ATTEMPT_MS
        )
        key = answer.get("listenKey") if isinstance(answer, dict) else None
        if not isinstance(key, str) or not key:
            raise ReadFailed(f"{self.rest.options.name}: the venue gave no listen key")
        self.current = key
        return key

    async def renew(self) -> NoReturn:
        """Renew until the venue no longer knows the key.

        Raises:
            Lost: the key is gone; the socket must be dialled with a new one.
        """
        period_s = self.rest.options.pace.listen_key_renew_ms / 1000
        wait_s = period_s
        while True:
            await asyncio.sleep(wait_s)
            try:
                await self.rest.read(
                    self.rest.futures.listen_key_renew,
                    {"listenKey": self.current},
                    within_s=WITHIN_S,
                )
                wait_s = period_s
            except ReadFailed as error:
                if error.failure is not None and error.failure.meaning is Meaning.NO_KEY:
                    raise Lost("the listen key is gone") from None
                wait_s = period_s / RETRY_SHARE
