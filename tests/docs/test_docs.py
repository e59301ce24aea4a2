"""What the documents say exists: commands, options, links, settings, exit codes."""

import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from hedgebot.cli.app import app
from hedgebot.settings import Settings, load

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMENTED = [*sorted((ROOT / "config").glob("*.toml")), ROOT / "docker-compose.yml"]
BEGINNING = re.compile(r"(?:^|/|daemon )hedgebot ((?:-|[a-z])\S*(?: .*)?)$")
"""A command as it stands in code; `a hedgebot that` in a sentence is none."""


def commands(page: Path) -> list[str]:
    text = page.read_text()
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    spans = re.findall(r"`([^`\n]+)`", text)
    lines = blocks.splitlines() if page.suffix == ".md" else text.splitlines()
    code = [line.strip("# ").split("   ")[0].strip() for line in lines] + spans
    return [found[1] for line in code if (found := BEGINNING.search(line))]


def unknown(words: list[str]) -> list[str]:
    """The words that are no command, and the options that the command does not have."""
    command = get_command(app)
    rest = list(words)
    while isinstance(command, TyperGroup) and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    if isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        return rest[:1]
    options = {option for each in command.params for option in each.opts}
    return [word for word in rest if word.startswith("--") and word not in options]


@pytest.mark.parametrize("page", PAGES + COMMENTED, ids=lambda page: page.name)
def test_every_command_exists(page: Path) -> None:
    wrong = {line: bad for line in commands(page) if (bad := unknown(line.split()))}
    assert wrong == {}


def test_the_commands_are_found() -> None:
    assert {"run", "check", "plan"} <= {line.split()[0] for line in commands(PAGES[0])}
    assert unknown(["walk"]) == ["walk"]
    assert unknown(["run", "--fast"]) == ["--fast"]


def test_every_command_is_in_the_readme() -> None:
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    text = PAGES[0].read_text()
    assert [name for name in top.commands if f"`hedgebot {name}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", page.read_text())
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_no_half_merged_change_is_left(page: Path) -> None:
    lines = page.read_text().splitlines()
    assert [line for line in lines if line.startswith(("<<<<<<<", "=======", ">>>>>>>"))] == []


def test_the_local_exchange_has_one_port_everywhere() -> None:
    texts = [page.read_text() for page in [*PAGES, *COMMENTED]]
    ports = {port for text in texts for port in re.findall(r"127\.0\.0\.1:(\d+)", text)}
    assert ports == {"18080"}


def test_the_settings_of_the_readme_load(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", PAGES[0].read_text(), re.MULTILINE | re.DOTALL)
    file = tmp_path / "book.toml"
    file.write_text(example)
    assert load(file, environ={}).holdings[0].label == "cold storage"


def test_the_variables_of_the_pages_are_settings() -> None:
    text = "\n".join(page.read_text() for page in [*PAGES, *COMMENTED])
    names = set(re.findall(r"HEDGEBOT_([A-Z0-9_]+)", text)) - {"CONFIG", "SECRETS_DIR"}
    assert names
    assert {name.partition("__")[0].lower() for name in names} <= Settings.model_fields.keys()
