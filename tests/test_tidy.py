"""House numbers (docs/architecture.md): sizes that keep a file readable in one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for folder in ("hedgebot", "bench") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 40
FIELDS_MAX = 7
METHODS_MAX = 15
POSITIONAL_MAX = 4
FORBIDDEN_WORDS = {
    "manager", "handler", "helper", "util", "utils", "common", "base", "data", "info",
    "process", "do", "amount", "px", "sz",
}  # fmt: skip
BASES_ALLOWED = {"Protocol", "Exception", "Enum", "StrEnum", "IntEnum", "NamedTuple", "TypedDict"}
FRAMEWORK_BASES = {
    "HedgebotError", "StartRefused", "JournalError", "VenueError",
    "BaseModel", "BaseSettings", "TypeDecorator", "TypedDict", "Generic",
    "binance", "binanceusdm", "TyperGroup", "Struct", "Strategy", "NullCache",
}  # fmt: skip
FRAMEWORK_NAMES = {"process_bind_param", "process_result_value"}


def name_of(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value) | ast.Call(func=value):
            return name_of(value)
        case _:
            return ast.dump(node)


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text()))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def classes(path: Path) -> Iterator[ast.ClassDef]:
    for node in nodes(path):
        if isinstance(node, ast.ClassDef):
            yield node


def frozen(node: ast.ClassDef) -> bool:
    return "frozen=True" in " ".join(ast.unparse(decorator) for decorator in node.decorator_list)


def fields(node: ast.ClassDef) -> set[str]:
    """Annotated names of the class body, and whatever its methods assign to self."""
    found = {
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    }
    for item in ast.walk(node):
        if (
            isinstance(item, ast.Attribute)
            and isinstance(item.ctx, ast.Store)
            and isinstance(item.value, ast.Name)
            and item.value.id == "self"
        ):
            found.add(item.attr)
    return found


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_fit_a_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_fit_a_screen(path: Path) -> None:
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1}"
        for node in functions(path)
        if node.end_lineno and node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_positional_arguments_are_few(path: Path) -> None:
    wide = [
        node.name
        for node in functions(path)
        if len([a for a in node.args.posonlyargs + node.args.args if a.arg not in {"self", "cls"}])
        > POSITIONAL_MAX
    ]
    assert wide == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_classes_are_small(path: Path) -> None:
    for node in classes(path):
        bases = {name_of(base) for base in node.bases}
        methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert len(methods) <= METHODS_MAX, f"{node.name} has {len(methods)} methods"
        exempt = frozen(node) or bases & {"BaseModel", "BaseSettings", "NamedTuple", "TypedDict",
                                          "StrEnum", "Enum", "IntEnum", "Settings"}  # fmt: skip
        if not exempt:
            assert len(fields(node)) <= FIELDS_MAX, f"{node.name}: {sorted(fields(node))}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_inheritance_only_where_a_framework_asks_for_it(path: Path) -> None:
    local_models = {"Settings", "Frozen"}
    for node in classes(path):
        odd = {name_of(base) for base in node.bases} - BASES_ALLOWED - FRAMEWORK_BASES
        assert odd <= local_models, f"{node.name} inherits {odd}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_say_what_things_are(path: Path) -> None:
    names = {node.name for node in functions(path)} | {node.name for node in classes(path)}
    names.add(path.stem)
    bad = {
        name
        for name in names - FRAMEWORK_NAMES
        if FORBIDDEN_WORDS & set(name.lower().strip("_").split("_"))
    }
    assert bad == set()


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_mocks_of_our_own_code(path: Path) -> None:
    used = {node.id for node in nodes(path) if isinstance(node, ast.Name)}
    used |= {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}
    assert not used & {"MagicMock", "AsyncMock", "patch"}


def test_only_the_risk_review_approves() -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.Call) and name_of(node.func) == "Approved"
    }
    assert makers <= {"hedgebot/core/risk.py"}
