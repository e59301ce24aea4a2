"""The one queue into the decision: bounded, and honest about what it could not hold.

Marks, touches and proofs of life coalesce: the newest of an instrument takes the place of the
one still waiting. Account events never drop one by one: when a venue's backlog is full, all
of it goes, and the decision is told that the feed was lost and is back under a new epoch, so
that it reads the account again.
Results of our own requests are bounded by the requests and are never dropped.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
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


@dataclass(slots=True)
class _Account:
    """One venue's account events."""

    waiting: int = 0
    lost: int = 0
    """Backlogs lost. Each began an epoch that the venue's adapter does not know of."""
    feed: FeedBack | FeedLost | None = None
    """The last that was said of the channel, in our epochs."""


class Inbox:
    """Single reader, many writers, one event loop."""

    def __init__(self, monotonic_ns: Callable[[], int], capacity: int = CAPACITY) -> None:
        self._monotonic_ns = monotonic_ns
        self._capacity = capacity
        self._queue: deque[Arrival | _Key] = deque()
        self._latest: dict[_Key, Arrival] = {}
        self._accounts: defaultdict[str, _Account] = defaultdict(_Account)
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, event: Event) -> None:
        """Take an event in; returns at once."""
        now_ns = self._monotonic_ns()
        match event:
            case MarkSeen(instrument=instrument):
                self._put_latest(("mark", instrument), Arrival(event, now_ns))
            case TouchSeen(instrument=instrument):
                self._put_latest(("touch", instrument), Arrival(event, now_ns))
            case FeedBack() | FeedLost() | FeedAlive():
                self._put_feed(event, now_ns)
            case _ if isinstance(event, AccountEvent):
                self._put_account(venue_of(event), Arrival(event, now_ns))
            case _:
                self._queue.append(Arrival(event, now_ns))
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
            self._accounts[venue_of(entry.event)].waiting -= 1
        return entry

    def _put_latest(self, key: _Key, arrival: Arrival) -> None:
        if key not in self._latest:
            self._queue.append(key)
        self._latest[key] = arrival

    def _put_feed(self, event: FeedBack | FeedLost | FeedAlive, now_ns: int) -> None:
        account = self._accounts[event.venue]
        if event.channel is Channel.ACCOUNT and account.lost:
            event = replace(event, epoch=event.epoch + account.lost)
        if isinstance(event, FeedAlive):
            key = ("alive", event.venue, event.channel, str(event.epoch))
            self._put_latest(key, Arrival(event, now_ns))
            return
        if event.channel is Channel.ACCOUNT:
            account.feed = event
        self._queue.append(Arrival(event, now_ns))

    def _put_account(self, venue: str, arrival: Arrival) -> None:
        account = self._accounts[venue]
        if account.waiting < self._capacity:
            account.waiting += 1
            self._queue.append(arrival)
        else:
            self._lose(venue, arrival.received_ns)

    def _lose(self, venue: str, now_ns: int) -> None:
        """Drop the venue's backlog whole. Its socket lives, so the feed is back at once."""
        self._queue = deque(
            entry
            for entry in self._queue
            if not isinstance(entry, Arrival)
            or not isinstance(entry.event, AccountEvent)
            or venue_of(entry.event) != venue
        )
        account = self._accounts[venue]
        account.waiting = 0
        if not isinstance(account.feed, FeedBack):
            return  # lost already: when it is back, the account is read
        lost = FeedLost(venue, Channel.ACCOUNT, account.feed.epoch, INBOX_FULL)
        account.lost += 1
        account.feed = replace(account.feed, epoch=account.feed.epoch + 1)
        self._queue += [Arrival(lost, now_ns), Arrival(account.feed, now_ns)]


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
