"""Judges every order by what is really so: by the exchange's own ledger, never by the daemon.

A change that the daemon could not know when it signed is left out. One that it may have known, or
not, is left out or not, whichever speaks for it. One that invariant 1b calls pending must leave
the order right both with it and without it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product

from hedgebot.sim.exchange import Moment, Request
from tests.simulation import turns
from tests.simulation.coins import Perp
from tests.simulation.truth import BY_OTHERS, ZERO, Change, Truth
from tests.simulation.turns import Sent
from tests.simulation.witness import APPROVAL_MS, Witness

SETTLE_MS = 1_450
"""`balance_settle_ms`, less a little for the difference of two clocks."""
MAYBES_MAX = 7
EPS = Decimal("1e-9")
ROUNDED = Decimal("1e-7")
"""Of an inverse position: the venue books profit in steps of 1e-8 coins, and what the rounding
leaves stays in the cost."""
MARK_AGE_MS = 10_000
"""`mark_age_ms_max`: an inverse order is so many dollars, at a mark that may be so old."""
NEVER_MS = 1 << 62
DAY_MS = 86_400_000
"""Caps of a day begin anew at midnight UTC."""
SPENT_SHARE = Decimal("0.99")
"""Notional is counted at the limit price, which is not the mark."""
SURE_MS = 200
"""What was heard longer ago than that was known."""
TOTALS = ("outboundAccountPosition", "ACCOUNT_UPDATE")
FILLS = ("executionReport", "ORDER_TRADE_UPDATE", "TRADE_LITE")
"""Events that say how much there is, and that say what was traded. A `balanceUpdate` says neither:
it is a difference."""
TELLING = (
    "/api/v3/account", "/fapi/v2/account", "/fapi/v3/account", "/fapi/v2/balance",
    "/fapi/v3/balance", "/fapi/v2/positionRisk", "/fapi/v3/positionRisk", "/fapi/v1/userTrades",
    "/api/v3/myTrades", "/fapi/v1/order", "/fapi/v1/allOrders", "/dapi/v1/account",
    "/dapi/v1/balance", "/dapi/v1/positionRisk", "/dapi/v1/userTrades", "/dapi/v1/order",
    "/dapi/v1/allOrders",
)  # fmt: skip
"""Answers that tell the account's state or its trades."""


@dataclass(frozen=True, slots=True)
class View:
    """What may have been known of the account."""

    gross: Decimal
    hedge: Decimal
    """Coins."""
    units: Decimal
    """Of the perpetual that is ordered, in its own unit."""
    ends: set[Decimal]
    """What may be added to the gross."""


@dataclass
class Book:
    """What the settings ask for."""

    ratio: Decimal
    band: Decimal
    """Coins a side: as wide as it can be."""
    cap: Decimal
    """Most notional of opening orders a day, USD."""
    clear: bool
    """Whether the plan leaves no doubt that what the stream told was heard."""
    computed: bool = False
    """It changes: nobody says from outside where its edge is, so nothing is needless."""

    def target(self, gross: Decimal) -> Decimal:
        return (1 - self.ratio) * gross


