"""The one queue into the decision: bounded, and honest about what it could not hold.

Marks, touches and proofs of life coalesce: the newest of an instrument takes the place of the
one still waiting. Account events never drop one by one: when a venue's backlog is full, all
of it goes and the decision is told that the feed was lost, so that it asks for a snapshot.
Results of our own requests are bounded by the requests and are never dropped.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple

from hedgebot.domain.events import (
    BalanceSeen,
    Channel,
    Event,
    FeedAlive,
    FeedBack,
    FeedLost,
    FillSeen,
    FundingSeen,
    MarkSeen,
    ModeSeen,
    OrderSeen,
    PositionSeen,
    TouchSeen,
)

CAPACITY = 4_096
"""Account events of one venue that may wait."""
INBOX_FULL = "inbox full"

AccountEvent = BalanceSeen | FundingSeen | PositionSeen | OrderSeen | FillSeen | ModeSeen
_Key = tuple[str, ...]


class Arrival(NamedTuple):
    """An event and the monotonic time, ns, at which the shell received it."""

    event: Event
    received_ns: int


class Inbox:
    """Single reader, many writers, one event loop."""

    def __init__(self, monotonic_ns: Callable[[], int], capacity: int = CAPACITY) -> None:
        self._monotonic_ns = monotonic_ns
        self._capacity = capacity
        self._queue: deque[Arrival | _Key] = deque()
        self._latest: dict[_Key, Arrival] = {}
        self._backlog: Counter[str] = Counter()
        self._account_feeds: dict[str, FeedBack | FeedLost] = {}
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, event: Event) -> None:
        """Take an event in; returns at once."""
        arrival = Arrival(event, self._monotonic_ns())
        match event:
            case MarkSeen(instrument=instrument):
                self._put_latest(("mark", instrument), arrival)
            case TouchSeen(instrument=instrument):
                self._put_latest(("touch", instrument), arrival)
            case FeedAlive(venue=venue, channel=channel, epoch=epoch):
                self._put_latest(("alive", venue, channel, str(epoch)), arrival)
            case FeedBack(channel=Channel.ACCOUNT) | FeedLost(channel=Channel.ACCOUNT):
                self._account_feeds[event.venue] = event
                self._queue.append(arrival)
            case _ if isinstance(event, AccountEvent):
                self._put_account(venue_of(event), arrival)
            case _:
                self._queue.append(arrival)
        self._wake.set()

    async def get(self) -> Arrival:
        """The next event, in order of arrival; waits while there is none."""
        while not self._queue:
            self._wake.clear()
            await self._wake.wait()
        entry = self._queue.popleft()
        if not isinstance(entry, Arrival):
            return self._latest.pop(entry)
        if isinstance(entry.event, AccountEvent):
            self._backlog[venue_of(entry.event)] -= 1
        return entry

    def _put_latest(self, key: _Key, arrival: Arrival) -> None:
        if key not in self._latest:
            self._queue.append(key)
        self._latest[key] = arrival

    def _put_account(self, venue: str, arrival: Arrival) -> None:
        if self._backlog[venue] < self._capacity:
            self._backlog[venue] += 1
            self._queue.append(arrival)
        else:
            self._lose(venue, arrival.received_ns)

    def _lose(self, venue: str, now_ns: int) -> None:
        """Drop the venue's backlog whole; its socket lives, so the feed is back at once."""
        self._queue = deque(
            entry
            for entry in self._queue
            if not isinstance(entry, Arrival)
            or not isinstance(entry.event, AccountEvent)
            or venue_of(entry.event) != venue
        )
        self._backlog[venue] = 0
        last = self._account_feeds.get(venue)
        epoch = last.epoch if last else 0
        lost = FeedLost(venue, Channel.ACCOUNT, epoch, INBOX_FULL)
        self._queue.append(Arrival(lost, now_ns))
        if isinstance(last, FeedBack):
            self._queue.append(Arrival(last, now_ns))


def venue_of(event: AccountEvent) -> str:
    """The venue entry that an account event speaks of."""
    match event:
        case BalanceSeen(balance=balance):
            owner: str = balance.wallet
        case FundingSeen(wallet=wallet):
            owner = wallet
        case PositionSeen(position=position):
            owner = position.instrument
        case OrderSeen(report=report):
            owner = report.instrument
        case FillSeen(fill=fill):
            owner = fill.instrument
        case ModeSeen(venue=venue):
            owner = venue
    return owner.partition(":")[0]
