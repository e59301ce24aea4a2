"""A position that no fill explains: which REST rows prove it, and when it is adopted."""

from decimal import Decimal as D

from hedgebot.core import reconciliation as rec
from hedgebot.core.books import Adopted, PositionBook, Proof, Word
from tests.core.positions import DRIFT, VENUE, adopted, drifted, fill, prove, row, snapshot

# -- drift -----------------------------------------------------------------------------------


def test_drift_is_adopted_by_two_snapshots_that_agree() -> None:
    book = drifted()

    assert prove(book, row("-3", 100), requested_ms=200) is None
    assert book.proofs == [Proof(200, D(-3))]
    assert not rec.agrees(book)
    assert prove(book, row("-3", 100), requested_ms=1_200) == -2
    assert book.arithmetic == D(-3)
    assert rec.agrees(book)
    assert book.proofs == []
    assert book.word == Word(D(-3), VENUE + 100, 1_200, D(50_000))
    assert book.adopted == Adopted(VENUE + 100, VENUE + 100, 1_200)


def test_a_snapshot_that_contradicts_is_a_difference_though_the_stream_says_nothing() -> None:
    book = adopted()
    assert prove(book, row("-3", 100), requested_ms=200) is None

    assert book.differs_ms == 200
    assert not rec.agrees(book)
    assert prove(book, row("-3", 100), requested_ms=1_200) == -2


def test_not_by_two_that_are_less_than_a_second_apart() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-3", 100), requested_ms=1_199) is None
    assert prove(book, row("-3", 100), requested_ms=1_200) == -2


def test_not_by_two_that_differ() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-2", 150), requested_ms=1_300) is None
    assert prove(book, row("-3", 160), requested_ms=1_400) is None  # the first -3 is void
    assert prove(book, row("-3", 160), requested_ms=2_400) == -2


def test_not_by_snapshots_asked_for_before_our_order_was_closed() -> None:
    book = drifted()
    book.closed_ms = 500

    assert prove(book, row("-3", 100), requested_ms=500) is None
    assert book.proofs == []
    prove(book, row("-3", 100), requested_ms=501)
    assert prove(book, row("-3", 100), requested_ms=1_501) == -2


def test_a_proof_from_before_a_close_does_not_count_after_it() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    book.closed_ms = 500

    assert prove(book, row("-3", 100), requested_ms=1_300) is None
    assert prove(book, row("-3", 100), requested_ms=2_300) == -2


def test_nor_one_from_the_same_moment() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    book.closed_ms = 200

    assert prove(book, row("-3", 100), requested_ms=1_300) is None


def test_not_by_a_snapshot_asked_for_before_the_last_fill_was_folded() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    rec.fold_fill(book, fill("-0.5", 300), now=400)

    assert prove(book, row("-3", 300), requested_ms=400) is None
    assert prove(book, row("-3", 300), requested_ms=1_300) is None  # the first of two since
    assert prove(book, row("-3", 300), requested_ms=2_300) == D("-1.5")


def test_not_by_a_row_that_the_venue_dates_before_the_last_fill() -> None:
    book = drifted()
    rec.fold_fill(book, fill("-0.5", 300), now=300)

    assert prove(book, row("-3", 299), requested_ms=1_000) is None
    assert book.proofs == []
    assert prove(book, row("-3", 300), requested_ms=1_100) is None
    assert prove(book, row("-3", 300), requested_ms=2_100) == D("-1.5")


def test_a_row_without_a_date_counts_only_some_seconds_after_the_last_fill() -> None:
    book = drifted()
    rec.fold_fill(book, fill("-0.5", 300), now=300)
    undated = row("-3", 0, dated=False)
    for requested_ms in (1_000, 3_000, 299 + rec.UNDATED_MS):
        assert prove(book, undated, requested_ms) is None
        assert not rec.agrees(book)

    assert prove(book, undated, 300 + rec.UNDATED_MS) == D("-1.5")


def test_what_is_adopted_without_a_date_says_what_it_may_contain() -> None:
    book = adopted()
    undated = row("0", 0, dated=False)
    assert prove(book, undated, requested_ms=20_000) is None
    assert prove(book, undated, requested_ms=21_000) == 1

    assert book.adopted == Adopted(21_000 - rec.UNDATED_MS, 21_000 + rec.SKEW_MS, 21_000)


