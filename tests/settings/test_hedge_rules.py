"""Each rule of the book, its hedges, holdings, aliases and alerts is a row."""

from collections.abc import Callable

import pytest

from hedgebot.errors import Problem
from hedgebot.settings import Settings

BAND = 'band = { lower = "-0.02", upper = "0.02", unit = "coin" }'
WRONG_SIDE = 'band = { lower = "0.01", upper = "0.02", unit = "coin" }'
INSTRUMENTS = 'instruments = ["perp:BTC/USDT:USDT"]'
ALIAS = 'WBTC = { asset = "BTC", rate = "1" }'
HOLDING = '[[holdings]]\nasset = "BTC"\nlabel = "cold storage"\nqty = "1"\n'
SECOND = """
[[hedges]]
asset = "ETH"
ratio = "1"
band = { lower = "-1", upper = "1", unit = "coin" }
instruments = ["perp:ETH/USDT:USDT"]
"""


def instrument(text: str) -> tuple[str, str]:
    return ("perp:BTC/USDT:USDT", text)


def second(old: str, new: str) -> tuple[str, str]:
    assert old in SECOND
    return (HOLDING.replace('"1"', '"12.5"'), SECOND.replace(old, new))


def top(key: str, old: str, new: str) -> tuple[str, str]:
    return (f'{key} = "{old}"', f"{key} = {new}")


