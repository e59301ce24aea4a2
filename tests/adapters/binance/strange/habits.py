"""The strange habits: every one is what some honest Binance might do. Their names: `named.py`."""

import time
from typing import Any

import orjson
from aiohttp import web

from tests.adapters.binance.strange.proxy import Frames, Habits, Told

NOT_FOUND = b"<html><body><h2>404 Not found</h2></body></html>"
OPTIONAL = (
    "/fapi/v1/symbolConfig",
    "/fapi/v1/accountConfig",
    "/fapi/v1/multiAssetsMargin",
    "/fapi/v1/positionSide/dual",
    "/fapi/v1/leverageBracket",
    "/fapi/v1/commissionRate",
    "/fapi/v1/ticker/bookTicker",
    "/api/v3/ticker/bookTicker",
    "/sapi/v1/account/apiRestrictions",
)
RULES = ("/fapi/v1/exchangeInfo", "/api/v3/exchangeInfo")
FAR = 2**60
"""Added to ids: no double holds them."""
LATE_S = 0.15
EVERYWHERE = "*"


def nothing_optional(status: int = 404, body: bytes = NOT_FOUND) -> Habits:
    return Habits(missing=dict.fromkeys(OPTIONAL, (status, body)))


def without_used_weight() -> Habits:
    async def deliver(_request: web.BaseRequest, told: Told) -> web.Response:
        headers = {k: v for k, v in told.headers.items() if not k.upper().startswith("X-MBX")}
        return web.Response(status=told.status, headers=headers, body=told.body)

    return Habits(deliver=deliver)


def bare_rules() -> Habits:
    """Steps only; other symbols around, some of them half filled in; no limits."""

    def body(path: str, answer: Any) -> Any:
        if path not in RULES:
            return answer
        steps = {"LOT_SIZE": "stepSize", "PRICE_FILTER": "tickSize"}
        rows = []
        for row in reversed(answer["symbols"]):
            kept = ("symbol", "status", "baseAsset", "quoteAsset", "contractType")
            bare = {name: row[name] for name in kept if name in row}
            bare["filters"] = [
                {"filterType": each["filterType"], step: each[step]}
                for each in reversed(row["filters"])
                for step in [steps.get(each["filterType"], "")]
                if step
            ] + [{"filterType": "NEW_KIND", "limit": None}]
            rows.append(bare)
        odd = [
            {"symbol": "HALFUSDT", "status": "PENDING_TRADING"},
            {"symbol": "NULLUSDT", "baseAsset": None, "quoteAsset": None, "contractType": None},
            {**rows[0], "symbol": "OLDUSDT", "contractType": "", "filters": []},
        ]
        return {"symbols": odd + rows}

    return Habits(body=body)


def odd_limits() -> Habits:
    def body(path: str, answer: Any) -> Any:
        if path in RULES:
            answer["rateLimits"] = [
                {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "limit": 2400},
                {"rateLimitType": "ORDERS", "interval": "FORTNIGHT", "intervalNum": 1, "limit": 9},
                {"rateLimitType": "CONNECTIONS", "interval": "MINUTE", "intervalNum": 5},
                None,
            ]
        return answer

    return Habits(body=body)


def only_btc() -> Habits:
    def body(path: str, answer: Any) -> Any:
        if path in RULES:
            answer["symbols"] = [row for row in answer["symbols"] if row["symbol"] == "BTCUSDT"]
        return answer

    return Habits(body=body)


def undated(*, absent: bool) -> Habits:
    """No date in what REST says of wallets and positions; flat rows among them."""

    def body(path: str, answer: Any) -> Any:
        rows: list[dict[str, Any]] = []
        if path == "/api/v3/account":
            rows = [answer]
        elif path == "/fapi/v3/account":
            rows = answer["assets"]
        elif path == "/fapi/v3/positionRisk":
            rows = answer = [*answer, *FLAT]
        for row in rows:
            row["updateTime"] = 0
            if absent:
                del row["updateTime"]
        return answer

    return Habits(body=body)


