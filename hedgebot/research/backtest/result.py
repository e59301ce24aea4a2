"""A run and all that follows from it; as JSON."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from hedgebot.core.policy import Policy
from hedgebot.ledger.statement import Statement
from hedgebot.research.backtest.books import Books, books_of
from hedgebot.research.backtest.curves import Curves, curves_of
from hedgebot.research.backtest.flows import Flow
from hedgebot.research.backtest.metrics import HedgeMetrics, metrics_of
from hedgebot.research.backtest.options import Options
from hedgebot.research.backtest.records import Execution
from hedgebot.research.backtest.running import Played, Progress, play
from hedgebot.research.history import Fault, Finding, History

HANDLED = {
    "gap": "no price is heard there: the hedge holds by the age of its mark",
    "frozen": "nothing trades there: no price is heard, nothing fills, the hedge holds",
    "wick": "decisions hear open and close, orders are bound by collar and slippage_max",
    "missing_funding": "none is paid there",
    "daylight_saving": "as a gap; none of the rows that differ is taken",
    "repeated": "rows that differ are none, and a gap",
    "disorder": "put in order by time",
    "off_grid": "at its own time",
    "wide_basis": "as recorded",
    "outside": "low and high are widened to open and close",
    "unaligned": "as stamped: the numbers below are not to be trusted",
    "funding_unit": "paid as it stands: the funding below is not to be trusted",
    "volume_unit": "whole numbers are taken for contracts",
}
"""What was done about each kind of fault."""
STANDING = "the last price values the coins; decisions hear the perpetual's"
"""The same where prices are missing that no decision hears."""


@dataclass(frozen=True)
class Result:
    """What a backtest came to."""

    played: Played

    @cached_property
    def books(self) -> Books:
        """Wallet statements, and parts that sum exactly."""
        return books_of(self.played)

    @cached_property
    def curves(self) -> Curves:
        """Everything over time, in floats."""
        return curves_of(self.played)

    @cached_property
    def metrics(self) -> dict[str, HedgeMetrics]:
        """By asset."""
        return metrics_of(self.played, self.curves)

    def summary(self) -> dict[str, Any]:
        """Everything but the curves, ready for JSON: exact numbers as texts, times in UTC."""
        played, tape = self.played, self.played.tape
        return {
            "book": played.policy.book,
            "from": moment(int(tape.times[0])),
            "to": moment(int(tape.times[-1])),
            "bars_s": tape.step_ms / 1000,
            "moments": len(tape.times),
            "moments_fed": played.heard,
            "assumptions": assumptions(played),
            "faults": [_fault(each, tape.unheard) for each in tape.findings],
            "opening": {f"{w}/{a}": plain(q) for (w, a), q in played.wallets.items()},
            "hedges": {asset: self._hedge(asset) for asset in self.metrics},
            "total": {
                "change_usd": plain(self.books.parts.change),
                "parts_usd": plain(self.books.parts.total),
                "unexplained_usd": plain(self.books.parts.unexplained),
            },
            "wallets": [_wallet(each) for each in self.books.statements],
            "least_liquidation_distance": {
                own: _least(each) for own, each in self.curves.distance.items()
            },
            "largest_margin_ratio": {
                wallet: float(np.max(each)) for wallet, each in self.curves.margin.items()
            },
            "liquidations": self._liquidations(),
            "refused_orders": dict(Counter(text for _, _, text in played.diary.refusals)),
            "partly_filled_orders": len({each for _, each, _ in played.diary.unfilled}),
            "alerts": dict(Counter(_kind(each.key) for each in played.diary.alerts)),
        }

    def _hedge(self, asset: str) -> dict[str, Any]:
        parts = self.books.parts.by_asset[asset]
        return {
            "parts_usd": {part.value: plain(dollars) for part, dollars in parts.items()},
            **asdict(self.metrics[asset]),
        }

    def _liquidations(self) -> list[dict[str, Any]]:
        return [
            {"at": moment(each.at_ms), "instrument": each.instrument, "qty": plain(each.qty)}
            for each in self.played.diary.records
            if isinstance(each, Execution) and each.order_id is None
        ]


def run(
    policy: Policy,
    history: History,
    flows: Sequence[Flow] = (),
    options: Options | None = None,
    *,
    progress: Progress | None = None,
) -> Result:
    """Play a history with the decision that trades live.

    Args:
        policy: the book's, as `Settings.policy()` has it.
        history: of `read_history`.
        flows: coins that come and go.
        options: what is assumed beside the settings; pessimistic by default.
        progress: told how many moments are done, and of how many.

    Raises:
        BacktestRefused: something is missing, or cannot be played as asked.
    """
    return Result(play(policy, history, flows, options, progress=progress))


def moment(at_ms: int) -> str:
    """ISO 8601, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def plain(exact: Decimal) -> str:
    """Every digit, and no exponent."""
    text = f"{exact:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def assumptions(played: Played) -> list[str]:
    """What was taken for granted, as sentences."""
    costs, tape = played.options.frictions, played.tape
    first, last = int(tape.times[0]), int(tape.times[-1])
    beside = sum(not first <= each.at_ms <= last for each in played.flows)
    left_out = [f"{beside} flows are outside of the window, and left out"] if beside else []
    fees = {f"{own} {each.market.fee_taker:f}" for own, each in played.exchange.listed.items()}
    return [
        "pessimistic unless told otherwise: every order takes, and pays the other side's price",
        f"taker fee of the notional: {', '.join(sorted(fees))}",
        f"an order arrives {costs.latency_ms} ms after its decision",
        f"meanwhile the price moves against it: {costs.adverse:g} x range x sqrt(latency / bar)",
        f"half spread {costs.half_spread * 1e4:g} bp, at least half a tick",
        f"${costs.depth_usd:,.0f} stand at each {costs.level * 1e4:g} bp",
        f"in all {costs.share:.0%} of a minute's volume at most",
        "two prices a bar: its open, and its close at its last millisecond",
        "margin is held against low and high of the mark as well",
        "a flow counts from the next price on; an owner's spot trade is at the spot price, free",
        "dollar coins are one dollar; withdrawals are not held in transit; positions are one-way",
        "steps, minimums and brackets of Binance as shipped",
        *_crossed(played),
        *tape.remarks,
        *left_out,
    ]


