"""Doors: which one a request came in by, what comes first there, and what each answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, redirect, request
from flask_wtf.csrf import CSRFError, CSRFProtect
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from werkzeug.test import create_environ, run_wsgi_app

from flask_actions import ActionContext, ActionError, ActionGroup, Actions, get_action_result

HTMX = {"HX-Request": "true"}
RPC = {"Accept": "application/json"}
FORM: dict[str, str] = {}
DOORS = {"form": FORM, "htmx": HTMX, "rpc": RPC}


class Post(BaseModel):
    title: str


def build(**config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    return app, Actions(app)


@pytest.fixture
def site():
    """An app whose action tells its door, with a page, a group, a guard and a log of hooks."""
    app, actions = build()

    @actions.action
    def tell(ctx: ActionContext) -> str:
        return ctx.called_from

    @actions.action
    def post(input: Post) -> str:
        return input.title

    @actions.action(guard=lambda ctx: False)
    def locked(input: Post) -> str:
        return input.title

    @actions.action(accept="json")
    def json_only(input: Post) -> str:
        return input.title

    @actions.action(accept="form")
    def form_only(input: Post) -> str:
        return input.title

    group = ActionGroup("blog")
    group.action("comment")(lambda: "said")
    actions.register(group)

    @app.route("/page", methods=["GET", "POST"])
    def page() -> str:
        return "the page's own view"

    return app


def dialect(response: Any) -> str:
    """The door that an answer speaks for."""
    if response.mimetype == "application/json":
        assert response.json["success"] is False
        assert response.json["error"]["status"] == response.status_code
        return "rpc"
    assert response.mimetype == "text/html"
    whole = response.text.lower().startswith("<!doctype html>")
    return "form" if whole else "htmx"


def code(response: Any) -> str:
    return str(response.json["error"]["code"])


# --- which door

J, H, D = "application/json", "text/html", "application/json+devalue"
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
MODE, HX = "Sec-Fetch-Mode", "HX-Request"
FORM_BODY = {"data": {"a": "1"}}
JSON_BODY = {"json": {}}
FILE_BODY = {"data": b"--x--\r\n", "content_type": "multipart/form-data; boundary=x"}

# headers, body, the door in plain mode, the door with ACTIONS_WIRE="astro"
TABLE = [
    pytest.param({}, {}, "form", "rpc", id="nothing at all"),
    pytest.param({}, FORM_BODY, "form", "rpc", id="a form"),
    pytest.param({}, FILE_BODY, "form", "rpc", id="a form with files"),
    pytest.param({"Accept": "*/*"}, FORM_BODY, "form", "rpc", id="anything is accepted"),
    pytest.param(
        {"Accept": CHROME}, FORM_BODY, "form", "form", id="a browser without fetch metadata"
    ),
    pytest.param({"Accept": CHROME, MODE: "navigate"}, FORM_BODY, "form", "form", id="a browser"),
    pytest.param({"Accept": "*/*", MODE: "navigate"}, FORM_BODY, "form", "form", id="navigate"),
    pytest.param({MODE: "cors", "Accept": "*/*"}, FORM_BODY, "rpc", "rpc", id="fetch"),
    pytest.param({MODE: "same-origin"}, FORM_BODY, "rpc", "rpc", id="fetch, same origin"),
    pytest.param({MODE: "no-cors"}, {}, "rpc", "rpc", id="fetch without a body"),
    pytest.param({MODE: "cors", "Accept": H}, FORM_BODY, "form", "form", id="fetch of HTML"),
    pytest.param({MODE: "cors", "Accept": "Text/HTML"}, FORM_BODY, "form", "form", id="capitals"),
    pytest.param(
        {MODE: "cors", "Accept": H + ";charset=utf-8"}, {}, "form", "form", id="parameters"
    ),
    pytest.param({"Accept": J}, FORM_BODY, "rpc", "rpc", id="JSON is wanted"),
    pytest.param(
        {"Accept": J + "; charset=utf-8"}, FORM_BODY, "rpc", "rpc", id="JSON of a charset"
    ),
    pytest.param({"Accept": "Application/Json"}, FORM_BODY, "rpc", "rpc", id="JSON in capitals"),
    pytest.param({"Accept": D}, FORM_BODY, "rpc", "rpc", id="devalue is wanted"),
    pytest.param({"Accept": f"{J}, text/plain, */*"}, FORM_BODY, "rpc", "rpc", id="axios"),
    pytest.param({"Accept": f"{H};q=0.8, {J}"}, FORM_BODY, "rpc", "rpc", id="JSON before HTML"),
    pytest.param({"Accept": f"{H}, {J};q=0.8"}, FORM_BODY, "form", "form", id="HTML before JSON"),
    pytest.param({"Accept": f"{H}, {J}"}, FORM_BODY, "form", "form", id="HTML as well as JSON"),
    pytest.param(
        {"Accept": J, MODE: "navigate"}, FORM_BODY, "rpc", "rpc", id="JSON is wanted, navigate"
    ),
    pytest.param({}, JSON_BODY, "rpc", "rpc", id="a JSON body"),
    pytest.param(
        {"Accept": CHROME, MODE: "navigate"}, JSON_BODY, "rpc", "rpc", id="a JSON body, navigate"
    ),
    pytest.param({"Content-Type": J}, {}, "rpc", "rpc", id="the type alone"),
    pytest.param({}, {"data": b"x"}, "rpc", "rpc", id="a body without a type"),
    pytest.param({"Transfer-Encoding": "Chunked"}, {}, "rpc", "rpc", id="chunks without a type"),
    pytest.param(
        {"Accept": H}, {"data": "x", "content_type": "text/plain"}, "rpc", "rpc", id="text"
    ),
    pytest.param({HX: "true"}, FORM_BODY, "htmx", "htmx", id="htmx"),
    pytest.param({HX: "true", MODE: "cors", "Accept": "*/*"}, {}, "htmx", "htmx", id="htmx 2"),
    pytest.param(
        {HX: "true", "HX-Request-Type": "partial", "Accept": H}, {}, "htmx", "htmx", id="htmx 4"
    ),
    pytest.param({HX: "true", "Accept": J}, {}, "htmx", "htmx", id="htmx that wants JSON"),
    pytest.param({HX: "true"}, JSON_BODY, "htmx", "htmx", id="htmx with JSON"),
    pytest.param({HX: "true", "HX-Boosted": "true"}, FORM_BODY, "form", "form", id="boosted"),
    pytest.param(
        {HX: "true", "HX-Request-Type": "full"}, FORM_BODY, "form", "form", id="htmx, the full page"
    ),
    pytest.param(
        {HX: "true", "HX-Boosted": "true", MODE: "cors"}, {}, "form", "form", id="boosted, by fetch"
    ),
    pytest.param(
        {HX: "true", "HX-History-Restore-Request": "true"}, {}, "form", "form", id="history"
    ),
    pytest.param({HX: "false"}, FORM_BODY, "form", "rpc", id="no htmx"),
    pytest.param({"HX-Boosted": "true"}, FORM_BODY, "form", "rpc", id="boosted by nobody"),
]


@pytest.mark.parametrize("wire", ["plain", "astro"])
@pytest.mark.parametrize(("headers", "body", "plain", "astro"), TABLE)
def test_door(wire, headers, body, plain, astro):
    app, actions = build(ACTIONS_WIRE=wire)
    seen = []
    actions.action("tell", guard=lambda ctx: seen.append(ctx.called_from))(lambda: None)

    app.test_client().post("/_actions/tell", headers=headers, **body)

    assert seen == [plain if wire == "plain" else astro]


@pytest.mark.parametrize("wire", ["plain", "astro"])
@pytest.mark.parametrize(("headers", "body", "plain", "astro"), TABLE)
def test_door_of_a_page(wire, headers, body, plain, astro):
    """A page's own URL with ``?_action=`` is a form post, on either wire."""
    app, actions = build(ACTIONS_WIRE=wire)
    seen = []
    actions.action("tell", guard=lambda ctx: seen.append(ctx.called_from))(lambda: None)

    app.test_client().post("/page?_action=tell", headers=headers, **body)

    assert seen == [plain]


