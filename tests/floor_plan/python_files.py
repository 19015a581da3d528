"""What a Python file may do, told by its name: scanners for the floor plan tests.

Every scanner takes source text and gives one line per violation, so that each can be shown to bite.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ("command", "expo", "sessions", "voting")

EDGE_NAMES: Final = frozenset(
    {
        "tables", "store", "moves", "usecases", "sockets", "pages", "writer", "frames", "render",
        "mail", "oidc",
    }
)  # fmt: skip
# Machinery beside those: the command line, the database, transport, pages, and the audience that comes
# over real sockets.
EDGE_PLACES: Final = (
    "command/", "expo/__init__.py", "expo/commits.py", "expo/copying.py", "expo/db.py", "expo/identity/oidc/asking.py", "expo/leases.py", "expo/lists/workbooks.py", "expo/load/machine.py", "expo/looking.py", "expo/place.py", "expo/postgres.py", "expo/together.py", "expo/wire/",
    "expo/web/", "sessions/obs/agent.py", "sessions/obs/local.py", "sessions/rehearsal/", "sessions/streams/supervisor.py", "voting/verify/verify.py",
)  # fmt: skip

# Pure code may lean on these alone; all they do is compute.
PURE_LIBRARIES: Final = frozenset(
    {"msgspec", "babel", "itsdangerous", "yaml", "icalendar", "typing_extensions", "cryptography"}
)
WORLDLY_MODULES: Final = frozenset(
    {
        "asyncio", "concurrent", "contextvars", "ctypes", "fcntl", "http", "logging", "mmap",
        "multiprocessing", "os", "queue", "random", "resource", "secrets", "select", "selectors",
        "shutil", "signal", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "sys",
        "tempfile", "threading", "time",
    }
)  # fmt: skip
SEEDED: Final = {"random": frozenset({"Random"}), "time": frozenset[str]()}  # a seed makes it pure
WORLDLY_NAMES: Final = {
    "pathlib": frozenset({"Path", "PosixPath", "WindowsPath"}),
    "uuid": frozenset({"uuid1", "uuid4"}),
    "urllib": frozenset({"request"}),
    "urllib.request": frozenset({"urlopen", "Request"}),
}
WORLDLY_CALLS: Final = frozenset({"open", "input", "print", "urandom"})
CLOCK_CALLS: Final = frozenset(
    {"now", "utcnow", "today"}
)  # of datetime and date; a given now() is fine

# Import statements inside functions: module -> why it may wait.
LATE_IMPORTS: Final[dict[str, str]] = {}


def sources(*tops: str) -> list[Path]:
    """Every Python file under these folders of the checkout, in order."""
    found = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    return [path for path in found if "__pycache__" not in path.parts]


def name_of(path: Path) -> str:
    """Address of a file inside the checkout, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def module_of(name: str) -> str:
    """Dotted name of the module in this file."""
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def is_edge(name: str) -> bool:
    """Whether the file at this address may await and touch the world."""
    stem = name.rsplit("/", 1)[-1].removesuffix(".py")
    return (
        stem in EDGE_NAMES or stem.endswith(("_follower", "_store")) or name.startswith(EDGE_PLACES)
    )


def imports(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Line, module and name (empty for ``import x``) of everything imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def impurities(name: str, source: str) -> list[str]:
    """Everything in a pure file that reaches for the world."""
    tree = ast.parse(source)
    found = [f"{name}:{line}: {what}" for line, what in _worldly_syntax(tree)]
    for line, module, imported in imports(tree):
        if reason := _worldly_import(module, imported):
            found.append(f"{name}:{line}: {reason}")
    return found


def _worldly_syntax(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
                yield node.lineno, "awaits; only edge files may"
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() if any(
                part.is_async for part in node.generators
            ):
                yield node.lineno, "awaits; only edge files may"
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=called)
            ) if called in CLOCK_CALLS:
                yield node.lineno, f"calls {called}(); take the instant as an argument"
            case ast.Call(func=ast.Attribute(attr=called) | ast.Name(id=called)) if (
                called in WORLDLY_CALLS
            ):
                yield node.lineno, f"calls {called}(); take what it gives as an argument"
            case ast.Call(func=ast.Name(id="Random") | ast.Attribute(attr="Random"), args=[]):
                yield node.lineno, "draws unseeded lots"
            case ast.Attribute(attr="environ"):
                yield node.lineno, "reads the environment"


def _worldly_import(module: str, imported: str) -> str | None:
    top = module.partition(".")[0]
    if imported in SEEDED.get(module, ()):
        return None
    if imported in WORLDLY_NAMES.get(module, ()) or top in WORLDLY_MODULES:
        return f"imports {module} {imported}".rstrip()
    if top in PACKAGES:
        return _worldly_neighbour(module, imported)
    if top not in sys.stdlib_module_names and top not in PURE_LIBRARIES:
        return f"imports {top}; pure files know {', '.join(sorted(PURE_LIBRARIES))} only"
    return None


def _worldly_neighbour(module: str, imported: str) -> str | None:
    for dotted in (f"{module}.{imported}", module):
        address = dotted.replace(".", "/")
        for candidate in (f"{address}.py", f"{address}/__init__.py"):
            if candidate != "expo/__init__.py" and (ROOT / candidate).is_file():
                return f"imports the edge file {candidate}" if is_edge(candidate) else None
    return None


def strangers_at_tables(name: str, source: str) -> list[str]:
    """Imports of a ``tables`` module from anywhere but the store beside it."""
    beside = f"{module_of(name).rpartition('.')[0]}.tables"
    may = name.endswith("/store.py")
    return [
        f"{name}:{line}: only the store beside it may import {module}"
        for line, module, imported in imports(ast.parse(source))
        for dotted in (module, f"{module}.{imported}")
        if dotted.endswith(".tables") and not (may and dotted == beside)
    ]


def late_imports(name: str, source: str) -> list[str]:
    """Imports inside functions that are not on the short list of optional dependencies."""
    return [
        f"{name}:{line}: imports {module} inside a function"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for line, module, _ in imports(function)
        if module not in LATE_IMPORTS
    ]


def vendors_out_of_place(name: str, source: str, places: dict[str, tuple[str, ...]]) -> list[str]:
    """Imports of a library outside the files that are its place (``*`` in a name matches a stem)."""
    return [
        f"{name}:{line}: {module} belongs in {', '.join(places[module.split('.')[0]])}"
        for line, module, _ in imports(ast.parse(source))
        if module.split(".")[0] in places
        and not any(_in_place(name, place) for place in places[module.split(".")[0]])
    ]


def _in_place(name: str, place: str) -> bool:
    return name.startswith(place) if place.endswith("/") else Path(name).match(place)
