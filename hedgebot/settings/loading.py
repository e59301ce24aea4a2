"""`load`: from a file, a secrets folder and the environment to checked settings."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hedgebot.errors import Problem, SettingsError
from hedgebot.settings import sources
from hedgebot.settings.book import Settings
from hedgebot.settings.book_rules import (
    check_alerts,
    check_aliases,
    check_holdings,
    check_recorder,
    take_credentials,
)
from hedgebot.settings.found import HIDDEN, Found
from hedgebot.settings.hedge_rules import check_hedges
from hedgebot.settings.reader import Reader
from hedgebot.settings.venue_rules import check_venues

CHECKS = (
    check_venues,
    check_hedges,
    check_holdings,
    check_aliases,
    check_alerts,
    check_recorder,
)


def load(
    path: str | Path,
    *,
    secrets_dir: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read and check one book's settings.

    Args:
        path: the TOML file.
        secrets_dir: folder with one file a secret; otherwise HEDGEBOT_SECRETS_DIR, if set.
        environ: the environment; the process's own where None.

    Raises:
        SettingsError: carries every problem found, none of them with a secret's value.
    """
    environment = os.environ if environ is None else environ
    folder = secrets_dir or environment.get(sources.SECRETS_DIR) or None
    try:
        return _load(Path(path), Path(folder) if folder else None, environment)
    except RecursionError:
        problem = Problem(str(path), HIDDEN, "tables or lists are nested too deeply: flatten them")
        raise SettingsError((problem,)) from None


def _load(path: Path, folder: Path | None, environ: Mapping[str, str]) -> Settings:
    origins: dict[str, str] = {}
    found = Found(origins)
    tree: Any = sources.read_toml(path, found)
    if tree is None:
        raise SettingsError(found.problems(()))
    secrets = list(take_credentials(tree, "", found))
    variables = sources.once(
        sources.from_folder(folder, found) if folder else [],
        sources.from_environ(environ, found),
        found,
    )
    for variable in variables:
        over = sources.exploded(variable, found)
        origins.update(dict.fromkeys(sources.leaves(over), variable.origin))
        tree = sources.merged(tree, over, "", found)
    secrets += _secrets(tree)
    settings = Reader(found).table(Settings, tree, "")
    for check in CHECKS:
        check(settings, found)
    if problems := found.problems(secrets):
        raise SettingsError(problems)
    return settings


def _secrets(tree: Any) -> Iterator[str]:
    """Every text that stands where a secret does, sound or not."""
    venues = tree.get("venues")
    for venue in venues.values() if isinstance(venues, dict) else ():
        if isinstance(venue, dict):
            yield from (v for k, v in venue.items() if k.startswith("api_") and isinstance(v, str))
    alerts = tree.get("alerts")
    for key in ("urls", "critical_urls", "heartbeat_url"):
        value = alerts.get(key) if isinstance(alerts, dict) else None
        urls = value if isinstance(value, list) else [value]
        yield from (url for url in urls if isinstance(url, str))
