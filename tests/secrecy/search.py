"""Searches texts and files for secrets: as they are, unpacked, and cell by cell."""

import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

SHAPES = {
    # 64 hexadecimal digits of HMAC-SHA256; keys of other kinds sign in base64
    "signature of a request": (
        b"signature",
        re.compile(rb"signature[\"'\\]*\s*[=:,]\s*[\"'\\]*[\w%+/=-]{64}"),
    ),
    "listen key by its name": (
        b"isten",
        re.compile(rb"(?i)listen_?key[\"'\\]*\s*[=:,]\s*[\"'\\]*\w{16}"),
    ),
}
"""What a secret looks like that nobody planted: a word that is quickly found, and the whole."""
GZIP = b"\x1f\x8b"
SQLITE = b"SQLite format 3\0"
UNPACKED_MAX = 1 << 28
INPUTS = ("*.toml", "secrets/*", "*.py", "*.pyc")
"""What a test wrote for the product to read, secrets and all, and copies of its own source, which
names the local exchange's keys."""
BROKEN_ON_PURPOSE = "broken recorder"
"""The folder of a recorder whose masking was taken out, to see a test fail."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret where none may be."""

    where: str
    offset: int
    """In bytes, of the file, its unpacked form, the table's cell or the captured text."""
    secret: str
    """Its name, not the secret."""

    def __str__(self) -> str:
        return f"{self.where}, offset {self.offset}: {self.secret}"


def in_bytes(found: bytes, where: str, planted: Mapping[str, str]) -> Iterator[Leak]:
    """Each secret once, at its first place."""
    for name, secret in planted.items():
        offset = found.find(secret.encode())
        if offset >= 0:
            yield Leak(where, offset, name)
    for name, (word, shape) in SHAPES.items():
        match = shape.search(found) if word in found else None
        if match:
            yield Leak(where, match.start(), name)


def in_folder(folder: Path, planted: Mapping[str, str]) -> Iterator[Leak]:
    """In the name and content of every file below, however deep."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        yield from in_bytes(path.name.encode(), f"the name {inside}", planted)
        if path.is_symlink() or not path.is_file() or _excused(inside):
            continue
        for form, content in _forms(path):
            yield from in_bytes(content, f"{inside}{form}", planted)


def _excused(path: Path) -> bool:
    return any(path.match(each) for each in INPUTS) or BROKEN_ON_PURPOSE in path.parts


def _forms(path: Path) -> Iterator[tuple[str, bytes]]:
    raw = path.read_bytes()
    yield "", raw
    if raw.startswith(GZIP):
        yield " (unpacked)", _unpacked(raw)
    if raw.startswith(SQLITE):
        yield from _cells(path)


def _unpacked(raw: bytes) -> bytes:
    """All members of a gzip file, as far as they can be read: a kill leaves no proper end."""
    parts: list[bytes] = []
    while raw.startswith(GZIP) and sum(map(len, parts)) < UNPACKED_MAX:
        stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            parts.append(stream.decompress(raw, UNPACKED_MAX))
        except zlib.error:
            break
        raw = stream.unused_data
    return b"".join(parts)


def _cells(path: Path) -> Iterator[tuple[str, bytes]]:
    """Long texts lie in pieces over several pages of the file: read them as the rows have them."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.1)) as base:
            names = [name for (name,) in base.execute("SELECT name FROM sqlite_master")]
            for name in names:
                yield from _rows(base, name)
    except sqlite3.Error:
        return  # spoilt by a test, or locked: its bytes were searched


def _rows(base: sqlite3.Connection, table: str) -> Iterator[tuple[str, bytes]]:
    kind = base.execute("SELECT type FROM sqlite_master WHERE name = ?", [table]).fetchone()
    if kind != ("table",):
        return
    for number, row in enumerate(base.execute(f'SELECT * FROM "{table}"'), 1):
        text = "\n".join(str(cell) for cell in row if isinstance(cell, str | bytes))
        yield f" (row {number} of {table})", text.encode()
