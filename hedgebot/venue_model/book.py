"""An order book: anonymous depth of the market, and the account's own resting orders."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hedgebot.domain.instruments import Side

ZERO = Decimal(0)
Level = tuple[Decimal, Decimal]
"""Price and quantity."""


class Ladder:
    """Anonymous depth of one side, best price first."""

    __slots__ = ("_keys", "_qty", "_sign")

    def __init__(self, side: Side) -> None:
        self._sign = -side.value  # bids sort by falling price
        self._keys: list[Decimal] = []
        self._qty: dict[Decimal, Decimal] = {}

    def put(self, price: Decimal, qty: Decimal) -> None:
        """Set the quantity shown at a price; zero removes the level."""
        key = price * self._sign
        if qty > 0:
            if key not in self._qty:
                insort(self._keys, key)
            self._qty[key] = qty
        elif self._qty.pop(key, None) is not None:
            del self._keys[bisect_left(self._keys, key)]

    def replace(self, levels: Iterable[Level]) -> None:
        """Forget the old depth and show this one."""
        self._qty = {price * self._sign: qty for price, qty in levels if qty > 0}
        self._keys = sorted(self._qty)

    def drop_better_than(self, price: Decimal) -> None:
        """Remove every level better than this price."""
        cut = bisect_left(self._keys, price * self._sign)
        for key in self._keys[:cut]:
            del self._qty[key]
        del self._keys[:cut]

    def qty(self, price: Decimal) -> Decimal:
        """Quantity shown at a price."""
        return self._qty.get(price * self._sign, ZERO)

    @property
    def best(self) -> Level | None:
        """Best price and its quantity; None when the side is empty."""
        if not self._keys:
            return None
        key = self._keys[0]
        return key * self._sign, self._qty[key]

    def levels(self, count: int | None = None) -> Iterator[Level]:
        """Levels, best first."""
        return ((key * self._sign, self._qty[key]) for key in self._keys[:count])


@dataclass(slots=True)
class Resting:
    """An own order in the book. `ahead` is the anonymous quantity in front of it at its price."""

    order_id: int
    side: Side
    price: Decimal
    left: Decimal
    ahead: Decimal


@dataclass(frozen=True, slots=True)
class Match:
    """A piece of an own order executed at a price."""

    order_id: int
    price: Decimal
    qty: Decimal


def reaches(side: Side, limit: Decimal | None, price: Decimal) -> bool:
    """Whether an order of that side and limit may trade at a price of the other side."""
    return limit is None or (price - limit) * side.value <= 0


@dataclass(slots=True)
class Book:
    """Both ladders and the own orders between them. Never crossed."""

    bids: Ladder = field(default_factory=lambda: Ladder(Side.BUY))
    asks: Ladder = field(default_factory=lambda: Ladder(Side.SELL))
    resting: list[Resting] = field(default_factory=list)
    update_id: int = 0

    def ladder(self, side: Side) -> Ladder:
        """The ladder that orders of this side rest in."""
        return self.bids if side is Side.BUY else self.asks

    def available(self, side: Side, limit: Decimal | None) -> Decimal:
        """Anonymous quantity that a taker of this side and limit can reach."""
        levels = self.ladder(side.opposite).levels()
        return sum((qty for price, qty in levels if reaches(side, limit, price)), ZERO)

    def crossed_by(self, side: Side, limit: Decimal | None) -> list[Resting]:
        """Own orders that a taker of this side and limit would meet."""
        return [r for r in self.resting if r.side is not side and reaches(side, limit, r.price)]

    def take(self, side: Side, limit: Decimal | None, qty: Decimal) -> list[Level]:
        """Remove up to `qty` from the other side, best price first: (price, quantity) pieces."""
        ladder, pieces = self.ladder(side.opposite), []
        while qty > 0 and (best := ladder.best) and reaches(side, limit, best[0]):
            price, shown = best
            piece = min(qty, shown)
            ladder.put(price, shown - piece)
            pieces.append((price, piece))
            qty -= piece
        self.update_id += bool(pieces)
        return pieces

    def rest(self, order_id: int, side: Side, price: Decimal, left: Decimal) -> None:
        """Join the queue at a price, behind what is shown there."""
        ahead = self.ladder(side).qty(price)
        self.resting.append(Resting(order_id, side, price, left, ahead))
        self.update_id += 1

    def remove(self, order_id: int) -> None:
        """Take an own order out of the book."""
        self.resting = [r for r in self.resting if r.order_id != order_id]
        self.update_id += 1

    def show(self, bids: Sequence[Level], asks: Sequence[Level]) -> list[Match]:
        """Replace the market's depth; own orders that it crosses are filled at their price."""
        assert not bids or not asks or bids[0][0] < asks[0][0], "a crossed depth"
        self.bids.replace(bids)
        self.asks.replace(asks)
        return self.settle_crossings()

    def settle_crossings(self) -> list[Match]:
        """Fill own orders that anonymous depth of the other side now reaches, oldest best first."""
        self.update_id += 1
        matches = []
        for own in sorted(self.resting, key=lambda r: -r.price * r.side.value):
            pieces = self.take(own.side, own.price, own.left)
            if qty := sum((q for _, q in pieces), ZERO):
                matches.append(self._reduce(own, qty))
        return matches

    def tape(self, aggressor: Side, price: Decimal, qty: Decimal) -> list[Match]:
        """A public trade: it fills own orders at better prices, then by queue at its price."""
        matches = []
        mine = [r for r in self.resting if r.side is not aggressor]
        for own in sorted(mine, key=lambda r: r.price * r.side.opposite.value):
            if not reaches(aggressor, price, own.price):
                continue
            if own.price == price:
                # others cancelled: the queue in front is never longer than what is shown
                own.ahead = min(own.ahead, self.ladder(own.side).qty(price))
                passed = min(own.ahead, qty)
                own.ahead, qty = own.ahead - passed, qty - passed
            if piece := min(qty, own.left):
                qty -= piece
                matches.append(self._reduce(own, piece))
        return matches

    def _reduce(self, own: Resting, qty: Decimal) -> Match:
        own.left -= qty
        if not own.left:
            self.resting.remove(own)
        self.update_id += 1
        return Match(own.order_id, own.price, qty)

    def touch(self) -> tuple[Level, Level] | None:
        """Best bid and ask shown to everyone, own orders included; None with an empty side."""
        sides = [self._best_shown(side) for side in (Side.BUY, Side.SELL)]
        bid, ask = sides
        return (bid, ask) if bid and ask else None

    def _best_shown(self, side: Side) -> Level | None:
        best = self.ladder(side).best
        own = [r for r in self.resting if r.side is side]
        if not own:
            return best
        price = max(
            [r.price for r in own] + ([best[0]] if best else []), key=lambda p: p * side.value
        )
        return price, self.ladder(side).qty(price) + sum(
            (r.left for r in own if r.price == price), ZERO
        )
