"""Limits: how large a body may be, told before more of it is read, whoever reads it first."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from io import BytesIO
from typing import Annotated, Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from pydantic import BaseModel

from flask_actions import Actions, MaxSize, Upload

LIMIT = 2000
RPC = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}


class Note(BaseModel):
    text: str = ""


class Picture(BaseModel):
    picture: Annotated[Upload, MaxSize("10 kB")]
    second: Annotated[Upload, MaxSize("5 kB")] | None = None


def build(**config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    return app, Actions(app)


def noted(**config: Any) -> Flask:
    app, actions = build(**{"ACTIONS_MAX_BODY": LIMIT, **config})

    @actions.action
    def note(input: Note) -> int:
        return len(input.text)

    @actions.action
    def show(input: Picture) -> list[int]:
        return [input.picture.size, input.second.size if input.second else 0]

    return app


def form_of(size: int) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", b"text=" + b"x" * (size - 5)


def json_of(size: int) -> tuple[str, bytes]:
    return "application/json", b'{"text":"' + b"x" * (size - 11) + b'"}'


def multipart_of(size: int) -> tuple[str, bytes]:
    head = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
    tail = b"\r\n--b--\r\n"
    return "multipart/form-data; boundary=b", head + b"x" * (size - len(head) - len(tail)) + tail


KINDS = {"form": form_of, "JSON": json_of, "multipart": multipart_of}


def read_nothing() -> None: ...
def read_form() -> None:
    request.form  # noqa: B018


def read_files() -> None:
    request.files  # noqa: B018


def read_data() -> None:
    request.get_data()


def read_json() -> None:
    request.get_json(silent=True)


def read_values() -> None:
    request.values.get("x")


HOOKS = [read_nothing, read_form, read_files, read_data, read_json, read_values]


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.__name__)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("csrf", [None, "before", "after"], ids=["", "token before", "token after"])
@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1], ids=["fits", "too large"])
def test_body_is_limited_whoever_reads_it_first(hook, kind, csrf, size):
    app = Flask(__name__)
    app.secret_key = "test"
    app.config["ACTIONS_MAX_BODY"] = LIMIT
    if csrf == "before":
        CSRFProtect(app)
    app.before_request(hook)
    actions = Actions(app)
    if csrf == "after":
        CSRFProtect(app)

    @actions.action
    def note(input: Note) -> int:
        return len(input.text)

    app.add_url_rule("/token", "token", generate_csrf)
    client = app.test_client()
    headers = {**RPC, "X-CSRFToken": client.get("/token").text}
    content_type, body = KINDS[kind](size)

    response = client.post("/_actions/note", data=body, content_type=content_type, headers=headers)

    if size == LIMIT:
        assert response.json["data"] > 1900
    else:
        assert response.status_code == 413
        assert response.json["error"]["code"] == "CONTENT_TOO_LARGE"
        assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, HTMX, RPC], ids=["form", "htmx", "rpc"])
def test_too_large_is_told_with_both_sizes(headers):
    response = (
        noted().test_client().post("/_actions/note", data={"text": "x" * 3000}, headers=headers)
    )

    assert response.status_code == 413
    assert "3,005 bytes" in response.text
    assert "2,000" in response.text


@pytest.mark.parametrize(
    ("max_body", "limit"),
    [(100, 100), ("100", 100), ("3 kB", 3000), ("3 KiB", 3072), ("0.5 kB", 500), (5000, 5000)],
)
def test_max_body_of_an_action(max_body, limit):
    app, actions = build(ACTIONS_MAX_BODY=LIMIT)

    @actions.action(max_body=max_body)
    def note(input: Note) -> int:
        return len(input.text)

    statuses = []
    for size in (limit, limit + 1):
        content_type, body = json_of(size)
        answer = app.test_client().post("/_actions/note", data=body, content_type=content_type)
        statuses.append(answer.status_code)

    assert statuses == [200, 413]


@pytest.mark.parametrize("setting", ["MAX_CONTENT_LENGTH"])
@pytest.mark.parametrize(("size", "status"), [(500, 200), (501, 413)])
@pytest.mark.parametrize("kind", KINDS)
def test_smaller_limit_of_the_app_counts(setting, size, status, kind):
    app = noted(**{setting: 500})
    content_type, body = KINDS[kind](size)

    response = app.test_client().post(
        "/_actions/note", data=body, content_type=content_type, headers=RPC
    )

    assert response.status_code == status
    assert response.mimetype == "application/json"


@pytest.mark.parametrize("headers", [{}, HTMX, RPC], ids=["form", "htmx", "rpc"])
@pytest.mark.parametrize("hook", [read_nothing, read_form], ids=["", "after a hook"])
def test_flasks_limit_of_a_forms_memory_answers_in_the_doors_dialect(headers, hook):
    app = noted(ACTIONS_MAX_BODY=10_000, MAX_FORM_MEMORY_SIZE=500)
    app.before_request(hook)
    content_type, body = multipart_of(1000)

    response = app.test_client().post(
        "/_actions/note", data=body, content_type=content_type, headers=headers
    )

    assert response.status_code == 413
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == ("application/json" if headers is RPC else "text/html")


def test_flasks_limit_of_parts_answers_in_the_doors_dialect():
    app = noted(MAX_FORM_PARTS=3, ACTIONS_MAX_BODY=10_000)
    data = {f"f{i}": (BytesIO(b"x"), "x") for i in range(5)}

    response = app.test_client().post("/_actions/note", data=data, headers=RPC)

    assert response.status_code == 413
    assert response.json["error"]["code"] == "CONTENT_TOO_LARGE"


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        pytest.param(10_000, 5_000, 200, id="both at their limit"),
        pytest.param(10_001, 0, 400, id="one over its own limit"),
        pytest.param(18_000, 0, 413, id="over the sum"),
    ],
)
def test_limits_of_uploads_raise_the_actions_limit(first, second, status):
    data = {"picture": (BytesIO(b"x" * first), "a.bin")}
    if second:
        data["second"] = (BytesIO(b"x" * second), "b.bin")

    response = noted().test_client().post("/_actions/show", data=data, headers=RPC)

    assert response.status_code == status
    if status == 200:
        assert response.json["data"] == [first, second]
    if status == 400:
        assert list(response.json["error"]["fields"]) == ["picture"]


def test_max_body_counts_before_the_limits_of_uploads():
    app, actions = build()

    @actions.action(max_body=1000)
    def show(input: Picture) -> None: ...

    response = app.test_client().post(
        "/_actions/show", data={"picture": (BytesIO(b"x" * 5000), "a")}, headers=RPC
    )

    assert response.status_code == 413


def test_limit_of_an_unknown_action_is_the_apps():
    response = noted().test_client().post("/_actions/unknown", data={"text": "x" * 9999})

    assert response.status_code == 404


def test_pages_of_the_app_keep_their_own_limits():
    app = noted()
    app.add_url_rule("/page", "page", lambda: str(len(request.form["text"])), methods=["POST"])

    response = app.test_client().post("/page", data={"text": "x" * 9999})

    assert response.text == "9999"


def test_page_with_an_action_is_limited():
    app = noted()

    response = app.test_client().post("/page?_action=note", data={"text": "x" * 9999})

    assert response.status_code == 413


# --- over a real socket


class Wire:
    """A connection on which every byte is ours."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=10)

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def head(self, url: str, *lines: str) -> None:
        self.send("\r\n".join([f"POST {url} HTTP/1.1", "Host: x", *lines, "", ""]).encode())

    def chunk(self, data: bytes) -> None:
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        with self.socket.makefile("rb") as file:
            status = int(file.readline().split()[1])
            headers = {}
            while line := file.readline().decode().strip():
                name, _, value = line.partition(": ")
                headers[name.lower()] = value
            # Not until it closes: werkzeug's server waits there for bytes that nobody sends.
            return status, headers, file.read(int(headers["content-length"]))


