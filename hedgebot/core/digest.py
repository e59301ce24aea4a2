"""A fingerprint of the state: two folds of the same events must agree on it (invariant 10)."""

import hashlib

from hedgebot.core.state import State


def digest(state: State) -> str:
    """Hexadecimal. Equal states have equal digests, in every process of the same version."""
    return hashlib.sha256(repr(state).encode()).hexdigest()
