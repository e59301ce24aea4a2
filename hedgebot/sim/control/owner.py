"""Commands of the account's owner: money, manual orders, account settings."""

import asyncio
from decimal import Decimal

from hedgebot.domain.instruments import Kind, Side
from hedgebot.sim.control.market import perpetual, positive
from hedgebot.sim.control.told import MARKETS, Command, Misunderstood, Reach, Told, command
from hedgebot.venue_model import derivatives, settings, spot, treasury
from hedgebot.venue_model.orders import Order, OrderType, PositionSide, Ticket, TimeInForce
from hedgebot.venue_model.rejections import Reason, Rejected
from hedgebot.venue_model.venue import Venue

ENDS = ("spot", "futures", "coin-futures", "funding", "earn")
"""Wallets between which coins are transferred."""


def deposit(reach: Reach, told: Told) -> object:
    """Coins arrive in the spot wallet from outside."""
    number = reach.exchange.records.next_reference()
    treasury.deposit(reach.exchange.venue, told.text("asset"), positive(told, "qty"), number)
    return number


def interest(reach: Reach, told: Told) -> object:
    """The venue pays interest into the spot wallet, and the asset dividends show it; or, with
    `to: earn`, into that wallet.
    """
    number, to = reach.exchange.records.next_reference(), told.text("to", "spot")
    if to not in {"spot", "earn"}:
        raise Misunderstood(f"to is {to}, not spot or earn")
    pay = treasury.reward if to == "earn" else treasury.pay_interest
    pay(reach.exchange.venue, told.text("asset"), positive(told, "qty"), number)
    return number


def transfer(reach: Reach, told: Told) -> object:
    """Move coins between the wallets; the two sides' events come `delay_ms` apart.

    `first` says whose comes first: by default the wallet that gives.
    """
    asset, qty, (giver, to) = told.text("asset"), positive(told, "qty"), ends(told)
    first = told.text("first", giver)
    if first not in {giver, to}:
        raise Misunderstood(f"first is {first}, not {giver} or {to}")
    number = reach.exchange.records.next_reference()
    venue = reach.exchange.venue
    require_room(venue, giver, asset, qty)

    def half(name: str, sign: int = 1) -> None:
        move_half(venue, name, asset, sign * (qty if name == to else -qty), number=number)

    def late_half(name: str) -> None:
        try:
            half(name)
        except Rejected:  # the coins went elsewhere meanwhile: there was no transfer
            half(first, -1)

    half(first)
    second, delay_ms = ({giver, to} - {first}).pop(), told.number("delay_ms", 0)
    if delay_ms:
        asyncio.get_running_loop().call_later(delay_ms / 1000, late_half, second)
    else:
        half(second)
    return number


def move_half(venue: Venue, name: str, asset: str, change: Decimal, *, number: int) -> None:
    """One wallet's side of a transfer. Positive comes in.

    Raises:
        Rejected: more than it can give would leave.
    """
    if name in venue.idle:
        treasury.transfer_idle_half(venue, name, asset, change, ref=number)
    elif name == "spot":
        treasury.transfer_spot_half(venue, asset, change, number)
    else:
        treasury.transfer_futures_half(venue.perpetuals(MARKETS[name]), asset, change, number)


def ends(told: Told) -> tuple[str, str]:
    """Whose wallet gives and whose takes; without `from` it is between spot and the other one,
    and out of `futures` where spot takes.

    Raises:
        Misunderstood: no such wallet, or both the same.
    """
    to = told.text("to")
    giver = told.text("from", "futures" if to == "spot" else "spot")
    for name, value in (("to", to), ("from", giver)):
        if value not in ENDS:
            raise Misunderstood(f"{name} is {value}, not one of {', '.join(ENDS)}")
    if giver == to:
        raise Misunderstood(f"from and to are both {to}")
    return giver, to


def require_room(venue: Venue, giver: str, asset: str, qty: Decimal) -> None:
    """Raises: Rejected, when the giving wallet cannot give so much."""
    if giver in venue.idle:
        room = venue.idle[giver].free(asset)
    elif giver == "spot":
        room = venue.spot.wallet.free(asset)
    else:
        room = treasury.transferable(venue.perpetuals(MARKETS[giver]), asset)
    if room < qty:
        raise Rejected(Reason.BALANCE, f"{giver} can give {room} {asset}")