# --- what each answers


@pytest.fixture
def outcomes(tmp_path):
    app, actions = build()
    app.template_folder = str(tmp_path)
    (tmp_path / "f.html").write_text("fragment {{ result.data }} {{ result.error.code }}")

    @actions.action(fragment="f.html")
    def act(input: Post, ctx: ActionContext) -> str:
        match input.title:
            case "there":
                ctx.redirect("/there?x=1")
            case "away":
                ctx.redirect("https://example.org/x", external=True)
            case "conflict":
                raise ActionError("CONFLICT", "No")
        return input.title

    @actions.action(fragment="f.html", guard=lambda ctx: False)
    def locked(input: Post) -> str:
        return input.title

    return app


@pytest.mark.parametrize(
    ("title", "status", "header", "value"),
    [
        pytest.param("data", 303, "Location", "/from?q=1&_result=*", id="data"),
        pytest.param("there", 303, "Location", "/there?x=1&_result=*", id="redirect"),
        pytest.param("away", 303, "Location", "https://example.org/x", id="off-site"),
        pytest.param("conflict", 303, "Location", "/from?q=1&_result=*", id="handler's error"),
        pytest.param(None, 303, "Location", "/from?q=1&_result=*", id="input's error"),
        pytest.param("locked", 303, "Location", "/from?q=1&_result=*", id="guard's error"),
    ],
)
def test_outcome_by_form(outcomes, title, status, header, value):
    response, client = send(outcomes, title, {"Referer": "http://localhost/from?q=1&_result=old#x"})

    assert response.status_code == status
    assert star(response.headers[header]) == value
    assert response.headers["Cache-Control"] == "no-store"
    if "_result" in value:
        with client, client.get(response.location):
            result = get_action_result("locked" if title == "locked" else "act")
        codes = {"conflict": "CONFLICT", None: "BAD_REQUEST", "locked": "FORBIDDEN"}
        assert (result.error and result.error.code) == codes.get(title)


