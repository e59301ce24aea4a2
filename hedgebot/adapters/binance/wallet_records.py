"""Records of a spot wallet as postings: deposits, withdrawals, transfers, interest, dust. Pure.

A record that has not moved coins yet is no posting; a state that is not known is one without a
cause, so that it is seen.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from hedgebot.adapters.binance.names import UNREADABLE, Names, Raw, moment, number, unreadable
from hedgebot.domain.ledger import Posting, PostingCause, RecordSource

SPOT_WALLET = 0
"""`walletType`; 1 is the funding wallet, which is not counted."""
DEPOSIT_CREDITED = frozenset({1, 6})
"""Success, and credited but not to be withdrawn yet. Source: Binance, deposit history."""
DEPOSIT_IDLE = frozenset({0, 2, 7, 8})
"""Pending, rejected, wrong, waiting for the owner: nothing was credited."""
WITHDRAWAL_LEFT = frozenset({0, 2, 4, 6})
"""Email sent, awaiting approval, processing, completed: the coins left the wallet."""
WITHDRAWAL_FAILED = frozenset({1, 3, 5})
"""Cancelled, rejected, failure: they came back. Source: Binance, withdraw history."""
SECOND_MS = 1_000
"""Withdrawals are dated in whole seconds."""
DUST_COIN = "BNB"
"""What dust becomes where the record names no coin."""
TRANSFER_IDLE = frozenset({"PENDING", "FAILED"})


class Seen(NamedTuple):
    """When a row was told."""

    at_ms: int
    """Our clock."""
    venue_ms: int
    """The venue's clock: what it tells had happened by then."""


class Draft(NamedTuple):
    """What differs between the records."""

    source: RecordSource
    word: str
    ref: str
    asset: str
    change: Decimal
    cause: PostingCause | None
    venue_ms: int
    until_ms: int


Read = Callable[[Raw, Seen], Iterator[Draft]]


def read(what: RecordSource, row: Raw, names: Names, seen: Seen) -> tuple[Posting, ...]:
    """The postings of one row of that listing.

    Raises:
        Unsupported: unreadable.
    """
    try:
        return tuple(_posting(draft, names, seen) for draft in READERS[what](row, seen))
    except UNREADABLE as error:
        unreadable(names.venue, f"a row of {what}", error)


def _posting(draft: Draft, names: Names, seen: Seen) -> Posting:
    return Posting(
        at_ms=seen.at_ms,
        wallet=names.wallet,
        asset=draft.asset,
        change=draft.change,
        cause=draft.cause,
        source=draft.source,
        word=draft.word,
        ref=draft.ref,
        venue_ms=draft.venue_ms,
        until_ms=max(draft.venue_ms, draft.until_ms),
    )


def _deposit(row: Raw, seen: Seen) -> Iterator[Draft]:
    """Credited some time between its two dates; without the second one, before it was told so."""
    state = int(row["status"])
    if not _of_spot(row) or state in DEPOSIT_IDLE:
        return
    known = state in DEPOSIT_CREDITED
    yield Draft(
        source=RecordSource.DEPOSITS,
        word="deposit" if known else f"status {state}",
        ref=str(row.get("id") or f"{row['txId']}:{row['insertTime']}"),
        asset=str(row["coin"]),
        change=number(row["amount"]),
        cause=PostingCause.DEPOSIT if known else None,
        venue_ms=moment(row["insertTime"]),
        until_ms=moment(row.get("completeTime")) or seen.venue_ms,
    )


