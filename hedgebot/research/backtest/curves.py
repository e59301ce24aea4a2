"""The run as curves over its moments: deltas, bands, parts of the result, margin. Floats, for eyes
and for statistics; what must be exact is in the books.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebot.core.books import steps
from hedgebot.domain.instruments import InstrumentId, Kind, WalletId
from hedgebot.domain.orders import Cause
from hedgebot.research.backtest.kernel import bands_of, rule_of
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Execution, Movement, Payment, PaymentKind, Standing
from hedgebot.research.backtest.running import Played
from hedgebot.research.backtest.tape import Floats
from hedgebot.venue_model.markets import Market


@dataclass(frozen=True, slots=True)
class HedgeCurves:
    """One hedge."""

    price: Floats
    """Of the coin."""
    perp: Floats
    """Of the first instrument, for one coin."""
    coins: Floats
    net: Floats
    target: Floats
    lower: Floats
    upper: Floats
    parts: dict[Part, Floats]
    """Dollars since the beginning."""

    @property
    def result(self) -> Floats:
        """All but what flows brought or took."""
        found: Floats = sum((v for k, v in self.parts.items() if k is not Part.FLOWS),
                            start=np.zeros(len(self.price)))  # fmt: skip
        return found

    @property
    def unhedged(self) -> Floats:
        """What the holdings alone would have made."""
        return _since(self.coins, self.price)


@dataclass(frozen=True, slots=True)
class Curves:
    """The whole run."""

    hedges: dict[str, HedgeCurves]
    margin: dict[WalletId, Floats]
    """Maintenance over margin balance at the worse end of each moment; 1 is liquidation."""
    distance: dict[InstrumentId, Floats]
    """From the mark's worse end to liquidation, as a fraction of it; infinite: none."""


def curves_of(played: Played) -> Curves:
    """Every curve."""
    standings = _full(played)
    at = np.array([each.at for each in standings])
    which = np.searchsorted(at, np.arange(len(played.tape.times)), side="right") - 1
    before = np.concatenate((which[:1], which[:-1]))  # what was held on the way to each moment
    margin, distance = _margin(played, standings, before)
    hedges = {
        hedge.asset: _hedge(played, standings, which, hedge.asset) for hedge in played.policy.hedges
    }
    return Curves(hedges, margin, distance)


def _full(played: Played) -> list[Standing]:
    """From the first moment on."""
    found = list(played.diary.standings)
    return found if found and found[0].at == 0 else [played.opening, *found]


def _hedge(
    played: Played, standings: Sequence[Standing], which: np.ndarray, asset: str
) -> HedgeCurves:
    tape, policy = played.tape, played.policy.hedge(asset)
    coins = np.array([float(dict(each.coins)[asset]) for each in standings])[which]
    net, basis = coins.copy(), np.zeros(len(which))
    price = tape.spot[asset]
    for row, own in enumerate(tape.rows):
        listing = played.exchange.listed[own]
        if listing.instrument.asset != asset:
            continue
        qty, cost = (np.array([float(each.positions[row][n]) for each in standings])[which]
                     for n in (0, 1))  # fmt: skip
        unit = _worth(listing.market, tape.value[row])
        if listing.market.kind is Kind.INVERSE:
            delta, moved = -cost, _since(qty, unit * price)
        else:
            delta = qty * float(listing.instrument.coins_per_unit)
            moved = _since(qty, unit) - _since(delta, price)
        net, basis = net + delta, basis + moved
    first = policy.instruments[0]
    instrument, row = played.exchange.listed[first].instrument, tape.rows.index(first)
    rule = rule_of(policy, steps(instrument), played.policy.limits.collar)
    mark = np.where(np.isnan(tape.mark[row]), tape.value[row], tape.mark[row])
    target, lower, upper = bands_of(rule, coins, mark)
    parts = {Part.SPOT: _since(net, price), Part.BASIS: basis, **_booked(played, asset)}
    perp = tape.value[row] / float(instrument.coins_per_unit)
    return HedgeCurves(price, perp, coins, net, target, lower, upper, parts)


def _since(held: Floats, price: Floats) -> Floats:
    """What was held moves with the price: the sum up to each moment."""
    return np.concatenate(([0.0], np.cumsum(held[:-1] * np.diff(price))))


def _worth(market: Market, price: Floats) -> Floats:
    """`Market.worth`, of floats."""
    return -float(market.contract) / price if market.kind is Kind.INVERSE else price


def _booked(played: Played, asset: str) -> dict[Part, Floats]:
    """What each record booked, from its moment on."""
    tape = played.tape
    found = {
        part: np.zeros(len(tape.times))
        for part in (Part.FUNDING, Part.FEES, Part.LATENCY, Part.SPREAD, Part.SLIPPAGE,
                     Part.LIQUIDATION, Part.FLOWS)
    }  # fmt: skip
    for record in played.diary.records:
        match record:
            case Execution() if _asset(played, record.instrument) == asset:
                _book_trade(played, record, found)
            case Payment() if _asset(played, record.instrument) == asset:
                part = Part.FUNDING if record.kind is PaymentKind.FUNDING else Part.LIQUIDATION
                dollars = _dollars(played, record.asset, record.at)
                found[part][record.at] += float(record.change) * dollars
            case Movement() if record.asset == asset:
                worth = float(record.qty) * tape.spot[asset][record.at] + float(record.quote)
                found[Part.FLOWS][record.at] += worth
            case _:
                pass
    return {part: np.cumsum(each) for part, each in found.items()}