@pytest.mark.parametrize(
    ("title", "status", "header", "value", "text"),
    [
        pytest.param("data", 200, None, None, "fragment data ", id="data"),
        pytest.param("there", 200, "HX-Location", "/there?x=1&_result=*", "", id="redirect"),
        pytest.param("away", 200, "HX-Redirect", "https://example.org/x", "", id="off-site"),
        pytest.param("conflict", 409, None, None, "fragment None CONFLICT", id="handler's error"),
        pytest.param(None, 400, None, None, "fragment None BAD_REQUEST", id="input's error"),
        pytest.param("locked", 403, None, None, "fragment None FORBIDDEN", id="guard's error"),
    ],
)
def test_outcome_by_htmx(outcomes, title, status, header, value, text):
    response, _ = send(outcomes, title, HTMX)

    assert (response.status_code, response.text) == (status, text)
    assert "Location" not in response.headers
    if header:
        assert star(response.headers[header]) == value
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("title", "status", "body", "redirect"),
    [
        pytest.param("data", 200, {"data": "data"}, None, id="data"),
        pytest.param("there", 200, {"data": "there"}, "/there?x=1", id="redirect"),
        pytest.param("away", 200, {"data": "away"}, "https://example.org/x", id="off-site"),
        pytest.param("conflict", 409, {"code": "CONFLICT"}, None, id="handler's error"),
        pytest.param(None, 400, {"code": "BAD_REQUEST"}, None, id="input's error"),
        pytest.param("locked", 403, {"code": "FORBIDDEN"}, None, id="guard's error"),
    ],
)
def test_outcome_by_rpc(outcomes, title, status, body, redirect):
    response, _ = send(outcomes, title, RPC)

    assert response.status_code == status
    assert response.json["success"] is (status == 200)
    assert body.items() <= (response.json["error"] or response.json).items()
    assert response.headers.get("Action-Redirect") == redirect
    assert response.json.get("redirect") == redirect
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers.getlist("Set-Cookie") == []


def send(app: Flask, title: str | None, headers: dict[str, str]) -> Any:
    client = app.test_client()
    name = "locked" if title == "locked" else "act"
    data = {} if title is None else {"title": title}
    return client.post(f"/_actions/{name}", data=data, headers=headers), client


def star(url: str) -> str:
    head, mark, _ = url.partition("_result=")
    return head + mark + ("*" if mark else "")


def test_boosted_form_is_a_form(outcomes):
    response, _ = send(
        outcomes, "data", {**HTMX, "HX-Boosted": "true", "Referer": "http://localhost/p"}
    )

    assert response.status_code == 303


# --- order

CROSS = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
LONG = {"data": b'{"title": "' + b"x" * 3000 + b'"}', "content_type": "application/json"}
XML = {"data": b"<x/>", "content_type": "application/xml"}
LONG_XML = {"data": b"x" * 3000, "content_type": "application/xml"}
BROKEN = {"data": b"{", "content_type": "application/json"}
WRONG = {"json": {"title": 3}}


