"""What computed bands rest on, in the journal."""

from dataclasses import replace
from pathlib import Path

import pytest

from hedgebot.domain.records import LearntKept
from hedgebot.errors import JournalError
from tests.adapters.journal.samples import opened


async def test_what_was_learnt_is_replaced_and_read_back_exactly(tmp_path: Path) -> None:
    flow = (0.1 + 0.2, 1e-300, -2.5e17, 3.0)
    first = LearntKept(
        at_ms=1, asset="BTC", flow=flow, price=(0.1,), paid=(), band=(-1.5, 2.0, 1.0, 0.5)
    )
    later = replace(first, at_ms=2, flow=flow[:2], band=())
    other = replace(first, asset="ETH")
    journal = opened(tmp_path)
    await journal.commit([first, other])
    await journal.commit([later])
    durable = await journal.load()
    await journal.close()
    assert set(durable.learnt) == {later, other}


async def test_a_number_that_is_none_is_not_kept(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    broken = LearntKept(at_ms=1, asset="BTC", flow=(float("nan"),), price=(), paid=(), band=())
    with pytest.raises(JournalError, match="finite"):
        await journal.commit([broken])
    await journal.close()
