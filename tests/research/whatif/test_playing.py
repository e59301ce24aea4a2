"""A busy day of the core, with every kind of trouble, played again: no process, no network."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hedgebot.adapters.recorder import RecordingError, Scribe
from hedgebot.adapters.recorder.reading import Recording
from hedgebot.bootstrap.replaying import opened
from hedgebot.core.policy import Policy
from hedgebot.core.step import step
from hedgebot.research.whatif import Compared, WhatIfRefused, compare, stretches, summary
from tests.adapters.recorder.recorded import busy_recording


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(busy_recording(tmp_path_factory.mktemp("recorded")))


def played(
    *paths: Path, policy: Callable[[Policy], Policy] = lambda policy: policy
) -> list[Compared]:
    found = stretches([partial(opened, path) for path in paths])
    return [compare(each, policy(each.policy)) for each in found]


def wider(policy: Policy, times: float = 50.0) -> Policy:
    hedges = (
        replace(
            hedge,
            band=replace(
                hedge.band, lower=hedge.band.lower * times, upper=hedge.band.upper * times
            ),
        )
        for hedge in policy.hedges
    )
    return replace(policy, hedges=tuple(hedges))


def test_the_same_settings_differ_in_nothing(path: Path) -> None:
    (found,) = played(path)
    assert len(found.recorded.orders) > 2
    assert found.partings.differences == []
    assert found.partings.alike == len(found.recorded.orders)
    assert found.recorded.tally == found.other.tally
    assert found.recorded.measured == found.other.measured


@pytest.mark.parametrize("policy", [lambda policy: policy, wider], ids=["same", "wider"])
def test_sums_are_exact_in_every_world(path: Path, policy: Callable[[Policy], Policy]) -> None:
    (found,) = played(path, policy=policy)
    for diary in (found.real, found.recorded, found.other):
        assert diary.tally.traded > 0 or diary is found.other
        assert diary.tally.total("USDT") == diary.tally.by_cash("USDT")
        for own, qty in diary.tally.held.items():
            assert diary.state.ledger.positions[own].arithmetic == qty


def test_a_wider_band_sends_fewer_orders_and_each_is_told(path: Path) -> None:
    (found,) = played(path, policy=wider)
    assert len(found.other.orders) < len(found.recorded.orders)
    told = found.partings
    both = sum(each.here is not None and each.there is not None for each in told.differences)
    only = [each for each in told.differences if each.there is None]
    assert told.alike + both + len(only) == len(found.recorded.orders)
    assert all(each.why_here and each.why_there for each in told.differences)


def halves(path: Path, folder: Path, *, forget: bool = False) -> list[Path]:
    """The recording in two files, as a daemon changes files; or with something missing between."""
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    cut = 3 + 2 * (len(lines) // 4)
    with opened(path) as recording:
        head = _folded(recording, (cut - 3) // 2 + forget)
        first = recording.first
        opening = Scribe(recording.state, recording.policy, first.code, str).opening(
            number=2, written_ms=head
        )
    found = [folder / "a.jsonl.gz", folder / "b.jsonl.gz"]
    found[0].write_bytes(gzip.compress(b"\n".join(lines[:cut]) + b"\n"))
    rest = b"\n".join(lines[cut + 2 * forget :])
    found[1].write_bytes(gzip.compress(opening + rest))
    return found


def _folded(recording: Recording, count: int) -> int:
    for _, found in zip(range(count), recording.events(), strict=False):
        step(recording.state, found.stamped, recording.policy)
        now = found.stamped.now
    return now


def test_files_without_a_gap_are_one_world(path: Path, tmp_path: Path) -> None:
    (whole,) = played(path, policy=wider)
    (found,) = played(*halves(path, tmp_path), policy=wider)
    assert len(found.stretch.files) == 2
    assert summary([found])["differences"] == summary([whole])["differences"]
    assert found.other.tally == whole.other.tally


def test_a_gap_is_said_and_both_begin_again(path: Path, tmp_path: Path) -> None:
    found = played(*halves(path, tmp_path, forget=True), policy=wider)
    assert [len(each.stretch.files) for each in found] == [1, 1]
    assert summary(found)["notes"][0].startswith("nothing is recorded for ")


def test_another_book_is_refused(path: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).split(b"\n", 1)
    other = tmp_path / "other"
    named = lines[0].replace(b'"book":"test"', b'"book":"else"', 1)
    other.write_bytes(gzip.compress(named + b"\n" + lines[1]))
    with pytest.raises(RecordingError, match="two books: test and else"):
        played(path, other)


def test_a_damaged_file_is_refused(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "damaged"
    file.write_bytes(path.read_bytes()[:-8] + bytes(8))
    with pytest.raises(RecordingError, match="it is damaged from there on"):
        played(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"instruments": ("perp:ETH/USDT:USDT",)}, "no prices of perp:ETH/USDT:USDT"),
        ({"instruments": ("perp:SOL/USDT:USDT",), "beta": 2}, "no prices of perp:SOL/USDT:USDT"),
    ],
)
def test_what_cannot_be_played_is_refused(path: Path, change: dict[str, Any], said: str) -> None:
    def other(policy: Policy) -> Policy:
        return replace(policy, hedges=(replace(policy.hedges[0], **change),))

    with pytest.raises(WhatIfRefused, match=said):
        played(path, policy=other)


def test_it_needs_no_extra_packages() -> None:
    extra = "{'numpy', 'numba', 'polars', 'plotly'}"
    code = f"import sys, hedgebot.cli.whatif; assert not {extra} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
