"""A plugin of pytest: a run that left a planted secret anywhere is red, whatever its tests say.

Searched are what each test and its processes printed and logged, as far as pytest captured it, and
at the end every file of the run's temporary folders. Tests that talk to a process keep there what
it answered.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.secrecy.planted import PLANTED
from tests.secrecy.search import in_bytes, in_folder

NAME = "secrets that leaked"
SENT = "leaks"
"""What a worker says of them to the run that started it."""


class Watch:
    """What one run of pytest leaked; beside others, each worker searches its own folder."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.leaks: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for title, text in report.sections:
            where = f"{report.nodeid}: {title}"
            self.leaks += map(str, in_bytes(text.encode(errors="replace"), where, PLANTED))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.folder is not None:
            found = in_folder(self.folder, PLANTED)
            self.leaks += [f"{self.folder}: {leak}" for leak in found]
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[SENT] = self.leaks
        if self.leaks:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker is done. Of one that died only what its tests printed is known: it is red."""
        self.leaks += getattr(node, "workeroutput", {}).get(SENT, [])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.leaks:
            return
        terminalreporter.section(NAME, red=True)
        for leak in dict.fromkeys(self.leaks):
            terminalreporter.line(leak)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Watch(), NAME)


@pytest.fixture(scope="session", autouse=True)
def _searched_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> None:
    watch = pytestconfig.pluginmanager.get_plugin(NAME)
    assert isinstance(watch, Watch)
    watch.folder = tmp_path_factory.getbasetemp()
