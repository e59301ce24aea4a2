"""Stretches in which no verdict can change."""

from collections.abc import Iterable

from hedgebot.research.backtest.play import Stage


class Quiet:
    """Which moments `step` must hear."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def next(self, at: int, _limit: int) -> Iterable[int]:
        """Moments to hear from there on, in order."""
        return (at,)
