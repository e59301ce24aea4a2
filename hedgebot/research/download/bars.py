"""Every bar of a span: pages, and once more whatever a page left out."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from hedgebot.adapters.binance.past import ROWS_MAX, SPAN_MS_MAX, Bar, Span

Ask = Callable[[Span, int], Awaitable[list[Bar]]]
"""Reads the bars that open in a span, so many of them at most."""


def holes(times: Iterable[int], span: Span, step_ms: int) -> Iterator[Span]:
    """Where no bar is, between bars in order."""
    ends = [span.begin_ms - step_ms, *times, span.end_ms]
    for before, after in pairwise(ends):
        if after - before > step_ms:
            yield Span(before + step_ms, after)


@dataclass(frozen=True, slots=True)
class Filler:
    """Asks for what is missing, oldest first."""

    ask: Ask
    step_ms: int

    async def fill(self, hole: Span) -> AsyncIterator[tuple[int, list[Bar]]]:
        """The bars of a hole, page by page, each with the time up to which all is known."""
        at = hole.begin_ms
        while at < hole.end_ms:
            window = Span(at, min(at + ROWS_MAX * self.step_ms, hole.end_ms))
            found = await self.page(window)
            at = window.end_ms if found else await self.next_after(window, hole.end_ms)
            yield at, found

    async def page(self, window: Span) -> list[Bar]:
        """All that the venue has of a window. What is not in an answer is asked for by itself: a
        venue may give fewer rows than it was asked for, and either end of them.
        """
        found = await self.ask(window, ROWS_MAX)
        pending = list(holes((bar.open_ms for bar in found), window, self.step_ms))
        pending = [hole for hole in pending if hole != window]
        while pending:
            hole = pending.pop()
            more = await self.ask(hole, ROWS_MAX)
            found += more
            rest = holes((bar.open_ms for bar in more), hole, self.step_ms)
            pending += [each for each in rest if each != hole]
        return sorted(found)

    async def next_after(self, window: Span, end_ms: int) -> int:
        """Where bars begin again after an empty window, or the end: found by halves."""
        at = window.end_ms
        while at < end_ms:
            span = Span(at, min(at + SPAN_MS_MAX // self.step_ms * self.step_ms, end_ms))
            if await self.ask(span, 1):
                return await self.first_in(span)
            at = span.end_ms
        return end_ms

    async def first_in(self, span: Span) -> int:
        """The beginning of the window, at most a page long, in which the first bar is."""
        begin, end = span
        while end - begin > ROWS_MAX * self.step_ms:
            middle = begin + (end - begin) // self.step_ms // 2 * self.step_ms
            if await self.ask(Span(begin, middle), 1):
                end = middle
            else:
                begin = middle
        return begin
