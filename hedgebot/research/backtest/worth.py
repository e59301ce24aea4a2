"""Exact values of a moment: what a coin, a unit of a perpetual and a settlement coin are worth.

Dollar coins count one dollar. Linear arithmetic is exact; what one unit of an inverse perpetual is
worth is a quotient, taken to 28 digits once, so that sums of its changes telescope all the same.
"""

from dataclasses import dataclass
from decimal import Decimal

from hedgebot.core.policy import Policy
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind
from hedgebot.ledger.exact import EXACT, ZERO, times, total
from hedgebot.ledger.valuing import DOLLARS
from hedgebot.research.backtest.exchange import Exchange
from hedgebot.research.backtest.records import Standing
from hedgebot.research.backtest.tape import Tape

ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Worth:
    """Values by moment."""

    policy: Policy
    tape: Tape
    exchange: Exchange

    def coin(self, asset: str, at: int) -> Decimal:
        """Dollars for one coin of a hedged asset."""
        return Decimal(repr(float(self.tape.spot[asset][at])))

    def price(self, own: InstrumentId, at: int) -> Decimal:
        """The perpetual's own price."""
        return Decimal(repr(float(self.tape.value[self.tape.rows.index(own), at])))

    def followed(self, own: InstrumentId, at: int) -> Decimal:
        """Of a cross hedge's perpetual: the price of its own coin."""
        return Decimal(repr(float(self.tape.other[own][at])))

    def unit(self, own: InstrumentId, at: int) -> Decimal:
        """What one unit counts in its settlement coin, at its own price."""
        return self.exchange.listed[own].market.worth(self.price(own, at))

    def settled(self, own: InstrumentId, at: int) -> Decimal:
        """Dollars for one of its settlement coin."""
        return self.asset(self.instrument(own).settle, at)

    def asset(self, asset: str, at: int) -> Decimal:
        """Dollars for one of whatever a wallet holds; what is neither hedged nor a dollar has no
        price, and counts nothing.
        """
        stands_for, rate = self.policy.stands_for(asset)
        if stands_for in self.tape.spot:
            return times(rate, self.coin(stands_for, at))
        return ONE if asset in DOLLARS else ZERO

    def instrument(self, own: InstrumentId) -> Instrument:
        """As the decision counts it."""
        return self.exchange.listed[own].carrier

    def coins(self, own: InstrumentId, qty: Decimal, cost: Decimal) -> Decimal:
        """Delta of a position."""
        instrument = self.instrument(own)
        if instrument.kind is Kind.INVERSE:
            return -cost
        return times(qty, instrument.coins_per_unit)

    def account(self, standing: Standing, wallets: dict[str, Decimal], at: int) -> Decimal:
        """Dollars of everything: wallets by asset, coins kept elsewhere, positions.

        Args:
            standing: positions.
            wallets: what all wallets hold together, and coins kept elsewhere, by asset.
            at: the moment whose prices count.
        """
        held = [times(qty, self.asset(asset, at)) for asset, qty in wallets.items()]
        for own, (qty, cost) in zip(self.tape.rows, standing.positions, strict=True):
            profit = EXACT.subtract(times(qty, self.unit(own, at)), cost)
            held.append(times(profit, self.settled(own, at)))
        return total(held)
