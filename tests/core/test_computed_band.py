"""`band = "optimal"`: learnt, asked for beside the decision, taken, traded by, and told."""

import math
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import flow_law, learning, solving
from hedgebot.core.books import NEVER
from hedgebot.core.computed import LOOK_MS, SOLVE_MS_MAX
from hedgebot.core.policy import Band, BandUnit, Optimal
from hedgebot.domain.actions import SolveBand
from hedgebot.domain.events import BandSolved, FillSeen, Tick
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, Fill
from hedgebot.domain.records import Durable, LearntKept
from tests.core.world import (
    PERP,
    PERP_WALLET,
    SPOT_WALLET,
    World,
    alerts,
    decisions,
    only,
    placed,
    policy_with,
    rows,
)

FIXED = Band(-0.02, 0.02, BandUnit.COIN)
HOUR = 3_600_000


TWO_MOVES = Optimal(moves_min=2, learn_ms=0)


def world_with(told: Optimal = TWO_MOVES) -> World:
    """A book whose band is computed."""
    return World(policy_with(optimal=told, band=FIXED)).start(spot=D(5), position=D(-5))


def stir(world: World, *moves: str, pause_ms: int = LOOK_MS) -> None:
    """Coins are bought and sold on the spot market; whatever is decided is done."""
    for move in moves:
        world.obey(world.buy_spot(D(move)))
        world.obey(world.wait(pause_ms))


def computed_band(world: World) -> Band | None:
    """The band in force, once it is a computed one."""
    learnt = world.state.ledger.learnt["BTC"]
    return world.state.hedges["BTC"].policy.band if learnt.solving.in_force else None


def test_a_fixed_band_is_never_asked_about() -> None:
    world = World().start(spot=D(5), position=D(-5))
    stir(world, "0.5", "-0.5", "0.3")
    assert only(SolveBand, world.actions) == []
    assert world.state.ledger.learnt == {}


def test_until_enough_was_seen_the_fixed_band_is_traded() -> None:
    world = world_with(Optimal(moves_min=4, learn_ms=0))
    stir(world, "0.5", "-0.5", "0.5")
    assert only(SolveBand, world.actions), "it is solved from the first move on"
    assert world.state.hedges["BTC"].policy.band == FIXED
    stir(world, "-0.5", "0.5", "-0.5", pause_ms=HOUR // 4)
    assert computed_band(world) not in {None, FIXED}


def test_what_is_traded_by_is_the_computed_band() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 4)
    band = computed_band(world)
    assert band is not None
    inside = D(repr(band.upper)).quantize(D("0.001")) - D("0.002")
    deviation = world.spot + world.position
    assert placed(world.buy_spot(inside - deviation)) == []
    (order,) = placed(world.buy_spot(D("0.01")))
    assert order.qty < D("0.02"), "back to the edge, and not to the target"


def test_our_own_trades_are_no_flow() -> None:
    world = world_with()
    stir(world, "0.5", "0.5")
    learnt = world.state.ledger.learnt["BTC"]
    assert learnt.untouched.ours == D(-1)
    assert learnt.untouched.noted == D(1), "as if nobody had hedged"
    assert flow_law.moves_seen(learnt.flow) > 1.99


def test_a_trade_of_somebody_else_on_the_perpetual_is_flow() -> None:
    world = world_with()
    stir(world, "0.5")
    fill = replace(perp_fill(world, D("0.3")), cause=Cause.FOREIGN)
    world.tell(FillSeen(fill))
    world.obey(world.move(PERP, D("0.3")))
    learnt = world.state.ledger.learnt["BTC"]
    assert learnt.untouched.noted == D("0.8")


def test_a_transfer_between_wallets_is_no_flow() -> None:
    world = world_with()
    stir(world, "0.5")
    world.balance(SPOT_WALLET, D(-2))
    world.obey(world.wait(2_500))
    world.balance(PERP_WALLET, D(2))
    world.obey(world.wait(LOOK_MS))
    learnt = world.state.ledger.learnt["BTC"]
    assert learnt.untouched.noted == D("0.5")
    assert flow_law.moves_seen(learnt.flow) < 1.01


