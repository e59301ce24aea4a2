"""Carries out the items of a plan: what the owner, the venue, the line and the machine do."""

import asyncio
import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from hedgebot.shell.kill import Point
from hedgebot.shell.wire import Reply
from hedgebot.sim.binance.server import Running
from hedgebot.sim.control.told import Misunderstood, Told
from hedgebot.venue_model.rejections import Rejected
from tests.simulation.coins import Coin
from tests.simulation.house import House
from tests.simulation.plan import Item
from tests.simulation.universe import Universe

ORDER = {"path": "/fapi/v1/order", "verb": "POST"}
Act = Callable[["Hands", Item], object]
NOT_NOW = (Misunderstood, Rejected)
"""The exchange cannot: coins that are not there, a position that is none, a key that is none."""


class Person(Protocol):
    """Who notes what was asked of the daemon; an empty state is `resume`."""

    def asks(self, state: str) -> None: ...

    def waits(self) -> None: ...

    def answered(self, state: str) -> None: ...


class Hands:
    """Each act begins now and undoes itself after `item.ms`."""

    def __init__(self, universe: Universe, running: Running, house: House, coin: Coin) -> None:
        self.universe, self.running, self.house, self.coin = universe, running, house, coin
        self.numbers = 0
        self.second: House | None = None
        self.person: Person
        self.patience = asyncio.Lock()
        """A person asks one thing after the other, each until it is done."""

    def act(self, item: Item) -> bool:
        """Do it; False when it cannot be done now."""
        try:
            ACTS[item.kind](self, item)
        except NOT_NOW:
            return False
        return True

    def tell(self, name: str, /, **fields: object) -> object:
        """A command of the control plane."""
        control = self.running.control
        return control.commands[name].run(control.reach, Told(fields))

    def later(self, ms: float, call: Callable[..., object], *args: Any) -> None:
        self.universe.loop.call_later(ms / 1000, self._quietly, call, *args)

    def _quietly(self, call: Callable[..., object], *args: Any) -> None:
        with contextlib.suppress(*NOT_NOW):
            call(*args)

    def heal(self) -> None:
        """The book is full again, whatever was done to it."""
        mark = self.running.exchange.venue.futures.prices[self.coin.perp].mark
        self.tell("price", symbol=self.coin.perp, price=str(mark))

    def rule(self, kind: str, where: dict[str, str], **fields: object) -> str:
        self.numbers += 1
        name = f"{kind}-{self.numbers}"
        self.tell("fault", name=name, kind=kind, **where, **fields)
        return name

    def for_a_while(self, item: Item, kind: str, where: dict[str, str], **fields: object) -> None:
        name = self.rule(kind, where, count=10_000, **fields)
        self.later(item.ms, lambda: self.tell("clear", name=name))


# -- the owner -----------------------------------------------------------------------------------


def _side(item: Item) -> str:
    return "SELL" if item.size.startswith("-") else "BUY"


def _coins(hands: Hands, item: Item) -> str:
    return hands.coin.coins(item.size.lstrip("-"))


def _contracts(hands: Hands, item: Item) -> str:
    return hands.coin.contracts(item.size.lstrip("-"))


def spot(hands: Hands, item: Item) -> None:
    qty = _coins(hands, item)
    hands.tell("trade", market="spot", symbol=hands.coin.spot, side=_side(item), qty=qty)


def deposit(hands: Hands, item: Item) -> None:
    hands.tell("deposit", asset=hands.coin.asset, qty=_coins(hands, item))


def withdraw(hands: Hands, item: Item) -> None:
    hands.tell("withdraw", asset=hands.coin.asset, qty=_coins(hands, item))


def transfer(hands: Hands, item: Item) -> None:
    to = "spot" if item.size.startswith("-") else "futures"
    hands.tell(
        "transfer",
        asset=hands.coin.asset,
        qty=_coins(hands, item),
        to=to,
        delay_ms=item.ms,
        first=item.how,
    )


def manual(hands: Hands, item: Item) -> None:
    qty = _contracts(hands, item)
    hands.tell("trade", market="futures", symbol=hands.coin.perp, side=_side(item), qty=qty)


def foreign(hands: Hands, item: Item) -> None:
    """An order of the owner that rests far from the market, then is cancelled."""
    hands.numbers += 1
    name, mark = f"web_rest{hands.numbers}", _mark(hands)
    side, qty = _side(item), _contracts(hands, item)
    price = mark * (Decimal("0.97") if side == "BUY" else Decimal("1.03"))
    hands.tell(
        "trade", market="futures", symbol=hands.coin.perp, side=side, qty=qty, client_id=name,
        price=on_tick(hands, price),
    )  # fmt: skip
    hands.later(
        item.ms,
        lambda: hands.tell("cancel", market="futures", symbol=hands.coin.perp, client_id=name),
    )


def on_tick(hands: Hands, price: Decimal) -> str:
    return f"{price // hands.coin.tick * hands.coin.tick:f}"


def _mark(hands: Hands) -> Decimal:
    return hands.running.exchange.venue.futures.prices[hands.coin.perp].mark


def _share(hands: Hands, item: Item) -> str:
    venue = hands.running.exchange.venue.futures
    held = sum(
        (p.qty for (symbol, _), p in venue.positions.items() if symbol == hands.coin.perp),
        Decimal(0),
    )
    part = abs(held) * Decimal(item.size.lstrip("-")) // hands.coin.lot * hands.coin.lot
    if not part:
        raise Misunderstood("no position")
    return str(min(part, abs(held)))


