"""What bootstrap puts together, without a venue."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from hedgebot.bootstrap.book import ERROR_VARIABLE, KILL_VARIABLE, control_path, load_settings
from hedgebot.bootstrap.preparing import VenuesSilent, prepare
from hedgebot.bootstrap.provoking import hook_of, hooked_decide, hooked_outside
from hedgebot.bootstrap.venues import bundles_of, options_of, symbols_of
from hedgebot.domain.actions import Action
from hedgebot.domain.events import Stamped
from hedgebot.errors import StartRefused, Unsupported, VenueError
from hedgebot.settings import Settings
from hedgebot.shell.daemon import Outside
from tests.shell.fakes import FakeJournal, FakeNotifier, FakeVenue, WallClock, quiet_log

CONFIG = Path(__file__).resolve().parents[2] / "config"


def settings_of(name: str) -> Settings:
    return load_settings(CONFIG / name)


def outside_of() -> Outside:
    return Outside(
        venues={"perp": FakeVenue()},
        journal=FakeJournal(),
        notifier=FakeNotifier(),
        clock=WallClock(),
        log=quiet_log(),
        line_of=lambda decision, _latencies_ms: {"text": decision.text},
    )


WISHES = {KILL_VARIABLE: "after_write:1", ERROR_VARIABLE: "decision"}


@pytest.mark.parametrize("variable", WISHES)
async def test_a_wish_to_be_ended_is_refused_by_name_where_money_can_move(variable: str) -> None:
    wish = {variable: WISHES[variable]}
    assert hook_of(settings_of("local.toml"), wish) is not None
    for name in ("binance-demo.toml", "binance-mainnet.toml"):
        with pytest.raises(StartRefused, match=rf"{variable} is set.*venues\.\w+\.network is"):
            hook_of(settings_of(name), wish)


def test_without_a_wish_nothing_is_in_the_way() -> None:
    outside = outside_of()
    hook = hook_of(settings_of("binance-mainnet.toml"), {})
    assert hooked_outside(outside, hook) is outside

    def decide(_stamped: Stamped) -> Sequence[Action]:
        return ()

    assert hooked_decide(decide, hook) is decide


def test_variables_of_the_command_line_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDGEBOT_CONFIG", "elsewhere.toml")
    for variable, wish in WISHES.items():
        monkeypatch.setenv(variable, wish)
    settings = settings_of("local.toml")
    assert settings.name == "local"
    assert control_path(settings) == Path.cwd() / "var" / "local.db.sock"


def test_the_adapter_is_told_what_the_settings_say() -> None:
    settings = settings_of("local.toml")
    options = options_of(settings, "perp")
    assert options.symbols == ("BTC/USDT:USDT",)
    assert symbols_of(settings, "spot") == ()
    assert options.rest_url == settings.venues["perp"].rest_url
    assert options.pace.recv_window_ms == settings.limits.recv_window_ms
    assert bundles_of(settings) == {}


def failing(name: str, error: Exception) -> FakeVenue:
    async def fail() -> None:
        raise error

    return FakeVenue(name=name, on_prepare=fail)


async def test_every_venue_that_cannot_be_used_is_named_at_once() -> None:
    venues = {
        "spot": failing("spot", VenueError("spot: no route")),
        "perp": failing("perp", Unsupported("perp: no such market")),
    }
    with pytest.raises(StartRefused, match=r"spot: no route\nperp: no such market") as refused:
        await prepare(venues)
    assert not isinstance(refused.value, VenuesSilent)


async def test_a_venue_that_is_away_is_no_fault_of_the_settings() -> None:
    with pytest.raises(VenuesSilent, match="spot: no route"):
        await prepare({"spot": failing("spot", VenueError("spot: no route"))})


async def test_an_account_that_cannot_be_read_names_its_key() -> None:
    venue = FakeVenue(name="perp", unreadable="-2015 Invalid API-key")
    with pytest.raises(StartRefused, match=r"-2015.*venues\.perp\.api_key"):
        await prepare({"perp": venue})


async def test_a_bug_while_preparing_is_a_bug() -> None:
    with pytest.raises(ZeroDivisionError):
        await prepare({"perp": failing("perp", ZeroDivisionError())})
