"""History by ccxt into Parquet files that `research.history` and the local exchange read.

What a venue answers is checked bar by bar; a file appears under its name only when it is whole, and
a download that was cut goes on where it was.
"""

from hedgebot.research.download.running import download
from hedgebot.research.download.told import Download, DownloadFailed, Gap, Report, Watcher
from hedgebot.research.download.wanted import BadWish, Wanted, wanted_of

__all__ = [
    "BadWish",
    "Download",
    "DownloadFailed",
    "Gap",
    "Report",
    "Wanted",
    "Watcher",
    "download",
    "wanted_of",
]
