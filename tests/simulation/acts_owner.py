"""What the owner of the account does."""

import asyncio
from decimal import Decimal

from hedgebot.shell.wire import Reply
from hedgebot.sim.control.told import Misunderstood
from tests.simulation.hands import Hands
from tests.simulation.plan import Item


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
    name, mark = f"web_rest{hands.numbers}", hands.mark()
    side, qty = _side(item), _contracts(hands, item)
    price = mark * (Decimal("0.97") if side == "BUY" else Decimal("1.03"))
    hands.tell(
        "trade", market="futures", symbol=hands.coin.perp, side=side, qty=qty, client_id=name,
        price=hands.on_tick(price),
    )  # fmt: skip
    hands.later(
        item.ms,
        lambda: hands.tell("cancel", market="futures", symbol=hands.coin.perp, client_id=name),
    )


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
