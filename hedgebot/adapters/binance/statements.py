"""Reads a wallet and everything that the venue recorded of it: slow, and last in the budget.

The wallet is read first, then the listings: what they tell is complete up to the moment they were
asked, so that the reading lies inside it. No decision waits for any of this.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from hedgebot.adapters.binance import allowed, income, rows_spot, wallet_records
from hedgebot.adapters.binance.allowed import Endpoint
from hedgebot.adapters.binance.exchange import serves
from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.adapters.binance.paging import listed, windows
from hedgebot.adapters.binance.rest import ReadFailed, Rest
from hedgebot.adapters.binance.snapshots import Snapshots
from hedgebot.adapters.binance.wallet_records import Seen
from hedgebot.domain.ledger import Posting, RecordSource, SourceMark, Sweep, WalletReading
from hedgebot.errors import VenueError
from hedgebot.ledger.fills import postings_of

READ_S_MAX = 90.0
"""The budget may hold a listing back until the next minute begins."""
MINUTE_MS = 60_000
DAY_MS = 24 * 3_600_000
AHEAD_MS = MINUTE_MS
"""The last window ends so far in the future: no clock may hide the newest rows."""
CLOCK_MS = 100
"""How well the venue's clock is known."""
MARKETS_MAX = 300
"""Spot markets listed in one sweep, 20 weight each: two minutes of the budget's share."""
WALLETS = ("UMFUTURE", "CMFUTURE", "MARGIN", "FUNDING", "OPTION")
"""The other ends of a transfer from or to the spot wallet, in the venue's words."""
WEEK_MS = 7 * DAY_MS

AGAIN_MS: Mapping[RecordSource, int] = {
    RecordSource.INCOME: 10 * MINUTE_MS,
    RecordSource.TRADES: 10 * MINUTE_MS,
    RecordSource.TRANSFERS: DAY_MS,
    RecordSource.DIVIDENDS: DAY_MS,
    RecordSource.DUST: DAY_MS,
    RecordSource.DEPOSITS: WEEK_MS,
    RecordSource.WITHDRAWALS: WEEK_MS,
}
"""How far before its mark a listing is read again: rows appear late, and states change."""
REACH_MS: Mapping[RecordSource, int] = {
    RecordSource.INCOME: 89 * DAY_MS,
    RecordSource.TRADES: 35 * DAY_MS,
    RecordSource.TRANSFERS: 179 * DAY_MS,
    RecordSource.DIVIDENDS: 179 * DAY_MS,
    RecordSource.DUST: 89 * DAY_MS,
    RecordSource.DEPOSITS: 89 * DAY_MS,
    RecordSource.WITHDRAWALS: 89 * DAY_MS,
}
"""How far back a listing is asked at most. Source: Binance, income (three months), transfers (six
months), deposits and withdrawals (90 days a request); trades go as far as the orders' listing."""
SPAN_MS: Mapping[RecordSource, int] = {
    RecordSource.INCOME: 6 * DAY_MS,
    RecordSource.TRADES: DAY_MS,
    RecordSource.TRANSFERS: 6 * DAY_MS,
    RecordSource.DIVIDENDS: 89 * DAY_MS,
    RecordSource.DUST: 29 * DAY_MS,
    RecordSource.DEPOSITS: 89 * DAY_MS,
    RecordSource.WITHDRAWALS: 89 * DAY_MS,
}
"""Longest window of one request."""

STRIDE_MS = 2 * DAY_MS
"""How much of the trades one sweep lists: after a long pause the next ones go on from there."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one sweep asks of a listing."""

    source: RecordSource
    since_ms: int
    until_ms: int

    @property
    def spans(self) -> Iterator[tuple[int, int]]:
        """The requests that it takes at least."""
        return windows(self.since_ms, self.until_ms, SPAN_MS[self.source])


ReadPostings = Callable[[Window], Awaitable[list[Posting]]]


