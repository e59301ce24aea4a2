"""Two runs side by side, and what a dry run remembers of itself."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.journal.comparing import Compared, Where, compare
from hedgebot.adapters.journal.dry_run import shadow_past
from hedgebot.adapters.journal.reading import reading
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import OrderId, OrderIntent
from hedgebot.domain.records import DecisionKept, FillKept, IntentKept, Record
from tests.adapters.journal.samples import (
    NOW,
    HandClock,
    closed,
    decision,
    fill,
    intent,
    opened,
    place,
    replace,
)

D = Decimal
Order = tuple[OrderIntent, DecisionKept, tuple[tuple[str, str], ...]]


def order(number: int, *pieces: tuple[str, str]) -> Order:
    """An order, its decision, and its fills: quantity and price."""
    at_ms = NOW + number * 1_000
    decided = replace(decision(at_ms), order_id=OrderId(number))
    return intent(number, at_ms), decided, pieces or (("0.412", "64120.5"),)


def records(shift: int, *orders: Order) -> list[Record]:
    """Rows of a run whose names and times are its own."""
    found: list[Record] = []
    for wanted, decided, pieces in orders:
        own = OrderId(wanted.order_id + shift)
        at_ms = wanted.decided_ms + 7 * shift
        found.append(IntentKept(replace(wanted, order_id=own, decided_ms=at_ms), dry_run=False))
        found.append(replace(decided, at_ms=at_ms, order_id=own))
        for part, (qty, price) in enumerate(pieces):
            told = fill(f"{own}-{part}", order_id=own, qty=D(qty), price=D(price), fee=D(qty))
            found.append(FillKept(at_ms, told))
        found.append(closed(own))
    return found


async def compared(folder: Path, here: list[Order], there: list[Order]) -> Compared:
    for name, shift, orders in (("here", 0, here), ("there", 100, there)):
        (folder / name).mkdir()
        journal = opened(folder / name)
        await journal.load()
        await journal.commit(records(shift, *orders))
        await journal.close()
    with (
        reading(place(folder / "here")) as ours,
        reading(place(folder / "there")) as theirs,
    ):
        (found,) = compare(ours, theirs)
    return found


async def test_two_runs_that_did_the_same_are_alike(tmp_path: Path) -> None:
    orders = [order(1), order(2, ("0.4", "64121"), ("0.012", "64120.5"))]
    found = await compared(tmp_path, orders, orders)
    assert found == Compared("BTC", 2, None)


async def test_the_first_fill_that_differs_is_named(tmp_path: Path) -> None:
    here = [order(1), order(2), order(3)]
    there = [order(1), order(2, ("0.412", "64119")), order(3, ("0.1", "64000"))]
    found = await compared(tmp_path, here, there)
    assert found.alike == 1
    assert found.parting is not None
    assert (found.parting.number, found.parting.where) == (2, Where.FILL)
    assert found.parting.fields == {"price_average": (D("64120.5"), D(64119))}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": D("64120.4")}, "price_limit"),
        ({"qty": D("0.413")}, "qty"),
        ({"side": Side.BUY}, "side"),
        ({"reduce_only": True}, "reduce_only"),
    ],
)
async def test_a_decision_that_differs_comes_before_its_fill(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    wanted, decided, pieces = order(1, ("0.3", "64000"))
    other = replace(wanted, **changes), decided, (("0.2", "1"),)
    found = await compared(tmp_path, [(wanted, decided, pieces)], [other])
    assert found.parting is not None
    assert (found.alike, found.parting.where) == (0, Where.DECISION)
    assert list(found.parting.fields) == [field]


async def test_what_was_decided_on_counts_too(tmp_path: Path) -> None:
    wanted, decided, pieces = order(1)
    other = replace(decided, target=D("0.5"))
    found = await compared(tmp_path, [(wanted, decided, pieces)], [(wanted, other, pieces)])
    assert found.parting is not None
    assert found.parting.fields == {"target": (D(0), D("0.5"))}


async def test_an_order_that_only_one_run_has_is_named(tmp_path: Path) -> None:
    found = await compared(tmp_path, [order(1)], [order(1), order(2)])
    assert found.parting is not None
    assert (found.alike, found.parting.where) == (1, Where.MISSING)
    assert found.parting.fields == {"order": ("none", "yes")}


async def test_a_shadow_is_remembered_until_the_book_runs_live(tmp_path: Path) -> None:
    dry_place = place(tmp_path, dry_run=True)
    assert shadow_past(dry_place) == ((), ())
    clock = HandClock()
    dry = opened(tmp_path, clock, dry_run=True)
    await dry.load()
    await dry.commit([IntentKept(intent(), dry_run=True), FillKept(NOW + 5, fill())])
    fills, intents = shadow_past(dry_place)
    assert ([each.trade_id for each in fills], len(intents)) == (["7"], 1)
    await dry.close()
    clock.now += 10
    live = opened(tmp_path, clock)
    await live.load()
    await live.close()
    assert shadow_past(dry_place)[0] == ()
