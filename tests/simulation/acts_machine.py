"""What befalls the line and the machine."""

from typing import Any

from hedgebot.shell.kill import Point
from hedgebot.sim.control.told import Misunderstood
from tests.simulation.hands import Hands
from tests.simulation.plan import Item


def blackhole(hands: Hands, item: Item) -> None:
    """Nothing gets through in the ways that `how` names; what was sent meanwhile comes later."""
    net, host = hands.universe.world.net, hands.house.host
    if host is None:
        raise Misunderstood("no process")
    if item.how in {"out", "both"}:
        net.block(host, None)
    if item.how in {"in", "both"}:
        net.block(None, host)
    hands.later(item.ms, net.heal)


def journal_slow(hands: Hands, item: Item) -> None:
    illness = _journal(hands).illness
    illness.slow_s = float(item.size)
    hands.later(item.ms, lambda: setattr(illness, "slow_s", 0.0))


def journal_full(hands: Hands, item: Item) -> None:
    illness = _journal(hands).illness
    illness.full = True
    hands.later(item.ms, lambda: setattr(illness, "full", False))


def journal_locked(hands: Hands, item: Item) -> None:
    journal = _journal(hands)
    journal.lock()
    hands.later(item.ms, journal.unlock)


def _journal(hands: Hands) -> Any:
    if hands.house.journal is None or hands.house.host is None:
        raise Misunderstood("no journal is open")
    return hands.house.journal


def kill(hands: Hands, item: Item) -> None:
    hands.house.down_s = item.ms / 1000
    if item.how == "now":
        hands.house.kill("now")
    else:
        hands.house.trap = Point(item.how)


def second_daemon(hands: Hands, item: Item) -> None:
    """Started beside the first, on the same journal; should it be quicker, it dies again."""
    if hands.house.host is None or hands.second is None or hands.second.host is not None:
        raise Misunderstood("nothing to be the second of")
    hands.second.start()
    hands.later(item.ms, hands.second.kill)
