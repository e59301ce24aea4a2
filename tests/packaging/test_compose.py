"""The compose file's two profiles: what each service is given is there, and is what it reads.

No engine runs here: the file is read as YAML. `tests/process/test_compose.py` runs its commands.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from hedgebot.cli.app import app
from hedgebot.cli.demo.stage import KEYS
from hedgebot.settings import Network, load

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
    "services"
]
VOLUMES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"]
SETTINGS = "/etc/hedgebot/settings.toml"


def mounts(service: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Target to source, and whether it is for reading only."""
    found = [text.split(":") for text in service.get("volumes", [])]
    return {target: (source, rest == ["ro"]) for source, target, *rest in found}


def test_each_profile_is_whole() -> None:
    profiles = {name: service["profiles"] for name, service in SERVICES.items()}
    assert profiles == {"daemon": ["demo"], "exchange": ["local"], "daemon-local": ["local"]}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_few_rights_and_an_end(name: str) -> None:
    service = SERVICES[name]
    assert service["image"] == "hedgebot"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"] == "15s"
    assert not {"privileged", "ports", "user", "pid", "devices"} & set(service)
    assert {"mem_limit", "pids_limit", "logging"} <= set(service)


@pytest.mark.parametrize("name", ["daemon", "daemon-local"])
def test_a_daemon_keeps_its_journal_and_writes_nothing_else(name: str) -> None:
    given = mounts(SERVICES[name])
    volume, _ = given.pop("/var/lib/hedgebot")
    assert volume in VOLUMES
    assert all(read_only for _, read_only in given.values())
    assert SETTINGS in given


def test_the_daemon_of_demo_trading_gets_its_secrets_as_files() -> None:
    service = SERVICES["daemon"]
    folder = service["environment"]["HEDGEBOT_SECRETS_DIR"]
    assert mounts(service)[folder] == ("./secrets", True)
    assert list(service["environment"]) == ["HEDGEBOT_SECRETS_DIR"], "no key stands in the file"
    assert load(ROOT / "config" / "binance-demo.toml").venues["perp"].network is Network.DEMO


def test_the_daemon_at_the_local_exchange_reaches_it_on_its_own_loopback() -> None:
    service, exchange = SERVICES["daemon-local"], SERVICES["exchange"]
    assert service["network_mode"] == "service:exchange"
    assert service["depends_on"]["exchange"]["condition"] == "service_healthy"
    assert service["environment"] == KEYS
    source, _ = mounts(service)[SETTINGS]
    settings = load(ROOT / source, environ=service["environment"])
    port = exchange["command"][exchange["command"].index("--port") + 1]
    for venue in settings.venues.values():
        assert (venue.rest_url, venue.ws_url) == (
            f"http://127.0.0.1:{port}",
            f"ws://127.0.0.1:{port}",
        )
    asked = CliRunner().invoke(app, [*exchange["command"][:2], "--help"])
    assert asked.exit_code == 0
    assert "--port" in asked.output


@pytest.mark.process
def test_docker_reads_the_compose_file() -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no docker client here")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("the docker client has no compose plugin")
    for profile in ("local", "demo"):
        answer = subprocess.run(
            [docker, "compose", "--profile", profile, "config", "--quiet"],
            cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
        assert answer.returncode == 0, answer.stderr
