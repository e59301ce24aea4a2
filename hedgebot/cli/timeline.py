"""What happened in one step, in lines that a treasurer can read."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hedgebot.domain import actions as act
from hedgebot.domain import events as ev
from hedgebot.domain import records as rec
from hedgebot.domain.orders import OrderId, OrderIntent


class Line(NamedTuple):
    """One line of the timeline."""

    at_ms: int
    kind: str
    """`order`, `fill`, `decision`, `alert`, `command`, `feed`, `journal`, `stop`."""
    text: str
    grave: bool = False
    """Whether a person should have looked."""


Said = tuple[str, str]


def lines(stamped: ev.Stamped, actions: Sequence[act.Action]) -> Iterator[Line]:
    """What a step is worth telling of; most are not."""
    for matter in (stamped.event, *actions):
        inside = matter.record if isinstance(matter, act.Keep) else matter
        tell = TELL.get(type(inside))
        if tell is not None:
            kind, text = tell(inside)
            yield Line(stamped.now, kind, text, _grave(inside))


def _grave(matter: object) -> bool:
    match matter:
        case act.Alert(severity=severity):
            return severity is act.Severity.CRITICAL
        case act.Stop(exit_code=code):
            return code != 0
        case _:
            return isinstance(matter, ev.OutcomeUnknown | ev.JournalFailed)


def _name(order_id: OrderId) -> str:
    return f"{order_id:032x}"


def _order(intent: OrderIntent) -> str:
    reduce = ", reduce-only" if intent.reduce_only else ""
    return (
        f"{intent.side.name.lower()} {intent.qty} on {intent.instrument} at {intent.price} or "
        f"better{reduce}, because: {intent.purpose}; {_name(intent.order_id)}"
    )


def _placed(action: act.Place) -> Said:
    return "order", f"approved: {_order(action.order.intent)}"


def _submitted(event: ev.Submitted) -> Said:
    report = event.report
    return (
        "order",
        f"answered: {report.status}, filled {report.filled_qty}; {_name(event.order_id)}",
    )


def _refused(event: ev.Refused) -> Said:
    words = f"{event.refusal}: {event.code} {event.message}".strip()
    return "order", f"refused as {words}; {_name(event.order_id)}"


def _looked_up(event: ev.LookedUp) -> Said:
    found = "no such order" if event.report is None else str(event.report.status)
    return "order", f"looked up: {found}; {_name(event.order_id)}"


def _closed(row: rec.OrderMoved) -> Said:
    why = f" ({row.reason})" if row.reason else ""
    words = f": {row.detail}" if row.detail else ""
    return "order", f"is {row.phase}{why}, filled {row.filled_qty}{words}; {_name(row.order_id)}"


def _fill(row: rec.FillKept) -> Said:
    fill = row.fill
    what = f"{fill.side.name.lower()} {fill.qty} on {fill.instrument} at {fill.price}"
    return "fill", f"{what}, fee {fill.fee} {fill.fee_asset}, {fill.cause}"


def _alert(alert: act.Alert) -> Said:
    return "alert", f"{'recovered' if alert.recovered else alert.severity}: {alert.text}"


def _command(event: ev.Command) -> Said:
    scope = event.label or event.asset or "the book"
    why = f", because: {event.reason}" if event.reason else ""
    return "command", f"{event.kind} for {scope} by {event.by}{why}"


TELL: dict[type, Callable[[Any], Said]] = {
    act.Place: _placed,
    act.Withdraw: lambda a: ("order", f"withdrawn if not sent yet; {_name(a.order_id)}"),
    act.Cancel: lambda a: ("order", f"cancel; {_name(a.order_id)}"),
    act.Alert: _alert,
    act.Answer: lambda a: ("command", f"{'accepted' if a.accepted else 'refused'}: {a.text}"),
    act.Stop: lambda a: ("stop", f"{a.reason} (exit code {a.exit_code})"),
    ev.Submitted: _submitted,
    ev.Refused: _refused,
    ev.NotSent: lambda e: ("order", f"not sent: {e.reason}; {_name(e.order_id)}"),
    ev.OutcomeUnknown: lambda e: (
        "order",
        f"outcome unknown: {e.reason}; {_name(e.order_id)}",
    ),
    ev.LookedUp: _looked_up,
    ev.LookUpFailed: lambda e: ("order", f"look-up failed: {e.reason}; {_name(e.order_id)}"),
    ev.SnapshotFailed: lambda e: ("feed", f"{e.venue} cannot be read: {e.reason}"),
    ev.FeedLost: lambda e: ("feed", f"{e.venue} {e.channel} lost: {e.reason}"),
    ev.FeedBack: lambda e: ("feed", f"{e.venue} {e.channel} is there, epoch {e.epoch}"),
    ev.JournalFailed: lambda e: ("journal", f"failing: {e.reason}"),
    ev.JournalBack: lambda _: ("journal", "commits again"),
    ev.Command: _command,
    ev.StopAsked: lambda e: ("stop", f"asked: {e.reason}"),
    rec.DecisionKept: lambda r: ("decision", r.text),
    rec.OrderMoved: _closed,
    rec.FillKept: _fill,
    rec.AdoptionKept: lambda r: (
        "decision",
        f"{r.instrument} is {r.qty_after} and not {r.qty_before}: {r.why}",
    ),
}
"""How each is told; what is not named here is not."""