def test_a_question_is_asked_once_and_again_after_a_minute_without_an_answer() -> None:
    world = world_with()
    world.obey(world.buy_spot(D("0.5")))
    asked = silent(world, SOLVE_MS_MAX - 2 * LOOK_MS)
    assert len(asked) == 1
    again = silent(world, 3 * LOOK_MS)
    assert len(again) == 1
    late = solving.answer(asked[0])
    assert world.tell(late) == [], "an answer that is late counts no more"
    world.bands += again
    world.obey(world.answer())
    assert world.state.ledger.learnt["BTC"].solving.asked_ms is None


def test_nothing_is_asked_while_an_order_is_out() -> None:
    world = world_with()
    (order,) = placed(world.buy_spot(D("0.5")))
    assert silent(world, 3 * LOOK_MS) == []
    world.execute(order)
    assert len(silent(world, 2 * LOOK_MS)) == 1


def test_no_side_is_narrower_than_the_smallest_order_nor_wider_than_the_question() -> None:
    careful = world_with(replace(TWO_MOVES, risk_premium=1e12))
    stir(careful, *["0.5", "-0.5"] * 2)
    assert only(SolveBand, careful.actions)[0].least == 0.003
    band = computed_band(careful)
    assert band is not None
    assert -band.lower >= 0.003
    assert band.upper >= 0.003
    careless = world_with(replace(TWO_MOVES, risk_holding=20_000.0, risk_premium=1e-6))
    stir(careless, *["0.5", "-0.5"] * 2)
    band = computed_band(careless)
    assert band is not None
    assert max(-band.lower, band.upper) <= 20_000 / 50_000 + 0.003, "coins of the holding asked for"


def test_more_risk_wanted_away_is_a_narrower_band() -> None:
    widths = []
    for premium in (500.0, 5_000.0, 50_000.0):
        world = world_with(replace(TWO_MOVES, risk_premium=premium))
        stir(world, *["0.5", "-0.5"] * 4)
        band = computed_band(world)
        assert band is not None
        widths.append(band.upper)
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 2 * widths[2]


def test_another_band_is_a_decision_and_says_what_it_costs() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 2)
    told = [line for line in decisions(world.actions) if "costs less" in line.reason]
    assert told
    assert "volatility 4.00% a day" in told[0].text
    assert "USDT a year of costs and risk, the fixed band -0.02 to +0.02 coin " in told[0].text


def test_the_price_is_remembered_by_the_hour_over_gaps_too() -> None:
    price = learning.unlearnt(Optimal()).price
    learning.hear_price(price, 100.0, 0)
    learning.hear_price(price, 110.0, 60_000)
    assert learning.volatility(price) == pytest.approx(0.04), "a minute is no hour"
    learning.hear_price(price, 110.0, 5 * HOUR)
    kept = math.exp(-5 / 24 / 30)
    squares = 7 * 0.0016 * kept + math.log(1.1) ** 2
    days = 7 * kept + 30 * (1 - kept)
    assert learning.volatility(price) == pytest.approx(math.sqrt(squares / days))


def test_the_fee_is_what_our_fills_paid_unless_it_was_told() -> None:
    for told, paid in ((None, 0.01 / (0.5 * 49_899.6)), (0.0003, 0.0003)):
        world = world_with(replace(TWO_MOVES, fee=told))
        stir(world, "0.5")
        assert world.state.ledger.learnt["BTC"].paid.fee == pytest.approx(paid)


def silent(world: World, ms: int) -> list[SolveBand]:
    """Time passes, and no band is answered; what was asked."""
    world.bands, waited = [], 0
    while waited < ms:
        world.now += 500
        world.alive()
        world.tell(Tick())
        waited += 500
    asked, world.bands = world.bands, []
    return asked


def perp_fill(world: World, qty: D) -> Fill:
    """Bought on the perpetual."""
    world.trades += 1
    return Fill(
        instrument=PERP, trade_id=str(world.trades), venue_order_id="web", client_order_id="web",
        order_id=None, side=Side.BUY, qty=qty, price=D(50_000), fee=D(0), fee_asset="USDT",
        cause=Cause.FOREIGN, legs=(), venue_ms=world.now,
    )  # fmt: skip


def restarted(world: World, told: Optimal = TWO_MOVES) -> World:
    """The same book, with what its journal keeps of what was learnt."""
    last = {row.asset: row for row in rows(LearntKept, world.actions)}
    durable = Durable(epoch=2, learnt=tuple(last.values()))
    again = World(policy_with(optimal=told, band=FIXED), durable=durable, now=world.now + HOUR)
    return again.start(spot=world.spot, position=world.position)


