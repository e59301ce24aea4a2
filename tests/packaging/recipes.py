"""Reads recipes of images and services, and names what is unwise in them."""

import re
from collections.abc import Callable

Instruction = tuple[str, str]
SECRET = re.compile(r"(?i)(secret|token|password|api_?key)\w*\s*[= ]\s*[^\s/]")
PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+[\w.-]*$")


def instructions(text: str) -> list[Instruction]:
    """Word and rest of each instruction, continued lines joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (word, rest.strip())
        for word, _, rest in (line.partition(" ") for line in joined.splitlines())
        if word
    ]


def unpinned(found: list[Instruction]) -> bool:
    """An image without a release or a digest: two builds of it are not one."""
    given = dict(rest.split("=", 1) for word, rest in found if word == "ARG" and "=" in rest)
    stages = [rest.split(" AS ") for word, rest in found if word == "FROM"]
    names = {names[0] for _, *names in stages if names}
    images = [re.sub(r"\$\{(\w+)\}", lambda m: given.get(m[1], ""), image) for image, *_ in stages]
    return any(image not in names and not PINNED.search(image) for image in images)


def last_stage(found: list[Instruction]) -> list[Instruction]:
    start = max(place for place, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def root(found: list[Instruction]) -> bool:
    """No user by number at the end: a name may be root's, and Kubernetes cannot check it."""
    users = [rest for word, rest in last_stage(found) if word == "USER"]
    return not users or re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", users[-1]) is None


def _any(word: str, pattern: str) -> Callable[[list[Instruction]], bool]:
    return lambda found: any(w == word and re.search(pattern, rest) for w, rest in found)


def _missing(word: str, pattern: str) -> Callable[[list[Instruction]], bool]:
    return lambda found: not any(w == word and re.search(pattern, rest) for w, rest in found)


RULES: dict[str, Callable[[list[Instruction]], bool]] = {
    "image without a release or digest": unpinned,
    "runs as root": root,
    "secret in a layer": lambda found: any(
        SECRET.search(rest) for word, rest in found if word in {"ENV", "ARG", "RUN"}
    ),
    "one stage only": lambda found: sum(word == "FROM" for word, _ in found) < 2,
    "installs in the last stage": lambda found: any(
        word == "RUN" and re.search(r"\b(pip|apt-get|apk|curl|wget)\b", rest)
        for word, rest in last_stage(found)
    ),
    "packages without hashes": lambda found: any(
        "pip " in rest and "--require-hashes" not in rest for word, rest in found if word == "RUN"
    ),
    "fetches by ADD": _any("ADD", ""),
    "copies everything": _any("COPY", r"(^|\s)\.(/)?\s"),
    "no health check": _missing("HEALTHCHECK", r"CMD \["),
    "a shell between the signal and the program": _missing("ENTRYPOINT", r"^\["),
    "no signal to stop by": _missing("STOPSIGNAL", "^SIGTERM$"),
}


def faults(text: str) -> list[str]:
    """Names of the rules that a Dockerfile breaks."""
    found = instructions(text)
    return [name for name, broken in RULES.items() if broken(found)]
