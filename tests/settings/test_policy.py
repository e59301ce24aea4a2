"""What decisions get: exact where Policy is exact, every limit covered, a stable hash."""

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal

import pytest

from hedgebot.core.policy import BandUnit, Limits, Policy
from hedgebot.errors import Problem
from hedgebot.settings import Settings, schema
from hedgebot.settings.venue_tables import VenueTable

Load = Callable[..., Settings]
Refuse = Callable[..., tuple[Problem, ...]]

OTHER_LIMITS = """
[limits]
mark_age_ms_max = 9001
touch_age_ms_max = 9002
account_age_ms_max = 9003
audit_every_s = 31
audit_ms_max = 9004
balance_settle_ms = 1501
drift_ms_max = 9005
transit_hold_s = 3600
approval_ms = 501
recv_window_ms = 3001
orders_per_minute = 61
notional_day = "50000001"
collar = "0.021"
mark_jump_max = "0.26"
naked_alert_s = 29.5
"""


def test_the_policy_is_the_file(load_text: Load) -> None:
    policy = load_text().policy()
    assert policy.book == "treasury"
    assert [(v.name, v.account, v.wallets, v.collateral) for v in policy.venues] == [
        ("spot", "main", ("spot:spot",), False),
        ("perp", "main", ("perp:futures",), True),
    ]
    assert (policy.venue("perp").leverage, policy.venue("perp").margin_mode) == (3, "cross")
    hedge = policy.hedge("BTC")
    assert (hedge.ratio, hedge.target) == (Decimal(1), None)
    assert (hedge.band.lower, hedge.band.upper, hedge.band.unit) == (-0.02, 0.02, BandUnit.COIN)
    assert hedge.instruments == ("perp:BTC/USDT:USDT",)
    assert hedge.order.cooldown_ms == 5_000
    assert policy.holdings[0].qty == Decimal("12.5")
    assert policy.aliases["WBTC"].asset == "BTC"
    assert not policy.dry_run
    assert not policy.allow_foreign_orders


def test_money_stays_exact(good: str, load_text: Load) -> None:
    text = good.replace('"12.5"', '"12345678901234567890.123456789012345678"')
    exact = Decimal("12345678901234567890.123456789012345678")
    assert load_text(text).policy().holdings[0].qty == exact


def test_rebalance_to_is_a_word_or_a_number(good: str, load_text: Load) -> None:
    for written, read in (("target", 0.0), ("between", 0.5), ("edge", 1.0), ("0.4", 0.4)):
        text = good.replace('rebalance_to = "target"', f'rebalance_to = "{written}"')
        assert load_text(text).policy().hedges[0].rebalance_to == read


def test_defaults_are_the_policys_own(good: str, load_text: Load) -> None:
    policy = load_text(good.replace(', notional_max = "250000"', "")).policy()
    assert policy.limits == Limits()
    assert policy.hedges[0].order == type(policy.hedges[0].order)()


def local(text: str) -> str:
    """On the local exchange, which serves everything."""
    urls = 'rest_url = "http://127.0.0.1:1"\nws_url = "ws://127.0.0.1:1"'
    return text.replace('network = "demo"', f'network = "local"\n{urls}')


def test_every_limit_can_be_set(good: str, load_text: Load) -> None:
    limits = load_text(local(good).replace("[limits]", OTHER_LIMITS)).policy().limits
    kept = [
        field.name
        for field in dataclasses.fields(Limits)
        if getattr(limits, field.name) == getattr(Limits(), field.name)
    ]
    assert kept == []
    assert (limits.transit_hold_ms, limits.naked_alert_ms) == (3_600_000, 29_500)


def test_the_settings_cover_the_policy() -> None:
    of_the_command_line = {"adopt"}
    assert {field.name for field in dataclasses.fields(Policy)} - of_the_command_line == {
        "book", "venues", "hedges", "holdings", "aliases", "limits", "allow_foreign_orders",
        "dry_run", "remind_ms",
    }  # fmt: skip


def test_the_hash_is_of_meaning_not_of_spelling(good: str, load_text: Load) -> None:
    plain = load_text().settings_hash()
    assert load_text(good.replace('ratio = "1"', 'ratio = "1.0"')).settings_hash() == plain
    assert load_text(good + "\n# a note\n").settings_hash() == plain
    assert load_text(good.replace('ratio = "1"', 'ratio = "0.9"')).settings_hash() != plain
    assert len(plain) == 64


def test_the_hash_knows_no_secret(load_text: Load) -> None:
    keys = {
        "HEDGEBOT_VENUES__SPOT__API_KEY": "key",
        "HEDGEBOT_VENUES__SPOT__API_SECRET": "secret",
        "HEDGEBOT_ALERTS__URLS__0": "tgram://token/chat",
    }
    assert load_text(environ=keys).settings_hash() == load_text().settings_hash()


def test_the_journal_counts_from_the_working_directory(good: str, load_text: Load) -> None:
    path = load_text().journal_path
    assert path.is_absolute()
    assert path.parts[-2:] == ("var", "treasury.db")
    whole = good.replace("sqlite:///var/", "sqlite:////srv/hedgebot/")
    assert str(load_text(whole).journal_path) == "/srv/hedgebot/treasury.db"


def described(node: object) -> list[str]:
    """Properties of a JSON schema that say nothing of themselves."""
    if isinstance(node, list):
        return [name for item in node for name in described(item)]
    if not isinstance(node, dict):
        return []
    bare = [
        name
        for name, value in node.get("properties", {}).items()
        if not value.get("description") and "$ref" not in value
    ]
    return bare + [name for value in node.values() for name in described(value)]


def test_the_schema_describes_every_key_and_no_credential() -> None:
    text = json.dumps(schema())
    assert described(schema()) == []
    assert "api_key" not in text
    assert "api_secret" not in text
    assert schema()["additionalProperties"] is False
    assert {"name", "mode", "journal", "venues", "hedges"} == set(schema()["required"])


@pytest.mark.parametrize(
    ("network", "told"),
    [("local", True), ("mainnet", True), ("demo", False), ("testnet", False)],
)
def test_withdrawal_records_are_those_of_a_spot_wallet_where_they_are_served(
    network: str, *, told: bool
) -> None:
    spot = VenueTable.model_validate({"exchange": "binance", "network": network, "account": "main"})
    perp = VenueTable.model_validate(
        {"exchange": "binanceusdm", "network": network, "account": "main"}
    )
    assert spot.policy("spot").tells_withdrawals is told
    assert not perp.policy("perp").tells_withdrawals


@pytest.mark.parametrize("written", ["3600", '"3600"', "3600.0"])
def test_a_hold_is_accepted_where_records_are_served(
    good: str, load_text: Load, written: str
) -> None:
    text = local(good).replace("[limits]", f"[limits]\ntransit_hold_s = {written}")
    assert load_text(text).policy().limits.transit_hold_ms == 3_600_000


def test_a_hold_without_a_spot_wallet_is_refused_by_name(good: str, refuse_text: Refuse) -> None:
    text = local(good).replace("[limits]", "[limits]\ntransit_hold_s = 60")
    start, end = text.index("[venues.spot]"), text.index("[venues.perp]")
    (problem,) = refuse_text(text[:start] + text[end:])
    assert problem.path == "limits.transit_hold_s"
    assert "no spot wallet is watched" in problem.mend
