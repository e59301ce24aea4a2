from collections.abc import AsyncIterator

import pytest

from tests.sim.callers import Caller, calling


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as made:
        yield made
