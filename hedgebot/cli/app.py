"""Every command: what it takes, and which module does it.

Modules are imported by the command that needs them: ccxt and SQLAlchemy together take a second.
"""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hedgebot import __version__
from hedgebot.cli.beta import beta
from hedgebot.cli.history import history
from hedgebot.cli.options import (
    Asset,
    At,
    Bars,
    Config,
    For,
    Json,
    Limit,
    Other,
    Reason,
    Recordings,
    Speed,
    Ticks,
)
from hedgebot.cli.report import report

app = typer.Typer(
    name="hedgebot",
    help="Keeps a crypto portfolio delta-neutral with perpetual futures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
holdings = typer.Typer(help="Coins kept elsewhere.", no_args_is_help=True)
telling = typer.Typer(help="Whom alerts go to.", no_args_is_help=True)
journal = typer.Typer(help="Read the journal; a daemon may be running.", no_args_is_help=True)
sim = typer.Typer(
    help="The local exchange: a venue's own protocol, on loopback.", no_args_is_help=True
)
app.add_typer(holdings, name="holdings")
app.add_typer(telling, name="alerts")
app.add_typer(journal, name="journal")
app.add_typer(sim, name="sim")


def main() -> None:
    """Entry point of `hedgebot` and of `python -m hedgebot`."""
    try:
        app()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        typer.echo(f"hedgebot: the output could not be written: {error.strerror}", err=True)
        # What is left in the buffer would fail once more at the exit, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"hedgebot {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="And leave.")
    ] = False,
) -> None:
    """Keeps a crypto portfolio delta-neutral with perpetual futures."""


@app.command()
def run(
    config: Config,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Go on above an epoch that only the venue knows.")
    ] = False,
) -> None:
    """Keep the hedge until stopped. Exit 0 after SIGTERM or Ctrl-C."""
    from hedgebot.cli import running

    running.run(config, adopt=adopt)


@app.command()
def demo(
    *,
    seconds: Annotated[int, typer.Option(min=0, help="End by itself; 0: not before Ctrl-C.")] = 0,
    ticks: Ticks = None,
    bars: Bars = None,
    speed: Speed = None,
    seed: Annotated[int, typer.Option(help="Of the generated market.")] = 1,
) -> None:
    """Watch it work: a local exchange and a daemon that keeps a hedge on it."""
    from hedgebot.cli import demo as demonstration

    replay = {"--ticks": ticks, "--bars": bars, "--speed": speed}
    told = [f"{name}={value}" for name, value in replay.items() if value is not None]
    demonstration.run(seconds=seconds, market=["--seed", str(seed), *told])


@app.command()
def plan(config: Config, json: Json = False) -> None:
    """One look: exposures, target, band, the orders it would send. Sends nothing."""
    from hedgebot.cli import looking

    looking.plan(config, json=json)


@app.command()
def check(config: Config, json: Json = False) -> None:
    """Check credentials, permissions, clock, modes, minimums, streams. Exit 1: see the mends."""
    from hedgebot.cli import looking

    looking.check(config, json=json)


@app.command()
def status(config: Config, json: Json = False) -> None:
    """How the running daemon stands. Exit 1: none runs."""
    from hedgebot.cli import commanding

    commanding.status(config, json=json)


@app.command()
def pause(
    *,
    config: Config,
    asset: Asset = None,
    reason: Reason = "",
    lasts: For = None,
    json: Json = False,
) -> None:
    """No orders until `resume`; cancels, look-ups and streams go on."""
    from hedgebot.cli import commanding

    commanding.command(config, "pause", asset=asset, reason=reason, lasts=lasts, json=json)


@app.command()
def resume(config: Config, asset: Asset = None, reason: Reason = "", json: Json = False) -> None:
    """Trade again."""
    from hedgebot.cli import commanding

    commanding.command(config, "resume", asset=asset, reason=reason, lasts=None, json=json)


