"""Options that several commands share, and values that people write in them."""

import re
from pathlib import Path
from typing import Annotated

import typer

_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(\d{1,6})([smhd])")


def duration_ms(text: str) -> int:
    """Read `90s`, `30m`, `8h` or `2d` as ms.

    Raises:
        typer.BadParameter: it is none of them.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise typer.BadParameter("write a number and s, m, h or d: 90s, 30m, 8h, 2d")
    return int(found[1]) * _UNITS_MS[found[2]]


Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="HEDGEBOT_CONFIG", help="The settings file (TOML)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Asset = Annotated[str | None, typer.Option(help="Only this hedge; otherwise the whole book.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the journal and told in alerts.")]
For = Annotated[
    str | None,
    typer.Option("--for", metavar="DURATION", help="Ends by itself: 90s, 30m, 8h, 2d."),
]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Newest rows to show.")]

Ticks = Annotated[
    Path | None,
    typer.Option(help="Folder of recorded ticks to replay.", exists=True, file_okay=False),
]
Bars = Annotated[
    Path | None,
    typer.Option(help="Folder of bar files to replay.", exists=True, file_okay=False),
]
Speed = Annotated[
    float | None, typer.Option(help="Of a replay; 1 as recorded.", show_default=False)
]

Recordings = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="A recording of a daemon; with --with also several, or their folder.",
        show_default=False,
    ),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Stop there (UTC) and print the whole state."),
]
Other = Annotated[
    Path | None,
    typer.Option("--with", metavar="CONFIG", help="What these settings would have done instead."),
]
