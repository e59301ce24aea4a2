"""A hedge with two instruments on two venues."""

from dataclasses import replace
from typing import Any

from hedgebot.core.policy import Policy, VenuePolicy
from hedgebot.domain.instruments import InstrumentId, WalletId
from tests.core.world import BTC, HEDGE, PERP, POLICY, World

ALT = InstrumentId("alt:BTC/USDT:USDT")
ALT_WALLET = WalletId("alt:futures")
ALT_BTC = replace(BTC, id=ALT, venue="alt", account="second")
ALT_VENUE = VenuePolicy(name="alt", account="second", wallets=(ALT_WALLET,), collateral=True)


def two_policy(**changes: Any) -> Policy:
    hedge = replace(HEDGE, instruments=(PERP, ALT), **changes)
    return replace(POLICY, venues=(*POLICY.venues, ALT_VENUE), hedges=(hedge,))


def two_world(**changes: Any) -> World:
    """Feeds are not up yet: call `start`, or `begin` where both hold a position."""
    return World(policy=two_policy(**changes), instruments=(BTC, ALT_BTC))
