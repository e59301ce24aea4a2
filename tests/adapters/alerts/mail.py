"""A mail server on the loopback, in the test's own loop, that misbehaves on request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

BEHAVIOURS = ("hangs", "drops at once", "drops after the text", "refuses", "is busy")


@dataclass
class Mail:
    """What arrived, and how the server is at the moment."""

    url: str = ""
    behaviour: str = ""
    """Empty: it works. `drops before goodbye` takes a mail and goes away without a word."""
    taken: list[EmailMessage] = field(default_factory=list)
    connections: int = 0

    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.taken]

    def texts(self) -> list[str]:
        found = []
        for mail in self.taken:
            body = mail.get_body(("plain",))
            assert isinstance(body, EmailMessage)
            found.append(body.get_content().strip())
        return found

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            if self.behaviour != "drops at once":
                await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side has gone
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.behaviour == "hangs":
            await asyncio.sleep(60)
        writer.write(b"421 busy\r\n" if self.behaviour == "is busy" else b"220 here\r\n")
        while line := await reader.readline():
            word = line.strip().upper()[:4]
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                if self.behaviour == "drops after the text":
                    return
                self.taken.append(parsed(text))
                writer.write(b"250 taken\r\n")
            elif word == b"MAIL" and self.behaviour == "refuses":
                writer.write(b"554 no mail from you\r\n")
            elif word == b"QUIT":
                bye = b"" if self.behaviour == "drops before goodbye" else b"221 bye\r\n"
                writer.write(bye)
                return
            else:
                writer.write(b"250 fine\r\n")


def parsed(text: bytes) -> EmailMessage:
    return message_from_bytes(text, policy=policy.default)


@asynccontextmanager
async def mail_server(behaviour: str = "") -> AsyncIterator[Mail]:
    mail = Mail(behaviour=behaviour)
    server = await asyncio.start_server(mail.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mail.url = (
        f"mailto://127.0.0.1:{port}/?from=hedgebot@example.org&to=ada@example.org&mode=insecure"
    )
    try:
        yield mail
    finally:
        server.close()
