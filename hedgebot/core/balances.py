"""Which change of a wallet may be traded, and when (invariant 1b).

A change that a fill of the account explains is tradable at once. Any other is pending, and so is a
fill whose wallet has not followed yet: until explained, the delta is an interval. Opposite amounts
of one account (a transfer) cancel each other. What is left is confirmed once every wallet of the
account was re-read later than it and it has lasted `balance_settle_ms`. Each wallet keeps

    said = confirmed + its pending changes
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from hedgebot.core.books import NEVER, ZERO, AssetBook, Late, Pending, WalletTotal
from hedgebot.domain.events import Balance
from hedgebot.domain.instruments import WalletId
from hedgebot.domain.orders import Leg

TRANSFER_MS = 3_200
"""A venue may tell the two halves of a transfer up to 3 s apart, by stream and by REST alike:
where an account has more than one wallet, an amount must last longer than that."""
GAP_MS = 10_000
"""While an amount is pending its wallets are read every second: one that was not for so long could
not be. What it shows then may be the other half of what is older."""
PENDING_MAX = 1_000
"""Amounts kept apart while a wallet cannot be read."""
PAST_MS = 10_000
PAST_MAX = 64
"""So many totals that a wallet had are remembered for so long: an old answer, or a message told
late, is known by them."""
MATCH_MAX = 64
"""Amounts of one asset searched for a match; more than that waits for the re-read."""


def hear(book: AssetBook, balance: Balance, now: int) -> Decimal:
    """Fold a wallet's total from the stream. Returns the change that became tradable at once.

    One that is dated before the last and never was told may be late, or the venue's clock jumped
    back: until the wallets are re-read it is one or the other.
    """
    total = book.totals.get(balance.wallet)
    if total is None:
        book.early[balance.wallet] = (now, balance)
        return ZERO
    if balance.venue_ms >= total.said_venue_ms:
        return _said(book, total, balance, now)
    if balance.total != total.said and not _was_so(total, balance.total, now - PAST_MS):
        total.words.late = Late(balance.total, now)
        _part(book, total, balance)
        return _match(book, balance.wallet)
    return ZERO


def _part(book: AssetBook, total: WalletTotal, late: Balance) -> None:
    """If it is late, it tells what the wallet held in between: what looked like one change was two,
    of which each may have an explanation that their sum has not.
    """
    before = next(reversed(total.words.past), None)
    if before in {None, late.total} or total.words.before_ms > late.venue_ms:
        return
    for index, each in enumerate(book.pending):
        one = (each.wallet, each.amount) == (late.wallet, total.said - before)
        if one and not each.from_fill and each.venue_ms == total.said_venue_ms:
            first = replace(each, amount=late.total - before, venue_ms=late.venue_ms)
            then = replace(each, amount=total.said - late.total)
            book.pending[index : index + 1] = [first, then]
            return


def hear_snapshot(
    book: AssetBook, balance: Balance, *, requested_ms: int, now: int, believe_after_ms: int
) -> Decimal:
    """Fold a wallet's total from REST.

    One that was asked for before the stream's last word says nothing new. One that is dated before
    that word, or tells what the wallet held not long before it, is a stale answer, unless it goes
    on for `believe_after_ms`: not every answer is dated when its total was true.
    """
    total = book.totals.get(balance.wallet)
    if total is None:
        return _first(book, balance, requested_ms)
    overdue = requested_ms >= total.said_ms + believe_after_ms
    if balance.total == total.said:
        _reread(total, requested_ms)
        _forget_fills(book, balance, requested_ms, overdue=overdue)
        return ZERO
    stale = requested_ms <= total.said_ms or balance.venue_ms < total.said_venue_ms
    stale = stale or _was_so(total, balance.total, requested_ms - believe_after_ms)
    if stale and not overdue:
        return ZERO
    _reread(total, requested_ms)
    return _said(book, total, balance, now, merged=True)


def _reread(total: WalletTotal, requested_ms: int) -> None:
    if requested_ms - total.read_ms > GAP_MS:
        total.back_ms = requested_ms
    total.read_ms = max(total.read_ms, requested_ms)
    if total.words.late is not None and total.words.late.heard_ms < requested_ms:
        total.words.late = None


def _first(book: AssetBook, balance: Balance, requested_ms: int) -> Decimal:
    """The first reading of a wallet; what the stream has said since is a change like any other."""
    total = WalletTotal(
        confirmed=balance.total,
        said=balance.total,
        said_venue_ms=balance.venue_ms,
        said_ms=requested_ms,
        read_ms=requested_ms,
    )
    book.totals[balance.wallet] = total
    heard_ms, early = book.early.pop(balance.wallet, (requested_ms, balance))
    if heard_ms > requested_ms or early.venue_ms > balance.venue_ms > 0:
        _said(book, total, early, heard_ms)
    return balance.total


def note_leg(book: AssetBook, leg: Leg, *, venue_ms: int, now: int) -> Decimal:
    """Fold what a fill did to a wallet. Returns the change that became tradable by it."""
    if leg.wallet not in book.totals or leg.change == ZERO:
        return ZERO  # the first snapshot will show it
    _append(book, Pending(leg.wallet, leg.change, now, venue_ms, from_fill=True))
    return _match(book, leg.wallet)


def interval(book: AssetBook) -> tuple[Decimal, Decimal]:
    """What pending amounts, and words that came late, may still take away (<= 0) and add (>= 0)."""
    low = high = ZERO
    amounts = [pending.amount for pending in book.pending]
    amounts += [
        total.words.late.total - total.said
        for total in book.totals.values()
        if total.words.late is not None
    ]
    for amount in amounts:
        if amount.is_signed():
            low += amount
        else:
            high += amount
    return low, high


def unknown_since(book: AssetBook) -> int | None:
    """Our clock, when the oldest of what is pending came; None: every coin is tradable."""
    came = [pending.since_ms for pending in book.pending]
    came += [
        total.words.late.heard_ms for total in book.totals.values() if total.words.late is not None
    ]
    return min(came, default=None)


def net_pending(book: AssetBook) -> Decimal:
    """Unexplained changes of the account's wallets, opposite ones cancelled."""
    return net_of(book.pending)


