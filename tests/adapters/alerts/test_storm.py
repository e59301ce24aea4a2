"""A storm of alerts is a bounded number of messages a minute, critical ones first."""

import asyncio

import pytest

from hedgebot.adapters.alerts import rate
from hedgebot.adapters.alerts.rate import Rate
from hedgebot.domain.actions import Alert
from tests.adapters.alerts.telling import (
    INFO,
    NOW_MS,
    WARNING,
    Ear,
    alert,
    told_by,
    until,
)


async def test_a_storm_is_summed_into_one_line_with_counts_and_the_most_severe() -> None:
    ear = Ear(pause_s=0.02)
    tell = told_by((ear.address(),), per_minute=3)
    tell.send(*(alert(f"info {number}", INFO, key=f"i{number}") for number in range(20)))
    tell.send(*(alert(f"warning {number}", WARNING, key=f"w{number}") for number in range(5)))
    tell.send(Alert(WARNING, "x", "x is over", recovered=True, at_ms=NOW_MS))
    await until(lambda: len(tell.settled) == 26)
    await tell.close()
    assert ear.texts() == [
        "info 0", "warning 0",
        "24 alerts in one: 4 warning, 19 info, 1 recovered; the most severe: warning 1",
    ]  # fmt: skip


async def test_a_minute_that_is_used_up_holds_no_critical_alert_back() -> None:
    ear = Ear()
    tell = told_by((ear.address(),), per_minute=2)
    tell.send(*(alert(f"info {number}", INFO, key=f"i{number}") for number in range(50)))
    await until(lambda: len(ear.letters) == 2)
    tell.send(alert("more", INFO), alert("and more", WARNING))
    await asyncio.sleep(0.2)
    assert len(ear.letters) == 2
    tell.send(alert("naked"))
    await until(lambda: len(ear.letters) == 3)
    assert ear.texts()[-1] == "naked"
    await tell.close()


async def test_critical_alerts_have_a_bound_too() -> None:
    ear = Ear(pause_s=0.02)
    tell = told_by((ear.address(),), per_minute=3)
    tell.send(*(alert(f"naked {number}", key=f"n{number}") for number in range(40)))
    await until(lambda: len(tell.settled) == 40)
    assert ear.texts()[:2] == ["naked 0", "naked 1"]
    assert ear.texts()[2] == "38 alerts in one: 38 critical; the most severe: naked 2"
    assert len(ear.letters) == 3
    await tell.close()


async def test_the_rest_follows_when_the_minute_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "WINDOW_S", 0.5)
    ear = Ear()
    tell = told_by((ear.address(),), per_minute=1)
    tell.send(alert("first", INFO))
    await until(lambda: ear.letters)
    tell.send(alert("second", INFO), alert("third", INFO))
    await asyncio.sleep(0.1)
    assert len(ear.letters) == 1
    await until(lambda: len(tell.settled) == 3)
    await tell.close()
    assert ear.texts()[1] == "2 alerts in one: 2 info; the most severe: second"


async def test_a_sum_that_is_not_taken_is_tried_again_whole() -> None:
    tried: list[str] = []

    def deaf(text: str) -> bool:
        if "in one" in text:
            tried.append(text)
        return len(tried) == 1

    ear = Ear(deaf)
    tell = told_by((ear.address(),), per_minute=1)
    tell.send(alert("first", INFO))
    await until(lambda: ear.letters)
    ear.letters.clear()
    tell.notifier._couriers[0]._rate._sent[False].clear()
    tell.send(*(alert(f"info {number}", INFO, key=f"i{number}") for number in range(5)))
    await until(lambda: len(tell.settled) == 6)
    await tell.close()
    assert (len(tried), len(set(tried))) == (2, 1)


def test_the_rate_counts_the_last_minute_only() -> None:
    now = [0.0]
    window = Rate(2, lambda: now[0])
    for _ in range(2):
        window.note(critical=False)
    assert (window.room(critical=False), window.room(critical=True)) == (0, 2)
    now[0] = 59.0
    assert window.room(critical=False) == 0
    assert window.wait_s(critical=False) == 1.0
    now[0] = 60.0
    assert window.room(critical=False) == 2
    assert window.wait_s(critical=False) == 0.0
