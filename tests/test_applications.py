"""Where applications differ: hooks, URL processors, classes, JSON providers, mounts and hosts."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from flask import Blueprint, Flask, g, render_template_string, request
from flask import Response as FlaskResponse
from flask.json.provider import DefaultJSONProvider
from pydantic import BaseModel
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from flask_actions import Actions, action_url, get_action_context

DOORS: dict[str, dict[str, str]] = {
    "form": {},
    "htmx": {"HX-Request": "true"},
    "rpc": {"Accept": "application/json"},
}
URLS = ["/_actions/note", "/page?_action=note"]
PAGE = """
<form method="post" action="{{ action_url('note') }}"></form>
{% set result = get_action_result('note') %}{{ result.data if result else "nothing" }}
"""


class Note(BaseModel):
    text: str = ""


def build(**config: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    return fill(app)


def fill(app: Flask, **rule: Any) -> Flask:
    """Give *app* its action and a page for it."""
    Actions(app).action("note")(note)
    app.add_url_rule("/page", "page", lambda **_: render_template_string(PAGE), **rule)
    return app


def note(input: Note) -> str:
    return f"noted: {input.text}"


def send(client: Any, door: str, url: str = URLS[0], referer: str = "", **options: Any) -> Any:
    headers = {"Referer": referer or "http://localhost/page", **DOORS[door]}
    return client.post(url, headers=headers, data={"text": "x"}, **options)


def shown(client: Any, response: Any, **options: Any) -> bool:
    """Whether the page that a form post leads to shows the result."""
    return "noted: x" in client.get(response.location, **options).text


# --- hooks


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("door", DOORS)
def test_each_hook_of_the_application_runs_once(door, url):
    app = build()
    ran: Counter[str] = Counter()

    def count(name: str, value: Any = None) -> Any:
        ran[name] += 1
        return value

    app.before_request(lambda: count("before_request"))
    app.after_request(lambda response: count("after_request", response))
    app.teardown_request(lambda error: count("teardown_request"))
    app.teardown_appcontext(lambda error: count("teardown_appcontext"))
    app.url_value_preprocessor(lambda endpoint, values: count("url_value_preprocessor"))
    app.context_processor(lambda: count("context_processor", {}))

    response = send(app.test_client(), door, url)

    assert response.status_code == (200 if door == "rpc" else 303)
    assert ran.pop("context_processor", 0) == 0
    assert set(ran.values()) == {1}
    assert len(ran) == 5


@pytest.mark.parametrize("url", URLS)
def test_hook_sees_the_actions_endpoint(url):
    app = build()
    seen: list[Any] = []

    @app.before_request
    def look() -> None:
        action = get_action_context().action
        seen.append((request.endpoint, request.blueprint, request.view_args, action.name))

    send(app.test_client(), "rpc", url)

    assert seen == [("actions.note", "actions", {}, "note")]


@pytest.mark.parametrize("door", DOORS)
def test_hook_that_comes_after_a_response_may_still_change_it(door):
    app = build()

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers["X-Served-By"] = "us"
        response.set_cookie("seen", "1")
        return response

    response = send(app.test_client(), door)

    assert response.headers["X-Served-By"] == "us"
    assert any(cookie.startswith("seen=1") for cookie in response.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("name", ["Location", "Content-Location"])
@pytest.mark.parametrize("door", DOORS)
def test_url_of_a_hook_is_quoted_as_a_views_is(door, name):
    app = build()

    @app.after_request
    def lead(response: Response) -> Response:
        response.headers[name] = "/größe/日本"
        return response

    response = send(app.test_client(), door)

    assert response.headers[name] == "/gr%C3%B6%C3%9Fe/%E6%97%A5%E6%9C%AC"


@pytest.mark.parametrize("door", DOORS)
def test_teardown_is_told_of_an_exception_that_propagates_alone(door):
    app = build(PROPAGATE_EXCEPTIONS=False)
    told: list[Any] = []
    app.teardown_request(told.append)

    def fail(input: Note) -> str:
        raise KeyError("bug")

    app.extensions["actions"].registry.find("note").handler = fail
    send(app.test_client(), door)

    assert told == [None]


def test_hooks_of_a_pages_blueprint_are_the_pages():
    app, ran = build(), []
    pages = Blueprint("pages", __name__)
    pages.before_request(lambda: ran.append("pages"))
    pages.add_url_rule("/shop", "shop", lambda: "shop", methods=["GET", "POST"])
    app.register_blueprint(pages)
    client = app.test_client()

    answer = client.post("/shop?_action=note", json={"text": "x"})

    assert (answer.json["data"], ran) == ("noted: x", [])
    assert client.post("/shop").text == "shop"
    assert ran == ["pages"]


# --- URL processors


def languages(demanding: bool) -> Flask:
    """An application whose pages have their language in the path."""
    app = Flask(__name__)
    app.secret_key = "test"

    @app.url_defaults
    def add_language(endpoint: str, values: dict[str, Any]) -> None:
        if not demanding or app.url_map.is_endpoint_expecting(endpoint, "language"):
            values.setdefault("language", g.language)

    @app.url_value_preprocessor
    def take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.language = (values or {}).pop("language", "en")

    Actions(app).action("note")(note)
    app.add_url_rule("/<language>/page", "page", lambda: render_template_string(PAGE))
    return app


@pytest.mark.parametrize("demanding", [True, False], ids=["where expected", "everywhere"])
@pytest.mark.parametrize("door", ["form", "htmx"])
def test_page_with_its_language_in_the_path_gets_its_result(door, demanding):
    client = languages(demanding).test_client()
    url = re.search(r'action="([^"]+)"', client.get("/de/page").text)[1]

    by_url = send(client, door, url, "http://localhost/de/page")
    by_page = send(client, door, "/de/page?_action=note")

    assert shown(client, by_url)
    assert shown(client, by_page)
    assert by_url.location.startswith("/de/page?_result=")
    assert by_page.location.startswith("/de/page?_result=")


def test_redirect_of_a_handler_gets_the_url_defaults():
    app = Flask(__name__)
    app.secret_key = "test"
    app.url_defaults(lambda endpoint, values: values.setdefault("language", "de"))
    app.add_url_rule("/<language>/page", "page", lambda language: language)
    Actions(app).action("go")(lambda input, ctx: ctx.redirect("page"))

    assert app.test_client().post("/_actions/go", json={}).json["redirect"] == "/de/page"


# --- response classes


class WithoutContentType(FlaskResponse):
    """Called as Flask calls it."""

    def __init__(self, response=None, status=None, headers=None, mimetype=None):
        super().__init__(response, status, headers, mimetype)


class ByKeyword(FlaskResponse):
    def __init__(self, response=None, **options):
        super().__init__(response, **options)


class OwnBody(FlaskResponse):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.set_data(self.get_data() + b" ")


class OwnHeaders(FlaskResponse):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.headers.setdefault("Cache-Control", "max-age=60")
        self.headers["Content-Length"] = str(len(self.get_data()))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", [WithoutContentType, ByKeyword, OwnBody, OwnHeaders])
def test_response_class_of_the_application_has_the_headers_to_change(kind, door):
    app = build()
    app.response_class = kind

    response = send(Client(app), door)

    assert response.status_code == (200 if door == "rpc" else 303)
    assert response.headers.getlist("Content-Length") == [str(len(response.data))]
    assert response.headers.getlist("Cache-Control") == ["no-store"]


# --- JSON providers


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


class OwnProvider(DefaultJSONProvider):
    sort_keys = True
    compact = False

    @staticmethod
    def default(value: Any) -> Any:
        return value.cents if isinstance(value, Money) else DefaultJSONProvider.default(value)

    def dumps(self, obj: Any, **options: Any) -> str:
        return super().dumps({"wrapped": obj}, **options)

    def loads(self, text: str | bytes, **options: Any) -> Any:
        raise AssertionError("an action's input is read by its model")


@pytest.fixture
def provided():
    app = Flask(__name__)
    app.secret_key = "test"
    app.json = OwnProvider(app)
    actions = Actions(app)
    actions.action("note")(note)
    actions.action("pair")(lambda: {"b": 1, "a": 2})
    actions.action("price")(lambda: Money(5))
    return app


def test_wire_of_actions_is_its_own_whatever_the_json_provider(provided):
    client = provided.test_client()

    answer = client.post("/_actions/pair", headers=DOORS["rpc"])
    wrong = client.post("/_actions/note", data=b'{"text": []}', content_type="application/json")

    assert answer.mimetype == "application/json"
    assert answer.data == b'{"success":true,"data":{"b":1,"a":2},"error":null}'
    assert b"wrapped" not in wrong.data
    assert b'"code":"BAD_REQUEST"' in wrong.data


def test_model_reads_the_json_whatever_the_json_provider(provided):
    body = {"data": b'{"text": "x"}', "content_type": "application/json"}

    assert b'"noted: x"' in provided.test_client().post("/_actions/note", **body).data


@pytest.mark.parametrize("door", DOORS)
def test_type_that_the_json_provider_alone_knows_is_a_clear_error(provided, door, caplog):
    response = send(provided.test_client(), door, "/_actions/price")

    assert response.status_code == (500 if door == "rpc" else 303)
    assert "The result of price cannot be serialised" in caplog.text


# --- mounts


def mounted(**config: Any) -> Client:
    """Two applications of one host, each with an action of the same name."""
    first, second = build(**config), build(**config)
    second.extensions["actions"].registry.find("note").handler = lambda input: "the other's"
    outside = Flask("outside")
    return Client(DispatcherMiddleware(outside, {"/first": first, "/second": second}), Response)


@pytest.mark.parametrize("store", ["session", "cookie"])
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("door", ["form", "htmx"])
def test_mounted_application_leads_back_within_itself(door, url, store):
    client = mounted(ACTIONS_RESULT_STORE=store)

    response = send(client, door, f"/first{url}", "http://localhost/first/page")

    assert response.location.startswith("/first/page?_result=")
    assert shown(client, response)


def test_mounted_application_has_its_own_urls():
    client = mounted()

    assert 'action="/second/_actions/note"' in client.get("/second/page").text
    assert client.post("/second/_actions/note", json={}).json["data"] == "the other's"
    assert client.post("/_actions/note", json={}).status_code == 404


def test_page_of_another_mount_is_the_way_back_too():
    client = mounted()

    response = send(client, "form", "/first/_actions/note", "http://localhost/second/page")

    assert response.location.startswith("/second/page")


# --- hosts


def test_server_name_makes_whole_urls_outside_a_request_and_paths_inside():
    app = build(SERVER_NAME="shop.example:8443", PREFERRED_URL_SCHEME="https")

    with app.app_context():
        outside = action_url("note")
    with app.test_request_context("/page"):
        inside = action_url("note")

    assert (outside, inside) == ("https://shop.example:8443/_actions/note", "/_actions/note")


@pytest.mark.parametrize("url", URLS)
def test_server_name_does_not_keep_other_hosts_out(url):
    client = build(SERVER_NAME="shop.example").test_client()
    base = "http://127.0.0.1:5000"

    response = send(client, "form", url, f"{base}/page", base_url=base)

    assert shown(client, response, base_url=base)


def subdomains() -> Flask:
    app = Flask(__name__, subdomain_matching=True)
    app.secret_key = "test"
    app.config.update(SERVER_NAME="shop.example", SESSION_COOKIE_DOMAIN="shop.example")
    return fill(app, subdomain="<tenant>")


def hosts() -> Flask:
    app = Flask(__name__, host_matching=True, static_folder=None)
    app.secret_key = "test"
    return fill(app, host="<host>")


@pytest.mark.parametrize(
    ("make", "host"),
    [
        pytest.param(subdomains, "ada.shop.example", id="subdomain"),
        pytest.param(hosts, "ada.example:8080", id="host"),
    ],
)
class TestHosts:
    """An application whose URLs belong to hosts serves its actions on each of them."""

    @pytest.mark.parametrize("door", DOORS)
    @pytest.mark.parametrize("url", URLS)
    def test_action_is_on_every_host(self, make, host, url, door):
        client, base = make().test_client(), f"http://{host}"

        response = send(client, door, url, f"{base}/page", base_url=base)

        if door == "rpc":
            assert response.json["data"] == "noted: x"
        else:
            assert response.location.startswith("/page?_result=")
            assert shown(client, response, base_url=base)

    def test_page_names_the_action_on_its_own_host(self, make, host):
        html = make().test_client().get("/page", base_url=f"http://{host}").text

        assert 'action="/_actions/note"' in html

    def test_files_of_the_head_are_on_the_pages_own_host(self, make, host):
        app = make()
        app.view_functions["page"] = lambda **_: render_template_string("{{ actions_head() }}")
        client, base = app.test_client(), f"http://{host}"
        html = client.get("/page", base_url=base).text
        files = re.findall(r'(?:src|href)="([^"]+)"', html)

        assert files
        for file in files:
            assert file.startswith("/_actions/static/")
            with client.get(file, base_url=base) as answer:
                assert answer.status_code == 200

    def test_refusal_has_its_page(self, make, host):
        client, base = make().test_client(), f"http://{host}"

        response = client.post(
            "/page?_action=note", base_url=base, headers={"Origin": "https://evil.example"}
        )

        assert response.status_code == 403
        assert "This form was not accepted" in response.text

    @pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
    def test_other_methods_are_405(self, make, host, method):
        client = make().test_client()

        response = client.open("/_actions/note", method=method, base_url=f"http://{host}")

        assert response.status_code == 405
        assert response.headers["Allow"] == "POST"

    @pytest.mark.parametrize("name", ["nope", "", "note/x", "/note"])
    def test_unknown_name_is_404(self, make, host, name):
        client = make().test_client()

        response = client.post(f"/_actions/{name}", json={}, base_url=f"http://{host}")

        assert response.status_code == 404
        assert response.json["error"]["code"] == "NOT_FOUND"
