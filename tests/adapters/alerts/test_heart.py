"""A dead man's switch: one GET a beat, whatever the other side does."""

import asyncio
import time
from functools import partial

from structlog.testing import capture_logs

from hedgebot.adapters.alerts import HttpHeart
from tests.adapters.alerts.servers import Webhook, raw_server, webhook
from tests.adapters.alerts.telling import until
from tests.secrecy.planted import ALERT_TOKEN


def reached(hook: Webhook, count: int) -> bool:
    return hook.gets == count


def web(url: str) -> str:
    return url.replace("json://", "http://")


async def test_a_beat_reads_the_url() -> None:
    with webhook() as hook, capture_logs() as lines:
        heart = HttpHeart(web(hook.url))
        for count in (1, 2):
            heart.beat()
            await until(partial(reached, hook, count))
            await asyncio.sleep(0.1)
    assert lines == []


async def test_a_refusal_is_said_once_and_its_end_once_and_the_url_never() -> None:
    with webhook(refusals=-1) as hook, capture_logs() as lines:
        heart = HttpHeart(web(hook.url))
        for count in (1, 2, 3):
            if count == 3:
                hook.refusals = 0
            heart.beat()
            await until(partial(reached, hook, count))
            await asyncio.sleep(0.1)
    assert [line["event"] for line in lines] == [
        "heartbeat not taken", "heartbeats are taken again",
    ]  # fmt: skip
    assert lines[0]["reason"] == "status 500"
    assert ALERT_TOKEN not in repr(lines)


async def test_a_server_that_drips_holds_nothing_up_and_is_not_asked_twice() -> None:
    with raw_server("drips") as url, capture_logs() as lines:
        heart = HttpHeart(web(url), timeout_s=0.5)
        began = time.monotonic()
        for _ in range(5):
            heart.beat()
        assert time.monotonic() - began < 0.1
        await asyncio.sleep(0.1)
    assert [line["reason"] for line in lines] == ["no answer"]


async def test_nobody_there_is_said_without_the_url() -> None:
    with capture_logs() as lines:
        HttpHeart(f"http://127.0.0.1:9/{ALERT_TOKEN}").beat()
        await until(lambda: lines)
    assert lines[0]["reason"] == "URLError"
    assert ALERT_TOKEN not in repr(lines)
