"""What becomes of orders and answers when the journal fails, is slow, or hangs."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest

from hedgebot.domain.actions import Action, Keep
from hedgebot.domain.events import (
    Event,
    JournalBack,
    JournalFailed,
    MarkSeen,
    NotSent,
    NotSentReason,
)
from hedgebot.domain.orders import OrderId
from hedgebot.domain.records import (
    AlertKept,
    CounterKept,
    IntentKept,
    Record,
    WatermarkKept,
)
from hedgebot.errors import JournalError
from hedgebot.shell import commits
from hedgebot.shell.commits import Batch, Commits
from tests.shell.fakes import PERP, FakeJournal, intent_of, mark_of, place_of, until
from tests.shell.running import Bench, running


def row(number: int) -> Record:
    return CounterKept("orders", number, Decimal(number))


def orders_at_marks(event: Event) -> Sequence[Action]:
    """Each mark wants an order whose id is the mark."""
    if isinstance(event, MarkSeen):
        number = int(event.mark)
        return (Keep(IntentKept(intent_of(number), dry_run=False)), place_of(number))
    return ()


async def refusals(bench: Bench, count: int) -> None:
    await until(lambda: len(bench.script.of(NotSent)) == count)


async def test_an_order_that_cannot_be_journaled_is_not_sent() -> None:
    journal = FakeJournal(failing="disk full")
    async with running(orders_at_marks, journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(NotSent))
        assert bench.script.of(NotSent) == [NotSent(OrderId(1), NotSentReason.JOURNAL)]
        assert bench.script.of(JournalFailed) == [JournalFailed("disk full")]
        assert bench.venue.sent == []


async def test_a_failure_is_told_once_and_every_order_of_it_is_refused() -> None:
    journal = FakeJournal(failing="disk full")
    async with running(orders_at_marks, journal=journal) as bench:
        for number in (1, 2, 3):
            bench.feed(mark_of(float(number)))
            await refusals(bench, number)
        assert len(bench.script.of(JournalFailed)) == 1


async def test_the_prober_keeps_the_rows_in_order_and_says_that_the_journal_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commits, "PROBE_S", 0.02)
    journal = FakeJournal(failing="locked")
    async with running(orders_at_marks, journal=journal) as bench:
        for number in (1, 2):
            bench.feed(mark_of(float(number)))
            await refusals(bench, number)
        journal.failing = ""
        await until(lambda: bench.script.of(JournalBack))
        kept = [record.intent.order_id for record in journal.rows if isinstance(record, IntentKept)]
        assert kept == [1, 2]
        assert bench.venue.sent == [], "what was refused stays refused"
        bench.feed(mark_of(3.0))
        await until(lambda: bench.venue.sent == [OrderId(3)])
        assert len(bench.script.of(JournalBack)) == 1


async def test_a_commit_that_hangs_counts_as_failed_and_is_still_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commits, "COMMIT_S_MAX", 0.05)
    journal = FakeJournal(delay_s=0.2)
    async with running(orders_at_marks, journal=journal) as bench:
        bench.feed(mark_of(1.0))
        await until(lambda: bench.script.of(NotSent))
        assert bench.script.of(JournalFailed)[0].reason == "no answer to a commit for 0.05 s"
        await until(lambda: bench.script.of(JournalBack))
        assert len(journal.rows) == 1
        assert journal.attempts == 1
        assert bench.venue.sent == []


async def test_rows_that_no_longer_fit_in_memory_end_the_daemon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commits, "UNKEPT_MAX", 1)
    async with running(orders_at_marks, journal=FakeJournal(failing="disk full")) as bench:
        bench.feed(mark_of(1.0))
        bench.feed(mark_of(2.0))
        await until(lambda: bench.script.of(NotSent))
        bench.feed(mark_of(3.0))
        ending = await asyncio.wait_for(bench.work, 5)
    assert ending.exit_code == 1
    assert "free its disk" in ending.reason


async def test_batches_that_waited_are_one_commit_and_are_released_in_order() -> None:
    journal = FakeJournal(delay_s=0.02)
    released: list[tuple[Batch, bool]] = []
    emitted: list[Event] = []
    book = Commits(
        journal, emitted.append, lambda batch, durable: released.append((batch, durable))
    )
    work = asyncio.create_task(book.run())
    batches = [Batch((row(number),)) for number in range(5)]
    for batch in batches:
        book.add(batch)
        await asyncio.sleep(0.005)
    await until(lambda: len(released) == 5)
    work.cancel()
    assert released == [(batch, True) for batch in batches]
    assert journal.rows == [row(number) for number in range(5)]
    assert 2 <= len(journal.batches) < 5
    assert emitted == []


async def test_the_last_rows_are_drained_or_named_as_lost() -> None:
    journal = FakeJournal()
    book = Commits(journal, lambda _event: None, lambda _batch, _durable: None)
    book.add(Batch((row(1),)))
    await book.drain()
    assert journal.rows == [row(1)]
    journal.failing = "gone"
    book.add(Batch((row(2),)))
    with pytest.raises(JournalError, match="1 last rows"):
        await book.drain()


async def test_facts_linger_and_what_an_order_waits_for_does_not() -> None:
    journal = FakeJournal()
    book = Commits(journal, lambda _event: None, lambda _batch, _durable: None)
    work = asyncio.create_task(book.run())
    told = AlertKept(0, "key", "info", "text", recovered=False)
    kept = IntentKept(intent_of(1), dry_run=False)
    book.add(Batch((told, kept), intents=(intent_of(1),)))
    await until(lambda: journal.rows)
    assert journal.rows == [kept]
    await until(lambda: len(journal.rows) == 2)
    assert journal.rows == [kept, told]
    work.cancel()


async def test_no_watermark_is_kept_ahead_of_facts() -> None:
    journal = FakeJournal()
    book = Commits(journal, lambda _event: None, lambda _batch, _durable: None)
    work = asyncio.create_task(book.run())
    earlier = AlertKept(0, "earlier", "info", "text", recovered=False)
    own = AlertKept(0, "own", "info", "text", recovered=False)
    watermark = WatermarkKept(PERP, 1)
    book.add(Batch((earlier,)))
    book.add(Batch((own, watermark)))
    await until(lambda: journal.rows)
    assert journal.batches == [(earlier, own, watermark)]
    work.cancel()
