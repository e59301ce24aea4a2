"""Mark and touch messages: the frequent ones, as floats."""

from hedgebot.adapters.binance.names import UNREADABLE, Names, Raw, moment, unreadable
from hedgebot.domain.events import MarkSeen, TouchSeen


def mark(message: Raw, names: Names) -> tuple[MarkSeen, ...]:
    """`markPriceUpdate`: mark, index, and the funding rate of the running interval."""
    return (
        MarkSeen(
            names.instrument(message["s"]),
            float(message["p"]),
            float(message.get("i") or 0.0),
            moment(message.get("E")),
            float(message.get("r") or 0.0),
            moment(message.get("T")),
        ),
    )


def touch(message: Raw, names: Names) -> tuple[TouchSeen, ...]:
    """`bookTicker`: best bid and ask; spot's has no times."""
    units = float(names.market(message["s"]).units)
    return (
        TouchSeen(
            names.instrument(message["s"]),
            float(message["b"]),
            float(message["B"]) * units,
            float(message["a"]),
            float(message["A"]) * units,
            moment(message.get("T") or message.get("E")),
        ),
    )


def touch_row(row: Raw, names: Names) -> TouchSeen:
    """Answer of `ticker/bookTicker` for one symbol; spot's has no time.

    Raises:
        Unsupported: unreadable.
    """
    try:
        units = float(names.market(row["symbol"]).units)
        return TouchSeen(
            names.instrument(row["symbol"]),
            float(row["bidPrice"]),
            float(row["bidQty"]) * units,
            float(row["askPrice"]),
            float(row["askQty"]) * units,
            moment(row.get("time")),
        )
    except UNREADABLE as error:
        unreadable(names.venue, "ticker/bookTicker", error)