@pytest.mark.parametrize(
    ("method", "name", "headers", "body", "status"),
    [
        pytest.param("PUT", "post", CROSS, WRONG, 405, id="method before origin"),
        pytest.param("POST", "unknown", CROSS, WRONG, 403, id="origin before name"),
        pytest.param("PUT", "unknown", {}, WRONG, 405, id="method before name"),
        pytest.param("POST", "unknown", {}, LONG_XML, 404, id="name before size"),
        pytest.param("POST", "unknown", {}, XML, 404, id="name before type"),
        pytest.param("POST", "locked", CROSS, WRONG, 403, id="origin before guards"),
        pytest.param("POST", "locked", {}, LONG_XML, 409, id="guards before size"),
        pytest.param("POST", "locked", {}, XML, 409, id="guards before type"),
        pytest.param("POST", "locked", {}, BROKEN, 409, id="guards before decoding"),
        pytest.param("POST", "post", {}, LONG_XML, 413, id="size before type"),
        pytest.param("POST", "post", {}, LONG, 413, id="size before token"),
        pytest.param("POST", "post", {}, XML, 415, id="type before token"),
        pytest.param("POST", "post", {}, BROKEN, 403, id="token before decoding"),
        pytest.param("POST", "post", {"X-CSRFToken": "*"}, BROKEN, 400, id="decoding"),
        pytest.param("POST", "post", {"X-CSRFToken": "*"}, WRONG, 400, id="validating"),
        pytest.param(
            "POST", "post", {"X-CSRFToken": "*"}, {"json": {"title": "x"}}, 200, id="fine"
        ),
    ],
)
def test_what_comes_first(method, name, headers, body, status):
    app, actions = build(ACTIONS_MAX_BODY=2000)
    CSRFProtect(app)

    def guard(ctx: ActionContext) -> None:
        raise ActionError("CONFLICT", "the guard's")

    @actions.action
    def post(input: Post) -> str:
        return input.title

    @actions.action(guard=guard)
    def locked(input: Post) -> str:
        return input.title

    @app.get("/token")
    def token() -> str:
        from flask_wtf.csrf import generate_csrf

        return generate_csrf()

    client = app.test_client()
    token_text = client.get("/token").text
    headers = {key: token_text if value == "*" else value for key, value in headers.items()}

    response = client.open(f"/_actions/{name}", method=method, headers={**RPC, **headers}, **body)

    assert response.status_code == status
    if name == "locked" and status == 403:
        assert "evil.example" in response.json["error"]["message"]


def test_a_broken_body_is_told_as_such_and_a_wrong_one_by_its_fields(site):
    client = site.test_client()

    broken = client.post("/_actions/post", **BROKEN).json["error"]
    wrong = client.post("/_actions/post", **WRONG).json["error"]

    assert (broken["type"], "not valid JSON" in broken["message"]) == ("ActionError", True)
    assert (wrong["type"], list(wrong["fields"])) == ("ActionInputError", ["title"])


def test_guard_runs_before_a_byte_of_the_body_is_read(site):
    class Never:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

        readline = readinto = read

    environ = create_environ(
        "/_actions/locked", method="POST", content_length=10, content_type=J, headers=RPC
    )
    environ["wsgi.input"] = Never()

    _, status, _ = run_wsgi_app(site, environ)

    assert status == "403 FORBIDDEN"


# --- names

# Those that no action has are in test_hostile.py.


@pytest.mark.parametrize(
    "url",
    [
        "/_actions/tell",
        "/_actions/tell/",
        "/_actions/%74ell",
        "/page?_action=tell",
        "/page?_action=%74ell",
        "/page?_action=%2574ell",
        "/?_action=tell",
        "/no/such/page?_action=tell",
        "/page?a=b&_action=tell&c=d",
        "/page?_action=tell&_action=unknown",
    ],
)
def test_name_is_found_in_every_spelling(site, url):
    response = site.test_client().post(url, headers=RPC)

    assert response.json["data"] == "rpc"


@pytest.mark.parametrize(
    "url", ["/page", "/page?_action=", "/page?_action=&_action=tell", "/page?x_action=tell"]
)
def test_page_without_an_action_is_the_pages_own(site, url):
    response = site.test_client().post(url, data={"a": "1"})

    assert response.text == "the page's own view"
    assert "Cache-Control" not in response.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_of_a_page_are_its_own(site, method):
    response = site.test_client().open("/page?_action=tell", method=method)

    assert response.status_code in (200, 405)
    assert response.headers.get("Cache-Control") != "no-store"


