"""What an endpoint is: its function, weight and security; and the parameters it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TypeAlias, TypeVar

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.door import Door
from hedgebot.sim.binance.errors import ApiError, missing
from hedgebot.sim.exchange import Exchange
from hedgebot.venue_model.futures import Futures

Chosen = TypeVar("Chosen", bound=Enum)


class Security(Enum):
    """What a request must carry."""

    NONE = 0
    KEY = 1
    SIGNED = 2


@dataclass(frozen=True, slots=True)
class Call:
    """One request as an endpoint sees it."""

    exchange: Exchange
    door: Door
    params: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = Kind.LINEAR
    """Whose endpoint was called."""

    @property
    def perpetuals(self) -> Futures:
        """The linear or inverse desk behind the endpoint."""
        return self.exchange.venue.perpetuals(self.kind)

    @property
    def now(self) -> int:
        """Server time."""
        return self.exchange.clock.now_ms()

    def told(self, listing: str, number: object) -> bool:
        """Whether a record of that listing is told; the control plane may hide one."""
        return (listing, str(number)) not in self.exchange.records.hidden

    def text(self, name: str) -> str:
        """A mandatory parameter.

        Raises:
            ApiError: -1102 when it is absent or empty.
        """
        value = self.params.get(name)
        if not value:
            raise missing(name)
        return value

    def number(self, name: str) -> int | None:
        """A whole number, None when absent.

        Raises:
            ApiError: -1102 when it is no number.
        """
        value = self.params.get(name)
        if value is None:
            return None
        if not value.lstrip("-").isdigit():
            raise missing(name)
        return int(value)

    def decimal(self, name: str) -> Decimal:
        """A mandatory decimal.

        Raises:
            ApiError: -1102 when it is absent or unreadable.
        """
        try:
            found = Decimal(self.text(name))
        except InvalidOperation:
            raise missing(name) from None
        if not found.is_finite():
            raise missing(name)
        return found

    def flag(self, name: str) -> bool:
        """`true` or `false`; false when absent."""
        return self.params.get(name, "false").lower() == "true"

    def choice(self, name: str, options: type[Chosen], error: ApiError) -> Chosen:
        """A mandatory parameter out of an enumeration's values.

        Raises:
            ApiError: -1102 when absent, `error` when it is none of them.
        """
        value = self.text(name)
        for option in options:
            if option.value == value:
                return option
        raise error


Answer: TypeAlias = object
"""Anything that orjson writes."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path and verb."""

    call: Callable[[Call], Answer]
    kind: Kind
    weight: int | Callable[[Mapping[str, str]], int] = 1
    security: Security = Security.NONE
    order: bool = False
    """Whether it counts against the order limits."""

    def weigh(self, params: Mapping[str, str]) -> int:
        """Request weight with these parameters."""
        return self.weight if isinstance(self.weight, int) else self.weight(params)


Routes = dict[tuple[str, str], Endpoint]
"""By verb and path."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Window:
    """How far a listing may reach, and the answer to a wish for more."""

    span_ms: int
    code: int
    text: str
    recent_only: bool
    """Whether a request that names no time reaches back one span only."""
    rows_max: int = 1000
    """Rows of one answer at most, whatever limit is asked for."""


def by_symbol(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    """A weight that is larger when no symbol is named."""
    return lambda params: one if "symbol" in params else every


def listed(
    call: Call,
    rows: list[Row],
    key: Callable[[Row], tuple[int, int]],
    *,
    id_name: str,
    window: Window,
) -> list[Row]:
    """A page of rows that are ordered by (id, time): from an id, of a time window, or the latest.

    With one end of the window given the other lies a span away.

    Raises:
        ApiError: the window is too wide.
    """
    limit, start_id = min(call.number("limit") or 500, window.rows_max), call.number(id_name)
    if start_id is not None:
        return [row for row in rows if key(row)[0] >= start_id][:limit]
    start, end = call.number("startTime"), call.number("endTime")
    if start is None and end is None:
        since = call.now - window.span_ms if window.recent_only else 0
        return [row for row in rows if key(row)[1] >= since][-limit:]
    if start is None:
        start = (end or 0) - window.span_ms
    if end is None:
        end = start + window.span_ms
    if end - start > window.span_ms:
        raise ApiError(window.code, window.text)
    return [row for row in rows if start <= key(row)[1] <= end][:limit]
