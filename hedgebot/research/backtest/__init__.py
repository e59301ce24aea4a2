"""History through the decision that trades live, against a model of the venue.

result = run(policy, history, flows, options)
result.summary()          # everything, ready for JSON
result.books.parts        # exact parts of the result
result.curves             # over time, for plots

options     what is assumed beside the settings: costs, opening, window
markets     instruments as the venue lists them
roles       which series is what
tape        series as moments
flows       coins that come and go
exchange    the venue's part; depth: the book that an order meets
driver      `step`, its clock and what it asks for
play        moments, funding, flows, gaps; running: in order; quiet: what may be passed over
records     what happened; worth, parts, books: exactly what it came to
curves      over time; metrics: in numbers
"""

from hedgebot.research.backtest.flows import Flow, How, flows_of, read_flows
from hedgebot.research.backtest.options import (
    FREE,
    BacktestRefused,
    Frictions,
    Opening,
    Options,
)
from hedgebot.research.backtest.result import Result, run

__all__ = [
    "FREE",
    "BacktestRefused",
    "Flow",
    "Frictions",
    "How",
    "Opening",
    "Options",
    "Result",
    "flows_of",
    "read_flows",
    "run",
]
