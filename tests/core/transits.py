"""Worlds in which coins are withdrawn: the wallet, the venue's records, the journal."""

from dataclasses import dataclass, replace
from decimal import Decimal as D
from typing import Any

from hedgebot.core import balances
from hedgebot.core.policy import OutsideHolding, Policy
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Balance, Command, CommandKind, SnapshotTaken
from hedgebot.domain.instruments import Side
from hedgebot.domain.records import (
    Durable,
    HoldingKept,
    HoldingRise,
    TransitEnd,
    TransitKept,
    TransitMarkKept,
)
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState
from tests.core.world import POLICY, SPOT_WALLET, World, placed, rows

HOLD_MS = 3_600_000
RIPE_MS = balances.TRANSFER_MS + 300
OPEN, DONE, FAILED = WithdrawalState.OPEN, WithdrawalState.DONE, WithdrawalState.FAILED
COLD = OutsideHolding("BTC", "cold", D("12.5"))


def holding(hold_ms: int = HOLD_MS, **changes: Any) -> Policy:
    """A policy that holds withdrawals, with coins kept elsewhere."""
    spot, perp = POLICY.venues
    return replace(
        POLICY,
        venues=(replace(spot, tells_withdrawals=True), perp),
        limits=replace(POLICY.limits, transit_hold_ms=hold_ms),
        holdings=(COLD,),
        **changes,
    )


def hedged(policy: Policy | None = None, spot: str = "10") -> World:
    return World(policy=policy or holding()).start(D(spot), -D(spot) - COLD.qty)


def record(world: World, qty: str, *, fee: str = "0", coin: str = "BTC", **more: Any) -> str:
    """The venue writes a withdrawal down; its id."""
    made = Withdrawal(
        record_id=f"w{len(world.records) + 1}", coin=coin, qty=D(qty), fee=D(fee), state=OPEN,
        applied_ms=world.now // 1_000 * 1_000,
    )  # fmt: skip
    world.records.append(replace(made, **more))
    return made.record_id


def becomes(world: World, record_id: str, state: WithdrawalState) -> None:
    world.records = [
        replace(each, state=state) if each.record_id == record_id else each
        for each in world.records
    ]


def withdraw(world: World, qty: str, *, fee: str = "0") -> str:
    """Coins leave the wallet, and the venue has its record."""
    name = record(world, qty, fee=fee)
    world.balance(SPOT_WALLET, -D(qty) - D(fee))
    return name


def set_cold(world: World, qty: str) -> list[Action]:
    """A person says how many coins are elsewhere now."""
    wish = CommandKind.HOLDINGS_SET
    return world.tell(Command(command_id="c", kind=wish, label="cold", qty=D(qty), by="ann"))


def in_transit(world: World) -> D:
    return world.state.hedges["BTC"].outlook.parts.in_transit


def sizes(found: list[Action]) -> list[tuple[Side, D]]:
    return [(order.side, order.qty) for order in placed(found)]


def ends(found: list[Action]) -> list[TransitEnd | None]:
    return [row.end for row in rows(TransitKept, found)]


def rises(sets: list[HoldingKept]) -> tuple[HoldingRise, ...]:
    """What each `holdings set` of one label added, as the journal reads it back."""
    before = [row.settings_qty for row in sets[:1]] + [row.qty for row in sets]
    added = [row.qty - was for row, was in zip(sets, before, strict=False)]
    return tuple(
        HoldingRise(row.at_ms, row.label, rise)
        for row, rise in zip(sets, added, strict=True)
        if rise > 0
    )


def restarted(world: World, policy: Policy | None = None, *, before: World | None = None) -> World:
    """The next start on what the journal kept, of an earlier start too; the venue goes on."""
    kept = [*(before.actions if before else ()), *world.actions]
    transits = {row.record_id: row for row in rows(TransitKept, kept)}
    marks = {(row.venue, row.coin): row for row in rows(TransitMarkKept, kept)}
    return World(
        policy=policy or world.policy,
        durable=Durable(
            epoch=2,
            transits=tuple(transits.values()),
            transit_marks=tuple(marks.values()),
            holdings=tuple(rows(HoldingKept, kept)),
            rises=rises(rows(HoldingKept, kept)),
        ),
        now=world.now + 60_000,
        coins=dict(world.coins),
        positions=dict(world.positions),
        records=list(world.records),
    )


@dataclass
class Wrapped(World):
    """The spot wallet holds WBTC too."""

    wrapped: D = D(4)

    def snapshot_of(self, venue: str, epoch: int = 1, **more: Any) -> SnapshotTaken:
        taken = super().snapshot_of(venue, epoch, **more)
        if venue != "spot":
            return taken
        row = Balance(SPOT_WALLET, "WBTC", self.wrapped, self.now - 1)
        return replace(taken, balances=(*taken.balances, row))
