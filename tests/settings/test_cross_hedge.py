"""`hedge_with`: a cross hedge is asked for by name, and what is not sound is refused by name."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from hedgebot.errors import Problem
from hedgebot.settings import Settings

Load = Callable[..., Settings]
Refuse = Callable[..., tuple[Problem, ...]]
WITH = 'hedge_with = { asset = "BTC", beta = "0.02" }'


def crossed(good: str, text: str = WITH) -> str:
    return good.replace('asset = "BTC"\nratio', f'asset = "XYZ"\n{text}\nratio')


def test_it_is_off_unless_asked_for(good: str, load_text: Load, refuse_text: Refuse) -> None:
    assert load_text().policy().hedges[0].beta is None
    (problem,) = refuse_text(crossed(good, ""))
    assert "it carries BTC, the hedge is for XYZ" in problem.mend


def test_a_stated_beta_is_exact(good: str, load_text: Load) -> None:
    hedge = load_text(crossed(good)).policy().hedges[0]
    assert (hedge.asset, hedge.beta) == ("XYZ", Decimal("0.02"))
    assert hedge.instruments == ("perp:BTC/USDT:USDT",)


ESTIMATED = '{ asset = "BTC", beta = "estimated" }'
REFUSED = [
    (ESTIMATED, "hedge_with.beta", "estimate it from history"),
    ('{ asset = "BTC", beta = "-1" }', "hedge_with.beta", "more than 0"),
    ('{ asset = "ETH", beta = "1" }', "instruments[0]", "hedge_with names ETH"),
    ('{ asset = "XYZ", beta = "1" }', "hedge_with.asset", "the coin itself"),
    ('{ asset = "WBTC", beta = "1" }', "hedge_with.asset", "it is an alias"),
    ('{ asset = "BTC" }', "hedge_with.beta", "add it"),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[2])
def test_what_is_not_sound_is_refused_by_name(
    good: str, refuse_text: Refuse, row: tuple[str, str, str]
) -> None:
    problems = refuse_text(crossed(good, f"hedge_with = {row[0]}"))
    mends = {problem.path: problem.mend for problem in problems}
    assert row[2] in mends[f"hedges[0].{row[1]}"]


def test_an_inverse_perpetual_is_refused(good: str, refuse_text: Refuse) -> None:
    text = crossed(good).replace("binanceusdm", "binancecoinm")
    text = text.replace("BTC/USDT:USDT", "BTC/USD:BTC")
    mends = [problem.mend for problem in refuse_text(text)]
    assert any("linear perpetuals" in mend for mend in mends)
