"""`journal ledger`: the books, for people and for programs."""

import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgebot.adapters.journal import books, reading
from hedgebot.adapters.journal.rows import Rows
from hedgebot.bootstrap.book import load_settings
from hedgebot.bootstrap.outside import make_clock, place_of
from hedgebot.cli.options import duration_ms
from hedgebot.cli.said import moment, say, say_json, say_rows, user_errors
from hedgebot.domain.ledger import Posting, SourceMark
from hedgebot.ledger.account import Account, Told, account
from hedgebot.ledger.parts import HedgeCost, Part
from hedgebot.ledger.statement import Statement, Unexplained
from hedgebot.ledger.valuing import Price, in_usd, price_of

Line = dict[str, Any]
NO_BOOKS = "a dry run moves no wallet: it has no books"
WHEN = "a live daemon has the first one after a minute, then one every `books.every_s`"


def show(config: Path, *, since: str, rows: bool, usd: bool, json: bool) -> None:
    """Print statements, what is unexplained, parts of the result, and what hedges cost."""
    with user_errors():
        settings = load_settings(config)
        since_ms = make_clock().now_ms() - duration_ms(since)
        with reading.reading(place_of(settings)) as kept:
            found, marks = account_of(kept, since_ms)
            prices = _prices(kept) if usd else None
    told = report(found, marks, prices, rows=rows)
    if settings.dry_run:
        told["note"] = NO_BOOKS
    elif not told["wallets"]:
        told["note"] = f"no wallet was read in this time: {WHEN}"
    if json:
        say_json(told)
    else:
        _say(told)


def account_of(rows: Rows, since_ms: int) -> tuple[Account, tuple[SourceMark, ...]]:
    """The account as the journal has it, and how far the listings were read."""
    kept = books.books(rows, since_ms)
    return account_from(kept, since_ms), kept.marks


def account_from(kept: books.Books, since_ms: int) -> Account:
    """The account of what was read."""
    told = Told(
        readings=kept.readings,
        postings=kept.postings,
        fills=[each.fill for each in kept.fills],
        marks=kept.marks,
        intents=kept.intents,
    )
    return account(told, since_ms)


def _prices(rows: Rows) -> dict[str, Price]:
    """The mark of the newest decision about each hedged asset."""
    return {
        asset: Price(
            Decimal(str(last.mark)), f"mark at the decision of {moment(last.at_ms)}", last.at_ms
        )
        for asset, last in books.last_decided(rows).items()
        if math.isfinite(last.mark) and last.mark > 0
    }


def report(
    found: Account,
    marks: tuple[SourceMark, ...],
    prices: Mapping[str, Price] | None,
    *,
    rows: bool,
) -> Line:
    """Everything as JSON types; amounts are texts, exact."""
    each_of = found.statements
    told: Line = {
        "assets": [line for each in each_of for line in _assets(each)],
        "unexplained": [_unexplained(left) for each in each_of for left in each.unexplained],
        "refused": [row(refused) for each in each_of for refused in each.refused],
        "disputed": [
            {"posted": row(each.posted), "told": row(each.told)} for each in found.disputes
        ],
        "parts": [part_line(each) for each in found.parts],
        "hedges": [_hedge(each) for each in found.hedges],
        "in_transfer": texts(found.in_transfer),
        "wallets": [_window(each) for each in each_of],
        "sources": [_source(each) for each in marks],
    }
    if prices is not None:
        told["usd"] = [_valued(line, prices) for line in told["assets"]]
    if rows:
        told["rows"] = [row(posting) for each in each_of for posting in each.postings]
    return told


def row(posting: Posting) -> Line:
    """One posting and the record that it comes from."""
    return {
        "venue_ms": posting.venue_ms,
        "wallet": posting.wallet,
        "asset": posting.asset,
        "change": text_of(posting.change),
        "cause": posting.cause.value if posting.cause else "",
        "source": posting.source.value,
        "word": posting.word,
        "ref": posting.ref,
        "instrument": posting.instrument or "",
    }


def _assets(found: Statement) -> list[Line]:
    return [
        {
            "wallet": found.wallet,
            "asset": line.asset,
            "opening": text_of(line.opening),
            "causes": {cause.value: text_of(change) for cause, change in line.causes.items()},
            "closing": text_of(line.closing),
            "unexplained": text_of(line.unexplained),
        }
        for line in found.lines
    ]


def _unexplained(left: Unexplained) -> Line:
    return {
        "wallet": left.wallet,
        "asset": left.asset,
        "change": text_of(left.change),
        "from_ms": left.from_ms,
        "to_ms": left.to_ms,
    }


def part_line(part: Part) -> Line:
    """One part of the result."""
    return {
        "instrument": part.instrument or "",
        "cause": part.cause.value,
        "asset": part.asset,
        "change": text_of(part.change),
        "records": part.records,
    }


