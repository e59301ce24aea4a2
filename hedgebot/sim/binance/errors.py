"""Binance's error answers: code, text and HTTP status of every refusal."""

from dataclasses import dataclass
from functools import partial

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.rejections import Reason, Rejected


class ApiError(Exception):
    """An error answer as the venue sends it."""

    def __init__(
        self, code: int, text: str, *, status: int = 400, retry_after_s: int | None = None
    ) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.retry_after_s = retry_after_s

    def body(self) -> dict[str, object]:
        """The JSON answer."""
        return {"code": self.code, "msg": self.text}


@dataclass(frozen=True, slots=True)
class Says:
    """How one side of the venue words a refusal; {} stands for the detail."""

    code: int
    text: str


def _filter(name: str) -> Says:
    return Says(-1013, f"Filter failure: {name}")


SPOT: dict[Reason, Says] = {
    Reason.SYMBOL: Says(-1121, "Invalid symbol."),
    Reason.QTY_ZERO: Says(-1013, "Invalid quantity."),
    Reason.QTY_MIN: _filter("LOT_SIZE"),
    Reason.QTY_MAX: _filter("LOT_SIZE"),
    Reason.QTY_STEP: _filter("LOT_SIZE"),
    Reason.MARKET_QTY: _filter("MARKET_LOT_SIZE"),
    Reason.PRICE_ZERO: Says(-1013, "Invalid price."),
    Reason.PRICE_MIN: _filter("PRICE_FILTER"),
    Reason.PRICE_MAX: _filter("PRICE_FILTER"),
    Reason.PRICE_STEP: _filter("PRICE_FILTER"),
    Reason.PRICE_HIGH: _filter("PERCENT_PRICE_BY_SIDE"),
    Reason.PRICE_LOW: _filter("PERCENT_PRICE_BY_SIDE"),
    Reason.NOTIONAL: _filter("NOTIONAL"),
    Reason.BALANCE: Says(-2010, "Account has insufficient balance for requested action."),
    Reason.DUPLICATE_ID: Says(-2010, "Duplicate order sent."),
    Reason.POST_ONLY: Says(-2010, "Order would immediately match and take."),
    Reason.UNKNOWN_ORDER: Says(-2011, "Unknown order sent."),
    Reason.NO_SUCH_ORDER: Says(-2013, "Order does not exist."),
    Reason.NO_LIQUIDITY: Says(-2010, "Order book liquidity is less than requested."),
    Reason.ORDERS_MAX: _filter("MAX_NUM_ORDERS"),
}

FUTURES: dict[Reason, Says] = {
    Reason.SYMBOL: Says(-1121, "Invalid symbol."),
    Reason.QTY_ZERO: Says(-4003, "Quantity less than or equal to zero."),
    Reason.QTY_MIN: Says(-4003, "Quantity less than or equal to zero."),
    Reason.QTY_MAX: Says(-4005, "Quantity greater than max quantity."),
    Reason.QTY_STEP: Says(-1111, "Precision is over the maximum defined for this asset."),
    Reason.MARKET_QTY: Says(-4005, "Quantity greater than max quantity."),
    Reason.PRICE_ZERO: Says(-4001, "Price less than 0."),
    Reason.PRICE_MIN: Says(-4013, "Price less than min price."),
    Reason.PRICE_MAX: Says(-4002, "Price greater than max price."),
    Reason.PRICE_STEP: Says(-4014, "Price not increased by tick size."),
    Reason.PRICE_HIGH: Says(-4016, "Limit price can't be higher than {}."),
    Reason.PRICE_LOW: Says(-4024, "Limit price can't be lower than {}."),
    Reason.NOTIONAL: Says(
        -4164, "Order's notional must be no smaller than {} (unless you choose reduce only)."
    ),
    Reason.MARGIN: Says(-2019, "Margin is insufficient."),
    Reason.BALANCE: Says(-2018, "Balance is insufficient."),
    Reason.LEVERAGE: Says(-4028, "Leverage {} is not valid"),
    Reason.POSITION_LIMIT: Says(
        -2027, "Exceeded the maximum allowable position at current leverage."
    ),
    Reason.DUPLICATE_ID: Says(-4116, "ClientOrderId is duplicated."),
    Reason.POST_ONLY: Says(
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    Reason.FOK: Says(
        -5021, "Due to the order could not be filled immediately, the FOK order has been rejected."
    ),
    Reason.REDUCE_ONLY: Says(-2022, "ReduceOnly Order is rejected."),
    Reason.REDUCE_ONLY_UNWANTED: Says(-1106, "Parameter 'reduceonly' sent when not required."),
    Reason.POSITION_SIDE: Says(-4061, "Order's position side does not match user's setting."),
    Reason.UNKNOWN_ORDER: Says(-2011, "Unknown order sent."),
    Reason.NO_SUCH_ORDER: Says(-2013, "Order does not exist."),
    Reason.NO_LIQUIDITY: Says(
        -4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit."
    ),
    Reason.ORDERS_MAX: Says(-2025, "Reach max open order limit."),
    Reason.ORDERS_OPEN: Says(-4067, "Position side cannot be changed if there exists open orders."),
    Reason.POSITION_OPEN: Says(-4068, "Position side cannot be changed if there exists position."),
    Reason.NO_CHANGE: Says(-4059, "No need to change position side."),
}


def worded(rejected: Rejected, kind: Kind) -> ApiError:
    """The venue's answer to a refusal of the model."""
    says = (SPOT if kind is Kind.SPOT else FUTURES)[rejected.reason]
    return ApiError(says.code, says.text.format(rejected.detail))


def missing(name: str) -> ApiError:
    """A mandatory parameter is absent or unreadable."""
    text = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return ApiError(-1102, text)


bad_key_format = partial(ApiError, -2014, "API-key format invalid.", status=401)
bad_key = partial(ApiError, -2015, "Invalid API-key, IP, or permissions for action.", status=401)
bad_signature = partial(ApiError, -1022, "Signature for this request is not valid.")
late = partial(ApiError, -1021, "Timestamp for this request is outside of the recvWindow.")
ahead = partial(
    ApiError, -1021, "Timestamp for this request was 1000ms ahead of the server's time."
)
wide_window = partial(ApiError, -1131, "recvWindow must be less than 60000.")
no_listen_key = partial(ApiError, -1125, "This listenKey does not exist.")
overloaded = partial(
    ApiError,
    -1008,
    "Server is currently overloaded with other requests. Please try again in a few minutes.",
    status=503,
)
