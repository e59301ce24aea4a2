"""`demo`: a local exchange and a daemon, each a process of its own, and a summary at the end.

children      the two processes
plane         what the exchange's owner can be told to do
disturbances  what happens to the account, and when
audit         the journal against the exchange's own ledger, row by row
summary       the table at the end
"""

from hedgebot.cli.demo.stage import run

__all__ = ["run"]
