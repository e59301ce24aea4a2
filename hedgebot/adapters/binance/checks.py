"""The rows of `hedgebot check` for one venue entry; they change nothing at the venue."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import aiohttp

from hedgebot.adapters.binance import polled_wallets
from hedgebot.adapters.binance.dialler import Call, Dialler, Lost
from hedgebot.adapters.binance.fees import read_taker_fee
from hedgebot.adapters.binance.mode_checks import mode_rows
from hedgebot.adapters.binance.options import Network
from hedgebot.adapters.binance.permissions import WITHDRAW, read_permissions
from hedgebot.adapters.binance.rest import Rest
from hedgebot.adapters.binance.snapshots import Snapshots
from hedgebot.adapters.binance.sockets import Line
from hedgebot.domain.instruments import Instrument, Kind
from hedgebot.errors import VenueError
from hedgebot.ports import Finding, Standing

WITHIN_S = 5.0
MODES_MEND = "see whether the key may read the account's settings"
CLOCK_MS_MAX = 1_000
"""Binance refuses stamps further ahead; we correct ours, but a clock so wrong spoils logs too."""


@dataclass(frozen=True, slots=True)
class Checks:
    """Everything that can be asked of one entry."""

    rest: Rest
    snapshots: Snapshots
    dialler: Dialler
    lines: Sequence[Line]

    async def rows(self) -> tuple[Finding, ...]:
        """All findings, in the order a person mends them."""
        rows = [self._clock(), self._trip(), *map(self._minimums, self._instruments())]
        rows += [await self._credentials()]
        rows += await self._permissions()
        if self.rest.options.polled:
            rows.append(await _polled(self.rest))
        if self.rest.options.futures:
            rows += await self._modes()
            rows += [await _fee(self.rest, instrument) for instrument in self._instruments()]
        for line in self.lines:
            rows.append(await self._stream(line))
        rows.append(
            self._row(
                "dedicated sub-account",
                Standing.UNKNOWN,
                "the venue does not tell whether others trade here",
                "use one: what others own or trade in this account is hedged too",
            )
        )
        return tuple(rows)

    def _row(self, name: str, standing: Standing, found: str, mend: str = "") -> Finding:
        return Finding(self.rest.options.name, name, standing, found, mend)

    def _instruments(self) -> tuple[Instrument, ...]:
        return tuple(self.snapshots.instruments.values())

    def _clock(self) -> Finding:
        offset_ms = self.rest.clock.offset_ms
        good = abs(offset_ms) <= CLOCK_MS_MAX
        mend = "" if good else "set this machine's clock (NTP)"
        standing = Standing.OK if good else Standing.FAILED
        apart = f"the venue's is {abs(offset_ms)} ms {'ahead' if offset_ms > 0 else 'behind'}"
        return self._row("clock", standing, apart if offset_ms else "as the venue's", mend)

    def _trip(self) -> Finding:
        return self._row(
            "round trip", Standing.OK, f"a request takes {self.rest.clock.trip_ms:.1f} ms"
        )

    def _minimums(self, instrument: Instrument) -> Finding:
        unit = "USD" if instrument.kind is Kind.INVERSE else instrument.symbol.partition("/")[0]
        least = f"{_plain(instrument.qty(instrument.lots_min))} {unit}"
        if instrument.notional_min:
            least += f" and {_plain(instrument.notional_min)} {instrument.quote}"
        steps = f"steps of {_plain(instrument.lot)} {unit}"
        found = f"an order has at least {least}, in {steps}; its price in {_plain(instrument.tick)}"
        return self._row(f"minimums of {instrument.symbol}", Standing.OK, found)

    async def _credentials(self) -> Finding:
        try:
            balances = await self.snapshots.balances(WITHIN_S)
        except VenueError as error:
            return self._row(
                "credentials",
                Standing.FAILED,
                str(error),
                f"give venues.{self.rest.options.name} a key of this network that may read and "
                "trade, and allow this address",
            )
        held = sum(1 for balance in balances if balance.total)
        return self._row(
            "credentials", Standing.OK, f"the key reads the account; it holds {_assets(held)}"
        )

    async def _permissions(self) -> list[Finding]:
        flags = await read_permissions(self.rest)
        if flags is None:
            return [self._unknown_permissions()]
        return [
            *self._trading(flags),
            self._withdrawals(may=flags.get(WITHDRAW, False)),
            self._flag(
                "key bound to addresses",
                good=flags.get("ipRestrict", False),
                mend="at the venue, allow the key this machine's address only",
                bad=Standing.WARNING,
                found="no: it works from anywhere",
            ),
        ]

    def _trading(self, flags: Mapping[str, bool]) -> list[Finding]:
        """A key that only reads is enough, and safer, where nothing is traded."""
        if not self._instruments():
            return []
        flag = "enableFutures" if self.rest.options.futures else "enableSpotAndMarginTrading"
        dry_run = self.rest.options.dry_run
        mend = "a dry run needs no more; allow it to trade before it is live"
        return [
            self._flag(
                "key may trade",
                good=flags.get(flag, False),
                mend=mend if dry_run else "allow it to trade",
                bad=Standing.WARNING if dry_run else Standing.FAILED,
            ),
        ]

    def _unknown_permissions(self) -> Finding:
        mainnet = self.rest.options.network is Network.MAINNET
        return self._row(
            "key permissions",
            Standing.FAILED if mainnet else Standing.UNKNOWN,
            "this network does not tell what the key may do",
            "make sure that the key may trade and may not withdraw",
        )

    def _withdrawals(self, *, may: bool) -> Finding:
        name = "key may not withdraw"
        if not may:
            return self._row(name, Standing.OK, "it may not")
        if self.rest.options.allow_withdraw_key:
            return self._row(name, Standing.OK, "it may; allowed by allow_withdraw_key")
        return self._row(name, Standing.FAILED, "it may", "make a key without withdrawals")

    def _flag(
        self, name: str, *, good: bool, mend: str, bad: Standing, found: str = "no"
    ) -> Finding:
        return self._row(name, *((Standing.OK, "yes") if good else (bad, found, mend)))

    async def _modes(self) -> list[Finding]:
        try:
            seen = await self.snapshots.modes(WITHIN_S)
        except VenueError as error:
            return [self._row("modes", Standing.FAILED, str(error), MODES_MEND)]
        return mode_rows(self.rest.options, seen)

    async def _stream(self, line: Line) -> Finding:
        """At the first of its addresses that is served."""
        name, failed = f"{line.channel.value} stream", ""
        for call_of in line.roads.calls:
            try:
                return await self._connection(name, await call_of())
            except VenueError as error:
                failed = failed or str(error)
                if not isinstance(error, Lost) or error.served:
                    break
        return self._row(name, Standing.FAILED, failed, "see that websockets reach the venue")

    async def _connection(self, name: str, call: Call) -> Finding:
        clock = self.rest.clock.clock
        async with self.dialler.connected(call, lambda _message: None) as socket:
            started_ns = clock.monotonic_ns()
            ponged = await _pong(socket, self.dialler.pace.pong_ms_max / 1000)
            trip_ms = (clock.monotonic_ns() - started_ns) / 1e6
        answered = "subscribed" if call.hello else "connected"
        if not ponged:
            return self._row(
                name,
                Standing.UNKNOWN,
                f"{answered}; a ping got no answer in {trip_ms:.0f} ms",
                "see whether a proxy swallows pings: hedgebot dials again without answers",
            )
        return self._row(name, Standing.OK, f"{answered}; a ping took {trip_ms:.1f} ms")


async def _fee(rest: Rest, instrument: Instrument) -> Finding:
    entry, name = rest.options.name, f"taker fee of {instrument.symbol}"
    try:
        fee = await read_taker_fee(rest, instrument, WITHIN_S)
    except VenueError as error:
        mend = "name it where a computed band wants it: `fee` of hedges.optimal"
        return Finding(entry, name, Standing.UNKNOWN, str(error), mend)
    return Finding(entry, name, Standing.OK, f"{_plain(100 * fee)} % of what is traded")


async def _polled(rest: Rest) -> Finding:
    """Whether the wallets that no stream tells of can be read."""
    entry, wallets = rest.options.name, rest.options.polled
    name = "wallets " + ", ".join(wallet.rpartition(":")[2] for wallet in wallets)
    try:
        found = await polled_wallets.balances(rest, WITHIN_S)
    except VenueError as error:
        mend = "allow the key to read them, or take them out of `wallets`"
        return Finding(entry, name, Standing.FAILED, str(error), mend)
    held = sum(1 for balance in found if balance.total)
    return Finding(entry, name, Standing.OK, f"read; they hold {_assets(held)}", "")


def _assets(count: int) -> str:
    return "1 asset" if count == 1 else f"{count} assets"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


async def _pong(socket: aiohttp.ClientWebSocketResponse, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await socket.ping()
            while (await socket.receive()).type is not aiohttp.WSMsgType.PONG:
                if socket.closed:
                    raise Lost("closed before a pong came")
    except TimeoutError:
        return False
    except (OSError, aiohttp.ClientError) as error:
        raise Lost(f"no ping could be sent: {type(error).__name__}") from None
    return True
