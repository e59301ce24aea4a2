"""What a request comes back with, and the ticket that proves what was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hedgebot.domain.events import NotSentReason
from hedgebot.errors import VenueError
from hedgebot.ports import Permit


class Denied(VenueError):
    """The permit was refused at the last moment; nothing was written."""


class NoAnswer(VenueError):
    """No answer came. `Ticket.written` tells whether the request may have arrived."""


@dataclass(slots=True)
class Ticket:
    """Follows one request to the socket."""

    permit: Permit | None = None
    written: bool = False
    """Whether a byte of it may have been written."""
    denied: NotSentReason | None = None

    def about_to_write(self) -> None:
        """Asked in the same turn of the loop as the write, just before it.

        Raises:
            Denied: it may not be written.
        """
        assert not self.written, "a request is written once"
        self.denied = self.permit() if self.permit else None
        if self.denied is not None:
            raise Denied(f"not sent: {self.denied}")
        self.written = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Read by names in lower case."""
    body: Any
    """Decoded JSON; None where it could not be read."""
    retry_after_ms: int


def answer_of(status: int, headers: Mapping[str, str], raw: bytes) -> Answer:
    """Decode a response."""
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        body = None
    retry_after = headers.get("retry-after", "")
    retry_after_ms = int(retry_after) * 1000 if retry_after.isdigit() else 0
    return Answer(status, headers, body, retry_after_ms)