class Statements:
    """The records of one venue entry's wallet; see `ports.Statements`."""

    def __init__(self, rest: Rest, names: Names, snapshots: Snapshots) -> None:
        self.venue = names.venue
        self._rest = rest
        self._names = names
        self._snapshots = snapshots

    async def sweep(
        self, marks: Mapping[RecordSource, SourceMark], last: WalletReading | None
    ) -> Sweep:
        """Read the wallet, then each listing from its mark on.

        Raises:
            VenueError: the wallet cannot be read. A listing that cannot is told in its mark.
        """
        clock = self._rest.clock
        from_ms = clock.now_ms() - CLOCK_MS
        balances = await self._snapshots.balances(READ_S_MAX)
        reading = WalletReading(
            at_ms=clock.clock.now_ms(),
            wallet=self._names.wallet,
            balances=tuple((each.asset, each.total) for each in balances if each.total),
            from_ms=from_ms,
            to_ms=clock.now_ms() + CLOCK_MS,
        )
        # A coin that is gone now was traded away since: its markets are still asked.
        both = reading.balances + (last.balances if last else ())
        found: list[Posting] = []
        told = []
        assets = frozenset(asset for asset, _ in both)
        for source, read in self._readers(assets).items():
            before = marks.get(source) or SourceMark(
                venue=self.venue, source=source, venue_ms=from_ms
            )
            postings, mark = await self._listing(before, read)
            found += postings
            failure = mark.failure or self._left_out(source, assets)
            told.append(replace(mark, failure=failure))
        return Sweep(reading, tuple(found), tuple(told))

    def _readers(self, assets: frozenset[str]) -> Mapping[RecordSource, ReadPostings]:
        """The listings that a wallet of this family has."""
        if self._rest.endpoints.income is not None:
            return {RecordSource.INCOME: partial(self._income, self._rest.endpoints.income)}
        if self._rest.options.futures:
            return {}  # a family whose listing is not known: its wallet is read, and no more
        return {
            RecordSource.TRADES: partial(self._trades, assets),
            RecordSource.DEPOSITS: partial(self._rows, allowed.DEPOSITS, 1_000),
            RecordSource.WITHDRAWALS: partial(self._rows, allowed.WITHDRAWALS, 1_000),
            RecordSource.TRANSFERS: self._transfers,
            RecordSource.DIVIDENDS: partial(self._rows, allowed.DIVIDENDS, 500),
            RecordSource.DUST: partial(self._rows, allowed.DUST, 100),
        }

    async def _listing(
        self, before: SourceMark, read: ReadPostings
    ) -> tuple[list[Posting], SourceMark]:
        """What a listing tells since its mark, and how far it was read now."""
        now_ms = self._rest.clock.now_ms()
        source = before.source
        # A clock that was set back leaves marks in its future.
        begin_ms = min(before.venue_ms, now_ms) - AGAIN_MS[source]
        since_ms = max(begin_ms, now_ms - REACH_MS[source])
        until_ms = now_ms
        if source is RecordSource.TRADES:
            until_ms = min(now_ms, max(before.venue_ms, since_ms) + STRIDE_MS)
        ahead_ms = AHEAD_MS if until_ms == now_ms else 0
        try:
            postings = await read(Window(source, since_ms, until_ms + ahead_ms))
        except VenueError as error:
            return [], replace(before, served=not _refused(error), failure=str(error))
        return postings, replace(before, venue_ms=until_ms, served=True, failure="")

    async def _income(self, endpoint: Endpoint, window: Window) -> list[Posting]:
        rows = await self._listed(endpoint, window, rows_max=1_000)
        seen = self._seen()
        return [
            income.posting(row, self._names, at_ms=seen.at_ms, seen_ms=seen.venue_ms)
            for row in rows
        ]

    async def _trades(self, assets: frozenset[str], window: Window) -> list[Posting]:
        """Executions on every market between two coins that the wallet holds or held."""
        found: list[Posting] = []
        trades = self._rest.endpoints.trades
        for market in self._markets(assets)[:MARKETS_MAX]:
            rows = await self._listed(trades, window, {"symbol": market}, rows_max=trades.rows_max)
            at_ms = self._seen().at_ms
            for row in rows:
                fill = rows_spot.fill(row, {}, self._names)
                found += postings_of(fill, self._names.wallet, at_ms)
        return found

    def _markets(self, assets: frozenset[str]) -> list[str]:
        """Market ids, those that the settings name first."""
        named = {instrument.partition(":")[2] for instrument in self._names.named}
        found = [
            (market.symbol not in named, market_id)
            for market_id, market in self._names.markets.items()
            if (market.base in assets and market.quote in assets) or market.symbol in named
        ]
        return [market_id for _, market_id in sorted(found)]

    def _left_out(self, source: RecordSource, assets: frozenset[str]) -> str:
        """What a listing that was read does not tell; it holds no statement up."""
        count = len(self._markets(assets)) if source is RecordSource.TRADES else 0
        if count <= MARKETS_MAX:
            return ""
        return f"{self.venue}: trades of {count - MARKETS_MAX} markets are not listed"

    async def _transfers(self, window: Window) -> list[Posting]:
        found: list[Posting] = []
        for other in WALLETS:
            for kind in (f"MAIN_{other}", f"{other}_MAIN"):
                found += await self._rows(allowed.TRANSFERS, 100, window, {"type": kind})
        return found

    async def _rows(
        self,
        endpoint: Endpoint,
        rows_max: int,
        window: Window,
        params: Mapping[str, object] | None = None,
    ) -> list[Posting]:
        rows = await self._listed(endpoint, window, params or {}, rows_max=rows_max)
        seen = self._seen()
        return [
            posting
            for row in rows
            for posting in wallet_records.read(window.source, row, self._names, seen)
        ]

    async def _listed(
        self,
        endpoint: Endpoint,
        window: Window,
        params: Mapping[str, object] | None = None,
        *,
        rows_max: int,
    ) -> list[Raw]:
        size = "size" if endpoint is allowed.TRANSFERS else "limit"

        async def read(start_ms: int, end_ms: int) -> list[Raw]:
            asked = {**(params or {}), "startTime": start_ms, "endTime": end_ms, size: rows_max}
            answer = await self._rest.read(endpoint, asked, within_s=READ_S_MAX)
            return _rows_of(answer, f"{self.venue}: {endpoint.name}")

        if not serves(self._rest.exchange, endpoint):
            raise NotServed(f"{self.venue}: {endpoint.name}: this network does not serve it")
        found = await listed(
            read, window.spans, rows_max=rows_max, what=f"{self.venue}: {endpoint.name}"
        )
        return list(chain.from_iterable(map(_details, found)))

    def _seen(self) -> Seen:
        clock = self._rest.clock
        return Seen(clock.clock.now_ms(), clock.now_ms() + CLOCK_MS)


class NotServed(VenueError):
    """A listing that this network does not have."""


def _refused(error: VenueError) -> bool:
    """Whether the venue refuses the listing, so that asking again is no use for now."""
    if isinstance(error, NotServed):
        return True
    return isinstance(error, ReadFailed) and error.failure is not None and not error.passing


def _rows_of(answer: object, what: str) -> list[Raw]:
    """The rows of an answer: a list, or a list under a name."""
    if isinstance(answer, Mapping):
        inner = [answer[name] for name in ("rows", "userAssetDribblets") if name in answer]
        answer = inner[0] if inner else answer
    if not isinstance(answer, list) or not all(isinstance(row, Mapping) for row in answer):
        raise ReadFailed(f"{what} answered no list of rows")
    return answer


def _details(row: Raw) -> Iterable[Raw]:
    """A dust conversion is a row of rows."""
    details = row.get("userAssetDribbletDetails")
    return details if isinstance(details, list) else (row,)
