"""A plugin of pytest: a run that left a planted secret anywhere is red, whatever its tests say.

Searched are what each test and its processes printed and logged, as far as pytest captured it, and
at the end every file of the run's temporary folders. Tests that talk to a process keep there what
it answered.
"""

from pathlib import Path

import pytest

from tests.secrecy.planted import PLANTED
from tests.secrecy.search import Leak, in_bytes, in_folder

NAME = "secrets that leaked"


class Watch:
    """What one run of pytest leaked."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.leaks: list[Leak] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for title, text in report.sections:
            where = f"{report.nodeid}: {title}"
            self.leaks += in_bytes(text.encode(errors="replace"), where, PLANTED)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.folder is not None:
            self.leaks += in_folder(self.folder, PLANTED)
        if self.leaks:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.leaks:
            return
        terminalreporter.section(NAME, red=True)
        terminalreporter.line(f"below {self.folder}")
        for leak in dict.fromkeys(self.leaks):
            terminalreporter.line(f"{leak}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Watch(), NAME)


@pytest.fixture(scope="session", autouse=True)
def _searched_folder(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> None:
    watch = pytestconfig.pluginmanager.get_plugin(NAME)
    assert isinstance(watch, Watch)
    watch.folder = tmp_path_factory.getbasetemp()
