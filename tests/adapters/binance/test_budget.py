import pytest

from hedgebot.adapters.binance.allowed import Priority
from hedgebot.adapters.binance.budget import Budgets, OrderBudget, WeightBudget, Window

MINUTE = 60_000
NOON = 1_700_000_040_000 // MINUTE * MINUTE
LIMITS = [
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 100},
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 2},
    {"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": 3},
]


def weights() -> WeightBudget:
    budget = WeightBudget(Window(60_000, 1_200))
    budget.learn(LIMITS)
    return budget


@pytest.mark.parametrize(
    ("priority", "last"),
    [
        (Priority.HEDGE, 100),
        (Priority.LOOK_UP, 95),
        (Priority.AUDIT, 80),
        (Priority.HISTORY, 60),
    ],
)
def test_the_classes_behind_leave_room_for_those_before(priority: Priority, last: int) -> None:
    budget = weights()
    budget.take(last - 1, NOON)
    assert budget.room_at(1, priority, NOON) == NOON
    budget.take(1, NOON)
    assert budget.room_at(1, priority, NOON) == NOON + MINUTE
    assert budget.room_at(1, priority, NOON + MINUTE) == NOON + MINUTE


def test_the_venue_s_count_is_believed_when_it_is_more() -> None:
    budget = weights()
    budget.take(5, NOON)
    budget.hear({"x-mbx-used-weight-1m": "99"}, NOON)
    assert budget.room_at(2, Priority.HEDGE, NOON) == NOON + MINUTE
    budget.hear({"x-mbx-used-weight-1m": "3"}, NOON)
    budget.hear({"x-mbx-used-weight-1m": "rubbish"}, NOON)
    budget.hear({}, NOON)
    assert budget.window.used == 99


def test_what_weighs_nothing_finds_room_in_a_full_window() -> None:
    budget = weights()
    budget.hear({"x-mbx-used-weight-1m": "500"}, NOON)
    assert budget.room_at(0, Priority.HEDGE, NOON) == NOON


def test_a_count_beside_no_limit_says_nothing() -> None:
    budget = Budgets().weight_of("host", "binanceusdm")
    budget.learn([])
    budget.hear({"x-mbx-used-weight-1m": "30000"}, NOON)
    assert budget.room_at(1, Priority.HISTORY, NOON) == NOON
    budget.take(2_400, NOON)
    assert budget.room_at(1, Priority.HEDGE, NOON) == NOON + MINUTE


def test_limits_that_cannot_be_read_limit_nothing() -> None:
    budget, orders = weights(), OrderBudget()
    rows: list[dict[str, object]] = [
            {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "limit": 7},
            {"rateLimitType": "ORDERS", "interval": "FORTNIGHT", "intervalNum": 1, "limit": 9},
            {"rateLimitType": "ORDERS", "interval": "DAY", "intervalNum": "1", "limit": None},
            {}]  # fmt: skip
    budget.learn(rows)
    orders.learn(rows)
    assert budget.window.limit == 100
    assert orders.windows == {}


def test_a_named_silence_is_kept_by_everybody() -> None:
    budget = weights()
    budget.shut(NOON + 7_000)
    budget.shut(NOON + 1_000)
    assert budget.room_at(0, Priority.HEDGE, NOON) == NOON + 7_000
    assert budget.room_at(0, Priority.HEDGE, NOON + 7_000) == NOON + 7_000


def test_orders_count_in_every_window() -> None:
    budget = OrderBudget()
    budget.learn(LIMITS)
    budget.take(NOON)
    budget.take(NOON)
    assert budget.room_at(NOON) == NOON + 10_000
    budget.take(NOON + 10_000)
    assert budget.room_at(NOON + 10_000) == NOON + MINUTE
    budget.hear({"x-mbx-order-count-10s": "2"}, NOON + MINUTE)
    assert budget.room_at(NOON + MINUTE) == NOON + MINUTE + 10_000


def test_without_limits_nothing_is_held_back() -> None:
    assert OrderBudget().room_at(NOON) == NOON


def test_entries_of_one_host_and_of_one_account_share() -> None:
    budgets = Budgets()
    assert budgets.weight_of("one", "binance") is budgets.weight_of("one", "binance")
    assert budgets.weight_of("one", "binance") is not budgets.weight_of("other", "binance")
    assert budgets.weight_of("one", "binance") is not budgets.weight_of("one", "binanceusdm")
    assert budgets.orders_of("main", "binance") is budgets.orders_of("main", "binance")
    assert budgets.orders_of("main", "binance") is not budgets.orders_of("other", "binance")
