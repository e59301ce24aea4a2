"""The venue's clock beside ours."""

from dataclasses import dataclass
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
    samples: tuple[Sample, ...] = ()
    """The last readings, oldest first."""
    offset_ms: int = 0
    """Venue minus ours, ms, by the quickest of them."""
    trip_ms: float = 0.0
    """Its round trip, ms."""

    def now_ms(self) -> int:
        """The venue's time, ms UTC."""
        return self.clock.now_ms() + self.offset_ms

    def ours(self, venue_ms: int) -> int:
        """That venue time on our clock."""
        return venue_ms - self.offset_ms

    def read(self, *, sent_ms: int, received_ms: int, trip_ms: float, venue_ms: int) -> None:
        """Note one reading."""
        sample = Sample(venue_ms - (sent_ms + received_ms) // 2, trip_ms)
        self.believe((*self.samples, sample))

    def forget(self) -> None:
        """The venue says that our time is wrong: earlier readings are worth nothing."""
        self.believe(())

    def believe(self, samples: tuple[Sample, ...]) -> None:
        """Go by the newest of these readings, and by no other."""
        self.samples = samples[-SAMPLES:]
        self.offset_ms, self.trip_ms = min(
            self.samples, key=lambda sample: sample.trip_ms, default=Sample(0, 0.0)
        )