def _withdrawal(row: Raw, seen: Seen) -> Iterator[Draft]:
    """The coins, the fee that is kept beside them, and all of it back where it failed."""
    state = int(row["status"])
    if not _of_spot(row):
        return
    known = state in WITHDRAWAL_LEFT | WITHDRAWAL_FAILED
    qty, fee = number(row["amount"]), number(row.get("transactionFee") or 0)
    venue_ms = _second(row["applyTime"])
    left = Draft(
        source=RecordSource.WITHDRAWALS,
        word="withdrawal" if known else f"status {state}",
        ref=str(row["id"]),
        asset=str(row["coin"]),
        change=-qty,
        cause=PostingCause.WITHDRAWAL if known else None,
        venue_ms=venue_ms,
        until_ms=min(venue_ms + SECOND_MS, seen.venue_ms),
    )
    charge = left._replace(word="fee", change=-fee, cause=PostingCause.FEE if known else None)
    gone = [each for each in (left, charge) if each.change]
    yield from gone
    if state in WITHDRAWAL_FAILED:
        for each in gone:
            yield each._replace(
                word=f"{each.word} returned", change=-each.change, until_ms=seen.venue_ms
            )


def _transfer(row: Raw, seen: Seen) -> Iterator[Draft]:
    """Its `type` says the direction: `MAIN` is the spot wallet."""
    state, kind = str(row["status"]), str(row["type"])
    if state in TRANSFER_IDLE:
        return
    sign = -1 if kind.startswith("MAIN_") else 1
    venue_ms = moment(row["timestamp"])
    yield Draft(
        source=RecordSource.TRANSFERS,
        word=kind if state == "CONFIRMED" else f"{kind} {state}",
        ref=str(row["tranId"]),
        asset=str(row["asset"]),
        change=sign * number(row["amount"]),
        cause=PostingCause.TRANSFER if state == "CONFIRMED" else None,
        venue_ms=venue_ms,
        until_ms=min(venue_ms + SECOND_MS, seen.venue_ms),
    )


def _dividend(row: Raw, seen: Seen) -> Iterator[Draft]:
    """Interest, rewards, airdrops: the venue names them in words of its own."""
    venue_ms = moment(row["divTime"])
    yield Draft(
        source=RecordSource.DIVIDENDS,
        word=str(row.get("enInfo") or "dividend"),
        ref=f"{row['tranId']}:{row.get('id') or ''}",
        asset=str(row["asset"]),
        change=number(row["amount"]),
        cause=PostingCause.INTEREST,
        venue_ms=venue_ms,
        until_ms=seen.venue_ms,
    )


def _dust(row: Raw, seen: Seen) -> Iterator[Draft]:
    """A detail of a conversion: `transferedAmount` is what came in after the charge."""
    charge, came = number(row["serviceChargeAmount"]), number(row["transferedAmount"])
    venue_ms = moment(row["operateTime"])
    given = Draft(
        source=RecordSource.DUST,
        word="given",
        ref=str(row["transId"]),
        asset=str(row["fromAsset"]),
        change=-number(row["amount"]),
        cause=PostingCause.TRADE,
        venue_ms=venue_ms,
        until_ms=min(venue_ms + SECOND_MS, seen.venue_ms),
    )
    coin = str(row.get("targetAsset") or DUST_COIN)
    # One conversion turns several balances, under one id, into one coin.
    taken = given._replace(
        word="taken", ref=f"{given.ref}:{given.asset}", asset=coin, change=came + charge
    )
    yield from (given, taken)
    if charge:
        yield taken._replace(word="fee", change=-charge, cause=PostingCause.FEE)


def _of_spot(row: Raw) -> bool:
    """Older records, and other venues, name no wallet."""
    return str(row.get("walletType") or SPOT_WALLET) == str(SPOT_WALLET)


def _second(value: object) -> int:
    """UTC, as a date and time, to the second; or ms, as the venue's other times."""
    if isinstance(value, str) and "-" in value:
        return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()) * 1_000
    return moment(value)


READERS: Mapping[RecordSource, Read] = {
    RecordSource.DEPOSITS: _deposit,
    RecordSource.WITHDRAWALS: _withdrawal,
    RecordSource.TRANSFERS: _transfer,
    RecordSource.DIVIDENDS: _dividend,
    RecordSource.DUST: _dust,
}
