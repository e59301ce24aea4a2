"""Seeds of the adversary: orders judged by what is really so. The long run is `python -m`."""

import pytest

from tests.core.adversary.campaign import Campaign
from tests.core.adversary.plan import KINDS, draw

SEEDS = 300
STARTED_MS = 4_000
LEFT_OUT = {"loss", "dead", "kill", "stale", "stale_at_start", "rest_slow"}
"""Open findings: restarts, lost messages and old reads. `python -m` plays these too."""


def test_no_order_makes_the_delta_worse_while_every_message_comes_and_reads_are_fresh(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds = tuple(kind for kind in KINDS if kind not in LEFT_OUT)
    campaign = Campaign().play(draw(seed, kinds, first_ms=STARTED_MS) for seed in range(SEEDS))
    with capsys.disabled():
        print(f"\n{campaign.report()}")
    assert not campaign.broken, campaign.report()
    assert campaign.orders > SEEDS
    for kind in ("spot", "transfer", "late_arrival", "reorder", "commit_fail", "command pause"):
        assert campaign.effects[kind], f"no seed met {kind}"


def test_a_seed_plays_the_same_twice() -> None:
    first, again = (Campaign().play([draw(8)]) for _ in range(2))
    assert (first.orders, first.effects, first.broken) == (
        again.orders,
        again.effects,
        again.broken,
    )
