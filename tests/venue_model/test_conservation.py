"""Whatever is done to the venue, its ledger adds up and its book makes sense."""

from decimal import Decimal

from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hedgebot.domain.instruments import Side
from hedgebot.venue_model import derivatives, liquidation, spot, treasury
from hedgebot.venue_model.fee_coin import FeeCoin
from hedgebot.venue_model.ledger import WalletName
from hedgebot.venue_model.orders import PositionSide, TimeInForce
from hedgebot.venue_model.rejections import Rejected
from tests.venue_model.worlds import SYMBOL, world

D = Decimal
SIDES = st.sampled_from(Side)
TIFS = st.sampled_from(TimeInForce)
QTYS = st.integers(1, 8000).map(lambda n: str(D(n) / 1000))
PRICES = st.integers(-300, 300).map(lambda n: str(50_000 + n))
FUTURES = {"USDT": "100000", "BNB": "1"}
KEY = (SYMBOL, PositionSide.BOTH)


class Conservation(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = world({"BTC": "10", "USDT": "1000000", "BNB": "1"}, FUTURES)
        self.venue = self.world.venue

    def attempt(self, act: object) -> None:
        assert callable(act)
        try:
            act()
        except Rejected:
            return

    @rule(side=SIDES, qty=QTYS, price=PRICES | st.just(""), tif=TIFS)
    def order_spot(self, side: Side, qty: str, price: str, tif: TimeInForce) -> None:
        tif = tif if tif is not TimeInForce.GTX else TimeInForce.GTC
        ticket = self.world.ticket(side, qty, price, tif=tif)
        self.attempt(lambda: spot.place(self.venue.spot, ticket))

    @rule(side=SIDES, qty=QTYS, price=PRICES | st.just(""), tif=TIFS, close=st.booleans())
    def order_futures(
        self, side: Side, qty: str, price: str, tif: TimeInForce, *, close: bool
    ) -> None:
        ticket = self.world.ticket(side, qty, price, tif=tif, reduce_only=close)
        self.attempt(lambda: derivatives.place(self.venue.futures, ticket))

    @rule(linear=st.booleans())
    def cancel_oldest(self, *, linear: bool) -> None:
        desk = self.venue.futures.desk if linear else self.venue.spot
        order = next(desk.orders.working_of(SYMBOL), None)
        if order is not None and linear:
            derivatives.cancel(self.venue.futures, order)
        elif order is not None:
            spot.cancel(desk, order)

    @rule(middle=PRICES, qty=st.integers(1, 9))
    def market_moves(self, middle: str, qty: int) -> None:
        self.world.show(middle, str(qty))

    @rule(mark=st.integers(30_000, 90_000))
    def mark_moves(self, mark: int) -> None:
        liquidation.mark_moved(self.venue.futures, SYMBOL, D(mark), D(mark))

    @rule(change=st.integers(-50_000, 50_000).filter(bool))
    def transfer(self, change: int) -> None:
        self.attempt(
            lambda: treasury.transfer_futures_half(self.venue.futures, "USDT", D(change), 1)
        )

    @rule(qty=QTYS)
    def deleverage(self, qty: str) -> None:
        self.attempt(lambda: liquidation.deleverage(self.venue.futures, KEY, D(qty), D(50_000)))

    @rule(on=st.booleans())
    def pay_fees_in_bnb(self, *, on: bool) -> None:
        for desk in (self.venue.spot, self.venue.futures.desk):
            desk.fee_coin = FeeCoin(D("0.9"), lambda _: D("0.002")) if on else None

    @rule()
    def fund(self) -> None:
        treasury.pay_funding(self.venue.futures, SYMBOL)

    @invariant()
    def the_ledger_adds_up(self) -> None:
        ledger = self.venue.ledger
        assert ledger.sums(WalletName.SPOT) == self.venue.spot.wallet.totals
        assert ledger.sums(WalletName.FUTURES) == self.venue.futures.desk.wallet.totals

    @invariant()
    def nobody_spends_what_they_do_not_have(self) -> None:
        wallet = self.venue.spot.wallet
        assert all(wallet.free(asset) >= 0 for asset in wallet.totals)
        assert self.venue.futures.desk.wallet.totals["BNB"] >= 0

    @invariant()
    def locked_is_what_open_orders_need(self) -> None:
        needed = {"BTC": D(0), "USDT": D(0)}
        for order in self.venue.spot.orders.working.values():
            if order.ticket.side is Side.SELL:
                needed["BTC"] += order.left
            else:
                needed["USDT"] += order.left * order.ticket.price
        locked = self.venue.spot.wallet.locked
        assert {asset: locked.get(asset, D(0)) for asset in needed} == needed

    @invariant()
    def books_are_never_crossed_and_hold_the_open_orders(self) -> None:
        for desk in (self.venue.spot, self.venue.futures.desk):
            book = desk.books[SYMBOL]
            touch = book.touch()
            assert touch is None or touch[0][0] < touch[1][0]
            assert {r.order_id: r.left for r in book.resting} == {
                o.id: o.left for o in desk.orders.working.values()
            }

    @invariant()
    def the_position_is_the_sum_of_its_trades(self) -> None:
        trades = self.venue.futures.desk.orders.trades
        held = self.venue.futures.position(SYMBOL)
        assert held.qty == sum((t.side.value * t.qty for t in trades), D(0))
        realized = sum((t.realized_pnl for t in trades), D(0))
        assert held.cost - realized == sum((t.side.value * t.qty * t.price for t in trades), D(0))

    @invariant()
    def filled_is_the_sum_of_fills(self) -> None:
        for desk in (self.venue.spot, self.venue.futures.desk):
            sums: dict[int, Decimal] = {}
            for trade in desk.orders.trades:
                sums[trade.order_id] = sums.get(trade.order_id, D(0)) + trade.qty
            assert sums == {o.id: o.filled for o in desk.orders.orders.values() if o.filled}


TestConservation = Conservation.TestCase
TestConservation.settings = limits(max_examples=60, stateful_step_count=30, deadline=None)
