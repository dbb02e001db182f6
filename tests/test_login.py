"""Login gates: below the decorator, in a hook, as a guard; what was typed waits meanwhile."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, abort, g, redirect, request, session, url_for
from flask_login import (
    LoginManager,
    UserMixin,
    current_user,
    login_required,
    login_user,
    logout_user,
)
from pydantic import BaseModel

from flask_actions import (
    ActionContext,
    ActionError,
    ActionGroup,
    Actions,
    SafeResult,
    get_action_result,
)


class Comment(BaseModel):
    text: str = ""


class User(UserMixin):
    def __init__(self, id: str) -> None:
        self.id = id


def build(login: bool = True, **config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": "test", **config})
    actions = Actions(app)
    if login:
        manager = LoginManager(app)
        manager.login_view = "login"
        manager.user_loader(User)
    add_actions(actions)
    add_pages(app)
    return app


def add_actions(actions: Actions) -> None:
    @actions.action
    @login_required
    def comment(input: Comment, ctx: ActionContext) -> str:
        return f"{ctx.user_id} says {input.text}"

    @actions.action(guard=lambda ctx: False if ctx.user_id != "admin" else None)
    def guarded(input: Comment, ctx: ActionContext) -> str:
        return f"{ctx.user_id} may"

    def turn_away(ctx: ActionContext) -> None:
        abort(redirect(url_for("login", next=request.url)))

    @actions.action(guard=turn_away)
    def turned_away(input: Comment) -> str:
        return "nobody may"

    @actions.action
    def log_in(input: Any, ctx: ActionContext) -> None:
        if ctx.request.form.get("password") != "right":
            raise ActionError("UNAUTHORIZED", "Wrong password")
        login_user(User("ada"))
        ctx.redirect(ctx.request.form.get("next") or "/page")

    @actions.action
    def log_out(ctx: ActionContext) -> Any:
        target = ctx.request.args.get("to", "")
        logout_user()
        return redirect(url_for("login", **({"next": target} if target else {})))

    @actions.action
    def forget(input: Comment) -> str:
        session.clear()
        return "forgotten"

    @actions.action
    def refuse(input: Comment) -> None:
        raise ActionError("UNAUTHORIZED", "Not you")

    @actions.action
    def subscribe(input: Comment, ctx: ActionContext) -> Any:
        return redirect(url_for("page", came_from=ctx.request.path))


def add_pages(app: Flask) -> None:
    def shown() -> str:
        results = {name: get_action_result(name) for name, _ in app.extensions["actions"].registry}
        return json.dumps(
            {
                name: {
                    "error": one.error and one.error.to_dict(),
                    "data": one.data,
                    "values": dict(one.values),
                }
                for name, one in results.items()
                if one is not None
            }
        )

    @app.get("/")
    @app.get("/page")
    def page() -> str:
        return shown()

    @app.get("/login")
    def login() -> str:
        return shown()

    @app.post("/login")
    def enter() -> Any:
        login_user(User(request.form.get("name", "ada")))
        return redirect(request.args.get("next") or session.pop("next", None) or "/")

    @app.get("/whoami")
    def whoami() -> str:
        return current_user.get_id() or "nobody"


DOORS = {
    "form": {"Referer": "http://localhost/page?a=1&b=2"},
    "htmx": {"HX-Request": "true", "HX-Current-URL": "http://localhost/page?a=1&b=2"},
    "rpc": {"Accept": "application/json", "Referer": "http://localhost/page?a=1&b=2"},
}


def send(client: Any, name: str, door: str = "form", url: str = "", **fields: str) -> Any:
    data = {"text": "typed", **fields}
    return client.post(url or f"/_actions/{name}", data=data, headers=DOORS[door])


def next_of(url: str) -> str:
    """The way back in the URL of a login page, without the result's id."""
    assert urlsplit(url).path == "/login", url
    (target,) = parse_qs(urlsplit(url).query)["next"]
    head, _, id = target.partition("_result=")
    assert id, f"no result waits at {target}"
    return head.rstrip("?&")


def show(client: Any, url: str) -> Any:
    response = client.get(url, follow_redirects=True)
    assert response.status_code == 200
    return json.loads(response.text)


@pytest.fixture
def app():
    return build()


@pytest.fixture
def client(app):
    return app.test_client()


# login_required below the decorator


def test_form_leads_to_the_login_page_and_from_there_to_the_page_of_the_form(client):
    response = send(client, "comment")

    assert response.status_code == 303
    assert next_of(response.location) == "/page?a=1&b=2"
    assert response.headers["Cache-Control"] == "no-store"


