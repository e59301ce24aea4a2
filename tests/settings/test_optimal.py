"""`band = "optimal"`: what may be told, and what is refused."""

from collections.abc import Callable

import pytest

from hedgebot.core.policy import Band, BandUnit, Optimal
from hedgebot.errors import Problem
from hedgebot.settings import Settings

Load = Callable[..., Settings]
Refuse = Callable[..., tuple[Problem, ...]]
BAND = 'band = { lower = "-0.02", upper = "0.02", unit = "coin" }'


def with_band(good: str, text: str) -> str:
    assert BAND in good
    return good.replace(BAND, text)


def test_optimal_alone_is_enough(good: str, load_text: Load) -> None:
    hedge = load_text(with_band(good, 'band = "optimal"')).policy().hedges[0]
    assert hedge.optimal == Optimal()
    assert hedge.band == Band(-1.0, 1.0, BandUnit.PERCENT)
    assert hedge.optimal.aversion == pytest.approx(6.25e-6)


def test_a_fixed_band_stays_a_fixed_band(load_text: Load) -> None:
    assert load_text().policy().hedges[0].optimal is None


def test_everything_can_be_told(good: str, load_text: Load) -> None:
    told = (
        'risk_premium_usd = "2000", risk_holding_usd = "500000", risk_day_volatility = "0.05", '
        'fee = "0.0004", slippage = "0.0001", learn_s = 60, moves_min = 3, '
        'fixed = { lower = "-0.1", upper = "0.2", unit = "coin" }'
    )
    text = with_band(good, f'band = "optimal"\noptimal = {{ {told} }}')
    hedge = load_text(text).policy().hedges[0]
    assert hedge.optimal == Optimal(
        risk_premium=2_000.0, risk_holding=500_000.0, day_volatility=0.05, fee=0.0004,
        slippage=0.0001, learn_ms=60_000, moves_min=3,
    )  # fmt: skip
    assert hedge.band == Band(-0.1, 0.2, BandUnit.COIN)


PERCENT = 'optimal = { fixed = { lower = "-101", upper = "1", unit = "percent" } }'
REFUSED = [
    ('band = "best"', ("band", "optimal")),
    (BAND + "\noptimal = {}", ("optimal", 'band = "optimal" only')),
    ('band = "optimal"\noptimal = { risk = "1" }', ("optimal.risk", "no such key")),
    (
        'band = "optimal"\noptimal = { risk_premium_usd = "0" }',
        ("optimal.risk_premium_usd", "more than 0"),
    ),
    ('band = "optimal"\noptimal = { fee = "0.5" }', ("optimal.fee", "0.01 or less")),
    (f'band = "optimal"\n{PERCENT}', ("optimal.fixed.lower", "100 per cent")),
]


@pytest.mark.parametrize(("text", "told"), REFUSED)
def test_what_makes_no_sense_is_refused_by_name(
    good: str, refuse_text: Refuse, text: str, told: tuple[str, str]
) -> None:
    (problem,) = refuse_text(with_band(good, text))
    assert problem.path == f"hedges[0].{told[0]}"
    assert told[1] in problem.mend
