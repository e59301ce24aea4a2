"""The daemon on accounts in hedge mode: USDT-M and COIN-M, opened, shrunk, killed, flattened."""

from decimal import Decimal as D
from typing import Any

import pytest

from tests.process.test_coin_m import coin_town
from tests.process.town import Town, until

pytestmark = pytest.mark.process


def two_sided(town: Town, market: str) -> None:
    """The account is in hedge mode, and the settings say so."""
    town.plane.tell("position_mode", dual=True, market=market)
    if market == "coin-futures":
        coin_town(town, wallet="10")
    else:
        town.write_settings(more="[limits]\nrecv_window_ms = 500")
    text = town.config.read_text()
    head, perp, rest = text.partition("[venues.perp]\n")
    town.config.write_text(f'{head}{perp}position_mode = "hedge"\n{rest}')


def ours(town: Town, market: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = town.plane.state()["orders"][market]
    return [row for row in rows if not row["client_id"].startswith(("web_", "adl", "auto"))]


def sides(town: Town) -> dict[str, D]:
    return {row["side"]: D(row["qty"]) for row in town.plane.state()["positions"]}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("market", ["futures", "coin-futures"])
async def test_invariant_3_in_hedge_mode_only_the_side_that_is_meant_is_traded(
    town: Town, market: str
) -> None:
    two_sided(town, market)
    town.start()
    await until(lambda: len(ours(town, market)) >= 1)
    await town.hedged()
    short = D(-10) if market == "futures" else D(-6_000)
    assert set(sides(town)) == {"SHORT"}
    assert abs(sides(town)["SHORT"] - short) < abs(short) / 100

    # coins go: part of the short is bought back, and no long is opened
    wallet = "spot" if market == "futures" else market
    if wallet != "spot":
        town.plane.tell("transfer", asset="BTC", qty="2", to="spot", **{"from": wallet})
    town.plane.tell("withdraw", asset="BTC", qty="2")
    await until(lambda: len(ours(town, market)) >= 2)
    await town.hedged()
    assert set(sides(town)) == {"SHORT"}
    assert abs(sides(town)["SHORT"] - short * D("0.8")) < abs(short) / 100

    # killed, and at zero nothing more is closed
    assert town.child is not None
    town.child.kill()
    town.child.wait()
    town.start()
    await town.hedged(30)
    assert town.cli("flatten").returncode == 0
    await until(lambda: sides(town)["SHORT"] == 0)
    await until(lambda: town.hedge().get("verdict") == "flat")
    assert town.stop() == 0
    assert set(sides(town)) == {"SHORT"}
    assert not any(row["reduce_only"] for row in ours(town, market))
    assert town.differences() == []
