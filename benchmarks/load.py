"""Requests per second: a server with one worker on one core, wrk on another."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from . import apps, node
from .apps import Site
from .client import HOST
from .measure import Done
from .works import WORKS, Turn, agree_on

ROOT = Path(__file__).resolve().parent.parent
SITES: dict[str, Callable[[], Site]] = {
    "by hand": apps.by_hand,
    "Flask-Actions": apps.ours,
    "Astro's wire": apps.on_astros_wire,
    "Astro's wire, lazy session": apps.lazy_on_astros_wire,
    "Astro": node.site,
}
#: The variable that tells granian's process which of them it serves.
SITE = "BENCHMARKS_SITE"
#: So often each server is started.
STARTS = 6


def application() -> Any:
    """For granian: the application of the site that the environment names."""
    return SITES[os.environ[SITE]]().app


def requests_per_second(done: list[Done], rounds: int) -> dict[Done, float]:
    """The median of rounds in which the applications take turns, each server started anew at times.

    How a process happens to lie in memory is worth 5 %, as long as it lives.

    :returns: nothing where there is no wrk, or a single core.
    """
    if not all(map(shutil.which, ("wrk", "taskset"))) or len(os.sched_getaffinity(0)) == 1:
        return {}
    rates: dict[Done, list[float]] = {one: [] for one in done}
    for _ in range(STARTS):
        with ExitStack() as servers:
            ports = {
                who: servers.enter_context(_server(who)) for who in {who: 0 for _, who in rates}
            }
            for work in dict.fromkeys(work for work, _ in rates):
                served = {who: Served(ports[who]) for one, who in rates if one == work}
                agree_on(work, {who: _at(who, app, work) for who, app in served.items()})
                for number in range(max(1, rounds // 2 // STARTS) + 1):
                    for who, app in served.items():
                        rate = _wrk(app)
                        if number:  # the first warms
                            rates[work, who].append(rate)
    return {one: median(measured) for one, measured in rates.items()}


class Served:
    """A server, called as WSGI: so what is done in one process is done to it.

    :ivar last_post: the environ and the body of the last post, and the status of its answer.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.last_post: tuple[dict[str, str], bytes, int] = {}, b"", 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        body = environ["wsgi.input"].read()
        path = environ["PATH_INFO"] + "?" * bool(environ["QUERY_STRING"]) + environ["QUERY_STRING"]
        connection.request(environ["REQUEST_METHOD"], path, body, self.headers(environ))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if environ["REQUEST_METHOD"] == "POST":
            self.last_post = environ, body, answer.status
        start_response(f"{answer.status} {answer.reason}", answer.getheaders())
        return [content]

    def headers(self, environ: dict[str, Any]) -> dict[str, str]:
        """What is sent, with this server's host in place of the environ's."""
        sent = {}
        for name, value in environ.items():
            if name.startswith("HTTP_") or name == "CONTENT_TYPE":
                header = name.removeprefix("HTTP_").replace("_", "-").title()
                sent[header] = value.replace(HOST, f"127.0.0.1:{self.port}")
        del sent["Connection"]
        return sent


def _at(who: str, app: Served, work: str) -> Turn:
    at = WORKS[work].at
    assert at is not None
    return at(lambda: replace(SITES[who](), app=app))


@contextmanager
def _server(who: str) -> Iterator[int]:
    port = _free_port()
    if who == "Astro":
        command, environment = node.server(port)
    else:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        command += ["--blocking-threads", "1", "--no-log", "benchmarks.load:application"]
        environment = {**os.environ, SITE: who}
    command = [*_pinned(0), *command]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet) as server:
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()


def _wrk(app: Served) -> float:
    """Send the last post again and again; a 303 is followed, and any other status a failure."""
    environ, body, status = app.last_post
    command = [*_pinned(1), "wrk", "--threads", "1", "--connections", "8"]
    command += ["--duration", "1", "--script", str(Path(__file__).with_name("post.lua"))]
    for name, value in app.headers(environ).items():
        command += ["--header", f"{name}: {value}"]
    command += [f"http://127.0.0.1:{app.port}", "--", environ["PATH_INFO"], body.decode()]
    done = subprocess.run([*command, str(status)], capture_output=True, text=True, check=True)
    found = re.search(r"requests (\d+) microseconds (\d+) failed (\d+)", done.stdout)
    if found is None or int(found[3]) or not int(found[1]):
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return int(found[1]) / int(found[2]) * 1e6


def _pinned(which: int) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "--cpu-list", str(cores[which])]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and server.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{server.args!s} does not answer")
