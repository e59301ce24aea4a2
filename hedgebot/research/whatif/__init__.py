"""What another policy would have done in a recorded world. Needs no extra packages.

past      a recording read once: our orders and their fills, files and gaps
outside   the recorded world without our own orders
world     one policy in it, its orders filled as those of a dry run
diary     what a policy did; tally: what it made and lost, and how far off it was
parting   where two runs differ
playing   all of it over one stretch of recording; summary: what it came to
"""

from hedgebot.research.whatif.past import Source, Stretch, stretches
from hedgebot.research.whatif.playing import Compared, WhatIfRefused, compare
from hedgebot.research.whatif.summary import summary

__all__ = [
    "Compared",
    "Source",
    "Stretch",
    "WhatIfRefused",
    "compare",
    "stretches",
    "summary",
]
