"""`config/policies/`: each file is loaded as it is and run."""

from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path

import pytest

from hedgebot.domain.actions import SolveBand
from hedgebot.domain.instruments import Side
from hedgebot.domain.orders import Purpose
from hedgebot.settings import load
from tests.core.world import World, only, placed

FOLDER = Path(__file__).resolve().parents[2] / "config" / "policies"
FILES = sorted(FOLDER.glob("*.toml"))
MINUTE = 60_000
Run = Callable[[World], None]


def world_of(name: str) -> World:
    """Ten coins, hedged."""
    policy = load(FOLDER / f"{name}.toml", environ={}).policy()
    return World(policy).start(spot=D(10), position=D(-10))


def deviation(world: World) -> D:
    return world.spot + world.position


def threshold(world: World) -> None:
    assert placed(world.buy_spot(D("0.02"))) == []
    world.obey(world.buy_spot(D("0.001")))
    assert deviation(world) == 0


def interval(world: World) -> None:
    world.obey(world.wait(MINUTE))
    found = world.buy_spot(D("0.4"))
    assert deviation(world) == D("0.4")
    world.obey(found + world.wait(1_000))
    assert deviation(world) == 0, "the last hedge is older than a minute"
    world.buy_spot(D("-0.7"))
    assert placed(world.wait(MINUTE - 3_000)) == []
    (order,) = placed(world.wait(4_000))
    assert (order.side, order.qty, order.purpose) == (Side.BUY, D("0.7"), Purpose.AGE)


def ratio_bands(world: World) -> None:
    world.spot, world.position = D(10), D(-10)
    assert placed(world.buy_spot(D("0.52"))) == [], "10 of 10.52 is a ratio of 0.9506"
    world.obey(world.buy_spot(D("0.02")))
    ratio = -world.position / world.spot
    assert D("0.98") <= ratio < D("0.9802"), "below 0.95 it is raised to 0.98"
    assert placed(world.buy_spot(D("-0.5"))) == [], "1.0288"
    world.obey(world.buy_spot(D("-0.05")))
    ratio = -world.position / world.spot
    assert D(1) <= ratio < D("1.0002"), "above 1.03 it is lowered to 1.00"


def range_check(world: World) -> None:
    assert placed(world.buy_spot(D("0.009"))) == [], "450 USD"
    world.obey(world.buy_spot(D("0.002")))
    assert deviation(world) == 0
    assert placed(world.buy_spot(D("0.1")) + world.wait(5_500)) == []
    world.obey(world.wait(1_000))
    assert deviation(world) == 0


def asymmetric(world: World) -> None:
    world.obey(world.buy_spot(D("0.08")))
    assert deviation(world) == D("0.05")
    assert placed(world.buy_spot(D("-0.5"))) == []
    world.obey(world.buy_spot(D("-0.3")))
    assert deviation(world) == D("-0.5")


def optimal(world: World) -> None:
    assert placed(world.buy_spot(D("0.1"))) == [], "1 % of what is held"
    world.obey(world.buy_spot(D("0.1")))
    for move in ("0.2", "-0.2", "0.3", "-0.3") * 2:
        world.obey(world.buy_spot(D(move)))
        world.obey(world.wait(15 * MINUTE))
    assert only(SolveBand, world.actions)
    assert world.state.ledger.learnt["BTC"].solving.in_force


RUNS: dict[str, Run] = {
    "threshold-to-target": threshold,
    "whole-gap-on-an-interval": interval,
    "ratio-bands": ratio_bands,
    "range-check": range_check,
    "edge-of-an-asymmetric-band": asymmetric,
    "optimal": optimal,
}


def test_every_file_has_its_run() -> None:
    assert {file.stem for file in FILES} == set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_policy_does_what_its_file_says(name: str) -> None:
    RUNS[name](world_of(name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_policy_file_names_itself_and_fits_a_terminal(file: Path) -> None:
    settings = load(file, environ={})
    assert settings.name == file.stem
    assert settings.journal_path.name == f"{file.stem}.db"
    assert all(line.isascii() and len(line) <= 100 for line in file.read_text().splitlines())
