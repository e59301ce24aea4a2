from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hedgebot.cli.demo.children import exchange
from hedgebot.cli.demo.plane import Plane
from tests.process.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A fresh exchange whose prices stand still, and no daemon yet."""
    with exchange("--still") as addresses, ExitStack() as stack:
        yield Town(addresses, tmp_path, Plane(addresses.rest), stack)
