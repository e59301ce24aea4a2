"""What stands in a recording, line by line.

first     who wrote it, of which format and code, and the fields of every value
policy    what the user wanted, as the decision reads it
state     everything else that decisions depend on, before the first event
then, for each event
event     when it was taken up, its kind, its fields
actions   what the decision asked for; `null` where it never returned

The lines are one gzip stream, which `zcat` shows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hedgebot.adapters.recorder.encoding import Encode, dumps, encoder, shapes
from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Event, Stamped

FORMAT = 1
"""Counted up when an older reader would misread a file. A new field with a default is no reason."""
KIND = "hedgebot recording"
NOTHING = b"null"
"""Stands for the actions of a step that never returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first line."""

    kind: str = KIND
    format: int = FORMAT
    code: str
    """Version and fingerprint of the decision's source."""
    book: str
    epoch: int
    number: int
    """Of the file, in the order in which one start wrote them; from 1."""
    written_ms: int
    """UTC, when the state was taken down."""
    policy_hash: str
    """SHA-256 of the policy's line."""
    state_hash: str
    """SHA-256 of the state's line. Not `core.digest`: after 100,000 orders that takes 0.2 s."""
    shapes: dict[str, list[str]]


def _tagged(union: Any) -> Encode:
    encode = encoder(union)
    assert encode is not None, "unions have tags"
    return encode


_EVENT, _ACTION = _tagged(Event), _tagged(Action)
_POLICY, _STATE = _tagged(Policy), _tagged(State)
SHAPES = shapes(Policy, State, Event, Action)


def event_line(stamped: Stamped) -> bytes:
    """An event with its time."""
    return dumps((stamped.now, *_EVENT(stamped.event)))


def actions_line(actions: Sequence[Action] | None) -> bytes:
    """What the decision asked for; None: it never returned."""
    return NOTHING if actions is None else dumps([_ACTION(action) for action in actions])


def policy_line(policy: Policy) -> bytes:
    """The policy, exact."""
    return dumps(_POLICY(policy))


def state_line(state: State) -> bytes:
    """The state, exact."""
    return dumps(_STATE(state))


def first_line(first: First) -> bytes:
    """The first line, readable without knowing any other."""
    return dumps(asdict(first))


def line_hash(line: bytes) -> str:
    """Hexadecimal: tells apart what decisions were made by."""
    return hashlib.sha256(line).hexdigest()
