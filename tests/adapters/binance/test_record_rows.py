"""Rows of the venue's listings, as its documents write them, as postings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from hedgebot.adapters.binance import income, rows_spot, wallet_records
from hedgebot.adapters.binance.translate_spot import translate
from hedgebot.adapters.binance.wallet_records import Seen
from hedgebot.domain.events import FillSeen
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.ledger import Posting, PostingCause, RecordSource
from hedgebot.errors import Unsupported
from hedgebot.ledger.fills import postings_of
from hedgebot.ledger.postings import merged
from tests.adapters.binance.recordings import FUTURES, SPOT
from tests.adapters.binance.test_translate_spot import report

D = Decimal
T = 1_570_608_000_000
SEEN = Seen(T + 500_000, T + 400_000)
Row = Mapping[str, Any]
Told = list[tuple[str, str, str, str]]


def told(postings: tuple[Posting, ...]) -> Told:
    return [
        (each.asset, format(each.change, "f"), each.cause.value if each.cause else "", each.word)
        for each in postings
    ]


def earned(**changes: object) -> Posting:
    row = {
        "symbol": "BTCUSDT", "incomeType": "COMMISSION", "income": "-0.01000000", "asset": "USDT",
        "info": "COMMISSION", "time": T, "tranId": 9689322392, "tradeId": "2059192",
    } | changes  # fmt: skip
    return income.posting(row, FUTURES, at_ms=SEEN.at_ms, seen_ms=SEEN.venue_ms)


def test_a_row_of_income_is_a_posting_of_the_futures_wallet() -> None:
    found = earned()
    assert (found.wallet, found.asset, found.change) == (
        WalletId("perp:futures"),
        "USDT",
        D("-0.01"),
    )
    assert (found.cause, found.source) == (PostingCause.FEE, RecordSource.INCOME)
    assert found.instrument == "perp:BTC/USDT:USDT"
    assert (found.venue_ms, found.until_ms) == (T, T)


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("REALIZED_PNL", PostingCause.TRADE),
        ("FUNDING_FEE", PostingCause.FUNDING),
        ("TRANSFER", PostingCause.TRANSFER),
        ("INSURANCE_CLEAR", PostingCause.LIQUIDATION),
        ("AUTO_EXCHANGE", PostingCause.ADJUSTMENT),
        ("BFUSD_REWARD", PostingCause.INTEREST),
        ("API_REBATE", PostingCause.FEE),
        ("SOMETHING_NEW", None),
    ],
)
def test_each_type_has_one_cause_and_a_new_one_none(word: str, cause: PostingCause | None) -> None:
    assert earned(incomeType=word).cause is cause
    assert earned(incomeType=word).word == word


def test_one_id_in_two_types_trades_or_markets_is_as_many_postings() -> None:
    rows = [
        earned(),
        earned(incomeType="REALIZED_PNL"),
        earned(tradeId="2059193"),
        earned(symbol="ETHUSDT"),
        earned(time=T + 1),
        earned(),
    ]
    assert len(merged(rows).postings) == 5
    assert merged(rows).disputes == ()


def test_funding_is_dated_before_it_is_paid() -> None:
    assert earned(incomeType="FUNDING_FEE").until_ms == T + 60_000
    early = income.posting(
        {"incomeType": "FUNDING_FEE", "income": "1", "asset": "USDT", "time": T, "tranId": 1},
        FUTURES,
        at_ms=0,
        seen_ms=T + 2_000,
    )
    assert early.until_ms == T + 2_000, "it was told by then, so it was paid"


def test_a_market_that_is_gone_is_posted_without_a_name() -> None:
    assert earned(symbol="LUNAUSDT").instrument is None


@pytest.mark.parametrize("missing", ["incomeType", "income", "asset", "time", "tranId"])
def test_a_row_without_what_matters_is_refused_by_name(missing: str) -> None:
    row = {"incomeType": "TRANSFER", "income": "1", "asset": "USDT", "time": T, "tranId": 1}
    del row[missing]
    with pytest.raises(Unsupported, match=f"income cannot be read: no field '{missing}'"):
        income.posting(row, FUTURES, at_ms=0, seen_ms=T)


def deposit(**changes: object) -> Row:
    return {
        "id": "769800519366885376", "amount": "0.001", "coin": "BNB", "network": "BNB",
        "status": 1, "insertTime": T, "completeTime": T + 90_000, "walletType": 0,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("BNB", "0.001", "deposit", "deposit")]),
        ({"status": 6}, [("BNB", "0.001", "deposit", "deposit")]),
        ({"status": 0}, []),
        ({"status": 7}, []),
        ({"status": 8}, []),
        ({"walletType": 1}, []),
        ({"status": 99}, [("BNB", "0.001", "", "status 99")]),
    ],
)
def test_a_deposit_counts_once_it_is_credited(changes: dict[str, object], expected: Told) -> None:
    row = deposit(**changes)
    assert told(wallet_records.read(RecordSource.DEPOSITS, row, SPOT, SEEN)) == expected


def test_a_deposit_was_credited_between_its_dates_or_before_it_was_told() -> None:
    (found,) = wallet_records.read(RecordSource.DEPOSITS, deposit(), SPOT, SEEN)
    assert (found.venue_ms, found.until_ms) == (T, T + 90_000)
    row = {name: value for name, value in deposit().items() if name != "completeTime"}
    (found,) = wallet_records.read(RecordSource.DEPOSITS, row, SPOT, SEEN)
    assert found.until_ms == SEEN.venue_ms


def withdrawal(**changes: object) -> Row:
    return {
        "id": "b6ae22b3aa844210a7041aee7589627c", "amount": "8.91000000", "coin": "USDT",
        "transactionFee": "0.004", "status": 6, "applyTime": "2019-10-09 08:00:00",
        "walletType": 0,
    } | changes  # fmt: skip


LEFT = [("USDT", "-8.91000000", "withdrawal", "withdrawal"), ("USDT", "-0.004", "fee", "fee")]
BACK = [
    ("USDT", "8.91000000", "withdrawal", "withdrawal returned"),
    ("USDT", "0.004", "fee", "fee returned"),
]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, LEFT),
        ({"status": 4}, LEFT),
        ({"status": 5}, LEFT + BACK),
        ({"transactionFee": "0"}, LEFT[:1]),
        ({"walletType": 1}, []),
        (
            {"status": 42, "transactionFee": "0"},
            [("USDT", "-8.91000000", "", "status 42")],
        ),
    ],
)
def test_a_withdrawal_is_its_coins_and_its_fee(changes: dict[str, object], expected: Told) -> None:
    row = withdrawal(**changes)
    found = wallet_records.read(RecordSource.WITHDRAWALS, row, SPOT, SEEN)
    assert told(found) == expected
    assert all(each.venue_ms == T for each in found)
    assert all(each.until_ms == T + 1_000 for each in found[:2]), "dated in whole seconds"


def moved(**changes: object) -> Row:
    return {
        "asset": "USDT", "amount": "1", "type": "MAIN_UMFUTURE", "status": "CONFIRMED",
        "tranId": 11415955596, "timestamp": T,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [("USDT", "-1", "transfer", "MAIN_UMFUTURE")]),
        ({"type": "UMFUTURE_MAIN"}, [("USDT", "1", "transfer", "UMFUTURE_MAIN")]),
        ({"type": "MAIN_FUNDING"}, [("USDT", "-1", "transfer", "MAIN_FUNDING")]),
        ({"status": "PENDING"}, []),
        ({"status": "FAILED"}, []),
        ({"status": "ODD"}, [("USDT", "-1", "", "MAIN_UMFUTURE ODD")]),
    ],
)
def test_a_transfer_goes_where_its_type_says(changes: dict[str, object], expected: Told) -> None:
    row = moved(**changes)
    assert told(wallet_records.read(RecordSource.TRANSFERS, row, SPOT, SEEN)) == expected


def test_interest_is_what_the_venue_distributes() -> None:
    row = {
        "id": 1637366104, "amount": "10.00000000", "asset": "BHFT", "divTime": T,
        "enInfo": "BHFT distribution", "tranId": 2968885920,
    }  # fmt: skip
    found = wallet_records.read(RecordSource.DIVIDENDS, row, SPOT, SEEN)
    assert told(found) == [("BHFT", "10.00000000", "interest", "BHFT distribution")]


def test_dust_is_given_taken_and_charged() -> None:
    row = {
        "transId": 4359321, "serviceChargeAmount": "0.000009", "amount": "0.0009",
        "operateTime": T, "transferedAmount": "0.000441", "fromAsset": "USDT",
    }  # fmt: skip
    found = wallet_records.read(RecordSource.DUST, row, SPOT, SEEN)
    assert told(found) == [
        ("USDT", "-0.0009", "trade", "given"),
        ("BNB", "0.000450", "trade", "taken"),
        ("BNB", "-0.000009", "fee", "fee"),
    ]


@pytest.mark.parametrize("source", list(wallet_records.READERS))
def test_an_unreadable_row_is_refused_by_its_listing(source: RecordSource) -> None:
    with pytest.raises(Unsupported, match=f"a row of {source} cannot be read"):
        wallet_records.read(source, {"status": "?"}, SPOT, SEEN)


@pytest.mark.parametrize(
    ("fee", "coin", "expected"),
    [
        ("0.0005", "BTC", {("BTC", "0.5"), ("USDT", "-30000"), ("BTC", "-0.0005")}),
        ("0.03", "BNB", {("BTC", "0.5"), ("USDT", "-30000"), ("BNB", "-0.03")}),
        ("0", None, {("BTC", "0.5"), ("USDT", "-30000")}),
    ],
)
def test_stream_and_listing_of_one_execution_are_one_posting_each_with_its_fee_apart(
    fee: str, coin: str | None, expected: set[tuple[str, str]]
) -> None:
    seen, _ = translate(report(n=fee, N=coin), SPOT)
    assert isinstance(seen, FillSeen)
    row = {
        "symbol": "BTCUSDT", "id": 9, "orderId": 5, "price": "60000.00000000",
        "qty": "0.50000000", "quoteQty": "30000.00000000", "commission": fee,
        "commissionAsset": coin, "time": 1, "isBuyer": True, "isMaker": False,
    }  # fmt: skip
    listed = postings_of(rows_spot.fill(row, {}, SPOT), SPOT.wallet, 7)
    heard = postings_of(seen.fill, SPOT.wallet, 8)
    found = merged((*listed, *heard))
    assert found.postings == merged(listed).postings
    assert found.disputes == ()
    assert {(each.asset, f"{each.change.normalize():f}") for each in found.postings} == expected
    fees = [each.asset for each in found.postings if each.cause is PostingCause.FEE]
    assert fees == ([coin] if coin else [])
