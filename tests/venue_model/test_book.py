from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hedgebot.domain.instruments import Side
from hedgebot.venue_model.book import Book

D = Decimal
PRICES = st.integers(90, 110).map(Decimal)
QTYS = st.integers(1, 20).map(Decimal)


def book(bids: str = "99:5 98:5", asks: str = "101:5 102:5") -> Book:
    def levels(text: str) -> list[tuple[Decimal, Decimal]]:
        return [(D(p), D(q)) for p, _, q in (item.partition(":") for item in text.split())]

    made = Book()
    made.show(levels(bids), levels(asks))
    return made


def test_a_taker_meets_the_best_price_first_and_stops_at_its_limit() -> None:
    assert book().take(Side.BUY, D(101), D(7)) == [(D(101), D(5))]
    assert book().take(Side.BUY, None, D(7)) == [(D(101), D(5)), (D(102), D(2))]
    assert book().take(Side.SELL, D(99), D(3)) == [(D(99), D(3))]
    assert book().take(Side.SELL, D(100), D(3)) == []


def test_what_was_taken_is_gone() -> None:
    made = book()
    made.take(Side.BUY, None, D(7))
    assert list(made.asks.levels()) == [(D(102), D(3))]


def test_a_resting_order_waits_behind_what_was_there_before() -> None:
    made = book()
    made.rest(1, Side.BUY, D(99), D(2))
    assert made.tape(Side.SELL, D(99), D(5)) == []
    assert [(m.price, m.qty) for m in made.tape(Side.SELL, D(99), D(3))] == [(D(99), D(2))]
    assert made.resting == []


def test_a_trade_through_its_price_fills_a_resting_order() -> None:
    made = book()
    made.rest(1, Side.SELL, D(101), D(2))
    assert [m.qty for m in made.tape(Side.BUY, D(102), D(1))] == [D(1)]
    assert made.resting[0].left == 1


def test_depth_that_crosses_a_resting_order_fills_it_at_its_own_price() -> None:
    made = book()
    made.rest(1, Side.BUY, D(100), D(3))
    matches = made.show([(D(98), D(5))], [(D(99), D(2)), (D(100), D(9))])
    assert [(m.price, m.qty) for m in matches] == [(D(100), D(3))]
    assert list(made.asks.levels()) == [(D(100), D(8))]


def test_the_touch_shows_own_orders_too() -> None:
    made = book()
    made.rest(1, Side.BUY, D(100), D(3))
    made.rest(2, Side.SELL, D(101), D(4))
    assert made.touch() == ((D(100), D(3)), (D(101), D(9)))


@given(
    st.lists(st.tuples(st.sampled_from(Side), PRICES, QTYS), max_size=12),
    st.lists(st.tuples(st.sampled_from(Side), PRICES, QTYS), max_size=12),
    PRICES,
)
def test_matching_never_crosses_and_never_makes_quantity(
    orders: list[tuple[Side, Decimal, Decimal]],
    trades: list[tuple[Side, Decimal, Decimal]],
    middle: Decimal,
) -> None:
    made = Book()
    made.show([(middle - 1, D(5))], [(middle + 1, D(5))])
    left: dict[int, Decimal] = {}
    for number, (side, price, qty) in enumerate(orders):
        if any(r.side is not side for r in made.crossed_by(side, price)):
            continue
        pieces = made.take(side, price, qty)
        assert all((p - price) * side.value <= 0 for p, _ in pieces)
        left[number] = qty - sum((q for _, q in pieces), D(0))
        if left[number]:
            made.rest(number, side, price, left[number])
        touch = made.touch()
        assert touch is None or touch[0][0] < touch[1][0]
    for side, price, qty in trades:
        matches = made.tape(side, price, qty)
        assert sum((m.qty for m in matches), D(0)) <= qty
        for match in matches:
            left[match.order_id] -= match.qty
    assert {r.order_id: r.left for r in made.resting} == {n: q for n, q in left.items() if q}
