"""Fees in the venue's own coin: named, not added to the cost; and a hedge of that very coin.

The world's one asset is BTC: where BTC plays the coin of fees, the hedge is one of that coin.
"""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from hedgebot.domain.actions import Action
from hedgebot.domain.events import Balance, BalanceSeen, FillSeen, Submitted
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Leg, OrderIntent, OrderStatus
from tests.core.world import PERP_WALLET, SPOT_WALLET, World, alerts, decisions, placed

FEE = D("0.0125")


def filled(
    world: World, order: OrderIntent, *, fee_asset: str, balance_first: bool, fee: D = FEE
) -> list[Action]:
    """The venue fills an order and takes its fee in that coin, out of the futures wallet."""
    fill = replace(
        world.fill_of(order, order.qty),
        fee=fee,
        fee_asset=fee_asset,
        legs=(
            Leg(wallet=PERP_WALLET, asset="USDT", change=D(0)),
            Leg(wallet=PERP_WALLET, asset=fee_asset, change=-fee),
        ),
    )
    report = world.report(order, OrderStatus.FILLED, order.qty)
    found = world.tell(Submitted(order.order_id, report))
    found += pay(world, fee_asset, fee) if balance_first else []
    found += world.tell(FillSeen(fill))
    found += [] if balance_first else pay(world, fee_asset, fee)
    return found + world.move(order.instrument, order.qty * order.side.value)


def pay(world: World, asset: str, fee: D) -> list[Action]:
    if asset == "BTC":
        return world.balance(PERP_WALLET, -fee)
    return world.tell(BalanceSeen(Balance(PERP_WALLET, asset, D(1) - fee, world.now)))


@pytest.mark.parametrize("balance_first", [True, False])
def test_a_fee_in_another_coin_is_named_and_moves_nothing_here(*, balance_first: bool) -> None:
    world = World().start(D(5), D(-5))
    (order,) = placed(world.buy_spot(D(1)))
    found = filled(world, order, fee_asset="BNB", balance_first=balance_first)
    (told,) = [alert.text for alert in alerts(found) if alert.key == "rebalanced:BTC"]
    assert "cost 100.4000 USDT and 0.0125 BNB of fees; because bought 1 on spot" in told
    (done,) = [line for line in decisions(found) if line.cost is not None]
    assert done.cost == D("100.4"), "slippage alone: no coin of fees is turned into quote"
    outlook = world.state.hedges["BTC"].outlook
    assert (outlook.parts.net_delta, outlook.pending_low, outlook.pending_high) == (
        D(0),
        D(0),
        D(0),
    )
    assert placed(world.wait(20_000)) == []
    assert alerts(world.actions)[-1].text == told, "nothing is unexplained"


@pytest.mark.parametrize("balance_first", [True, False])
def test_a_hedge_of_the_coin_of_fees_counts_its_own(*, balance_first: bool) -> None:
    world = World(coins={SPOT_WALLET: D(5), PERP_WALLET: D(1)}).start(D(5), D(-6))
    (order,) = placed(world.buy_spot(D(1)))
    found = filled(world, order, fee_asset="BTC", balance_first=balance_first)
    outlook = world.state.hedges["BTC"].outlook
    assert (outlook.parts.spot, outlook.parts.collateral) == (D(6), D(1) - FEE)
    assert outlook.parts.net_delta == -FEE, "at once: a fill explains it"
    assert (outlook.pending_low, outlook.pending_high) == (D(0), D(0))
    (told,) = [alert.text for alert in alerts(found) if alert.key == "rebalanced:BTC"]
    assert "because bought 1 on spot:BTC/USDT; net delta" in told, "its own fee is no cause"
    assert placed(world.wait(20_000)) == [], "inside the band"


def test_a_fee_larger_than_the_band_is_bought_back() -> None:
    world = World(coins={SPOT_WALLET: D(5), PERP_WALLET: D(1)}).start(D(5), D(-6))
    (order,) = placed(world.buy_spot(D(1)))
    found = filled(world, order, fee_asset="BTC", balance_first=True, fee=D("0.03"))
    (order,) = placed(found)
    assert (order.side, order.qty) == (Side.BUY, D("0.03"))
