"""Tells people, through apprise, and a dead man's switch, from threads of their own.

waiting    the bounded queue of one address: most severe first out, least severe first dropped
rate       how many may go to one address in a minute; what is over that is summed into one
letter     what goes out in one piece, worded
address    one address of the settings; each delivery has a deadline
courier    the thread of one address
notifier   `ports.Notifier`
heart      `ports.Heart`
"""

from hedgebot.adapters.alerts.address import Address, addresses_of
from hedgebot.adapters.alerts.heart import HttpHeart
from hedgebot.adapters.alerts.letter import Letter, Writer
from hedgebot.adapters.alerts.notifier import AppriseNotifier

__all__ = ["Address", "AppriseNotifier", "HttpHeart", "Letter", "Writer", "addresses_of"]
