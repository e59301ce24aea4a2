"""What the product is made of at run time: `python -m tests.packaging.components > sbom.json`.

A CycloneDX 1.6 bill of materials of `requirements.lock`, with each component's licence as its own
metadata names it, and the hashes that pip checks.
"""

import importlib.metadata
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)")
HASH = re.compile(r"--hash=sha256:(?P<digest>[0-9a-f]{64})")
ELSEWHERE = {"colorama": "BSD-3-Clause", "tzdata": "Apache-2.0", "winloop": "MIT OR Apache-2.0"}
"""Needed on Windows only and not installed here: licences as their projects state them."""
WORDS = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What older metadata says, as SPDX."""


@dataclass(frozen=True, slots=True)
class Component:
    """One package of the lock."""

    name: str
    version: str
    licence: str
    """SPDX expression; empty: it names none."""
    hashes: tuple[str, ...]


def components() -> Iterator[Component]:
    """Every package that `pip install hedgebot` may bring, in the order of the lock."""
    for block in re.split(r"\n(?=\S)", LOCK.read_text()):
        pinned = PINNED.match(block)
        if pinned:
            name, version = pinned["name"], pinned["version"]
            yield Component(name, version, licence_of(name), tuple(HASH.findall(block)))


def licence_of(name: str) -> str:
    """As its metadata says: the expression, else the classifiers, else the old free text."""
    try:
        told = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ELSEWHERE.get(name, "")
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classifiers = [str(each) for each in told.get_all("Classifier") or ()]
    named = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: OSI")]
    return " OR ".join(WORDS.get(each, each) for each in named or told.get_all("License") or [])


def bill() -> dict[str, Any]:
    """The whole, as CycloneDX JSON."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "hedgebot"}},
        "components": [
            {
                "type": "library",
                "name": each.name,
                "version": each.version,
                "purl": f"pkg:pypi/{each.name}@{each.version}",
                "licenses": [{"expression": each.licence}],
                "hashes": [{"alg": "SHA-256", "content": digest} for digest in each.hashes],
            }
            for each in components()
        ],
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
