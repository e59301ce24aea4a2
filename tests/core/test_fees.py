"""Which fee a computed band is solved for, and whence it is known."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any, cast

import pytest

from hedgebot.core import fees, learning, report
from hedgebot.core.learnt import FEE, Whence
from hedgebot.core.policy import Optimal
from hedgebot.domain.actions import Severity
from hedgebot.domain.events import FillSeen
from hedgebot.domain.fees import FeeSeen, FeeUnread
from hedgebot.domain.instruments import InstrumentId
from hedgebot.domain.orders import Cause
from hedgebot.domain.records import Durable, LearntKept
from tests.core.test_computed_band import (
    FIXED,
    TWO_MOVES,
    perp_fill,
    restarted,
    stir,
    world_with,
)
from tests.core.two import ALT, two_world
from tests.core.world import PERP, World, alerts, decisions, policy_with, rows

TOLD = 0.0003
UNREAD = FeeUnread(PERP, "no answer within 70 s")


def tell(world: World, taker: str) -> None:
    world.tell(FeeSeen(PERP, D(taker)))


def pay(world: World, rate: float) -> None:
    """A fill of ours, charged at that rate."""
    fill = perp_fill(world, D("0.001"))
    fee = D(repr(rate)) * fill.qty * fill.price
    world.tell(FillSeen(replace(fill, cause=Cause.OURS, fee=fee)))


def known(world: World) -> tuple[float, Whence]:
    learnt = world.state.ledger.learnt["BTC"]
    return round(learnt.paid.fee, 9), learnt.tier.whence


def test_until_it_is_known_it_is_assumed() -> None:
    world = world_with()
    assert known(world) == (FEE, Whence.ASSUMED)
    tell(world, "0.0004")
    assert known(world) == (0.0004, Whence.VENUE)


def test_what_our_fills_paid_counts_before_what_the_venue_goes_on_telling() -> None:
    """A discount that the venue's rate does not show."""
    world = world_with()
    tell(world, "0.0004")
    pay(world, 0.00036)
    assert known(world) == (0.00036, Whence.FILLS)
    tell(world, "0.0004")
    assert known(world) == (0.00036, Whence.FILLS)


def test_another_tier_counts_at_once_and_our_next_fill_corrects_it() -> None:
    world = world_with()
    tell(world, "0.0004")
    pay(world, 0.00036)
    tell(world, "0.0003")
    assert known(world) == (0.0003, Whence.VENUE)
    pay(world, 0.00027)
    assert known(world) == (0.00027, Whence.FILLS)


def test_a_fill_that_came_before_the_venue_s_first_word_counts_on() -> None:
    world = world_with()
    pay(world, 0.00036)
    tell(world, "0.0004")
    assert known(world) == (0.00036, Whence.FILLS)


def test_the_settings_count_before_everything() -> None:
    world = world_with(replace(TWO_MOVES, fee=TOLD))
    tell(world, "0.0004")
    tell(world, "0.0002")
    pay(world, 0.0007)
    assert world.state.ledger.learnt["BTC"].paid.fee == TOLD
    assert alerts(world.tell(UNREAD)) == [], "nobody needs it"


@pytest.mark.parametrize("taker", ["0.010001", "-0.0001", "Infinity", "NaN", "5"])
def test_what_is_no_fee_is_not_taken(taker: str) -> None:
    world = world_with()
    tell(world, taker)
    assert known(world) == (FEE, Whence.ASSUMED)
    tell(world, "0.0004")
    assert known(world) == (0.0004, Whence.VENUE)
    pay(world, 0.02)
    pay(world, -0.001)
    assert known(world) == (0.0004, Whence.VENUE)


def test_of_an_instrument_that_it_does_not_trade_first_a_hedge_takes_no_fee() -> None:
    world = two_world(optimal=TWO_MOVES, band=FIXED).start()
    for other in (ALT, InstrumentId("perp:ETH/USDT:USDT")):
        assert world.tell(FeeSeen(other, D("0.0001"))) == []
        assert world.tell(FeeUnread(other, "no answer")) == []
    assert known(world) == (FEE, Whence.ASSUMED)


def test_a_fixed_band_needs_no_fee() -> None:
    world = World().start()
    assert world.tell(FeeSeen(PERP, D("0.0001"))) == []
    assert world.tell(UNREAD) == []


