"""How values lie in columns: each exact, each refused rather than bent.

PostgreSQL comes later; what a value looks like there is decided here already, so that the
schema need not change.
"""

import json
import math
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import JSON, Dialect, Numeric, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from hedgebot.domain.instruments import WalletId
from hedgebot.domain.orders import Leg

E = TypeVar("E", bound=Enum)

MONEY_DIGITS = 38
MONEY_DECIMALS = 18
MONEY_TEXT_MAX = 128
"""Characters. The longest honest value is a quotient of 28 digits; more is a mistake."""
ORDER_ID_DIGITS = 32
"""128 bits, hexadecimal: text of this width sorts as the number does."""


def plain(value: Decimal) -> str:
    """A decimal without exponent and without trailing zeros: equal values, equal texts.

    Raises:
        TypeError: not a Decimal. A float has already lost what the journal must keep.
        ValueError: not finite, or absurdly long.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"money is Decimal, not {type(value).__name__}: {value!r}")
    if not value.is_finite():
        raise ValueError(f"{value} is not an amount of money")
    if not value:
        return "0"
    if abs(value.adjusted()) > MONEY_TEXT_MAX:
        raise ValueError(f"{value} is too long for the journal")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if len(text) > MONEY_TEXT_MAX:
        raise ValueError(f"{value} is too long for the journal")
    return text


class Money(TypeDecorator[Decimal]):
    """An exact decimal: text on SQLite, whose own numbers are floats; NUMERIC on PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(MONEY_DIGITS, MONEY_DECIMALS))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = plain(value)
        if dialect.name != "postgresql":
            return text
        whole, _, decimals = text.lstrip("-").partition(".")
        # PostgreSQL would round without a word.
        if len(decimals) > MONEY_DECIMALS or len(whole) > MONEY_DIGITS - MONEY_DECIMALS:
            raise ValueError(f"{value} does not fit NUMERIC({MONEY_DIGITS},{MONEY_DECIMALS})")
        return Decimal(text)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name != "postgresql" and type(value) is not str:
            raise ValueError(f"{value!r} is not text")
        try:
            money = Decimal(value)
        except InvalidOperation as error:
            raise ValueError(f"{value!r} is not a decimal") from error
        if not money.is_finite():
            raise ValueError(f"{value!r} is not finite")
        return money


class OrderIdText(TypeDecorator[int]):
    """An order id as 32 hexadecimal digits."""

    impl = String(ORDER_ID_DIGITS)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        del dialect
        if value is None:
            return None
        if not 0 <= value < 1 << 128:
            raise ValueError(f"{value} is not an order id of 128 bits")
        return f"{value:032x}"

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        del dialect
        if value is None:
            return None
        if not isinstance(value, str) or len(value) != ORDER_ID_DIGITS:
            raise ValueError(f"{value!r} is not an order id")
        return int(value, 16)


class Word(TypeDecorator[E]):
    """A member of an enumeration, by its name in small letters."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind
        self._texts = {member: member.name.lower() for member in kind}
        self._members: dict[object, E] = {text: member for member, text in self._texts.items()}

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else self._texts[value]

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        del dialect
        if value is None:
            return None
        if value not in self._members:
            raise ValueError(f"{value!r} is none of {', '.join(self._texts.values())}")
        return self._members[value]


class Blank(TypeDecorator[str]):
    """A text that may be missing: kept as an empty one, because NULLs are never equal in a key."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        del dialect
        return value or ""

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        del dialect
        if type(value) is not str:
            raise ValueError(f"{value!r} is not text")
        return value or None


class Balances(TypeDecorator[tuple[tuple[str, Decimal], ...]]):
    """What a wallet holds: JSON rows of asset and quantity."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSON() if dialect.name == "postgresql" else Text())

    def process_bind_param(
        self, value: tuple[tuple[str, Decimal], ...] | None, dialect: Dialect
    ) -> Any:
        rows = [[asset, plain(qty)] for asset, qty in value or ()]
        return rows if dialect.name == "postgresql" else json.dumps(rows)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[tuple[str, Decimal], ...]:
        try:
            rows = value if dialect.name == "postgresql" else json.loads(value)
            return tuple((str(asset), Decimal(qty)) for asset, qty in rows)
        except (TypeError, ValueError, InvalidOperation) as error:
            raise ValueError(f"{value!r} is not a list of balances") from error


class Numbers(TypeDecorator[tuple[float, ...]]):
    """Floats: a JSON list, exact to the last bit."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSON() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: tuple[float, ...] | None, dialect: Dialect) -> Any:
        rows = list(value or ())
        if not all(map(math.isfinite, rows)):
            raise ValueError("a number is not finite")
        return rows if dialect.name == "postgresql" else json.dumps(rows)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[float, ...]:
        try:
            rows = value if dialect.name == "postgresql" else json.loads(value)
            found = tuple(map(float, rows))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{value!r} is not a list of numbers") from error
        if not all(map(math.isfinite, found)):
            raise ValueError("a number is not finite")
        return found


class Legs(TypeDecorator[tuple[Leg, ...]]):
    """What a fill does to wallets: JSON rows of wallet, asset, change."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(JSON() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: tuple[Leg, ...] | None, dialect: Dialect) -> Any:
        rows = [[leg.wallet, leg.asset, plain(leg.change)] for leg in value or ()]
        return rows if dialect.name == "postgresql" else json.dumps(rows)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Leg, ...]:
        try:
            rows = value if dialect.name == "postgresql" else json.loads(value)
            return tuple(
                Leg(wallet=WalletId(str(wallet)), asset=str(asset), change=Decimal(change))
                for wallet, asset, change in rows
            )
        except (TypeError, ValueError, InvalidOperation) as error:
            raise ValueError(f"{value!r} is not a list of legs") from error
