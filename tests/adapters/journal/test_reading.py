"""The read side: newest first, exact sums, time in the band."""

from decimal import Decimal
from pathlib import Path

import pytest

from hedgebot.adapters.journal import reading, summary
from hedgebot.adapters.journal.summary import BandTime
from hedgebot.domain.events import FundingSeen
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.orders import Cause
from hedgebot.domain.records import (
    AdoptionKept,
    CloseReason,
    FillKept,
    FundingKept,
    IntentKept,
    Phase,
    Record,
    Verdict,
)
from tests.adapters.journal.samples import (
    NOW,
    PERP,
    WIDE,
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

WALLET = WalletId("perp:futures")


async def keep(folder: Path, *records: Record) -> None:
    journal = opened(folder)
    await journal.load()
    await journal.commit(records)
    await journal.close()


async def test_rows_come_newest_first_and_no_more_than_asked(tmp_path: Path) -> None:
    adoption = AdoptionKept(NOW, PERP, Decimal(1), Decimal(2), "drift")
    await keep(
        tmp_path,
        *(IntentKept(intent(number), dry_run=False) for number in range(1, 4)),
        moved(3, Phase.WORKING),
        closed(3),
        *(FillKept(NOW, fill(str(number))) for number in range(3)),
        *(decision(NOW + number) for number in range(3)),
        control(),
        adoption,
        alert("a"),
        alert("b"),
    )
    with reading.reading(place(tmp_path)) as rows:
        orders = reading.orders(rows, 2)
        assert [line.kept for line in orders] == [
            IntentKept(intent(3), dry_run=False),
            IntentKept(intent(2), dry_run=False),
        ]
        assert [line.last for line in orders] == [closed(3), None]
        assert reading.fills(rows, 1) == (FillKept(NOW, fill("2")),)
        assert reading.decisions(rows, 2) == (decision(NOW + 2), decision(NOW + 1))
        assert reading.controls(rows) == (control(),)
        assert reading.adoptions(rows) == (adoption,)
        assert [each.key for each in reading.alerts(rows)] == ["b", "a"]
        assert [each.epoch for each in reading.starts(rows)] == [1]
        assert reading.funding(rows) == ()


async def test_another_book_of_the_same_file_is_not_seen(tmp_path: Path) -> None:
    await keep(tmp_path, control(), FillKept(NOW, fill()))
    with reading.reading(place(tmp_path, book="other")) as rows:
        assert reading.controls(rows) == ()
        assert summary.fees(rows) == {}


async def test_sums_are_exact(tmp_path: Path) -> None:
    tiny, huge = Decimal("0.000000000000000001"), Decimal(12345678901234567890)

    def paid(trade_id: str, fee: Decimal, asset: str) -> FillKept:
        return FillKept(NOW, fill(trade_id, fee=fee, fee_asset=asset))

    def received(venue_ms: int, payment: Decimal) -> FundingKept:
        return FundingKept(NOW, FundingSeen(WALLET, "USDT", payment, venue_ms, PERP))

    await keep(
        tmp_path,
        paid("1", huge, "USDT"),
        paid("2", tiny, "USDT"),
        paid("3", Decimal("0.1"), "BNB"),
        paid("4", Decimal("-0.3"), "BNB"),
        paid("5", Decimal(0), ""),
        received(1, -huge),
        received(2, tiny),
    )
    with reading.reading(place(tmp_path)) as rows:
        assert summary.fees(rows) == {"USDT": WIDE.add(huge, tiny), "BNB": Decimal("-0.2")}
        sums = summary.funding_received(rows)
        assert summary.fees(rows, NOW + 1) == {}
    assert str(sums["USDT"]) == "-12345678901234567889.999999999999999999"


async def test_counts_say_what_happened_how_often(tmp_path: Path) -> None:
    await keep(
        tmp_path,
        *(IntentKept(intent(number), dry_run=False) for number in range(1, 4)),
        closed(1),
        closed(2, CloseReason.NOT_SENT),
        closed(3),
        FillKept(NOW, fill("1")),
        FillKept(NOW, fill("2", cause=Cause.ADL)),
        decision(),
        AdoptionKept(NOW, PERP, Decimal(1), Decimal(2), "drift"),
        alert(),
        replace(alert("x"), severity="info"),
    )
    with reading.reading(place(tmp_path)) as rows:
        counts = summary.counts(rows)
        later = summary.counts(rows, NOW + 1)
    assert counts == summary.Counts(
        starts=1,
        decisions=1,
        intents=3,
        closed={CloseReason.FILLED: 2, CloseReason.NOT_SENT: 1},
        fills={Cause.OURS: 1, Cause.ADL: 1},
        funding=0,
        adoptions=1,
        alerts={"critical": 1, "info": 1},
    )
    assert later == summary.Counts(
        starts=0, decisions=0, intents=0, closed={}, fills={}, funding=0, adoptions=0, alerts={}
    )


async def run(folder: Path, *decided: tuple[int, Verdict], end_ms: int | None) -> None:
    """One start at the first decision; killed where there is no end."""
    clock = HandClock(NOW + decided[0][0])
    journal = opened(folder, clock)
    await journal.load()
    await journal.commit([decision(NOW + at, verdict) for at, verdict in decided])
    if end_ms is None:
        journal.release()
    else:
        clock.now = NOW + end_ms
        await journal.close()


@pytest.mark.parametrize(("killed", "known"), [(False, 600), (True, 500)])
async def test_time_in_band_runs_from_verdict_to_verdict(
    tmp_path: Path, killed: bool, known: int
) -> None:
    first = (
        (0, Verdict.IN_BAND),
        (100, Verdict.TRADE),
        (150, Verdict.IN_BAND),
        (200, Verdict.WAIT),
    )
    await run(tmp_path, *first, end_ms=None if killed else 300)
    await run(tmp_path, (1_000, Verdict.IN_BAND), (1_250, Verdict.TOO_SMALL), end_ms=None)
    with reading.reading(place(tmp_path)) as rows:
        found = summary.time_in_band(rows, NOW + 1_300)
        last = summary.last_decisions(rows)
    assert found == {"BTC": BandTime(in_band_ms=400, known_ms=known)}
    assert found["BTC"].fraction == 400 / known
    assert last == {"BTC": decision(NOW + 1_250, Verdict.TOO_SMALL)}


async def test_each_asset_has_its_own_time_in_band(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.load()
    await journal.commit(
        [
            decision(NOW, Verdict.IN_BAND, "ETH"),
            decision(NOW, Verdict.TRADE),
            decision(NOW + 10, Verdict.IN_BAND),
            decision(NOW + 30, Verdict.TRADE, "ETH"),
        ]
    )
    with reading.reading(place(tmp_path)) as rows:
        found = summary.time_in_band(rows, NOW + 40)
        nothing = summary.time_in_band(rows, NOW + 40, NOW + 31)
    await journal.close()
    assert found == {"ETH": BandTime(30, 40), "BTC": BandTime(30, 40)}
    assert nothing == {}


def test_where_nothing_is_known_nothing_was_out_of_band() -> None:
    assert BandTime(0, 0).fraction == 1.0
