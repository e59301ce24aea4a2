"""Each rule of the recorder, broken on purpose: the test that stands for it must fail."""

import asyncio
import importlib
import inspect
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.recorder.breakage import BREAKAGES
from tests.afresh import Breakage, Replacement, afresh

AFRESH = ("hedgebot.adapters.recorder", "hedgebot.bootstrap", "tests.adapters.recorder")
FAILURES = (Exception, pytest.fail.Exception)


def run(row: Breakage, folder: Path, patches: pytest.MonkeyPatch) -> None:
    """The test of a rule, beside whatever is imported afresh now."""
    folder.mkdir()
    file, _, name = row.test.partition(":")
    module = importlib.import_module(f"tests.adapters.recorder.test_{file}")
    test = getattr(module, name)
    given: dict[str, Any] = {"tmp_path": folder, "monkeypatch": patches}
    wanted = inspect.signature(test).parameters
    if "sound" in wanted:
        place = folder / "sound"
        given["sound"] = asyncio.run(module.busy_recording(place)).read_bytes()
    case = {key: getattr(module, value) if key == "disk" else value for key, value in row.case}
    found = test(**{key: value for key, value in given.items() if key in wanted}, **case)
    if inspect.iscoroutine(found):
        asyncio.run(found)


@pytest.mark.parametrize("row", BREAKAGES, ids=lambda row: row.rule)
def test_a_broken_rule_is_noticed(
    row: Breakage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Replacement(row.module, row.sound, row.broken)
    with afresh(AFRESH):  # beside a sound recorder it passes
        run(row, tmp_path / "sound recorder", monkeypatch)
    with afresh(AFRESH, change), pytest.raises(FAILURES):
        run(row, tmp_path / "broken recorder", monkeypatch)
