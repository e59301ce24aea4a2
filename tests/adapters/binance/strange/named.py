"""The strange habits by name."""

from collections.abc import Callable

from tests.adapters.binance.strange import habits
from tests.adapters.binance.strange.proxy import Habits

NAMED: dict[str, Callable[[], Habits]] = {
    "nothing optional": habits.nothing_optional,
    "nothing optional, as errors": habits.clumsy_errors,
    "no used-weight headers": habits.without_used_weight,
    "bare rules": habits.bare_rules,
    "odd limits": habits.odd_limits,
    "counts much": habits.counts_much,
    "small orders": habits.small_orders,
    "only BTCUSDT": habits.only_btc,
    "dates are zero": lambda: habits.undated(absent=False),
    "dates are missing": lambda: habits.undated(absent=True),
    "numbers, not texts": habits.numbers_not_texts,
    "far ids": habits.far_ids,
    "terse prices": habits.terse_prices,
    "account update late": lambda: habits.late("ACCOUNT_UPDATE"),
    "order update late": lambda: habits.late("ORDER_TRADE_UPDATE"),
    "execution report late": lambda: habits.late("executionReport"),
    "account position late": lambda: habits.late("outboundAccountPosition"),
    "no trade lite": lambda: habits.without("TRADE_LITE"),
    "no account update": lambda: habits.without("ACCOUNT_UPDATE"),
    "no order update": lambda: habits.without("ORDER_TRADE_UPDATE"),
    "no execution report": lambda: habits.without("executionReport"),
    "no account position": lambda: habits.without("outboundAccountPosition"),
    "user events twice": habits.twice,
    "user events unwrapped": habits.unwrapped,
    "everything wrapped": habits.wrapped,
    "acknowledges only": habits.acknowledges_only,
    "forgets closed orders": habits.forgets_closed_orders,
    "marks every 3 s": habits.slow_marks,
    "a quiet book": habits.quiet_book,
    "no pongs": habits.without_pongs,
    "deaf": lambda: habits.without_pongs(listens=False),
    "gzip": habits.gzipped,
    "chunked": habits.chunked,
    "closes, says so": lambda: habits.one_answer_a_connection(says_so=True),
    "closes, says nothing": lambda: habits.one_answer_a_connection(says_so=False),
    "slow listen key": lambda: habits.slow("/fapi/v1/listenKey", by_s=3.5),
    "slow order": lambda: habits.slow("/fapi/v1/order", by_s=3.5),
    "as far as the moon": lambda: habits.slow(habits.EVERYWHERE, by_s=0.5),
    "event before answer": habits.event_before_the_answer,
    "subscriptions unanswered": habits.subscriptions_unanswered,
    "older paths": habits.older_paths,
    "binary frames": habits.in_binary,
    "account closed every 5 s": lambda: Habits(close_every_s={"private": 5.0, "ws-api": 5.0}),
    "prices closed every 5 s": lambda: Habits(close_every_s={"public": 5.0, "market": 5.0}),
}


def called(*names: str) -> Habits:
    """Several habits in one Binance, in that order; the last way of delivering counts."""
    several = Habits()
    for name in names:
        several = several.beside(NAMED[name]())
    return several
