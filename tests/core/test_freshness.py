"""What may be believed, and until when: marks, touches, accounts."""

from dataclasses import replace
from math import inf, nan

import pytest

from hedgebot.core import freshness
from hedgebot.core.books import Market
from hedgebot.core.policy import Limits
from hedgebot.core.state import Feed, VenueState
from hedgebot.domain.events import Channel, MarkSeen, TouchSeen
from tests.core.world import BTC, PERP

LIMITS = Limits()
NOW = 1_000_000


def market(mark: float = 50_000.0, at: int = NOW) -> Market:
    found = Market(BTC)
    assert hear(found, mark, at)
    return found


def hear(found: Market, mark: float, at: int, index: float = 0.0) -> bool:
    return freshness.hear_mark(found, MarkSeen(PERP, mark, index, 0), LIMITS, at)


def touch(found: Market, bid: float, ask: float) -> None:
    found.touch = TouchSeen(PERP, bid, 1.0, ask, 1.0, 0)


def venue(proof_ms: int = NOW, *, up: bool = True) -> VenueState:
    return VenueState({channel: Feed(1, up, proof_ms, "") for channel in Channel})


def doubt(found: Market, now: int = NOW) -> str:
    return freshness.mark_doubt(found, LIMITS, now)


def touch_doubt(found: Market, now: int = NOW, seen: VenueState | None = None) -> str:
    return freshness.touch_doubt(found, seen or venue(), LIMITS, now)


# -- marks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [0.0, -1.0, nan, inf, -inf])
def test_a_mark_that_is_no_price_is_not_heard(mark: float) -> None:
    found = market()

    assert not hear(found, mark, NOW + 5)
    assert (found.mark, found.mark_ms) == (50_000.0, NOW)
    fresh = Market(BTC)
    assert not hear(fresh, mark, NOW)
    assert doubt(fresh) == f"no mark of {PERP} yet"


def test_a_mark_is_good_for_its_age() -> None:
    found = market()

    assert doubt(found, NOW + LIMITS.mark_age_ms_max) == ""
    assert doubt(found, NOW + LIMITS.mark_age_ms_max + 1) == f"mark of {PERP} is old"


@pytest.mark.parametrize("jump", [62_501.0, 37_000.0, 500_000.0, 0.5])
def test_a_jump_is_believed_once_three_in_a_row_agree(jump: float) -> None:
    found = market()

    assert not hear(found, jump, NOW + 1)
    assert not hear(found, jump * 1.01, NOW + 2)
    assert (found.mark, found.mark_ms) == (50_000.0, NOW)
    assert hear(found, jump, NOW + 3)
    assert (found.mark, found.mark_ms) == (jump, NOW + 3)


@pytest.mark.parametrize(("second", "agrees"), [(104_900.0, True), (105_100.0, False)])
def test_jumps_agree_within_a_twentieth(*, second: float, agrees: bool) -> None:
    found = market()
    hear(found, 100_000.0, NOW + 1)
    hear(found, second, NOW + 2)

    assert hear(found, second, NOW + 3) is agrees


@pytest.mark.parametrize("step", [62_499.0, 37_501.0])
def test_a_step_of_less_than_a_quarter_is_no_jump(step: float) -> None:
    assert hear(market(), step, NOW + 1)


def test_jumps_that_do_not_agree_start_again() -> None:
    found = market()
    for n, mark in enumerate((100_000.0, 100_000.0, 120_000.0, 120_000.0)):
        assert not hear(found, mark, NOW + n)
    assert hear(found, 120_000.0, NOW + 9)


def test_a_mark_that_came_back_forgets_the_jump() -> None:
    found = market()
    hear(found, 100_000.0, NOW + 1)
    hear(found, 100_000.0, NOW + 2)
    assert hear(found, 50_010.0, NOW + 3)

    assert not hear(found, 100_000.0, NOW + 4)


