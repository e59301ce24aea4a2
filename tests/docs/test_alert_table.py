"""Every alert that can reach a person is explained in the operating guide, and no other."""

import re
from pathlib import Path

from hedgebot.core.remedies import REMEDIES, SHUT_GATES
from hedgebot.domain.actions import Severity

GUIDE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
ROW = re.compile(r"^\| `([a-z-]+)` \| (\w+) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
GATES = GUIDE.partition("the gate that is shut:\n")[2].partition("\n## ")[0]


def test_the_table_names_every_kind_of_alert_once() -> None:
    rows = ROW.findall(GUIDE)

    assert sorted(row[0] for row in rows) == sorted(REMEDIES)
    assert {row[1] for row in rows} <= {severity.value for severity in Severity}


def test_where_an_alert_says_what_to_do_the_table_does_too() -> None:
    for kind, _severity, _what, _cost, remedy in ROW.findall(GUIDE):
        assert (remedy == "nothing") == (REMEDIES[kind] == ""), kind


def test_every_gate_that_is_told_is_explained() -> None:
    unexplained = [words for words, _ in SHUT_GATES if words not in GATES]

    assert unexplained == []
