"""python -m tests.core.adversary [first] [count]: plays seeds, exits 1 where a rule is broken."""

import sys

from tests.core.adversary.campaign import Campaign
from tests.core.adversary.draw import draw

if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    first, count = numbers[0] if numbers else 0, numbers[1] if len(numbers) > 1 else 10_000
    campaign = Campaign()
    for seed in range(first, first + count):
        campaign.play([draw(seed)])
        if campaign.played % 1_000 == 0:
            print(f"{campaign.played} played, {sum(campaign.broken.values())} broken", flush=True)
    print(campaign.report())
    sys.exit(1 if campaign.broken else 0)
