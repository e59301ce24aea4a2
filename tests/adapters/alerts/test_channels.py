"""Webhooks and mail servers that hang, fail and lie hold nothing up, and are told of once."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.adapters.alerts.mail import BEHAVIOURS, mail_server
from tests.adapters.alerts.servers import raw_server, webhook
from tests.adapters.alerts.telling import alert, told_at, until
from tests.secrecy.planted import ALERT_TOKEN

ROOT = Path(__file__).parents[3]
TOKEN = ALERT_TOKEN


async def bounded(url: str) -> str:
    """Tell somebody who does not listen: neither the loop nor the close is held up.

    Returns:
        Why, as our log says once.
    """
    tell = told_at(url, delivery_s=0.5)
    with capture_logs() as lines:
        began = time.monotonic()
        tell.send(alert("one"), alert("two", key="two"))
        assert time.monotonic() - began < 0.1
        await asyncio.sleep(1.8)
        began = time.monotonic()
        await tell.close(0.5)
        assert time.monotonic() - began < 0.9
    assert tell.settled == []
    (line,) = lines
    assert (line["event"], line["address"]) == ("alerts are not taken", "alerts.urls[0]")
    assert TOKEN not in repr(lines)
    return str(line["reason"])


@pytest.mark.parametrize("behaviour", ["hangs", "drips", "closes"])
async def test_a_webhook_that_misbehaves(behaviour: str) -> None:
    with raw_server(behaviour) as url:
        await bounded(url)


async def test_a_webhook_that_answers_500() -> None:
    with webhook(refusals=-1) as hook:
        await bounded(hook.url)
        assert hook.posted == []


async def test_nobody_at_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    await bounded(f"json://127.0.0.1:{port}/{TOKEN}")


async def test_a_webhook_without_tls_where_tls_is_asked_for() -> None:
    with webhook() as hook:
        await bounded(hook.url.replace("json://", "jsons://"))


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_mail_server_that_misbehaves(behaviour: str) -> None:
    async with mail_server(behaviour) as mail:
        await bounded(mail.url)
        assert mail.connections >= 1
        assert mail.subjects() == []


async def test_a_mail_arrives_whole() -> None:
    async with mail_server() as mail:
        tell = told_at(mail.url)
        tell.send(alert("BTC: not hedged for 30 s, net delta +1 BTC: señal; 1 % is 500 USDT"))
        await tell.close()
    assert mail.subjects() == ["hedgebot treasury: critical"]
    assert mail.texts() == ["BTC: not hedged for 30 s, net delta +1 BTC: señal; 1 % is 500 USDT"]
    assert len(tell.settled) == 1


async def test_a_mail_server_that_takes_it_and_goes_without_a_word_has_taken_it() -> None:
    async with mail_server("drops before goodbye") as mail:
        tell = told_at(mail.url)
        tell.send(alert())
        await until(lambda: mail.taken)
        await tell.close()
        assert len(mail.taken) >= 1, "at least once: it may come twice, and is not lost"


async def test_what_was_not_taken_arrives_when_the_server_is_well_again() -> None:
    async with mail_server("refuses") as mail:
        tell = told_at(mail.url)
        with capture_logs() as lines:
            tell.send(alert())
            await until(lambda: lines)
            mail.behaviour = ""
            await until(lambda: mail.taken)
            await tell.close()
    assert len(tell.settled) == len(mail.taken) == 1
    assert [line["event"] for line in lines] == ["alerts are not taken", "alerts are taken again"]


async def test_an_answer_after_the_deadline_counts_and_nothing_is_sent_twice() -> None:
    with webhook() as hook:
        hook.pause_s = 1.2
        tell = told_at(hook.url, delivery_s=0.3)
        with capture_logs() as lines:
            tell.send(alert("slow"))
            await until(lambda: lines)
            hook.pause_s = 0
            await until(lambda: tell.settled)
            tell.send(alert("next"))
            await until(lambda: len(hook.posted) == 2)
            await tell.close()
    assert hook.texts() == ["slow", "next"]
    assert tell.texts() == ["slow", "next"]


async def test_a_webhook_that_says_200_is_believed() -> None:
    """Whatever else it says: apprise shows the status only. Reminders and heartbeat are the net."""
    with webhook() as hook:
        hook.body = b'{"ok": false, "error": "channel_not_found"}'
        tell = told_at(hook.url)
        tell.send(alert())
        await tell.close()
    assert len(hook.posted) == len(tell.settled) == 1


async def test_a_hung_address_keeps_no_other_waiting() -> None:
    with raw_server("drips") as hung, webhook() as hook:
        tell = told_at(hung, hook.url)
        began = time.monotonic()
        tell.send(*(alert(str(number), key=str(number)) for number in range(4)))
        await until(lambda: len(hook.posted) == 4, 3)
        assert time.monotonic() - began < 3
        await tell.close(0.3)
    assert sorted(tell.texts()) == ["0", "1", "2", "3"]


def test_a_process_with_a_hung_delivery_ends_at_once() -> None:
    """The interpreter waits at exit for an executor's threads: ours is none."""
    code = (
        "import asyncio, sys\n"
        "from hedgebot.adapters.alerts import AppriseNotifier, Writer, addresses_of\n"
        "from hedgebot.domain.actions import Alert, Severity\n"
        "async def main():\n"
        "    tell = AppriseNotifier(addresses_of([sys.argv[1]]), Writer('b', lambda: 0))\n"
        "    tell.send(Alert(Severity.CRITICAL, 'k', 'naked'))\n"
        "    await asyncio.sleep(0.3)\n"
        "    await tell.close(0.2)\n"
        "    print('closed', flush=True)\n"
        "asyncio.run(main())\n"
    )
    with raw_server("drips") as url:
        process = subprocess.Popen(
            [sys.executable, "-c", code, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        with process:
            assert process.stdout.readline() == "closed\n"
            began = time.monotonic()
            assert process.wait(5) == 0
            assert time.monotonic() - began < 1.5
