"""The venue's request weight (per host and address) and order counts (per account).

Both count in fixed windows of the venue's clock. We count what we send, and believe the response
headers where they say more: another program may share the address or the account.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hedgebot.adapters.binance.allowed import Priority
from hedgebot.adapters.binance.names import UNREADABLE, Raw

SHARES: Mapping[Priority, float] = {
    Priority.HEDGE: 1.0,
    Priority.LOOK_UP: 0.95,
    Priority.AUDIT: 0.8,
    Priority.HISTORY: 0.6,
}
"""How much of a window each class may fill: what is above is kept for those before it."""

INTERVALS_MS = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}
WEIGHT_MAX = {"binance": 6_000, "binanceusdm": 2_400, "binancecoinm": 2_400}
"""A minute, where exchangeInfo does not tell. Source: Binance, limits of each."""
WALLET_SECTION = "sapi"
WALLET_WEIGHT_MAX = 12_000
"""A minute, of each endpoint of that section, apart from the exchange's own; counted together here.
Source: Binance, wallet, limits."""
UID_WEIGHT_MAX = 180_000
"""A second, of an account. Source: Binance, wallet, withdraw history: ten requests a second."""
WEIGHT_HEADER = "x-mbx-used-weight-1m"
ORDER_HEADER = "x-mbx-order-count-"


class Limit(NamedTuple):
    """One row of `rateLimits`."""

    suffix: str
    """Of the header that counts it: 10S, 1M, 1D."""
    length_ms: int
    most: int


def limits_of(kind: str, rows: Iterable[Raw]) -> Iterator[Limit]:
    """The limits of one kind. A row that cannot be read limits nothing: the venue will say so."""
    for row in rows:
        try:
            if row["rateLimitType"] == kind:
                count, interval = int(row["intervalNum"]), str(row["interval"])
                length_ms = count * INTERVALS_MS[interval]
                yield Limit(f"{count}{interval[0]}", length_ms, int(row["limit"]))
        except UNREADABLE:
            continue


@dataclass(slots=True)
class Window:
    """One fixed window of a limit."""

    length_ms: int
    limit: int
    start_ms: int = 0
    used: int = 0

    def room_at(self, amount_used: int, share: float, now_ms: int) -> int:
        """When there is room for so much more: `now_ms`, or the start of the next window.

        What weighs nothing (a futures order) always finds room, also where the venue counts more
        than we take for its limit.
        """
        self._roll(now_ms)
        if not amount_used or self.used + amount_used <= self.limit * share:
            return now_ms
        return self.start_ms + self.length_ms

    def take(self, amount_used: int, now_ms: int) -> None:
        """Count what is about to be sent."""
        self._roll(now_ms)
        self.used += amount_used

    def believe(self, used: int, now_ms: int) -> None:
        """The venue's own count, if it is more than ours."""
        self._roll(now_ms)
        self.used = max(self.used, used)

    def _roll(self, now_ms: int) -> None:
        start_ms = now_ms - now_ms % self.length_ms
        if start_ms > self.start_ms:
            self.start_ms, self.used = start_ms, 0


@dataclass(slots=True)
class WeightBudget:
    """Request weight of one host. Times are the venue's clock, ms."""

    window: Window
    told: bool = False
    """Whether the venue named its limit: only then its count says how much is left."""
    shut_until_ms: int = 0
    """The venue named a time before which it wants to hear nothing (429, 418)."""

    def room_at(self, weight: int, priority: Priority, now_ms: int) -> int:
        """When the request may go."""
        if now_ms < self.shut_until_ms:
            return self.shut_until_ms
        return self.window.room_at(weight, SHARES[priority], now_ms)

    def take(self, weight: int, now_ms: int) -> None:
        """Count a request that goes out now."""
        self.window.take(weight, now_ms)

    def hear(self, headers: Mapping[str, str], now_ms: int) -> None:
        """Believe the venue's count."""
        used = headers.get(WEIGHT_HEADER, "")
        if self.told and used.isdigit():
            self.window.believe(int(used), now_ms)

    def shut(self, until_ms: int) -> None:
        """Send nothing before then."""
        self.shut_until_ms = max(self.shut_until_ms, until_ms)

    def learn(self, limits: Iterable[Raw]) -> None:
        """Take the limit from `rateLimits` of exchangeInfo."""
        for limit in limits_of("REQUEST_WEIGHT", limits):
            if limit.suffix.endswith("M"):
                self.window.length_ms, self.window.limit = limit.length_ms, limit.most
                self.told = True


@dataclass(slots=True)
class OrderBudget:
    """Order counts of one account at one family. Times are the venue's clock, ms."""

    windows: dict[str, Window] = field(default_factory=dict)
    """By the suffix of the header that counts it: 10S, 1M, 1D."""

    def room_at(self, now_ms: int) -> int:
        """When one more order may go."""
        return max((w.room_at(1, 1.0, now_ms) for w in self.windows.values()), default=now_ms)

    def take(self, now_ms: int) -> None:
        """Count an order that goes out now."""
        for window in self.windows.values():
            window.take(1, now_ms)

    def hear(self, headers: Mapping[str, str], now_ms: int) -> None:
        """Believe the venue's counts."""
        for suffix, window in self.windows.items():
            used = headers.get(ORDER_HEADER + suffix.lower(), "")
            if used.isdigit():
                window.believe(int(used), now_ms)

    def learn(self, limits: Iterable[Raw]) -> None:
        """Take the limits from `rateLimits` of exchangeInfo."""
        for limit in limits_of("ORDERS", limits):
            window = self.windows.setdefault(limit.suffix, Window(limit.length_ms, limit.most))
            window.limit = limit.most


@dataclass(slots=True)
class Budgets:
    """The budgets of a process: entries of one host or one account share theirs."""

    weights: dict[tuple[str, str], WeightBudget] = field(default_factory=dict)
    """By (host and port, exchange or `sapi`): a gateway or the local exchange serves them all."""
    orders: dict[tuple[str, str], OrderBudget] = field(default_factory=dict)
    """By (account label, exchange)."""

    uids: dict[str, Window] = field(default_factory=dict)
    """By account label."""

    def uid_of(self, account: str) -> Window:
        """The account's own request weight, made at first use."""
        return self.uids.setdefault(account, Window(1_000, UID_WEIGHT_MAX))

    def weight_of(self, host: str, exchange: str) -> WeightBudget:
        """The host's for that exchange or section, made at first use."""
        found = self.weights.get((host, exchange))
        if found is None:
            most = WALLET_WEIGHT_MAX if exchange == WALLET_SECTION else WEIGHT_MAX[exchange]
            found = WeightBudget(Window(60_000, most))
            self.weights[host, exchange] = found
        return found

    def orders_of(self, account: str, exchange: str) -> OrderBudget:
        """The account's at that exchange, made at first use."""
        return self.orders.setdefault((account, exchange), OrderBudget())
