"""What computed bands and triggers rest on, broken on purpose; the rest: `breakage.py`."""

from tests.afresh import Breakage

TEST = "computed_band:test_"
TRIGGER = "triggers:test_"

# fmt: off
COMPUTED = (
    Breakage("our own trades are no flow", "learning",
             "learnt.untouched.ours += exposure.position_coins(instrument, change, fill.price)",
             "pass",
             f"{TEST}our_own_trades_are_no_flow"),
    Breakage("an answer to another question is not taken", "computed",
             "if learnt is None or learnt.solving.asked_ms != event.asked_ms:",
             "if learnt is None:",
             f"{TEST}a_question_is_asked_once_and_again_after_a_minute_without_an_answer"),
    Breakage("a question without an answer does not latch", "computed",
             "if solving.asked_ms is not None and fx.now - solving.asked_ms >= SOLVE_MS_MAX:",
             "if False:",
             f"{TEST}a_question_is_asked_once_and_again_after_a_minute_without_an_answer"),
    Breakage("a band is not solved while an order is out", "computed",
             "if not learnt.flow or solving.asked_ms is not None or state.desk.orders:",
             "if not learnt.flow or solving.asked_ms is not None:",
             f"{TEST}nothing_is_asked_while_an_order_is_out"),
    Breakage("no band is wider than the holding of the question", "computed",
             "upper = optimal.trigger_and_end(max(min(above, most), least), inner, least)",
             "upper = optimal.trigger_and_end(max(above, least), inner, least)",
             f"{TEST}no_side_is_narrower_than_the_smallest_order_nor_wider_than_the_question"),
    Breakage("the fixed band is traded until enough was seen", "computed",
             "if shown is None or how is None or not learning.known_enough(learnt, how):",
             "if shown is None or how is None:",
             f"{TEST}until_enough_was_seen_the_fixed_band_is_traded"),
    Breakage("an answer that is no number is not traded by", "computed",
             "whole = len(memory) == band_memory.SIZE and all(map(math.isfinite, memory))",
             "whole = True",
             f"{TEST}an_answer_that_is_no_number_is_not_traded_by", (("broken", float("inf")),)),
    Breakage("what was learnt survives a restart", "remembering",
             "flow=list(row.flow),", "flow=[],",
             f"{TEST}a_restart_goes_on_from_what_was_learnt"),
    Breakage("a minute of the price is no hour", "learning",
             "if now - price.at_ms < HOUR_MS:", "if False:",
             f"{TEST}the_price_is_remembered_by_the_hour_over_gaps_too"),
    Breakage("a sweep ends at the target", "judge",
             "purpose=purpose, aim=0.0)", "purpose=purpose)",
             f"{TRIGGER}an_old_hedge_is_brought_to_the_target"),
    Breakage("a sweep's slices follow each other", "triggers",
             "if hedge.out_ms is not None and last.purpose in SWEEPS:", "if False:",
             f"{TRIGGER}slices_of_a_sweep_follow_each_other"),
    Breakage("after a sweep the band decides again", "triggers",
             "if hedge.out_ms is not None and last.purpose in SWEEPS:",
             "if last.purpose in SWEEPS:",
             f"{TRIGGER}after_a_sweep_the_band_decides_again"),
    Breakage("an age survives a restart", "start",
             "filled=_filled(hedge, instruments, durable),", "filled=Filled(),",
             f"{TRIGGER}an_age_survives_a_restart"),
)
# fmt: on
