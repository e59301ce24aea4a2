"""What a test may ask of a daemon: to die, or to meet an unknown error, at a named moment.

Asked for by environment variables, and refused wherever money could move.
"""

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import replace

from hedgebot.bootstrap.book import ERROR_VARIABLE, KILL_VARIABLE
from hedgebot.errors import StartRefused
from hedgebot.ports import Journal, Venue
from hedgebot.settings import Network, Settings
from hedgebot.shell.daemon import Decide, Outside
from hedgebot.shell.kill import (
    Countdown,
    Fuse,
    Hook,
    HookedJournal,
    HookedVenue,
    Point,
    hooked,
)


def hook_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> Hook | None:
    """The hook that a test asked for; None: nobody did.

    Raises:
        StartRefused: asked for on another network than `local`.
    """
    kill, error = environ.get(KILL_VARIABLE, ""), environ.get(ERROR_VARIABLE, "")
    if not kill and not error:
        return None
    for name, venue in settings.venues.items():
        if venue.network is not Network.LOCAL:
            raise StartRefused(
                f"{KILL_VARIABLE if kill else ERROR_VARIABLE} is set, a test's wish to end the "
                f"daemon, and venues.{name}.network is {venue.network}: unset the variable"
            )
    if kill:
        return Countdown(kill, lambda: os.kill(os.getpid(), signal.SIGKILL))
    fuse = Fuse(error)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, fuse.light)
    return fuse


def hooked_outside(outside: Outside, hook: Hook | None) -> Outside:
    """The same world, with the hook in it."""
    if hook is None:
        return outside
    journal: Journal = HookedJournal(outside.journal, hook)
    venues: dict[str, Venue] = {
        name: HookedVenue(venue, hook) for name, venue in outside.venues.items()
    }
    line_of = hooked(outside.line_of, hook, Point.LINE)
    return replace(outside, journal=journal, venues=venues, line_of=line_of)


def hooked_decide(decide: Decide, hook: Hook | None) -> Decide:
    """The same decision, with the hook before it."""
    return decide if hook is None else hooked(decide, hook, Point.DECISION)
