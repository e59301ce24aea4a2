"""`band = "optimal"` through real processes: learnt, traded by, kept over a kill, replayed."""

import signal
from decimal import Decimal as D
from typing import Any

import pytest

from tests.process.test_invariant_10_replay import recordings, replay
from tests.process.town import Town, until

pytestmark = pytest.mark.process
BAND = 'band = { lower = "-0.02", upper = "0.02", unit = "coin" }'
OPTIMAL = (
    'band = "optimal"\noptimal = { moves_min = 2, learn_s = 0, fixed = '
    '{ lower = "-0.02", upper = "0.02", unit = "coin" } }'
)


def told(town: Town) -> dict[str, Any]:
    """What `status` tells of the band."""
    return dict(town.hedge()["optimal"])


async def moved(town: Town, side: str, qty: str) -> None:
    """The owner trades on the spot market, and the daemon has seen it."""
    before = D(town.hedge()["gross"])
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side=side, qty=qty)
    await until(lambda: D(town.hedge()["gross"]) != before)


async def test_a_computed_band_is_learnt_traded_kept_over_a_kill_and_replayed(town: Town) -> None:
    config = town.write_settings()
    text = config.read_text()
    assert BAND in text
    config.write_text(text.replace(BAND, OPTIMAL))
    town.start()
    await town.hedged()
    assert told(town)["in_force"].startswith("fixed: 2 moves")
    for side, qty in (("BUY", "0.4"), ("SELL", "0.4"), ("BUY", "0.3")):
        await moved(town, side, qty)
    await until(lambda: told(town)["in_force"] == "computed", 25)
    first, found = town.hedge()["band"], told(town)
    assert D(first[1]) > D("0.1"), "wider than the fixed one"
    assert 0 < found["expected_a_year"] < found["fixed_a_year"]
    assert any("a year of costs and risk" in line["text"] for line in town.lines("decision"))
    orders = len(town.our_orders())
    await moved(town, "SELL", "0.1")
    assert len(town.our_orders()) == orders, "inside the band"
    assert town.child is not None
    town.child.send_signal(signal.SIGKILL)
    await town.ended()
    town.start()
    await until(
        lambda: (town.status() or {}).get("hedges") and town.hedge()["verdict"] == "in_band"
    )
    assert (told(town)["in_force"], town.hedge()["band"]) == ("computed", first)
    assert told(town)["expected_a_year"] == found["expected_a_year"]
    assert town.stop() == 0
    assert len(town.our_orders()) == orders
    for path in recordings(town):
        assert replay(town, path)["identical"]
