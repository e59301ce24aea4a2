"""One download: every series in turn, what came of each."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hedgebot.adapters.binance.budget import Budgets
from hedgebot.adapters.binance.options import Family
from hedgebot.adapters.binance.past import Past
from hedgebot.adapters.clock import SystemClock
from hedgebot.errors import VenueError
from hedgebot.research.download.patience import patiently
from hedgebot.research.download.series import bring_bars, bring_funding
from hedgebot.research.download.shelf import writing
from hedgebot.research.download.task import Task
from hedgebot.research.download.told import Download, DownloadFailed, Report, Watcher


async def download(plan: Download, watcher: Watcher) -> list[Report]:
    """Bring every series up to date.

    Raises:
        HedgebotError: it stopped; files under their names are whole, and the rest is kept aside.
    """
    with writing(plan.folder):
        budgets = Budgets()
        reports: list[Report] = []
        for exchange in dict.fromkeys(each.exchange for each in plan.wanted):
            async with _opened(plan, exchange, budgets, watcher) as past:
                wanted = [each for each in plan.wanted if each.exchange == exchange]
                tasks = [Task(plan, each, past, watcher, past.market_id(each.symbol))
                         for each in wanted]  # fmt: skip
                for task in tasks:
                    bring = bring_funding if task.each.prices is None else bring_bars
                    reports.append(await bring(task))
        return reports


@asynccontextmanager
async def _opened(
    plan: Download, exchange: Family, budgets: Budgets, watcher: Watcher
) -> AsyncIterator[Past]:
    past = Past(exchange, plan.network, plan.rest_url, clock=SystemClock(), budgets=budgets)
    try:
        await patiently(past.open, watcher.say, plan.patience)
        yield past
    except VenueError as error:
        again = "what came is kept: the same command goes on where it stopped"
        raise DownloadFailed(f"{error}\n{again}") from error
    finally:
        await past.close()
