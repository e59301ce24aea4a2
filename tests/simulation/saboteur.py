"""python -m tests.simulation.saboteur [NAME...] [--find]: rules broken on purpose.

Each patch of `sabotage/` is applied to a copy of the package, never to the checkout. The seed
that it names must break a rule there, and none without it. `--find` looks for that seed, in 300.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
PATCHES = Path(__file__).parent / "sabotage"
SEEDS_MAX = 300
SEED = re.compile(r"^seed: (\d+)$", re.MULTILINE)
BROKEN = re.compile(r"^(?:BROKEN|seed (\d+):) (\w+): (.*)$", re.MULTILINE)


@contextmanager
def sabotaged(sabotage: Path) -> Iterator[Path]:
    """A copy of the package and of the simulation, with the sabotage."""
    with TemporaryDirectory(prefix="hedgebot-sabotage-") as name:
        folder = Path(name)
        unwanted = shutil.ignore_patterns("__pycache__")
        for part in ("hedgebot", "tests/simulation"):
            shutil.copytree(ROOT / part, folder / part, ignore=unwanted)
        subprocess.run(
            ["patch", "--strip=1", "--silent", "--no-backup-if-mismatch", f"--input={sabotage}"],
            cwd=folder,
            check=True,
        )
        yield folder


def play(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def find(sabotage: Path) -> str:
    """Look for a seed that finds it, and write it down. Empty where there is none."""
    with sabotaged(sabotage) as folder:
        played = play(folder, "--range", "0", str(SEEDS_MAX), "--first")
    broken = BROKEN.search(played.stdout)
    if broken is None:
        return ""
    head = SEED.sub("", sabotage.read_text()).replace("\n\n", "\n")
    first, _, rest = head.partition("\n")
    sabotage.write_text(f"{first}\nseed: {broken.group(1)}\n{rest}")
    return f"seed {broken.group(1)}: {broken.group(2)}: {broken.group(3)}"


def proven(patches: Sequence[Path]) -> dict[str, str]:
    """By name: what is broken under the sabotage; empty where the sabotage is not found."""
    seeds = {sabotage: SEED.search(sabotage.read_text()) for sabotage in patches}
    numbers = sorted({found.group(1) for found in seeds.values() if found}, key=int)
    clean = play(ROOT, *numbers)
    assert clean.returncode == 0, f"red without one:\n{clean.stdout[-2000:]}{clean.stderr}"
    shown: dict[str, str] = {}
    for sabotage, found in seeds.items():
        shown[sabotage.stem] = ""
        if found is not None:
            with sabotaged(sabotage) as folder:
                broken = BROKEN.search(play(folder, found.group(1)).stdout)
            shown[sabotage.stem] = f"{broken.group(2)}: {broken.group(3)}" if broken else ""
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--find", action="store_true")
    asked = parser.parse_args()
    every = sorted(PATCHES.glob("*.patch"))
    patches = [sabotage for sabotage in every if not asked.names or sabotage.stem in asked.names]
    missed = 0
    if asked.find:
        for sabotage in patches:
            text = find(sabotage)
            missed += not text
            print(f"{sabotage.stem:<32} {text or 'NOT FOUND'}"[:160], flush=True)
        return bool(missed)
    for name, text in proven(patches).items():
        missed += not text
        print(f"{name:<32} {text or 'NOT FOUND'}"[:160], flush=True)
    print(f"{len(patches) - missed} of {len(patches)} found by their seeds, green without")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
