"""A plugin of pytest: what tests counted is told at the end, whoever ran them and where.

A test says it by `record_property(name, text)`.
"""

from itertools import chain

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = chain.from_iterable(map(terminalreporter.getreports, ("passed", "failed")))
    for report in reports:
        for name, text in report.user_properties:
            terminalreporter.line(f"{name}: {text}")
