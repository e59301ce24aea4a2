"""Environment and secrets folder: what overrides what, by which name, and what is refused."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hedgebot.errors import Problem, SettingsError
from hedgebot.settings import Settings, load

Load = Callable[..., Settings]
Refuse = Callable[..., tuple[Problem, ...]]


def test_a_variable_overrides_the_file(load_text: Load) -> None:
    settings = load_text(environ={
        "HEDGEBOT_MODE": "dry-run",
        "HEDGEBOT_VENUES__PERP__LEVERAGE": "5",
        "HEDGEBOT_LIMITS__COLLAR": "0.03",
        "HEDGEBOT_ALLOW_FOREIGN_ORDERS": "true",
        "HEDGEBOT_HEDGES__0__BAND__UPPER": "0.5",
        "HEDGEBOT_HEDGES__0__INSTRUMENTS__1": "perp:BTC/USDC:USDC",
        "HEDGEBOT_ALIASES__WBTC__RATE": "0.99",
        "HEDGEBOT_ALERTS__URLS": '["tgram://token/chat"]',
        "PATH": "/bin",
        "HEDGEBOT_CONFIG": "book.toml",
    })  # fmt: skip
    assert settings.dry_run
    assert settings.venues["perp"].leverage == 5
    assert settings.policy().limits.collar == 0.03
    assert settings.allow_foreign_orders
    assert settings.hedges[0].band.upper == settings.hedges[0].policy().band.upper == 0.5
    assert settings.hedges[0].instruments == ("perp:BTC/USDT:USDT", "perp:BTC/USDC:USDC")
    assert str(settings.aliases["WBTC"].rate) == "0.99"
    assert [url.get_secret_value() for url in settings.alerts.urls] == ["tgram://token/chat"]


def test_a_whole_book_may_come_from_variables(good: str, load_text: Load) -> None:
    head = good.partition("[[hedges]]")[0]
    hedges = (
        '[{"asset": "BTC", "ratio": "1", "instruments": ["perp:BTC/USDT:USDT"],'
        ' "band": {"lower": "-1", "upper": "1", "unit": "coin"}}]'
    )
    settings = load_text(head, {"HEDGEBOT_HEDGES": hedges, "HEDGEBOT_HEDGES__0__RATIO": "0.5"})
    assert str(settings.hedges[0].ratio) == "0.5"


def test_json_floats_are_refused_like_toml_floats(refuse_text: Refuse) -> None:
    problems = refuse_text(environ={"HEDGEBOT_LIMITS": '{"collar": 0.03}'})
    assert [(p.path, p.value) for p in problems] == [("limits.collar", "0.03")]
    assert problems[0].mend.endswith("(set by HEDGEBOT_LIMITS)")


@pytest.mark.parametrize(
    ("name", "path", "mend"),
    [
        ("HEDGEBOT_VENUS__PERP__API_KEY", None, "write HEDGEBOT_VENUES__PERP__API_KEY"),
        ("HEDGEBOT_MODUS", None, "write HEDGEBOT_MODE"),
        ("HEDGEBOT_XYZZY", None, "no setting has this name: remove it"),
        ("HEDGEBOT_", None, "remove it"),
        ("HEDGEBOT_NAME__X", None, "remove it"),
        ("HEDGEBOT_VENUES__PERP__API_KYE", "venues.perp.api_kye", "write api_key"),
        ("HEDGEBOT_LIMITS__DRIFT_MS", "limits.drift_ms", "write drift_ms_max"),
        ("HEDGEBOT_HEDGES__3__RATIO", "hedges[3]", "use 1 for a new one"),
        ("HEDGEBOT_LIMITS", None, "not JSON"),
        ("HEDGEBOT_VENUES__PERP", "venues.perp", "write a table"),
    ],
)
def test_an_unknown_variable_is_refused_by_name(
    refuse_text: Refuse, name: str, path: str | None, mend: str
) -> None:
    problems = refuse_text(environ={name: "hush-hush"})
    found = [problem for problem in problems if problem.path == (path or name)]
    assert len(found) == 1
    assert mend in found[0].mend
    assert path is None or "[" in path or found[0].mend.endswith(f"(set by {name})")


def test_variables_that_differ_in_case_only_are_refused(refuse_text: Refuse) -> None:
    problems = refuse_text(environ={"HEDGEBOT_MODE": "live", "hedgebot_mode": "dry-run"})
    assert [p.path for p in problems] == ["hedgebot_mode"]
    assert "HEDGEBOT_MODE sets the same" in problems[0].mend


def test_the_secrets_folder_gives_credentials(
    load_text: Load, secret: Callable[[str, str], Path]
) -> None:
    for venue in ("spot", "perp"):
        secret(f"venues__{venue}__api_key", "key-of-the-account\n")
        secret(f"venues__{venue}__api_secret", f"secret-{venue}\n")
    secret("alerts__urls__0", "tgram://token/chat\n")
    secret("redhat.repo", "not ours")
    settings = load_text()
    assert settings.credentials()["perp"].api_secret == "secret-perp"
    assert settings.missing_credentials() == ()
    assert len(settings.alerts.urls) == 1


def test_the_folder_may_be_named_by_a_variable(tmp_path: Path, good: str) -> None:
    (tmp_path / "venues__spot__api_key").write_text("k" * 20)
    (tmp_path / "venues__spot__api_secret").write_text("s" * 20)
    (tmp_path / "book.toml").write_text(good)
    settings = load(tmp_path / "book.toml", environ={"HEDGEBOT_SECRETS_DIR": str(tmp_path)})
    assert settings.venues["spot"].api_key is not None


def test_secret_files_are_checked_like_variables(
    refuse_text: Refuse, secret: Callable[[str, str], Path]
) -> None:
    secret("venues__prep__api_key", "k" * 20)
    secret("venus__perp__api_key", "k" * 20)
    secret("venues__spot__api_key", " \n")
    secret("venues__perp__api_secret", "s" * 20)
    secret("alerts__urls__0", "").write_bytes(b"\xff\xfe")
    problems = {p.path: p.mend for p in refuse_text()}
    assert "write venues__perp__api_key" in problems["secret file venus__perp__api_key"]
    assert "(set by secret file venues__spot__api_key)" in problems["venues.spot.api_key"]
    assert "set HEDGEBOT_VENUES__PERP__API_KEY" in problems["venues.perp.api_key"]
    assert "venues.prep.exchange" in problems
    assert any(path.endswith("alerts__urls__0") for path in problems)


def test_a_value_set_in_folder_and_environment_is_refused(
    refuse_text: Refuse, secret: Callable[[str, str], Path]
) -> None:
    secret("venues__spot__api_key", "k" * 20)
    problems = refuse_text(environ={"HEDGEBOT_VENUES__SPOT__API_KEY": "other-key"})
    assert "HEDGEBOT_VENUES__SPOT__API_KEY" in {p.path for p in problems}
    assert any("set twice: remove it or the secret file" in p.mend for p in problems)


def test_a_missing_folder_is_refused(tmp_path: Path, good: str) -> None:
    (tmp_path / "book.toml").write_text(good)
    with pytest.raises(SettingsError, match="name a folder that can be read"):
        load(tmp_path / "book.toml", secrets_dir=tmp_path / "nowhere", environ={})


@pytest.mark.parametrize(
    ("content", "mend"),
    [
        (b"name = \n", "it is not TOML"),
        (b"name = '\xff'", "UTF-8"),
        (b"a = " + b"[" * 5_000, "nested too deeply"),
        (b"a" + b".a" * 5_000 + b" = 1", "nested too deeply"),
        (b"a = 1" + b"0" * 5_000, "it is not TOML"),
        (b"", "add it"),
    ],
)
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path, content: bytes, mend: str) -> None:
    file = tmp_path / "book.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=mend) as caught:
        load(file, environ={})
    assert len(str(caught.value)) < 1_500


def test_a_file_of_an_editor_that_marks_utf_8_loads(tmp_path: Path, good: str) -> None:
    file = tmp_path / "book.toml"
    file.write_text(good, encoding="utf-8-sig")
    assert load(file, environ={}).name == "treasury"


def test_a_file_that_is_not_there_names_itself(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(SettingsError) as caught:
            load(path, environ={})
        assert [p.path for p in caught.value.problems] == [str(path)]


def test_without_an_environ_the_process_has_one(
    tmp_path: Path, good: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "book.toml").write_text(good)
    monkeypatch.setitem(os.environ, "HEDGEBOT_NAME", "other")
    assert load(tmp_path / "book.toml").name == "other"
