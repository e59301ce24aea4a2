"""The books of a daemon against the exchange's own ledger, cause by cause."""

import json
import signal
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hedgebot.cli.books import account_of
from hedgebot.errors import JournalError, StartRefused
from tests.process.town import Town, until

CAUSES = {
    "deposit": "deposit",
    "withdrawal": "withdrawal",
    "transfer": "transfer",
    "trade": "trade",
    "realized pnl": "trade",
    "fee": "fee",
    "funding": "funding",
    "insurance": "liquidation",
    "interest": "interest",
}
"""The exchange's words for why a balance changed, and ours."""
WALLETS = {"spot": "spot:spot", "futures": "perp:futures"}
EVERY_S = "[books]\nevery_s = 1\n"
SETTLED_S = 40.0
"""A listing vouches for what is 5 s older than it; sweeps and processes take their time too."""
Report = dict[str, Any]
Sums = dict[tuple[str, str, str], Decimal]


def report(town: Town, *more: str) -> Report:
    answer = town.cli("journal", "ledger", "--json", *more)
    assert answer.returncode == 0, answer.stderr
    return dict(json.loads(answer.stdout))


def ends(town: Town) -> dict[str, tuple[int, int]]:
    """When each wallet's statement begins and ends; 0 where it does not yet."""
    try:
        with town.rows() as rows:
            found, _ = account_of(rows, 0)
    except (JournalError, StartRefused):
        return {}
    return {
        each.wallet: (
            each.opening.from_ms if each.opening else 0,
            each.closing.to_ms if each.closing else 0,
        )
        for each in found.statements
    }


async def closed(town: Town, *more: str) -> Report:
    """The report, once both wallets are closed after everything that has happened so far."""
    since = town.plane.state()["now_ms"] + 500

    def ready() -> bool:
        found = ends(town)
        return len(found) == 2 and all(end > since for _, end in found.values())

    await until(ready, SETTLED_S)
    return report(town, *more)


async def opened(town: Town) -> None:
    """A daemon that keeps books, once both wallets have an opening and the hedge stands."""
    town.write_settings(more=EVERY_S)
    town.start()

    def ready() -> bool:
        found = ends(town)
        return len(found) == 2 and all(begin for begin, _ in found.values())

    await until(ready, SETTLED_S)
    await town.hedged()


def told(found: Report) -> Sums:
    """What the books say changed, by wallet, asset and cause."""
    return {
        (line["wallet"], line["asset"], cause): Decimal(change)
        for line in found["assets"]
        for cause, change in line["causes"].items()
    }


def true(town: Town, found: Report, wallets: Mapping[str, str] = WALLETS) -> Sums:
    """The same from the exchange's own ledger, in the window of each wallet's statement."""
    windows = {each["wallet"]: (each["from_ms"], each["to_ms"]) for each in found["wallets"]}
    sums: Sums = defaultdict(Decimal)
    for row in town.plane.state()["ledger"]:
        wallet = wallets.get(row["wallet"], "")
        from_ms, to_ms = windows.get(wallet, (0, 0))
        if from_ms < row["at_ms"] < to_ms:
            sums[wallet, row["asset"], CAUSES[row["cause"]]] += Decimal(row["change"])
    return dict(sums)


