"""One letter to every alert address, without a daemon and without a journal."""

from dataclasses import dataclass

from hedgebot.adapters.alerts import Address, Writer
from hedgebot.bootstrap.outside import make_addresses, make_clock, make_redactor, make_writer
from hedgebot.domain.actions import Alert, Severity
from hedgebot.settings import Settings

TEXT = "a test: this address hears of this book. Nothing happened, nothing is to do"
ANSWER_S_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the letter to one address."""

    address: str
    """Its place in the settings; the URL is a secret."""
    severity: str
    """That it was sent with: the least that this address gets."""
    taken: bool
    trouble: str
    """Why it was not taken, in the library's words, secrets masked; empty: it was."""


def try_addresses(settings: Settings) -> list[Tried]:
    """Tell each address once, one after the other; `ANSWER_S_MAX` is waited for each.

    Raises:
        SettingsError: an address is not one that can be sent to.
    """
    writer, redact = make_writer(settings, make_clock()), make_redactor(settings)
    return [
        Tried(each.name, alert.severity.value, taken=taken, trouble=redact(trouble))
        for each in make_addresses(settings)
        for alert in [_alert(each)]
        for taken, trouble in [_tell(each, writer, alert)]
    ]


def _alert(address: Address) -> Alert:
    tests = [Alert(severity, "test", TEXT) for severity in Severity]
    return next(test for test in tests if address.wants(test))


def _tell(address: Address, writer: Writer, alert: Alert) -> tuple[bool, str]:
    address.deliver(writer.letter([alert], 0), ANSWER_S_MAX)
    return bool(address.taken()), address.trouble
