"""Order ids: 32 bits deployment, 24 epoch, 40 sequence, 32 check."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.core import ids

DEPLOYMENT = ids.deployment_id("treasury", "main")
DEPLOYMENTS = st.integers(0, 2**32 - 1)
EPOCHS = st.integers(1, ids.EPOCH_MAX)
SEQUENCES = st.integers(1, ids.SEQUENCE_MAX)


@given(DEPLOYMENTS, EPOCHS, SEQUENCES)
def test_an_id_is_taken_apart_into_what_it_was_made_of(
    deployment: int, epoch: int, sequence: int
) -> None:
    order_id = ids.make(deployment, epoch, sequence)

    assert ids.parts(order_id) == ids.Parts(deployment, epoch, sequence)
    assert 0 <= order_id < 2**128
    assert ids.is_ours(order_id, deployment)


@given(EPOCHS, SEQUENCES, st.integers(0, 127))
def test_one_wrong_bit_makes_it_somebody_elses(epoch: int, sequence: int, bit: int) -> None:
    order_id = ids.make(DEPLOYMENT, epoch, sequence)

    assert not ids.is_ours(order_id ^ 1 << bit, DEPLOYMENT)


def test_an_id_of_another_deployment_is_not_ours() -> None:
    order_id = ids.make(DEPLOYMENT, 1, 1)

    assert not ids.is_ours(order_id, ids.deployment_id("treasury", "second"))
    assert not ids.is_ours(order_id, ids.deployment_id("other book", "main"))


@pytest.mark.parametrize("order_id", [-1, 0, 2**128, 2**200])
def test_numbers_that_are_no_128_bits_are_not_ours(order_id: int) -> None:
    assert not ids.is_ours(order_id, 0)


def test_the_deployment_names_book_and_account_and_nothing_else() -> None:
    digest = hashlib.sha256(b"treasury\0main").digest()

    assert int.from_bytes(digest[:4]) == DEPLOYMENT
    # the two names cannot run into each other
    assert ids.deployment_id("a", "bc") != ids.deployment_id("ab", "c")


@pytest.mark.parametrize(
    ("epoch", "sequence"),
    [(0, 1), (ids.EPOCH_MAX + 1, 1), (1, 0), (1, ids.SEQUENCE_MAX + 1)],
)
def test_a_number_out_of_range_is_a_bug_of_ours(epoch: int, sequence: int) -> None:
    with pytest.raises(AssertionError, match="out of range"):
        ids.make(DEPLOYMENT, epoch, sequence)


def test_an_id_stays_the_same_for_ever() -> None:
    """Journals and venues keep ids for years: this value may not change."""
    assert ids.make(0x01020304, 5, 6) == 0x01020304_000005_0000000006 << 32 | 0xCC857319
