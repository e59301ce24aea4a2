"""What is kept is what comes back: every record, every value, every time."""

import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import registry, sqlite

from hedgebot.adapters.journal import SqliteJournal, shapes, tables
from hedgebot.adapters.journal.columns import Money, OrderIdText
from hedgebot.domain.records import FundingKept, Record
from hedgebot.errors import JournalError
from tests.adapters.journal import samples

BUILD: dict[str, Callable[[Any], Record]] = {
    "intents": shapes.intent_kept_of,
    "order_moves": shapes.move_of,
    "fills": shapes.fill_kept_of,
    "funding": shapes.funding_of,
    "decisions": shapes.decision_of,
    "controls": shapes.control_of,
    "counters": shapes.counter_of,
    "watermarks": shapes.watermark_of,
    "holdings": shapes.holding_of,
    "transits": shapes.transit_of,
    "transit_marks": shapes.transit_mark_of,
    "postings": shapes.posting_of,
    "readings": shapes.reading_of,
    "source_marks": shapes.source_mark_of,
    "adoptions": shapes.adoption_of,
    "alerts": shapes.alert_of,
}


@pytest.fixture(scope="module")
def journal() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        journal = samples.opened(Path(folder))
        yield journal
        journal.release()


def read(journal: SqliteJournal, name: str) -> list[Record]:
    return [BUILD[name](row) for row in journal.rows.find(tables.metadata.tables[name])]


@pytest.mark.parametrize("name", list(BUILD))
def test_every_record_comes_back_equal(journal: SqliteJournal, name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(samples.RECORDS[name])
    def holds(record: Record) -> None:
        raw = journal.rows.store.raw
        raw.execute(f"DELETE FROM {name}")
        journal.write([record])
        assert read(journal, name) == [record]

    holds()


def test_every_table_knows_its_book_and_account() -> None:
    for table in tables.metadata.tables.values():
        assert {"book_id", "account_id"} <= set(table.c.keys())
        assert not table.c.book_id.nullable
        assert not table.c.account_id.nullable


async def test_rows_carry_the_account_of_their_instrument(tmp_path: Path) -> None:
    journal = samples.opened(tmp_path, accounts={"perp": "sub-1", "spot": "main"})
    await journal.commit(
        [
            samples.FillKept(1, samples.fill()),
            samples.IntentKept(samples.intent(5), dry_run=False),
            samples.closed(5),
            samples.closed(6),
            samples.decision(),
        ]
    )
    raw = journal.rows.store.raw
    found = {
        name: [row[0] for row in raw.execute(f"SELECT account_id FROM {name}")]
        for name in ("fills", "intents", "order_moves", "decisions")
    }
    await journal.close()
    assert found == {
        "fills": ["sub-1"],
        "intents": ["sub-1"],
        "order_moves": ["sub-1", ""],
        "decisions": [""],
    }


@given(samples.money)
@settings(deadline=None)
def test_money_is_exact_text_and_equal_values_are_equal_texts(value: Decimal) -> None:
    money = Money()
    dialect = sqlite.dialect()
    text = money.process_bind_param(value, dialect)
    assert isinstance(text, str)
    assert "E" not in text
    assert money.process_result_value(text, dialect) == value
    again = value.normalize(samples.WIDE)
    assert money.process_bind_param(again, dialect) == text


@pytest.mark.parametrize("value", [0.1, 1, "1", True])
def test_money_refuses_what_is_not_a_decimal(value: Any) -> None:
    with pytest.raises(TypeError, match="money is Decimal"):
        Money().process_bind_param(value, sqlite.dialect())


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1E+200", "1E-200"])
def test_a_number_that_cannot_be_kept_is_refused_and_nothing_is_written(
    journal: SqliteJournal, text: str
) -> None:
    journal.rows.store.raw.execute("DELETE FROM counters")
    good = samples.CounterKept("good", 0, Decimal(1))
    with pytest.raises(JournalError, match=r"counters\.value"):
        journal.write([good, samples.CounterKept("bad", 0, Decimal(text))])
    assert read(journal, "counters") == []


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("12345678901234567890.123456789012345678", True),
        ("0.0000000000000000001", False),
        ("123456789012345678901", False),
    ],
)
def test_postgresql_would_round_and_is_not_let(text: str, fits: bool) -> None:
    dialect = registry.load("postgresql")()
    if fits:
        assert Money().process_bind_param(Decimal(text), dialect) == Decimal(text)
        assert str(Money().load_dialect_impl(dialect)) == "NUMERIC(38, 18)"
    else:
        with pytest.raises(ValueError, match="does not fit"):
            Money().process_bind_param(Decimal(text), dialect)


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**128 - 1))
def test_order_ids_sort_as_numbers_do(one: int, other: int) -> None:
    text = [OrderIdText().process_bind_param(each, sqlite.dialect()) for each in (one, other)]
    assert all(each is not None and len(each) == 32 for each in text)
    assert (one < other) == (str(text[0]) < str(text[1]))


@pytest.mark.parametrize("number", [-1, 2**128])
def test_an_order_id_that_is_too_wide_is_refused(journal: SqliteJournal, number: int) -> None:
    with pytest.raises(JournalError, match="128 bits"):
        journal.write([samples.closed(number)])


def test_an_integer_beyond_64_bits_is_refused(journal: SqliteJournal) -> None:
    with pytest.raises(JournalError, match="cannot be kept"):
        journal.write([samples.CounterKept("x", 2**63, Decimal(1))])


def test_half_a_surrogate_pair_in_a_venues_words_does_not_stop_the_journal(
    journal: SqliteJournal,
) -> None:
    journal.rows.store.raw.execute("DELETE FROM order_moves")
    journal.write([samples.moved(3, samples.Phase.CLOSED, detail="bad \ud800 word\0")])
    (row,) = journal.rows.find(tables.order_moves)
    assert row["detail"] == "bad ? word\0"


def test_a_mark_that_is_no_number_is_kept_as_unknown(journal: SqliteJournal) -> None:
    raw = journal.rows.store.raw
    raw.execute("DELETE FROM decisions")
    journal.write([samples.replace(samples.decision(), mark=float("nan"))])
    (row,) = journal.rows.find(tables.decisions)
    assert row["mark"] is None
    assert str(shapes.decision_of(row).mark) == "nan"


def test_two_payments_of_one_moment_without_an_instrument_are_two(journal: SqliteJournal) -> None:
    journal.rows.store.raw.execute("DELETE FROM funding")
    seen = samples.FundingSeen(samples.WalletId("perp:futures"), "USDT", Decimal("-1.5"), 1)
    other = samples.replace(seen, payment=Decimal("-0.25"))
    again = samples.replace(seen, payment=Decimal("-1.50"))
    journal.write([FundingKept(1, seen), FundingKept(1, other), FundingKept(2, again)])
    assert read(journal, "funding") == [FundingKept(1, seen), FundingKept(1, other)]
