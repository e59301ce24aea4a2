"""What a start and the replay rest on, broken on purpose; the rest: `breakage.py`."""

from hedgebot.core.reconciliation import SKEW_MS
from hedgebot.domain.events import CommandKind
from hedgebot.domain.records import FillKept, WatermarkKept
from tests.afresh import Breakage

TEN = "invariant_10_replay"

# fmt: off
AT_A_START = (
    # -- 10, start -------------------------------------------------------------------------------
    Breakage("nothing but the events decides", "decide",
             "desk.sequence += 1", "desk.sequence += 1 + id(desk) % 1_000",
             f"{TEN}:test_the_same_events_give_the_same_actions_and_the_same_state"),
    Breakage("10 the digest does not hang on the hashes of a process", "digest",
             "sets = (sorted(wakes.moved), sorted(wakes.dirty))",
             "sets = (list(wakes.moved), list(wakes.dirty))",
             f"{TEN}:test_the_digest_does_not_hang_on_the_order_in_which_a_set_was_filled"),
    Breakage("10 the state reads back as it was", "decide",
             "hedge.said = Said(Verdict.TRADE, intent.purpose.value)",
             "hedge.said = Said(Verdict.TRADE, intent.purpose)",
             f"{TEN}:test_the_state_holds_plain_text_where_it_says_so"),
    Breakage("an open intent is looked up", "start",
             "for order_id in state.desk.orders:", "for order_id in []:",
             "start:test_an_open_intent_is_unknown_and_is_looked_up_before_anything_is_traded"),
    Breakage("an epoch above the journal's stops", "found",
             "if epoch >= desk.epoch and not _other_epoch(state, policy, epoch, fx):", "if False:",
             "start:test_an_epoch_that_the_journal_does_not_know_stops_with_exit_code_2",
             (("epoch", 6),)),
    Breakage("limits survive a restart", "start",
             "in sorted(durable.opening, key=lambda opening: opening.intent.decided_ms):", "in ():",
             "limits:test_a_restart_does_not_reset_a_window"),
    Breakage("an order that is over counts by what it filled", "aftermath",
             "left = replace(intent, qty=intent.qty - order.execution.qty)", "left = intent",
             "limits:test_an_order_that_is_over_counts_by_what_it_filled_also_after_a_restart",
             (("filled", "0.4"),)),
    Breakage("what shrinks a position is exempt from limits", "limits",
             """    if intent.reduce_only:
        return
    at_ms = intent.decided_ms
    _add""",
             """    at_ms = intent.decided_ms
    _add""",
             "limits:test_shrinking_orders_are_not_charged"),
    Breakage("8 trades of another writer are not kept", "snapshot",
             "    if _refused(fx):\n        return\n    for fill", "    for fill",
             "start:test_of_another_writer_nothing_is_kept_that_a_start_which_adopts_it_must_list",
             (("kind", FillKept),)),
    Breakage("8 nor how far they were listed", "snapshot",
             "    if _refused(fx):\n        return\n    account", "    account",
             "start:test_of_another_writer_nothing_is_kept_that_a_start_which_adopts_it_must_list",
             (("kind", WatermarkKept),)),
    Breakage("what was traded before the first start is no news", "snapshot",
             "if _before_our_time(state, fill):", "if False:",
             "start:test_a_trade_from_before_the_first_start_is_no_news",
             (("age_ms", SKEW_MS + 1), ("kept", 0))),
    Breakage("1b every wallet of an account is read again after the first readings", "snapshot",
             "for each in same if wallets > 1 else ():",
             "for each in same if len(same) > 1 else ():",
             "invariant_1b_polled_wallets:"
             "test_a_transfer_between_the_first_readings_counts_once"),
    Breakage("1b a polled wallet is known up to its last reading", "balances",
             "return min(reads, default=now)", "return now",
             "invariant_1b_polled_wallets:"
             "test_what_is_known_of_them_is_as_old_as_their_last_reading"),
    Breakage("fees in another coin are not added to the cost", "wording",
             "fee = execution.fees.get(_quote(intent.instrument), Decimal(0))",
             "fee = sum(execution.fees.values(), Decimal(0))",
             "fees_in_another_coin:test_a_fee_in_another_coin_is_named_and_moves_nothing_here",
             (("balance_first", True),)),
    Breakage("a fee in the hedged coin is explained by its fill", "fills",
             "explained = balances.note_leg(", "explained = None and balances.note_leg(",
             "fees_in_another_coin:test_a_hedge_of_the_coin_of_fees_counts_its_own",
             (("balance_first", True),)),
    Breakage("an operator's state survives", "start",
             "if row.state is not TradingState.ACTIVE", "if False",
             "start_memory:test_an_operators_state_survives_a_restart",
             (("kind", CommandKind.PAUSE),)),
)
# fmt: on
