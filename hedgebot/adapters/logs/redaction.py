"""Masks secrets (invariant 11): the values that the settings hold, and whatever is named like one.

Two nets, because each has holes: a value is masked wherever it stands, in any of the spellings
that libraries give it; a credential that nobody planted is masked by the name beside it.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

MASK = "***"
LENGTH_MIN = 4
"""Shorter values stand in ordinary words; no venue hands out such keys."""
TOKEN_MIN = 8
TOKEN_SURE = 20
CREDENTIALS = (
    "apikey", "secret", "password", "passwd", "passphrase", "token", "signature", "listenkey",
    "privatekey", "authorization", "cookie", "credentials", "credential",
)  # fmt: skip
STEMS = (
    "api", "secret", "passw", "passphrase", "token", "signature", "listen", "private",
    "authorization", "cookie",
)  # fmt: skip
NAMED = re.compile(
    r"""(?ix)
    ( (?: api [-_]? key | secret | passw(?:or)?d | passphrase | token | signature
        | listen [-_]? key | private [-_]? key | authorization | cookie )
      \\* ["']? \s* [:=] \s* \\* ["']? (?: (?:bearer | basic) \s+ )? )
    [^\s"'&,;)}\]\\]+
    """
)


class Redactor:
    """Masks planted values, the secret parts of planted URLs, and named credentials."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        planted = set(secrets)
        planted.update(url_secrets(secret for secret in planted.copy() if "://" in secret))
        spellings = {each for secret in planted for each in _spellings(secret)}
        # The longest first: a secret may begin with another one.
        self._spellings = sorted(spellings, key=len, reverse=True)
        self._shortest = min(map(len, spellings), default=0)

    def __call__(self, text: str) -> str:
        """The text without any secret."""
        text = self.planted(text)
        lower = text.lower()
        # The expression costs as much as the rest of a line; most lines name no credential.
        if any(stem in lower for stem in STEMS):
            text = NAMED.sub(rf"\1{MASK}", text)
        return text

    def planted(self, text: str) -> str:
        """The text without the planted values."""
        if len(text) >= self._shortest:
            for spelling in self._spellings:
                if spelling in text:
                    text = text.replace(spelling, MASK)
        return text

    def value(self, value: Any) -> Any:
        """A value of a log line, masked at any depth; what is no plain value becomes its repr.

        Any: a log line takes what is given.
        """
        match value:
            case None | bool() | int() | float():
                return value
            case str():
                return self.planted(value)
            case Mapping():
                return {
                    self.planted(str(key)): MASK if _is_credential(key) else self.value(each)
                    for key, each in value.items()
                }
            case list() | tuple() | set() | frozenset():
                return [self.value(each) for each in value]
            case Decimal():
                return f"{value:f}"
            case _:
                return self.planted(repr(value))


def url_secrets(urls: Iterable[str]) -> tuple[str, ...]:
    """What must not be read of addresses that alerts go to: whole URLs, passwords, tokens."""
    found: list[str] = []
    for url in urls:
        found.append(url)
        try:
            parts = urlsplit(url)
        except ValueError:  # no host of that shape: nothing to take apart
            continue
        pieces = [
            *re.split(r"[@:]", parts.netloc),
            *parts.path.split("/"),
            *(value for _, value in parse_qsl(parts.query)),
        ]
        found += filter(_looks_secret, pieces)
        found += [parts.password] if parts.password else []
    return tuple({*found, *map(unquote, found)})


def _looks_secret(piece: str) -> bool:
    if len(piece) >= TOKEN_SURE:
        return True
    mixed = any(map(str.isdigit, piece)) and any(map(str.isalpha, piece))
    return mixed and len(piece) >= TOKEN_MIN and "." not in piece


def _is_credential(key: object) -> bool:
    plain = str(key).lower().replace("-", "").replace("_", "")
    return plain.endswith(CREDENTIALS)


def _spellings(secret: str) -> Iterable[str]:
    """A secret as it is, as JSON, repr, URLs and headers write it; each line of a long key."""
    whole = secret.strip()
    lines = [line for line in map(str.strip, whole.splitlines()) if not line.startswith("-----")]
    for text in {whole, *lines}:
        quoted = {
            quote(text, safe="", errors="replace"),
            quote(text, errors="replace"),
            quote_plus(text, errors="replace"),
        }
        lowered = {re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), each) for each in quoted}
        once = _escaped(text)
        twice = {each for escaped in once for each in _escaped(escaped)}
        header = base64.b64encode(text.encode("utf-8", "replace")).decode()
        spelt = {text, header, *once, *twice, *quoted, *lowered}
        yield from (each for each in spelt if len(each) >= LENGTH_MIN)


def _escaped(text: str) -> set[str]:
    written = (json.dumps(text), json.dumps(text, ensure_ascii=False), repr(text))
    return {each[1:-1] for each in written}
