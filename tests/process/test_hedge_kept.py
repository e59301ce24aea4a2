"""The main job, end to end, through real processes."""

from decimal import Decimal as D

import pytest

from hedgebot.adapters.journal import reading
from hedgebot.domain.records import CloseReason, Phase
from tests.process.town import Town

pytestmark = pytest.mark.process


async def test_a_deposit_is_hedged_by_one_order_and_both_ledgers_agree(town: Town) -> None:
    town.start()
    await town.hedged()
    assert town.position() == D(-10)
    before = len(town.our_orders())
    town.plane.tell("deposit", asset="BTC", qty="1.5")
    await town.hedged_after(before + 1)
    assert town.position() == D("-11.5")
    with town.rows() as rows:
        newest = reading.orders(rows, 1)[0]
    assert newest.last is not None
    assert (newest.last.phase, newest.last.reason) == (Phase.CLOSED, CloseReason.FILLED)
    assert newest.last.filled_qty == D("1.5")
    assert town.stop() == 0
    assert town.differences() == []
    assert len(town.our_orders()) == before + 1
