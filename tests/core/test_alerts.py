"""What a person is told: once, again when it matters, and when it is over."""

import re
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.core.fills import SUDDEN
from hedgebot.core.remedies import REMEDIES, SHUT_GATES, advised, gate_remedy
from hedgebot.domain.actions import Action, Alert, Severity
from hedgebot.domain.events import CommandKind, JournalBack, JournalFailed, Tick
from hedgebot.domain.records import AlertKept, Durable
from tests.core.commands import ask, hedged
from tests.core.memory import durable_of
from tests.core.test_invariant_6_every_gate_has_a_timer import GATES, shut
from tests.core.world import POLICY, START_MS, World, alerts, placed, rows

CORE = Path(__file__).parents[2] / "hedgebot" / "core"
HOUR_MS = 3_600_000
KEY = "naked:BTC"


def told(found: list[Action], key: str = KEY) -> list[Alert]:
    return [alert for alert in alerts(found) if alert.key == key]


def naked() -> World:
    """A book that somebody else's order keeps from trading, and that was told so."""
    world = shut("foreign order")
    assert len(told(world.wait(31_000))) == 1
    return world


def pause(world: World) -> None:
    ask(world, CommandKind.PAUSE, reason="audit")


# -- what it says --------------------------------------------------------------------------------


def test_being_naked_says_what_why_what_it_costs_and_what_to_do() -> None:
    (alert,) = told(naked().actions)

    assert alert.text == (
        "BTC: not hedged for 30 s, net delta +1 BTC: foreign open order: BUY 1.5 on "
        "perp:BTC/USDT:USDT at 45000, id web_99; each 1 % of price is 500 USDT. "
        "To do: cancel that order at the venue, or set allow_foreign_orders"
    )
    assert (alert.severity, alert.recovered) == (Severity.CRITICAL, False)


def test_a_target_that_is_not_zero_is_named() -> None:
    policy = replace(POLICY, hedges=(replace(POLICY.hedges[0], ratio=None, target=D("0.25")),))
    world = World(policy=policy).start(D(1), D("-0.75"))
    pause(world)
    world.buy_spot(D(1))
    (alert,) = told(world.wait(60_000))

    assert "net delta +1.25 BTC: audit; wanted is +0.25 BTC; each 1 % of price is 500 USDT" in (
        alert.text
    )
    assert alert.text.endswith("until then nothing is hedged")


def test_every_shut_gate_is_told_with_what_opens_it() -> None:
    assert gate_remedy("perp: account stream of perp is silent: reset").startswith("see whether")
    assert "margin" in gate_remedy("refused: -2019 Margin is insufficient.")
    assert gate_remedy("something new") == REMEDIES["naked"]
    assert gate_remedy("audit", halted=True) == REMEDIES["halt"]
    for words, remedy in SHUT_GATES:
        assert gate_remedy(f"x {words} y") == remedy


def test_every_kind_that_the_decision_raises_has_its_remedy_and_no_other() -> None:
    """Read from the source, so that a new alert cannot be forgotten."""
    source = "".join(path.read_text() for path in CORE.glob("*.py"))
    kinds = set(re.findall(r'f"([a-z]+(?:-[a-z]+)*):\{', source))
    kinds |= {str(cause) for cause in SUDDEN} | {"ended"}

    assert kinds == set(REMEDIES)


def test_what_needs_nothing_done_says_nothing_of_it() -> None:
    assert advised("moved:main/BTC", "+2 BTC arrived") == "+2 BTC arrived"
    assert advised("unheard-of:x", "so it is") == "so it is"


# -- said again where it matters -----------------------------------------------------------------


def test_another_gate_that_is_shut_is_told_after_a_minute() -> None:
    world = naked()
    pause(world)
    assert told(world.wait(57_000)) == []
    (alert,) = told(world.wait(4_000))

    assert alert.text.startswith("changed: BTC: not hedged for 90 s, net delta +1 BTC: audit;")
    assert alert.severity is Severity.CRITICAL
    assert [row.text for row in rows(AlertKept, world.actions) if row.key == KEY][1] == alert.text
    assert told(world.wait(300_000)) == []


def test_a_gate_that_flaps_is_no_storm() -> None:
    world = naked()
    began = len(world.actions)
    for turn in range(90):
        ask(world, CommandKind.RESUME if turn % 2 else CommandKind.PAUSE, reason="audit")
        world.wait(10_000)
    again = told(world.actions[began:])

    assert 2 <= len(again) <= 4  # in a quarter of an hour: the pause doubles
    assert all(alert.text.startswith("changed: ") for alert in again)


