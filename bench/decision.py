"""`step` on a mark and on a balance, 50 hedged assets, in a loop.

python -m bench.decision
"""

import platform
import time
from collections.abc import Callable
from decimal import Decimal

from hedgebot.core.policy import Band, BandUnit, HedgePolicy, OrderStyle, Policy, VenuePolicy
from hedgebot.core.start import state_at_start
from hedgebot.core.step import step
from hedgebot.domain.actions import Action, Snapshot
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    MarkSeen,
    Position,
    SnapshotTaken,
    Stamped,
    Tick,
    TouchSeen,
)
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, WalletId
from hedgebot.domain.records import Durable, Verdict

ASSETS = [f"C{n}" for n in range(50)]
SPOT, FUTURES = WalletId("spot:spot"), WalletId("perp:futures")
EVENTS = 20_000
GOALS_US = {"p50": 50.0, "p99": 200.0}


def instrument(asset: str) -> Instrument:
    return Instrument(
        id=InstrumentId(f"perp:{asset}/USDT:USDT"), venue="perp", account="main",
        symbol=f"{asset}/USDT:USDT", market_id=f"{asset}USDT", kind=Kind.LINEAR, asset=asset,
        quote="USDT", settle="USDT", lot=Decimal("0.001"), tick=Decimal("0.1"),
        notional_min=Decimal(100),
    )  # fmt: skip


INSTRUMENTS = tuple(map(instrument, ASSETS))
POLICY = Policy(
    book="bench",
    venues=(
        VenuePolicy(name="spot", account="main", wallets=(SPOT,), collateral=False),
        VenuePolicy(name="perp", account="main", wallets=(FUTURES,), collateral=True),
    ),
    hedges=tuple(
        HedgePolicy(
            asset=each.asset, ratio=Decimal(1), band=Band(-0.02, 0.02, BandUnit.COIN),
            instruments=(each.id,), order=OrderStyle(cooldown_ms=0),
        )
        for each in INSTRUMENTS
    ),
)  # fmt: skip


class Book:
    """Fifty hedges in their bands, on venues that answer at once."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000
        self.held = dict.fromkeys(ASSETS, Decimal(1))
        self.state = state_at_start(POLICY, INSTRUMENTS, Durable(epoch=1), now=self.now)
        for venue in self.state.venues:
            for channel in Channel:
                self.tell(FeedBack(venue, channel, 1))
        for _ in range(10):
            self.pass_time(100)
        verdicts = {hedge.said.verdict for hedge in self.state.hedges.values()}
        assert verdicts == {Verdict.IN_BAND}, verdicts

    def tell(self, event: Event) -> list[Action]:
        actions = step(self.state, Stamped(self.now, event), POLICY)
        self.answer(actions)
        return actions

    def answer(self, actions: list[Action]) -> None:
        """Re-reads of the account that were asked for; else what is pending only grows."""
        for action in actions:
            if isinstance(action, Snapshot):
                self.tell(self.snapshot(action))

    def pass_time(self, ms: int) -> None:
        self.now += ms
        for venue in self.state.venues:
            for channel in Channel:
                self.tell(FeedAlive(venue, channel, 1))
        for each in INSTRUMENTS:
            self.tell(TouchSeen(each.id, 49_999.5, 10.0, 50_000.5, 10.0, self.now))
            self.tell(MarkSeen(each.id, 50_000.0, 50_000.0, self.now))
        self.tell(Tick())

    def snapshot(self, ask: Snapshot) -> SnapshotTaken:
        perp, then = ask.venue == "perp", self.now - 1
        return SnapshotTaken(
            venue=ask.venue,
            scope=ask.scope,
            epoch=ask.epoch,
            requested_ms=self.now,
            wallets=(FUTURES,) if perp else (SPOT,),
            balances=() if perp else tuple(Balance(SPOT, a, q, then) for a, q in self.held.items()),
            positions=tuple(Position(i.id, Decimal(-1), Decimal(50_000), then) for i in INSTRUMENTS)
            if perp
            else (),
            open_orders=(),
        )


def mark(book: Book, n: int) -> Event:
    each = INSTRUMENTS[n % len(INSTRUMENTS)]
    return MarkSeen(each.id, 50_000.0 + n % 7, 50_000.0, book.now)


def balance(book: Book, n: int) -> Event:
    asset = ASSETS[n % len(ASSETS)]
    book.held[asset] = Decimal(1) + Decimal(n // len(ASSETS) % 2) / 1_000
    return BalanceSeen(Balance(SPOT, asset, book.held[asset], book.now))


def measure(make: Callable[[Book, int], Event]) -> list[float]:
    """Microseconds of each step, sorted."""
    book, took = Book(), []
    for n in range(EVENTS):
        if n % 500 == 0:
            book.pass_time(500)
        stamped = Stamped(book.now, make(book, n))
        began = time.perf_counter_ns()
        actions = step(book.state, stamped, POLICY)
        took.append((time.perf_counter_ns() - began) / 1e3)
        book.answer(actions)
    return sorted(took)


def main() -> int:
    print(f"{platform.machine()}, Python {platform.python_version()}, {len(ASSETS)} hedges")
    missed = False
    for name, make in (("mark", mark), ("balance", balance)):
        took = measure(make)
        p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
        print(f"step on a {name}: p50 {p50:.1f} us, p99 {p99:.1f} us (goals {GOALS_US})")
        missed |= p50 > GOALS_US["p50"] or p99 > GOALS_US["p99"]
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
