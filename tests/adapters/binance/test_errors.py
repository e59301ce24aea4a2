import pytest

from hedgebot.adapters.binance.errors import RULES, Meaning, Sorted, sort_answer
from hedgebot.domain.orders import Refusal


@pytest.mark.parametrize(
    ("status", "code", "message", "meaning"),
    [
        # may have been accepted
        (400, -1006, "", Meaning.UNKNOWN),
        (408, -1007, "Timeout waiting for response from backend server.", Meaning.UNKNOWN),
        (200, -1007, "", Meaning.UNKNOWN),
        (503, None, "", Meaning.UNKNOWN),
        (500, -1234, "", Meaning.UNKNOWN),
        (502, None, "", Meaning.UNKNOWN),
        (403, None, "", Meaning.UNKNOWN),
        (400, -1000, "", Meaning.UNKNOWN),
        (400, -4116, "ClientOrderId is duplicated.", Meaning.UNKNOWN),
        (400, -2010, "Duplicate order sent.", Meaning.UNKNOWN),
        # refused by name
        (503, -1008, "Request throttled by system-level protection.", Refusal.THROTTLED),
        (429, -1003, "Too many requests", Refusal.THROTTLED),
        (418, -1003, "banned until", Refusal.THROTTLED),
        (429, None, "", Refusal.THROTTLED),
        (400, -1015, "Too many new orders", Refusal.THROTTLED),
        (400, -1021, "Timestamp for this request is outside of the recvWindow.", Refusal.CLOCK),
        (400, -5028, "", Refusal.CLOCK),
        (400, -2022, "ReduceOnly Order is rejected.", Refusal.REDUCE_ONLY),
        (400, -2019, "Margin is insufficient.", Refusal.MARGIN),
        (400, -2010, "Account has insufficient balance for requested action.", Refusal.MARGIN),
        (400, -2010, "Order would immediately match and take.", Refusal.PRICE_MOVED),
        (400, -2010, "This symbol is not permitted for this account.", Refusal.REJECTED),
        (400, -4131, "", Refusal.PRICE_MOVED),
        (400, -5022, "", Refusal.PRICE_MOVED),
        (400, -1013, "Filter failure: LOT_SIZE", Refusal.FILTER),
        (400, -1013, "Market is closed.", Refusal.REJECTED),
        (400, -4164, "Order's notional must be no smaller than 50", Refusal.FILTER),
        (400, -4016, "", Refusal.FILTER),
        (400, -1111, "Precision is over the maximum", Refusal.FILTER),
        (401, -2015, "Invalid API-key, IP, or permissions for action", Refusal.FATAL),
        (400, -1022, "Signature for this request is not valid.", Refusal.FATAL),
        (400, -2014, "API-key format invalid.", Refusal.FATAL),
        (400, -4061, "Order's position side does not match user's setting.", Refusal.REDUCE_ONLY),
        (400, -9999, "something new", Refusal.REJECTED),
        # cancels, look-ups, keys
        (400, -2011, "Unknown order sent.", Meaning.ABSENT),
        (400, -2013, "Order does not exist.", Meaning.ABSENT),
        (400, -1125, "This listenKey does not exist.", Meaning.NO_KEY),
    ],
)
def test_invariant_2_an_answer_is_sorted_by_what_the_caller_does_next(
    status: int, code: int | None, message: str, meaning: Sorted
) -> None:
    body = None if code is None else {"code": code, "msg": message}
    failure = sort_answer(status, body)
    assert failure is not None
    assert failure.meaning is meaning
    assert failure.code == (f"HTTP {status}" if code is None else str(code))


@pytest.mark.parametrize("body", [{"orderId": 1}, [], [{"a": 1}], {"code": 200, "msg": "ok"}])
def test_a_good_answer_is_no_failure(body: object) -> None:
    assert sort_answer(200, body) is None


def test_invariant_2_an_unreadable_body_is_an_unknown_outcome() -> None:
    failure = sort_answer(200, None)
    assert failure is not None
    assert failure.meaning is Meaning.UNKNOWN


def test_retry_after_is_kept() -> None:
    failure = sort_answer(429, {"code": -1003, "msg": "x"}, 7_000)
    assert failure is not None
    assert failure.retry_after_ms == 7_000


def test_a_rule_is_reachable_only_if_no_wider_one_stands_before_it() -> None:
    for place, rule in enumerate(RULES):
        before = [each for each in RULES[:place] if each.code == rule.code]
        assert all(each.words and each.words not in rule.words for each in before), rule
