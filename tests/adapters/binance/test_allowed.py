"""Invariant 12: what may be signed is named, and in dry-run it changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from hedgebot.adapters.binance import allowed, exchange
from hedgebot.adapters.binance.allowed import ENDPOINTS, Forbidden, check_call, check_socket
from hedgebot.adapters.binance.options import Credentials, Network, VenueOptions
from hedgebot.adapters.binance.venue_clock import VenueClock
from tests.adapters.binance.clocks import FakeClock

CHANGING = {
    "POST private/order", "DELETE private/order", "POST fapiPrivate/order",
    "DELETE fapiPrivate/order", "POST fapiPrivate/leverage", "POST dapiPrivate/order",
    "DELETE dapiPrivate/order", "POST dapiPrivate/leverage",
}  # fmt: skip


def gated(*, dry_run: bool) -> exchange.GatedBinance:
    options = VenueOptions(
        name="perp", account="main", exchange="binanceusdm", network=Network.LOCAL,
        dry_run=dry_run,
    )  # fmt: skip
    return exchange.build(options, Credentials("key", "secret"), VenueClock(FakeClock()))


def every_call(venue: Any) -> Iterator[tuple[str, str, str]]:
    """Every endpoint that ccxt knows of Binance."""
    for section, methods in venue.describe()["api"].items():
        for method, paths in methods.items():
            for path in paths:
                yield section, method.upper(), path


def test_the_changing_calls_are_these() -> None:
    assert {each.name for each in ENDPOINTS if each.changes} == CHANGING


@pytest.mark.parametrize("dry_run", [True, False])
def test_invariant_12_of_every_call_that_ccxt_knows_only_the_named_are_signed(
    dry_run: bool,
) -> None:
    venue = gated(dry_run=dry_run)
    signed, refused = set(), 0
    for section, method, path in every_call(venue):
        try:
            venue.sign(path, [section], method, {})
        except Forbidden:
            refused += 1
        else:
            signed.add((section, method, path))
    expected = {each.key for each in ENDPOINTS if not (dry_run and each.changes)}
    assert signed == expected
    assert refused > 700


async def test_invariant_12_ccxt_s_own_roads_are_shut() -> None:
    venue = gated(dry_run=False)
    for call in (
        venue.create_order("BTC/USDT:USDT", "market", "sell", 1),
        venue.fapiPrivatePostOrder({"symbol": "BTCUSDT"}),
        venue.load_markets(),
        venue.fetch("http://127.0.0.1/"),
    ):
        with pytest.raises(Forbidden):
            await call
    await venue.close()


@pytest.mark.parametrize("method", ["order.place", "order.cancel", "session.logon", "UNSUBSCRIBE"])
def test_invariant_12_a_websocket_method_that_is_not_named_is_refused(method: str) -> None:
    with pytest.raises(Forbidden, match=method):
        check_socket(method)


def test_the_named_websocket_methods_pass() -> None:
    for method in allowed.SOCKET_METHODS:
        check_socket(method)


def test_a_refusal_names_the_call() -> None:
    with pytest.raises(Forbidden, match="POST fapiPrivate/order would change the account"):
        check_call("fapiPrivate", "POST", "order", dry_run=True)
    with pytest.raises(Forbidden, match="GET sapi/capital is not a call that hedgebot makes"):
        check_call("sapi", "GET", "capital", dry_run=False)
