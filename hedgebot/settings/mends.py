"""What to tell the user, for each way in which a value can be wrong."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hedgebot.settings.book import AlertsTable, LogTable, Settings
from hedgebot.settings.found import nearest
from hedgebot.settings.hedge_tables import (
    AliasTable,
    BandTable,
    CrossTable,
    HedgeTable,
    HoldingTable,
    OptimalTable,
    OrderTable,
)
from hedgebot.settings.limits_table import LimitsTable
from hedgebot.settings.venue_tables import VenueTable

PLACES: dict[type[BaseModel], str] = {
    Settings: "at the top of the file",
    VenueTable: "in a [venues.*] table",
    HedgeTable: "in a [[hedges]] table",
    BandTable: "in the band of a hedge",
    CrossTable: "in the hedge_with of a hedge",
    OptimalTable: "in the optimal table of a hedge",
    OrderTable: "in the order of a hedge",
    HoldingTable: "in a [[holdings]] table",
    AliasTable: "in an alias",
    LimitsTable: "in [limits]",
    AlertsTable: "in [alerts]",
    LogTable: "in [log]",
}

NUMBER = 'write a number in quotes, like "0.02"'
MENDS = {
    "value_error": "{error}",
    "literal_error": "write one of {expected}",
    "enum": "write one of {expected}",
    "greater_than": "write more than {gt}",
    "greater_than_equal": "write {ge} or more",
    "less_than": "write less than {lt}",
    "less_than_equal": "write {le} or less",
    "decimal_parsing": NUMBER,
    "decimal_type": NUMBER,
    "finite_number": NUMBER,
    "is_instance_of": NUMBER,
    "decimal_max_digits": "write at most {max_digits} digits",
    "decimal_max_places": "write at most {decimal_places} places after the point",
    "decimal_whole_digits": "write at most {whole_digits} digits before the point",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "int_parsing_size": "write a smaller number",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "string_type": "write text in quotes",
    "string_unicode": "write text in UTF-8",
    "too_short": "name at least one",
    "tuple_type": 'write a list, like ["..."]',
}
"""By pydantic's error type; words in braces come from its context."""


def mend_broken(kind: str, context: Mapping[str, Any], message: str) -> str:
    """For a value that pydantic, or a validator of ours, refused."""
    return MENDS[kind].format_map(context) if kind in MENDS else message.lower()


def mend_missing(field: FieldInfo) -> str:
    """For a key that must be there."""
    return f"add it: {_meaning(field)}"


def _meaning(field: FieldInfo) -> str:
    return (field.description or "it is required").split("\n")[0].rstrip(".")


def mend_unknown(kind: type[BaseModel], name: str) -> str:
    """For a key that is not of this table: where it belongs, or the nearest that is."""
    for other, place in PLACES.items():
        if name in other.model_fields:
            return f"it belongs {place}: move it there"
    close = nearest(name, kind.model_fields)
    return f"no such key: write {close}, or remove it" if close else "no such key: remove it"
