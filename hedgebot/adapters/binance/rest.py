"""Signed calls within the venue's budget: one attempt for what changes, retries for reads."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import urlsplit

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from hedgebot.adapters.binance.allowed import (
    COIN_FUTURES,
    COIN_M,
    FUTURES,
    SPOT,
    USDT_M,
    Endpoint,
    Endpoints,
    FuturesEndpoints,
    Priority,
)
from hedgebot.adapters.binance.answers import Answer, NoAnswer, Ticket
from hedgebot.adapters.binance.budget import (
    WALLET_SECTION,
    Budgets,
    OrderBudget,
    WeightBudget,
)
from hedgebot.adapters.binance.errors import BANNED, Failure, Meaning, sort_answer
from hedgebot.adapters.binance.exchange import GatedBinance, serves, sign
from hedgebot.adapters.binance.names import UNREADABLE, Raw, moment
from hedgebot.adapters.binance.options import VenueOptions
from hedgebot.adapters.binance.order_wire import OrderWire
from hedgebot.adapters.binance.read_pool import ReadPool
from hedgebot.adapters.binance.secrecy import Scrubber
from hedgebot.adapters.binance.venue_clock import VenueClock
from hedgebot.domain.orders import Refusal
from hedgebot.errors import VenueError

ENDPOINTS_OF = {"binance": SPOT, "binanceusdm": FUTURES, "binancecoinm": COIN_FUTURES}
READ_MS_MAX = 4_000
"""One attempt of a read: a slow venue may take so long; a dead connection is left then."""
READ_ATTEMPTS = 6
PASSING = {Refusal.CLOCK, Refusal.THROTTLED, Meaning.UNKNOWN}
"""Failures that may be gone at the next attempt."""
NO_SUCH_PATH = {404, 405, 501}
"""HTTP: this venue has no such call."""
SHUT_MS = 5_000
"""How long to be silent after 429 or 418 without Retry-After."""


class ReadFailed(VenueError):
    """A read had no good answer."""

    def __init__(self, text: str, failure: Failure | None = None, *, passing: bool = False) -> None:
        self.failure = failure
        self.passing = passing
        """Whether the next attempt may have a good answer."""
        super().__init__(text)


class Rest:
    """The REST side of one venue entry."""

    def __init__(
        self,
        options: VenueOptions,
        exchange: GatedBinance,
        *,
        clock: VenueClock,
        budgets: Budgets,
        scrubber: Scrubber,
    ) -> None:
        self.options = options
        self.exchange = exchange
        self.clock = clock
        self.budgets = budgets
        self.scrubber = scrubber
        self._reads = ReadPool(cafile=exchange.cafile)
        self._orders = OrderWire(exchange.cafile)

    @property
    def endpoints(self) -> Endpoints:
        """The family's calls."""
        return ENDPOINTS_OF[self.options.exchange]

    @property
    def futures(self) -> FuturesEndpoints:
        """The calls of a futures family; spot has none."""
        assert self.options.futures, "spot has no such calls"
        return COIN_M if self.options.inverse else USDT_M

    async def close(self) -> None:
        """Close every connection."""
        await self._reads.close()
        await self._orders.close()

    def weights(self, endpoint: Endpoint) -> WeightBudget:
        """The budget of the endpoint's host, for its part of the venue."""
        url = str(self.exchange.urls["api"].get(endpoint.section, ""))
        apart = endpoint.section == WALLET_SECTION
        owner = WALLET_SECTION if apart else self.options.exchange
        return self.budgets.weight_of(urlsplit(url).netloc, owner)

    def held_ms(self, endpoint: Endpoint) -> int:
        """How long the venue's budget holds such a call back; 0: it may go."""
        now_ms = self.clock.now_ms()
        room_ms = self.weights(endpoint).room_at(endpoint.weight, endpoint.priority, now_ms)
        uid = self.budgets.uid_of(self.options.account)
        return max(room_ms, uid.room_at(endpoint.uid_weight, 1.0, now_ms)) - now_ms

    async def send(
        self,
        endpoint: Endpoint,
        params: Mapping[str, object],
        *,
        ticket: Ticket,
        timeout_ms: int,
        orders: OrderBudget | None = None,
    ) -> Answer:
        """Write one call at most once; the caller has asked for room.

        Raises:
            Forbidden: not a call that may be made; nothing was signed.
            Denied, NoAnswer: see `OrderWire.send`.
        """
        signed = sign(self.exchange, endpoint, params)
        weights, now_ms = self.weights(endpoint), self.clock.now_ms()
        weights.take(endpoint.weight, now_ms)
        self.budgets.uid_of(self.options.account).take(endpoint.uid_weight, now_ms)
        if orders is not None:
            orders.take(now_ms)
        if endpoint.changes or endpoint.priority is Priority.HEDGE:
            answer = await self._orders.send(signed, ticket, timeout_ms=timeout_ms)
        else:
            answer = await self._reads.send(signed, timeout_ms=timeout_ms)
        weights.hear(answer.headers, self.clock.now_ms())
        if orders is not None:
            orders.hear(answer.headers, self.clock.now_ms())
        if answer.status in BANNED:
            weights.shut(self.clock.now_ms() + (answer.retry_after_ms or SHUT_MS))
        return answer

    def sorted(self, answer: Answer) -> Failure | None:
        """Sort an answer; the venue's words lose what they may echo."""
        failure = sort_answer(answer.status, answer.body, answer.retry_after_ms)
        if failure is None:
            return None
        return replace(failure, message=self.scrubber.clean(failure.message))

    async def read(
        self,
        endpoint: Endpoint,
        params: Mapping[str, object] | None = None,
        *,
        within_s: float,
        attempt_ms: int = READ_MS_MAX,
    ) -> Any:
        """Read, again and again until the deadline; the decoded body.

        Raises:
            ReadFailed: no good answer in time; `failure` tells what the venue said last.
        """
        last = ReadFailed(f"{self.options.name}: {endpoint.name}: no answer within {within_s:g} s")
        attempts = AsyncRetrying(
            retry=retry_if_exception(_passing),
            wait=wait_random_exponential(multiplier=0.1, max=1.0),
            stop=stop_after_attempt(READ_ATTEMPTS),
            reraise=True,
        )
        try:
            async with asyncio.timeout(within_s):
                async for attempt in attempts:
                    with attempt:
                        try:
                            return await self._read_once(endpoint, params or {}, attempt_ms)
                        except ReadFailed as error:
                            last = error
                            raise
        except TimeoutError:
            raise last from None
        raise last

    async def read_rows(
        self,
        endpoint: Endpoint,
        params: Mapping[str, object] | None = None,
        *,
        within_s: float,
    ) -> list[Raw]:
        """Read a list of rows; otherwise as `read`."""
        rows = await self.read(endpoint, params, within_s=within_s)
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise ReadFailed(f"{self.options.name}: {endpoint.name} answered no list of rows")
        return rows

    async def _read_once(
        self, endpoint: Endpoint, params: Mapping[str, object], attempt_ms: int
    ) -> Any:
        where = f"{self.options.name}: {endpoint.name}"
        if not serves(self.exchange, endpoint):
            raise ReadFailed(f"{where}: this network does not serve it")
        await self._room(endpoint)
        try:
            answer = await self.send(endpoint, params, ticket=Ticket(), timeout_ms=attempt_ms)
        except NoAnswer as error:
            raise ReadFailed(f"{where} got no answer ({error})", passing=True) from None
        failure = self.sorted(answer)
        if failure is None:
            return answer.body
        # No colon: what stands behind one at `listenKey` is masked as if it were the key.
        text = f"{where} was refused, {failure.code} {failure.message}".rstrip()
        if failure.meaning is Refusal.CLOCK:
            await resync_clock(self)
        passing = failure.meaning in PASSING and not not_served(failure)
        raise ReadFailed(text, failure, passing=passing)

    async def _room(self, endpoint: Endpoint) -> None:
        """Wait for room: time alone makes it, and others may take it meanwhile."""
        held_ms = self.held_ms(endpoint)
        while held_ms > 0:
            await asyncio.sleep(held_ms / 1000)
            held_ms = self.held_ms(endpoint)


