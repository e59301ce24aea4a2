"""What is broken on purpose, one replacement in one module of `core` each, and who must notice."""

from typing import Any, NamedTuple

from hedgebot.domain.actions import Severity
from hedgebot.domain.events import CommandKind, NotSentReason
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Cause, Refusal
from hedgebot.domain.withdrawals import WithdrawalState


class Breakage(NamedTuple):
    """`sound` occurs once in the module; the test is named by file and function."""

    rule: str
    module: str
    sound: str
    broken: str
    test: str
    case: tuple[tuple[str, Any], ...] = ()
    """Arguments of a parametrised test."""


ONE = "invariant_1_one_order_when_settled"
ONE_B = "invariant_1b_pending_balances"
TRANSIT = "invariant_1b_in_transit"
TRANSIT_S = "invariant_1b_transit_at_a_start"
TWO = "invariant_2_unknown_outcomes"
TWO_B = "invariant_2b_approval_expires"
THREE = "invariant_3_never_past_the_target"
FOUR = "invariant_4_venue_is_truth"
FIVE = "invariant_5_no_stale_decisions"
SIX = "invariant_6_every_gate_has_a_timer"
SEVEN = "invariant_7_nothing_unbounded"
NINE = "invariant_9_commands"
NINE_F = "invariant_9_faults"
TEN = "invariant_10_replay"

ADL = (("cause", Cause.ADL), ("severity", Severity.CRITICAL), ("word", "auto-deleveraged"))
AFTER_3_S = (("first", "spot:spot"), ("gap_ms", 3_000), ("rest", "like the stream"))
DEPOSIT = (("change", "2"), ("side", Side.SELL), ("word", "+2 BTC arrived in"))
BOTH_ENDS = (("explained", "1"), ("pending", "2"), ("wanted", [(Side.SELL, 1)]))
THROTTLED = (("refusal", Refusal.THROTTLED),)
LATE = (("reason", NotSentReason.LATE),)
MARGIN = (("refusal", Refusal.MARGIN),)

