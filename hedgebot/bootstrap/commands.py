"""A command while no daemon runs: written to the journal, read by the next start."""

import getpass

from hedgebot.adapters.journal import keep_without_daemon
from hedgebot.bootstrap.outside import make_clock, make_redactor, place_of
from hedgebot.core import wording
from hedgebot.core.control import STATES
from hedgebot.domain.events import CommandKind
from hedgebot.domain.records import ControlKept, HoldingKept, TradingState
from hedgebot.settings import Settings
from hedgebot.shell.wire import Reply, Request


def keep_command(settings: Settings, request: Request) -> Reply:
    """Write what a command wants under the writer lock.

    Raises:
        AlreadyRunning: a daemon holds the lock and does not listen yet, or any more.
        JournalError, StartRefused: the journal cannot be written.
    """
    now_ms = make_clock().now_ms()
    refusal = _refusal(settings, request)
    if refusal:
        return Reply(accepted=False, text=refusal, dry_run=settings.dry_run)
    until_ms = None
    if request.ask is CommandKind.HOLDINGS_SET:
        record: ControlKept | HoldingKept = _holding(settings, request, now_ms)
        what = f"{request.label} holds {request.qty}"
    else:
        record = _control(request, now_ms)
        until_ms = record.expires_ms
        what = f"{request.asset or 'the book'} is {record.state}"
    keep_without_daemon(place_of(settings), make_clock(), [record], make_redactor(settings))
    text = f"{what}, from the next start on: no daemon runs now"
    return Reply(accepted=True, text=text, dry_run=settings.dry_run, until_ms=until_ms)


def _refusal(settings: Settings, request: Request) -> str:
    assets = [hedge.asset for hedge in settings.hedges]
    if request.asset is not None and request.asset not in assets:
        return wording.unknown_hedge(request.asset, assets)
    labels = [holding.label for holding in settings.holdings]
    if request.ask is CommandKind.HOLDINGS_SET and request.label not in labels:
        return wording.unknown_holding(request.label, labels)
    return ""


def _holding(settings: Settings, request: Request, now_ms: int) -> HoldingKept:
    assert request.qty is not None, "the request was checked"
    written = next(each for each in settings.holdings if each.label == request.label)
    return HoldingKept(now_ms, request.label, request.qty, written.qty, getpass.getuser())


def _control(request: Request, now_ms: int) -> ControlKept:
    kind = CommandKind(request.ask)
    return ControlKept(
        at_ms=now_ms,
        asset=request.asset,
        state=STATES.get(kind, TradingState.ACTIVE),
        by=getpass.getuser(),
        reason=request.reason,
        expires_ms=None if request.for_ms is None else now_ms + request.for_ms,
    )
