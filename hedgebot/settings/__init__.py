"""What a user may configure: a TOML file, a secrets folder, the environment.

settings = load("treasury.toml")      # SettingsError carries every problem at once
settings.policy()                     # what decisions need
settings.credentials()["perp"]        # refused by name where missing
settings.secret_values()              # for the log's redactor
"""

from hedgebot.settings.book import AlertsTable, LogTable, Settings, schema
from hedgebot.settings.loading import load
from hedgebot.settings.values import Mode, Network
from hedgebot.settings.venue_tables import Credentials, VenueTable

__all__ = [
    "AlertsTable",
    "Credentials",
    "LogTable",
    "Mode",
    "Network",
    "Settings",
    "VenueTable",
    "load",
    "schema",
]
