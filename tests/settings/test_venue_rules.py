"""Each rule of a venue entry is a row: what is spoilt -> path, value and mend."""

from collections.abc import Callable

import pytest

from hedgebot.errors import Problem
from hedgebot.settings import Settings

SPOT = 'exchange = "binance"\nnetwork = "demo"\naccount = "main"\nwallets = ["spot"]\n'
PERP = 'exchange = "binanceusdm"\nnetwork = "demo"\naccount = "main"\nleverage = 3\n'
REST = 'rest_url = "{}"\n'
WRITTEN = '"http://127.0.0.1:18080"'
"""As the ready files and the documents write it."""
LOCAL = 'rest_url = "http://127.0.0.1:8080"\nws_url = "ws://127.0.0.1:8080"\n'
REMOTE = LOCAL.replace("127.0", "10.0")


def spot(*swaps: tuple[str, str], more: str = "") -> tuple[str, str]:
    return (SPOT, _swapped(SPOT, swaps) + more)


def perp(*swaps: tuple[str, str], more: str = "") -> tuple[str, str]:
    return (PERP, _swapped(PERP, swaps) + more)


def _swapped(text: str, swaps: tuple[tuple[str, str], ...]) -> str:
    for old, new in swaps:
        assert old in text
        text = text.replace(old, new)
    return text


