"""The venue's sockets as the daemon meets them: late, double, out of order, or not at all."""

from collections.abc import Callable
from functools import partial

from hedgebot.domain.events import Channel, Event, FeedAlive, FeedBack, FeedLost
from tests.core.adversary.agenda import Agenda
from tests.core.adversary.plan import Item
from tests.core.adversary.weather import Weather

Tell = Callable[[Event], None]
ALIVE_MS = 2_500
AUDIT_MS = 31_000


class Socket:
    """One channel of one venue entry."""

    def __init__(self, venue: str, channel: Channel) -> None:
        self.venue, self.channel = venue, channel
        self.epoch = 0
        self.up = False
        self.muted = False
        self.last_ms = 0


class Wire:
    """All sockets of the daemon that lives now."""

    def __init__(
        self, agenda: Agenda, weather: Weather, tell: Tell, *, venues: tuple[str, ...]
    ) -> None:
        self._agenda, self._weather, self._tell = agenda, weather, tell
        self._venues = venues
        self._sockets = self._fresh()

    def _fresh(self) -> dict[tuple[str, Channel], Socket]:
        return {(v, c): Socket(v, c) for v in self._venues for c in Channel}

    def dial(self) -> None:
        """A daemon started: every channel connects after a moment."""
        self._sockets = self._fresh()
        for socket in self._sockets.values():
            self._connect(socket, self._weather.rng.randint(20, 600))
        self._agenda.after(ALIVE_MS, partial(self._beat, self._sockets))

    def hang_up(self) -> None:
        """The daemon died."""
        for socket in self._sockets.values():
            socket.up = False

    def redial(self) -> None:
        """Every account channel is lost and comes back."""
        for venue in self._venues:
            self._lose(self._sockets[venue, Channel.ACCOUNT], "asked by the test", 50)

    def say(self, venue: str, *events: Event) -> None:
        """The account stream tells these, in this order."""
        socket = self._sockets[venue, Channel.ACCOUNT]
        for event in events:
            self._send(socket, event)

    def quote(self, venue: str, channel: Channel, event: Event) -> None:
        """A price, at once or not at all."""
        socket = self._sockets[venue, channel]
        if socket.up and not socket.muted:
            self._tell(event)

    def die(self, item: Item) -> None:
        """A socket goes silent; later that is noticed, and it is dialled again."""
        venue, _, channel = item.how.partition(":")
        socket = self._sockets[venue, Channel(channel)]
        rng = self._weather.rng
        back_ms = item.ms + rng.randint(50, 800)
        self._weather.trouble("dead", self._agenda.now + back_ms)
        socket.muted = True
        noticed_ms = min(item.ms, rng.randint(3_000, 8_000))
        self._break_after(noticed_ms, socket, back_ms - noticed_ms)

    def darken(self, item: Item) -> None:
        """Sockets of a venue break, or fall silent first; dials fail until the end."""
        venue, rng = item.how.partition(":")[0], self._weather.rng
        silent_ms = rng.choice((0, 0, rng.randint(500, 8_000)))
        for channel in Channel if venue in self._venues else ():
            if self._weather.dark(venue, f"{channel}"):
                self._sockets[venue, channel].muted = silent_ms > 0
                back_ms = rng.randint(50, 800)
                self._break_after(silent_ms, self._sockets[venue, channel], back_ms)

    def _break_after(self, ms: int, socket: Socket, back_ms: int) -> None:
        epoch = socket.epoch

        def notice() -> None:
            if socket.epoch == epoch and socket.up:
                self._lose(socket, "silent", back_ms)

        self._agenda.after(ms, notice)

    def _send(self, socket: Socket, event: Event) -> None:
        weather = self._weather
        if not socket.up or socket.muted or self._lost(socket):
            return
        if weather.hits("duplicate"):
            self._deliver(socket, event, weather.rng.randint(1, 900))
        late_ms = weather.rng.randint(1, 12)
        if weather.hits("delay"):
            late_ms += weather.rng.randint(50, 3_000)
        jumps = weather.hits("reorder") is not None
        if jumps:
            late_ms += weather.rng.randint(1, 400)
        at_ms = self._agenda.now + late_ms
        if not jumps:
            at_ms = socket.last_ms = max(at_ms, socket.last_ms)
        self._deliver(socket, event, at_ms - self._agenda.now)

    def _lost(self, socket: Socket) -> bool:
        item = self._weather.hits("loss")
        if item is None:
            return False
        now, epoch = self._agenda.now, socket.epoch
        if item.how == "silent":
            self._weather.trouble("loss", now + AUDIT_MS)
            return True

        def tell() -> None:
            if socket.epoch == epoch and socket.up:
                self._lose(socket, "gap", 200)

        self._weather.trouble("loss", now + item.ms + 200)
        self._agenda.after(item.ms, tell)
        return True

    def _deliver(self, socket: Socket, event: Event, late_ms: int) -> None:
        epoch, sockets = socket.epoch, self._sockets

        def arrive() -> None:
            if self._sockets is sockets and socket.up and socket.epoch == epoch:
                self._tell(event)

        if late_ms > 20:
            self._weather.trouble_ms = max(self._weather.trouble_ms, self._agenda.now + late_ms)
        self._agenda.after(late_ms, arrive)

    def _lose(self, socket: Socket, why: str, back_ms: int) -> None:
        socket.up = False
        self._tell(FeedLost(socket.venue, socket.channel, socket.epoch, why))
        self._connect(socket, max(1, back_ms))

    def _connect(self, socket: Socket, after_ms: int) -> None:
        sockets = self._sockets

        def up() -> None:
            if self._sockets is not sockets:
                return
            if self._weather.dark(socket.venue, f"{socket.channel}"):
                self._tell(FeedLost(socket.venue, socket.channel, socket.epoch, "no answer"))
                self._agenda.after(self._weather.rng.randint(500, 3_000), up)
            else:
                socket.epoch += 1
                socket.up, socket.muted = True, False
                self._tell(FeedBack(socket.venue, socket.channel, socket.epoch))

        self._agenda.after(after_ms, up)

    def _beat(self, sockets: dict[tuple[str, Channel], Socket]) -> None:
        if self._sockets is not sockets:
            return
        for socket in sockets.values():
            if socket.up and not socket.muted:
                self._tell(FeedAlive(socket.venue, socket.channel, socket.epoch))
        self._agenda.after(ALIVE_MS, lambda: self._beat(sockets))
