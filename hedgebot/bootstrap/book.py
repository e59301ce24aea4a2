"""A settings file, and the places that follow from it. Imports nothing heavy."""

import os
from pathlib import Path

from hedgebot.settings import Settings, load

CONFIG_VARIABLE = "HEDGEBOT_CONFIG"
KILL_VARIABLE = "HEDGEBOT_TEST_KILL"
"""Kills a daemon at a named moment, on the local network only: `after_write:2`."""
ERROR_VARIABLE = "HEDGEBOT_TEST_ERROR"
"""Raises an unknown error at a named moment (`decision`) from SIGUSR1 on, on the local network
only."""


def load_settings(config: Path) -> Settings:
    """Read and check a settings file with its environment and secrets.

    Raises:
        SettingsError: carries every problem.
    """
    ours = {CONFIG_VARIABLE, KILL_VARIABLE, ERROR_VARIABLE}
    environ = {name: value for name, value in os.environ.items() if name not in ours}
    return load(config, environ=environ)


def control_path(settings: Settings) -> Path:
    """The control socket, beside the journal."""
    path = settings.journal_path
    return path.with_name(path.name + ".sock")
