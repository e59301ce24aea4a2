"""One websocket from its first byte to its last."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import WSMsgType, web

from hedgebot.domain.instruments import Kind
from hedgebot.sim.hub import Channel, Hub, Socket


async def accept(
    hub: Hub, request: web.BaseRequest, kind: Kind, channel: Channel, *, combined: bool = False
) -> Socket:
    """Shake hands and join the hub. Pings are answered by hand, so that they can be ignored."""
    ws = web.WebSocketResponse(autoping=False, compress=False, decode_text=False)
    await ws.prepare(request)
    assert request.transport is not None, "a prepared websocket has a transport"
    socket = Socket(ws, request.transport, kind, channel, combined)
    hub.sockets[socket] = None
    return socket


async def converse(hub: Hub, socket: Socket, asked: Callable[[bytes], None]) -> None:
    """Write what is queued, answer pings, hand over what is asked; until the other side goes."""
    writer = asyncio.create_task(hub.write(socket), name="ws-writer")
    try:
        async for message in socket.ws:
            if message.type is WSMsgType.TEXT:
                asked(message.data)
            elif message.type is WSMsgType.PING and hub.answers_pings(socket):
                await socket.ws.pong(message.data)
    except ConnectionError:
        return  # gone in the middle of an answer
    finally:
        hub.forget(socket)
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
