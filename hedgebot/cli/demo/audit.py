"""The journal against the exchange's own ledger."""

from typing import Any

from hedgebot.settings import Settings


def compare(settings: Settings, state: dict[str, Any]) -> list[str]:
    return []
