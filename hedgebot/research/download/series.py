"""Bring one series up to date: ask for what its file lacks, then write it whole."""

import polars as pl

from hedgebot.adapters.binance.paging import listed, windows
from hedgebot.adapters.binance.past import ROWS_MAX, Prices, Span
from hedgebot.research.download import settled
from hedgebot.research.download.bars import Filler, holes
from hedgebot.research.download.shelf import FUNDING, PRICE_BARS, TRADE_BARS, Shelf
from hedgebot.research.download.task import Task
from hedgebot.research.download.told import DownloadFailed, Gap, Report
from hedgebot.research.history.findings import stamp

CLOSED_MS = 2_000
"""A bar that closed less than this ago may still change."""
FUNDING_SPAN_MS = 300 * 86_400_000
"""Of one page: 900 settlements eight hours apart; a full page is asked for in halves."""


async def bring_bars(task: Task) -> Report:
    """Bars of trades, marks or index, closed ones only.

    Raises:
        HedgebotError: the venue or the folder does not let it.
    """
    step_ms = task.each.step_ms
    span = _span(task, step_ms)
    schema = TRADE_BARS if task.each.prices is Prices.TRADES else PRICE_BARS
    shelf = Shelf(task.plan.folder, task.name(task.each.interval), schema)
    task.watcher.begin(shelf.name, span)
    known = shelf.known()
    times = times_of(known)
    if astray := [at for at in times if at % step_ms]:
        raise DownloadFailed(
            f"{shelf.path.name}: {len(astray)} rows are no bars of {task.each.interval}: "
            "take the file away"
        )
    await _same_as_venue(task, shelf, known)
    filler = Filler(task.ask_bars, step_ms)
    with task.kept(shelf):
        for hole in list(holes((at for at in times if _inside(at, span)), span, step_ms)):
            async for reached_ms, found in filler.fill(hole):
                task.take(shelf, [bar[: len(schema)] for bar in found])
                task.watcher.reached(reached_ms)
    rows = shelf.known()
    task.watcher.reached(span.end_ms)
    inner = Span(times_of(rows)[0], times_of(rows)[-1]) if rows.height else span
    gaps = [
        Gap(hole.begin_ms, hole.end_ms - step_ms, (hole.end_ms - hole.begin_ms) // step_ms)
        for hole in (holes(times_of(rows), inner, step_ms) if rows.height else ())
    ]
    return _finished(shelf, known, rows, gaps)


async def bring_funding(task: Task) -> Report:
    """Settled funding with the interval of each rate.

    Raises:
        HedgebotError: the venue or the folder does not let it.
    """
    span = _span(task, 1)
    shelf = Shelf(
        task.plan.folder, _funding_name(task), FUNDING, derived=frozenset({settled.HOURS})
    )
    task.watcher.begin(shelf.name, span)
    known = shelf.known()
    with task.kept(shelf):
        for hole in _funding_holes(known, span):
            for window in windows(hole.begin_ms, hole.end_ms - 1, FUNDING_SPAN_MS):
                what = f"{task.past.exchange}: funding of {task.each.symbol}"
                found = await listed(
                    task.ask_settlements, iter([window]), rows_max=ROWS_MAX, what=what
                )
                task.take(shelf, found)
                task.watcher.reached(window[1] + 1)
    rows = settled.with_intervals(shelf.known())
    task.watcher.reached(span.end_ms)
    gaps = [Gap(*each) for each in settled.missing(rows)]
    shelf.rename(task.name(f"{settled.commonest(rows)}h"))
    return _finished(shelf, known, rows, gaps)


def times_of(rows: pl.DataFrame) -> list[int]:
    """When the rows are, ms."""
    return rows["date"].dt.epoch("ms").to_list()


def _span(task: Task, step_ms: int) -> Span:
    """What is asked for and closed, on the grid.

    Raises:
        DownloadFailed: nothing of it has closed yet.
    """
    closed = task.past.now_ms() - CLOSED_MS
    end = closed if task.plan.end_ms is None else min(task.plan.end_ms, closed)
    span = Span(-(-task.plan.begin_ms // step_ms) * step_ms, end // step_ms * step_ms)
    if span.begin_ms >= span.end_ms:
        raise DownloadFailed(f"{task.each.symbol}: no bar of that time has closed yet")
    return span


def _inside(at_ms: int, span: Span) -> bool:
    return span.begin_ms <= at_ms < span.end_ms


async def _same_as_venue(task: Task, shelf: Shelf, known: pl.DataFrame) -> None:
    """Whether the first and the last bar of what is there are the venue's.

    Raises:
        DownloadFailed: they are not: going on would mix two histories.
    """
    ends = pl.concat([known.head(1), known.tail(1)]).unique().sort("date")
    for at_ms, row in zip(times_of(ends), ends.iter_rows(), strict=True):
        told = await task.ask_bars(Span(at_ms, at_ms + task.each.step_ms), 1)
        if told and tuple(told[0][1 : len(row)]) != row[1:]:
            raise DownloadFailed(_other_history(shelf, at_ms))


def _other_history(shelf: Shelf, at_ms: int) -> str:
    return (
        f"{shelf.path.name}: the venue tells {stamp(at_ms)} otherwise: of another network, or "
        "edited? Take the file away, or download into another folder"
    )


def _funding_name(task: Task) -> str:
    """Of the file that is there, whatever its interval; else of eight hours, until it is known."""
    there = sorted(task.plan.folder.glob(f"{task.name('*')}.parquet"))
    return there[0].stem if there else task.name("8h")


def _funding_holes(known: pl.DataFrame, span: Span) -> list[Span]:
    """Before what is known, after it, and where settlements seem to be missing in it."""
    if known.is_empty():
        return [span]
    times = times_of(known)
    inner = settled.missing(settled.with_intervals(known))
    found = [
        Span(span.begin_ms, min(times[0], span.end_ms)),
        *(Span(begin - settled.HOUR_MS // 2, end + settled.HOUR_MS // 2)
          for begin, end, _ in inner),
        Span(max(times[-1] + 1, span.begin_ms), span.end_ms),
    ]  # fmt: skip
    return [each for each in found if each.begin_ms < each.end_ms]


def _finished(shelf: Shelf, before: pl.DataFrame, rows: pl.DataFrame, gaps: list[Gap]) -> Report:
    """The file written whole, if anything came that it lacks; what it holds."""
    if rows.is_empty():
        return Report(shelf.name, 0, 0, None, None, ())
    if shelf.parts.exists() or not shelf.path.exists():
        shelf.finish(rows)
    times = rows["date"].dt.epoch("ms")
    added = rows.height - before.height
    return Report(shelf.name, rows.height, added, int(times[0]), int(times[-1]), tuple(gaps))
