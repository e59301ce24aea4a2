"""Records of every kind: fixed ones, and any that Hypothesis can think of."""

from dataclasses import dataclass, replace
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from hedgebot.adapters.journal import Place, SqliteJournal, open_journal
from hedgebot.domain.events import FundingSeen
from hedgebot.domain.instruments import InstrumentId, Side, WalletId
from hedgebot.domain.ledger import (
    Posting,
    PostingCause,
    RecordSource,
    SourceMark,
    WalletReading,
)
from hedgebot.domain.orders import Cause, Fill, Leg, OrderId, OrderIntent, Purpose
from hedgebot.domain.records import (
    AdoptionKept,
    AlertKept,
    CloseReason,
    ControlKept,
    CounterKept,
    DecisionKept,
    ExposureParts,
    FillKept,
    FundingKept,
    HoldingKept,
    IntentKept,
    LearntKept,
    OrderMoved,
    Phase,
    Record,
    TradingState,
    TransitEnd,
    TransitKept,
    TransitMarkKept,
    Verdict,
    WatermarkKept,
)

PERP = InstrumentId("perp:BTC/USDT:USDT")
ACCOUNTS = {"perp": "main", "spot": "main"}
NOW = 1_800_000_000_000
WIDE = Context(prec=200)

__all__ = ["CounterKept", "FillKept", "FundingSeen", "IntentKept", "Phase", "WalletId", "replace"]


@dataclass
class HandClock:
    now: int = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic_ns(self) -> int:
        return self.now * 1_000_000


def place(folder: Path, **changes: Any) -> Place:
    whole: dict[str, Any] = {
        "url": f"sqlite:///{folder}/j.db",
        "book": "treasury",
        "accounts": ACCOUNTS,
    }
    return Place(**(whole | changes))


def opened(folder: Path, clock: HandClock | None = None, **changes: Any) -> SqliteJournal:
    return open_journal(place(folder, **changes), clock or HandClock())


def intent(number: int = 1, at_ms: int = NOW) -> OrderIntent:
    return OrderIntent(
        order_id=OrderId(number),
        asset="BTC",
        instrument=PERP,
        side=Side.SELL,
        lots=412,
        qty=Decimal("0.412"),
        price=Decimal("64120.5"),
        reduce_only=False,
        purpose=Purpose.REBALANCE,
        mark=64125.1,
        decided_ms=at_ms,
        send_before_ms=at_ms + 500,
    )


def moved(number: int, phase: Phase, **changes: Any) -> OrderMoved:
    whole: dict[str, Any] = {
        "order_id": number,
        "at_ms": NOW,
        "phase": phase,
        "filled_qty": Decimal(0),
    }
    return OrderMoved(**(whole | changes))


def closed(number: int, reason: CloseReason = CloseReason.FILLED) -> OrderMoved:
    return moved(number, Phase.CLOSED, reason=reason)


def fill(trade_id: str = "7", **changes: Any) -> Fill:
    whole: dict[str, Any] = {
        "instrument": PERP,
        "trade_id": trade_id,
        "venue_order_id": "99",
        "client_order_id": "x",
        "order_id": OrderId(1),
        "side": Side.SELL,
        "qty": Decimal("0.1"),
        "price": Decimal(64_000),
        "fee": Decimal("2.56"),
        "fee_asset": "USDT",
        "cause": Cause.OURS,
        "legs": (),
        "venue_ms": NOW,
    }
    return Fill(**(whole | changes))


def decision(
    at_ms: int = NOW, verdict: Verdict = Verdict.TRADE, asset: str = "BTC"
) -> DecisionKept:
    return DecisionKept(
        at_ms=at_ms,
        asset=asset,
        verdict=verdict,
        reason="outside the band",
        text="BTC: net +0.412: sell 0.412 at 64120.5 or better",
        parts=ExposureParts(spot=Decimal("1.2"), hedge=Decimal("-0.788")),
        pending_low=Decimal(0),
        pending_high=Decimal(0),
        target=Decimal(0),
        band_lower=Decimal("-0.02"),
        band_upper=Decimal("0.02"),
        mark=64125.1,
        mark_age_ms=12,
    )


def control(state: TradingState = TradingState.HALTED, asset: str | None = None) -> ControlKept:
    return ControlKept(
        at_ms=NOW, asset=asset, state=state, by="ada", reason="lunch", expires_ms=None
    )


def alert(key: str = "naked:BTC", *, recovered: bool = False, at_ms: int = NOW) -> AlertKept:
    return AlertKept(at_ms, key, "critical", f"{key} is out of its band", recovered)


