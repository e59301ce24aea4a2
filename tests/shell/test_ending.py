"""How a stop ends: the log's level and the exit code say the same."""

from collections.abc import Sequence

from structlog.testing import capture_logs

from hedgebot.domain.actions import Action
from hedgebot.domain.events import Event
from tests.shell.fakes import Deaf, FakeJournal, FakeVenue, until
from tests.shell.running import running


def nothing(_event: Event) -> Sequence[Action]:
    return ()


async def test_a_stop_that_the_journal_does_not_take_is_told_and_ends_with_1() -> None:
    """A person must know: log level and exit code say the same."""
    journal = FakeJournal()
    with capture_logs() as lines:
        async with running(nothing, journal=journal) as bench:
            await until(lambda: bench.script.seen)
            journal.failing = "database or disk is full"
            ending = await bench.stopped()
    assert (ending.exit_code, ending.error) == (1, "")
    assert "last rows: JournalError" in ending.reason
    (ended,) = [line for line in lines if line["event"] == "ended"]
    assert (ended["log_level"], ended["exit_code"]) == ("critical", 1)


async def test_what_does_not_matter_later_is_a_warning_and_ends_with_0() -> None:
    deaf = Deaf()

    def release() -> None:
        deaf.released = True

    with capture_logs() as lines:
        async with running(nothing, venue=FakeVenue(on_close=deaf), release=release) as bench:
            ending = await bench.stopped()
    assert ending.exit_code == 0
    levels = {line["event"]: line["log_level"] for line in lines}
    assert (levels["not closed in order"], levels["ended"]) == ("warning", "info")
