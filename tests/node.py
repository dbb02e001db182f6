"""Node.js, and packages from npm, for the tests that meet JavaScript.

``make test`` has a Node.js in ``.venv`` already; packages are fetched once, into ``.venv/node``.
What cannot be had skips the test that asks for it, or fails it where ``CI`` is true.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.machine import VENV, find_node, find_npm

PACKAGES = VENV / "node"


def node() -> Path:
    """The executable: that of the package index's Node.js, else an installed one."""
    command = find_node()
    if command is None:
        _cannot_test("no Node.js was found")
    return command


def npm_package(name: str, version: str) -> Path:
    """The folder of an npm package, installed with all that it needs.

    :param version: the whole number, ``5.9.4``: tests of a moving target prove nothing.
    """
    home = PACKAGES / f"{name.replace('/', '+')}@{version}"
    _have(name, version, home, "install")
    return home / "node_modules" / name


def npm_files(name: str, version: str) -> Path:
    """The folder of an npm package alone, without the hundreds of others that it needs."""
    home = PACKAGES / f"{name.replace('/', '+')}@{version}.files"
    _have(name, version, home, "pack")
    return home / "package"


def _have(name: str, version: str, home: Path, verb: str) -> None:
    if not home.exists():
        problem = _fetch(name, version, home, verb)
        if problem:
            _cannot_test(f"npm could not {verb} {name}@{version}: {problem}")


@cache
def _fetch(name: str, version: str, home: Path, verb: str) -> str | None:
    """What went wrong, if anything did."""
    npm = find_npm()
    if npm is None:
        return "no npm was found"
    PACKAGES.mkdir(parents=True, exist_ok=True)
    # Installed aside and moved: another worker may be at it, and half a package is worse than none.
    with tempfile.TemporaryDirectory(dir=PACKAGES, prefix=".new-") as folder:
        new = Path(folder) / "package"
        new.mkdir()
        if verb == "install":
            wanted = {"private": True, "dependencies": {name: version}}
            (new / "package.json").write_text(json.dumps(wanted))
            options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
        else:
            options = [f"{name}@{version}"]
        path = os.pathsep.join([str(node().parent), os.environ.get("PATH", "")])
        try:
            done = subprocess.run(
                [*npm, verb, *options, "--loglevel=error"],
                cwd=new,
                env={**os.environ, "PATH": path},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
        except subprocess.TimeoutExpired:
            return "it took too long"
        if done.returncode:
            return (done.stderr or done.stdout).strip().replace("\n", " ")[:300]
        for archive in new.glob("*.tgz"):
            with tarfile.open(archive) as files:
                # Python 3.11 before its fourth release has no filter yet.
                safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                files.extractall(new, **safe)
        try:
            new.rename(home)
        except OSError:
            if not home.exists():
                raise
    return None


def _cannot_test(reason: str) -> NoReturn:
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
