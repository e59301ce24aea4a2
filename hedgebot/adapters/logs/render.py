"""A line of the log as JSON, or for a person."""

import json
from collections.abc import Mapping
from typing import Any

import orjson
from structlog import DropEvent

OPTIONS = orjson.OPT_NON_STR_KEYS
ZEROS = (None, "", 0, "0")
FIRST = ("timestamp", "level", "event")
UNSEEN = {n: repr(chr(n))[1:-1] for n in [*range(32), *range(127, 160)]}
"""Control characters, each as it is written in a string."""
SENTENCES = ("decision", "alert")
FRAME = ("timestamp", "level", "event", "text", "logger", "exception")


def as_json(line: Mapping[str, Any]) -> str:
    """One object on one line; never raises, whatever it is given."""
    first = {name: line[name] for name in FIRST if name in line}
    line = first | {name: value for name, value in line.items() if name not in FIRST}
    try:
        return orjson.dumps(line, default=repr, option=OPTIONS).decode()
    except TypeError:  # an integer of 128 bits, half a surrogate pair
        return json.dumps({str(key): _simple(value) for key, value in line.items()})


class ForPerson:
    """Lines for a terminal: time, what is not just news, what happened, then what is not zero.

    A decision or an alert is its own sentence: its fields stand in the journal and in JSON lines.
    """

    def __init__(self) -> None:
        self._decided: object = None
        """The last sentence of a decision."""

    def __call__(self, line: Mapping[str, Any]) -> str:
        """One line; a traceback below.

        Raises:
            structlog.DropEvent: news that the decision before it has told word by word.
        """
        event, text, told = line.get("event"), line.get("text"), self._decided
        self._decided = text if event == "decision" else None
        if event == "alert" and line.get("level") == "info" and text == told:
            raise DropEvent
        return as_text(line)


def as_text(line: Mapping[str, Any]) -> str:
    """For a person; never raises, whatever it is given."""
    time = str(line.get("timestamp", "")).replace("T", " ")[:23]
    level = "" if line.get("level") == "info" else f"{line.get('level', '')} "
    rest = " ".join(
        f"{key}={_shown(value)}"
        for key, value in line.items()
        if key not in FRAME and not _is_zero(value) and not _is_told(line, key)
    )
    first = f"{time} {level}{_sentence(line)}"
    whole = f"{first} | {rest}" if rest else first
    # A name or a message of a venue must not begin a line of its own, nor steer the terminal.
    whole = whole.translate(UNSEEN)
    return f"{whole}\n{line['exception']}" if line.get("exception") else whole


def _sentence(line: Mapping[str, Any]) -> str:
    said, text = str(line.get("event", "")), str(line.get("text") or "")
    if text and said == "decision":
        return text
    if text and said == "alert" and line.get("recovered"):
        said = "alert is over"
    said = f"{said}: {text}" if said and text else said or text
    return f"{line['logger']}: {said}" if line.get("logger") else said


def _is_told(line: Mapping[str, Any], key: str) -> bool:
    """Whether the sentence says it. That nothing was sent is said of every line."""
    return bool(line.get("text")) and line.get("event") in SENTENCES and key != "mode"


def _is_zero(value: object) -> bool:
    if isinstance(value, str) and value.lstrip("-").replace(".", "0").strip("0") == "":
        return True
    return value in ZEROS if isinstance(value, str | int | float | None) else False


def _shown(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


def _simple(value: Any) -> str | int | float | None:
    return value if isinstance(value, str | int | float | None) else repr(value)
