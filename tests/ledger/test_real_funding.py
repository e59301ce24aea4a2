"""Real settlements: the parts of an untouched hedge sum to its result exactly (THEORY 10).

Every pair of spot and perpetual with funding that the recorded files make up: twelve.

Long one coin spot, short one perpetual, no costs: the result per coin is the sum of the funding
cash plus the change of spot less perpetual. The books get it from their own records - one of
income for each settlement, one of realised profit - and the change of the wallets is computed
without them.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hedgebot.domain.ledger import Posting, PostingCause, RecordSource
from hedgebot.ledger.exact import EXACT, total
from hedgebot.ledger.parts import parts
from hedgebot.ledger.statement import Evidence, statement
from tests.ledger.samples import FUTURES, PERP, D, mark, posting, reading

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
HOUR_MS = 3_600_000
YEARS = "binance_1h/{}USDT_perp_{}"
COINS = {"BTC": "bitcoin", "ETH": "ethereum"}
Table = dict[int, dict[str, Decimal]]


def frame(name: str) -> Any:
    if not FOLDER.exists():
        pytest.skip(f"real data is not beside this checkout: {name}")
    polars: Any = pytest.importorskip("polars", reason="reading the recorded files needs polars")
    return polars.read_parquet(FOLDER / name)


def exact(rows: Any) -> Table:
    """Rows by time, exact as they are printed; the bars that are there."""
    return {
        int(row["date"].timestamp() * 1000): {
            column: D(repr(value)) for column, value in row.items() if isinstance(value, float)
        }
        for row in rows.iter_rows(named=True)
    }


def table(name: str) -> Table:
    return exact(frame(f"{name}.parquet"))


class Series(NamedTuple):
    """What a hedge is made of. The mark is wanted at settlements only."""

    spot: Table
    perp: Table
    mark: Table
    rates: dict[int, Decimal]


def binance(spot: str, perp: str, coin: str) -> Series:
    """Bars of any width beside the mark and the funding of the hourly folder."""
    funding = table(YEARS.format(coin, "funding_8h"))
    rates = {at_ms: row["funding_rate"] for at_ms, row in funding.items()}
    return Series(table(spot), table(perp), table(YEARS.format(coin, "mark_1h")), rates)


def elsewhere(exchange: str, coin: str) -> Series:
    """Eight-hour bars of three venues. They have no mark: the perpetual's open stands for it."""
    rows = frame("multi_exchange_8h_2023/all.parquet")
    here = rows.filter((rows["exchange"] == exchange) & (rows["crypto"] == COINS[coin]))
    perp = exact(here.filter(here["pair"] == f"{coin}USDT"))
    rates = {at_ms: row["funding rate"] for at_ms, row in perp.items()}
    return Series(exact(here.filter(here["pair"] == f"{coin}/USDT")), perp, perp, rates)


def series(name: str, coin: str) -> Series:
    hourly = YEARS.format(coin, "1h")
    match name:
        case "hours":
            return binance(f"binance_1h/{coin}USDT_spot_1h", hourly, coin)
        case "quarters":
            quarters = "binance_15m_2023/{}USDT_{}_15m"
            return binance(quarters.format(coin, "spot"), quarters.format(coin, "perp"), coin)
        case "minutes":
            return binance(f"binance_spot_1m_2021_05/{coin}USDT_spot_1m", hourly, coin)
    return elsewhere(name, coin)


@dataclass
class Hedge:
    """Long one coin spot and short one perpetual over the whole span, by the recorded bars."""

    begin: int
    end: int
    paid: dict[int, Decimal]
    """Funding cash by settlement: the mark times the rate."""
    spot: tuple[Decimal, Decimal]
    perp: tuple[Decimal, Decimal]
    """Opening prices at begin and end."""


def hedge_of(found: Series) -> Hedge:
    both = sorted(found.spot.keys() & found.perp.keys() & found.mark.keys())
    begin, end = both[0], both[-1]
    paid = {
        at_ms: EXACT.multiply(found.mark[at_ms]["open"], rate)
        for at_ms, rate in found.rates.items()
        if begin < at_ms <= end and at_ms in found.mark
    }
    prices = [(each[begin]["open"], each[end]["open"]) for each in (found.spot, found.perp)]
    return Hedge(begin, end, paid, prices[0], prices[1])


def records_of(hedge: Hedge) -> list[Posting]:
    """One of income for each settlement, one of realised profit at the end."""
    rows = [
        posting(str(cash), at_ms, instrument=PERP, ref=str(at_ms))
        for at_ms, cash in hedge.paid.items()
    ]
    profit = hedge.perp[0] - hedge.perp[1]
    closing = posting(str(profit), hedge.end + 1, cause=PostingCause.TRADE, instrument=PERP)
    return sorted([*rows, closing], key=lambda each: each.venue_ms)


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
@pytest.mark.parametrize(
    ("name", "settled"),
    [
        ("hours", 4_408), ("quarters", 824), ("minutes", 90),
        ("binance", 1_093), ("bybit", 1_093), ("okx", 1_093),
    ],
)  # fmt: skip
def test_funding_and_basis_are_the_whole_result(name: str, settled: int, coin: str) -> None:
    hedge = hedge_of(series(name, coin))
    rows = records_of(hedge)
    assert len(hedge.paid) == settled
    # The wallet by plain arithmetic over the table, without any record.
    wallet = total((D(100_000), hedge.perp[0] - hedge.perp[1], *hedge.paid.values()))
    readings = [
        reading(hedge.begin - HOUR_MS, {"USDT": "100000"}),
        reading(hedge.end + HOUR_MS, {"USDT": str(wallet)}),
    ]
    marks = [mark(hedge.end + 2 * HOUR_MS, RecordSource.INCOME)]
    found = statement(Evidence(FUTURES, readings, rows, marks))
    assert found.unexplained == ()
    by_cause = {each.cause: each.change for each in parts(found.postings)}
    result = total((*by_cause.values(), hedge.spot[1] - hedge.spot[0]))
    basis = (hedge.spot[1] - hedge.perp[1]) - (hedge.spot[0] - hedge.perp[0])
    assert abs(result - total((*hedge.paid.values(), basis))) < D("1e-9")
    lost = rows.pop(len(rows) // 2)
    (left,) = statement(Evidence(FUTURES, readings, rows, marks)).unexplained
    assert (left.asset, left.change) == ("USDT", lost.change)
