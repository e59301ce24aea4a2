"""What is told of the recorded world, and what of it was our own doing."""

from dataclasses import replace
from decimal import Decimal as D

from hedgebot.domain.actions import Keep, Snapshot
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Event,
    FillSeen,
    FundingSeen,
    OutcomeUnknown,
    Position,
    PositionSeen,
    Refused,
    Scope,
    SnapshotFailed,
    SnapshotTaken,
    Stamped,
    Submitted,
)
from hedgebot.domain.instruments import InstrumentId, Side, WalletId
from hedgebot.domain.orders import (
    Cause,
    Fill,
    Leg,
    OrderId,
    OrderReport,
    OrderStatus,
    Refusal,
)
from hedgebot.domain.records import FillKept, FundingKept, Record
from hedgebot.research.whatif.outside import Begun, Funded, Outside, Shifted
from hedgebot.research.whatif.past import Past

PERP = InstrumentId("perp:BTC/USDT:USDT")
WALLET = WalletId("perp:futures")
BEGUN_MS = 1_000


def fill(number: int, qty: str, at_ms: int, *, cause: Cause = Cause.FOREIGN) -> Fill:
    ours = cause is Cause.OURS
    return Fill(
        instrument=PERP, trade_id=str(number), venue_order_id=str(number), client_order_id="",
        order_id=OrderId(number) if ours else None, side=Side.BUY if D(qty) > 0 else Side.SELL,
        qty=abs(D(qty)), price=D(100), fee=D(1), fee_asset="USDT", cause=cause,
        legs=(Leg(wallet=WALLET, asset="USDT", change=D(-1)),), venue_ms=at_ms,
    )  # fmt: skip


def reading(requested_ms: int, qty: str, *fills: Fill, row_ms: int = 0) -> SnapshotTaken:
    return SnapshotTaken(
        venue="perp", scope=Scope.FULL, epoch=1, requested_ms=requested_ms, wallets=(WALLET,),
        balances=(Balance(WALLET, "USDT", D(500), requested_ms),),
        positions=(Position(PERP, D(qty), D(100), row_ms),), open_orders=(), fills=fills,
    )  # fmt: skip


def past(*fills: Fill, first: SnapshotTaken | None = None) -> Past:
    found = Past()
    found.note(Stamped(BEGUN_MS, first or reading(BEGUN_MS, "-5")), (), calm=True)
    paid = FundingSeen(WALLET, "USDT", D(3), 50_000)
    rows: list[Record] = [*(FillKept(0, each) for each in fills), FundingKept(0, paid)]
    found.note(Stamped(0, paid), [Keep(row) for row in rows], calm=True)
    return found


def begun(*fills: Fill) -> Outside:
    outside = Outside(past(*fills), {PERP}, ["perp"])
    assert not outside.begun
    first = reading(BEGUN_MS, "-5")
    assert outside.hear(BEGUN_MS, first) == [Begun(first.positions[0])]
    assert outside.begun
    return outside


def test_our_own_orders_are_not_told() -> None:
    ours = fill(1, "2", 5_000, cause=Cause.OURS)
    outside = begun(ours)
    own: list[Event] = [
        FillSeen(ours),
        PositionSeen(Position(PERP, D(-3), D(100), 5_000)),
        Refused(OrderId(1), Refusal.MARGIN, "-2019", "no"),
        OutcomeUnknown(OrderId(1), "silence", 0),
    ]
    assert [outside.hear(5_000, each) for each in own] == [[]] * len(own)


def test_others_executions_are_told_once_however_often_they_are_listed() -> None:
    owner = fill(2, "2", 5_000)
    outside = begun(owner)
    assert outside.hear(5_000, FillSeen(owner)) == [FillSeen(owner)]
    assert outside.hear(5_001, FillSeen(owner)) == []
    assert outside.hear(60_000, reading(59_000, "-3", owner)) == []


