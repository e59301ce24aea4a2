"""One letter to every alert address, without a daemon and without a journal."""

from dataclasses import dataclass

from hedgebot.adapters.alerts import Address, Letter, addresses_of
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
    writer = make_writer(settings, make_clock())
    return [
        _told(settings, each, writer.letter([_alert(each)], 0)) for each in make_addresses(settings)
    ]


def send_report(settings: Settings, text: str) -> list[Tried]:
    """Give each of `alerts.urls` a report, whatever severity it hears from; nobody is woken.

    Raises:
        SettingsError: an address is not one that can be sent to.
    """
    letter = make_writer(settings, make_clock()).report(text)
    return [_told(settings, each, letter) for each in addresses_of(settings.alert_urls())]


def _alert(address: Address) -> Alert:
    tests = [Alert(severity, "test", TEXT) for severity in Severity]
    return next(test for test in tests if address.wants(test))


def _told(settings: Settings, address: Address, letter: Letter) -> Tried:
    address.deliver(letter, ANSWER_S_MAX)
    taken = bool(address.taken())
    trouble = make_redactor(settings)(address.trouble)
    return Tried(address.name, letter.severity.value, taken=taken, trouble=trouble)
