"""Send once, cancel, look up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hedgebot.adapters.binance import ids
from hedgebot.adapters.binance.allowed import DEPTH_LEVELS, Endpoint, Priority
from hedgebot.adapters.binance.answers import Answer, Denied, NoAnswer, Ticket
from hedgebot.adapters.binance.budget import OrderBudget
from hedgebot.adapters.binance.depth import Depth, depth_of
from hedgebot.adapters.binance.errors import Failure, Meaning
from hedgebot.adapters.binance.history import History
from hedgebot.adapters.binance.names import UNREADABLE, Names
from hedgebot.adapters.binance.position_sides import side_of
from hedgebot.adapters.binance.rest import ReadFailed, Rest, not_served, resync_clock
from hedgebot.adapters.binance.side_by_side import one_error
from hedgebot.domain.actions import LookUp
from hedgebot.domain.events import (
    LookedUp,
    LookUpFailed,
    NotSent,
    NotSentReason,
    OutcomeUnknown,
    Refused,
    Submitted,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Side
from hedgebot.domain.orders import Fill, OrderId, OrderIntent, OrderReport, Refusal
from hedgebot.errors import VenueError
from hedgebot.ports import Permit, SubmitOutcome

LOOK_UP_S_MAX = 8.5
"""The shell gives a look-up 9 s: a slow venue is asked twice, one after the other."""
CANCEL_MS_MAX = 4_500
"""The shell gives a cancel 5 s."""


Missed = NotSent | Refused | OutcomeUnknown
"""Every outcome without a good answer."""


class Sent(NamedTuple):
    """A good answer, and the venue's time of its request."""

    answer: Answer
    signed_ms: int


class CancelFailed(VenueError):
    """The cancel had no answer, or was refused for a reason that says nothing of the order."""


