"""Where settings come from: the TOML file, then the secrets folder, then the environment.

Variables are `HEDGEBOT_` and the path in capitals, `__` between its parts; files of the secrets
folder are the path in small letters: `HEDGEBOT_VENUES__PERP__LEVERAGE`, `venues__perp__api_key`.
A part that is a number is an index of a list, and the next free one appends. Outside lists a
value may also be JSON for a whole table or list; within a list single values are set.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic_settings
from pydantic_settings import EnvSettingsSource

from hedgebot.settings.book import PREFIX, Settings
from hedgebot.settings.found import Found, joined, nearest

SECRETS_DIR = "HEDGEBOT_SECRETS_DIR"
NOT_SETTINGS = frozenset({SECRETS_DIR, "HEDGEBOT_CONFIG"})
"""Variables with our prefix that are options of the command line."""
SECRET_BYTES_MAX = 65_536

Tree = dict[str, Any]
"""Parsed TOML or JSON: text, numbers, dates, lists and tables."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One override."""

    origin: str
    """As people know it: `HEDGEBOT_MODE`, `secret file venues__perp__api_key`."""
    key: str
    """`venues__perp__api_key`"""
    text: str = field(repr=False)


def read_toml(path: Path, found: Found) -> Tree | None:
    """The file's content, None where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        found.add(str(path), None, "there is no such file: copy one from config/ and edit it")
    except OSError as error:
        found.add(str(path), None, f"it cannot be read: {error.strerror or type(error).__name__}")
    except UnicodeDecodeError:
        found.add_hidden(str(path), "it is not UTF-8 text: save it as UTF-8")
    except ValueError as error:
        # tomllib names line and column, and never quotes a value
        found.add_hidden(str(path), f"it is not TOML: {error}")
    return None


def from_environ(environ: Mapping[str, str], found: Found) -> list[Variable]:
    """Our variables; two that differ only in case are refused."""
    variables: dict[str, Variable] = {}
    for name in sorted(environ):
        if not name.upper().startswith(PREFIX) or name.upper() in NOT_SETTINGS:
            continue
        key = name[len(PREFIX) :].lower()
        if key in variables:
            found.add_hidden(name, f"remove it: {variables[key].origin} sets the same")
        variables[key] = Variable(origin=name, key=key, text=environ[name])
    return list(variables.values())


def from_folder(folder: Path, found: Found) -> list[Variable]:
    """Every file of the secrets folder whose name has `__` in it; others are not ours."""
    try:
        files = sorted(file for file in folder.iterdir() if "__" in file.name and file.is_file())
    except OSError:
        found.add(SECRETS_DIR, str(folder), "name a folder that can be read, or leave it out")
        return []
    return [variable for file in files if (variable := _secret(file, found))]


def _secret(file: Path, found: Found) -> Variable | None:
    try:
        with file.open("rb") as stream:
            content = stream.read(SECRET_BYTES_MAX + 1)
        text = content.decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        found.add_hidden(str(file), "it cannot be read as text: check its rights and content")
        return None
    if len(content) > SECRET_BYTES_MAX:
        found.add_hidden(str(file), "it is too large for a setting")
        return None
    return Variable(origin=f"secret file {file.name}", key=file.name.lower(), text=text)


def once(folder: list[Variable], environ: list[Variable], found: Found) -> list[Variable]:
    """Both together, shorter paths first so that a longer one changes a part of it."""
    by_key = {variable.key: variable for variable in folder}
    for variable in environ:
        if variable.key in by_key:
            other = by_key[variable.key].origin
            found.add_hidden(variable.origin, f"set twice: remove it or the {other}")
    both = [*folder, *environ]
    return sorted(both, key=lambda v: [_numbered(part) for part in v.key.split("__")])


def _numbered(part: str) -> tuple[int, str]:
    return (int(part), part) if _is_index(part) else (-1, part)


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= 6


def exploded(variable: Variable, found: Found) -> Tree:
    """The tree that one override stands for, empty where it matches no setting."""
    source = EnvSettingsSource(Settings, case_sensitive=False)
    source.env_vars = {f"{PREFIX}{variable.key}".lower(): variable.text}
    try:
        tree = source()
    except (pydantic_settings.SettingsError, RecursionError):
        found.add_hidden(variable.origin, "it is not JSON: set its parts one by one instead")
        return {}
    if not tree:
        found.add_hidden(variable.origin, f"no setting has this name{_guess(variable)}")
    if isinstance(aliases := tree.get("aliases"), dict):  # coins are written in capitals
        tree["aliases"] = {coin.upper(): alias for coin, alias in aliases.items()}
    return tree


def _guess(variable: Variable) -> str:
    first, *rest = variable.key.split("__")
    close = nearest(first, Settings.model_fields)
    if close is None or close == first:
        return ": remove it"
    written = "__".join([close, *rest])
    upper = variable.origin.startswith(PREFIX)
    return f": write {PREFIX + written.upper() if upper else written}, or remove it"


def leaves(tree: object, path: str = "") -> Iterator[str]:
    """Paths of the single values of a tree; tables keyed by numbers read as lists."""
    match tree:
        case dict() if tree:
            for key, below in tree.items():
                yield from leaves(below, joined(path, int(key) if _is_index(key) else key))
        case list() if tree:
            for index, below in enumerate(tree):
                yield from leaves(below, joined(path, index))
        case _:
            yield path


def merged(under: object, over: object, path: str, found: Found) -> object:
    """`over` laid upon `under`: tables key by key, lists by index, anything else replaced."""
    if not isinstance(over, dict):
        return over
    if over and all(_is_index(key) for key in over):
        return _by_index(under if isinstance(under, list) else [], over, path, found)
    table = dict(under) if isinstance(under, dict) else {}
    for key, value in over.items():
        table[key] = merged(table.get(key), value, joined(path, key), found)
    return table


def _by_index(under: list[Any], over: Tree, path: str, found: Found) -> list[Any]:
    items = list(under)
    for key in sorted(over, key=int):
        index, value = int(key), over[key]
        if index > len(items):
            place = joined(path, index)
            found.add_hidden(
                place, f"the list has {len(items)} items: use {len(items)} for a new one"
            )
        elif index == len(items):
            items.append(merged(None, value, joined(path, index), found))
        else:
            items[index] = merged(items[index], value, joined(path, index), found)
    return items
