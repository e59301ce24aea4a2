"""`ratio = "minimum-variance"`."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from hedgebot.errors import Problem
from hedgebot.settings import Settings

Load = Callable[..., Settings]
Refuse = Callable[..., tuple[Problem, ...]]
RATIO = 'ratio = "1"'
WORD = 'ratio = "minimum-variance"'


def test_it_begins_at_one_with_a_memory_of_a_month(good: str, load_text: Load) -> None:
    hedge = load_text(good.replace(RATIO, WORD)).policy().hedges[0]
    assert (hedge.ratio, hedge.variance_days) == (Decimal(1), 30.0)
    told = load_text(good.replace(RATIO, f"{WORD}\nratio_memory_days = 90")).policy().hedges[0]
    assert told.variance_days == 90.0


def test_a_number_stays_a_number(good: str, load_text: Load) -> None:
    for written in ("0", "0.5", "1.5"):
        hedge = load_text(good.replace(RATIO, f'ratio = "{written}"')).policy().hedges[0]
        assert (hedge.ratio, hedge.variance_days) == (Decimal(written), None)


REFUSED = [
    ('ratio = "least-variance"', "ratio", "write a number in quotes"),
    (f'{WORD}\ntarget = "1"', "target", "keep one of them"),
    (f"{WORD}\nratio_memory_days = 1", "ratio_memory_days", "7 or more"),
    (f'{WORD}\nhedge_with = {{ asset = "ETH", beta = "2" }}', "ratio", "has its beta"),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[1])
def test_what_makes_no_sense_is_refused_by_name(
    good: str, refuse_text: Refuse, row: tuple[str, str, str]
) -> None:
    problems = refuse_text(good.replace(RATIO, row[0]))
    mends = {problem.path: problem.mend for problem in problems}
    assert row[2] in mends[f"hedges[0].{row[1]}"]
