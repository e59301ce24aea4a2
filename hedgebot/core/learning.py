"""Learns what a computed band needs to know: the law of the flow, the price, what trading costs.

The flow is whatever moves the deviation and is not our own trade: deposits, spot trades, funding in
coins, other people's fills on a hedge's instruments. It is looked at when everything is known and
nothing is pending, so that a transfer between two wallets is no move.
"""

import math
from decimal import Decimal

from hedgebot.core import band_memory, closed_form, exposure, fees, flow_law, triggers
from hedgebot.core.books import Market
from hedgebot.core.judge import Judgement
from hedgebot.core.learnt import FEE, Learnt, Paid, Price, Whence
from hedgebot.core.policy import HedgePolicy, Optimal
from hedgebot.core.state import Hedge, Order, State
from hedgebot.domain.events import TouchSeen
from hedgebot.domain.instruments import Kind
from hedgebot.domain.orders import Cause, Fill

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
PRICE_DAYS = 30.0
"""Memory of the volatility: what a day saw so long ago counts 1/e."""
PRIOR_DAYS = 7.0
"""So many days of ordinary risk are taken to have been seen before the first."""
SPREAD_DAYS = 1.0
SLIPPAGE_DAYS = 30.0
"""Memory of the slippage."""
PRIOR_ORDERS = 20.0
"""The settings' slippage counts as if so many orders like our first had met it."""
WEIGHT_MAX = 0.25
"""No single order says more."""
NOTE_MS = 600_000
"""Quiet time is noted at this pace."""
BLIND_MS_MAX = 2 * HOUR_MS
"""What happened in a longer time without knowledge is no part of the law."""
LEARNT_DAYS = 30.0
"""A flow that moves less often than it fades is known after so many days, by whatever it did."""
DUST = 0.001
"""Of a lot: less is rounding, not a move."""


def unlearnt(optimal: Optimal) -> Learnt:
    """Nothing was seen yet."""
    squares = PRIOR_DAYS * optimal.day_volatility**2
    fee = FEE if optimal.fee is None else optimal.fee
    return Learnt(Price(squares, PRIOR_DAYS), Paid(fee, optimal.slippage))


def look(state: State, hedge: Hedge, found: Judgement, now: int) -> None:
    """Note what moved since the last look, if all of it is known."""
    learnt, outlook = state.ledger.learnt[hedge.policy.asset], hedge.outlook
    market = state.markets[hedge.policy.instruments[0]]
    pending = outlook.low or outlook.high
    if found.blind or pending or not market.mark or learnt.solving.asked_ms is not None:
        return
    see(hedge, learnt, market, now)


def see(hedge: Hedge, learnt: Learnt, market: Market, now: int) -> None:
    """All is known: time has passed, and what moved is noted; quiet time at its pace."""
    room = learnt.untouched
    since_ms, room.looked_ms = now - room.looked_ms, now
    untouched = without_ours(hedge, learnt)
    if room.noted is None or since_ms > BLIND_MS_MAX:
        room.noted, room.seen_ms = untouched, 0
        _begin(learnt, market)
        return
    room.seen_ms += since_ms
    move = float(untouched - room.noted)
    if abs(move) < DUST * market.steps.lot_coins(market.mark):
        if room.seen_ms < NOTE_MS:
            return
        move = 0.0
    else:
        room.noted = untouched
    _note(hedge.policy, learnt, market, move=move, now=now)


def _begin(learnt: Learnt, market: Market) -> None:
    if not learnt.flow:
        learnt.flow = [0.0] * band_memory.SIZE
        lot = market.steps.lot_coins(market.mark)
        band_memory.begin(learnt.flow, now=0.0, unit=lot)


def _note(policy: HedgePolicy, learnt: Learnt, market: Market, *, move: float, now: int) -> None:
    assert policy.optimal is not None
    hear_price(learnt.price, market.mark, now)
    if market.touch is not None:
        _hear_spread(learnt.paid, market.touch, now)
    day = learnt.flow[band_memory.NOTED] + learnt.untouched.seen_ms / DAY_MS
    learnt.untouched.seen_ms = 0
    costs = costs_of(learnt, policy.optimal, market)
    band_memory.note(learnt.flow, now=day, move=move, costs=costs)


def without_ours(hedge: Hedge, learnt: Learnt) -> Decimal:
    """The deviation as it would be had we never traded, coins: only its changes mean anything."""
    parts, policy = hedge.outlook.parts, hedge.policy
    if policy.target is not None:
        return parts.net_delta - policy.target - learnt.untouched.ours
    return parts.hedge + (policy.ratio or 0) * parts.gross - learnt.untouched.ours


def costs_of(learnt: Learnt, optimal: Optimal, market: Market) -> band_memory.Costs:
    """C, and quote for a coin sold, for one bought, and for an order."""
    price = triggers.coin_price(market)
    charge = closed_form.risk_charge(
        optimal.aversion, volatility=volatility(learnt.price), price=price
    )
    cost = price * cost_rate(learnt)
    return charge, cost, cost, 0.0