# fmt: off
BREAKAGES = (
    # -- 1 ---------------------------------------------------------------------------------------
    Breakage("one order outstanding", "failover",
             "if order.phase is not Phase.UNKNOWN and venue not in dark:", "if False:",
             "invariant_1_failover:test_an_order_that_works_on_one_instrument_holds_the_other"),
    Breakage("an unknown order may have filled", "failover",
             "yield qty + float(left) * order.intent.side.value", "yield qty",
             "invariant_1_failover:test_where_one_end_is_hedged_nothing_is_traded"),
    Breakage("a dark venue's position may be gone", "failover",
             "for qty in (counted, 0.0) if gone else (counted,):", "for qty in (counted,):",
             "invariant_1_failover:"
             "test_what_is_right_only_if_it_is_still_there_is_not_traded_and_is_told"),
    Breakage("a dark venue's coins may be gone", "failover",
             "(-sum(max(coins, 0.0) for coins in held), -sum(min(coins, 0.0) for coins in held))",
             "(0.0, 0.0)",
             "invariant_1_failover:test_coins_in_a_wallet_of_a_dark_venue_may_be_gone"),
    Breakage("failover waits for the outcome first", "failover",
             "*(o.since_ms for o in orders)) >= FAILOVER_MS", "0) >= FAILOVER_MS",
             "invariant_1_failover:test_it_waits_a_while_first"),
    Breakage("a venue of coins only has no stand-in", "failover",
             "if passing or venue.name not in traded_at:", "if passing:",
             "invariant_1_failover:test_a_venue_where_only_coins_are_has_no_stand_in"),
    Breakage("what is unknown is not traded", "propose",
             "if each not in need.shut]", "]",
             "invariant_1_failover:"
             "test_an_unknown_outcome_leaves_the_other_instrument_what_is_right_either_way"),
    Breakage("the review looks for an outstanding order too", "risk",
             "if own in busy and not (elsewhere and busy[own] is Phase.UNKNOWN):", "if False:",
             "risk:test_nothing_beside_an_order_that_is_out"),
    Breakage("only when settled", "reconciliation",
             "return book.arithmetic is not None and book.differs_ms is None", "return True",
             f"{ONE}:test_the_next_order_waits_until_the_venue_shows_the_last_one"),
    Breakage("settled on all instruments", "risk",
             "if own not in busy and not", "if own == intent.instrument and not",
             "risk:test_nothing_while_any_position_of_the_hedge_is_not_settled"),
    Breakage("fills that are not ours count", "fills",
             "reconciliation.fold_fill(book, fill, fx.now, decided_ms=decided_ms)",
             "order and reconciliation.fold_fill(book, fill, fx.now, decided_ms=decided_ms)",
             f"{ONE}:test_fills_that_are_not_ours_are_known_at_once_with_their_cause", ADL),
    Breakage("a trade counts once", "reconciliation",
             "if fill.trade_id in tape.seen or fill.venue_ms <= tape.forgotten_ms:", "if False:",
             "start:test_fills_that_have_their_rows_are_not_counted_twice"),
    Breakage("proofs of drift are a second apart", "reconciliation",
             "PROOFS_APART_MS = 1_000", "PROOFS_APART_MS = 0",
             "drift:test_not_by_two_that_are_less_than_a_second_apart"),
    Breakage("proofs of drift come after our last close", "reconciliation",
             "settled_ms = max(book.closed_ms, book.tape.last_ms)",
             "settled_ms = book.tape.last_ms",
             "drift:test_not_by_snapshots_asked_for_before_our_order_was_closed"),
    Breakage("no drift while an order is out", "account",
             "if not working_on(state, row.instrument):", "if True:",
             f"{ONE}:test_drift_is_not_adopted_while_an_order_is_outstanding"),
    Breakage("drift ends after drift_ms_max", "reconciliation",
             "requested_ms >= book.differs_ms + drift_ms_max", "False",
             f"{ONE}:test_snapshots_that_never_agree_end_after_ten_seconds"),
    Breakage("a foreign open order holds", "propose",
             "if foreign and not policy.allow_foreign_orders:", "if False:",
             f"{ONE}:test_a_foreign_open_order_is_named_and_holds"),
    # -- 1b --------------------------------------------------------------------------------------
    Breakage("what no fill explains is pending", "balances",
             "total.said = balance.total", "total.said = total.confirmed = balance.total",
             f"{ONE_B}:test_a_deposit_or_withdrawal_waits_until_it_has_settled_and_then_is_hedged",
             DEPOSIT),
    Breakage("every wallet is re-read first", "balances",
             "if pending.since_ms < read_ms]", "if True]",
             f"{ONE_B}:test_nothing_is_confirmed_without_a_later_read_of_every_wallet"),
    Breakage("both halves of a transfer are waited for", "balances",
             "TRANSFER_MS = 3_200", "TRANSFER_MS = 1_500",
             f"{ONE_B}:test_a_transfer_with_0_to_3_s_between_its_events_sends_no_order", AFTER_3_S),
    Breakage("an unread wallet is told", "account",
             'fx.raise_alert(Severity.CRITICAL, f"pending:{name}", text)', "pass",
             f"{ONE_B}:test_a_wallet_unreadable_for_ten_seconds_is_a_critical_alert_naming_the_amount"),
    Breakage("only what is right at both ends", "sizing",
             "return max(at_low, at_high)", "return min(at_low, at_high)",
             f"{ONE_B}:test_a_transfer_does_not_hide_a_trade"),
    Breakage("ends that disagree trade nothing", "judge",
             "if ends[0] * ends[1] <= 0:", "if ends == (0, 0):",
             f"{ONE_B}:test_while_it_waits_the_verdict_says_so"),
    Breakage("a decrease waits for its record", "explain",
             "if not whole and not case.overdue:", "if False:",
             f"{TRANSIT}:test_records_that_cannot_be_read_are_asked_for_at_a_pace_and_named"),
    Breakage("and not for ever", "explain",
             "if not whole and not case.overdue:", "if not whole:",
             f"{TRANSIT}:test_a_deposit_beside_a_search_is_traded_at_the_latest_when_the_search_ends"),
    Breakage("the fee of a withdrawal never counts", "transit",
             "qty=max(debit - record.fee, ZERO)", "qty=debit",
             f"{TRANSIT}:test_a_recorded_withdrawal_is_not_traded_while_it_is_held_and_its_fee_never_counts",
             (("inside", True),)),
    Breakage("a record explains one decrease", "withdrawals",
             "and name_of(venue, each.record_id) not in transit.used", "",
             f"{TRANSIT}:test_a_second_withdrawal_has_a_record_of_its_own"),
    Breakage("a failed withdrawal explains nothing", "withdrawals",
             "and each.state is not WithdrawalState.FAILED", "",
             f"{TRANSIT}:test_what_no_record_explains_is_traded_after_a_bounded_time_with_a_warning",
             (("qty", "3"), ("coin", "BTC"), ("state", WithdrawalState.FAILED))),
    Breakage("a hold ends", "transit",
             "if ends_ms(policy, item) <= fx.now:", "if False:",
             f"{TRANSIT}:test_after_its_time_it_is_traded_once_and_a_person_is_told"),
    Breakage("what comes back is in transit no more", "explain",
             '_returned(case, item, Severity.INFO, "the withdrawal failed")', "pass",
             f"{TRANSIT}:test_a_withdrawal_that_fails_is_traded_at_no_moment",
             (("late_ms", 0),)),
    Breakage("a decrease that was traded is not held afterwards", "explain",
             "transit.mark(case.state, case.venue, book.asset, case.fx, venue_ms=said_ms)", "pass",
             f"{TRANSIT}:test_a_record_that_comes_after_the_trade_is_not_held_any_more"),
    Breakage("a holding ends what arrived in it", "transit",
             "if not is_near(left, rise, ABOUT):", "if True:",
             f"{TRANSIT}:test_of_two_withdrawals_the_one_that_arrived_is_ended"),
    Breakage("a start reads the records first", "freshness",
             "if name in state.ledger.transit.starting:", "if False:",
             f"{TRANSIT_S}:test_nothing_is_traded_before_a_start_has_read_the_records_and_not_for_ever"),
    Breakage("what is held survives a kill", "transit_start",
             "return Transit(held, used, marks, starting=starting)",
             "return Transit({}, used, marks, starting=starting)",
             f"{TRANSIT_S}:test_what_is_held_survives_a_kill_and_ends_by_its_own_time"),
    # -- 2 ---------------------------------------------------------------------------------------
    Breakage("silence is not a failure", "orders",
             "(Phase.INTENDED, Told.SILENT): Phase.UNKNOWN",
             "(Phase.INTENDED, Told.SILENT): Phase.CLOSED",
             f"{TWO}:test_silence_is_unknown_and_is_looked_up_by_its_id"),
    Breakage("not found counts only late", "orders",
             "return requested_ms >= order.search.valid_until_ms + ABSENT_MARGIN_MS", "return True",
             f"{TWO}:test_a_look_up_asked_for_earlier_does_not_count_however_late_its_answer_is"),
    Breakage("not found counts only twice", "orders",
             "ABSENT_NEEDED = 2", "ABSENT_NEEDED = 1",
             f"{TWO}:test_not_found_counts_only_when_the_request_cannot_arrive_any_more_and_twice"),
    Breakage("closed only when the fills add up", "orders",
             "complete = order.execution.qty == order.reported.filled", "complete = True",
             f"{TWO}:test_an_end_whose_fills_are_missing_is_asked_about_until_they_came"),
    Breakage("a send is never repeated", "decide",
             "desk.sequence += 1", "pass",
             f"{TWO_B}:test_too_late_closes_as_not_sent_and_the_next_decision_has_a_new_id"),
    Breakage("a late report reopens nothing", "found",
             "said.venue_ms > ended_ms", "True",
             f"{TWO}:test_a_late_report_of_a_closed_order_is_old_news"),
    # -- 2b --------------------------------------------------------------------------------------
    Breakage("an approval expires", "decide",
             "send_before_ms=now + policy.limits.approval_ms", "send_before_ms=now + 60_000",
             f"{TWO_B}:test_an_order_may_be_sent_until_half_a_second_after_its_decision",
             (("approval_ms", 500),)),
    Breakage("a change of state withdraws", "control",
             "if order.phase is Phase.INTENDED and asset in {None, order.intent.asset}:",
             "if False:",
             f"{TWO_B}:test_a_command_is_answered_after_the_withdrawal"),
    # -- 3 ---------------------------------------------------------------------------------------
    Breakage("towards zero at the target", "sizing",
             "lots_to_target = floor_lots(excess / lot)",
             "lots_to_target = ceil_lots(excess / lot)",
             f"{THREE}:test_the_target_is_reached_from_the_near_side"),
    Breakage("through zero closes first", "propose",
             "closing = sizing.closing_lots(lots, position) if shrinks else 0", "closing = lots",
             f"{THREE}:test_through_zero_the_short_is_closed_and_the_rest_is_the_next_decision"),
    Breakage("a shrinking order says so", "propose",
             "reduce_only=bool(size.closing)", "reduce_only=False",
             f"{THREE}:test_a_short_is_shrunk_by_reduce_only"),
    Breakage("the review holds reduce-only to the position", "risk",
             "if intent.reduce_only != shrinks(state, intent):", "if False:",
             "risk:test_reduce_only_must_be_true", (("lots", -100), ("reduce_only", True))),
    Breakage("no side is narrower than the smallest order", "bounds",
             "above=max(self.above, self.least)", "above=self.above",
             f"{THREE}:test_too_small_to_trade_is_said_once_and_not_retried"),
    # -- 4 ---------------------------------------------------------------------------------------
    Breakage("REST undoes nothing that is newer", "balances",
             "if stale and not overdue:", "if False:",
             f"{FOUR}:test_a_rest_answer_older_than_the_stream_undoes_nothing"),
    Breakage("a snapshot is of this epoch", "feeds",
             "if event.epoch != feed.epoch:", "if False:",
             f"{FOUR}:test_a_snapshot_of_an_earlier_epoch_is_not_believed_and_not_waited_for"),
    Breakage("a gap is read again", "feeds",
             "venue.synced = False\n        venue.ask", "venue.ask",
             f"{FOUR}:test_after_a_gap_the_account_is_read_whole_since_the_watermark"),
    # -- 5 ---------------------------------------------------------------------------------------
    Breakage("a mark has an age", "freshness",
             "if age_ms > limits.mark_age_ms_max:", "if False:",
             "freshness:test_a_mark_is_good_for_its_age"),
    Breakage("a socket needs proof", "freshness",
             "return feed.up and now - feed.proof_ms <= age_ms_max", "return feed.up",
             f"{FIVE}:test_limits_of_age_come_from_the_policy"),
    Breakage("a mark of zero is none", "freshness",
             'if not 0.0 < mark < float("inf"):', "if False:",
             "freshness:test_a_mark_that_is_no_price_is_not_heard", (("mark", 0.0),)),
    Breakage("a touch from before a gap is gone", "feeds",
             "            market.touch = None", "            pass",
             f"{FIVE}:test_a_touch_from_before_a_gap_is_not_traded_against"),
    Breakage("audits are not missed", "freshness",
             "if now - venue.read_ms > AUDITS_MISSED_MAX * limits.audit_every_ms:", "if False:",
             f"{FIVE}:test_an_account_that_cannot_be_audited_holds"),
    # -- 6 ---------------------------------------------------------------------------------------
    Breakage("being naked is told", "decide",
             'fx.raise_alert(Severity.CRITICAL, f"naked:{asset}", text)', "pass",
             f"{SIX}:test_being_out_of_band_for_half_a_minute_names_the_gate_and_the_amount"),
    Breakage("five refusals do not latch", "aftermath",
             "pause_ms = RETRY_SLOW_MS", "pause_ms = 10**12",
             "pace:test_five_in_a_row_and_then_a_critical_alert_with_the_naked_amount"),
    Breakage("what was barred is tried again", "propose",
             "barred = barred if now < until_ms else 0", "pass",
             "pace:TestNotAgainWithUnchangedInput.test_the_gate_has_a_timer", MARGIN),
    # -- 7 ---------------------------------------------------------------------------------------
    Breakage("refusals have a pace", "aftermath",
             "pause_ms = min(RETRY_MS * 2 ** (pace.refusals - 1), RETRY_MS_MAX)", "pause_ms = 0",
             "pace:test_a_refused_order_is_tried_again_after_200_ms_doubling_to_5_s", THROTTLED),
    Breakage("what was not sent has a pace", "aftermath",
             'not sent: {event.reason}"\n    _back_off(hedge, fx, at_least_ms=0)',
             'not sent: {event.reason}"',
             "pace:test_what_was_not_sent_is_tried_again_at_the_pace_of_refusals", LATE),
    Breakage("margin is not asked for twice", "aftermath",
             "if event.refusal in INPUT_NEEDED:", "if False:",
             "pace:TestNotAgainWithUnchangedInput.test_the_same_order_is_not_sent_again", MARGIN),
    Breakage("the tape ends", "reconciliation",
             "if len(tape.seen) > TAPE_MAX:", "if False:",
             f"{SEVEN}:test_fills_are_remembered_up_to_a_number"),
    Breakage("caps refuse what opens", "risk",
             "if sent >= caps.orders_per_minute:", "if False:",
             "pace:test_orders_a_minute_are_capped_with_a_critical_alert_of_the_naked_amount"),
    # -- 9 ---------------------------------------------------------------------------------------
    Breakage("the strictest hold counts", "control",
             "return max(holds, key=", "return min(holds, key=",
             f"{NINE}:test_the_strictest_hold_counts"),
    Breakage("no order while halted", "judge",
             "if hold.state is TradingState.HALTED:", "if False:",
             f"{NINE}:test_the_decision_says_halted_and_why"),
    Breakage("the review halts too", "risk",
             "if state.control.stopping or hold.state is TradingState.HALTED:", "if False:",
             "risk:test_nothing_is_approved_while_halted"),
    Breakage("reducing opens nothing", "propose",
             "elif need.reducing and not shrinks:", "elif False:",
             f"{NINE}:test_reduce_only_shrinks_towards_the_target_and_opens_nothing"),
    Breakage("pending balances do not hold a flatten", "judge",
             "if flatten:", "if flatten and not hedge.outlook.low and not hedge.outlook.high:",
             f"{NINE}:test_pending_balances_do_not_hold_a_flatten"),
    Breakage("resume needs a journal", "control",
             "if not state.control.journal_ok:\n        text", "if False:\n        text",
             f"{NINE_F}:test_resume_is_refused_while_the_journal_fails"),
    Breakage("restrictions act without a journal", "control",
             "    state.control.operator[scope] = hold",
             "    if state.control.journal_ok:\n        state.control.operator[scope] = hold",
             f"{NINE_F}:test_restricting_commands_act_from_memory_while_the_journal_fails",
             (("kind", CommandKind.PAUSE),)),
    # -- 10, start -------------------------------------------------------------------------------
    Breakage("nothing but the events decides", "decide",
             "desk.sequence += 1", "desk.sequence += 1 + id(desk) % 1_000",
             f"{TEN}:test_the_same_events_give_the_same_actions_and_the_same_state"),
    Breakage("an open intent is looked up", "start",
             "for order_id in state.desk.orders:", "for order_id in []:",
             "start:test_an_open_intent_is_unknown_and_is_looked_up_before_anything_is_traded"),
    Breakage("an epoch above the journal's stops", "found",
             "if epoch >= desk.epoch and not _other_epoch(state, policy, epoch, fx):", "if False:",
             "start:test_an_epoch_that_the_journal_does_not_know_stops_with_exit_code_2",
             (("epoch", 6),)),
    Breakage("limits survive a restart", "start",
             "in sorted(durable.opening, key=lambda intent: intent.decided_ms):", "in ():",
             "limits:test_a_restart_does_not_reset_a_window"),
    Breakage("what shrinks a position is exempt from limits", "limits",
             "if intent.reduce_only:", "if False:",
             "limits:test_shrinking_orders_are_not_charged"),
    Breakage("an operator's state survives", "start",
             "if row.state is not TradingState.ACTIVE", "if False",
             "start_memory:test_an_operators_state_survives_a_restart",
             (("kind", CommandKind.PAUSE),)),
)
# fmt: on
