"""Inverse perpetuals through `step`: N / E, wallets without unrealised profit, lots of dollars."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import exposure, wording
from hedgebot.domain.actions import Action, Place
from hedgebot.domain.events import FillSeen, FundingSeen
from hedgebot.domain.instruments import Instrument, InstrumentId, Side, is_inverse
from hedgebot.domain.orders import Purpose
from tests.core.coin import (
    COIN,
    COIN_BTC,
    COIN_WALLET,
    coin_policy,
    coin_world,
    net,
    obey,
    told_fill,
)
from tests.core.world import BTC, PERP, World, decisions, only, placed

LOT_COINS = D(100) / 40_000
"""More than a lot counts at any price here."""


def moves(world: World, *marks: float) -> list[Action]:
    """The price goes there and stays for a while."""
    found: list[Action] = []
    for mark in marks:
        world.price(mark, COIN)
        found += world.wait(5_000)
    return found


# -- the synthetic dollar --------------------------------------------------------------------


def test_a_move_of_five_per_cent_shows_no_phantom_delta() -> None:
    """Ten coins and a short of ten coins' worth: valued at the mark it would look 0.476 long."""
    world = coin_world("10", "-500000")

    found = moves(world, 52_500.0)

    assert only(Place, found) == []
    assert net(world) == 0
    assert pytest.approx(0.476, abs=1e-3) == 10 - 500_000 / 52_500.0  # what must not be counted


def test_a_synthetic_dollar_is_left_alone_at_any_price() -> None:
    world = coin_world("10", "-500000")

    found = moves(world, 58_000.0, 65_000.0, 80_000.0, 60_000.0, 45_000.0, 35_000.0)

    assert only(Place, found) == []
    assert net(world) == 0
    assert world.state.hedges["BTC"].outlook.parts.collateral == 10


# -- lots of dollars -------------------------------------------------------------------------


def test_coins_that_come_into_the_wallet_are_sold_in_whole_contracts() -> None:
    world = coin_world(mark=50_030.0)
    world.balance(COIN_WALLET, D(1))

    (order,) = placed(world.wait(4_000))

    assert (order.instrument, order.side, order.qty) == (COIN, Side.SELL, D(50_000))
    assert (order.lots, order.reduce_only) == (500, False)  # 50,030 dollars hold 500 contracts


def test_dollars_are_named_where_people_read() -> None:
    world = coin_world()
    world.balance(COIN_WALLET, D(1))
    found = world.wait(4_000)
    (order,) = placed(found)

    found += told_fill(world, order)

    said = [row.text for row in decisions(found)]
    assert any("sell 50000 USD on coin:BTC/USD:BTC" in text for text in said)
    closed = decisions(found)[-1]
    assert "sold 50000 USD on coin:BTC/USD:BTC" in closed.text
    assert closed.cost is not None
    # 0.0005 of a coin, and half a dollar and the slippage against the mark: in dollars
    coins = order.qty / order.price - order.qty / D(50_000) + order.qty / order.price * D("0.0005")
    assert abs(closed.cost - coins * 50_000) < D("0.01")


def test_the_smallest_order_is_one_contract() -> None:
    world = coin_world("1", "-50000")
    world.balance(COIN_WALLET, D("0.0219"))  # 0.02 is the band; 0.0219 coins are 1,095 dollars

    (order,) = placed(world.wait(4_000))

    assert order.qty == D(1_000)


# -- a fill changes the entry price ----------------------------------------------------------


def test_more_is_folded_harmonically_before_the_venue_says_so() -> None:
    """A short at 50,000 grows at 100,000: the delta added is dollars / 100,000."""
    world = coin_world("10", "-500000")
    moves(world, 60_000.0, 70_000.0, 80_000.0, 90_000.0, 100_000.0)
    world.balance(COIN_WALLET, D(1))
    (order,) = placed(world.wait(4_000))
    assert order.qty == D(100_000)

    found = told_fill(world, order, D(100_000))

    book = world.state.ledger.positions[COIN]
    assert book.word is not None
    assert (book.arithmetic, book.word.qty) == (D(-600_000), D(-500_000))
    coins = exposure.book_coins(COIN_BTC, book, arithmetic=True)
    assert round(coins, 12) == D(-11)
    assert placed(found) == []
    world.tell_position(COIN)
    assert round(book.tape.entry_price, 8) == round(D(600_000) / 11, 8)
    assert abs(net(world)) < D("0.001")  # the fee


