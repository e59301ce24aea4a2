r"""Our 128-bit order ids in Binance's alphabet, and back.

Binance takes `[\.A-Z\:/a-z0-9_-]{1,36}`. We write lower-case hex in the id's own parts, so that a
person reading the venue's order page sees deployment, epoch, sequence and check:
`1a2b3c4d-00000a-0000000001-deadbeef`.
"""

import re
from collections.abc import Callable

from hedgebot.domain.orders import OrderId

Recogniser = Callable[[int], bool]
"""Whether 128 bits are an order id of ours; `core.ids` knows."""

_PARTS = re.compile(r"([0-9a-f]{8})-([0-9a-f]{6})-([0-9a-f]{10})-([0-9a-f]{8})")


def encode(order_id: OrderId) -> str:
    """The client order id to send: 35 characters."""
    assert 0 <= order_id < 2**128, "an order id has 128 bits"
    digits = f"{order_id:032x}"
    return f"{digits[:8]}-{digits[8:14]}-{digits[14:24]}-{digits[24:]}"


def decode(client_order_id: str, is_ours: Recogniser) -> OrderId | None:
    """The order id of ours that was written so; None for anybody else's."""
    match = _PARTS.fullmatch(client_order_id)
    if match is None:
        return None
    order_id = int("".join(match.groups()), 16)
    return OrderId(order_id) if is_ours(order_id) else None