def test_a_venue_that_does_not_tell_is_told_of_once_and_stops_nothing() -> None:
    world = world_with()
    (alert,) = alerts(world.tell(UNREAD))
    assert (alert.key, alert.severity) == (f"fee:{PERP}", Severity.WARNING)
    assert alert.text.startswith(
        "BTC: the fee of perp:BTC/USDT:USDT cannot be read (no answer within 70 s): "
        "taken is the fee assumed until it is known, 5.00 bp. To do:"
    )
    for _ in range(3):
        world.wait(60_000)
        assert alerts(world.tell(UNREAD)) == []
    stir(world, *["0.5", "-0.5"] * 2)
    assert world.state.ledger.learnt["BTC"].solving.in_force
    (over,) = alerts(world.tell(FeeSeen(PERP, D("0.0004"))))
    assert over.recovered


def solved_for(world: World) -> str:
    (hedge,) = cast(
        list[dict[str, Any]], report.status(world.state, world.policy, world.now)["hedges"]
    )
    return str(hedge["optimal"]["solved_for"])


@pytest.mark.parametrize(
    ("fee", "phrase"),
    [
        (None, " bp with the fee that our last fill paid, 0.00 bp"),
        (TOLD, " bp with the fee that the settings name, 3.00 bp"),
    ],
)
def test_the_line_and_the_status_name_the_fee_and_whence_it_is_known(
    fee: float | None, phrase: str
) -> None:
    world = world_with(replace(TWO_MOVES, fee=fee))
    stir(world, *["0.5", "-0.5"] * 2)
    line = next(each.text for each in decisions(world.actions) if "costs less" in each.reason)
    assert f"{phrase}: expected" in line
    assert solved_for(world).endswith(phrase)


def test_the_status_names_the_tier_and_what_is_assumed() -> None:
    world = world_with()
    assert solved_for(world).endswith(" bp with the fee assumed until it is known, 5.00 bp")
    tell(world, "0.0002")
    assert solved_for(world).endswith(" bp with the fee of the account's tier, 2.00 bp")


def test_another_tier_moves_the_cost_that_bands_are_solved_for() -> None:
    world = world_with()
    tell(world, "0.0004")
    learnt = world.state.ledger.learnt["BTC"]
    before = learning.cost_rate(learnt)
    tell(world, "0.00017")
    assert learning.cost_rate(learnt) == pytest.approx(before - 0.00023)


def test_whence_it_is_known_survives_a_restart() -> None:
    world = world_with()
    tell(world, "0.0004")
    pay(world, FEE)
    stir(world, "0.5")
    learnt = world.state.ledger.learnt["BTC"]
    learnt.paid.fee = FEE  # what the world's own fills pay is next to nothing
    world.wait(900_000)
    again = restarted(world)
    assert known(again) == (FEE, Whence.FILLS)
    tell(again, "0.0004")
    assert known(again) == (FEE, Whence.FILLS), "the venue says nothing new"
    tell(again, "0.0003")
    assert known(again) == (0.0003, Whence.VENUE)


def test_a_fee_of_the_settings_is_forgotten_with_them() -> None:
    world = world_with(replace(TWO_MOVES, fee=TOLD))
    tell(world, "0.0004")
    world.state.ledger.learnt["BTC"].tier.whence = Whence.FILLS  # from a start without it
    stir(world, "0.5")
    again = restarted(world)
    assert known(again) == (FEE, Whence.ASSUMED)
    tell(again, "0.0004")
    assert known(again) == (0.0004, Whence.VENUE), "what the venue goes on telling is news"
    named = restarted(world, replace(TWO_MOVES, fee=0.0001))
    assert known(named)[0] == 0.0001


@pytest.mark.parametrize(("fee", "whence"), [(FEE, Whence.ASSUMED), (0.0003, Whence.FILLS)])
def test_a_row_of_before_the_venue_was_asked_is_read(fee: float, whence: Whence) -> None:
    world = world_with()
    stir(world, "0.5")
    row = rows(LearntKept, world.actions)[-1]
    older = replace(row, paid=(fee, *row.paid[1:4]))
    again = World(
        policy_with(optimal=Optimal(), band=FIXED), durable=Durable(epoch=2, learnt=(older,))
    )
    assert known(again) == (fee, whence)
    assert again.state.ledger.learnt["BTC"].flow == list(row.flow)


def test_every_source_has_its_words() -> None:
    assert set(fees.WORDS) == set(Whence)
