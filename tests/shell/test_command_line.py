"""What the command line does without a daemon or a venue."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hedgebot import __version__
from hedgebot.cli.app import app
from hedgebot.cli.options import duration_ms
from hedgebot.cli.said import say_rows, text_of, user_errors
from hedgebot.errors import Problem, SettingsError, StartRefused, VenueError

runner = CliRunner()


def test_the_version_is_one_line() -> None:
    result = runner.invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"hedgebot {__version__}\n")


def test_the_schema_is_json_and_names_no_credential() -> None:
    result = runner.invoke(app, ["schema"])
    assert result.exit_code == 0
    schema = json.loads(result.output)
    assert {"name", "mode", "venues", "hedges"} <= set(schema["properties"])
    assert "api_secret" not in result.output


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["plan"],
        ["check"],
        ["status"],
        ["pause"],
        ["resume"],
        ["reduce-only"],
        ["flatten"],
        ["holdings", "set"],
        ["alerts", "test"],
        ["journal", "orders"],
        ["journal", "fills"],
        ["journal", "alerts"],
        ["journal", "decisions"],
        ["journal", "ledger"],
        ["sim", "binance"],
        ["demo"],
        ["schema"],
    ],
)
def test_every_command_explains_itself(command: list[str]) -> None:
    result = runner.invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize(
    ("text", "ms"), [("90s", 90_000), ("30m", 1_800_000), ("8h", 28_800_000), ("2d", 172_800_000)]
)
def test_durations(text: str, ms: int) -> None:
    assert duration_ms(text) == ms


@pytest.mark.parametrize("text", ["", "5", "0s", "-5s", "1.5h", "soon", "5 w", "9999999s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="90s, 30m"):
        duration_ms(text)


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (SettingsError((Problem("a.b", "1", "mend it"), Problem("c", "2", "mend that"))), 2),
        (StartRefused("another hedgebot runs"), 1),
        (VenueError("perp cannot be read\nspot neither"), 2),
    ],
)
def test_an_error_made_on_purpose_is_a_line_a_problem_and_exit_2(
    capsys: pytest.CaptureFixture[str], error: Exception, lines: int
) -> None:
    with pytest.raises(typer.Exit) as left, user_errors():
        raise error
    assert left.value.exit_code == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == lines
    assert all(line.startswith("hedgebot: ") for line in said)


def test_a_bug_of_ours_is_not_dressed_up() -> None:
    with pytest.raises(ZeroDivisionError), user_errors():
        raise ZeroDivisionError


def test_the_command_line_imports_nothing_heavy() -> None:
    heavy = "{'ccxt', 'sqlalchemy', 'aiohttp', 'apprise'}"
    code = f"import sys, hedgebot.cli; print({heavy} & set(sys.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert said.stdout == "set()\n"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("band", ["-0.02", "0.02"], "-0.02 .. 0.02"),
        ("causes", ["+1 BTC arrived", "sold 1"], "+1 BTC arrived\nsold 1"),
        ("causes", [], "-"),
        ("deviation", None, "-"),
        ("exposure", {"spot": "1", "linear": "-1"}, "spot 1, linear -1"),
        (
            "in_transit",
            [{"coin": "BTC", "counts_until_ms": 1_700_000_000_000}],
            "coin BTC, counts_until 2023-11-14 22:13:20 UTC",
        ),
    ],
)
def test_a_hedge_is_shown_in_words(name: str, value: object, text: str) -> None:
    assert text_of(name, value) == text


def test_a_time_stays_on_one_line_of_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    wide = "perp:BTC/USDT:USDT " * 5
    say_rows("orders", [{"time": "2026-11-22 13:06:43", "a": wide, "b": wide, "c": wide}])
    assert "2026-11-22 13:06:43" in capsys.readouterr().out


def test_a_table_that_is_piped_folds_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = "perp:BTC/USDT:USDT " * 15
    say_rows("orders", [{"text": wide}])
    assert wide.strip() in capsys.readouterr().out


def test_output_that_cannot_be_written_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "hedgebot", "schema"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=30,
        )  # fmt: skip
    told = "hedgebot: the output could not be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_the_exchange_without_a_name_shows_those_that_there_are() -> None:
    assert "binance" in runner.invoke(app, ["sim"]).output
