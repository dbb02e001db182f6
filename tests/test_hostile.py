"""Hostile requests: each is refused in its door's dialect, and nothing else happens.

Nothing else: the handler has not run, the session is as it was, the log has no traceback, and no
page of another site is where the answer leads. Further tables: bodies over their limit in
test_limits.py, targets of a redirect in test_redirects.py, origins and tokens in test_csrf.py.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from cachelib import SimpleCache
from flask import Flask, session
from jinja2 import DictLoader
from pydantic import BaseModel, Field
from werkzeug.serving import make_server

from flask_actions import ActionContext, ActionGroup, Actions, get_action_result
from tests.machine import free_port

DOORS = {
    "form": {"Accept": "text/html"},
    "htmx": {"HX-Request": "true"},
    "rpc": {"Accept": "application/json"},
}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
#: What the action takes; a hostile request around it is refused for what is hostile in it.
FIELDS = b"title=x&lines.0.qty=1"
OBJECT = b'{"title": "x", "lines": [{"qty": 1}]}'


class Line(BaseModel):
    qty: int


class Order(BaseModel):
    title: str = Field(min_length=1)
    lines: list[Line] = Field(min_length=1)
    price: Decimal | None = None
    ratio: float | None = Field(None, allow_inf_nan=False)


def build(**config: Any) -> tuple[Flask, list[str]]:
    """An application, and the handlers of it that ran."""
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    app.jinja_loader = DictLoader({"order.html": "<form>{{ result.error.status }}</form>"})
    actions = Actions(app)
    ran: list[str] = []

    @actions.action(fragment="order.html")
    def order(input: Order, ctx: ActionContext) -> str:
        ran.append("order")
        ctx.session["ordered"] = True
        return input.title

    @actions.action(guard=lambda ctx: False, fragment="order.html")
    def locked(input: Order) -> None:
        ran.append("locked")

    @actions.action
    def anything(input: Any) -> str:
        ran.append("anything")
        return "run"

    @actions.action(accept="json")
    def only_json(input: Order) -> None:
        ran.append("onlyJson")

    shop = ActionGroup("shop")
    shop.action("order")(order.handler)
    actions.register(shop)

    @app.get("/fill")
    def fill() -> str:
        session["cart"] = [1, 2]
        return ""

    @app.get("/")
    @app.get("/page")
    def page() -> Any:
        names = ("order", "locked", "anything", "onlyJson")
        results = [result for name in names if (result := get_action_result(name))]
        return [result.to_dict() for result in results]

    return app, ran


@dataclass(frozen=True)
class Hostile:
    """A request and its end: turned away at the door, or an error that its page shows."""

    status: int
    path: str = "/_actions/order"
    method: str = "POST"
    type: str | None = FORM
    body: bytes = FIELDS
    headers: dict[str, str] = field(default_factory=dict)
    doors: tuple[str, ...] = tuple(DOORS)
    #: An error of guard or input: the form door answers by a page that shows it.
    shown: bool = False


def case(id: str, status: int, **request: Any) -> Any:
    return pytest.param(Hostile(status, **request), id=id)


def named(*names: str) -> list[Any]:
    """Names that no action has, at an action's URL and at a page's."""
    rows = []
    for name in names:
        short = name if len(name) < 30 else f"{name[:12]}… of {len(name)}"
        rows.append(case(f"path {short}", 404, path=f"/_actions/{name}"))
        # A query is decoded once more, as Astro's own URLs ask for.
        again = name.replace("%", "%25").replace("&", "%26").replace("#", "%23").replace("+", "%2B")
        rows.append(case(f"query {short}", 404, path=f"/page?_action={again}"))
    return rows


NAMES = [
    *named("__class__", "__init__", "__dict__", "or_throw", "handler", "acall", "carry"),
    *named("order.handler", "order.or_throw", "order.__class__", "order.__call__"),
    *named("shop", "shop.", "shop.__class__", "shop.members", "shop/order", "shop:order"),
    *named("actions.order", "(nowhere)", "actions.(nowhere)"),
    *named("%256frder", "%25256frder", "shop%252eorder", "order%2500", "%252e%252e"),
    *named("..", ".", "order.", ".order", "order..", "shop..order"),
    *named(
        "order/order", "order//", "%2Forder", "%2F%2Forder", "..%2forder", "order%5C", "%5Corder"
    ),
    *named("%00", "order%00", "%00order", "order%00.handler", "order%0a", "order%0d%0aX-Evil:%201"),
    *named("%20order", "order%20", "order%09", "order%C2%A0", "%E2%80%8Border", "%EF%BB%BForder"),
    *named("ORDER", "Order", "%EF%BD%8Frder", "o%CC%88rder", "order%CC%80"),
    *named("%ff", "%c0%ae%c0%ae", "%ed%a0%80", "order%fe"),
    *named("order;x=1", "order,locked", "order&locked", "order+locked", "*", "%25", "%"),
    *named("%3Cscript%3Ealert(1)%3C/script%3E", "{{7*7}}", "$%7B7*7%7D", "%27%20or%201=1"),
    *named("x" * 10_000, "order." * 2000, "%00" * 3000, "shop." * 2000 + "order"),
    *named("client.js", "openapi.json", "static", "static/", "static/nothing"),
    *named("static/%2e%2e/%2e%2e/flask_actions/__init__.py", "../../etc/passwd"),
    *named("unknown", "order/extra"),
    *[case(f"path {path}", 404, path=path) for path in ("/_actions/", "/_actions//")],
    *[case(f"path {path}", 404, path=path) for path in ("/_actions//order", "/_actions///order")],
    case("query order/", 404, path="/page?_action=order/"),
    case("query of the action's URL", 404, path="/_actions/?_action=order"),
    # The guard sees the one name of the action that would run, however it was spelled.
    *[
        case(f"guarded {path}", 403, path=path, shown=True)
        for path in (
            "/_actions/%6cocked",
            "/_actions/locked/",
            "/_actions/locked%2F",
            "/_actions/locked?_action=order",
            "/page?_action=%6cocked",
            "/page?_action=%256cocked",
            "/page?_action=locked&_action=order",
            "/fill?_action=locked",
        )
    ],
]

OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
METHODS = [
    *[
        case(f"{method} {path}", 405, method=method, path=path)
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT")
        for path in ("/_actions/order", "/_actions/locked", "/_actions/unknown", "/_actions/")
    ],
    *[
        case(method, 405, method=method)
        for method in ("PROPFIND", "QUERY", "FOO", "POSTS", "PO-ST", "A" * 1000)
    ],
    *[case(f"GET with {name}", 405, method="GET", headers={name: "POST"}) for name in OVERRIDES],
    *[
        case(f"GET with {field}=POST", 405, method="GET", path=f"/_actions/order?{field}=POST")
        for field in ("_method", "_METHOD", "method")
    ],
    case("GET with the fields in its query", 405, method="GET", path=f"/_actions/order?{FIELDS!s}"),
]

TYPES = [
    # Without a browser's marks on it, a body that is no form is a program's.
    *[
        case(f"type {type_}", 415, type=type_, body=OBJECT, doors=("htmx", "rpc"))
        for type_ in (
            "application/xml",
            "text/plain",
            "text/json",
            "text/html",
            "application/jsonx",
            "application/json5",
            "application/ld+json",
            "application/csp-report",
            "application/octet-stream",
            "application/json, text/plain",
            "text/plain, application/json",
            "application/json,application/json",
            "application\\json",
            "json",
            "*/*",
            "application/*",
            "multipart/mixed; boundary=b",
            f"{FORM}x",
            f"{FORM}, {JSON}",
            "x" * 5000,
            "\xfc/\xfc",
            ";",
            "; charset=utf-8",
        )
    ],
    case("no type", 415, type=None, doors=("htmx", "rpc")),
    case("form where only JSON is taken", 415, path="/_actions/onlyJson"),
    case("JSON by htmx", 415, type=JSON, body=OBJECT, doors=("htmx",)),
    case("devalue by htmx", 415, type=f"{JSON}+devalue", body=b"[{}]", doors=("htmx",)),
    case("devalue that is plain JSON", 400, type=f"{JSON}+devalue", body=OBJECT, doors=("rpc",)),
    case("devalue of nothing", 400, type=f"{JSON}+devalue", body=b"[{}]", doors=("rpc",)),
    # Read by its own name and as UTF-8, whatever its parameters say.
    case("JSON in capitals", 400, type="APPLICATION/JSON", body=b"{}", doors=("rpc",)),
    case("JSON of parameters", 400, type=f"{JSON}; a=b; q=1", body=b"{}", doors=("rpc",)),
    case("form in capitals", 400, type=FORM.upper(), body=b"a=1", shown=True),
    case("form of parameters", 400, type=f"{FORM}; a=b", body=b"a=1", shown=True),
    *[
        case(
            f"JSON as {charset}",
            400,
            type=f"{JSON}; charset={charset}",
            body=OBJECT.decode().encode(charset),
            doors=("rpc",),
        )
        for charset in ("utf-16", "utf-16le", "utf-32", "cp037")
    ],
    case(
        "JSON as utf-7",
        400,
        type=f"{JSON}; charset=utf-7",
        body=OBJECT.replace(b"{", b"+AHs-").replace(b"}", b"+AH0-"),
        doors=("rpc",),
    ),
    case(
        "JSON with a byte order mark", 400, type=JSON, body=b"\xef\xbb\xbf" + OBJECT, doors=("rpc",)
    ),
    case(
        "form as utf-7",
        400,
        type=f"{FORM}; charset=utf-7",
        body=FIELDS.replace(b"title", b"+AHQ-itle"),
        shown=True,
    ),
    case(
        "form as utf-16",
        415,
        type=f"{FORM}; charset=utf-16",
        body=FIELDS.decode().encode("utf-16"),
    ),
    case(
        "form as utf-16 without a mark",
        400,
        type=f"{FORM}; charset=utf-16le",
        body=FIELDS.decode().encode("utf-16le"),
        shown=True,
    ),
]


def json_case(id: str, body: bytes, **options: Any) -> Any:
    return case(id, 400, type=JSON, body=body, doors=("rpc",), **options)


JSON_BODIES = [
    *[
        json_case(f"JSON {text[:20]!r}", text)
        for text in (
            b"{",
            b"}",
            b"nul",
            b"\x00",
            b"{}",
            b"[]",
            b"null",
            b"true",
            b'"title"',
            b"{'title': 'x'}",
            b'{"title": "x",}',
            b'{"title": "x"} {}',
            b'{"title": "x"}//',
            b'{"title": "a\nb"}',
            b'{"title": "\\x41"}',
            b'{"title": \xff}',
        )
    ],
    *[
        json_case(f"JSON {number[:12]}", OBJECT.replace(b"1", number.encode()))
        for number in ("NaN", "Infinity", "-Infinity", "1e", "01", "+1", ".5", "0x1", "1_0", "1.5")
    ],
    json_case("number of 10,000 digits", OBJECT.replace(b"1", b"1" * 10_000)),
    json_case("decimal of 10,000 digits", OBJECT.replace(b"}]", b'}], "price": ' + b"9" * 10_000)),
    json_case("number past every float", OBJECT.replace(b"}]", b'}], "ratio": 1e400')),
    json_case(
        "exponent of 10,000 digits", OBJECT.replace(b"}]", b'}], "ratio": 1e' + b"9" * 10_000)
    ),
    *[
        json_case(f"lone surrogate {text!r}", OBJECT.replace(b'"x"', b'"' + text + b'"'))
        for text in (b"\\ud800", b"\\udfff", b"\\ud800\\ud800", b"\xed\xa0\x80", b"\\ud83d x")
    ],
    *[
        json_case(f"no UTF-8 {text!r}", OBJECT.replace(b'"x"', b'"' + text + b'"'))
        for text in (
            b"\xff",
            b"\xc0\xaf",
            b"\xe2\x82",
            b"\xf8\x88\x80\x80\x80",
            b"\xf4\x90\x80\x80",
        )
    ],
    *[
        json_case(f"{depth} deep {opening[:5]!r}", opening * depth + end)
        for depth in (300, 100_000)
        for opening, end in ((b"[", b""), (b'{"a":', b""), (b"[[", b"]]"))
    ],
    json_case("deep and whole", b'{"title": ' + b"[" * 1000 + b"]" * 1000 + b"}"),
    json_case("100,000 keys", b"{" + b",".join(b'"k%d":1' % n for n in range(70_000)) + b"}"),
    json_case("an empty key", b'{"": 1, "title": "x"}'),
    json_case("a prototype", b'{"__proto__": {"title": "x"}, "constructor": {}, "lines": []}'),
    json_case("deep for an action without a model", b"[" * 100_000, path="/_actions/anything"),
    json_case("NaN for an action without a model", b'{"a": NaN}', path="/_actions/anything"),
    json_case("a surrogate without a model", b'{"a": "\\ud800"}', path="/_actions/anything"),
]


def part(disposition: str, body: bytes = b"x", end: bytes = b"--b--\r\n") -> bytes:
    head = f"--b\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
    return head + body + b"\r\n" + end


A_TITLE = part('form-data; name="title"')


def with_headers(*lines: bytes) -> bytes:
    """The part of the title with further headers."""
    head, _, rest = A_TITLE.partition(b"\r\n\r\n")
    return b"\r\n".join([head, *lines, b"", rest])


def multipart_case(id: str, body: bytes, status: int = 415, type_: str = MULTIPART) -> Any:
    return case(f"multipart: {id}", status, type=type_, body=body, shown=status == 400)


MULTIPART_BODIES = [
    multipart_case("no boundary", A_TITLE, type_="multipart/form-data"),
    multipart_case("empty boundary", A_TITLE, type_="multipart/form-data; boundary="),
    multipart_case("another boundary", A_TITLE, type_="multipart/form-data; boundary=c"),
    multipart_case("boundary of 1 kB, not met", A_TITLE, type_=MULTIPART + "b" * 1000),
    multipart_case(
        "boundary of 1 kB",
        A_TITLE.replace(b"--b", b"--" + b"b" * 1001),
        400,
        MULTIPART + "b" * 1000,
    ),
    multipart_case("boundary of letters beyond ASCII", A_TITLE, 400, MULTIPART + "\xfc"),
    multipart_case("boundary with a tab", A_TITLE, type_='multipart/form-data; boundary="b\tb"'),
    multipart_case("nothing", b"", 400),
    multipart_case("no part", b"--b--\r\n", 400),
    multipart_case("garbage", b"\x00\xff" * 500),
    multipart_case("no end", A_TITLE.removesuffix(b"--b--\r\n")),
    multipart_case("half an end", part('form-data; name="title"', end=b"--b")),
    multipart_case("cut off in a header", b"--b\r\nContent-Disposition: form-da"),
    multipart_case("cut off in a value", A_TITLE[:-20]),
    multipart_case("no name", part("form-data")),
    multipart_case("file without a name", part('form-data; filename="x"')),
    multipart_case("no disposition", b"--b\r\n\r\nx\r\n--b--\r\n"),
    multipart_case("no colon in a header", b"--b\r\nnonsense\r\n\r\nx\r\n--b--\r\n"),
    multipart_case("another disposition", part('attachment; name="other"'), 400),
    multipart_case("name cut off", part('form-data; name="ti')),
    multipart_case("name of 10 kB", part(f'form-data; name="{"x" * 10_000}"'), 400),
    multipart_case("name of 10 kB of dots", part(f'form-data; name="{"a." * 5000}"'), 400),
    multipart_case("name with NUL", part('form-data; name="ti\0tle"'), 400),
    multipart_case("no UTF-8 in a name", A_TITLE.replace(b"title", b"ti\xfftle")),
    multipart_case("a header of 900 kB", with_headers(b"X-A: " + b"x" * 900_000), 413),
    multipart_case("100,000 headers", with_headers(*[b"X-A: 1"] * 100_000), 413),
    multipart_case("a value of 900 kB", part('form-data; name="title"', b"x" * 900_000), 413),
    multipart_case(
        "5,000 parts",
        b"".join(part(f'form-data; name="{n}"', end=b"") for n in range(5000)) + b"--b--",
        413,
    ),
    multipart_case("a file for a text", part('form-data; name="title"; filename="a"'), 400),
    multipart_case("parts in parts", with_headers(b"Content-Type: multipart/mixed"), 400),
    multipart_case("encoded parts", with_headers(b"Content-Transfer-Encoding: base64"), 400),
]


def form_case(id: str, body: bytes, status: int = 400, **options: Any) -> Any:
    return case(f"form: {id}", status, body=body, shown=status == 400, **options)


FORM_BODIES = [
    form_case("nothing", b""),
    form_case("only separators", b"&" * 1000),
    form_case("only equals signs", b"=" * 1000),
    form_case("no UTF-8", b"title=\xff&lines.0.qty=1", 415),
    form_case("a raw surrogate", b"title=\xed\xa0\x80&lines.0.qty=1", 415),
    form_case("17 parts in a name", FIELDS + b"&" + b"a." * 16 + b"a=1"),
    form_case("10,000 parts in a name", FIELDS + b"&" + b"a." * 10_000 + b"a=1"),
    form_case("10,000 brackets in a name", FIELDS + b"&" + b"a" + b"[a]" * 10_000 + b"=1"),
    form_case("open brackets", b"title=x&" + b"lines[" * 10_000 + b"=1"),
    form_case("10,001 names", FIELDS + b"".join(b"&n%d=1" % n for n in range(10_001))),
    form_case("100,000 names", FIELDS + b"".join(b"&%x=" % n for n in range(100_000))),
    form_case("100,000 values of a list", b"title=x" + b"&lines=1" * 100_000),
    form_case("1,001 rows", b"title=x" + b"".join(b"&lines.%d.qty=1" % n for n in range(1001))),
    *[
        form_case(f"position {text}", b"title=x&lines.%b.qty=1" % quote(text).encode())
        for text in ("10000", "99999999999999999999", "-1", "-0", "+1", "1e3", "1_0", "0x1", "01")
    ],
    form_case("position of 10,000 digits", b"title=x&lines." + b"9" * 10_000 + b".qty=1"),
    *[
        form_case(f"position {text!r}", b"title=x&lines.%b.qty=1" % quote(text).encode())
        for text in ("١", "１", "²", "৪", "Ⅳ", " 1", "1 ", "1\n", "\0")
    ],
    *[
        form_case(f"a number {text[:12]!r}", b"title=x&lines.0.qty=%b" % quote(text).encode())
        for text in ("1" * 10_000, "NaN", "Infinity", "1e400", "0x10", "1,5", "1.5", "\0", "1;2")
    ],
    form_case("a decimal of 100,000 digits", FIELDS + b"&price=." + b"9x" * 50_000),
    form_case("a ratio past every float", FIELDS + b"&ratio=1e400"),
    form_case("reserved names", b"_action=order&_page=/page&_intent=1&_bound=1&_result=1&_lines=1"),
    form_case("a name within a reserved one", b"_action.title=x&_page[lines]=1"),
    form_case("dunder names", b"__class__=x&title.__class__=x&lines.__len__=1"),
    form_case("JSON in a form", OBJECT),
    form_case("semicolons", FIELDS.replace(b"&", b";")),
    form_case("everything encoded", b"title%3Dx%26lines.0.qty%3D1"),
    form_case("a text for rows", b"title=x&lines=1"),
    form_case("rows in rows", b"title=x&lines.0.0.0.qty=1"),
    form_case("a row that is a text", b"title=x&lines.0=1"),
]

CROSS_SITE = {"Origin": "https://evil.example"}
HOSTS = [
    case(f"host {host[:20]}", 403, headers={"Host": host, **CROSS_SITE})
    for host in (
        "evil.example.localhost",
        "user:password@localhost",
        "localhost/path",
        "localhost?https://evil.example",
        "localhost#",
        "localhost:port",
        "localhost:80:80",
        "local host",
        "<script>alert(1)</script>",
        "[::1",
        "\xfc",
        "",
    )
]


TABLE = [*NAMES, *METHODS, *TYPES, *JSON_BODIES, *MULTIPART_BODIES, *FORM_BODIES, *HOSTS]


@pytest.mark.parametrize(
    ("hostile", "door"),
    [
        pytest.param(hostile, door, id=f"{one.id}, {door}")
        for one in TABLE
        for hostile in one.values
        for door in hostile.doors
    ],
)
def test_hostile_request_is_refused_and_does_nothing(hostile, door, caplog, monkeypatch):
    app, ran = attacked(hostile.type)
    client = app.test_client()
    client.get("/fill")
    before = client.get_cookie("session")
    headers = {**DOORS[door], "Referer": "http://localhost/page", **hostile.headers}
    if hostile.type is not None:
        headers["Content-Type"] = hostile.type
    if "Host" in headers:
        monkeypatch.setattr(app, "wsgi_app", _Addressed(app.wsgi_app, headers.pop("Host")))
    began = time.process_time()

    response = client.open(hostile.path, method=hostile.method, data=hostile.body, headers=headers)

    assert time.process_time() - began < 2
    assert ran == []
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]
    assert response.headers["Cache-Control"] == "no-store"
    assert "X-Evil" not in response.headers
    assert response.mimetype == JSON or "<script>" not in response.text
    assert "Traceback" not in response.text
    if door == "form" and hostile.shown:
        assert response.status_code == 303
        assert response.location.startswith(("/page?", "/fill?", "/?"))
        results = client.get(response.location.replace("/fill?", "/page?")).json
        assert [result["error"]["status"] for result in results] == [hostile.status]
        with client.session_transaction() as held:
            assert {name: held[name] for name in held if name != "_actions"} == {"cart": [1, 2]}
    else:
        assert response.status_code == hostile.status
        assert dialect(response, hostile.method) == door
        assert client.get_cookie("session") == before


def attacked(type_: str | None) -> tuple[Flask, list[str]]:
    """An application that has seen all the requests before; no handler ran yet."""
    # Werkzeug 3.1.0 holds such forms to Flask's 500 kB as well, before ours are counted.
    app, ran = _attacked(2**20 if type_ == FORM else 500_000)
    ran.clear()
    return app, ran


@cache
def _attacked(max_form_memory_size: int) -> tuple[Flask, list[str]]:
    return build(MAX_FORM_MEMORY_SIZE=max_form_memory_size)


class _Addressed:
    """An application that gets a Host which Werkzeug's own client may refuse to send."""

    def __init__(self, app: Any, host: str) -> None:
        self.app, self.host = app, host

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        return self.app({**environ, "HTTP_HOST": self.host}, start_response)


