"""What is really so at the venue, now and at every earlier moment. Nobody in `core` sees it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from decimal import Decimal as D

from hedgebot.domain.instruments import Instrument, InstrumentId, Side, WalletId
from hedgebot.domain.orders import Cause, Fill, OrderId, OrderReport, OrderStatus
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.plan import Setup
from tests.core.two import ALT, ALT_BTC, ALT_WALLET
from tests.core.world import BTC, PERP, PERP_WALLET, SPOT_WALLET

PERP_2 = InstrumentId("perp:BTC/USDC:USDC")
SPOT = InstrumentId("spot:BTC/USDT")
ZERO = D(0)
LONG_AGO_MS = 3_600_000
WALLETS = {"spot": SPOT_WALLET, "perp": PERP_WALLET, "alt": ALT_WALLET}
"""By venue entry."""


def venue_of(name: InstrumentId | WalletId) -> str:
    """The venue entry that has it."""
    return name.partition(":")[0]


def perps_of(setup: Setup) -> tuple[InstrumentId, ...]:
    """The hedge's instruments, in order of preference."""
    return (PERP, ALT) if setup.apart else (PERP, PERP_2)[: setup.perps]


@dataclass(frozen=True, slots=True)
class Version:
    at_ms: int
    venue_ms: int
    qty: D


class Series:
    """A quantity over time."""

    def __init__(self, at_ms: int, venue_ms: int, qty: D) -> None:
        self._times = [at_ms]
        self._rows = [Version(at_ms, venue_ms, qty)]

    @property
    def last(self) -> Version:
        return self._rows[-1]

    def add(self, at_ms: int, venue_ms: int, change: D) -> Version:
        version = Version(at_ms, venue_ms, self.last.qty + change)
        self._times.append(at_ms)
        self._rows.append(version)
        return version

    def position_of(self, venue_ms: int, qty: D) -> int:
        """Which version a message shows: the last one of that time and quantity."""
        for index in range(len(self._rows) - 1, -1, -1):
            row = self._rows[index]
            if row.venue_ms < venue_ms:
                return index
            if (row.venue_ms, row.qty) == (venue_ms, qty):
                return index
        return 0

    @property
    def count(self) -> int:
        return len(self._rows)

    def since(self, at_ms: int) -> list[D]:
        """Every quantity that it had from then on."""
        return [row.qty for row in self._rows[max(0, bisect_right(self._times, at_ms) - 1) :]]

    def as_of(self, at_ms: int) -> Version:
        return self._rows[max(0, bisect_right(self._times, at_ms) - 1)]


@dataclass(slots=True)
class Change:
    """Something that moved the delta and was not our order."""

    at_ms: int
    venue_ms: int
    gross: D = ZERO
    """Coins that the holdings changed by; zero for a transfer."""
    hedge: D = ZERO
    """Coins that a position of ours changed by."""
    wallet: WalletId | None = None
    instrument: InstrumentId | None = None
    trade_ids: frozenset[str] = frozenset()
    version: int = 0
    """Of the wallet or position: the first that has it."""
    seen_ms: int | None = None
    """Our clock, when the living daemon was first told of it; None: not yet."""
    maybe: bool = False
    """A snapshot showed it in a way that need not be believed yet."""
    told: set[str] = field(default_factory=set)
    """`fill`, `balance`."""

    @property
    def explained(self) -> bool:
        return bool(self.trade_ids) and self.told >= {"fill", "balance"}


