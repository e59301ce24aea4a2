"""Pains 7, 9, 17, 20: what was sent, refused, filled, paid; and what was made of it."""

import asyncio
import re
from decimal import Decimal as D

import pytest

from hedgebot.adapters.journal import reading
from hedgebot.domain.records import CloseReason
from tests.pains.asking import alerts, befall, holds, posts, qty, trade
from tests.process.town import Town, until

pytestmark = pytest.mark.process


async def test_pain_07_an_order_reported_failed_and_then_filled_is_found_and_kept(
    hedged: Town,
) -> None:
    """Invariant 2: an error is no outcome. The order is looked up by its name, never sent again."""
    town, position, before = hedged, hedged.position(), posts(hedged)
    befall(town, "fail_after", status=503, code=-1007)
    town.plane.tell("events", market="futures", kind="lose", count=4)
    trade(town, "SELL", "1")
    await holds(town, position + 1, within_s=20)
    assert posts(town) == before + 1
    assert town.differences() == []
    with town.rows() as rows:
        newest = reading.orders(rows, 1)[0].last
    assert newest is not None
    assert (newest.reason, newest.filled_qty) == (CloseReason.FILLED, D(1))


async def test_pain_09_margin_in_the_wrong_wallet_is_told_and_what_it_carries_is_hedged(
    hedged: Town,
) -> None:
    """What the wallet carries is hedged in seconds; a person hears of the rest, which comes as soon
    as there is margin for it. Nothing knocks at the venue meanwhile.
    """
    town, position, before = hedged, hedged.position(), posts(hedged)
    town.plane.tell("transfer", asset="USDT", qty="950000", to="spot")
    town.plane.tell("deposit", asset="BTC", qty="15")
    told = re.compile(r"BTC: refused: -2019 .*: 15 on .*; net delta \+15 BTC; .* move margin into")
    await until(lambda: any(told.match(text) for text in alerts(town, "critical")))
    await until(lambda: str(town.hedge().get("reason", "")).endswith("carries no more"), 20)
    assert D(16) < -town.position() < D(17), "50,000 USDT at leverage 20, whatever was sold before"
    assert posts(town) - before <= 2 * 13, "each refusal halves 15 BTC"
    knocks = posts(town)
    await asyncio.sleep(1)
    assert posts(town) == knocks
    town.plane.tell("transfer", asset="USDT", qty="950000", to="futures")
    await holds(town, position - 15)


async def test_pain_17_funding_is_what_the_venue_paid_whenever_it_paid(hedged: Town) -> None:
    """No interval is assumed: each payment is a row with the venue's own time and amount."""
    town, before = hedged, posts(hedged)
    for rate in ("0.0004", "-0.0001"):  # twice within a second, a cost the second time
        town.plane.tell("funding_rate", symbol="BTCUSDT", rate=rate)
        town.plane.tell("fund", symbol="BTCUSDT")
    ledger = [row for row in town.plane.state()["ledger"] if row["cause"] == "funding"]
    true = [(row["at_ms"], D(row["change"])) for row in ledger]
    assert [payment > 0 for _, payment in true] == [True, False]

    def kept() -> list[tuple[int, D]]:
        with town.rows() as rows:
            found = [row.funding for row in reading.funding(rows)]
        return sorted((each.venue_ms, each.payment) for each in found)

    await until(lambda: len(kept()) == len(true))
    for (kept_ms, payment), (true_ms, change) in zip(kept(), true, strict=True):
        assert payment == change
        assert abs(kept_ms - true_ms) < 50, "its event and its ledger row are stamped one by one"
    await town.hedged()
    assert posts(town) == before, "cash is no delta"


async def test_pain_20_a_bad_minute_pays_for_what_it_filled_and_the_fees_add_up(
    hedged: Town,
) -> None:
    """Retries are new decisions towards the target only, and every fee is a row of the journal."""
    town, position, before = hedged, hedged.position(), posts(hedged)
    sent = len(town.our_orders())
    befall(town, "partial_fill", share="0.3")
    trade(town, "SELL", "2")
    await until(lambda: town.position() == position + D("0.6"))
    befall(town, "throttle", retry_after_s=1)
    befall(town, "drop_reply", skip=1)
    town.plane.tell("events", market="futures", kind="lose", count=4)
    town.plane.tell("price", symbol="BTCUSDT", price="60001")
    await holds(town, position + 2, within_s=20)
    orders = town.our_orders()[sent:]
    assert {row["side"] for row in orders} == {"BUY"}
    assert qty(orders) == D(2)
    assert town.differences() == [], "every fill with its price and fee"
    assert posts(town) <= before + 5, "thin, nothing there, throttled, answer lost: at a pace"
    with town.rows() as rows:
        fills = [row.fill for row in reading.fills(rows, 1_000)]
        costs = [line for line in reading.decisions(rows, 1_000) if line.cost is not None]
    fees = [D(row["change"]) for row in town.plane.state()["ledger"] if row["cause"] == "fee"]
    assert sum(fill.fee for fill in fills if fill.fee_asset == "USDT") == -sum(fees)
    assert len(costs) == len(town.our_orders()), "one cost a finished order"
