"""What a start reads back, and what a batch may do."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.journal import open_journal, shapes, tables
from hedgebot.domain.actions import Alert, Severity
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.records import (
    AlertKept,
    CloseReason,
    CounterKept,
    Durable,
    EpochKept,
    FillKept,
    HoldingKept,
    HoldingRise,
    IntentKept,
    Opening,
    OpenIntent,
    Phase,
    Start,
    TradingState,
    TransitEnd,
    TransitKept,
    TransitMarkKept,
    WatermarkKept,
)
from hedgebot.errors import JournalError
from tests.adapters.journal.samples import (
    NOW,
    PERP,
    HandClock,
    alert,
    closed,
    control,
    decision,
    fill,
    intent,
    moved,
    opened,
    place,
    replace,
)

SPOT = InstrumentId("spot:BTC/USDT")
DAY_MS = 86_400_000
MINUTE_MS = 60_000


async def test_a_new_journal_is_empty_and_at_epoch_one(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    durable = await journal.load()
    await journal.close()
    assert durable == Durable(epoch=1)


async def test_epochs_grow_and_starts_tell_how_they_ended(tmp_path: Path) -> None:
    clock = HandClock()
    for number in range(12):
        clock.now = NOW + number
        journal = opened(tmp_path, clock)
        durable = await journal.load()
        assert durable.epoch == number + 1
        await journal.close(f"error {number}" if number % 2 else "")
    journal = opened(tmp_path)
    starts = (await journal.load()).starts
    await journal.close()
    assert len(starts) == 10
    assert starts[:2] == (Start(NOW + 11, 12, "error 11"), Start(NOW + 10, 11, ""))


async def test_the_epoch_goes_on_above_an_adopted_one(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.load()
    await journal.commit([EpochKept(NOW, 41), EpochKept(NOW, 41)])
    await journal.close()
    journal = opened(tmp_path)
    durable = await journal.load()
    await journal.close()
    assert durable.epoch == 42
    assert [start.epoch for start in durable.starts] == [1]


async def test_open_intents_are_those_without_a_close(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([IntentKept(intent(number), dry_run=False) for number in (1, 2, 3, 4)])
    await journal.commit(
        [
            closed(1),
            moved(2, Phase.WORKING, venue_order_id="v2", filled_qty=Decimal("0.2")),
            moved(2, Phase.UNKNOWN, filled_qty=Decimal("0.1")),
            moved(3, Phase.WORKING),
            closed(3, CloseReason.NEVER_ARRIVED),
        ]
    )
    durable = await journal.load()
    await journal.close()
    assert durable.open_intents == (
        OpenIntent(intent(2), "v2", Decimal("0.2")),
        OpenIntent(intent(4), "", Decimal(0)),
    )


async def test_orders_of_eight_days_are_known_and_open_ones_for_ever(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    old = NOW - 8 * DAY_MS
    await journal.commit(
        [
            IntentKept(intent(1, old - 1), dry_run=False),
            moved(1, Phase.CLOSED, at_ms=old - 1),
            IntentKept(intent(2, old), dry_run=False),
            moved(2, Phase.CLOSED, at_ms=old),
            IntentKept(intent(3, old - 30 * DAY_MS), dry_run=False),
            closed(4),  # found at the venue, its intent lost
        ]
    )
    durable = await journal.load()
    await journal.close()
    assert durable.known_orders == {2, 3, 4}


async def test_fills_since_the_oldest_watermark_and_all_of_open_intents(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    cut = NOW - 10 * MINUTE_MS
    foreign = {"order_id": None, "venue_order_id": "77"}
    told = {
        "at the cut": fill("a", venue_ms=cut, **foreign),
        "before the cut": fill("b", venue_ms=cut - 1, **foreign),
        "before, ours": fill("c", venue_ms=cut - DAY_MS, order_id=1, venue_order_id=""),
        "before, by venue id": fill("d", venue_ms=cut - 1, order_id=None, venue_order_id="v1"),
        "other market": fill("e", venue_ms=NOW, instrument="spot:BTC/USDT", **foreign),
    }
    await journal.commit(
        [
            IntentKept(intent(1, NOW - DAY_MS), dry_run=False),
            moved(1, Phase.WORKING, venue_order_id="v1"),
            WatermarkKept(PERP, NOW),
            WatermarkKept(SPOT, NOW + DAY_MS),
            *(FillKept(NOW, each) for each in told.values()),
        ]
    )
    durable = await journal.load()
    await journal.close()
    assert set(durable.fills) == set(told.values()) - {told["before the cut"]}
    assert durable.watermarks == (
        WatermarkKept(PERP, NOW),
        WatermarkKept(SPOT, NOW + DAY_MS),
    )


async def test_without_a_watermark_every_fill_is_read(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([FillKept(NOW, fill("a", venue_ms=5))])
    assert (await journal.load()).fills == (fill("a", venue_ms=5),)
    await journal.close()


async def test_the_latest_control_and_holding_of_each_stand(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    book = control(TradingState.ACTIVE)
    btc = replace(control(TradingState.REDUCING, "BTC"), expires_ms=NOW + 1)
    eth = control(TradingState.FLATTENING, "ETH")
    cold = HoldingKept(NOW, "cold", Decimal("2.5"), Decimal(1), "ada")
    await journal.commit(
        [control(), control(asset="BTC"), eth, btc, book, replace(cold, qty=Decimal(1)), cold]
    )
    durable = await journal.load()
    await journal.close()
    assert set(durable.controls) == {book, btc, eth}
    assert durable.holdings == (cold,)


async def test_what_each_holdings_set_added_is_read_back(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    told = [("cold", 2, NOW - 9 * DAY_MS), ("cold", 5, NOW), ("cold", 4, NOW + 1)]
    told += [("vault", 1, NOW + 2), ("cold", 6, NOW + 3)]
    await journal.commit(
        [HoldingKept(at, label, Decimal(qty), Decimal(1), "ada") for label, qty, at in told]
    )
    durable = await journal.load()
    await journal.close()
    assert durable.rises == (
        HoldingRise(NOW, "cold", Decimal(3)),
        HoldingRise(NOW + 3, "cold", Decimal(2)),
    )


async def test_the_last_row_of_each_withdrawal_stands_and_old_ones_are_forgotten(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    held = TransitKept(
        at_ms=NOW,
        venue="spot",
        record_id="w1",
        coin="BTC",
        qty=Decimal("2.999"),
        debit=Decimal(3),
        since_ms=NOW,
        outside=Decimal("12.5"),
    )
    ended = replace(held, at_ms=NOW + 5, end=TransitEnd.ARRIVED)
    other = replace(held, record_id="w2")
    old = replace(held, record_id="w0", since_ms=NOW - 9 * DAY_MS)
    marks = (TransitMarkKept("spot", "", 7), TransitMarkKept("spot", "BTC", 9))
    await journal.commit([held, other, old, TransitMarkKept("spot", "", 5), ended, *marks])
    durable = await journal.load()
    await journal.close()
    assert set(durable.transits) == {ended, other}
    assert set(durable.transit_marks) == set(marks)


async def test_counters_are_replaced_and_old_windows_forgotten(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    lasting = CounterKept("breaker", 0, Decimal(1))
    now = CounterKept("orders", NOW, Decimal(1))
    await journal.commit([lasting, now, CounterKept("orders", NOW - 9 * DAY_MS, Decimal(4))])
    await journal.commit([replace(now, value=Decimal(2))])
    await journal.load()
    kept = {shapes.counter_of(row) for row in journal.rows.find(tables.counters)}
    await journal.close()
    assert kept == {lasting, replace(now, value=Decimal(2))}


async def test_the_limits_count_the_opening_orders_of_this_utc_day(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    midnight_ms = NOW - NOW % DAY_MS
    today = [intent(1, midnight_ms), intent(2, NOW)]
    others = [intent(3, midnight_ms - 1), replace(intent(4), reduce_only=True)]
    await journal.commit([IntentKept(each, dry_run=False) for each in [*today, *others]])
    over = replace(closed(1), at_ms=NOW, filled_qty=Decimal("0.002"))
    await journal.commit([over])
    durable = await journal.load()
    await journal.close()
    assert durable.opening == (
        Opening(today[0], Decimal("0.002")), Opening(today[1], today[1].qty)
    )  # fmt: skip


async def test_alerts_stand_until_they_recover(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([alert("a"), alert("b"), alert("b", recovered=True), alert("a")])
    durable = await journal.load()
    await journal.close()
    assert durable.alerts == (alert("a"),)


def said(key: str, at_ms: int = NOW) -> Alert:
    return Alert(Severity.CRITICAL, key, f"{key} is out of its band", at_ms=at_ms)


async def test_alerts_that_nobody_was_told_go_out_at_the_next_start(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([alert("a"), alert("b"), alert("old", at_ms=NOW - 4 * DAY_MS)])
    await journal.commit([alert("c", at_ms=NOW + 1), alert("c", at_ms=NOW + 2)])
    journal.settle_alerts([said("a"), said("c", NOW + 2)])
    await journal.close()
    journal = opened(tmp_path)
    late = journal.undelivered_alerts()
    assert late == (said("b"), said("c", NOW + 1)), "in order, each with its own time"
    journal.settle_alerts(late)
    assert journal.undelivered_alerts() == ()
    await journal.close()


async def test_the_end_of_a_condition_that_nobody_was_told_is_told_as_such(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    over = replace(alert("a", recovered=True, at_ms=NOW + 1), severity="info")
    await journal.commit(
        [alert("a"), over, replace(alert("moved", recovered=True), severity="info")]
    )
    first, end, moment = journal.undelivered_alerts()
    assert (first.recovered, end.recovered, moment.recovered) == (False, True, False)
    assert (end.severity, moment.severity) == (Severity.CRITICAL, Severity.INFO)
    await journal.close()


async def test_an_alert_that_was_told_before_its_row_was_kept_is_not_told_again(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    journal.settle_alerts([said("a")])
    await journal.commit([alert("a"), alert("b")])
    await journal.close()
    journal = opened(tmp_path)
    assert journal.undelivered_alerts() == (said("b"),)
    await journal.close()


async def test_a_dry_run_is_a_book_of_its_own(tmp_path: Path) -> None:
    dry = opened(tmp_path, dry_run=True)
    await dry.load()
    await dry.commit([IntentKept(intent(), dry_run=True), control(), FillKept(NOW, fill())])
    await dry.close()
    live = opened(tmp_path)
    durable = await live.load()
    await live.close()
    assert durable == Durable(epoch=1)


async def test_a_batch_is_all_or_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([IntentKept(intent(1), dry_run=False)])
    with pytest.raises(JournalError, match="UNIQUE"):
        await journal.commit([decision(), control(), IntentKept(intent(1), dry_run=False)])
    await journal.commit([])
    await journal.commit([AlertKept(NOW, "after", "info", "it works again", recovered=False)])
    durable = await journal.load()
    count = journal.rows.store.raw.execute("SELECT count(*) FROM decisions").fetchone()
    await journal.close()
    assert count == (0,)
    assert durable.controls == ()
    assert [each.key for each in durable.alerts] == ["after"]


async def test_a_fill_told_twice_is_kept_once(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    # A listing by REST knows less of the same trade than the stream did.
    poorer = fill(fee=Decimal(0), fee_asset="", client_order_id="", order_id=None, venue_ms=NOW + 1)
    await journal.commit([FillKept(NOW, fill()), FillKept(NOW, fill())])
    await journal.commit([FillKept(NOW + 9, poorer), FillKept(NOW + 9, fill("8"))])
    durable = await journal.load()
    await journal.close()
    assert durable.fills == (fill(), fill("8"))


@pytest.mark.parametrize(
    "change",
    [
        {"qty": Decimal("0.2")},
        {"price": Decimal(64_001)},
        {"side": fill().side.opposite},
        {"venue_order_id": "98"},
        {"fee": Decimal(3)},
    ],
)
async def test_a_fill_told_otherwise_is_a_contradiction(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    journal = opened(tmp_path)
    await journal.commit([FillKept(NOW, fill())])
    name = next(iter(change))
    with pytest.raises(JournalError, match=f"trade 7 of {PERP} .*{name}: .* kept, .* told"):
        await journal.commit([control(), FillKept(NOW, fill("7", **change))])
    durable = await journal.load()
    await journal.close()
    assert durable.controls == ()
    assert durable.fills == (fill(),)


async def test_after_close_nothing_is_kept(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.load()
    await journal.close()
    await journal.close()
    with pytest.raises(JournalError):
        await journal.commit([control()])


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_secrets_are_masked_before_they_are_kept(tmp_path: Path) -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2hunter2", "***")

    journal = open_journal(place(tmp_path), HandClock(), redact)
    await journal.load()
    said = "signature hunter2hunter2 refused"
    await journal.commit(
        [
            moved(1, Phase.CLOSED, detail=said),
            replace(control(), reason=said),
            AlertKept(NOW, said, "info", said, recovered=False),
        ]
    )
    assert len(journal.undelivered_alerts()) == 1
    journal.settle_alerts([Alert(Severity.INFO, said, said, at_ms=NOW)])
    assert journal.undelivered_alerts() == ()
    await journal.close(f"ValueError: {said}")
    assert b"hunter2" not in everything(tmp_path)
