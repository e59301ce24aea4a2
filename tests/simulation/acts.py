"""Every kind of item, and who carries it out."""

from collections.abc import Mapping

from tests.simulation import acts_machine as machine
from tests.simulation import acts_owner as owner
from tests.simulation import acts_venue as venue
from tests.simulation.hands import Act

ACTS: Mapping[str, Act] = {
    "spot": owner.spot,
    "deposit": owner.deposit,
    "withdraw": owner.withdraw,
    "transfer": owner.transfer,
    "manual": owner.manual,
    "foreign": owner.foreign,
    "adl": owner.adl,
    "liquidation": owner.liquidation,
    "position_mode": owner.position_mode,
    "margin_type": owner.margin_type,
    "leverage": owner.leverage,
    "pause": owner.command,
    "reduce": owner.command,
    "flatten": owner.command,
    "drop_reply": venue.drop_reply,
    "late_reply": venue.late_reply,
    "late_request": venue.late_request,
    "cut_early": venue.cut_early,
    "fail_after": venue.fail_after,
    "refuse": venue.refuse,
    "thin": venue.thin,
    "reads_fail": venue.reads_fail,
    "reads_slow": venue.reads_slow,
    "stale": venue.stale,
    "lose": venue.event_fault,
    "duplicate": venue.event_fault,
    "reorder": venue.event_fault,
    "delay": venue.event_fault,
    "mute": venue.mute,
    "cut": venue.cut,
    "key_expiry": venue.key_expiry,
    "spot_end": venue.spot_end,
    "maintenance": venue.maintenance,
    "skew": venue.skew,
    "freeze_mark": venue.freeze_mark,
    "gap": venue.gap,
    "wick": venue.wick,
    "blackhole": machine.blackhole,
    "journal_slow": machine.journal_slow,
    "journal_full": machine.journal_full,
    "journal_locked": machine.journal_locked,
    "kill": machine.kill,
    "second_daemon": machine.second_daemon,
}