def cost_rate(learnt: Learnt) -> float:
    """Expected of a trade, fraction of its value."""
    paid = learnt.paid
    return max(paid.fee + paid.half_spread + max(paid.slippage, 0.0), 1e-6)


def volatility(price: Price) -> float:
    """Daily, fraction."""
    return math.sqrt(max(price.squares / price.days, 1e-12))


def hear_price(price: Price, mark: float, now: int) -> None:
    """Fold a return of an hour, or of a longer time that nobody saw."""
    if not price.mark:
        price.mark, price.at_ms = mark, now
    if now - price.at_ms < HOUR_MS:
        return
    price.squares, price.days = closed_form.fold_return(
        price.squares,
        price.days,
        change=math.log(mark / price.mark),
        apart=(now - price.at_ms) / DAY_MS,
        memory=PRICE_DAYS,
    )
    price.mark, price.at_ms = mark, now


def _hear_spread(paid: Paid, touch: TouchSeen, now: int) -> None:
    if not 0.0 < touch.bid < touch.ask < 2.0 * touch.bid:
        return
    half = (touch.ask - touch.bid) / (touch.ask + touch.bid)
    kept = math.exp(-max(now - paid.at_ms, 0) / DAY_MS / SPREAD_DAYS)
    paid.half_spread += (1.0 - kept) * (half - paid.half_spread)
    paid.at_ms = now


def traded(state: State, asset: str, fill: Fill, change: Decimal) -> None:
    """A fill changed our position by so much: where it is ours, it is no flow."""
    learnt = state.ledger.learnt.get(asset)
    if learnt is None or fill.cause is not Cause.OURS:
        return
    market = state.markets[fill.instrument]
    instrument, optimal = market.instrument, state.hedges[asset].policy.optimal
    learnt.untouched.ours += exposure.position_coins(instrument, change, fill.price)
    if fill.fee_asset == instrument.settle and fees.asset_of(state, fill.instrument):
        inverse = instrument.kind is Kind.INVERSE
        value = fill.qty / fill.price if inverse else fill.qty * fill.price
        fees.believe(learnt, optimal, float(fill.fee / value), Whence.FILLS)


def deciding(state: State, asset: str, touch: TouchSeen | None) -> None:
    """An order is decided: what it pays counts from the middle of this touch."""
    learnt = state.ledger.learnt.get(asset)
    if learnt is not None:
        learnt.paid.mid = 0.5 * (touch.bid + touch.ask) if touch else 0.0


def ended(state: State, order: Order, now: int) -> None:
    """An order of ours is over: what it paid beyond half the spread corrects the slippage, by its
    size. So it is that of the sizes which the band in force trades (docs/adr/0023).
    """
    intent, execution = order.intent, order.execution
    learnt = state.ledger.learnt.get(intent.asset)
    if learnt is None or not learnt.paid.mid or not execution.qty or not execution.value:
        return
    if fees.asset_of(state, intent.instrument) is None:
        return
    inverse = state.markets[intent.instrument].steps.inverse
    parts = (execution.qty, execution.value) if inverse else (execution.value, execution.qty)
    paid, most = learnt.paid, state.hedges[intent.asset].policy.order.slippage_urgent
    beyond = intent.side.value * (float(parts[0] / parts[1]) / paid.mid - 1.0) - paid.half_spread
    hear_slippage(paid, max(-most, min(beyond, most)), size=float(parts[0]), now=now)


def hear_slippage(paid: Paid, beyond: float, *, size: float, now: int) -> None:
    """Fold what an order of that size, quote, paid beyond half the spread, fraction."""
    kept = math.exp(-max(now - paid.traded_ms, 0) / DAY_MS / SLIPPAGE_DAYS)
    paid.traded = kept * paid.traded + size if paid.traded else (PRIOR_ORDERS + 1.0) * size
    paid.traded_ms = now
    paid.slippage += min(size / paid.traded, WEIGHT_MAX) * (beyond - paid.slippage)


def known_enough(learnt: Learnt, how: Optimal) -> bool:
    """Whether the law rests on enough to be traded by."""
    days = days_seen(learnt)
    often = moves_seen(learnt) >= how.moves_min
    return (often and days * DAY_MS >= how.learn_ms) or days >= LEARNT_DAYS


def moves_seen(learnt: Learnt) -> float:
    """Moves of the delta, older ones faded."""
    return flow_law.moves_seen(learnt.flow) if learnt.flow else 0.0


def days_seen(learnt: Learnt) -> float:
    """How long the flow was watched, over all starts."""
    if not learnt.flow:
        return 0.0
    return learnt.flow[band_memory.NOTED] - learnt.flow[band_memory.BEGUN]
