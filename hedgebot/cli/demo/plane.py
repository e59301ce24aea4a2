"""The exchange's control plane: what its owner, the market and fate can be told to do."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import orjson

TIMEOUT_S = 5.0


class Plane:
    """Speaks to `/_control` of a local exchange. Blocking."""

    def __init__(self, rest_url: str) -> None:
        self._place = urlsplit(rest_url)

    def tell(self, command: str, **told: object) -> Any:
        """Have something happen, and wait until it has.

        Raises:
            OSError: the exchange does not answer.
            ValueError: it refused; its own words.
        """
        return self._ask("POST", f"/_control/{command}", orjson.dumps(told))["result"]

    def state(self) -> dict[str, Any]:
        """Wallets, positions, orders and fills as the exchange keeps them."""
        return dict(self._ask("GET", "/_control/state", None))

    def _ask(self, verb: str, path: str, body: bytes | None) -> dict[str, Any]:
        connection = http.client.HTTPConnection(
            self._place.hostname or "", self._place.port, timeout=TIMEOUT_S
        )
        try:
            connection.request(verb, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise ValueError(f"{path}: {text.decode(errors='replace')}")
        return dict(orjson.loads(text))
