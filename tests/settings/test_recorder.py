"""`[recorder]`: on by default, beside the journal, within bounds."""

from pathlib import Path

import pytest

from hedgebot.bootstrap.recording import make_recorder, shelf_of
from tests.settings.conftest import Load, Refuse
from tests.shell.fakes import WallClock, quiet_log


def test_it_is_on_beside_the_journal(load_text: Load) -> None:
    settings = load_text()
    shelf = shelf_of(settings)
    journal = settings.journal_path
    assert shelf.folder == journal.parent / f"{journal.name}.recordings"
    assert (shelf.file_bytes_max, shelf.total_bytes_max) == (16 * 10**6, 512 * 10**6)
    assert make_recorder(settings, WallClock(), quiet_log()) is not None


def test_it_can_be_off_and_elsewhere(load_text: Load) -> None:
    settings = load_text(environ={"HEDGEBOT_RECORDER__ENABLED": "false"})
    assert make_recorder(settings, WallClock(), quiet_log()) is None
    elsewhere = load_text(environ={"HEDGEBOT_RECORDER__FOLDER": "flights"})
    assert shelf_of(elsewhere).folder == Path("flights").absolute()


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ("file_mb_max = 10\ntotal_mb_max = 39", "recorder.total_mb_max"),
        ("file_mb_max = 200", "recorder.total_mb_max"),
        ("file_mb_max = 0", "recorder.file_mb_max"),
        ("total_mb_max = true", "recorder.total_mb_max"),
        ("file_mb = 10", "recorder.file_mb"),
    ],
)
def test_bounds_that_cannot_hold_are_refused(
    good: str, refuse_text: Refuse, rows: str, path: str
) -> None:
    (problem,) = refuse_text(f"{good}\n[recorder]\n{rows}\n")
    assert problem.path == path


def test_four_files_fit(good: str, load_text: Load) -> None:
    rows = "[recorder]\nfile_mb_max = 10\ntotal_mb_max = 40\n"
    assert load_text(f"{good}\n{rows}").recorder.total_mb_max == 40
