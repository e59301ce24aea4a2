"""What a sweep is told: one TOML file, checked whole before anything is played."""

import math
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hedgebot.core.closed_form import risk_aversion
from hedgebot.errors import HedgebotError

POLICIES_MAX = 200_000
"""Of one grid: more do not fit a picture, and a finer one is a second sweep."""
COMPUTED_MAX = 5_000
"""Bands to be found: each takes up to 5 ms for a year of minutes."""


class BadGrid(HedgebotError):
    """The file of a sweep cannot be used; one line a problem."""


CONFIG = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Ratio = Annotated[float, Field(ge=0, le=1.5)]


class Span(BaseModel):
    """Numbers from one to another, each the same multiple of the one before."""

    model_config = CONFIG

    from_: Positive = Field(alias="from")
    to: Positive
    points: int = Field(ge=2, le=POLICIES_MAX)

    @property
    def numbers(self) -> tuple[float, ...]:
        step = math.log(self.to / self.from_) / (self.points - 1)
        return tuple(self.from_ * math.exp(step * k) for k in range(self.points))


Numbers = Span | Annotated[tuple[Positive, ...], Field(min_length=1)]


Texts = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    BeforeValidator(lambda told: (told,) if isinstance(told, str) else told),
]


def numbers_of(told: Numbers) -> tuple[float, ...]:
    """A list, or what a span stands for."""
    return told.numbers if isinstance(told, Span) else told


class Market(BaseModel):
    """Of the hedge's instrument: a linear one, priced by the series."""

    model_config = CONFIG

    lot: Positive = 0.001
    """Coins."""
    lots_min: int = Field(default=1, ge=1)
    notional_min: float = Field(default=100.0, ge=0)
    """Quote; of an order that opens."""
    closes_below: bool = True
    """Whether an order that closes needs no least notional."""
    collar: float = Field(default=0.02, ge=0, lt=1)
    """How far below its mark the venue may value an order."""
    notional_max: Positive = 1e12
    """Quote, of one order."""
    fee_bp: tuple[Annotated[float, Field(ge=0)], ...] = Field(default=(4.0,), min_length=1)
    half_spread_bp: float = Field(default=0.5, ge=0)
    slippage_bp: float = Field(default=0.5, ge=0)


class Risk(BaseModel):
    """The one question: what would you pay to be rid of a day's risk of a holding?"""

    model_config = CONFIG

    held_usd: Positive = 1_000_000.0
    day_volatility: Positive = 0.04
    premium_usd: Positive = 5_000.0

    def aversion(self, premium_usd: float) -> float:
        """Gamma, per dollar."""
        return risk_aversion(
            premium_usd, holding=self.held_usd, volatility=self.day_volatility
        )  # fmt: skip


class Volatility(BaseModel):
    """How the volatility is known: see `world.trailing_volatility`."""

    model_config = CONFIG

    memory_days: Positive = 30.0
    prior: Positive = 0.04
    prior_days: Positive = 7.0


class Fixed(BaseModel):
    """Bands of the same bounds all along: every width with every other choice."""

    model_config = CONFIG

    unit: Literal["coin", "percent", "usd"] = "coin"
    width: Numbers
    """Below the target, and above it too where `above` says nothing."""
    above: Numbers | None = None
    rebalance_to: tuple[Share, ...] = Field(default=(1.0,), min_length=1)
    ratio: tuple[Ratio, ...] = Field(default=(1.0,), min_length=1)


class Computed(BaseModel):
    """Bands that `core` computes, as wide as it says or so many times as wide."""

    model_config = CONFIG

    premium_usd: Numbers
    scale: Numbers = (1.0,)
    ratio: tuple[Ratio, ...] = Field(default=(1.0,), min_length=1)


class Grid(BaseModel):
    """The whole file."""

    model_config = CONFIG

    series: str
    """Of the history: whose bars are the price."""
    funding: str = ""
    asset: str = "BTC"
    """Whose flows of a file count."""
    flow: Texts
    """Files and seeded models, which add up: see `flows`."""
    holdings: float = 0.0
    """Coins before the first flow."""
    market: Market = Market()
    risk: Risk = Risk()
    volatility: Volatility = Volatility()
    fixed: tuple[Fixed, ...] = ()
    computed: tuple[Computed, ...] = ()

    @model_validator(mode="after")
    def _of_a_size(self) -> "Grid":
        fees = len(self.market.fee_bp)
        fixed = fees * sum(_count_fixed(each) for each in self.fixed)
        solved = fees * sum(
            len(numbers_of(each.premium_usd)) * len(each.ratio) for each in self.computed
        )
        scaled = fees * sum(
            len(numbers_of(each.premium_usd)) * len(each.ratio) * len(numbers_of(each.scale))
            for each in self.computed
        )
        if not fixed + scaled:
            raise ValueError("has no policy: write [[fixed]] or [[computed]]")
        if fixed + scaled > POLICIES_MAX:
            raise ValueError(
                f"is too large: {fixed + scaled:,} policies, {POLICIES_MAX:,} at most: "
                "take fewer points"
            )
        if solved > COMPUTED_MAX:
            raise ValueError(
                f"is too large: {solved:,} bands to compute, {COMPUTED_MAX:,} at most: take fewer "
                "premiums, fees or ratios; scales cost nothing"
            )
        return self


def _count_fixed(each: Fixed) -> int:
    above = 1 if each.above is None else len(numbers_of(each.above))
    return len(numbers_of(each.width)) * above * len(each.rebalance_to) * len(each.ratio)


def read_grid(path: Path) -> Grid:
    """Read and check the file of a sweep.

    Raises:
        BadGrid: it cannot be read, or every mistake in it, each with its place.
    """
    try:
        text: Any = tomllib.loads(path.read_text())
    except OSError as error:
        raise BadGrid(f"{path.name}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadGrid(f"{path.name}: {error}") from error
    try:
        return Grid.model_validate(text)
    except ValidationError as error:
        raise BadGrid("\n".join(_said(path, each) for each in error.errors())) from error


def _said(path: Path, problem: Any) -> str:
    place = ".".join(str(each) for each in problem["loc"] if str(each) not in ("Span", "tuple"))
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{path.name}: {place}: {message}" if place else f"{path.name} {message}"
