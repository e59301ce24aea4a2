"""Commands to the market: prices, depth, marks, funding, gaps."""

import asyncio
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from hedgebot.sim.control.told import Command, Misunderstood, Reach, Told, command
from hedgebot.venue_model import treasury
from hedgebot.venue_model.rejections import Reason, Rejected


def perpetual(reach: Reach, told: Told) -> str:
    """The perpetual that a command names.

    Raises:
        Rejected: not listed.
    """
    symbol = told.text("symbol")
    if symbol not in reach.exchange.venue.perpetuals_of(symbol).desk.markets:
        raise Rejected(Reason.SYMBOL, symbol)
    return symbol


def price(reach: Reach, told: Told) -> object:
    """Move a coin's perpetuals, their marks and indices, and its spot pair to a price at once."""
    symbol = perpetual(reach, told)
    reach.market.jump(symbol, positive(told, "price"))
    return None


def positive(told: Told, name: str) -> Decimal:
    """A decimal above zero.

    Raises:
        Misunderstood: it is not.
    """
    value = told.decimal(name)
    if value <= 0:
        raise Misunderstood(f"{name} must be above zero")
    return value


def path(reach: Reach, told: Told) -> object:
    """Walk a perpetual along a list of prices, one each `step_ms`."""
    symbol, step_ms = perpetual(reach, told), told.number("step_ms", 1000)
    rows = told.fields.get("prices")
    try:
        prices = [Decimal(str(value)) for value in rows] if isinstance(rows, list) else []
    except InvalidOperation:
        prices = []
    if not prices or min(prices) <= 0:
        raise Misunderstood("prices is no list of prices above zero")
    loop = asyncio.get_running_loop()
    for number, value in enumerate(prices):
        loop.call_later(number * step_ms / 1000, reach.market.jump, symbol, value)
    return {"ends_after_ms": (len(prices) - 1) * step_ms}


def depth(reach: Reach, told: Told) -> object:
    """Show exactly this depth until the market next moves. Both sides best price first."""
    bids, asks = told.levels("bids"), told.levels("asks")
    if bids and asks and bids[0][0] >= asks[0][0]:
        raise Misunderstood("the best bid is not below the best ask")
    kind, symbol = told.kind(), told.text("symbol")
    reach.exchange.venue.desk(kind).market(symbol)
    reach.exchange.show_depth(kind, symbol, bids, asks)
    return None


def mark(reach: Reach, told: Told) -> object:
    """Set mark (and index) of a perpetual alone, whatever its book says; may liquidate."""
    symbol, value = perpetual(reach, told), positive(told, "mark")
    index = positive(told, "index") if told.has("index") else value
    reach.exchange.set_mark(symbol, value, index)
    return None


def freeze_mark(reach: Reach, told: Told) -> object:
    """Stop sending marks of a perpetual, or go on with it. REST repeats the last one."""
    frozen = reach.exchange.quiet.frozen_marks
    (frozen.add if told.flag("on", default=True) else frozen.discard)(perpetual(reach, told))
    return sorted(frozen)


def gap(reach: Reach, told: Told) -> object:
    """Stop every market stream of a symbol (spot and perpetual), or go on with them."""
    silent, symbol = reach.exchange.quiet.silent, told.text("symbol")
    (silent.add if told.flag("on", default=True) else silent.discard)(symbol)
    return sorted(silent)


def funding_rate(reach: Reach, told: Told) -> object:
    """Set the rate of the running interval."""
    symbol = perpetual(reach, told)
    prices = reach.exchange.venue.perpetuals_of(symbol).prices
    prices[symbol] = replace(prices[symbol], funding_rate=told.decimal("rate"))
    return None


def fund(reach: Reach, told: Told) -> object:
    """Settle funding of a perpetual now; what the account received."""
    symbol = perpetual(reach, told)
    payment = treasury.pay_funding(reach.exchange.venue.perpetuals_of(symbol), symbol)
    return str(payment)


COMMANDS: dict[str, Command] = {
    "price": command(price, "symbol price"),
    "path": command(path, "symbol prices step_ms"),
    "depth": command(depth, "market symbol bids asks"),
    "mark": command(mark, "symbol mark index"),
    "freeze_mark": command(freeze_mark, "symbol on"),
    "gap": command(gap, "symbol on"),
    "funding_rate": command(funding_rate, "symbol rate"),
    "fund": command(fund, "symbol"),
}
