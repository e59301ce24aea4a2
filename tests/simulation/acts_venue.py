"""What the venue does to those who trade there."""

from decimal import Decimal

from tests.simulation import acts_owner as owner
from tests.simulation.hands import Hands
from tests.simulation.plan import Item


def _order(hands: Hands, item: Item) -> dict[str, str]:
    return {"path": hands.perp(item).order, "verb": "POST"}


def _reads(hands: Hands, item: Item) -> list[dict[str, str]]:
    paths = (f"{hands.perp(item).prefix}/*", "/api/*")
    return [{"path": path, "verb": "GET"} for path in paths]


def drop_reply(hands: Hands, item: Item) -> None:
    hands.rule("drop_reply", _order(hands, item))


def late_reply(hands: Hands, item: Item) -> None:
    hands.rule("delay_reply", _order(hands, item), ms=item.ms)


def late_request(hands: Hands, item: Item) -> None:
    hands.rule("delay_request", _order(hands, item), ms=item.ms)


def cut_early(hands: Hands, item: Item) -> None:
    """The line breaks under a request that is on its way: it arrives all the same."""
    hands.rule("cut_early", _order(hands, item), ms=item.ms)


def fail_after(hands: Hands, item: Item) -> None:
    code = int(item.how)
    hands.rule(
        "fail_after", _order(hands, item), code=code, status=503 if code in {0, -1007} else 400
    )


def refuse(hands: Hands, item: Item) -> None:
    """Named refusals for a while: 429 and 418 with Retry-After, -1008, a 503 that is no JSON."""
    match item.how:
        case "429" | "418":
            prefix = hands.perp(item).prefix if item.how == "429" else ""
            every = {"path": f"{prefix}/*"}
            wait = max(1, item.ms // 1000)
            hands.for_a_while(item, "throttle", every, status=int(item.how), retry_after_s=wait)
        case "-1008":
            hands.for_a_while(item, "overload", _order(hands, item))
        case _:
            hands.for_a_while(item, "fail_before", _order(hands, item), status=int(item.how))


def thin(hands: Hands, item: Item) -> None:
    hands.rule("partial_fill", _order(hands, item), share=item.size)
    hands.later(item.ms, hands.heal)


def reads_fail(hands: Hands, item: Item) -> None:
    for where in _reads(hands, item):
        hands.for_a_while(item, "fail_before", where, status=502)


def reads_slow(hands: Hands, item: Item) -> None:
    for where in _reads(hands, item):
        hands.for_a_while(item, "delay_reply", where, ms=int(float(item.size) * 1000))


def stale(hands: Hands, item: Item) -> None:
    """`how`: `redated` where the venue dates old positions as if they were new."""
    hands.tell("stale", ms=int(float(item.size) * 1000), redated=item.how == "redated")
    hands.later(item.ms, lambda: hands.tell("stale", ms=0))


def event_fault(hands: Hands, item: Item) -> None:
    """`lose`, `duplicate`, `reorder`, `delay`; how: market, event name, count."""
    name, event, count = item.how.split(":")
    market = hands.market(item, name)
    extra = {"ms": item.ms} if item.kind == "delay" else {}
    named = {"event": event} if event else {}
    hands.tell("events", market=market, kind=item.kind, count=int(count), **named, **extra)
    if item.kind in {"reorder", "lose"}:
        hands.later(item.ms, hands.running.exchange.user_events.release)


def mute(hands: Hands, item: Item) -> None:
    name, channel, pongs = item.how.split(":")
    market = hands.market(item, name)
    hands.tell("mute", market=market, channel=channel, pongs=pongs == "pongs")

    def unmute() -> None:
        # What was missed is gone for good: the venue cuts such a socket in the end.
        hands.tell("unmute", market=market, channel=channel)
        hands.tell("disconnect", market=market, channel=channel)

    hands.later(item.ms, unmute)


def cut(hands: Hands, item: Item) -> None:
    """The connection drops, and the account changes before it is back."""
    name, channel, then = item.how.split(":")
    hands.tell("disconnect", market=hands.market(item, name), channel=channel)
    if then == "changed":
        owner.spot(hands, item)


def key_expiry(hands: Hands, item: Item) -> None:
    hands.tell("expire_listen_key", market=hands.perp(item).market)


def spot_end(hands: Hands, _item: Item) -> None:
    hands.tell("end_spot_stream")


def maintenance(hands: Hands, item: Item) -> None:
    hands.tell("announce_maintenance")
    hands.tell("maintenance", on=True)
    hands.later(item.ms, lambda: hands.tell("maintenance", on=False))


def skew(hands: Hands, item: Item) -> None:
    hands.tell("skew", ms=int(item.size))
    if item.ms:
        hands.later(item.ms, lambda: hands.tell("skew", ms=0))


def freeze_mark(hands: Hands, item: Item) -> None:
    symbol = hands.perp(item).symbol
    hands.tell("freeze_mark", symbol=symbol, on=True)
    hands.later(item.ms, lambda: hands.tell("freeze_mark", symbol=symbol, on=False))


def gap(hands: Hands, item: Item) -> None:
    symbol = hands.perp(item).symbol
    hands.tell("gap", symbol=symbol, on=True)
    hands.later(item.ms, lambda: hands.tell("gap", symbol=symbol, on=False))


def wick(hands: Hands, item: Item) -> None:
    """The prices of everything on the coin jump, and come back."""
    perp = hands.perp(item)
    before = hands.calm.setdefault(perp.symbol, hands.mark(perp))
    spike = hands.on_tick(perp, before * (1 + Decimal(item.size)))
    hands.tell("price", symbol=perp.symbol, price=spike)
    hands.later(item.ms, lambda: hands.tell("price", symbol=perp.symbol, price=str(before)))
