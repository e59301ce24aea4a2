"""Recorded bars and funding: read as they are, with what is wrong with them named.

Nothing is filled, moved or smoothed. What cannot be read for certain is refused, all of it at once
(`HistoryRefused`); what can be read and is not as it should be is a `Finding`.
"""

from hedgebot.research.history.findings import Fault, Finding, HistoryRefused
from hedgebot.research.history.series import History, Series, read_history

__all__ = ["Fault", "Finding", "History", "HistoryRefused", "Series", "read_history"]
