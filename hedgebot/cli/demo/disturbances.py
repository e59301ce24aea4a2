"""What happens to the account during a demo: everything that a hedge must cope with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

QUIET_AT_END_S = 6.0
"""Nothing happens so shortly before the end, so that the last hedge can settle."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Something that the owner of the account does."""

    kind: str
    text: str
    command: str
    """Of the exchange's control plane."""
    told: dict[str, Any]


ROUND = (
    Disturbance(
        "deposit", "a deposit of 0.40 BTC arrives", "deposit", {"asset": "BTC", "qty": "0.4"}
    ),
    Disturbance(
        "manual trade",
        "the owner buys 0.25 BTC spot by hand",
        "trade",
        {"market": "spot", "symbol": "BTCUSDT", "side": "BUY", "qty": "0.25"},
    ),
    Disturbance(
        "transfer",
        "0.50 BTC move from the spot to the futures wallet, seen there 0.8 s later",
        "transfer",
        {"asset": "BTC", "qty": "0.5", "to": "futures", "delay_ms": 800},
    ),
    Disturbance("funding", "the venue settles funding", "fund", {"symbol": "BTCUSDT"}),
    Disturbance(
        "withdrawal", "0.15 BTC are withdrawn", "withdraw", {"asset": "BTC", "qty": "0.15"}
    ),
    Disturbance(
        "manual trade",
        "the owner buys 0.10 BTC of the perpetual by hand",
        "trade",
        {"market": "futures", "symbol": "BTCUSDT", "side": "BUY", "qty": "0.1"},
    ),
    Disturbance(
        "transfer",
        "0.50 BTC move back from the futures to the spot wallet, seen there first",
        "transfer",
        {"asset": "BTC", "qty": "0.5", "to": "spot", "delay_ms": 800, "first": "spot"},
    ),
    Disturbance(
        "manual trade",
        "the owner sells 0.30 BTC spot by hand",
        "trade",
        {"market": "spot", "symbol": "BTCUSDT", "side": "SELL", "qty": "0.3"},
    ),
)
"""In turn, again and again."""


def schedule(seconds: int) -> Iterator[tuple[float, Disturbance]]:
    """When what happens, in seconds from the first hedge; for ever where `seconds` is 0."""
    until_s = seconds - QUIET_AT_END_S if seconds else float("inf")
    every_s = min(8.0, max(1.5, until_s / (len(ROUND) + 1))) if seconds else 8.0
    at_s, turn = 1.0, 0
    while at_s < until_s:
        yield at_s, ROUND[turn % len(ROUND)]
        at_s += every_s
        turn += 1
