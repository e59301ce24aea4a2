"""What cannot be downloaded is said before anything is asked for or written."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app

BAD = {
    "no symbol": (["BTC", "--since", "2023-03-01"], "BTC: write a ccxt symbol"),
    "no time": (["BTC/USDT", "--since", "yesterday"], "'yesterday' is no time"),
    "backwards": (
        ["BTC/USDT", "--since", "2023-03-01", "--until", "2023-02-01"],
        "--until is not after --since",
    ),
    "no interval": (["BTC/USDT", "--since", "2023-03-01", "--interval", "1w"], "--interval 1w"),
    "no network": (["BTC/USDT", "--since", "2023-03-01", "--network", "moon"], "--network moon"),
    "nobody there": (
        ["BTC/USDT", "--since", "2023-03-01", "--network", "local"],
        "--network local needs --rest-url",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_said_in_a_line(case: str, tmp_path: Path) -> None:
    options, said = BAD[case]
    done = CliRunner().invoke(app, ["download", *options, "--out", str(tmp_path / "out")])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hedgebot: {said}")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()
