"""The book's memory on SQLite: written by one daemon, read beside it.

place      where a journal lies, and whose it is
journal    `ports.Journal`: opens, commits, loads
lock       one writer
tables, columns, shapes, codec     records as rows
store, schema, migrations          the file
writer, recall, checkpoints        what `journal` is made of
reading, summary                   for commands: newest rows, counts, sums
"""

from hedgebot.adapters.journal.journal import SqliteJournal, keep_without_daemon, open_journal
from hedgebot.adapters.journal.lock import WriterLock
from hedgebot.adapters.journal.place import Place, hindrance, path_of

__all__ = [
    "Place",
    "SqliteJournal",
    "WriterLock",
    "hindrance",
    "keep_without_daemon",
    "open_journal",
    "path_of",
]
