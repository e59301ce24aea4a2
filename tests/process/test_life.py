"""Starting, stopping, dry runs, secrets, alerts: the life of a daemon as a process."""

import asyncio
import json
import signal
import time
from contextlib import suppress
from decimal import Decimal as D

import pytest

from tests.process.mailbox import mailbox
from tests.process.town import Town, until

pytestmark = pytest.mark.process
READS = ("GET ", "WS ")
LISTEN_KEY = "/fapi/v1/listenKey"


async def test_sigterm_ends_with_0_within_10_s_though_the_venue_answers_nothing(
    town: Town,
) -> None:
    town.start()
    await town.hedged()
    town.plane.tell("fault", name="f", kind="delay_request", path="/fapi/*", ms=60_000, count=999)
    town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty="1")
    await until(lambda: (town.status() or {}).get("open_orders"))
    began = time.monotonic()
    assert town.stop() == 0
    assert time.monotonic() - began < 10
    assert town.lines("ended")[-1]["exit_code"] == 0


async def test_sigterm_while_starting_ends_with_0(town: Town) -> None:
    town.plane.tell("fault", name="slow", kind="delay_reply", path="/*", ms=30_000, count=999)
    town.start()
    await until((town.folder / "town.db").exists)
    await asyncio.sleep(0.5)
    began = time.monotonic()
    assert town.stop() == 0
    assert time.monotonic() - began < 10


async def test_ctrl_c_is_a_stop_like_any_other(town: Town) -> None:
    town.start()
    await town.hedged()
    assert town.child is not None
    town.child.send_signal(signal.SIGINT)
    assert await town.ended() == 0
    assert not (town.folder / "town.db.sock").exists()


async def test_invariant_11_no_secret_is_in_log_journal_or_answer(town: Town) -> None:
    town.write_settings(more="")
    text = town.config.read_text().replace('format = "json"', 'format = "json"\nlevel = "debug"')
    town.config.write_text(text)
    town.start()
    await town.hedged()
    for kind in ("drop_reply", "fail_before", "fail_after"):
        town.plane.tell("fault", name=kind, kind=kind, path="/*", count=3)
        with suppress(ValueError):  # it may be dead already
            town.plane.tell("expire_listen_key")
        await asyncio.sleep(0.5)
    town.plane.tell("clear")
    status = town.cli("status", "--json")
    checked = town.cli("check", "--json")
    town.stop()
    said = town.log.read_bytes() + (status.stdout + checked.stdout + checked.stderr).encode()
    said += b"".join(path.read_bytes() for path in town.folder.glob("town.db*") if path.is_file())
    for secret in (b"local-secret", b"local-key", b"signature=", b"listenKey="):
        assert secret not in said


async def test_every_rebalance_is_one_log_line_and_one_alert(
    town: Town, unused_tcp_port: int
) -> None:
    town.environ["HEDGEBOT_ALERTS__URLS"] = json.dumps([f"json://127.0.0.1:{unused_tcp_port}/"])
    async with mailbox(unused_tcp_port) as received:
        town.start()
        await town.hedged()
        for qty in ("1", "2"):
            town.plane.tell("trade", market="spot", symbol="BTCUSDT", side="SELL", qty=qty)
            await until(lambda: town.hedge().get("net_delta") == "0")
            await town.hedged()
        await until(lambda: len(received) >= 3)
        town.stop()
    texts = [letter["message"] for letter in received]
    assert [text.split(" on ")[0] for text in texts] == [
        "BTC: sold 10",
        "BTC: bought 1",
        "BTC: bought 2",
    ]
    for part in ("because sold 1 on spot", "cost ", "net delta 0 BTC"):
        assert part in texts[1]
    filled = [line for line in town.lines("decision") if line["reason"] == "filled"]
    assert [line["text"] for line in filled] == texts
    line = filled[1]
    assert line["lots"] == 1000
    assert (line["instrument"], line["net_delta_coin"]) == ("perp:BTC/USDT:USDT", "0.00000000")
    moments = ["decided", "committed", "sent", "acknowledged", "filled"]
    times = [line[f"latency_{moment}_ms"] for moment in moments]
    assert times[:3] == sorted(times[:3])
    assert all(0 < each < 1_000 for each in times)


async def test_another_writer_of_the_account_is_refused_until_adopted(town: Town) -> None:
    town.start()
    await town.hedged()
    town.stop()
    town.start()
    await town.hedged()
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D(-11))
    town.stop()
    for path in town.folder.glob("town.db*"):
        if path.is_file():  # its recordings are in a folder
            path.unlink()
    town.start()
    assert await town.ended() == 2
    reason = town.lines("ended")[-1]["reason"]
    assert "epoch 2" in reason
    assert "--adopt" in reason
    orders = len(town.our_orders())
    town.start("--adopt")
    await town.hedged()
    town.plane.tell("deposit", asset="BTC", qty="1")
    await until(lambda: town.position() == D(-12))
    assert town.stop() == 0
    assert len(town.our_orders()) == orders + 1


async def test_a_venue_that_is_away_at_the_start_does_not_halt_a_later_one(town: Town) -> None:
    town.plane.tell("maintenance", on=True)
    for _ in range(3):
        town.start()
        assert await town.ended(30) == 2
    town.plane.tell("maintenance", on=False)
    town.start()
    await town.hedged()
    assert town.hedge()["trading_state"] == "active"


async def test_from_start_to_first_decision_within_3_s(town: Town) -> None:
    """The best of three starts, because the machine may be busy."""
    took_ms: list[float] = []
    while len(took_ms) < 3 and min(took_ms, default=3_000.0) >= 3_000:
        known = len(town.lines("decision")) if town.log.exists() else 0
        began_ms = time.time() * 1_000

        def decided(known: int = known) -> bool:
            return town.log.exists() and len(town.lines("decision")) > known

        town.start()
        await until(decided)
        took_ms.append(town.lines("decision")[known]["decided_ms"] - began_ms)
        town.stop()
    print(f"start to first decision: {[round(ms) for ms in took_ms]} ms")
    assert min(took_ms) < 3_000
