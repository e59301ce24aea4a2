"""What a venue tells of the past to everyone: pages of bars and of settled funding.

ccxt signs the paths and parses the rows. A page that is not what was asked for is refused whole:
research on wrong bars is worse than none.
"""

import math
from collections.abc import Mapping
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

from hedgebot.adapters.binance import exchange as ccxt_exchange
from hedgebot.adapters.binance.allowed import (
    COIN_M_PAST,
    SPOT_PAST,
    USDT_M_PAST,
    Endpoint,
)
from hedgebot.adapters.binance.budget import Budgets
from hedgebot.adapters.binance.markets import market_names, rows_in
from hedgebot.adapters.binance.names import UNREADABLE, MarketName, moment
from hedgebot.adapters.binance.options import Family, Network, VenueOptions
from hedgebot.adapters.binance.rest import ReadFailed, Rest, read_clock
from hedgebot.adapters.binance.secrecy import Scrubber
from hedgebot.adapters.binance.venue_clock import VenueClock
from hedgebot.errors import Unsupported, VenueError
from hedgebot.ports import Clock

ROWS_MAX = 1_000
"""Of one page: what spot gives at most, and what weighs least a bar on futures."""
SPAN_MS_MAX = 200 * 86_400_000
"""Of one page. Source: Binance, COIN-M, kline data."""
RULES_S_MAX, RULES_MS_MAX = 60.0, 30_000
"""Spot's exchangeInfo is many megabytes."""
PAGE_S_MAX = 10.0
SILENCE_MS_MAX = 300_000
"""How long a silence that the venue asks for (429, 418) is waited out; a longer ban is told."""
PAST = {"binance": SPOT_PAST, "binanceusdm": USDT_M_PAST, "binancecoinm": COIN_M_PAST}


class Prices(Enum):
    """Whose bars."""

    TRADES = "trades"
    MARK = "mark"
    INDEX = "index"


