"""What a request passes: signatures, receive windows, budgets, listen keys."""

import pytest

from hedgebot.domain.instruments import Kind
from hedgebot.sim.binance.auth import parameters, require_key, require_signature, require_time, sign
from hedgebot.sim.binance.door import KEY_LIFE_MS, ListenKey, limits, no_limits
from hedgebot.sim.binance.errors import FUTURES, SPOT, ApiError, worded
from hedgebot.venue_model.rejections import Reason, Rejected

NOW = 1_700_000_000_000
SECRET = "a secret"


def code_of(call: object) -> int:
    assert callable(call)
    with pytest.raises(ApiError) as caught:
        call()
    return caught.value.code


@pytest.mark.parametrize(
    ("query", "body"),
    [("symbol=A&timestamp=1", ""), ("", "symbol=A&timestamp=1"), ("symbol=A", "timestamp=1")],
)
def test_the_signature_covers_query_and_body_as_sent(query: str, body: str) -> None:
    signature = sign(SECRET, query + body)
    for place in ("query", "body"):
        signed = {"query": query, "body": body}
        signed[place] = "&".join(part for part in (signed[place], f"signature={signature}") if part)
        require_signature(signed["query"], signed["body"], SECRET)
    assert (
        code_of(lambda: require_signature(query, f"{body}&signature={signature}x", SECRET)) == -1022
    )
    assert code_of(lambda: require_signature(query, body, SECRET)) == -1102


def test_an_escaped_payload_is_signed_as_escaped() -> None:
    raw = "newClientOrderId=a%3Ab%2Fc"
    require_signature(f"{raw}&signature={sign(SECRET, raw)}", "", SECRET)
    plain = sign(SECRET, "newClientOrderId=a:b/c")
    assert code_of(lambda: require_signature(f"{raw}&signature={plain}", "", SECRET)) == -1022
    assert parameters(raw, "")["newClientOrderId"] == "a:b/c"


def test_the_query_wins_over_the_body() -> None:
    assert parameters("a=1&b=2", "a=3&c=4") == {"a": "1", "b": "2", "c": "4"}


def test_keys_are_told_apart() -> None:
    require_key("mine", "mine")
    assert code_of(lambda: require_key(None, "mine")) == -2014
    assert code_of(lambda: require_key("other", "mine")) == -2015


@pytest.mark.parametrize(
    ("age_ms", "window", "code"),
    [
        (0, "5000", None),
        (-1_000, "5000", None),
        (5_000, "5000", None),
        (5_000, None, None),
        (-1_001, "60000", -1021),
        (5_001, None, -1021),
        (3_001, "3000", -1021),
        (0, "60001", -1131),
        (0, "soon", -1102),
    ],
)
def test_a_request_is_valid_for_its_window(
    age_ms: int, window: str | None, code: int | None
) -> None:
    params = {"timestamp": str(NOW - age_ms)} | ({"recvWindow": window} if window else {})
    if code is None:
        require_time(params, NOW)
    else:
        assert code_of(lambda: require_time(params, NOW)) == code


def test_weight_is_counted_by_the_minute_of_the_venue() -> None:
    budget = limits()[Kind.LINEAR]
    budget.charge(2_400, NOW)
    with pytest.raises(ApiError) as caught:
        budget.charge(1, NOW + 1)
    assert (caught.value.status, caught.value.code) == (429, -1003)
    wait_s = caught.value.retry_after_s
    assert wait_s is not None
    assert 0 < wait_s <= 60
    budget.charge(5, NOW + wait_s * 1_000)
    assert budget.headers(order=False)["X-MBX-USED-WEIGHT-1M"] == "5"


def test_orders_are_counted_when_accepted() -> None:
    budget = limits()[Kind.LINEAR]
    for _ in range(300):
        budget.require_orders(NOW)
        budget.count_order()
    assert code_of(lambda: budget.require_orders(NOW)) == -1015
    budget.require_orders(NOW + 10_000)
    assert budget.headers(order=True)["X-MBX-ORDER-COUNT-1M"] == "300"


def test_limits_can_be_lifted() -> None:
    budget = no_limits()[Kind.SPOT]
    budget.charge(1_000_000, NOW)
    assert budget.headers(order=True)["X-MBX-USED-WEIGHT-1M"] == "1000000"


def test_a_listen_key_lives_an_hour_and_is_renewed() -> None:
    key = ListenKey()
    value = key.open(NOW)
    assert key.open(NOW + 1) == value
    assert key.renew(NOW + KEY_LIFE_MS) == value
    assert code_of(lambda: key.renew(NOW + 3 * KEY_LIFE_MS)) == -1125
    assert key.open(NOW + 3 * KEY_LIFE_MS) != value


def test_every_refusal_of_the_model_has_its_words() -> None:
    futures_only = {
        Reason.MARGIN, Reason.LEVERAGE, Reason.POSITION_LIMIT, Reason.FOK, Reason.REDUCE_ONLY,
        Reason.REDUCE_ONLY_UNWANTED, Reason.POSITION_SIDE, Reason.NO_CHANGE, Reason.ORDERS_OPEN,
        Reason.POSITION_OPEN,
    }  # fmt: skip
    assert set(FUTURES) == set(Reason)
    assert set(SPOT) == set(Reason) - futures_only
    worded_notional = worded(Rejected(Reason.NOTIONAL, "50"), Kind.LINEAR)
    assert "no smaller than 50 " in worded_notional.text