def test_after_the_longest_wait_one_snapshot_is_enough() -> None:
    book = drifted(since=100)
    rec.fold_fill(book, fill("-0.5", 300), now=300)

    assert prove(book, row("-3", 299), requested_ms=99 + DRIFT) is None
    assert prove(book, row("-3", 299), requested_ms=100 + DRIFT) == D("-1.5")


def test_but_never_one_asked_for_before_the_last_close_or_fill() -> None:
    book = drifted(since=100)
    book.closed_ms = 100 + DRIFT

    assert prove(book, row("-3", 100), requested_ms=100 + DRIFT) is None
    assert prove(book, row("-3", 100), requested_ms=101 + DRIFT) == -2


def test_a_row_that_agrees_with_our_fills_voids_the_proofs() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-1", 100), requested_ms=800) is None
    assert book.proofs == []
    assert not rec.agrees(book)  # the stream still says otherwise
    assert book.differs_ms == 100


def test_a_contradiction_that_the_next_row_takes_back_is_over() -> None:
    book = adopted()
    prove(book, row("-3", 100), requested_ms=200)

    assert prove(book, row("-1", 100), requested_ms=800) is None
    assert rec.agrees(book)


def test_a_word_that_agrees_does_not_silence_a_row_that_contradicts() -> None:
    """The stream and our fills may both lack an event: the row must be read anew."""
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    rec.hear(book, row("-1", 300), now=300)

    assert not rec.agrees(book)
    assert book.proofs == [Proof(200, D(-3))]
    assert prove(book, row("-1", 300), requested_ms=1_300) is None
    assert rec.agrees(book)


def test_a_late_fill_that_explains_the_row_settles_it() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    rec.fold_fill(book, fill("-2", 100), now=300)

    assert book.proofs == []
    assert rec.agrees(book)


def test_nothing_is_proved_before_the_first_snapshot() -> None:
    book = PositionBook()
    book.proofs = [Proof(1, D(-3))]

    assert prove(book, row("-3", 1), requested_ms=10**6) is None
    assert book.proofs == []


def test_a_late_fill_of_what_was_adopted_is_not_counted_again() -> None:
    book = drifted()
    prove(book, row("-3", 100), requested_ms=200)
    prove(book, row("-3", 100), requested_ms=1_200)

    assert rec.fold_fill(book, fill("-2", 100), now=1_300) == 0
    assert book.arithmetic == D(-3)


# -- REST rows as the venue's word -----------------------------------------------------------


def test_a_rest_row_is_the_venues_word() -> None:
    book = adopted()
    snapshot(book, row("-3", 50), requested_ms=100)

    assert book.word == Word(D(-3), VENUE + 50, 150, D(50_000))
    assert book.differs_ms == 150


def test_before_the_first_word_every_row_is_one() -> None:
    book = PositionBook()
    snapshot(book, row("-3", 0, dated=False), requested_ms=100)

    assert book.word == Word(D(-3), 0, 150, D(50_000))


def test_a_row_dated_before_the_streams_word_is_believed_only_if_it_goes_on() -> None:
    book = adopted()
    rec.fold_fill(book, fill("-2", 100), now=100)
    rec.hear(book, row("-3", 100), now=100)
    assert rec.agrees(book)

    snapshot(book, row("-1", 99), requested_ms=99 + DRIFT)
    assert rec.agrees(book)
    snapshot(book, row("-1", 99), requested_ms=100 + DRIFT)
    assert not rec.agrees(book)


def test_a_row_as_new_as_the_word_is_heard() -> None:
    book = adopted()
    rec.hear(book, row("-3", 100), now=100)
    snapshot(book, row("-1", 100), requested_ms=200)

    assert rec.agrees(book)


def test_a_row_that_says_the_same_moves_only_the_date() -> None:
    book = adopted()
    rec.hear(book, row("-3", 100), now=100)
    for at, wanted in ((150, 150), (120, 150), (0, 150)):
        snapshot(book, row("-3", at), requested_ms=500)
        assert book.word == Word(D(-3), VENUE + wanted, 100, D(50_000))
