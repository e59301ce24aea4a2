"""A person at the control channel."""

from decimal import Decimal as D

from hedgebot.domain.actions import Action, Answer
from hedgebot.domain.events import (
    Command,
    CommandKind,
)
from hedgebot.domain.records import Verdict
from tests.core.world import (
    World,
    only,
)


def ask(
    world: World,
    kind: CommandKind,
    *,
    asset: str | None = None,
    reason: str = "",
    expires_ms: int | None = None,
) -> tuple[Answer, list[Action]]:
    found = world.tell(
        Command(
            command_id="c7", kind=kind, asset=asset, by="ann", reason=reason, expires_ms=expires_ms
        )
    )
    (answer,) = only(Answer, found)
    assert answer.command_id == "c7"
    return answer, found


def state(world: World) -> Verdict | None:
    return world.state.hedges["BTC"].said.verdict


def hedged() -> World:
    return World().start(D(1), D(-1))
