"""The results: kept in ``results.json``, shown as tables here and in the README."""

from __future__ import annotations

import inspect
import json
import platform
import re
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from os import cpu_count
from pathlib import Path
from typing import Any

from . import apps, node
from .rows import LIBRARIES, ROWS, Row, compared, verdict

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"
README = FOLDER / "README.md"
PACKAGES = ("Flask", "Werkzeug", "Jinja2", "pydantic", "Flask-WTF", "granian", *LIBRARIES)

#: Of each row, ours and theirs, as ``time`` and as ``instructions``.
Results = dict[str, dict[str, Any]]

_UNITS = {"call": "µs", "peer": "µs", "fresh": "ms", "memory": "MiB", "load": "/s"}


def table(results: Results) -> str:
    """The rows that have results, as Markdown."""
    lines = [
        ("row", "work", "must", "goal", "time", "instructions", "reached", "ours : theirs"),
        ("---",) * 8,
        *(_line(name, ROWS[name], results[name]) for name in ROWS if results.get(name)),
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    )


def save(results: Results) -> None:
    """Keep the results, and refresh the README."""
    kept = json.loads(RESULTS.read_text())["rows"] if RESULTS.exists() else {}
    today = date.today().isoformat()
    for name, result in results.items():
        kept[name] = {**kept.get(name, {}), **result, "date": today}
    kept = {name: kept[name] for name in ROWS if name in kept}
    document = {"machine": _machine(), "rows": kept}
    RESULTS.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    README.write_text(refreshed(README.read_text(), document))


def _line(name: str, row: Row, result: dict[str, Any]) -> tuple[str, ...]:
    figures = {
        unit: compared(row, *result[unit]) for unit in ("time", "instructions") if unit in result
    }
    shown = {unit: _figure(row, figure) for unit, figure in figures.items()}
    decisive = figures.get("instructions", figures.get("time"))
    return (
        f"`{name}`",
        row.title,
        "" if row.must is None else _figure(row, row.must),
        "" if row.goal is None else _figure(row, row.goal),
        shown.get("time", ""),
        shown.get("instructions", ""),
        "" if decisive is None else verdict(row, decisive),
        " : ".join(_amount(row, one) for one in result["time"]) if "time" in result else "",
    )


def _figure(row: Row, figure: float) -> str:
    return f"{figure:.1f} MiB" if row.kind == "memory" else f"{figure:.2f}"


def _amount(row: Row, amount: float) -> str:
    if row.kind == "fresh":
        amount /= 1000
    return f"{amount:,.{1 if row.kind == 'memory' else 0}f} {_UNITS[row.kind]}"


def _machine() -> dict[str, Any]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    found.update(node.versions())
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": found,
    }


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor()


def refreshed(readme: str, document: dict[str, Any]) -> str:
    machine = document["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    parts = {
        "machine": f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['system']}, Python {machine['python']}; {packages}.",
        "table": table(document["rows"]),
        "code": f"```python\n{inspect.getsource(apps.by_hand).rstrip()}\n```",
    }
    for name, text in parts.items():
        mark, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = readme.partition(mark)
        _, _, after = rest.partition(end)
        if not rest or end not in rest:
            sys.exit(f"The README has no {mark} … {end}.")
        readme = f"{before}{mark}\n{text}\n{end}{after}"
    return readme
