"""Plain signed calls, websockets and control commands against a local exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson

from hedgebot.sim.binance.auth import sign
from hedgebot.sim.binance.server import Running, serve
from hedgebot.sim.config import SimConfig


@dataclass
class Caller:
    running: Running
    http: aiohttp.ClientSession

    async def call(self, verb: str, path: str, **params: object) -> tuple[int, Any]:
        """A signed request; status and answer."""
        now = self.running.exchange.clock.now_ms()
        payload = urlencode({"timestamp": now, "recvWindow": 3000, **params})
        query = f"{payload}&signature={sign('local-secret', payload)}"
        headers = {"X-MBX-APIKEY": "local-key"}
        url = f"{self.running.rest_url}{path}?{query}"
        async with self.http.request(verb, url, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def order(self, client_id: str, **change: object) -> tuple[int, Any]:
        """A futures IOC that fills."""
        ticket = {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "LIMIT",
            "timeInForce": "IOC",
            "quantity": "0.100",
            "price": "59900.0",
            "newOrderRespType": "RESULT",
            "newClientOrderId": client_id,
        }
        return await self.call("POST", "/fapi/v1/order", **{**ticket, **change})

    async def told(self, command: str, **fields: object) -> Any:
        """A control command's result."""
        status, body = await self.refused(command, **fields)
        assert status == 200, body
        return body["result"]

    async def refused(self, command: str, **fields: object) -> tuple[int, Any]:
        """A control command's status and whole answer."""
        url = f"{self.running.rest_url}/_control/{command}"
        async with self.http.post(url, data=orjson.dumps(fields)) as response:
            return response.status, await response.json()

    async def state(self) -> Any:
        async with self.http.get(f"{self.running.rest_url}/_control/state") as response:
            return await response.json()

    async def listen_key(self) -> str:
        url, headers = f"{self.running.rest_url}/fapi/v1/listenKey", {"X-MBX-APIKEY": "local-key"}
        async with self.http.post(url, headers=headers) as response:
            return str((await response.json())["listenKey"])

    async def futures_events(self, key: str | None = None) -> aiohttp.ClientWebSocketResponse:
        key = key or await self.listen_key()
        return await self.http.ws_connect(f"{self.running.ws_url}/private/ws?listenKey={key}")

    async def spot_events(self) -> aiohttp.ClientWebSocketResponse:
        ws = await self.http.ws_connect(f"{self.running.ws_url}/ws-api/v3")
        now = self.running.exchange.clock.now_ms()
        params: dict[str, object] = {"apiKey": "local-key", "timestamp": now}
        params["signature"] = sign("local-secret", f"apiKey=local-key&timestamp={now}")
        asked = {"id": "1", "method": "userDataStream.subscribe.signature", "params": params}
        await ws.send_str(orjson.dumps(asked).decode())
        answer = await ws.receive_json(timeout=3)
        assert answer["status"] == 200, answer
        return ws


async def heard(ws: aiohttp.ClientWebSocketResponse, for_s: float = 0.3) -> list[Any]:
    """Everything that arrives in a while; spot events without their wrapping."""
    found: list[Any] = []
    while True:
        try:
            message = await ws.receive(timeout=for_s)
        except TimeoutError:
            return found
        if message.type is not aiohttp.WSMsgType.TEXT:
            return [*found, message.type.name]
        event = orjson.loads(message.data)
        found.append(event.get("event", event))


def names(events: list[Any]) -> list[str]:
    return [event["e"] if isinstance(event, dict) else event for event in events]


@asynccontextmanager
async def calling(**config: Any) -> AsyncIterator[Caller]:
    running = await serve(SimConfig(**config))
    async with aiohttp.ClientSession() as http:
        try:
            yield Caller(running, http)
        finally:
            await running.close()
            await asyncio.sleep(0)
