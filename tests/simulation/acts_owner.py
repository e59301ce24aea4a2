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
    perp = hands.perp(item)
    return perp.contracts(Decimal(_coins(hands, item)), hands.mark(perp))


def spot(hands: Hands, item: Item) -> None:
    qty = _coins(hands, item)
    hands.tell("trade", market="spot", symbol=hands.coin.spot, side=_side(item), qty=qty)


def deposit(hands: Hands, item: Item) -> None:
    hands.tell("deposit", asset=hands.coin.asset, qty=_coins(hands, item))


def withdraw(hands: Hands, item: Item) -> None:
    hands.tell("withdraw", asset=hands.coin.asset, qty=_coins(hands, item))


def transfer(hands: Hands, item: Item) -> None:
    """Between spot and the wallet of a perpetual; `how` says whose event comes first."""
    market = hands.perp(item).market
    giver, to = (market, "spot") if item.size.startswith("-") else ("spot", market)
    hands.tell(
        "transfer",
        asset=hands.coin.asset,
        qty=_coins(hands, item),
        **{"from": giver},
        to=to,
        delay_ms=item.ms,
        first=hands.market(item, item.how),
    )


def manual(hands: Hands, item: Item) -> None:
    qty, perp = _contracts(hands, item), hands.perp(item)
    hands.tell("trade", market=perp.market, symbol=perp.symbol, side=_side(item), qty=qty)


def foreign(hands: Hands, item: Item) -> None:
    """An order of the owner that rests far from the market, then is cancelled."""
    hands.numbers += 1
    perp = hands.perp(item)
    name, mark = f"web_rest{hands.numbers}", hands.mark(perp)
    side, qty = _side(item), _contracts(hands, item)
    price = mark * (Decimal("0.97") if side == "BUY" else Decimal("1.03"))
    hands.tell(
        "trade", market=perp.market, symbol=perp.symbol, side=side, qty=qty, client_id=name,
        price=hands.on_tick(perp, price),
    )  # fmt: skip
    hands.later(
        item.ms,
        lambda: hands.tell("cancel", market=perp.market, symbol=perp.symbol, client_id=name),
    )


def _share(hands: Hands, item: Item) -> str:
    perp = hands.perp(item)
    positions = hands.running.exchange.venue.perpetuals_of(perp.symbol).positions.items()
    held = sum((p.qty for (symbol, _), p in positions if symbol == perp.symbol), Decimal(0))
    part = abs(held) * Decimal(item.size.lstrip("-")) // perp.lot * perp.lot
    if not part:
        raise Misunderstood("no position")
    return str(min(part, abs(held)))


def adl(hands: Hands, item: Item) -> None:
    symbol = hands.perp(item).symbol
    hands.tell("adl", symbol=symbol, qty=_share(hands, item), execution=item.how)


def liquidation(hands: Hands, item: Item) -> None:
    hands.tell("liquidate", symbol=hands.perp(item).symbol, qty=_share(hands, item))


def position_mode(hands: Hands, item: Item) -> None:
    market = hands.perp(item).market
    hands.tell("position_mode", dual=True, market=market)
    hands.later(item.ms, lambda: hands.tell("position_mode", dual=False, market=market))


def margin_type(hands: Hands, item: Item) -> None:
    symbol = hands.perp(item).symbol
    hands.tell("margin_type", symbol=symbol, isolated=True)
    hands.later(item.ms, lambda: hands.tell("margin_type", symbol=symbol, isolated=False))


def leverage(hands: Hands, item: Item) -> None:
    symbol = hands.perp(item).symbol
    before = hands.running.exchange.venue.perpetuals_of(symbol).leverage(symbol)
    hands.tell("leverage", symbol=symbol, leverage=10)
    hands.later(item.ms, lambda: hands.tell("leverage", symbol=symbol, leverage=before))


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
