from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hedgebot.domain.instruments import Kind
from hedgebot.venue_model.margin import Exposure, liquidation_mark, liquidation_worth
from hedgebot.venue_model.markets import Bracket
from hedgebot.venue_model.positions import Position
from tests.venue_model.worlds import TIERS, market

D = Decimal
MOVES = st.lists(
    st.tuples(
        st.integers(-50, 50).filter(bool).map(lambda n: D(n) / 1000),
        st.integers(100_000, 900_000).map(lambda n: D(n) / 10),
    ),
    min_size=1,
    max_size=30,
)


def tier(rate: str, cum: str) -> Bracket:
    return Bracket(D(0), D("1e12"), 100, D(rate), D(cum))


def test_theory_7_liquidation_of_a_linear_short() -> None:
    short = Position(D(-1), D(-50_000))
    first = liquidation_worth(D(50_000), short, tier("0.01", "0"), 1)
    second = liquidation_worth(D(50_000), short, tier("0.01", "1300"), 1)
    assert round(first, 2) == D("99009.90")
    assert round(second, 2) == D("100297.03")


def test_a_long_is_liquidated_below() -> None:
    price = liquidation_worth(D(10_000), Position(D(1), D(50_000)), tier("0.01", "0"), 1)
    assert price < 50_000
    assert abs(10_000 + price - 50_000 - price * D("0.01")) < D("1e-20")


def test_the_bracket_is_the_one_at_the_liquidation_mark() -> None:
    position = Position(D(-40), D(-40) * 50_000)
    exposure = Exposure(market(Kind.LINEAR), position, D(50_000), 20)
    mark = liquidation_mark(D(1_200_000), exposure)
    at_mark = Exposure(exposure.market, position, mark, 20)
    margin = 1_200_000 + at_mark.unrealized
    assert abs(margin - at_mark.maintenance) < D("1e-6")
    assert at_mark.market.bracket(at_mark.notional) is TIERS[2]


def test_maintenance_is_continuous_across_brackets() -> None:
    for low, high in pairwise(TIERS):
        assert low.cap * low.rate - low.cum == low.cap * high.rate - high.cum


def test_a_short_closed_in_parts_and_through_zero() -> None:
    short, none = Position().traded(D(-1), D(50_000), 1)
    assert none == 0
    half, first = short.traded(D("0.5"), D(49_000), 2)
    assert (half.qty, half.average, first) == (D("-0.5"), D(50_000), D(500))
    long, second = half.traded(D(1), D(51_000), 3)
    assert (long.qty, long.average, second) == (D("0.5"), D(51_000), D(-500))
    assert long.realized == 0


@given(MOVES)
def test_cash_and_cost_conserve_what_was_traded(moves: list[tuple[Decimal, Decimal]]) -> None:
    position, realized, paid = Position(), D(0), D(0)
    for number, (change, price) in enumerate(moves):
        position, profit = position.traded(change, price, number)
        realized += profit
        paid += change * price
        assert profit == round(profit, 8)
    assert position.qty == sum((c for c, _ in moves), D(0))
    assert position.cost - realized == paid
    if not position.qty:
        assert position.cost == 0


@given(
    st.integers(-60_000, 60_000).filter(bool).map(lambda n: D(n) / 1000),
    st.integers(100_000, 900_000).map(lambda n: D(n) / 10),
    st.integers(1_000, 5_000_000).map(D),
)
def test_at_the_liquidation_mark_margin_equals_maintenance(
    qty: Decimal, entry: Decimal, others: Decimal
) -> None:
    exposure = Exposure(market(Kind.LINEAR), Position(qty, qty * entry), entry, 20)
    mark = liquidation_mark(others, exposure)
    if mark <= 0:
        return  # no mark inside the brackets does it
    there = Exposure(exposure.market, exposure.position, mark, 20)
    assert abs(others + there.unrealized - there.maintenance) < D("1e-9") * max(others, mark)
    worse = replace(there, mark=mark * (D("0.999") if qty > 0 else D("1.001")))
    assert others + worse.unrealized < worse.maintenance
