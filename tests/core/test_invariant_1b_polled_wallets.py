"""Invariant 1b with wallets that no stream tells of: they are read, undated, with each snapshot."""

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import pytest

from hedgebot.core.policy import Policy
from hedgebot.domain.actions import Severity, Snapshot
from hedgebot.domain.events import SnapshotTaken
from hedgebot.domain.instruments import Side, WalletId
from tests.core.world import POLICY, SPOT_WALLET, World, alerts, placed

FUNDING = WalletId("spot:funding")
AUDIT_MS = POLICY.limits.audit_every_ms


def with_funding(*, account: str = "main") -> Policy:
    spot, perp = POLICY.venues
    wallets = (SPOT_WALLET, FUNDING)
    both = replace(spot, wallets=wallets, polled=(FUNDING,), account=account)
    return replace(POLICY, venues=(both, perp))


class Polled(World):
    """Its funding wallet changes silently."""

    def snapshot_of(self, venue: str, epoch: int = 1, **more: Any) -> SnapshotTaken:
        taken = super().snapshot_of(venue, epoch, **more)
        rows = (replace(r, venue_ms=0) if r.wallet == FUNDING else r for r in taken.balances)
        return replace(taken, balances=tuple(rows))

    def moves(self, change: str) -> None:
        self.coins[FUNDING] = self.coins.get(FUNDING, D(0)) + D(change)


def hedged(*, account: str = "main") -> Polled:
    world = Polled(policy=with_funding(account=account), coins={SPOT_WALLET: D(7), FUNDING: D(3)})
    world.start(D(7), D(-10))
    assert placed(world.actions) == []
    assert world.state.hedges["BTC"].outlook.parts.spot == D(10)
    return world


@pytest.mark.parametrize("account", ["main", "vault"])
@pytest.mark.parametrize("apart_ms", [0, 400, 1_700, 2_900])
@pytest.mark.parametrize("change", ["2", "-2"])
@pytest.mark.parametrize("stream_first", [True, False])
def test_a_transfer_sends_no_order(
    *, account: str, apart_ms: int, change: str, stream_first: bool
) -> None:
    world = hedged(account=account)
    began = len(world.actions)
    if stream_first:
        world.balance(SPOT_WALLET, -D(change))
        world.wait(apart_ms)
        world.moves(change)
    else:
        world.moves(change)
        world.tell(world.snapshot_of("spot"))  # the audit that happens to see it
        world.wait(apart_ms)
        world.balance(SPOT_WALLET, -D(change))
    world.wait(20_000)
    found = world.actions[began:]
    assert placed(found) == []
    assert alerts(found) == []
    outlook = world.state.hedges["BTC"].outlook
    assert (outlook.parts.spot, outlook.pending_low, outlook.pending_high) == (D(10), D(0), D(0))


def test_coins_that_arrive_there_are_found_by_the_next_audit_and_hedged_once() -> None:
    world = hedged()
    began = len(world.actions)
    world.moves("1")
    world.wait(AUDIT_MS)
    found = world.wait(10_000)
    orders = placed(world.actions[began:])
    assert [(order.side, order.qty) for order in orders] == [(Side.SELL, D(1))]
    assert found


def test_an_unreadable_wallet_keeps_the_trade_to_what_is_right_either_way() -> None:
    world = hedged()
    world.balance(SPOT_WALLET, D(-2))  # to the funding wallet, or away?
    found = world.wait(15_000, readable=False)
    (told,) = [each for each in alerts(found) if each.key == "pending:main/BTC"]
    assert told.severity is Severity.CRITICAL
    assert "-2 BTC of account main cannot be confirmed" in told.text
    assert placed(found) == []
    world.moves("2")
    assert placed(world.wait(20_000)) == []


def test_what_is_known_of_them_is_as_old_as_their_last_reading() -> None:
    """A reading hangs while the second half of a transfer happens."""
    world = hedged()
    world.balance(SPOT_WALLET, D(-2))
    found = world.wait(2_800)
    world.moves("2")
    found += world.wait(1_500, readable=False)  # in all longer than a transfer takes
    found += world.wait(10_000)
    assert placed(found) == []
    assert world.state.hedges["BTC"].outlook.parts.spot == D(10)


class Torn(Polled):
    """A transfer of 1 happened between the two reads of the first snapshot: it shows twice."""

    torn = True

    def snapshot(self, ask: Snapshot) -> SnapshotTaken:
        taken = super().snapshot(ask)
        if ask.venue != "spot" or not self.torn:
            return taken
        self.torn = False
        rows = tuple(
            replace(row, total=row.total + 1) if row.wallet == SPOT_WALLET else row
            for row in taken.balances
        )
        return replace(taken, balances=rows)


def test_a_transfer_between_the_first_readings_counts_once() -> None:
    """The spot entry is alone in its account: it is read again all the same."""
    coins = {SPOT_WALLET: D(7), FUNDING: D(3)}
    world = Torn(policy=with_funding(account="vault"), coins=coins).start(D(7), D(-10))
    world.wait(5_000)
    assert placed(world.actions) == []
    assert world.state.hedges["BTC"].outlook.parts.spot == D(10)
