"""The lines people read: what happened, why, what it cost, the state after."""

import math
from collections.abc import Iterable
from decimal import Decimal

from hedgebot.core.books import Market
from hedgebot.core.bounds import Bounds
from hedgebot.core.state import Hedge, Order
from hedgebot.domain.instruments import InstrumentId, Side, is_inverse
from hedgebot.domain.orders import OrderIntent, Purpose
from hedgebot.domain.records import CloseReason, OrderMoved, Verdict

CAUSES_MAX = 6
SPANS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
FOUND = "found at start"
"""The cause of what was out of its band before the first decision."""
WHY = {
    Purpose.AGE: "the last hedge is older than rebalance_age_s",
    Purpose.MOVE: "the price moved by rebalance_move since the last hedge",
}
VERBS = {Side.BUY: "bought", Side.SELL: "sold"}


def rounded(amount: Decimal, places: int) -> Decimal:
    """To so many places where it has more: a quotient, such as dollars / entry price, has 28."""
    short = amount.normalize()
    exponent = short.as_tuple().exponent
    return round(short, places) if isinstance(exponent, int) and exponent < -places else short


def coins(amount: Decimal | float) -> str:
    """Signed, without trailing zeros; to a hundred-millionth of a coin."""
    exact = Decimal(repr(amount)) if isinstance(amount, float) else amount
    shown = rounded(exact, 8)
    return f"{shown.normalize():+f}" if shown else "0"


def span(lasts_ms: int) -> str:
    """A time that people wrote: `30m`, `2d`; by the largest unit that fits, to a second."""
    seconds = round(lasts_ms / 1_000)
    unit, each = next(found for found in SPANS if seconds % found[1] == 0)
    return f"{seconds // each}{unit}"


def unknown_hedge(asset: str, known: Iterable[str]) -> str:
    """Why a command for an asset is refused."""
    return f"no hedge of {asset}; there are: {', '.join(known)}"


def unknown_holding(label: str, known: Iterable[str]) -> str:
    """Why a holding is not set."""
    names = ", ".join(f'"{each}"' for each in known)
    if not names:
        return f"no holding {label!r}: the settings have none; add a [[holdings]] table with it"
    return f"no holding {label!r}; write one of {names}, or add it to [[holdings]] in the settings"


def note_cause(hedge: Hedge, cause: str) -> None:
    """Remember what moved the delta; the oldest of too many is dropped."""
    hedge.causes.append(cause)
    del hedge.causes[:-CAUSES_MAX]


def naked(hedge: Hedge) -> str:
    """The net delta as the venue says it, pending amounts in."""
    look = hedge.outlook
    net = look.parts.net_delta + look.pending_low + look.pending_high
    moving = look.parts.in_transit
    in_transit = f" ({coins(moving)} in transit)" if moving else ""
    return f"net delta {coins(net)} {hedge.policy.asset}{in_transit}"


def at_stake(hedge: Hedge, market: Market, shown: Bounds | None) -> str:
    """What an adverse move costs while the net delta is off its target; empty without a mark."""
    if shown is None or not market.mark > 0:
        return ""
    quote = market.instrument.quote
    wanted = f"; wanted is {coins(shown.target)} {hedge.policy.asset}" if shown.target else ""
    at_risk = abs(shown.deviation) * market.steps.coin_price(market.mark) / 100
    return f"{wanted}; each 1 % of price is {at_risk:.0f} {quote}"


def margin_wanted(market: Market, shown: Bounds | None, leverage: int | None) -> str:
    """The margin that an order of all that is off its target ties up, without what is still free:
    nobody tells that between two readings. Empty where the leverage is not known.
    """
    if shown is None or leverage is None:
        return ""
    off, instrument = abs(shown.deviation), market.instrument
    tied = off if market.steps.inverse else off * market.steps.coin_price(market.mark)
    return (
        f"; at leverage {leverage} that takes {tied / leverage:.6g} {instrument.settle} of margin"
    )


def why(hedge: Hedge, purpose: Purpose) -> str:
    """What moved the delta since it was last inside its band; a flatten needs no such cause."""
    if purpose is Purpose.FLATTEN:
        return "flattening was asked for"
    if purpose in WHY:
        return "; ".join([WHY[purpose], *hedge.causes])
    return "; ".join(hedge.causes) or "no single event: price, fees, ratio or settings"


