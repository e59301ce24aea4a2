"""Keys, signatures and receive windows, checked as Binance checks them."""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from hedgebot.sim.binance.errors import (
    ahead,
    bad_key,
    bad_key_format,
    bad_signature,
    late,
    missing,
    wide_window,
)

WINDOW_MS = 5_000
"""The receive window where a request names none."""
WINDOW_MS_MAX = 60_000
AHEAD_MS_MAX = 1_000


def sign(secret: str, payload: str) -> str:
    """HMAC-SHA256, hexadecimal."""
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()


def split_signature(raw: str) -> tuple[str, str | None]:
    """What was signed, exactly as sent, and the signature."""
    parts = raw.split("&")
    kept = [part for part in parts if not part.startswith("signature=")]
    found = next((part[10:] for part in parts if part.startswith("signature=")), None)
    return "&".join(kept), found


def parameters(query: str, body: str) -> dict[str, str]:
    """All parameters; the query string wins over the body."""
    found = dict(parse_qsl(body, keep_blank_values=True))
    found.update(parse_qsl(query, keep_blank_values=True))
    return found


def require_key(given: str | None, key: str) -> None:
    """Raises: ApiError, when the key is absent or not the account's."""
    if not given:
        raise bad_key_format()
    if given != key:
        raise bad_key()


def require_signature(query: str, body: str, secret: str) -> None:
    """The signature covers the query string followed by the body, byte for byte.

    Raises:
        ApiError: -1102 without a signature, -1022 with a wrong one.
    """
    (in_query, first), (in_body, second) = split_signature(query), split_signature(body)
    given = first or second
    if not given:
        raise missing("signature")
    if not hmac.compare_digest(sign(secret, in_query + in_body), given.lower()):
        raise bad_signature()


def require_time(params: Mapping[str, str], now: int) -> None:
    """A request is valid from one second before its timestamp to the end of its window.

    Raises:
        ApiError: -1021 when it is too old or too far ahead; -1102 or -1131 when malformed.
    """
    stamp, window = params.get("timestamp", ""), params.get("recvWindow", str(WINDOW_MS))
    if not stamp.isdigit():
        raise missing("timestamp")
    try:
        width = float(window)
    except ValueError:
        raise missing("recvWindow") from None
    if width > WINDOW_MS_MAX:
        raise wide_window()
    if int(stamp) > now + AHEAD_MS_MAX:
        raise ahead()
    if now - int(stamp) > width:
        raise late()


def require_ws_signature(params: Mapping[str, object], secret: str) -> None:
    """On the websocket API the parameters are sorted by name before they are signed.

    Raises:
        ApiError: -1102 without a signature, -1022 with a wrong one.
    """
    given = params.get("signature")
    if not isinstance(given, str):
        raise missing("signature")
    names = sorted(name for name in params if name != "signature")
    payload = "&".join(f"{name}={params[name]}" for name in names)
    if not hmac.compare_digest(sign(secret, payload), given.lower()):
        raise bad_signature()
