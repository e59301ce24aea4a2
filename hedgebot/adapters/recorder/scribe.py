"""Turns what was remembered into lines, secrets masked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedgebot.adapters.recorder import layout
from hedgebot.adapters.recorder.masking import Mask, masked
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped


class Entry:
    """One event and what was decided; None: the decision has not returned."""

    __slots__ = ("actions", "stamped")

    def __init__(self, stamped: Stamped) -> None:
        self.stamped = stamped
        self.actions: Sequence[Action] | None = None


@dataclass(frozen=True, slots=True)
class Scribe:
    """Writes down one book: its state and policy are the deciding task's own."""

    state: State
    policy: Policy
    code: str
    """What decides: version and fingerprint."""
    mask: Mask

    @property
    def calm(self) -> bool:
        """Whether a few milliseconds matter to no order."""
        return not self.state.desk.orders

    def lines(self, entries: Iterable[Entry]) -> bytes:
        """Events and actions.

        Raises:
            TypeError, ValueError, LookupError, AttributeError: a value is not of its type.
        """
        found = []
        for entry in entries:
            found.append(layout.event_line(entry.stamped))
            found.append(layout.actions_line(entry.actions))
        return _joined(masked(found, self.mask))

    def opening(self, *, number: int, written_ms: int) -> bytes:
        """What a file begins with: takes as long as the state is large.

        Raises:
            TypeError, ValueError, LookupError, AttributeError: a value is not of its type.
        """
        wanted, stood = masked(
            [layout.policy_line(self.policy), layout.state_line(self.state)], self.mask
        )
        first = layout.First(
            code=self.code,
            book=self.policy.book,
            epoch=self.state.desk.epoch,
            number=number,
            written_ms=written_ms,
            policy_hash=layout.line_hash(wanted),
            state_hash=layout.line_hash(stood),
            shapes=layout.SHAPES,
        )
        return _joined([*masked([layout.first_line(first)], self.mask), wanted, stood])


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