def dialect(response: Any, method: str = "POST") -> str:
    """The door that a refusal speaks for."""
    if method == "HEAD":
        text_type = response.headers["Content-Type"].partition(";")[0]
        return {"application/json": "rpc"}.get(
            text_type, "htmx" if "HX-Reswap" in response.headers else "form"
        )
    if response.mimetype == "application/json":
        body = response.json
        assert body["success"] is False
        assert body["data"] is None
        assert body["error"]["status"] == response.status_code
        return "rpc"
    assert response.mimetype == "text/html"
    whole = response.text.lstrip().lower().startswith("<!doctype html>")
    fragment = response.text == f"<form>{response.status_code}</form>"
    assert whole or fragment or response.headers["HX-Reswap"] == "beforebegin"
    return "form" if whole else "htmx"


@pytest.mark.parametrize("door", DOORS)
def test_the_request_without_its_malice_runs(door):
    """Else the table above would prove nothing."""
    app, ran = build()

    response = app.test_client().post(
        "/_actions/order", data=FIELDS, content_type=FORM, headers=DOORS[door]
    )

    assert response.status_code == (303 if door == "form" else 200)
    assert ran == ["order"]


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        pytest.param(JSON, OBJECT, id="JSON"),
        pytest.param(
            MULTIPART,
            part('form-data; name="title"', end=b"") + part('form-data; name="lines.0.qty"', b"1"),
            id="multipart",
        ),
    ],
)
def test_body_cut_off_anywhere_is_refused(type_, body):
    app, ran = build()
    client = app.test_client()
    whole = len(body) if type_ == JSON else body.rindex(b"--") + 2
    statuses = set()

    for length in range(1, whole):
        response = client.post(
            "/_actions/order", data=body[:length], content_type=type_, headers=DOORS["rpc"]
        )
        statuses.add(response.status_code)

    assert ran == []
    assert statuses == ({400} if type_ == JSON else {415})
    response = client.post("/_actions/order", data=body, content_type=type_, headers=DOORS["rpc"])
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("type_", "body", "data"),
    [
        pytest.param(JSON, b'{"title": "a", "title": "b", "lines": [{"qty": 1}]}', "b", id="JSON"),
        pytest.param(FORM, FIELDS + b"&title=b", "x", id="form"),
        pytest.param(FORM, FIELDS + b"&title[]=b", "x", id="form, one with brackets"),
        pytest.param(JSON, OBJECT.replace(b'"x"', b'"\\u0000"'), "\0", id="NUL"),
        pytest.param(JSON, OBJECT.replace(b"1", b"9" * 4000), "x", id="number of 4,000 digits"),
        pytest.param(FORM, b"title=%ED%A0%80&lines.0.qty=1", "%ED%A0%80", id="encoded surrogate"),
        pytest.param(FORM, b"title=%FF&lines.0.qty=1", "%FF", id="encoded bytes"),
    ],
)
def test_what_is_odd_and_no_error_means_one_thing(type_, body, data):
    app, ran = build()

    response = app.test_client().post(
        "/_actions/order", data=body, content_type=type_, headers=DOORS["rpc"]
    )

    assert response.json == {"success": True, "data": data, "error": None}
    assert ran == ["order"]


