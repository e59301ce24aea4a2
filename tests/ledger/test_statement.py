"""Opening, postings by cause, closing, and what is left: on small cases that can be read."""

from dataclasses import replace
from decimal import Decimal, Inexact

import pytest

from hedgebot.domain.ledger import Posting, PostingCause, RecordSource, SourceMark, WalletReading
from hedgebot.ledger.double import balances, entry
from hedgebot.ledger.exact import EXACT, total
from hedgebot.ledger.postings import merged
from hedgebot.ledger.statement import (
    SETTLE_MS,
    Evidence,
    Statement,
    Unexplained,
    in_transfer,
    statement,
)
from tests.ledger.samples import FUTURES, SPOT, T0, D, mark, posting, reading

LATER = T0 + 100_000


def made(
    postings: list[Posting],
    readings: list[WalletReading],
    marks: list[SourceMark] | None = None,
    since_ms: int = 0,
) -> Statement:
    known = [mark(LATER)] if marks is None else marks
    return statement(Evidence(FUTURES, readings, postings, known), since_ms)


def test_what_the_records_say_is_what_the_wallet_did() -> None:
    found = made(
        [
            posting("-0.5", cause=PostingCause.FEE),
            posting("2", T0 + 20),
            posting("0.25", T0 + 30),
        ],
        [reading(T0, {"USDT": "100"}), reading(T0 + 50, {"USDT": "101.75"})],
    )
    (line,) = found.lines
    assert line.causes == {PostingCause.FEE: D("-0.5"), PostingCause.FUNDING: D("2.25")}
    assert (line.opening, line.closing, line.unexplained) == (D(100), D("101.75"), D(0))
    assert found.unexplained == ()


def test_what_no_record_explains_is_named_with_wallet_asset_amount_and_window() -> None:
    found = made(
        [posting("2"), posting("1", T0 + 110)],
        [
            reading(T0, {"USDT": "100"}),
            reading(T0 + 50, {"USDT": "102"}),
            reading(T0 + 100, {"USDT": "102", "BNB": "0.1"}),
            reading(T0 + 150, {"USDT": "103", "BNB": "0.1"}),
        ],
    )
    assert found.unexplained == (Unexplained(FUTURES, "BNB", D("0.1"), T0 + 50, T0 + 105),)
    assert {line.asset: line.unexplained for line in found.lines} == {"BNB": D("0.1"), "USDT": 0}


def test_two_that_cancel_each_other_are_both_named() -> None:
    found = made(
        [],
        [
            reading(T0, {"USDT": "100"}),
            reading(T0 + 50, {"USDT": "107"}),
            reading(T0 + 100, {"USDT": "100"}),
        ],
    )
    assert [each.change for each in found.unexplained] == [D(7), D(-7)]
    assert [line.unexplained for line in found.lines] == [D(0)]


def test_a_word_that_is_not_known_is_shown_and_explains_nothing() -> None:
    strange = posting("2", cause=None, word="NEW_THING")
    found = made([strange], [reading(T0, {}), reading(T0 + 50, {"USDT": "2"})])
    assert found.refused == (strange,)
    assert found.postings == ()
    assert [each.change for each in found.unexplained] == [D(2)]


@pytest.mark.parametrize(
    ("begin", "end", "clear"),
    [
        (T0 + 40, T0 + 49, True),
        (T0 + 40, T0 + 50, False),
        (T0 + 52, T0 + 53, False),
        (T0 + 55, T0 + 60, False),
        (T0 + 56, T0 + 60, True),
    ],
)
def test_a_reading_in_the_midst_of_a_record_closes_nothing(
    begin: int, end: int, *, clear: bool
) -> None:
    moved = posting("2", begin, until_ms=end)
    held = {"USDT": "2"} if end < T0 + 50 else {}
    found = made([moved], [reading(T0, {}), reading(T0 + 50, held)])
    assert (found.closing is not None) is clear
    assert found.unexplained == ()


def test_the_opening_waits_for_a_reading_that_its_records_surround() -> None:
    moved = posting("2", T0 - 10, until_ms=T0 + 3)
    readings = [reading(T0, {}), reading(T0 + 50, {"USDT": "2"}), reading(T0 + 90, {"USDT": "2"})]
    found = made([moved], readings)
    assert found.opening == readings[1]
    assert found.closing == readings[2]
    assert found.unexplained == ()


def test_only_what_every_listing_vouches_for_is_closed() -> None:
    readings = [reading(T0, {}), reading(T0 + 50, {}), reading(T0 + 90, {"USDT": "3"})]
    behind = mark(T0 + 60 + SETTLE_MS, RecordSource.TRANSFERS)
    found = made([], readings, [mark(LATER), behind])
    assert found.closing == readings[1]
    assert found.unexplained == ()
    unserved = replace(behind, served=False, failure="this network does not serve it")
    assert made([], readings, [mark(LATER), unserved]).closing == readings[2]
    assert made([], readings, [unserved]).closing is None


def test_a_statement_begins_where_it_is_asked_to() -> None:
    readings = [reading(T0 + n, {"USDT": str(n)}) for n in (0, 50, 100, 150)]
    rows = [posting("50", T0 + n) for n in (20, 70, 120)]
    found = made(rows, readings, since_ms=T0 + 40)
    assert found.opening == readings[1]
    assert found.postings == tuple(rows[1:])
    assert found.unexplained == ()


def test_the_same_record_told_twice_is_one_posting() -> None:
    first = posting("2")
    found = merged([first, posting("1", T0 + 5), replace(first, at_ms=7, until_ms=T0 + 99)])
    assert [each.change for each in found.postings] == [D(1), D(2)]
    assert found.disputes == ()


def test_a_record_told_in_two_ways_is_shown_and_the_first_stands() -> None:
    first = posting("2")
    found = merged([first, replace(first, change=D(3))])
    assert found.postings == (first,)
    assert [each.told.change for each in found.disputes] == [D(3)]


def test_the_lines_of_an_entry_and_of_all_accounts_sum_to_zero() -> None:
    rows = [posting("2"), posting("-0.1", cause=PostingCause.FEE), posting("9", cause=None)]
    for each in rows:
        assert total(line.change for line in entry(each)) == 0
    held = balances(rows)
    assert total(held.values()) == 0
    assert held["wallet perp:futures", "USDT"] == D("10.9")
    assert held["fee", "USDT"] == D("0.1")


def test_a_transfer_whose_other_half_is_elsewhere_is_told() -> None:
    out = posting("-5", wallet=SPOT, cause=PostingCause.TRANSFER)
    into = posting("5", cause=PostingCause.TRANSFER)
    spot = statement(
        Evidence(
            SPOT,
            [reading(T0, {"USDT": "5"}, SPOT), reading(T0 + 50, {}, SPOT)],
            [out],
            [mark(LATER, RecordSource.TRANSFERS, venue="spot")],
        )
    )
    futures = made([into], [reading(T0, {}), reading(T0 + 50, {"USDT": "5"})])
    assert in_transfer([spot, futures]) == {}
    assert in_transfer([spot]) == {"USDT": D(-5)}


def test_sums_are_exact_or_not_at_all() -> None:
    parts = [D("1e-18"), D("123456789012345678901234567890"), D("-1e-18")]
    assert total(parts) == D("123456789012345678901234567890")
    assert total(parts[:2]) == D("123456789012345678901234567890.000000000000000001")
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
