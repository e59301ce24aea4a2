"""Commands of fate: liquidation, deleveraging, and everything that goes wrong on the way."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from hedgebot.sim.control.market import perpetual, positive
from hedgebot.sim.control.told import Command, Misunderstood, Reach, Told, command
from hedgebot.sim.faults import (
    TIMEOUT,
    CutEarly,
    DelayReply,
    DelayRequest,
    DropReply,
    FailAfter,
    FailBefore,
    Overload,
    PartialFill,
    RequestFault,
    Rule,
    Throttle,
)
from hedgebot.sim.hub import Channel, Silence
from hedgebot.sim.records import Staleness
from hedgebot.sim.still import on_tick
from hedgebot.sim.user_events import Delay, Duplicate, EventFault, EventRule, Lose, Reorder
from hedgebot.venue_model import liquidation
from hedgebot.venue_model.orders import Execution, PositionSide

MAINTENANCE = "maintenance"
FOR_EVER = 2**62


def adl(reach: Reach, told: Told) -> object:
    """Auto-deleverage `qty` of a position, at its mark unless a price is told.

    `execution` is CALCULATED or TRADE: the venue was seen to send both.
    """
    symbol = perpetual(reach, told)
    futures = reach.exchange.venue.perpetuals_of(symbol)
    market = futures.desk.markets[symbol]
    price = on_tick(market, futures.prices[symbol].mark)
    if told.has("price"):
        price = positive(told, "price")
    liquidation.deleverage(
        futures,
        (symbol, told.choice("position_side", PositionSide, PositionSide.BOTH)),
        positive(told, "qty"),
        price,
        execution=told.choice("execution", Execution, Execution.CALCULATED),
    )
    return None


def liquidate(reach: Reach, told: Told) -> object:
    """Liquidate a position at its mark, or `qty` of it; without a symbol the whole account."""
    venue = reach.exchange.venue
    if not told.has("symbol"):
        for each in (venue.futures, venue.coin_futures):
            for asset in each.margin_assets():
                liquidation.liquidate(each, asset)
        return None
    symbol = perpetual(reach, told)
    futures = venue.perpetuals_of(symbol)
    qty = positive(told, "qty") if told.has("qty") else None
    side = told.choice("position_side", PositionSide, PositionSide.BOTH)
    liquidation.seize(futures, (symbol, side), qty)
    liquidation.lift(futures, futures.settle(symbol))
    return None


FAULTS: dict[str, Callable[[Told], RequestFault]] = {
    "drop_reply": lambda _: DropReply(),
    "delay_reply": lambda told: DelayReply(told.number("ms")),
    "delay_request": lambda told: DelayRequest(told.number("ms")),
    "cut_early": lambda told: CutEarly(told.number("ms")),
    "fail_before": lambda told: FailBefore(
        told.number("status", 503), told.number("code", 0), told.text("text", "Unavailable")
    ),
    "fail_after": lambda told: FailAfter(
        told.number("status", 503), told.number("code", -1007), told.text("text", TIMEOUT)
    ),
    "throttle": lambda told: Throttle(told.number("status", 429), told.number("retry_after_s", 1)),
    "overload": lambda _: Overload(),
    "partial_fill": lambda told: PartialFill(told.decimal("share")),
}
EVENT_FAULTS: dict[str, Callable[[Told], EventFault]] = {
    "lose": lambda _: Lose(),
    "duplicate": lambda _: Duplicate(),
    "delay": lambda told: Delay(told.number("ms")),
    "reorder": lambda _: Reorder(),
}
Named = TypeVar("Named")


def by_name(table: Mapping[str, Callable[[Told], Named]], told: Told) -> Named:
    """The fault that a command names by `kind`.

    Raises:
        Misunderstood: no such fault.
    """
    make = table.get(told.text("kind"))
    if make is None:
        raise Misunderstood(f"kind is none of {', '.join(table)}")
    return make(told)


def fault(reach: Reach, told: Told) -> object:
    """Put a rule in force for the next requests of an endpoint."""
    rule = Rule(
        name=told.text("name", told.text("kind")),
        path=told.text("path"),
        verb=told.text("verb", "*"),
        fault=by_name(FAULTS, told),
        count=told.number("count", 1),
        skip=told.number("skip", 0),
    )
    reach.exchange.faults.add(rule)
    return rule.name


def clear(reach: Reach, told: Told) -> object:
    """Lift one rule by name, or every rule, event fault and silence."""
    if told.has("name"):
        reach.exchange.faults.clear(told.text("name"))
        return None
    reach.exchange.faults.clear()
    reach.exchange.user_events.release()
    reach.exchange.hub.silenced.clear()
    return None


def events(reach: Reach, told: Told) -> object:
    """Lose, duplicate, delay or reorder the next `count` user events of one side."""
    found, count = by_name(EVENT_FAULTS, told), told.number("count", 1)
    rule = EventRule(told.kind(), found, count, told.text("event", ""))
    reach.exchange.user_events.rules.append(rule)
    return None


def mute(reach: Reach, told: Told) -> object:
    """Sockets of a channel stay open and silent; with `pongs` false even pings stay unanswered."""
    key = (told.kind(), told.choice("channel", Channel))
    reach.exchange.hub.silenced[key] = Silence(told.flag("pongs", default=True))
    return None


def unmute(reach: Reach, told: Told) -> object:
    """Let a channel speak again; what it missed is gone."""
    reach.exchange.hub.silenced.pop((told.kind(), told.choice("channel", Channel)), None)
    return None


def disconnect(reach: Reach, told: Told) -> object:
    """Cut the sockets of a channel; how many."""
    return reach.exchange.hub.disconnect(told.kind(), told.choice("channel", Channel))


def skew(reach: Reach, told: Told) -> object:
    """Set how far the venue's clock is ahead of this machine's, ms."""
    reach.exchange.clock.skew_ms = told.number("ms")
    return None


def stale(reach: Reach, told: Told) -> object:
    """REST tells balances and positions as of `ms` ago; 0 is the truth again.

    With `redated: true` positions carry the time of the answer in the place of their own.
    """
    redated = told.flag("redated", default=False)
    reach.exchange.records.stale = Staleness(told.number("ms"), redated)
    return None


LISTINGS = (
    "income", "deposits", "withdrawals", "transfers", "dividends", "spot_trades", "futures_trades",
)  # fmt: skip


def hide_record(reach: Reach, told: Told) -> object:
    """A listing tells one record to nobody, or again; the wallet keeps what it did."""
    listing = told.text("listing")
    if listing not in LISTINGS:
        raise Misunderstood(f"listing is none of {', '.join(LISTINGS)}")
    record = (listing, told.text("id"))
    if told.flag("on", default=True):
        reach.exchange.records.hidden.add(record)
    else:
        reach.exchange.records.hidden.discard(record)
    return None


def maintenance(reach: Reach, told: Told) -> object:
    """Refuse every request and cut every socket, or serve again."""
    faults = reach.exchange.faults
    if not told.flag("on", default=True):
        faults.clear(MAINTENANCE)
        return None
    closed = FailBefore(503, 1, "System is under maintenance.")
    faults.add(Rule(name=MAINTENANCE, path="/*", fault=closed, count=FOR_EVER))
    for socket in list(reach.exchange.hub.sockets):
        socket.transport.abort()
    return None


COMMANDS: dict[str, Command] = {
    "adl": command(adl, "symbol qty price position_side execution"),
    "liquidate": command(liquidate, "symbol qty position_side"),
    "fault": command(
        fault, "name path verb kind count skip ms status code text retry_after_s share"
    ),
    "clear": command(clear, "name"),
    "events": command(events, "market kind count ms event"),
    "mute": command(mute, "market channel pongs"),
    "unmute": command(unmute, "market channel"),
    "disconnect": command(disconnect, "market channel"),
    "skew": command(skew, "ms"),
    "stale": command(stale, "ms redated"),
    "hide_record": command(hide_record, "listing id on"),
    "maintenance": command(maintenance, "on"),
}
