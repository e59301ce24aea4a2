"""One series on its way from the venue to its file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from hedgebot.adapters.binance.past import Bar, Past, Settlement, Span
from hedgebot.research.download.patience import patiently
from hedgebot.research.download.shelf import Shelf
from hedgebot.research.download.told import Download, Watcher
from hedgebot.research.download.wanted import Wanted
from hedgebot.research.history.names import series_name

KEEP_ROWS = 10_000
"""Rows that a dying process may lose."""


@dataclass(slots=True)
class Task:
    """What is wanted, whom it is asked from, and what came and is not kept yet."""

    plan: Download
    each: Wanted
    past: Past
    watcher: Watcher
    market_id: str
    waiting: list[Sequence[float]] = field(default_factory=list)

    def name(self, interval: str) -> str:
        """Of the file."""
        return series_name(
            self.market_id, spot=self.each.spot, what=self.each.what, interval=interval
        )

    def take(self, shelf: Shelf, rows: Sequence[Sequence[float]]) -> None:
        """Keep rows that came; not each page by itself."""
        self.waiting += rows
        if len(self.waiting) >= KEEP_ROWS:
            self.flush(shelf)

    def flush(self, shelf: Shelf) -> None:
        """Keep what came."""
        shelf.keep(self.waiting)
        self.waiting = []

    @contextmanager
    def kept(self, shelf: Shelf) -> Iterator[None]:
        """Whatever ends the work inside, what came is kept."""
        try:
            yield
        finally:
            self.flush(shelf)

    async def ask_bars(self, span: Span, rows_max: int) -> list[Bar]:
        """A page of bars, patiently."""
        prices = self.each.prices
        assert prices is not None, "funding has no bars"

        async def ask() -> list[Bar]:
            return await self.past.bars(
                self.each.symbol, prices, interval=self.each.interval,
                step_ms=self.each.step_ms, span=span, rows_max=rows_max,
            )  # fmt: skip

        return await patiently(ask, self.watcher.say, self.plan.patience)

    async def ask_settlements(self, begin_ms: int, last_ms: int) -> list[Settlement]:
        """A page of settled funding, patiently; both ends included."""

        async def ask() -> list[Settlement]:
            return await self.past.settlements(self.each.symbol, Span(begin_ms, last_ms + 1))

        return await patiently(ask, self.watcher.say, self.plan.patience)
