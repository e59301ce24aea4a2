"""Commands about withdrawals: coins leave the spot wallet, and their record lives on."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from hedgebot.sim.control.market import positive
from hedgebot.sim.control.told import Command, Misunderstood, Reach, Told, command
from hedgebot.sim.exchange import Exchange
from hedgebot.sim.records import WithdrawalRecord, WithdrawalStatus
from hedgebot.venue_model import treasury

ZERO = Decimal(0)


def withdraw(reach: Reach, told: Told) -> object:
    """Coins leave the spot wallet for outside: `qty` in all, of which the venue keeps `fee`.

    The record appears `record_after_ms` later, or with `record: false` never. Its amount is
    without the fee, or with `fee_inside: true` with it.
    """
    exchange, asset, qty = reach.exchange, told.text("asset"), positive(told, "qty")
    fee = told.decimal("fee") if told.has("fee") else ZERO
    if not ZERO <= fee < qty:
        raise Misunderstood(f"fee is {fee}, of {qty}")
    status = status_of(told, WithdrawalStatus.COMPLETED)
    inside, recorded = told.flag("fee_inside", default=False), told.flag("record", default=True)
    after_ms = told.number("record_after_ms", 0)
    number, now = exchange.records.next_reference(), exchange.clock.now_ms()
    treasury.withdraw(exchange.venue, asset, qty, number)
    if recorded:
        exchange.records.withdrawals[number] = WithdrawalRecord(
            ref=number,
            asset=asset,
            left=qty,
            told=qty if inside else qty - fee,
            fee=fee,
            status=status,
            applied_ms=now,
            shown_ms=now + after_ms,
            completed_ms=now if status is WithdrawalStatus.COMPLETED else 0,
        )
    return number


def withdrawal(reach: Reach, told: Told) -> object:
    """A withdrawal gets another status; of one that fails all coins come back.

    `status_after_ms` and `coins_after_ms` say how much later either of the two happens.
    """
    exchange = reach.exchange
    record = exchange.records.withdrawals.get(told.number("id"))
    if record is None:
        raise Misunderstood("no record has this id")
    status = status_of(told)
    if record.status.failed:
        raise Misunderstood("it has failed already")
    later(told.number("status_after_ms", 0), partial(change_status, exchange, record, status))
    if status.failed:
        later(told.number("coins_after_ms", 0), partial(give_back, exchange, record))
    return None


def status_of(told: Told, default: WithdrawalStatus | None = None) -> WithdrawalStatus:
    """`status`: a word in small letters, like `processing`.

    Raises:
        Misunderstood: no such word, or none and no default.
    """
    word = told.text("status", default.name.lower() if default is not None else None)
    found = {each.name.lower(): each for each in WithdrawalStatus}.get(word)
    if found is None:
        known = ", ".join(each.name.lower() for each in WithdrawalStatus)
        raise Misunderstood(f"status is {word}, not one of {known}")
    return found


def change_status(exchange: Exchange, record: WithdrawalRecord, status: WithdrawalStatus) -> None:
    """The record says so from now on."""
    now = exchange.clock.now_ms() if status is WithdrawalStatus.COMPLETED else 0
    exchange.records.withdrawals[record.ref] = replace(record, status=status, completed_ms=now)


def give_back(exchange: Exchange, record: WithdrawalRecord) -> None:
    """The coins are in the spot wallet again, the fee too."""
    treasury.return_withdrawal(exchange.venue, record.asset, record.left, record.ref)


def later(after_ms: int, act: Callable[[], None]) -> None:
    """Now, or in a moment."""
    if after_ms:
        asyncio.get_running_loop().call_later(after_ms / 1000, act)
    else:
        act()


COMMANDS: dict[str, Command] = {
    "withdraw": command(withdraw, "asset qty fee fee_inside status record record_after_ms"),
    "withdrawal": command(withdrawal, "id status status_after_ms coins_after_ms"),
}
