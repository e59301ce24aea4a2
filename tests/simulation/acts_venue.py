"""What the venue does to those who trade there."""

from decimal import Decimal

from tests.simulation import acts_owner as owner
from tests.simulation.hands import Hands
from tests.simulation.plan import Item

ORDER = {"path": "/fapi/v1/order", "verb": "POST"}


def drop_reply(hands: Hands, _item: Item) -> None:
    hands.rule("drop_reply", ORDER)


def late_reply(hands: Hands, item: Item) -> None:
    hands.rule("delay_reply", ORDER, ms=item.ms)


def late_request(hands: Hands, item: Item) -> None:
    hands.rule("delay_request", ORDER, ms=item.ms)


def cut_early(hands: Hands, item: Item) -> None:
    """The line breaks under a request that is on its way: it arrives all the same."""
    hands.rule("cut_early", ORDER, ms=item.ms)


def fail_after(hands: Hands, item: Item) -> None:
    code = int(item.how)
    hands.rule("fail_after", ORDER, code=code, status=503 if code in {0, -1007} else 400)


def refuse(hands: Hands, item: Item) -> None:
    """Named refusals for a while: 429 and 418 with Retry-After, -1008, a 503 that is no JSON."""
    match item.how:
        case "429" | "418":
            every = {"path": "/fapi/*" if item.how == "429" else "/*"}
            wait = max(1, item.ms // 1000)
            hands.for_a_while(item, "throttle", every, status=int(item.how), retry_after_s=wait)
        case "-1008":
            hands.for_a_while(item, "overload", ORDER)
        case _:
            hands.for_a_while(item, "fail_before", ORDER, status=int(item.how))


def thin(hands: Hands, item: Item) -> None:
    hands.rule("partial_fill", ORDER, share=item.size)
    hands.later(
        item.ms, lambda: hands.tell("price", symbol=hands.coin.perp, price=str(hands.mark()))
    )


def reads_fail(hands: Hands, item: Item) -> None:
    for path in ("/fapi/*", "/api/*"):
        hands.for_a_while(item, "fail_before", {"path": path, "verb": "GET"}, status=502)


def reads_slow(hands: Hands, item: Item) -> None:
    for path in ("/fapi/*", "/api/*"):
        where = {"path": path, "verb": "GET"}
        hands.for_a_while(item, "delay_reply", where, ms=int(float(item.size) * 1000))


def stale(hands: Hands, item: Item) -> None:
    hands.tell("stale", ms=int(float(item.size) * 1000))
    hands.later(item.ms, lambda: hands.tell("stale", ms=0))


def event_fault(hands: Hands, item: Item) -> None:
    """`lose`, `duplicate`, `reorder`, `delay`; how: market, event name, count."""
    market, event, count = item.how.split(":")
    extra = {"ms": item.ms} if item.kind == "delay" else {}
    named = {"event": event} if event else {}
    hands.tell("events", market=market, kind=item.kind, count=int(count), **named, **extra)
    if item.kind in {"reorder", "lose"}:
        hands.later(item.ms, hands.running.exchange.user_events.release)


def mute(hands: Hands, item: Item) -> None:
    market, channel, pongs = item.how.split(":")
    hands.tell("mute", market=market, channel=channel, pongs=pongs == "pongs")

    def unmute() -> None:
        # What was missed is gone for good: the venue cuts such a socket in the end.
        hands.tell("unmute", market=market, channel=channel)
        hands.tell("disconnect", market=market, channel=channel)

    hands.later(item.ms, unmute)


def cut(hands: Hands, item: Item) -> None:
    """The connection drops, and the account changes before it is back."""
    market, channel, then = item.how.split(":")
    hands.tell("disconnect", market=market, channel=channel)
    if then == "changed":
        owner.spot(hands, item)


def key_expiry(hands: Hands, _item: Item) -> None:
    hands.tell("expire_listen_key")


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
    hands.tell("freeze_mark", symbol=hands.coin.perp, on=True)
    hands.later(item.ms, lambda: hands.tell("freeze_mark", symbol=hands.coin.perp, on=False))


def gap(hands: Hands, item: Item) -> None:
    hands.tell("gap", symbol=hands.coin.perp, on=True)
    hands.later(item.ms, lambda: hands.tell("gap", symbol=hands.coin.perp, on=False))


def wick(hands: Hands, item: Item) -> None:
    before = hands.mark()
    spike = hands.on_tick(before * (1 + Decimal(item.size)))
    hands.tell("price", symbol=hands.coin.perp, price=spike)
    hands.later(item.ms, lambda: hands.tell("price", symbol=hands.coin.perp, price=str(before)))
