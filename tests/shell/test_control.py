import asyncio
import json
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgebot.domain.actions import Action, Answer, Keep
from hedgebot.domain.events import Command, CommandKind, Event
from hedgebot.domain.records import CounterKept
from hedgebot.shell import control, control_client
from hedgebot.shell.wire import LINE_BYTES_MAX, Reply, Request
from tests.shell.fakes import FakeJournal, WallClock, until
from tests.shell.running import running


def answering(event: Event) -> Sequence[Action]:
    """Keeps a row for each command and answers it."""
    if isinstance(event, Command):
        row = CounterKept("commands", 0, Decimal(1))
        return (Keep(row), Answer(event.command_id, accepted=True, text=f"{event.kind} done"))
    return ()


async def ask(path: Path, request: Request) -> Reply:
    return await asyncio.to_thread(control_client.ask, path, request)


async def raw(path: Path, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(line)
    answer = await asyncio.wait_for(reader.readline(), 3)
    writer.close()
    with suppress(ConnectionResetError):
        await writer.wait_closed()
    return dict(json.loads(answer))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sock"


async def test_invariant_9_a_command_is_answered_once_its_rows_are_durable(path: Path) -> None:
    journal = FakeJournal(delay_s=0.1)
    async with running(answering, journal=journal, control_path=path) as bench:
        asked = asyncio.create_task(ask(path, Request(ask=CommandKind.PAUSE, asset="BTC")))
        await until(lambda: journal.under_way)
        assert not asked.done()
        reply = await asked
        assert reply == Reply(accepted=True, text="pause done")
        assert journal.rows
        command = bench.script.of(Command)[0]
        assert (command.kind, command.asset, command.expires_ms) == ("pause", "BTC", None)
        assert command.by


async def test_a_state_may_end_by_itself(path: Path) -> None:
    async with running(answering, control_path=path) as bench:
        reply = await ask(path, Request(ask=CommandKind.FLATTEN, reason="audit", for_ms=60_000))
        command = bench.script.of(Command)[0]
        assert reply.until_ms == command.expires_ms
        assert command.reason == "audit"
        assert abs(command.expires_ms - WallClock().now_ms() - 60_000) < 2_000


async def test_holdings_are_set(path: Path) -> None:
    async with running(answering, control_path=path) as bench:
        request = Request(ask=CommandKind.HOLDINGS_SET, label="cold", qty=Decimal("12.5"))
        assert (await ask(path, request)).accepted
        command = bench.script.of(Command)[0]
        assert (command.label, command.qty) == ("cold", Decimal("12.5"))


async def test_status_is_read_without_a_command(path: Path) -> None:
    async with running(answering, control_path=path) as bench:
        reply = await ask(path, Request(ask="status"))
        assert reply.status is not None
        load = reply.status.pop("load")
        assert reply.status == {"book": "test"}
        assert load["events_waiting"] == 0
        assert load["tasks"] >= 5
        assert load["memory_blocks"] > 10_000
        assert bench.script.of(Command) == []


@pytest.mark.parametrize("kind", [CommandKind.PAUSE, CommandKind.FLATTEN, CommandKind.REDUCE_ONLY])
async def test_invariant_9_a_restricting_command_acts_without_a_journal(
    path: Path, kind: CommandKind
) -> None:
    journal = FakeJournal(failing="disk full")
    async with running(answering, journal=journal, control_path=path):
        reply = await ask(path, Request(ask=kind))
        assert reply == Reply(accepted=True, text=f"accepted, not durable: {kind} done")


async def test_invariant_9_resume_is_refused_without_a_journal(path: Path) -> None:
    journal = FakeJournal(failing="disk full")
    async with running(answering, journal=journal, control_path=path):
        reply = await ask(path, Request(ask=CommandKind.RESUME))
        assert not reply.accepted


async def test_a_journal_that_hangs_does_not_hang_the_client(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "ANSWER_S_MAX", 0.05)
    journal = FakeJournal(delay_s=0.3)
    async with running(answering, journal=journal, control_path=path):
        reply = await ask(path, Request(ask=CommandKind.PAUSE))
        assert reply.accepted
        assert "not durable" in reply.text


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"[]\n",
        b'{"ask": "sell-everything"}\n',
        b'{"ask": "pause", "colour": "red"}\n',
        b'{"ask": "pause", "for_ms": -5}\n',
        b'{"ask": "holdings-set", "label": "cold"}\n',
        b'{"ask": "holdings-set", "label": "cold", "qty": "NaN"}\n',
        b'{"ask": "holdings-set", "label": "cold", "qty": "1e400"}\n',
        b'{"ask": "holdings-set", "label": "cold", "qty": "1e-19"}\n',
        b'{"ask": "pause", "label": "cold", "qty": "1"}\n',
        b'{"ask": "pause", "reason": "x\\u001b[31mred"}\n',
        b'{"ask": "pause", "reason": "x\\nhalted, asked by nobody"}\n',
        b"\xff\xfe\n",
    ],
)
async def test_a_bad_line_is_refused_in_one_line_and_nothing_happens(
    path: Path, line: bytes
) -> None:
    async with running(answering, control_path=path) as bench:
        answer = await raw(path, line)
        assert answer["accepted"] is False
        assert answer["text"].startswith("not a request: ")
        assert "\n" not in answer["text"]
        assert bench.script.of(Command) == []


