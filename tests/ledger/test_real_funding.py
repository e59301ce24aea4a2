"""Four years of real settlements: the parts of an untouched hedge sum to its result exactly.

Long one coin spot, short one perpetual, no costs: the result per coin is the sum of the funding
cash plus the change of spot less perpetual. The books get it from their own records - one of
income for each settlement, one of realised profit - and the change of the wallets is computed
without them.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgebot.domain.ledger import Posting, PostingCause, RecordSource
from hedgebot.ledger.exact import EXACT, total
from hedgebot.ledger.parts import parts
from hedgebot.ledger.statement import Evidence, statement
from tests.ledger.samples import FUTURES, PERP, D, mark, posting, reading

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "binance_1h"
HOUR_MS = 3_600_000


def table(name: str) -> dict[int, dict[str, Decimal]]:
    """Rows by time, exact as they are printed; the bars that are there."""
    if not FOLDER.exists():
        pytest.skip(f"real data is not beside this checkout: {FOLDER.name}")
    polars: Any = pytest.importorskip("polars", reason="reading the recorded files needs polars")
    frame = polars.read_parquet(FOLDER / f"{name}.parquet")
    return {
        int(row["date"].timestamp() * 1000): {
            column: D(repr(value)) for column, value in row.items() if isinstance(value, float)
        }
        for row in frame.iter_rows(named=True)
    }


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


def hedge_of(coin: str) -> Hedge:
    funding = table(f"{coin}USDT_perp_funding_8h")
    marks = table(f"{coin}USDT_perp_mark_1h")
    spot, perp = table(f"{coin}USDT_spot_1h"), table(f"{coin}USDT_perp_1h")
    both = sorted(spot.keys() & perp.keys() & marks.keys())
    begin, end = both[0], both[-1]
    paid = {
        at_ms: EXACT.multiply(marks[at_ms]["open"], row["funding_rate"])
        for at_ms, row in funding.items()
        if begin < at_ms <= end and at_ms in marks
    }
    prices = [(each[begin]["open"], each[end]["open"]) for each in (spot, perp)]
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
def test_funding_and_basis_are_the_whole_result(coin: str) -> None:
    hedge = hedge_of(coin)
    rows = records_of(hedge)
    assert len(hedge.paid) > 4_000
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
