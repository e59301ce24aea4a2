import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgebot.adapters.binance import ids
from hedgebot.core import ids as core_ids
from hedgebot.domain.orders import OrderId

ALPHABET = re.compile(r"[\.A-Z\:/a-z0-9_-]{1,36}")
SPOT_ALPHABET = re.compile(r"[a-zA-Z0-9-_]{1,36}")


@given(st.integers(0, 2**128 - 1))
def test_every_id_goes_there_and_back(order_id: int) -> None:
    text = ids.encode(OrderId(order_id))
    assert ALPHABET.fullmatch(text)
    assert SPOT_ALPHABET.fullmatch(text)
    assert ids.decode(text, lambda _bits: True) == order_id


@given(st.text(max_size=40))
def test_what_is_read_was_written_so(text: str) -> None:
    order_id = ids.decode(text, lambda _bits: True)
    assert order_id is None or ids.encode(order_id) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "adl_autoclose", "autoclose-1234567890123456", "settlement_autoclose-9999",
        "delivery_autoclose-12345", "web_1a2b3c4d", "x-TD67BGP9-T0000000000000",
        "1A2B3C4D-00000A-0000000001-DEADBEEF", "1a2b3c4d00000a0000000001deadbeef",
        "1a2b3c4d-00000a-0000000001-deadbeef ",
    ],
)  # fmt: skip
def test_foreign_ids_are_never_ours(text: str) -> None:
    assert ids.decode(text, lambda _bits: True) is None


def test_the_recogniser_has_the_last_word() -> None:
    deployment = core_ids.deployment_id("treasury", "main")
    ours = core_ids.make(deployment, 3, 7)
    text = ids.encode(ours)
    assert ids.decode(text, lambda bits: core_ids.is_ours(bits, deployment)) == ours
    assert ids.decode(text, lambda bits: core_ids.is_ours(bits, deployment + 1)) is None
    wrong_check = text[:-1] + ("0" if text[-1] != "0" else "1")
    assert ids.decode(wrong_check, lambda bits: core_ids.is_ours(bits, deployment)) is None
