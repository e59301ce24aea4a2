"""How a file of history is named: what the reader and the local exchange tell a series by.

`BTCUSDT_spot_1h`, `BTCUSDT_perp_1h`, `BTCUSDT_perp_mark_1h`, `BTCUSDT_perp_index_1h`,
`BTCUSDT_perp_funding_8h`; inverse perpetuals have their venue's own name: `BTCUSD_PERP_mark_1h`.
"""

import re

NAME = re.compile(
    r"^(?P<symbol>.+?)_(?P<market>spot|perp|PERP)(?:_(?P<what>mark|index|funding))?_\w+$"
)
"""What a series is, by its name without the period."""


PART = re.compile(
    r"(?P<series>[^/]+_(?:spot|perp|PERP)(?:_(?:mark|index|funding))?_\d+[A-Za-z]+)"
    r"[^/\dA-Za-z][^/]*$"
)
"""A file of a series whose name says more: `BTCUSDT_spot_1h-2021-05`, `... (1)`, `..._new`."""


def series_name(market_id: str, *, spot: bool, what: str, interval: str) -> str:
    """The name of a series. `what` is empty for trades, or mark, index, funding."""
    market = "" if market_id.endswith("_PERP") else "_spot" if spot else "_perp"
    part = f"_{what}" if what else ""
    return f"{market_id}{market}{part}_{interval}"