# --- the page's URL


def test_page_hooks_do_not_run_and_the_apps_do():
    app, actions = build()
    seen: list[str] = []
    blueprint = Blueprint("pages", __name__)
    blueprint.before_request(lambda: seen.append("blueprint's"))
    app.before_request(lambda: seen.append("app's"))

    @blueprint.route("/page", methods=["POST"])
    def page() -> str:
        seen.append("page's")
        return ""

    app.register_blueprint(blueprint)
    actions.action("act")(lambda: seen.append("handler"))

    app.test_client().post("/page?_action=act")
    assert seen == ["app's", "handler"]

    seen.clear()
    app.test_client().post("/page")
    assert seen == ["app's", "blueprint's", "page's"]


@pytest.mark.parametrize("url", ["/get-only", "/slash", "/missing", "/number/x"])
def test_page_that_takes_no_post_still_takes_an_action(url):
    app, actions = build()
    actions.action("act")(lambda: "done")
    app.add_url_rule("/get-only", "a", lambda: "a", methods=["GET"])
    app.add_url_rule("/slash/", "b", lambda: "b", methods=["GET", "POST"])
    app.add_url_rule("/number/<int:n>", "c", lambda n: "c")
    client = app.test_client()

    response = client.post(f"{url}?_action=act&q=1")

    assert response.status_code == 303
    assert star(response.location) == f"{url}?q=1&_result=*"


def test_json_body_makes_the_page_rpc(site):
    response = site.test_client().post("/page?_action=post", json={"title": "x"})

    assert response.json == {"success": True, "data": "x", "error": None}


def test_host_that_is_not_trusted_runs_nothing():
    app, actions = build(TRUSTED_HOSTS=["example.com"])
    ran = []
    actions.action("act")(lambda: ran.append(1))
    client = app.test_client()

    for url in ("/_actions/act", "/page?_action=act"):
        for headers in DOORS.values():
            response = client.post(url, headers={**headers, "Host": "evil.example"})
            assert response.status_code == 400
    assert ran == []
    assert client.post("/_actions/act", headers={**RPC, "Host": "example.com"}).status_code == 200


# --- methods


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "FOO"]
)
@pytest.mark.parametrize("name", ["post", "unknown", "", "locked", "post/", "//post"])
def test_other_methods_are_405_and_name_post(site, method, name):
    response = site.test_client().open(f"/_actions/{name}", method=method, headers=RPC)

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert response.headers["Cache-Control"] == "no-store"
    if method != "HEAD":
        assert code(response) == "METHOD_NOT_ALLOWED"


# --- bodies


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[1,]",
        b"{'a': 1}",
        b'{"title": NaN}',
        b'{"title": Infinity}',
        b"NaN",
        b"-Infinity",
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b'{"title": 1} x',
        b'{"title": "x"}'.decode().encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"\x00",
        b'{"title": "a\nb"}',
        b'{"title": 1e}',
        b"nul",
    ],
    ids=lambda body: repr(body[:14]),
)
@pytest.mark.parametrize("model", [True, False], ids=["model", "no model"])
def test_malformed_json_is_a_bad_request(body, model):
    app, actions = build()
    action = (lambda input: None) if not model else (lambda input: input.title)
    actions.action("act", input=Post if model else None)(action)

    response = app.test_client().post("/_actions/act", data=body, content_type="application/json")

    if body:
        assert response.status_code == 400
        assert code(response) == "BAD_REQUEST"
        assert "not valid JSON" in response.json["error"]["message"]
    else:  # no input, as in Astro
        assert response.status_code == (400 if model else 200)


@pytest.mark.parametrize("text", ['"NaN"', '"Infinity and NaN"'])
def test_words_are_no_numbers(site, text):
    response = site.test_client().post(
        "/_actions/post", data=f'{{"title": {text}}}', content_type="application/json"
    )

    assert response.json["data"] == json.loads(text)


@pytest.mark.parametrize("depth", [10, 150])
def test_deep_json_that_is_not_too_deep(depth):
    app, actions = build()
    actions.action("act")(lambda input: len(str(input)))

    response = app.test_client().post(
        "/_actions/act", data="[" * depth + "]" * depth, content_type=J
    )

    assert response.json["data"] == 2 * depth