def test_what_the_first_position_holds_already_is_not_told() -> None:
    """By the venue's own date of the position: its clock is not ours."""
    before, after = fill(2, "2", 7_000), fill(3, "2", 7_001)
    first = reading(BEGUN_MS, "-5", before, row_ms=7_000)
    outside = Outside(past(before, after, first=first), {PERP}, ["perp"])
    assert outside.hear(BEGUN_MS, first) == [Begun(first.positions[0])]
    assert outside.hear(8_000, FillSeen(after)) == [FillSeen(after)]
    assert outside.held(PERP, 9_000) == D(-3)


def test_a_position_that_no_fill_explains_counts_when_two_readings_agree() -> None:
    outside = begun(fill(1, "2", 5_000, cause=Cause.OURS))
    assert outside.hear(6_000, reading(5_900, "-2")) == [], "a fill was just made"
    assert outside.hear(20_000, reading(20_000, "-2")) == []
    assert outside.hear(20_900, reading(20_900, "-2")) == [], "too soon after the first"
    assert outside.hear(21_500, reading(21_500, "-3")) == [], "that is what the fills say"
    assert outside.hear(22_000, reading(22_000, "-2")) == []
    assert outside.hear(23_000, reading(23_000, "-2")) == [Shifted(PERP, D(1))]
    assert outside.hear(30_000, reading(30_000, "-2")) == []


def test_wallets_are_told_as_if_we_had_never_traded() -> None:
    outside = begun(fill(1, "2", 5_000, cause=Cause.OURS), fill(2, "1", 6_000))

    def told(total: str, at_ms: int) -> D:
        (event,) = outside.hear(at_ms, BalanceSeen(Balance(WALLET, "USDT", D(total), at_ms)))
        assert isinstance(event, BalanceSeen)
        return event.balance.total

    assert told("500", 4_999) == D(500)
    assert told("499", 5_000) == D(500), "our fee"
    assert told("498", 6_000) == D(499), "the owner's fee is the owner's"
    assert told("501", 50_000) == D(499), "funding is paid anew"
    taken = outside.read["perp"].taken(Snapshot("perp", Scope.AUDIT, 7), 60_000)
    assert isinstance(taken, SnapshotTaken)
    assert ([each.total for each in taken.balances], taken.epoch) == ([D(499)], 7)


def test_funding_is_told_with_the_positions_that_it_was_paid_on() -> None:
    outside = begun(fill(1, "2", 5_000, cause=Cause.OURS))
    paid = FundingSeen(WALLET, "USDT", D(3), 50_000)
    assert outside.hear(50_000, paid) == [Funded(paid, {PERP: D(-3)})]
    assert outside.hear(50_000, replace(paid, wallet=WalletId("spot:spot"))) == []


def test_what_could_not_be_read_cannot_be_read_until_it_was_again() -> None:
    outside = begun()
    ask = Snapshot("perp", Scope.AUDIT, 1)
    assert outside.hear(2_000, SnapshotFailed("perp", Scope.AUDIT, "down")) == []
    assert outside.read["perp"].taken(ask, 2_500) == SnapshotFailed("perp", Scope.AUDIT, "down")
    outside.hear(3_000, reading(2_900, "-5"))
    assert isinstance(outside.read["perp"].taken(ask, 3_500), SnapshotTaken)


def test_an_order_takes_as_long_as_recorded_ones_did_and_pays_their_fee() -> None:
    found = past(*(fill(n, "2", 5_000 + n, cause=Cause.OURS) for n in range(3)))
    assert found.fee(PERP, "USDT") == D("0.005")
    assert found.fee(PERP, "USDC") is None
    assert found.latency_ms(250) == 250
    found.placed |= {OrderId(n): 1_000 for n in range(3)}
    report = OrderReport(
        instrument=PERP, order_id=None, client_order_id="", venue_order_id="1",
        status=OrderStatus.FILLED, side=Side.SELL, qty=D(2), filled_qty=D(2), price=D(100),
        reduce_only=False, venue_ms=0,
    )  # fmt: skip
    for number, at_ms in enumerate((1_010, 1_900, 1_030)):
        found.note(Stamped(at_ms, Submitted(OrderId(number), report)), (), calm=True)
    assert found.latency_ms(250) == 30
