"""Whatever stands in the file: settings or SettingsError, never another error; no secret shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgebot.errors import SettingsError
from hedgebot.settings import load

KEYS = [
    "name", "mode", "journal", "venues", "hedges", "holdings", "aliases", "limits", "alerts", "log",
    "spot", "perp", "exchange", "network", "account", "wallets", "rest_url", "ws_url", "leverage",
    "margin_mode", "asset", "ratio", "target", "band", "lower", "upper", "unit", "rebalance_to",
    "instruments", "order", "slippage_max", "label", "qty", "urls", "min_severity", "api_key", "",
    "api secret", "WBTC", "collar", "0", "\n", "\u2028",
]  # fmt: skip
WORDS = [
    "binance", "binanceusdm", "demo", "local", "mainnet", "live", "coin", "percent", "BTC", "1",
    "-0.02", "NaN", "-Infinity", "1e400", "perp:BTC/USDT:USDT", "spot:", ":", "http://[", "://@",
    "http://127.0.0.1:0", "sqlite:///a.db", "target", "edge", "funding", "true", "\x00", "",
]  # fmt: skip
SECRET = "Zk3SECRETq9"

leaf = (
    st.sampled_from(WORDS)
    | st.text(max_size=20)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.dates()
)
value = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=25,
)
document = st.dictionaries(st.sampled_from(KEYS), value, max_size=8)


def toml(node: Any) -> str:
    """Inline TOML; text is escaped as TOML and JSON both read it."""
    match node:
        case dict():
            return "{" + ", ".join(f"{text(k)} = {toml(v)}" for k, v in node.items()) + "}"
        case list():
            return "[" + ", ".join(toml(item) for item in node) + "]"
        case str():
            return text(node)
        case bool():
            return str(node).lower()
        case float():
            return repr(node)
        case _:
            return str(node)


def text(plain: str) -> str:
    return json.dumps(plain.encode("utf-8", "ignore").decode()).replace("\x7f", "\\u007f")


def outcome(path: Path, environ: dict[str, str]) -> str:
    """The text of the refusal, empty where it loads."""
    try:
        return repr(load(path, environ=environ))
    except SettingsError as error:
        refusal = error
    assert refusal.problems
    assert all(problem.mend for problem in refusal.problems)
    return str(refusal)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("garbage") / "book.toml"


relaxed = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@relaxed
@given(tree=document)
def test_random_tables_are_refused_in_words(file: Path, tree: dict[str, Any]) -> None:
    file.write_text("\n".join(f"{text(k)} = {toml(v)}" for k, v in tree.items()))
    refusal = outcome(file, {})
    assert "=" in refusal
    refusal.encode()  # no lone surrogate: it can be printed


@relaxed
@given(content=st.binary(max_size=200))
def test_random_bytes_are_refused_in_words(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert outcome(file, {})


@relaxed
@given(key=st.sampled_from(KEYS), spoilt=value)
def test_one_spoilt_key_of_a_sound_file(file: Path, good: str, key: str, spoilt: Any) -> None:
    lines = [
        f"{key} = {toml(spoilt)}" if line.split(" = ")[0] == key else line
        for line in good.splitlines()
    ]
    file.write_text("\n".join(lines))
    assert outcome(file, {})


name = st.lists(
    st.sampled_from(["VENUES", "PERP", "0", "7", "HEDGES", "API_KEY", "LIMITS", "X", "BAND", ""]),
    min_size=1,
    max_size=5,
).map(lambda parts: "HEDGEBOT_" + "__".join(parts))


@relaxed
@given(
    environ=st.dictionaries(name, st.sampled_from([*WORDS, '{"a": 1}', "[", SECRET]), max_size=4)
)
def test_random_variables_are_refused_in_words(
    file: Path, good: str, environ: dict[str, str]
) -> None:
    file.write_text(good)
    assert SECRET not in outcome(file, environ)


@relaxed
@given(
    place=st.sampled_from(["api_key", "apikey", "API-SECRET", "secret", "password", "token"]),
    table=st.sampled_from(["", "[venues.perp]", "[[hedges]]", "[limits]", "[odd.table]"]),
    nested=st.booleans(),
)
def test_secrets_in_the_file_are_never_shown(
    file: Path, place: str, table: str, nested: bool
) -> None:
    written = f'["{SECRET}"]' if nested else f'"{SECRET}"'
    file.write_text(f'{table}\n{place} = {written}\nother = "{SECRET}"\n')
    assert SECRET not in outcome(file, {"HEDGEBOT_ALERTS__URLS__0": f"x{SECRET}"})
