"""What moves the delta of a coin-margined hedge, and what is our own trade's doing."""

from decimal import Decimal as D

import pytest

from hedgebot.core import learning
from hedgebot.core.learnt import Learnt
from hedgebot.core.policy import Optimal
from tests.core.coin import COIN, COIN_BTC, COIN_WALLET, coin_policy, obey
from tests.core.world import World

FEE_COINS = 0.002
"""Fees and the rounding of contracts stay below, of a coin."""


def started() -> World:
    """Ten coins, all of them sold at 50,000."""
    policy = coin_policy(optimal=Optimal(moves_min=100))
    world = World(policy=policy, instruments=(COIN_BTC,), mark=50_000.0)
    world.coins[COIN_WALLET] = D(10)
    world.positions[COIN], world.entries[COIN] = D(-500_000), D(50_000)
    world.price(50_000.0, COIN)
    return world.start()


def learnt_of(world: World) -> Learnt:
    return world.state.ledger.learnt["BTC"]


def come(world: World, coins: str) -> None:
    """Coins come into the wallet or leave it, and are hedged at the mark."""
    world.balance(COIN_WALLET, D(coins))
    obey(world, world.wait(4_000), D(repr(world.mark)))
    world.wait(4_000)


@pytest.mark.parametrize("mark", [50_000.0, 75_000.0])
def test_what_we_trade_is_no_flow_whether_it_opens_or_closes(mark: float) -> None:
    """What is closed realises coins into the wallet, at another price than that of its entry."""
    world = started()
    steps = 10
    for step in range(1, steps + 1):
        world.price(50_000.0 + (mark - 50_000.0) * step / steps, COIN)
        world.wait(1_000)
    come(world, "1")
    come(world, "-2")
    room = learnt_of(world).untouched
    assert room.noted is not None
    assert float(room.noted) == pytest.approx(-1.0, abs=FEE_COINS), "one came, and two left"
    assert learning.moves_seen(learnt_of(world)) < 5, "the two, and two fees"


def test_a_fee_in_coins_is_told_by_our_fills() -> None:
    world = started()
    come(world, "1")
    assert learnt_of(world).paid.fee == pytest.approx(0.0005, rel=1e-4)
