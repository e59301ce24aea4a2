"""What each order of ours did to position and net delta, by the exchange's own ledger."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hedgebot.cli.demo.audit import FOREIGN
from hedgebot.domain.instruments import Side


@dataclass
class Passage:
    """One order from just before its first fill to just after its last. Coins, signed."""

    asset: str
    ordered: Decimal
    reduce_only: bool
    position_before: Decimal
    net_before: Decimal
    position_after: Decimal
    net_after: Decimal

    @property
    def position_ordered(self) -> Decimal:
        """The position, had it filled whole."""
        return self.position_before + self.ordered

    @property
    def net_ordered(self) -> Decimal:
        """The net delta, had it filled whole."""
        return self.net_before + self.ordered

    @property
    def closed(self) -> bool:
        """Whether it left no position."""
        return self.position_after == 0


def passages(state: dict[str, Any]) -> list[Passage]:
    """Every order of ours that filled, in order of its first fill; the ledger is replayed."""
    fills = {(row["symbol"], row["trade_id"]): row for row in state["fills"]["futures"]}
    orders = {row["client_id"]: row for row in state["orders"]["futures"]}
    spot: dict[str, Decimal] = defaultdict(Decimal)
    held: dict[str, Decimal] = defaultdict(Decimal)
    found: dict[str, Passage] = {}
    for row in sorted(state["ledger"], key=lambda row: row["seq"]):
        if row["wallet"] == "spot":
            spot[row["asset"]] += Decimal(row["change"])
        fill = fills.pop((row["symbol"], row["ref"]), None) if row["wallet"] == "futures" else None
        if fill is None:
            continue  # no trade, or the second row of one
        asset = fill["symbol"].removesuffix("USDT")
        before = held[asset]
        held[asset] += Decimal(fill["qty"]) * Side[fill["side"]].value
        name = fill["client_id"]
        if not name.startswith(FOREIGN):
            passage = found.setdefault(name, _begun(orders[name], asset, before, spot[asset]))
            passage.position_after = held[asset]
            passage.net_after = held[asset] + spot[asset]
    assert fills == {}, "a trade without a row in the ledger"
    return list(found.values())


def _begun(order: dict[str, Any], asset: str, held: Decimal, spot: Decimal) -> Passage:
    ordered = Decimal(order["qty"]) * Side[order["side"]].value
    net = held + spot
    return Passage(asset, ordered, order["reduce_only"], held, net, held, net)
