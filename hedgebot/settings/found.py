"""Problems found so far. The one place where a value of the user's is turned into text."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from difflib import get_close_matches

from hedgebot.errors import Problem

HIDDEN = "(hidden)"
MISSING = "(missing)"
SHOWN_MAX = 80
SECRET_LENGTH_MIN = 4
"""Shorter secrets would blot out half of every text; no venue gives keys that short."""


def joined(path: str, key: str | int) -> str:
    """The path of a key or of a list's item: `hedges[0].band`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    word = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)
    return f"{path}.{word}" if path else word


def quoted(text: str) -> str:
    """Text on one line, in quotes, cut where it is long; the login of a URL is hidden."""
    text = re.sub(r"://[^/@]*@", f"://{HIDDEN}@", text)
    short = text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."
    line = json.dumps(short, ensure_ascii=not short.isprintable())
    return line.encode("utf-8", "backslashreplace").decode()


def shown(value: object) -> str:
    """A value as it stands in the file; what a table or a list holds is not shown."""
    match value:
        case str():
            text = quoted(value)
        case bool() | None:
            text = {True: "true", False: "false", None: MISSING}[value]
        case int() if value.bit_length() > 128:
            text = "(a very large number)"
        case int() | float() | date() | time():
            text = str(value)
        case list() | tuple():
            text = "(a list)"
        case _:
            text = "(a table)"
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks most like it, None where none does."""
    close = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


class Found:
    """Collects problems; each says where its value was set when that is not the file."""

    def __init__(self, origins: Mapping[str, str]) -> None:
        self.origins = origins
        """Path of a value -> the variable or secret file that set it."""
        self._problems: list[Problem] = []

    def add(self, path: str, value: object, mend: str) -> None:
        """Note a problem; the value is shown."""
        self._note(path, shown(value), mend)

    def add_hidden(self, path: str, mend: str) -> None:
        """Note a problem whose value is a secret, or may be one."""
        self._note(path, HIDDEN, mend)

    def _note(self, path: str, value: str, mend: str) -> None:
        origin = self.origins.get(path)
        self._problems.append(Problem(path, value, f"{mend} (set by {origin})" if origin else mend))

    def problems(self, secrets: Iterable[str]) -> tuple[Problem, ...]:
        """All of them, each once, in order; a known secret that strayed into a text is hidden."""
        hide = sorted({s for s in secrets if len(s) >= SECRET_LENGTH_MIN}, key=len, reverse=True)
        return tuple(dict.fromkeys(_cleaned(problem, hide) for problem in self._problems))


def _cleaned(problem: Problem, secrets: list[str]) -> Problem:
    texts = [problem.path, problem.value, problem.mend]
    for secret in secrets:
        texts = [text.replace(secret, HIDDEN) for text in texts]
    return Problem(*texts)
