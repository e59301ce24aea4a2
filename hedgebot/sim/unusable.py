"""Why a recording is refused."""


class Unusable(Exception):
    """A recording that cannot be replayed, and why."""
