"""Rules of the tables that no venue and no hedge owns, and of what may stand in the file."""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hedgebot.settings.book import PREFIX, Settings, credential_mend
from hedgebot.settings.found import Found, joined
from hedgebot.settings.reader import has
from hedgebot.settings.values import Asset, split_url

CREDENTIAL_KEYS = frozenset(
    {"apikey", "apisecret", "secret", "secretkey", "secretapikey", "password", "passphrase",
     "privatekey", "token", "accesskey", "uid", "key"}
)  # fmt: skip
OPEN_SCHEMES = frozenset({"json", "jsons", "xml", "xmls", "form", "forms", "syslog"})
"""Apprise URLs of a server of one's own: nothing in them is a secret unless a login is."""


def take_credentials(tree: object, path: str, found: Found) -> Iterator[str]:
    """Refuse credentials in the file; yields each, so that no text may show it."""
    if isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from take_credentials(item, joined(path, index), found)
    if not isinstance(tree, dict):
        return
    for key in list(tree):
        place, word = joined(path, key), key.lower().replace("_", "").replace("-", "")
        if word in CREDENTIAL_KEYS and not isinstance(tree[key], dict):
            yield from _texts(tree.pop(key))
            found.add_hidden(place, _elsewhere(path, word))
        else:
            yield from take_credentials(tree[key], place, found)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _elsewhere(path: str, word: str) -> str:
    section, _, venue = path.partition(".")
    mend = "keep it out of the file"
    if section == "venues" and venue:
        mend = credential_mend(venue, "api_key" if word in {"apikey", "key"} else "api_secret")
    return f"no credential stands in the file: {mend}, and make a new one if others read the file"


def check_holdings(settings: Settings, found: Found) -> None:
    """Labels are told apart by `holdings set`."""
    first: dict[str, int] = {}
    for index, holding in enumerate(settings.holdings if has(settings, "holdings") else ()):
        if not has(holding, "label"):
            continue
        if holding.label in first:
            mend = f"holdings[{first[holding.label]}] has this label: write another"
            found.add(f"holdings[{index}].label", holding.label, mend)
        first.setdefault(holding.label, index)


def check_aliases(settings: Settings, found: Found) -> None:
    """An alias stands for a coin, never for another alias."""
    aliases = settings.aliases if has(settings, "aliases") else {}
    for coin, alias in aliases.items():
        path = joined("aliases", coin)
        if mend := refusal(Asset, coin):
            found.add(path, coin, mend)
        if has(alias, "asset") and alias.asset == coin:
            found.add(f"{path}.asset", coin, "it stands for itself: remove it")
        elif has(alias, "asset") and alias.asset in aliases:
            mend = f"{alias.asset} is an alias too: name the coin at the end, with the whole rate"
            found.add(f"{path}.asset", alias.asset, mend)


def refusal(kind: Any, value: object) -> str | None:
    """Why a value of ours is refused, None where it is not."""
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"])
    return None


def check_alerts(settings: Settings, found: Found) -> None:
    """Addresses with a login are credentials, and stand where those do."""
    if not has(settings, "alerts"):
        return
    alerts = settings.alerts
    for name in ("urls", "critical_urls"):
        for index, url in enumerate(getattr(alerts, name) if has(alerts, name) else ()):
            _check_address(f"alerts.{name}[{index}]", url.get_secret_value(), found)
    if has(alerts, "heartbeat_url") and alerts.heartbeat_url is not None:
        _check_heartbeat("alerts.heartbeat_url", alerts.heartbeat_url.get_secret_value(), found)


def _check_address(path: str, text: str, found: Found) -> None:
    scheme = text.partition("://")[0]
    if "://" not in text or not scheme.isalnum() or not text.isprintable():
        found.add_hidden(path, 'write an apprise URL, like "mailtos://user:password@host"')
    elif path not in found.origins and not _open(text):
        found.add_hidden(path, _not_here(path, "its token or password does"))


def _check_heartbeat(path: str, text: str, found: Found) -> None:
    parts = split_url(text)
    if parts is None or parts.scheme not in {"http", "https"} or parts.username is not None:
        found.add_hidden(path, 'write a URL without a login, like "https://hc-ping.com/..."')
    elif not text.isprintable() or " " in text:
        found.add_hidden(path, "it holds characters that no URL has: copy it again")
    elif path not in found.origins:
        found.add_hidden(
            path, _not_here(path, "whoever reads it can feign that all is well: it does")
        )


def _not_here(path: str, what: str) -> str:
    key = path.replace(".", "__").replace("[", "__").rstrip("]")
    return (
        f"{what} not belong in the file: set {PREFIX}{key.upper()}, or write it to the file {key} "
        "of the secrets folder"
    )


def check_recorder(settings: Settings, found: Found) -> None:
    """A new file, which may grow to twice its size, needs room beside the one before it."""
    table = settings.recorder if has(settings, "recorder") else None
    if table is None or not has(table, "file_mb_max", "total_mb_max"):
        return
    if table.total_mb_max < 4 * table.file_mb_max:
        mend = f"write {4 * table.file_mb_max} at least, room for four files of file_mb_max"
        found.add("recorder.total_mb_max", table.total_mb_max, mend)


def _open(url: str) -> bool:
    parts = split_url(url)
    if parts is None or parts.scheme not in OPEN_SCHEMES:
        return False
    return parts.username is None and parts.password is None and not parts.query
