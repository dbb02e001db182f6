"""Under real servers: every door, odd bodies, a killed worker, a reload, memory."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from benchmarks.memory import held, work
from tests.served import APP, LIMIT
from tests.serving import Server, Tab, serving

JSON = {"Content-Type": "application/json", "Accept": "application/json"}


SERVERS = ["gunicorn sync", "gunicorn gthread", "granian"]


@pytest.fixture(scope="module", params=SERVERS)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(scope="module")
def folder(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def server(kind: str, folder: Path) -> Iterator[Server]:
    with serving(kind, APP, workers=2, environment={"SERVED_FOLDER": str(folder)}) as server:
        yield server
        print(server.log.read_text())  # shown where a test failed


@pytest.fixture
def tab(server: Server) -> Iterator[Tab]:
    tab = Tab(server.port)
    yield tab
    tab.close()


def handled(folder: Path) -> list[str]:
    file = folder / "handled"
    return file.read_text().splitlines() if file.exists() else []


def talk(server: Server, head: str, *bodies: bytes, half_close: bool = False) -> bytes:
    """Send a request as written, in pieces, until it is answered; give the whole answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(head.replace("\n", "\r\n").encode())
        with suppress(BrokenPipeError, ConnectionResetError):
            for body in bodies:
                line.sendall(body)
            if half_close:
                line.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionResetError):
            while piece := line.recv(65536):
                answer += piece
                if answer.endswith(b"}"):  # of our JSON, on a connection that stays open
                    break
        return answer


# Every door


def test_json_is_answered_in_json(tab):
    response, text = tab.open("/_actions/save", "POST", b'{"text": "hi"}', JSON)

    assert response.status == 200
    assert json.loads(text) == {"success": True, "data": "hi", "error": None}


@pytest.mark.parametrize("length", [0, 9000], ids=["in the cookie", "on the shelf"])
def test_form_post_leads_to_a_page_that_shows_the_result_once(tab, length):
    response, _ = tab.post("/_actions/save", "/page", text="hi", length=length)

    assert response.status == 303
    location = response.getheader("Location")
    assert tab.open(location)[1] == "hi" + "." * length
    assert tab.open(location)[1] == ""


def test_htmx_post_is_answered_by_a_fragment(tab):
    headers = {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}

    response, text = tab.open("/_actions/save", "POST", b"text=hi", headers)

    assert response.status == 200
    assert text == "<p>hi</p>"


def test_upload_arrives_whole(tab):
    content = os.urandom(40_000)
    body = (
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n--edge--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=edge", "Accept": "application/json"}

    response, text = tab.open("/_actions/weigh", "POST", body, headers)

    assert response.status == 200
    assert json.loads(text)["data"] == 40_000


# Odd bodies

HEAD = "POST /_actions/save HTTP/1.1\nHost: 127.0.0.1\nContent-Type: application/json\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_chunked_body_arrives_whole(server):
    answer = talk(
        server,
        HEAD + "Transfer-Encoding: chunked\n\n",
        chunk(b'{"text": "in '),
        chunk(b'pieces"}'),
        b"0\r\n\r\n",
    )

    assert b"200 OK" in answer.splitlines()[0]
    assert b'"data":"in pieces"' in answer


def test_chunked_body_over_the_limit_is_refused(server, folder):
    start = chunk(b'{"text": "endless')

    answer = talk(
        server,
        HEAD + "Transfer-Encoding: chunked\n\n",
        start,
        *[chunk(b"x" * 10_000)] * 20,
        chunk(b'"}') + b"0\r\n\r\n",
    )

    assert b" 413 " in answer.splitlines()[0]
    assert b'"code":"CONTENT_TOO_LARGE"' in answer
    assert not any("endless" in text for text in handled(folder))


def test_length_over_the_limit_is_refused_before_the_body_comes(server):
    answer = talk(server, HEAD + f"Content-Length: {LIMIT + 1}\n\n")

    assert b" 413 " in answer.splitlines()[0]
    assert b'"code":"CONTENT_TOO_LARGE"' in answer


@pytest.mark.parametrize(
    ("mimetype", "body"),
    [
        pytest.param("application/json", b'{"text": "cut"}', id="JSON"),
        pytest.param("application/x-www-form-urlencoded", b"text=cut", id="form"),
    ],
)
def test_body_shorter_than_its_length_says_does_nothing(server, folder, tab, mimetype, body):
    head = HEAD.replace("application/json", mimetype) + f"Content-Length: {len(body) + 9}\n\n"

    answer = talk(server, head, body, half_close=True)

    assert not answer or b" 400 " in answer.splitlines()[0]  # granian hangs up on who hangs up
    assert "cut" not in handled(folder)
    assert tab.open("/page")[0].status == 200


def test_body_longer_than_its_length_says_is_cut_there(server, folder, tab):
    body = b'{"text": "too long for its length"}'

    answer = talk(server, HEAD + "Content-Length: 10\n\n", body, half_close=True)

    assert b" 400 " in answer.splitlines()[0]
    assert handled(folder).count("too long for its length") == 0
    assert tab.open("/page")[0].status == 200


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "١"], ids=["negative", "word", "1e3", "١"])
def test_length_that_is_no_number_is_refused(server, folder, length):
    answer = talk(server, HEAD + f"Content-Length: {length}\n\n", b'{"text": "no length"}')

    assert b" 400 " in answer.splitlines()[0]
    assert "no length" not in handled(folder)


