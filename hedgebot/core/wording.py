"""The lines people read: what happened, why, what it cost, the state after."""

from decimal import Decimal

from hedgebot.core.bounds import Bounds
from hedgebot.core.state import Hedge, Order, State
from hedgebot.domain.instruments import Side
from hedgebot.domain.records import CloseReason, DecisionKept, OrderMoved, Verdict

CAUSES_MAX = 6
FOUND = "found at start"
"""The cause of what was out of its band before the first decision."""
VERBS = {Side.BUY: "bought", Side.SELL: "sold"}


def coins(amount: Decimal | float) -> str:
    """Signed, without trailing zeros; floats to a hundred-millionth of a coin."""
    exact = Decimal(repr(round(amount, 8))) if isinstance(amount, float) else amount
    return f"{exact.normalize():+f}" if exact else "0"


def note_cause(hedge: Hedge, cause: str) -> None:
    """Remember what moved the delta; the oldest of too many is dropped."""
    hedge.causes.append(cause)
    del hedge.causes[:-CAUSES_MAX]


def naked(hedge: Hedge) -> str:
    """The net delta as the venue says it, pending amounts in."""
    look = hedge.outlook
    net = look.parts.net_delta + look.pending_low + look.pending_high
    return f"net delta {coins(net)} {hedge.policy.asset}"


def why(hedge: Hedge) -> str:
    """What moved the delta since it was last inside its band."""
    return "; ".join(hedge.causes) or "no single event: price, ratio or settings"


def cost(order: Order) -> Decimal:
    """Fees in the quote currency plus slippage against the mark at the decision, quote.

    Paid is positive. Fees in other coins are ledger entries of their own and are not in here.
    """
    execution, intent = order.execution, order.intent
    mark = Decimal(repr(intent.mark))
    slippage = (execution.value - mark * execution.qty) * intent.side.value
    quote = intent.instrument.partition("/")[2].partition(":")[0]
    return slippage + execution.fees.get(quote, Decimal(0))


def average(order: Order) -> Decimal:
    """Average price of what was filled; at least a millionth exact."""
    execution = order.execution
    return round(execution.value / execution.qty, 6).normalize() if execution.qty else Decimal(0)


def closed(order: Order, row: OrderMoved, hedge: Hedge) -> str:
    """The one line of a finished order."""
    intent, filled = order.intent, order.execution.qty
    what = f"{hedge.policy.asset}: {VERBS[intent.side]} {filled.normalize():f}"
    if filled != intent.qty:
        what += f" of {intent.qty.normalize():f} ({row.reason}{_detail(row)})"
    where = f" on {intent.instrument}"
    if not filled:
        return f"{what}{where}, limit {intent.price.normalize():f}; {naked(hedge)}"
    at = f"{where} at {average(order):f}, cost {round(cost(order), 4):f}"
    return f"{what}{at}; because {why(hedge)}; {naked(hedge)}"


def _detail(row: OrderMoved) -> str:
    return f": {row.detail}" if row.detail and row.reason is not CloseReason.EXPIRED else ""


def decision(
    state: State, hedge: Hedge, verdict: Verdict, reason: str, *, shown: Bounds | None, now: int
) -> DecisionKept:
    """The canonical line of a decision; the caller replaces what an order adds."""
    market = state.markets[hedge.policy.instruments[0]]
    look, asset = hedge.outlook, hedge.policy.asset
    target, lower, upper = (shown.target, shown.lower, shown.upper) if shown else (0.0, 0.0, 0.0)
    band = f"[{coins(lower)}, {coins(upper)}]" if shown else "[no mark]"
    text = f"{asset}: {verdict}{': ' if reason else ''}{reason}; {naked(hedge)}, band {band}"
    return DecisionKept(
        at_ms=now,
        asset=asset,
        verdict=verdict,
        reason=reason,
        text=text,
        parts=look.parts,
        pending_low=look.pending_low,
        pending_high=look.pending_high,
        target=Decimal(repr(target)),
        band_lower=Decimal(repr(lower)),
        band_upper=Decimal(repr(upper)),
        mark=market.mark,
        mark_age_ms=now - market.mark_ms if market.mark else -1,
    )