def _crossed(played: Played) -> Iterator[str]:
    """What a cross hedge follows."""
    for hedge in played.policy.hedges:
        if hedge.beta is not None:
            others = " and ".join(hedge.instruments)
            yield (
                f"{hedge.asset} is hedged by {plain(hedge.beta)} of another for each coin "
                f"({others}): cross is what did not follow"
            )


def _fault(finding: Finding, unheard: Collection[str]) -> dict[str, Any]:
    stands = finding.series in unheard and finding.fault in {Fault.GAP, Fault.FROZEN}
    return {
        "fault": finding.fault.value,
        "series": finding.series,
        "from": moment(finding.begin_ms),
        "to": moment(finding.end_ms),
        "rows": finding.rows,
        "text": finding.text,
        "handled": STANDING if stands else HANDLED[finding.fault.value],
    }


def _wallet(found: Statement) -> dict[str, Any]:
    return {
        "wallet": found.wallet,
        "assets": {
            line.asset: {
                "opening": plain(line.opening),
                **{cause.value: plain(change) for cause, change in line.causes.items()},
                "closing": plain(line.closing),
                "unexplained": plain(line.unexplained),
            }
            for line in found.lines
        },
    }


def _least(distance: Any) -> float | None:
    """None: nothing could liquidate it."""
    found = float(np.min(distance))
    return found if np.isfinite(found) else None


def _kind(key: str) -> str:
    return key.partition(":")[0]
