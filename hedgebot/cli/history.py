"""`history`: what a folder of history holds, and what is wrong with it."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from hedgebot.cli.options import Json
from hedgebot.cli.said import say, say_json, say_rows, user_errors

FINDINGS_SAID = 20
"""For people; `--json` has them all."""


def history(
    folder: Annotated[Path, typer.Argument(help="Bars and funding.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """What a folder of history holds, and what is wrong with it."""
    from hedgebot.cli.backtesting import require_research

    require_research()
    from hedgebot.research.history import read_history
    from hedgebot.research.history.findings import stamp

    with user_errors():
        found = read_history(folder)
    rows = [
        {
            "series": name,
            "rows": f"{each.table.height:,}",
            "every": f"{each.step_ms / 60_000:g} min",
            "from": stamp(int(each.table["at_ms"][0])),
            "to": stamp(int(each.table["at_ms"][-1])),
        }
        for name, each in found.series.items()
    ]
    if json:
        say_json({"series": rows, "findings": [asdict(each) for each in found.findings]})
        return
    say_rows(str(folder), rows)
    for finding in found.findings[:FINDINGS_SAID]:
        say(str(finding))
    if len(found.findings) > FINDINGS_SAID:
        say(f"... of {len(found.findings)}; --json has them all")
    counts = Counter(each.fault.value for each in found.findings)
    said = ", ".join(f"{count} {fault}" for fault, count in counts.most_common())
    say(f"findings: {said or 'none'}")
