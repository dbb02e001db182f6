"""Requests per second: one granian worker on one core, wrk on another."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Any

from . import apps
from .client import form_post, htmx_post, json_post
from .measure import Done
from .models import FORM, VALID

ROOT = Path(__file__).resolve().parent.parent
SITES = {"by hand": apps.by_hand, "Flask-Actions": apps.ours}
FACTORIES = {"by hand": "by_hand", "Flask-Actions": "ours"}


def by_hand() -> Any:
    """For granian: the application by hand."""
    return apps.by_hand().app


def ours() -> Any:
    """For granian: ours."""
    return apps.ours().app


def requests_per_second(done: list[Done], rounds: int) -> dict[Done, float]:
    """The median of rounds in which both applications take turns.

    :returns: nothing where there is no wrk, or a single core.
    """
    if not done or not all(map(shutil.which, ("wrk", "taskset"))):
        return {}
    if len(os.sched_getaffinity(0)) == 1:
        return {}
    rates: dict[Done, list[float]] = {one: [] for one in done}
    with ExitStack() as servers:
        ports = {who: servers.enter_context(_server(FACTORIES[who])) for who in SITES}
        for work in dict.fromkeys(work for work, _ in done):
            for number in range(max(3, rounds // 5) + 1):
                for who, port in ports.items():
                    rate = _wrk(work, who, port)
                    if number:  # the first warms
                        rates[work, who].append(rate)
    return {one: median(measured) for one, measured in rates.items()}


@contextmanager
def _server(factory: str) -> Iterator[int]:
    port = _free_port()
    command = [*_pinned(0), sys.executable, "-m", "granian", "--interface", "wsgi", "--factory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--blocking-threads", "1", "--no-log", f"benchmarks.load:{factory}"]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()


def _wrk(work: str, who: str, port: int) -> float:
    site = SITES[who]()
    path, body, environ = {
        "json-valid": (site.json, VALID, json_post(site.json, VALID)),
        "form-pair": (site.form, FORM, form_post(site.form, FORM, "/")),
        "htmx": (site.form, FORM, htmx_post(site.form, FORM, "/")),
    }[work]
    command = [*_pinned(1), "wrk", "--threads", "1", "--connections", "8"]
    command += ["--duration", "2", "--script", str(Path(__file__).with_name("post.lua"))]
    for name, value in environ.items():
        if name.startswith("HTTP_") and name != "HTTP_CONNECTION":
            value = value.replace(environ["HTTP_HOST"], f"127.0.0.1:{port}")
            header = name.removeprefix("HTTP_").replace("_", "-").title()
            command += ["--header", f"{header}: {value}"]
    pair = "pair" if work == "form-pair" else "post"
    command += [f"http://127.0.0.1:{port}", "--", path, body.decode(), pair]
    done = subprocess.run(
        [*command, environ["CONTENT_TYPE"]], capture_output=True, text=True, check=True
    )
    found = re.search(r"requests (\d+) microseconds (\d+) failed (\d+)", done.stdout)
    if found is None or int(found[3]) or not int(found[1]):
        raise RuntimeError(f"{work} of {who}: {done.stdout}{done.stderr}")
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
    raise RuntimeError("granian does not answer")
