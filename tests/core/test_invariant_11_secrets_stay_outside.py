"""Invariant 11: the decision is told no secret, so no row, alert, answer or repr of it has one."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal as D
from pathlib import Path

from pydantic import SecretStr

from hedgebot.core import report
from hedgebot.domain.events import Command, CommandKind
from hedgebot.settings import load
from tests.core.world import World
from tests.secrecy.planted import SETTINGS_KEY, SETTINGS_SECRET, SETTINGS_TOKEN

CONFIG = Path(__file__).resolve().parents[2] / "config" / "local.toml"
KEY, SECRET, TOKEN = SETTINGS_KEY, SETTINGS_SECRET, f"tgram://123456789:{SETTINGS_TOKEN}/42"
ENVIRON = {
    f"HEDGEBOT_VENUES__{venue}__API_{part}": text
    for venue in ("SPOT", "PERP")
    for part, text in (("KEY", KEY), ("SECRET", SECRET))
} | {"HEDGEBOT_ALERTS__URLS__0": TOKEN}


def parts(value: object) -> Iterator[object]:
    """Everything that a value holds, at any depth."""
    yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from parts(pair)
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from parts(each)


def test_what_decides_is_given_no_secret() -> None:
    settings = load(CONFIG, environ=ENVIRON)
    assert settings.credentials()["perp"].api_secret == SECRET, "the settings know them"
    held = list(parts(settings.policy()))
    assert len(held) > 50
    assert [each for each in held if isinstance(each, SecretStr)] == []
    texts = [each for each in held if isinstance(each, str)]
    assert [text for text in texts for secret in (KEY, SECRET, TOKEN) if secret in text] == []


def test_nothing_that_it_says_has_one() -> None:
    policy = load(CONFIG, environ=ENVIRON).policy()
    world = World(policy=policy).start(D(1))
    world.tell(Command(command_id="1", kind=CommandKind.PAUSE, by="ann", reason="lunch"))
    world.wait(30_000)
    said = repr(world.actions) + repr(world.state) + repr(report.status(world.state, policy, 0))
    assert "lunch" in said
    assert [secret for secret in (KEY, SECRET, SETTINGS_TOKEN) if secret in said] == []