@pytest.mark.parametrize(
    ("status", "path", "header"),
    [
        pytest.param(404, "/_actions/nothing", "", id="no such action"),
        pytest.param(403, "/_actions/save", "Origin: http://evil.example\n", id="another site"),
        pytest.param(415, "/_actions/save", "X: y\n", id="another type"),
        pytest.param(413, "/_actions/save", "", id="too large"),
    ],
)
def test_body_that_nobody_read_is_no_request(server, folder, tab, status, path, header):
    inner = HEAD.replace("\n", "\r\n") + 'Content-Length: 20\r\n\r\n{"text": "smuggled"}'
    body = inner.encode() + b" " * (LIMIT if status == 413 else 0)
    head = HEAD.replace("/_actions/save", path) + header + f"Content-Length: {len(body)}\n\n"
    if status == 415:
        head = head.replace("application/json", "text/plain")

    answer = talk(server, head, body)

    assert f" {status} ".encode() in answer.splitlines()[0]
    assert answer.count(b"HTTP/1.1 ") == 1
    assert tab.open("/page")[0].status == 200
    assert "smuggled" not in handled(folder)


# A worker that dies, a server that reloads


@pytest.fixture
def patience(kind: str) -> float:
    """Seconds for which a client tries again where nobody listens, as a proxy in front does.

    Granian's workers open a socket each, and it does not wait for a new one before the old one
    goes; gunicorn's all have one that stays open.
    """
    return 20 if kind == "granian" else 0


def test_killed_worker_takes_nothing_with_it_that_was_answered(server, folder, patience):
    tab = Tab(server.port, keep_alive=False, patience=patience)
    kept = [
        tab.post("/_actions/save", "/page", text=text, length=length)[0].getheader("Location")
        for text, length in (("short", 0), ("long", 9000))
    ]
    with ThreadPoolExecutor(1) as pool, closing(Tab(server.port)) as waiting:
        cut = pool.submit(waiting.post, "/_actions/wait", "/page")
        worker = _waits_in(folder)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises((ConnectionError, HTTPException)):
            cut.result()
    _wait_until_gone(worker)

    after, _ = tab.post("/_actions/save", "/page", text="after")

    assert after.status == 303
    assert tab.open(after.getheader("Location"))[1] == "after"
    assert [tab.open(location)[1] for location in kept] == ["short", "long" + "." * 9000]


def test_reload_during_posts_fails_and_loses_none(server, patience):
    old, done = _workers(server, patience), Event()
    with ThreadPoolExecutor(3) as pool:
        posting = [pool.submit(_post_until, done, server, patience) for _ in range(3)]
        server.reload()
        try:
            _wait_for_others(server, old, patience)
        finally:
            done.set()

    assert min(each.result() for each in posting) > 3


def _wait_until_gone(process: int) -> None:
    """Until then its socket, which still takes connections, is there to be reset with them."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("the worker that was killed is still there")


def _waits_in(folder: Path) -> int:
    """The process that runs the handler which waits."""
    file, until = folder / "waiting", time.monotonic() + 20
    while time.monotonic() < until:
        if file.exists() and file.read_text():
            return int(file.read_text())
        time.sleep(0.02)
    pytest.fail("the handler did not start")


def _workers(server: Server, patience: float) -> set[int]:
    """The processes that answer."""
    tab = Tab(server.port, keep_alive=False, patience=patience)
    return {json.loads(tab.open("/worker")[1])["pid"] for _ in range(20)}


def _wait_for_others(server: Server, old: set[int], patience: float) -> None:
    until = time.monotonic() + 40
    while _workers(server, patience) & old:
        assert time.monotonic() < until, "the workers were not replaced"


def _post_until(done: Event, server: Server, patience: float) -> int:
    """Post and read as one browser; how often the page showed what was posted."""
    tab, count = Tab(server.port, keep_alive=False, patience=patience), 0
    while not done.is_set():
        text = f"post {count}"
        response, _ = _answered(
            lambda text=text: tab.post("/_actions/save", "/page", text=text), patience
        )
        assert response.status == 303
        page = response.getheader("Location") or ""
        assert _answered(lambda page=page: tab.open(page), patience)[1] == text
        count += 1
    return count


def _answered(send: Callable[[], Any], patience: float) -> Any:
    """What is answered: a server that closes its socket drops who waits there, and who was not
    answered asks again, as a browser does."""
    until = time.monotonic() + patience
    while True:
        try:
            return send()
        except ConnectionError:
            if time.monotonic() > until:
                raise


# Memory


def test_memory_does_not_grow_with_requests(tmp_path):
    environment = {"SERVED_FOLDER": str(tmp_path)}
    with serving("gunicorn gthread", APP, environment=environment) as server:
        tab = Tab(server.port)
        work(tab, 2_000)
        before = held(tab).blocks

        work(tab, 4_000)

        grown = held(tab).blocks - before
        tab.close()
    # Each kind of request came 400 times: one object left behind by one of them would show.
    assert grown < 350
