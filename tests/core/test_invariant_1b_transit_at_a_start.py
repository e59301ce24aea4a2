"""Invariant 1b: withdrawn coins that still count, over a kill and a start."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core.explain import SEARCH_MS_MAX
from hedgebot.domain.actions import Keep, ReadWithdrawals, Severity
from hedgebot.domain.events import Command, CommandKind, Tick
from hedgebot.domain.instruments import Side
from hedgebot.domain.records import HoldingKept, TransitEnd, TransitKept
from tests.core.transits import (
    COLD,
    FAILED,
    RIPE_MS,
    becomes,
    ends,
    hedged,
    holding,
    in_transit,
    record,
    restarted,
    sizes,
    withdraw,
)
from tests.core.world import SPOT_WALLET, START_MS, World, alerts, decisions, only, placed, rows


def test_what_is_held_survives_a_kill_and_ends_by_its_own_time() -> None:
    world = hedged(holding(300_000))
    withdraw(world, "3")
    world.wait(RIPE_MS)
    (row,) = rows(TransitKept, world.actions)
    again = restarted(world).start()
    found = again.wait(row.since_ms + 300_000 - again.now - 500)

    assert placed(again.actions) == []
    assert in_transit(again) == D(3)
    found = again.wait(1_000)
    assert sizes(found) == [(Side.BUY, D(3))]
    assert restarted(again, before=world).start().state.ledger.transit.held == {}


@pytest.mark.parametrize("seen", [True, False], ids=["seen as a decrease", "not seen"])
def test_a_withdrawal_that_no_row_tells_of_is_found_at_the_next_start(*, seen: bool) -> None:
    world = hedged()
    if seen:
        withdraw(world, "3")
        world.wait(1_000)  # killed before the record was found
    else:
        world.spot -= D(3)
        record(world, "3")
    again = restarted(world).start()
    found = again.wait(60_000)

    assert placed(again.actions) == []
    assert in_transit(again) == D(3)
    assert any("left before this start" in alert.text for alert in alerts(again.actions))
    assert only(ReadWithdrawals, found) == []


def test_one_that_comes_back_before_the_wallet_is_first_read_counts_once() -> None:
    world = hedged()
    name = withdraw(world, "3")
    world.wait(RIPE_MS)
    again = restarted(world)
    again.tell(Tick())
    again.answer()  # nothing of the wallet yet
    becomes(again, name, FAILED)
    again.spot += D(3)
    again.start().wait(60_000)

    assert placed(again.actions) == []
    assert in_transit(again) == 0
    (told,) = [each for each in alerts(again.actions) if each.key.startswith("transit")]
    assert (told.key, told.severity) == ("transit-over:spot/w1", Severity.INFO)
    assert told.text.endswith("is back in the wallet: the withdrawal failed"), "nothing is to do"


@pytest.mark.parametrize("dated", [True, False], ids=["dates the wallet", "names no time"])
def test_a_venue_clock_that_is_ahead_hides_no_withdrawal(*, dated: bool) -> None:
    world = hedged()
    ahead_ms = 1_500
    again = restarted(world)
    again.spot -= D(3)
    applied_ms = (again.now + ahead_ms - 400) // 1_000 * 1_000
    record(again, "3", applied_ms=applied_ms)
    again.dated_ms = again.now + ahead_ms - 400 if dated else None
    again.start().wait(60_000)

    assert placed(again.actions) == []
    assert in_transit(again) == D(3)


def test_a_record_that_came_too_late_for_one_start_is_not_held_by_the_next() -> None:
    world = hedged()
    applied_ms = world.now
    world.balance(SPOT_WALLET, -D(3))
    world.wait(1_000)  # killed while it is looked for
    again = restarted(world).start()
    assert sizes(again.actions) == [(Side.BUY, D(3))]
    again.position += D(3)
    record(again, "3", applied_ms=applied_ms)
    third = restarted(again, before=world).start()
    third.wait(60_000)

    assert placed(third.actions) == []
    assert in_transit(third) == 0


def test_one_found_at_a_start_that_comes_back_without_the_fee_it_was_taken_to_have() -> None:
    world = hedged()
    world.spot -= D(3)
    name = record(world, "3", fee="0.02")  # inside, as nobody can tell
    again = restarted(world).start()
    becomes(again, name, FAILED)
    again.balance(SPOT_WALLET, D(3))
    again.wait(RIPE_MS + 3_000)

    assert placed(again.actions) == []
    assert in_transit(again) == 0


def test_nothing_is_traded_before_a_start_has_read_the_records_and_not_for_ever() -> None:
    world = hedged()
    world.spot -= D(3)
    again = restarted(world)
    again.records_readable = False
    again.start()
    assert placed(again.wait(SEARCH_MS_MAX - 3_000)) == []
    assert decisions(again.actions)[-1].reason == "withdrawals of spot are being read"
    found = again.wait(4_000)

    assert sizes(found) == [(Side.BUY, D(3))]
    assert any(alert.key == "withdrawals:spot" for alert in alerts(found))


def test_a_withdrawal_from_before_the_first_start_is_nobody_s_business() -> None:
    world = World(policy=holding())
    record(world, "3", applied_ms=START_MS - 60_000)
    world.start(D(10), D("-22.5")).wait(60_000)

    assert in_transit(world) == 0
    assert placed(world.actions) == []


def test_one_that_failed_while_nobody_looked_is_back() -> None:
    world = hedged()
    name = withdraw(world, "3")
    world.wait(RIPE_MS)
    becomes(world, name, FAILED)
    world.spot += D(3)
    again = restarted(world).start()
    again.wait(30_000)

    assert placed(again.actions) == []
    assert in_transit(again) == 0


@pytest.mark.parametrize("by_command", [True, False], ids=["holdings set", "the settings file"])
def test_one_that_arrived_while_nobody_looked_counts_once(*, by_command: bool) -> None:
    world = hedged()
    withdraw(world, "3")
    world.wait(RIPE_MS)
    if by_command:
        world.actions.append(Keep(HoldingKept(world.now, "cold", D("15.5"), COLD.qty, "ann")))
        again = restarted(world)
    else:
        again = restarted(world, replace(world.policy, holdings=(replace(COLD, qty=D("15.5")),)))
    again.start().wait(30_000)

    assert placed(again.actions) == []
    assert in_transit(again) == 0


def test_a_start_without_a_hold_ends_everything_and_forgets_the_past() -> None:
    world = hedged()
    withdraw(world, "3")
    world.wait(RIPE_MS)
    plain = restarted(world, holding(0)).start()
    assert ends(plain.actions) == [TransitEnd.EXPIRED]
    plain.wait(10_000)
    third = restarted(plain, world.policy, before=world)
    record(third, "2", applied_ms=plain.now)
    third.start()

    assert in_transit(third) == 0, "what left while withdrawals were not held was traded"


def test_a_person_who_was_quicker_than_the_record_and_the_kill() -> None:
    world = hedged()
    withdraw(world, "3")
    wish = CommandKind.HOLDINGS_SET
    world.tell(Command(command_id="c", kind=wish, label="cold", qty=D("15.5"), by="ann"))
    again = restarted(world).start()
    again.wait(60_000)

    assert placed(again.actions) == []
    assert in_transit(again) == 0
    assert ends(again.actions)[-1] is TransitEnd.ARRIVED