@pytest.mark.parametrize(
    ("index", "absurd"),
    [(50_000.0, False), (45_500.0, False), (55_500.0, False), (45_000.0, True), (56_000.0, True),
     (0.0, False), (nan, False), (inf, True)],
)  # fmt: skip
def test_a_mark_far_from_its_index_is_absurd(*, index: float, absurd: bool) -> None:
    found = Market(BTC)
    hear(found, 50_000.0, NOW, index)

    assert doubt(found) == (f"mark of {PERP} is absurd against its index" if absurd else "")


def test_a_mark_that_stands_still_while_the_touch_moves_is_frozen() -> None:
    found = Market(BTC)
    touch(found, 49_999.0, 50_001.0)
    hear(found, 50_000.0, NOW)
    later = NOW + LIMITS.mark_age_ms_max + 1
    hear(found, 50_000.0, later)  # it still comes, with the same value
    touch(found, 50_148.0, 50_150.0)
    assert doubt(found, later) == ""  # 0.298 % is little
    touch(found, 50_152.0, 50_154.0)

    assert doubt(found, later - 1) == ""
    assert doubt(found, later) == f"mark of {PERP} is frozen"
    hear(found, 50_160.0, later + 1)
    assert doubt(found, later + 1) == ""


def test_a_mark_that_stands_still_with_its_touch_is_quiet() -> None:
    found = Market(BTC)
    touch(found, 49_999.0, 50_001.0)
    for at in range(NOW, NOW + 600_000, 1_000):
        hear(found, 50_000.0, at)

    assert doubt(found, NOW + 600_000) == ""


def test_without_a_touch_no_mark_is_frozen() -> None:
    found = market()
    later = NOW + LIMITS.mark_age_ms_max + 5
    hear(found, 50_000.0, later)
    assert doubt(found, later) == ""

    found = Market(BTC)
    touch(found, 49_999.0, 50_001.0)
    hear(found, 50_000.0, NOW)
    hear(found, 50_000.0, later)
    found.touch = None  # dropped with its feed
    assert doubt(found, later) == ""


# -- touches -----------------------------------------------------------------------------------


def test_a_touch_can_be_traded_against() -> None:
    found = market()
    assert touch_doubt(found) == f"no touch of {PERP} yet"
    touch(found, 49_999.0, 50_001.0)

    assert touch_doubt(found) == ""


@pytest.mark.parametrize(
    ("bid", "ask"),
    [(50_001.0, 50_000.0), (50_000.0, 50_000.0), (0.0, 50_000.0), (-1.0, 50_000.0),
     (nan, 50_000.0), (50_000.0, nan)],
)  # fmt: skip
def test_a_crossed_or_empty_touch_cannot(bid: float, ask: float) -> None:
    found = market()
    touch(found, bid, ask)

    assert touch_doubt(found) == f"touch of {PERP} is crossed or empty"


@pytest.mark.parametrize(
    ("bid", "ask"), [(48_000.0, 49_900.0), (50_500.0, 52_000.0), (50_000.0, inf), (1.0, 50_001.0)]
)
def test_nor_one_that_is_far_from_the_mark(bid: float, ask: float) -> None:
    found = market()
    touch(found, bid, ask)

    assert touch_doubt(found) == f"touch of {PERP} is outside the collar of its mark"


def test_a_quiet_touch_is_fresh_as_long_as_its_socket_lives() -> None:
    found = market()
    touch(found, 49_999.0, 50_001.0)
    later = NOW + 3_600_000

    assert touch_doubt(found, later, venue(later)) == ""
    assert touch_doubt(found, NOW + LIMITS.touch_age_ms_max) == ""
    assert touch_doubt(found, NOW + LIMITS.touch_age_ms_max + 1) == f"touch of {PERP} is old"
    assert touch_doubt(found, NOW, venue(up=False)) == f"touch of {PERP} is old"


def test_only_the_touch_socket_proves_the_touch() -> None:
    found, seen = market(), venue()
    touch(found, 49_999.0, 50_001.0)
    seen.feeds[Channel.TOUCH] = replace(seen.feeds[Channel.TOUCH], proof_ms=0)

    assert touch_doubt(found, NOW, seen) == f"touch of {PERP} is old"
