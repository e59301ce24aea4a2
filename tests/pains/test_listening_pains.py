"""Pain 16: a socket that is open and says nothing."""

from decimal import Decimal as D

from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import BalanceSeen, Channel, FeedBack, FeedLost, Scope
from tests.adapters.binance.test_at_the_local_exchange import trading
from tests.core.world import POLICY, World, only, placed

AUDIT_MS = POLICY.limits.audit_every_ms
SALE = {"market": "spot", "symbol": "BTCUSDT", "side": "SELL", "qty": "1"}


async def test_pain_16_a_socket_that_dies_silently_is_dialled_anew_by_its_missing_pong() -> None:
    """Invariant 5: silence is no proof. No error comes and no close; real sockets."""
    async with trading() as both:
        account = Channel.ACCOUNT
        await both.caller.told("mute", market="spot", channel="user", pongs=False)
        await both.caller.told("trade", **SALE)  # nobody will ever tell of it
        await both.heard.until(lambda: both.heard.of(FeedLost, account))
        assert [(lost.venue, lost.epoch) for lost in both.heard.of(FeedLost)] == [("spot", 1)]
        assert both.heard.of(BalanceSeen) == []
        await both.caller.told("unmute", market="spot", channel="user")
        await both.heard.until(
            lambda: any(b.venue == "spot" and b.epoch > 1 for b in both.heard.of(FeedBack, account))
        )
        taken = await both.snapshot(both.spot)
    assert [b.total for b in taken.balances if b.asset == "BTC"] == [D(9)]


def test_pain_16_what_a_lost_stream_did_not_tell_is_read_before_anything_is_traded() -> None:
    """Invariant 5: a new epoch starts with a snapshot, and no order comes before its answer."""
    world = World().start(spot=D(10), position=D(-10))
    world.tell(FeedLost("spot", Channel.ACCOUNT, 1, "no pong"))
    world.spot = D(9)
    assert placed(world.wait(20_000)) == [], "on hold"
    found = world.tell(FeedBack("spot", Channel.ACCOUNT, 2))
    assert [ask.scope for ask in only(Snapshot, found)] == [Scope.FULL]
    (order,) = placed(world.wait(POLICY.limits.balance_settle_ms + 3_000))
    assert (order.side.name, order.qty) == ("BUY", D(1))


def test_pain_16_a_stream_that_answers_pings_and_tells_nothing_is_audited() -> None:
    """Invariant 5: besides the socket's proof, what counts is read by REST at a pace."""
    world = World().start(spot=D(10), position=D(-10))
    world.spot = D(9)  # sold, and the stream does not say so
    assert AUDIT_MS <= 60_000
    (order,) = placed(world.wait(AUDIT_MS + POLICY.limits.balance_settle_ms + 2_000))
    assert (order.side.name, order.qty) == ("BUY", D(1))
