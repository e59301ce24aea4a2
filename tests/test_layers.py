"""The folders are the layers: the contracts hold, and a forbidden import breaks them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT = Path(sys.executable).parent / "lint-imports"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "hedgebot", tmp_path / "hedgebot", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold(copy: Path) -> None:
    answer = lint(copy)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("core/policy.py", "import time"),
        ("core/policy.py", "import asyncio"),
        ("core/policy.py", "import hedgebot.venue_model"),
        ("venue_model/__init__.py", "import hedgebot.core"),
        ("domain/events.py", "import hedgebot.core.policy"),
        ("shell/__init__.py", "import hedgebot.adapters"),
        ("sim/__init__.py", "import hedgebot.core.policy"),
        ("adapters/__init__.py", "import hedgebot.sim"),
        ("adapters/binance/orders.py", "import hedgebot.venue_model.book"),
        ("ledger/exact.py", "import hedgebot.core.policy"),
        ("ledger/exact.py", "import time"),
        ("core/policy.py", "import hedgebot.ledger"),
        ("core/policy.py", "import numpy"),
        ("ledger/exact.py", "import polars"),
        ("shell/__init__.py", "import hedgebot.research"),
        ("stray.py", ""),
    ],
)
def test_a_forbidden_import_is_seen(copy: Path, file: str, line: str) -> None:
    path = copy / "hedgebot" / file
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    assert lint(copy).returncode == 1