def net_of(pending: list[Pending]) -> Decimal:
    """Their sum, without fills that wait for their balance."""
    return sum((p.amount for p in pending if not p.from_fill), ZERO)


def confirm(book: AssetBook, *, settle_ms: int, patience_ms: int, now: int) -> Decimal | None:
    """Make tradable what is ripe: the net change (zero for a transfer within the account), or
    None: not yet.
    """
    found = ripe(book, settle_ms=settle_ms, patience_ms=patience_ms, now=now)
    return None if found is None else settle(book, found)


def ripe(book: AssetBook, *, settle_ms: int, patience_ms: int, now: int) -> list[Pending] | None:
    """What has lasted, if every wallet was re-read since it came; None: nothing yet.

    Args:
        book: the asset's.
        settle_ms: how long an amount must have lasted; longer where a transfer may be behind it.
        patience_ms: for so long, since all wallets can be read, a later amount that may be its
            opposite keeps an older one waiting.
        now: our clock, or the time up to which polled wallets are known.
    """
    read = _read_since(book)
    unmatched = any(pending.from_fill for pending in read)
    if len(read) == len(book.pending) and not unmatched and net_pending(book) == ZERO:
        return read
    lasted = lasting(book, settle_ms=settle_ms, now=now)
    if not lasted:
        return None
    settle_ms = _settle_ms(book, settle_ms)
    net = net_of(lasted)
    rest = [p for p in book.pending if not p.from_fill and p not in lasted]
    opposed = any(pending.merged or pending.amount * net < ZERO for pending in rest)
    since_ms = max(lasted[0].since_ms, *(total.back_ms for total in book.totals.values()))
    if opposed and now - since_ms < settle_ms + patience_ms:
        return None
    return lasted


def lasting(book: AssetBook, *, settle_ms: int, now: int) -> list[Pending]:
    """What every wallet was re-read since, and has lasted for so long; longer where a transfer may
    be behind it.
    """
    since_ms = now - _settle_ms(book, settle_ms)
    return [pending for pending in _read_since(book) if pending.since_ms <= since_ms]


def _settle_ms(book: AssetBook, settle_ms: int) -> int:
    return max(settle_ms, TRANSFER_MS) if len(book.totals) > 1 else settle_ms


def _read_since(book: AssetBook) -> list[Pending]:
    totals = book.totals.values()
    return [p for p in book.pending if all(p.since_ms < total.read_ms for total in totals)]


def known_ms(book: AssetBook, polled: Iterable[WalletId], now: int) -> int:
    """Up to when the wallets are known: what happened in a polled one since its last reading was
    asked for shows in nothing yet.
    """
    reads = (book.totals[wallet].read_ms for wallet in polled if wallet in book.totals)
    return min(reads, default=now)


def settle(book: AssetBook, done: list[Pending]) -> Decimal:
    """Make those tradable; their net change."""
    for pending in done:
        if not pending.from_fill:
            book.totals[pending.wallet].confirmed += pending.amount
    _drop(book, done)
    return net_of(done)


def doubt(book: AssetBook, wallet: WalletId, amount: Decimal, now: int) -> None:
    """So much of what a wallet is known to hold is pending again, as if it came now."""
    book.totals[wallet].confirmed -= amount
    _append(book, Pending(wallet, amount, now, 0, from_fill=False))


def search_begins(book: AssetBook, pending: Pending, now: int) -> Pending:
    """From now on the venue's record of the amount is looked for."""
    marked = replace(pending, searched_ms=now)
    book.pending = [marked if each is pending else each for each in book.pending]
    return marked


