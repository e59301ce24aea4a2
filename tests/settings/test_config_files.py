"""Every ready-to-edit file loads as it is, once credentials are given outside of it."""

from pathlib import Path

import pytest

from hedgebot.settings import Mode, Network, load

FOLDER = Path(__file__).resolve().parent.parent.parent / "config"
GRID = "sweep.toml"
"""What `hedgebot sweep` plays, and no book."""
FILES = sorted(file for file in FOLDER.glob("*.toml") if file.name != GRID)
KEYS = {
    f"HEDGEBOT_VENUES__{venue}__{part}": f"dummy-{part.lower()}"
    for venue in ("SPOT", "PERP")
    for part in ("API_KEY", "API_SECRET")
}
COIN_KEYS = {
    f"HEDGEBOT_VENUES__COIN__{part}": f"dummy-{part.lower()}" for part in ("API_KEY", "API_SECRET")
}


def keys(file: Path) -> dict[str, str]:
    return COIN_KEYS if file.name == "synthetic-dollar.toml" else KEYS


def test_the_four_files_are_there() -> None:
    assert {file.name for file in FILES} == {
        "local.toml",
        "binance-demo.toml",
        "binance-mainnet.toml",
        "synthetic-dollar.toml",
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_ready_file_loads(file: Path) -> None:
    settings = load(file, environ=keys(file))
    entries = ["coin"] if keys(file) is COIN_KEYS else ["spot", "perp"]
    assert list(settings.credentials()) == entries
    assert [venue.name for venue in settings.policy().venues] == entries
    assert all(line.isascii() and len(line) <= 100 for line in file.read_text().splitlines())


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_is_commented_out_loads_too(file: Path, tmp_path: Path) -> None:
    """A commented line that reads as TOML is an offer: taking it up must work."""
    offers = (
        "# [",
        "# asset",
        "# label",
        "# qty",
        "# WB",
        "# allow",
        "# set_",
        "# leverage",
        "# total_mb",
        "# enabled",
    )
    offered = [
        line.removeprefix("# ") if line.startswith(offers) else line
        for line in file.read_text().splitlines()
    ]
    copy = tmp_path / file.name
    copy.write_text("\n".join(offered))
    live = keys(file) | {"HEDGEBOT_MODE": "live"}
    assert load(copy, environ=live).mode is Mode.LIVE


def test_only_the_local_file_starts_live() -> None:
    for file in FILES:
        settings = load(file, environ={})
        local = {venue.network for venue in settings.venues.values()} == {Network.LOCAL}
        assert settings.dry_run is not local