class Bar(NamedTuple):
    """A closed bar; volume in coins, 0 of mark and index."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class Settlement(NamedTuple):
    """A funding rate and the mark that it was settled on, NaN where the venue does not tell it."""

    at_ms: int
    rate: float
    mark: float


class WrongPage(VenueError):
    """The venue answered with something else than what was asked for."""


class Span(NamedTuple):
    """From and to, ms, the end not included."""

    begin_ms: int
    end_ms: int


class Past:
    """One family of one network, read without a key."""

    def __init__(
        self, exchange: Family, network: Network, rest_url: str | None, *, clock: Clock,
        budgets: Budgets,
    ) -> None:  # fmt: skip
        """Opens nothing."""
        options = VenueOptions(
            name=exchange, account="public", exchange=exchange,
            network=network, rest_url=rest_url, dry_run=True,
        )  # fmt: skip
        self.exchange = exchange
        venue_clock = VenueClock(clock)
        self.rest = Rest(
            options,
            ccxt_exchange.build(options, None, venue_clock),
            clock=venue_clock,
            budgets=budgets,
            scrubber=Scrubber(None),
        )
        self.markets: dict[str, tuple[str, MarketName]] = {}

    async def open(self) -> None:
        """Read the venue's clock, limits and markets.

        Raises:
            VenueError: it cannot be read.
        """
        await read_clock(self.rest)
        rules = await self.rest.read(
            self.rest.endpoints.rules, within_s=RULES_S_MAX, attempt_ms=RULES_MS_MAX
        )
        self.rest.weights(self.rest.endpoints.rules).learn(rows_in(rules, "rateLimits"))
        names = market_names(rows_in(rules, "symbols"), self.rest.exchange)
        self.markets = {name.symbol: (market_id, name) for market_id, name in names.items()}

    async def close(self) -> None:
        """Close every connection."""
        await self.rest.close()

    def now_ms(self) -> int:
        """The venue's time."""
        return self.rest.clock.now_ms()

    def market_id(self, symbol: str) -> str:
        """The venue's name of a ccxt symbol.

        Raises:
            Unsupported: it has no such market.
        """
        found = self.markets.get(symbol)
        if found is None:
            coin = symbol.partition("/")[0]
            near = ", ".join(sorted(s for s in self.markets if s.partition("/")[0] == coin)[:5])
            hint = f"it has {near}" if near else f"it has no market of {coin}"
            raise Unsupported(f"{symbol} is not a market of {self.exchange}: {hint}")
        return found[0]

    def endpoint(self, prices: Prices) -> Endpoint:
        """Where bars of that kind are read; of spot only trades are."""
        past = PAST[self.exchange]
        found = {
            Prices.TRADES: past.bars, Prices.MARK: past.mark_bars, Prices.INDEX: past.index_bars,
        }[prices]  # fmt: skip
        assert found is not None, "spot has neither mark nor index"
        return found

    async def bars(
        self, symbol: str, prices: Prices, *, interval: str, step_ms: int, span: Span,
        rows_max: int = ROWS_MAX,
    ) -> list[Bar]:  # fmt: skip
        """The bars that open in the span, oldest first: a page of them at most.

        Raises:
            ReadFailed: no good answer.
            WrongPage: an answer that cannot be one to this question.
        """
        endpoint, market_id = self.endpoint(prices), self.market_id(symbol)
        named = {"symbol": market_id}
        if prices is Prices.INDEX:
            named = {"pair": market_id.partition("_")[0]}
        asked = {
            **named, "interval": interval, "startTime": span.begin_ms,
            "endTime": span.end_ms - 1, "limit": rows_max,
        }  # fmt: skip
        rows = await self._page(endpoint, asked)
        where = f"{self.exchange}: {endpoint.name} of {symbol}"
        market = {"inverse": self.exchange == "binancecoinm"}
        found = [self._bar(row, market, step_ms, where) for row in rows]
        _fits([bar.open_ms for bar in found], span, rows_max, where)
        if astray := next((bar for bar in found if bar.open_ms % step_ms), None):
            raise WrongPage(f"{where}: {astray.open_ms} is no beginning of a bar of {interval}")
        return found

    def _bar(self, row: Any, market: Mapping[str, bool], step_ms: int, where: str) -> Bar:
        try:
            closes_ms = moment(row[6])
            parsed = self.rest.exchange.parse_ohlcv(row, market)
            bar = Bar(int(parsed[0]), *(float(each) for each in parsed[1:]))
        except UNREADABLE as error:
            raise WrongPage(f"{where}: a row is no bar") from error
        if closes_ms != bar.open_ms + step_ms - 1:
            raise WrongPage(f"{where}: the bar of {bar.open_ms} has another length")
        if not all(math.isfinite(each) for each in bar) or min(bar[1:5]) <= 0 or bar.volume < 0:
            raise WrongPage(f"{where}: the bar of {bar.open_ms} has a price that is none")
        if not bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high:
            raise WrongPage(f"{where}: the bar of {bar.open_ms} is not between its low and high")
        return bar

    async def settlements(self, symbol: str, span: Span) -> list[Settlement]:
        """Settled funding in the span, oldest first: a page at most.

        Raises:
            ReadFailed: no good answer.
            WrongPage: an answer that cannot be one to this question.
        """
        endpoint = PAST[self.exchange].funding
        assert endpoint is not None, "spot has no funding"
        asked = {
            "symbol": self.market_id(symbol), "startTime": span.begin_ms,
            "endTime": span.end_ms - 1, "limit": ROWS_MAX,
        }  # fmt: skip
        rows = await self._page(endpoint, asked)
        where = f"{self.exchange}: {endpoint.name} of {symbol}"
        found = [_settlement(row, asked["symbol"], where) for row in rows]
        _fits([each.at_ms for each in found], span, ROWS_MAX, where)
        return found

    async def _page(self, endpoint: Endpoint, asked: Mapping[str, object]) -> list[Any]:
        held_ms = self.rest.held_ms(endpoint)
        if held_ms > SILENCE_MS_MAX:
            minutes = -(-held_ms // 60_000)
            raise ReadFailed(f"{self.exchange} wants to hear nothing for {minutes} minutes (a ban)")
        rows = await self.rest.read(endpoint, asked, within_s=held_ms / 1000 + PAGE_S_MAX)
        if not isinstance(rows, list):
            raise WrongPage(f"{self.exchange}: {endpoint.name} answered no list of rows")
        return rows


def _settlement(row: Any, market_id: object, where: str) -> Settlement:
    try:
        mark = row.get("markPrice")
        found = Settlement(
            moment(row["fundingTime"]), float(row["fundingRate"]), float(mark) if mark else math.nan
        )
        other = row.get("symbol", market_id) != market_id
    except UNREADABLE as error:
        raise WrongPage(f"{where}: a row is no settlement") from error
    if other or not math.isfinite(found.rate):
        raise WrongPage(f"{where}: {found.at_ms} is of another market, or no rate")
    return found


def _fits(times: list[int], span: Span, rows_max: int, where: str) -> None:
    """Whether the times of a page can be those asked for.

    Raises:
        WrongPage: too many, out of order, twice, or outside of the span.
    """
    if len(times) > rows_max:
        raise WrongPage(f"{where}: {len(times)} rows, {rows_max} were asked for")
    if any(after <= before for before, after in pairwise(times)):
        raise WrongPage(f"{where}: rows are out of order, or there twice")
    if times and not span.begin_ms <= times[0] <= times[-1] < span.end_ms:
        raise WrongPage(f"{where}: rows outside of the time that was asked for")


__all__ = ["Bar", "Past", "Prices", "ReadFailed", "Settlement", "Span", "WrongPage"]
