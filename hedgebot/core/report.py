"""What a person or a program may ask of the state: plain JSON, exact quantities as strings."""

from dataclasses import replace
from decimal import Decimal

from hedgebot.core import control, exposure, telling, transit
from hedgebot.core.bounds import Bounds
from hedgebot.core.decide import intent_of
from hedgebot.core.judge import Judgement, judge
from hedgebot.core.policy import Policy
from hedgebot.core.risk import review
from hedgebot.core.state import Hedge, State
from hedgebot.core.wording import rounded
from hedgebot.domain.actions import Approved
from hedgebot.domain.instruments import Kind
from hedgebot.domain.orders import Purpose
from hedgebot.domain.records import ExposureParts, Verdict

Json = dict[str, object]


def plan(state: State, policy: Policy, now: int) -> list[Json]:
    """One look at every hedge: exposures, target, band, and the orders that it would send."""
    return [_plan_one(state, policy, hedge, now) for hedge in _seen_now(state, policy)]


def status(state: State, policy: Policy, now: int) -> Json:
    """How the daemon stands."""
    return {
        "book": policy.book,
        "epoch": state.desk.epoch,
        "dry_run": policy.dry_run,
        "now_ms": now,
        "stopping": state.control.stopping,
        "journal_ok": state.control.journal_ok,
        "alerts": {key: alert.text for key, alert in state.wakes.alerts.items()},
        "venues": {name: _venue(state, name, now) for name in state.venues},
        "open_orders": [
            {
                "order_id": f"{order.intent.order_id:032x}",
                "instrument": order.intent.instrument,
                "side": order.intent.side.name.lower(),
                "qty": _text(order.intent.qty),
                "filled_qty": _text(order.execution.qty),
                "phase": order.phase,
            }
            for order in state.desk.orders.values()
        ],
        "hedges": [_status_one(state, policy, hedge, now) for hedge in _seen_now(state, policy)],
    }


def _seen_now(state: State, policy: Policy) -> list[Hedge]:
    """The hedges with their exposure computed anew; those of the state stay as they are."""
    return [
        replace(hedge, outlook=exposure.compute(state, policy, asset))
        for asset, hedge in state.hedges.items()
    ]


def _status_one(state: State, policy: Policy, hedge: Hedge, now: int) -> Json:
    hold = control.effective(state.control, hedge.policy.asset)
    answer = _plan_one(state, policy, hedge, now)
    found = judge(state, policy, hedge, now)
    answer |= {
        "pending": [_text(hedge.outlook.pending_low), _text(hedge.outlook.pending_high)],
        "deviation": None if found.shown is None else _float(found.shown.deviation),
        "reason": found.reason,
        "trading_state": hold.state,
        "trading_state_reason": hold.reason,
        "trading_state_by": hold.by,
        "trading_state_until_ms": hold.expires_ms,
        "out_of_band_ms": None if hedge.out_ms is None else now - hedge.out_ms,
        "causes": list(hedge.causes),
        "in_transit": [
            {
                "venue": item.venue,
                "withdrawal": item.record_id,
                "coin": item.coin,
                "qty": _text(item.qty),
                "counts_until_ms": transit.ends_ms(policy, item),
            }
            for item in transit.held(state, policy, hedge.policy.asset)
        ],
    }
    learnt = state.ledger.learnt.get(hedge.policy.asset)
    if learnt is not None and hedge.policy.variance_days is not None:
        answer["minimum_variance"] = telling.ratio(hedge, learnt)
    if learnt is not None and hedge.policy.optimal is not None:
        answer["optimal"] = telling.status(policy, hedge, learnt)
    return answer


def _plan_one(state: State, policy: Policy, hedge: Hedge, now: int) -> Json:
    asset = hedge.policy.asset
    found = judge(state, policy, hedge, now)
    look, parts = hedge.outlook, hedge.outlook.parts
    answer: Json = {
        "asset": asset,
        "exposure": {
            "spot": _text(parts.spot),
            "collateral": _text(parts.collateral),
            "linear": _text(_hedge_part(state, hedge, Kind.LINEAR) + parts.linear),
            "inverse": _text(_hedge_part(state, hedge, Kind.INVERSE) + parts.inverse),
            "outside": _text(parts.outside),
            **_in_transit(policy, parts),
        },
        "pending": _text(look.pending_low + look.pending_high),
        "gross": _text(parts.gross),
        "hedge": _text(parts.hedge),
        "net_delta": _text(parts.net_delta),
    }
    return answer | _bounds(found.shown) | _orders(state, policy, hedge, found, now=now)


def _in_transit(policy: Policy, parts: ExposureParts) -> Json:
    """Only where withdrawals are held: otherwise it is always zero."""
    held = policy.limits.transit_hold_ms > 0
    return {"in_transit": _text(parts.in_transit)} if held else {}


def _hedge_part(state: State, hedge: Hedge, kind: Kind) -> Decimal:
    total = Decimal(0)
    for own in hedge.policy.instruments:
        instrument = state.markets[own].instrument
        if instrument.kind is kind:
            book = state.ledger.positions[own]
            total += exposure.book_coins(instrument, book, arithmetic=True)
    return total


def _bounds(shown: Bounds | None) -> Json:
    if shown is None:
        return {"target": None, "band": [None, None]}
    return {
        "target": _float(shown.target),
        "band": [_float(shown.lower), _float(shown.upper)],
    }


def _orders(state: State, policy: Policy, hedge: Hedge, found: Judgement, *, now: int) -> Json:
    if found.proposal is None:
        return {"verdict": found.verdict, "orders": []}
    intent = intent_of(state, policy, hedge, found.proposal, now=now)
    approved = review(state, policy, intent, now)
    if not isinstance(approved, Approved):
        return {"verdict": Verdict.WAIT, "orders": []}
    instrument = state.markets[intent.instrument].instrument
    flattens = intent.purpose is Purpose.FLATTEN
    order = {
        "venue": instrument.venue,
        "symbol": instrument.symbol,
        "side": intent.side.name.lower(),
        "lots": intent.lots,
        "qty": _text(intent.qty),
        "unit": "USD" if instrument.kind is Kind.INVERSE else instrument.symbol.partition("/")[0],
        "price_limit": _text(intent.price),
        "reduce_only": intent.reduce_only,
        "reason": intent.purpose if flattens else "; ".join(hedge.causes) or intent.purpose,
    }
    return {"verdict": found.verdict, "orders": [order]}


def _venue(state: State, name: str, now: int) -> Json:
    venue = state.venues[name]
    return {
        "synced": venue.synced,
        "read_age_ms": now - venue.read_ms if venue.synced else None,
        "feeds": {
            channel: {
                "up": feed.up,
                "epoch": feed.epoch,
                "proof_age_ms": now - feed.proof_ms,
                "reason": feed.reason,
            }
            for channel, feed in venue.feeds.items()
        },
    }


def _text(amount: Decimal) -> str:
    shown = rounded(amount, 12)
    return f"{shown.normalize():f}" if shown else "0"


def _float(amount: float) -> str:
    return _text(Decimal(repr(amount)))
