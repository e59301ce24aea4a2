"""Which fee a band is solved for where the settings name none: the last word that was new.

A fill of ours tells what was charged, with every discount. The venue's rate tells of another tier
before our next fill does. But it does not show every discount, so it is news only where it is
another than the venue told before: else it would take turns with the fills (docs/adr/0022).
"""

from hedgebot.core.effects import Effects
from hedgebot.core.learnt import Learnt, Whence
from hedgebot.core.policy import Optimal, Policy
from hedgebot.core.state import State, hedge_of
from hedgebot.domain.actions import Severity
from hedgebot.domain.fees import TAKER_FEE_MAX, FeeSeen, FeeUnread
from hedgebot.domain.instruments import InstrumentId

RATE_MAX = float(TAKER_FEE_MAX)
WORDS = {
    Whence.ASSUMED: "assumed until it is known",
    Whence.FILLS: "that our last fill paid",
    Whence.VENUE: "of the account's tier",
}


def seen(state: State, _policy: Policy, event: FeeSeen, fx: Effects) -> None:
    """The venue told its rate."""
    asset, rate = asset_of(state, event.instrument), float(event.taker)
    if asset is None or not is_fee(rate):
        return
    fx.recovered(_key(event.instrument), f"{asset}: the fee of {event.instrument} is told again")
    learnt = state.ledger.learnt[asset]
    told, learnt.tier.told = learnt.tier.told, rate
    if learnt.tier.whence is Whence.ASSUMED or told not in {None, rate}:
        believe(learnt, state.hedges[asset].policy.optimal, rate, Whence.VENUE)


def unread(state: State, _policy: Policy, event: FeeUnread, fx: Effects) -> None:
    """The venue did not tell it: what is known stays, and a person hears of it once."""
    asset = asset_of(state, event.instrument)
    optimal = state.hedges[asset].policy.optimal if asset else None
    if asset is None or optimal is None or optimal.fee is not None:
        return
    taken = in_words(state.ledger.learnt[asset], optimal)
    text = (
        f"{asset}: the fee of {event.instrument} cannot be read ({event.reason}): taken is {taken}"
    )
    fx.raise_alert(Severity.WARNING, _key(event.instrument), text)


def asset_of(state: State, instrument: InstrumentId) -> str | None:
    """The hedge whose band counts with that instrument's fee: it trades there first."""
    hedge = hedge_of(state, instrument)
    if hedge is None or hedge.policy.instruments[0] != instrument:
        return None
    return hedge.policy.asset if hedge.policy.asset in state.ledger.learnt else None


def believe(learnt: Learnt, optimal: Optimal | None, rate: float, whence: Whence) -> None:
    """Take a rate, unless the settings name one, or it is none."""
    if optimal is not None and optimal.fee is None and is_fee(rate):
        learnt.paid.fee, learnt.tier.whence = rate, whence


def is_fee(rate: float) -> bool:
    """Whether a venue may take so much of a taker."""
    return 0.0 <= rate <= RATE_MAX


def in_words(learnt: Learnt, optimal: Optimal) -> str:
    """`the fee of the account's tier, 4.00 bp`."""
    whence = WORDS[learnt.tier.whence] if optimal.fee is None else "that the settings name"
    return f"the fee {whence}, {1e4 * learnt.paid.fee:.2f} bp"


def _key(instrument: InstrumentId) -> str:
    return f"fee:{instrument}"
