"""Each rule of the books, broken on purpose in a copy: a test notices."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = {
    "a record told twice is one posting": (
        "postings.py",
        "kept.setdefault(each.key, each)",
        "kept.setdefault((each.key, len(kept)), each)",
    ),
    "the unexplained is never computed away": (
        "statement.py",
        "left = less(less(end, begin), total(each.change for each in own))",
        "left = ZERO",
    ),
    "a reading inside a record opens and closes nothing": (
        "statement.py",
        "return not before or self.latest[before - 1] < reading.from_ms",
        "return True",
    ),
    "every listing must vouch for a closing": (
        "statement.py",
        "return min(read) - SETTLE_MS if read else 0",
        "return max(read) if read else 0",
    ),
    "an asset without a posting is looked at too": (
        "statement.py",
        "{each.asset for each in inside if each.cause}.union(*named)",
        "{each.asset for each in inside if each.cause}",
    ),
    "an unknown word explains nothing": (
        "statement.py",
        "if each.asset == asset and each.cause]",
        "if each.asset == asset]",
    ),
    "what is rounded is refused": ("exact.py", "traps=[Inexact]", "traps=[]"),
    "an entry has two sides": ("double.py", "-posting.change", "posting.change"),
}


def judged(folder: Path) -> int:
    """Exit code of the statement's tests in that folder: 0 all pass, 1 one noticed."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/ledger"],
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=120,
    ).returncode


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "hedgebot", tmp_path / "hedgebot", ignore=skipped)
    (tmp_path / "tests" / "ledger").mkdir(parents=True)
    for name in ("samples.py", "test_statement.py"):
        shutil.copy(ROOT / "tests" / "ledger" / name, tmp_path / "tests" / "ledger")
    return tmp_path


def test_a_sound_copy_passes(copy: Path) -> None:
    assert judged(copy) == 0


@pytest.mark.parametrize("rule", list(RULES))
def test_a_broken_rule_is_noticed(copy: Path, rule: str) -> None:
    name, sound, broken = RULES[rule]
    path = copy / "hedgebot" / "ledger" / name
    source = path.read_text()
    assert source.count(sound) == 1
    path.write_text(source.replace(sound, broken))
    assert judged(copy) == 1
