"""Order ids: 32 bits deployment, 24 epoch, 40 sequence, 32 check.

The deployment names book and account, never a key; the epoch counts starts of that journal; the
check tells our ids from anybody else's 128 bits.
"""

import hashlib
from typing import NamedTuple

from hedgebot.domain.orders import OrderId

EPOCH_MAX = 2**24 - 1
SEQUENCE_MAX = 2**40 - 1


class Parts(NamedTuple):
    """What an order id says."""

    deployment: int
    epoch: int
    sequence: int


def deployment_id(book: str, account: str, *, dry_run: bool = False) -> int:
    """32 bits that name this book's trading on this account.

    A dry run has its own: the live orders of the same book are to it somebody else's.
    """
    named = f"{book}\0{account}\0dry-run" if dry_run else f"{book}\0{account}"
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:4])


def _check(body: int) -> int:
    return int.from_bytes(hashlib.sha256(b"hedgebot order" + body.to_bytes(12)).digest()[:4])


def make(deployment: int, epoch: int, sequence: int) -> OrderId:
    """The id of the `sequence`-th order of that epoch."""
    assert 0 < epoch <= EPOCH_MAX, f"epoch {epoch} is out of range"
    assert 0 < sequence <= SEQUENCE_MAX, f"sequence {sequence} is out of range"
    body = deployment << 64 | epoch << 40 | sequence
    return OrderId(body << 32 | _check(body))


def parts(order_id: int) -> Parts:
    """Take an id apart; see `is_ours` for whether it means anything."""
    return Parts(order_id >> 96, order_id >> 72 & EPOCH_MAX, order_id >> 32 & SEQUENCE_MAX)


def is_ours(order_id: int, deployment: int) -> bool:
    """Whether this deployment made the id, in any epoch."""
    return (
        0 <= order_id < 2**128
        and order_id >> 96 == deployment
        and order_id & 0xFFFFFFFF == _check(order_id >> 32)
    )