ROWS = [
    (top("name", "treasury", '"trea sury"'), ("name", '"trea sury"', "letters, digits")),
    (top("mode", "live", '"paper"'), ("mode", '"paper"', "'live' or 'dry-run'")),
    (('mode = "live"\n', ""), ("mode", "(missing)", "`dry-run`")),
    (('mode = "live"', "mod = 5"), ("mod", "(hidden)", "write mode")),
    (
        ("sqlite:///var/treasury.db", "postgresql://me:pw@host/db"),
        ("journal", '"postgresql://(hidden)@host/db"', "only SQLite for now"),
    ),
    (("sqlite:///var/treasury.db", "sqlite://"), ("journal", '"sqlite://"', "only SQLite")),
    (
        ("sqlite:///var/treasury.db", "sqlite:///:memory:"),
        ("journal", '"sqlite:///:memory:"', "outlives the process"),
    ),
    (('ratio = "1"\n', ""), ("hedges[0].ratio", "(missing)", 'ratio = "1"')),
    (
        ('ratio = "1"', 'ratio = "1"\ntarget = "0.25"'),
        ("hedges[0].target", '"0.25"', "keep one of them"),
    ),
    (('ratio = "1"', 'ratio = "1.6"'), ("hedges[0].ratio", '"1.6"', "1.5 or less")),
    (('ratio = "1"', 'ratio = "-0.1"'), ("hedges[0].ratio", '"-0.1"', "0 or more")),
    (('ratio = "1"', "ratio = 0.5"), ("hedges[0].ratio", "0.5", 'stays exact: "0.5"')),
    (('ratio = "1"', "ratio = nan"), ("hedges[0].ratio", "nan", "write it in quotes")),
    (('ratio = "1"', 'ratio = "NaN"'), ("hedges[0].ratio", '"NaN"', "write a number in quotes")),
    (('ratio = "1"', 'target = "all"'), ("hedges[0].target", '"all"', "write a number in quotes")),
    (('ratio = "1"', "target = true"), ("hedges[0].target", "true", "write a number in quotes")),
    (('ratio = "1"', 'target = "1e60"'), ("hedges[0].target", '"1e60"', "digits")),
    (
        ('ratio = "1"', 'target = "0.0000000000000000001"'),
        ("hedges[0].target", '"0.0000000000000000001"', "18 places"),
    ),
    ((BAND, WRONG_SIDE), ("hedges[0].band.lower", '"0.01"', "0 or less")),
    (('upper = "0.02"', 'upper = "-0.02"'), ("hedges[0].band.upper", '"-0.02"', "0 or more")),
    (
        (BAND, 'band = { lower = "0", upper = "0", unit = "coin" }'),
        ("hedges[0].band.upper", '"0"', "lower must be below upper"),
    ),
    (('unit = "coin"', 'unit = "coins"'), ("hedges[0].band.unit", '"coins"', "'coin', 'percent'")),
    (
        (BAND, 'band = { lower = "-1", upper = "101", unit = "percent" }'),
        ("hedges[0].band.upper", '"101"', "100 per cent"),
    ),
    ((BAND + "\n", ""), ("hedges[0].band", "(missing)", "add it")),
    ((BAND, "band = 3"), ("hedges[0].band", "3", "write a table with lower, upper, unit")),
    (('"target"', '"middle"'), ("hedges[0].rebalance_to", '"middle"', "write a number in quotes")),
    (('"target"', '"1.5"'), ("hedges[0].rebalance_to", '"1.5"', "1 or less")),
    (('"target"', "0.5"), ("hedges[0].rebalance_to", "0.5", "quotes")),
    ((INSTRUMENTS, "instruments = []"), ("hedges[0].instruments", "(a list)", "at least one")),
    ((INSTRUMENTS + "\n", ""), ("hedges[0].instruments", "(missing)", "add it")),
    (
        instrument("prep:BTC/USDT:USDT"),
        ("hedges[0].instruments[0]", '"prep:BTC/USDT:USDT"', "write perp:BTC/USDT:USDT"),
    ),
    (
        instrument("BTC/USDT:USDT"),
        ("hedges[0].instruments[0]", '"BTC/USDT:USDT"', "begin with the venue entry"),
    ),
    (
        instrument("perp:BTCUSDT"),
        ("hedges[0].instruments[0]", '"perp:BTCUSDT"', 'write a perpetual: "perp:BTC/USDT:USDT"'),
    ),
    (
        instrument("perp:BTC/USDT"),
        ("hedges[0].instruments[0]", '"perp:BTC/USDT"', "write a perpetual"),
    ),
    (
        instrument("spot:BTC/USDT"),
        ("hedges[0].instruments[0]", '"spot:BTC/USDT"', "binanceusdm or binancecoinm entry"),
    ),
    (
        instrument("perp:BTC/USDT:USDT-261225"),
        ("hedges[0].instruments[0]", '"perp:BTC/USDT:USDT-261225"', "dated futures"),
    ),
    (
        instrument("perp:BTC/USD:BTC"),
        ("hedges[0].instruments[0]", '"perp:BTC/USD:BTC"', "name it of a binancecoinm entry"),
    ),
    (
        ('exchange = "binanceusdm"', 'exchange = "binancecoinm"'),
        ("hedges[0].instruments[0]", '"perp:BTC/USDT:USDT"', "write BTC/USD:BTC"),
    ),
    (
        instrument("perp:ETH/USDT:USDT"),
        ("hedges[0].instruments[0]", '"perp:ETH/USDT:USDT"', "it carries ETH"),
    ),
    (
        instrument("perp:1000BTC/USDT:USDT"),
        ("hedges[0].instruments[0]", '"perp:1000BTC/USDT:USDT"', "add [aliases] 1000BTC = "),
    ),
    (
        instrument("perp:1000PEPE/USDT:USDT"),
        ("hedges[0].instruments[0]", '"perp:1000PEPE/USDT:USDT"', "it carries PEPE"),
    ),
    (
        (INSTRUMENTS, INSTRUMENTS.replace("]", ', "perp:BTC/USDT:USDT"]')),
        ("hedges[0].instruments[1]", '"perp:BTC/USDT:USDT"', "hedges[0].instruments[0] names it"),
    ),
    (second('"ETH"', '"BTC"'), ("hedges[1].asset", '"BTC"', "hedges[0] is for it already")),
    (('asset = "BTC"\nratio', 'asset = "btc"\nratio'), ("hedges[0].asset", '"btc"', '"BTC"')),
    (
        ('slippage_max = "0.002"', "slippage_max = 0.002"),
        ("hedges[0].order.slippage_max", "0.002", '"0.002"'),
    ),
    (
        ('slippage_max = "0.002"', 'slippage_max = "0.007"'),
        ("hedges[0].order.slippage_max", '"0.007"', "at most slippage_urgent, which is 0.006"),
    ),
    (
        ("[limits]", '[limits]\ncollar = "0.005"'),
        ("hedges[0].order.slippage_urgent", '"0.006"', "at most limits.collar, which is 0.005"),
    ),
    (
        ("[limits]", '[limits]\nnotional_day = "1000"'),
        ("hedges[0].order.notional_max", '"250000"', "limits.notional_day, which is 1000"),
    ),
    (
        ('notional_max = "250000"', 'notional_max = "0"'),
        ("hedges[0].order.notional_max", '"0"', "more than 0"),
    ),
    (
        ('notional_max = "250000"', "cooldown_s = -1"),
        ("hedges[0].order.cooldown_s", "-1", "0 or more"),
    ),
    (('qty = "12.5"', "qty = 12.5"), ("holdings[0].qty", "12.5", 'exact: "12.5"')),
    (('label = "cold storage"', 'label = " "'), ("holdings[0].label", '" "', "printable")),
    (
        ("[aliases]", HOLDING + "[aliases]"),
        ("holdings[1].label", '"cold storage"', "holdings[0] has this label"),
    ),
    ((ALIAS, ALIAS.replace('"1"', '"0"')), ("aliases.WBTC.rate", '"0"', "more than 0")),
    ((ALIAS, ALIAS.replace("WBTC", "wbtc")), ("aliases.wbtc", '"wbtc"', '"WBTC"')),
    ((ALIAS, ALIAS.replace('"BTC"', '"WBTC"')), ("aliases.WBTC.asset", '"WBTC"', "for itself")),
    (
        (ALIAS, ALIAS + '\nXBTC = { asset = "WBTC", rate = "1" }'),
        ("aliases.XBTC.asset", '"WBTC"', "WBTC is an alias too"),
    ),
    (
        (ALIAS, 'BTC = { asset = "ETH", rate = "15" }'),
        ("hedges[0].asset", '"BTC"', "it is an alias"),
    ),
    (("[limits]", "[limits]\ndrift_ms = 5"), ("limits.drift_ms", "(hidden)", "drift_ms_max")),
    (
        ("[limits]", "[limits]\ntransit_hold_s = 1"),
        ("limits.transit_hold_s", '"1"', "demo serves no withdrawal records"),
    ),
    (
        ("[limits]", "[limits]\ndrift_ms_max = 5"),
        ("limits.drift_ms_max", "5", "1000 or more"),
    ),
    (
        ("[limits]", '[limits]\nmark_jump_max = "1.1"'),
        ("limits.mark_jump_max", '"1.1"', "1 or less"),
    ),
    (
        ("[alerts]", '[alerts]\nmin_severity = "loud"'),
        ("alerts.min_severity", '"loud"', "'info', 'warning' or 'critical'"),
    ),
    (("[alerts]", '[alerts]\nurls = ["hello"]'), ("alerts.urls[0]", "(hidden)", "apprise URL")),
    (("[alerts]", "[log]\nformat = 1"), ("log.format", "1", "'json' or 'console'")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("swap", "expected"),
    ROWS,
    ids=[f"{row[1][0]}-{row[1][2]}" for row in ROWS],
)
def test_a_spoilt_book_is_refused(
    good: str,
    refuse_text: Callable[..., tuple[Problem, ...]],
    swap: tuple[str, str],
    expected: tuple[str, str, str],
) -> None:
    assert swap[0] in good
    problems = refuse_text(good.replace(*swap, 1))
    path, value, mend = expected
    assert [(p.value, mend in p.mend) for p in problems if p.path == path] == [(value, True)]


def test_one_instrument_in_two_hedges_is_named_with_both_places(
    good: str, refuse_text: Callable[..., tuple[Problem, ...]]
) -> None:
    problems = refuse_text(good + SECOND.replace("perp:ETH/USDT:USDT", "perp:BTC/USDT:USDT"))
    assert [p.path for p in problems] == ["hedges[1].instruments[0]"] * 2
    assert "carries BTC" in problems[0].mend
    assert "hedges[0].instruments[0] names it already" in problems[1].mend


@pytest.mark.parametrize(
    ("asset", "base", "alias"),
    [
        ("PEPE", "1000PEPE", ""),
        ("BABYDOGE", "1MBABYDOGE", ""),
        ("1INCH", "1INCH", ""),
        ("NEW", "1000NEW", '1000NEW = { asset = "NEW", rate = "1000" }'),
        ("BTC", "WBTC", ""),
    ],
)
def test_bundles_and_aliases_carry_their_coin(
    good: str, load_text: Callable[..., Settings], *, asset: str, base: str, alias: str
) -> None:
    text = good.replace('asset = "BTC"\nratio', f'asset = "{asset}"\nratio')
    text = text.replace("perp:BTC/", f"perp:{base}/").replace("[aliases]", f"[aliases]\n{alias}")
    assert load_text(text).hedges[0].asset == asset
