"""The htmx door, header by header: what an answer says, and what it leaves to the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template
from jinja2 import ChoiceLoader, DictLoader, TemplateNotFound, UndefinedError
from pydantic import BaseModel, Field

from flask_actions import ActionContext, ActionError, Actions
from flask_actions.context import HtmxReply
from flask_actions.transports.htmx import render_fragment

HTMX = {"HX-Request": "true"}
BOOSTED = {**HTMX, "HX-Boosted": "true"}
FULL = {**HTMX, "HX-Request-Type": "full"}
DOORS = [
    pytest.param(HTMX, id="htmx"),
    pytest.param(BOOSTED, id="boosted"),
    pytest.param(FULL, id="full"),
]

TEMPLATES = {
    "layout.html": """\
{% block head %}<title>Site</title>{% endblock %}{% block side %}side{% endblock %}""",
    "bits.html": "{% macro shout(text) %}{{ text }}!{% endmacro %}",
    "page.html": """\
{% extends "layout.html" %}
{% from "bits.html" import shout %}
{% set shown = get_action_result("post") %}
{% macro own(text) %}[{{ text }}]{% endmacro %}
{% set later = missing.attribute %}
{% block head %}{{ super() }}<meta>{% endblock %}
{% block form %}{% if shown %}{{ shout(own(shown.data or shown.error.message)) }}
{{- shown.values.title }}{% endif %}{% endblock %}
""",
    "alone.html": """\
{% from "bits.html" import shout %}

