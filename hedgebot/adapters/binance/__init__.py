"""Binance spot, USDT-M and COIN-M: raw messages become events, our intents become requests."""

from hedgebot.adapters.binance.budget import Budgets
from hedgebot.adapters.binance.dry_run import DryRunVenue
from hedgebot.adapters.binance.options import Credentials, Network, Pace, VenueOptions
from hedgebot.adapters.binance.venue import BinanceVenue

__all__ = [
    "BinanceVenue",
    "Budgets",
    "Credentials",
    "DryRunVenue",
    "Network",
    "Pace",
    "VenueOptions",
]