@app.command("reduce-only")
def reduce_only(
    *,
    config: Config,
    asset: Asset = None,
    reason: Reason = "",
    lasts: For = None,
    json: Json = False,
) -> None:
    """Only orders that shrink a position towards the target, until `resume`."""
    from hedgebot.cli import commanding

    commanding.command(config, "reduce-only", asset=asset, reason=reason, lasts=lasts, json=json)


@app.command()
def flatten(
    *,
    config: Config,
    asset: Asset = None,
    reason: Reason = "",
    lasts: For = None,
    json: Json = False,
) -> None:
    """Close the hedge's positions and stay flat until `resume`."""
    from hedgebot.cli import commanding

    commanding.command(config, "flatten", asset=asset, reason=reason, lasts=lasts, json=json)


@holdings.command("set", context_settings={"ignore_unknown_options": True})  # -5: owed
def holdings_set(label: str, qty: str, config: Config, json: Json = False) -> None:
    """Say how many coins are now kept under LABEL; stands until the settings file changes."""
    from hedgebot.cli import commanding

    commanding.holdings_set(config, label, qty, json=json)


@telling.command("test")
def alerts_test(config: Config, json: Json = False) -> None:
    """Send one test alert to every address. Exit 1: one did not take it, or there is none."""
    from hedgebot.cli import alerting

    alerting.test(config, json=json)


@journal.command()
def orders(config: Config, json: Json = False, limit: Limit = 20) -> None:
    """Newest orders, how they ended, what they filled."""
    from hedgebot.cli import reading

    reading.show(config, "orders", json=json, limit=limit)


@journal.command()
def fills(config: Config, json: Json = False, limit: Limit = 20) -> None:
    """Newest executions of the accounts, ours and others'."""
    from hedgebot.cli import reading

    reading.show(config, "fills", json=json, limit=limit)


@journal.command()
def decisions(config: Config, json: Json = False, limit: Limit = 20) -> None:
    """Newest decisions and why."""
    from hedgebot.cli import reading

    reading.show(config, "decisions", json=json, limit=limit)


@journal.command()
def alerts(config: Config, json: Json = False, limit: Limit = 20) -> None:
    """Newest alerts, each with its whole text."""
    from hedgebot.cli import reading

    reading.show(config, "alerts", json=json, limit=limit)


@journal.command("compare")
def journal_compare(
    other: Annotated[Path, typer.Argument(help="Settings file of the other run.", exists=True)],
    config: Config,
    json: Json = False,
) -> None:
    """Two runs order by order, and where they part. Exit 1: they do."""
    from hedgebot.cli import comparing

    comparing.run(config, other, json=json)


@journal.command()
def ledger(
    *,
    config: Config,
    since: Annotated[str, typer.Option(metavar="DURATION", help="90s, 30m, 8h, 7d.")] = "7d",
    rows: Annotated[bool, typer.Option("--rows", help="Every posting with its record.")] = False,
    usd: Annotated[bool, typer.Option("--usd", help="In dollars too, with each price.")] = False,
    json: Json = False,
) -> None:
    """The books: opening, what changed and why, closing, and what nothing explains."""
    from hedgebot.cli import books

    books.show(config, since=since, rows=rows, usd=usd, json=json)


@app.command()
def replay(files: Recordings, at: At = None, other: Other = None, json: Json = False) -> None:
    """Fold a recording again: does it come out the same (exit 1: no)? Or play another policy."""
    from hedgebot.cli import replaying

    if other is None:
        replaying.replay(replaying.one_of(files), at=at, json=json)
        return
    from hedgebot.cli import whatif

    whatif.run(files, other, at=at, json=json)