class Truth:
    """Wallets, positions, orders and fills, with their past."""

    def __init__(self, agenda: Agenda, setup: Setup) -> None:
        self.agenda, self.skew_ms = agenda, setup.skew_ms
        self.perps = perps_of(setup)
        self.venues = tuple(dict.fromkeys(("spot", *map(venue_of, self.perps))))
        coins = (setup.spot, *setup.coins)
        shorts = zip(self.perps, (setup.short, setup.short_2), strict=False)
        self.wallets = {
            wallet: self._begun(D(qty))
            for wallet, qty in zip(WALLETS.values(), coins, strict=True)
            if venue_of(wallet) in self.venues
        }
        self.positions = {name: self._begun(-D(short)) for name, short in shorts}
        self.outside = D(setup.cold)
        """Coins kept elsewhere, as a person said last."""
        self.fills: list[tuple[int, Fill]] = []
        self.orders: dict[str, list[tuple[int, OrderReport]]] = {}
        self.ours: dict[OrderId, str] = {}
        """Venue order id by our id, once it arrived."""
        self.changes: list[Change] = []
        self.dollars = D(100_000)
        """Margin of the futures wallet."""
        self._count = 0

    def _begun(self, qty: D) -> Series:
        begun = self.agenda.now - LONG_AGO_MS
        return Series(begun, begun + self.skew_ms if qty else 0, qty)

    @property
    def venue_ms(self) -> int:
        return self.agenda.now + self.skew_ms

    @property
    def gross(self) -> D:
        return self.outside + sum((series.last.qty for series in self.wallets.values()), ZERO)

    @property
    def hedge(self) -> D:
        return sum((series.last.qty for series in self.positions.values()), ZERO)

    def number(self) -> int:
        self._count += 1
        return self._count

    def move(self, wallet: WalletId, change: D) -> Version:
        return self.wallets[wallet].add(self.agenda.now, self.venue_ms, change)

    def fill(self, fill: Fill) -> None:
        self.fills.append((self.agenda.now, fill))
        if fill.instrument in self.positions:
            signed = fill.qty * fill.side.value
            self.positions[fill.instrument].add(self.agenda.now, self.venue_ms, signed)

    def note(self, report: OrderReport) -> None:
        """An order's new state."""
        self.orders.setdefault(report.venue_order_id, []).append((self.agenda.now, report))
        if report.order_id is not None:
            self.ours[report.order_id] = report.venue_order_id

    def report(self, venue_order_id: str, as_of_ms: int) -> OrderReport | None:
        found = None
        for at_ms, report in self.orders.get(venue_order_id, ()):
            if at_ms <= as_of_ms:
                found = report
        return found

    def filled(self, order_id: OrderId) -> D:
        """What our order really filled."""
        return sum((fill.qty for _, fill in self.fills if fill.order_id == order_id), ZERO)

    def open_orders(self, as_of_ms: int) -> tuple[OrderReport, ...]:
        reports = (self.report(name, as_of_ms) for name in self.orders)
        return tuple(r for r in reports if r is not None and r.status is OrderStatus.WORKING)


def execution(
    truth: Truth, report: OrderReport, qty: D, *, price: D, cause: Cause = Cause.FOREIGN
) -> Fill:
    """A fill of that order, now."""
    return Fill(
        instrument=report.instrument,
        trade_id=str(truth.number()),
        venue_order_id=report.venue_order_id,
        client_order_id=report.client_order_id,
        order_id=report.order_id,
        side=report.side,
        qty=qty,
        price=price,
        fee=D("0.01"),
        fee_asset="USDT",
        cause=cause,
        legs=(),
        venue_ms=truth.venue_ms,
    )


def order_of(
    truth: Truth, instrument: InstrumentId, signed: D, *, client: str, price: D
) -> OrderReport:
    """A new order that is not ours."""
    return OrderReport(
        instrument=instrument,
        order_id=None,
        client_order_id=client,
        venue_order_id=f"v{truth.number()}",
        status=OrderStatus.WORKING,
        side=Side.BUY if signed > ZERO else Side.SELL,
        qty=abs(signed),
        filled_qty=ZERO,
        price=price,
        reduce_only=False,
        venue_ms=truth.venue_ms,
    )


def instrument(name: InstrumentId) -> Instrument:
    if name in {PERP, ALT}:
        return BTC if name == PERP else ALT_BTC
    return Instrument(
        id=PERP_2,
        venue="perp",
        account="main",
        symbol="BTC/USDC:USDC",
        market_id="BTCUSDC",
        kind=BTC.kind,
        asset="BTC",
        quote="USDC",
        settle="USDC",
        lot=D("0.001"),
        tick=D("0.1"),
        notional_min=D(100),
    )