def test_what_was_typed_is_shown_after_the_login(client):
    login_page = send(client, "comment").location

    assert show(client, login_page) == {}
    location = client.post(login_page).location

    shown = show(client, location)["comment"]
    assert shown["error"]["code"] == "UNAUTHORIZED"
    assert shown["values"] == {"text": "typed"}
    assert show(client, location) == {}


def test_what_was_typed_is_shown_after_a_login_that_is_an_action_itself(client):
    login_page = send(client, "comment").location
    (way,) = parse_qs(urlsplit(login_page).query)["next"]

    location = send(client, "logIn", password="right", next=way).location

    shown = show(client, location)
    assert shown["comment"]["values"] == {"text": "typed"}
    assert shown["logIn"]["error"] is None


def test_what_was_typed_survives_a_wrong_password(client):
    login_page = send(client, "comment").location
    (way,) = parse_qs(urlsplit(login_page).query)["next"]
    referer = {"Referer": f"http://localhost{login_page}"}

    refused = client.post(
        "/_actions/logIn", data={"password": "wrong", "next": way}, headers=referer
    )

    assert urlsplit(refused.location).path == "/login"
    assert parse_qs(urlsplit(refused.location).query)["next"] == [way]
    shown = show(client, refused.location)
    assert shown["logIn"]["error"]["message"] == "Wrong password"
    location = send(client, "logIn", password="right", next=way).location
    assert show(client, location)["comment"]["values"] == {"text": "typed"}


@pytest.mark.parametrize("page", ["/login", "/login?lang=de", "/login?next=/page"])
def test_refusal_of_the_login_form_is_shown_on_the_login_page(client, page):
    referer = {"Referer": f"http://localhost{page}"}

    location = client.post("/_actions/logIn", data={"password": "x"}, headers=referer).location

    assert location.partition("_result=")[0].rstrip("?&") == page
    assert show(client, location)["logIn"]["error"]["message"] == "Wrong password"


def test_post_to_the_page_itself_comes_back_to_it_after_the_login(client):
    response = send(client, "comment", url="/page?a=1&_action=comment&b=2")

    assert response.status_code == 303
    assert next_of(response.location) == "/page?a=1&b=2"
    assert show(client, client.post(response.location).location)["comment"]["values"]


@pytest.mark.parametrize("fragment", [None, "comment.html"], ids=["no fragment", "fragment"])
def test_htmx_is_told_to_load_the_login_page(app, client, fragment):
    app.extensions["actions"].registry.find("comment").fragment = fragment

    response = send(client, "comment", "htmx")

    assert response.status_code == 200
    assert "Location" not in response.headers
    assert next_of(response.headers["HX-Redirect"]) == "/page?a=1&b=2"
    after = client.post(response.headers["HX-Redirect"]).location
    assert show(client, after)["comment"]["values"] == {"text": "typed"}


@pytest.mark.parametrize(
    "body", [{"json": {"text": "typed"}}, {"data": {"text": "typed"}}], ids=["JSON", "form"]
)
def test_rpc_is_told_in_json(client, body):
    response = client.post("/_actions/comment", headers=DOORS["rpc"], **body)

    assert response.status_code == 401
    assert response.content_type == "application/json"
    assert response.json["success"] is False
    assert response.json["error"]["code"] == "UNAUTHORIZED"
    assert "Location" not in response.headers
    assert "Action-Redirect" not in response.headers


@pytest.mark.parametrize("path", ["/", "/page?x=1", "/login?next=/page"])
def test_call_from_python_is_unauthorized(app, path):
    with app.test_request_context(path):
        result: SafeResult[Any] = app.extensions["actions"].call("comment", {"text": "x"})

    assert result.error is not None
    assert result.error.code == "UNAUTHORIZED"


@pytest.mark.parametrize("door", DOORS)
def test_who_is_logged_in_passes(client, door):
    client.post("/login", data={"name": "ada"})

    response = send(client, "comment", door)

    if door == "rpc":
        assert response.json["data"] == "ada says typed"
    else:
        assert show(client, response.location)["comment"]["data"] == "ada says typed"


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"ACTIONS_RESULT_STORE": "cookie"}, id="results in cookies"),
        pytest.param({"APPLICATION_ROOT": "/shop"}, id="below a path"),
    ],
)
def test_way_to_the_login_page_and_back_with(config):
    app = build(**config)
    client = app.test_client()
    root = config.get("APPLICATION_ROOT", "")
    headers = {"Referer": f"http://localhost{root}/page?a=1"}

    response = client.post("/_actions/comment", data={"text": "typed"}, headers=headers)

    login_page = response.location.removeprefix(root)
    assert next_of(login_page) == f"{root}/page?a=1"
    after = client.post(login_page).location.removeprefix(root)
    assert json.loads(client.get(after).text)["comment"]["values"] == {"text": "typed"}


