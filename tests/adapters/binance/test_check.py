from typing import Any

import pytest

from hedgebot.adapters.binance import Network
from hedgebot.errors import Unsupported
from hedgebot.ports import Finding, Standing
from tests.adapters.binance.entries import PERP_OPTIONS, SPOT_OPTIONS, at, entry, perp_at_fake
from tests.adapters.binance.fake_binance import MODES, FakeBinance, answer, fake_binance

RESTRICTIONS = {
    "ipRestrict": True, "enableWithdrawals": False, "enableFutures": True,
    "enableSpotAndMarginTrading": True,
}  # fmt: skip
SAPI = "/sapi/v1/account/apiRestrictions"


async def rows(fake: FakeBinance, **changes: Any) -> dict[str, Finding]:
    venue = entry(at(PERP_OPTIONS, fake.port, **changes))
    found = await venue.check()
    await venue.close()
    return {row.name: row for row in found}


async def test_everything_is_asked_and_nothing_changed() -> None:
    async with fake_binance() as fake:
        fake.on("GET", SAPI, answer(RESTRICTIONS))
        found = await rows(fake)
        methods = {(method, path) for method, path, _ in fake.requests if method != "GET"}
    failed = {name for name, row in found.items() if row.standing is Standing.FAILED}
    assert failed == {"clock"}  # the fake tells time since its boot
    assert methods == {("POST", "/fapi/v1/listenKey")}
    assert found["account stream"].found.startswith("connected; a ping took ")
    assert found["mark stream"].found.startswith("subscribed; a ping took ")
    assert found["dedicated sub-account"].standing is Standing.UNKNOWN
    assert all(row.mend for row in found.values() if row.standing is not Standing.OK)


@pytest.mark.parametrize(
    ("path", "body", "name", "mend"),
    [
        ("/fapi/v1/positionSide/dual", {"dualSidePosition": True}, "position mode", "one-way"),
        ("/fapi/v1/multiAssetsMargin", {"multiAssetsMargin": True}, "assets mode", "single"),
        ("/fapi/v1/symbolConfig", [MODES[0] | {"marginType": "ISOLATED"}],
         "margin mode of BTC/USDT:USDT", "cross"),
        ("/fapi/v1/symbolConfig", [MODES[0] | {"leverage": 20}],
         "leverage of BTC/USDT:USDT", "3"),
        (SAPI, RESTRICTIONS | {"enableFutures": False}, "key may trade", "allow"),
        (SAPI, RESTRICTIONS | {"enableWithdrawals": True}, "key may not withdraw", "without"),
        ("/fapi/v3/account", {"code": -2015, "msg": "Invalid API-key"}, "credentials", "key"),
    ],
)  # fmt: skip
async def test_each_failure_has_its_mend(path: str, body: object, name: str, mend: str) -> None:
    async with fake_binance() as fake:
        fake.on("GET", SAPI, answer(RESTRICTIONS))
        fake.on("GET", path, answer(body))
        row = (await rows(fake))[name]
    assert row.standing is Standing.FAILED
    assert mend in row.mend


async def test_what_a_taker_pays_is_told_where_the_venue_tells_it() -> None:
    async with fake_binance() as fake:
        silent = (await rows(fake))["taker fee of BTC/USDT:USDT"]
        fake.on("GET", "/fapi/v1/commissionRate", answer({"takerCommissionRate": "0.00045"}))
        told = (await rows(fake))["taker fee of BTC/USDT:USDT"]
    assert silent.standing is Standing.UNKNOWN
    assert "`fee` of hedges.optimal" in silent.mend
    assert (told.standing, told.found) == (Standing.OK, "0.045 % of what is traded")


async def test_a_key_that_works_from_anywhere_is_a_warning_and_not_unknown() -> None:
    async with fake_binance() as fake:
        fake.on("GET", SAPI, answer(RESTRICTIONS | {"ipRestrict": False}))
        row = (await rows(fake))["key bound to addresses"]
    assert row.standing is Standing.WARNING
    assert (row.found, row.mend) == (
        "no: it works from anywhere",
        "at the venue, allow the key this machine's address only",
    )


async def test_the_smallest_order_is_told_in_its_own_units() -> None:
    async with fake_binance() as fake:
        row = (await rows(fake))["minimums of BTC/USDT:USDT"]
    assert row.found == (
        "an order has at least 0.001 BTC and 50 USDT, in steps of 0.001 BTC; its price in 0.1"
    )