@pytest.mark.parametrize("door", DOORS)
def test_host_that_can_be_none_runs_nothing(door, caplog):
    app, ran = build()

    response = app.test_client().post(
        "/_actions/order",
        data=FIELDS,
        content_type=FORM,
        headers={**DOORS[door], "Host": "x" * 10_000},
    )

    assert response.status_code == 400
    assert ran == []
    assert caplog.records == []


# --- what no client library would send


def served() -> Flask:
    """The application for a server of its own process; ``/ran`` tells which handlers ran."""
    app, ran = build(ACTIONS_MAX_BODY=2000)
    app.add_url_rule("/ran", "ran", lambda: ran)
    return app


@pytest.fixture(scope="module")
def wire() -> Iterator[tuple[int, list[str]]]:
    """A served application: its port, and the handlers that ran."""
    app, ran = build(ACTIONS_MAX_BODY=2000)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.port, ran
    server.shutdown()
    thread.join()
    server.server_close()


def exchange(port: int, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    """What is answered to these very bytes, and that it is one answer only."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        heard = b""
        try:
            while more := connection.recv(65536):
                heard += more
        except ConnectionResetError:  # it has answered, and reads no further
            pass
    head, _, body = heard.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    assert len(re.findall(rb"(?m)^HTTP/1\.[01] \d", heard)) == 1, heard
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


LENGTH = len(OBJECT)


def raw(id: str, status: int, *lines: str | bytes, body: bytes = OBJECT, line: str = "") -> Any:
    """A request whose lines are sent as they stand; by the rpc door, unless they say otherwise."""
    first = line or "POST /_actions/order HTTP/1.1"
    encoded = [one if isinstance(one, bytes) else one.encode("latin-1") for one in (first, *lines)]
    return pytest.param(b"\r\n".join([*encoded, b"", body]), status, id=id)


HOST = "Host: localhost"
TYPE = f"Content-Type: {JSON}"
CHUNKED = "Transfer-Encoding: chunked"
WHOLE = f"Content-Length: {LENGTH}"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (LENGTH, OBJECT)
WRONG = b'{"title": 1}'


def raw_path(id: str, path: bytes, status: int = 404) -> Any:
    line = f"POST {path.decode('latin-1')} HTTP/1.1"
    return raw(id, status, HOST, TYPE, WHOLE, line=line)


RAW = [
    # A length that lies: what is cut off is refused, what is left over is no second request.
    raw("longer than told", 400, HOST, TYPE, f"Content-Length: {LENGTH - 1}"),
    raw(
        "a request after it",
        400,
        HOST,
        TYPE,
        "Content-Length: 1",
        body=OBJECT + b"POST /_actions/order HTTP/1.1\r\nHost: x\r\n\r\n",
    ),
    raw("shorter than told", 400, HOST, TYPE, f"Content-Length: {LENGTH + 1}"),
    raw("far shorter than told", 413, HOST, TYPE, "Content-Length: 10000000000000"),
    *[
        raw(f"length {length[:8]}", 400, HOST, TYPE, f"Content-Length: {length}".encode())
        for length in ("-1", "abc", "1e3", "0x24", "1_0", "3.6", "36, 36", "\u0663", "", "+36")
    ],
    raw("length of 400 digits", 413, HOST, TYPE, "Content-Length: " + "9" * 400),
    raw("length of 10,000 digits", 400, HOST, TYPE, "Content-Length: " + "9" * 10_000),
    raw("no length", 400, HOST, TYPE),
    # Chunks.
    raw(
        "chunks over the limit",
        413,
        HOST,
        TYPE,
        CHUNKED,
        body=b"1000\r\n" + b" " * 4096 + b"\r\n" + CHUNKS,
    ),
    raw("chunks without end", 413, HOST, TYPE, CHUNKED, body=b"1\r\n \r\n" * 3000),
    raw("a chunk that is no number", 400, HOST, TYPE, CHUNKED, body=b"zz\r\n{}\r\n0\r\n\r\n"),
    raw("a chunk below zero", 400, HOST, TYPE, CHUNKED, body=b"-2\r\n{}\r\n0\r\n\r\n"),
    raw("a chunk that is cut off", 400, HOST, TYPE, CHUNKED, body=b"24\r\n{"),
    raw("a chunk longer than told", 400, HOST, TYPE, CHUNKED, body=b"2\r\n{}}\r\n0\r\n\r\n"),
    raw("no last chunk", 400, HOST, TYPE, CHUNKED, body=b"%x\r\n%b\r\n" % (LENGTH, OBJECT)),
    raw("no chunk", 400, HOST, TYPE, CHUNKED, body=b""),
    raw(
        "chunks and a length",
        400,
        HOST,
        TYPE,
        CHUNKED,
        "Content-Length: 1",
        body=b"c\r\n%b\r\n0\r\n\r\n" % WRONG,
    ),
    raw("chunks that are not told", 400, HOST, TYPE, "Transfer-Encoding: identity", body=CHUNKS),
    raw("gzip", 400, HOST, TYPE, "Transfer-Encoding: gzip"),
    raw(
        "chunked form",
        400,
        HOST,
        f"Content-Type: {FORM}",
        "Accept: application/json",
        CHUNKED,
        body=b"3\r\na=1\r\n0\r\n\r\n",
    ),
    # Line breaks where none belong.
    raw(
        "folded host", 400, "Host: localhost", " X-Evil: 1", TYPE, "Content-Length: 12", body=WRONG
    ),
    raw(
        "bare CR in a header",
        400,
        HOST,
        b"Referer: /x\rX-Evil: 1",
        TYPE,
        "Content-Length: 12",
        body=WRONG,
    ),
    raw(
        "bare LF in a header",
        400,
        HOST,
        b"Referer: /x\nX-Evil: 1",
        TYPE,
        "Content-Length: 12",
        body=WRONG,
    ),
    raw("NUL in a header", 400, HOST, b"Referer: /\0", TYPE, "Content-Length: 12", body=WRONG),
    raw("blank before a colon", 400, HOST, TYPE, "Content-Length : 36"),
    # Paths as bytes.
    raw_path("bytes beyond ASCII", b"/_actions/\xff\xfe"),
    raw_path("letters beyond ASCII", "/_actions/ördér".encode()),
    raw_path("NUL in the path", b"/_actions/order\0"),
    raw_path("dots", b"/_actions/../_actions/order"),
    raw_path("dots and slashes", b"/x/..//_actions/order"),
    raw_path("no percent", b"/_actions/%zz"),
    raw_path("half a percent", b"/_actions/order%"),
    raw_path("a fragment", b"/_actions/x#order"),
    raw_path("a backslash", b"\\_actions\\order"),
    raw_path("bytes in the query", b"/x?_action=\xff"),
    raw_path("NUL in the query", b"/x?_action=order\0"),
    raw_path("another site's URL", b"http://evil.example/_actions/x"),
    raw_path("ten thousand segments", b"/_actions" + b"/order" * 10_000),
    raw("TRACE", 405, HOST, TYPE, WHOLE, line="TRACE /_actions/order HTTP/1.1"),
    # Types and hosts, twice or odd.
    raw("two types", 415, HOST, TYPE, "Content-Type: text/plain", WHOLE),
    raw("a type of bytes", 415, HOST, b"Content-Type: \xff\xfe", WHOLE),
    *[
        raw(f"{id}, another origin", 403, *hosts, "Origin: https://evil.example", TYPE, WHOLE)
        for id, hosts in {
            "no host": (),
            "empty host": ("Host:",),
            "two hosts": ("Host: localhost", "Host: evil.example"),
            "two hosts, ours last": ("Host: evil.example", "Host: localhost"),
            "host with a path": ("Host: localhost/evil.example",),
            "host with a user": ("Host: localhost@evil.example",),
            "host of bytes": (b"Host: \xff\xfe",),
            "host with a blank": ("Host: localhost evil.example",),
        }.items()
    ],
    raw(
        "two origins",
        403,
        HOST,
        "Origin: http://localhost",
        "Origin: https://evil.example",
        TYPE,
        WHOLE,
    ),
    raw(
        "two verdicts",
        403,
        HOST,
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Site: cross-site",
        TYPE,
        WHOLE,
    ),
    raw("verdict in capitals", 403, HOST, "Sec-Fetch-Site: SAME-ORIGIN", TYPE, WHOLE),
    raw("origin in bytes", 403, HOST, b"Origin: \xff", TYPE, WHOLE),
]


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory) -> Iterator[tuple[int, Path]]:
    """The application under gunicorn: its port, and its log."""
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "2"]
    with open(log, "wb") as output:
        server = subprocess.Popen(
            [*command, "tests.test_hostile:served()"],
            cwd=Path(__file__).parent.parent,
            stdout=output,
            stderr=output,
        )
    try:
        until = time.monotonic() + 30
        while b"Booting worker" not in log.read_bytes():
            assert server.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield port, log
    finally:
        server.terminate()
        server.wait(30)


@pytest.mark.parametrize(("sent", "status"), RAW)
def test_hostile_bytes_do_nothing_under_gunicorn(gunicorn, sent, status):
    port, log = gunicorn
    said = len(log.read_text())
    sent = sent.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)

    # It refuses more by itself than werkzeug's server does, and says so in its own words.
    answered, headers, _ = exchange(port, sent)

    assert 400 <= answered < 500
    assert "x-evil" not in headers
    assert "set-cookie" not in headers
    assert (
        exchange(port, b"GET /ran HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")[2] == b"[]\n"
    )
    assert "Traceback" not in log.read_text()[said:]


@pytest.mark.parametrize(("sent", "status"), RAW)
def test_hostile_bytes_are_refused_and_do_nothing(wire, sent, status, caplog):
    port, ran = wire
    ran.clear()

    answered, headers, body = exchange(port, sent)

    assert answered == status
    assert ran == []
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]
    assert "x-evil" not in headers
    assert "set-cookie" not in headers
    assert b"Traceback" not in body
    if "cache-control" in headers:  # else the server itself has refused it
        assert json.loads(body)["error"]["status"] == status


# --- where an answer leads


WAYS = {
    "_page in the query": lambda url: {"path": f"/_actions/order?_page={quote(url)}"},
    "_page in the form": lambda url: {"body": FIELDS + b"&_page=" + quote(url).encode()},
    "Referer": lambda url: {"headers": {"Referer": url}},
    "HX-Current-URL": lambda url: {"headers": {"HX-Current-URL": url}},
}


@pytest.mark.parametrize("door", ["form", "htmx"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "url",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://localhost@evil.example",
        "/%09//evil.example/%0d%0aX-Evil:%201",
        "http://evil.example/_actions/order",
        "http://localhost/_actions/order",
        "javascript:alert(1)",
        "\xff//evil.example",
    ],
)
def test_no_way_back_leads_to_another_site(url, way, door):
    app, _ = build()
    options = {"path": "/_actions/onlyJson", "body": FIELDS, **WAYS[way](url)}
    headers = {**DOORS[door], **options.get("headers", {})}
    app.extensions["actions"].registry.find("order").fragment = None  # so that htmx is led back

    response = app.test_client().post(
        options["path"].replace("onlyJson", "order"),
        data=options["body"],
        content_type=FORM,
        headers=headers,
    )

    assert response.status_code == 303
    assert response.location.startswith(("/?_result=", "/%09//evil.example/%0d%0aX-Evil:%201?"))
    assert "X-Evil" not in response.headers


# --- ids of results


STORES = ["session", "cookie", "cache"]


@pytest.fixture(params=STORES)
def store(request) -> Any:
    return SimpleCache() if request.param == "cache" else request.param


def posted(app: Flask) -> tuple[Any, str]:
    """A browser that sent a form which was refused, and the page that it is led to."""
    client = app.test_client()
    answer = client.post("/_actions/order", data={"title": "x"}, headers=DOORS["form"])
    assert answer.status_code == 303
    return client, answer.location


def shown(client: Any, url: str) -> list[int]:
    response = client.get(url)
    assert response.status_code == 200
    return [result["error"]["status"] for result in response.json]


@pytest.mark.parametrize(
    "id",
    [
        "",
        "x",
        "../../etc/passwd",
        "..%2F..%2Fetc%2Fpasswd",
        "%00",
        "%FF",
        "*",
        "%C3%A4" * 100,
        "x" * 10_000,
        "&".join(["x"] + ["_result=x"] * 1000),
        "flask-actions-x",
        "{{7*7}}",
        "%0d%0aX-Evil:%201",
    ],
    ids=lambda id: id[:12] or "empty",
)
def test_forged_id_shows_nothing_and_loses_nothing(store, id, caplog):
    app, _ = build(ACTIONS_RESULT_STORE=store)
    client, url = posted(app)

    # At the page of another path: at its own, who lost the id is shown the result.
    assert shown(client, f"/page?_result={id}") == []
    assert shown(app.test_client(), f"/?_result={id}") == []

    assert caplog.records == []
    assert shown(client, url) == [400]


def test_replayed_id_shows_nothing(store):
    app, _ = build(ACTIONS_RESULT_STORE=store)
    client, url = posted(app)

    assert [shown(client, url) for _ in range(3)] == [[400], [], []]


def test_id_of_another_browser_shows_nothing_and_takes_nothing(store):
    app, _ = build(ACTIONS_RESULT_STORE=store)
    client, url = posted(app)
    other, other_url = posted(app)

    assert shown(app.test_client(), url) == []
    assert shown(other, f"/page?{urlsplit(url).query}") == []
    assert shown(client, url) == [400]
    assert shown(other, other_url) == [400]


@pytest.mark.parametrize("forge", ["changed", "cut", "of another key", "renamed", "garbage"])
def test_forged_cookie_shows_nothing(store, forge, caplog):
    app, _ = build(ACTIONS_RESULT_STORE=store)
    client, url = posted(app)
    foreign, _ = build(SECRET_KEY="another", ACTIONS_RESULT_STORE=store)
    stranger, foreign_url = posted(foreign)
    cookies = [
        one for one in client._cookies.values() if one.key in ("session",) or one.key[0] == "_"
    ]
    assert cookies
    victim = app.test_client()
    for cookie in cookies:
        name, value = cookie.key, cookie.value
        match forge:
            case "changed":
                value = ("f" if value[0] == "e" else "e") + value[1:]
            case "cut":
                value = value[: len(value) // 2]
            case "of another key":
                value = next(one.value for one in stranger._cookies.values())
            case "renamed":
                name = "_actions_x" if name != "session" else "sessions"
            case "garbage":
                value = "\\377" * 50
        victim.set_cookie(name, value)

    assert shown(victim, url) == []
    assert shown(victim, foreign_url) == []
    assert shown(victim, "/?_result=x") == []

    assert caplog.records == []
