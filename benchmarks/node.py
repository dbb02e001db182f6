"""What JavaScript does: Astro's own server, and the npm package devalue, both under Node.js.

``python -m benchmarks.node`` fetches them into the environment and builds the site. Where that
cannot be done, their rows are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.machine import find_node, find_npm

from .apps import Site

SOURCES = Path(__file__).with_name("astro")
SITE = Path(sys.prefix, "astro")
BUILT = SITE / "dist" / "server" / "entry.mjs"
#: Who is left out without it.
DOERS = ("Astro", "devalue of npm")
PACKAGES = ("astro", "@astrojs/node", "devalue")
ENVIRONMENT = {**os.environ, "ASTRO_TELEMETRY_DISABLED": "1", "NODE_ENV": "production"}


def build() -> None:
    """Install what the site needs, and build it as for production."""
    node, npm = find_node(), find_npm()
    if node is None or npm is None:
        sys.exit("Astro is left out: there is no Node.js with its npm.")
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(SOURCES, SITE)
    options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    astro = SITE / "node_modules" / "astro" / "bin" / "astro.mjs"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    for command in (
        [*npm, "install", *options, "--loglevel=error"],
        [str(node), str(astro), "build", "--silent"],
    ):
        done = subprocess.run(command, cwd=SITE, env={**ENVIRONMENT, "PATH": path})
        if done.returncode:
            sys.exit(f"Astro is left out: {' '.join(command[-6:])} did not work.")


def is_built() -> bool:
    return BUILT.exists()


def site() -> Site:
    """Where Astro's server takes what."""
    return Site(None, form="/_actions/createPostForm", json="/_actions/createPost")


def server(port: int) -> tuple[list[str], dict[str, str]]:
    """The command that serves the site there, and its environment."""
    return [str(find_node()), str(BUILT)], {
        **ENVIRONMENT,
        "HOST": "127.0.0.1",
        "PORT": str(port),
    }


def versions() -> dict[str, str]:
    """Of Node.js and the packages, as they are installed."""
    node = find_node()
    if node is None or not is_built():
        return {}
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    found = {"Node.js": told.stdout.strip().removeprefix("v")}
    for package in PACKAGES:
        manifest = SITE / "node_modules" / package / "package.json"
        found[package] = json.loads(manifest.read_text())["version"]
    return found


class DevalueTurn:
    """One piece of work of the npm package, in a process of its own that keeps its time itself.

    :param work: ``write`` or ``read``.
    """

    def __init__(self, work: str, value: Any, package: Path) -> None:
        peer = Path(__file__).with_name("devalue.mjs")
        self._process = subprocess.Popen(
            [str(find_node()), str(peer), str(package)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._work = work
        self._tell(value)
        self.repeat(50)  # until it is compiled

    def __call__(self) -> str:
        text: str = self._ask("show", self._work)
        return text

    def repeat(self, times: int) -> None:
        self._ask("repeat", self._work, times)

    def process_time_ns(self) -> int:
        return int(self._ask("spent")) * 1000

    def _ask(self, *question: Any) -> Any:
        self._tell(question)
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def _tell(self, what: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def __del__(self) -> None:
        with self._process as process:
            process.terminate()


if __name__ == "__main__":
    build()
