"""The wheel, built from the source distribution, serves its assets where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.machine import free_port

ROOT = Path(__file__).parent.parent

APP = """\
from flask import Flask
from flask_actions import Actions

app = Flask(__name__)
app.secret_key = "only for this test"
Actions(app)


@app.get("/where")
def where():
    import flask_actions

    return flask_actions.__file__
"""


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout's files, without those that ``.gitignore`` names."""
    built = tmp_path_factory.mktemp("sdist")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", built, cwd=ROOT)
    return next(built.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps")
    _run(*pip, "--no-index", "--no-build-isolation", "--wheel-dir", built, sdist, cwd=built)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, and its dependencies from this one."""
    folder = tmp_path_factory.mktemp("environment")
    _run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=folder)
    # A path file inside a folder named so is not read: our editable install stays out of sight.
    site = next(folder.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return python


def _run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def _get(url: str, server: subprocess.Popen[bytes]) -> bytes:
    """The answer of a server that may still be starting."""
    until = time.monotonic() + 20
    while True:
        try:
            with urlopen(url, timeout=10) as response:
                assert response.status == 200
                return bytes(response.read())
        except URLError as error:
            starting = isinstance(error.reason, ConnectionRefusedError)
            if not starting or server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_wheel_has_the_assets_the_templates_the_languages_and_the_marker_of_types(wheel):
    inside = set(ZipFile(wheel).namelist())
    files = [path for path in (ROOT / "static").rglob("*") if path.is_file()]
    templates = list((ROOT / "flask_actions/templates").rglob("*.html"))
    languages = list((ROOT / "flask_actions/languages").glob("*.json"))

    assert templates and languages
    assert {f"flask_actions/{path.relative_to(ROOT)}" for path in files} <= inside
    assert {str(path.relative_to(ROOT)) for path in (*templates, *languages)} <= inside
    assert "flask_actions/py.typed" in inside


def test_wheel_has_nothing_but_the_package(wheel):
    tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}

    assert tops == {"flask_actions", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", "Makefile", "tests/conftest.py", "static/manifest.json"]
)
def test_source_distribution_has(name, sdist):
    with tarfile.open(sdist) as archive:
        assert f"{sdist.name.removesuffix('.tar.gz')}/{name}" in archive.getnames()


def test_source_distribution_has_nothing_that_git_ignores(sdist):
    with tarfile.open(sdist) as archive:
        folders = {name.split("/")[1] for name in archive.getnames() if name.count("/") > 1}

    assert folders.isdisjoint({".venv", ".git", ".mypy_cache", "instance", "build", "dist"})


def test_app_elsewhere_serves_htmx_from_the_wheel(python, tmp_path):
    (tmp_path / "tiny.py").write_text(APP)
    port = free_port()
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(
            [python, "-m", "flask", "--app", "tiny", "run", "--port", str(port)],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        where = _get(f"http://127.0.0.1:{port}/where", server).decode()
        script = _get(f"http://127.0.0.1:{port}/_actions/static/htmx-4.0.1/htmx.min.js", server)
    except URLError:
        pytest.fail((tmp_path / "log").read_text(), pytrace=False)
    finally:
        server.terminate()
        server.wait(10)

    assert Path(where).is_relative_to(python.parent.parent)
    assert script == (ROOT / "static/htmx-4.0.1/htmx.min.js").read_bytes()
