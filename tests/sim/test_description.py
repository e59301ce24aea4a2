"""docs/local-exchange.md names every command and every fault, with its fields."""

from pathlib import Path

from hedgebot.sim.control.fate import EVENT_FAULTS, FAULTS
from tests.sim.callers import Caller

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "local-exchange.md").read_text()


async def test_every_command_and_fault_is_described(caller: Caller) -> None:
    _, answer = await caller.refused("nothing")
    commands = answer["error"].partition("there are: ")[2].split(", ")
    assert len(commands) > 25
    words = set(TEXT.replace("|", " ").replace(",", " ").replace("`", " ").split())
    assert {*commands, *FAULTS, *EVENT_FAULTS} - words == set()
