import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import exchange, markets
from hedgebot.adapters.binance.instruments import instrument
from hedgebot.adapters.binance.options import Network, VenueOptions
from hedgebot.adapters.binance.venue_clock import VenueClock
from hedgebot.domain.instruments import Instrument, Kind
from hedgebot.domain.multipliers import BUNDLES, Bundle, looks_multiplied
from hedgebot.errors import Unsupported
from tests.adapters.binance.clocks import FakeClock
from tests.adapters.binance.recordings import linear, recorded, spot

D = Decimal
PERP = VenueOptions(
    name="perp", account="main", exchange="binanceusdm", network=Network.LOCAL,
    symbols=("BTC/USDT:USDT",),
)  # fmt: skip
SPOT = replace(PERP, name="spot", exchange="binance", symbols=("BTC/USDT",))


def rules() -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = recorded(
        "binance_public_rest_202607/fapi-v1-exchangeInfo.json.gz"
    )["symbols"]
    return found


def load(options: VenueOptions, rows: list[Mapping[str, Any]]) -> tuple[Instrument, ...]:
    built = exchange.build(options, None, VenueClock(FakeClock()))
    return markets.instruments_of(rows, markets.market_names(rows, built), options)


def row(**changes: object) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT", "status": "TRADING", "contractType": "PERPETUAL",
        "baseAsset": "BTC", "quoteAsset": "USDT", "marginAsset": "USDT",
        "orderTypes": ["LIMIT"], "timeInForce": ["GTC", "IOC"],
        "filters": [
            {"filterType": "PRICE_FILTER", "tickSize": "0.10"},
            {"filterType": "LOT_SIZE", "stepSize": "0.001", "minQty": "0.002", "maxQty": "1000"},
            {"filterType": "MARKET_LOT_SIZE", "stepSize": "0.01", "minQty": "1", "maxQty": "120"},
            {"filterType": "MIN_NOTIONAL", "notional": "50"},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500"},
        ],
    } | changes  # fmt: skip


def test_the_recorded_bitcoin_perpetual() -> None:
    (found,) = load(PERP, rules())
    assert found.id == "perp:BTC/USDT:USDT"
    assert (found.kind, found.asset, found.quote, found.settle) == (
        Kind.LINEAR, "BTC", "USDT", "USDT",
    )  # fmt: skip
    assert (found.lot, found.tick, found.lots_min, found.lots_max) == (
        D("0.001"), D("0.1"), 1, 1_000_000,
    )  # fmt: skip
    assert (found.notional_min, found.close_exempt_from_notional_min) == (D(50), True)
    assert (found.price_up_max, found.price_down_min) == (D("1.05"), D("0.95"))


def test_every_recorded_market_is_named_by_ccxt() -> None:
    rows = rules()
    names = markets.market_names(rows, exchange.build(PERP, None, VenueClock(FakeClock())))
    assert len(names) == len(rows) == 820
    assert names["1000PEPEUSDT"].symbol == "1000PEPE/USDT:USDT"
    assert names["BTCUSDT_260925"].symbol == "BTC/USDT:USDT-260925"


def test_every_tradable_perpetual_is_an_instrument_or_refused_by_name() -> None:
    rows = [each for each in rules() if each["status"] == "TRADING"]
    perpetual = [each for each in rows if each["contractType"].endswith("PERPETUAL")]
    built = exchange.build(PERP, None, VenueClock(FakeClock()))
    names = markets.market_names(rows, built)
    found = [instrument(each, names[each["symbol"]], PERP) for each in perpetual]
    assert len(found) == len(perpetual)
    assert all(each.lot > 0 and each.tick > 0 and each.lots_max > each.lots_min for each in found)


def test_the_shipped_bundles_are_those_in_trading() -> None:
    trading = {each["baseAsset"] for each in rules() if each["status"] == "TRADING"}
    assert {base for base in trading if looks_multiplied(base)} == set(BUNDLES)
    assert len(BUNDLES) == 13
    for base, bundle in BUNDLES.items():
        number = base.removesuffix(bundle.asset)
        assert bundle.coins == (D(1_000_000) if number == "1M" else D(number))


@pytest.mark.parametrize("base", ["1INCH", "0G", "2Z", "4", "42", "BTC", "1"])
def test_coins_that_only_start_with_a_digit_are_coins(base: str) -> None:
    assert not looks_multiplied(base)


