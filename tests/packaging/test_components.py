"""Licences that a company may ship, and a bill of materials that agrees with the lock."""

import re

from tests.packaging.components import LOCK, ROOT, bill, components

ALLOWED = {
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MPL-2.0",
    "PSF-2.0",
}
"""Permissive, or (MPL) copyleft for the changed file only. No GPL, AGPL, LGPL, no unknown one."""
TABLE = ROOT / "docs" / "dependencies.md"


def names(expression: str) -> set[str]:
    return set(re.split(r" AND | OR |[()]", expression)) - {""}


def test_every_licence_may_be_shipped() -> None:
    found = {each.name: names(each.licence) for each in components()}
    refused = {name: licences - ALLOWED for name, licences in found.items()}
    assert {name: left for name, left in refused.items() if left} == {}
    assert [name for name, licences in found.items() if not licences] == []


def test_the_bill_has_each_package_of_the_lock_with_its_hashes() -> None:
    listed = bill()["components"]
    assert len(listed) == len(re.findall(r"^\S+==", LOCK.read_text(), re.MULTILINE)) > 30
    assert all(each["hashes"] for each in listed)
    assert all(len(each["hashes"]) == len(set(map(str, each["hashes"]))) for each in listed)


def test_the_table_of_dependencies_names_each_with_its_licence() -> None:
    rows = set(TABLE.read_text().splitlines())
    missing = [row(each.name, each.licence) for each in components()]
    assert [line for line in missing if line not in rows] == []


def row(name: str, licence: str) -> str:
    """A line of the table."""
    return f"| {name} | {licence} |"
