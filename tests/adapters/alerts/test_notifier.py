"""Alerts reach a real webhook, or stay known; a dead one holds nothing up."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hedgebot.adapters.alerts import Address, AppriseNotifier, addresses_of
from hedgebot.adapters.alerts.notifier import QUEUE_MAX
from hedgebot.domain.actions import Alert, Severity
from hedgebot.errors import SettingsError
from tests.adapters.alerts.servers import raw_server, webhook

ROOT = Path(__file__).parents[3]
INFO, WARNING, CRITICAL = Severity


def alert(text: str = "BTC is naked", severity: Severity = CRITICAL) -> Alert:
    return Alert(severity, "key", text)


def notifier(*urls: str, **changes: object) -> AppriseNotifier:
    whole = {"book": "treasury", **changes}
    return AppriseNotifier(addresses_of(urls), **whole)  # type: ignore[arg-type]  # tests choose


async def until(met: Callable[[], object], seconds: float = 5.0) -> None:
    for _ in range(int(seconds / 0.01)):
        if met():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to that")


async def test_an_alert_reaches_the_webhook_and_is_settled() -> None:
    settled: list[Alert] = []
    with webhook() as hook:
        tell = notifier(hook.url, settle=settled.extend)
        tell.send(alert())
        tell.send(Alert(INFO, "key", "BTC is hedged again", recovered=True))
        await until(lambda: len(hook.posted) == 2)
        await tell.close(3)
    assert hook.posted[0] | {"attachments": None} == hook.posted[0] | {
        "title": "hedgebot treasury: critical",
        "message": "BTC is naked",
        "type": "failure",
        "attachments": None,
    }
    assert hook.posted[1]["title"] == "hedgebot treasury: recovered"
    assert [each.text for each in settled] == ["BTC is naked", "BTC is hedged again"]
    assert tell.undelivered() == ()


async def test_deliveries_are_settled_while_it_runs() -> None:
    settled: list[Alert] = []
    with webhook() as hook:
        tell = notifier(hook.url, settle=settled.extend)
        tell.send(alert())
        await until(lambda: settled)
        await tell.close(3)


async def test_what_nobody_wants_is_settled_and_not_sent() -> None:
    settled: list[Alert] = []
    with webhook() as hook:
        tell = notifier(hook.url, settle=settled.extend, severity_min=WARNING)
        for severity in Severity:
            tell.send(alert(severity.value, severity))
        await tell.close(3)
        assert sorted(hook.texts()) == ["critical", "warning"]
    assert {each.text for each in settled} == {"info", "warning", "critical"}


async def test_without_an_address_every_alert_is_settled() -> None:
    settled: list[Alert] = []
    tell = AppriseNotifier((), book="treasury", settle=settled.extend)
    tell.send(alert())
    await tell.close(3)
    assert settled == [alert()]
    assert tell.undelivered() == ()


async def test_a_server_that_answers_500_is_tried_again() -> None:
    with webhook(refusals=1) as hook:
        tell = notifier(hook.url)
        tell.send(alert())
        await until(lambda: hook.posted)
        await tell.close(3)
        assert hook.texts() == ["BTC is naked"]
    assert tell.undelivered() == ()


async def test_what_a_server_never_takes_stays_known() -> None:
    settled: list[Alert] = []
    with webhook(refusals=-1) as hook:
        tell = notifier(hook.url, settle=settled.extend)
        tell.send(alert("one"))
        tell.send(alert("two"))
        began = time.monotonic()
        await tell.close(3)
        assert time.monotonic() - began < 3
        assert hook.posted == []
    assert sorted(each.text for each in tell.undelivered()) == ["one", "two"]
    assert settled == []


@pytest.mark.parametrize("behaviour", ["hangs", "drips", "closes"])
async def test_a_misbehaving_server_holds_up_neither_the_loop_nor_the_close(
    behaviour: str,
) -> None:
    with raw_server(behaviour) as url:
        tell = notifier(url)
        began = time.monotonic()
        tell.send(alert())
        assert time.monotonic() - began < 0.1
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await tell.close(0.5)
        assert time.monotonic() - began < 0.8
        assert tell.undelivered() == (alert(),)


async def test_a_hung_address_does_not_keep_the_others_waiting_twice() -> None:
    with raw_server("drips") as hung, webhook() as hook:
        tell = notifier(hung, hook.url, delivery_s=0.4)
        with capture_logs() as lines:
            for number in range(4):
                tell.send(alert(str(number)))
            await until(lambda: len(hook.posted) == 4, 1.5)
            await tell.close(1)
        assert tell.undelivered() == ()
    assert {line["address"] for line in lines} == {"alerts.urls[0]"}
    assert "T0psecret" not in repr(lines)


async def test_the_most_severe_go_first_and_the_least_severe_are_dropped() -> None:
    taken: list[str] = []
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def send(title: str, text: str, severity: Severity) -> bool:
        if not taken:
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(10)
        taken.append(text)
        return True

    tell = AppriseNotifier([Address("alerts.urls[0]", send)], book="treasury")
    tell.send(alert("first", INFO))
    await asyncio.sleep(0.05)  # in the courier's hand
    for number in range(QUEUE_MAX):
        tell.send(alert(f"info {number}", INFO))
    tell.send(alert("naked", CRITICAL))
    tell.send(alert("late", WARNING))
    assert len(tell.undelivered()) == QUEUE_MAX + 3, "the dropped ones are still known"
    gate.set()
    await tell.close(3)
    assert taken[:3] == ["first", "naked (2 less severe alerts were dropped)", "late"]
    assert len(taken) == QUEUE_MAX + 1
    assert {each.text for each in tell.undelivered()} == {"info 0", "info 1"}


async def test_a_plugin_that_raises_does_not_end_the_courier() -> None:
    taken: list[str] = []

    def send(title: str, text: str, severity: Severity) -> bool:
        if text == "bad":
            raise RuntimeError("a bug of a plugin")
        taken.append(text)
        return True

    tell = AppriseNotifier([Address("alerts.urls[0]", send)], book="treasury")
    tell.send(alert("bad"))
    tell.send(alert("good"))
    await tell.close(3)
    assert taken == ["good"]
    assert [each.text for each in tell.undelivered()] == ["bad"]


async def test_after_close_an_alert_is_known_as_undelivered() -> None:
    with webhook() as hook:
        tell = notifier(hook.url)
        await tell.close(1)
        tell.send(alert())
        await asyncio.sleep(0.05)
        assert tell.undelivered() == (alert(),)
        assert hook.posted == []


def test_an_address_that_apprise_does_not_know_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as caught:
        addresses_of(["json://127.0.0.1", "mailtoo://ada:hunter2@example.org", "x"])
    assert [problem.path for problem in caught.value.problems] == [
        "alerts.urls[1]",
        "alerts.urls[2]",
    ]
    assert "hunter2" not in str(caught.value)


def test_a_process_with_a_hung_delivery_ends_at_once() -> None:
    """The interpreter waits at exit for an executor's threads: ours is none."""
    code = (
        "import asyncio, sys\n"
        "from hedgebot.adapters.alerts import AppriseNotifier, addresses_of\n"
        "from hedgebot.domain.actions import Alert, Severity\n"
        "async def main():\n"
        "    tell = AppriseNotifier(addresses_of([sys.argv[1]]), book='b')\n"
        "    tell.send(Alert(Severity.CRITICAL, 'k', 'naked'))\n"
        "    await asyncio.sleep(0.3)\n"
        "    await tell.close(0.2)\n"
        "    print(len(tell.undelivered()), flush=True)\n"
        "asyncio.run(main())\n"
    )
    with raw_server("drips") as url:
        process = subprocess.Popen(
            [sys.executable, "-c", code, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        with process:
            assert process.stdout.readline() == "1\n"
            began = time.monotonic()
            assert process.wait(5) == 0
            assert time.monotonic() - began < 1.5
