"""From settings to a running daemon. Starting is recovering: there is no other start path.

settings -> lock, journal, epoch -> venues prepared -> state -> streams
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from structlog.typing import FilteringBoundLogger

from hedgebot import __version__
from hedgebot.adapters.logs import decision_line
from hedgebot.bootstrap.book import control_path
from hedgebot.bootstrap.outside import (
    make_bookkeepers,
    make_clock,
    make_heart,
    make_journal,
    make_log,
    make_notifier,
    make_venues,
)
from hedgebot.bootstrap.preparing import VenuesSilent, close_venues, prepare
from hedgebot.bootstrap.provoking import hook_of, hooked_decide, hooked_outside
from hedgebot.bootstrap.recording import make_recorder
from hedgebot.core import report
from hedgebot.core.policy import Policy
from hedgebot.core.start import state_at_start
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped
from hedgebot.domain.records import Durable
from hedgebot.errors import HedgebotError
from hedgebot.ports import Clock
from hedgebot.settings import Settings
from hedgebot.shell.daemon import Daemon, Outside
from hedgebot.shell.ending import ending_by
from hedgebot.shell.kill import Hook
from hedgebot.shell.solver import beside

Assemble = Callable[[Settings, FilteringBoundLogger], Outside]

LEAVE_S_MAX = 0.3
"""Time for tasks that the daemon could not end."""


def run_daemon(settings: Settings, *, adopt: bool) -> int:
    """Run a daemon in the foreground.

    Returns:
        The exit code: 0 after a stop that was asked for.

    Raises:
        HedgebotError: the start was refused; nothing was sent.
    """
    log = make_log(settings)
    return asyncio.run(_run(settings, log, adopt=adopt))


async def _run(settings: Settings, log: FilteringBoundLogger, *, adopt: bool) -> int:
    exit_code = await run_once(assemble, settings, log, adopt=adopt)
    await _leave(log, exit_code)
    return exit_code


async def run_once(
    assembled: Assemble, settings: Settings, log: FilteringBoundLogger, *, adopt: bool
) -> int:
    """The life of one daemon, from its start to its end; the simulation gives its own outside.

    Raises:
        HedgebotError: the start was refused; nothing was sent.
    """
    work = _start(assembled, settings, log, adopt=adopt)
    starting = asyncio.create_task(work, name="start")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, starting.cancel)
    await asyncio.wait({starting})
    if starting.cancelled():
        log.info("ended", reason="stopped while starting", exit_code=0)
        return 0
    error = starting.exception()
    if isinstance(error, HedgebotError):
        raise error
    if error is not None:  # a bug: said in the log, where secrets are masked
        ending = ending_by(error)
        log.critical("ended", **ending.line())
        return ending.exit_code
    ending = await starting.result().run()
    return ending.exit_code


def assemble(settings: Settings, log: FilteringBoundLogger) -> Outside:
    """The world as a real daemon meets it; takes the writer lock.

    Raises:
        HedgebotError: settings, journal or lock do not allow it.
    """
    clock = make_clock()
    venues = make_venues(settings, clock)
    journal = make_journal(settings, clock)
    return Outside(
        venues=venues,
        journal=journal,
        notifier=make_notifier(settings, journal, clock),
        clock=clock,
        log=log,
        line_of=decision_line,
        bookkeepers=make_bookkeepers(settings, venues, log),
        control_path=control_path(settings),
        heart=make_heart(settings),
        heartbeat_s=float(settings.alerts.heartbeat_s),
        solve=beside,
        recorder=make_recorder(settings, clock, log),
    )


async def _start(
    assembled: Assemble, settings: Settings, log: FilteringBoundLogger, *, adopt: bool
) -> Daemon:
    hook = hook_of(settings)
    outside = assembled(settings, log)
    try:
        policy = replace(settings.policy(), adopt=adopt)
        return await _recover(hooked_outside(outside, hook), policy, hook)
    except BaseException as error:  # noted for the next start, and raised
        # To be stopped, or to find a venue away, is not to die of an error.
        harmless = isinstance(error, VenuesSilent | asyncio.CancelledError)
        await close_venues(outside.venues)
        await outside.journal.close("" if harmless else ending_by(error).error)
        raise


async def _recover(outside: Outside, policy: Policy, hook: Hook | None) -> Daemon:
    durable = await outside.journal.load()
    for keeper in outside.bookkeepers:
        keeper.recall(durable)
    instruments = await prepare(outside.venues)
    state = state_at_start(policy, instruments, durable, now=outside.clock.now_ms())
    decide = hooked_decide(partial(_decide, state, policy), hook)
    if outside.recorder is not None:
        outside.recorder.begin(state, policy)
    daemon = Daemon(outside, decide, partial(_status, state, policy, outside.clock))
    orders = [row.intent for row in durable.open_intents]
    daemon.recall({intent.order_id: intent.instrument for intent in orders})
    _announce(outside.log, policy, durable)
    # Markets and modules live as long as the process: looking through them again and again is
    # where a collection takes tens of milliseconds, in the middle of an order.
    gc.collect()
    gc.freeze()
    return daemon


def _decide(state: State, policy: Policy, stamped: Stamped) -> Sequence[Action]:
    return step(state, stamped, policy)


def _status(state: State, policy: Policy, clock: Clock) -> dict[str, object]:
    return report.status(state, policy, clock.now_ms())


def _announce(log: FilteringBoundLogger, policy: Policy, durable: Durable) -> None:
    log.info(
        "started",
        version=__version__,
        book=policy.book,
        mode="dry-run" if policy.dry_run else "live",
        epoch=durable.epoch,
        open_intents=len(durable.open_intents),
        hedges=[hedge.asset for hedge in policy.hedges],
    )


async def _leave(log: FilteringBoundLogger, exit_code: int) -> None:
    """End the process even where a task of somebody else's swallows its cancellation."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if not left:
        return
    _done, deaf = await asyncio.wait(left, timeout=LEAVE_S_MAX)
    if deaf:
        log.critical("tasks do not end", tasks=[task.get_name() for task in deaf])
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)
