"""The tests in other environments than ``.venv``: our lowest versions, and each newer Python.

``make versions`` runs this file. It makes ``.venv-lowest``, with the oldest Python that we support
and the lowest versions that our dependencies allow together, and ``.venv-3.12`` and so on, with the
newest of everything, for each Python that this machine has. Then it runs the tests there, but for
those of a browser and a few that take minutes. ``make versions ONLY=lowest`` runs one environment,
``TESTS=tests/test_csrf.py`` only these tests.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from machine import create_venv

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OLDEST = "3.11"
PYTHONS = (OLDEST, "3.12", "3.13", "3.14", "3.15")
LOWEST = "lowest"
#: What our dependencies talk to: an old cachelib calls what a new client of Redis warns of.
COUNTERPARTS = ("redis",)
#: What takes minutes, and tells of no version what the other tests do not.
LEFT_OUT = (
    "tests/browser",
    "tests/test_benchmarks.py",
    "tests/test_fuzz.py",
    "tests/test_kept_result_load.py",
)

#: What an environment answers: the requirements of the packages that are named to it.
ASK = """
import json, sys
from importlib.metadata import requires
print(json.dumps([text for name in sys.argv[1:] for text in requires(name) or ()]))
"""


def main(only: str, arguments: list[str]) -> int:
    """Run the tests in each environment.

    :param only: the name of the one that is wanted; empty for all.
    :param arguments: pytest's.
    :returns: how many environments have failed, or are wanted by name and cannot be made here.
    """
    outcomes: dict[str, str] = {}
    for name, version in [(LOWEST, OLDEST), *((version, version) for version in PYTHONS[1:])]:
        if only and name != only:
            continue
        python = find_python(version)
        if python is None:
            how = "FAILED" if only else "not tested"
            outcomes[name] = f"{how}: there is no Python {version} here"
            continue
        print(f"== {name}", flush=True)
        started = time.monotonic()
        passed = prepare(name, python) and run_tests(name, arguments)
        seconds = time.monotonic() - started
        outcomes[name] = f"{'passed' if passed else 'FAILED'} in {seconds:.0f} s"
    for name, outcome in outcomes.items():
        print(f"{name:8} {outcome}")
    if not outcomes:
        print(f"There is no environment {only!r}: {', '.join((LOWEST, *PYTHONS[1:]))}")
        return 1
    return sum(outcome.startswith("FAILED") for outcome in outcomes.values())


def find_python(version: str) -> str | None:
    """The path of a Python of that version: in ``PATH``, ours, or one that pyenv has built."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    built = sorted(pyenv.glob(f"{version}.*/bin/python{version}"))
    for path in (shutil.which(f"python{version}"), sys.executable, *map(str, reversed(built))):
        # Started, not only found: what pyenv puts into PATH may lead nowhere.
        if path and _says(path, "-m", "pip", "--version").rstrip().endswith(f"(python {version})"):
            return path
    return None


def prepare(name: str, python: str) -> bool:
    """Make the environment, unless it is there and newer than ``pyproject.toml``."""
    folder = _folder(name)
    ready = folder / ".ready"
    if ready.exists() and ready.stat().st_mtime > (ROOT / "pyproject.toml").stat().st_mtime:
        return True
    pip = [str(_python(name)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    create_venv(python, folder)
    if not _succeeds(*pip, "pip>=25.1"):
        return False
    own = lowest() if name == LOWEST else {}
    wanted = ("--editable", ".[async,demo]", "--group", "test", *_pinned(own))
    if not _succeeds(*pip, *wanted):
        return False
    if name == LOWEST:
        # And what these ask for in turn, as low as they allow. A step of its own: to find out by
        # itself which tools of the tests fit to all of them takes pip longer than the tests take.
        answer = _says(str(_python(name)), "-c", ASK, *own)
        theirs = lower_bounds(json.loads(answer)) | own
        theirs.pop("typing-extensions", None)  # the tests' own tools need a newer one
        if not _succeeds(*pip, *_pinned(theirs)):
            return False
    if not _succeeds(str(_python(name)), "-m", "pip", "check"):
        return False
    ready.touch()
    return True


def run_tests(name: str, arguments: list[str]) -> bool:
    """Run the tests of an environment."""
    print(_says(str(_python(name)), "-m", "pip", "list", "--format=freeze"), flush=True)
    chosen = arguments or [f"--ignore={path}" for path in LEFT_OUT]
    options = ["-q", "-m", "not browser", "-p", "no:cacheprovider"]
    options += ["-n", os.environ.get("WORKERS", "auto"), "--maxprocesses=4", "--dist=worksteal"]
    return _succeeds(str(_python(name)), "-m", "pytest", *options, *chosen)


def lowest() -> dict[str, str]:
    """The lowest versions that ``pyproject.toml`` allows of what the package runs with."""
    tools = lower_bounds(PYPROJECT["dependency-groups"]["test"])
    beside = {name: version for name, version in tools.items() if name in COUNTERPARTS}
    return lower_bounds(PYPROJECT["project"]["dependencies"]) | beside


def lower_bounds(requirements: list[str]) -> dict[str, str]:
    """Name and lowest version of each requirement that has one, and holds here without an extra."""
    bounds: dict[str, str] = {}
    for requirement in requirements:
        found = re.fullmatch(r"([\w-]+)(?:\[\w+\])?\s*\(?>=\s*([\d.]+)\)?", requirement)
        if found:
            bounds[re.sub("[-_]+", "-", found[1]).lower()] = found[2]
    return bounds


def _pinned(versions: dict[str, str]) -> list[str]:
    return [f"{name}=={version}" for name, version in versions.items()]


def _folder(name: str) -> Path:
    return ROOT / f".venv-{name}"


def _python(name: str) -> Path:
    return _folder(name) / "bin" / "python"


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode == 0


def _says(*command: str) -> str:
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main(os.environ.get("ONLY", ""), sys.argv[1:]))
