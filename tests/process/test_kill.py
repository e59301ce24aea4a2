"""kill -9 at each named moment, ten times each: no order twice, no row lost, the hedge right."""

import signal
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.shell.kill import Point
from tests.process.moments import FAST_RECOVERY, at_each_moment
from tests.process.town import Town

pytestmark = pytest.mark.process

KILLS = 10


@pytest.mark.timeout(300)
async def test_killed_at_any_moment_the_next_start_makes_it_right(tmp_path: Path) -> None:
    await at_each_moment(tmp_path, killed_and_recovered)


async def killed_and_recovered(town: Town, point: Point) -> None:
    town.write_settings(more=FAST_RECOVERY)
    holding = D(10)
    for turn in range(KILLS):
        change = D("0.5") if turn % 3 else D("-0.4")
        holding += change
        told = {"asset": "BTC", "qty": str(abs(change))}
        town.plane.tell("deposit" if change > 0 else "withdraw", **told)
        if point is Point.AFTER_WRITE:
            town.slow_orders(ms=400)
        # The close of the order before this one is the first that the new start journals.
        count = 2 if point is Point.BEFORE_CLOSE and turn else 1
        town.start(HEDGEBOT_TEST_KILL=f"{point}:{count}")
        assert await town.ended(30) == -signal.SIGKILL, f"{point}: {town.log_tail()}"
    town.plane.tell("clear")
    town.start()
    await town.hedged(30)
    assert town.stop() == 0
    assert abs(holding + town.position()) < D("0.02"), point
    assert town.differences() == [], point
    names = [row["client_id"] for row in town.our_orders()]
    assert len(names) == len(set(names)), point
