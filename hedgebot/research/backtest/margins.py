"""Margin over time, in floats: the formulas of `venue_model.margin` over arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgebot.domain.instruments import Kind
from hedgebot.research.backtest.tape import Floats
from hedgebot.venue_model.markets import Market


@dataclass(frozen=True, slots=True)
class Held:
    """One position by moment, the venue's own unit."""

    market: Market
    qty: Floats
    cost: Floats
    worst: Floats
    """The mark that harms it most on the way to each moment."""

    def worth(self) -> Floats:
        """`Market.worth` at the worst mark."""
        inverse = self.market.kind is Kind.INVERSE
        return -float(self.market.contract) / self.worst if inverse else self.worst


def margin_of(cash: Floats, held: Sequence[Held]) -> tuple[Floats, list[Floats]]:
    """Maintenance over margin balance of one coin's wallet, every position at its worst mark; and
    for each of them how far that mark is from liquidation.
    """
    balance, needed = cash.copy(), np.zeros(len(cash))
    own = []
    for each in held:
        worth = each.worth()
        maintenance = _maintenance(each.market, np.abs(each.qty * worth))
        free = each.qty * worth - each.cost - maintenance
        balance += free + maintenance
        needed += maintenance
        own.append(free)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(needed > 0, needed / np.maximum(balance, 1e-300), 0.0)
    balance -= needed
    return ratio, [_distance(each, balance - free) for each, free in zip(held, own, strict=True)]


def _maintenance(market: Market, notional: Floats) -> Floats:
    caps = np.array([float(tier.cap) for tier in market.brackets[:-1]])
    tier = np.searchsorted(caps, notional, side="right")
    rates = np.array([float(each.rate) for each in market.brackets])
    cums = np.array([float(each.cum) for each in market.brackets])
    return np.where(notional > 0, notional * rates[tier] - cums[tier], 0.0)


def _distance(held: Held, others: Floats) -> Floats:
    """As `venue_model.margin.liquidation_mark`: in the bracket that holds the notional there."""
    market, qty = held.market, held.qty
    sign = -1.0 if market.kind is Kind.INVERSE else 1.0
    found = np.full(len(qty), np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        for tier in market.brackets:
            worth = others - held.cost + float(tier.cum)
            worth /= np.abs(qty) * sign * float(tier.rate) - qty
            size = np.abs(qty) * worth * sign
            fits = (size >= float(tier.floor)) & (size < float(tier.cap)) & (qty != 0)
            if not fits.any():
                continue
            price = -float(market.contract) / worth if sign < 0 else worth
            away = np.where(fits & (price > 0), np.abs(price / held.worst - 1.0), np.inf)
            np.minimum(found, away, out=found)
    return found
