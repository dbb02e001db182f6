"""Where an answer leads: back to its page, or where the handler says, and never off this site."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from flask import (
    Blueprint,
    Flask,
    abort,
    make_response,
    redirect,
    render_template_string,
    request,
    url_for,
)

from flask_actions import ActionContext, Actions, SafeResult, action_url, get_action_result

OFF_SITE = [
    pytest.param("//evil.example/x", id="no scheme"),
    pytest.param("///evil.example/x", id="three slashes"),
    pytest.param("/\\evil.example/x", id="backslash"),
    pytest.param("\\\\evil.example/x", id="two backslashes"),
    pytest.param("\\/evil.example", id="backslash first"),
    pytest.param("https:evil.example", id="scheme without slashes"),
    pytest.param("https:/evil.example", id="scheme with one slash"),
    pytest.param("https:///evil.example", id="scheme with three slashes"),
    pytest.param("http:\\\\evil.example", id="scheme with backslashes"),
    pytest.param("\t//evil.example", id="tab first"),
    pytest.param(" //evil.example", id="blank first"),
    pytest.param("\x00//evil.example", id="NUL first"),
    pytest.param("\x1f//evil.example", id="control first"),
    pytest.param("/\t/evil.example", id="tab between slashes"),
    pytest.param("/\n/evil.example", id="line break between slashes"),
    pytest.param("/x\r\nLocation: https://evil.example", id="CRLF"),
    pytest.param("/x\r\n\r\n<script>", id="a body"),
    pytest.param("http://localhost@evil.example/", id="our host as a user"),
    pytest.param("http://localhost:80@evil.example/", id="our host and port as a user"),
    pytest.param("http://evil.example#@localhost/", id="our host in the fragment"),
    pytest.param("http://evil.example\\@localhost/", id="our host after a backslash"),
    pytest.param("http://evil.example?@localhost/", id="our host in the query"),
    pytest.param("http://localhost.evil.example/", id="our host as a subdomain"),
    pytest.param("http://localhost:8080/", id="another port"),
    pytest.param("http://localhost//evil.example", id="slashes after our host"),
    pytest.param("http://[::1", id="broken host"),
    pytest.param("http://evil.example／x", id="wide slash"),
    pytest.param("h\tttp://evil.example", id="tab in the scheme"),
    pytest.param("javascript:alert(1)", id="script"),
    pytest.param("data:text/html,x", id="data"),
    pytest.param("https://evil.example/" + "x" * 9000, id="very long"),
]

HARMLESS = [
    pytest.param("/%09/evil.example", "/%09/evil.example", id="encoded tab"),
    pytest.param("/%5Cevil.example", "/%5Cevil.example", id="encoded backslash"),
    pytest.param("/%2F/evil.example", "/%2F/evil.example", id="encoded slash"),
    pytest.param("/..//evil.example", "/..//evil.example", id="dots"),
    pytest.param(
        "/x?next=https://evil.example", "/x?next=https://evil.example", id="URL in the query"
    ),
    pytest.param("http://localhost/x?a=1#b", "/x?a=1#b", id="our own host"),
    pytest.param("http://LOCALHOST:80/x", "/x", id="our own host and port"),
    pytest.param("https://localhost/x", "/x", id="our own host with TLS"),
    pytest.param("http://localhost", "/", id="our own host alone"),
    pytest.param("http://localhost?a=1", "/?a=1", id="our own host and a query"),
    pytest.param("/@evil.example", "/@evil.example", id="at sign in the path"),
    pytest.param("/" + "x" * 3000, "/" + "x" * 3000, id="long path"),
]


def build(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": "test", **config})
    actions = Actions(app)

    @actions.action
    def save() -> str:
        return "saved"

    @actions.action
    def go(input: Any, ctx: ActionContext) -> str | None:
        ctx.redirect(ctx.request.values["to"], external=ctx.request.values.get("external") == "1")
        return "gone"

    @actions.action
    def answer(input: Any, ctx: ActionContext) -> Any:
        code = int(ctx.request.values.get("code", 302))
        response = redirect(ctx.request.values["to"], code=code)
        response.set_cookie("theme", "dark")
        return response

    @actions.action
    def stop(input: Any, ctx: ActionContext) -> None:
        abort(redirect(ctx.request.values["to"]))

    def turn_away(ctx: ActionContext) -> None:
        if "to" in ctx.request.args:
            abort(redirect(ctx.request.args["to"]))
        if "page" in ctx.request.args:
            abort(make_response(ctx.request.args["page"], 409))

    @actions.action(guard=turn_away)
    def guarded() -> str:
        app.handled.append("guarded")
        return "let in"

    app.handled = []

    @actions.action
    def to_post(ctx: ActionContext) -> str:
        ctx.redirect("post", id="a b/c", tag=["x", "y&z"], _anchor="top")
        return "gone"

    @actions.action
    def nowhere(ctx: ActionContext) -> None:
        ctx.redirect("no_such_endpoint")

    @app.get("/post/<id>")
    def post(id: str) -> str:
        return id

    @app.get("/")
    @app.get("/page")
    @app.get("/a page/<path:rest>")
    def page(rest: str = "") -> str:
        names = ("save", "go", "answer", "stop", "guarded", "toPost")
        results = [get_action_result(name) for name in names]
        return json.dumps([one.to_dict() for one in results if one is not None])

    return app


def send(app: Flask, name: str, door: str = "form", **options: Any) -> Any:
    headers = {"form": {}, "htmx": {"HX-Request": "true"}, "rpc": {"Accept": "application/json"}}
    options["headers"] = {**headers[door], **options.pop("headers", {})}
    client = options.pop("client", None) or app.test_client()
    return client.post(f"/_actions/{name}", **options)


def led_to(response: Any) -> str:
    """Where a form post leads, without the id of its result."""
    assert response.status_code == 303, response.text
    location = response.location
    head, _, id = location.partition("_result=")
    assert id, location
    fragment = "#" + urlsplit(location).fragment if urlsplit(location).fragment else ""
    return head.rstrip("?&") + fragment


@pytest.fixture
def app():
    return build()


# Back to the page


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        pytest.param("http://localhost/page", "/page", id="page"),
        pytest.param(
            "http://localhost/page?a=1&b=%C3%BC&a=2", "/page?a=1&b=%C3%BC&a=2", id="query"
        ),
        pytest.param("http://localhost/page?_result=old&a=1", "/page?a=1", id="an id of before"),
        pytest.param("http://localhost/page?a=1&_action=x", "/page?a=1", id="an action of before"),
        pytest.param("http://localhost/page?a", "/page?a", id="query without a value"),
        pytest.param("http://localhost:80/page", "/page", id="default port"),
        pytest.param("https://localhost/page", "/page", id="TLS that ends before us"),
        pytest.param("http://localhost", "/", id="no path"),
        pytest.param("https://evil.example/page", "/", id="another site"),
        pytest.param(
            "http://localhost.evil.example/page", "/", id="another site that begins like us"
        ),
        pytest.param("http://localhost:8080/page", "/", id="another port"),
        pytest.param("http://localhost/_actions/save", "/", id="an action"),
        pytest.param("http://localhost/_actions/client.js", "/", id="a file of ours"),
        pytest.param("http://localhost/%5Factions/save", "/", id="an action, encoded"),
        pytest.param("about:blank", "/", id="no page"),
        pytest.param("", "/", id="empty"),
        pytest.param(None, "/", id="none"),
    ],
)
def test_form_leads_back_to_its_page(app, referer, back):
    headers = {} if referer is None else {"Referer": referer}

    assert led_to(send(app, "save", headers=headers)) == back


@pytest.mark.parametrize("method", ["query", "field"])
@pytest.mark.parametrize(
    "page", ["/page", "/page?a=1&b=x%26y", "http://localhost/page?a=1", "/a%20page/%C3%BC?q=%25"]
)
def test_page_parameter_names_the_way_back(app, method, page):
    headers = {"Referer": "http://localhost/other"}
    if method == "query":
        response = app.test_client().post(f"/_actions/save?_page={quote(page)}", headers=headers)
    else:
        response = send(app, "save", data={"_page": page}, headers=headers)

    assert led_to(response) == page.removeprefix("http://localhost")


@pytest.mark.parametrize("page", [*OFF_SITE, "page", "?a=1", "#x", "/_actions/save"])
def test_page_parameter_that_is_no_page_of_ours_is_ignored(app, page):
    response = send(
        app, "save", data={"_page": page}, headers={"Referer": "http://localhost/other"}
    )

    assert led_to(response) == "/other"


@pytest.mark.parametrize(("page", "path"), HARMLESS)
def test_page_parameter_stays_on_this_site(app, page, path):
    response = send(app, "save", data={"_page": page})

    assert led_to(response) == path


def test_page_parameter_may_lead_to_a_part_of_its_page(app):
    client = app.test_client()

    response = send(app, "save", data={"_page": "/page?a=1#comments"}, client=client)

    url, _, fragment = response.location.partition("#")
    assert url.startswith("/page?a=1&_result=") and fragment == "comments"
    assert json.loads(client.get(url).text)[0]["data"] == "saved"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/a%20page/x?q=1&r=%26", id="space"),
        pytest.param("/a%20page/100%25", id="percent"),
        pytest.param("/a%20page/why%3F?q=1", id="question mark"),
        pytest.param("/a%20page/%231", id="hash"),
        pytest.param("/a%20page/%C3%BC/%E6%97%A5", id="beyond ASCII"),
        pytest.param("/page?_result=old&a=1", id="an id of before"),
    ],
)
@pytest.mark.parametrize("way", ["action_url", "?_action="])
def test_way_back_from_a_page_of_odd_characters_is_exact(app, path, way):
    client = app.test_client()
    if way == "action_url":
        with app.test_request_context(path):
            url = action_url("save", page=True)
    else:
        url = f"{path}{'&' if '?' in path else '?'}_action=save"

    location = client.post(url).location

    expected = path.replace("_result=old&", "")
    assert location.split("_result=")[0].rstrip("?&") == expected
    assert json.loads(client.get(location).text)[0]["data"] == "saved"


@pytest.mark.parametrize("path", ["/a%20page/100%25", "/a%20page/why%3F", "/a%20page/%C3%BC"])
def test_page_of_odd_characters_shows_a_result_whose_id_was_lost(app, path):
    client = app.test_client()
    client.post(f"{path}?_action=save")

    assert json.loads(client.get(path).text)[0]["data"] == "saved"


def test_post_to_the_page_itself_leads_back_there_whatever_else_is_said(app):
    response = app.test_client().post(
        "/page?a=1&_action=save&_page=/other&_result=old&b=2",
        data={"_page": "/elsewhere"},
        headers={"Referer": "http://localhost/third"},
    )

    assert led_to(response) == "/page?a=1&b=2"


def test_post_to_a_page_keeps_bytes_beyond_ascii_in_its_query(app):
    """Browsers quote them, a test client does not."""
    response = app.test_client().post("/page?a=\u00fc&b=%C3%BC&_action=save")

    assert led_to(response) == "/page?a=%C3%BC&b=%C3%BC"


def test_post_to_a_page_that_is_not_there_leads_back_to_it(app):
    response = app.test_client().post("/no/such/page?_action=save")

    assert led_to(response) == "/no/such/page"


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "/%5Cevil.example", "//"])
def test_post_to_a_hostile_path_stays_on_this_site(app, path):
    client = app.test_client()
    environ = {"PATH_INFO": path.replace("%5C", "\\"), "REQUEST_URI": path}

    response = client.post("/?_action=save", environ_overrides=environ)

    if response.status_code in range(300, 400):
        assert not response.location.startswith(("//", "/\\"))
        assert urlsplit(response.location).netloc in ("", "localhost")


# Where the handler says


@pytest.mark.parametrize("name", ["go", "answer", "stop"])
@pytest.mark.parametrize(("to", "path"), HARMLESS)
def test_handler_sends_people_on_within_this_site(app, name, to, path):
    assert led_to(send(app, name, data={"to": to})) == path


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
@pytest.mark.parametrize("name", ["go", "answer"])
@pytest.mark.parametrize("to", OFF_SITE)
def test_handler_never_sends_people_off_this_site_unless_it_says_so(app, name, door, to):
    response = send(app, name, door, data={"to": to}, headers={"Referer": "http://localhost/page"})

    assert "HX-Location" not in response.headers
    assert "HX-Redirect" not in response.headers
    assert "Action-Redirect" not in response.headers
    assert not response.location or response.location.startswith("/page?_result=")
    assert "evil" not in str(response.headers)
    if door == "rpc":
        assert response.json["success"] is False


@pytest.mark.parametrize("to", OFF_SITE)
def test_hostile_target_is_the_callers_fault_and_not_the_servers(app, to):
    response = send(app, "go", "rpc", data={"to": to})

    assert response.status_code == 400
    assert response.json["error"]["code"] == "BAD_REQUEST"


def test_refused_target_is_explained_in_the_log(app, caplog):
    send(app, "go", data={"to": "https://elsewhere.example/"})

    assert "external=True" in caplog.text


@pytest.mark.parametrize(
    ("door", "header"),
    [
        pytest.param("form", "Location", id="form"),
        pytest.param("htmx", "HX-Redirect", id="htmx"),
        pytest.param("rpc", "Action-Redirect", id="rpc"),
    ],
)
def test_handler_may_send_people_off_this_site_where_it_says_so(app, door, header):
    response = send(
        app, "go", door, data={"to": "https://elsewhere.example/x?a=1#b", "external": "1"}
    )

    assert response.headers[header] == "https://elsewhere.example/x?a=1#b"
    assert response.status_code == (303 if door == "form" else 200)


def test_external_url_on_this_site_is_a_path_with_the_result(app):
    response = send(app, "go", data={"to": "http://localhost/page?a=1", "external": "1"})

    assert led_to(response) == "/page?a=1"


@pytest.mark.parametrize(
    "to",
    [
        pytest.param('https://a"><script>alert(1)</script>.example/', id="host"),
        pytest.param('https://example.org/"><script>alert(1)</script>', id="path"),
        pytest.param('https://example.org/?a="><script>alert(1)</script>&b', id="query"),
    ],
)
def test_page_of_a_redirect_has_its_url_as_text_alone(app, to):
    response = send(app, "go", "form", data={"to": to, "external": "1"})

    assert response.status_code == 303
    assert response.text.count("<a ") == 1
    assert "<script" not in response.text


@pytest.mark.parametrize(
    "to", ["javascript:alert(1)", "data:text/html,x", "https://a b/", "file:///x"]
)
def test_what_no_browser_should_follow_is_an_error_even_where_external_is_said(app, to):
    response = send(app, "go", "rpc", data={"to": to, "external": "1"})

    assert response.status_code == 500
    assert "Action-Redirect" not in response.headers


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
def test_endpoint_with_values_is_a_url(app, door):
    response = send(app, "toPost", door)

    header = {"form": "Location", "htmx": "HX-Location", "rpc": "Action-Redirect"}[door]
    url = urlsplit(response.headers[header])
    assert url.path == "/post/a%20b%2Fc" or url.path == "/post/a%20b/c"
    assert [pair for pair in parse_qsl(url.query) if pair[0] != "_result"] == [
        ("tag", "x"),
        ("tag", "y&z"),
    ]
    assert url.fragment == "top"


def test_endpoint_that_there_is_not_is_an_error_of_the_server(app):
    response = send(app, "nowhere", "rpc")

    assert response.status_code == 500
    assert response.json["error"]["reference"]


@pytest.mark.parametrize(
    ("door", "header"),
    [
        pytest.param("form", "Location", id="form"),
        pytest.param("htmx", "HX-Location", id="htmx"),
        pytest.param("rpc", "Action-Redirect", id="rpc"),
    ],
)
def test_guard_sends_people_on_as_a_handler_does(app, door, header):
    client = app.test_client()
    response = send(app, "guarded", door, query_string={"to": "/page?a=1"}, client=client)

    assert response.status_code == (303 if door == "form" else 200)
    location = response.headers[header]
    assert location.startswith("/page?a=1")
    assert app.handled == []
    if door != "rpc":
        assert json.loads(client.get(location).text)[0]["data"] is None


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
@pytest.mark.parametrize("to", OFF_SITE)
def test_guard_never_sends_people_off_this_site(app, door, to):
    response = send(app, "guarded", door, query_string={"to": to})

    assert "evil" not in str(response.headers) and app.handled == []
    assert not {"HX-Location", "HX-Redirect", "Action-Redirect"} & {*response.headers.keys()}
    assert not response.location or response.location.startswith("/?_result=")
    if door == "rpc":
        assert response.json["success"] is False


@pytest.mark.parametrize(
    ("door", "status"),
    [
        pytest.param("form", 409, id="form"),
        pytest.param("rpc", 409, id="rpc"),
        pytest.param("htmx", 303, id="htmx, where no page fits"),
    ],
)
def test_guard_answers_with_a_page_as_a_handler_does(app, door, status):
    response = send(app, "guarded", door, query_string={"page": "a page"})

    assert response.status_code == status
    assert (response.text == "a page") is (status == 409)
    assert app.handled == []


def test_guard_sends_a_caller_from_python_on_as_a_handler_does(app):
    with app.test_request_context("/?to=/page"):
        result = app.extensions["actions"].call("guarded")

    assert result.location == "/page" and app.handled == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_is_303_whatever_the_handler_returned(app, code):
    response = send(app, "answer", data={"to": "/page", "code": str(code)})

    assert led_to(response) == "/page"


def test_cookies_of_a_returned_redirect_are_set(app):
    client = app.test_client()

    send(app, "answer", data={"to": "/page"}, client=client)

    assert client.get_cookie("theme").value == "dark"


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
@pytest.mark.parametrize(
    ("to", "path"),
    [
        pytest.param("?saved=1", "/_actions/answer?saved=1", id="query"),
        pytest.param("thanks", "/_actions/thanks", id="name"),
        pytest.param("../page", "/page", id="way up"),
    ],
)
def test_returned_redirect_may_be_relative_as_browsers_read_it(app, door, to, path):
    response = send(app, "answer", door, data={"to": to})

    header = {"form": "Location", "htmx": "HX-Location", "rpc": "Action-Redirect"}[door]
    assert response.headers[header].split("_result=")[0].rstrip("?&") == path


def test_result_of_a_redirect_is_shown_where_it_leads(app):
    client = app.test_client()
    location = send(app, "go", data={"to": "/page?a=1#b"}, client=client).location

    assert urlsplit(location).query.startswith("a=1&_result=")
    assert urlsplit(location).fragment == "b"
    assert json.loads(client.get(location).text)[0]["data"] == "gone"


def test_htmx_redirect_keeps_the_result_for_where_it_leads(app):
    client = app.test_client()
    response = send(app, "go", "htmx", data={"to": "/page?a=1#b"}, client=client)

    assert response.status_code == 200
    assert response.text == ""
    location = response.headers["HX-Location"]
    assert urlsplit(location).fragment == "b"
    assert json.loads(client.get(location).text)[0]["data"] == "gone"


def test_boosted_form_is_sent_on_like_a_browsers(app):
    response = send(app, "go", "htmx", data={"to": "/page"}, headers={"HX-Boosted": "true"})

    assert led_to(response) == "/page"


def test_rpc_tells_the_redirect_beside_the_data(app):
    response = send(app, "go", "rpc", data={"to": "/page?a=1#b"})

    assert response.status_code == 200
    assert response.json == {
        "success": True,
        "data": "gone",
        "error": None,
        "redirect": "/page?a=1#b",
    }
    assert response.headers["Action-Redirect"] == "/page?a=1#b"


@pytest.mark.parametrize("name", ["go", "answer"])
def test_call_from_python_tells_the_redirect(app, name):
    with app.test_request_context("/?to=/page?a%3D1"):
        result: SafeResult[Any] = app.extensions["actions"].call(name)

    assert result.ok
    assert result.location == "/page?a=1"


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
@pytest.mark.parametrize("to", ["/grüße?q=ß#ä", "/日本", "/a b"])
def test_target_beyond_ascii_makes_headers_that_every_server_can_send(app, door, to):
    response = send(app, "go", door, data={"to": to})

    for value in response.headers.values():
        value.encode("ascii")
    if " " not in to:
        assert response.status_code in (200, 303)
        header = {"form": "Location", "htmx": "HX-Location", "rpc": "Action-Redirect"}[door]
        assert response.headers[header].startswith(quote(to.partition("?")[0]))


def test_result_is_shown_on_a_page_beyond_ascii_even_without_its_id(app):
    client = app.test_client()
    send(app, "go", data={"to": "/a%20page/grüße"}, client=client)

    assert json.loads(client.get("/a%20page/gr%C3%BC%C3%9Fe").text)[0]["data"] == "gone"


# Applications that live below a path


@pytest.fixture
def below():
    return build(APPLICATION_ROOT="/shop")


def test_application_below_a_path_has_its_actions_there(below):
    with below.test_request_context("/page?a=1"):
        assert action_url("save") == "/shop/_actions/save"
        assert action_url("save", page=True) == "/shop/_actions/save?_page=/shop/page%3Fa%3D1"


def test_application_below_a_path_leads_back_within_itself(below):
    client = below.test_client()

    assert led_to(client.post("/page?a=1&_action=save")) == "/shop/page?a=1"
    assert led_to(client.post("/_actions/save")) == "/shop/"
    referer = {"Referer": "http://localhost/shop/page?a=1"}
    assert led_to(client.post("/_actions/save", headers=referer)) == "/shop/page?a=1"
    action = {"Referer": "http://localhost/shop/_actions/save"}
    assert led_to(client.post("/_actions/save", headers=action)) == "/shop/"


def test_application_below_a_path_shows_its_results(below):
    client = below.test_client()
    location = client.post("/page?_action=save").location
    client.post("/page?_action=save")

    shown = client.get(location.removeprefix("/shop"))
    lost = client.get("/page")

    assert json.loads(shown.text)[0]["data"] == "saved"
    assert json.loads(lost.text)[0]["data"] == "saved"


def test_application_mounted_by_the_server_leads_back_within_itself(app):
    mounted = {"SCRIPT_NAME": "/m ü".encode().decode("latin-1")}  # as PEP 3333 has it

    response = app.test_client().post("/page?_action=save", environ_overrides=mounted)

    assert led_to(response) == "/m%20%C3%BC/page"


def test_endpoint_of_an_application_below_a_path(below):
    location = below.test_client().post("/_actions/toPost").location

    assert location.startswith("/shop/post/")


# Pages of blueprints, and applications that answer by host


def test_page_of_a_nested_blueprint_is_the_way_back(app):
    outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)
    inner.add_url_rule("/form", view_func=lambda: "form", endpoint="form")
    outer.register_blueprint(inner, url_prefix="/in")
    app.register_blueprint(outer, url_prefix="/out")

    assert led_to(app.test_client().post("/out/in/form?a=1&_action=save")) == "/out/in/form?a=1"


def test_host_is_the_one_that_the_request_was_made_to(app):
    client = app.test_client()

    def post(referer: str) -> str:
        options: Any = {"base_url": "https://shop.example:8443", "headers": {"Referer": referer}}
        return led_to(client.post("/_actions/save", **options))

    assert post("https://shop.example:8443/page") == "/page"
    assert post("https://shop.example/page") == "/"


# Answers of an action


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
def test_answer_of_an_action_is_not_stored(app, door):
    response = send(app, "go", door, data={"to": "/page"})

    assert response.headers["Cache-Control"] == "no-store"


def test_page_may_name_the_way_back_in_its_template(app):
    @app.get("/form")
    def form():
        return render_template_string("{{ action_url('save', page=True) }}")

    client = app.test_client()
    url = client.get("/form?a=1&b=%22x%22").text.replace("&amp;", "&")

    assert led_to(client.post(url)) == "/form?a=1&b=%22x%22"


def test_url_for_and_request_know_the_action_that_a_page_calls(app):
    seen = []
    app.before_request(lambda: seen.append((request.endpoint, request.path)))

    app.test_client().post("/page?_action=save")

    assert seen == [("actions.save", "/page")]
    with app.test_request_context():
        assert url_for("actions.save") == "/_actions/save"
