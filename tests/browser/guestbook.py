"""A small application with one form for each thing that a form can do, under a strict policy.

``guestbook()`` gives it; ``test_htmx.py`` and ``test_forms_without_scripts.py`` fill its forms in.
Every page is the same with and without scripts: it says what arrived, and in how many requests.
"""

from __future__ import annotations

import secrets
from threading import Event
from typing import Annotated, Any

import pytest
from flask import Flask, Response, g, render_template, request, session
from flask_wtf import CSRFProtect
from jinja2 import DictLoader
from playwright.sync_api import Page
from pydantic import BaseModel, Field

from flask_actions import (
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    MaxSize,
    Upload,
)

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)
NONCED = (
    "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)

BOTH = pytest.mark.parametrize("htmx", [2, 4], ids=["htmx 2", "htmx 4"])
POLICIES = pytest.mark.parametrize("policy", [STRICT, NONCED], ids=["self", "nonce"])
BOOST = {2: 'hx-boost="true"', 4: 'hx-boost:inherited="true"'}
#: What Chromium says of an answer of 400 and more, by whatever way it came.
FAILED = "Failed to load resource.*status of {}"
PICTURE: Any = {"name": "me.txt", "mimeType": "text/plain", "buffer": b"me"}

TEMPLATES = {
    "layout.html": """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{% block title %}Guests{% endblock %}</title>
<link rel="stylesheet" href="/page.css"{% if csp_nonce %} nonce="{{ csp_nonce() }}"{% endif %}>
{{ actions_head() }}
<script src="/page.js" defer{% if csp_nonce %} nonce="{{ csp_nonce() }}"{% endif %}></script>
</head>
<body>
<p><a href="/other">Other page</a> Load <output id="load">{{ load() }}</output></p>
{% block content %}{% endblock %}
</body>
</html>
""",
    "bits.html": """\
{% macro token() %}{% if csrf_token %}
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">{% endif %}{% endmacro %}
{% macro field(name, label, result) %}
<p><label>{{ label }} <input id="{{ name }}" name="{{ name }}"
  value="{{ result.values[name] if result and result.values else '' }}"></label>
{% if result and result.error %}{% for message in (result.error.fields or {}).get(name, []) %}
<small class="wrong">{{ message }}</small>{% endfor %}{% endif %}</p>{% endmacro %}
{% macro told(result) %}
{% if result and result.error %}<p class="error">{{ result.error.message }}</p>
{% elif result %}<p class="done">{{ result.data }}</p>{% endif %}{% endmacro %}
{% macro target(action) %}method="post" action="{{ action_url(action) }}"
  hx-post="{{ action_url(action) }}"{% endmacro %}
""",
    # One block of the page is the fragment: what the page imports and sets, the block uses.
    "block.html": """\
{% extends "layout.html" %}
{% from "bits.html" import field, told, token, target %}
{% set shown = get_action_result("sign") %}
{% block content %}
<div class="tall"></div>
{% block form %}
<form id="form" {{ target("sign") }} hx-swap="outerHTML" novalidate>
  {{ told(shown) }}{{ token() }}
  {{ field("name", "Name", shown) }}
  {{ field("note", "Note", shown) }}
  <button>Sign</button>
</form>
{% endblock %}
<div class="tall"></div>
{% endblock %}
""",
    "whole.html": """\
{% extends "layout.html" %}
{% block content %}{% include "_whole.html" %}{% endblock %}
""",
    "_whole.html": """\
{% from "bits.html" import field, told, token, target %}
{% set shown = get_action_result("signWhole") %}
<form id="form" {{ target("signWhole") }} hx-swap="outerHTML" novalidate>
  {{ told(shown) }}{{ token() }}
  {{ field("name", "Name", shown) }}
  {{ field("note", "Note", shown) }}
  <button>Sign</button>
  <p>Guests: <output id="guests">{{ guests }}</output></p>
</form>
""",
    "plain.html": """\
{% extends "layout.html" %}
{% from "bits.html" import field, told, token, target %}
{% set shown = get_action_result("signPlainly") %}
{% block content %}
<form id="form" {{ target("signPlainly") }} {{ how | safe }} novalidate>
  {{ told(shown) }}{{ token() }}
  {{ field("name", "Name", shown) }}
  {{ field("note", "Note", shown) }}
  <button>Sign</button>
</form>
{% endblock %}
""",
    "boosted.html": """\
{% extends "layout.html" %}
{% from "bits.html" import field, told, token %}
{% set shown = get_action_result("signPlainly") %}
{% block title %}Boosted{% endblock %}
{% block content %}
<div {{ how | safe }}>
<form id="form" method="post" action="{{ action_url('signPlainly') }}" novalidate>
  {{ told(shown) }}{{ token() }}
  {{ field("name", "Name", shown) }}
  {{ field("note", "Note", shown) }}
  <button>Sign</button>
</form>
</div>
{% endblock %}
""",
    "welcome.html": """\
{% extends "layout.html" %}
{% from "bits.html" import told %}
{% block title %}Welcome{% endblock %}
{% block content %}<h1>Welcome</h1>
{% for name in ("sign", "signPlainly") %}{{ told(get_action_result(name)) }}{% endfor %}
{% endblock %}
""",
    "reply.html": """\
{% extends "layout.html" %}
{% block content %}{% for post in (1, 2) %}{% include "_reply.html" %}{% endfor %}{% endblock %}
""",
    "_reply.html": """\
{% from "bits.html" import token, told, target %}
{% set shown = get_action_result("reply", key=post) %}
<form id="reply-{{ post }}" {{ target("reply") }} hx-swap="outerHTML">
  {{ told(shown) }}{{ token() }}
  <input type="hidden" name="_key" value="{{ post }}">
  <input name="text" value="{{ shown.values.text if shown and shown.values else '' }}">
  <button>Reply</button>
</form>
""",
    "photo.html": """\
{% extends "layout.html" %}
{% block content %}{% include "_photo.html" %}{% endblock %}
""",
    "_photo.html": """\
{% from "bits.html" import token, told, target %}
{% set shown = get_action_result("photo") %}
<form id="form" {{ target("photo") }} hx-swap="outerHTML" enctype="multipart/form-data">
  {{ told(shown) }}{{ token() }}
  <input name="title" value="{{ shown.values.title if shown and shown.values else '' }}">
  <input type="file" name="picture">
  <button>Send</button>
</form>
""",
    "extras.html": """\
{% extends "layout.html" %}
{% block content %}
<ul id="events"></ul>
<p id="там">elsewhere</p>
<p id="own">own</p>
<table><tbody><tr id="row"><td>old row</td></tr></tbody></table>
<button id="extras" hx-post="{{ action_url('extras') }}" hx-target="#here">Extras</button>
<p id="here">here</p>
{% endblock %}
""",
    "_main.html": "main",
    "_row.html": '<tr id="row"><td>{{ text }}</td></tr>',
    "_own.html": '<p id="own" hx-swap-oob="true">{{ text }}</p>',
    "buttons.html": """\
{% extends "layout.html" %}
{% block content %}
<button id="like" hx-post="{{ action_url('like') }}" hx-target="#likes" hx-swap="innerHTML">
Like</button>
<p id="likes"></p>
<button id="slow" hx-post="{{ action_url('slow') }}" hx-target="#likes" hx-swap="innerHTML">
Slow <span class="htmx-indicator" id="wait">wait</span></button>
<button id="enter" hx-post="{{ action_url('enter') }}" hx-target="#likes">Log in</button>
<form id="once" hx-post="{{ action_url('like') }}" hx-target="#likes" hx-sync="this:drop"
  hx-swap="innerHTML"><button>Once</button></form>
{% endblock %}
""",
    "_like.html": "{{ result.data if result.ok else result.error.code }}",
    "list.html": """\
{% extends "layout.html" %}
{% from "bits.html" import token %}
{% block content %}
<ul id="list"><li>first</li></ul>
<form id="form" method="post" action="/_actions/{{ to }}" hx-post="/_actions/{{ to }}"
  {{ how | safe }}>{{ token() }}<input id="name" name="name"><button>Sign</button></form>
{% endblock %}
""",
}

PAGE_CSS = ".tall { height: 1500px } "
PAGE_JS = """
for (const name of ["signed", "counted", "плюс"]) {
  document.addEventListener(name, ({ detail }) => {
    const item = document.createElement("li");
    const told = { ...detail, elt: undefined };
    item.textContent = name + " " + JSON.stringify(told);
    document.getElementById("events").append(item);
  });
}
"""

CODES = {"BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "CONFLICT", "TOO_MANY_REQUESTS"}


class Signature(BaseModel):
    name: str = Field(min_length=3)
    note: str = ""


class Reply(BaseModel):
    text: str = Field(min_length=3)


class Photo(BaseModel):
    title: str = Field(min_length=3)
    picture: Annotated[Upload, MaxSize("1 kB")]


def guestbook(
    htmx: int = 4, *, policy: str = STRICT, csrf: bool = False, elsewhere: str = "", **config: Any
) -> Flask:
    """The application.

    :param elsewhere: another site, for the redirect that leaves this one.
    """
    app = Flask("guestbook")
    app.secret_key = secrets.token_hex()
    app.config.update(ACTIONS_HTMX_VERSION=htmx, ACTIONS_MAX_BODY="10 kB", **config)
    app.jinja_loader = DictLoader(TEMPLATES)
    #: What came: (method, path with query), whether htmx asked, and the token it brought.
    app.requests = []
    app.guests = []
    app.gate = Event()  # which the slow action waits at
    loads = iter(range(1, 1000))
    app.jinja_env.globals["load"] = lambda: next(loads)
    if csrf:
        CSRFProtect(app)
    if "{0}" in policy:
        app.jinja_env.globals["csp_nonce"] = csp_nonce
    _add_actions(app, Actions(app), elsewhere)
    _add_pages(app)

    @app.before_request
    def note() -> None:
        path = request.full_path.rstrip("?")
        app.requests.append((request.method, path, dict(request.headers)))

    @app.after_request
    def enforce(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy.format(g.get("nonce", "none"))
        return response

    return app


def csp_nonce() -> str:
    """As Flask-Talisman's: one per request."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe()
    return str(g.nonce)


def posts(app: Flask) -> int:
    """How many posts came."""
    return sum(method == "POST" for method, *_ in app.requests)


def loads(page: Page) -> str:
    """Which load of a page this is: the same as before, where only a part was swapped."""
    return page.locator("#load").inner_text()


def _add_actions(app: Flask, actions: Actions, elsewhere: str) -> None:
    def sign_in(input: Signature, ctx: ActionContext) -> str:
        if input.name == "taken":
            raise ActionInputError({"name": "Already here", "": "Please check the form"})
        if input.name == "broken":
            raise RuntimeError("nobody expected this")
        if input.name in CODES:
            raise ActionError(input.name, f"{input.name} it is")
        app.guests.append(input.name)
        if input.name == "welcome":
            ctx.redirect("welcome")
        if input.name.startswith("search "):
            ctx.redirect("welcome", q=input.name)
        if input.name == "leave":
            ctx.redirect(elsewhere, external=True)
        return f"Thank you, {input.name}"

    actions.action("sign", fragment="block.html#form")(sign_in)
    actions.action(
        "signWhole",
        fragment="_whole.html",
        fragment_context=lambda ctx, result: {"guests": len(app.guests)},
    )(sign_in)
    actions.action("signPlainly")(sign_in)

    @actions.action(
        fragment="_reply.html",
        fragment_context=lambda ctx, result: {"post": int(request.form["_key"])},
    )
    def reply(input: Reply) -> str:
        return f"Replied {input.text}"

    @actions.action(fragment="_photo.html")
    def photo(input: Photo) -> str:
        return f"{input.title}: {input.picture.filename}, {input.picture.size} bytes"

    @actions.action(fragment="_like.html")
    def like() -> int:
        session["likes"] = session.get("likes", 0) + 1
        return session["likes"]

    @actions.action(accept="json")
    def json_alone(input: Signature) -> str:
        return input.name

    @actions.action(fragment="_like.html")
    def slow() -> int:
        app.gate.wait(20)
        return 1

    @actions.action
    def enter(ctx: ActionContext) -> None:
        session.clear()  # as a login does, against session fixation
        ctx.redirect("buttons")

    @actions.action(fragment="_main.html")
    def extras(ctx: ActionContext) -> None:
        ctx.htmx.trigger("signed", {"name": "Zoë 語"})
        ctx.htmx.trigger("counted")
        ctx.htmx.trigger("плюс", 1)
        ctx.htmx.retarget("#там")
        ctx.htmx.reswap("beforeend")
        ctx.htmx.push_url("/gäste/名前?a=1")
        ctx.htmx.oob("_row.html", target="#row", text="new row")
        ctx.htmx.oob("_own.html", text="new own")


def _add_pages(app: Flask) -> None:
    @app.get("/<any(block, plain, boosted, welcome, reply, photo, extras, buttons, list):name>")
    def page(name: str) -> str:
        how, to = request.args.get("how", ""), request.args.get("to", "nothing")
        return render_template(f"{name}.html", how=how, to=to)

    app.add_url_rule("/welcome", "welcome", lambda: page("welcome"))
    app.add_url_rule("/buttons", "buttons", lambda: page("buttons"))

    @app.get("/whole")
    def whole() -> str:
        return render_template("whole.html", guests=len(app.guests))

    @app.get("/other")
    @app.get("/gäste/<name>")
    def other(name: str = "") -> str:
        return render_template("layout.html")

    @app.get("/page.css")
    def style() -> Response:
        return Response(PAGE_CSS, mimetype="text/css")

    @app.get("/page.js")
    def script() -> Response:
        return Response(PAGE_JS, mimetype="text/javascript")