@pytest.mark.parametrize("door", ["form", "htmx"])
def test_next_in_the_session_is_the_page_too(door):
    client = build(USE_SESSION_FOR_NEXT=True).test_client()

    response = send(client, "comment", door)

    location = response.location if door == "form" else response.headers["HX-Redirect"]
    assert location == "/login"
    with client.session_transaction() as held:
        assert held["next"].startswith("/page?a=1&b=2&_result=")
    after = client.post("/login").location
    assert show(client, after)["comment"]["values"] == {"text": "typed"}


def test_next_in_the_session_is_no_gate_for_a_later_redirect():
    client = build(USE_SESSION_FOR_NEXT=True).test_client()
    client.post("/_actions/comment", headers=DOORS["rpc"], json={})

    response = send(client, "logOut", "rpc")

    assert response.status_code == 200
    assert response.json["redirect"] == "/login"


@pytest.mark.parametrize("door", DOORS)
def test_without_a_login_page_the_page_itself_says_it(app, client, door):
    app.login_manager.login_view = None  # type: ignore[attr-defined]

    response = send(client, "comment", door)

    if door == "rpc":
        assert response.status_code == 401
        assert response.json["error"]["code"] == "UNAUTHORIZED"
    else:
        assert response.status_code == 303
        shown = show(client, response.location)["comment"]
        assert response.location.startswith("/page?a=1&b=2&_result=")
        assert shown["error"]["code"] == "UNAUTHORIZED"
        assert shown["values"] == {"text": "typed"}


@pytest.mark.parametrize(
    ("view", "before"),
    [
        pytest.param("/login?lang=de", {"lang": ["de"]}, id="path with a query"),
        pytest.param("http://localhost/login", {}, id="absolute URL"),
    ],
)
@pytest.mark.parametrize("name", ["comment", "guarded"])
def test_login_page_may_be_written_as_a_url(app, client, view, before, name):
    app.login_manager.login_view = view  # type: ignore[attr-defined]

    response = send(client, name)

    assert next_of(response.location) == "/page?a=1&b=2"
    query = parse_qs(urlsplit(response.location).query)
    assert {key: query[key] for key in before} == before


@pytest.mark.parametrize("name", ["comment", "guarded"])
def test_login_page_of_another_site_gets_a_whole_url_to_come_back_to(app, client, name):
    app.login_manager.login_view = "https://sso.example/login"  # type: ignore[attr-defined]

    response = send(client, name)

    url = urlsplit(response.location)
    assert (url.scheme, url.netloc) == ("https", "sso.example")
    (way,) = parse_qs(url.query)["next"]
    assert way.startswith("http://localhost/page?a=1&b=2&_result=")


def test_handler_of_the_application_for_nobody_logged_in_may_redirect(app, client):
    @app.login_manager.unauthorized_handler  # type: ignore[attr-defined]
    def nobody():
        return redirect(url_for("login", back=request.url))

    response = send(client, "comment")

    (way,) = parse_qs(urlsplit(response.location).query)["back"]
    assert way.startswith("/page?a=1&b=2&_result=")


def test_gate_that_aborts_with_its_redirect_is_one_too(app, client):
    actions = app.extensions["actions"]

    def stop():
        abort(redirect(url_for("login", next=request.url)))

    actions.registry.find("comment").handler = lambda input, ctx: stop()

    assert next_of(send(client, "comment").location) == "/page?a=1&b=2"


@pytest.mark.parametrize("door", ["form", "rpc"])
def test_guard_that_aborts_with_its_redirect_is_a_gate_too(client, door):
    response = send(client, "turnedAway", door)

    if door == "form":
        assert next_of(response.location) == "/page?a=1&b=2"
    else:
        assert (response.status_code, response.json["error"]["code"]) == (401, "UNAUTHORIZED")


# Above the decorator


@pytest.mark.parametrize("make", ["actions", "group", "named"])
def test_gate_above_the_decorator_is_an_error_that_says_so(make):
    actions, group = Actions(), ActionGroup("blog")
    decorate = {"actions": actions.action, "group": group.action, "named": actions.action("name")}[
        make
    ]

    with pytest.raises(TypeError, match=r"above the action .* protects nothing"):

        @login_required
        @decorate
        def post(): ...


# Guards


