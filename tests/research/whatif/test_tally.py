"""Every part from its own records, and cash as the other way to the same sum."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from hedgebot.domain.events import TouchSeen
from hedgebot.domain.instruments import InstrumentId, Side
from hedgebot.domain.orders import Cause, Fill
from hedgebot.research.whatif.tally import Measured, Part, Tally

PERP = InstrumentId("perp:BTC/USDT:USDT")
TOUCH = TouchSeen(PERP, 99.0, 5.0, 101.0, 5.0, 0)
FILL = Fill(
    instrument=PERP, trade_id="1", venue_order_id="1", client_order_id="", order_id=None,
    side=Side.SELL, qty=D(2), price=D(98), fee=D("0.5"), fee_asset="USDT", cause=Cause.OURS,
    legs=(), venue_ms=0,
)  # fmt: skip


def begun(qty: str = "-3") -> Tally:
    tally = Tally({PERP: "USDT"})
    tally.begin(PERP, D(qty))
    tally.mark(PERP, 100.0)
    return tally


def test_a_fill_is_told_apart_by_what_it_met() -> None:
    tally = begun()
    tally.fill(FILL, TOUCH)
    tally.mark(PERP, 90.0)
    tally.fund("USDT", D("0.25"))
    parts = {part: change for (part, _), change in tally.sums.items()}
    assert parts == {
        Part.SPREAD: D(-2),  # two sold at 99 and not at the mark of 100
        Part.SLIPPAGE: D(-2),  # at 98 and not at 99
        Part.FEES: D("-0.5"),
        Part.HEDGE: D(50),  # five short, ten down
        Part.FUNDING: D("0.25"),
    }
    assert tally.total("USDT") == tally.by_cash("USDT") == D("45.75")
    assert (tally.held, tally.traded) == ({PERP: D(-5)}, D(196))


def test_what_others_did_is_told_apart_from_our_costs() -> None:
    tally = begun()
    tally.fill(replace(FILL, cause=Cause.FOREIGN), TOUCH)
    tally.shift(PERP, D(1))
    assert dict(tally.sums) == {(Part.OWNER, "USDT"): D("-4.5")}
    assert tally.held == {PERP: D(-4)}
    assert tally.total("USDT") == tally.by_cash("USDT")


def test_fees_in_another_coin_are_in_no_sum_of_the_settlement_coin() -> None:
    tally = begun()
    tally.fill(replace(FILL, fee=D("0.01"), fee_asset="BNB"), TOUCH)
    assert (tally.total("BNB"), tally.by_cash("BNB")) == (D("-0.01"), D("-0.01"))
    assert tally.total("USDT") == tally.by_cash("USDT") == D(-4)


PRICE = st.decimals(min_value="0.0001", max_value="99999", places=4)
MOVES = st.one_of(
    st.tuples(st.just("mark"), PRICE),
    st.tuples(st.just("ours"), PRICE),
    st.tuples(st.just("foreign"), PRICE),
    st.tuples(st.just("shift"), PRICE),
    st.tuples(st.just("fund"), PRICE),
)


@given(opening=PRICE, moves=st.lists(MOVES, max_size=12), sells=st.booleans())
def test_both_ways_come_to_the_same_whatever_happens(
    opening: D, moves: list[tuple[str, D]], sells: bool
) -> None:
    tally = Tally({PERP: "USDT"})
    tally.begin(PERP, opening)
    for kind, number in moves:
        fill = replace(FILL, price=number, side=Side.SELL if sells else Side.BUY)
        match kind:
            case "mark":
                tally.mark(PERP, float(number))
            case "ours":
                tally.fill(fill, TOUCH)
            case "foreign":
                tally.fill(replace(fill, cause=Cause.FOREIGN), None)
            case "shift":
                tally.shift(PERP, -number)
            case _:
                tally.fund("USDT", number)
    if PERP in tally.marks:
        assert tally.total("USDT") == tally.by_cash("USDT")


def test_deviation_counts_for_as_long_as_it_lasts() -> None:
    own = Measured()
    own.look(1_000, -2.0, inside=False)
    own.look(4_000, 0.5, inside=True)
    own.until(10_000)
    assert (own.out_ms, own.known_ms, own.largest) == (3_000, 9_000, 2.0)
    assert own.area == 2.0 * 3_000 + 0.5 * 6_000
