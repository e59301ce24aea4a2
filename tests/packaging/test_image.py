"""The image's recipe fits the repository; `clean_install.py` runs its steps where an index is."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def test_what_is_copied_is_there_and_not_ignored() -> None:
    sources = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"]
    assert sorted(sources) == sorted(kept)
    assert all((ROOT / source).exists() for source in sources)


def test_only_hashed_packages_are_installed() -> None:
    installs = re.findall(r"pip install(?:[^\\\n]|\\\n)+", DOCKERFILE)
    assert len(installs) == 1
    assert "--require-hashes -r /build/requirements.lock" in " ".join(installs[0].split())


def test_the_image_runs_as_a_user_without_rights() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.index("USER 10001") < DOCKERFILE.index("ENTRYPOINT")


def test_its_commands_exist() -> None:
    health = json.loads(re.findall(r"CMD (\[.+\])", DOCKERFILE)[0])
    run = json.loads(re.findall(r"^CMD (\[.+\])", DOCKERFILE, re.MULTILINE)[0])
    assert health[0] == "hedgebot"
    for command in (health[1:], run):
        answer = CliRunner().invoke(app, [command[0], "--help"])
        assert answer.exit_code == 0
        assert all(option in answer.output for option in command[1:])


def test_the_settings_variable_is_the_command_lines_own() -> None:
    assert "HEDGEBOT_CONFIG=/etc/hedgebot/settings.toml" in DOCKERFILE
    assert "./settings.toml:/etc/hedgebot/settings.toml:ro" in COMPOSE
    assert "./secrets:/run/secrets/hedgebot:ro" in COMPOSE
    assert "HEDGEBOT_SECRETS_DIR: /run/secrets/hedgebot" in COMPOSE


@pytest.mark.process
def test_docker_reads_the_compose_file() -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no docker client here")
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("the docker client has no compose plugin")
    answer = subprocess.run(
        [docker, "compose", "config", "--quiet"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