def _book_trade(played: Played, record: Execution, found: dict[Part, Floats]) -> None:
    tape, market = played.tape, played.exchange.listed[record.instrument].market
    row, at = tape.rows.index(record.instrument), record.at
    dollars = _dollars(played, market.settle, at)
    forced = record.cause is not Cause.OURS
    start = tape.value[row, at]
    path = [start, float(record.arrived), float(record.touch), float(record.price)]
    if forced:
        path[1] = path[2] = start
    worth = _worth(market, np.array(path))
    for part, dearer in zip(
        (Part.LATENCY, Part.SPREAD, Part.SLIPPAGE), np.diff(worth), strict=True
    ):
        found[part][at] -= float(record.qty) * float(dearer) * dollars
    fee = float(record.fee) * _dollars(played, record.fee_asset, at)
    found[Part.LIQUIDATION if forced else Part.FEES][at] -= fee


def _asset(played: Played, own: InstrumentId) -> str:
    return played.exchange.listed[own].instrument.asset


def _dollars(played: Played, asset: str, at: int) -> float:
    spot = played.tape.spot.get(asset)
    return 1.0 if spot is None else float(spot[at])


def _margin(
    played: Played, standings: Sequence[Standing], which: np.ndarray
) -> tuple[dict[WalletId, Floats], dict[InstrumentId, Floats]]:
    margin: dict[WalletId, Floats] = {}
    distance: dict[InstrumentId, Floats] = {}
    for entry in played.exchange.entries.values():
        if entry.futures is None:
            continue
        own = [each.id for each in entry.instruments.values()]
        for settle in dict.fromkeys(each.settle for each in entry.instruments.values()):
            held = [one for one in own if played.exchange.listed[one].instrument.settle == settle]
            cash = np.array([_cash(each, entry.wallet_id, settle) for each in standings])[which]
            ratio, found = _wallet(played, standings, which, held=held, cash=cash)
            margin[entry.wallet_id] = np.maximum(ratio, margin.get(entry.wallet_id, 0.0))
            distance.update(found)
    return margin, distance


def _cash(standing: Standing, wallet: WalletId, asset: str) -> float:
    held = (float(qty) for own, coin, qty in standing.cash if (own, coin) == (wallet, asset))
    return next(held, 0.0)


def _wallet(
    played: Played,
    standings: Sequence[Standing],
    which: np.ndarray,
    *,
    held: Sequence[InstrumentId],
    cash: Floats,
) -> tuple[Floats, dict[InstrumentId, Floats]]:
    """Margin of one coin's wallet, every position at the worse end of its mark."""
    balance, maintenance = cash.copy(), np.zeros(len(which))
    each = {}
    for own in held:
        row, market = played.tape.rows.index(own), played.exchange.listed[own].market
        qty, cost = (np.array([float(s.positions[row][n]) for s in standings])[which]
                     for n in (0, 1))  # fmt: skip
        worst = np.where(qty < 0, played.tape.high[row], played.tape.low[row])
        worst = np.where(np.isnan(worst), played.tape.value[row], worst)
        unrealized = qty * _worth(market, worst) - cost
        needed = _maintenance(market, np.abs(qty * _worth(market, worst)))
        balance, maintenance = balance + unrealized, maintenance + needed
        each[own] = (market, qty, cost, worst, unrealized - needed)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(maintenance > 0, maintenance / np.maximum(balance, 1e-300), 0.0)
    free = balance - maintenance
    return ratio, {
        own: _distance(market, qty, cost, worst=worst, others=free - part)
        for own, (market, qty, cost, worst, part) in each.items()
    }


def _maintenance(market: Market, notional: Floats) -> Floats:
    caps = np.array([float(tier.cap) for tier in market.brackets[:-1]])
    tier = np.searchsorted(caps, notional, side="right")
    rates, cums = (np.array([float(getattr(t, name)) for t in market.brackets])
                   for name in ("rate", "cum"))  # fmt: skip
    return np.where(notional > 0, notional * rates[tier] - cums[tier], 0.0)


def _distance(
    market: Market, qty: Floats, cost: Floats, *, worst: Floats, others: Floats
) -> Floats:
    """As `venue_model.margin.liquidation_mark`: in the bracket that holds the notional there."""
    sign = -1.0 if market.kind is Kind.INVERSE else 1.0
    found = np.full(len(qty), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for tier in market.brackets:
            rate, cum = float(tier.rate), float(tier.cum)
            worth = (others - cost + cum) / (np.abs(qty) * sign * rate - qty)
            size = np.abs(qty) * worth * sign
            price = -float(market.contract) / worth if sign < 0 else worth
            fits = (size >= float(tier.floor)) & (size < float(tier.cap)) & (price > 0)
            fits &= qty != 0
            found = np.where(fits, np.minimum(found, np.abs(price / worst - 1.0)), found)
    return found
