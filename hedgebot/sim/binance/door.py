"""What a request passes before it is served: weights, order counts, bans; and listen keys."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.errors import ApiError, no_listen_key

MINUTE_MS, DAY_MS = 60_000, 86_400_000
SIDES = (Kind.SPOT, Kind.LINEAR, Kind.INVERSE)
KEY_LIFE_MS = 60 * MINUTE_MS
"""A listen key lives for an hour after it was made or renewed."""
LISTEN_KEY_MARK = "listen4local"
"""Begins each one, so that none goes unnoticed in a log; the venue's have 64 characters too."""
PATIENCE = 20
"""Refused requests inside one window after which 429 becomes a ban (418)."""
BAN_MS = 120_000


@dataclass(slots=True)
class Meter:
    """A counter that starts anew with each interval of the venue's clock."""

    limit: int
    interval_ms: int
    used: int = 0
    window: int = 0

    def roll(self, now: int) -> None:
        """Start anew if another interval has begun."""
        window = now // self.interval_ms
        if window != self.window:
            self.window, self.used = window, 0

    def left_ms(self, now: int) -> int:
        """Until the next interval."""
        return (self.window + 1) * self.interval_ms - now


@dataclass(slots=True)
class Limits:
    """Budgets of one side of the venue: spot 6,000, USDT-M and COIN-M 2,400 weight a minute."""

    weight: Meter
    orders: Mapping[str, Meter]
    """By the name in the header: `10S`, `1M`, `1D`."""
    refused: int = 0
    banned_until_ms: int = 0

    def charge(self, weight: int, now: int) -> None:
        """Count a request.

        Raises:
            ApiError: 429 beyond the limit, 418 for who does not stop then.
        """
        self.weight.roll(now)
        if now < self.banned_until_ms:
            raise banned(self.banned_until_ms, now)
        self.weight.used += weight
        if self.weight.used <= self.weight.limit:
            self.refused = 0
            return
        self.refused += 1
        if self.refused > PATIENCE:
            self.banned_until_ms = now + BAN_MS
            raise banned(self.banned_until_ms, now)
        wait = self.weight.left_ms(now)
        text = (
            f"Too many requests; current limit is {self.weight.limit} request weight per 1 MINUTE."
        )
        raise ApiError(-1003, text, status=429, retry_after_s=wait // 1000 + 1)

    def require_orders(self, now: int) -> None:
        """Raises: ApiError, -1015 while an order limit is used up."""
        for name, meter in self.orders.items():
            meter.roll(now)
            if meter.used >= meter.limit:
                wait = meter.left_ms(now)
                text = f"Too many new orders; current limit is {meter.limit} orders per {name}."
                raise ApiError(-1015, text, status=429, retry_after_s=wait // 1000 + 1)

    def count_order(self) -> None:
        """An order was accepted."""
        for meter in self.orders.values():
            meter.used += 1

    def headers(self, *, order: bool) -> dict[str, str]:
        """What the venue tells about what was used."""
        used = str(self.weight.used)
        found = {"X-MBX-USED-WEIGHT": used, "X-MBX-USED-WEIGHT-1M": used}
        if order:
            for name, meter in self.orders.items():
                found[f"X-MBX-ORDER-COUNT-{name}"] = str(meter.used)
        return found


def banned(until_ms: int, now: int) -> ApiError:
    """The answer to a banned address."""
    text = f"Way too many requests; IP banned until {until_ms}."
    return ApiError(-1003, text, status=418, retry_after_s=(until_ms - now) // 1000 + 1)


def no_limits() -> dict[Kind, Limits]:
    """Counted and reported, never enforced."""
    most = 2**31
    return {kind: Limits(Meter(most, MINUTE_MS), {}) for kind in SIDES}


def limits() -> dict[Kind, Limits]:
    """As Binance publishes them."""
    return {
        Kind.SPOT: Limits(
            Meter(6_000, MINUTE_MS), {"10S": Meter(100, 10_000), "1D": Meter(200_000, DAY_MS)}
        ),
        Kind.LINEAR: Limits(
            Meter(2_400, MINUTE_MS), {"10S": Meter(300, 10_000), "1M": Meter(1_200, MINUTE_MS)}
        ),
        Kind.INVERSE: Limits(Meter(2_400, MINUTE_MS), {"1M": Meter(1_200, MINUTE_MS)}),
    }


@dataclass(slots=True)
class ListenKey:
    """The account's listen key of one futures side; one is valid at a time."""

    value: str = ""
    expires_ms: int = 0

    def valid(self, now: int) -> bool:
        """Whether events go to it."""
        return bool(self.value) and now < self.expires_ms

    def open(self, now: int) -> str:
        """Make one, or extend the one there is."""
        if not self.valid(now):
            self.value = LISTEN_KEY_MARK + secrets.token_hex(32)[len(LISTEN_KEY_MARK) :]
        self.expires_ms = now + KEY_LIFE_MS
        return self.value

    def renew(self, now: int) -> str:
        """Extend it.

        Raises:
            ApiError: -1125, when it has expired.
        """
        if not self.valid(now):
            raise no_listen_key()
        return self.open(now)

    def close(self) -> None:
        """End it."""
        self.value, self.expires_ms = "", 0


@dataclass(slots=True)
class Door:
    """Limits by side, and the listen keys."""

    limits: dict[Kind, Limits] = field(default_factory=limits)
    listen_key: ListenKey = field(default_factory=ListenKey)
    """Of USDT-M."""
    coin_listen_key: ListenKey = field(default_factory=ListenKey)
    """Of COIN-M."""
    spot_subscriptions: int = 0
    """Numbers the subscriptions of the websocket API."""
    countdowns: dict[str, int] = field(default_factory=dict)
    """When all open futures orders of a symbol are cancelled unless the client calls again."""

    def key_of(self, kind: Kind) -> ListenKey:
        """The listen key of a futures side."""
        return self.coin_listen_key if kind is Kind.INVERSE else self.listen_key

    def side_of(self, name: str) -> Kind | None:
        """Whose listen key this is; None where it is none."""
        sides = (Kind.LINEAR, Kind.INVERSE)
        return next((each for each in sides if name and name == self.key_of(each).value), None)

    def set_countdown(self, symbol: str, wait_ms: int, now: int) -> None:
        """Start, restart or (with 0) lift the dead-man switch of a symbol."""
        if wait_ms > 0:
            self.countdowns[symbol] = now + wait_ms
        else:
            self.countdowns.pop(symbol, None)