def adl(hands: Hands, item: Item) -> None:
    hands.tell("adl", symbol=hands.coin.perp, qty=_share(hands, item), execution=item.how)


def liquidation(hands: Hands, item: Item) -> None:
    hands.tell("liquidate", symbol=hands.coin.perp, qty=_share(hands, item))


def position_mode(hands: Hands, item: Item) -> None:
    hands.tell("position_mode", dual=True)
    hands.later(item.ms, lambda: hands.tell("position_mode", dual=False))


def margin_type(hands: Hands, item: Item) -> None:
    hands.tell("margin_type", symbol=hands.coin.perp, isolated=True)
    hands.later(item.ms, lambda: hands.tell("margin_type", symbol=hands.coin.perp, isolated=False))


def leverage(hands: Hands, item: Item) -> None:
    before = hands.running.exchange.venue.futures.leverage(hands.coin.perp)
    hands.tell("leverage", symbol=hands.coin.perp, leverage=10)
    hands.later(item.ms, lambda: hands.tell("leverage", symbol=hands.coin.perp, leverage=before))


def command(hands: Hands, item: Item) -> None:
    """`pause`, `reduce`, `flatten` by the owner, and `resume` after a while."""
    ask = {"pause": "pause", "reduce": "reduce-only", "flatten": "flatten"}[item.kind]
    _commanded(hands, ask, item.kind)
    hands.later(item.ms, _commanded, hands, "resume", "")


def _commanded(hands: Hands, ask: str, state: str) -> None:
    async def told() -> None:
        async with hands.patience:
            hands.person.asks(state)
            while not _accepted(await hands.house.ask(ask=ask)):
                hands.person.waits()
                await asyncio.sleep(1)
            hands.person.answered(state)

    hands.person.waits()
    hands.universe.loop.create_task(told(), name=f"person: {ask}")


def _accepted(reply: Reply | None) -> bool:
    return reply is not None and reply.accepted


# -- the venue -----------------------------------------------------------------------------------


def drop_reply(hands: Hands, _item: Item) -> None:
    hands.rule("drop_reply", ORDER)


def late_reply(hands: Hands, item: Item) -> None:
    hands.rule("delay_reply", ORDER, ms=item.ms)


def late_request(hands: Hands, item: Item) -> None:
    hands.rule("delay_request", ORDER, ms=item.ms)


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
        item.ms, lambda: hands.tell("price", symbol=hands.coin.perp, price=str(_mark(hands)))
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
        spot(hands, item)


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
    before = _mark(hands)
    spike = on_tick(hands, before * (1 + Decimal(item.size)))
    hands.tell("price", symbol=hands.coin.perp, price=spike)
    hands.later(item.ms, lambda: hands.tell("price", symbol=hands.coin.perp, price=str(before)))


# -- the line and the machine --------------------------------------------------------------------


def blackhole(hands: Hands, item: Item) -> None:
    """Nothing gets through in the ways that `how` names; what was sent meanwhile comes later."""
    net, host = hands.universe.world.net, hands.house.host
    if host is None:
        raise Misunderstood("no process")
    if item.how in {"out", "both"}:
        net.block(host, None)
    if item.how in {"in", "both"}:
        net.block(None, host)
    hands.later(item.ms, net.heal)


def journal_slow(hands: Hands, item: Item) -> None:
    illness = _journal(hands).illness
    illness.slow_s = float(item.size)
    hands.later(item.ms, lambda: setattr(illness, "slow_s", 0.0))


def journal_full(hands: Hands, item: Item) -> None:
    illness = _journal(hands).illness
    illness.full = True
    hands.later(item.ms, lambda: setattr(illness, "full", False))


def journal_locked(hands: Hands, item: Item) -> None:
    journal = _journal(hands)
    journal.lock()
    hands.later(item.ms, journal.unlock)


def _journal(hands: Hands) -> Any:
    if hands.house.journal is None or hands.house.host is None:
        raise Misunderstood("no journal is open")
    return hands.house.journal


def kill(hands: Hands, item: Item) -> None:
    hands.house.down_s = item.ms / 1000
    if item.how == "now":
        hands.house.kill("now")
    else:
        hands.house.trap = Point(item.how)


def second_daemon(hands: Hands, item: Item) -> None:
    """Started beside the first, on the same journal; should it be quicker, it dies again."""
    if hands.house.host is None or hands.second is None or hands.second.host is not None:
        raise Misunderstood("nothing to be the second of")
    hands.second.start()
    hands.later(item.ms, hands.second.kill)


ACTS: dict[str, Act] = {
    "spot": spot, "deposit": deposit, "withdraw": withdraw, "transfer": transfer,
    "manual": manual, "foreign": foreign, "adl": adl, "liquidation": liquidation,
    "position_mode": position_mode, "margin_type": margin_type, "leverage": leverage,
    "pause": command, "reduce": command, "flatten": command,
    "drop_reply": drop_reply, "late_reply": late_reply, "late_request": late_request,
    "fail_after": fail_after, "refuse": refuse, "thin": thin, "reads_fail": reads_fail,
    "reads_slow": reads_slow, "stale": stale, "lose": event_fault, "duplicate": event_fault,
    "reorder": event_fault, "delay": event_fault, "mute": mute, "cut": cut,
    "key_expiry": key_expiry, "spot_end": spot_end, "maintenance": maintenance, "skew": skew,
    "freeze_mark": freeze_mark, "gap": gap, "wick": wick, "blackhole": blackhole,
    "journal_slow": journal_slow, "journal_full": journal_full, "journal_locked": journal_locked,
    "kill": kill, "second_daemon": second_daemon,
}  # fmt: skip
