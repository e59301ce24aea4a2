"""A recording made by hand: a daemon that never traded, and what a narrower band does there."""

import gzip
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal as D
from functools import partial
from pathlib import Path

import pytest

from hedgebot.adapters.binance.shadow import Shadow
from hedgebot.adapters.recorder import Scribe, actions_line
from hedgebot.adapters.recorder.layout import event_line
from hedgebot.bootstrap.replaying import opened
from hedgebot.core.limits import DAY_MS, notional_name
from hedgebot.core.policy import Band, BandUnit, Policy
from hedgebot.core.start import state_at_start
from hedgebot.core.state import Filled, State, Window
from hedgebot.core.step import step
from hedgebot.domain.events import (
    Balance,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    FundingSeen,
    MarkSeen,
    Position,
    Scope,
    SnapshotTaken,
    Stamped,
    TouchSeen,
)
from hedgebot.domain.instruments import Side, WalletId
from hedgebot.domain.orders import Cause, Fill
from hedgebot.domain.records import Durable
from hedgebot.research.whatif import Compared, compare, stretches
from hedgebot.research.whatif.summary import notes, prices_of
from hedgebot.research.whatif.tally import Part
from hedgebot.research.whatif.world import taken
from hedgebot.venue_model.positions import Position as Held
from tests.core.world import BTC, HEDGE, PERP, PERP_WALLET, POLICY, SPOT_WALLET
from tests.core.world import START_MS as START

IDLE = replace(POLICY, hedges=(replace(HEDGE, band=Band(-99.0, 99.0, BandUnit.COIN)),))
READ_MS = 600
"""When the account was read."""
EVERY_MS = 500
Timed = tuple[int, Event]


def reading(venue: str, wallet: WalletId, asset: str, qty: str, *, position: str = "") -> Event:
    held = (Position(PERP, D(position), D(50_000), START - 1),) if position else ()
    return SnapshotTaken(
        venue=venue, scope=Scope.FULL, epoch=1, requested_ms=START + 10, wallets=(wallet,),
        balances=(Balance(wallet, asset, D(qty), START - 1),), positions=held, open_orders=(),
    )  # fmt: skip


def lived(
    position: str, *more: Timed, coin: str = "BTC", next_ms: Callable[[int], int] = lambda _: 0
) -> list[Timed]:
    """Ten coins, a position, prices that stand still, sockets that live; and what else happens."""
    both = [(name, channel) for name in ("spot", "perp") for channel in Channel]
    found: list[Timed] = [(0, FeedBack(*each, 1)) for each in both]
    found += [
        (READ_MS, reading("spot", SPOT_WALLET, coin, "10")),
        (READ_MS, reading("perp", PERP_WALLET, "USDT", "1000000", position=position)),
    ]
    for at in range(100, 8_000, EVERY_MS):
        found += [(at, FeedAlive(*each, 1)) for each in both]
        found.append((at, TouchSeen(PERP, 49_995.0, 5.0, 50_005.0, 5.0, START + at)))
        mark = MarkSeen(PERP, 50_000.0, 50_000.0, START + at, 0.0001, next_ms(START + at))
        found.append((at, mark))
    return sorted([*found, *more], key=lambda each: each[0])


def recorded(
    path: Path, happened: Iterable[Timed], used: Sequence[str] = (), *, policy: Policy = IDLE,
    last: Filled | None = None,
) -> Path:  # fmt: skip
    """As a daemon would have recorded it, with so much of the day's notional used before."""
    state = state_at_start(policy, (BTC,), Durable(epoch=1), now=START)
    for hedge in state.hedges.values():
        hedge.filled = last or Filled()
    for each in used:
        state.desk.windows[notional_name("BTC")] = Window(START - START % DAY_MS, D(each))
    lines = [Scribe(state, policy, "0+0", str).opening(number=1, written_ms=START)]
    for at, event in happened:
        lines += _folded(state, Stamped(START + at, event), policy)
    path.write_bytes(gzip.compress(b"".join(lines)))
    return path


def _folded(state: State, stamped: Stamped, policy: Policy) -> list[bytes]:
    actions = step(state, stamped, policy)
    return [event_line(stamped) + b"\n", actions_line(actions) + b"\n"]


def played(path: Path, policy: Policy = POLICY) -> Compared:
    (stretch,) = stretches([partial(opened, path)])
    found = compare(stretch, policy)
    assert (found.real.orders, found.recorded.orders) == ([], [])
    return found


def test_nobody_reads_what_was_not_known_yet(tmp_path: Path) -> None:
    found = played(recorded(tmp_path / "file", lived("-9")))
    for diary in (found.recorded, found.other):
        assert all(v.first_ms > START + READ_MS for v in diary.state.venues.values())


@pytest.mark.parametrize("venues", [POLICY.venues, ()], ids=["its own", "none"])
def test_an_order_meets_the_best_price_after_its_way(
    tmp_path: Path, venues: tuple[object, ...]
) -> None:
    path = recorded(tmp_path / "file", lived("-9"))
    found = played(path, replace(POLICY, venues=POLICY.venues if venues else ()))
    (order,) = found.other.orders
    assert (order.intent.qty, found.other.tally.held[PERP]) == (D(1), D(-10))
    book = found.other.state.ledger.positions[PERP]
    assert book.tape.last_ms == order.intent.decided_ms + found.latency_ms
    assert found.latency_ms == 250
    costs = {part: change for (part, _), change in found.other.tally.sums.items() if change}
    assert costs == {Part.SPREAD: D(-5), Part.FEES: D("-24.9975")}, "0.05 % of 49,995"


