"""The books in the journal: each record once, marks replaced, read back from a moment on."""

from dataclasses import replace
from pathlib import Path

from hedgebot.adapters.journal import tables
from hedgebot.adapters.journal.books import books, last_decided
from hedgebot.adapters.journal.reading import reading as reading_of
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import FillKept, IntentKept
from tests.adapters.journal.samples import NOW, PERP, decision, fill, intent, opened, place
from tests.ledger.samples import FUTURES, D, mark, posting, reading


async def test_a_record_that_is_read_again_is_one_row_and_told_otherwise_two(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    first = posting("0.00000001", NOW, instrument=PERP)
    again = replace(first, at_ms=NOW + 9, until_ms=NOW + 5)
    await journal.commit([first])
    await journal.commit([again, replace(first, change=D("0.00000002"))])
    kept = books(journal.rows, 0).postings
    await journal.close()
    assert kept == (first, replace(first, change=D("0.00000002")))


async def test_marks_are_replaced_and_a_start_reads_them_and_the_last_readings(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    spot = reading(NOW + 1, {"BTC": "0.1"}, WalletId("spot:spot"))
    await journal.commit([mark(5), reading(NOW, {"USDT": "1"}), spot])
    await journal.commit([mark(9, failure="no answer"), reading(NOW + 7, {"USDT": "2"})])
    durable = await journal.load()
    await journal.close()
    assert durable.source_marks == (mark(9, failure="no answer"),)
    assert set(durable.readings) == {spot, reading(NOW + 7, {"USDT": "2"})}


async def test_books_begin_where_they_are_asked_to(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    old, pending = posting("1", NOW - 50), posting("2", NOW - 40, until_ms=NOW + 10)
    new = posting("3", NOW + 5)
    readings = [reading(NOW + n, {"USDT": str(n)}) for n in (-45, 0, 20)]
    await journal.commit([old, pending, new, *readings, IntentKept(intent(1), dry_run=False)])
    await journal.commit(
        [
            FillKept(NOW, fill("1", venue_ms=NOW - 50)),
            FillKept(NOW, fill("2", venue_ms=NOW + 1)),
            FillKept(NOW, fill("3", venue_ms=NOW + 2, order_id=None)),
            decision(NOW),
            replace(decision(NOW + 5), mark=7.0),
        ]
    )
    await journal.close()
    with reading_of(place(tmp_path)) as rows:
        found = books(rows, NOW)
        marks = {asset: each.mark for asset, each in last_decided(rows).items()}
    assert found.postings == (pending, new)
    assert found.readings == {FUTURES: tuple(readings[1:])}
    assert [each.fill.trade_id for each in found.fills] == ["2", "3"]
    assert found.intents == {OrderId(1): intent(1)}
    assert marks == {"BTC": 7.0}


async def test_postings_carry_the_account_of_their_wallet(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([posting("1"), reading(NOW, {}), mark(1)])
    for table in (tables.postings, tables.readings, tables.source_marks):
        assert [row["account_id"] for row in journal.rows.find(table)] == ["main"]
    await journal.close()
