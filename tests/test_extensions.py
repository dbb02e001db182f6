"""Other extensions, the real packages: each does for actions what it does for views."""

from __future__ import annotations

import gzip
import re
from datetime import date
from typing import Any

import pytest
from cachelib import FileSystemCache
from flask import Flask, render_template_string, request, session
from flask_babel import Babel, force_locale, format_date, lazy_gettext
from flask_compress import Compress
from flask_cors import CORS
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import Talisman
from jinja2 import DictLoader
from pydantic import BaseModel, field_validator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flask_actions import ActionContext, ActionError, ActionInputError, Actions

DOORS: dict[str, dict[str, str]] = {
    "form": {},
    "htmx": {"HX-Request": "true"},
    "rpc": {"Accept": "application/json"},
}
#: An action's own URL, and a page's.
URLS = ["/_actions/{}", "/page?_action={}"]
PAGE = """
{% set result = get_action_result(name) %}
<p id="data">{{ result.data if result else "" }}</p>
<p id="error">{{ result.error.message if result and result.error else "" }}</p>
<p id="typed">{{ result.values.text if result and result.error else "" }}</p>
"""
SECRET = "The application's key, of thirty-two bytes and more."


class Note(BaseModel):
    text: str = ""


def build(**config: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = SECRET
    app.config.update(config)
    app.add_url_rule("/page", "page", lambda: _page("note"))
    return app


def _page(name: str) -> str:
    return render_template_string(PAGE, name=name)


def note(input: Note) -> str:
    """An action's function of its own for each test that decorates it."""
    return f"noted: {input.text}"


def send(client: Any, door: str, url: str = URLS[0], name: str = "note", **options: Any) -> Any:
    headers = {"Referer": "http://localhost/page", **DOORS[door], **options.pop("headers", {})}
    data = options.pop("data", {"text": "typed"})
    return client.post(url.format(name), headers=headers, data=data, **options)


def outcome(client: Any, response: Any, door: str) -> str:
    """What a person reads in the end: data or an error's message."""
    if door == "rpc":
        body = response.get_json()
        return str(body["data"] if body["success"] else body["error"]["message"])
    if response.status_code == 303:
        response = client.get(response.location)
    return re.sub(r"<[^>]*>|\s+", " ", response.text).strip()


# --- Flask-Limiter


def limited(**options: Any) -> tuple[Flask, Actions, Limiter]:
    app = build()
    options = {"storage_uri": "memory://", "headers_enabled": True, **options}
    return app, Actions(app), Limiter(get_remote_address, app=app, **options)


@pytest.mark.parametrize("url", URLS)
def test_limit_of_a_handler_gives_a_form_back_what_was_typed(url):
    app, actions, limiter = limited()
    actions.action(limiter.limit("1/day")(note))
    client = app.test_client()

    first, second = send(client, "form", url), send(client, "form", url)
    page = client.get(second.location).text

    assert outcome(client, first, "form").startswith("noted: typed")
    assert second.status_code == 303
    assert int(second.headers["Retry-After"]) > 0
    assert '<p id="error">1 per 1 day</p>' in page
    assert '<p id="typed">typed</p>' in page


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("door", ["htmx", "rpc"])
def test_limit_of_a_handler_is_a_429(door, url):
    app, actions, limiter = limited()
    limit = limiter.limit("1/day")(note)
    actions.action("note", fragment="actions/error.html", fragment_context=_error)(limit)
    client = app.test_client()

    first, second = send(client, door, url), send(client, door, url)

    assert (first.status_code, second.status_code) == (200, 429)
    assert int(second.headers["Retry-After"]) > 0
    assert "1 per 1 day" in second.text
    assert second.mimetype == ("application/json" if door == "rpc" else "text/html")


def _error(ctx: ActionContext, result: Any) -> dict[str, Any]:
    return {"error": result.error or {"message": result.data}}


LIMITS: dict[str, Any] = {
    "default limit": lambda app, limiter: None,
    "endpoint": lambda app, limiter: app.view_functions.update(
        {"actions.note": limiter.limit("1/day")(app.view_functions["actions.note"])}
    ),
    "blueprint": lambda app, limiter: limiter.limit("1/day")(app.blueprints["actions"]),
}


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("limit", LIMITS)
def test_limit_around_an_action_is_told_in_the_doors_dialect(limit, door, url):
    app, actions, limiter = limited(
        default_limits=["1/day"] if limit == "default limit" else [],
    )
    actions.action(note)
    LIMITS[limit](app, limiter)
    client = app.test_client()

    first, second = send(client, door, url), send(client, door, url)

    assert first.status_code < 400
    assert second.status_code == 429
    assert int(second.headers["Retry-After"]) > 0
    assert "1 per 1 day" in second.text
    assert second.headers["Cache-Control"] == "no-store"
    if door == "rpc":
        assert second.json["error"]["code"] == "TOO_MANY_REQUESTS"
    else:
        assert second.mimetype == "text/html"


@pytest.mark.parametrize("order", ["before", "after"])
def test_each_action_has_a_limit_of_its_own_whichever_url_it_is_called_at(order):
    app = build()
    limiter = Limiter(get_remote_address, default_limits=["2/day"], storage_uri="memory://")
    if order == "before":
        limiter.init_app(app)
    actions = Actions(app)
    if order == "after":
        limiter.init_app(app)
    actions.action("note")(note)
    actions.action("other")(lambda: "other")
    client = app.test_client()
    urls = ["/_actions/note", "/page?_action=note", "/_actions/note/", "/_actions/%6eote"]

    notes = [client.post(url, json={}).status_code for url in urls]

    assert notes == [200, 200, 429, 429]
    assert client.post("/_actions/other", json={}).status_code == 200
    assert client.get("/page").status_code == 200


def test_names_that_there_are_not_share_one_limit():
    app, _, _ = limited(default_limits=["2/day"])
    client = app.test_client()

    statuses = [client.post(f"/_actions/n{number}", json={}).status_code for number in range(4)]

    assert statuses == [404, 404, 429, 429]


def test_two_handlers_of_one_function_name_have_limits_of_their_own_by_shared_scope():
    app, actions, limiter = limited()
    shared = limiter.shared_limit("2/day", scope="notes")

    @actions.action
    @shared
    def one() -> int:
        return 1

    @actions.action
    @shared
    def two() -> int:
        return 2

    client = app.test_client()

    names = ["one", "two", "one", "two"]
    statuses = [client.post(f"/_actions/{name}", json={}).status_code for name in names]

    assert statuses == [200, 200, 429, 429]


def test_exempt_handler_has_no_default_limit():
    app, actions, limiter = limited(default_limits=["1/day"])

    @actions.action
    @limiter.exempt
    def free() -> str:
        return "free"

    client = app.test_client()

    assert [client.post("/_actions/free", json={}).status_code for _ in range(3)] == [200] * 3


def test_limit_inside_a_handler():
    app, actions, limiter = limited()

    @actions.action
    def careful() -> str:
        with limiter.limit("1/day"):
            return "done"

    client = app.test_client()

    assert [client.post("/_actions/careful", json={}).status_code for _ in range(2)] == [200, 429]


def test_limit_of_a_handler_holds_for_calls_from_python_in_a_request():
    app, actions, limiter = limited()
    action = actions.action(limiter.limit("1/day")(note))

    with app.test_request_context("/page"):
        first, second = action({}), action({})

    assert first.ok
    assert second.error.code == "TOO_MANY_REQUESTS"


def test_limit_is_counted_after_the_guards_and_the_input():
    app, actions, limiter = limited()

    class Wanted(BaseModel):
        number: int

    @actions.action
    @limiter.limit("1/day")
    def take(input: Wanted) -> int:
        return input.number

    client = app.test_client()

    wrong = [client.post("/_actions/take", json={}).status_code for _ in range(3)]
    right = [client.post("/_actions/take", json={"number": 1}).status_code for _ in range(2)]

    assert (wrong, right) == ([400, 400, 400], [200, 429])


# --- Flask-Session


@pytest.mark.parametrize("store", ["session", "cookie"])
@pytest.mark.parametrize("size", [10, 20_000], ids=["small", "large"])
def test_session_on_the_server_keeps_the_result(tmp_path, store, size):
    app = build(
        SESSION_TYPE="cachelib",
        SESSION_CACHELIB=FileSystemCache(str(tmp_path / "sessions"), threshold=0),
        ACTIONS_RESULT_STORE=store,
    )
    app.instance_path = str(tmp_path)
    Session(app)
    Actions(app).action(note)
    client = app.test_client()
    client.get("/page")

    response = send(client, "form", data={"text": "x" * size})

    assert "x" * size in client.get(response.location).text
    assert "noted" not in client.get(response.location).text
    assert "noted" not in app.test_client().get(response.location).text


def test_session_on_the_server_that_a_handler_clears_keeps_the_result(tmp_path):
    app = build(
        SESSION_TYPE="cachelib",
        SESSION_CACHELIB=FileSystemCache(str(tmp_path / "sessions"), threshold=0),
    )
    Session(app)

    @Actions(app).action("note")
    def log_in(ctx: ActionContext) -> str:
        ctx.session.clear()
        app.session_interface.regenerate(session)
        session["user"] = "ada"
        return "welcome"

    client = app.test_client()
    with client.session_transaction() as before:
        before["cart"] = [1]

    response = send(client, "form")

    assert "welcome" in client.get(response.location).text
    with client.session_transaction() as after:
        assert (after.get("user"), after.get("cart")) == ("ada", None)


# --- Flask-SQLAlchemy


class Shop:
    """An application with a table of articles."""

    def __init__(self, folder: Any) -> None:
        self.app = build(SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder / 'shop.db'}")
        self.db = SQLAlchemy(self.app, model_class=type("Base", (DeclarativeBase,), {}))
        self.actions = Actions(self.app)
        db = self.db

        class Article(db.Model):  # type: ignore[name-defined, misc]
            id: Mapped[int] = mapped_column(primary_key=True)
            title: Mapped[str]
            price: Mapped[int] = mapped_column(default=3)

        self.Article = Article
        with self.app.app_context():
            db.create_all()
            db.session.add(Article(id=1, title="tea"))
            db.session.commit()
        self.client = self.app.test_client()


class ArticleOut(BaseModel, from_attributes=True):
    id: int
    title: str


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    yield shop
    with shop.app.app_context():
        shop.db.engine.dispose()


@pytest.mark.parametrize("door", DOORS)
def test_row_that_there_is_not_is_not_found(shop, door):
    @shop.actions.action("note", fragment="actions/error.html", fragment_context=_error)
    def buy() -> None:
        shop.db.get_or_404(shop.Article, 99, description="No such article.")

    response = send(shop.client, door)

    assert response.status_code == (303 if door == "form" else 404)
    assert "No such article." in outcome(shop.client, response, door)


@pytest.mark.parametrize("lookup", ["one_or_404", "first_or_404"])
def test_query_that_finds_nothing_is_not_found(shop, lookup):
    @shop.actions.action
    def find() -> None:
        query = shop.db.select(shop.Article).where(shop.Article.title == "coffee")
        getattr(shop.db, lookup)(query)

    result = shop.client.post("/_actions/find", json={}).json

    assert result["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("door", DOORS)
def test_object_of_a_session_leaves_by_its_declared_fields(shop, door):
    @shop.actions.action("note")
    def rename() -> ArticleOut:
        article = shop.db.session.get(shop.Article, 1)
        article.title = "green tea"
        shop.db.session.commit()  # every attribute is expired now
        return article

    told = outcome(shop.client, send(shop.client, door), door)

    assert "green tea" in told
    assert "price" not in told


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fails", [ActionError("CONFLICT", "Taken"), KeyError("bug")], ids=repr)
def test_what_a_failed_handler_did_not_commit_is_gone_in_the_next_request(shop, door, fails):
    @shop.actions.action("note")
    def rename() -> None:
        shop.db.session.get(shop.Article, 1).title = "coffee"
        shop.db.session.flush()
        raise fails

    @shop.actions.action
    def title() -> str:
        return str(shop.db.session.get(shop.Article, 1).title)

    send(shop.client, door)

    assert shop.client.post("/_actions/title", json={}).json["data"] == "tea"


# --- Flask-Talisman


POLICY = {"default-src": "'self'", "script-src": "'self'", "style-src": "'self'"}


def guarded(**options: Any) -> Flask:
    app = build()
    options = {
        "force_https": False,
        "session_cookie_secure": False,
        "content_security_policy": POLICY,
        "content_security_policy_nonce_in": ["script-src", "style-src"],
        **options,
    }
    Talisman(app, **options)
    Actions(app).action(note)
    return app


@pytest.mark.parametrize("version", [2, 4])
def test_head_has_the_nonce_of_the_policy(version):
    app = guarded()
    app.add_url_rule(
        "/head", "head", lambda: render_template_string(f"{{{{ actions_head(htmx={version}) }}}}")
    )

    response = app.test_client().get("/head")
    policy = response.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", policy)[1]
    tags = re.findall(r"<(?:script|link|style)\b[^>]*>", response.text)

    assert len(tags) >= 2
    assert all(f'nonce="{nonce}"' in tag for tag in tags)
    assert f'"inlineScriptNonce":"{nonce}"' in response.text.replace("&#34;", '"')


def test_nothing_of_the_head_is_inline():
    app = guarded()
    app.add_url_rule("/head", "head", lambda: render_template_string("{{ actions_head(htmx=2) }}"))

    html = app.test_client().get("/head").text

    assert "<style" not in html
    assert re.findall(r"<script[^>]*>([^<]+)", html) == []
    assert not re.search(r"\son\w+=|\sstyle=", html)


@pytest.mark.parametrize("nonce", [True, False], ids=["nonce", "no nonce"])
def test_page_of_a_refusal_keeps_to_the_policy(nonce):
    where = ["script-src", "style-src"] if nonce else []
    app = guarded(content_security_policy_nonce_in=where)

    response = send(app.test_client(), "form", headers={"Origin": "https://evil.example"})
    policy = response.headers["Content-Security-Policy"]
    link = re.search(r"<link[^>]*>", response.text)[0]

    assert response.status_code == 403
    assert "<style" not in response.text and "<script" not in response.text
    assert ("nonce=" in link) is nonce
    assert not nonce or re.search(r'nonce="([^"]+)"', link)[1] in policy


@pytest.mark.parametrize("door", DOORS)
def test_answers_of_actions_have_the_policy(door):
    response = send(guarded().test_client(), door)

    assert response.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert response.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("door", DOORS)
def test_post_in_clear_runs_nothing_where_https_is_forced(door, url):
    app = guarded(force_https=True)
    ran: list[str] = []
    app.extensions["actions"].registry.find("note").handler = lambda input: (
        ran.append(input.text) or ""
    )
    client = app.test_client()

    clear = send(client, door, url)
    sent = send(client, door, url, base_url="https://localhost")

    place = clear.headers.get("HX-Location") or clear.headers.get("HX-Redirect") or clear.location
    assert place.startswith("https://localhost/")
    assert clear.status_code == (200 if door == "htmx" else 302)
    assert sent.status_code in (200, 303)
    assert ran == ["typed"]


def test_options_of_a_handler_are_those_of_its_endpoint():
    app = build()
    talisman = Talisman(app, force_https=True, content_security_policy=POLICY)

    @Actions(app).action
    @talisman(force_https=False, frame_options="DENY")
    def ping() -> str:
        return "pong"

    response = app.test_client().post("/_actions/ping", json={})

    assert response.json["data"] == "pong"
    assert response.headers["X-Frame-Options"] == "DENY"


# --- Flask-Babel


class Translations:
    """An application whose texts depend on the language of the request."""

    def __init__(self) -> None:
        self.app = build()
        Babel(self.app, locale_selector=self.locale)
        self.actions = Actions(self.app)

    def locale(self) -> str:
        return str(request.accept_languages.best_match(["en", "de"], "en"))


class LazyName(BaseModel):
    text: str

    @field_validator("text")
    @classmethod
    def known(cls, text: str) -> str:
        raise ValueError(lazy_gettext("Unknown name"))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "fails",
    [
        pytest.param(lambda text: ActionError("CONFLICT", text), id="error"),
        pytest.param(lambda text: ActionInputError({"text": text}), id="field"),
        pytest.param(lambda text: ActionInputError({"": [text, text]}), id="form"),
    ],
)
def test_lazy_text_is_a_message(door, fails):
    translated = Translations()

    @translated.actions.action("note", fragment="page.html")
    def refuse() -> None:
        raise fails(lazy_gettext("Already taken"))

    page = "{{ result.error.message }} {{ result.error.fields }} {{ result.error.form_errors }}"
    translated.app.jinja_loader = DictLoader({"page.html": page})
    translated.app.view_functions["page"] = lambda: render_template_string(
        "{% set result = get_action_result('note') %}{% include 'page.html' %}"
    )
    client = translated.app.test_client()

    response = send(client, door)

    if response.status_code == 303:
        response = client.get(response.location)
    assert "Already taken" in response.text
    assert "l&#39;" not in response.text and "LazyString" not in response.text


def test_lazy_text_of_a_validator_is_a_message():
    translated = Translations()

    @translated.actions.action
    def name(input: LazyName) -> None: ...

    client = translated.app.test_client()

    answer = client.post("/_actions/name", json={"text": "x"}).json

    assert answer["error"]["fields"]["text"] == ["Unknown name"]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("language", "day"), [("de", "Montag"), ("en", "Monday")])
