"""What is to be played: the cells of a file such as `bench/frontier.toml`."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BadCells(Exception):
    """The file of cells cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Window:
    name: str
    start: dt.date
    end: dt.date

    @property
    def hours(self) -> int:
        return (self.end - self.start).days * 24


@dataclass(frozen=True)
class Fee:
    name: str
    bp: float


@dataclass(frozen=True)
class Flow:
    """A flow model by its kind, and its numbers by their names in the file."""

    name: str
    kind: str
    numbers: dict[str, float]


@dataclass(frozen=True)
class Cells:
    """A whole file. `tables` are its sections of plain numbers, by name."""

    windows: tuple[Window, ...]
    fees: tuple[Fee, ...]
    flows: tuple[Flow, ...]
    seeds: tuple[int, ...]
    tables: dict[str, dict[str, Any]]

    @property
    def gamma(self) -> float:
        """Risk aversion per unit of quote, from the answer to the one question."""
        risk = self.tables["risk"]
        variance = (risk["day_volatility"] * risk["held_usd"]) ** 2
        return float(2.0 * risk["premium_usd"] / variance)

    def cost_rate(self, fee: Fee) -> float:
        """Quote per quote traded, on either side: fee, half the spread, slippage."""
        market = self.tables["market"]
        return float(fee.bp + market["half_spread_bp"] + market["slippage_bp"]) * 1e-4


FLOW_NUMBERS = {
    "ornstein_uhlenbeck": {"deviation", "reversion_days", "step_minutes"},
    "compound_poisson": {"per_day", "median_half_widths"},
    "inflow_lump": {"per_day", "lump_days", "step_minutes"},
}
TABLES = {
    "risk": {"held_usd", "day_volatility", "premium_usd"},
    "volatility": {"memory_days", "prior", "prior_days"},
    "market": {"file", "lot", "lots_min", "notional_min", "half_spread_bp", "slippage_bp"},
    "fixed": {"points", "least", "most", "refinements"},
    "peers": {"interval_seconds", "range_seconds", "ratio", "holdings_deviations"},
    "synthetic": {"seed", "start_price", "day_volatility"},
    "acceptance": {"median", "every", "cheaper_than_peers"},
}


def cells_from(path: Path) -> Cells:
    """Read a file of cells.

    Raises:
        BadCells: it is no TOML, lacks something, or names a flow that is not known.
    """
    try:
        text = tomllib.loads(path.read_text())
        if text["schema"] != 1:
            raise BadCells(f"{path}: schema {text['schema']} is not 1")
        cells = Cells(
            windows=tuple(map(window_from, text["windows"])),
            fees=tuple(Fee(each["name"], float(each["bp"])) for each in text["fees"]),
            flows=tuple(map(flow_from, text["flows"])),
            seeds=tuple(map(int, text["seeds"]["list"])),
            tables={name: text[name] for name in TABLES},
        )
    except OSError as error:
        raise BadCells(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise BadCells(f"{path}: {error}") from error
    except KeyError as error:
        raise BadCells(f"{path}: {error} is missing") from error
    if problem := problem_of(cells):
        raise BadCells(f"{path}: {problem}")
    return cells


def problem_of(cells: Cells) -> str:
    """What keeps cells from being played; empty where nothing does."""
    for name, needs in TABLES.items():
        if lacks := sorted(needs - cells.tables[name].keys()):
            return f"[{name}] lacks {', '.join(lacks)}"
    for name, listed in (("windows", cells.windows), ("fees", cells.fees), ("flows", cells.flows)):
        if not listed:
            return f"there are no {name}"
    if free := [fee.name for fee in cells.fees if cells.cost_rate(fee) <= 0.0]:
        return f"to trade at {free[0]} costs nothing: no band is best"
    return "" if cells.seeds else "there are no seeds"


def window_from(entry: dict[str, Any]) -> Window:
    window = Window(entry["name"], entry["start"], entry["end"])
    if window.hours <= 0:
        raise BadCells(f"the window {window.name} ends before it begins")
    return window


def flow_from(entry: dict[str, Any]) -> Flow:
    kind = entry["kind"]
    if kind not in FLOW_NUMBERS:
        raise BadCells(f"flow kind {kind!r} is none of {', '.join(FLOW_NUMBERS)}")
    numbers = {name: float(entry[name]) for name in FLOW_NUMBERS[kind]}
    if wrong := [name for name, number in numbers.items() if number <= 0.0]:
        raise BadCells(f"flow {entry['name']}: {wrong[0]} is not positive")
    return Flow(entry["name"], kind, numbers)