FLAT = [
    {"symbol": symbol, "positionSide": side, "positionAmt": "0.000"}
    for symbol in ("BTCUSDT", "ETHUSDT")
    for side in ("BOTH", "LONG", "SHORT")
]


def numbers_not_texts() -> Habits:
    """JSON numbers where the documents show texts, texts where they show numbers."""

    def swapped(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: swapped(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [swapped(each, name) for each in value]
        if isinstance(value, str) and name not in {"listenKey", "a", "msg"}:
            try:
                return float(value)
            except ValueError:
                return value
        if name in {"updateTime", "time", "orderId", "id", "T", "u", "i", "t", "serverTime"}:
            return str(value) if isinstance(value, int) else value
        return value

    return Habits(
        body=lambda _path, answer: swapped(answer),
        frames=lambda _path, message: [(0.0, message if "id" in message else swapped(message))],
    )


def late(*events: str) -> Habits:
    """Those user events come after whatever else the same execution causes."""

    def frames(_path: str, message: Any) -> Frames:
        event = message.get("event", message)
        return [(LATE_S if event.get("e") in events else 0.0, message)]

    return Habits(frames=frames)


def without(*events: str) -> Habits:
    def frames(_path: str, message: Any) -> Frames:
        event = message.get("event", message)
        return [] if event.get("e") in events else [(0.0, message)]

    return Habits(frames=frames)


def unwrapped() -> Habits:
    return Habits(frames=lambda _path, message: [(0.0, message.get("event", message))])


def wrapped() -> Habits:
    """Everything in the envelope of combined streams, whatever path was dialled."""

    def frames(_path: str, message: Any) -> Frames:
        if "id" in message or "event" in message:
            return [(0.0, message)]
        return [(0.0, {"stream": "x", "data": message})]

    return Habits(frames=frames)


def slow_marks() -> Habits:
    """A mark every three seconds, also where one a second was asked for."""
    last: list[float] = [0.0]

    def frames(_path: str, message: Any) -> Frames:
        if message.get("e") == "markPriceUpdate":
            if time.monotonic() < last[0] + 2.9:
                return []
            last[0] = time.monotonic()
        return [(0.0, message)]

    return Habits(frames=frames)


def quiet_book() -> Habits:
    """The best prices do not move: nothing is told of them on the socket."""
    return without("bookTicker")


def without_pongs(*, listens: bool = True) -> Habits:
    """Pings come from it and are never answered by it; perhaps it reads nothing at all."""

    def asked(_path: str, message: Any) -> bool:
        return listens or message["method"] in {"SUBSCRIBE", "userDataStream.subscribe.signature"}

    return Habits(pongs=False, pings_every_s=0.7 if listens else 0.0, asked=asked)


def gzipped() -> Habits:
    async def deliver(_request: web.BaseRequest, told: Told) -> web.Response:
        response = told.response()
        response.enable_compression(web.ContentCoding.gzip)
        return response

    return Habits(deliver=deliver)


def chunked() -> Habits:
    async def deliver(request: web.BaseRequest, told: Told) -> web.StreamResponse:
        response = web.StreamResponse(status=told.status, headers=told.headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for start in range(0, len(told.body), 97):
            await response.write(told.body[start : start + 97])
        await response.write_eof()
        return response

    return Habits(deliver=deliver)


def one_answer_a_connection(*, says_so: bool) -> Habits:
    async def deliver(request: web.BaseRequest, told: Told) -> web.StreamResponse:
        response = told.response()
        if says_so:
            response.force_close()
            return response
        await response.prepare(request)
        await response.write_eof()
        assert request.transport is not None
        request.transport.close()
        return response

    return Habits(deliver=deliver)


def slow(*paths: str, by_s: float) -> Habits:
    return Habits(slow_s=dict.fromkeys(paths, by_s))


def far_ids() -> Habits:
    """Order and trade ids beyond what a double holds."""

    def shifted(value: Any, by: int) -> Any:
        if isinstance(value, list):
            return [shifted(each, by) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: each + by
            if key in {"orderId", "i", "id", "t"} and isinstance(each, int) and each > 0
            else shifted(each, by)
            for key, each in value.items()
        }

    def params(_path: str, asked: dict[str, str]) -> dict[str, str]:
        if "orderId" in asked:
            asked["orderId"] = str(int(asked["orderId"]) - FAR)
        return asked

    return Habits(
        params=params,
        body=lambda path, answer: shifted(answer, FAR),
        frames=lambda _path, message: [
            (0.0, message if "id" in message else shifted(message, FAR))
        ],
    )


def event_before_the_answer() -> Habits:
    """On each socket something is told before the subscription is answered."""

    def frames(path: str, message: Any) -> Frames:
        if path.startswith("/ws-api") and "result" in message:
            now = time.time_ns() // 1_000_000
            empty = {"e": "outboundAccountPosition", "E": now, "u": now, "B": []}
            return [(0.0, {"subscriptionId": 0, "event": empty}), (LATE_S, message)]
        return [(LATE_S if "result" in message else 0.0, message)]

    return Habits(frames=frames)


def subscriptions_unanswered() -> Habits:
    """Subscribes without a word, as some do: ccxt waits for no answer on streams of prices."""

    def frames(path: str, message: Any) -> Frames:
        api = path.startswith("/ws-api")
        return [(0.0, message)] if api or "result" not in message else []

    return Habits(frames=frames)


def older_paths() -> Habits:
    """The addresses before April 2026: one for everything, listen keys in the path."""

    def dial(path: str) -> str | None:
        place, _, _query = path.partition("?")
        if place.split("/")[1] in {"public", "market", "private"}:
            return None
        return path if place.startswith("/ws-api") else f"/fstream{path}"

    return Habits(dial=dial)


def acknowledges_only() -> Habits:
    """Answers an order before it is matched, whatever answer was asked for."""

    def body(path: str, answer: Any) -> Any:
        if path == "/fapi/v1/order" and "cumQty" in answer:
            return {**answer, "status": "NEW", "executedQty": "0.000", "cumQty": "0.000"}
        return answer

    return Habits(body=body)


def twice() -> Habits:
    """Each user event twice."""

    def frames(path: str, message: Any) -> Frames:
        user = "private" in path or "event" in message
        return [(0.0, message), (0.0, message)] if user else [(0.0, message)]

    return Habits(frames=frames)


def counts_much() -> Habits:
    """Names no limits, and counts more than we take for one."""

    async def deliver(_request: web.BaseRequest, told: Told) -> web.Response:
        headers = {**told.headers, "X-MBX-USED-WEIGHT-1M": "30000"}
        return web.Response(status=told.status, headers=headers, body=told.body)

    def body(path: str, answer: Any) -> Any:
        if path in RULES:
            answer["rateLimits"] = []
        return answer

    return Habits(body=body, deliver=deliver)


def small_orders() -> Habits:
    """Takes three coins in an order at most."""

    def body(path: str, answer: Any) -> Any:
        if path in RULES:
            for row in answer["symbols"]:
                for each in row["filters"]:
                    if each["filterType"] == "LOT_SIZE":
                        each["maxQty"] = "3"
        return answer

    return Habits(body=body)


def forgets_closed_orders() -> Habits:
    """Knows open orders only."""
    gone = {"code": -2013, "msg": "Order does not exist."}

    def body(path: str, answer: Any) -> Any:
        return gone if path == "/fapi/v1/order" and "time" in answer else answer

    return Habits(body=body)


def terse_prices() -> Habits:
    """Prices without times, names of events, index and funding."""

    def frames(_path: str, message: Any) -> Frames:
        kept = {"bookTicker": "sbBaA", "markPriceUpdate": "esp"}.get(message.get("e", ""), "")
        return [(0.0, {name: message[name] for name in kept} if kept else message)]

    return Habits(frames=frames)


def in_binary() -> Habits:
    return Habits(binary=True)


def clumsy_errors() -> Habits:
    """Optional paths answered as a framework would."""
    return nothing_optional(
        400, orjson.dumps({"code": -5000, "msg": "Path /x, Method GET is invalid"})
    )
