"""Random histories of the modelled venue: the books sum exactly, and any hole is exactly itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from hedgebot.domain.instruments import Side, WalletId
from hedgebot.domain.ledger import Posting, PostingCause, RecordSource, WalletReading
from hedgebot.ledger.double import balances
from hedgebot.ledger.exact import ZERO, total
from hedgebot.ledger.statement import Evidence, Statement, statement
from hedgebot.venue_model import derivatives, liquidation, spot, treasury
from hedgebot.venue_model.ledger import Cause, Row
from hedgebot.venue_model.rejections import Rejected
from hedgebot.venue_model.venue import Venue
from tests.ledger.samples import mark
from tests.venue_model.worlds import SYMBOL, World, world

D = Decimal
CAUSES = {
    Cause.DEPOSIT: PostingCause.DEPOSIT,
    Cause.WITHDRAWAL: PostingCause.WITHDRAWAL,
    Cause.TRANSFER: PostingCause.TRANSFER,
    Cause.TRADE: PostingCause.TRADE,
    Cause.REALIZED_PNL: PostingCause.TRADE,
    Cause.FEE: PostingCause.FEE,
    Cause.FUNDING: PostingCause.FUNDING,
    Cause.INTEREST: PostingCause.INTEREST,
    Cause.INSURANCE: PostingCause.LIQUIDATION,
}
QTYS = st.integers(1, 3_000).map(lambda n: D(n) / 1000)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ("spot", "futures", "deposit", "withdraw", "transfer", "fund", "interest", "mark")
        ),
        st.sampled_from(Side),
        QTYS,
    ),
    min_size=1,
    max_size=25,
)


@dataclass
class History:
    """A venue that lives on, and a wallet reading after each act."""

    world: World = field(default_factory=world)
    readings: dict[str, list[WalletReading]] = field(
        default_factory=lambda: {"spot": [], "futures": []}
    )

    def live(self, acts: list[tuple[str, Side, Decimal]]) -> None:
        self.read()
        for name, side, qty in acts:
            self.world.now[0] += 1_000
            try:
                self.act(name, side, qty)
            except Rejected:
                continue
            self.world.now[0] += 1_000
            self.read()

    def act(self, name: str, side: Side, qty: Decimal) -> None:
        venue, ref = self.world.venue, self.world.now[0]
        futures = venue.futures
        mark_ = D(50_000) + 20_000 * side.value
        acts: dict[str, Callable[[], object]] = {
            "spot": lambda: spot.place(venue.spot, self.world.ticket(side, str(qty))),
            "futures": lambda: derivatives.place(futures, self.world.ticket(side, str(qty))),
            "deposit": lambda: treasury.deposit(venue, "BTC", qty, ref),
            "withdraw": lambda: treasury.withdraw(venue, "BTC", qty, ref),
            "transfer": lambda: transfer(venue, qty * 1000 * side.value, ref),
            "fund": lambda: treasury.pay_funding(futures, SYMBOL),
            "interest": lambda: treasury.pay_interest(venue, "BNB", qty, ref),
            "mark": lambda: liquidation.mark_moved(futures, SYMBOL, mark_, mark_),
        }
        acts[name]()

    def read(self) -> None:
        venue = self.world.venue
        now = self.world.now[0]
        for name, totals in (
            ("spot", venue.spot.wallet.totals),
            ("futures", venue.futures.desk.wallet.totals),
        ):
            self.readings[name].append(
                WalletReading(
                    at_ms=now,
                    wallet=WalletId(name),
                    balances=tuple(totals.items()),
                    from_ms=now - 100,
                    to_ms=now + 100,
                )
            )

    def records(self, name: str) -> list[Posting]:
        rows = self.world.venue.ledger.rows
        return [
            posting_of(row)
            for row in rows
            if row.wallet.value == name and row.cause is not Cause.OPENING
        ]

    def statement(self, name: str, records: list[Posting]) -> Statement:
        marks = [mark(self.world.now[0] + 1_000_000, venue=name)]
        return statement(Evidence(WalletId(name), self.readings[name], records, marks))


def transfer(venue: Venue, into_futures: Decimal, ref: int) -> None:
    treasury.transfer_futures_half(venue.futures, "USDT", into_futures, ref)
    treasury.transfer_spot_half(venue, "USDT", -into_futures, ref)


def posting_of(row: Row) -> Posting:
    return Posting(
        at_ms=row.at_ms,
        wallet=WalletId(row.wallet.value),
        asset=row.asset,
        change=row.change,
        cause=CAUSES[row.cause],
        source=RecordSource.INCOME,
        word=row.cause.value,
        ref=str(row.seq),
        venue_ms=row.at_ms,
        until_ms=row.at_ms,
    )


@given(ACTS)
@limits(max_examples=150, deadline=None)
def test_postings_sum_to_the_balances_exactly(acts: list[tuple[str, Side, Decimal]]) -> None:
    history = History()
    history.live(acts)
    for name in ("spot", "futures"):
        if len(history.readings[name]) < 2:
            continue
        found = history.statement(name, history.records(name))
        assert found.closing == history.readings[name][-1]
        assert found.unexplained == ()
        for line in found.lines:
            assert total((line.opening, *line.causes.values())) == line.closing
        for (account, asset), held in balances(found.postings).items():
            if account.startswith("wallet "):
                assert found.opening
                assert held == found.closing.balance(asset) - found.opening.balance(asset)


@given(ACTS, st.data())
@limits(max_examples=150, deadline=None)
def test_a_record_that_is_missing_is_the_unexplained(
    acts: list[tuple[str, Side, Decimal]], data: st.DataObject
) -> None:
    history = History()
    history.live(acts)
    name = data.draw(st.sampled_from(["spot", "futures"]))
    records = history.records(name)
    if not records:
        return
    missing = data.draw(st.sampled_from(records))
    found = history.statement(name, [each for each in records if each is not missing])
    (only,) = found.unexplained
    assert (only.wallet, only.asset, only.change) == (WalletId(name), missing.asset, missing.change)
    assert only.from_ms < missing.venue_ms < only.to_ms
    left = {line.asset: line.unexplained for line in found.lines}
    assert left.pop(missing.asset) == missing.change
    assert all(rest == ZERO for rest in left.values())
