"""How many coins of another to sell for one coin held: from history, with its error.

pairs       prices of a coin and of the other's perpetual at the same times
estimate    the number, how well it is known, and what it took away
"""

from hedgebot.research.beta.estimate import Estimate, estimate
from hedgebot.research.beta.pairs import Asked, BetaRefused

__all__ = ["Asked", "BetaRefused", "Estimate", "estimate"]