def cost(order: Order) -> Decimal:
    """Fees in the quote currency plus slippage against the mark at the decision, quote.

    Paid is positive. Fees in other coins are ledger entries of their own and are not in here.
    Where that mark is not known, no slippage is.
    """
    execution, intent = order.execution, order.intent
    if is_inverse(intent.instrument):
        return _inverse_cost(order)
    fee = execution.fees.get(_quote(intent.instrument), Decimal(0))
    if not math.isfinite(intent.mark):
        return fee
    mark = Decimal(repr(intent.mark))
    return (execution.value - mark * execution.qty) * intent.side.value + fee


def _quote(instrument: InstrumentId) -> str:
    return instrument.partition("/")[2].partition(":")[0]


def _inverse_cost(order: Order) -> Decimal:
    """The same of an inverse instrument: coins, valued at the mark of the decision. All its fees
    are in its coin.
    """
    execution, intent = order.execution, order.intent
    fee = execution.fees.get(intent.instrument.rpartition(":")[2], Decimal(0))
    if not math.isfinite(intent.mark):
        return fee * average(order)
    mark = Decimal(repr(intent.mark))
    return ((execution.qty / mark - execution.value) * intent.side.value + fee) * mark


def other_fees(order: Order) -> str:
    """Fees that `cost` leaves out, each in its own coin; empty where there are none."""
    settle = order.intent.instrument.rpartition(":")[2]
    named = [f"{fee.normalize():f} {coin}" for coin, fee in order.execution.fees.items()
             if fee and coin != settle]  # fmt: skip
    return f" and {', '.join(named)} of fees" if named else ""


def average(order: Order) -> Decimal:
    """Average price of what was filled (of inverse the harmonic one); a millionth exact."""
    execution = order.execution
    if not execution.qty:
        return Decimal(0)
    inverse = is_inverse(order.intent.instrument)
    parts = (execution.qty, execution.value) if inverse else (execution.value, execution.qty)
    return round(parts[0] / parts[1], 6).normalize()


def quantity(instrument: InstrumentId, qty: Decimal) -> str:
    """A quantity in the instrument's own unit; dollars are named, coins go without saying."""
    return f"{qty.normalize():f}{' USD' if is_inverse(instrument) else ''}"


def closed(order: Order, row: OrderMoved, hedge: Hedge) -> str:
    """The one line of a finished order."""
    intent, filled = order.intent, order.execution.qty
    what = f"{hedge.policy.asset}: {VERBS[intent.side]} {quantity(intent.instrument, filled)}"
    if filled != intent.qty:
        what += f" of {quantity(intent.instrument, intent.qty)} ({row.reason}{_detail(row)})"
    where = f" on {intent.instrument}"
    if not filled:
        return f"{what}{where}, limit {intent.price.normalize():f}; {naked(hedge)}"
    paid = f"{round(cost(order), 4):f} {_quote(intent.instrument)}{other_fees(order)}"
    paid += "" if math.isfinite(intent.mark) else " of fees, slippage not known"
    at = f"{where} at {average(order):f}, cost {paid}"
    return f"{what}{at}; because {why(hedge, intent.purpose)}; {naked(hedge)}"


def _detail(row: OrderMoved) -> str:
    return f": {row.detail}" if row.detail and row.reason is not CloseReason.EXPIRED else ""


def decided(hedge: Hedge, verdict: Verdict, reason: str, shown: Bounds | None) -> str:
    """The line of a decision that sends nothing; a band means nothing to what is to be flat."""
    if verdict is Verdict.FLAT:
        return f"{hedge.policy.asset}: {reason}; {naked(hedge)}"
    band = f"[{coins(shown.lower)}, {coins(shown.upper)}]" if shown else "[no mark]"
    why_so = f": {reason}" if reason else ""
    return f"{hedge.policy.asset}: {verdict}{why_so}; {naked(hedge)}, band {band}"


def intended(hedge: Hedge, intent: OrderIntent) -> str:
    """The line of an order that is about to be sent."""
    verb = "buy" if intent.side is Side.BUY else "sell"
    what = (
        f"{intent.asset}: {verb} {quantity(intent.instrument, intent.qty)} on {intent.instrument}"
    )
    limit = f"limit {intent.price.normalize():f}{', reduce-only' if intent.reduce_only else ''}"
    return f"{what}, {limit}; because {why(hedge, intent.purpose)}; {naked(hedge)}"
