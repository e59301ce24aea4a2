"""Reads one HTTP/1.1 response from bytes as they come. Pure: no socket, no clock."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 8 * 2**20
"""Answers to orders are a kilobyte."""
NO_BODY = {204, 304}


class BadAnswer(Exception):
    """The bytes are no HTTP response that we read; what was answered is unknown."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole response."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    keeps: bool
    """Whether the connection may carry another request."""


@dataclass(slots=True)
class ResponseReader:
    """One response: feed it until it is whole."""

    rest: bytearray = field(default_factory=bytearray)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def feed(self, more: bytes) -> Response | None:
        """Take more bytes; the response once it is whole.

        Raises:
            BadAnswer: it is none, or too big.
        """
        self.rest += more
        while not self.status:
            if not self._head():
                return None
        if self.status in NO_BODY:
            return self._whole(b"")
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            return self._whole(bytes(self.body)) if self._chunks() else None
        length = self._length()
        if length is None or len(self.rest) < length:
            return None
        return self._whole(bytes(self.rest[:length]), keeps=len(self.rest) == length)

    def closed(self) -> Response | None:
        """The other side closed: a body without a length ends there."""
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        return None if framed or not self.status else self._whole(bytes(self.rest), keeps=False)

    def _head(self) -> bool:
        """Read status line and headers; an interim response is skipped."""
        end = self.rest.find(b"\r\n\r\n")
        if end < 0:
            if len(self.rest) > HEAD_BYTES_MAX:
                raise BadAnswer("endless headers")
            return False
        first, *lines = self.rest[:end].decode("latin-1").split("\r\n")
        del self.rest[: end + 4]
        version, _, words = first.partition(" ")
        status = words[:3]
        if not version.startswith("HTTP/1.") or not status.isdigit():
            raise BadAnswer("no status line")
        if status.startswith("1"):
            return bool(self.rest)
        self.status = int(status)
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadAnswer("a header without a colon")
            self.headers[name.strip().lower()] = value.strip()
        if version == "HTTP/1.0":
            self.headers.setdefault("connection", "close")
        return True

    def _length(self) -> int | None:
        text = self.headers.get("content-length")
        if text is None:
            if len(self.rest) > BODY_BYTES_MAX:
                raise BadAnswer("endless body")
            return None
        if not text.isdigit() or int(text) > BODY_BYTES_MAX:
            raise BadAnswer("absurd length")
        return int(text)

    def _chunks(self) -> bool:
        """Move whole chunks into the body; True after the last one."""
        while True:
            line_end = self.rest.find(b"\r\n")
            if line_end < 0:
                return False
            try:
                size = int(self.rest[:line_end].partition(b";")[0], 16)
            except ValueError:
                raise BadAnswer("no chunk size") from None
            if size == 0:
                return self.rest.find(b"\r\n\r\n", line_end) >= 0
            if size + len(self.body) > BODY_BYTES_MAX:
                raise BadAnswer("endless body")
            start = line_end + 2
            if len(self.rest) < start + size + 2:
                return False
            self.body += self.rest[start : start + size]
            del self.rest[: start + size + 2]

    def _whole(self, body: bytes, *, keeps: bool = True) -> Response:
        if self.headers.get("content-encoding", "") in {"gzip", "deflate"}:
            try:
                body = zlib.decompress(body, wbits=zlib.MAX_WBITS | 32)
            except zlib.error:
                raise BadAnswer("broken compression") from None
        keeps = keeps and self.headers.get("connection", "").lower() != "close"
        return Response(self.status, self.headers, body, keeps)
