"""The life of an order: every row of the one table of transitions, and what feeds it."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.core import orders
from hedgebot.core.books import NEVER
from hedgebot.core.orders import Told
from hedgebot.core.state import Order, Search
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.orders import (
    Cause,
    Fill,
    OrderId,
    OrderIntent,
    OrderReport,
    OrderStatus,
    Purpose,
)
from hedgebot.domain.records import CloseReason, OrderMoved, Phase
from tests.core.world import PERP

NOW = 1_700_000_000_000
INTENT = OrderIntent(
    order_id=OrderId(7), asset="BTC", instrument=PERP, side=Side.SELL, lots=10, qty=D("0.010"),
    price=D(49_900), reduce_only=False, purpose=Purpose.REBALANCE, mark=50_000.0,
    decided_ms=NOW, send_before_ms=NOW + 500,
)  # fmt: skip
IMPOSSIBLE = None
TABLE: dict[Phase, dict[Told, Phase | None]] = {
    Phase.INTENDED: {
        Told.WORKING: Phase.WORKING,
        Told.ENDED: Phase.CLOSED,
        Told.REFUSED: Phase.CLOSED,
        Told.NOT_SENT: Phase.CLOSED,
        Told.SILENT: Phase.UNKNOWN,
        Told.ABSENT: IMPOSSIBLE,  # nobody looks up what is still being sent
    },
    Phase.WORKING: {
        Told.WORKING: Phase.WORKING,
        Told.ENDED: Phase.CLOSED,
        Told.REFUSED: Phase.UNKNOWN,
        Told.NOT_SENT: Phase.UNKNOWN,
        Told.SILENT: Phase.WORKING,
        Told.ABSENT: Phase.UNKNOWN,
    },
    Phase.UNKNOWN: {
        Told.WORKING: Phase.WORKING,
        Told.ENDED: Phase.CLOSED,
        Told.REFUSED: Phase.UNKNOWN,
        Told.NOT_SENT: Phase.UNKNOWN,
        Told.SILENT: Phase.UNKNOWN,
        Told.ABSENT: Phase.CLOSED,
    },
    Phase.CLOSED: dict.fromkeys(Told, IMPOSSIBLE),
}
REASONS = {
    Told.REFUSED: CloseReason.REJECTED,
    Told.NOT_SENT: CloseReason.NOT_SENT,
    Told.ABSENT: CloseReason.NEVER_ARRIVED,
}


def order_in(
    phase: Phase, *, valid_until_ms: int = 0, asked_ms: int = NEVER, attempts: int = 0
) -> Order:
    order = orders.intended(INTENT)
    order.phase = phase
    order.search = Search(valid_until_ms, asked_ms=asked_ms, attempts=attempts)
    return order


def report(status: OrderStatus, filled: str = "0", **changes: Any) -> OrderReport:
    said = OrderReport(
        instrument=PERP, order_id=INTENT.order_id, client_order_id="ours", venue_order_id="v7",
        status=status, side=Side.SELL, qty=INTENT.qty, filled_qty=D(filled), price=INTENT.price,
        reduce_only=False, venue_ms=NOW,
    )  # fmt: skip
    return replace(said, **changes)


def fill(qty: str, price: int = 50_000, fee: str = "0.1", **changes: Any) -> Fill:
    done = Fill(
        instrument=PERP, trade_id="1", venue_order_id="v7", client_order_id="ours",
        order_id=INTENT.order_id, side=Side.SELL, qty=D(qty), price=D(price), fee=D(fee),
        fee_asset="USDT", cause=Cause.OURS, legs=(), venue_ms=NOW,
    )  # fmt: skip
    return replace(done, **changes)


@pytest.mark.parametrize("told", Told)
@pytest.mark.parametrize("phase", Phase)
def test_every_row_of_the_table(phase: Phase, told: Told) -> None:
    order = order_in(phase)
    if told is Told.ENDED:
        order.reported.end = OrderStatus.EXPIRED
    wanted = TABLE[phase][told]
    if wanted is IMPOSSIBLE:
        with pytest.raises(AssertionError, match=f"order 0*7: {phase} told"):
            orders.move(order, told, NOW + 9)
        assert order.phase is phase
        return

    row = orders.move(order, told, NOW + 9, "words")

    assert order.phase is wanted
    assert order.reported.detail == "words"
    if wanted is phase:
        assert (row, order.since_ms) == (None, NOW)
        return
    assert order.since_ms == NOW + 9
    assert row is not None
    assert (row.phase, row.detail, row.at_ms) == (wanted, "words", NOW + 9)
    closes = wanted is Phase.CLOSED
    assert row.reason == (REASONS.get(told, CloseReason.EXPIRED) if closes else None)


def test_the_table_of_the_code_has_no_other_row() -> None:
    wanted = {(phase, told): to for phase, row in TABLE.items() for told, to in row.items() if to}

    assert wanted == orders.TRANSITIONS


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (OrderStatus.FILLED, CloseReason.FILLED),
        (OrderStatus.CANCELLED, CloseReason.CANCELLED),
        (OrderStatus.REJECTED, CloseReason.REJECTED),
        (OrderStatus.EXPIRED, CloseReason.EXPIRED),
        (OrderStatus.EXPIRED_IN_MATCH, CloseReason.EXPIRED_IN_MATCH),
    ],
)
def test_an_end_at_the_venue_is_the_reason(status: OrderStatus, reason: CloseReason) -> None:
    order = order_in(Phase.WORKING)
    orders.note_report(order, report(status))

    row = orders.move(order, Told.ENDED, NOW)

    assert row is not None
    assert row.reason is reason


def test_ended_without_an_end_is_a_bug_of_ours() -> None:
    with pytest.raises(AssertionError):
        orders.move(order_in(Phase.WORKING), Told.ENDED, NOW)


def test_a_move_without_words_leaves_the_words() -> None:
    order = order_in(Phase.INTENDED)
    row = orders.move(order, Told.SILENT, NOW)

    assert row is not None
    assert (row.detail, order.reported.detail) == ("", "")


def test_a_row_says_what_the_order_is() -> None:
    order = order_in(Phase.WORKING)
    orders.note_fill(order, fill("0.004"))
    order.reported.detail = "why"

    assert orders.moved(order, NOW + 3) == OrderMoved(
        INTENT.order_id, NOW + 3, Phase.WORKING, D("0.004"), "v7", None, "why"
    )
    assert orders.moved(order, NOW + 3, CloseReason.FILLED).reason is CloseReason.FILLED


def test_an_intent_starts_at_its_decision() -> None:
    order = orders.intended(INTENT)

    assert (order.intent, order.phase, order.since_ms) == (INTENT, Phase.INTENDED, NOW)
    assert order.execution.qty == 0


# -- what the venue says ---------------------------------------------------------------------


def test_cumulative_quantity_only_grows() -> None:
    order = order_in(Phase.WORKING)
    for filled in ("0.004", "0.010", "0.006", "0"):
        orders.note_report(order, report(OrderStatus.WORKING, filled))

    assert order.reported.filled == D("0.010")


def test_an_end_stays_an_end() -> None:
    order = order_in(Phase.WORKING)
    orders.note_report(order, report(OrderStatus.CANCELLED, "0.004"))
    orders.note_report(order, report(OrderStatus.WORKING, "0.004"))

    assert order.reported.end is OrderStatus.CANCELLED


def test_a_report_without_an_id_or_words_takes_none_away() -> None:
    order = order_in(Phase.WORKING)
    orders.note_report(order, report(OrderStatus.WORKING, reject_reason="because"))
    orders.note_report(order, report(OrderStatus.WORKING, venue_order_id=""))

    assert order.reported.venue_order_id == "v7"
    assert order.reported.detail == "because"


def test_fills_add_up() -> None:
    order = order_in(Phase.WORKING)
    orders.note_fill(order, fill("0.004", price=50_000, fee="0.1"))
    orders.note_fill(order, fill("0.002", price=40_000, fee="0.2"))
    orders.note_fill(order, fill("0.001", price=10_000, fee="-0.001", fee_asset="BNB"))

    assert order.execution.qty == D("0.007")
    assert order.execution.value == D("0.004") * 50_000 + D("0.002") * 40_000 + D("0.001") * 10_000
    assert order.execution.fees == {"USDT": D("0.3"), "BNB": D("-0.001")}
    assert order.reported.filled == D("0.007")
    assert order.reported.venue_order_id == "v7"


def test_the_value_of_an_inverse_fill_is_in_its_coin() -> None:
    order = order_in(Phase.WORKING)
    coin = InstrumentId("coin:BTC/USD:BTC")
    orders.note_fill(order, fill("100", price=50_000, instrument=coin))
    orders.note_fill(order, fill("100", price=40_000, instrument=coin))

    assert order.execution.value == D("0.002") + D("0.0025")


def test_a_fill_never_lowers_what_the_venue_reported() -> None:
    order = order_in(Phase.WORKING)
    orders.note_report(order, report(OrderStatus.WORKING, "0.010"))
    orders.note_fill(order, fill("0.004", venue_order_id=""))

    assert order.reported.filled == D("0.010")
    assert order.reported.venue_order_id == "v7"


@pytest.mark.parametrize(
    ("status", "filled", "executed", "told"),
    [
        (OrderStatus.WORKING, "0", "0", Told.WORKING),
        (OrderStatus.WORKING, "0.004", "0.004", Told.WORKING),
        (OrderStatus.FILLED, "0.010", "0.010", Told.ENDED),
        (OrderStatus.FILLED, "0.010", "0.006", Told.WORKING),  # a fill is missing
        (OrderStatus.EXPIRED, "0", "0", Told.ENDED),
        (OrderStatus.EXPIRED, "0.004", "0", Told.WORKING),
        (OrderStatus.CANCELLED, "0.004", "0.004", Told.ENDED),
    ],
)
def test_closed_only_when_the_fills_add_up(
    status: OrderStatus, filled: str, executed: str, told: Told
) -> None:
    order = order_in(Phase.WORKING)
    orders.note_report(order, report(status, filled))
    if D(executed):
        orders.note_fill(order, fill(executed))

    assert orders.arrived(order) is told


# -- when to ask -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "search", "at"),
    [
        (Phase.INTENDED, {}, NOW + 15_000),
        (Phase.INTENDED, {"asked_ms": NOW + 99_000, "attempts": 3}, NOW + 15_000),
        (Phase.WORKING, {}, NOW + 1_000),
        (Phase.WORKING, {"asked_ms": NOW + 1_000, "attempts": 1}, NOW + 3_000),
        (Phase.UNKNOWN, {}, NOW),
        (Phase.UNKNOWN, {"valid_until_ms": NOW + 3_000}, NOW),  # the first at once
        (Phase.UNKNOWN, {"asked_ms": NOW + 70, "attempts": 1}, NOW + 320),
        (Phase.UNKNOWN, {"asked_ms": NOW + 70, "attempts": 2}, NOW + 570),
        (Phase.UNKNOWN, {"asked_ms": NOW + 70, "attempts": 7}, NOW + 1_820),
        (Phase.UNKNOWN, {"asked_ms": NOW + 70, "attempts": 9}, NOW + 2_070),
        (Phase.UNKNOWN, {"asked_ms": NOW + 70, "attempts": 99}, NOW + 2_070),
        (
            Phase.UNKNOWN,
            {"asked_ms": NOW, "attempts": 1, "valid_until_ms": NOW + 3_000},
            NOW + 4_000,
        ),
        (
            Phase.UNKNOWN,
            {"asked_ms": NOW + 5_000, "attempts": 2, "valid_until_ms": NOW + 3_000},
            NOW + 5_500,
        ),
    ],
)
def test_when_an_order_is_looked_up(phase: Phase, search: dict[str, int], at: int) -> None:
    assert orders.ask_at(order_in(phase, **search)) == at


def test_not_found_counts_only_once_the_request_cannot_arrive_any_more() -> None:
    order = order_in(Phase.UNKNOWN, valid_until_ms=NOW + 3_000)

    assert not orders.absence_counts(order, NOW)
    assert not orders.absence_counts(order, NOW + 3_999)
    assert orders.absence_counts(order, NOW + 4_000)


def test_of_an_order_that_was_reported_it_counts_a_minute_later_and_never_once_it_filled() -> None:
    order = order_in(Phase.UNKNOWN, valid_until_ms=NOW + 3_000)
    order.reported.venue_order_id = "v7"
    assert not orders.absence_counts(order, NOW + 59_999)
    assert orders.absence_counts(order, NOW + 60_000)
    working = order_in(Phase.WORKING)
    assert not orders.absence_counts(working, NOW + 59_999)
    assert orders.absence_counts(working, NOW + 60_000)

    orders.note_report(order, report(OrderStatus.WORKING, "0.001"))
    assert not orders.absence_counts(order, NOW + 10**9)


def test_the_venues_last_word_is_its_newest() -> None:
    order = order_in(Phase.WORKING)
    for at in (5, 9, 7):
        orders.note_report(order, report(OrderStatus.WORKING, venue_ms=at))

    assert order.reported.said_ms == 9


def test_a_recovered_intent_may_have_been_written_until_its_approval_expired() -> None:
    early = orders.recovered(INTENT, now=NOW + 100, recv_window_ms=3_000, venue_order_id="v7")
    late = orders.recovered(INTENT, now=NOW + 99_000, recv_window_ms=3_000, venue_order_id="")

    assert early.search.valid_until_ms == NOW + 3_100
    assert late.search.valid_until_ms == NOW + 3_500
    assert (early.phase, early.since_ms) == (Phase.UNKNOWN, NOW + 100)
    assert (early.reported.venue_order_id, late.reported.venue_order_id) == ("v7", "")
    assert early.intent is INTENT
