"""`run`: one settings' policy over one history. The same `step` as live decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import numpy as np

from hedgebot.core.policy import Policy
from hedgebot.core.state import State
from hedgebot.domain.instruments import Instrument, InstrumentId, Kind, WalletId
from hedgebot.research.backtest.driver import driver_of
from hedgebot.research.backtest.exchange import Clock, Exchange, begin, endow, exchange_of
from hedgebot.research.backtest.flows import Flow
from hedgebot.research.backtest.markets import listings
from hedgebot.research.backtest.options import BacktestRefused, Options
from hedgebot.research.backtest.play import Happening, Stage, standing_of, wallet_for
from hedgebot.research.backtest.quiet import quiet_of
from hedgebot.research.backtest.records import Diary, Standing
from hedgebot.research.backtest.tape import Tape, tape_of
from hedgebot.research.history import History

LEAD_IN_MS = 10_000
"""Before the first price: feeds come up, wallets are read."""
COINS = Decimal(10)
Opened = Mapping[tuple[WalletId, str], Decimal]
ZERO = Decimal(0)
Progress = Callable[[int, int], None]
"""Moments heard, or passed over, and all there are."""


@dataclass(frozen=True, slots=True)
class Played:
    """A run that is over."""

    policy: Policy
    options: Options
    tape: Tape
    exchange: Exchange
    opening: Standing
    wallets: dict[tuple[WalletId, str], Decimal]
    """At the beginning."""
    diary: Diary
    flows: tuple[Flow, ...]
    state: State
    """Of the decision, at the end."""
    heard: int
    """Moments that were fed to `step`; the others were passed over."""


def play(
    policy: Policy,
    history: History,
    flows: Sequence[Flow] = (),
    options: Options | None = None,
    *,
    progress: Progress | None = None,
) -> Played:
    """Play a history.

    Raises:
        BacktestRefused: something is missing, or cannot be played as asked.
    """
    options = options or Options()
    listed = listings(policy, options.frictions.fee)
    tape = tape_of(policy, history, options, listed)
    clock = Clock(int(tape.times[0]) - LEAD_IN_MS)
    exchange = exchange_of(policy.venues, listed, clock)
    _open(policy, exchange, tape, options)
    for flow in flows:
        wallet_for(policy, exchange, flow)
    stage = Stage(policy, tape, exchange, options.frictions)
    stage.driver = driver_of(policy, exchange, stage.send, options.frictions.latency_ms)
    opening, wallets = standing_of(policy, exchange, tape, 0), _held(exchange)
    stage.stand()
    stage.driver.start(int(tape.times[0]) - LEAD_IN_MS // 2)
    heard = _through(stage, _happenings(stage, flows), options, progress or _unseen)
    return Played(
        policy=policy,
        options=options,
        tape=tape,
        exchange=exchange,
        opening=opening,
        wallets=wallets,
        diary=stage.driver.diary,
        flows=tuple(flows),
        state=stage.driver.state,
        heard=heard,
    )


def _held(exchange: Exchange) -> dict[tuple[WalletId, str], Decimal]:
    """Every wallet as it is now."""
    return {
        (entry.wallet_id, asset): total
        for entry in exchange.entries.values()
        for asset, total in entry.wallet.totals.items()
    }


def _through(stage: Stage, coming: list[Happening], options: Options, progress: Progress) -> int:
    """Every moment that matters, with what happens between them. Returns how many were heard."""
    tape, heard, at = stage.tape, 0, 0
    quiet = None if options.everything else quiet_of(stage)
    total, done = len(tape.times), 0
    while at < total:
        limit = _before(tape, coming[done].at_ms) if done < len(coming) else total - 1
        for each in quiet.next(at, max(at, limit)) if quiet and heard else (at,):
            while done < len(coming) and coming[done].at_ms < tape.times[each]:
                done = _happen(stage, coming, done)
            stage.hear(each)
            heard, at = heard + 1, each + 1
            while done < len(coming) and coming[done].at_ms == tape.times[each]:
                done = _happen(stage, coming, done)
        progress(at, total)
    stage.driver.run_until(int(tape.times[-1]) + LEAD_IN_MS)
    return heard


def _before(tape: Tape, at_ms: int) -> int:
    """The last moment at or before a time."""
    return int(tape.times.searchsorted(at_ms, side="right")) - 1


def _happen(stage: Stage, coming: list[Happening], done: int) -> int:
    each = coming[done]
    clock = stage.exchange.clock
    dark = stage.dark(stage.at) if stage.at >= 0 else set()
    stage.driver.run_until(each.at_ms, dark=dark)
    clock.now_ms = max(clock.now_ms, each.at_ms)
    stage.driver.alive(dark=dark)
    stage.driver.audited()
    each.what()
    return done + 1


def _happenings(stage: Stage, flows: Sequence[Flow]) -> list[Happening]:
    """Funding, flows and gaps in order of time. A flow counts from the next price on; where that
    does not come for longer than a bar, from its own time.
    """
    tape = stage.tape
    first, last = int(tape.times[0]), int(tape.times[-1])
    found = [Happening(due.at_ms, 0, partial(stage.settle, due)) for due in tape.settlements]
    for flow in flows:
        if first <= flow.at_ms <= last:
            then = int(tape.times[tape.times.searchsorted(flow.at_ms)])
            at_ms = then if then - flow.at_ms < tape.step_ms else flow.at_ms
            found.append(Happening(at_ms, 1, partial(stage.flow, flow)))
    age_ms = stage.policy.limits.mark_age_ms_max
    for gap in tape.dark:
        at_ms = gap.begin_ms + age_ms + 1
        if at_ms < gap.end_ms:
            found.append(Happening(at_ms, 2, partial(stage.unlit, gap)))
    return sorted(found, key=lambda each: (each.at_ms, each.order))


def _open(policy: Policy, exchange: Exchange, tape: Tape, options: Options) -> None:
    """Wallets and positions at the beginning."""
    for own, listing in exchange.listed.items():
        row = tape.rows.index(own)
        mark = Decimal(repr(float(tape.mark[row][~np.isnan(tape.mark[row])][0])))
        begin(exchange.at(own), listing.instrument, mark, qty=ZERO, price=mark)
    told = dict(options.opening.wallets) or _usual(policy, exchange)
    for (wallet_id, asset), qty in (_margin(exchange, tape, told) | told).items():
        entry = exchange.entries.get(wallet_id.partition(":")[0])
        if entry is None or entry.wallet_id != wallet_id:
            there = ", ".join(each.wallet_id for each in exchange.entries.values())
            raise BacktestRefused(f"{wallet_id}: no such wallet; there are {there}")
        endow(entry, asset, qty)
    if options.opening.hedged:
        _hedge(policy, exchange, tape)


def _usual(policy: Policy, exchange: Exchange) -> dict[tuple[WalletId, str], Decimal]:
    """Ten coins of each hedged asset where coins are kept."""
    found: dict[tuple[WalletId, str], Decimal] = {}
    spot = next((each for each in exchange.entries.values() if each.futures is None), None)
    for hedge in policy.hedges:
        kept = spot or next((exchange.at(own) for own in hedge.instruments
                             if _kind(exchange, own) is Kind.INVERSE), None)  # fmt: skip
        if kept is not None:
            found[kept.wallet_id, hedge.asset] = COINS
        for own in hedge.instruments:
            if spot is not None and _kind(exchange, own) is Kind.INVERSE:
                found[exchange.at(own).wallet_id, hedge.asset] = COINS
    return found


def _margin(exchange: Exchange, tape: Tape, told: Opened) -> dict[tuple[WalletId, str], Decimal]:
    """The worth of the coins in each wallet of linear perpetuals of which nothing is told."""
    prices = {asset: Decimal(repr(float(each[0]))) for asset, each in tape.spot.items()}
    worth = sum((round(qty * prices.get(asset, ZERO), 2) for (_, asset), qty in told.items()), ZERO)
    named = {wallet_id for wallet_id, _ in told}
    return {
        (entry.wallet_id, "USDT"): max(worth, ZERO)
        for entry in exchange.entries.values()
        if entry.futures is not None
        and entry.futures.kind is Kind.LINEAR
        and entry.wallet_id not in named
    }


def _kind(exchange: Exchange, own: InstrumentId) -> Kind:
    return exchange.listed[own].instrument.kind


def _hedge(policy: Policy, exchange: Exchange, tape: Tape) -> None:
    """Each hedge's first instrument holds what brings it to its target, whole lots."""
    standing = dict(standing_of(policy, exchange, tape, 0).coins)
    for hedge in policy.hedges:
        own = hedge.instruments[0]
        carrier, row = exchange.listed[own].carrier, tape.rows.index(own)
        price = Decimal(repr(float(tape.value[row, 0])))
        gross = standing[hedge.asset]
        target = hedge.target if hedge.target is not None else (1 - (hedge.ratio or ZERO)) * gross
        lots = _lots(carrier, target - gross, price)
        begin(exchange.at(own), carrier, price, qty=lots, price=price)


def _lots(instrument: Instrument, coins: Decimal, price: Decimal) -> Decimal:
    """So much delta in the venue's unit, whole lots, towards zero."""
    if instrument.kind is Kind.INVERSE:
        return (coins * price / instrument.units_per_contract).to_integral_value("ROUND_DOWN")
    step = instrument.lot
    return (coins / instrument.coins_per_unit / step).to_integral_value("ROUND_DOWN") * step


def _unseen(_done: int, _total: int) -> None:
    """Nobody looks."""
