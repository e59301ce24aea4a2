"""structlog and the standard library's loggers: one stream, one look, every line masked."""

import logging
import sys
import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TextIO, cast

import structlog

from hedgebot.adapters.logs.redaction import Redactor
from hedgebot.adapters.logs.render import ForPerson, as_json

LINE_MAX = 16_000
"""Characters; a longer line is cut, after it was masked."""
FOREIGN_MAX = 20
"""Lines that one library may say in `FOREIGN_S` seconds; the rest are counted."""
FOREIGN_S = 10.0
LIBRARIES = {
    "ccxt": logging.WARNING,
    "aiohttp": logging.WARNING,
    "aiohttp.access": logging.ERROR,
    "apprise": logging.WARNING,
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "urllib3": logging.WARNING,
}
Processor = Callable[[Any, str, Any], Any]
"""structlog's own shape."""


class Style(StrEnum):
    """How lines look."""

    JSON = "json"
    CONSOLE = "console"


class Sink:
    """A stream that may break: what it refuses is counted, and never stops the daemon."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = 0

    def write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            self._stream.write(text.encode("ascii", "backslashreplace").decode())
        except (OSError, ValueError):  # its disk is full; its reader is gone; it was closed
            self.lost += 1

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            self.lost += 1


class Pace:
    """Lets a library say so much in a while; then one line tells how much it kept to itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def __call__(self, record: logging.LogRecord) -> bool:
        """A filter of the standard library: whether to let the record through."""
        name = record.name.partition(".")[0]
        now = self._clock()
        began, said = self._windows.get(name, (now, 0))
        if now - began >= FOREIGN_S:
            dropped = said - FOREIGN_MAX
            if dropped > 0:
                record.msg = f"{record.getMessage()} (and {dropped} lines before it, not shown)"
                record.args = ()
            began, said = now, 0
        self._windows[name] = (began, said + 1)
        return said < FOREIGN_MAX


def configure(
    style: Style,
    *,
    secrets: Iterable[str] = (),
    level: str = "info",
    dry_run: bool = False,
    stream: TextIO | None = None,
) -> Redactor:
    """Set logging up, once, at start; standard error unless a stream is given.

    Every line of a dry run says so, whoever writes it.

    Returns the redactor, for whatever else must be masked: the journal's texts.
    """
    redactor = Redactor(secrets)
    sink = Sink(stream or sys.stderr)
    chain = _chain(as_json if style is Style.JSON else ForPerson(), redactor)
    if dry_run:
        chain.insert(0, _as_dry_run)
    structlog.configure(
        processors=[structlog.processors.add_log_level, *chain],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", sink)),
        cache_logger_on_first_use=False,
    )
    _route_libraries(sink, chain)
    return redactor


def _chain(render: Callable[[Any], str], redactor: Redactor) -> list[Processor]:
    def mask_values(_logger: Any, _method: str, line: Any) -> Any:
        return redactor.value(line)

    def to_text(_logger: Any, _method: str, line: Any) -> str:
        text = redactor(render(line))
        return text if len(text) <= LINE_MAX else f"{text[:LINE_MAX]} ... (cut)"

    return [
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_values,
        to_text,
    ]


def _as_dry_run(_logger: Any, _method: str, line: Any) -> Any:
    return {**line, "mode": "dry-run"}


def _route_libraries(sink: Sink, chain: list[Processor]) -> None:
    output = logging.StreamHandler(cast("TextIO", sink))
    output.addFilter(Pace())
    output.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *chain],
        )
    )
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each.formatter, _OURS)]:
        root.removeHandler(old)
    root.addHandler(output)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    for name, least in LIBRARIES.items():
        logging.getLogger(name).setLevel(least)


_OURS = structlog.stdlib.ProcessorFormatter