def part(disposition: str, body: str = "v", end: str = "--b--\r\n") -> bytes:
    return f"--b\r\nContent-Disposition: {disposition}\r\n\r\n{body}\r\n{end}".encode()


MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        pytest.param("application/xml", b"<x/>", id="XML"),
        pytest.param("text/plain", b"x", id="text"),
        pytest.param("application/json+other", b"[1]", id="another JSON"),
        pytest.param("application/jsonx", b"{}", id="like JSON"),
        pytest.param("application/x-www-form-urlencodedx", b"a=1", id="like a form"),
        pytest.param("multipart/mixed; boundary=b", part('form-data; name="a"'), id="mixed"),
        pytest.param("multipart/form-data", part('form-data; name="a"'), id="no boundary"),
        pytest.param(
            "multipart/form-data; boundary=", part('form-data; name="a"'), id="empty boundary"
        ),
        pytest.param(
            "multipart/form-data; boundary=other", part('form-data; name="a"'), id="other boundary"
        ),
        pytest.param(MULTIPART, b"garbage", id="garbage"),
        pytest.param(MULTIPART, part('form-data; name="a"', end="--b"), id="cut off"),
        pytest.param(MULTIPART, b"--b\r\nContent-Disposition: form-d", id="cut off in a header"),
        pytest.param(
            MULTIPART,
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nval',
            id="cut off in a value",
        ),
        pytest.param(MULTIPART, part("form-data"), id="no name"),
        pytest.param(MULTIPART, part('form-data; filename="x"'), id="file without a name"),
        pytest.param(MULTIPART, b"--b\r\n\r\nv\r\n--b--\r\n", id="no disposition"),
        pytest.param(MULTIPART, b"--b\r\nnonsense\r\n\r\nv\r\n--b--\r\n", id="no header"),
        pytest.param("multipart/form-data; boundary=\xe4", b"x", id="boundary of an umlaut"),
        pytest.param("", b"title=x", id="no type"),
    ],
)
@pytest.mark.parametrize("hook", [False, True], ids=["", "after a hook"])
def test_wrong_or_broken_body_is_an_unsupported_media_type(site, type_, body, hook):
    if hook:

        @site.before_request
        def read() -> None:
            request.form  # noqa: B018

    response = site.test_client().post(
        "/_actions/post", data=body, headers={"Content-Type": type_, **RPC} if type_ else RPC
    )

    assert response.status_code == 415
    assert code(response) == "UNSUPPORTED_MEDIA_TYPE"


@pytest.mark.parametrize("door", DOORS)
def test_unsupported_media_type_in_the_doors_dialect(site, door):
    response = site.test_client().post(
        "/_actions/post", data=b"x", content_type="multipart/form-data", headers=DOORS[door]
    )

    assert response.status_code == 415
    assert dialect(response) == door


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        pytest.param("jsonOnly", {"json": {"title": "x"}}, 200, id="JSON"),
        pytest.param("jsonOnly", {"data": {"title": "x"}}, 415, id="form instead of JSON"),
        pytest.param("jsonOnly", {}, 400, id="nothing instead of JSON"),
        pytest.param("formOnly", {"data": {"title": "x"}}, 200, id="form"),
        pytest.param("formOnly", {"json": {"title": "x"}}, 415, id="JSON instead of a form"),
        pytest.param("formOnly", {}, 400, id="nothing instead of a form"),
        pytest.param("formOnly", {"content_type": "application/json"}, 415, id="the type alone"),
    ],
)
def test_accept(site, name, body, status):
    response = site.test_client().post(f"/_actions/{name}", headers=RPC, **body)

    assert response.status_code == status


# --- the application's own answers

REFUSALS = {
    404: ("/_actions/unknown", {}),
    405: ("/_actions/post", {"method": "PUT"}),
    403: ("/_actions/post", {"headers": CROSS}),
    413: ("/_actions/post", {"data": {"title": "x" * 9000}}),
    415: ("/_actions/post", {"data": b"x", "content_type": "multipart/form-data"}),
}


def refuse(app: Flask, status: int, door: str) -> Any:
    url, options = REFUSALS[status]
    headers = {**DOORS[door], **options.get("headers", {})}
    return app.test_client().open(url, **{"method": "POST", **options, "headers": headers})


@pytest.fixture
def handled():
    app, actions = build(ACTIONS_MAX_BODY=5000)
    actions.action("post")(lambda input: None)

    def own(error: Any) -> Any:
        return f"own page: {error.code} {error.description}", error.code

    for status in REFUSALS:
        app.register_error_handler(status, own)
    return app


