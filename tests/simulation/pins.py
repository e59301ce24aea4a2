"""What differs from one run to the next, pinned: chance, clocks, entropy.

Import this before anything that draws chance of its own: aiohttp makes its masks with a generator
that it seeds when it is imported. `PYTHONHASHSEED` is the caller's to set.
"""

import asyncio
import os
import random
import ssl
import sys
import time
from typing import Self

_Random = random.Random
_no_tls = ssl.create_default_context()
"""Made for every connection pool, in 25 ms each, and never used: nothing here speaks TLS."""
_UNSEEDED: list[random.Random] = []


class Pinned(random.Random):
    """Chance whose seed can be set later, where nobody chose one."""

    def __new__(cls, *_seed: object) -> Self:
        return super().__new__(cls)

    def __init__(self, x: float | str | bytes | bytearray | None = None) -> None:
        super().__init__(0 if x is None else x)
        if x is None:
            self.seed(_master.getrandbits(64))
            _UNSEEDED.append(self)


_master = _Random(0)
random.Random = Pinned  # type: ignore[misc]  # the point of this module


def pin(seed: int, loop: asyncio.AbstractEventLoop, epoch_s: int) -> None:
    """Chance from `seed`, time from `loop`, which began at `epoch_s`, UTC: for good."""
    _master.seed(seed)
    for each in _UNSEEDED:
        each.seed(_master.getrandbits(64))
    random.seed(_master.getrandbits(64))
    entropy = _Random(_master.getrandbits(64)).randbytes
    os.urandom = entropy
    random._urandom = entropy  # type: ignore[attr-defined]  # what `secrets` reads
    ssl.create_default_context = lambda *_, **__: _no_tls
    sys.getallocatedblocks = lambda: 0
    time.time = lambda: epoch_s + loop.time()
    time.time_ns = lambda: epoch_s * 10**9 + round(loop.time() * 1e9)
    time.monotonic = loop.time
    time.monotonic_ns = lambda: round(loop.time() * 1e9)
    time.perf_counter = loop.time
    time.perf_counter_ns = lambda: round(loop.time() * 1e9)
