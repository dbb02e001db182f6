"""The house: a file imports only from a lower level, and only extras/ imports further packages."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flask_actions

PACKAGE = Path(flask_actions.__file__).parent

#: Each file on its level, from the ground up.
LEVELS = [
    {"records", "rich", "shelf", "laterule", "quickcookies"},
    {"messages", "config", "urls", "shapes", "packing"},
    {"errors"},
    {"controls", "fitting", "models"},
    {"action", "context", "result", "uploads"},
    {
        "registry",
        "bound",
        "keeper",
        "signals",
        "origin",
        "forms",
        "devalue",
        "lazysession",
        "formview",
    },
    {"astro", "declarations", "wtfview"},
    {"transports.base", "transports.responses"},
    {"transports.web"},
    {"transports.hx"},
    {"transports.form", "transports.htmx", "transports.rpc", "transports.server"},
    {"pipeline", "templating", "doors", "doctor", "openapi", "changes"},
    {"cli", "gates", "viewer"},
    {"application"},
    {"extension"},
    # For an application's tests; nothing of ours imports them.
    {"testing.markup"},
    {"testing.filling"},
    {"testing.pages"},
]
LEVEL = {name: number for number, names in enumerate(LEVELS) for name in names}
RUNTIME = {"flask", "flask_wtf", "pydantic", "pydantic_core", "cachelib"}
#: What those packages bring along and build on.
THEIRS = {
    *("werkzeug", "itsdangerous", "markupsafe", "click", "jinja2", "blinker"),
    "typing_extensions",
}

FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def imports(path: Path) -> Iterator[str]:
    """Absolute names of what a file imports, but for types alone."""
    here = path.relative_to(PACKAGE.parent).with_suffix("").parts
    tree = ast.parse(path.read_text())
    typing_only = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(here[: len(here) - node.level]) if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield module
            if module == ".".join(base):  # from . import templating
                yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_file_imports_only_from_below(path):
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    if name.startswith("extras."):
        return
    ours = [
        module.removeprefix("flask_actions.")
        for module in imports(path)
        if module.startswith("flask_actions.") and module != "flask_actions.transports"
    ]

    assert name in LEVEL, f"{name} has no level: say where it stands in the house"
    for module in ours:
        assert LEVEL[module] < LEVEL[name], f"{name} imports {module}, which is not below it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_file_outside_extras_imports_only_runtime_dependencies(path):
    if "extras" in path.parts:
        return
    top = {module.partition(".")[0] for module in imports(path)}

    assert top <= {*sys.stdlib_module_names, *RUNTIME, *THEIRS, "flask_actions"}
