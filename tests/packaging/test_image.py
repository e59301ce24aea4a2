"""The image's recipe fits the repository; `clean_install.py` runs its steps where an index is."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hedgebot.cli.app import app
from tests.packaging.recipes import faults, instructions

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_what_is_copied_is_there_and_not_ignored() -> None:
    sources = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"]
    assert sorted(sources) == sorted(kept)
    assert all((ROOT / source).exists() for source in sources)


def test_only_hashed_packages_are_installed() -> None:
    installs = [rest for word, rest in instructions(DOCKERFILE) if " install " in f"{rest} "]
    assert sum("pip" in rest for rest in installs) == 1
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


def test_the_recipe_breaks_no_rule() -> None:
    assert faults(DOCKERFILE) == []


@pytest.mark.parametrize(
    ("sound", "broken", "rule"),
    [
        ("3.12.12-slim-bookworm", "latest", "image without a release or digest"),
        ("python:3.12.12-slim-bookworm", "python", "image without a release or digest"),
        ("USER 10001:10001", "USER root", "runs as root"),
        ("USER 10001:10001", "USER 0", "runs as root"),
        ("ENV PYTHONPATH", "ENV API_KEY=abc PYTHONPATH", "secret in a layer"),
        ("FROM ${BASE} AS packages", "", "one stage only"),
        ("RUN printf", "RUN apt-get install -y nano && printf", "installs in the last stage"),
        ("--require-hashes ", "", "packages without hashes"),
        ("COPY hedgebot", "ADD hedgebot", "fetches by ADD"),
        ("COPY hedgebot ", "COPY . ", "copies everything"),
        ("HEALTHCHECK", "LABEL", "no health check"),
        ('ENTRYPOINT ["hedgebot"]', "ENTRYPOINT hedgebot",
         "a shell between the signal and the program"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "no signal to stop by"),
    ],
)  # fmt: skip
def test_each_rule_of_recipes_is_seen_broken(sound: str, broken: str, rule: str) -> None:
    assert DOCKERFILE.count(sound) >= 1
    assert rule in faults(DOCKERFILE.replace(sound, broken))


def test_a_digest_is_as_good_as_a_release() -> None:
    digest = f"python@sha256:{'0a' * 32}"
    assert faults(DOCKERFILE.replace("python:3.12.12-slim-bookworm", digest)) == []


def test_the_settings_variable_is_the_command_lines_own() -> None:
    assert "HEDGEBOT_CONFIG=/etc/hedgebot/settings.toml" in DOCKERFILE
