"""Mark and touch messages: the frequent ones, as floats."""

from hedgebot.adapters.binance.names import Names, Raw
from hedgebot.domain.events import MarkSeen, TouchSeen


def mark(message: Raw, names: Names) -> tuple[MarkSeen, ...]:
    """`markPriceUpdate`: mark, index, and the funding rate of the running interval."""
    return (
        MarkSeen(
            names.instrument(message["s"]),
            float(message["p"]),
            float(message.get("i") or 0.0),
            int(message["E"]),
            float(message.get("r") or 0.0),
            int(message.get("T") or 0),
        ),
    )


def touch(message: Raw, names: Names) -> tuple[TouchSeen, ...]:
    """`bookTicker`: best bid and ask; spot's has no times."""
    return (
        TouchSeen(
            names.instrument(message["s"]),
            float(message["b"]),
            float(message["B"]),
            float(message["a"]),
            float(message["A"]),
            int(message.get("T") or message.get("E") or 0),
        ),
    )
