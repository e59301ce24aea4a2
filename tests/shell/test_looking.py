"""What `check` says of files before anything is started."""

import sqlite3
from pathlib import Path

import pytest

from hedgebot.bootstrap.looking import check_journal
from hedgebot.ports import Standing
from tests.adapters.journal.samples import opened, place


def test_a_journal_that_no_start_could_make_fails_before_it_is_started(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    standing, found, mend = check_journal(place(tmp_path / "file" / "below"))
    assert standing is Standing.FAILED
    assert f"{tmp_path / 'file'} is no folder" in found
    assert "name another journal" in mend


def test_a_folder_in_the_place_of_the_journal_fails(tmp_path: Path) -> None:
    place(tmp_path).path.mkdir()
    standing, found, _ = check_journal(place(tmp_path))
    assert (standing, "is no file" in found) == (Standing.FAILED, True)


def test_a_journal_in_folders_that_are_still_to_be_made_is_fine(tmp_path: Path) -> None:
    standing, found, mend = check_journal(place(tmp_path / "a" / "b"))
    assert (standing, mend) == (Standing.OK, "")
    assert "the first start makes it" in found


@pytest.mark.parametrize(
    ("schema", "standing"),
    [
        ("0004", Standing.OK),
        ("0003", Standing.WARNING),
        ("0001", Standing.WARNING),
        ("0999", Standing.FAILED),
    ],
)
def test_an_older_journal_is_no_failure_for_the_next_start_brings_it_up_to_date(
    tmp_path: Path, schema: str, standing: Standing
) -> None:
    opened(tmp_path).release()
    database = sqlite3.connect(place(tmp_path).path)
    database.execute("UPDATE alembic_version SET version_num = ?", (schema,))
    database.commit()
    database.close()
    found = check_journal(place(tmp_path))
    assert found[0] is standing
    assert bool(found[2]) is (standing is not Standing.OK)


def test_what_is_no_journal_fails(tmp_path: Path) -> None:
    place(tmp_path).path.write_bytes(b"diary" * 999)
    standing, found, _ = check_journal(place(tmp_path))
    assert (standing, "not a database" in found) == (Standing.FAILED, True)
