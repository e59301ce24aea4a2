"""`Settings`: one settings file, one book."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from hedgebot.core.policy import Policy
from hedgebot.domain.actions import Severity
from hedgebot.errors import Problem, SettingsError
from hedgebot.settings.hedge_tables import AliasTable, HedgeTable, HoldingTable
from hedgebot.settings.limits_table import LimitsTable
from hedgebot.settings.recorder_table import RecorderTable
from hedgebot.settings.values import JournalUrl, Mode, Name, Seconds, Whole, milliseconds
from hedgebot.settings.venue_tables import TABLE, Credentials, VenueTable

PREFIX = "HEDGEBOT_"
"""Of every environment variable that overrides the file."""


class AlertsTable(BaseModel):
    """Who is told."""

    model_config = TABLE

    urls: tuple[SecretStr, ...] = Field(default=(), exclude=True)
    """Apprise URLs. Those with a token or a password belong in environment or secrets folder."""
    min_severity: Severity = Severity.INFO
    """Least severity that `urls` get: `info`, `warning` or `critical`."""
    critical_urls: tuple[SecretStr, ...] = Field(default=(), exclude=True)
    """Apprise URLs of what wakes a person: they get critical alerts, and the end of these."""
    per_minute: Annotated[Whole, Field(ge=1, le=60)] = 10
    """Most messages a minute to one address, critical ones counted apart; the rest are summed."""
    remind_s: Seconds = Decimal(3_600)
    """A critical alert that is still open is sent again after so long; 0: never."""
    heartbeat_url: SecretStr | None = Field(default=None, exclude=True)
    """A dead man's switch: this URL is read while all is well. Environment or secrets folder."""
    heartbeat_s: Annotated[Seconds, Field(ge=1, le=3_600)] = Decimal(60)
    """Pause between two heartbeats."""


class LogTable(BaseModel):
    """Log lines, on standard error."""

    model_config = TABLE

    format: Literal["json", "console"] = "console"
    """`json` for machines, `console` for people."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least level that is written."""


class BooksTable(BaseModel):
    """The books: what the venues' records say of every change of a wallet."""

    model_config = TABLE

    every_s: Annotated[Seconds, Field(ge=1, le=86_400)] = Decimal(300)
    """Pause between two readings of wallets, income, deposits, withdrawals and transfers."""


class Settings(BaseSettings):
    """A settings file: one book. Made by `load`, which checks all of it."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
    )

    name: Name
    """The book's name. It is part of every order id: keep it once orders were sent."""
    mode: Mode
    """`live` sends orders; `dry-run` reads the same streams and sends nothing."""
    journal: JournalUrl
    """`sqlite:///relative/to/the/working/directory.db`; four slashes begin a whole path."""
    durability: Literal["normal", "full"] = "normal"
    """`full` waits for the disk (fsync) at each commit."""
    allow_mainnet: bool = False
    """`live` on a mainnet venue is refused without it."""
    allow_foreign_orders: bool = False
    """Trade on although orders that are not ours stand open on a hedge's instrument."""
    venues: Annotated[dict[str, VenueTable], Field(min_length=1)]
    """Venue entries by a name of your own."""
    hedges: Annotated[tuple[HedgeTable, ...], Field(min_length=1)]
    """One for each coin to hedge."""
    holdings: tuple[HoldingTable, ...] = ()
    """Coins kept elsewhere."""
    aliases: dict[str, AliasTable] = {}
    """Wrapped or staked coins, by their name."""
    limits: LimitsTable = LimitsTable()
    """Ages, timers and caps."""
    books: BooksTable = BooksTable()
    """How often the books are kept; `hedgebot journal ledger` prints them."""
    alerts: AlertsTable = AlertsTable()
    """Who is told."""
    log: LogTable = LogTable()
    """Log lines."""
    recorder: RecorderTable = RecorderTable()
    """The flight recorder: what `hedgebot replay` reads."""

    @property
    def dry_run(self) -> bool:
        return self.mode is Mode.DRY_RUN

    @property
    def journal_path(self) -> Path:
        """The journal's file; a relative path counts from the working directory."""
        return Path(self.journal.removeprefix("sqlite:///")).absolute()

    def policy(self) -> Policy:
        """What decisions need: wallets as `<venue>:<wallet>`, money exact where Policy is."""
        return Policy(
            book=self.name,
            venues=tuple(venue.policy(name) for name, venue in self.venues.items()),
            hedges=tuple(hedge.policy() for hedge in self.hedges),
            holdings=tuple(holding.policy() for holding in self.holdings),
            aliases={coin: alias.policy() for coin, alias in self.aliases.items()},
            limits=self.limits.policy(),
            allow_foreign_orders=self.allow_foreign_orders,
            dry_run=self.dry_run,
            remind_ms=milliseconds(self.alerts.remind_s),
        )

    def settings_hash(self) -> str:
        """SHA-256 of what was configured, secrets left out; the same for "1" and "1.0"."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def missing_credentials(self) -> tuple[Problem, ...]:
        """Every credential that is needed to talk to the venues and was not given."""
        return tuple(
            Problem(f"venues.{name}.{part}", "(missing)", credential_mend(name, part))
            for name, venue in self.venues.items()
            for part in ("api_key", "api_secret")
            if getattr(venue, part) is None
        )

    def credentials(self) -> dict[str, Credentials]:
        """Credentials by venue entry.

        Raises:
            SettingsError: names every missing one, with the mend.
        """
        if missing := self.missing_credentials():
            raise SettingsError(missing)
        return {
            name: Credentials(venue.api_key.get_secret_value(), venue.api_secret.get_secret_value())
            for name, venue in self.venues.items()
            if venue.api_key and venue.api_secret
        }

    def alert_urls(self) -> tuple[str, ...]:
        """Addresses that every alert goes to, in the clear."""
        return tuple(url.get_secret_value() for url in self.alerts.urls)

    def critical_urls(self) -> tuple[str, ...]:
        """Addresses that critical alerts go to, in the clear."""
        return tuple(url.get_secret_value() for url in self.alerts.critical_urls)

    def heartbeat_url(self) -> str | None:
        """The dead man's switch, in the clear."""
        url = self.alerts.heartbeat_url
        return url.get_secret_value() if url else None

    def secret_values(self) -> tuple[str, ...]:
        """Every secret in the clear, longest first: for the log's redactor, and nothing else."""
        keys = [
            part for venue in self.venues.values() for part in (venue.api_key, venue.api_secret)
        ]
        keys += [*self.alerts.urls, *self.alerts.critical_urls, self.alerts.heartbeat_url]
        found = {part.get_secret_value() for part in keys if part}
        return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def credential_mend(venue: str, part: str) -> str:
    """Where a credential belongs."""
    key = f"venues__{venue}__{part}"
    return f"set {PREFIX}{key.upper()}, or write it to the file {key} of the secrets folder"


def schema() -> dict[str, Any]:
    """JSON schema of a settings file, with descriptions; credentials are no part of it."""
    return Settings.model_json_schema()
