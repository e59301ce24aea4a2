"""How the local exchange tells its past: the venue's words, limits, weights, order of cutting."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.research.past_town import BEGIN_MS, HOURS, PastTown, past_town, recorded

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
INSIDE = BEGIN_MS + 900 * HOUR_MS + HOUR_MS // 2
"""In the middle of a bar."""
SPOT, LINEAR, INVERSE = (
    ("/api/v3/klines", {"symbol": "BTCUSDT"}),
    ("/fapi/v1/klines", {"symbol": "BTCUSDT"}),
    ("/dapi/v1/klines", {"symbol": "BTCUSD_PERP"}),
)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[PastTown]:
    async with past_town(recorded(tmp_path), wall_ms=INSIDE) as made:
        yield made


async def told(town: PastTown, path: str, **params: object) -> tuple[int, Any, int]:
    """Status, answer, weight used so far."""
    query = {name: str(value) for name, value in params.items()}
    url = f"{town.man.behind}{path}"
    async with aiohttp.ClientSession() as http, http.get(url, params=query) as answer:
        return answer.status, await answer.json(), int(answer.headers["X-MBX-USED-WEIGHT-1M"])


@pytest.mark.parametrize(("path", "named"), [SPOT, LINEAR, INVERSE])
async def test_the_open_bar_is_told_as_it_began_and_none_after_it(
    town: PastTown, path: str, named: dict[str, str]
) -> None:
    _, rows, _ = await told(town, path, **named, interval="1h", limit=3)
    assert [row[0] for row in rows] == [BEGIN_MS + hour * HOUR_MS for hour in (898, 899, 900)]
    assert rows[-1][1] == rows[-1][2] == rows[-1][3] == rows[-1][4]
    assert float(rows[-1][5]) == 0
    assert rows[-2][2] != rows[-2][3]
    assert rows[-1][6] == rows[-1][0] + HOUR_MS - 1


@pytest.mark.parametrize(
    ("path", "named", "first"), [(*SPOT, 100), (*LINEAR, 100), (*INVERSE, 201 - 10)]
)
async def test_a_long_span_loses_its_newer_bars_and_on_coin_m_its_older_ones(
    town: PastTown, path: str, named: dict[str, str], first: int
) -> None:
    span = {"startTime": BEGIN_MS + 100 * HOUR_MS - 1, "endTime": BEGIN_MS + 200 * HOUR_MS}
    _, rows, _ = await told(town, path, **named, **span, interval="1h", limit=10)
    expected = [BEGIN_MS + (first + hour) * HOUR_MS for hour in range(10)]
    assert [row[0] for row in rows] == expected


async def test_longer_bars_are_put_together(town: PastTown) -> None:
    path, named = LINEAR
    span = {"startTime": BEGIN_MS, "endTime": BEGIN_MS + DAY_MS - 1}
    _, hours, _ = await told(town, path, **named, **span, interval="1h")
    _, (day,), _ = await told(town, path, **named, **span, interval="1d")
    assert (day[0], day[1], day[4], day[6]) == (
        BEGIN_MS, hours[0][1], hours[-1][4], BEGIN_MS + DAY_MS - 1,
    )  # fmt: skip
    assert float(day[2]) == max(float(row[2]) for row in hours)
    assert float(day[3]) == min(float(row[3]) for row in hours)
    assert float(day[5]) == pytest.approx(sum(float(row[5]) for row in hours))


REFUSED: dict[str, tuple[str, dict[str, str], dict[str, Any], int]] = {
    "no interval": (*LINEAR, {}, -1102),
    "another interval": (*LINEAR, {"interval": "7m"}, -1120),
    "another symbol": ("/fapi/v1/klines", {"symbol": "NONE"}, {"interval": "1h"}, -1121),
    "a symbol for a pair": ("/fapi/v1/indexPriceKlines", {"symbol": "BTCUSDT"}, {}, -1102),
    "too many": (*LINEAR, {"interval": "1h", "limit": 1_501}, -1130),
    "backwards": (*LINEAR, {"interval": "1h", "startTime": 9, "endTime": 8}, -1023),
    "too long for COIN-M": (
        *INVERSE, {"interval": "1h", "startTime": 1, "endTime": 2 + 200 * DAY_MS}, -1127,
    ),
    "no symbol of COIN-M": ("/dapi/v1/fundingRate", {}, {}, -1102),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_what_the_venue_refuses(town: PastTown, case: str) -> None:
    path, named, more, code = REFUSED[case]
    status, body, _ = await told(town, path, **named, **more)
    assert (status, body["code"]) == (400, code)


async def test_weights_are_those_of_the_documents(town: PastTown) -> None:
    path, named = LINEAR
    used = 0
    for limit, weight in ((99, 1), (100, 2), (499, 2), (500, 5), (1_000, 5), (1_500, 10)):
        _, rows, now = await told(town, path, **named, interval="1h", startTime=0, limit=limit)
        assert (now - used, len(rows)) == (weight, min(limit, 901))
        used = now
    _, rows, now = await told(town, SPOT[0], **SPOT[1], interval="1h", startTime=0, limit=5_000)
    assert (now, len(rows)) == (2, 901)


async def test_settled_funding_is_told_from_its_start_with_its_marks(town: PastTown) -> None:
    named = {"symbol": "BTCUSDT"}
    _, rows, _ = await told(town, "/fapi/v1/fundingRate", **named, startTime=BEGIN_MS, limit=3)
    assert [row["fundingTime"] for row in rows] == [BEGIN_MS + k * 8 * HOUR_MS for k in range(3)]
    assert {row["fundingRate"] for row in rows} == {"0.00010000"}
    _, marks, _ = await told(
        town, "/fapi/v1/markPriceKlines", **named, interval="1h", startTime=BEGIN_MS, limit=1
    )
    assert rows[0]["markPrice"] == marks[0][1]
    _, newest, _ = await told(town, "/fapi/v1/fundingRate", **named)
    assert len(newest) == 100
    assert newest[-1]["fundingTime"] == BEGIN_MS + 896 * HOUR_MS
    assert HOURS > 900