def test_what_is_behind_the_best_price_costs_more(tmp_path: Path) -> None:
    deep = [(at, replace(e, bid_qty=1.0)) if isinstance(e, TouchSeen) else (at, e)
            for at, e in lived("0")]  # fmt: skip
    found = played(recorded(tmp_path / "thin", deep))
    assert [order.intent.qty for order in found.other.orders] == [D(5), D(5)], "by 250,000 dollars"
    slippage = found.other.tally.sums[Part.SLIPPAGE, "USDT"]
    assert slippage < 0 == found.recorded.tally.sums[Part.SLIPPAGE, "USDT"]


def test_funding_is_paid_in_proportion_to_what_is_held(tmp_path: Path) -> None:
    paid = FundingSeen(PERP_WALLET, "USDT", D(9), START + 5_000)
    found = played(recorded(tmp_path / "file", lived("-9", (5_000, paid))))
    funding = [
        diary.tally.sums[Part.FUNDING, "USDT"]
        for diary in (found.real, found.recorded, found.other)
    ]
    assert funding == [D(9), D(9), D(10)]


def test_where_the_recorded_position_was_flat_funding_is_by_the_rate_shown(tmp_path: Path) -> None:
    due = START + 5_000

    def next_ms(at_ms: int) -> int:
        return due if at_ms < due else due + 28_800_000

    found = played(recorded(tmp_path / "flat", lived("0", next_ms=next_ms)))
    held = -found.other.tally.held[PERP]
    assert found.other.tally.sums[Part.FUNDING, "USDT"] == held * 50_000 * D("0.0001") > 0
    found = played(recorded(tmp_path / "held", lived("-9", next_ms=next_ms)))
    assert found.other.tally.sums[Part.FUNDING, "USDT"] == 0, "it would have been recorded"


def test_what_the_day_had_used_of_its_cap_stays_used(tmp_path: Path) -> None:
    path = recorded(tmp_path / "file", lived("-9"), used=[str(POLICY.limits.notional_day)])
    found = played(path)
    assert found.other.orders == []
    assert found.other.alerts["critical"] == 1


def test_a_machine_that_slept_while_an_order_was_on_its_way_goes_on(tmp_path: Path) -> None:
    whole = played(recorded(tmp_path / "file", lived("-9")))
    decided_ms = whole.other.orders[0].intent.decided_ms - START
    slept = [(at if at <= decided_ms else at + 120_000, event) for at, event in lived("-9")]
    found = played(recorded(tmp_path / "slept", slept))
    assert found.other.tally.held[PERP] == D(-10)
    assert found.other.state.desk.orders == {}


@pytest.mark.parametrize(
    ("cause", "cash"),
    [(Cause.ADL, D("-2.5")), (Cause.FOREIGN, D("-2.5")), (Cause.OURS, D("-10028.5"))],
)
def test_what_others_realised_is_in_the_recorded_wallet_already(cause: Cause, cash: D) -> None:
    shadow = Shadow(BTC, D("0.0005"), held=Held(D(-10), D(-499_995), D(0), START))
    fill = Fill(
        instrument=PERP, trade_id="1", venue_order_id="1", client_order_id="", order_id=None,
        side=Side.BUY, qty=D(5), price=D(52_000), fee=D(26),
        fee_asset="USDT", realized_pnl=D(-10_000), cause=cause, legs=(), venue_ms=START + 1,
    )  # fmt: skip
    assert taken(shadow, fill) == D("-10002.5"), "five of ten, sold at 49,999.5 each"
    assert (shadow.held.qty, shadow.cash) == (D(-5), cash)


def across(policy: Policy, beta: str) -> Policy:
    """ETH is held, and so many BTC are sold for each."""
    return replace(policy, hedges=(replace(policy.hedges[0], asset="ETH", beta=D(beta)),))


@pytest.mark.parametrize(("beta", "qty"), [("0.07", D("0.3")), ("0.0796", D("0.396"))])
def test_a_cross_hedge_is_played_by_another_beta_too(tmp_path: Path, beta: str, qty: D) -> None:
    happened = [
        (at, replace(e, mark=51_000.0) if isinstance(e, MarkSeen) and at > 5_000 else e)
        for at, e in lived("-0.4", coin="ETH")
    ]
    path = recorded(tmp_path / "file", happened, policy=across(IDLE, "0.07"))
    found = played(path, across(POLICY, beta))
    (order,) = found.other.orders
    assert order.intent.qty == qty
    assert found.recorded.measured["ETH"].deviation == pytest.approx(10 - 0.4 / 0.07)
    assert found.real.tally.sums[Part.HEDGE, "USDT"] == -400, "0.4 BTC, dearer by 1,000"
    assert found.coins == {}
    assert prices_of([found])["BTC"] == 51_000
    assert "ETH" not in prices_of([found])
    assert any("no price of it is recorded" in each for each in notes([found]))


@pytest.mark.parametrize(("beta", "sold"), [("0.07", [D("0.01")]), ("0.08", [])])
def test_a_price_of_another_beta_is_no_price_to_move_from(
    tmp_path: Path, beta: str, sold: list[D]
) -> None:
    """The last hedge was at 48,000; counted by another beta it would be at 42,000 or 54,857."""
    held = "-0.69" if beta == "0.07" else "-0.79"
    last = Filled(START - 10_000, price=48_000 * 0.07)
    path = recorded(tmp_path / "file", lived(held, coin="ETH"), policy=across(IDLE, "0.07"),
                    last=last)  # fmt: skip
    wide = Band(-1.0, 1.0, BandUnit.COIN)
    hedge = replace(across(POLICY, beta).hedges[0], move_max=0.03, band=wide)
    found = played(path, replace(POLICY, hedges=(hedge,)))
    assert [order.intent.qty for order in found.other.orders] == sold