@dataclass(slots=True)
class Orders:
    """The orders of one venue entry."""

    rest: Rest
    names: Names
    instruments: dict[InstrumentId, Instrument]
    budget: OrderBudget
    history: History

    async def submit(self, intent: OrderIntent, permit: Permit) -> SubmitOutcome:
        """Take budget, ask `permit` immediately before the write, send once.

        Raises:
            Forbidden: dry-run; nothing was signed.
        """
        place = self.rest.endpoints.place
        sent = await self._send(place, self._wire(intent), intent=intent, permit=permit)
        assert sent is not None, "no venue without orders"
        if not isinstance(sent, Sent):
            return sent
        return self._submitted(intent.order_id, sent.answer, sent.signed_ms)

    async def depth(self, intent: OrderIntent, permit: Permit) -> Depth | Missed | None:
        """The book as that order would have met it: read in its place, with its permit, its budget
        and its connection. A read that has no answer ends as an order does; None: the venue has no
        such call.
        """
        params = {
            "symbol": self.instruments[intent.instrument].market_id,
            "limit": DEPTH_LEVELS,
        }
        endpoint = self.rest.futures.depth
        sent = await self._send(endpoint, params, intent=intent, permit=permit)
        if not isinstance(sent, Sent):
            return sent
        try:
            return depth_of(sent.answer.body)
        except UNREADABLE:
            reason = f"{endpoint.name} cannot be read"
            return self._unknown(intent.order_id, reason, sent.signed_ms)

    async def _send(
        self,
        endpoint: Endpoint,
        params: Mapping[str, object],
        *,
        intent: OrderIntent,
        permit: Permit,
    ) -> Sent | Missed | None:
        """Take budget, ask `permit` immediately before the write, send once.

        None: the venue may lack this call, and does.
        """
        if not await self._room(intent):
            return NotSent(intent.order_id, NotSentReason.BUDGET)
        signed_ms = self.rest.clock.now_ms()
        ticket = Ticket(permit)
        try:
            answer = await self.rest.send(
                endpoint,
                {"timestamp": signed_ms, **params} if endpoint.changes else params,
                ticket=ticket,
                timeout_ms=self.rest.options.pace.request_ms_max,
                orders=self.budget,
            )
        except Denied:
            assert ticket.denied is not None
            return NotSent(intent.order_id, ticket.denied)
        except NoAnswer as error:
            if not ticket.written:
                return NotSent(intent.order_id, NotSentReason.OFFLINE)
            return self._unknown(intent.order_id, str(error), signed_ms)
        failure = self.rest.sorted(answer)
        if failure is None:
            return Sent(answer, signed_ms)
        lacking = endpoint.optional and not_served(failure)
        return None if lacking else await self._failed(intent.order_id, failure, signed_ms)

    async def cancel(self, order_id: OrderId, instrument: InstrumentId) -> OrderReport | None:
        """Cancel by client id, once.

        Returns:
            The order as the venue has it now; None where it says that the order is not open.

        Raises:
            CancelFailed: the answer says nothing of the order.
        """
        endpoint, params = self.rest.endpoints.cancel, self._name(order_id, instrument)
        if self.rest.held_ms(endpoint) > 0:
            raise CancelFailed(f"{self.names.venue}: cancel: the venue's budget is spent")
        try:
            answer = await self.rest.send(
                endpoint, params, ticket=Ticket(), timeout_ms=CANCEL_MS_MAX
            )
        except NoAnswer as error:
            raise CancelFailed(f"{self.names.venue}: cancel: {error}") from None
        failure = self.rest.sorted(answer)
        if failure is None:
            return self.history.report(answer.body)
        if failure.meaning is Meaning.ABSENT:
            return None
        if failure.meaning is Refusal.CLOCK:
            await resync_clock(self.rest)
        raise CancelFailed(f"{self.names.venue}: cancel: {failure.code} {failure.message}")

    async def look_up(self, request: LookUp) -> LookedUp | LookUpFailed:
        """Ask by client id, and list the account's trades since then."""
        requested_ms = self.rest.clock.clock.now_ms()
        try:
            async with asyncio.timeout(LOOK_UP_S_MAX):
                report, fills = await self._search(request)
        except TimeoutError:
            reason = f"no answer within {LOOK_UP_S_MAX:g} s"
            return LookUpFailed(request.order_id, reason)
        except VenueError as error:
            return LookUpFailed(request.order_id, str(error))
        return LookedUp(request.order_id, report, fills, requested_ms)

    async def _search(self, request: LookUp) -> tuple[OrderReport | None, tuple[Fill, ...]]:
        """Ask for both side by side: a slow venue leaves no time for one after the other."""
        instrument, history = request.instrument, self.history
        trades = history.trades(instrument, request.since_ms, priority=Priority.LOOK_UP)
        with one_error():
            async with asyncio.TaskGroup() as group:
                report = group.create_task(self._find(request))
                rows = group.create_task(trades)
        return report.result(), await history.fills(rows.result(), instrument)

    async def _find(self, request: LookUp) -> OrderReport | None:
        params = self._name(request.order_id, request.instrument)
        try:
            row = await self.rest.read(self.rest.endpoints.order, params, within_s=LOOK_UP_S_MAX)
        except ReadFailed as error:
            if error.failure is not None and error.failure.meaning is Meaning.ABSENT:
                return None
            raise
        return self.history.report(row)

    async def _room(self, intent: OrderIntent) -> bool:
        """Wait for room in the venue's budget; False: not before the approval expires."""
        clock, place = self.rest.clock, self.rest.endpoints.place
        weights = self.rest.weights(place)
        while True:
            now_ms = clock.now_ms()
            go_ms = max(
                weights.room_at(place.weight, place.priority, now_ms), self.budget.room_at(now_ms)
            )
            if go_ms <= now_ms:
                return True
            if clock.ours(go_ms) >= intent.send_before_ms:
                return False
            await asyncio.sleep((go_ms - now_ms) / 1000)

    def _wire(self, intent: OrderIntent) -> dict[str, object]:
        """The order in the venue's words: exact decimals, the full answer asked for."""
        instrument = self.instruments[intent.instrument]
        wire: dict[str, object] = {
            "symbol": instrument.market_id,
            "side": "BUY" if intent.side is Side.BUY else "SELL",
            "type": "LIMIT",
            "timeInForce": "IOC",
            "quantity": f"{intent.qty / instrument.units_per_contract:f}",
            "price": f"{intent.price:f}",
            "newClientOrderId": ids.encode(intent.order_id),
            "newOrderRespType": "RESULT",
        }
        if self.rest.options.two_sided:  # there the side itself says what closes
            wire["positionSide"] = side_of(intent.side, reduce_only=intent.reduce_only)
        elif intent.reduce_only:
            assert self.rest.options.futures, "spot has no reduce-only orders"
            wire["reduceOnly"] = "true"
        return wire

    async def _failed(
        self, order_id: OrderId, failure: Failure, signed_ms: int
    ) -> Refused | OutcomeUnknown:
        if isinstance(failure.meaning, Meaning):
            reason = f"{failure.code} {failure.message}".rstrip()
            return self._unknown(order_id, reason, signed_ms)
        if failure.meaning is Refusal.CLOCK:
            await resync_clock(self.rest)
        return refused(order_id, failure, failure.meaning)

    def _submitted(
        self, order_id: OrderId, answer: Answer, signed_ms: int
    ) -> Submitted | OutcomeUnknown:
        try:
            report = self.history.report(answer.body)
        except VenueError as error:
            return self._unknown(order_id, str(error), signed_ms)
        if report.order_id != order_id:
            return self._unknown(order_id, "the answer is about another order", signed_ms)
        return Submitted(order_id, report)

    def _unknown(self, order_id: OrderId, reason: str, signed_ms: int) -> OutcomeUnknown:
        valid_until_ms = signed_ms + self.rest.options.pace.recv_window_ms
        return OutcomeUnknown(order_id, reason, self.rest.clock.ours(valid_until_ms))

    def _name(self, order_id: OrderId, instrument: InstrumentId) -> dict[str, object]:
        market_id = self.instruments[instrument].market_id
        return {"symbol": market_id, "origClientOrderId": ids.encode(order_id)}


def refused(order_id: OrderId, failure: Failure, refusal: Refusal) -> Refused:
    """A named refusal, as an outcome."""
    return Refused(order_id, refusal, failure.code, failure.message, failure.retry_after_ms)
