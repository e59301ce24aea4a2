"""`hedgebot report`: what hedging cost and how well it stood, from the journal.

options    what may be asked for
command    from the options to what is printed and written
metrics    the numbers, by the names that a backtest gives them
digest     a few lines, fit for a message
page       one HTML file; its picture is drawn by `picture`
"""

from hedgebot.cli.report.options import report

__all__ = ["report"]
