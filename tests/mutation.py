"""python -m tests.mutation [MODULE...]: mutates the safety rules and sees every mutant die.

mutmut changes one thing at a time in the decision functions, the ledger's arithmetic and the order
life cycle, and runs the quick tests of the core. A mutant that survives is a missing test, unless
`equivalent_mutants.txt` names it with the reason why nobody could tell it from the original.
Works on a copy in a temporary folder; prints the mutants of each module; exits 1 on a survivor.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = ROOT / "tests" / "equivalent_mutants.txt"
MODULES = tuple(sys.argv[1:]) or (
    "exposure",
    "band",
    "sizing",
    "orders",
    "balances",
    "reconciliation",
    "risk",
    "failover",
    "margin",
    "greeks",
    "min_variance",
)
TESTS = (
    "exposure", "band", "sizing", "orders", "balances", "old_answers", "confirmation",
    "reconciliation", "drift", "margin", "entry_price", "pricing", "risk", "failover",
    "invariant_1_failover", "invariant_1b_in_transit", "greeks", "min_variance",
)  # fmt: skip
DEAD = {"killed", "timeout", "segfault", "suspicious"}
RUN_S_MAX = 3_600

CONFIG = """
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
asyncio_mode = "auto"

[tool.mutmut]
source_paths = ["hedgebot"]
only_mutate = [{modules}]
pytest_add_cli_args = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
pytest_add_cli_args_test_selection = [{tests}]
use_git_change_detection = false
"""


class Mutant(NamedTuple):
    """One change: the function, the lines taken out and put in."""

    function: str
    """`module.function`"""
    removed: str
    added: str


def allowed(text: str) -> dict[Mutant, str]:
    """Equivalent mutants with their reasons. Each entry is four lines: function, -, +, =."""
    found: dict[Mutant, str] = {}
    for entry in re.split(r"\n\s*\n", text.strip()):
        lines = [line for line in entry.splitlines() if not line.startswith("#")]
        if lines:
            function, removed, added, reason = lines
            assert (removed[:2], added[:2], reason[:2]) == ("- ", "+ ", "= "), entry
            found[Mutant(function, removed[2:].strip(), added[2:].strip())] = reason[2:]
    return found


def prepare(folder: Path) -> None:
    """A copy of the package and of the tests that judge it, with settings for mutmut."""
    shutil.copytree(ROOT / "hedgebot", folder / "hedgebot")
    (folder / "tests" / "core").mkdir(parents=True)
    for path in (ROOT / "tests" / "core").glob("*.py"):
        shutil.copy(path, folder / "tests" / "core")
    modules = ", ".join(f'"hedgebot/core/{name}.py"' for name in MODULES)
    tests = ", ".join(f'"tests/core/test_{name}.py"' for name in TESTS)
    (folder / "pyproject.toml").write_text(CONFIG.format(modules=modules, tests=tests))


def mutmut(folder: Path, *arguments: str) -> str:
    """Run it there; its output.

    Raises:
        SystemExit: it failed; its last words are printed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, timeout=RUN_S_MAX,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout[-3_000:], done.stderr[-3_000:], sep="\n")
        raise SystemExit(1)
    return done.stdout


def mutant(folder: Path, name: str) -> Mutant:
    """What mutmut changed, from its own diff."""
    module, function = name.removeprefix("hedgebot.core.").split(".")
    diff = mutmut(folder, "show", name).splitlines()
    lines = {sign: [li[1:].strip() for li in diff if li[:1] == sign and li[:3] != sign * 3]
             for sign in "-+"}  # fmt: skip
    plain = re.sub(r"^x_|__mutmut_\d+$", "", function)
    return Mutant(f"{module}.{plain}", " ".join(lines["-"]), " ".join(lines["+"]))


def main() -> int:
    """Print what was mutated and what survived. 0: only what is allowed to."""
    equivalent = allowed(ALLOWED.read_text())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        mutmut(folder, "run", "--max-children", str(os.cpu_count() or 2))
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        survivors: list[Mutant] = []
        for line in mutmut(folder, "results", "--all", "true").splitlines():
            identity, _, status = line.strip().partition(": ")
            module = identity.removeprefix("hedgebot.core.").partition(".")[0]
            counts[module][status] += 1
            if status not in DEAD:
                survivors.append(mutant(folder, identity))
    for module in MODULES:
        statuses = ", ".join(f"{count} {status}" for status, count in counts[module].items())
        print(f"{module}: {sum(counts[module].values())} mutants: {statuses}")
    return report(survivors, equivalent)


def report(survivors: list[Mutant], equivalent: dict[Mutant, str]) -> int:
    """Name each survivor; those without a reason are an error."""
    missing = [each for each in survivors if each not in equivalent]
    for each in survivors:
        print(f"survived: {each.function}\n  - {each.removed}\n  + {each.added}")
        print(f"  = {equivalent.get(each, 'NOT ALLOWED: a test is missing')}")
    mutated = {each for each in equivalent if each.function.partition(".")[0] in MODULES}
    for each in mutated - set(survivors):
        print(f"listed and not met: {each.function}: {each.added}")
    print(f"{len(survivors)} survived, {len(survivors) - len(missing)} of them equivalent")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
