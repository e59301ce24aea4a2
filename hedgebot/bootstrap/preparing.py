"""Venues made ready: markets loaded, and each account read once with its key."""

import asyncio
from collections.abc import Mapping
from itertools import chain

from hedgebot.domain.actions import Snapshot
from hedgebot.domain.events import Scope, SnapshotFailed
from hedgebot.domain.instruments import Instrument
from hedgebot.errors import HedgebotError, StartRefused, Unsupported, VenueError
from hedgebot.ports import Venue
from hedgebot.shell.ending import ended_in_time

CLOSE_S_MAX = 1.0


class VenuesSilent(StartRefused):
    """Venues could not be read at the start; the next one may find them again."""


async def prepare(venues: Mapping[str, Venue]) -> tuple[Instrument, ...]:
    """Prepare every venue, side by side.

    Raises:
        VenuesSilent: some cannot be read now, or not with their keys.
        StartRefused: names what every venue that cannot be used said, a line each.
    """
    answers = await asyncio.gather(*map(_ready, venues.values()), return_exceptions=True)
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    for error in errors:
        if not isinstance(error, HedgebotError):
            raise error
    if errors:
        lasting = any(isinstance(error, Unsupported | StartRefused) for error in errors)
        refusal = StartRefused if lasting else VenuesSilent
        raise refusal("\n".join(str(error) for error in errors))
    return tuple(chain.from_iterable(each for each in answers if isinstance(each, tuple)))


async def close_venues(venues: Mapping[str, Venue]) -> None:
    """Release what `prepare` opened; trouble with that is not worth a word."""
    await ended_in_time({name: venue.close() for name, venue in venues.items()}, CLOSE_S_MAX)


async def _ready(venue: Venue) -> tuple[Instrument, ...]:
    instruments = await venue.prepare()
    where = f"venues.{venue.name}"
    answer = await venue.snapshot(Snapshot(venue.name, Scope.AUDIT, epoch=0))
    if isinstance(answer, SnapshotFailed):
        raise VenueError(
            f"{where}: the account cannot be read ({answer.reason}): see that {where}.api_key and "
            "api_secret are of this network and may read and trade, and that this address is "
            "allowed"
        )
    return instruments