def left(found: Report) -> dict[tuple[str, str], Decimal]:
    """Unexplained by wallet and asset."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for each in found["unexplained"]:
        assert each["from_ms"] < each["to_ms"]
        sums[each["wallet"], each["asset"]] += Decimal(each["change"])
    return dict(sums)


async def busy_day(town: Town) -> None:
    """Every cause that the exchange has; at the end the whole account is liquidated."""
    plane = town.plane
    plane.tell("trade", market="spot", symbol="BTCUSDT", side="BUY", qty="0.5")
    await town.hedged_after(2)
    plane.tell("deposit", asset="BTC", qty="1.25")
    plane.tell("deposit", asset="ETH", qty="3")
    await town.hedged_after(3)
    plane.tell("funding_rate", symbol="BTCUSDT", rate="0.00031")
    plane.tell("fund", symbol="BTCUSDT")
    plane.tell("transfer", asset="USDT", qty="1234.5", to="futures", delay_ms=700)
    plane.tell("transfer", asset="USDT", qty="99.00000001", to="spot", first="spot", delay_ms=300)
    plane.tell("withdraw", asset="BTC", qty="0.75")
    plane.tell("interest", asset="USDT", qty="0.12345678")
    await town.hedged_after(4)
    plane.tell("trade", market="futures", symbol="BTCUSDT", side="BUY", qty="0.2")
    await town.hedged_after(5)
    plane.tell("liquidate", symbol="BTCUSDT", qty="0.3")
    await town.hedged_after(6)
    town.ask(ask="pause")
    plane.tell("mark", symbol="BTCUSDT", mark="900000", index="900000")


async def test_the_books_are_the_exchanges_own_ledger_cause_by_cause(town: Town) -> None:
    await opened(town)
    await busy_day(town)
    found = await closed(town, "--rows")
    assert told(found) == true(town, found)
    assert found["unexplained"] == []
    assert found["refused"] == []
    assert found["disputed"] == []
    assert {cause for _, _, cause in told(found)} == set(CAUSES.values())
    assert found["in_transfer"] == {}
    for line in found["assets"]:
        changes = [Decimal(change) for change in line["causes"].values()]
        assert sum(changes, Decimal(line["opening"])) == Decimal(line["closing"])
    fees = [row for row in found["rows"] if row["cause"] == "fee" and row["asset"] == "BTC"]
    assert [row["change"] for row in fees] == ["-0.0005"], "a fee in the coin that was bought"
    assert len({json.dumps(row) for row in found["rows"]}) == len(found["rows"])


def hide_what_comes_next(town: Town) -> list[tuple[str, str]]:
    """The next record of each listing is told to nobody; `strange_day` makes them in this order."""
    first = town.plane.tell("deposit", asset="ETH", qty="2") + 1
    state = town.plane.state()
    trade = max((row["trade_id"] for row in state["fills"]["spot"]), default=0) + 1
    hidden = [
        ("deposits", f"d{first}"),
        ("withdrawals", f"w{first + 1}"),
        ("transfers", str(first + 2)),
        ("dividends", str(first + 3)),
        ("spot_trades", str(trade)),
        ("income", str(max(state["income"]) + 2)),
    ]
    for listing, number in hidden:
        town.plane.tell("hide_record", listing=listing, id=number)
    return hidden


def strange_day(town: Town) -> dict[tuple[str, str], Decimal]:
    """One record of each listing that is hidden; what they leave unexplained."""
    plane = town.plane
    plane.tell("deposit", asset="ETH", qty="0.7")
    plane.tell("withdraw", asset="BTC", qty="0.004")
    plane.tell("transfer", asset="USDT", qty="5", to="futures")
    plane.tell("interest", asset="BNB", qty="0.25")
    plane.tell("funding_rate", symbol="BTCUSDT", rate="0.00031")
    payment = Decimal(plane.tell("fund", symbol="BTCUSDT"))
    assert payment
    plane.tell("events", market="spot", kind="lose", event="executionReport", count=2)
    plane.tell("trade", market="spot", symbol="ETHUSDT", side="BUY", qty="1")
    lost: dict[str, Decimal] = defaultdict(Decimal)
    for row in plane.state()["ledger"]:
        if row["symbol"] == "ETHUSDT":
            lost[row["asset"]] += Decimal(row["change"])
    return {
        ("spot:spot", "ETH"): Decimal("0.7") + lost["ETH"],
        ("spot:spot", "BTC"): Decimal("-0.004"),
        ("spot:spot", "USDT"): lost["USDT"] - 5,
        ("spot:spot", "BNB"): Decimal("0.25"),
        ("perp:futures", "USDT"): payment,
    }


async def test_a_record_that_nobody_tells_is_named_by_wallet_asset_and_amount(town: Town) -> None:
    await opened(town)
    hidden = hide_what_comes_next(town)
    expected = strange_day(town)
    found = await closed(town)
    assert left(found) == expected
    said = town.cli("journal", "ledger").stdout
    assert "UNEXPLAINED: spot:spot BTC -0.004 between " in said
    for listing, number in hidden:
        town.plane.tell("hide_record", listing=listing, id=number, on=False)
    assert left(await closed(town)) == {}, "told late, and all is explained"


async def test_a_killed_daemon_posts_nothing_twice_and_loses_nothing(town: Town) -> None:
    await opened(town)
    for _ in range(3):
        town.plane.tell("trade", market="spot", symbol="ETHUSDT", side="SELL", qty="1")
        town.plane.tell("deposit", asset="BTC", qty="0.5")
        assert town.child is not None
        town.child.send_signal(signal.SIGKILL)
        await town.ended()
        town.plane.tell("trade", market="spot", symbol="ETHUSDT", side="BUY", qty="1.5")
        town.plane.tell("fund", symbol="BTCUSDT")
        town.start()
        await town.hedged()
    found = await closed(town, "--rows")
    assert told(found) == true(town, found)
    assert found["unexplained"] == []
    keys = [(row["source"], row["word"], row["ref"], row["asset"]) for row in found["rows"]]
    assert len(set(keys)) == len(keys)


async def test_a_dry_run_has_no_books(town: Town) -> None:
    town.write_settings(mode="dry-run", more=EVERY_S)
    town.start()
    await until(town.status)
    found = report(town)
    assert "dry run" in found["note"]
    assert found["assets"] == []
    assert "GET /fapi/v1/income" not in town.requests()
