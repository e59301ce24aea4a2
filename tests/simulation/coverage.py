"""Which fault met an order in which state."""

from collections import Counter

from tests.simulation.plan import KINDS

STATES = ("idle", "sent", "accepted", "unknown", "closed")
CELL_MIN, SEEDS = 20, 10_000
"""Every cell at least so often, in so many seeds or more."""


def table(met: Counter[tuple[str, str]]) -> str:
    head = f"{'fault or disturbance':<20}" + "".join(f"{state:>10}" for state in STATES)
    rows = [
        f"{kind:<20}" + "".join(f"{met[kind, state]:>10}" for state in STATES) for kind in KINDS
    ]
    return "\n".join([head, *rows])


def thin_cells(met: Counter[tuple[str, str]], played: int) -> list[str]:
    """Cells below the minimum; none where so few seeds were played that chance alone decides."""
    if played < SEEDS:
        return []
    return [
        f"{kind} x {state}: {met[kind, state]}"
        for kind in KINDS
        for state in STATES
        if met[kind, state] < CELL_MIN
    ]
