"""Keeping books beside the decision: what is committed, in which order, and what trouble does."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import Posting, RecordSource, SourceMark, Sweep, WalletReading
from hedgebot.domain.records import Durable, Record
from hedgebot.errors import VenueError
from hedgebot.shell import bookkeeper
from hedgebot.shell.bookkeeper import ROWS_AT_ONCE, Bookkeeper, pauses
from hedgebot.shell.commits import Batch, Commits
from tests.ledger.samples import T0, mark, posting, reading
from tests.shell.fakes import FakeJournal, until

EVERY_S = 0.01


@dataclass
class FakeStatements:
    """Answers one sweep after the other; the last one again and again."""

    answers: list[Sweep | Exception]
    asked: list[tuple[dict[RecordSource, SourceMark], WalletReading | None]] = field(
        default_factory=list
    )
    name: str = "perp"

    async def sweep(
        self, marks: Mapping[RecordSource, SourceMark], last: WalletReading | None
    ) -> Sweep:
        self.asked.append((dict(marks), last))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def sweep(at_ms: int, postings: Sequence[Posting] = (), failure: str = "") -> Sweep:
    return Sweep(reading(at_ms, {"USDT": "1"}), tuple(postings), (mark(at_ms, failure=failure),))


@asynccontextmanager
async def keeping(
    *answers: Sweep | Exception, durable: Durable | None = None, every_s: float = EVERY_S
) -> AsyncIterator[tuple[FakeStatements, FakeJournal, asyncio.Task[Any]]]:
    statements, journal = FakeStatements(list(answers)), FakeJournal()
    keeper = Bookkeeper(statements, every_s, structlog.get_logger())
    if durable:
        keeper.recall(durable)
    commits = Commits(journal, lambda _event: None, lambda _batch, _kept: None)
    tasks = [asyncio.create_task(commits.run()), asyncio.create_task(keeper.run(commits))]
    try:
        yield statements, journal, tasks[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def kinds(rows: Sequence[Record], kind: type) -> list[Any]:
    return [row for row in rows if isinstance(row, kind)]


async def test_postings_are_kept_before_the_mark_that_vouches_for_them() -> None:
    rows = [posting("1", T0 + n) for n in range(2 * ROWS_AT_ONCE + 3)]
    async with keeping(sweep(T0, rows)) as (_, journal, _task):
        await until(lambda: any(isinstance(row, SourceMark) for row in journal.rows))
        kept = list(journal.rows)
        batches = [len(batch) for batch in journal.batches]
    assert kinds(kept, Posting) == rows
    first = next(n for n, row in enumerate(kept) if isinstance(row, SourceMark))
    assert first > len(rows)
    assert max(batches) <= 50, "an order waits for one portion at most"


async def test_what_was_read_before_is_not_written_again() -> None:
    old, new = posting("1"), posting("2", T0 + 20)
    async with keeping(sweep(T0, [old]), sweep(T0 + 1, [old, new])) as (statements, journal, _):
        await until(lambda: len(statements.asked) > 3)
        kept = kinds(journal.rows, Posting)
    assert kept == [old, new]
    assert statements.asked[1][0] == {RecordSource.INCOME: mark(T0)}
    assert statements.asked[1][1] == reading(T0, {"USDT": "1"})


async def test_a_start_goes_on_from_the_marks_of_its_own_entry() -> None:
    others = reading(T0 - 5, {"BTC": "1"}, WalletId("spot:spot"))
    own = reading(T0 - 9, {"USDT": "7"})
    durable = Durable(
        epoch=1, source_marks=(mark(5, venue="spot"), mark(7)), readings=(own, others)
    )
    async with keeping(sweep(T0), durable=durable) as (statements, _journal, _task):
        await until(lambda: statements.asked)
    assert statements.asked[0] == ({RecordSource.INCOME: mark(7)}, own)


def test_books_that_begin_have_a_statement_in_a_minute_and_slow_down_to_their_pace() -> None:
    assert [*islice(pauses(300, begun=False), 6)] == [15, 30, 60, 120, 240, 300]
    assert [*islice(pauses(300, begun=True), 2)] == [300, 300]
    assert [*islice(pauses(1, begun=False), 2)] == [1, 1]


@pytest.mark.parametrize("begun", [True, False])
async def test_a_daemon_that_goes_on_with_its_books_keeps_their_pace(
    monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    monkeypatch.setattr(bookkeeper, "FIRST_S", 0.01)
    last = (reading(T0, {"USDT": "7"}),) if begun else ()
    durable = Durable(epoch=1, readings=last)
    async with keeping(sweep(T0), durable=durable, every_s=60.0) as (statements, _journal, _task):
        await until(lambda: statements.asked)
        if begun:
            await asyncio.sleep(0.2)
            assert len(statements.asked) == 1
        else:
            await until(lambda: len(statements.asked) == 4)


async def test_a_wallet_that_cannot_be_read_is_said_once_and_tried_again() -> None:
    away = VenueError("perp: no answer")
    with capture_logs() as lines:
        async with keeping(away, away, sweep(T0)) as (statements, journal, _):
            await until(lambda: journal.rows)
    assert len(statements.asked) >= 3
    said = [line["text"] for line in lines if line["event"] == "books not read"]
    assert said == ["perp: no answer"]


async def test_a_listing_that_cannot_be_read_is_said_and_its_mark_kept() -> None:
    with capture_logs() as lines:
        async with keeping(sweep(T0, failure="perp: income: no")) as (_, journal, _task):
            await until(lambda: kinds(journal.rows, SourceMark))
    assert [line["text"] for line in lines] == ["perp: income: no"]


async def test_an_unknown_error_is_not_swallowed() -> None:
    async with keeping(RuntimeError("a bug")) as (_, _journal, task):
        with pytest.raises(RuntimeError, match="a bug"):
            await task


async def test_an_order_waits_for_no_more_than_one_portion() -> None:
    """Its batch is committed with what waits at that moment: at most one portion of postings."""
    rows = [posting("1", T0 + n) for n in range(20 * ROWS_AT_ONCE)]
    statements, journal = FakeStatements([sweep(T0, rows)]), FakeJournal()
    keeper = Bookkeeper(statements, EVERY_S, structlog.get_logger())
    commits = Commits(journal, lambda _event: None, lambda _batch, _kept: None)
    tasks = [asyncio.create_task(commits.run()), asyncio.create_task(keeper.run(commits))]
    await until(lambda: len(journal.batches) == 3)
    commits.add(Batch((mark(1, venue="order"),)))
    await until(lambda: any(row == mark(1, venue="order") for row in journal.rows))
    before = journal.rows.index(mark(1, venue="order"))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert before <= 5 * ROWS_AT_ONCE
