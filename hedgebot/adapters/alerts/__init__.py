"""Tells people, through apprise, from a thread of its own.

waiting    the bounded queue: most severe first out, least severe first dropped
address    one address of the settings; each delivery has a deadline
courier    the thread
notifier   `ports.Notifier`
"""

from hedgebot.adapters.alerts.address import Address, addresses_of
from hedgebot.adapters.alerts.notifier import AppriseNotifier

__all__ = ["Address", "AppriseNotifier", "addresses_of"]
