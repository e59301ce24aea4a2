"""Alerts reach those who want them, in order, once; what reached nobody is not settled."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from hedgebot.adapters.alerts import AppriseNotifier, Writer, addresses_of
from hedgebot.adapters.alerts.courier import QUEUE_MAX
from hedgebot.adapters.alerts.letter import TEXT_MAX
from hedgebot.domain.actions import Alert
from hedgebot.errors import SettingsError
from tests.adapters.alerts.servers import webhook
from tests.adapters.alerts.telling import (
    CRITICAL,
    INFO,
    NOW_MS,
    WARNING,
    Ear,
    alert,
    told_at,
    told_by,
    until,
    writer,
)


async def test_an_alert_reaches_the_webhook_and_is_settled() -> None:
    over = Alert(CRITICAL, "key", "BTC is hedged again", recovered=True)
    with webhook() as hook:
        tell = told_at(hook.url)
        tell.send(alert(), over)
        await until(lambda: len(hook.posted) == 2)
        await tell.close()
    assert [(post["title"], post["message"], post["type"]) for post in hook.posted] == [
        ("hedgebot treasury: critical", "BTC is naked", "failure"),
        ("hedgebot treasury: recovered", "BTC is hedged again", "success"),
    ]
    assert tell.settled == [alert(), over]


async def test_deliveries_are_settled_while_it_runs() -> None:
    with webhook() as hook:
        tell = told_at(hook.url)
        tell.send(alert())
        await until(lambda: tell.settled)
        await tell.close()


async def test_what_nobody_wants_is_settled_and_not_sent() -> None:
    ear = Ear()
    tell = told_by((ear.address(least=WARNING),))
    tell.send(*(alert(each.value, each) for each in (INFO, WARNING, CRITICAL)))
    await tell.close()
    assert sorted(ear.texts()) == ["critical", "warning"]
    assert set(tell.texts()) == {"info", "warning", "critical"}


async def test_an_address_for_critical_alerts_hears_of_their_end_and_of_nothing_else() -> None:
    every, urgent = Ear(), Ear()
    tell = told_by((every.address("all"), urgent.address("urgent", CRITICAL)))
    tell.send(
        alert("moved", INFO), alert("naked"), alert("feed", WARNING),
        Alert(CRITICAL, "key", "hedged again", recovered=True, at_ms=NOW_MS),
        Alert(WARNING, "feed", "feed is back", recovered=True, at_ms=NOW_MS),
    )  # fmt: skip
    await tell.close()
    assert urgent.texts() == ["naked", "hedged again"]
    assert len(every.texts()) == 5


async def test_without_an_address_every_alert_is_settled() -> None:
    tell = told_by(())
    tell.send(alert())
    await tell.close()
    assert tell.settled == [alert()]


async def test_the_most_severe_go_first_and_the_least_severe_are_dropped() -> None:
    gate = Ear(pause_s=0.3)
    tell = told_by((gate.address(),), per_minute=60)
    tell.send(alert("first", INFO))
    await asyncio.sleep(0.1)  # in the courier's hand
    gate.pause_s = 0
    tell.send(*(alert(f"info {number}", INFO, key=str(number)) for number in range(QUEUE_MAX)))
    tell.send(alert("naked", CRITICAL), alert("late", WARNING))
    await tell.close()
    assert gate.texts()[:3] == ["first", "naked (2 less severe alerts were dropped)", "late"]
    assert len(tell.settled) == QUEUE_MAX + 1
    assert {"info 0", "info 1"} & set(tell.texts()) == set()


async def test_an_alert_never_overtakes_an_older_one_of_its_key() -> None:
    ear = Ear(deaf=lambda text: text == "naked" and not ear.letters)
    tell = told_by((ear.address(),))
    tell.send(alert("naked"))
    await asyncio.sleep(0.2)  # tried once, in vain
    tell.send(alert("hedged again"), alert("other", WARNING, key="other"))
    await asyncio.sleep(1.2)
    assert ear.texts() == []
    ear.deaf = lambda _text: False
    await tell.close()
    assert ear.texts() == ["naked", "hedged again", "other"]


async def test_an_alert_that_is_never_taken_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ear = Ear(deaf=lambda text: text == "poison", pause_s=0.005)
    tell = told_by((ear.address(),))
    tell.send(alert("poison", key="poison"), alert("good", WARNING, key="good"))
    courier = tell.notifier._couriers[0]
    monkeypatch.setattr(courier._health, "fails", lambda _trouble: 0.0)  # no pause
    await until(lambda: ear.letters, 3)
    await tell.close()
    assert ear.texts() == ["good"]
    assert tell.texts() == ["good"]


async def test_what_was_said_long_ago_names_its_time() -> None:
    ear = Ear()
    tell = AppriseNotifier((ear.address(),), writer(NOW_MS + 3_600_000))
    tell.send(alert())
    await tell.close(3)
    assert ear.texts() == ["BTC is naked (late: it was said 2023-11-14 22:13:20 UTC)"]


async def test_after_close_an_alert_is_not_settled() -> None:
    with webhook() as hook:
        tell = told_at(hook.url)
        await tell.close(1)
        tell.send(alert())
        await asyncio.sleep(0.05)
        assert hook.posted == []
    assert tell.settled == []


async def test_one_address_that_took_it_is_enough_and_the_other_is_tried_on() -> None:
    deaf, ear = Ear(deaf=lambda _text: not ear.letters), Ear(pause_s=0.1)
    tell = told_by((deaf.address("deaf"), ear.address("ear")))
    with capture_logs() as lines:
        tell.send(alert())
        await until(lambda: deaf.letters)
        await tell.close()
    assert ear.texts() == deaf.texts() == ["BTC is naked"]
    assert [(line["event"], line["address"]) for line in lines] == [
        ("alerts are not taken", "deaf"), ("alerts are taken again", "deaf"),
    ]  # fmt: skip


async def test_no_text_carries_a_secret_or_is_too_long() -> None:
    ear = Ear()
    masked = Writer("b", lambda: NOW_MS, lambda text: text.replace("T0ken", "***"))
    tell = AppriseNotifier((ear.address(),), masked)
    tell.send(alert("refused: T0ken " + "x" * 5_000))
    await tell.close(3)
    assert ear.texts()[0].startswith("refused: *** xxx")
    assert len(ear.texts()[0]) == TEXT_MAX


async def test_send_returns_at_once() -> None:
    tell = told_by((Ear(pause_s=0.5).address(),))
    began = time.monotonic()
    tell.send(*(alert(str(number)) for number in range(500)))
    assert time.monotonic() - began < 0.2
    await tell.close(0.1)


def test_an_address_that_apprise_does_not_know_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as caught:
        addresses_of(["json://127.0.0.1", "mailtoo://ada:hunter2@example.org", "x"])
    assert [problem.path for problem in caught.value.problems] == [
        "alerts.urls[1]",
        "alerts.urls[2]",
    ]
    assert "hunter2" not in str(caught.value)
