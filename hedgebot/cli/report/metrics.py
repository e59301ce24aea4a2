"""The numbers of a report, as JSON types: by the names that a backtest gives them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hedgebot.adapters.journal.period import Period, modelled
from hedgebot.adapters.journal.standing import Standing, deviation, standing, stretches
from hedgebot.cli import books
from hedgebot.cli.books import account_from, part_line, texts
from hedgebot.cli.said import moment
from hedgebot.domain.ledger import Posting
from hedgebot.domain.records import AlertKept
from hedgebot.ledger.parts import HedgeCost, hedge_costs, parts
from hedgebot.ledger.postings import merged
from hedgebot.ledger.valuing import Price, in_usd, price_of

Line = dict[str, Any]
DAY_MS = 86_400_000
YEAR_MS = 365 * DAY_MS
BP = 10_000
EMPTY = "nothing: no daemon of this book ran in this time, and nothing was written down"
NOT_TOLD = """\
Not told: effectiveness and drawdown. They need prices at all times, and a journal has them where \
something was decided; a backtest tells them.
Not told: what net delta did between two decisions. A row is written at an order and where verdict \
or reason change; time out of band begins with the row that saw it, and a wait too short to be \
written down is not counted.
A year is one of the time that decisions tell of, from a day of it on. Slippage is against the \
mark at each decision: latency, spread and depth together.
Dollars: fees in coins are valued at the mark of the last decision, coins that stand for a dollar \
at one.
""".splitlines()
MODEL = "dry run: fills, fees, funding and results are the model's, and no wallet moved"
NOTHING = HedgeCost(
    asset="",
    orders=0,
    fills=0,
    qty=Decimal(0),
    notional=Decimal(0),
    slippage=Decimal(0),
    unmarked=0,
    fees={},
    funding={},
)


def told_of(found: Period, *, dry_run: bool) -> Line:
    """Everything that the period tells."""
    begin, end = found.window
    account = account_from(found.books, begin)
    postings = _postings(found, dry_run=dry_run)
    fills = [each.fill for each in found.books.fills]
    costs = {each.asset: each for each in hedge_costs(fills, found.books.intents, postings)}
    assets = sorted({*found.decisions, *costs})
    prices = _prices(found)
    ledger = books.report(account, found.books.marks, None, rows=False)
    named = parts(postings) if dry_run else account.parts
    return {
        "from_ms": begin,
        "to_ms": end,
        "from": moment(begin),
        "to": moment(end),
        "empty": EMPTY if found.empty else "",
        "starts": found.counts.starts,
        "ran_s": found.ran_ms / 1_000,
        "ran_share": found.ran_ms / (end - begin),
        "hedges": {
            asset: _hedge(found, asset, costs.get(asset, NOTHING), prices) for asset in assets
        },
        "parts": [part_line(each) for each in named],
        "books": {} if dry_run else ledger,
        "fills": {str(cause): count for cause, count in found.counts.fills.items()},
        "closed": {str(reason): count for reason, count in found.counts.closed.items()},
        "alerts": _alerts(found.alerts),
        "notes": [*([MODEL] if dry_run else []), *NOT_TOLD],
    }


def _postings(found: Period, *, dry_run: bool) -> Sequence[Posting]:
    """The records whose own time is in the period; each once."""
    if dry_run:
        return modelled((each.fill for each in found.books.fills), found.funding)
    kept = merged(found.books.postings).postings
    return [each for each in kept if each.venue_ms >= found.window[0]]


def _prices(found: Period) -> dict[str, Price]:
    """The mark of the last decision that had one."""
    return {
        asset: Price(Decimal(str(row.mark)), f"mark at {moment(row.at_ms)}", row.at_ms)
        for asset, rows in found.decisions.items()
        for row in rows
        if row.mark > 0
    }


def _hedge(found: Period, asset: str, cost: HedgeCost, prices: Mapping[str, Price]) -> Line:
    held = standing(stretches(found.decisions.get(asset, ()), found.runs, found.window))
    fees = {coin: in_usd(fee, price_of(coin, prices)) for coin, fee in cost.fees.items()}
    paid = float(sum(filter(None, fees.values()), cost.slippage))
    # Of less than a day a figure for a year would tell of the first hedge alone.
    whole = held.worth * held.known_ms / YEAR_MS if held.known_ms >= DAY_MS else 0.0
    return {
        "orders": cost.orders,
        "fills": cost.fills,
        "turnover_usd": float(cost.notional),
        "turnover_a_year": float(cost.notional) / whole if whole else None,
        "cost_usd": paid,
        "cost_bp_a_year": paid / whole * BP if whole else None,
        "fees": texts(cost.fees),
        "fees_without_price": sorted(coin for coin, value in fees.items() if value is None),
        "slippage_usd": float(cost.slippage),
        "fills_without_mark": cost.unmarked,
        "funding": texts(cost.funding),
        "effectiveness": None,
        "drawdown_usd": None,
        "worth_usd": held.worth,
        **_stood(held),
    }


def _stood(held: Standing) -> Line:
    largest = held.largest
    return {
        "known_s": held.known_ms / 1_000,
        "out_of_band_s": held.outside_ms / 1_000,
        "out_of_band_share": held.outside_ms / held.known_ms if held.known_ms else None,
        "out_of_band_longest_s": held.outside_longest_ms / 1_000,
        "without_band_s": held.unjudged_ms / 1_000,
        "held_s": sum(each.lasted_ms for each in held.waits.values()) / 1_000,
        "holds": {reason: each.times for reason, each in held.waits.items()},
        "holds_s": {reason: each.lasted_ms / 1_000 for reason, each in held.waits.items()},
        "verdicts_s": {str(verdict): ms / 1_000 for verdict, ms in held.verdicts_ms.items()},
        "largest_deviation": None if largest is None else float(deviation(largest)),
        "largest_deviation_at": "" if largest is None else moment(largest.at_ms),
        "largest_deviation_reason": "" if largest is None else _why(largest.reason),
    }


def _why(reason: str) -> str:
    return reason or "in its band"


def _alerts(alerts: Sequence[AlertKept]) -> Line:
    """Counts by severity, and the last word on each; news that a thing is over counts as info."""
    last = {each.key: each for each in alerts}
    counts = {
        name: sum(each.severity == name for each in alerts)
        for name in ("critical", "warning", "info")
    }
    open_ = [each for each in last.values() if not each.recovered]
    return counts | {
        "open": [_alert(each) for each in open_],
        "worst": [_alert(each) for each in alerts if each.severity != "info"],
    }


def _alert(alert: AlertKept) -> Line:
    return {
        "at": moment(alert.at_ms),
        "at_ms": alert.at_ms,
        "severity": alert.severity,
        "key": alert.key,
        "text": alert.text,
        "recovered": alert.recovered,
    }
