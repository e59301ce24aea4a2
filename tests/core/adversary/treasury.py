"""Withdrawals as they really are, and what the venue's records tell of them when."""

from dataclasses import dataclass, replace
from decimal import Decimal as D

from hedgebot.domain.events import Balance, BalanceSeen
from hedgebot.domain.withdrawals import Withdrawal, WithdrawalState
from tests.core.adversary.plan import Item
from tests.core.adversary.truth import ZERO, Change, Truth
from tests.core.adversary.weather import Weather
from tests.core.adversary.wire import Wire
from tests.core.world import SPOT_WALLET

FEE = D("0.0004")
NEVER_MS = 2**62


@dataclass(slots=True)
class Taken:
    """Coins that were withdrawn."""

    record: Withdrawal
    """As it is at first."""
    qty: D
    """Coins that arrive, if they do."""
    change: Change
    """Of the wallet."""
    shown_ms: int
    """Our clock, when the venue's record of it appears."""
    over_ms: int = NEVER_MS
    """When the record names its end."""
    end: WithdrawalState = WithdrawalState.DONE
    back: Change | None = None
    """Of the wallet, where the coins came back."""
    arrived_ms: int | None = None
    """When a person said that they arrived."""
    unsure: bool = False
    """A person told of coins that may be these."""

    @property
    def debit(self) -> D:
        return -self.change.gross

    def known(self, now: int) -> Withdrawal | None:
        """The record as the venue tells it now."""
        if now < self.shown_ms:
            return None
        return replace(self.record, state=self.end) if now >= self.over_ms else self.record


class Treasury:
    """Takes coins out of the spot wallet; some come back, some arrive elsewhere."""

    def __init__(self, truth: Truth, weather: Weather, wire: Wire) -> None:
        self._agenda, self._truth = truth.agenda, truth
        self._weather, self._wire = weather, wire
        self.taken: list[Taken] = []

    @property
    def changes(self) -> list[Change]:
        """Everything that happened to wallets and positions."""
        return self._truth.changes

    def records(self, since_ms: int) -> tuple[Withdrawal, ...]:
        """What the venue tells now."""
        known = (each.known(self._agenda.now) for each in self.taken)
        return tuple(r for r in known if r is not None and r.applied_ms >= since_ms)

    def withdraw(self, item: Item) -> None:
        """Coins leave; `how` is `<fee>:<end>:<after ms>`, `ms` when the record appears."""
        fee_how, _, fate = item.how.partition(":")
        fee = ZERO if fee_how == "free" else FEE
        total = self._truth.wallets[SPOT_WALLET].last.qty
        debit = min(abs(D(item.size)), total)
        if debit <= fee:
            return
        self._weather.effects[f"withdraw {fate.partition(':')[0]}"] += 1
        now, truth = self._agenda.now, self._truth
        record = Withdrawal(
            record_id=f"w{len(self.taken) + 1}",
            coin="BTC",
            qty=debit if fee_how == "inside" else debit - fee,
            fee=fee,
            state=WithdrawalState.OPEN,
            applied_ms=truth.venue_ms // 1_000 * 1_000,
        )
        shown_ms = now + item.ms if item.ms >= 0 else NEVER_MS
        taken = Taken(record, debit - fee, self._move(-debit), shown_ms)
        self.taken.append(taken)
        end, _, after_ms = fate.partition(":")
        if end != "open":
            taken.end = WithdrawalState(end)
            taken.over_ms = now + int(after_ms)
        if taken.end is WithdrawalState.FAILED:
            early_ms = self._weather.rng.choice((0, 0, 700, -1_500))
            self._agenda.at(max(now + 1, taken.over_ms - early_ms), lambda: self._return(taken))

    def _return(self, taken: Taken) -> None:
        taken.back = self._move(taken.debit)

    def _move(self, gross: D) -> Change:
        truth, version = self._truth, self._truth.move(SPOT_WALLET, gross)
        index = truth.wallets[SPOT_WALLET].count - 1
        change = Change(
            self._agenda.now, truth.venue_ms, gross=gross, wallet=SPOT_WALLET, version=index
        )
        truth.changes.append(change)
        told = Balance(SPOT_WALLET, "BTC", version.qty, version.venue_ms)
        self._wire.say("spot", BalanceSeen(told))
        return change

    def on_the_way(self, item: Item) -> list[Taken]:
        """Coins that a person says have arrived now."""
        mine = [t for t in self.taken if t.arrived_ms is None and t.end is not FAILED]
        return mine if item.how == "all" else mine[-1:]


FAILED = WithdrawalState.FAILED
