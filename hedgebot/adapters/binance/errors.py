"""What Binance's errors mean for the caller: one table, first match wins.

Sorted by the code in the answer, never by a library's exception class: behind a proxy or on the
local exchange ccxt cannot tell which family it talks to. What is not named here is an unknown
outcome if it may have been accepted, and a refusal only where the venue says so.
Sources: Binance error codes of spot and USDT-M; HTTP return codes of both.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from hedgebot.domain.orders import Refusal

BANNED = {418, 429}
"""HTTP: over the limit; 418 after carrying on. Retry-After tells how long."""


CODE = re.compile(r"-?\d{1,9}")


class Meaning(Enum):
    """What an error says besides a refusal."""

    UNKNOWN = auto()
    """It may have been accepted: look it up."""
    ABSENT = auto()
    """There is no such order, or it is not open."""
    NO_KEY = auto()
    """The listen key is not known any more."""
    NO_PATH = auto()
    """The venue has no such call."""


Sorted = Refusal | Meaning


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a code, where it matters a part of the message, and what it means."""

    code: int
    meaning: Sorted
    words: str = ""
    """Lower case; empty matches any message."""


RULES: tuple[Rule, ...] = (
    # -- may have been accepted ---------------------------------------------------------------
    Rule(-1000, Meaning.UNKNOWN),  # unknown error while processing
    Rule(-1001, Meaning.UNKNOWN),  # internal error
    Rule(-1006, Meaning.UNKNOWN),  # unexpected response from the message bus
    Rule(-1007, Meaning.UNKNOWN),  # timeout waiting for the backend
    Rule(-4116, Meaning.UNKNOWN),  # an order with this client id is open: ours, then
    Rule(-2010, Meaning.UNKNOWN, "duplicate order"),
    # -- throttled ----------------------------------------------------------------------------
    Rule(-1003, Refusal.THROTTLED),  # too many requests
    Rule(-1008, Refusal.THROTTLED),  # overloaded; reduce-only orders are exempt
    Rule(-1015, Refusal.THROTTLED),  # too many orders
    Rule(-4400, Refusal.THROTTLED),  # trading rules: only reduce-only for now
    # -- clock --------------------------------------------------------------------------------
    Rule(-1021, Refusal.CLOCK),
    Rule(-5028, Refusal.CLOCK),  # outside the matching engine's receive window
    # -- position -----------------------------------------------------------------------------
    Rule(-2022, Refusal.REDUCE_ONLY),
    Rule(-4118, Refusal.REDUCE_ONLY),
    # The position mode was changed by hand, and may be changed back: never for good.
    Rule(-4061, Refusal.REDUCE_ONLY),
    # -- margin and balance -------------------------------------------------------------------
    Rule(-2018, Refusal.MARGIN),
    Rule(-2019, Refusal.MARGIN),
    Rule(-2023, Refusal.MARGIN),  # the account is being liquidated
    Rule(-2024, Refusal.MARGIN),
    Rule(-2027, Refusal.MARGIN),  # largest position at this leverage
    Rule(-2028, Refusal.MARGIN),
    Rule(-4050, Refusal.MARGIN),
    Rule(-4051, Refusal.MARGIN),
    Rule(-2010, Refusal.MARGIN, "insufficient balance"),
    # -- price moved --------------------------------------------------------------------------
    Rule(-2010, Refusal.PRICE_MOVED, "would immediately"),
    Rule(-2020, Refusal.PRICE_MOVED),
    Rule(-2021, Refusal.PRICE_MOVED),
    Rule(-4131, Refusal.PRICE_MOVED),
    Rule(-5021, Refusal.PRICE_MOVED),
    Rule(-5022, Refusal.PRICE_MOVED),
    # -- filters ------------------------------------------------------------------------------
    Rule(-1013, Refusal.REJECTED, "market is closed"),
    Rule(-1013, Refusal.FILTER),
    Rule(-1111, Refusal.FILTER),  # precision
    Rule(-4001, Refusal.FILTER),
    Rule(-4002, Refusal.FILTER),
    Rule(-4003, Refusal.FILTER),
    Rule(-4004, Refusal.FILTER),
    Rule(-4005, Refusal.FILTER),
    Rule(-4013, Refusal.FILTER),
    Rule(-4014, Refusal.FILTER),
    Rule(-4016, Refusal.FILTER),  # above mark x multiplierUp
    Rule(-4023, Refusal.FILTER),
    Rule(-4024, Refusal.FILTER),  # below mark x multiplierDown
    Rule(-4029, Refusal.FILTER),
    Rule(-4030, Refusal.FILTER),
    Rule(-4164, Refusal.FILTER),  # minimum notional of an opening order
    # -- credentials, permissions, modes ------------------------------------------------------
    Rule(-1002, Refusal.FATAL),
    Rule(-1022, Refusal.FATAL),  # signature
    Rule(-2008, Refusal.FATAL),
    Rule(-2014, Refusal.FATAL),
    Rule(-2015, Refusal.FATAL),
    Rule(-2017, Refusal.FATAL),
    Rule(-4087, Refusal.FATAL),  # the account may only reduce
    Rule(-4088, Refusal.FATAL),  # the account may not place orders
    Rule(-4109, Refusal.FATAL),  # inactive account
    Rule(-4192, Refusal.FATAL),  # cooling-off period
    # -- cancels and look-ups -----------------------------------------------------------------
    Rule(-2011, Meaning.ABSENT),
    Rule(-2013, Meaning.ABSENT),
    Rule(-1125, Meaning.NO_KEY),
    Rule(-5000, Meaning.NO_PATH),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error answer, sorted."""

    meaning: Sorted
    code: str
    """The venue's, or `HTTP <status>`."""
    message: str
    """The venue's words, without secrets."""
    retry_after_ms: int = 0
    status: int = 0
    """HTTP; 0 for a websocket answer."""


def sort_answer(status: int, body: object, retry_after_ms: int = 0) -> Failure | None:
    """Sort an HTTP answer; None: it is a good one.

    Args:
        status: HTTP status.
        body: decoded JSON; None where it could not be read.
        retry_after_ms: the Retry-After header, 0 where there was none.
    """
    code, message = _code_of(body)
    if status in BANNED:
        return Failure(
            Refusal.THROTTLED, str(code or f"HTTP {status}"), message, retry_after_ms, status
        )
    if status < 400 and (code is None or code >= 0):
        return None if body is not None else Failure(Meaning.UNKNOWN, "unreadable answer", message)
    words = str(code or f"HTTP {status}")
    return Failure(_meaning(status, code, message), words, message, 0, status)


def _code_of(body: object) -> tuple[int | None, str]:
    if not isinstance(body, Mapping):
        return None, ""
    code, message = str(body.get("code")), body.get("msg")
    return (int(code) if CODE.fullmatch(code) else None), str(message or "")


def _meaning(status: int, code: int | None, message: str) -> Sorted:
    words = message.lower()
    for rule in RULES:
        if rule.code == code and rule.words in words:
            return rule.meaning
    if code is None or status >= 500:
        return Meaning.UNKNOWN
    return Refusal.REJECTED
