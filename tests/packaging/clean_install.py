"""Runs the install steps of the Dockerfile: `python -m tests.packaging.clean_install`.

Needs a package index, so it is no test of the suite. It proves that the lock installs with hashes
into a clean environment, and that the copied package runs there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.packaging.recipes import instructions

ROOT = Path(__file__).resolve().parent.parent.parent
AS_ROOT = ("useradd", "install -d")
"""Steps that make the account; the rest needs no rights."""


def moved(command: str, folder: Path) -> str:
    """The command with the image's folders inside `folder`, for this machine's Python."""
    command = re.sub(
        r"(?<![\w.])/(opt/hedgebot|build|usr/local/bin|var/lib)", rf"{folder}/\1", command
    )
    return re.sub(r"\bpython -m (venv|pip)", rf"{sys.executable} -m \1", command)


def install(folder: Path) -> str:
    """Run every COPY and RUN, except for the user's account; returns what `--version` says."""
    for place in ("opt", "build", "usr/local/bin", "var/lib"):
        (folder / place).mkdir(parents=True)
    for word, rest in instructions((ROOT / "Dockerfile").read_text()):
        if word == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, moved(target, folder))
        if word == "RUN":
            steps = [step for step in rest.split("&& ") if not step.startswith(AS_ROOT)]
            subprocess.run(["sh", "-ec", moved("&& ".join(steps), folder)], check=True)
    wrapper = folder / "usr/local/bin/hedgebot"
    wrapper.write_text(moved(wrapper.read_text(), folder))
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder / "opt/hedgebot/app")}
    answer = subprocess.run(
        [wrapper, "--version"], env=environ, cwd=folder, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(install(Path(made)))