@dataclass
class Oracle:
    """Accusations are (rule, what happened)."""

    truth: Truth
    book: Book
    now_ms: Callable[[], int]
    lag_ms: int
    """Longest time that a message takes, there and back."""
    witness: Witness | None = None
    """Of the journal, where there is one."""
    accusations: list[tuple[str, str]] = field(default_factory=list)
    orders: list[Sent] = field(default_factory=list)
    begun_ms: int = 0
    """When the daemon that runs now was started: what it found then, it took for settled."""
    holds: list[tuple[str, int, int, int | None]] = field(default_factory=list)
    """State, when it was asked for, when that was answered, until when (None: still)."""

    def accuse(self, rule: str, text: str) -> None:
        self.accusations.append((rule, f"{self.now_ms() - self._epoch_ms} {text}"))

    def __post_init__(self) -> None:
        self._epoch_ms = self.now_ms()
        self._ids: set[str] = set()
        self._spent: defaultdict[int, Decimal] = defaultdict(Decimal)
        self._eps = ROUNDED if any(perp.usd for perp in self.truth.perps) else EPS
        self._fogs: list[tuple[int, int]] = []

    # -- what the exchange says and hears ----------------------------------------------------

    def fog(self, ms: int) -> None:
        """For so long nobody knows what gets through."""
        self._fogs.append((self.now_ms() - self.lag_ms, self.now_ms() + ms + self.lag_ms))

    def resuming(self) -> None:
        """A person asks for something else: from now on what was asked for may not hold."""
        self.holds = [
            (name, asked, since, self.now_ms() if until is None else until)
            for name, asked, since, until in self.holds
        ]

    def asking(self, state: str) -> None:
        """A person asks for a state: from now on it may hold, and what held before may not."""
        self.resuming()
        self.holds.append((state, self.now_ms(), NEVER_MS, None))

    def commanded(self) -> None:
        """What was asked for last was answered: from now on it must hold."""
        name, asked, since, until = self.holds[-1]
        self.holds[-1] = (name, asked, min(since, self.now_ms()), until)

    def told(self, wallet: str, event: dict[str, object]) -> None:
        """The stream of a wallet spoke to somebody: of totals, or of a fill alone."""
        self.truth.read()
        turns.streamed(self.orders, event, self.now_ms())
        whole = event["e"] in TOTALS
        if whole or event["e"] in FILLS:
            self._tell(lambda each: each.wallet == wallet and (whole or each.by_fill), "stream")

    def watch(self, moment: Moment, request: Request) -> None:
        self.truth.read()
        perp = self.truth.ordered(request)
        if perp is not None:
            self._order(moment, request, perp)
        turns.answered(self.orders, moment, request, self.now_ms())
        if moment is Moment.ANSWERED and request.status == 200 and request.path in TELLING:
            until_ms = self.now_ms() - self.truth.exchange.records.stale.ms
            self._tell(lambda change: change.at_ms <= until_ms, "answer")

    def _tell(self, concerns: Callable[[Change], bool], how: str) -> None:
        for change in self.truth.changes:
            if change.told_ms is None and concerns(change):
                change.told_ms, change.told_by = self.now_ms(), how

    def _order(self, moment: Moment, request: Request, perp: Perp) -> None:
        name = request.params.get("newClientOrderId", "")
        if name.startswith(BY_OTHERS):
            return
        match moment:
            case Moment.ARRIVED:
                self._arrived(name, request, perp)
            case Moment.ACCEPTED:
                order = self._named(name)
                order.accepted_ms = self.now_ms()
                self._judge(order)
            case Moment.ANSWERED:
                self._named(name).answered_ms = self.now_ms()

    def _named(self, name: str) -> Sent:
        return next(order for order in reversed(self.orders) if order.client_id == name)

    def _arrived(self, name: str, request: Request, perp: Perp) -> None:
        sign = 1 if request.params["side"] == "BUY" else -1
        now = self.now_ms()
        stamp = int(request.params["timestamp"]) - self.truth.exchange.clock.skew_ms
        order = Sent(
            name,
            perp,
            sign * Decimal(request.params["quantity"]),
            request.params.get("reduceOnly") == "true",
            min(stamp, now),
            now,
            min(stamp, now),
        )
        if name in self._ids:
            self.accuse("sent_twice", f"{name} arrived again")
        self._ids.add(name)
        self.orders.append(order)
        self._ask_witness(order)

    def _ask_witness(self, order: Sent) -> None:
        """Was it kept before it left, and written in time?"""
        if self.witness is None:
            return
        decided_ms = self.witness.decided_ms(order.client_id)
        if decided_ms is None:
            self.accuse("unjournaled", f"{order.client_id} was sent before it was kept")
            return
        # A stamp lies as far from our clock as the daemon's idea of the venue's is wrong.
        order.signed_ms = min(max(order.signed_ms, decided_ms), order.arrived_ms)
        order.decided_ms = min(decided_ms, order.signed_ms)
        took_ms = order.arrived_ms - decided_ms
        foggy = any(decided_ms < until and since < order.arrived_ms for since, until in self._fogs)
        if took_ms > APPROVAL_MS + self.lag_ms and not foggy:
            self.accuse("late", f"{order.client_id} came {took_ms} ms after its decision")

    # -- one order ---------------------------------------------------------------------------

    def _judge(self, order: Sent) -> None:
        """It was carried out this moment."""
        mine = [each for each in self.truth.ours if each.client_id == order.client_id]
        state = self._state(order.signed_ms)
        if state == "pause" or (state and not order.reduce_only):
            self.accuse("sent_on_hold", f"{state}: {order.units}")
        if not mine:
            return  # nothing came of it
        self._spend(order, sum((each.usd for each in mine), ZERO))
        overlap = turns.overlap(self.orders, order)
        if overlap:
            self.accuse("two_at_once", overlap)
        filled = sum((each.units for each in mine), ZERO)
        moved = sum((each.coins for each in mine), ZERO)
        marks = self.truth.marks_since(order.decided_ms - MARK_AGE_MS)
        why = ""
        for view in self._views(order):
            before = replace(view, hedge=view.hedge - moved, units=view.units - filled)
            for mark in reversed(marks if order.perp.usd else marks[-1:]):
                qty = order.perp.coins(order.units, mark)
                wrong = self._flips(order, before.units) or self._worst(order, qty, before, state)
                if not wrong:
                    return
                why = why or wrong  # of the view in which everything was known
        text = f"{order.units} of {order.perp.symbol} (filled {filled}): {why}"
        self.accuse(why.split(":")[0], f"{text}; {self._known(order)}")

    def _spend(self, order: Sent, usd: Decimal) -> None:
        if order.reduce_only:
            return
        day = order.decided_ms // DAY_MS
        self._spent[day] += usd * SPENT_SHARE
        if self._spent[day] > self.book.cap:
            self.accuse("cap", f"{self._spent[day]:.0f} USD opened today, {self.book.cap} allowed")

    def _state(self, at_ms: int) -> str:
        """What a person was told holds; a resume that was asked for may hold already."""
        on = [
            name
            for name, _, since, until in self.holds
            if since + self.lag_ms < at_ms and (until is None or at_ms + self.lag_ms < until)
        ]
        return on[-1] if on else ""

    def _near_flatten(self, at_ms: int) -> bool:
        """Whether it may have been flattening: asked for, answered or not."""
        return any(
            name == "flatten" and asked <= at_ms and (until is None or at_ms < until + 16_000)
            for name, asked, _, until in self.holds
        )

    def _flips(self, order: Sent, position: Decimal) -> str:
        shrinks = position * order.units < 0
        if order.reduce_only:
            fits = shrinks and abs(order.units) <= abs(position)
            return "" if fits else f"flips: reduce-only on {position}"
        return f"not_closed_first: {order.units} on {position}" if shrinks else ""

    def _worst(self, order: Sent, qty: Decimal, known: "View", state: str) -> str:
        if order.reduce_only and (state == "flatten" or self._near_flatten(order.signed_ms)):
            return ""
        found = (self._wrong(qty, known.gross + end, known.hedge) for end in sorted(known.ends))
        return next((why for why in found if why), "")

    def _wrong(self, qty: Decimal, gross: Decimal, hedge: Decimal) -> str:
        deviation = gross + hedge - self.book.target(gross)
        after = deviation + qty
        rule = ""
        if abs(after) > abs(deviation) + self._eps:
            rule = "worse"
        elif after * deviation < 0 and abs(after) > self._eps:
            rule = "crosses"
        elif abs(deviation) < self.book.band - self._eps and not self.book.computed:
            rule = "needless"
        return rule and f"{rule}: deviation {deviation:+f} -> {after:+f}"

    def _views(self, order: Sent) -> Iterator["View"]:
        """What the daemon may have known when it decided, and the order's own work."""
        unseen, maybe, young = self._sorted(order)
        gross, hedge = self.truth.gross(), self.truth.hedge()
        units = self.truth.units(order.perp)
        low = sum((c.gross for c in young if c.gross < 0), ZERO)
        high = sum((c.gross for c in young if c.gross > 0), ZERO)
        for chosen in product((False, True), repeat=len(maybe)):
            left = [*unseen, *young, *(c for c, out in zip(maybe, chosen, strict=True) if out)]
            own = (c.units for c in left if c.wallet == order.perp.market)
            yield View(
                gross - sum((c.gross for c in left), ZERO),
                hedge - sum((c.hedge for c in left), ZERO),
                units - sum(own, ZERO),
                {ZERO, low, high},
            )

    def _sorted(self, order: Sent) -> tuple[list[Change], list[Change], list[Change]]:
        unseen: list[Change] = []
        maybe: list[Change] = []
        young: list[Change] = []
        for change in self.truth.changes:
            costs = change.order == order.client_id
            if costs or change.told_ms is None or change.told_ms > order.arrived_ms:
                unseen.append(change)
            elif self._young(change, order.decided_ms):
                young.append(change)
            elif self._sure(change, order.decided_ms):
                continue
            else:
                maybe.append(change)
        return unseen, maybe[-MAYBES_MAX:], young

    def _sure(self, change: Change, decided_ms: int) -> bool:
        """A fill that was heard on a clear line: the daemon knew of it when it decided."""
        assert change.told_ms is not None
        heard = change.by_fill and change.told_by == "stream" and self.book.clear
        return heard and change.told_ms + self.lag_ms + SURE_MS < decided_ms

    def _young(self, change: Change, decided_ms: int) -> bool:
        """Whether invariant 1b must have called it pending when that was decided."""
        assert change.told_ms is not None
        opposite = any(
            each.gross == -change.gross and each.told_ms is not None and not each.by_fill
            for each in self.truth.changes
        )  # two such amounts cancel each other: a transfer
        return (
            not opposite
            and not change.by_fill
            and change.told_by == "stream"
            and change.at_ms > self.begun_ms
            and change.told_ms + self.lag_ms < decided_ms < change.at_ms + SETTLE_MS
            and not any(since < change.told_ms < until for since, until in self._fogs)
        )

    def _known(self, order: Sent) -> str:
        names = ("unseen", "maybe", "young")
        groups = zip(names, self._sorted(order), strict=True)
        return ", ".join(f"{name} {[c.what for c in group]}" for name, group in groups if group)

    # -- the whole ---------------------------------------------------------------------------

    def deviation(self) -> Decimal:
        gross = self.truth.gross()
        return gross + self.truth.hedge() - self.book.target(gross)

    def capped(self) -> bool:
        """Whether it may not open what is needed today; approvals that were not sent count too."""
        need = 2 * abs(self.deviation()) * self.truth.mark()
        return self._spent[self.now_ms() // DAY_MS] + need > self.book.cap * Decimal("0.9")

    def require_hedged(self, rule: str) -> None:
        """Called where nothing excuses it any more."""
        naked = abs(self.deviation())
        if self.capped():
            return
        if naked > max(self.book.band, self.truth.coin.least) + self._eps:
            self.accuse(rule, f"deviation {self.deviation():+f}, band {self.book.band}")
