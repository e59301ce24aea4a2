"""Files of cells drawn by chance are files of cells."""

from pathlib import Path

from bench.frontier.cells import cells_from
from bench.frontier.draw import BASE, drawn


def test_a_drawn_file_is_read_and_repeats_by_its_seed(tmp_path: Path) -> None:
    file = tmp_path / "cells.toml"
    file.write_text(drawn(3))
    cells = cells_from(file)
    assert (len(cells.windows), len(cells.fees), len(cells.flows)) == (3, 3, 12)
    assert cells.tables == cells_from(BASE).tables
    assert drawn(3) == file.read_text() != drawn(4)
