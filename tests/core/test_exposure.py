"""The delta of each thing, in coins."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.core import bounds, exposure
from hedgebot.core.books import AssetBook, Market, Pending, WalletTotal, Word
from hedgebot.core.policy import Alias, Band, BandUnit, OutsideHolding, Policy, VenuePolicy
from hedgebot.core.start import state_at_start
from hedgebot.core.state import Outlook, State
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, WalletId
from hedgebot.domain.records import Durable, ExposureParts, TransitKept
from tests.core.world import BTC, HEDGE, PERP, PERP_WALLET, POLICY, SPOT_WALLET, START_MS, World

INVERSE = InstrumentId("coinm:BTC/USD:BTC")
COIN_WALLET = WalletId("coinm:futures")
BTC_USD = replace(
    BTC, id=INVERSE, venue="coinm", symbol="BTC/USD:BTC", market_id="BTCUSD_PERP",
    kind=Kind.INVERSE, quote="USD", settle="BTC", lot=D(100), units_per_contract=D(100),
)  # fmt: skip
SPARE = replace(BTC, id=InstrumentId("perp:BTC/USDC:USDC"), symbol="BTC/USDC:USDC")
SPOT = replace(BTC, id=InstrumentId("spot:BTC/USDT"), venue="spot", kind=Kind.SPOT)
ETH = replace(BTC, id=InstrumentId("perp:ETH/USDT:USDT"), asset="ETH")
PEPE = replace(
    BTC, id=InstrumentId("perp:1000PEPE/USDT:USDT"), asset="PEPE", coins_per_unit=D(1000), lot=D(1)
)
THREE_VENUES = (*POLICY.venues, VenuePolicy(
    name="coinm", account="main", wallets=(COIN_WALLET,), collateral=True,
))  # fmt: skip
BOOK = replace(POLICY, venues=THREE_VENUES)


def state_of(policy: Policy, *instruments: Instrument) -> State:
    return state_at_start(policy, instruments, Durable(epoch=1), now=START_MS)


def hold(
    state: State,
    wallet: WalletId,
    coins: str,
    *,
    asset: str = "BTC",
    said: str | None = None,
    account: str = "main",
) -> AssetBook:
    book = state.ledger.assets.setdefault((account, asset), AssetBook(account, asset))
    book.totals[wallet] = WalletTotal(D(coins), D(said or coins), 0, 0, 0)
    return book


def position(
    state: State, instrument: InstrumentId, arithmetic: str, *, word: str = "", entry: str = "50000"
) -> None:
    book = state.ledger.positions[instrument]
    book.arithmetic = D(arithmetic)
    book.word = Word(D(word or arithmetic), 0, 0, D(entry))


def compute(state: State, policy: Policy, asset: str = "BTC") -> Outlook:
    return exposure.compute(state, policy, asset)


# -- positions -------------------------------------------------------------------------------


@pytest.mark.parametrize("qty", ["-0.5", "0.5", "0"])
def test_a_linear_position_is_its_quantity(qty: str) -> None:
    assert exposure.position_coins(BTC, D(qty), D(0)) == D(qty)


@pytest.mark.parametrize("qty", ["-3", "3", "0"])
def test_a_multiplied_symbol_counts_its_coins(qty: str) -> None:
    """Three lots of 1000PEPE are 3,000 PEPE."""
    assert exposure.position_coins(PEPE, D(qty), D(0)) == D(qty) * 1000


def test_an_inverse_position_is_notional_over_entry() -> None:
    assert exposure.position_coins(BTC_USD, D(-100_000), D(10_000)) == D(-10)
    assert exposure.position_coins(BTC_USD, D(50_000), D(25_000)) == D(2)
    assert exposure.position_coins(BTC_USD, D(0), D(0)) == D(0)


@pytest.mark.parametrize("mark", [10_000.0, 50_000.0, 250_000.0])
def test_a_synthetic_dollar_is_flat_at_every_mark(mark: float) -> None:
    """Worked by hand: B = 10 BTC, S0 = 10,000, N = 100,000: worth 100,000 USD at any price."""
    policy = replace(BOOK, hedges=(replace(HEDGE, instruments=(INVERSE,)),))
    state = state_of(policy, BTC_USD)
    hold(state, COIN_WALLET, "10")  # without unrealised profit
    position(state, INVERSE, "-100000", entry="10000")
    market = state.markets[INVERSE]
    market.mark = mark

    look = compute(state, policy)
    found = bounds.at(policy.hedges[0], look, market, pending=0.0, least=1)

    assert look.parts.net_delta == 0
    assert found.net_delta == 0.0
    assert found.lots(market, 0.0, 1) == 0
    # an inverse short of N at S0 beside B coins: equity B + N (1/S - 1/S0), worth the same
    assert (10 + 100_000 * (1 / mark - 1 / 10_000)) * mark == pytest.approx(100_000.0)


def test_the_hedge_counts_by_our_arithmetic_and_the_rest_by_the_venues_word() -> None:
    state = state_of(BOOK, BTC, SPARE)
    position(state, PERP, "-1.5", word="-1")  # a fill that the position event has not shown yet
    position(state, SPARE.id, "-1.5", word="-1")

    parts = compute(state, BOOK).parts

    assert parts.hedge == D("-1.5")
    assert parts.linear == D(-1)
    assert parts.gross == D(-1)
    assert parts.net_delta == D("-2.5")


def test_a_position_is_nothing_until_the_venue_said_something() -> None:
    state = state_of(BOOK, BTC, SPARE)
    state.ledger.positions[PERP].arithmetic = D(3)

    assert compute(state, BOOK).parts == ExposureParts()


def test_before_the_first_adoption_the_venues_word_counts() -> None:
    state = state_of(BOOK, BTC)
    state.ledger.positions[PERP].word = Word(D(-2), 0, 0, D(0))

    assert compute(state, BOOK).parts.hedge == D(-2)


def test_each_kind_has_its_part() -> None:
    hedge = replace(HEDGE, instruments=(PERP, INVERSE))
    policy = replace(BOOK, hedges=(hedge,))
    spare_inverse = replace(BTC_USD, id=InstrumentId("coinm:BTC/USD:BTC-261225"))
    state = state_of(policy, SPARE, BTC, BTC_USD, spare_inverse, SPOT, ETH)
    position(state, PERP, "-1")
    position(state, INVERSE, "-50000", entry="50000")
    position(state, SPARE.id, "-0.25")
    position(state, spare_inverse.id, "-20000", entry="40000")
    position(state, SPOT.id, "99")  # spot is counted by its wallet
    position(state, ETH.id, "7")
    hold(state, SPOT_WALLET, "5")
    hold(state, PERP_WALLET, "0.5")

    parts = compute(state, policy).parts

    assert parts == ExposureParts(
        spot=D(5), collateral=D("0.5"), linear=D("-0.25"), inverse=D("-0.5"), hedge=D(-2)
    )
    assert parts.gross == D("4.75")
    assert parts.net_delta == D("2.75")


def test_an_instrument_whose_position_is_not_kept_is_passed_over() -> None:
    """The others still count."""
    state = state_of(BOOK, SPARE, BTC)
    del state.ledger.positions[SPARE.id]
    position(state, PERP, "-1")

    assert compute(state, BOOK).parts.hedge == D(-1)


def test_what_stands_after_a_market_of_another_asset_still_counts() -> None:
    state = state_of(BOOK, ETH, SPOT, BTC)
    position(state, PERP, "-1")

    assert compute(state, BOOK).parts.hedge == D(-1)


def test_what_is_in_transit_counts_for_its_own_asset_aliases_converted() -> None:
    policy = replace(BOOK, aliases={"WBTC": Alias("BTC", D("0.5"))})
    state = state_of(policy, BTC)
    kept = TransitKept(
        at_ms=0, venue="spot", record_id="w1", coin="BTC", qty=D(3), debit=D(3), since_ms=0,
        outside=D(0),
    )  # fmt: skip
    others = [replace(kept, record_id="w2", coin="WBTC"), replace(kept, record_id="w3", coin="ETH")]
    state.ledger.transit.held = {each.record_id: each for each in (kept, *others)}

    assert compute(state, policy).parts.in_transit == D("4.5")


def test_several_of_a_kind_add_up() -> None:
    dated = [replace(SPARE, id=InstrumentId(f"perp:BTC-{n}")) for n in range(2)]
    coins = [replace(BTC_USD, id=InstrumentId(f"coinm:BTC-{n}")) for n in range(2)]
    state = state_of(BOOK, *dated, *coins)
    for instrument in dated:
        position(state, instrument.id, "-1")
    for instrument in coins:
        position(state, instrument.id, "-10000", entry="10000")

    parts = compute(state, BOOK).parts

    assert (parts.linear, parts.inverse) == (D(-2), D(-2))


# -- holdings --------------------------------------------------------------------------------


def test_wallets_of_every_account_add_up() -> None:
    other = VenuePolicy(
        name="old", account="old", wallets=(WalletId("old:spot"),), collateral=False
    )
    policy = replace(POLICY, venues=(*POLICY.venues, other))
    state = state_of(policy, BTC)
    hold(state, SPOT_WALLET, "1")
    hold(state, PERP_WALLET, "0.2")
    hold(state, WalletId("old:spot"), "10", account="old")

    parts = compute(state, policy).parts

    assert (parts.spot, parts.collateral) == (D(11), D("0.2"))


def test_a_wallet_that_no_venue_entry_names_is_not_counted() -> None:
    state = state_of(POLICY, BTC)
    hold(state, WalletId("spot:earn"), "3")

    assert compute(state, POLICY).parts.gross == 0


def test_other_assets_are_not_counted() -> None:
    state = state_of(POLICY, BTC)
    hold(state, SPOT_WALLET, "3", asset="ETH")
    hold(state, SPOT_WALLET, "1")

    assert compute(state, POLICY).parts.gross == 1


def test_an_alias_counts_at_its_rate_whatever_comes_first() -> None:
    policy = replace(POLICY, aliases={"WBTC": Alias("BTC", D("0.99")), "STETH": Alias("ETH", D(1))})
    state = state_of(policy, BTC)
    hold(state, SPOT_WALLET, "5", asset="STETH")
    book = hold(state, SPOT_WALLET, "10", asset="WBTC")
    hold(state, SPOT_WALLET, "1")
    book.pending = [
        Pending(SPOT_WALLET, D(-2), 0, 0, from_fill=False),
        Pending(SPOT_WALLET, D(4), 0, 0, from_fill=False),
    ]

    look = compute(state, policy)

    assert look.parts.spot == D("10.9")
    assert (look.pending_low, look.pending_high) == (D("-1.98"), D("3.96"))


def test_tradable_coins_count_and_what_is_pending_is_an_interval() -> None:
    state = state_of(POLICY, BTC)
    book = hold(state, SPOT_WALLET, "1", said="4")
    book.pending = [
        Pending(SPOT_WALLET, D(5), 0, 0, from_fill=False),
        Pending(SPOT_WALLET, D(-2), 0, 0, from_fill=False),
        Pending(SPOT_WALLET, D(1), 0, 0, from_fill=True),
    ]
    position(state, PERP, "-0.25")

    look = compute(state, POLICY)

    assert (look.gross, look.hedge, look.low, look.high) == (1.0, -0.25, -2.0, 6.0)
    assert (look.pending_low, look.pending_high) == (D(-2), D(6))


def test_the_interval_of_two_accounts_adds_up() -> None:
    policy = replace(
        POLICY,
        venues=(*POLICY.venues, VenuePolicy(name="b", account="b", wallets=(), collateral=False)),
    )
    state = state_of(policy, BTC)
    for account in ("main", "b"):
        book = hold(state, SPOT_WALLET, "1", account=account)
        book.pending = [Pending(SPOT_WALLET, D(sign), 0, 0, from_fill=False) for sign in (-1, 2)]

    assert (compute(state, policy).low, compute(state, policy).high) == (-2.0, 4.0)


def test_nothing_is_exactly_nothing() -> None:
    parts = compute(state_of(POLICY, BTC), POLICY).parts

    assert parts == ExposureParts()
    assert {type(part) for part in (parts.spot, parts.outside, parts.hedge)} == {D}


def test_coins_kept_elsewhere() -> None:
    policy = replace(
        POLICY,
        holdings=(
            OutsideHolding("BTC", "cold storage", D("12.5")),
            OutsideHolding("BTC", "loan", D(-2)),
            OutsideHolding("ETH", "cold eth", D(99)),
        ),
    )
    state = state_of(policy, BTC)

    assert compute(state, policy).parts.outside == D("10.5")

    state.ledger.outside["cold storage"] = D(1)
    assert compute(state, policy).parts.outside == D(-1)
    assert compute(state, policy).gross == -1.0


# -- the bounds that come of it ---------------------------------------------------------------


def bounds_of(band: Band, look: Outlook, market: Market) -> list[float]:
    found = bounds.at(replace(HEDGE, band=band), look, market, pending=0.0, least=0)
    return [found.lower, found.upper]


def test_a_multiplied_symbol_is_sized_in_coins() -> None:
    """A band of 100 USD at 0.01 USD a thousand coins is ten million coins: 10,000 lots."""
    market = Market(PEPE, mark=0.01)
    look = Outlook(gross=25_000_000.0)

    band = Band(-100.0, 50.0, BandUnit.USD)
    assert bounds_of(band, look, market) == pytest.approx([-1e7, 5e6])

    found = bounds.at(HEDGE, look, market, pending=0.0, least=7)
    assert found.least == 7_000.0
    assert found.lots(market, 0.0, 1) == -25_000


def test_an_inverse_market_is_sized_in_dollars() -> None:
    market = Market(BTC_USD, mark=50_000.0)
    look = Outlook(gross=1.0)
    found = bounds.at(HEDGE, look, market, pending=0.0, least=1)

    assert found.least == pytest.approx(0.002)
    assert found.lots(market, 0.0, 1) == -500
    band = Band(-100.0, 50.0, BandUnit.USD)
    assert bounds_of(band, look, market) == pytest.approx([-0.002, 0.001])


def test_what_is_pending_moves_gross_and_so_the_target() -> None:
    hedge = replace(HEDGE, ratio=D("0.75"), band=Band(-10.0, 10.0, BandUnit.PERCENT))
    look = Outlook(gross=8.0, hedge=-6.0)
    found = bounds.at(hedge, look, Market(BTC, mark=50_000.0), pending=4.0, least=0)

    assert (found.net_delta, found.target) == (6.0, 3.0)
    assert [found.lower, found.upper] == pytest.approx([1.8, 4.2])
    assert found.deviation == 3.0


@pytest.mark.parametrize(
    ("coin", "wallet", "merged", "low"),
    [
        ("BTC", SPOT_WALLET, True, -4.0),
        ("WBTC", SPOT_WALLET, True, -1.0),
        ("BTC", PERP_WALLET, True, -1.0),
        ("BTC", SPOT_WALLET, False, -1.0),
    ],
    ids=["it may hide their return", "another coin's", "another wallet's", "the stream's word"],
)
def test_coins_in_transit_may_be_back_where_a_re_read_showed_a_change(
    coin: str, wallet: WalletId, *, merged: bool, low: float
) -> None:
    world = World().start(D(10), D(-10))
    row = TransitKept(
        at_ms=1, venue="spot", record_id="w1", coin=coin, qty=D(3), debit=D(3), since_ms=1,
        outside=D(0),
    )  # fmt: skip
    world.state.ledger.transit.held["spot/w1"] = row
    book = world.state.ledger.assets["main", "BTC"]
    book.pending.append(Pending(wallet, D(-1), 1, 1, from_fill=False, merged=merged))

    assert exposure.compute(world.state, world.policy, "BTC").low == low