def test_a_critical_alert_that_is_open_is_said_again_at_the_pace_of_the_policy() -> None:
    assert POLICY.remind_ms == HOUR_MS
    world = naked()
    world.policy = replace(world.policy, remind_ms=300_000)
    began = world.now
    world.buy_spot(D("0.5"))
    found = told(world.wait(960_000))

    assert [round((alert.at_ms - began) / 300_000) for alert in found] == [1, 2, 3]
    assert all(alert.text.startswith("still: BTC: not hedged for ") for alert in found)
    assert "net delta +1.5 BTC" in found[0].text


def test_reminders_can_be_turned_off_and_a_warning_has_none() -> None:
    world = naked()
    world.policy = replace(world.policy, remind_ms=0)
    assert alerts(world.wait(900_000)) == []
    world.policy = replace(world.policy, remind_ms=300_000)
    assert {alert.key for alert in alerts(world.wait(400_000))} == {KEY}


def test_status_shows_it_as_it_is_now() -> None:
    world = naked()
    pause(world)
    world.wait(1_000)

    assert "net delta +1 BTC: audit;" in world.state.wakes.alerts[KEY].text


def test_a_fault_with_another_reason_is_told() -> None:
    world = hedged()
    world.tell(JournalFailed("database is locked"))
    world.wait(70_000)
    (alert,) = alerts(world.tell(JournalFailed("disk full")))

    assert alert.text.startswith("changed: HALTED: the journal is failing: disk full")
    assert world.state.control.faults["journal"].reason.endswith("disk full")
    (over,) = alerts(world.tell(JournalBack()))
    assert over.recovered


def test_its_end_has_the_severity_of_its_beginning() -> None:
    world = naked()
    began = len(world.actions)
    GATES["foreign order"].heal(world)
    world.wait(1_000)
    (order,) = placed(world.actions[began:])
    world.execute(order)
    (over,) = [alert for alert in told(world.actions) if alert.recovered]

    assert over.severity is Severity.CRITICAL  # whoever asked for these only hears of it
    assert over.text == "BTC: back in band, net delta 0 BTC"
    row = [row for row in rows(AlertKept, world.actions) if row.key == KEY][-1]
    assert (row.severity, row.recovered) == (Severity.INFO, True)


# -- restarts ------------------------------------------------------------------------------------


def kept(key: str, severity: str = "critical", at_ms: int = START_MS - 1_000) -> AlertKept:
    return AlertKept(at_ms, key, severity, f"{key} as it was said", recovered=False)


def restarted(*open_alerts: AlertKept) -> World:
    return World(durable=Durable(epoch=2, alerts=open_alerts))


def test_a_restart_neither_repeats_nor_forgets_it() -> None:
    before = naked()
    world = World(durable=durable_of(before.actions), now=before.now)
    pause(world)
    world.start(D(1), D(0))
    said_ms = told(before.actions)[0].at_ms
    found = told(world.wait(said_ms + HOUR_MS - 70_000 - world.now))
    assert [alert.text[:9] for alert in found] == ["changed: "]  # it is another gate now
    found = told(world.wait(HOUR_MS + 60_000))

    assert [alert.text[:7] for alert in found] == ["still: "]


def test_a_reminder_that_came_due_while_it_was_down_is_said_at_once() -> None:
    world = restarted(kept(KEY, at_ms=START_MS - HOUR_MS))
    found = told(world.tell(Tick()))

    assert [alert.text for alert in found] == [f"still: {KEY} as it was said"]


@pytest.mark.parametrize(
    "key",
    ["fault:journal", "fault:mode:leverage:perp:X", "pending:main/BTC", "drift:perp:BTC/USDT:USDT",
     "unknown:7", "foreign:perp:BTC/USDT:USDT:9", "naked:ETH", "read:gone"],
)  # fmt: skip
def test_what_is_not_found_again_after_a_restart_is_over(key: str) -> None:
    world = restarted(kept(key)).start(D(1), D(-1))
    assert told(world.wait(110_000), key) == []
    (over,) = told(world.wait(20_000 + 60_000), key)

    assert over.recovered
    assert over.text == f"not found again since the restart: {key} as it was said"


def test_what_lasts_over_a_restart_is_not_said_to_be_over() -> None:
    world = restarted(kept("fault:journal")).start(D(1), D(-1))
    world.tell(JournalFailed("disk full"))

    assert [a for a in told(world.wait(600_000), "fault:journal") if a.recovered] == []


def test_a_naked_hedge_stays_so_until_it_is_in_its_band() -> None:
    world = restarted(kept(KEY))
    pause(world)
    world.start(D(1), D(0))
    assert [a for a in told(world.wait(600_000)) if a.recovered] == []
    world.obey(ask(world, CommandKind.RESUME)[1])

    assert [a.recovered for a in told(world.actions) if a.recovered] == [True]


def test_while_a_venue_is_unread_nothing_is_said_to_be_over() -> None:
    world = restarted(kept("pending:main/BTC"))
    world.tell(Tick())

    assert told(world.wait(600_000, alive=False, readable=False), "pending:main/BTC") == []