def ticket_of(reach: Reach, told: Told) -> Ticket:
    """The order in a command: a market order, or with a price a limit order that rests."""
    limit = told.has("price")
    return Ticket(
        symbol=told.text("symbol"),
        side=Side[told.choice("side", Side).name],
        type=OrderType.LIMIT if limit else OrderType.MARKET,
        tif=told.choice("tif", TimeInForce, TimeInForce.GTC),
        qty=told.decimal("qty"),
        price=told.decimal("price") if limit else Decimal(0),
        client_id=told.text("client_id", f"web_{reach.exchange.records.next_reference()}"),
        reduce_only=told.flag("reduce_only", default=False),
        position_side=told.choice("position_side", PositionSide, PositionSide.BOTH),
    )


def trade(reach: Reach, told: Told) -> object:
    """Trade by hand, with a client id that is not the daemon's."""
    kind, ticket, venue = told.kind(Kind.SPOT), ticket_of(reach, told), reach.exchange.venue
    if kind is Kind.SPOT:
        order = spot.place(venue.spot, ticket)
    else:
        order = derivatives.place(venue.perpetuals(kind), ticket)
    reach.exchange.touch_moved(kind, ticket.symbol)
    return shown(venue, kind, order)


def cancel(reach: Reach, told: Told) -> object:
    """Cancel any open order of the account, ours or not, by `client_id` or `order_id`."""
    kind, venue, symbol = told.kind(), reach.exchange.venue, told.text("symbol")
    desk = venue.desk(kind)
    number = told.number("order_id") if told.has("order_id") else None
    order = desk.orders.find(symbol, number, told.text("client_id", ""))
    if order is None:
        raise Rejected(Reason.NO_SUCH_ORDER)
    if kind is Kind.SPOT:
        order = spot.cancel(desk, order, "by hand")
    else:
        order = derivatives.cancel(venue.perpetuals(kind), order)
    reach.exchange.touch_moved(kind, symbol)
    return shown(venue, kind, order)


def shown(venue: Venue, kind: Kind, order: Order) -> object:
    """What became of an order."""
    market = venue.desk(kind).markets[order.ticket.symbol]
    return {
        "order_id": str(order.id),
        "client_id": order.ticket.client_id,
        "status": order.status.value,
        "filled": str(order.filled),
        "average": str(order.average(market)),
    }


def leverage(reach: Reach, told: Told) -> object:
    """Change the leverage of a perpetual."""
    symbol = perpetual(reach, told)
    futures = reach.exchange.venue.perpetuals_of(symbol)
    settings.set_leverage(futures, symbol, told.number("leverage"))
    return None


def margin_type(reach: Reach, told: Told) -> object:
    """Change a perpetual between cross and isolated, whatever is open."""
    symbol = perpetual(reach, told)
    futures = reach.exchange.venue.perpetuals_of(symbol)
    settings.force_isolated(futures, symbol, isolated=told.flag("isolated"))
    return None


def position_mode(reach: Reach, told: Told) -> object:
    """Change between one-way (false) and hedge mode (true), whatever is open; of `market`, by
    default USDT-M.

    The venue sends no event for it. Positions keep their one-way keys.
    """
    kind = told.kind(Kind.LINEAR)
    reach.exchange.venue.perpetuals(kind).modes.dual_side = told.flag("dual")
    return None


def assets_mode(reach: Reach, told: Told) -> object:
    """Change between single-asset (false) and multi-assets margin (true)."""
    settings.set_multi_assets(reach.exchange.venue.futures, multi=told.flag("multi"))
    return None


def bnb_fees(reach: Reach, told: Told) -> object:
    """Pay the fees of `market` (by default of spot and USDT-M) in BNB, or no longer."""
    kinds = (told.kind(),) if told.has("market") else (Kind.SPOT, Kind.LINEAR)
    for kind in kinds:
        settings.set_fee_coin(reach.exchange.venue, kind, on=told.flag("on", default=True))
    return None


COMMANDS: dict[str, Command] = {
    "deposit": command(deposit, "asset qty"),
    "interest": command(interest, "asset qty to"),
    "transfer": command(transfer, "asset qty from to delay_ms first"),
    "trade": command(trade, "market symbol side qty price tif client_id reduce_only position_side"),
    "cancel": command(cancel, "market symbol client_id order_id"),
    "leverage": command(leverage, "symbol leverage"),
    "margin_type": command(margin_type, "symbol isolated"),
    "position_mode": command(position_mode, "dual market"),
    "assets_mode": command(assets_mode, "multi"),
    "bnb_fees": command(bnb_fees, "on market"),
}
