"""Reads the journal's file beside the daemon, as any other program could."""

import sqlite3
from contextlib import closing
from pathlib import Path

APPROVAL_MS = 500
"""`approval_ms`: how long a decision may be acted on."""


class Witness:
    """What the journal holds at this moment."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def decided_ms(self, client_id: str) -> int | None:
        """When an order was decided, by our clock; None: it was not kept yet."""
        order_id = client_id.replace("-", "")
        with closing(sqlite3.connect(f"file:{self._journal}?mode=ro", uri=True)) as rows:
            found = rows.execute("SELECT decided_ms FROM intents WHERE order_id = ?", (order_id,))
            return next((int(row[0]) for row in found), None)