def not_served(failure: Failure) -> bool:
    """Whether it says that the venue has no such call, not that this one went wrong."""
    return failure.status in NO_SUCH_PATH or failure.meaning is Meaning.NO_PATH


def _passing(error: BaseException) -> bool:
    return isinstance(error, ReadFailed) and error.passing


async def read_clock(rest: Rest) -> None:
    """Measure the venue's clock once, on the order connection, which this keeps warm.

    Raises:
        NoAnswer, ReadFailed: no reading.
    """
    endpoint, clock = rest.endpoints.time, rest.clock.clock
    if rest.held_ms(endpoint) > 0:
        raise ReadFailed(f"{rest.options.name}: the venue wants to hear nothing for a while")
    sent_ms, started_ns = clock.now_ms(), clock.monotonic_ns()
    answer = await rest.send(endpoint, {}, ticket=Ticket(), timeout_ms=READ_MS_MAX)
    trip_ms = (clock.monotonic_ns() - started_ns) / 1e6
    try:
        venue_ms = moment(answer.body["serverTime"])
    except UNREADABLE:
        where = f"{rest.options.name}: {endpoint.name}"
        raise ReadFailed(f"{where} names no time (HTTP {answer.status})") from None
    rest.clock.read(sent_ms=sent_ms, received_ms=clock.now_ms(), trip_ms=trip_ms, venue_ms=venue_ms)


async def resync_clock(rest: Rest) -> None:
    """Measure anew after the venue refused our time; keeps the old offset if it cannot."""
    before = rest.clock.samples
    rest.clock.forget()
    try:
        await read_clock(rest)
    except VenueError:
        rest.clock.believe(before + rest.clock.samples)


async def keep_clock(rest: Rest) -> NoReturn:
    """Measure at the pace of the options. A reading that fails costs nothing: orders and reads
    measure anew when they are refused.
    """
    while True:
        await asyncio.sleep(rest.options.pace.clock_every_ms / 1000)
        with suppress(VenueError):
            await read_clock(rest)
