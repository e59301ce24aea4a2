"""Reads tables key by key, so that every mistake of a file is found in one go.

pydantic checks each value. A table with a broken value is still built, without that value, so
that the rules (`*_rules.py`) can look at the sound ones; `has` tells them which those are.
"""

from collections.abc import Mapping
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Final, Literal, TypeGuard, TypeVar, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from hedgebot.settings.found import Found, joined
from hedgebot.settings.mends import mend_broken, mend_missing, mend_unknown

Table = TypeVar("Table", bound=BaseModel)
BROKEN: Final = object()


def has(table: BaseModel, *names: str) -> bool:
    """Whether these values of the table are sound."""
    return all(name in table.__dict__ for name in names)


class Reader:
    """Turns parsed TOML into tables; their problems go to `found`."""

    def __init__(self, found: Found) -> None:
        self._found = found

    def table(self, kind: type[Table], raw: object, path: str) -> Table:
        """The table with its sound values."""
        if not isinstance(raw, dict):
            keys = [name for name, field in kind.model_fields.items() if field.is_required()]
            mend = "write a table" + (f" with {', '.join(keys)}" if keys else "")
            self._no_table(path, raw, mend)
            return _built(kind, {})
        for name in sorted(raw.keys() - kind.model_fields.keys()):
            self._found.add_hidden(joined(path, name), mend_unknown(kind, name))
        values = {name: self._key(kind, name, raw, path) for name in kind.model_fields}
        return _built(kind, {name: value for name, value in values.items() if value is not BROKEN})

    def _key(self, kind: type[BaseModel], name: str, raw: Mapping[str, Any], path: str) -> Any:
        field = kind.model_fields[name]
        if name in raw:
            return self._value(kind, name, raw[name], joined(path, name))
        if field.is_required():
            self._found.add(joined(path, name), None, mend_missing(field))
            return BROKEN
        return field.get_default(call_default_factory=True)

    def _value(self, kind: type[BaseModel], name: str, raw: object, path: str) -> Any:
        annotation = kind.model_fields[name].annotation
        if _is_table(annotation):
            return self.table(annotation, raw, path)
        inner = [argument for argument in get_args(annotation) if _is_table(argument)]
        match get_origin(annotation), inner:
            case type() as shape, [table] if shape is tuple:
                return self._list(table, raw, path)
            case type() as shape, [table] if shape is dict:
                return self._map(table, raw, path)
            case _, [table]:  # or a word, or nothing
                return self._or_word(table, raw, path, words=_words(annotation))
            case _:
                word = isinstance(raw, str) and raw in _words(annotation)
                return raw if word else self._leaf(kind, name, raw, path)

    def _or_word(self, kind: type[Table], raw: object, path: str, *, words: tuple[str, ...]) -> Any:
        if raw in words:
            return raw
        if words and isinstance(raw, str):
            self._found.add(path, raw, f"write a table, or {' or '.join(words)}")
            return BROKEN
        return self.table(kind, raw, path)

    def _list(self, kind: type[Table], raw: object, path: str) -> Any:
        if not isinstance(raw, list):
            self._no_table(path, raw, f"write it as [[{path}]]")
            return BROKEN
        return tuple(self.table(kind, row, joined(path, index)) for index, row in enumerate(raw))

    def _map(self, kind: type[Table], raw: object, path: str) -> Any:
        if not isinstance(raw, dict):
            self._no_table(path, raw, f"write tables with a name: [{path}.NAME]")
            return BROKEN
        return {name: self.table(kind, row, joined(path, name)) for name, row in raw.items()}

    def _no_table(self, path: str, raw: object, mend: str) -> None:
        # Text may be a credential in the wrong place: HEDGEBOT_VENUES__API_KEY has no entry name.
        if isinstance(raw, str):
            self._found.add_hidden(path, mend)
        else:
            self._found.add(path, raw, mend)

    def _leaf(self, kind: type[BaseModel], name: str, raw: object, path: str) -> Any:
        adapter, secret = _adapter(kind, name)
        try:
            return adapter.validate_python(raw)
        except ValidationError as error:
            for part in error.errors(include_url=False):
                place = path
                for key in part["loc"]:
                    place = joined(place, key)
                mend = mend_broken(part["type"], part.get("ctx", {}), part["msg"])
                if secret:
                    self._found.add_hidden(place, mend)
                else:
                    self._found.add(place, part["input"], mend)
        return BROKEN


def _is_table(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _words(annotation: object) -> tuple[str, ...]:
    """The words that may stand in a table's place."""
    literals = [each for each in get_args(annotation) if get_origin(each) is Literal]
    return tuple(word for each in literals for word in get_args(each))


def _built(kind: type[Table], sound: Mapping[str, Any]) -> Table:
    """Not `kind(...)`: broken values are left out, and nothing is validated twice."""
    table = kind.model_construct(**sound)
    for name in kind.model_fields.keys() - sound.keys():
        table.__dict__.pop(name, None)
    return table


@cache
def _adapter(kind: type[BaseModel], name: str) -> tuple[TypeAdapter[Any], bool]:
    """Validator of one value, and whether the value is a secret."""
    field = kind.model_fields[name]
    whole: Any = field.annotation
    if _words(whole):  # a word was taken before; what is refused is told of the other kind alone
        others = [each for each in get_args(whole) if get_origin(each) is not Literal]
        whole = reduce(or_, others)
    if field.metadata:
        whole = Annotated[(field.annotation, *field.metadata)]
    return TypeAdapter(whole), "SecretStr" in repr(whole)