@app.command()
def backtest(
    config: Annotated[Path, typer.Argument(help="The settings file (TOML).")],
    *,
    folder: Annotated[Path, typer.Option("--data", help="Folder of bars and funding.")],
    flows: Annotated[
        list[str] | None,
        typer.Option(help="A table, or a model: ou:deviation=200,days=1,seed=1. They add up."),
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", metavar="TIME", help="UTC.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="UTC, exclusive.")] = None,
    wallet: Annotated[
        list[str] | None, typer.Option(help="spot:spot/BTC=10, to begin with.")
    ] = None,
    series: Annotated[list[str] | None, typer.Option(help="ROLE=NAME, if no name tells.")] = None,
    assume: Annotated[list[str] | None, typer.Option(help="NAME=VALUE, as fee_bp=2.")] = None,
    without_funding: Annotated[
        bool, typer.Option("--without-funding", help="Play on where none is known.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the result there.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report there.")] = None,
    png: Annotated[Path | None, typer.Option(help="Folder for pictures.")] = None,
) -> None:
    """Play recorded prices through the decision that trades live. Pessimistic unless told."""
    from hedgebot.cli import backtesting

    asked = backtesting.Asked(
        folder=folder,
        flows=tuple(flows or ()),
        begin=begin,
        end=end,
        wallets=tuple(wallet or ()),
        series=tuple(series or ()),
        assume=tuple(assume or ()),
        without_funding=without_funding,
    )
    backtesting.backtest(config, asked, backtesting.Wanted(json, html, png))


@app.command("download")
def download_history(
    *,
    symbols: Annotated[
        list[str],
        typer.Argument(
            help="ccxt symbols: BTC/USDT is spot, BTC/USDT:USDT and BTC/USD:BTC perpetuals.",
            show_default=False,
        ),
    ],
    since: Annotated[str, typer.Option(metavar="TIME", help="2023-01-01, UTC.")],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Not included; now where absent.")
    ] = None,
    interval: Annotated[str, typer.Option(help="1m to 1d.")] = "1h",
    out: Annotated[Path, typer.Option(help="Folder of the files.")] = Path("history"),
    network: Annotated[str, typer.Option(help="mainnet, demo, testnet or local.")] = "mainnet",
    rest_url: Annotated[
        str | None, typer.Option(help="Of a local exchange, or of a mirror of the venue.")
    ] = None,
    json: Json = False,
) -> None:
    """History into Parquet: bars, marks, index, funding. Goes on where it was cut off."""
    from hedgebot.cli import backtesting

    backtesting.require_research()
    from hedgebot.cli import downloading

    downloading.run(
        symbols, folder=out, since=since, until=until, interval=interval,
        network=network, rest_url=rest_url, json=json,
    )  # fmt: skip


@app.command("sweep")
def sweep_policies(
    *,
    grid: Annotated[Path, typer.Argument(help="TOML: config/sweep.toml is one.", exists=True)],
    data: Annotated[Path, typer.Option(help="Folder of history.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("sweep"),
    begin: Annotated[str | None, typer.Option("--from", metavar="TIME", help="UTC.")] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Not included.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Threads; all cores.")] = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="On the Ray cluster of RAY_ADDRESS (extra cluster).")
    ] = False,
    json: Json = False,
) -> None:
    """Thousands of policies over history at once: what each costs, what it leaves unhedged."""
    from hedgebot.cli import backtesting

    backtesting.require_research()
    from hedgebot.cli import sweeping

    sweeping.run(grid, data=data, out=out, begin=begin, end=end, jobs=jobs, ray=ray, json=json)


for told in (history, beta, report):
    app.command()(told)


@sim.command("binance")
def sim_binance(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: a free one, printed.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the generated market.")] = 1,
    ticks: Ticks = None,
    bars: Bars = None,
    speed: Speed = None,
    still: Annotated[bool, typer.Option(help="Prices move only by the control plane.")] = False,
    api_key: Annotated[
        str, typer.Option(help="Of the account; two accounts need two.")
    ] = "local-key",
) -> None:
    """Binance spot, USDT-M and COIN-M futures, as unmodified clients know them."""
    from hedgebot.cli import exchange

    market = exchange.market_of(ticks=ticks, bars=bars, still=still, speed=speed)
    exchange.run(port=port, seed=seed, market=market, api_key=api_key)


@app.command()
def schema() -> None:
    """Print the JSON schema of a settings file."""
    from hedgebot.cli import looking

    looking.schema()
