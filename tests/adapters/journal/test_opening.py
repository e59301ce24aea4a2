"""Opening: one writer, the right version, the right file; each refusal one line with its mend."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateIndex, CreateTable

from hedgebot.adapters.journal import WriterLock, keep_without_daemon, path_of, tables
from hedgebot.adapters.journal.reading import controls, reading
from hedgebot.adapters.journal.schema import HEAD, alembic_config
from hedgebot.domain.records import (
    CounterKept,
    FillKept,
    TradingState,
    TransitMarkKept,
    WatermarkKept,
)
from hedgebot.errors import AlreadyRunning, JournalCorrupt, JournalError, StartRefused
from tests.adapters.journal.samples import NOW, PERP, HandClock, alert, control, fill, opened, place

ROOT = Path(__file__).parents[3]


def change(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "j.db") as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()


def one_line(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    return text


async def test_the_file_is_this_users_own_and_its_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "deep"
    journal = opened(folder)
    await journal.load()
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    await journal.close()
    assert set(modes) == {"j.db", "j.db-wal", "j.db-shm", "j.db.lock"}
    assert set(modes.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_the_pragmas_are_as_written_down(tmp_path: Path) -> None:
    journal = opened(tmp_path)

    def pragma(name: str) -> object:
        return journal.rows.store.raw.execute(f"PRAGMA {name}").fetchone()[0]

    await journal.load()  # turns fsync on and off again
    found = [pragma(name) for name in ("journal_mode", "synchronous", "wal_autocheckpoint")]
    await journal.close()
    assert found == ["wal", 1, 0]
    full = opened(tmp_path, full_durability=True)
    await full.load()
    assert full.rows.store.raw.execute("PRAGMA synchronous").fetchone() == (2,)
    await full.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://ada:hunter2@db/hedge", "postgresql is not built yet"),
        ("sqlite+aiosqlite:///x.db", "is not built yet"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:///x.db?mode=ro", "must name a file"),
        ("x.db", "not a URL"),
    ],
)
def test_other_urls_are_refused_by_name(url: str, said: str) -> None:
    with pytest.raises(StartRefused, match=said) as caught:
        path_of(url)
    assert "sqlite:///" in one_line(caught.value)
    assert "hunter2" not in str(caught.value)


def test_urls_name_relative_and_absolute_files() -> None:
    assert path_of("sqlite:///var/treasury.db") == Path("var/treasury.db")
    assert path_of("sqlite:////var/treasury.db") == Path("/var/treasury.db")


def test_a_second_writer_is_told_who_has_it(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from hedgebot.adapters.journal import WriterLock\n"
        "WriterLock(pathlib.Path(sys.argv[1])).acquire(); print('held', flush=True)\n"
        "sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "j.db"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdin
    assert other.stdout
    with other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as caught:
            opened(tmp_path)
        with pytest.raises(AlreadyRunning):
            keep_without_daemon(place(tmp_path), HandClock(), [control()])
        other.kill()
    said = one_line(caught.value)
    assert f"pid {other.pid}" in said
    assert str(tmp_path / "j.db") in said
    opened(tmp_path).release()  # the lock ended with its process


def test_the_lock_is_a_context_and_can_be_taken_again(tmp_path: Path) -> None:
    with WriterLock(tmp_path / "j.db") as lock:
        assert lock.path.read_text() == str(os.getpid())
        with pytest.raises(AlreadyRunning, match=f"pid {os.getpid()}"):
            WriterLock(tmp_path / "j.db").acquire()
    with WriterLock(tmp_path / "j.db"):
        pass


async def test_a_failed_opening_gives_the_lock_back(tmp_path: Path) -> None:
    (tmp_path / "j.db").write_bytes(b"not a database, but long enough to look at" * 50)
    for _ in range(2):
        with pytest.raises(JournalCorrupt, match="not a database: restore"):
            opened(tmp_path)


async def test_a_command_writes_when_no_daemon_runs(tmp_path: Path) -> None:
    keep_without_daemon(place(tmp_path), HandClock(), [control(TradingState.FLATTENING)])
    journal = opened(tmp_path)
    durable = await journal.load()
    await journal.close()
    assert durable.epoch == 1
    assert [each.state for each in durable.controls] == [TradingState.FLATTENING]


def test_the_tables_are_what_the_migrations_make(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    context = MigrationContext.configure(journal.rows.store.connection)
    differences = compare_metadata(context, tables.metadata)
    raw = journal.rows.store.raw
    migrated = _schema(raw)
    raw.close()
    made = sqlite3.connect(":memory:")
    for table in tables.metadata.sorted_tables:
        made.execute(str(CreateTable(table).compile(dialect=context.dialect)))
        for index in table.indexes:
            made.execute(str(CreateIndex(index).compile(dialect=context.dialect)))
    assert differences == []
    assert migrated == _schema(made)
    made.close()


def _schema(raw: sqlite3.Connection) -> dict[str, str]:
    found = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    )
    return {name: " ".join(sql.split()) for name, sql in found}


def test_the_newest_migration_is_the_one_named() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == HEAD


def test_no_migration_goes_back() -> None:
    for script in ScriptDirectory.from_config(alembic_config()).walk_revisions():
        assert not hasattr(script.module, "downgrade")


async def test_a_journal_of_the_first_schema_is_brought_up_to_date_with_its_rows(
    tmp_path: Path,
) -> None:
    journal = opened(tmp_path)
    await journal.load()
    await journal.commit([control(TradingState.REDUCING)])
    await journal.close()
    change(
        tmp_path,
        "DROP TABLE transits",
        "DROP TABLE transit_marks",
        "DROP TABLE postings",
        "DROP TABLE readings",
        "DROP TABLE source_marks",
        "DROP TABLE learnt",
        "UPDATE alembic_version SET version_num = '0001'",
    )
    journal = opened(tmp_path)
    await journal.commit([TransitMarkKept("spot", "", 7)])
    durable = await journal.load()
    migrated = MigrationContext.configure(journal.rows.store.connection)
    assert compare_metadata(migrated, tables.metadata) == []
    await journal.close()
    assert durable.epoch == 2
    assert [each.state for each in durable.controls] == [TradingState.REDUCING]
    assert durable.transit_marks == (TransitMarkKept("spot", "", 7),)


async def test_a_newer_journal_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    opened(tmp_path).release()
    change(tmp_path, "UPDATE alembic_version SET version_num = '0999'")
    before = (tmp_path / "j.db").read_bytes()
    with pytest.raises(StartRefused, match=r"newer hedgebot \(schema 0999.*update hedgebot") as it:
        opened(tmp_path)
    one_line(it.value)
    with pytest.raises(StartRefused, match="newer"), reading(place(tmp_path)):
        pass
    assert (tmp_path / "j.db").read_bytes() == before


def test_an_interrupted_first_start_leaves_nothing_half_made(tmp_path: Path) -> None:
    change(tmp_path, "CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE fills (x)")
    with pytest.raises(JournalError):
        opened(tmp_path)
    with sqlite3.connect(tmp_path / "j.db") as raw:
        names = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
        rows = raw.execute("SELECT * FROM alembic_version").fetchall()
    raw.close()
    assert names == {"alembic_version", "fills"}
    assert rows == []


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    change(tmp_path, "CREATE TABLE cookies (id INTEGER)")
    with pytest.raises(StartRefused, match="another program: name another file"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("table", "column", "cell"),
    [
        ("controls", "state", "'paused?'"),
        ("controls", "at_ms", "'noon'"),
        ("controls", "by", "x'ff'"),
        ("controls", "state", "NULL"),
        ("fills", "price", "'1,5'"),
        ("fills", "price", "x'31'"),
        ("watermarks", "venue_ms", "1.5"),
        ("alerts", "recovered", "7"),
        ("alerts", "severity", "'loud'"),
        ("fills", "legs", "'[[1]]'"),
        ("fills", "order_id", "'12'"),
    ],
)
async def test_a_corrupt_row_is_named_with_its_mend(
    tmp_path: Path, table: str, column: str, cell: str
) -> None:
    journal = opened(tmp_path)
    await journal.commit(
        [
            control(),
            alert(),
            CounterKept("orders", 0, fill().qty),
            WatermarkKept(PERP, 1),
            FillKept(NOW, fill()),
        ]
    )
    await journal.close()
    change(
        tmp_path,
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = '{table}'",
    )
    change(tmp_path, f'UPDATE {table} SET "{column}" = {cell}')
    journal = opened(tmp_path)
    with pytest.raises(JournalCorrupt) as caught:
        await journal.load()
    await journal.close("corrupt")
    said = one_line(caught.value)
    assert f"table {table}, row " in said
    assert column in said
    assert "restore" in said


async def test_readers_work_beside_the_writer(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    await journal.commit([control()])
    with reading(place(tmp_path)) as rows:
        assert len(controls(rows)) == 1
        await journal.commit([control()])
        assert len(controls(rows)) == 2
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            rows.store.raw.execute("DELETE FROM controls")
        journal.checkpoint()
    await journal.close()


def test_reading_what_is_not_there_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="hedgebot run"), reading(place(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []
