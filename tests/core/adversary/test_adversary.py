"""Seeds of the adversary: orders judged by what is really so. The long run is `python -m`."""

from collections.abc import Callable

from tests.core.adversary.campaign import Campaign
from tests.core.adversary.draw import draw

SEEDS = 400
MET = (
    "kill", "loss", "dead", "stale", "spot", "transfer", "late_arrival", "reorder",
    "dark account", "dark all+rest", "dark slow", "order to failover",
    "withdraw done", "withdraw failed", "withdraw open", "arrive",
)  # fmt: skip


def test_no_order_makes_the_delta_worse_whatever_the_venue_does(
    record_property: Callable[[str, object], None],
) -> None:
    campaign = Campaign().play(draw(seed) for seed in range(SEEDS))
    record_property("adversary", campaign.report())
    assert not campaign.broken, campaign.report()
    assert campaign.orders > SEEDS
    for kind in MET:
        assert campaign.effects[kind], f"no seed met {kind}"


def test_a_seed_plays_the_same_twice() -> None:
    first, again = (Campaign().play([draw(8)]) for _ in range(2))
    assert (first.orders, first.effects, first.broken) == (
        again.orders,
        again.effects,
        again.broken,
    )