@pytest.mark.parametrize("status", REFUSALS)
def test_apps_error_handler_answers_a_refused_form(handled, status):
    response = refuse(handled, status, "form")

    assert response.status_code == status
    assert response.text.startswith(f"own page: {status} ")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers.get("Allow") == ("POST" if status == 405 else None)


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("door", ["htmx", "rpc"])
def test_apps_error_handler_does_not_answer_other_doors(handled, status, door):
    response = refuse(handled, status, door)

    assert response.status_code == status
    assert dialect(response) == door
    assert "own page" not in response.text


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("door", DOORS)
def test_refusal_is_in_the_doors_dialect(status, door):
    app, actions = build(ACTIONS_MAX_BODY=5000)
    actions.action("post")(lambda input: None)

    response = refuse(app, status, door)

    assert response.status_code == status
    assert dialect(response) == door
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("handler", ["CSRFError", "400", "403", None])
def test_apps_error_handler_for_a_missing_token(door, handler):
    app, actions = build()
    CSRFProtect(app)
    actions.action("post")(lambda input: None)
    if handler is not None:
        what: Any = CSRFError if handler == "CSRFError" else int(handler)
        app.register_error_handler(
            what, lambda error: (f"own page: {error.description}", error.code)
        )

    response = app.test_client().post("/_actions/post", headers=DOORS[door], data={"a": "1"})

    own = door == "form" and handler in ("CSRFError", "403")
    assert response.text.startswith("own page: ") is own
    assert response.status_code == (400 if own and handler == "CSRFError" else 403)


class Stop(Exception): ...


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("raised", ["abort(418)", "own exception"])
def test_apps_error_handler_for_what_a_handler_raises(door, raised):
    app, actions = build()

    @actions.action("act")
    def act() -> None:
        if raised == "abort(418)":
            abort(418)
        raise Stop

    app.register_error_handler(418 if raised == "abort(418)" else Stop, lambda error: ("own", 299))

    response = app.test_client().post("/_actions/act", headers=DOORS[door])

    if door == "form":
        assert (response.status_code, response.text) == (299, "own")
    elif door == "rpc":
        assert response.status_code == (400 if raised == "abort(418)" else 500)


# --- hooks that answer first


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("status", [401, 403, 404, 413, 429, 503])
def test_hook_that_aborts_is_told_in_the_doors_dialect(site, door, status):
    site.before_request(lambda: abort(status, "by the hook"))

    response = site.test_client().post("/_actions/post", headers=DOORS[door], data={"title": "x"})

    assert response.status_code == status
    assert "by the hook" in response.text
    assert dialect(response) == door
    assert response.headers["Cache-Control"] == "no-store"


def test_hook_that_aborts_is_answered_by_the_apps_error_handler_on_the_form_door(handled):
    handled.before_request(lambda: abort(403, "by the hook"))

    assert refuse(handled, 415, "form").text == "own page: 403 by the hook"
    assert code(refuse(handled, 415, "rpc")) == "FORBIDDEN"


@pytest.mark.parametrize(
    ("door", "status", "header"),
    [("form", 302, "Location"), ("htmx", 200, "HX-Location"), ("rpc", 302, "Location")],
)
def test_hook_that_redirects(site, door, status, header):
    site.before_request(lambda: redirect("/elsewhere"))

    response = site.test_client().post("/_actions/post", headers=DOORS[door])

    assert response.status_code == status
    assert response.headers[header].startswith("/elsewhere")
    assert response.headers["Cache-Control"] == "no-store"


@settings(deadline=None, max_examples=300)
@given(
    body=st.one_of(
        st.text("ab=&+%2CfFé%C3;ÿ€\ud800 \x00").map(lambda text: text.encode(errors="replace")),
        st.lists(
            st.sampled_from([b"a=1", b"=", b"&", b"%", b"%zz", b"%ff", b"+", b"b", b"%26", b"a"])
        ).map(b"".join),
    )
)
def test_form_is_read_as_flask_reads_it(body):
    app = Flask(__name__)
    app.secret_key = "test"
    seen = []
    Actions(app).action("take", accept="form")(lambda fields: seen.append(fields))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    app.test_client().post("/_actions/take", data=body, headers=headers)

    with app.test_request_context("/", method="POST", data=body, headers=headers):
        assert seen == [request.form]
