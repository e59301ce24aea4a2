"""Fees in BNB: the discount, the wallet that pays, the income history, and too little of it."""

from decimal import Decimal as D

import pytest

from hedgebot.domain.instruments import Kind, Side
from hedgebot.venue_model import derivatives, liquidation, settings, spot
from hedgebot.venue_model.fee_coin import FeeCoin
from hedgebot.venue_model.ledger import Cause, WalletName
from hedgebot.venue_model.notices import FuturesNotice, SpotNotice
from hedgebot.venue_model.orders import PositionSide
from hedgebot.venue_model.rejections import Rejected
from tests.venue_model.worlds import SYMBOL, World, world

BNB = {"USDT": D(1) / 500, "BTC": D(100)}
"""What one of each is worth in BNB: a BTC is 50,000 USDT, a BNB 500."""


def paying(spot_bnb: str = "1", futures_bnb: str = "1") -> World:
    made = world(
        {"BTC": "10", "USDT": "1000000", "BNB": spot_bnb},
        {"USDT": "100000", "BNB": futures_bnb},
    )
    made.venue.spot.fee_coin = FeeCoin(D("0.75"), lambda asset: BNB[asset])
    made.venue.futures.desk.fee_coin = FeeCoin(D("0.9"), lambda asset: BNB[asset])
    return made


def fees(made: World, wallet: WalletName) -> list[tuple[str, D]]:
    rows = [row for row in made.venue.ledger.rows if row.wallet is wallet]
    return [(row.asset, row.change) for row in rows if row.cause is Cause.FEE]


def test_spot_pays_three_quarters_in_bnb_and_keeps_all_it_bought() -> None:
    made = paying()
    spot.place(made.venue.spot, made.ticket(Side.BUY, "1"))
    assert fees(made, WalletName.SPOT) == [("BNB", D("-0.075"))]  # 0.1 % of 100 BNB, less 25 %
    assert made.venue.spot.wallet.totals["BTC"] == 11
    told = [notice for notice in made.notices if isinstance(notice, SpotNotice)][-1]
    assert {asset: free for asset, free, _ in told.assets}["BNB"] == D("0.925")


def test_where_it_holds_too_little_the_whole_fee_is_in_what_was_bought() -> None:
    made = paying(spot_bnb="0.07")
    spot.place(made.venue.spot, made.ticket(Side.BUY, "1"))
    assert fees(made, WalletName.SPOT) == [("BTC", D("-0.001"))]
    assert made.venue.spot.wallet.totals["BNB"] == D("0.07")


def test_futures_pay_nine_tenths_in_bnb_and_tell_both_balances() -> None:
    made = paying()
    derivatives.place(made.venue.futures, made.ticket(Side.SELL, "1"))
    ((asset, change),) = fees(made, WalletName.FUTURES)
    assert (asset, change) == ("BNB", D("-0.04499955"))  # 0.05 % of 49,999.5 USDT, less 10 %
    assert made.venue.futures.desk.wallet.totals["USDT"] == 100_000
    (told,) = [notice for notice in made.notices if isinstance(notice, FuturesNotice)]
    assert [row[:2] for row in told.balances] == [("USDT", 100_000), ("BNB", 1 + change)]
    income = made.venue.futures.income[-1]
    assert (income.kind, income.asset, income.income) == ("COMMISSION", "BNB", change)


def test_profit_stays_in_the_coin_of_settlement() -> None:
    made = paying()
    derivatives.place(made.venue.futures, made.ticket(Side.SELL, "1"))
    derivatives.place(made.venue.futures, made.ticket(Side.BUY, "1"))
    assert made.venue.futures.desk.wallet.totals["USDT"] == 99_999  # the spread
    assert {asset for asset, _ in fees(made, WalletName.FUTURES)} == {"BNB"}


def test_the_venue_s_own_liquidation_fee_is_never_in_bnb() -> None:
    made = paying()
    derivatives.place(made.venue.futures, made.ticket(Side.SELL, "1"))
    liquidation.seize(made.venue.futures, (SYMBOL, PositionSide.BOTH))
    assert [asset for asset, _ in fees(made, WalletName.FUTURES)] == ["BNB", "USDT"]


def test_the_switch_asks_the_spot_books_for_the_price_and_coin_m_has_none() -> None:
    made = world()
    assert made.venue.fee_coins_for("USDT") == 0, "no market of BNB here"
    settings.set_fee_coin(made.venue, Kind.SPOT, on=True)
    spot.place(made.venue.spot, made.ticket(Side.BUY, "1"))
    assert fees(made, WalletName.SPOT) == [("BTC", D("-0.001"))]
    with pytest.raises(Rejected):
        settings.set_fee_coin(made.venue, Kind.INVERSE, on=True)
