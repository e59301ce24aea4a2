"""A seeded market: spot follows a random walk, the perpetual follows spot with a small basis."""

import math
import random
from dataclasses import dataclass, field
from decimal import Decimal

from hedgebot.domain.instruments import Kind
from hedgebot.sim.config import Generated
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.still import linear_symbol, move_inverse, move_price, spot_symbol, surround
from hedgebot.venue_model.positions import cash

DAY_MS = 86_400_000
BASIS_PULL = 0.02
"""Share of the basis that each step takes back."""


@dataclass(slots=True)
class Walk:
    """State of the walk. The path depends on the seed and the number of steps only."""

    exchange: Exchange
    plan: Generated
    chance: random.Random
    steps: int = 0
    beat_ms: float = 0.0
    prices: dict[str, float] = field(default_factory=dict)
    basis: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.beat_ms = float(self.plan.step_ms)
        for symbol, prices in self.exchange.venue.futures.prices.items():
            self.prices[symbol] = float(prices.mark)
            self.basis[symbol] = 0.0

    def advance(self, elapsed_ms: float) -> None:
        """Make the steps that are due since the start."""
        while (self.steps + 1) * self.plan.step_ms <= elapsed_ms:
            self.steps += 1
            for symbol in self.prices:
                self.step(symbol)

    def jump(self, symbol: str, price: Decimal) -> None:
        """Go on from another price."""
        symbol = linear_symbol(self.exchange, symbol)
        self.prices[symbol], self.basis[symbol] = float(price), 0.0
        move_price(self.exchange, symbol, price)

    def step(self, symbol: str) -> None:
        """Move one perpetual and its spot pair."""
        scale = self.plan.volatility_day * math.sqrt(self.plan.step_ms / DAY_MS)
        self.prices[symbol] *= math.exp(self.chance.gauss(0.0, scale))
        noise = self.plan.basis_bps * 1e-4 * math.sqrt(2 * BASIS_PULL)
        self.basis[symbol] += self.chance.gauss(0.0, noise) - BASIS_PULL * self.basis[symbol]
        index = Decimal(repr(self.prices[symbol]))
        middle = Decimal(repr(self.prices[symbol] * (1 + self.basis[symbol])))
        crowd = Decimal(round(self.chance.uniform(0.5, 1.5), 3))
        exchange = self.exchange
        surround(exchange, Kind.LINEAR, symbol, middle, level_qty=400_000 / middle * crowd)
        pair = spot_symbol(exchange, symbol)
        if pair is not None:
            surround(exchange, Kind.SPOT, pair, index / (1000 if pair != symbol else 1))
        exchange.set_mark(symbol, cash(middle), cash(index))
        move_inverse(exchange, symbol, middle)
