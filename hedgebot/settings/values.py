"""The kinds of value a settings file holds. Money is exact; every refusal says how to mend it."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from hedgebot.domain.records import EXACT_DIGITS, EXACT_PLACES

EXCHANGES_LATER = {
    "bybit": "not built yet: use binance or binanceusdm, or remove this entry",
    "okx": "not built yet: use binance or binanceusdm, or remove this entry",
    "deribit": "not built yet: use binance or binanceusdm, or remove this entry",
    "hyperliquid": "not built yet: use binance or binanceusdm, or remove this entry",
}


class Mode(StrEnum):
    """Whether orders are sent."""

    LIVE = "live"
    DRY_RUN = "dry-run"


class Network(StrEnum):
    """Which of a venue's worlds an entry talks to."""

    LOCAL = "local"
    DEMO = "demo"
    TESTNET = "testnet"
    MAINNET = "mainnet"


def plain(number: Decimal) -> str:
    """One way to write a number: no exponent, no trailing zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def milliseconds(duration_s: Decimal) -> int:
    """Seconds, with at most three places, as whole ms."""
    return int(duration_s * 1_000)


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write a whole number")
    return value


def _duration(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write a number of seconds")
    return value


def _exact(value: object) -> object:
    """Money never passes through binary floating point."""
    if isinstance(value, bool):
        raise ValueError('write a number in quotes, like "0.02"')
    if isinstance(value, float):
        # 1e-07 in a file is meant as 0.0000001
        sane = abs(value) < 1e30  # NaN is not
        text = plain(Decimal(repr(value))) if sane else "0.02"
        raise ValueError(f'write it in quotes, so that it stays exact: "{text}"')
    if isinstance(value, int) and abs(value) >= 10**EXACT_DIGITS:
        raise ValueError(f"write a number of at most {EXACT_DIGITS} digits")
    return value


def _rebalance(value: object) -> object:
    words: dict[object, Decimal] = {
        "target": Decimal(0),
        "between": Decimal("0.5"),
        "edge": Decimal(1),
    }
    return words.get(value, value) if isinstance(value, str) else value


def _beta(value: object) -> object:
    if value == "estimated":
        raise ValueError(
            "no venue tells the price of a coin without a perpetual here, so nothing can be "
            "estimated live: estimate it from history (`hedgebot beta`) and write the number"
        )
    return value


def _exchange(value: object) -> object:
    if isinstance(value, str) and value in EXCHANGES_LATER:
        raise ValueError(EXCHANGES_LATER[value])
    return value


def _margin_mode(value: object) -> object:
    if value == "isolated":
        raise ValueError('isolated margin is not modelled yet: write "cross"')
    return value


def _asset(value: str) -> str:
    if re.search(r"[a-z]", value):
        raise ValueError(f'write the coin in capitals: "{value.upper()}"')
    if not re.fullmatch(r"[^\s:/]{1,24}", value):
        raise ValueError('write one coin, like "BTC"')
    return value


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value):
        raise ValueError("use letters, digits, - and _, at most 64, beginning with no sign")
    return value


def _label(value: str) -> str:
    if not value.strip() or len(value) > 64 or not value.isprintable():
        raise ValueError("write a name of 1 to 64 printable characters")
    return value


def _journal(value: str) -> str:
    scheme, separator, path = value.partition(":///")
    if scheme != "sqlite" or not separator:
        raise ValueError('only SQLite for now: write "sqlite:///var/treasury.db"')
    if not path or path.endswith("/") or "\0" in path or "?" in path or path == ":memory:":
        raise ValueError('name a file that outlives the process: "sqlite:///var/treasury.db"')
    return value


def split_url(value: str) -> SplitResult | None:
    """The parts of a URL, None where it has no readable host and port."""
    try:
        parts = urlsplit(value)
        readable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return None
    return parts if readable else None


def _origin(value: str, schemes: tuple[str, str]) -> str:
    example = f"{schemes[1]}://127.0.0.1:18080"
    parts = split_url(value)
    if parts is None or parts.scheme not in schemes or not value.isprintable():
        raise ValueError(f'write scheme, host and port: "{example}"')
    if parts.username is not None or parts.password is not None:
        raise ValueError("take the name and password out of the URL")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(f'end it after the port, the paths are kept: "{example}"')
    return value.rstrip("/")


def _rest(value: str) -> str:
    return _origin(value, ("https", "http"))


def _ws(value: str) -> str:
    return _origin(value, ("wss", "ws"))


NUMBER_SCHEMA = {
    "anyOf": [{"type": "string", "pattern": r"^[-+]?\d+(\.\d+)?$"}, {"type": "integer"}]
}

Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(max_digits=EXACT_DIGITS, decimal_places=EXACT_PLACES),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema(NUMBER_SCHEMA),
]
"""A decimal in quotes, or an integer; never a float."""

Positive = Annotated[Exact, Field(gt=0)]
Fraction = Annotated[Exact, Field(gt=0, le=0.5)]
"""Of a price: 0.002 is 20 basis points."""
Ratio = Annotated[Exact, Field(ge=0, le=1.5)]
Rebalance = Annotated[Exact, BeforeValidator(_rebalance), Field(ge=0, le=1)]
Beta = Annotated[Positive, BeforeValidator(_beta)]
Whole = Annotated[int, BeforeValidator(_whole)]
Seconds = Annotated[
    Decimal,
    BeforeValidator(_duration),
    Field(ge=0, le=604_800, decimal_places=3),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 604_800}),
]
Asset = Annotated[str, AfterValidator(_asset)]
Name = Annotated[str, AfterValidator(_name)]
Label = Annotated[str, AfterValidator(_label)]
JournalUrl = Annotated[str, AfterValidator(_journal)]
RestUrl = Annotated[str, AfterValidator(_rest)]
WsUrl = Annotated[str, AfterValidator(_ws)]
Exchange = Annotated[Literal["binance", "binanceusdm", "binancecoinm"], BeforeValidator(_exchange)]
MarginMode = Annotated[Literal["cross"], BeforeValidator(_margin_mode)]
