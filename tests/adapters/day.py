"""The core's busy day, made once: tests read its tape and change nothing."""

from functools import cache

from tests.core.test_invariant_10_replay import Recorder, busy


@cache
def day() -> Recorder:
    return busy()