def test_less_keeps_the_entry_and_realises_into_the_wallet() -> None:
    """At twice the entry price a coin leaves: 100,000 dollars bought back free two coins of delta,
    and lose one coin.
    """
    world = coin_world("10", "-500000")
    moves(world, 60_000.0, 70_000.0, 80_000.0, 90_000.0, 100_000.0)
    world.balance(COIN_WALLET, D(-1))
    (order,) = placed(world.wait(4_000))
    assert (order.side, order.qty, order.reduce_only) == (Side.BUY, D(100_000), True)

    told_fill(world, order, D(100_000))

    book = world.state.ledger.positions[COIN]
    assert exposure.book_coins(COIN_BTC, book, arithmetic=True) == D(-8)
    causes = world.state.hedges["BTC"].causes
    assert not any("bought" in cause for cause in causes)  # what it realised is no news
    world.tell_position(COIN)
    look = world.state.hedges["BTC"].outlook
    assert look.parts.collateral == D(8) - D("0.0005")  # nine, less one lost, less the fee
    assert net(world) == D("-0.0005")
    assert placed(world.wait(4_000)) == []


def test_the_venues_entry_price_replaces_ours_once_it_speaks_of_the_same_position() -> None:
    world = coin_world("10", "-500000")
    world.entries[COIN] = D(50010)

    world.tell_position(COIN)

    assert world.state.ledger.positions[COIN].tape.entry_price == D(50010)


def test_a_position_that_was_told_before_its_fill_keeps_the_venues_entry_price() -> None:
    world = coin_world("10", "-500000")
    world.balance(COIN_WALLET, D(1))
    (order,) = placed(world.wait(4_000))
    world.positions[COIN], world.entries[COIN] = D(-550_000), D(50001)
    world.tell_position(COIN)

    world.tell(FillSeen(replace(world.fill_of(order, order.qty), price=D(50100))))

    book = world.state.ledger.positions[COIN]
    assert (book.arithmetic, book.tape.entry_price) == (D(-550_000), D(50001))


def test_a_later_snapshot_puts_a_wrong_entry_price_right() -> None:
    """The stream lost two fills that cancelled each other: the quantity is the same."""
    world = coin_world("10", "-500000")
    world.entries[COIN] = D(52000)

    world.wait(40_000)

    assert world.state.ledger.positions[COIN].tape.entry_price == D(52000)


def test_invariant_3_through_zero_it_closes_first() -> None:
    world = coin_world("1", "-50000")
    world.balance(COIN_WALLET, D(-2))

    orders = obey(world, world.wait(4_000))

    assert [(o.side, o.reduce_only, o.purpose) for o in orders] == [
        (Side.BUY, True, Purpose.CLOSE_FIRST),
        (Side.BUY, False, Purpose.REBALANCE),
    ]
    assert orders[0].qty == D(50_000)
    assert abs(net(world)) < D("0.02")


# -- funding, and both kinds in one hedge ----------------------------------------------------


def test_invariant_1b_funding_in_coins_is_pending_until_the_wallet_was_read() -> None:
    """No fill explains it: it waits as any other change, and is counted then."""
    world = coin_world("10", "-500000")
    world.balance(COIN_WALLET, D("0.03"))
    found = world.tell(FundingSeen(COIN_WALLET, "BTC", D("0.03"), world.now, COIN))
    look = world.state.hedges["BTC"].outlook
    assert placed(found) == []
    assert (look.parts.collateral, look.high) == (D(10), 0.03)

    (order,) = placed(world.wait(8_000))

    assert (order.side, order.qty) == (Side.SELL, D(1_500))


def both_world(*instruments: Instrument) -> World:
    names = tuple(i.id for i in instruments)
    policy = coin_policy(*names)
    world = World(policy=policy, instruments=instruments)
    world.price(50_000.0, COIN)
    return world.start()


def test_linear_and_inverse_of_one_asset_go_by_preference() -> None:
    inverse_first, linear_first = both_world(COIN_BTC, BTC), both_world(BTC, COIN_BTC)
    for world, wanted in ((inverse_first, (COIN, D(50_000))), (linear_first, (PERP, D(1)))):
        (order,) = placed(world.buy_spot(D(1)))
        assert (order.instrument, order.qty) == wanted


def test_the_least_preferred_position_shrinks_first() -> None:
    world = World(policy=coin_policy(PERP, COIN), instruments=(BTC, COIN_BTC))
    world.coins[COIN_WALLET], world.positions[COIN] = D(1), D(-50_000)
    world.price(50_000.0, COIN)
    world.start(spot=D(1), position=D(-1))

    (order,) = placed(world.buy_spot(D("-0.5")))

    assert (order.instrument, order.side, order.qty) == (COIN, Side.BUY, D(25_000))


# -- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "inverse"),
    [("coin:BTC/USD:BTC", True), ("perp:BTC/USDT:USDT", False), ("spot:BTC/USDT", False)],
)
def test_names_tell_inverse_instruments(name: str, *, inverse: bool) -> None:
    instrument = InstrumentId(name)
    assert is_inverse(instrument) is inverse
    assert wording.quantity(instrument, D("100.0")) == ("100 USD" if inverse else "100")
