"""A hedge with two instruments on two venues; and two hedges."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

from hedgebot.core.policy import OutsideHolding, Policy, VenuePolicy
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Command, CommandKind
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


ETH_PERP = replace(BTC, id=InstrumentId("perp:ETH/USDT:USDT"), asset="ETH")


def two_assets() -> World:
    """BTC and ETH, each with a hedge of its own; a person says how much ETH lies in `cold`."""
    eth = replace(HEDGE, asset="ETH", instruments=(ETH_PERP.id,))
    cold = OutsideHolding("ETH", "cold", D(0))
    policy = replace(POLICY, hedges=(HEDGE, eth), holdings=(cold,))
    return World(policy=policy, instruments=(BTC, ETH_PERP)).start()


def own_eth(world: World, coins: D) -> list[Action]:
    """That person says so."""
    kind = CommandKind.HOLDINGS_SET
    return world.tell(Command(command_id="c", kind=kind, by="ann", label="cold", qty=coins))