async def test_a_line_without_an_end_is_refused(path: Path) -> None:
    async with running(answering, control_path=path):
        answer = await raw(path, b"x" * (LINE_BYTES_MAX + 10))
        assert answer["text"] == "refused: the line is too long"


async def test_a_silent_client_is_hung_up_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "CLIENT_S_MAX", 0.05)
    async with running(answering, control_path=path):
        reader, writer = await asyncio.open_unix_connection(str(path))
        assert await asyncio.wait_for(reader.read(), 2) == b""
        writer.close()


async def test_too_many_clients_are_refused(path: Path) -> None:
    async with running(answering, control_path=path):
        held = [await asyncio.open_unix_connection(str(path)) for _ in range(control.CLIENTS_MAX)]
        await asyncio.sleep(0.02)
        answer = await raw(path, b'{"ask": "status"}\n')
        assert answer["text"] == "refused: too many clients"
        for _reader, writer in held:
            writer.close()


async def test_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_peer_uid", lambda _writer: 12_345_678)
    async with running(answering, control_path=path) as bench:
        reader, writer = await asyncio.open_unix_connection(str(path))
        answer = json.loads(await reader.readline())
        writer.close()
        assert answer["accepted"] is False
        assert bench.script.of(Command) == []


def mode_of(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


@pytest.fixture
def stale(path: Path) -> Path:
    path.write_text("left by a daemon that was killed")
    return path


async def test_the_socket_is_private_and_goes_with_the_daemon(stale: Path) -> None:
    async with running(answering, control_path=stale):
        assert mode_of(stale) == 0o600
    assert mode_of(stale) is None


async def test_what_another_thread_makes_meanwhile_keeps_its_own_mode(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The umask is the whole process's: one for the socket shut a folder to its owner."""
    real = os.umask

    def in_between(mask: int) -> int:
        before = real(mask)
        (path.parent / f"{mask:o}").mkdir(mode=0o700)
        return before

    monkeypatch.setattr(os, "umask", in_between)
    async with running(answering, control_path=path):
        assert mode_of(path) == 0o600
    assert [mode_of(each) for each in path.parent.iterdir() if mode_of(each) != 0o700] == []


async def test_a_path_too_long_for_a_socket_refuses_the_start(tmp_path: Path) -> None:
    async with running(answering, control_path=tmp_path / ("x" * 120)) as bench:
        ending = await asyncio.wait_for(bench.work, 3)
    assert ending.exit_code == 2
    assert "move the journal" in ending.reason


def test_without_a_daemon_the_client_says_so(path: Path) -> None:
    with pytest.raises(control_client.NobodyListens):
        control_client.ask(path, Request(ask="status"))
