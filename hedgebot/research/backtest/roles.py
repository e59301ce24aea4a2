"""Which series of a history is what to a book."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from hedgebot.core.policy import Policy
from hedgebot.domain.instruments import InstrumentId, is_inverse
from hedgebot.domain.multipliers import BUNDLES
from hedgebot.research.backtest.markets import DOLLARS, names
from hedgebot.research.backtest.options import BacktestRefused
from hedgebot.research.history import History
from hedgebot.research.history.names import NAME

PLAIN = re.compile(r"^(?P<symbol>[A-Z0-9]+)_\d+[mhd]$")
"""`XBTUSD_1m`: a venue that lists perpetuals only names no market."""
OTHER_NAMES = {"BTC": ("BTC", "XBT")}


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of series by what they are; what a book can do without is left out."""

    price: Mapping[InstrumentId, str]
    mark: Mapping[InstrumentId, str]
    funding: Mapping[InstrumentId, str]
    spot: Mapping[str, str]
    """By asset."""

    def named(self) -> set[str]:
        """Every series that is read."""
        return {
            each
            for part in (self.price, self.mark, self.funding, self.spot)
            for each in part.values()
        }


def roles_of(policy: Policy, history: History, told: Mapping[str, str]) -> Roles:
    """Find the series of every instrument and asset.

    Raises:
        BacktestRefused: an instrument has no prices, several series fit, or a series told is not
            there; all of it at once.
    """
    own = [each for hedge in policy.hedges for each in hedge.instruments]
    roles = {each for one in own for each in (one, f"{one}/mark", f"{one}/funding")}
    crossed = [hedge for hedge in policy.hedges if hedge.beta is not None]
    assets = {hedge.asset for hedge in policy.hedges}
    assets |= {coin_of(one) for hedge in crossed for one in hedge.instruments}
    roles |= assets
    there = ", ".join(sorted(history.series))
    problems = [f"{role}: there is no such role; there are {', '.join(sorted(roles))}"
                for role in told if role not in roles]  # fmt: skip
    problems += [f"{role}: there is no series {name}; there are {there}"
                 for role, name in told.items() if name not in history.series]  # fmt: skip
    finder = _Finder(history, told, problems)
    price = finder.each({one: one for one in own}, "")
    mark = finder.each({one: f"{one}/mark" for one in own}, "mark")
    funding = finder.each({one: f"{one}/funding" for one in own}, "funding")
    for one, name in price.items():
        if one not in funding and "funding_rate" in history.series[name].table.columns:
            funding[one] = name
    problems += [f"{one}: no prices of it; there are {there}: name one with --series {one}=NAME"
                 for one in own if one not in price]  # fmt: skip
    spot = {}
    for asset in sorted(assets):
        found = finder.one(asset, partial(_is_spot, asset))
        if found:
            spot[asset] = found
    problems += [f"{each.asset}: no spot prices of it, and its hedge is another coin's; there are "
                 f"{there}: name them with --series {each.asset}=NAME"
                 for each in crossed if each.asset not in spot]  # fmt: skip
    if problems:
        raise BacktestRefused("\n".join(problems))
    return Roles(price, mark, funding, spot)


@dataclass(frozen=True, slots=True)
class _Finder:
    history: History
    told: Mapping[str, str]
    problems: list[str]

    def each(self, wanted: Mapping[InstrumentId, str], what: str) -> dict[InstrumentId, str]:
        found = {}
        for own, role in wanted.items():
            name = self.one(role, partial(_is_perpetual, own, what))
            if name:
                found[own] = name
        return found

    def one(self, role: str, fits: Callable[[str], bool]) -> str:
        if role in self.told:
            return self.told[role]
        found = [name for name in self.history.series if fits(name)]
        if len(found) > 1:
            several = " and ".join(found)
            self.problems.append(f"{role}: {several} fit: name one with --series {role}=NAME")
        return found[0] if len(found) == 1 else ""


def _is_perpetual(own: InstrumentId, what: str, name: str) -> bool:
    base, quote, _ = names(own)
    symbols = {f"{each}{quote}" for each in OTHER_NAMES.get(base, (base,))}
    last = name.rpartition("/")[2]
    if said := NAME.match(last):
        market = said["market"].lower() == "perp" and (said["what"] or "") == what
        return market and said["symbol"] in symbols
    plain = PLAIN.match(last)
    return plain is not None and not what and is_inverse(own) and plain["symbol"] in symbols


def _is_spot(asset: str, name: str) -> bool:
    said = NAME.match(name.rpartition("/")[2])
    if not said or said["market"] != "spot" or said["what"]:
        return False
    return said["symbol"] in {f"{asset}{quote}" for quote in DOLLARS}


def coin_of(own: InstrumentId) -> str:
    """The coin whose price a perpetual follows: PEPE of 1000PEPE."""
    base = names(own)[0]
    return BUNDLES[base].asset if base in BUNDLES else base


def coins_in_one(own: InstrumentId) -> float:
    """Coins of the asset in one unit of a perpetual's base: 1000 of 1000PEPE."""
    bundle = BUNDLES.get(names(own)[0])
    return float(bundle.coins) if bundle else 1.0
