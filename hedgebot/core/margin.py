"""How much of a hedge the margin carries, found by what the venue takes and refuses (ADR 21).

A margin that is too small for an order may carry a smaller one. What was refused is halved, what is
taken brings the sum up to within one smallest order of what fits. Then the rest waits: for a change
at that venue, after which all of it is tried at once, or for the next try of a smallest order.
Only orders that open are held to it: what shrinks a position frees margin.
"""

from dataclasses import replace

from hedgebot.core.books import NEVER
from hedgebot.core.state import Filtered, Hedge, Order, Room, State
from hedgebot.domain.instruments import InstrumentId

SMALLER_MS = 1_000
"""Pause before the next smaller order: it is another order, no repetition, and no storm either."""
SETTLE_MS = 5_000
"""Nothing is tried anew before, however often the account changes."""
PROBE_MS = 20_000
"""Where nothing changed that we could hear of, the price may have freed margin."""
ECHO_MS = 1_000
"""What changes at a venue so soon after a fill of ours is the fill's own doing."""


def refused(hedge: Hedge, order: Order) -> None:
    """That many lots did not fit: half of them next."""
    intent = order.intent
    known = room_of(hedge, intent.instrument)
    hedge.pace.barred[intent.instrument] = Room(
        refused=intent.lots,
        lots=intent.lots // 2,
        refused_ms=intent.decided_ms,
        changed_ms=known.changed_ms if known else NEVER,
    )


def filled(hedge: Hedge, order: Order, lots: int) -> None:
    """So many lots fitted: by that much less is left of what did not. A bound that was passed is
    none any more.
    """
    intent, barred = order.intent, hedge.pace.barred
    room = barred.get(intent.instrument)
    if isinstance(room, Filtered):
        del barred[intent.instrument]  # what the venue says no to has changed
    elif room is not None and lots and not intent.reduce_only:
        left = max(room.refused - lots, 0)
        barred[intent.instrument] = replace(
            room,
            refused=left,
            lots=left // 2 if left else 2 * intent.lots,
            changed_ms=NEVER if room.changed_ms > intent.decided_ms else room.changed_ms,
        )


def most(room: Room | None, least: int, now: int) -> int | None:
    """The most lots that an opening order may have; 0: none is tried now; None: any.

    Args:
        room: of its instrument; None: nothing was refused there.
        least: the smallest order, lots.
        now: our clock.
    """
    if room is None:
        return None
    if not spent(room, least):
        return max(room.lots, least)
    age_ms = now - room.refused_ms
    if room.changed_ms > room.refused_ms and age_ms >= SETTLE_MS:
        return None
    return least if age_ms >= PROBE_MS else 0


def spent(room: Room, least: int) -> bool:
    """Whether not even the smallest order fitted."""
    return 0 < room.refused <= least


def changed(state: State, hedge: Hedge, venue: str, now: int) -> None:
    """A wallet or a position changed at that venue: what was refused there may be taken now."""
    barred = hedge.pace.barred
    for instrument in [i for i in barred if state.markets[i].instrument.venue == venue]:
        room = room_of(hedge, instrument)
        if room is None:
            del barred[instrument]
        elif now - state.ledger.positions[instrument].tape.last_ms >= ECHO_MS:
            barred[instrument] = replace(room, changed_ms=now)
            state.wakes.dirty.add(hedge.policy.asset)


def forget(hedge: Hedge, now: int) -> None:
    """Back in its band: what was refused some time ago says nothing of the next need."""
    for instrument in list(hedge.pace.barred):
        room = room_of(hedge, instrument)
        if room is not None and now - room.refused_ms >= PROBE_MS:
            del hedge.pace.barred[instrument]


def room_of(hedge: Hedge, instrument: InstrumentId) -> Room | None:
    """What is known of its margin; None: it was not refused for that."""
    held = hedge.pace.barred.get(instrument)
    return held if isinstance(held, Room) else None
