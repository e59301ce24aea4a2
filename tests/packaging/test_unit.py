"""The systemd unit: what systemd itself says of it, and what it promises."""

import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.settings import load

ROOT = Path(__file__).resolve().parent.parent.parent
UNIT = ROOT / "config" / "hedgebot@.service"
ANALYZE = shutil.which("systemd-analyze")
EXPOSURE_MAX = 20
"""Tenths; 100 is a service without any hardening."""


def options() -> dict[str, list[str]]:
    found = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


def test_it_starts_a_command_that_exists() -> None:
    (line,) = options()["ExecStart"]
    program, *words = line.split()
    assert program.startswith("/opt/hedgebot/bin/")
    asked = CliRunner().invoke(app, [words[0], "--help"])
    assert asked.exit_code == 0
    assert all(word in asked.output for word in words if word.startswith("--"))


def test_an_end_is_followed_by_a_start_and_a_stop_has_time() -> None:
    found = options()
    assert found["Restart"] == ["on-failure"]
    assert found["StartLimitIntervalSec"] == ["0"], "systemd itself never gives up"
    assert int(found["RestartSec"][0]) >= 5
    assert int(found["TimeoutStopSec"][0]) == 15, "the daemon ends within 10 s"
    assert "Group" in found
    assert found["User"] == ["hedgebot"]


def test_its_credentials_are_settings(tmp_path: Path) -> None:
    """systemd puts a file of that name for each into the folder that %d stands for."""
    assert "HEDGEBOT_SECRETS_DIR=%d" in options()["Environment"][0]
    names = [line.partition(":")[0] for line in options()["LoadCredential"]]
    (tmp_path / "secrets").mkdir()
    for name in names:
        (tmp_path / "secrets" / name).write_text(f"of {name.split('_')[-1]}")
    file = ROOT / "config" / "binance-demo.toml"
    credentials = load(file, secrets_dir=tmp_path / "secrets", environ={}).credentials()
    assert {each.api_secret for each in credentials.values()} == {"of secret"}
    assert set(credentials) == {"spot", "perp"}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit with a program that this machine has."""
    file = tmp_path / UNIT.name
    file.write_text(UNIT.read_text().replace("/opt/hedgebot/bin/hedgebot", "/bin/true"))
    return file


@pytest.mark.process
@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here")
def test_systemd_understands_it(installed: Path) -> None:
    def said(file: Path) -> str:
        asked = [str(ANALYZE), "verify", str(file)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    assert said(installed) == ""
    installed.write_text(installed.read_text().replace("ProtectSystem=", "ProtectSytem="))
    assert "ProtectSytem" in said(installed)


@pytest.mark.process
@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here")
def test_systemd_finds_little_exposed(installed: Path) -> None:
    def exposed(file: Path) -> int:
        asked = [str(ANALYZE), "security", "--offline=true", "--json=short", str(file)]
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
        rows = json.loads(done.stdout)
        assert len(rows) > 50
        limit = f"--threshold={EXPOSURE_MAX}"
        return subprocess.run([*asked[:3], limit, str(file)], capture_output=True, check=False,
                              timeout=60).returncode  # fmt: skip

    assert exposed(installed) == 0
    softened = installed.read_text().replace("SystemCallFilter=", "#").replace("Protect", "#")
    installed.write_text(softened.replace("User=", "#"))
    assert exposed(installed) != 0