def test_handler_speaks_the_language_of_the_request(door, url, language, day):
    translated = Translations()

    @translated.actions.action("note")
    def weekday() -> str:
        return format_date(date(2026, 11, 23), "EEEE")

    client = translated.app.test_client()

    response = send(client, door, url, headers={"Accept-Language": language})

    assert day in outcome(client, response, door)


def test_call_from_python_speaks_the_language_around_it():
    translated = Translations()
    action = translated.actions.action("weekday")(lambda: format_date(date(2026, 11, 23), "EEEE"))

    with translated.app.test_request_context("/page"), force_locale("de"):
        assert action().data == "Montag"


# --- Flask-Compress, Flask-CORS


@pytest.mark.parametrize("order", ["before", "after"])
def test_answer_is_compressed(order):
    app = build(COMPRESS_ALGORITHM=["gzip"])
    if order == "before":
        Compress(app)
    Actions(app).action("note")(lambda: "long " * 1000)
    if order == "after":
        Compress(app)

    response = send(app.test_client(), "rpc", headers={"Accept-Encoding": "gzip"})

    assert response.headers["Content-Encoding"] == "gzip"
    assert b'{"success":true,"data":"long long' in gzip.decompress(response.data)


APP = "https://app.example"


def shared(**config: Any) -> Any:
    app = build(ACTIONS_TRUSTED_ORIGINS=APP, **config)
    CORS(app, resources={r"/_actions/*": {"origins": APP, "supports_credentials": True}})
    Actions(app).action(note)
    return app.test_client()


def test_trusted_origin_may_read_the_answer():
    client = shared()

    response = client.post("/_actions/note", json={"text": "x"}, headers={"Origin": APP})

    assert response.json["data"] == "noted: x"
    assert response.headers["Access-Control-Allow-Origin"] == APP
    assert response.headers["Access-Control-Allow-Credentials"] == "true"


def test_other_origin_may_not_read_the_refusal():
    response = shared().post("/_actions/note", json={}, headers={"Origin": "https://evil.example"})

    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


def test_browser_may_ask_before_it_sends_json():
    headers = {
        "Origin": APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-csrftoken",
    }

    response = shared().options("/_actions/note", headers=headers)

    assert response.status_code in (200, 204)
    assert response.headers["Access-Control-Allow-Origin"] == APP
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "content-type" in response.headers["Access-Control-Allow-Headers"].lower()


def test_options_that_no_browser_asks_before_a_call_stay_405():
    response = shared().options("/_actions/note")

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
