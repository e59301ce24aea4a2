"""A recorded history played twice: every price heard, and the quiet ones passed over."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from hedgebot.core.state import State
from hedgebot.domain.instruments import WalletId
from hedgebot.research.backtest import Flow, How, Opening, Result, flows_of, run
from hedgebot.research.backtest.options import Options
from tests.research.backtest.recorded import INVERSE, Case
from tests.research.backtest.stages import MARGIN


def end(state: State) -> dict[str, Any]:
    """What later decisions hang on, but for when things were last read or given to the journal."""
    return {
        "hedges": {a: (h.outlook, h.said, h.pace, h.out_ms) for a, h in state.hedges.items()},
        "marks": {i: (m.mark, m.mark_ms, m.touch, m.held) for i, m in state.markets.items()},
        "positions": {i: (b.arithmetic, b.tape) for i, b in state.ledger.positions.items()},
        "wallets": {k: {w: t.said for w, t in b.totals.items()}
                    for k, b in state.ledger.assets.items()},
        "desk": (state.desk.sequence, state.desk.orders, state.desk.windows, state.desk.known),
        "learnt": {a: replace(each, solving=replace(each.solving, kept_ms=0))
                   for a, each in state.ledger.learnt.items()},
        "alerts": state.wakes.alerts,
    }  # fmt: skip


def assert_same(one: Result, other: Result) -> None:
    first, second = one.played.diary, other.played.diary
    assert first.records == second.records
    assert first.intents == second.intents
    assert first.decisions == second.decisions
    assert first.alerts == second.alerts
    assert (first.refusals, first.unfilled) == (second.refusals, second.unfilled)
    assert one.books == other.books
    told = [each.summary() for each in (one, other)]
    assert told[0].pop("moments_fed") >= told[1].pop("moments_fed")
    assert told[0] == told[1]
    assert end(one.played.state) == end(other.played.state)


def of(case: Case) -> tuple[list[Flow], Options]:
    begin, until = case.span()
    asset = case.policy.hedges[-1].asset
    flows = flows_of(case.flows, asset, begin, until)
    if case.policy is INVERSE:
        flows = tuple(replace(each, how=How.TRANSFER) for each in flows)
    options = Options(from_ms=begin, to_ms=until, opening=opening(case), **case.options)
    return list(flows), options


def opening(case: Case) -> Opening:
    if case.policy is INVERSE:
        return Opening()
    coins = {(WalletId("spot:spot"), each.asset): D(5) for each in case.policy.hedges}
    return Opening(wallets={**coins, (MARGIN, "USDT"): D(2_000_000)})


def both_ways(case: Case) -> Result:
    """A case with quiet prices passed over, which is the same as with every price heard.

    Raises:
        AssertionError: it is not, or the books do not add up.
    """
    flows, options = of(case)
    history = case.history()
    whole = run(case.policy, history, flows, replace(options, everything=True))
    short = run(case.policy, history, flows, options)
    assert_same(whole, short)
    assert short.books.parts.unexplained == 0
    assert all(not line.unexplained for each in short.books.statements for line in each.lines)
    return short
