"""A line of the log as JSON, or for a person."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

OPTIONS = orjson.OPT_NON_STR_KEYS
ZEROS = (None, "", 0, "0")
FIRST = ("timestamp", "level", "event")
FRAME = ("timestamp", "level", "event", "text", "logger", "exception")


def as_json(line: Mapping[str, Any]) -> str:
    """One object on one line; never raises, whatever it is given."""
    first = {name: line[name] for name in FIRST if name in line}
    line = first | {name: value for name, value in line.items() if name not in FIRST}
    try:
        return orjson.dumps(line, default=repr, option=OPTIONS).decode()
    except TypeError:  # an integer of 128 bits, half a surrogate pair
        return json.dumps({str(key): _simple(value) for key, value in line.items()})


def as_text(line: Mapping[str, Any]) -> str:
    """For a person: time, level, what happened, then what is not zero; a traceback below."""
    time = str(line.get("timestamp", "")).replace("T", " ")[:23]
    said = str(line.get("event", ""))
    if line.get("text"):
        said = f"{said}: {line['text']}" if said else str(line["text"])
    if line.get("logger"):
        said = f"{line['logger']}: {said}"
    rest = " ".join(
        f"{key}={_shown(value)}"
        for key, value in line.items()
        if key not in FRAME and not _is_zero(value)
    )
    first = f"{time} {line.get('level', ''):<8} {said}"
    whole = f"{first} | {rest}" if rest else first
    # A name or a message of a venue must not begin a line of its own.
    whole = whole.replace("\r", "\\r").replace("\n", "\\n")
    return f"{whole}\n{line['exception']}" if line.get("exception") else whole


def _is_zero(value: object) -> bool:
    if isinstance(value, str) and value.lstrip("-").replace(".", "0").strip("0") == "":
        return True
    return value in ZEROS if isinstance(value, str | int | float | None) else False


def _shown(value: object) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


def _simple(value: Any) -> str | int | float | None:
    return value if isinstance(value, str | int | float | None) else repr(value)