def _hedge(cost: HedgeCost) -> Line:
    return {
        "asset": cost.asset,
        "orders": cost.orders,
        "fills": cost.fills,
        "qty": text_of(cost.qty),
        "notional": text_of(cost.notional),
        "slippage": text_of(cost.slippage),
        "unmarked": cost.unmarked,
        "fees": texts(cost.fees),
        "funding": texts(cost.funding),
    }


def _window(found: Statement) -> Line:
    note = ""
    if found.opening is None:
        note = "no opening yet: each reading fell on a change; the next ones open the books"
    elif found.closing is None:
        opened = moment(found.opening.from_ms)
        note = f"opened at {opened} UTC; no statement yet: {WHEN}"
    return {
        "wallet": found.wallet,
        "from_ms": found.opening.from_ms if found.opening else None,
        "to_ms": found.closing.to_ms if found.closing else None,
        "complete_ms": found.complete_ms,
        "note": note,
    }


def _source(mark: SourceMark) -> Line:
    return {
        "venue": mark.venue,
        "source": mark.source.value,
        "complete_ms": mark.venue_ms,
        "served": mark.served,
        "failure": mark.failure,
    }


def _valued(line: Line, prices: Mapping[str, Price]) -> Line:
    """The same line in dollars; empty where nobody named a price."""
    price = price_of(line["asset"], prices)
    causes = {cause: _usd(change, price) for cause, change in line["causes"].items()}
    return {
        "wallet": line["wallet"],
        "asset": line["asset"],
        "causes": causes,
        "unexplained": _usd(line["unexplained"], price),
        "price": "" if price is None else text_of(price.usd),
        "price_source": "" if price is None else price.source,
    }


def _usd(change: str, price: Price | None) -> str:
    value = in_usd(Decimal(change), price)
    return "" if value is None else text_of(value)


def texts(changes: Mapping[str, Decimal]) -> dict[str, str]:
    """By asset."""
    return {asset: text_of(change) for asset, change in changes.items()}


def text_of(change: Decimal) -> str:
    """Plain digits: equal amounts are equal texts."""
    text = format(change, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if change else "0"


def _say(told: Line) -> None:
    say_rows("ledger", [entry for line in told["assets"] for entry in _statement(line)])
    for window in told["wallets"]:
        say(_said_window(window))
    say_rows("parts of the result", told["parts"])
    say_rows("what hedges cost", [_flat(line) for line in told["hedges"]])
    for name in ("usd", "rows"):
        if name in told:
            say_rows(name, [_dated(_flat(line)) for line in told[name]])
    _say_troubles(told)


def _say_troubles(told: Line) -> None:
    for left in told["unexplained"]:
        say(
            f"UNEXPLAINED: {left['wallet']} {left['asset']} {left['change']} between "
            f"{moment(left['from_ms'])} and {moment(left['to_ms'])} UTC: no record says why"
        )
    for refused in told["refused"]:
        say(
            f"NOT KNOWN: {refused['wallet']} {refused['asset']} {refused['change']}: "
            f"{refused['source']} {refused['word']}, record {refused['ref']}: not posted"
        )
    for each in told["disputed"]:
        posted, other = each["posted"], each["told"]
        say(
            f"DISPUTED: {posted['source']} record {posted['ref']} was told as "
            f"{posted['change']} and as {other['change']} {posted['asset']}; the first is posted"
        )
    for asset, change in told["in_transfer"].items():
        say(f"transfers with wallets that are not watched, or under way: {change} {asset}")
    for source in told["sources"]:
        if source["failure"]:
            say(f"NOT READ: {source['source']} of {source['venue']}: {source['failure']}")
    if "note" in told:
        say(told["note"])


def _statement(line: Line) -> list[Line]:
    """An asset's statement, an entry a row: a wide table would cut its figures off."""
    entries = {"opening": line["opening"], **line["causes"]}
    entries |= {"closing": line["closing"], "unexplained": line["unexplained"]}
    head = {name: line[name] for name in ("wallet", "asset")}
    return [{**head, "entry": name, "coins": coins} for name, coins in entries.items()]


def _flat(line: Line) -> Line:
    return {
        name: ", ".join(f"{key} {each}" for key, each in value.items())
        if isinstance(value, dict)
        else value
        for name, value in line.items()
    }


def _dated(line: Line) -> Line:
    if "venue_ms" not in line:
        return line
    return {"time": moment(line["venue_ms"])} | {k: v for k, v in line.items() if k != "venue_ms"}


def _said_window(window: Line) -> str:
    if window["note"]:
        return f"{window['wallet']}: {window['note']}"
    begin, end = moment(window["from_ms"]), moment(window["to_ms"])
    return f"{window['wallet']}: from the reading of {begin} to that of {end} UTC"