async def test_a_key_that_may_withdraw_passes_only_by_name() -> None:
    async with fake_binance() as fake:
        fake.on("GET", SAPI, answer(RESTRICTIONS | {"enableWithdrawals": True}))
        row = (await rows(fake, allow_withdraw_key=True))["key may not withdraw"]
    assert row.standing is Standing.OK


@pytest.mark.parametrize(
    ("dry_run", "standing"), [(True, Standing.WARNING), (False, Standing.FAILED)]
)
async def test_a_key_that_only_reads_is_enough_for_a_dry_run(
    dry_run: bool, standing: Standing
) -> None:
    async with fake_binance() as fake:
        fake.on("GET", SAPI, answer(RESTRICTIONS | {"enableFutures": False}))
        row = (await rows(fake, dry_run=dry_run))["key may trade"]
    assert row.standing is standing


@pytest.mark.parametrize(
    ("network", "standing"),
    [(Network.LOCAL, Standing.UNKNOWN), (Network.MAINNET, Standing.FAILED)],
)
async def test_unknown_permissions_are_a_warning_off_mainnet(
    network: Network, standing: Standing
) -> None:
    async with fake_binance() as fake:
        row = (await rows(fake, network=network))["key permissions"]
    assert row.standing is standing


async def test_a_stream_that_is_refused_or_silent_fails_its_row() -> None:
    async with fake_binance() as fake:
        fake.refuse.add("/market/ws/0")
        fake.mute.add("/private/ws")
        found = await rows(fake)
    assert "refused" in found["mark stream"].found
    assert "a ping got no answer in" in found["account stream"].found
    assert found["account stream"].standing is Standing.UNKNOWN
    assert found["touch stream"].standing is Standing.OK


async def test_settings_that_the_venue_does_not_tell_are_unknown() -> None:
    async with fake_binance() as fake:
        for path in ("positionSide/dual", "multiAssetsMargin"):
            del fake.serves["GET", f"/fapi/v1/{path}"]
        fake.on("GET", "/fapi/v1/symbolConfig", answer({"code": -5000, "msg": "no path"}, 400))
        found = await rows(fake)
    for name in ("position mode", "assets mode", "margin mode", "leverage"):
        assert found[name].standing is Standing.UNKNOWN
        assert found[name].mend.startswith("see to it")


async def test_a_stream_at_an_older_address_is_found() -> None:
    async with fake_binance() as fake:
        fake.unserved = {"/market/ws/0", "/market/stream", "/private/ws", "/private/ws/first-key"}
        found = await rows(fake)
    assert found["mark stream"].found.startswith("subscribed")
    assert found["account stream"].standing is Standing.OK


async def test_a_venue_that_cannot_be_read_is_one_row() -> None:
    async with fake_binance() as fake:
        fake.on("GET", "/fapi/v1/exchangeInfo", answer({"symbols": [], "rateLimits": []}))
        found = await rows(fake)
    assert list(found) == ["markets"]
    assert "not a market of binanceusdm" in found["markets"].found


async def test_a_venue_that_does_not_answer_names_the_setting() -> None:
    async with fake_binance() as fake:
        del fake.serves["GET", "/fapi/v1/time"]
        found = await rows(fake)
    assert "venues.perp.network and rest_url" in found["markets"].found


async def test_leverage_is_set_only_where_it_differs_and_only_when_asked() -> None:
    async with perp_at_fake(set_leverage=True) as (fake, _venue):
        assert fake.count("POST", "/fapi/v1/leverage") == 0
    async with fake_binance() as fake:
        fake.on("GET", "/fapi/v1/symbolConfig", answer([MODES[0] | {"leverage": 20}]))
        fake.on("POST", "/fapi/v1/leverage", answer({"leverage": 3}))
        venue = entry(at(PERP_OPTIONS, fake.port, set_leverage=True))
        await venue.prepare()
        await venue.close()
        assert fake.last("POST", "/fapi/v1/leverage")["leverage"] == "3"


async def test_invariant_12_a_dry_run_does_not_set_leverage() -> None:
    async with fake_binance() as fake:
        venue = entry(at(PERP_OPTIONS, fake.port, set_leverage=True, dry_run=True))
        with pytest.raises(Unsupported, match="a dry run changes nothing"):
            await venue.prepare()
        await venue.close()
        assert fake.count("POST", "/fapi/v1/leverage") == 0


async def test_a_spot_entry_has_no_futures_rows() -> None:
    async with fake_binance() as fake:
        fake.on("GET", SAPI, answer(RESTRICTIONS))
        venue = entry(at(SPOT_OPTIONS, fake.port))
        found = {row.name for row in await venue.check()}
        await venue.close()
    assert "account stream" in found
    assert not {"position mode", "mark stream"} & found