@pytest.fixture
def wire(serve) -> Iterator[Any]:
    app = noted()
    app.before_request(lambda: read_form() if request.args.get("hook") else None)
    address = serve(app)
    with Wire(address) as wire:
        yield wire


CHUNKED = "Transfer-Encoding: chunked"
JSON_TYPE = "Content-Type: application/json"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "size", [LIMIT, LIMIT + 1, 50_000], ids=["fits", "one too many", "far too many"]
)
@pytest.mark.parametrize("query", ["", "?hook=1"], ids=["", "after a hook"])
def test_chunked_body(wire, kind, size, query):
    content_type, body = KINDS[kind](size)
    wire.head(
        f"/_actions/note{query}",
        CHUNKED,
        f"Content-Type: {content_type}",
        "Accept: application/json",
    )
    for start in range(0, len(body), 700):
        try:
            wire.chunk(body[start : start + 700])
        except (BrokenPipeError, ConnectionResetError):
            break  # it has answered already
    else:
        try:
            wire.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass

    status, _, text = wire.answer()

    assert status == (200 if size == LIMIT else 413)
    if size != LIMIT and text:
        assert json.loads(text)["error"]["code"] == "CONTENT_TOO_LARGE"


def test_chunked_body_is_refused_before_its_end(wire):
    wire.head("/_actions/note", CHUNKED, JSON_TYPE)
    wire.chunk(b'{"text": "' + b"x" * LIMIT)

    status, headers, text = wire.answer()  # though no last chunk was ever sent

    assert status == 413
    assert json.loads(text)["error"]["code"] == "CONTENT_TOO_LARGE"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["", "?hook=1"], ids=["", "after a hook"])
