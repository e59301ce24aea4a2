"""What a comparison came to, ready for JSON: exact numbers as texts, times in ms UTC."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hedgebot.domain.orders import OrderIntent
from hedgebot.ledger.exact import EXACT, ZERO, times, total
from hedgebot.research.whatif.diary import Diary
from hedgebot.research.whatif.parting import Difference, How, Parting
from hedgebot.research.whatif.playing import Compared, native
from hedgebot.research.whatif.tally import Measured, Part
from hedgebot.research.whatif.world import DEPTH_USD

DOLLARS = frozenset({"USD", "USDT", "USDC", "FDUSD", "BUSD"})
"""Coins that are counted as a dollar."""
COINS = "coins held on the mark"
HOW = {
    How.ORDER: "another order",
    How.ONLY_HERE: "only recorded",
    How.ONLY_THERE: "only with",
}
Run = Callable[[Compared], Diary]
RUNS: dict[str, Run] = {
    "happened": lambda each: each.real,
    "recorded": lambda each: each.recorded,
    "with": lambda each: each.other,
}
"""What really happened; the recorded policy in the model; the other policy in the model."""


def summary(played: Sequence[Compared]) -> dict[str, Any]:
    """Everything, all stretches together.

    Args:
        played: one at least.
    """
    assets = list(dict.fromkeys(
        asset for each in played for run in RUNS.values() for asset in run(each).state.hedges
    ))  # fmt: skip
    return {
        "book": played[0].stretch.first.book,
        "stretches": [_stretch(each) for each in played],
        "assumptions": assumptions(played),
        "notes": list(notes(played)),
        "model": _pairs(each.model for each in played),
        "decisions": _pairs(each.partings for each in played),
        "differences": [plain(one) for each in played for one in each.partings.differences],
        "hedges": {
            asset: {name: _hedge(played, run, asset) for name, run in RUNS.items()}
            for asset in assets
        },
        "profit_and_loss": {name: _money(played, run) for name, run in RUNS.items()},
        "alerts": {name: _alerts(played, run) for name, run in RUNS.items()},
    }


def _stretch(each: Compared) -> dict[str, Any]:
    return {
        "files": len(each.stretch.files),
        "epoch": each.stretch.first.epoch,
        "from_ms": each.stretch.first.written_ms,
        "begun_ms": each.begun_ms,
        "to_ms": each.stretch.ends_ms,
        "events": each.stretch.events,
        "decided_otherwise_by_this_code": each.stretch.other,
    }


def _pairs(found: Iterable[Parting]) -> dict[str, int]:
    partings = list(found)
    count = Counter(one.how for each in partings for one in each.differences)
    return {
        "alike": sum(each.alike for each in partings),
        "another_order": count[How.ORDER],
        "only_first": count[How.ONLY_HERE],
        "only_second": count[How.ONLY_THERE],
    }


def plain(one: Difference) -> dict[str, Any]:
    """One difference."""
    return {
        "at_ms": one.at_ms,
        "asset": one.asset,
        "how": HOW[one.how],
        "recorded": {"order": _order(one.here), "why": one.why_here},
        "with": {"order": _order(one.there), "why": one.why_there},
    }


def _order(intent: OrderIntent | None) -> dict[str, Any] | None:
    if intent is None:
        return None
    return {
        "instrument": intent.instrument,
        "side": intent.side.name.lower(),
        "qty": text(intent.qty),
        "price_limit": text(intent.price),
        "reduce_only": intent.reduce_only,
        "purpose": str(intent.purpose),
    }


def _hedge(played: Sequence[Compared], run: Run, asset: str) -> dict[str, Any]:
    diaries = [run(each) for each in played]
    own = [each.measured[asset] for each in diaries if asset in each.measured]
    known_ms = sum(each.known_ms for each in own)
    return {
        "orders": sum(order.intent.asset == asset for each in diaries for order in each.orders),
        "out_of_band_ms": sum(each.out_ms for each in own),
        "known_ms": known_ms,
        "largest_deviation": max((each.largest for each in own), default=0.0),
        "mean_deviation": _mean(own, known_ms),
        "deviation_at_end": own[-1].deviation if own else 0.0,
        "cost_to_end_it_usd": sum(_left(each, run(each), asset) for each in played),
    }


def _left(each: Compared, diary: Diary, asset: str) -> float:
    """What it would cost to trade the deviation of the end away: fee and half the spread."""
    hedge, own = diary.state.hedges.get(asset), diary.measured.get(asset)
    if hedge is None or own is None:
        return 0.0
    market = diary.state.markets[hedge.policy.instruments[0]]
    touch = market.touch
    half = (touch.ask - touch.bid) / 2 if touch else 0.0
    price = market.mark * float(each.fees[market.instrument.id]) + half
    return abs(own.deviation) / market.steps.coins_per_unit * price


def _mean(own: Iterable[Measured], known_ms: int) -> float:
    return sum(each.area for each in own) / known_ms if known_ms else 0.0


def _money(played: Sequence[Compared], run: Run) -> dict[str, Any]:
    """Parts by coin, and in dollars."""
    parts: dict[str, dict[str, Decimal]] = {part.value: {} for part in Part}
    for each in played:
        for (part, coin), change in run(each).tally.sums.items():
            _add(parts[part], coin, change)
    held: dict[str, Decimal] = {}
    for each in played:
        for coin, change in each.coins.items():
            _add(held, coin, change)
    prices = prices_of(played)
    dollars = {name: _dollars(own, prices) for name, own in parts.items()}
    hedge = total(dollars.values())
    return {
        "parts": {name: _texts(own) for name, own in parts.items()},
        "parts_usd": {name: text(value) for name, value in dollars.items()},
        "hedge_usd": text(hedge),
        COINS: _texts(held),
        "net_usd": text(EXACT.add(hedge, _dollars(held, prices))),
        "turnover": text(total(run(each).tally.traded for each in played)),
    }


def _add(own: dict[str, Decimal], coin: str, change: Decimal) -> None:
    own[coin] = EXACT.add(own.get(coin, ZERO), change)


def _dollars(own: dict[str, Decimal], prices: dict[str, Decimal]) -> Decimal:
    return total(times(value, prices[coin]) for coin, value in own.items() if coin in prices)


def _texts(own: dict[str, Decimal]) -> dict[str, str]:
    return {coin: text(value) for coin, value in own.items()}


def prices_of(played: Sequence[Compared]) -> dict[str, Decimal]:
    """Dollars of each coin that a part is in, by the last mark; what has none is left out."""
    found = dict.fromkeys(DOLLARS, Decimal(1))
    real = played[-1].real
    for market in real.state.markets.values():
        instrument = native(market.instrument, real.policy)
        if market.mark and instrument.settle in DOLLARS:
            price = EXACT.divide(Decimal(repr(market.mark)), instrument.coins_per_unit)
            found.setdefault(instrument.asset, price)
    return found


def _alerts(played: Sequence[Compared], run: Run) -> dict[str, int]:
    return dict(sum((run(each).alerts for each in played), Counter[str]()))


def assumptions(played: Sequence[Compared]) -> list[str]:
    """What was taken for granted, as sentences."""
    fees = {f"{own} {fee * 100:.4f} %" for each in played for own, fee in each.fees.items()}
    waits = ", ".join(dict.fromkeys(str(each.latency_ms) for each in played))
    return [
        "prices, feeds, commands, deposits, transfers and trades of others are as recorded",
        f"an order arrives {waits} ms after its decision",
        f"it takes what the best price shows, then {DEPTH_USD:,} dollars a basis point behind",
        "the book and the prices know nothing of it: what was taken is there again next time",
        f"taker fee of the notional: {', '.join(sorted(fees))}",
        "funding is what was paid, in proportion to the position",
        "where the recorded position was flat, funding is by the rate and the mark shown last",
        "no order is lost, late or answered in error; no liquidation, no tiers of leverage",
        "book, venues, wallets and leverage are the recording's, for both settings files",
    ]


def notes(played: Sequence[Compared]) -> Iterable[str]:
    """What a reader must know of this recording."""
    if all(each.recorded.policy == each.other.policy for each in played):
        yield "these are the recorded settings: nothing can differ"
    for before, after in pairwise(played):
        gap_s = (after.stretch.first.written_ms - before.stretch.ends_ms) / 1_000
        yield (
            f"nothing is recorded for {gap_s:.1f} s between two files: after it both worlds begin "
            "again from the recorded account, and what happened meanwhile counts for nobody"
        )
    if never := sum(each.begun_ms is None for each in played):
        yield f"{never} of {len(played)} stretches end before the account was read: not played"
    if other := sum(each.stretch.other for each in played):
        code = played[0].stretch.first.code
        yield f"recorded by {code}: this code decides otherwise at {other} of its events"
    yield from _unlearnt(played[-1].other)
    for hedge in played[0].real.policy.hedges:
        if hedge.beta is not None:
            yield (
                f"{hedge.asset}: a cross hedge: no price of it is recorded, and what its coins "
                "earned is in no sum; every world holds the same"
            )
    valued = prices_of(played)
    coins = {coin for each in played for run in RUNS.values() for _, coin in run(each).tally.sums}
    for coin in sorted(coins - set(valued)):
        yield f"the recording has no price of {coin}: amounts in it are in no sum of dollars"


def _unlearnt(other: Diary) -> Iterable[str]:
    for asset, learnt in other.state.ledger.learnt.items():
        wanted = other.policy.hedge(asset).optimal
        if wanted is not None and not learnt.solving.in_force:
            yield (
                f"{asset}: the computed band was never in force: it watches for "
                f"{wanted.learn_ms / 1_000:g} s and {wanted.moves_min} moves first, and until then "
                "the fixed one is traded"
            )


def text(exact: Decimal) -> str:
    """Every digit, and no exponent."""
    found = f"{exact:f}"
    found = found.rstrip("0").rstrip(".") if "." in found else found
    return "0" if found in {"-0", ""} else found
