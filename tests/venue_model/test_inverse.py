"""Inverse perpetuals: contracts of dollars, profit and margin in the coin."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model import derivatives, liquidation, settings, treasury
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import WalletName
from hedgebot.venue_model.margin import Exposure, liquidation_mark
from hedgebot.venue_model.markets import Market, brackets
from hedgebot.venue_model.notices import FuturesNotice, Notice, Occasion
from hedgebot.venue_model.orders import OrderType, PositionSide, Status, Ticket, TimeInForce
from hedgebot.venue_model.positions import Position, cash
from hedgebot.venue_model.rejections import Reason, Rejected
from hedgebot.venue_model.venue import Venue, endow, found

D = Decimal
BUY, SELL = Side.BUY, Side.SELL
BTC, ETH = "BTCUSD_PERP", "ETHUSD_PERP"
KEY = (BTC, PositionSide.BOTH)
ONE_TIER = brackets([(1_000_000, 125, "0.01")])


def market(symbol: str = BTC, contract: int = 100) -> Market:
    return Market(
        symbol=symbol,
        kind=Kind.INVERSE,
        base=symbol[:3],
        quote="USD",
        tick=D("0.1"),
        lot=D(1),
        price_digits=1,
        qty_digits=0,
        qty_min=D(1),
        qty_max=D(1_000_000),
        market_qty_max=D(60_000),
        price_min=D("0.1"),
        price_max=D(1_000_000),
        notional_min=D(0),
        up_max=D("1.05"),
        down_min=D("0.95"),
        fee_maker=D("0.0002"),
        fee_taker=D("0.0005"),
        brackets=ONE_TIER,
        contract=D(contract),
    )


class Town:
    """A venue of two inverse perpetuals; depth is one price on both sides."""

    def __init__(self, btc: str = "10", eth: str = "100") -> None:
        self.notices: list[Notice] = []
        self.names = 0
        self.venue: Venue = found(
            [market(), market(ETH, 10)],
            {BTC: D(10_000), ETH: D(1_000)},
            lambda: 1_700_000_000_000,
            self.notices.append,
        )
        endow(self.venue, {}, {}, {"BTC": D(btc), "ETH": D(eth)})
        self.show("10000")

    @property
    def futures(self) -> Futures:
        return self.venue.coin_futures

    def wallet(self, asset: str = "BTC") -> Decimal:
        return self.futures.desk.wallet.totals[asset]

    def show(self, price: str, symbol: str = BTC) -> None:
        at, tick, size = D(price), D("0.1"), D(100_000)
        derivatives.show(self.futures, symbol, [(at, size)], [(at + tick, size)])

    def mark(self, price: str, symbol: str = BTC) -> None:
        liquidation.mark_moved(self.futures, symbol, D(price), D(price))

    def trade(self, side: Side, qty: str, price: str = "", symbol: str = BTC) -> Ticket:
        self.names += 1
        limit = bool(price)
        ticket = Ticket(
            symbol=symbol,
            side=side,
            type=OrderType.LIMIT if limit else OrderType.MARKET,
            tif=TimeInForce.IOC if limit else TimeInForce.GTC,
            qty=D(qty),
            price=D(price or 0),
            client_id=f"order{self.names}",
        )
        derivatives.place(self.futures, ticket)
        return ticket


def short(town: Town, qty: str = "1000") -> Futures:
    town.trade(SELL, qty)
    town.notices.clear()
    return town.futures


def test_theory_6_a_short_of_wallet_times_entry_is_a_synthetic_dollar() -> None:
    qty, cost = D(-100_000), D(-100_000) * market(contract=1).worth(D(10_000))
    position = Position(qty, cost)
    for price in (D(10_000), D(50_000), D(250_000)):
        equity = 10 + position.unrealized(market(contract=1).worth(price))
        assert round(equity * price, 12) == 100_000


def test_theory_7_liquidation_of_an_inverse_short() -> None:
    sold = Position(D(-2_000), D(-2_000) * market().worth(D(10_000)))
    exposure = Exposure(market(), sold, D(10_000), 20)
    assert round(liquidation_mark(D(10), exposure), 12) == 19_800


def test_theory_7_a_short_that_the_wallet_covers_is_never_liquidated() -> None:
    for contracts in (1_000, 999, 500):
        sold = Position(D(-contracts), D(-contracts) * market().worth(D(10_000)))
        assert liquidation_mark(D(10), Exposure(market(), sold, D(10_000), 20)) == 0


def test_opening_costs_the_fee_only_in_coins() -> None:
    town = Town()
    futures = short(town)
    assert futures.exposure(KEY).entry == 10_000
    assert town.wallet() == 10 - D("100000") / 10_000 * D("0.0005")


def test_the_entry_is_the_harmonic_mean_and_stays_when_the_position_shrinks() -> None:
    town = Town()
    town.trade(SELL, "100")
    town.show("12500")
    town.mark("12500")
    town.trade(SELL, "100")
    futures = town.futures
    assert round(futures.exposure(KEY).entry, 12) == round(2 / (1 / D(10_000) + 1 / D(12_500)), 12)
    before = futures.exposure(KEY).entry
    town.trade(BUY, "50")
    # cash comes in steps of 1e-8 coins; what a step leaves stays in the cost of 1.35 coins
    assert abs(futures.exposure(KEY).entry - before) < before * D("1e-8")


def test_closing_realises_coins() -> None:
    town = Town()
    futures, before = short(town), town.wallet()
    town.show("8000")
    town.mark("8000")
    town.trade(BUY, "1000")
    trade = futures.desk.orders.trades[-1]
    assert trade.realized_pnl == cash(D(100_000) * (1 / trade.price - 1 / D(10_000)))
    assert trade.realized_pnl > 0
    assert trade.fee == cash(D(100_000) / trade.price * D("0.0005"))
    assert town.wallet() == before + trade.realized_pnl - trade.fee
    assert futures.position(BTC).qty == 0


def test_an_order_that_met_two_prices_prints_their_harmonic_mean() -> None:
    town = Town()
    bids = [(D(10_000), D(100)), (D(9_500), D(100))]
    derivatives.show(town.futures, BTC, bids, [(D(10_001), D(100))])
    town.trade(SELL, "200", "9500")
    order = next(iter(town.futures.desk.orders.orders.values()))
    assert order.status is Status.FILLED
    mean = 2 / (1 / D(10_000) + 1 / D(9_500))
    assert round(order.average(market()), 9) == round(mean, 9)


def test_margin_is_kept_in_the_coin_and_by_coin() -> None:
    town = Town()
    futures = short(town)
    totals = futures.totals("BTC")
    assert (totals.initial, totals.maintenance) == (D(10) / 20, D(10) * D("0.01"))
    assert futures.totals("ETH").initial == 0
    town.mark("20000")
    assert futures.totals("BTC").initial == D(5) / 20
    assert futures.totals("BTC").unrealized == D(100_000) * (1 / D(20_000) - 1 / D(10_000))


def test_more_than_the_coins_can_margin_is_refused() -> None:
    town = Town(btc="0.1")
    with pytest.raises(Rejected) as caught:
        town.trade(SELL, "1000")
    assert caught.value.reason is Reason.MARGIN


def test_leverage_is_bounded_by_a_bracket_in_coins() -> None:
    town = Town()
    tiers = brackets([(5, 125, "0.004"), (100, 20, "0.025")])
    markets = {BTC: replace(market(), brackets=tiers)}
    town.futures.desk.markets = {**town.futures.desk.markets, **markets}
    town.trade(SELL, "1000")
    with pytest.raises(Rejected) as caught:
        settings.set_leverage(town.futures, BTC, 125)  # 10 coins, and 125x goes to 5
    assert caught.value.reason is Reason.POSITION_LIMIT


@pytest.mark.parametrize(("rate", "sign"), [("0.001", 1), ("-0.001", -1)])
def test_funding_is_paid_in_the_coin(rate: str, sign: int) -> None:
    town = Town()
    futures = short(town)
    town.mark("12500")
    futures.prices[BTC] = replace(futures.prices[BTC], funding_rate=D(rate))
    before = town.wallet()
    assert treasury.pay_funding(futures, BTC) == sign * D("0.008")  # 100,000 / 12,500 x 0.1 %
    assert town.wallet() == before + sign * D("0.008")
    (notice,) = [n for n in town.notices if isinstance(n, FuturesNotice)]
    assert (notice.occasion, notice.kind) == (Occasion.FUNDING, Kind.INVERSE)
    assert notice.balances == (("BTC", town.wallet(), sign * D("0.008")),)
    assert futures.income[-1].asset == "BTC"


def test_liquidation_is_on_the_mark_and_touches_its_own_coin_only() -> None:
    town = Town()
    town.show("1000", ETH)
    town.trade(SELL, "100", symbol=ETH)
    futures = short(town, "2000")
    others = futures.totals("BTC").wallet
    limit = liquidation_mark(others, futures.exposure(KEY))
    assert D(19_700) < limit < D(19_800)  # below the vector: the wallet paid a fee
    town.mark(str(round(limit - 1, 1)))
    assert futures.position(BTC).qty == -2_000
    town.mark(str(round(limit + 1, 1)))
    assert futures.position(BTC).qty == 0
    assert futures.position(ETH).qty == -100
    assert town.wallet() >= 0
    assert town.wallet("ETH") > 99


def test_a_covered_short_outlives_any_price() -> None:
    town = Town()
    futures = short(town, "990")
    for price in ("30000", "300000", "3000000"):
        town.mark(price)
    assert futures.position(BTC).qty == -990


def test_transfers_leave_what_margin_needs() -> None:
    town = Town()
    futures = short(town)
    with pytest.raises(Rejected):
        treasury.transfer_futures_half(futures, "BTC", D("-9.6"), 1)
    treasury.transfer_futures_half(futures, "BTC", D("-9.4"), 2)
    assert town.wallet() < D("0.6")


MOVES = st.lists(
    st.tuples(
        st.integers(-500, 500).filter(bool),
        st.integers(50_000, 900_000).map(lambda n: D(n) / 10),
    ),
    min_size=1,
    max_size=30,
)


@given(MOVES)
def test_coins_are_conserved_whatever_is_traded(moves: list[tuple[int, Decimal]]) -> None:
    position, realized, paid, own = Position(), D(0), D(0), market()
    for number, (change, price) in enumerate(moves):
        worth = own.worth(price)
        position, profit = position.traded(D(change), worth, number)
        realized += profit
        paid += change * worth
        assert profit == round(profit, 8)
    assert position.qty == sum(change for change, _ in moves)
    # a position that ends leaves behind what rounding its cash left
    assert abs(position.cost - realized - paid) <= D("5e-9") * len(moves)


@given(
    st.integers(-60_000, 60_000).filter(bool).map(D),
    st.integers(10_000, 900_000).map(lambda n: D(n) / 10),
    st.integers(1, 500).map(D),
)
def test_at_the_liquidation_mark_margin_equals_maintenance(
    qty: Decimal, entry: Decimal, others: Decimal
) -> None:
    own = market()
    exposure = Exposure(own, Position(qty, qty * own.worth(entry)), entry, 20)
    mark = liquidation_mark(others, exposure)
    if not mark:
        return  # no mark inside the brackets does it
    assert mark > 0
    there = replace(exposure, mark=mark)
    assert abs(others + there.unrealized - there.maintenance) < D("1e-9") * max(others, D(1))
    worse = replace(there, mark=mark * (D("0.999") if qty > 0 else D("1.001")))
    assert others + worse.unrealized < worse.maintenance


def test_the_ledger_adds_up() -> None:
    town = Town()
    futures = short(town)
    town.mark("11000")
    treasury.pay_funding(futures, BTC)
    liquidation.deleverage(futures, KEY, D(400), D(11_000))
    liquidation.liquidate(futures, "BTC")
    assert town.venue.ledger.sums(WalletName.COIN_FUTURES) == futures.desk.wallet.totals
    trades = futures.desk.orders.trades
    assert sum((t.side.value * t.qty for t in trades), D(0)) == 0
