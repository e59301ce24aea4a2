"""What the compose file's local profile says, run without containers at other ports."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process.town import Town, until

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
    "services"
]


def well(port: str) -> bool:
    """What the health check of the exchange says of a port."""
    kind, _, *code = SERVICES["exchange"]["healthcheck"]["test"]
    assert kind == "CMD"
    asked = [sys.executable, *(part.replace("18080", port) for part in code)]
    return subprocess.run(asked, capture_output=True, check=False, timeout=30).returncode == 0


async def test_a_daemon_with_its_settings_and_variables_hedges(town: Town) -> None:
    port = town.addresses.rest.rpartition(":")[2]
    assert well(port)
    assert not well("9")
    text = (ROOT / "config" / "local.toml").read_text().replace("18080", port)
    journal = f"sqlite:///{town.folder}/town.db"
    town.config.write_text(text.replace("sqlite:///var/local.db", journal))
    town.environ = dict(SERVICES["daemon-local"]["environment"])
    town.start()
    await until(lambda: town.position() == -10)
    health = town.cli("status", "--json")  # the health check of the image
    assert health.returncode == 0
    assert json.loads(health.stdout)["book"] == "local"
    assert town.stop() == 0
    assert town.cli("status", "--json").returncode != 0
