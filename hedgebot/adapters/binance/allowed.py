"""Every call this adapter makes, by name (invariant 12).

An endpoint that is not in the tables is never signed. In dry-run only reads are: by name and not
by verb, because a listen key is made by POST. The gate stands in `sign`, below every road of ccxt.
"""

from dataclasses import dataclass
from enum import IntEnum

from hedgebot.errors import VenueError


class Forbidden(VenueError):
    """A call that may not be made; nothing was signed."""


class Priority(IntEnum):
    """Who goes first when the venue's budget is short."""

    HEDGE = 0
    """Orders, cancels, and the clock readings that keep their connection warm."""
    LOOK_UP = 1
    AUDIT = 2
    HISTORY = 3


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One REST endpoint, as ccxt names its section and path."""

    section: str
    method: str
    path: str
    weight: int
    """Request weight by the venue's documents; response headers correct it."""
    priority: Priority = Priority.AUDIT
    changes: bool = False
    """Whether it changes orders, positions, transfers, leverage or modes."""
    uid_weight: int = 0
    """Weight that counts for the account, whatever the address: a limit of its own."""
    optional: bool = False
    """A venue may not serve it: what it would have said is unknown, not an error."""
    rows_max: int = 1_000
    """Most rows of one answer of a listing."""

    @property
    def name(self) -> str:
        """`DELETE fapiPrivate/order`."""
        return f"{self.method} {self.section}/{self.path}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What `sign` is told."""
        return self.section, self.method, self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The calls that every family has."""

    time: Endpoint
    rules: Endpoint
    place: Endpoint
    cancel: Endpoint
    order: Endpoint
    open_orders: Endpoint
    open_orders_all: Endpoint
    """The same path without a symbol: another weight."""
    all_orders: Endpoint
    trades: Endpoint
    account: Endpoint
    touch: Endpoint
    """The book ticker of one symbol."""
    income: Endpoint | None = None
    """Every change of a futures wallet; spot has no such listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesEndpoints:
    """The calls that only futures have."""

    positions: Endpoint
    position_mode: Endpoint
    assets_mode: Endpoint | None
    """None where the family has one mode only."""
    symbol_modes: Endpoint
    """Margin mode and leverage of every symbol."""
    listen_key: Endpoint
    listen_key_renew: Endpoint
    set_leverage: Endpoint
    depth: Endpoint
    """Goes where an order goes: a dry run reads it in the place of one. The weight is that of
    `DEPTH_LEVELS`."""
    commission: Endpoint
    """What the account pays: of one symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEndpoints:
    """What a family tells of the past to everyone. Spot has trades only."""

    bars: Endpoint
    mark_bars: Endpoint | None = None
    index_bars: Endpoint | None = None
    funding: Endpoint | None = None


SPOT = Endpoints(
    time=Endpoint("public", "GET", "time", 1, Priority.HEDGE),
    rules=Endpoint("public", "GET", "exchangeInfo", 20),
    place=Endpoint("private", "POST", "order", 1, Priority.HEDGE, changes=True),
    cancel=Endpoint("private", "DELETE", "order", 1, Priority.HEDGE, changes=True),
    order=Endpoint("private", "GET", "order", 4, Priority.LOOK_UP),
    open_orders=Endpoint("private", "GET", "openOrders", 6),
    open_orders_all=Endpoint("private", "GET", "openOrders", 80),
    all_orders=Endpoint("private", "GET", "allOrders", 20, Priority.HISTORY),
    trades=Endpoint("private", "GET", "myTrades", 20, Priority.HISTORY),
    account=Endpoint("private", "GET", "account", 20),
    touch=Endpoint("public", "GET", "ticker/bookTicker", 2, optional=True),
)

FUTURES = Endpoints(
    time=Endpoint("fapiPublic", "GET", "time", 1, Priority.HEDGE),
    rules=Endpoint("fapiPublic", "GET", "exchangeInfo", 1),
    place=Endpoint("fapiPrivate", "POST", "order", 0, Priority.HEDGE, changes=True),
    cancel=Endpoint("fapiPrivate", "DELETE", "order", 1, Priority.HEDGE, changes=True),
    order=Endpoint("fapiPrivate", "GET", "order", 1, Priority.LOOK_UP),
    open_orders=Endpoint("fapiPrivate", "GET", "openOrders", 1),
    open_orders_all=Endpoint("fapiPrivate", "GET", "openOrders", 40),
    all_orders=Endpoint("fapiPrivate", "GET", "allOrders", 5, Priority.HISTORY),
    trades=Endpoint("fapiPrivate", "GET", "userTrades", 5, Priority.HISTORY),
    account=Endpoint("fapiPrivateV3", "GET", "account", 5),
    touch=Endpoint("fapiPublic", "GET", "ticker/bookTicker", 2, optional=True),
    income=Endpoint("fapiPrivate", "GET", "income", 30, Priority.HISTORY),
)

COIN_FUTURES = Endpoints(
    time=Endpoint("dapiPublic", "GET", "time", 1, Priority.HEDGE),
    rules=Endpoint("dapiPublic", "GET", "exchangeInfo", 1),
    place=Endpoint("dapiPrivate", "POST", "order", 0, Priority.HEDGE, changes=True),
    cancel=Endpoint("dapiPrivate", "DELETE", "order", 1, Priority.HEDGE, changes=True),
    order=Endpoint("dapiPrivate", "GET", "order", 1, Priority.LOOK_UP),
    open_orders=Endpoint("dapiPrivate", "GET", "openOrders", 1),
    open_orders_all=Endpoint("dapiPrivate", "GET", "openOrders", 40),
    all_orders=Endpoint("dapiPrivate", "GET", "allOrders", 20, Priority.HISTORY, rows_max=100),
    trades=Endpoint("dapiPrivate", "GET", "userTrades", 20, Priority.HISTORY),
    account=Endpoint("dapiPrivate", "GET", "account", 5),
    touch=Endpoint("dapiPublic", "GET", "ticker/bookTicker", 2, optional=True),
    income=Endpoint("dapiPrivate", "GET", "income", 20, Priority.HISTORY),
)
"""Source: Binance, COIN-M: weights, and at most 100 rows of allOrders."""

DEPTH_LEVELS = 1_000

USDT_M = FuturesEndpoints(
    positions=Endpoint("fapiPrivateV3", "GET", "positionRisk", 5),
    position_mode=Endpoint("fapiPrivate", "GET", "positionSide/dual", 30, optional=True),
    assets_mode=Endpoint("fapiPrivate", "GET", "multiAssetsMargin", 30, optional=True),
    symbol_modes=Endpoint("fapiPrivate", "GET", "symbolConfig", 5, optional=True),
    listen_key=Endpoint("fapiPrivate", "POST", "listenKey", 1, Priority.LOOK_UP),
    listen_key_renew=Endpoint("fapiPrivate", "PUT", "listenKey", 1, Priority.LOOK_UP),
    set_leverage=Endpoint("fapiPrivate", "POST", "leverage", 1, changes=True),
    depth=Endpoint("fapiPublic", "GET", "depth", 20, Priority.HEDGE, optional=True),
    commission=Endpoint(
        "fapiPrivate", "GET", "commissionRate", 20, Priority.HISTORY, optional=True
    ),
)
COIN_M = FuturesEndpoints(
    positions=Endpoint("dapiPrivate", "GET", "positionRisk", 1),
    position_mode=Endpoint("dapiPrivate", "GET", "positionSide/dual", 30, optional=True),
    assets_mode=None,
    symbol_modes=Endpoint("dapiPrivate", "GET", "positionRisk", 1, optional=True),
    listen_key=Endpoint("dapiPrivate", "POST", "listenKey", 1, Priority.LOOK_UP),
    listen_key_renew=Endpoint("dapiPrivate", "PUT", "listenKey", 1, Priority.LOOK_UP),
    set_leverage=Endpoint("dapiPrivate", "POST", "leverage", 1, changes=True),
    depth=Endpoint("dapiPublic", "GET", "depth", 20, Priority.HEDGE, optional=True),
    commission=Endpoint(
        "dapiPrivate", "GET", "commissionRate", 20, Priority.HISTORY, optional=True
    ),
)
"""COIN-M has no multi-assets mode; its positions tell leverage and margin mode themselves."""


def _past(section: str, path: str, weight: int) -> Endpoint:
    return Endpoint(section, "GET", path, weight, Priority.HISTORY)


SPOT_PAST = PastEndpoints(bars=_past("public", "klines", 2))
USDT_M_PAST, COIN_M_PAST = (
    PastEndpoints(
        bars=_past(section, "klines", 5),
        mark_bars=_past(section, "markPriceKlines", 5),
        index_bars=_past(section, "indexPriceKlines", 5),
        funding=_past(section, "fundingRate", 1),
    )
    for section in ("fapiPublic", "dapiPublic")
)
"""Source: Binance, kline data: 1,000 bars weigh 2 on spot and 5 on futures."""

RESTRICTIONS = Endpoint("sapi", "GET", "account/apiRestrictions", 1, optional=True)
WITHDRAWALS = Endpoint(
    "sapi", "GET", "capital/withdraw/history", 0, Priority.HISTORY, uid_weight=18_000
)
"""Source: Binance, wallet, withdraw history: no weight of the address, 18,000 of the account."""
FUNDING_WALLET = Endpoint("sapi", "POST", "asset/get-funding-asset", 1)
"""A read, by POST. Source: Binance, wallet, funding wallet."""
EARN_POSITIONS = Endpoint("sapi", "GET", "simple-earn/flexible/position", 150)
"""Source: Binance, simple earn, flexible product position."""
DEPOSITS = Endpoint("sapi", "GET", "capital/deposit/hisrec", 1, Priority.HISTORY)
TRANSFERS = Endpoint("sapi", "GET", "asset/transfer", 1, Priority.HISTORY)
DIVIDENDS = Endpoint("sapi", "GET", "asset/assetDividend", 10, Priority.HISTORY)
DUST = Endpoint("sapi", "GET", "asset/dribblet", 1, Priority.HISTORY)

ENDPOINTS: tuple[Endpoint, ...] = (
    *(
        endpoint
        for family in (
            SPOT,
            FUTURES,
            COIN_FUTURES,
            USDT_M,
            COIN_M,
            SPOT_PAST,
            USDT_M_PAST,
            COIN_M_PAST,
        )
        for name in type(family).__slots__
        if (endpoint := getattr(family, name)) is not None
    ),
    RESTRICTIONS,
    WITHDRAWALS,
    FUNDING_WALLET,
    EARN_POSITIONS,
    DEPOSITS,
    TRANSFERS,
    DIVIDENDS,
    DUST,
)

CHANGES: dict[tuple[str, str, str], bool] = {each.key: each.changes for each in ENDPOINTS}

SOCKET_METHODS = frozenset(
    {"SUBSCRIBE", "LIST_SUBSCRIPTIONS", "userDataStream.subscribe.signature", "ping"}
)
"""Websocket requests; none of them changes anything."""


def check_call(section: str, method: str, path: str, *, dry_run: bool) -> None:
    """Let a REST call pass.

    Raises:
        Forbidden: the endpoint is not in the tables, or changes something in dry-run.
    """
    changes = CHANGES.get((section, method, path))
    if changes is None:
        raise Forbidden(f"{method} {section}/{path} is not a call that hedgebot makes")
    if changes and dry_run:
        raise Forbidden(f"{method} {section}/{path} would change the account: this is a dry run")


def check_socket(method: str) -> None:
    """Let a websocket request pass.

    Raises:
        Forbidden: it is not in the table.
    """
    if method not in SOCKET_METHODS:
        raise Forbidden(f"websocket method {method} is not one that hedgebot sends")
