"""Works side by side that end as one."""

from collections.abc import Iterator
from contextlib import contextmanager

from hedgebot.errors import VenueError


@contextmanager
def one_error() -> Iterator[None]:
    """Around a task group: raises one of its errors, and of several the bug (invariant 8).

    The first error cancels the other tasks; a second may come before they are gone. One that is
    no `VenueError` is a bug of ours, and a loss beside it must not hide it.
    """
    try:
        yield
    except ExceptionGroup as errors:  # what a task group raises; its callers know single errors
        _losses, bugs = errors.split(VenueError)
        raise (bugs or errors).exceptions[0] from None