def test_a_restart_goes_on_from_what_was_learnt() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 4)
    again = restarted(world)
    before, after = (each.state.ledger.learnt["BTC"] for each in (world, again))
    assert computed_band(again) == computed_band(world)
    assert after.solving.fixed_cost == before.solving.fixed_cost > 0
    assert flow_law.moves_seen(after.flow) == pytest.approx(flow_law.moves_seen(before.flow))
    assert placed(again.buy_spot(D("0.2"))) == [], "inside the band that was in force"
    stir(again, "-0.2", "0.5")
    assert flow_law.moves_seen(after.flow) > 8.9


def test_what_happened_while_nobody_looked_is_no_flow() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 4)
    world.spot += 3
    learnt = restarted(world).state.ledger.learnt["BTC"]
    assert flow_law.moves_seen(learnt.flow) == pytest.approx(8, abs=0.01)


def test_a_row_of_another_form_is_nothing() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 4)
    (row, *_) = rows(LearntKept, world.actions)
    durable = Durable(epoch=2, learnt=(replace(row, flow=row.flow[:-1]),))
    again = World(policy_with(optimal=TWO_MOVES, band=FIXED), durable=durable).start(spot=D(1))
    assert computed_band(again) is None
    assert again.state.hedges["BTC"].policy.band == FIXED


def test_what_is_learnt_is_kept_at_a_slow_pace() -> None:
    world = world_with(Optimal(moves_min=100))
    stir(world, "0.5")
    before = len(rows(LearntKept, world.actions))
    world.wait(HOUR)
    kept = len(rows(LearntKept, world.actions)) - before
    assert 3 <= kept <= 45, "four an hour, and one for each answer"
    assert len(only(SolveBand, world.actions)) <= 45


def test_where_no_band_is_found_the_one_in_force_stays_and_somebody_is_told() -> None:
    world = world_with()
    world.obey(world.buy_spot(D("0.5")))
    (ask,) = silent(world, 2 * LOOK_MS)
    failed = BandSolved(
        asset="BTC", asked_ms=ask.asked_ms, memory=(), fixed_cost=0.0, trouble="OverflowError"
    )
    (alert,) = alerts(world.tell(failed))
    assert alert.key == "band:BTC"
    assert "the one in force stays, -0.02 to +0.02 coin" in alert.text
    assert world.state.hedges["BTC"].policy.band == FIXED
    world.bands = silent(world, SOLVE_MS_MAX)
    (over,) = [alert for alert in alerts(world.answer()) if alert.recovered]
    assert over.key == "band:BTC"


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_an_answer_that_is_no_number_is_not_traded_by(broken: float) -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 2)
    before = computed_band(world)
    world.obey(world.buy_spot(D("0.5")))
    (ask,) = silent(world, 3 * LOOK_MS)
    sound = solving.answer(ask)
    world.tell(replace(sound, memory=(*sound.memory[:-1], broken)))
    assert computed_band(world) == before
    assert "no number" in world.state.wakes.alerts["band:BTC"].text


def test_a_fixed_band_whose_cost_is_no_number_is_compared_with_nothing() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 2)
    before = computed_band(world)
    world.obey(world.buy_spot(D("0.5")))
    (ask,) = silent(world, 3 * LOOK_MS)
    world.tell(replace(solving.answer(ask), fixed_cost=float("nan")))
    assert computed_band(world) == before
    assert "no number" in world.state.wakes.alerts["band:BTC"].text


def test_a_memory_that_is_no_number_is_no_row_and_begins_anew() -> None:
    world = world_with()
    stir(world, *["0.5", "-0.5"] * 2)
    learnt = world.state.ledger.learnt["BTC"]
    learnt.flow[5] = float("nan")
    learnt.solving.kept_ms = NEVER
    before = len(rows(LearntKept, world.actions))
    world.wait(2 * LOOK_MS)
    assert all(math.isfinite(each) for row in rows(LearntKept, world.actions)[before:]
               for each in row.flow)  # fmt: skip
    stir(world, "0.5", "-0.5")
    assert learning.moves_seen(learnt) == pytest.approx(2, abs=0.01)
