"""Coin-margined perpetuals in a settings file."""

from tests.settings.conftest import GOOD, Load, Refuse

COIN = (
    GOOD.replace('"binanceusdm"', '"binancecoinm"')
    .replace("[venues.perp]", "[venues.coin]")
    .replace("perp:BTC/USDT:USDT", "coin:BTC/USD:BTC")
)


def test_its_wallet_is_collateral_of_an_account(load_text: Load) -> None:
    settings = load_text(COIN)
    (spot, coin) = settings.policy().venues
    assert (coin.wallets, coin.collateral) == (("coin:coin_futures",), True)
    assert (spot.account, coin.account) == ("main", "main")
    assert (settings.venues["coin"].derivatives, settings.venues["coin"].inverse) == (True, True)
    assert not coin.tells_withdrawals


def test_linear_and_inverse_may_stand_in_one_hedge(load_text: Load) -> None:
    text = COIN.replace(
        "[[hedges]]",
        '[venues.perp]\nexchange = "binanceusdm"\nnetwork = "demo"\naccount = "main"\n[[hedges]]',
    )
    both = '["coin:BTC/USD:BTC", "perp:BTC/USDT:USDT"]'
    settings = load_text(text.replace('["coin:BTC/USD:BTC"]', both))
    assert settings.hedges[0].instruments == ("coin:BTC/USD:BTC", "perp:BTC/USDT:USDT")


def test_a_dry_run_of_it_is_refused_where_it_is_written(refuse_text: Refuse) -> None:
    problems = refuse_text(COIN.replace('mode = "live"', 'mode = "dry-run"'))
    assert [(p.path, p.value) for p in problems] == [
        ("hedges[0].instruments[0]", '"coin:BTC/USD:BTC"')
    ]
    assert "a dry run has no coin-margined perpetuals yet" in problems[0].mend


def test_the_position_mode_is_one_way_unless_it_is_written(load_text: Load) -> None:
    written = GOOD.replace("leverage = 3", 'leverage = 3\nposition_mode = "hedge"')
    modes = [[v.position_mode for v in load_text(t).policy().venues] for t in (GOOD, written)]
    assert modes == [["one-way", "one-way"], ["one-way", "hedge"]]


def test_spot_has_no_position_mode(refuse_text: Refuse) -> None:
    text = GOOD.replace('wallets = ["spot"]', 'wallets = ["spot"]\nposition_mode = "hedge"')
    (problem,) = refuse_text(text)
    assert (problem.path, problem.mend) == ("venues.spot.position_mode", "spot has none: remove it")
