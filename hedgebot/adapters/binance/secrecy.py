"""Takes secrets out of texts that others wrote: errors of libraries hold URLs, venues echo."""

import re

from hedgebot.adapters.binance.options import Credentials

_SIGNED = re.compile(
    r"(signature|listenKey|apiKey|X-MBX-APIKEY)(\"?\s*[=:]\s*\"?)[^\s&\"',)}]+", re.IGNORECASE
)
_QUERY = re.compile(r"(\w+://[^\s?'\")]+)\?[^\s'\")]*")
TEXT_MAX = 300


class Scrubber:
    """Knows the secrets of one entry, and the ones that come and go."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._secrets = (
            {part for part in (credentials.api_key, credentials.api_secret) if part}
            if credentials
            else set()
        )

    def __repr__(self) -> str:
        return "Scrubber(hidden)"

    def clean(self, text: object) -> str:
        """The text without secrets, on one line, bounded."""
        words = _QUERY.sub(r"\1?(hidden)", str(text))
        words = _SIGNED.sub(r"\1\2(hidden)", words)
        for secret in self._secrets:
            words = words.replace(secret, "(hidden)")
        return " ".join(words.split())[:TEXT_MAX]
