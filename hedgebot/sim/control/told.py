"""A command as told: its fields, read with a complaint where they are wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import TypeVar

from hedgebot.domain.instruments import Kind
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.market import Market

Chosen = TypeVar("Chosen", bound=Enum)

MARKETS = {
    "spot": Kind.SPOT,
    "futures": Kind.LINEAR,
    "linear": Kind.LINEAR,
    "coin-futures": Kind.INVERSE,
    "inverse": Kind.INVERSE,
}
"""Words for the desks of the venue."""


class Misunderstood(Exception):
    """A command that cannot be carried out as told; nothing was done."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What commands act on."""

    exchange: Exchange
    market: Market


@dataclass(frozen=True, slots=True)
class Told:
    """The JSON object of a command."""

    fields: Mapping[str, object]

    def has(self, name: str) -> bool:
        """Whether a field was given."""
        return self.fields.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """Raises: Misunderstood, when the field is absent and has no default."""
        value = self.fields.get(name, default)
        if value is None:
            raise Misunderstood(f"{name} is missing")
        return str(value)

    def decimal(self, name: str) -> Decimal:
        """A finite decimal, best told as a string.

        Raises:
            Misunderstood: absent or unreadable.
        """
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            raise Misunderstood(f"{name} is no number") from None
        if not value.is_finite():
            raise Misunderstood(f"{name} is not finite")
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number.

        Raises:
            Misunderstood: absent without a default, or unreadable.
        """
        text = self.text(name, None if default is None else str(default))
        try:
            return int(text)
        except ValueError:
            raise Misunderstood(f"{name} is no whole number") from None

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false.

        Raises:
            Misunderstood: absent without a default, or something else.
        """
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise Misunderstood(f"{name} is neither true nor false")
        return value

    def choice(self, name: str, options: type[Chosen], default: Chosen | None = None) -> Chosen:
        """One value of an enumeration.

        Raises:
            Misunderstood: absent without a default, or none of them.
        """
        if default is not None and not self.has(name):
            return default
        value = self.text(name)
        for option in options:
            if value in {option.value, option.name}:
                return option
        known = ", ".join(str(option.value) for option in options)
        raise Misunderstood(f"{name} is {value}, not one of {known}")

    def kind(self, default: Kind | None = None) -> Kind:
        """`market`: `spot`, `futures` (USDT-M) or `coin-futures` (COIN-M).

        Raises:
            Misunderstood: something else.
        """
        value = self.text("market", None if default is None else default.value)
        found = MARKETS.get(value)
        if found is None:
            raise Misunderstood(f"market is {value}, not spot, futures or coin-futures")
        return found

    def levels(self, name: str) -> list[tuple[Decimal, Decimal]]:
        """Price and quantity pairs.

        Raises:
            Misunderstood: unreadable.
        """
        rows = self.fields.get(name)
        if not isinstance(rows, list):
            raise Misunderstood(f"{name} is no list of [price, quantity]")
        try:
            return [(Decimal(str(price)), Decimal(str(qty))) for price, qty in rows]
        except (TypeError, ValueError, InvalidOperation):
            raise Misunderstood(f"{name} is no list of [price, quantity]") from None


@dataclass(frozen=True, slots=True)
class Command:
    """A named command: what it does, and the fields it knows. Others are refused."""

    run: Callable[[Reach, Told], object]
    fields: frozenset[str]


def command(run: Callable[[Reach, Told], object], fields: str = "") -> Command:
    """A command with its fields, separated by blanks."""
    return Command(run, frozenset(fields.split()))
