"""What is broken on purpose in the recorder and the replay, and who must notice."""

from typing import Any, NamedTuple


class Breakage(NamedTuple):
    """`sound` occurs once in the module; the test is named by file and function."""

    rule: str
    module: str
    sound: str
    broken: str
    test: str
    case: tuple[tuple[str, Any], ...] = ()
    """Arguments of a parametrised test."""


ADAPTER = "hedgebot.adapters.recorder"
BREAKAGES = [
    Breakage("a float keeps its bits", f"{ADAPTER}.encoding",
             "return number if math.isfinite(number) else repr(number)", "return number",
             "codec:test_a_float_keeps_its_every_bit", (("number", float("nan")),)),
    Breakage("a decimal keeps its digits", f"{ADAPTER}.encoding",
             "        return str\n", "        return float\n",
             "codec:test_a_decimal_keeps_its_every_digit", (("text", "1.50"),)),
    Breakage("names of a union are unlike", f"{ADAPTER}.encoding",
             "if len(named) != len(found):", "if False:",
             "codec:test_two_classes_of_one_name_are_refused"),
    Breakage("what nobody taught is refused", f"{ADAPTER}.encoding",
             """        return None
    raise NoCodec(f"no codec for {hint}")


def _float""", """        return None
    return None


def _float""",
             "codec:test_a_type_that_nobody_taught_is_refused", (("kind", bytes),)),
    Breakage("timers are part of the state", f"{ADAPTER}.encoding",
             "return sorted((*timer, at_ms) for timer, at_ms in timers.asked().items())",
             "return []",
             "recorder:test_files_follow_each_other_and_each_stands_alone"),
    Breakage("a file begins with the state before its first event", f"{ADAPTER}.recorder",
             "self._make_ready(len(self._waiting))", "self._make_ready(SLICE)",
             "recorder:test_an_event_belongs_to_the_file_that_began_before_it"),
    Breakage("what is ready when all ends is written", f"{ADAPTER}.recorder",
             'lines = b"".join(self._ready)', 'lines = b"".join(self._ready[-1:])',
             "recorder:test_the_end_may_come_in_the_middle_of_writing", (("turns", 3),)),
    Breakage("a file is followed by the next", f"{ADAPTER}.recorder",
             "return size >= GROWTH_MAX * full or (size >= full and scribe.calm)", "return False",
             "recorder:test_files_follow_each_other_and_each_stands_alone"),
    Breakage("a full file waits for a calm moment", f"{ADAPTER}.recorder",
             "(size >= full and scribe.calm)", "size >= full",
             "recorder:test_a_full_file_waits_for_the_order_that_is_out"),
    Breakage("after trouble it tries again", f"{ADAPTER}.recorder",
             "if self._health.on and self._writer.trouble:", "if self._writer.trouble:",
             "recorder:test_a_disk_that_fails_is_one_warning_and_tried_again_with_a_new_file",
             (("disk", "denied"),)),
    Breakage("one warning", f"{ADAPTER}.recorder",
             "        if not self._said:\n", "        if True:\n",
             "recorder:test_a_disk_that_fails_is_one_warning_and_tried_again_with_a_new_file",
             (("disk", "full"),)),
    Breakage("a file has no gap", f"{ADAPTER}.recorder",
             "        self._waiting.clear()\n", "",
             "recorder:test_what_waits_has_an_end"),
    Breakage("what waits has an end", f"{ADAPTER}.recorder",
             "if len(self._waiting) < WAITING_MAX:", "if True:",
             "recorder:test_what_waits_has_an_end"),
    Breakage("a bug of the codec ends no daemon", f"{ADAPTER}.recorder",
             "BUGS = (TypeError, ValueError, LookupError, AttributeError)", "BUGS = ()",
             "recorder:test_a_value_of_a_wrong_type_ends_the_recording_and_nothing_else"),
    Breakage("a hung disk holds up no end", f"{ADAPTER}.recorder",
             "await asyncio.wait_for(ended.wait(), CLOSE_S_MAX)",
             "await asyncio.wait_for(ended.wait(), 10 * CLOSE_S_MAX)",
             "recorder:test_a_disk_that_hangs_is_waited_for_by_nobody"),
    Breakage("11 events are searched for secrets", f"{ADAPTER}.scribe",
             "return _joined(masked(found, self.mask))", "return _joined(found)",
             "recorder:test_invariant_11_a_secret_in_any_text_is_masked_and_the_replay_is_the_same"),
    Breakage("11 the state is searched for secrets", f"{ADAPTER}.scribe",
             """wanted, stood = masked(
            [layout.policy_line(self.policy), layout.state_line(self.state)], self.mask
        )""", "wanted, stood = layout.policy_line(self.policy), layout.state_line(self.state)",
             "recorder:test_invariant_11_a_secret_in_any_text_is_masked_and_the_replay_is_the_same"),
    Breakage("11 the first line is searched for secrets", f"{ADAPTER}.scribe",
             "*masked([layout.first_line(first)], self.mask)", "layout.first_line(first)",
             "recorder:test_invariant_11_a_secret_in_any_text_is_masked_and_the_replay_is_the_same"),
    Breakage("a kill loses a second at most", f"{ADAPTER}.writer",
             "self._stream.compress(lines) + self._stream.flush(zlib.Z_SYNC_FLUSH)",
             "self._stream.compress(lines)",
             "recorder:test_what_was_handed_over_can_be_read_at_once"),
    Breakage("only the owner reads", f"{ADAPTER}.shelf", "flags, 0o600", "flags, 0o644",
             "recorder:test_only_the_owner_may_read"),
    Breakage("all files together have a bound", f"{ADAPTER}.shelf",
             "while files and sum(sizes)", "while False and sum(sizes)",
             "recorder:test_all_files_together_have_a_bound_and_nothing_else_is_touched"),
    Breakage("a link is no recording", f"{ADAPTER}.shelf",
             " and not path.is_symlink()", "",
             "recorder:test_all_files_together_have_a_bound_and_nothing_else_is_touched"),
    Breakage("another format is refused", f"{ADAPTER}.reading",
             'if found["format"] != layout.FORMAT:', "if False:",
             "reading:test_another_format_is_refused_by_name"),
    Breakage("a changed state is refused", f"{ADAPTER}.reading",
             "if (layout.line_hash(wanted), layout.line_hash(stood)) "
             "!= (first.policy_hash, first.state_hash):", "if False:",
             "reading:test_a_policy_or_state_that_was_changed_is_refused", (("line", 2),)),
    Breakage("a cut file is said to be cut", f"{ADAPTER}.reading",
             'self.cut = "it has no end: the daemon was killed, or still writes it"', "pass",
             "reading:test_a_cut_file_is_read_as_far_as_it_goes"),
    Breakage("10 a replay compares", "hedgebot.bootstrap.replaying",
             "return self.recorded == self.replayed", "return True",
             "reading:test_one_thing_decided_otherwise_is_the_end_of_the_replay"),
    Breakage("other code is said", "hedgebot.bootstrap.replaying",
             'return "" if recording.first.code == code_version() else recording.first.code',
             'return ""',
             "reading:test_other_code_is_said_and_tried"),
]  # fmt: skip
