"""Why a venue refuses a request. The wire layer turns each reason into the venue's own code."""

from enum import StrEnum


class Reason(StrEnum):
    """A closed set: every refusal that the model itself makes."""

    SYMBOL = "symbol"
    QTY_ZERO = "qty zero"
    QTY_MIN = "qty below minimum"
    QTY_MAX = "qty above maximum"
    QTY_STEP = "qty step"
    MARKET_QTY = "market qty"
    PRICE_ZERO = "price zero"
    PRICE_MIN = "price below minimum"
    PRICE_MAX = "price above maximum"
    PRICE_STEP = "price step"
    PRICE_HIGH = "price above percent bound"
    PRICE_LOW = "price below percent bound"
    NOTIONAL = "notional"
    BALANCE = "balance"
    MARGIN = "margin"
    LEVERAGE = "leverage"
    POSITION_LIMIT = "position limit"
    DUPLICATE_ID = "duplicate client order id"
    POST_ONLY = "post only would take"
    FOK = "fill or kill cannot fill"
    REDUCE_ONLY = "reduce only"
    REDUCE_ONLY_UNWANTED = "reduce only not wanted"
    POSITION_SIDE = "position side"
    UNKNOWN_ORDER = "unknown order"
    NO_SUCH_ORDER = "no such order"
    NO_CHANGE = "no change"
    ORDERS_OPEN = "orders open"
    POSITION_OPEN = "position open"
    NO_LIQUIDITY = "no liquidity"
    ORDERS_MAX = "too many open orders"


class Rejected(Exception):
    """The venue refuses; nothing changed."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason
        self.detail = detail
