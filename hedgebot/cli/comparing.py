"""`journal compare`: where two runs part."""

from decimal import Decimal
from pathlib import Path

import typer

from hedgebot.adapters.journal import Place
from hedgebot.adapters.journal.comparing import Compared, Parting, Where, compare
from hedgebot.adapters.journal.reading import reading
from hedgebot.bootstrap.book import load_settings
from hedgebot.bootstrap.outside import place_of
from hedgebot.cli.said import FAILED, moment, say, say_json, say_rows, user_errors

WORDS = {
    Where.DECISION: "something else was decided",
    Where.FILL: "the same was decided, and the fill differs",
    Where.MISSING: "only one run has that order",
}


def run(config: Path, other: Path, *, json: bool) -> None:
    """Compare the orders of two books.

    Raises:
        typer.Exit: 1 where they part.
    """
    with user_errors():
        here, there = (place_of(load_settings(path)) for path in (config, other))
        with reading(here) as ours, reading(there) as theirs:
            found = compare(ours, theirs)
    if json:
        books = {"here": _name(here), "there": _name(there)}
        say_json(books | {"hedges": [_plain(each) for each in found]})
    else:
        say(f"here: {_name(here)}; there: {_name(there)}")
        for each in found:
            _show(each)
    if any(each.parting for each in found):
        raise typer.Exit(FAILED)


def _name(place: Place) -> str:
    return f"{place.book}, {'dry-run' if place.dry_run else 'live'}"


def _show(found: Compared) -> None:
    parting = found.parting
    if parting is None:
        say(f"{found.asset}: {found.alike} orders, all alike in decision and fill")
        return
    say(
        f"{found.asset}: {found.alike} orders alike; then order {parting.number}, decided "
        f"{moment(parting.at_ms)} UTC: {WORDS[parting.where]}"
    )
    say_rows(f"order {parting.number}", _fields(parting))


def _fields(parting: Parting) -> list[dict[str, str]]:
    return [
        {"field": name, "here": _text(ours), "there": _text(theirs)}
        for name, (ours, theirs) in parting.fields.items()
    ]


def _plain(found: Compared) -> dict[str, object]:
    parting = found.parting
    first = parting and {
        "order": parting.number,
        "decided_ms": parting.at_ms,
        "where": str(parting.where),
        "fields": _fields(parting),
    }
    return {"asset": found.asset, "alike": found.alike, "first_difference": first}


def _text(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
