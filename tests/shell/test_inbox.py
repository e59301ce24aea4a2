import asyncio
import time
from decimal import Decimal
from typing import TypeGuard

from hedgebot.domain.actions import Action, Snapshot
from hedgebot.domain.events import (
    Balance,
    BalanceSeen,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    FeedLost,
    MarkSeen,
    Scope,
    StopAsked,
    Tick,
    TouchSeen,
)
from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.shell.inbox import CAPACITY, INBOX_FULL, Inbox
from tests.core.world import World
from tests.shell.fakes import PERP, mark_of


def balance(number: int, venue: str = "spot") -> BalanceSeen:
    return BalanceSeen(Balance(WalletId(f"{venue}:spot"), "BTC", Decimal(number), number))


def touch(bid: float) -> TouchSeen:
    return TouchSeen(PERP, bid, 1.0, bid + 1, 1.0, venue_ms=0)


def inbox_of(capacity: int = CAPACITY) -> Inbox:
    return Inbox(time.monotonic_ns, capacity)


async def drained(inbox: Inbox) -> list[Event]:
    return [(await inbox.get()).event for _ in range(len(inbox))]


async def test_the_latest_mark_and_touch_of_an_instrument_win() -> None:
    inbox = inbox_of()
    for value in range(10):
        inbox.put(mark_of(float(value)))
        inbox.put(touch(float(value)))
    inbox.put(mark_of(7.0, InstrumentId("perp:ETH/USDT:USDT")))
    assert await drained(inbox) == [
        mark_of(9.0),
        touch(9.0),
        mark_of(7.0, InstrumentId("perp:ETH/USDT:USDT")),
    ]


async def test_account_events_keep_their_order_among_marks() -> None:
    inbox = inbox_of()
    for number in range(50):
        inbox.put(balance(number))
        inbox.put(mark_of(float(number)))
    events = await drained(inbox)
    balances = [event.balance.venue_ms for event in events if isinstance(event, BalanceSeen)]
    assert balances == list(range(50))
    assert len(events) == 51


async def test_a_proof_of_life_waits_once_for_each_socket_epoch() -> None:
    inbox = inbox_of()
    for _ in range(5):
        inbox.put(FeedAlive("spot", Channel.MARK, 1))
    inbox.put(FeedAlive("spot", Channel.MARK, 2))
    assert await drained(inbox) == [
        FeedAlive("spot", Channel.MARK, 1),
        FeedAlive("spot", Channel.MARK, 2),
    ]


async def test_a_full_backlog_becomes_a_lost_feed_that_is_back_under_a_new_epoch() -> None:
    inbox = inbox_of(capacity=10)
    inbox.put(FeedBack("spot", Channel.ACCOUNT, 3))
    inbox.put(balance(99, "perp"))
    inbox.put(StopAsked("kept"))
    for number in range(11):
        inbox.put(balance(number))
    assert await drained(inbox) == [
        FeedBack("spot", Channel.ACCOUNT, 3),
        balance(99, "perp"),
        StopAsked("kept"),
        FeedLost("spot", Channel.ACCOUNT, 3, INBOX_FULL),
        FeedBack("spot", Channel.ACCOUNT, 4),
    ]


async def test_epochs_go_on_above_those_that_a_full_inbox_began() -> None:
    inbox = inbox_of(capacity=1)
    inbox.put(FeedBack("spot", Channel.ACCOUNT, 3))
    inbox.put(balance(1))
    inbox.put(balance(2))
    await drained(inbox)
    inbox.put(FeedAlive("spot", Channel.ACCOUNT, 3))
    inbox.put(FeedAlive("spot", Channel.MARK, 3))
    inbox.put(FeedAlive("perp", Channel.ACCOUNT, 3))
    inbox.put(FeedLost("spot", Channel.ACCOUNT, 3, "reset"))
    inbox.put(FeedBack("spot", Channel.ACCOUNT, 4))
    assert await drained(inbox) == [
        FeedAlive("spot", Channel.ACCOUNT, 4),
        FeedAlive("spot", Channel.MARK, 3),
        FeedAlive("perp", Channel.ACCOUNT, 3),
        FeedLost("spot", Channel.ACCOUNT, 4, "reset"),
        FeedBack("spot", Channel.ACCOUNT, 5),
    ]


async def test_a_feed_that_is_lost_needs_no_other_loss() -> None:
    inbox = inbox_of(capacity=1)
    inbox.put(FeedBack("spot", Channel.ACCOUNT, 3))
    inbox.put(FeedLost("spot", Channel.ACCOUNT, 3, "reset"))
    inbox.put(balance(1))
    inbox.put(balance(2))
    assert (await drained(inbox))[-1] == FeedLost("spot", Channel.ACCOUNT, 3, "reset")


async def test_a_full_inbox_makes_the_core_read_the_account_again() -> None:
    world = World()
    venue = world.state.venues["spot"]
    asked = [each for each in world.tell(FeedBack("spot", Channel.ACCOUNT, 3)) if is_snapshot(each)]
    world.tell(world.snapshot(asked[0]))
    assert venue.synced
    inbox = inbox_of(capacity=1)
    inbox.put(FeedBack("spot", Channel.ACCOUNT, 3))
    for number in range(3):
        inbox.put(balance(number))
    told = [each for event in await drained(inbox) for each in world.tell(event)]
    world.now += 1_000
    again = [each for each in told + world.tell(Tick()) if is_snapshot(each)]
    assert venue.feeds[Channel.ACCOUNT].up
    assert [(each.venue, each.scope, each.epoch) for each in again] == [("spot", Scope.FULL, 4)]


def is_snapshot(action: Action) -> TypeGuard[Snapshot]:
    return isinstance(action, Snapshot)


async def test_the_backlog_counts_what_waits_and_not_what_was_read() -> None:
    inbox = inbox_of(capacity=2)
    for number in range(20):
        inbox.put(balance(number))
        assert (await inbox.get()).event == balance(number)


async def test_a_burst_of_100k_marks_and_5k_account_events_stays_bounded() -> None:
    inbox = inbox_of()
    inbox.put(FeedBack("spot", Channel.ACCOUNT, 1))
    ids = [InstrumentId(f"perp:C{number}/USDT:USDT") for number in range(50)]
    began = time.monotonic()
    for number in range(100_000):
        inbox.put(MarkSeen(ids[number % 50], float(number), 0.0, venue_ms=number))
        if number % 20 == 0:
            inbox.put(balance(number // 20))
        assert len(inbox) <= CAPACITY + 50 + 3
    events = await drained(inbox)
    assert time.monotonic() - began < 5
    marks = {event.instrument: event.mark for event in events if isinstance(event, MarkSeen)}
    assert sorted(marks.values()) == [float(number) for number in range(99_950, 100_000)]
    lost = [event for event in events if isinstance(event, FeedLost)]
    assert [event.reason for event in lost] == [INBOX_FULL]
    after = [event.balance.venue_ms for event in events if isinstance(event, BalanceSeen)]
    assert after == list(range(CAPACITY + 1, 5_000))
    assert events.index(lost[0]) < events.index(balance(CAPACITY + 1))


async def test_the_reader_is_woken() -> None:
    inbox = inbox_of()
    reader = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    assert not reader.done()
    inbox.put(Tick())
    assert (await asyncio.wait_for(reader, 1)).event == Tick()
