"""Money in and out: deposits, withdrawals, transfers between wallets, funding."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from hedgebot.venue_model import spot
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import Cause, WalletName
from hedgebot.venue_model.notices import Occasion
from hedgebot.venue_model.positions import cash
from hedgebot.venue_model.rejections import Reason, Rejected
from hedgebot.venue_model.venue import HOUR_MS, Venue

ZERO = Decimal(0)
ONE = Decimal(1)


def deposit(venue: Venue, asset: str, qty: Decimal, ref: int) -> None:
    """Coins arrive in the spot wallet."""
    spot.move(venue.spot, asset, qty, Cause.DEPOSIT, ref=ref)


def pay_interest(venue: Venue, asset: str, qty: Decimal, ref: int) -> None:
    """The venue pays coins into the spot wallet."""
    spot.move(venue.spot, asset, qty, Cause.INTEREST, ref=ref)


def reward(venue: Venue, asset: str, qty: Decimal, ref: int) -> None:
    """Earned coins stay in the earn wallet; silent."""
    venue.idle[WalletName.EARN].change(asset, qty, Cause.INTEREST, ref=ref)


def withdraw(venue: Venue, asset: str, qty: Decimal, ref: int) -> None:
    """Coins leave the spot wallet.

    Raises:
        Rejected: more than is free.
    """
    spot.move(venue.spot, asset, -qty, Cause.WITHDRAWAL, ref=ref)


def return_withdrawal(venue: Venue, asset: str, qty: Decimal, ref: int) -> None:
    """Coins of a withdrawal that failed come back into the spot wallet."""
    spot.move(venue.spot, asset, qty, Cause.WITHDRAWAL, ref=ref)


def transfer_spot_half(venue: Venue, asset: str, change: Decimal, ref: int) -> None:
    """The spot side of a transfer between the wallets. Positive comes in.

    Raises:
        Rejected: more than is free would leave.
    """
    spot.move(venue.spot, asset, change, Cause.TRANSFER, ref=ref)


def transfer_idle_half(venue: Venue, name: str, asset: str, change: Decimal, *, ref: int) -> None:
    """The side of a transfer that is a wallet without trading. Positive comes in; silent.

    Raises:
        Rejected: more than it holds would leave.
    """
    if venue.idle[name].free(asset) + change < 0:
        raise Rejected(Reason.BALANCE)
    venue.idle[name].change(asset, change, Cause.TRANSFER, ref=ref)


def transferable(futures: Futures, asset: str) -> Decimal:
    """What may leave the futures wallet."""
    held = futures.desk.wallet.totals.get(asset, ZERO)
    return min(futures.totals(asset).available, held) if asset in futures.margin_assets() else held


def transfer_futures_half(futures: Futures, asset: str, change: Decimal, ref: int) -> None:
    """The futures side of a transfer. Positive comes in.

    Raises:
        Rejected: more than is available would leave.
    """
    if change < 0 and -change > transferable(futures, asset):
        raise Rejected(Reason.BALANCE)
    futures.desk.wallet.change(asset, change, Cause.TRANSFER, ref=ref)
    futures.earned("TRANSFER", change, asset=asset)
    occasion = Occasion.DEPOSIT if change > 0 else Occasion.WITHDRAW
    futures.tell(occasion, None, change, asset=asset)


def pay_funding(futures: Futures, symbol: str) -> Decimal:
    """Settle funding of one perpetual now. Returns what the account received.

    payment = -signed notional x rate, in the settlement coin: quantity x mark of a linear, USD /
    mark of an inverse position. With a positive rate longs pay and shorts receive.
    """
    prices, now = futures.prices[symbol], futures.desk.now()
    market = futures.desk.markets[symbol]
    qty = sum((h.qty for (s, _), h in futures.positions.items() if s == symbol), ZERO)
    futures.funding_rates.append((symbol, now, prices.funding_rate, prices.mark))
    payment = cash(-qty * market.notional(ONE, prices.mark) * prices.funding_rate)
    if payment:
        futures.desk.wallet.change(market.settle, payment, Cause.FUNDING, symbol=symbol, ref=now)
        futures.earned("FUNDING_FEE", payment, symbol=symbol)
        futures.tell(Occasion.FUNDING, None, payment, asset=market.settle)
    return payment


def fund_what_is_due(futures: Futures, *, but: Collection[str] = ()) -> None:
    """Settle every perpetual whose time has come; not those of `but`, which others settle."""
    now = futures.desk.now()
    for symbol, prices in list(futures.prices.items()):
        if now >= prices.funding_ms and symbol not in but:
            pay_funding(futures, symbol)
            interval = futures.desk.markets[symbol].funding_hours * HOUR_MS
            due = (now // interval + 1) * interval
            futures.prices[symbol] = replace(futures.prices[symbol], funding_ms=due)