def _drop(book: AssetBook, done: list[Pending]) -> None:
    book.pending = [p for p in book.pending if not any(p is one for one in done)]


def confirmed(book: AssetBook, wallets: Iterable[WalletId]) -> Decimal:
    """Tradable coins in those wallets."""
    return sum((book.totals[w].confirmed for w in wallets if w in book.totals), ZERO)


def _said(
    book: AssetBook, total: WalletTotal, balance: Balance, now: int, *, merged: bool = False
) -> Decimal:
    change = balance.total - total.said
    if change != ZERO:
        _remember(total, now)
        total.words.late = None
    total.said = balance.total
    total.said_venue_ms = max(total.said_venue_ms, balance.venue_ms)
    total.said_ms = now
    if change == ZERO:
        return ZERO
    pending = Pending(balance.wallet, change, now, balance.venue_ms, from_fill=False, merged=merged)
    _append(book, pending)
    return _match(book, balance.wallet)


def _remember(total: WalletTotal, now: int) -> None:
    """It held until now what was said last; what was so long ago is forgotten."""
    past, total.words.before_ms = total.words.past, total.said_venue_ms
    past.pop(total.said, None)
    past[total.said] = now
    while len(past) > PAST_MAX or now - next(iter(past.values())) > PAST_MS:
        del past[next(iter(past))]


def _was_so(total: WalletTotal, coins: Decimal, since_ms: int) -> bool:
    """Whether the wallet was last said to hold so much then or later, and not now."""
    return total.words.past.get(coins, NEVER) >= since_ms


def _append(book: AssetBook, pending: Pending) -> None:
    """Keep an amount; of too many, those of one wallet, kind and sign become one, the newest."""
    if len(book.pending) >= PENDING_MAX:
        merged: dict[tuple[WalletId, bool, bool], Pending] = {}
        for each in book.pending:
            kind = (each.wallet, each.from_fill, each.amount.is_signed())
            before = merged[kind].amount if kind in merged else ZERO
            merged[kind] = replace(each, amount=before + each.amount)
        book.pending = list(merged.values())
    book.pending.append(pending)


def _forget_fills(book: AssetBook, balance: Balance, requested_ms: int, *, overdue: bool) -> None:
    """A re-read that shows no further change proves that earlier fills are in the total.

    Where changes of the wallet are pending, one of them contains the fill: it is confirmed, and
    taken out of the first that is younger. What is left may fit a record.
    """

    def shown(pending: Pending) -> bool:
        dated = overdue or balance.venue_ms >= pending.venue_ms
        return (
            pending.from_fill
            and pending.wallet == balance.wallet
            and pending.since_ms < requested_ms
            and dated
        )

    fills = [pending for pending in book.pending if shown(pending)]
    _drop(book, fills)
    for fill in fills:
        _take_out(book, fill)


def _take_out(book: AssetBook, fill: Pending) -> None:
    mine = [p for p in book.pending if p.wallet == fill.wallet and not p.from_fill]
    if not mine:
        return
    book.totals[fill.wallet].confirmed += fill.amount
    shows = next((p for p in mine if _may_show(p, fill)), None)
    if shows is None:
        book.pending.append(replace(mine[0], amount=-fill.amount))
        return
    less = replace(shows, amount=shows.amount - fill.amount)
    changed = (less if pending is shows else pending for pending in book.pending)
    book.pending = [pending for pending in changed if pending.amount != ZERO]


def _may_show(change: Pending, fill: Pending) -> bool:
    """Whether it is the younger of the two: by the venue's dates, else by when we heard of them."""
    if change.venue_ms:
        return change.venue_ms >= fill.venue_ms
    return change.since_ms >= fill.since_ms


def _match(book: AssetBook, wallet: WalletId) -> Decimal:
    """Pair runs of fills with runs of changes of equal sum; what pairs is confirmed."""
    fills = [p for p in book.pending if p.from_fill and p.wallet == wallet]
    if not fills:
        return ZERO
    changes = [p for p in book.pending if not p.from_fill and p.wallet == wallet]
    if not changes or len(fills) + len(changes) > MATCH_MAX:
        return ZERO
    fill_sums = _prefix_sums(fills)
    for start in range(len(changes)):
        for count, amount in enumerate(_prefix_sums(changes[start:]), 1):
            if amount in fill_sums:
                paired = fills[: fill_sums.index(amount) + 1] + changes[start : start + count]
                _drop(book, paired)
                book.totals[wallet].confirmed += amount
                return amount
    return ZERO


def _prefix_sums(run: list[Pending]) -> list[Decimal]:
    sums: list[Decimal] = []
    for pending in run:
        sums.append((sums[-1] if sums else ZERO) + pending.amount)
    return sums
