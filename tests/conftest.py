"""The machinery of the tests: a served app, a watched browser, throw-away PostgreSQL and Redis.

- ``serve(app)`` listens on a free port until the test ends, and gives its address.
- ``page`` is a page of a fresh browser context. Parametrize ``javascript`` to switch scripts off::

      @pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
      def test_it_works_both_ways(serve, page): ...

- ``new_context(javascript=..., **options)`` gives further contexts, each a person of its own.
- ``complaints`` hears every error in the console (a broken Content-Security-Policy and a status of
  400 or more are such errors), every uncaught exception and every request that leaves this machine,
  and fails the test for them, unless it was told ``complaints.expect("422")``.
- ``postgres`` is the URL of an empty database, as libpq and psycopg write it.
- ``redis_port`` is where an empty Redis listens on the loopback interface.

What a machine does not have is skipped and named in the last lines; where ``CI`` is true, nothing
may be skipped.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)
from werkzeug.security import generate_password_hash
from werkzeug.serving import make_server

from tests.machine import find_chromium, find_postgres, find_redis, free_port, redis_running

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

# The first four keep Chromium from calling home, which a closed network answers with refusals.
CHROMIUM_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # It refuses to start as root with one.
    "--disable-gpu",
    "--disable-quic",
]


# A served app


@pytest.fixture(scope="session", autouse=True)
def weak_passwords() -> Iterator[None]:
    """The demo hashes passwords with a thirtieth of the work: most of its tests log in."""
    weak = partial(generate_password_hash, method="scrypt:1024:8:1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("demo.models.generate_password_hash", weak)
        yield


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve a WSGI app to real clients: ``serve(app)`` gives ``http://127.0.0.1:<port>``.

    ``serve(app, host="localhost")`` is the same machine under another name, so another site.
    """
    with ExitStack() as servers:

        def start(app: WSGIApplication, host: str = "127.0.0.1") -> str:
            return f"http://{host}:{servers.enter_context(_listening(app))}"

        yield start


@contextmanager
def _listening(app: WSGIApplication) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# A watched browser


class Complaints:
    """What the browser of one test complained of; what was not expected fails the test."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Accept the complaints that *pattern* (a regular expression) is found in.

        At least one must come, or the expectation is out of date and fails the test.
        """
        self._expected.append(pattern)

    def check(self) -> None:
        surprises = [
            text
            for text in self.heard
            if not any(re.search(pattern, text) for pattern in self._expected)
        ]
        missing = [
            pattern
            for pattern in self._expected
            if not any(re.search(pattern, text) for text in self.heard)
        ]
        if surprises or missing:
            pytest.fail(
                "\n".join(
                    [f"The browser complained: {text}" for text in surprises]
                    + [f"The browser was expected to complain: {text}" for text in missing]
                ),
                pytrace=False,
            )

    def listen(self, context: BrowserContext) -> None:
        """Hear what all pages of *context* say, those that a page opens included."""
        context.on("console", self._hear_console)
        context.on("weberror", lambda error: self.heard.append(f"uncaught: {error.error}"))
        context.on("request", self._hear_request)

    def _hear_console(self, message: ConsoleMessage) -> None:
        url = message.location["url"]
        # Chromium asks for an icon of its own accord, where the page names none.
        if message.type == "error" and urlsplit(url).path != "/favicon.ico":
            self.heard.append(f"{message.text} ({url})")

    def _hear_request(self, request: Request) -> None:
        url, parts = request.url, urlsplit(request.url)
        host = parts.hostname or ""
        local = host in {"127.0.0.1", "localhost", "::1"} or host.endswith(".localhost")
        if parts.scheme in {"http", "https", "ws", "wss"} and not local:
            self.heard.append(f"a request left this machine: {url}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium or Chrome that starts here."""
    return find_chromium() or _cannot_test("no Chromium or Chrome was found, or could be installed")


_open_browser = ExitStack()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Browser:
    """The browser of this process, which stays open for as long as the next file needs it too."""
    return _start_browser(chromium)


@cache
def _start_browser(chromium: str) -> Browser:
    expect.set_options(timeout=10_000)
    playwright = _open_browser.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
    _open_browser.callback(browser.close)
    return browser


# Not for the whole session: Playwright's event loop stays in this thread for as long as the browser
# lives, and tests of async code in another file would find it running.
@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    if nextitem is None or (
        nextitem.path != item.path and "browser" not in getattr(nextitem, "fixturenames", ())
    ):
        _open_browser.close()
        _start_browser.cache_clear()


@pytest.fixture
def javascript() -> bool:
    """Whether ``page`` runs scripts."""
    return True


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    complaints = Complaints()
    yield complaints
    complaints.check()


@pytest.fixture
def new_context(
    browser: Browser, complaints: Complaints
) -> Iterator[Callable[..., BrowserContext]]:
    """Open a context of its own cookies: ``new_context(javascript=False, color_scheme="dark")``."""
    contexts: list[BrowserContext] = []

    def open_context(javascript: bool = True, **options: Any) -> BrowserContext:
        context = browser.new_context(java_script_enabled=javascript, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        complaints.listen(context)
        return context

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext], javascript: bool) -> Page:
    return new_context(javascript=javascript).new_page()


# A throw-away PostgreSQL


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database of a server that lives as long as the test run."""
    programs = find_postgres()
    if programs is None:
        _cannot_test("no PostgreSQL server was found, or could be installed")
    with _postgres_running(programs) as url:
        yield url


@contextmanager
def _postgres_running(programs: Path) -> Iterator[str]:
    # Not pytest's own temporary folder, which nobody but the owner of the run may enter.
    folder = Path(tempfile.mkdtemp(prefix="flask-actions-postgres-"))
    user = _unprivileged()
    if user:
        shutil.chown(folder, user)
    data, port = folder / "data", free_port()
    initdb = ["-U", "test", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "off",
    }
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, *initdb],
            check=True,
            capture_output=True,
            cwd=folder,
            user=user,
        )
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(
                [
                    *(programs / "postgres", "-D", data),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                cwd=folder,
                user=user,
                stdout=log,
                stderr=log,
            )
        try:
            _wait_for(server, port, folder / "log")
            yield f"postgresql://test@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # "Fast": open connections are cut.
            server.wait(30)
    finally:
        shutil.rmtree(folder)


def _unprivileged() -> str | None:
    """Who runs PostgreSQL, which refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < until:
        if b"ready to accept connections" in log.read_bytes():
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")


# A throw-away Redis


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The path of a Redis server."""
    return find_redis() or _cannot_test("no Redis server was found, or could be installed")


@pytest.fixture(scope="session")
def redis_port(redis_program: str) -> Iterator[int]:
    """The port of a server that lives as long as the test run, and writes nothing to the disk."""
    with redis_running(redis_program) as port:
        yield port


# What could not be tested


def _cannot_test(reason: str) -> NoReturn:
    if CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Say last, after pytest's own summary, what was skipped; where ``CI`` is true, fail for it."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:  # A worker of xdist, which reports to the one that has it.
        return (yield)
    skipped = terminal.stats.get("skipped", [])
    if CI and skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
    for reason, count in Counter(_reason(report) for report in skipped).items():
        terminal.write_line(f"NOT TESTED ({count} skipped): {reason}", yellow=True)


def _reason(report: pytest.TestReport) -> str:
    told = report.longrepr
    return (told[2] if isinstance(told, tuple) else str(told)).removeprefix("Skipped: ")
