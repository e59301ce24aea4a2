"""One clear line naming the setting and the mend, exit 2, nothing sent, never a traceback."""

import pytest

from tests.process.town import Town

pytestmark = pytest.mark.process

HEDGE = """\
asset = "{0}"
ratio = "1"
band = {{ lower = "-0.02", upper = "0.02", unit = "coin" }}
instruments = ["perp:{0}/USDT:USDT"]"""
WRITTEN = {
    "a negative band": ('lower = "-0.02"', 'lower = "0.02"', "hedges[0].band.lower"),
    "a hedge without instrument": (
        'instruments = ["perp:BTC/USDT:USDT"]',
        "instruments = []",
        "hedges[0].instruments",
    ),
    "a missing market": (
        HEDGE.format("BTC"),
        HEDGE.format("DOGE"),
        "DOGE/USDT:USDT",
    ),
    "a wrong URL": ("rest_url", 'rest_url = "http://127.0.0.1:9"\n#', "venues.spot"),
    "a remote URL": ("rest_url", 'rest_url = "http://example.com"\n#', "venues.spot.rest_url"),
    "an unknown key": ('name = "town"', 'name = "town"\ncolour = "red"', "colour"),
    "a credential in the file": (
        'account = "main"',
        'account = "main"\napi_key = "abcdefghijkl"',
        "HEDGEBOT_VENUES__SPOT__API_KEY",
    ),
}


@pytest.mark.parametrize("mistake", WRITTEN)
async def test_a_mistake_in_the_file_is_one_line_with_its_mend(town: Town, mistake: str) -> None:
    before, after, named = WRITTEN[mistake]
    text = town.write_settings().read_text()
    assert before in text
    town.config.write_text(text.replace(before, after, 1))
    said = town.cli("run")
    assert said.returncode == 2, said.stderr
    assert named in said.stderr
    assert "abcdefghijkl" not in said.stderr
    refused_without_traceback(town, said.stderr)


@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("HEDGEBOT_VENUES__PERP__API_KEY", "venues.perp.api_key"),
        ("HEDGEBOT_VENUES__SPOT__API_SECRET", "venues.spot.api_key and api_secret"),
    ],
)
async def test_a_wrong_key_is_refused_by_the_name_of_its_setting(
    town: Town, variable: str, named: str
) -> None:
    town.write_settings()
    said = town.cli("run", **{variable: "not-the-right-one"})
    assert said.returncode == 2
    assert named in said.stderr
    assert "not-the-right-one" not in said.stderr
    refused_without_traceback(town, said.stderr)


async def test_a_missing_key_is_named_with_both_places_it_may_stand(town: Town) -> None:
    town.write_settings()
    town.environ.pop("HEDGEBOT_VENUES__PERP__API_SECRET")
    said = town.cli("run")
    assert said.returncode == 2
    assert "HEDGEBOT_VENUES__PERP__API_SECRET" in said.stderr
    assert "secrets folder" in said.stderr
    refused_without_traceback(town, said.stderr)


async def test_usage_is_exit_2(town: Town) -> None:
    assert town.cli("dance").returncode == 2
    assert town.cli("pause", "--for", "soon").returncode == 2
    town.write_settings()
    assert town.cli("holdings", "set", "cold", "many").returncode == 2


def refused_without_traceback(town: Town, said: str) -> None:
    assert "Traceback" not in said
    assert all(line.startswith("hedgebot: ") for line in said.strip().splitlines())
    assert town.our_orders() == []
