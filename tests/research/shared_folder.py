"""The real market data that lies beside a checkout, or a skip that says so."""

from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def table(name: str) -> Any:
    """One Parquet file as a polars frame."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"real data is not beside this checkout: {name}")
    polars: Any = pytest.importorskip("polars", reason="reading the recorded files needs polars")
    return polars.read_parquet(path)
