"""Invariant 11: no secret in any text, wherever it was written."""

import json
import traceback
from collections.abc import Callable

import pytest

from hedgebot.errors import Problem, SettingsError
from hedgebot.settings import Credentials, Settings
from tests.secrecy.planted import SETTINGS_KEY, SETTINGS_SECRET, SETTINGS_TOKEN

Load = Callable[..., Settings]
Refuse = Callable[..., tuple[Problem, ...]]

KEY = SETTINGS_KEY
SECRET = SETTINGS_SECRET
TOKEN = f"tgram://123456789:{SETTINGS_TOKEN}/42"
BEAT = "https://hc-ping.com/5f3c2b1a-77aa-4e0e-9d1c-0123456789ab"
URGENT = "pover://userkey0000@apptoken1111"
ENVIRON = {
    "HEDGEBOT_VENUES__SPOT__API_KEY": KEY,
    "HEDGEBOT_VENUES__SPOT__API_SECRET": SECRET,
    "HEDGEBOT_VENUES__PERP__API_KEY": KEY,
    "HEDGEBOT_VENUES__PERP__API_SECRET": SECRET,
    "HEDGEBOT_ALERTS__URLS__0": TOKEN,
    "HEDGEBOT_ALERTS__CRITICAL_URLS__0": URGENT,
    "HEDGEBOT_ALERTS__HEARTBEAT_URL": BEAT,
}


def leaks(text: str) -> list[str]:
    secrets = (KEY, SECRET, TOKEN, SETTINGS_TOKEN, BEAT, URGENT)
    return [secret for secret in secrets if secret in text]


def test_sound_settings_show_no_secret(load_text: Load) -> None:
    settings = load_text(environ=ENVIRON)
    credentials = settings.credentials()
    assert credentials["spot"] == Credentials(KEY, SECRET)
    shown = (
        repr(settings), str(settings), settings.model_dump_json(), repr(credentials),
        repr(settings.policy()), repr(settings.alerts), repr(settings.venues["spot"]),
        json.dumps(settings.model_dump(mode="json")),
    )  # fmt: skip
    assert [leak for text in shown for leak in leaks(text)] == []


def test_every_secret_is_listed_for_the_redactor(load_text: Load) -> None:
    settings = load_text(environ=ENVIRON)
    assert set(settings.secret_values()) == {TOKEN, KEY, SECRET, BEAT, URGENT}
    assert (settings.alert_urls(), settings.critical_urls()) == ((TOKEN,), (URGENT,))
    assert settings.heartbeat_url() == BEAT


def test_missing_credentials_are_all_named(load_text: Load) -> None:
    only_spot = {name: text for name, text in ENVIRON.items() if "PERP" not in name}
    with pytest.raises(SettingsError) as caught:
        load_text(environ=only_spot).credentials()
    assert [p.path for p in caught.value.problems] == [
        "venues.perp.api_key",
        "venues.perp.api_secret",
    ]
    assert "HEDGEBOT_VENUES__PERP__API_KEY" in caught.value.problems[0].mend
    assert leaks(str(caught.value)) == []


@pytest.mark.parametrize(
    ("table", "line", "mend"),
    [
        ("[venues.perp]", f'api_key = "{KEY}"', "HEDGEBOT_VENUES__PERP__API_KEY"),
        ("[venues.perp]", f'apiKey = "{KEY}"', "venues__perp__api_key"),
        ("[venues.perp]", f'secret = "{SECRET}"', "HEDGEBOT_VENUES__PERP__API_SECRET"),
        ("[venues.perp]", f'api_secret = ["{SECRET}"]', "API_SECRET"),
        ("[limits]", f'password = "{SECRET}"', "no credential stands in the file"),
        ("[venues.perp]", f'api_kye = "{KEY}"', "write api_key"),
        ("[alerts]", f'urls = ["{TOKEN}"]', "HEDGEBOT_ALERTS__URLS__0"),
        ("[alerts]", f'urls = ["json://me:{SECRET}@host"]', "does not belong in the file"),
        ("[alerts]", f'urls = "{TOKEN}"', "write a list"),
        ("[alerts]", f'url = "{TOKEN}"', "write urls"),
        ("[alerts]", f'critical_urls = ["{URGENT}"]', "HEDGEBOT_ALERTS__CRITICAL_URLS__0"),
        ("[alerts]", f'heartbeat_url = "{BEAT}"', "HEDGEBOT_ALERTS__HEARTBEAT_URL"),
        ("[alerts]", f'heartbeat_url = "ftp{BEAT}"', "write a URL without a login"),
        ("[alerts]", f'heartbeat_url = ["{BEAT}"]', ""),
        ("[venues.perp]", f'rest_url = "https://me:{SECRET}@host"', "out of the URL"),
    ],
)
def test_a_credential_in_the_file_is_refused_unseen(
    good: str, refuse_text: Refuse, *, table: str, line: str, mend: str
) -> None:
    problems = refuse_text(good.replace(table, f"{table}\n{line}"))
    texts = [str(problem) for problem in problems]
    assert any(mend in text for text in texts)
    assert [leak for text in texts for leak in leaks(text)] == []
    assert "(hidden)" in texts[0]


def test_a_secret_that_strayed_elsewhere_is_hidden_too(good: str, refuse_text: Refuse) -> None:
    text = good.replace('ratio = "1"', f'ratio = "{KEY}"')
    problems = refuse_text(text, ENVIRON)
    assert [(p.path, p.value) for p in problems] == [("hedges[0].ratio", '"(hidden)"')]


def test_no_traceback_carries_a_secret(good: str, load_text: Load) -> None:
    spoilt = good.replace('mode = "live"', f'mode = "live"\napi_key = "{KEY}"')
    environ = ENVIRON | {"HEDGEBOT_VENUES": f'{{"{SECRET}', "HEDGEBOT_ALERTS__URL": TOKEN}
    with pytest.raises(SettingsError) as caught:
        load_text(spoilt, environ)
    assert leaks("".join(traceback.format_exception(caught.value))) == []


def test_addresses_without_a_login_may_stand_in_the_file(good: str, load_text: Load) -> None:
    text = good.replace("[alerts]", '[alerts]\nurls = ["json://127.0.0.1:8080/alerts"]')
    assert len(load_text(text).alerts.urls) == 1


def test_one_key_under_two_labels_is_one_account(good: str, refuse_text: Refuse) -> None:
    text = good.replace('account = "main"\nleverage', 'account = "second"\nleverage')
    problems = refuse_text(text, ENVIRON)
    assert [(p.path, p.value) for p in problems] == [("venues.perp.account", '"second"')]
    assert "spot has the same API key" in problems[0].mend


def test_a_private_key_in_pem_form_is_a_secret(load_text: Load) -> None:
    pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----"
    environ = ENVIRON | {"HEDGEBOT_VENUES__SPOT__API_SECRET": pem}
    assert load_text(environ=environ).credentials()["spot"].api_secret == pem
