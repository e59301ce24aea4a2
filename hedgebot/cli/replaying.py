"""`replay`: folds a recording again, tells what happened, says whether it comes out the same."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from datetime import time as time_of_day
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.pretty import Pretty

from hedgebot.adapters.recorder import NOTHING, Recording, RecordingError
from hedgebot.bootstrap.replaying import Told, opened, other_code, replayed
from hedgebot.cli.said import FAILED, USAGE, complain, say, say_json, user_errors
from hedgebot.cli.timeline import Line, lines
from hedgebot.core import report
from hedgebot.core.timers import Timers

STYLES = {"order": "cyan", "fill": "green", "decision": "bold", "alert": "yellow"}
SHOWN_MAX = 4_000
"""Letters of either side of a difference."""


@dataclass(slots=True)
class _Seen:
    """What a replay came to."""

    events: int = 0
    last: Told | None = None
    damage: str = ""
    """What could not be read; it ends the replay."""

    @property
    def same(self) -> bool:
        return self.last is None or self.last.same


def replay(file: Path, *, at: str | None, json: bool) -> None:
    """Verify and tell a recording.

    Raises:
        typer.Exit: 1 where the decision did not do what it did when recorded; 2 where the file
            cannot be replayed, or is damaged: what stands before the damage is told.
    """
    with user_errors(), opened(file) as recording:
        until_ms = None if at is None else moment_ms(at, recording.first.written_ms)
        seen = _Seen()
        told = _watched(recording, until_ms, seen)
        if json:
            _say_json(recording, seen, told, whole=at is not None)
        else:
            _say(recording, seen, told, whole=at is not None)
    if seen.damage:
        complain(f"{file}: {seen.damage}; what stands before it was told")
        raise typer.Exit(USAGE)
    if not seen.same:
        raise typer.Exit(FAILED)


def one_of(files: Sequence[Path]) -> Path:
    """The one file to fold.

    Raises:
        typer.BadParameter: they are several.
    """
    if len(files) != 1:
        raise typer.BadParameter("one recording at a time, or several with --with CONFIG")
    return files[0]


def moment_ms(text: str, near_ms: int) -> int:
    """Read ms since 1970, an ISO date with its time, or a time of the recording's first day. UTC.

    Raises:
        typer.BadParameter: it is none of them.
    """
    if text.isdecimal():
        return int(text)
    try:
        if ":" in text[:3]:
            day = datetime.fromtimestamp(near_ms / 1_000, UTC).date()
            moment = datetime.combine(day, time_of_day.fromisoformat(text))
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "write 2026-11-22T11:40:29.500, 11:40:29 or milliseconds since 1970; all UTC"
        ) from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)


def _watched(recording: Recording, until_ms: int | None, seen: _Seen) -> Iterator[Told]:
    """What can be read; a damage ends it, and is no reason to keep what stands before it."""
    try:
        for seen.last in replayed(recording, until_ms):
            seen.events += 1
            yield seen.last
    except RecordingError as error:
        seen.damage = str(error)
    if recording.lines.damaged and not seen.damage:
        seen.damage = f"the file ends after line {recording.lines.number}: {recording.lines.cut}"


def _say(recording: Recording, seen: _Seen, told: Iterable[Told], *, whole: bool) -> None:
    console = Console(soft_wrap=True, highlight=False)
    first = recording.first
    say(f"book {first.book}, epoch {first.epoch}, file {first.number}, recorded by {first.code}")
    if other := other_code(recording):
        complain(f"recorded by {other}, which is not this code: its decisions may differ")
    say(f"the state of {_moment(first.written_ms)} UTC, then:")
    for each in told:
        for line in lines(each.stamped, each.actions):
            _print(console, line)
    _say_end(recording, seen)
    if whole:
        now = seen.last.stamped.now if seen.last else first.written_ms
        say(f"the state of {_moment(now)} UTC:")
        console.print(Pretty(recording.state, expand_all=False, max_length=None))


def _print(console: Console, line: Line) -> None:
    style = "red" if line.grave else STYLES.get(line.kind, "default")
    text = escape(line.text)
    console.print(f"{_moment(line.at_ms)}  [{style}]{line.kind:<9}{text}[/{style}]")


def _say_end(recording: Recording, seen: _Seen) -> None:
    if recording.lines.cut and not seen.damage:
        complain(f"the file ends after line {recording.lines.number}: {recording.lines.cut}")
    if seen.last is None:
        say("no event was folded")
    elif seen.same:
        until = _moment(seen.last.stamped.now)
        say(f"identical: {seen.events} events up to {until} gave the recorded actions")
        if seen.last.error:
            complain(f"the daemon ended there, as it does again: {seen.last.error}")
    else:
        _complain_of(seen.last)


def _complain_of(told: Told) -> None:
    complain(f"line {told.line} differs, at {_moment(told.stamped.now)}: {told.stamped.event}")
    for when, found in (("recorded", told.recorded), ("replayed", told.replayed)):
        complain(f"  {when}: {_actions(found, told.error if when == 'replayed' else '')}")


def _actions(line: bytes, error: str) -> str:
    if line == NOTHING:
        return f"the decision raised {error}" if error else "the decision never returned"
    return line.decode(errors="replace")[:SHOWN_MAX]


def _say_json(recording: Recording, seen: _Seen, told: Iterable[Told], *, whole: bool) -> None:
    timeline = [line for each in told for line in lines(each.stamped, each.actions)]
    first, last = recording.first, seen.last
    differs = None
    if last is not None and not last.same:
        differs = {
            "line": last.line,
            "at_ms": last.stamped.now,
            "event": repr(last.stamped.event),
            "recorded": _actions(last.recorded, ""),
            "replayed": _actions(last.replayed, last.error),
        }
    answer = {name: value for name, value in asdict(first).items() if name != "shapes"}
    answer |= {
        "other_code": other_code(recording),
        "cut": recording.lines.cut,
        "damage": seen.damage,
        "events": seen.events,
        "until_ms": last.stamped.now if last else None,
        "identical": seen.same,
        "difference": differs,
        "timeline": [line._asdict() for line in timeline],
    }
    if whole:
        now = last.stamped.now if last else first.written_ms
        answer["status"] = report.status(recording.state, recording.policy, now)
        answer["state"] = named(recording.state)
    say_json(answer)


def named(value: Any) -> Any:
    """A part of the state as plain JSON, each field by its name."""
    plain: Any = value
    match value:
        case Enum():
            plain = value.name.lower()
        case int() if abs(value) >= 2**53:
            plain = str(value)
        case Decimal():
            plain = str(value)
        case None | int() | float() | str():
            pass
        case Timers():
            plain = {f"{kind} {name}": at_ms for (kind, name), at_ms in value.asked().items()}
        case dict():
            plain = {_key(key): named(inside) for key, inside in value.items()}
        case _ if is_dataclass(value):
            plain = {each.name: named(getattr(value, each.name)) for each in fields(value)}
        case _:
            plain = [named(each) for each in value]
    return plain


def _key(key: Any) -> str:
    if isinstance(key, tuple):
        return " ".join(map(_key, key))
    return f"{key:032x}" if isinstance(key, int) else str(key)


def _moment(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{at_ms % 1_000:03}"
