"""An untouched hedge of one coin: funding cash and the change of spot less perpetual, no more."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.domain.instruments import InstrumentId, WalletId
from hedgebot.ledger.exact import total
from hedgebot.research.backtest import FREE, Opening, Options, run
from hedgebot.research.backtest.parts import Part
from hedgebot.research.backtest.records import Payment
from tests.core.world import HEDGE, POLICY
from tests.research.backtest.recorded import ETHER, elsewhere, recorded
from tests.research.backtest.stages import MARGIN

BOOKS = {"BTC": replace(POLICY, hedges=(HEDGE,)), "ETH": replace(POLICY, hedges=(ETHER,))}
SETS = {
    "hours": (("binance_1h",), {}),
    "quarters": (("binance_15m_2023", "binance_1h"), {
        "{0}": "{0}USDT_spot_15m", "perp:{0}/USDT:USDT": "{0}USDT_perp_15m",
    }),
    "minutes": (("binance_spot_1m_2021_05", "binance_1h"), {"{0}": "{0}USDT_spot_1m"}),
}  # fmt: skip
CASH = D("0.00000001")


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
@pytest.mark.parametrize("name", [*SETS, "binance", "bybit", "okx"])
def test_funding_and_basis_are_the_whole_result(name: str, coin: str) -> None:
    if name in SETS:
        folders, roles = SETS[name]
        series = {role.format(coin): own.format(coin) for role, own in roles.items()}
    else:
        folders = ("multi_exchange_8h_2023",)
        series = elsewhere(name, {"BTC": "bitcoin", "ETH": "ethereum"}[coin], coin)
    wallets = {(WalletId("spot:spot"), coin): D(1), (MARGIN, "USDT"): D(1_000_000)}
    options = Options(
        frictions=FREE, series=series, opening=Opening(wallets=wallets, hedged=True),
        from_ms=1_619_000_000_000 if name == "minutes" else None,
        to_ms=1_621_400_000_000 if name == "minutes" else None,
    )  # fmt: skip
    found = run(BOOKS[coin], recorded(*folders), (), options)
    tape, own = found.played.tape, InstrumentId(f"perp:{coin}/USDT:USDT")
    assert found.played.diary.intents == {}
    spot, perp = (D(repr(float(each))) for each in (tape.spot[coin][-1], tape.value[0, -1]))
    spot_then, perp_then = (D(repr(float(each))) for each in (tape.spot[coin][0], tape.value[0, 0]))
    paid = [each.change for each in found.played.diary.records if isinstance(each, Payment)]
    basis = (spot - perp) - (spot_then - perp_then)
    assert abs(found.books.parts.change - total((*paid, basis))) < D("1e-9")
    assert found.books.parts.unexplained == 0
    parts = found.books.parts.by_asset[coin]
    assert (parts[Part.BASIS], parts[Part.FUNDING]) == (basis, total(paid))
    # Each payment is rate x mark at its settlement, in the venue's steps of cash.
    assert len(paid) == sum(1 for each in tape.settlements if each.rate) > 60
    exact = [D(repr(each.rate)) * D(repr(each.mark)) for each in tape.settlements
             if each.rate and each.mark == each.mark]  # fmt: skip
    if len(exact) == len(paid):
        assert [each.quantize(CASH) for each in exact] == paid
    assert own in tape.rows
