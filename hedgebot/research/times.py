"""Times as people write them."""

from datetime import UTC, datetime

from hedgebot.errors import HedgebotError


class BadTime(HedgebotError):
    """What was written is no time."""


def time_ms_of(text: str) -> int:
    """A date or time, UTC where no zone is named, in ms.

    Raises:
        BadTime: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime(f"{text!r} is no time: write 2023-01-01 or 2023-01-01T12:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1_000)
