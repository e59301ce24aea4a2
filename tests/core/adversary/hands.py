"""What owners and the venue itself do to the account: the disturbances."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D

from hedgebot.domain.events import Balance, BalanceSeen, Event, FillSeen, OrderSeen
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.domain.orders import Cause, Leg, OrderStatus
from tests.core.adversary.matching import Matching
from tests.core.adversary.plan import Item
from tests.core.adversary.treasury import Treasury
from tests.core.adversary.truth import (
    SPOT,
    WALLETS,
    ZERO,
    Change,
    Truth,
    Version,
    execution,
    order_of,
    venue_of,
)
from tests.core.adversary.weather import Weather
from tests.core.adversary.wire import Wire
from tests.core.world import PERP_WALLET, SPOT_WALLET

DUST_EVERY_MS = 600


class Hands:
    """Acts on the truth and lets the streams tell of it."""

    def __init__(
        self, weather: Weather, truth: Truth, wire: Wire, matching: Matching, *, treasury: Treasury
    ) -> None:
        self._agenda, self._weather = truth.agenda, weather
        self._truth, self._wire, self._matching = truth, wire, matching
        self._acts: dict[str, Callable[[Item], None]] = {
            "spot": self._spot,
            "deposit": lambda item: self._deposit(abs(D(item.size)), item.how),
            "withdrawal": lambda item: self._deposit(-abs(D(item.size)), item.how),
            "transfer": self._transfer,
            "manual": self._manual,
            "adl": lambda item: self._force(item, "adl_autoclose", Cause.ADL),
            "liquidation": lambda item: self._force(item, "autoclose-1", Cause.LIQUIDATION),
            "foreign": self._foreign,
            "dust": self._dust,
            "refuse": self._mend_margin,
            "withdraw": treasury.withdraw,
        }

    def act(self, item: Item) -> None:
        act = self._acts.get(item.kind)
        if act is not None:
            if item.kind != "refuse":
                self._weather.effects[item.kind] += 1
            act(item)

    def _mend_margin(self, item: Item) -> None:
        """What ends a refusal for want of margin is more margin: the changed input."""
        if item.how != "-2019":
            return

        def pay_in() -> None:
            self._truth.dollars += D(50_000)
            for venue in self._truth.venues[1:]:
                self._wire.say(venue, self._matching.dollars(venue))

        self._agenda.after(item.ms, pay_in)

    # -- wallets -----------------------------------------------------------------------------

    def _balance(self, wallet: WalletId, version: Version) -> BalanceSeen:
        return BalanceSeen(Balance(wallet, "BTC", version.qty, version.venue_ms))

    def _affordable(self, wallet: WalletId, change: D) -> D:
        """No wallet goes below zero; the sign turns instead."""
        return change if self._truth.wallets[wallet].last.qty + change >= ZERO else -change

    def _deposit(self, change: D, venue: str = "") -> None:
        wallet = WALLETS[venue or "spot"]
        if wallet in self._truth.wallets:
            self._pay(wallet, self._affordable(wallet, change))

    def _pay(self, wallet: WalletId, change: D) -> None:
        version = self._truth.move(wallet, change)
        self._changed(gross=change, wallet=wallet)
        self._wire.say(venue_of(wallet), self._balance(wallet, version))

    def _changed(
        self, *, gross: D, wallet: WalletId, trade_ids: frozenset[str] = frozenset()
    ) -> None:
        now, venue_ms = self._agenda.now, self._truth.venue_ms
        version = self._truth.wallets[wallet].count - 1
        change = Change(
            now, venue_ms, gross=gross, wallet=wallet, trade_ids=trade_ids, version=version
        )
        self._truth.changes.append(change)

    def _dust(self, item: Item) -> None:
        """A wallet that earns: a little more every moment, for a while."""
        for after_ms in range(0, item.ms, DUST_EVERY_MS):
            self._agenda.after(after_ms, lambda: self._deposit(D(item.size)))

    def _transfer(self, item: Item) -> None:
        size = D(item.size)
        from_wallet = SPOT_WALLET if size > ZERO else PERP_WALLET
        size = min(abs(size), self._truth.wallets[from_wallet].last.qty) * (
            1 if size > ZERO else -1
        )
        legs = [(SPOT_WALLET, -size, "spot"), (PERP_WALLET, size, "perp")]
        told: list[tuple[str, Event]] = []
        for wallet, change, venue in legs:
            told.append((venue, self._balance(wallet, self._truth.move(wallet, change))))
        if item.how == "in-first":
            told.reverse()
        self._wire.say(told[0][0], told[0][1])
        self._agenda.after(item.ms, lambda: self._wire.say(told[1][0], told[1][1]))

    def _spot(self, item: Item) -> None:
        """A spot trade of the owner; its fill and its balance come in either order, or merged."""
        size = self._affordable(SPOT_WALLET, D(item.size))
        part = (size * D("0.4")).quantize(D("0.0001"))  # unequal: each balance names its fill
        if item.how == "merged":
            first, balances = self._buy(part)
            second, balances = self._buy(size - part)
            self._tell_later([*first, *second], balances, item)
        elif item.how == "split":
            self._tell_later(*self._buy(part), item)
            self._agenda.after(1, lambda: self._tell_later(*self._buy(size - part), item))
        else:
            self._tell_later(*self._buy(size), item)

    def _tell_later(self, fills: list[Event], balances: list[Event], item: Item) -> None:
        first, second = fills, balances
        if item.how == "balance-first":
            first, second = second, first
        self._wire.say("spot", *first)
        self._agenda.after(item.ms, lambda: self._wire.say("spot", *second))

    def _buy(self, signed: D) -> tuple[list[Event], list[Event]]:
        order = order_of(self._truth, SPOT, signed, client="web", price=D(50_000))
        fill = execution(self._truth, order, abs(signed), price=D(50_000))
        legs = (Leg(wallet=SPOT_WALLET, asset="BTC", change=signed),)
        fill = replace(fill, legs=legs)
        self._truth.fills.append((self._agenda.now, fill))
        version = self._truth.move(SPOT_WALLET, signed)
        trade_ids = frozenset({fill.trade_id})
        self._changed(gross=signed, wallet=SPOT_WALLET, trade_ids=trade_ids)
        return [FillSeen(fill)], [self._balance(SPOT_WALLET, version)]

    # -- the perpetual's account -------------------------------------------------------------

    def _manual(self, item: Item) -> None:
        self._trade(self._perp(item), D(item.size), "web", Cause.FOREIGN)

    def _perp(self, item: Item) -> InstrumentId:
        """The one that the item means, where there is such a one."""
        return self._truth.perps[-1 if "2" in item.how else 0]

    def _trade(self, name: InstrumentId, signed: D, client: str, cause: Cause) -> None:
        order = order_of(self._truth, name, signed, client=client, price=self._matching.price())
        self._truth.note(order)
        self._wire.say(venue_of(name), OrderSeen(order))
        report, events = self._matching.trade(order, abs(signed), cause)
        self._truth.note(report)
        ids = frozenset(e.fill.trade_id for e in events if isinstance(e, FillSeen))
        now, venue_ms = self._agenda.now, self._truth.venue_ms
        self._truth.changes.append(
            Change(
                now,
                venue_ms,
                hedge=signed,
                instrument=name,
                trade_ids=ids,
                version=self._truth.positions[name].count - 1,
            )
        )
        self._wire.say(venue_of(name), *events)

    def _force(self, item: Item, client: str, cause: Cause) -> None:
        """The venue reduces the position, and may take the coins."""
        name = self._perp(item)
        position = self._truth.positions[name].last.qty
        wallet = WALLETS[venue_of(name)]
        fraction = D(1) if cause is Cause.LIQUIDATION else D(item.size)
        lots = int(abs(position) * fraction / D("0.001"))
        if lots:
            signed = D("0.001") * lots * (-1 if position > ZERO else 1)
            self._trade(name, signed, client, cause)
        coins = self._truth.wallets[wallet].last.qty
        moving = self._weather.near("transfer", 0, 40_000)  # unseen, the two would make one change
        if "coins" in item.how and coins and not moving:
            self._pay(wallet, -coins)

    def _foreign(self, item: Item) -> None:
        """A resting order of the owner's: cancelled after a while, or filled."""
        signed = D(item.size)
        name = self._perp(item)
        order = order_of(self._truth, name, signed, client="web", price=D(30_000))
        self._truth.note(order)
        self._wire.say(venue_of(name), OrderSeen(order))
        self._weather.trouble("foreign", self._agenda.now + item.ms)

        def end() -> None:
            over = replace(order, status=OrderStatus.CANCELLED, venue_ms=self._truth.venue_ms)
            self._truth.note(over)
            self._wire.say(venue_of(name), OrderSeen(over))

        self._agenda.after(item.ms, end)