@pytest.mark.parametrize(
    ("who", "code", "status"),
    [
        pytest.param(None, "UNAUTHORIZED", 401, id="nobody"),
        pytest.param("ada", "FORBIDDEN", 403, id="somebody"),
    ],
)
def test_guard_tells_nobody_from_somebody(client, who, code, status):
    if who:
        client.post("/login", data={"name": who})

    response = send(client, "guarded", "rpc")

    assert (response.status_code, response.json["error"]["code"]) == (status, code)


def test_guard_lets_the_right_one_in(client):
    client.post("/login", data={"name": "admin"})

    assert send(client, "guarded", "rpc").json["data"] == "admin may"


def test_guard_leads_nobody_to_the_login_page(client):
    response = send(client, "guarded")

    assert response.status_code == 303
    assert next_of(response.location) == "/page?a=1&b=2"
    after = client.post(response.location, data={"name": "admin"}).location
    assert show(client, after)["guarded"]["values"] == {"text": "typed"}


def test_guard_sends_somebody_back(client):
    client.post("/login", data={"name": "ada"})

    shown = show(client, send(client, "guarded").location)["guarded"]

    assert shown["error"]["code"] == "FORBIDDEN"
    assert shown["values"] == {"text": "typed"}


def test_guard_refuses_nobody_by_a_fragment_where_there_is_one(app, client, tmp_path):
    app.template_folder = str(tmp_path)
    (tmp_path / "form.html").write_text("{{ result.error.code }} {{ result['values'].text }}")
    app.extensions["actions"].registry.find("guarded").fragment = "form.html"

    response = send(client, "guarded", "htmx")

    assert response.status_code == 401
    assert response.text == "UNAUTHORIZED typed"


@pytest.mark.parametrize("door", DOORS)
def test_guard_of_an_application_without_login_forbids(door):
    client = build(login=False).test_client()

    response = send(client, "guarded", door)

    if door == "rpc":
        assert (response.status_code, response.json["error"]["code"]) == (403, "FORBIDDEN")
    else:
        assert show(client, response.location)["guarded"]["error"]["code"] == "FORBIDDEN"


def test_call_from_python_asks_the_guard(app):
    actions = app.extensions["actions"]
    with app.test_request_context():
        nobody = actions.call("guarded", {})
        login_user(User("ada"))
        somebody = actions.call("guarded", {})
    with app.app_context():
        outside = actions.call("guarded", {})

    assert nobody.error.code == "UNAUTHORIZED"
    assert somebody.error.code == "FORBIDDEN"
    assert outside.error.code == "UNAUTHORIZED"


def test_handlers_unauthorized_leads_nobody_to_the_login_page_and_somebody_back(client):
    nobody = send(client, "refuse").location
    client.post("/login", data={"name": "ada"})
    somebody = send(client, "refuse").location

    assert next_of(nobody) == "/page?a=1&b=2"
    assert show(client, somebody)["refuse"]["error"]["message"] == "Not you"


# A login system of one's own


def with_loader(load: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)
    actions.user_loader(load)
    add_actions(actions)
    add_pages(app)
    return app


LOADERS = [
    pytest.param(
        lambda ctx: ctx.request.headers.get("User") and {"id": ctx.request.headers["User"]},
        id="of the context",
    ),
    pytest.param(
        lambda: request.headers.get("User") and {"id": request.headers["User"]}, id="of nothing"
    ),
    pytest.param(
        lambda: request.headers.get("User") and User(request.headers["User"]), id="with get_id"
    ),
]


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize(
    ("user", "code"),
    [(None, "UNAUTHORIZED"), ("ada", "FORBIDDEN"), ("admin", None)],
    ids=["nobody", "somebody", "admin"],
)
def test_own_loader_says_who_is_logged_in(load, user, code):
    client = with_loader(load).test_client()
    headers = {"Accept": "application/json", **({"User": user} if user else {})}

    body = client.post("/_actions/guarded", headers=headers).json

    assert (body["error"] or {}).get("code") == code


def test_own_loader_without_a_login_page_leads_back():
    client = with_loader(lambda: None).test_client()

    location = send(client, "guarded").location

    assert location.startswith("/page?a=1&b=2&_result=")
    assert show(client, location)["guarded"]["error"]["code"] == "UNAUTHORIZED"


def test_own_loader_goes_before_flask_login(app):
    calls = []

    def load(ctx: ActionContext) -> Any:
        calls.append(ctx.name)
        return {"id": "admin"}

    app = build()
    app.extensions["actions"].loader = lambda app: load

    response = send(app.test_client(), "guarded", "rpc")

    assert response.json["data"] == "admin may"
    assert calls == ["guarded"], "asked once for each call"


# A gate in a hook


