"""Contracts on a bundle of coins: 1000PEPE is a thousand PEPE.

The table is shipped, not guessed: 1INCH, 4 and 0G are coins of their own, and a name like 1000X
may be either. Source: every base of a USDT-M contract in trading, July 2026.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple


class Bundle(NamedTuple):
    """What one unit of a multiplied base holds."""

    asset: str
    coins: Decimal
    """Coins of `asset` in one unit."""


BUNDLES: Mapping[str, Bundle] = MappingProxyType(
    {
        "1000000BOB": Bundle("BOB", Decimal(1_000_000)),
        "1000000MOG": Bundle("MOG", Decimal(1_000_000)),
        "1000BONK": Bundle("BONK", Decimal(1_000)),
        "1000CAT": Bundle("CAT", Decimal(1_000)),
        "1000CHEEMS": Bundle("CHEEMS", Decimal(1_000)),
        "1000FLOKI": Bundle("FLOKI", Decimal(1_000)),
        "1000LUNC": Bundle("LUNC", Decimal(1_000)),
        "1000PEPE": Bundle("PEPE", Decimal(1_000)),
        "1000RATS": Bundle("RATS", Decimal(1_000)),
        "1000SATS": Bundle("SATS", Decimal(1_000)),
        "1000SHIB": Bundle("SHIB", Decimal(1_000)),
        "1000XEC": Bundle("XEC", Decimal(1_000)),
        "1MBABYDOGE": Bundle("BABYDOGE", Decimal(1_000_000)),
    }
)

_LEADING = re.compile(r"1(?:0{3,}|M)(?=[A-Z0-9])")


def looks_multiplied(base: str) -> bool:
    """Whether the name starts with a number of coins: 1000, 10000, 1000000, 1M."""
    return _LEADING.match(base) is not None
