"""Why an execution of the account happened, as far as the venue's order tells."""

from hedgebot.domain.orders import Cause

CAUSES = (
    ("adl_autoclose", Cause.ADL),
    ("settlement_autoclose-", Cause.SETTLEMENT),
    ("delivery_autoclose-", Cause.SETTLEMENT),
    ("autoclose-", Cause.LIQUIDATION),
)
"""Client ids of the venue's own orders, first match wins. Source: Binance, order update event."""

TAKEOVERS = {"NEW_ADL": Cause.ADL, "NEW_INSURANCE": Cause.SETTLEMENT}
"""Order states of the venue's own acts."""

EXECUTIONS = frozenset({"TRADE", "CALCULATED"})
"""Execution types that move a position; ADL and liquidation arrive as CALCULATED."""


def cause_of(
    client_order_id: str, *, ours: bool, word: str = "", calculated: bool = False
) -> Cause:
    """Why an execution happened.

    Args:
        client_order_id: of its order; empty where the record has none.
        ours: whether that is one of our ids.
        word: the order's state in the venue's word.
        calculated: whether the execution type is CALCULATED.
    """
    if ours:
        return Cause.OURS
    if word in TAKEOVERS:
        return TAKEOVERS[word]
    for start, cause in CAUSES:
        if client_order_id.startswith(start):
            return cause
    return Cause.LIQUIDATION if calculated else Cause.FOREIGN