def gated(next_of_request: Any, **config: Any) -> Flask:
    app = build(**config)

    @app.before_request
    def gate() -> Any:
        if request.endpoint not in ("login", "enter") and not current_user.is_authenticated:
            return redirect(url_for("login", next=next_of_request()))
        return None

    return app


NEXTS = [
    pytest.param(lambda: request.url, id="url"),
    pytest.param(lambda: request.full_path, id="full_path"),
    pytest.param(lambda: request.path, id="path"),
]


@pytest.mark.parametrize("store", ["session", "cookie"])
@pytest.mark.parametrize(
    "url", ["/_actions/comment", "/page?a=1&_action=comment&b=2"], ids=["action", "page"]
)
@pytest.mark.parametrize("way", NEXTS)
def test_hook_that_asks_for_a_login_gives_the_page_as_the_way_back(way, url, store):
    client = gated(way, ACTIONS_RESULT_STORE=store).test_client()

    response = send(client, "comment", url=url)

    assert next_of(response.location) == "/page?a=1&b=2"
    after = client.post(response.location).location
    assert show(client, after)["comment"]["values"] == {"text": "typed"}


@pytest.mark.parametrize("way", NEXTS)
def test_hook_that_asks_for_a_login_answers_each_door_in_its_way(way):
    app = gated(way)

    htmx = send(app.test_client(), "comment", "htmx")
    rpc = send(app.test_client(), "comment", "rpc")

    assert htmx.status_code == 200
    assert next_of(htmx.headers["HX-Redirect"]) == "/page?a=1&b=2"
    assert rpc.status_code == 401
    assert rpc.json["error"]["code"] == "UNAUTHORIZED"


def test_hook_that_asks_for_a_login_keeps_nothing_of_another_site():
    client = gated(lambda: request.url).test_client()

    response = client.post(
        "/_actions/comment", data={"text": "planted"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    client.post("/login")

    assert "planted" not in response.text
    for path in ("/", "/page"):
        assert show(client, path) == {}


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
def test_hook_that_sends_elsewhere_is_no_success(door):
    app = build(login=False)
    app.before_request(lambda: redirect("/page") if request.method == "POST" else None)
    client = app.test_client()

    response = send(client, "forget", door)
    location = response.headers.get("HX-Redirect") or response.headers.get("HX-Location")

    assert (location or response.location).partition("?")[0] == "/page"
    assert show(client, location or response.location) == {}
    assert show(client, "/page") == {}


def test_hook_that_lets_pass_changes_nothing():
    client = gated(lambda: request.url).test_client()
    client.post("/login")

    assert show(client, send(client, "comment").location)["comment"]["data"] == "ada says typed"


# What is no gate


@pytest.mark.parametrize("who", [None, "ada"], ids=["nobody", "somebody"])
@pytest.mark.parametrize(
    "url", ["/_actions/logOut", "/page?_action=logOut"], ids=["action", "page"]
)
@pytest.mark.parametrize(
    "to", ["", "/page", "/"], ids=["no next", "the page as next", "another next"]
)
@pytest.mark.parametrize("peek", [False, True], ids=["user unknown", "user known before"])
def test_logout_that_leads_to_the_login_page_is_no_gate(app, client, who, url, to, peek):
    if peek:
        app.before_request(lambda: setattr(g, "seen", current_user.is_authenticated))
    if who:
        client.post("/login", data={"name": who})
    joint = "&" if "?" in url else "?"

    response = send(client, "logOut", url=f"{url}{joint}to={to}")
    rpc = client.post(f"/_actions/logOut?to={to}", headers=DOORS["rpc"])

    assert urlsplit(response.location).path == "/login"
    assert parse_qs(urlsplit(response.location).query).get("next", [""]) == [to]
    assert show(client, response.location)["logOut"]["error"] is None
    assert client.get("/whoami").text == "nobody"
    assert rpc.status_code == 200


@pytest.mark.parametrize("login", [True, False], ids=["a login system", "none"])
def test_redirect_that_names_the_page_it_came_from_is_no_gate(login):
    client = build(login=login).test_client()

    location = client.post("/page?_action=subscribe").location

    assert urlsplit(location).path == "/page"
    assert show(client, location)["subscribe"]["error"] is None


def test_handler_may_clear_the_session(client):
    client.post("/login")
    with client.session_transaction() as held:
        held["cart"] = "full"

    location = send(client, "forget").location

    assert show(client, location)["forget"]["data"] == "forgotten"
    with client.session_transaction() as held:
        assert "cart" not in held


def test_result_waits_across_a_login_that_changes_the_session(client):
    location = send(client, "logIn", password="right").location

    assert show(client, location)["logIn"]["error"] is None
    assert client.get("/whoami").text == "ada"
