"""A sound settings file to spoil, and a way to load text."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

from hedgebot.errors import Problem, SettingsError
from hedgebot.settings import Settings, load

GOOD = """
name = "treasury"
mode = "live"
journal = "sqlite:///var/treasury.db"

[venues.spot]
exchange = "binance"
network = "demo"
account = "main"
wallets = ["spot"]

[venues.perp]
exchange = "binanceusdm"
network = "demo"
account = "main"
leverage = 3
margin_mode = "cross"

[[hedges]]
asset = "BTC"
ratio = "1"
band = { lower = "-0.02", upper = "0.02", unit = "coin" }
rebalance_to = "target"
instruments = ["perp:BTC/USDT:USDT"]
order = { slippage_max = "0.002", slippage_urgent = "0.006", notional_max = "250000" }

[[holdings]]
asset = "BTC"
label = "cold storage"
qty = "12.5"

[aliases]
WBTC = { asset = "BTC", rate = "1" }

[limits]

[alerts]
"""

Load: TypeAlias = Callable[..., Settings]
Refuse: TypeAlias = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    def loaded(text: str = GOOD, environ: Mapping[str, str] | None = None) -> Settings:
        file = tmp_path / "book.toml"
        file.write_text(text, encoding="utf-8")
        folder = tmp_path / "secrets"
        return load(file, secrets_dir=folder if folder.exists() else None, environ=environ or {})

    return loaded


@pytest.fixture
def refuse_text(load_text: Load) -> Refuse:
    def refused(text: str = GOOD, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
        with pytest.raises(SettingsError) as caught:
            load_text(text, environ)
        return caught.value.problems

    return refused


@pytest.fixture
def secret(tmp_path: Path) -> Callable[[str, str], Path]:
    folder = tmp_path / "secrets"

    def written(name: str, text: str) -> Path:
        folder.mkdir(exist_ok=True)
        file = folder / name
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def good() -> str:
    return GOOD
