"""A recorded event, decided again."""

from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.core.step import step
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped


def fold(state: State, stamped: Stamped, policy: Policy) -> tuple[tuple[Action, ...], str]:
    """What an event leads to; and, empty unless the decision raised, the error and its text."""
    try:
        return tuple(step(state, stamped, policy)), ""
    except Exception as error:  # noqa: BLE001 - whatever a bug raises: it ended the daemon too
        return (), f"{type(error).__name__}: {error}"