DEMO = 'network = "demo"'
EXCHANGE = 'exchange = "binance"'
ROWS = [
    (
        perp(("binanceusdm", "binancecoinm"), ("leverage = 3", 'wallets = ["futures"]')),
        ("venues.perp.wallets[0]", '"futures"', "use coin_futures"),
    ),
    (
        perp(("binanceusdm", "binancecoinm"), (DEMO, 'network = "testnet"'), ('"main"', '"b"')),
        ("venues.perp.network", '"testnet"', 'use "demo"'),
    ),
    (spot((EXCHANGE, 'exchange = "bybit"')), ("venues.spot.exchange", '"bybit"', "not built yet")),
    (
        spot((EXCHANGE, 'exchange = "binnance"')),
        ("venues.spot.exchange", '"binnance"', "'binanceusdm' or 'binancecoinm'"),
    ),
    (spot((DEMO, 'network = "live"')), ("venues.spot.network", '"live"', "'local', 'demo'")),
    (spot((DEMO + "\n", "")), ("venues.spot.network", "(missing)", "add it")),
    (
        perp((DEMO, 'network = "testnet"'), ('"main"', '"other"')),
        ("venues.perp.network", '"testnet"', 'use "demo"'),
    ),
    (
        spot(('["spot"]', '["funding"]')),
        ("venues.spot.wallets[0]", '"funding"', "the demo network does not serve it: remove it"),
    ),
    (
        spot(('["spot"]', '["spot", "earn"]'), (DEMO, 'network = "testnet"'), ('"main"', '"b"')),
        ("venues.spot.wallets[1]", '"earn"', "the testnet network does not serve it: remove it"),
    ),
    (
        perp(("leverage = 3", 'wallets = ["funding"]')),
        ("venues.perp.wallets[0]", '"funding"', "name it in the entry of exchange binance"),
    ),
    (
        spot(('["spot"]', '["margin"]')),
        ("venues.spot.wallets[0]", '"margin"', "not built yet: remove it"),
    ),
    (
        spot(('["spot"]', '["futures"]')),
        ("venues.spot.wallets[0]", '"futures"', "another exchange's wallet"),
    ),
    (spot(('["spot"]', '["vault"]')), ("venues.spot.wallets[0]", '"vault"', "no such wallet")),
    (
        spot(('["spot"]', '["spot", "spot"]')),
        ("venues.spot.wallets[1]", '"spot"', "named twice"),
    ),
    (spot(('["spot"]', '"spot"')), ("venues.spot.wallets", '"spot"', "write a list")),
    (spot(more="leverage = 2\n"), ("venues.spot.leverage", "2", "spot has none: remove it")),
    (spot(more='margin_mode = "cross"\n'), ("venues.spot.margin_mode", '"cross"', "remove it")),
    (spot(more="set_leverage = true\n"), ("venues.spot.set_leverage", "true", "remove it")),
    (perp(("leverage = 3", "leverage = 0")), ("venues.perp.leverage", "0", "1 or more")),
    (perp(("leverage = 3", "leverage = 126")), ("venues.perp.leverage", "126", "125 or less")),
    (perp(("leverage = 3", "leverage = 2.5")), ("venues.perp.leverage", "2.5", "whole number")),
    (perp(("leverage = 3", "leverage = true")), ("venues.perp.leverage", "true", "whole number")),
    (
        perp(("leverage = 3", "set_leverage = true")),
        ("venues.perp.set_leverage", "true", "add leverage"),
    ),
    (
        ('margin_mode = "cross"', 'margin_mode = "isolated"'),
        ("venues.perp.margin_mode", '"isolated"', 'write "cross"'),
    ),
    (
        perp(("leverage", "levrage")),
        ("venues.perp.levrage", "(hidden)", "no such key: write leverage"),
    ),
    (
        perp(more="allow_mainnet = true\n"),
        ("venues.perp.allow_mainnet", "(hidden)", "it belongs at the top of the file"),
    ),
    (
        perp((DEMO, 'network = "local"'), ('"main"', '"other"')),
        ("venues.perp.rest_url", "(missing)", "`hedgebot sim binance --port 18080` prints it"),
    ),
    (
        perp((DEMO, 'network = "local"'), ('"main"', '"other"'), more=REMOTE),
        ("venues.perp.ws_url", '"ws://10.0.0.1:8080"', "local means this machine"),
    ),
    (
        perp(more=REST.format("http://gateway.example:80")),
        ("venues.perp.rest_url", '"http://gateway.example:80"', "use https or wss"),
    ),
    (
        perp(more=REST.format("https://user:pass@gateway.example")),
        ("venues.perp.rest_url", '"https://(hidden)@gateway.example"', "out of the URL"),
    ),
    (
        perp(more=REST.format("https://gateway.example/fapi")),
        ("venues.perp.rest_url", '"https://gateway.example/fapi"', "end it after the port"),
    ),
    (
        perp(more=REST.format("wss://gateway.example")),
        ("venues.perp.rest_url", '"wss://gateway.example"', f"host and port: {WRITTEN}"),
    ),
    (
        perp(more=REST.format("https://gateway.example:99999")),
        ("venues.perp.rest_url", '"https://gateway.example:99999"', "scheme, host and port"),
    ),
    (
        perp((DEMO, 'network = "mainnet"'), ('"main"', '"other"')),
        ("allow_mainnet", "false", "allow_mainnet = true"),
    ),
    (
        perp((DEMO, 'network = "mainnet"'), more=REST.format("https://gateway.example")),
        ("venues.perp.rest_url", '"https://gateway.example"', "allow_custom_url = true"),
    ),
    (
        perp((DEMO, 'network = "mainnet"')),
        ("venues.perp.account", '"main"', "on another network"),
    ),
    (
        ("[[hedges]]", "[venues.twin]\n" + PERP + "[[hedges]]"),
        ("venues.twin.account", '"main"', "count twice"),
    ),
    (
        ("[venues.spot]", "[venues.Spot]"),
        ("venues.Spot", '"Spot"', "small letters"),
    ),
    (
        ("[venues.spot]", "[venues.spot__a]"),
        ("venues.spot__a", '"spot__a"', "single _"),
    ),
    (
        ("[venues.spot]\n" + SPOT, '[venues]\nspot = "binance"\n'),
        ("venues.spot", "(hidden)", "write a table with exchange, network, account"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("swap", "expected"), ROWS, ids=[f"{row[1][0]}-{row[1][2]}" for row in ROWS]
)
def test_a_spoilt_venue_is_refused(
    good: str,
    refuse_text: Callable[..., tuple[Problem, ...]],
    swap: tuple[str, str],
    expected: tuple[str, str, str],
) -> None:
    assert swap[0] in good
    problems = refuse_text(good.replace(*swap))
    path, value, mend = expected
    assert [(p.value, mend in p.mend) for p in problems if p.path == path] == [(value, True)]


def test_local_urls_are_loopback_in_every_spelling(
    good: str, load_text: Callable[..., Settings]
) -> None:
    for host in ("127.0.0.1", "127.8.8.8", "localhost", "[::1]"):
        more = LOCAL.replace("127.0.0.1", host)
        text = good.replace(DEMO, 'network = "local"\n' + more)
        assert load_text(text).venues["perp"].rest_url == f"http://{host}:8080"


def test_a_name_that_only_begins_like_loopback_is_not(
    good: str, refuse_text: Callable[..., tuple[Problem, ...]]
) -> None:
    for host in ("127.0.0.1.example", "localhost.example", "0.0.0.0"):
        more = LOCAL.replace("127.0.0.1", host)
        problems = refuse_text(good.replace(DEMO, 'network = "local"\n' + more))
        assert {p.path for p in problems} == {
            f"venues.{venue}.{key}" for venue in ("spot", "perp") for key in ("rest_url", "ws_url")
        }


def test_mainnet_live_loads_once_it_is_allowed(
    good: str, load_text: Callable[..., Settings]
) -> None:
    text = good.replace(DEMO, 'network = "mainnet"')
    allowed = 'allow_mainnet = true\nmode = "live"'
    assert load_text(text.replace('mode = "live"', allowed)).allow_mainnet
    assert load_text(text.replace('mode = "live"', 'mode = "dry-run"')).dry_run


def test_a_dry_run_sets_no_leverage(
    good: str, refuse_text: Callable[..., tuple[Problem, ...]]
) -> None:
    text = good.replace("leverage = 3", "leverage = 3\nset_leverage = true")
    problems = refuse_text(text.replace('mode = "live"', 'mode = "dry-run"'))
    assert [(p.path, p.value) for p in problems] == [("venues.perp.set_leverage", "true")]


def test_a_demo_url_may_be_a_gateway(good: str, load_text: Callable[..., Settings]) -> None:
    text = good.replace(*perp(more=REST.format("https://gateway.example/")))
    assert load_text(text).venues["perp"].rest_url == "https://gateway.example"
