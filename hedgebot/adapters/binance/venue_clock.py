"""The venue's clock beside ours."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from hedgebot.ports import Clock

SAMPLES = 8


class Sample(NamedTuple):
    """One reading of the venue's clock."""

    offset_ms: int
    """Venue minus ours, at the middle of the round trip."""
    trip_ms: float


@dataclass(slots=True)
class VenueClock:
    """Our clock plus the offset of the quickest of the last readings."""

    clock: Clock
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=SAMPLES))

    @property
    def offset_ms(self) -> int:
        """Venue minus ours, ms."""
        return min(self.samples, key=lambda sample: sample.trip_ms).offset_ms if self.samples else 0

    @property
    def trip_ms(self) -> float:
        """The quickest round trip of the last readings, ms."""
        return min((sample.trip_ms for sample in self.samples), default=0.0)

    def now_ms(self) -> int:
        """The venue's time, ms UTC."""
        return self.clock.now_ms() + self.offset_ms

    def ours(self, venue_ms: int) -> int:
        """That venue time on our clock."""
        return venue_ms - self.offset_ms

    def read(self, *, sent_ms: int, received_ms: int, trip_ms: float, venue_ms: int) -> None:
        """Note one reading."""
        self.samples.append(Sample(venue_ms - (sent_ms + received_ms) // 2, trip_ms))

    def forget(self) -> None:
        """The venue says that our time is wrong: earlier readings are worth nothing."""
        self.samples.clear()
