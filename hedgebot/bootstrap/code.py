"""Which code decides. Imports nothing heavy: a replay asks for it too."""

import hashlib
from functools import cache
from pathlib import Path

import hedgebot

DECIDING = ("core", "domain")
"""Folders whose source makes the decision."""


@cache
def code_version() -> str:
    """What decides: the version, and a fingerprint of the source, which changes more often."""
    root = Path(hedgebot.__file__).parent
    found = hashlib.sha256()
    for path in sorted(path for folder in DECIDING for path in (root / folder).rglob("*.py")):
        found.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return f"{hedgebot.__version__}+{found.hexdigest()[:12]}"
