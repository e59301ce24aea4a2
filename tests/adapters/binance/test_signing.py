"""The signature of an order: ccxt's own, made by a shorter road from the second one on."""

from collections.abc import Mapping
from typing import Any

import pytest

from hedgebot.adapters.binance import exchange
from hedgebot.adapters.binance.allowed import FUTURES, SPOT, USDT_M, Endpoint, Forbidden
from hedgebot.adapters.binance.exchange import GatedBinance, Signed
from hedgebot.adapters.binance.options import Credentials, Network, VenueOptions
from hedgebot.adapters.binance.venue_clock import VenueClock
from tests.adapters.binance.clocks import FakeClock

ORDER = {
    "timestamp": 1_700_000_000_000, "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.500",
    "newClientOrderId": "1a2b3c4d-00000a-0000000001-deadbeef",
}  # fmt: skip
OTHERS: dict[str, Mapping[str, object]] = {
    "the same": ORDER,
    "another moment": ORDER | {"timestamp": 1_700_000_000_001},
    "one parameter more": ORDER | {"reduceOnly": "true"},
    "letters that must be quoted": ORDER | {"symbol": "币安人生USDT"},
    "signs that must be quoted": ORDER | {"symbol": "A&B=C D/E%"},
}


def build() -> GatedBinance:
    options = VenueOptions(
        name="perp", account="main", exchange="binanceusdm", network=Network.LOCAL, dry_run=False
    )
    return exchange.build(options, Credentials("key", "secret"), VenueClock(FakeClock()))


def by_ccxt(endpoint: Endpoint, params: Mapping[str, object]) -> Signed:
    made = build().sign(endpoint.path, endpoint.section, endpoint.method, dict(params))
    return Signed(made["method"], made["url"], made["body"], made["headers"])


@pytest.mark.parametrize("endpoint", [SPOT.place, FUTURES.place])
@pytest.mark.parametrize("params", OTHERS.values(), ids=OTHERS)
def test_every_order_is_signed_as_ccxt_signs_it(
    endpoint: Endpoint, params: Mapping[str, object]
) -> None:
    ours = build()
    first, second = (exchange.sign(ours, endpoint, each) for each in (ORDER, params))

    assert endpoint.key in ours.by_rule
    assert (first, second) == (by_ccxt(endpoint, ORDER), by_ccxt(endpoint, params))


def test_what_the_rule_does_not_make_stays_with_ccxt() -> None:
    ours = build()
    for endpoint in (FUTURES.cancel, FUTURES.time, USDT_M.set_leverage):
        exchange.sign(ours, endpoint, {"symbol": "BTCUSDT"})

    assert ours.by_rule == {}


class Newer(GatedBinance):
    """A ccxt that says one thing more."""

    def sign(self, path: str, api: Any = (), method: str = "", params: Any = None) -> Any:
        made = super().sign(path, api, method, params)
        return made | {"body": f"version=9&{made['body']}"}


def test_a_ccxt_that_signs_in_another_way_goes_on_to_sign_every_order() -> None:
    newer = Newer()
    newer.__dict__.update(build().__dict__)
    for _ in range(2):
        assert str(exchange.sign(newer, FUTURES.place, ORDER).body).startswith("version=9&")


def test_invariant_12_the_shorter_road_has_the_same_gate() -> None:
    ours = build()
    exchange.sign(ours, FUTURES.place, ORDER)
    ours.dry_run = True

    with pytest.raises(Forbidden):
        exchange.sign(ours, FUTURES.place, ORDER)
