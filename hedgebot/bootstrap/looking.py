"""One look without a daemon: `plan` and `check`. Nothing is sent, no lock is taken."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain

from hedgebot.adapters.journal import Place, hindrance
from hedgebot.adapters.journal.reading import reading
from hedgebot.adapters.journal.recall import recall
from hedgebot.adapters.journal.schema import OlderJournal
from hedgebot.bootstrap.outside import make_clock, make_venues, place_of
from hedgebot.bootstrap.preparing import close_venues, prepare
from hedgebot.core import report
from hedgebot.core.policy import Policy
from hedgebot.core.start import state_at_start
from hedgebot.core.state import Hold, State
from hedgebot.core.step import step
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped
from hedgebot.domain.records import Durable, TradingState, Verdict
from hedgebot.errors import HedgebotError
from hedgebot.ports import Finding, Standing
from hedgebot.settings import Settings
from hedgebot.shell.watching import watch

LOOK_S_MAX = 10.0
NO_ORDERS = "one look"
JOURNAL_MEND = "make its folder this user's, or name another journal in the settings"
RESTORE_MEND = "see that the file is hedgebot's and this user's, or restore a backup"


def plan(settings: Settings) -> list[dict[str, object]]:
    """Exposures, target, band, and the orders it would send.

    Raises:
        HedgebotError: the venues or the journal cannot be read.
    """
    return asyncio.run(_plan(settings))


def check(settings: Settings) -> tuple[Finding, ...]:
    """Every venue's findings.

    Raises:
        HedgebotError: the settings do not hold what a check needs.
    """
    return asyncio.run(_check(settings))


async def _plan(settings: Settings) -> list[dict[str, object]]:
    clock = make_clock()
    venues = make_venues(settings, clock)
    policy = settings.policy()
    try:
        instruments = await prepare(venues)
        durable = _durable(settings, clock.now_ms())
        state = state_at_start(policy, instruments, durable, now=clock.now_ms())
        state.control.faults[NO_ORDERS] = Hold(TradingState.HALTED, "plan", "one look", 0)
        now = await watch(
            venues,
            clock,
            partial(_decide, state, policy),
            enough=partial(_known, state, policy),
            timeout_s=LOOK_S_MAX,
        )
        with _as_if_trading(state):
            return report.plan(state, policy, now)
    finally:
        await close_venues(venues)


def _durable(settings: Settings, now_ms: int) -> Durable:
    """What a start would remember, read beside whoever writes."""
    place = place_of(settings)
    if not place.path.exists():
        return Durable(epoch=1)
    with reading(place) as rows:
        return recall(rows, epoch=2**24 - 1, now_ms=now_ms)


def _decide(state: State, policy: Policy, stamped: Stamped) -> Sequence[Action]:
    return step(state, stamped, policy)


def _known(state: State, policy: Policy, now: int) -> bool:
    """Whether every account was read, every price seen, and nothing keeps a hedge waiting."""
    hedged = [state.markets[own] for hedge in policy.hedges for own in hedge.instruments]
    if not all(venue.synced for venue in state.venues.values()):
        return False
    if not all(market.mark and market.touch for market in hedged):
        return False
    with _as_if_trading(state):
        return all(row["verdict"] != Verdict.WAIT for row in report.plan(state, policy, now))


@contextmanager
def _as_if_trading(state: State) -> Iterator[None]:
    """Lift the hold that keeps a look from deciding orders."""
    hold = state.control.faults.pop(NO_ORDERS)
    try:
        yield
    finally:
        state.control.faults[NO_ORDERS] = hold


def _check_files(settings: Settings) -> list[Finding]:
    read = Finding("", "settings", Standing.OK, f"read: book {settings.name}, {settings.mode}")
    return [read, Finding("", "journal", *check_journal(place_of(settings)))]


def check_journal(place: Place) -> tuple[Standing, str, str]:
    """How the journal's file stands, what was found, and the mend; nothing is written."""
    if trouble := hindrance(place.path):
        return Standing.FAILED, trouble, JOURNAL_MEND
    if not place.path.exists():
        return Standing.OK, f"{place.path}: none yet, the first start makes it", ""
    try:
        with reading(place):
            return Standing.OK, f"{place.path} can be read and written", ""
    except OlderJournal:
        found = f"{place.path} is of an older version; the next start brings it up to date"
        return Standing.WARNING, found, "back it up: the older version refuses it afterwards"
    except HedgebotError as error:
        return Standing.FAILED, str(error), RESTORE_MEND


async def _check(settings: Settings) -> tuple[Finding, ...]:
    venues = make_venues(settings, make_clock())
    try:
        found = await asyncio.gather(*(venue.check() for venue in venues.values()))
        return (*_check_files(settings), *chain.from_iterable(found))
    finally:
        await close_venues(venues)