def test_a_multiplied_contract_counts_its_coins() -> None:
    (found,) = load(replace(PERP, symbols=("1000PEPE/USDT:USDT",)), rules())
    assert (found.asset, found.coins_per_unit, found.lot) == ("PEPE", D(1000), D(1))


def test_a_multiplier_without_an_alias_is_refused_with_its_mend() -> None:
    unlisted = row(symbol="1000XUSDT", baseAsset="1000X")
    with pytest.raises(Unsupported, match=r"1000X .*\[aliases\] 1000X"):
        instrument(unlisted, linear("1000X"), PERP)
    aliased = replace(PERP, bundles={"1000X": Bundle("X", D(1000))})
    assert instrument(unlisted, linear("1000X"), aliased).coins_per_unit == 1000


def test_market_order_steps_do_not_bind_a_limit_order() -> None:
    found = instrument(row(), linear("BTC"), PERP)
    assert (found.lot, found.lots_min, found.lots_max) == (D("0.001"), 2, 1_000_000)


@pytest.mark.parametrize(
    ("filters", "notional", "bounds"),
    [
        ([{"filterType": "NOTIONAL", "minNotional": "5"}], D(5), (None, None)),
        ([{"filterType": "MIN_NOTIONAL", "minNotional": "10"}], D(10), (None, None)),
        (
            [{"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "5",
              "bidMultiplierDown": "0.2", "askMultiplierUp": "4", "askMultiplierDown": "0.5"}],
            D(0), (D(4), D("0.5")),
        ),
    ],
)  # fmt: skip
def test_spot_filters(
    filters: list[dict[str, str]], notional: Decimal, bounds: tuple[Decimal | None, Decimal | None]
) -> None:
    steps = row()["filters"][:2]
    found = instrument(row(filters=[*steps, *filters]), spot("BTC"), SPOT)
    assert (found.kind, found.notional_min) == (Kind.SPOT, notional)
    assert (found.price_up_max, found.price_down_min) == bounds
    assert not found.close_exempt_from_notional_min


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "SETTLING"}, "is SETTLING at the venue"),
        ({"contractType": "CURRENT_QUARTER"}, "delivers on a date: use the perpetual"),
        ({"timeInForce": ["GTC"]}, "takes no IOC limit orders"),
        ({"filters": []}, "market BTCUSDT cannot be read: no field 'LOT_SIZE'"),
        (
            {"filters": [{"filterType": "LOT_SIZE", "stepSize": "0", "minQty": "0", "maxQty": "1"},
                         {"filterType": "PRICE_FILTER", "tickSize": "0.1"}]},
            "no quantity or price step",
        ),
    ],
)  # fmt: skip
def test_a_market_that_cannot_be_traded_is_refused_by_name(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(Unsupported, match=words):
        instrument(row(**changes), linear("BTC"), PERP)


@pytest.mark.parametrize(
    ("symbol", "hint"),
    [("BTC/USDC:USDC", "it has BTC/USDT:USDT"), ("DOGE/USDT:USDT", "it has no market of DOGE")],
)
def test_a_missing_market_names_its_neighbours(symbol: str, hint: str) -> None:
    with pytest.raises(Unsupported, match=f"venues.perp: {symbol} is not a market.*{hint}"):
        load(replace(PERP, symbols=(symbol,)), [row()])


def test_a_wallet_that_is_not_built_is_refused() -> None:
    for options, name in ((SPOT, "margin"), (PERP, "funding")):
        with pytest.raises(Unsupported, match=f"{name} is not built yet"):
            _ = replace(options, wallets=(name,)).wallet
    assert replace(SPOT, wallets=("spot",)).wallet == "spot:spot"
    assert replace(SPOT, wallets=("spot",)).polled == ()
    both = replace(SPOT, wallets=("spot", "funding", "earn"))
    assert (both.wallet, both.polled) == ("spot:spot", ("spot:funding", "spot:earn"))


def test_steps_read_back_without_an_exponent() -> None:
    steps = [
        {"filterType": "PRICE_FILTER", "tickSize": "100"},
        {"filterType": "LOT_SIZE", "stepSize": "10.00", "minQty": "10", "maxQty": "1000"},
    ]
    found = instrument(row(filters=steps), linear("BTC"), PERP)
    lots = random.Random(1).randrange(1, 100)
    assert (str(found.lot), str(found.tick)) == ("10", "100")
    assert f"{found.qty(lots):f}" == str(lots * 10)
