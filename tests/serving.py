"""An application under a real server, gunicorn or granian, and a client that speaks HTTP to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from tests.machine import ROOT, free_port

#: Browsers drop a cookie whose name and value are longer, and keep the one that they had.
COOKIE_LIMIT = 4096

_PARTING = "Thu, 01 Jan 1970"


@dataclass
class Server:
    """A server that runs.

    :ivar process: the one that owns the workers.
    :ivar log: where it writes.
    """

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def reload(self) -> None:
        """Have it replace its workers by new ones, without a gap."""
        self.process.send_signal(signal.SIGHUP)


@contextmanager
def serving(
    kind: str, app: str, *, workers: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve a WSGI application on the loopback interface, and end the server afterwards.

    :param kind: ``"gunicorn sync"``, ``"gunicorn gthread"`` or ``"granian"``.
    :param app: where a function makes it: ``"package.module:create_app"``.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, open(Path(folder) / "log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *_command(kind, app, workers, port)],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        server = Server(port, process, Path(log.name))
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            # All that is left of its group: a worker that was just starting may outlive its server.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Jar:
    """The cookies of one browser, which all its tabs share."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}
        self._lock = Lock()

    def header(self) -> str:
        with self._lock:
            return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def take(self, lines: Sequence[str]) -> None:
        """Do what the ``Set-Cookie`` lines of an answer say."""
        with self._lock:
            for line in lines:
                pair, _, attributes = line.partition(";")
                name, _, value = pair.partition("=")
                if "Max-Age=0" in attributes or _PARTING in attributes:
                    self._cookies.pop(name, None)
                elif len(name) + len(value) <= COOKIE_LIMIT:
                    self._cookies[name] = value


class Tab:
    """A client with a connection of its own and the cookies of its browser.

    :param keep_alive: False for a connection per request.
    :param patience: seconds for which it tries again where nobody listens.
    """

    def __init__(
        self,
        port: int,
        jar: Jar | None = None,
        *,
        keep_alive: bool = True,
        patience: float = 0,
    ) -> None:
        self.jar = jar or Jar()
        self._keep_alive = keep_alive
        self._patience = patience
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def open(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[HTTPResponse, str]:
        """Send one request; redirects are left to the caller."""
        sent = {"Accept": "text/html", **(headers or {})}
        cookies = self.jar.header()
        if cookies:
            sent["Cookie"] = cookies
        if not self._keep_alive:
            self.close()
            sent["Connection"] = "close"
            self._connect()
        self._connection.request(method, url, body, sent)
        response = self._connection.getresponse()
        text = response.read().decode()
        self.jar.take(response.headers.get_all("Set-Cookie") or ())
        return response, text

    def post(self, url: str, page: str, **fields: Any) -> tuple[HTTPResponse, str]:
        """Send the form of a page."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Referer": f"http://127.0.0.1:{self._connection.port}{page}",
        }
        return self.open(url, "POST", urlencode(fields).encode(), headers)

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                return self._connection.connect()
            except ConnectionRefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)


def _command(kind: str, app: str, workers: int, port: int) -> list[str]:
    if kind == "granian":
        return [
            *("granian", "--interface", "wsgi", "--factory", "--no-ws", "--http", "1"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)),
            *("--blocking-threads", "4", "--respawn-failed-workers", "--respawn-interval", "1"),
            app,
        ]
    worker = kind.removeprefix("gunicorn ")
    threads = ["--threads", "4"] if worker == "gthread" else []
    return [
        *("gunicorn", "--worker-class", worker, "--workers", str(workers), *threads),
        *("--bind", f"127.0.0.1:{port}", "--graceful-timeout", "20", "--no-control-socket"),
        f"{app}()",
    ]


def _wait_for(server: Server) -> None:
    until = time.monotonic() + 60
    while server.process.poll() is None and time.monotonic() < until:
        # Answered, not only accepted: a socket may be bound before a worker is there.
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port)) as asking:
            asking.settimeout(5)
            asking.sendall(b"HEAD /ready HTTP/1.0\r\n\r\n")
            if asking.recv(5) == b"HTTP/":
                return
        time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{server.log.read_text()}")
