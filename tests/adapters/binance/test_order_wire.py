"""The wire of orders: one write, in the turn that permits it, and the truth about it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from hedgebot.adapters.binance.answers import Answer, Denied, NoAnswer, Ticket
from hedgebot.adapters.binance.exchange import Signed
from hedgebot.adapters.binance.order_wire import OrderWire
from hedgebot.domain.events import NotSentReason

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Peer:
    """A TCP server of raw bytes."""

    replies: list[bytes | None] = field(default_factory=list)
    """What each request gets; None cuts the connection."""
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close every connection, before the loop turns."""
        for writer in self.writers:
            writer.get_extra_info("socket").shutdown(socket.SHUT_WR)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
                self.requests.append(head + await reader.readexactly(length))
                reply = self.replies.pop(0) if self.replies else OK
                if reply is None:
                    writer.transport.abort()
                    return
                writer.write(reply)
        writer.close()

    def signed(self, method: str = "POST") -> Signed:
        url = f"http://127.0.0.1:{self.port}/fapi/v1/order?a=b"
        return Signed(method, url, "symbol=BTCUSDT" if method == "POST" else None, {"X-K": "v"})


@asynccontextmanager
async def peer(*replies: bytes | None) -> AsyncIterator[tuple[Peer, OrderWire]]:
    made, wire = Peer(list(replies)), OrderWire()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made, wire
    finally:
        await wire.close()
        server.close()
        await asyncio.sleep(0)


async def send(wire: OrderWire, signed: Signed, ticket: Ticket | None = None) -> Answer:
    return await wire.send(signed, ticket or Ticket(), timeout_ms=300)


async def test_the_request_is_plain_http_and_the_connection_is_kept() -> None:
    async with peer() as (other, wire):
        for method in ("POST", "DELETE", "GET"):
            assert (await send(wire, other.signed(method))).status == 200
        assert other.connections == 1
    first, second, third = other.requests
    assert first.startswith(b"POST /fapi/v1/order?a=b HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nX-K: v\r\n" in first
    assert first.endswith(b"Content-Length: 14\r\n\r\nsymbol=BTCUSDT")
    assert b"Content-Length: 0\r\n" in second
    assert b"Content-Length" not in third


@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
async def test_invariant_2_a_dropped_connection_is_not_tried_again(method: str) -> None:
    async with peer(OK, None) as (other, wire):
        await send(wire, other.signed(method))
        ticket = Ticket()
        with pytest.raises(NoAnswer, match="ConnectionResetError"):
            await send(wire, other.signed(method), ticket)
        assert ticket.written
        assert len(other.requests) == 2
        assert (await send(wire, other.signed(method))).status == 200


async def test_invariant_2_a_half_answer_is_no_answer_and_its_connection_is_not_used_again() -> (
    None
):
    async with peer(OK[:-1]) as (other, wire):
        with pytest.raises(NoAnswer, match="TimeoutError"):
            await send(wire, other.signed())
        assert (await send(wire, other.signed())).status == 200
        assert other.connections == 2


async def test_a_cancelled_wait_drops_the_connection() -> None:
    async with peer(OK[:-1]) as (other, wire):
        waiting = asyncio.create_task(send(wire, other.signed()))
        await asyncio.sleep(0.05)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await send(wire, other.signed())
        assert other.connections == 2


async def test_bytes_nobody_asked_for_spoil_a_connection() -> None:
    async with peer(OK + b"HTTP/1.1 200 OK\r\n") as (other, wire):
        await send(wire, other.signed())
        await send(wire, other.signed())
        assert other.connections == 2


async def test_a_connection_closed_a_moment_ago_is_not_written_to() -> None:
    async with peer() as (other, wire):
        await send(wire, other.signed())
        other.hang_up()
        ticket = Ticket()
        assert (await send(wire, other.signed(), ticket)).status == 200
        assert (other.connections, len(other.requests)) == (2, 2)


async def test_rubbish_is_no_answer() -> None:
    async with peer(b"rubbish\r\n\r\n") as (other, wire):
        ticket = Ticket()
        with pytest.raises(NoAnswer, match="BadAnswer"):
            await send(wire, other.signed(), ticket)
        assert ticket.written


async def test_invariant_2b_a_denied_request_writes_nothing_and_keeps_the_connection() -> None:
    async with peer() as (other, wire):
        await send(wire, other.signed())
        with pytest.raises(Denied):
            await send(wire, other.signed(), Ticket(lambda: NotSentReason.LATE))
        await send(wire, other.signed())
        assert (len(other.requests), other.connections) == (2, 1)


async def test_invariant_2b_the_write_follows_the_permit_in_the_same_turn() -> None:
    asked: list[str] = []
    async with peer() as (other, wire):
        await send(wire, other.signed())
        ticket = Ticket(lambda: asked.append("permit"))
        sending = wire.send(other.signed(), ticket, timeout_ms=300)
        sending.send(None)  # up to its first wait: no turn of the loop passes
        assert (asked, ticket.written) == (["permit"], True)
        while len(other.requests) < 2:  # noqa: ASYNC110 - the peer only counts
            await asyncio.sleep(0.001)
        sending.close()


async def test_a_port_without_a_listener_wrote_nothing() -> None:
    async with peer() as (other, _wire):
        port = other.port
    ticket, wire = Ticket(), OrderWire()
    signed = Signed("POST", f"http://127.0.0.1:{port}/", "x=1", {})
    with pytest.raises(NoAnswer, match="ConnectionRefusedError"):
        await send(wire, signed, ticket)
    assert not ticket.written


async def test_parallel_orders_take_a_connection_each() -> None:
    async with peer() as (other, wire):
        answers = await asyncio.gather(*(send(wire, other.signed()) for _ in range(5)))
        assert [answer.status for answer in answers] == [200] * 5
        assert other.connections == 5


async def test_an_idle_connection_is_not_trusted_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hedgebot.adapters.binance.order_wire.IDLE_S_MAX", -1.0)
    async with peer() as (other, wire):
        await send(wire, other.signed())
        await send(wire, other.signed())
        assert other.connections == 2
