"""A hedge on an inverse perpetual: its wallet is in the coin, its quantities are dollars."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from hedgebot.core.policy import Policy, VenuePolicy
from hedgebot.domain.actions import Action
from hedgebot.domain.events import FillSeen, Submitted
from hedgebot.domain.instruments import InstrumentId, Kind, WalletId
from hedgebot.domain.orders import Leg, OrderIntent, OrderStatus
from tests.core.world import BTC, HEDGE, PERP, POLICY, World, placed

COIN = InstrumentId("coin:BTC/USD:BTC")
COIN_WALLET = WalletId("coin:coin_futures")
COIN_BTC = replace(
    BTC, id=COIN, venue="coin", symbol="BTC/USD:BTC", market_id="BTCUSD_PERP",
    kind=Kind.INVERSE, quote="USD", settle="BTC", lot=D(100), units_per_contract=D(100),
    notional_min=D(0),
)  # fmt: skip
COIN_VENUE = VenuePolicy(name="coin", account="main", wallets=(COIN_WALLET,), collateral=True)


def coin_policy(*instruments: InstrumentId, **changes: Any) -> Policy:
    """A hedge on these, by preference; on the inverse one alone where none is named."""
    named = instruments or (COIN,)
    hedge = replace(HEDGE, instruments=named, **changes)
    venues = tuple(v for v in POLICY.venues if v.name == "spot" or PERP in named)
    return replace(POLICY, venues=(*venues, COIN_VENUE), hedges=(hedge,))


def coin_world(
    wallet: str = "0", usd: str = "0", entry: str = "50000", *, mark: float = 50_000.0
) -> World:
    """Started: so many coins in the wallet, so many dollars long or short at that entry."""
    world = World(policy=coin_policy(), instruments=(COIN_BTC,), mark=mark)
    world.coins[COIN_WALLET] = D(wallet)
    world.positions[COIN], world.entries[COIN] = D(usd), D(entry)
    world.price(mark, COIN)
    return world.start()


def sums(qty: D, entry: D, change: D, price: D) -> tuple[D, D]:
    """Entry price after a fill, and the coins it realised: as the venue's documents have it."""
    closed = min(abs(change), abs(qty)) if qty * change < 0 else D(0)
    side = 1 if qty > 0 else -1
    realized = round(side * closed * (1 / entry - 1 / price), 8) if closed else D(0)
    after = qty + change
    if qty * change >= 0:
        return after / (qty / entry + change / price), realized
    return (price if qty * after < 0 else entry), realized


def told_fill(world: World, intent: OrderIntent, price: D | None = None) -> list[Action]:
    """The fill of the whole order, and what it does to the wallet; the position not yet."""
    price = price or intent.price
    qty, change = world.positions.get(COIN, D(0)), intent.qty * intent.side.value
    entry, realized = sums(qty, world.entry(COIN), change, price)
    fee = round(intent.qty / price * D("0.0005"), 8)
    leg = Leg(wallet=COIN_WALLET, asset="BTC", change=realized - fee)
    fill = replace(
        world.fill_of(intent, intent.qty), price=price, fee=fee, fee_asset="BTC",
        realized_pnl=realized, legs=(leg,),
    )  # fmt: skip
    world.positions[COIN], world.entries[COIN] = qty + change, entry
    report = world.report(intent, OrderStatus.FILLED, intent.qty)
    found = world.tell(Submitted(intent.order_id, report))
    found += world.tell(FillSeen(fill))
    return found + world.balance(COIN_WALLET, leg.change)


def obey(world: World, found: list[Action], price: D | None = None) -> list[OrderIntent]:
    """Execute every order placed, and those that follow."""
    orders: list[OrderIntent] = []
    while intents := placed(found):
        orders += intents
        found = [a for i in intents for a in told_fill(world, i, price)]
        found += world.tell_position(COIN)
    return orders


def net(world: World) -> D:
    return world.state.hedges["BTC"].outlook.parts.net_delta
