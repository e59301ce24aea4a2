"""The whole truth about the exchange, as JSON: what an oracle judges a client from."""

from decimal import Decimal

from hedgebot.sim.control.told import MARKETS
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.records import WithdrawalRecord
from hedgebot.venue_model.desk import Desk
from hedgebot.venue_model.futures import Futures
from hedgebot.venue_model.ledger import Row
from hedgebot.venue_model.orders import Order, Trade

Json = dict[str, object]


def state(exchange: Exchange) -> Json:
    """Balances, positions, modes, prices, orders, fills, ledger and request counts."""
    venue = exchange.venue
    desks = {name: venue.desk(MARKETS[name]) for name in ("spot", "futures", "coin-futures")}
    return {
        "now_ms": exchange.clock.now_ms(),
        "skew_ms": exchange.clock.skew_ms,
        "stale_ms": exchange.records.stale.ms,
        "spot": {
            asset: {"total": text(total), "locked": text(venue.spot.wallet.locked.get(asset, ZERO))}
            for asset, total in venue.spot.wallet.totals.items()
        },
        "futures": {a: text(t) for a, t in venue.futures.desk.wallet.totals.items()},
        "coin-futures": {a: text(t) for a, t in venue.coin_futures.desk.wallet.totals.items()},
        **{name: {a: text(t) for a, t in held.totals.items()} for name, held in venue.idle.items()},
        "positions": positions(venue.futures) + positions(venue.coin_futures),
        "modes": modes(venue.futures) | {"coin-futures": modes(venue.coin_futures)},
        "prices": prices(exchange),
        "orders": {n: [order(o) for o in d.orders.orders.values()] for n, d in desks.items()},
        "fills": {n: [fill(t, d) for t in d.orders.trades] for n, d in desks.items()},
        "income": [each.id for each in venue.futures.income],
        "ledger": [row(r) for r in venue.ledger.rows],
        "withdrawals": [withdrawal(w) for w in exchange.records.withdrawals.values()],
        "requests": dict(exchange.records.requests),
        "faults": sorted(exchange.faults.rules),
        "sockets": sorted(f"{s.kind.value} {s.channel.value}" for s in exchange.hub.sockets),
    }


ZERO = Decimal(0)


def text(value: Decimal) -> str:
    """Exact, without an exponent."""
    return f"{value:f}"


def positions(futures: Futures) -> list[Json]:
    """Every position that is or was held; of inverse ones `qty` is in contracts."""
    return [
        {
            "symbol": symbol,
            "side": side.value,
            "qty": text(held.qty),
            "entry": text(futures.exposure((symbol, side)).entry),
            "updated_ms": held.updated_ms,
        }
        for (symbol, side), held in futures.positions.items()
    ]


def modes(futures: Futures) -> Json:
    """What the owner has set."""
    return {
        "dual_side": futures.modes.dual_side,
        "multi_assets": futures.modes.multi_assets,
        "leverage": {symbol: futures.leverage(symbol) for symbol in futures.desk.markets},
        "isolated": sorted(futures.modes.isolated),
    }


def prices(exchange: Exchange) -> Json:
    """Marks, and the touches of both sides."""
    venue = exchange.venue
    return {
        "futures": perpetual_prices(venue.futures),
        "coin-futures": perpetual_prices(venue.coin_futures),
        "spot": {s: touch(venue.spot, s) for s in venue.spot.markets},
    }


def perpetual_prices(futures: Futures) -> Json:
    """Of one desk, by symbol."""
    return {
        symbol: {
            "mark": text(known.mark),
            "index": text(known.index),
            "funding_rate": text(known.funding_rate),
            "funding_ms": known.funding_ms,
            "contract": text(futures.desk.markets[symbol].contract),
            "touch": touch(futures.desk, symbol),
        }
        for symbol, known in futures.prices.items()
    }


def touch(desk: Desk, symbol: str) -> list[str] | None:
    """Bid and ask, best prices only."""
    best = desk.books[symbol].touch()
    return None if best is None else [text(best[0][0]), text(best[1][0])]


def order(found: Order) -> Json:
    """One order."""
    ticket = found.ticket
    return {
        "order_id": str(found.id),
        "client_id": ticket.client_id,
        "symbol": ticket.symbol,
        "side": ticket.side.name,
        "type": ticket.type.value,
        "tif": ticket.tif.value,
        "qty": text(ticket.qty),
        "price": text(ticket.price),
        "reduce_only": ticket.reduce_only,
        "status": found.status.value,
        "filled": text(found.filled),
        "created_ms": found.created_ms,
        "updated_ms": found.updated_ms,
    }


def fill(trade: Trade, desk: Desk) -> Json:
    """One execution, with the client id of its order."""
    return {
        "trade_id": trade.id,
        "order_id": str(trade.order_id),
        "client_id": desk.orders.orders[trade.order_id].ticket.client_id,
        "symbol": trade.symbol,
        "side": trade.side.name,
        "qty": text(trade.qty),
        "price": text(trade.price),
        "fee": text(trade.fee),
        "fee_asset": trade.fee_asset,
        "realized_pnl": text(trade.realized_pnl),
        "maker": trade.maker,
        "at_ms": trade.at_ms,
    }


def withdrawal(found: WithdrawalRecord) -> Json:
    """One withdrawal, whether its record is told yet or not."""
    return {
        "id": found.ref,
        "asset": found.asset,
        "left": text(found.left),
        "fee": text(found.fee),
        "status": found.status.name.lower(),
        "applied_ms": found.applied_ms,
    }


def row(found: Row) -> Json:
    """One ledger row."""
    return {
        "seq": found.seq,
        "at_ms": found.at_ms,
        "wallet": found.wallet.value,
        "asset": found.asset,
        "change": text(found.change),
        "balance": text(found.balance),
        "cause": found.cause.value,
        "symbol": found.symbol,
        "ref": found.ref,
    }
