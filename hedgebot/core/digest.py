"""A fingerprint of the state: two folds of the same events must agree on it (invariant 10)."""

import hashlib
from dataclasses import replace

from hedgebot.core.state import State


def digest(state: State) -> str:
    """Hexadecimal. Equal states have equal digests, in every process of the same version."""
    wakes = state.wakes
    # A set prints in the order of its hashes, which every process salts anew.
    sets = (sorted(wakes.moved), sorted(wakes.dirty))
    still = replace(state, wakes=replace(wakes, moved=set(), dirty=set()))
    return hashlib.sha256(f"{still!r} {sets}".encode()).hexdigest()