def test_announced_body_is_refused_before_it_is_sent(wire, query):
    wire.head(f"/_actions/note{query}", JSON_TYPE, "Content-Length: 1000000000000")

    status, _, text = wire.answer()

    assert status == 413
    assert json.loads(text)["error"]["status"] == 413


def test_guards_answer_before_the_body_is_sent(serve):
    app, actions = build()
    actions.action("locked", guard=lambda ctx: False)(lambda input: None)
    with Wire(serve(app)) as wire:
        wire.head("/_actions/locked", JSON_TYPE, "Content-Length: 1000")

        status, _, _ = wire.answer()

    assert status == 403


@pytest.mark.parametrize("kind", KINDS)
def test_body_shorter_than_announced(wire, kind):
    content_type, body = KINDS[kind](500)
    wire.head(
        "/_actions/note",
        f"Content-Type: {content_type}",
        "Content-Length: 900",
        "Accept: application/json",
    )
    wire.send(body)
    wire.socket.shutdown(socket.SHUT_WR)

    status, _, text = wire.answer()

    assert status == 400
    assert json.loads(text)["error"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "+5"], ids=str)
def test_length_that_is_no_number(wire, length):
    wire.head("/_actions/note", JSON_TYPE, f"Content-Length: {length}")
    wire.socket.shutdown(socket.SHUT_WR)

    status, _, _ = wire.answer()

    assert status in (200, 400)


def test_chunks_win_over_a_length(wire):
    _, body = json_of(LIMIT + 1)
    wire.head("/_actions/note", CHUNKED, JSON_TYPE, "Content-Length: 5")
    wire.chunk(body)
    wire.send(b"0\r\n\r\n")

    status, _, _ = wire.answer()

    assert status == 413


def test_post_without_a_body_is_no_input(wire):
    wire.head("/_actions/note", "Content-Length: 0", "Accept: application/json")

    status, _, text = wire.answer()

    assert (status, json.loads(text)["data"]) == (200, 0)


def test_post_with_an_empty_chunked_body(wire):
    wire.head("/_actions/note", CHUNKED, JSON_TYPE)
    wire.send(b"0\r\n\r\n")

    status, _, text = wire.answer()

    assert (status, json.loads(text)["data"]) == (200, 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_actions//note", 404),
        ("/_actions/note/", 200),
        ("/_actions/note%00", 404),
        ("/_actions/%6eote", 200),
        ("/_actions/%256eote", 404),
        ("/x?_action=%256eote", 200),
        ("/_actions/../_actions/note", 404),
        ("/_actions/" + "x" * 10_000, 404),
        ("http://x/_actions/note", 200),
    ],
    ids=lambda value: str(value)[:30],
)
def test_path_as_its_bytes(wire, path, status):
    wire.head(path, JSON_TYPE, "Content-Length: 2")
    wire.send(b"{}")

    assert wire.answer()[0] == status