{% import "bits.html" as bits %}
<html>{% set late = "late" %}
{% block form %}{{ shout(bits.shout("a")) }}{{ late or "unset" }}{% endblock %}</html>
""",
    "result.html": "{{ result.data if result.ok else result.error.code }}",
    "same.html": "{{ get_action_result('post') is sameas result }}",
    "broken.html": "{{ nothing.at_all }}",
    "half.html": "{{ 'fine' if result.ok else nothing.at_all }}",
    "given.html": "{{ one }} {{ result.data }} {{ g is defined }}",
    "part.html": "<b>{{ text }}</b>",
    "other.html": "{{ get_action_result('plain') }}",
}


class Post(BaseModel):
    title: str = Field(min_length=3)


def handle(input: Post, ctx: ActionContext) -> str:
    match input.title:
        case "there":
            ctx.redirect("there", q="a,path:b")
        case "unicode":
            ctx.redirect("/ö/語?q=ü")
        case "away":
            ctx.redirect("https://example.org/ü,x", external=True)
        case "conflict":
            raise ActionError("CONFLICT", "Taken")
        case "wait":
            raise ActionError("TOO_MANY_REQUESTS", "Slowly", retry_after=7)
        case "login":
            raise ActionError("UNAUTHORIZED", "Please log in")
        case "fault":
            raise RuntimeError("nobody expected this")
    return input.title


def build(fragment: str | None = "result.html", **config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    app.jinja_loader = DictLoader(TEMPLATES)
    actions = Actions(app)
    actions.action("post", fragment=fragment)(handle)
    actions.action("plain")(handle)
    app.add_url_rule("/there", "there", lambda: render_template("other.html"))
    app.add_url_rule("/page", "page", lambda: "page")
    return app, actions


def send(app: Flask, title: str, headers: dict[str, str] | None = None, name: str = "post") -> Any:
    headers = {"Referer": "http://localhost/page?a=1", **(HTMX if headers is None else headers)}
    return app.test_client().post(f"/_actions/{name}", data={"title": title}, headers=headers)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    return lambda: caplog.text


# Every answer


@pytest.mark.parametrize("headers", DOORS)
@pytest.mark.parametrize(
    ("title", "name"),
    [
        pytest.param("hello", "post", id="data"),
        pytest.param("no", "post", id="input error"),
        pytest.param("there", "post", id="redirect"),
        pytest.param("hello", "plain", id="no fragment"),
        pytest.param("hello", "nothing", id="refusal"),
    ],
)
def test_answer_is_for_nobody_else_and_for_now(headers, title, name):
    response = send(build()[0], title, headers, name)

    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("title", "status", "text"),
    [
        pytest.param("hello", 200, "hello", id="data"),
        pytest.param("no", 400, "BAD_REQUEST", id="input error"),
        pytest.param("conflict", 409, "CONFLICT", id="handler's error"),
        pytest.param("login", 401, "UNAUTHORIZED", id="nobody logged in"),
        pytest.param("fault", 500, "INTERNAL_SERVER_ERROR", id="fault"),
    ],
)
def test_fragment_answers_with_the_results_status(title, status, text):
    response = send(build()[0], title)

    assert (response.status_code, response.mimetype, response.text) == (status, "text/html", text)
    assert "Set-Cookie" not in response.headers


def test_error_says_when_to_come_back():
    response = send(build()[0], "wait")

    assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(("title", "pushed"), [("hello", None), ("no", "false")])
def test_error_leaves_the_address_bar_alone(title, pushed):
    """``hx-push-url`` on the form would push a URL that no GET answers."""
    assert send(build()[0], title).headers.get("HX-Push-Url") == pushed


# The fragment


def test_fragment_has_the_result_that_the_page_would_have():
    assert send(build("same.html")[0], "hello").text == "True"


def test_block_uses_what_its_page_imports_sets_and_defines():
    app, _ = build("page.html#form")

    assert send(app, "hello").text == "[hello]!"
    assert send(app, "no").text == "[Please check the marked fields.]!no"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param("page.html#head", "<title>Site</title><meta>", id="block that calls super"),
        pytest.param("page.html#side", "side", id="block of the layout"),
        pytest.param("alone.html#form", "a!!unset", id="page without a layout"),
    ],
)
def test_block_is_rendered_alone(spec, text):
    app, _ = build()

    with app.test_request_context():
        assert render_fragment(spec, {}) == text


def test_unknown_block_is_an_error_that_names_the_blocks():
    app, _ = build()

    with app.test_request_context(), pytest.raises(LookupError) as told:
        render_fragment("page.html#from", {})

    assert str(told.value) == (
        "The template 'page.html' has no block 'from'; its blocks: form, head, side."
    )


@pytest.mark.parametrize(
    ("spec", "error"),
    [
        pytest.param("missing.html#form", TemplateNotFound, id="no template"),
        pytest.param("broken.html", UndefinedError, id="broken template"),
    ],
)
@pytest.mark.parametrize("title", ["hello", "no"], ids=["data", "error"])
def test_developer_sees_what_is_wrong_with_a_fragment(spec, error, title):
    app, _ = build(spec, TESTING=True)

    with pytest.raises(error):
        send(app, title)


@pytest.mark.parametrize(
    ("spec", "title", "status", "text"),
    [
        pytest.param("broken.html", "hello", 500, "Something went wrong", id="data"),
        pytest.param("broken.html", "conflict", 409, "Taken", id="error"),
        pytest.param("half.html", "conflict", 409, "Taken", id="error alone"),
        pytest.param("page.html#from", "hello", 500, "Something went wrong", id="unknown block"),
    ],
)
def test_visitor_is_told_whatever_the_template_does(log, spec, title, status, text):
    response = send(build(spec)[0], title)

    assert response.status_code == status
    assert text in response.text
    assert "nothing.at_all" not in response.text
    assert "fails" in log()


def test_fragment_gets_its_context_of_the_call_and_the_result():
    app, actions = build()
    seen = []

    def context(ctx: ActionContext, result: Any) -> dict[str, Any]:
        seen.append((ctx.name, ctx.called_from, result.data))
        return {"one": 1}

    actions.action("given", fragment="given.html", fragment_context=context)(handle)
    response = send(app, "hello", name="given")

    assert response.text == "1 hello True"
    assert seen == [("given", "htmx", "hello")]


@pytest.mark.parametrize("referer", ["http://localhost/there", ""], ids=["a page", "nobody knows"])
def test_fragment_does_not_take_what_waits_for_a_page(referer):
    app, actions = build()
    actions.action("other", fragment="other.html")(handle)
    client = app.test_client()
    headers = {"Referer": referer} if referer else {}
    kept = client.post("/_actions/plain", data={"title": "hello"}, headers=headers)

    fragment = client.post("/_actions/other", data={"title": "hello"}, headers=HTMX)
    at_the_page = client.post(
        "/there?_action=other", data={"title": "hello"}, headers={**HTMX, **headers}
    )

    assert (fragment.text, at_the_page.text) == ("None", "None")
    path = kept.location if referer else kept.location.replace("/?", "/there?")
    assert "hello" in client.get(path).text


# Without a fragment


@pytest.mark.parametrize(
    "headers", [*DOORS, pytest.param({**HTMX, "Sec-Fetch-Mode": "cors"}, id="htmx 2")]
)
@pytest.mark.parametrize("title", ["hello", "no", "conflict"])
def test_action_without_a_fragment_leads_back_as_a_form_does(headers, title):
    response = send(build()[0], title, headers, "plain")

    assert response.status_code == 303
    assert response.location.startswith("/page?a=1&_result=")


def test_what_the_redirect_would_lose_is_logged(log):
    app, actions = build()

    @actions.action
    def tell(ctx: ActionContext) -> None:
        ctx.htmx.trigger("told")

    send(app, "", name="tell")

    assert "What tell asks of ctx.htmx is lost" in log()


@pytest.mark.parametrize(
    ("headers", "name", "status", "header"),
    [
        pytest.param(HTMX, "plain", 200, "HX-Redirect", id="htmx"),
        pytest.param(FULL, "plain", 200, "HX-Location", id="full"),
        pytest.param(BOOSTED, "plain", 303, "Location", id="boosted"),
        pytest.param(FULL, "post", 200, "HX-Location", id="full with a fragment"),
        pytest.param(BOOSTED, "post", 303, "Location", id="boosted with a fragment"),
    ],
)
def test_nobody_logged_in_is_led_to_the_login(headers, name, status, header):
    class Manager:
        login_view = "there"

    app, actions = build()
    app.login_manager = Manager()
    actions.user_loader(lambda: None)

    response = send(app, "login", headers, name)

    assert response.status_code == status
    assert response.headers[header].startswith("/there?next=/page%3Fa%3D1%26_result%3D")


# Redirects


@pytest.mark.parametrize(
    ("headers", "name", "status", "header"),
    [
        pytest.param(HTMX, "post", 200, "HX-Location", id="htmx"),
        pytest.param(HTMX, "plain", 200, "HX-Location", id="htmx without a fragment"),
        pytest.param(FULL, "plain", 200, "HX-Location", id="full"),
        pytest.param(BOOSTED, "plain", 303, "Location", id="boosted"),
    ],
)
def test_redirect_carries_the_result(headers, name, status, header):
    app, _ = build()
    client = app.test_client()
    response = client.post(f"/_actions/{name}", data={"title": "there"}, headers=headers)

    assert response.status_code == status
    way = response.headers[header]
    assert way.startswith("/there?q=a")
    assert "there" in client.get(way).text if name == "plain" else "None" in client.get(way).text


def test_redirect_is_one_url_to_htmx_4():
    """There the header is a language: ``a,path:b`` would lead to ``b``."""
    way = send(build()[0], "there").headers["HX-Location"]

    assert way.startswith("/there?q=a%2Cpath:b&_result=")


@pytest.mark.parametrize("headers", DOORS)
def test_redirect_is_ascii(headers):
    response = send(build()[0], "unicode", headers)
    way = response.headers.get("HX-Location") or response.location

    assert way.startswith("/%C3%B6/%E8%AA%9E?q=%C3%BC&_result=")


@pytest.mark.parametrize("headers", DOORS)
@pytest.mark.parametrize("name", ["post", "plain"])
def test_redirect_to_another_site_is_for_the_browser(headers, name):
    response = send(build()[0], "away", headers, name)

    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "https://example.org/%C3%BC,x"
    assert "Location" not in response.headers


def test_redirect_triggers_events_too():
    app, actions = build()

    @actions.action(fragment="result.html")
    def leave(ctx: ActionContext) -> None:
        ctx.htmx.trigger("left")
        ctx.redirect("/there")

    response = send(app, "", name="leave")

    assert response.headers["HX-Trigger"] == '{"left": null}'
    assert response.headers["HX-Location"].startswith("/there")


# Refusals


@pytest.mark.parametrize("headers", DOORS)
@pytest.mark.parametrize(
    ("name", "data", "further", "status"),
    [
        pytest.param("nothing", {"title": "a"}, {}, 404, id="404"),
        pytest.param("post", {"title": "a"}, {"Origin": "https://evil.example"}, 403, id="origin"),
        pytest.param("post", {"title": "a" * 2_000_000}, {}, 413, id="413"),
        pytest.param("post", "text", {"Content-Type": "text/plain"}, 415, id="415"),
    ],
)
def test_refusal_stands_before_what_sent_it(headers, name, data, further, status):
    client = build()[0].test_client()
    response = client.post(f"/_actions/{name}", data=data, headers={**headers, **further})

    assert response.status_code == status
    assert response.text.startswith('<div class="actions-error">')
    assert 'role="alert"' in response.text
    told = {name: response.headers[f"HX-{name}"] for name in ("Retarget", "Reswap", "Push-Url")}
    assert told == {"Retarget": "closest *", "Reswap": "beforebegin", "Push-Url": "false"}


def test_other_method_is_refused_and_named():
    response = build()[0].test_client().get("/_actions/post", headers=HTMX)

    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert response.headers["HX-Reswap"] == "beforebegin"


@pytest.mark.parametrize("headers", DOORS)
def test_application_words_its_refusals_itself(headers):
    app, _ = build()
    own = DictLoader({"actions/error.html": "Sorry: {{ error.code }}"})
    app.jinja_loader = ChoiceLoader([own, app.jinja_loader])

    response = send(app, "hello", headers, "nothing")

    assert response.text == '<div class="actions-error">Sorry: NOT_FOUND</div>'


def test_what_a_refusal_says_is_text():
    response = send(build()[0], "hello", {**HTMX, "Origin": "https://<b>"})

    assert "<b>" not in response.text
    assert "&lt;b&gt;" in response.text


def test_boosted_refusal_is_the_error_handlers_where_there_is_one():
    app, _ = build()
    app.register_error_handler(404, lambda error: ("<!doctype html><h1>Lost</h1>", 404))

    response = send(app, "hello", BOOSTED, "nothing")

    assert "Lost" in response.text
    assert response.headers["HX-Push-Url"] == "false"
    assert "HX-Reswap" not in response.headers


# ctx.htmx


@pytest.fixture
def reply() -> HtmxReply:
    return HtmxReply()


def test_events_are_one_header_of_ascii(reply):
    reply.trigger("saved")
    reply.trigger("grüße", {"name": "語"})
    reply.trigger("saved", 2)

    header = reply.headers["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header) == {"saved": 2, "grüße": {"name": "語"}}


def test_event_with_a_detail_that_is_no_json_is_an_error_and_no_event(reply):
    with pytest.raises(TypeError, match="not JSON serializable"):
        reply.trigger("saved", object())
    reply.trigger("told")

    assert reply.headers == {"HX-Trigger": '{"told": null}'}


@pytest.mark.parametrize(
    ("ask", "header", "value"),
    [
        pytest.param(lambda it: it.retarget("#list"), "HX-Retarget", "#list", id="retarget"),
        pytest.param(
            lambda it: it.retarget("#größe .x"), "HX-Retarget", r"#gr\f6 \df e .x", id="ö"
        ),
        pytest.param(lambda it: it.reswap("beforeend"), "HX-Reswap", "beforeend", id="reswap"),
        pytest.param(lambda it: it.push_url("/a?b=1,2"), "HX-Push-Url", "/a?b=1,2", id="push"),
        pytest.param(
            lambda it: it.push_url("/語"), "HX-Push-Url", "/%E8%AA%9E", id="push, encoded"
        ),
        pytest.param(lambda it: it.push_url(False), "HX-Push-Url", "false", id="push nothing"),
    ],
)
def test_headers(reply, ask, header, value):
    ask(reply)

    assert reply.headers == {header: value}


@pytest.mark.parametrize("value", ["#a\r\nSet-Cookie: x=1", "#a\nb", "#a\0"])
@pytest.mark.parametrize("method", ["retarget", "reswap"])
def test_what_no_header_can_hold_is_an_error_where_it_is_asked_for(reply, method, value):
    with pytest.raises(ValueError, match="cannot be sent in a header"):
        getattr(reply, method)(value)

    assert reply.headers == {}


def test_further_parts_follow_the_fragment_each_in_its_place():
    app, actions = build()

    @actions.action(fragment="result.html")
    def add(ctx: ActionContext) -> str:
        ctx.htmx.oob("part.html", target='[name="a"] > b', text="<1>")
        ctx.htmx.oob("part.html", target="#list", swap="beforeend", text="2")
        ctx.htmx.oob("part.html", text="3")
        ctx.htmx.oob("page.html#side")
        return "main"

    response = send(app, "", name="add")

    assert response.text.split("\n") == [
        "main",
        '<hx-partial hx-target="[name=&#34;a&#34;] &gt; b" hx-swap="outerHTML">'
        "<b>&lt;1&gt;</b></hx-partial>",
        '<hx-partial hx-target="#list" hx-swap="beforeend"><b>2</b></hx-partial>',
        "<b>3</b>",
        "side",
    ]


def test_error_keeps_what_the_handler_asked_for():
    app, actions = build()

    @actions.action(fragment="result.html")
    def refuse(ctx: ActionContext) -> None:
        ctx.htmx.retarget("#errors")
        ctx.htmx.push_url("/here")
        raise ActionError("CONFLICT")

    response = send(app, "", name="refuse")

    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#errors"
    assert response.headers["HX-Push-Url"] == "/here"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="form"),
        pytest.param(BOOSTED, id="boosted"),
        pytest.param({"Accept": "application/json"}, id="rpc"),
    ],
)
def test_other_doors_do_not_hear_of_it(headers):
    app, actions = build()

    @actions.action(fragment="result.html")
    def ask(ctx: ActionContext) -> str:
        ctx.htmx.trigger("asked")
        ctx.htmx.oob("broken.html", target="#a")
        ctx.htmx.retarget("#b")
        return "done"

    response = send(app, "", headers, "ask")

    assert response.status_code in (200, 303)
    assert not any(name.startswith("HX-") for name in response.headers.keys())
