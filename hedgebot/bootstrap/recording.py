"""The flight recorder from settings."""

from functools import partial
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from hedgebot.adapters.recorder import FileRecorder, Pages, Scribe, Shelf
from hedgebot.bootstrap.code import code_version
from hedgebot.bootstrap.outside import make_redactor
from hedgebot.ports import Clock, Recorder
from hedgebot.settings import Settings
from hedgebot.settings.recorder_table import MB


def shelf_of(settings: Settings) -> Shelf:
    """Where the book's recordings lie."""
    table, journal = settings.recorder, settings.journal_path
    folder = Path(table.folder).absolute() if table.folder else None
    return Shelf(
        folder=folder or journal.with_name(journal.name + ".recordings"),
        book=settings.name,
        file_bytes_max=table.file_mb_max * MB,
        total_bytes_max=table.total_mb_max * MB,
    )


def make_recorder(settings: Settings, clock: Clock, log: FilteringBoundLogger) -> Recorder | None:
    """A recorder that has not begun; None: the settings want none."""
    if not settings.recorder.enabled:
        return None
    scribe_of = partial(Scribe, code=code_version(), mask=make_redactor(settings))
    return FileRecorder(Pages(shelf_of(settings), clock), scribe_of, log)