times = st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
money = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    st.builds(
        lambda digits, exponent: Decimal(digits).scaleb(exponent),
        st.integers(-(10**38), 10**38),
        st.integers(-38, 38),
    ),
)
order_ids = st.integers(0, 2**128 - 1).map(OrderId)
venues = st.sampled_from(["spot", "perp"])
instruments = st.builds(lambda symbol: InstrumentId(f"perp:{symbol}"), texts)
wallets = st.builds(lambda name: WalletId(f"spot:{name}"), texts)
floats = st.floats(allow_nan=False)
flags = st.booleans()
legs = st.lists(st.builds(Leg, wallet=wallets, asset=names, change=money), max_size=3).map(tuple)
intents = st.builds(
    OrderIntent,
    order_id=order_ids,
    asset=texts,
    instrument=instruments,
    side=st.sampled_from(Side),
    lots=times,
    qty=money,
    price=money,
    reduce_only=flags,
    purpose=st.sampled_from(Purpose),
    mark=floats,
    decided_ms=times,
    send_before_ms=times,
)
fills = st.builds(
    Fill,
    instrument=instruments,
    trade_id=texts,
    venue_order_id=texts,
    client_order_id=texts,
    order_id=st.none() | order_ids,
    side=st.sampled_from(Side),
    qty=money,
    price=money,
    fee=money,
    fee_asset=texts,
    realized_pnl=money,
    cause=st.sampled_from(Cause),
    legs=legs,
    venue_ms=times,
)
parts = st.builds(
    ExposureParts,
    **dict.fromkeys(ExposureParts.__dataclass_fields__, money),
)
numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=4).map(tuple)
decisions = st.builds(
    DecisionKept,
    at_ms=times,
    asset=texts,
    verdict=st.sampled_from(Verdict),
    reason=texts,
    text=texts,
    parts=parts,
    pending_low=money,
    pending_high=money,
    target=money,
    band_lower=money,
    band_upper=money,
    mark=floats,
    mark_age_ms=times,
    order_id=st.none() | order_ids,
    instrument=st.none() | instruments,
    lots=times,
    price=st.none() | money,
    cost=st.none() | money,
)
fundings = st.builds(
    FundingSeen,
    wallet=wallets,
    asset=texts,
    payment=money,
    venue_ms=times,
    instrument=st.none() | instruments,
)
controls = st.builds(
    ControlKept,
    at_ms=times,
    asset=st.none() | texts,
    state=st.sampled_from(TradingState),
    by=texts,
    reason=texts,
    expires_ms=st.none() | times,
    command_id=texts,
)
RECORDS: dict[str, st.SearchStrategy[Record]] = {
    "intents": st.builds(IntentKept, intents, flags),
    "order_moves": st.builds(
        OrderMoved,
        order_id=order_ids,
        at_ms=times,
        phase=st.sampled_from(Phase),
        filled_qty=money,
        venue_order_id=texts,
        reason=st.none() | st.sampled_from(CloseReason),
        detail=texts,
    ),
    "fills": st.builds(FillKept, times, fills),
    "funding": st.builds(FundingKept, times, fundings),
    "decisions": decisions,
    "controls": controls,
    "counters": st.builds(CounterKept, texts, times, money),
    "watermarks": st.builds(WatermarkKept, instruments, times),
    "holdings": st.builds(HoldingKept, times, texts, money, money, texts),
    "transits": st.builds(
        TransitKept,
        at_ms=times,
        venue=venues,
        record_id=texts,
        coin=texts,
        qty=money,
        debit=money,
        since_ms=times,
        outside=money,
        end=st.none() | st.sampled_from(TransitEnd),
    ),
    "transit_marks": st.builds(TransitMarkKept, venues, texts, times),
    "learnt": st.builds(
        LearntKept,
        at_ms=times,
        asset=texts,
        **dict.fromkeys(("flow", "price", "paid", "band", "ratio"), numbers),
    ),
    "postings": st.builds(
        Posting,
        at_ms=times,
        wallet=wallets,
        asset=texts,
        change=money,
        cause=st.none() | st.sampled_from(PostingCause),
        source=st.sampled_from(RecordSource),
        word=texts,
        ref=texts,
        instrument=st.none() | instruments,
        venue_ms=times,
        until_ms=times,
    ),
    "readings": st.builds(
        WalletReading,
        at_ms=times,
        wallet=wallets,
        balances=st.lists(st.tuples(texts, money), max_size=4).map(tuple),
        from_ms=times,
        to_ms=times,
    ),
    "source_marks": st.builds(
        SourceMark,
        venue=venues,
        source=st.sampled_from(RecordSource),
        venue_ms=times,
        served=flags,
        failure=texts,
    ),
    "adoptions": st.builds(AdoptionKept, times, instruments, money, money, texts),
    "alerts": st.builds(
        AlertKept, times, texts, st.sampled_from(["info", "warning", "critical"]), texts, flags
    ),
}
