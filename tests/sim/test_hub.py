"""Sockets that do not read, or are gone."""

from typing import Any, cast

from hedgebot.domain.instruments import Kind
from hedgebot.sim.hub import OUTBOX_MAX, Channel, Frame, Hub, Silence, Socket

TOPIC = (Kind.SPOT, "btcusdt@bookTicker")


class Wire:
    """A transport that only knows whether it was cut."""

    def __init__(self) -> None:
        self.cut = False

    def abort(self) -> None:
        self.cut = True


def socket() -> tuple[Socket, Wire]:
    wire = Wire()
    return Socket(cast(Any, None), cast(Any, wire), Kind.SPOT, Channel.MARKET), wire


def hub() -> Hub:
    return Hub(lambda label, ns: None)


def test_a_reader_that_falls_too_far_behind_is_cut_off() -> None:
    slow, wire = socket()
    for _ in range(OUTBOX_MAX):
        slow.send(Frame(b"x"))
    assert not wire.cut
    slow.send(Frame(b"x"))
    assert wire.cut


def test_payloads_are_wrapped_for_each_subscriber() -> None:
    made, (one, _), (two, _) = hub(), socket(), socket()
    made.subscribe(one, TOPIC, (b"<", b">"))
    made.subscribe(two, TOPIC, (b"", b""))
    made.publish(TOPIC, b"touch")
    assert [s.outbox.get_nowait().payload for s in (one, two)] == [b"<touch>", b"touch"]
    made.forget(one)
    made.publish(TOPIC, b"again")
    assert (one.outbox.empty(), two.outbox.empty()) == (True, False)


def test_a_silenced_channel_hears_neither_events_nor_pings() -> None:
    made, (one, _) = hub(), socket()
    made.sockets[one] = None
    made.subscribe(one, TOPIC, (b"", b""))
    made.silenced[Kind.SPOT, Channel.MARKET] = Silence(pongs=False)
    made.publish(TOPIC, b"touch")
    made.ping(Kind.SPOT, b"1")
    assert one.outbox.empty()
    assert not made.answers_pings(one)
    made.silenced.clear()
    made.ping(Kind.SPOT, b"1")
    assert one.outbox.get_nowait() == Frame(b"1", ping=True)


def test_cutting_a_channel_leaves_the_others() -> None:
    made, (one, first), (two, second) = hub(), socket(), socket()
    two.channel = Channel.USER
    made.sockets |= dict.fromkeys((one, two))
    assert made.disconnect(Kind.SPOT, Channel.USER) == 1
    assert (first.cut, second.cut) == (False, True)
