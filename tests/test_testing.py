"""The test client: forms are filled and sent as a browser does it, and claims say what is there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl

import pytest
from flask import Flask, Response, redirect, render_template_string, request, session
from flask.testing import FlaskClient
from flask_login import FlaskLoginClient, LoginManager, UserMixin
from flask_wtf import CSRFProtect
from jinja2 import DictLoader
from pydantic import BaseModel, Field

from demo import create_app
from flask_actions import (
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    MaxSize,
    Upload,
    get_action_result,
)
from flask_actions.testing import ActionsClient, File, Form, Page
from flask_actions.testing.markup import parse

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


# An application that says what it was sent


@dataclass
class Echo:
    """An application with one page of any HTML, which remembers what its forms send."""

    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = Flask("echo")

        @self.app.get("/page")
        def page() -> Response:
            return Response(self.html, mimetype="text/html", headers=self.headers)

        @self.app.route("/send", methods=["GET", "POST"])
        @self.app.route("/other", methods=["GET", "POST"])
        def send() -> str:
            self.requests.append(
                {
                    "path": request.path,
                    "method": request.method,
                    "query": request.query_string.decode(),
                    "type": request.content_type,
                    "body": request.get_data(),
                    "headers": request.headers,
                }
            )
            return "sent"

    def open(self, html: str) -> Page:
        self.html = html
        return ActionsClient(self.app).get("/page")

    @property
    def last(self) -> dict[str, Any]:
        return self.requests[-1]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What a urlencoded form sent last."""
        return parse_qsl(self.last["body"].decode(), keep_blank_values=True)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def form_of(echo) -> Callable[[str], Form]:
    """The form of a page with these controls in it."""

    def make(controls: str) -> Form:
        html = f'<form method="post" action="/send">{controls}<button>Send</button></form>'
        return echo.open(html).form()

    return make


# Filling in

CONTROLS = """
<input name="title" value="Old">
<input name="gone" disabled value="1">
<input name="fixed" readonly value="1">
<input name="token" type="hidden" value="1">
<fieldset disabled><input name="locked" value="1"></fieldset>
<input name="terms" type="checkbox">
<input name="tags" type="checkbox" value="a">
<input name="tags" type="checkbox" value="b" checked>
<input name="tags" type="checkbox" value="c" disabled>
<input name="role" type="radio" value="reader" checked>
<input name="role" type="radio" value="author">
<select name="topic"><option value="">-</option><option value="r">River</option>
  <option value="h" disabled>Hall</option></select>
<select name="langs" multiple><option>de<option selected>fr<option>es</select>
<input name="lines.0.qty" type="number">
<input name="line" value="1"> <input name="line" value="2">
<input name="day" type="date"> <input name="at" type="datetime-local">
<input name="when" type="time">
<input name="month" type="month"> <input name="week" type="week">
<input name="volume" type="range" min="0" max="10" step="2">
<input name="colour" type="color" value="#ff0000">
<input name="mail" type="email">
<input name="photo" type="file"> <input name="photos" type="file" multiple>
<textarea name="body">
first</textarea>
"""


class Colour(Enum):
    GREEN = "#00ff00"


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        pytest.param("title", "News", "News", id="text"),
        pytest.param("title", "", "", id="empty text"),
        pytest.param("title", None, "", id="None is nothing"),
        pytest.param("title", "two\nlines", "twolines", id="one line"),
        pytest.param("mail", " a@b.org ", "a@b.org", id="blanks around an address"),
        pytest.param("body", "one\ntwo", "one\ntwo", id="textarea"),
        pytest.param("lines.0.qty", 3, "3", id="number"),
        pytest.param("lines.0.qty", Decimal("1E+2"), "100", id="decimal"),
        pytest.param("lines.0.qty", "1e3", "1e3", id="number with an exponent"),
        pytest.param("day", date(2024, 2, 29), "2024-02-29", id="date"),
        pytest.param("at", datetime(2024, 2, 29, 8, 5), "2024-02-29T08:05", id="date and time"),
        pytest.param("at", "2024-02-29 08:05:00", "2024-02-29T08:05", id="seconds that are none"),
        pytest.param("when", datetime(2024, 2, 29, 8, 5).time(), "08:05", id="time"),
        pytest.param("month", "2024-02", "2024-02", id="month"),
        pytest.param("week", "2024-W09", "2024-W09", id="week"),
        pytest.param("volume", 4, "4", id="slider"),
        pytest.param("colour", Colour.GREEN, "#00ff00", id="enum"),
        pytest.param("topic", "r", "r", id="option by value"),
        pytest.param("topic", "River", "r", id="option by label"),
        pytest.param("langs", ["de", "es"], ["de", "es"], id="several options"),
        pytest.param("langs", [], None, id="no options"),
        pytest.param("terms", True, "on", id="tick"),
        pytest.param("terms", False, None, id="no tick"),
        pytest.param("tags", ["a", "b"], ["a", "b"], id="boxes"),
        pytest.param("tags", "a", "a", id="one box of several"),
        pytest.param("tags", [], None, id="no box"),
        pytest.param("role", "author", "author", id="radio"),
        pytest.param("line", ["x", "y"], ["x", "y"], id="two fields of one name"),
    ],
)
def test_filled_value_is_what_would_be_sent(form_of, name, value, sent):
    form = form_of(CONTROLS).fill({name: value})

    assert form.fields.get(name) == sent


@pytest.mark.parametrize(
    ("act", "message"),
    [
        pytest.param(
            lambda form: form.fill(titel="x"),
            r"/send has no field 'titel'\. Did you mean 'title'\? Its fields: title, gone, fixed",
            id="no such field",
        ),
        pytest.param(lambda form: form.fill(gone="x"), "'gone' .* is disabled", id="disabled"),
        pytest.param(
            lambda form: form.fill(locked="x"), "'locked' .* is disabled", id="in a fieldset"
        ),
        pytest.param(lambda form: form.fill(fixed="x"), "'fixed' is read-only", id="read-only"),
        pytest.param(lambda form: form.fill(token="x"), "'token' .* is hidden", id="hidden"),
        pytest.param(
            lambda form: form.fill(topic="x"),
            r"'topic' has no option 'x'\. Its options: '', 'r', 'h'",
            id="no such option",
        ),
        pytest.param(
            lambda form: form.fill(topic="h"), "'h' .* 'topic' is disabled", id="disabled option"
        ),
        pytest.param(
            lambda form: form.fill(langs=["de", "it"]), "no option 'it'", id="one of several"
        ),
        pytest.param(
            lambda form: form.fill(role="x"), "Its options: 'reader', 'author'", id="no such radio"
        ),
        pytest.param(lambda form: form.fill(tags=["x"]), "no option 'x'", id="no such box"),
        pytest.param(lambda form: form.fill(tags=["c"]), "'c' .* is disabled", id="disabled box"),
        pytest.param(lambda form: form.fill(tags=True), "several 'tags'", id="which box"),
        pytest.param(lambda form: form.fill(line="x"), "2 fields 'line'", id="which field"),
        pytest.param(
            lambda form: form.fill({"lines.0.qty": "a lot"}),
            "Nobody can enter 'a lot' .* type number",
            id="no number",
        ),
        pytest.param(lambda form: form.fill(day="29.2.2024"), "of the type date", id="no date"),
        pytest.param(
            lambda form: form.fill(day="2023-02-29"), "of the type date", id="no such day"
        ),
        pytest.param(lambda form: form.fill(at="2024-02-29"), "datetime-local", id="no time"),
        pytest.param(lambda form: form.fill(when="25:00"), "of the type time", id="no such time"),
        pytest.param(lambda form: form.fill(month="2024-13"), "type month", id="no such month"),
        pytest.param(lambda form: form.fill(week="2023-W53"), "type week", id="no such week"),
        pytest.param(lambda form: form.fill(volume=3), "min 0, max 10, step 2", id="between steps"),
        pytest.param(lambda form: form.fill(volume=12), "type range", id="beyond the slider"),
        pytest.param(lambda form: form.fill(colour="green"), "type color", id="no colour"),
        pytest.param(lambda form: form.fill(photo="x"), r"\.upload\('photo'", id="file as text"),
        pytest.param(lambda form: form.upload("title", b""), "takes no file", id="text as file"),
        pytest.param(lambda form: form.check("title"), "no box to tick", id="check a text"),
        pytest.param(lambda form: form.check("tags"), "several 'tags'", id="check one of several"),
        pytest.param(lambda form: form.uncheck("role", "reader"), "not unchecked", id="radio"),
        pytest.param(lambda form: form.select("title", "x"), "is no select", id="select a text"),
        pytest.param(lambda form: form.select("topic"), "takes one option", id="select nothing"),
    ],
)
def test_what_nobody_can_enter_fails(form_of, act, message):
    form = form_of(CONTROLS)

    with pytest.raises(AssertionError, match=message):
        act(form)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="bool"),
        pytest.param(b"x", id="bytes"),
        pytest.param([["x"]], id="list in a list"),
        pytest.param({"a": 1}, id="dict"),
    ],
)
def test_what_is_no_text_is_a_type_error(form_of, value):
    with pytest.raises(TypeError, match="nothing that somebody types"):
        form_of(CONTROLS).fill(title=value)


def test_boxes_options_and_files_have_verbs_of_their_own(form_of, tmp_path):
    (tmp_path / "me.png").write_bytes(PNG)
    form = form_of(CONTROLS)

    form.check("terms").check("tags", "a").uncheck("tags", "b").check("role", "author")
    form.select("langs", "de", "es").select("topic", "River")
    form.upload("photo", b"old", "old.txt").upload("photo", tmp_path / "me.png")
    form.upload("photos", b"1", "a.txt").upload("photos", BytesIO(b"2"), "b", "text/x-b")

    entries = dict.fromkeys(form.entries())
    assert form.fields["terms"] == "on"
    assert form.fields["tags"] == "a"
    assert form.fields["role"] == "author"
    assert form.fields["langs"] == ["de", "es"]
    assert form.fields["topic"] == "r"
    assert ("photo", File("me.png", PNG, "image/png")) in entries
    assert ("photos", File("a.txt", b"1", "text/plain")) in entries
    assert ("photos", File("b", b"2", "text/x-b")) in entries
    assert len([name for name, _ in form.entries() if name == "photo"]) == 1


# What a browser sends


@pytest.mark.parametrize(
    ("controls", "sent"),
    [
        pytest.param('<input name="a" value="1"><input value="2">', [("a", "1")], id="no name"),
        pytest.param('<input name="a" type="checkbox">', [], id="box without a tick"),
        pytest.param('<input name="a" type="checkbox" checked>', [("a", "on")], id="box"),
        pytest.param(
            '<input name="a" type="radio" value="1" checked>'
            '<input name="a" type="radio" value="2" checked>',
            [("a", "2")],
            id="the last radio button",
        ),
        pytest.param("<select name=a><option>1<option>2</select>", [("a", "1")], id="first option"),
        pytest.param(
            "<select name=a><option disabled>1<option>2</select>",
            [("a", "2")],
            id="first option that is not disabled",
        ),
        pytest.param(
            "<select name=a><option selected>1<option selected>2</select>",
            [("a", "2")],
            id="last selected option",
        ),
        pytest.param(
            "<select name=a><option selected disabled>1<option>2</select>",
            [],
            id="selected option that is disabled",
        ),
        pytest.param("<select name=a size=2><option>1<option>2</select>", [], id="list box"),
        pytest.param(
            "<select name=a multiple><optgroup disabled><option selected>1</optgroup>"
            "<optgroup><option selected>2</optgroup><option selected>3</select>",
            [("a", "2"), ("a", "3")],
            id="groups of options",
        ),
        pytest.param(
            "<select name=a><option> two\n words </select>",
            [("a", "two words")],
            id="option's text",
        ),
        pytest.param(
            "<textarea name=a>\n\none\r\ntwo &amp; <b></textarea>",
            [("a", "\r\none\r\ntwo & <b>")],
            id="textarea",
        ),
        pytest.param('<input name="a" type="hidden" value="1\n2">', [("a", "1\r\n2")], id="hidden"),
        pytest.param('<input name="a" type="number" value="1,5">', [("a", "")], id="no number"),
        pytest.param('<input name="a" type="date" value="1.2.24">', [("a", "")], id="no date"),
        pytest.param('<input name="a" type="range">', [("a", "50")], id="slider in the middle"),
        pytest.param('<input name="a" type="color">', [("a", "#000000")], id="black"),
        pytest.param('<input name="a" type="strange" value="1">', [("a", "1")], id="strange type"),
        pytest.param('<input name="a" type="file">', [("a", "")], id="no file"),
        pytest.param(
            '<input name="_charset_" type="hidden">', [("_charset_", "UTF-8")], id="charset"
        ),
        pytest.param(
            '<input name="a" dirname="a.dir" dir="rtl">',
            [("a", ""), ("a.dir", "rtl")],
            id="dirname",
        ),
        pytest.param(
            '<fieldset disabled><legend><input name="a"></legend><legend><input name="b"></legend>'
            '<input name="c"></fieldset>',
            [("a", "")],
            id="legend of a disabled fieldset",
        ),
        pytest.param('<template><input name="a"></template>', [], id="template"),
        pytest.param('<input name="a" form="other">', [], id="of another form"),
        pytest.param('<input name="a" form="">', [], id="of no form"),
        pytest.param('<button name="a" type="button">', [], id="button for scripts"),
        pytest.param(
            '<form><input name="a"></form><input name="b">', [("a", "")], id="form in form"
        ),
        pytest.param('<div><input name="a" NAME="b" VALUE=1></div>', [("a", "1")], id="capitals"),
    ],
)
def test_successful_controls(echo, form_of, controls, sent):
    form_of(controls).submit()

    assert echo.pairs == sent


def test_controls_outside_of_the_form_are_sent_in_the_order_of_the_page(echo):
    page = echo.open(
        '<input name="a" form="f"><form id="f" method="post" action="/send"><input name="b">'
        '</form><button name="c" value="3" form="f">Go</button><input name="d" form="f">'
    )

    page.form("#f").submit()

    assert echo.pairs == [("a", ""), ("b", ""), ("c", "3"), ("d", "")]


def test_form_that_a_table_takes_apart_keeps_its_controls(echo):
    page = echo.open(
        '<table><tr><form method="post" action="/send"><td><input name="a"><td><button>Go</button>'
        "</form></tr></table>"
    )

    page.form().submit()

    assert echo.pairs == [("a", "")]


BUTTONS = """
<button type="button">Nothing</button>
<button name="do" value="draft">Save as draft</button>
<button name="do" value="publish" id="out" formaction="/other">Publish <b>now</b></button>
<input type="submit" name="input">
<input type="image" name="map" alt="Map">
<button disabled>Later</button>
<button formmethod="get">Look</button>
<button formenctype="multipart/form-data">Parts</button>
<button formenctype="text/plain">Text</button>
"""


@pytest.mark.parametrize(
    ("button", "path", "sent"),
    [
        pytest.param(None, "/send", [("do", "draft")], id="Enter presses the first"),
        pytest.param("Save as draft", "/send", [("do", "draft")], id="by what it says"),
        pytest.param("Publish now", "/other", [("do", "publish")], id="its own address"),
        pytest.param("Publish", "/other", [("do", "publish")], id="by a part of what it says"),
        pytest.param("publish", "/other", [("do", "publish")], id="by value"),
        pytest.param("out", "/other", [("do", "publish")], id="by id"),
        pytest.param("Submit", "/send", [("input", "Submit")], id="input without a value"),
        pytest.param("Map", "/send", [("map.x", "0"), ("map.y", "0")], id="image"),
    ],
)
def test_pressed_button_is_sent_and_says_where(echo, form_of, button, path, sent):
    form_of(BUTTONS).submit(button)

    assert echo.last["path"] == path
    assert echo.pairs == sent


@pytest.mark.parametrize(
    ("button", "message"),
    [
        pytest.param("Later", "'Later' .* is disabled", id="disabled"),
        pytest.param("Delete", "no button 'Delete'. Its buttons: 'Save as draft'", id="none"),
        pytest.param("do", "several buttons 'do'", id="several"),
        pytest.param("Nothing", "no button 'Nothing'", id="one for scripts"),
    ],
)
def test_button_that_cannot_be_pressed_fails(form_of, button, message):
    with pytest.raises(AssertionError, match=message):
        form_of(BUTTONS).submit(button)


def test_disabled_first_button_keeps_enter_from_sending(echo):
    page = echo.open('<form action="/send"><button disabled>A</button><button>B</button></form>')

    with pytest.raises(AssertionError, match=r"'A' .* is disabled"):
        page.form().submit()


def test_form_without_a_button_is_sent_by_enter_from_its_only_line(echo):
    echo.open('<form action="/send"><input name="q"><input type="checkbox"></form>').form().submit()
    two = echo.open('<form action="/send"><input name="q"><input name="r"></form>').form()

    assert echo.last["query"] == "q="
    with pytest.raises(AssertionError, match="nothing sends it"):
        two.submit()


def test_get_form_replaces_the_query(echo):
    page = echo.open('<form action="/send?old=1#x"><input name="q"><button>Go</button></form>')

    page.form().fill(q="a b~*&\u00fc").submit()

    assert echo.last["method"] == "GET"
    assert echo.last["query"] == "q=a+b%7E*%26%C3%BC"
    assert "Origin" not in echo.last["headers"]


def test_button_says_method_and_encoding(echo, form_of):
    controls = f'<input name="a" value="1">{BUTTONS}<input type="file" name="f">'
    for button in ("Look", "Parts", "Text"):
        form_of(controls).upload("f", b"\0\n", 'a "b".bin').submit(button)

    look, parts, text = echo.requests
    boundary = parts["type"].partition("boundary=")[2]
    assert (look["method"], look["query"]) == ("GET", "a=1&f=a+%22b%22.bin")
    assert parts["body"].replace(boundary.encode(), b"X") == (
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
        b'--X\r\nContent-Disposition: form-data; name="f"; filename="a %22b%22.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n\0\n\r\n--X--\r\n"
    )
    assert (text["type"], text["body"]) == ("text/plain", b'a=1\r\nf=a "b".bin\r\n')


@pytest.mark.parametrize(
    ("html", "path"),
    [
        pytest.param('<form method="post">', "/page", id="no action"),
        pytest.param('<form method="post" action="">', "/page", id="empty action"),
        pytest.param('<base href="/a/b"><form method="post" action="c">', "/a/c", id="base"),
        pytest.param('<form method="post" action=" send ">', "/send", id="relative"),
        pytest.param('<form method="post" action="?x=1">', "/page", id="query alone"),
    ],
)
def test_address_is_resolved_as_in_a_browser(echo, html, path):
    answer = echo.open(f"{html}<button>Go</button></form>").form().submit()

    assert answer.request.path == path
    assert answer.request.method == "POST"


@pytest.mark.parametrize(
    ("html", "message"),
    [
        pytest.param('<form action="https://example.org/">', "another site", id="another site"),
        pytest.param('<form method="dialog">', "closes a dialog", id="dialog"),
    ],
)
def test_form_that_sends_nothing_here_fails(echo, html, message):
    with pytest.raises(AssertionError, match=message):
        echo.open(f"{html}<button>Go</button></form>").form().submit()


def test_headers_are_those_of_a_browser(echo, form_of):
    form_of('<input name="a">').submit()

    headers = echo.last["headers"]
    assert headers["Origin"] == "http://localhost"
    assert headers["Referer"] == "http://localhost/page"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Accept"].startswith("text/html,")
    assert headers["Sec-Fetch-Site"] == "same-origin"
    assert headers["Sec-Fetch-Mode"] == "navigate"
    assert headers["Sec-Fetch-Dest"] == "document"
    assert headers["Sec-Fetch-User"] == "?1"


def test_site_without_tls_gets_no_fetch_metadata(echo, form_of):
    echo.app.config["SERVER_NAME"] = "example.org"

    form_of("").submit()

    assert echo.last["headers"]["Origin"] == "http://example.org"
    assert "Sec-Fetch-Site" not in echo.last["headers"]


@pytest.mark.parametrize(
    ("policy", "origin", "referer"),
    [
        pytest.param("no-referrer", "null", None, id="no-referrer"),
        pytest.param("strict-origin", "http://localhost", "http://localhost/", id="strict-origin"),
        pytest.param("same-origin", "http://localhost", "http://localhost/page", id="same-origin"),
    ],
)
@pytest.mark.parametrize("by", ["header", "meta"])
def test_referrer_policy_is_heeded(echo, form_of, by, policy, origin, referer):
    if by == "header":
        echo.headers["Referrer-Policy"] = policy
        form_of("").submit()
    else:
        form_of(f'<meta name="referrer" content="{policy}">').submit()

    assert echo.last["headers"]["Origin"] == origin
    assert echo.last["headers"].get("Referer") == referer


# A site with actions


class Post(BaseModel):
    title: str = Field(min_length=3)
    body: str = ""
    tags: list[str] = Field([], max_length=2)
    photo: Annotated[Upload, MaxSize("1 kB")] | None = None


class Note(BaseModel):
    text: str = Field(min_length=1)


TEMPLATES = {
    "new.html": """\
<!doctype html><title>New</title>{{ actions_head() }}
<form id="search" action="/new"><input name="q"></form>
{% block form %}
{% set result = get_action_result("createPost") %}
{% set fields = result.error.fields if result and result.error else {} %}
<form method="post" action="{{ action_url('createPost') }}" hx-post="{{ action_url('createPost') }}"
      enctype="multipart/form-data" hx-encoding="multipart/form-data" id="create">
  {% if csrf_token is defined %}
  <input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
  {% endif %}
  {% if result and result.error %}<div role="alert"><h2>{{ result.error.message }}</h2></div>
  {% elif result %}<p role="status">Published {{ result.data }}</p>{% endif %}
  <input name="title" aria-describedby="hint{{ ' title-error' if fields.title }}"
    {% if fields.title %}aria-invalid="true" aria-errormessage="title-error"{% endif %}
    value="{{ result.values.title if result }}">
  <p id="hint">A few words</p>
  {% if fields.title %}<p id="title-error">{{ fields.title | join(" ") }}</p>{% endif %}
  <textarea name="body"></textarea>
  <fieldset {% if fields.tags %}aria-invalid="true" aria-describedby="tags-error"{% endif %}>
    <input type="checkbox" name="tags" value="a"><input type="checkbox" name="tags" value="b">
    <input type="checkbox" name="tags" value="c">
  </fieldset>
  <p id="tags-error">{{ fields.tags | join(" ") }}</p>
  <input name="photo" type="file">
  <button>Publish</button>
</form>
{% endblock %}
""",
    # By hand, without a word of ARIA.
    "notes.html": """\
<!doctype html><title>Notes</title>
{% for id in (1, 2) %}
{% set result = get_action_result("addNote", key=id) %}
<form method="post" action="/notes?_action=addNote">
  <input type="hidden" name="_key" value="{{ id }}">
  <input name="text" value="{{ result.values.text if result }}">
  {% if result and result.error %}
  <b>{{ result.error.fields.text | join(" ") or result.error.message }}</b>
  {% endif %}
  {% if result and result.ok %}<i>Kept</i>{% endif %}
  <button>Add</button>
</form>
{% endfor %}
""",
    "silent.html": """\
<form method="post" action="{{ action_url('createPost') }}">
  <input name="title"><button>Go</button>
</form>
""",
    "lines.html": """\
{% set result = get_action_result("order") %}
<form method="post" action="{{ action_url('order') }}">
  <input name="lines[0][qty]"><button>Order</button>
  {% if result and result.error %}
  {% for path, messages in result.error.fields.items() %}
  <p>{{ path }}: {{ messages | join }}</p>
  {% endfor %}
  {% endif %}
</form>
""",
}


class Lazy(ActionInputError):
    """An error whose messages are read in the request, as those in the reader's language are."""

    @property
    def fields(self) -> dict[str, list[str]]:
        return {"title": [f"Not at {request.host}"]}


class Line(BaseModel):
    qty: int = Field(gt=0)


class Order(BaseModel):
    lines: list[Line]
    email: str


def make_site(**config: Any) -> Flask:
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": "test", "TESTING": True, **config})
    app.jinja_loader = DictLoader(TEMPLATES)  # type: ignore[assignment]
    actions = Actions(app)
    app.config["seen"] = []

    @actions.action(fragment="new.html#form")
    def create_post(input: Post, ctx: ActionContext) -> str | None:
        app.config["seen"].append((ctx.called_from, dict(ctx.request.headers), input))
        match input.title:
            case "conflict":
                raise ActionError("CONFLICT", "Somebody was faster")
            case "taken":
                raise ActionInputError({"title": "Already taken", "": "Please check"})
            case "lazy":
                raise Lazy({"title": ""})
            case "welcome":
                ctx.redirect("welcome")
            case "away":
                ctx.redirect("https://example.org/", external=True)
        return input.title

    @actions.action
    def add_note(input: Note, ctx: ActionContext) -> str:
        if input.text == "conflict":
            raise ActionError("CONFLICT", "Somebody was faster")
        return input.text

    @actions.action
    def order(input: Order) -> None: ...

    for name in ("new", "notes", "silent", "lines"):
        template = f'{{% extends "{name}.html" %}}'
        app.add_url_rule(f"/{name}", name, lambda it=template: render_template_string(it))

    @app.get("/welcome")
    def welcome() -> str:
        result = get_action_result("createPost")
        return f"<h1>Welcome, {result.data if result else 'nobody'}</h1>"

    @app.get("/twice")
    def twice() -> Any:
        return redirect("/thrice", 302)

    @app.get("/thrice")
    def thrice() -> Any:
        return redirect("/welcome#top", 301)

    @app.get("/round")
    def round() -> Any:
        return redirect("/round", 302)

    return app


@pytest.fixture
def app() -> Flask:
    return make_site()


@pytest.fixture
def client(app: Flask) -> ActionsClient:
    return ActionsClient(app)


DOORS = pytest.mark.parametrize("door", ["form", "htmx", "rpc"])


@DOORS
def test_sent_form_reaches_its_action_by_each_door(app, client, door):
    form = client.get("/new").form("createPost")
    form.fill(title="News", body="one\ntwo", tags=["a", "c"]).upload("photo", PNG, "me.png")

    page = form.submit(door=door).assert_ok()

    called_from, _, input = app.config["seen"][-1]
    assert called_from == door
    assert (input.title, input.body, input.tags) == ("News", "one\r\ntwo", ["a", "c"])
    assert input.photo.filename == "me.png"
    assert page.result is not None and page.result.data == "News"
    if door != "rpc":
        assert page.document.text.count("Published News") == 1


@DOORS
def test_invalid_field_is_found_by_each_door(client, door):
    page = client.get("/new").form("createPost").fill(title="").submit(door=door)

    page.assert_invalid("title", message="at least 3 characters").assert_valid("body", "tags")
    page.assert_error("BAD_REQUEST", "Please check the marked fields.")
    assert page.errors("title") == ["String should have at least 3 characters"]
    assert page.errors("body") == []


@DOORS
def test_error_of_the_handler_is_found_by_each_door(client, door):
    page = client.get("/new").form("createPost").fill(title="conflict").submit(door=door)

    page.assert_error("CONFLICT", "Somebody was faster").assert_valid()


def test_form_says_what_is_wrong_with_its_fields(client):
    form = client.get("/new").form("createPost")
    answer = form.fill(title="x", tags=["a", "b", "c"]).submit()
    form = answer.form("createPost")

    answer.assert_invalid("title", "tags").assert_invalid("tags", message="at most 2 items")
    assert form.errors("title") == ["String should have at least 3 characters"]
    assert form.errors("tags") == ["List should have at most 2 items after validation, not 3"]
    assert form.errors("body") == []
    assert form.fields["title"] == "x"


def test_hint_of_an_invalid_field_is_no_error(client):
    client.application.jinja_loader.mapping["new.html"] = TEMPLATES["new.html"].replace(
        'aria-errormessage="title-error"', ""
    )

    page = client.get("/new").form("createPost").fill(title="x").submit()

    assert page.errors("title") == ["String should have at least 3 characters"]


def test_messages_are_known_as_they_were_told_in_the_request(client):
    page = client.get("/new").form("createPost").fill(title="lazy").submit(door="htmx")

    page.assert_invalid("title", message="Not at localhost")
    with pytest.raises(AssertionError, match="  title: Not at localhost"):
        page.assert_ok()


def test_answer_of_a_form_can_be_filled_and_sent_again(client):
    page = client.get("/new").form("createPost").fill(title="x").submit().assert_invalid("title")

    again = page.form("createPost").fill(title="News").submit()

    again.assert_ok().assert_valid("title")
    assert "Published News" in again.text


def test_fragment_can_be_filled_and_sent_again(app, client):
    page = client.get("/new").form("createPost").fill(title="x").submit(door="htmx")
    again = page.assert_invalid("title").form("createPost").fill(title="News").submit(door="htmx")

    headers = app.config["seen"][-1][1]
    again.assert_ok()
    assert page.url == again.url == "http://localhost/new"
    assert headers["Hx-Current-Url"] == "http://localhost/new"


# Pages without ARIA


def test_field_of_a_plain_page_is_invalid_by_the_result_that_it_shows(client):
    page = client.get("/notes").form("addNote", key=2).submit()

    page.assert_invalid("text", message="at least 1 character").assert_error("BAD_REQUEST")
    assert page.results.keys() == {("addNote", "2")}
    page.form("addNote", key=2).fill(text="Buy milk").submit().assert_ok().assert_valid("text")


def test_path_of_a_list_finds_the_field_in_brackets(client):
    page = client.get("/lines").form("order").fill({"lines[0][qty]": "0"}).submit()

    page.assert_invalid("lines.0.qty", "lines[0][qty]", message="greater than 0")
    page.assert_invalid("email", message="Field required")


def test_result_that_no_template_asks_for_is_a_failure(client):
    page = client.get("/silent").form("createPost").fill(title="x").submit()

    for claim in (lambda: page.assert_invalid("title"), lambda: page.assert_error("BAD_REQUEST")):
        with pytest.raises(AssertionError, match=r"no template of it asks for get_action_result"):
            claim()


def test_result_that_is_asked_for_with_another_key_is_a_failure(client):
    client.application.jinja_loader.mapping["notes.html"] = TEMPLATES["notes.html"].replace(
        "key=id", "key=id + 7"
    )

    page = client.get("/notes").form("addNote", key=2).submit()

    with pytest.raises(AssertionError, match=r"get_action_result\('addNote', key='2'\)"):
        page.assert_invalid("text")


# Failing claims


@pytest.mark.parametrize(
    ("claim", "first"),
    [
        pytest.param(lambda page: page.assert_ok(), "This was expected to go well", id="ok"),
        pytest.param(
            lambda page: page.assert_valid("title"),
            "The field 'title' was expected to be valid, and says ['String should",
            id="valid",
        ),
        pytest.param(
            lambda page: page.assert_valid(),
            "The field 'title' was expected to be valid",
            id="all valid",
        ),
        pytest.param(
            lambda page: page.assert_valid("titel"), "The page has no field 'titel'", id="no field"
        ),
        pytest.param(
            lambda page: page.assert_invalid("body"),
            "The field 'body' was expected to be invalid, and is not.",
            id="invalid",
        ),
        pytest.param(
            lambda page: page.assert_invalid("title", message="too long"),
            "'too long' was expected at the field 'title', which says ['String should",
            id="message",
        ),
        pytest.param(
            lambda page: page.assert_error("CONFLICT"),
            "The error CONFLICT was expected, and there is BAD_REQUEST.",
            id="code",
        ),
        pytest.param(
            lambda page: page.assert_error("BAD_REQUEST", "Go away"),
            "The message 'Go away' was expected",
            id="error's message",
        ),
    ],
)
def test_failing_claim_says_what_was_found_instead(client, claim, first):
    page = client.get("/new").form("createPost").fill(title="x", tags=["b"]).submit()

    with pytest.raises(AssertionError) as failure:
        claim(page)

    lines = str(failure.value).splitlines()
    assert lines[0].startswith(first)
    assert lines[1:] == [
        "It was POST /_actions/createPost -> 303, GET /new -> 200.",
        "createPost ended in BAD_REQUEST: Please check the marked fields.",
        "  title: String should have at least 3 characters",
        "In the page:",
        "  title = 'x'  <- invalid: String should have at least 3 characters",
        "  body = ''",
        "  tags = [ ] 'a'",
        "  tags = [ ] 'b'",
        "  tags = [ ] 'c'",
        "  photo = ''",
        "The page says: Please check the marked fields.",
    ]


def test_claim_of_an_error_where_all_is_well_fails(client):
    page = client.get("/new").form("createPost").fill(title="News").submit()

    with pytest.raises(AssertionError, match="CONFLICT was expected, and there is none"):
        page.assert_error("CONFLICT")
    with pytest.raises(AssertionError, match="'title' was expected to be invalid"):
        page.assert_invalid("title")
    with pytest.raises(ValueError, match="no error code"):
        page.assert_error("CONFLIKT")


def test_error_without_an_action_is_known_by_its_status(client):
    client.get("/nowhere").assert_error("NOT_FOUND")
    with pytest.raises(AssertionError, match="GET /nowhere -> 404"):
        client.get("/nowhere").assert_ok()


def test_password_in_a_page_is_not_told(echo):
    page = echo.open('<form><input type="password" name="p" value="geheim"></form>')

    with pytest.raises(AssertionError) as failure:
        page.assert_invalid("p")

    assert "geheim" not in str(failure.value)
    assert "p = (a password)" in str(failure.value)


# Finding a form


def test_form_is_found_by_name_by_action_by_id_and_by_key(client):
    create = client.application.extensions["actions"].registry.find("createPost")
    page, notes = client.get("/new"), client.get("/notes")

    assert page.form("createPost") is page.form(create) is page.form("#create")
    assert page.form("createPost").action == "createPost"
    assert page.form("#search").action is None
    assert [form.action for form in notes.forms] == ["addNote", "addNote"]
    assert notes.form("addNote", key=1).key == "1"
    assert notes.form("addNote", _key=2) is notes.form("addNote", key="2")


@pytest.mark.parametrize(
    ("path", "find", "lines"),
    [
        pytest.param(
            "/notes",
            lambda page: page.form("createPost"),
            [
                "The page has no form of createPost. It is GET /notes -> 200.",
                "  The form addNote, key '1': text",
                "  The form addNote, key '2': text",
            ],
            id="none",
        ),
        pytest.param(
            "/notes",
            lambda page: page.form("addNote"),
            [
                "The page has 2 times a form of addNote. It is GET /notes -> 200.",
                "  The form addNote, key '1': text",
                "  The form addNote, key '2': text",
                "Tell them apart by key=, or by a field: form(name, post_id=3).",
            ],
            id="several",
        ),
        pytest.param(
            "/notes",
            lambda page: page.form("addNote", key=3),
            [
                "The page has no form of addNote, key 3. It is GET /notes -> 200.",
                "  The form addNote, key '1': text",
                "  The form addNote, key '2': text",
            ],
            id="key",
        ),
        pytest.param(
            "/new",
            lambda page: page.form(),
            [
                "The page has 2 times a form. It is GET /new -> 200.",
                "  The form #search: q",
                "  The form createPost: title, body, tags, photo",
                "Tell them apart by key=, or by a field: form(name, post_id=3).",
            ],
            id="which",
        ),
        pytest.param(
            "/twice",
            lambda page: page.form("addNote"),
            [
                "The page has no form of addNote. It is GET /twice -> 302.",
                "  It has no form at all.",
                "This answer leads elsewhere: write .follow() before.",
            ],
            id="redirect",
        ),
    ],
)
def test_form_that_is_not_found_is_told_with_all_of_the_page(client, path, find, lines):
    page = client.get(path)

    with pytest.raises(AssertionError) as failure:
        find(page)

    assert str(failure.value).splitlines() == lines


def test_unknown_action_is_a_lookup_error(client):
    with pytest.raises(LookupError, match="Did you mean 'createPost'"):
        client.get("/new").form("createPots")


def test_form_under_a_prefix_and_a_script_root_is_found_and_sent():
    app = make_site(APPLICATION_ROOT="/blog", ACTIONS_URL_PREFIX="/do")
    page = ActionsClient(app).get("/new")

    answer = page.form("createPost").fill(title="News").submit()

    assert page.form("createPost").url == "http://localhost/blog/do/createPost"
    assert "Published News" in answer.assert_ok().text
    assert answer.url.startswith("http://localhost/blog/new?_result=")


def test_application_without_actions_has_forms_too(echo):
    page = echo.open('<form id="f" action="/send"><button>Go</button></form>')

    assert page.form().submit().text == "sent"
    with pytest.raises(RuntimeError, match="has no Actions"):
        page.form("createPost")


# Where it leads


def test_redirects_are_followed_as_a_browser_does(client):
    page = client.get("/new").form("createPost").fill(title="welcome").submit()

    assert page.url.startswith("http://localhost/welcome?_result=")
    assert page.document.text == "Welcome, welcome"
    assert [one.status_code for one in page.history] == [303]
    assert page.request.headers["Sec-Fetch-Mode"] == "navigate"
    assert page.request.headers["Referer"] == "http://localhost/new"
    assert "Origin" not in page.request.headers


def test_follow_goes_where_an_answer_leads(client):
    page = client.get("/twice").follow()
    posted = client.post("/_actions/createPost", data={"title": "welcome"})

    assert page.url == "http://localhost/welcome"
    assert [one.status_code for one in page.history] == [302, 301]
    assert page.follow() is page
    assert posted.assert_ok().follow().document.text == "Welcome, welcome"


def test_redirects_that_never_end_fail(client):
    with pytest.raises(AssertionError, match="never end"):
        client.get("/round").follow()


@pytest.mark.parametrize("door", ["form", "htmx"])
def test_way_to_another_site_ends_here(client, door):
    page = client.get("/new").form("createPost").fill(title="away").submit(door=door)

    where = page.headers["Location" if door == "form" else "HX-Redirect"]
    assert where == "https://example.org/"
    page.assert_ok()


def test_307_sends_the_body_again(echo):
    @echo.app.post("/moved")
    def moved() -> Any:
        return redirect("/send", 307)

    page = echo.open(
        '<form method="post" action="/moved"><input name="a"><button>Go</button></form>'
    )
    page.form().fill(a="1").submit()

    assert echo.last["method"] == "POST"
    assert echo.pairs == [("a", "1")]
    assert echo.last["headers"]["Origin"] == "http://localhost"


# htmx


def test_htmx_4_says_what_it_says(app, client):
    client.get("/new").form("createPost").fill(title="News").submit(door="htmx")

    headers = app.config["seen"][-1][1]
    assert headers["Hx-Request"] == "true"
    assert headers["Hx-Source"] == headers["Hx-Target"] == "form#create"
    assert headers["Hx-Request-Type"] == "partial"
    assert headers["Accept"] == "text/html"
    assert headers["Sec-Fetch-Mode"] == "same-origin"
    assert "Hx-Trigger" not in headers


def test_htmx_2_says_what_it_says():
    app = make_site(ACTIONS_HTMX_VERSION="2")
    ActionsClient(app).get("/new").form("createPost").fill(title="News").submit(door="htmx")

    headers = app.config["seen"][-1][1]
    assert headers["Hx-Request"] == "true"
    assert headers["Hx-Trigger"] == headers["Hx-Target"] == "create"
    assert headers["Accept"] == "*/*"
    assert headers["Sec-Fetch-Mode"] == "cors"
    assert "Hx-Request-Type" not in headers


def test_htmx_goes_where_the_handler_leads(client):
    page = client.get("/new").form("createPost").fill(title="welcome").submit(door="htmx")

    assert page.url.startswith("http://localhost/welcome?_result=")
    assert page.document.text == "Welcome, welcome"
    assert page.request.headers["HX-Request-Type"] == "full"


@pytest.mark.parametrize(
    ("attributes", "query", "headers"),
    [
        pytest.param('hx-post="/send"', "a=1%0A2", {"HX-Target": "form"}, id="form itself"),
        pytest.param(
            'hx-post="/send" hx-target="#there" hx-select="p"',
            "a=1%0A2",
            {"HX-Target": "p#there", "HX-Request-Type": "full"},
            id="target",
        ),
        pytest.param(
            'data-hx-post="/send" hx-vals=\'{"a": 3, "b": 4}\' hx-headers=\'{"X-A": "5"}\'',
            "a=3&b=4",
            {"X-A": "5"},
            id="values and headers",
        ),
        pytest.param(
            'hx-boost="true" method="post" action="/send"',
            "a=1%0A2",
            {"HX-Boosted": "true", "HX-Request-Type": "full", "HX-Target": "body"},
            id="boosted",
        ),
    ],
)
def test_htmx_sends_what_its_attributes_say(echo, attributes, query, headers):
    Actions(echo.app)
    page = echo.open(
        f'<p id="there"></p><form {attributes}><textarea name="a"></textarea><button>Go</button>'
    )

    page.form().fill(a="1\n2").submit(door="htmx")

    assert echo.last["body"].decode() == query
    assert {name: echo.last["headers"].get(name) for name in headers} == headers


def test_button_of_its_own_hx_post_sends_there(echo):
    Actions(echo.app)
    page = echo.open(
        '<form hx-post="/other"><input name="a"><button name="b" hx-post="/send">Go</button></form>'
    )

    page.form().submit(door="htmx")

    assert echo.last["path"] == "/send"
    assert echo.pairs == [("a", ""), ("b", "")]


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<form action="/send">', id="plain form"),
        pytest.param('<div hx-boost="true"><form action="/send">', id="not inherited in htmx 4"),
        pytest.param('<div hx-boost:inherited="true"><form hx-boost="false">', id="switched off"),
    ],
)
def test_form_that_htmx_would_not_send_fails(echo, html):
    Actions(echo.app)

    with pytest.raises(AssertionError, match="htmx does not send it"):
        echo.open(f"{html}<button>Go</button></form>").form().submit(door="htmx")


def test_what_is_not_understood_of_htmx_is_said(echo):
    Actions(echo.app)
    for attribute in ('hx-include="#x"', 'hx-vals="js:{a: 1}"'):
        form = echo.open(f'<form hx-post="/send" {attribute}><button>Go</button></form>').form()
        with pytest.raises(NotImplementedError, match="not understood"):
            form.submit(door="htmx")


def test_unknown_door_is_an_error(client):
    with pytest.raises(ValueError, match="'form', 'htmx' or 'rpc'"):
        client.get("/new").form("createPost").submit(door="window")  # type: ignore[arg-type]


# Beside the application's own


@DOORS
def test_csrf_token_of_the_page_is_sent(door):
    app = make_site()
    CSRFProtect(app)
    client = ActionsClient(app)

    client.get("/new").form("createPost").fill(title="News").submit(door=door).assert_ok()

    forged = client.post("/_actions/createPost", data={"title": "News"})
    forged.assert_error("FORBIDDEN")


def test_token_of_the_head_goes_with_htmx(echo):
    echo.app.secret_key = "test"
    Actions(echo.app)
    page = echo.open(
        '<meta name="csrf-token" content="abc" data-header="X-Token">'
        '<form hx-post="/send"><button>Go</button></form>'
    )

    page.form().submit(door="htmx")

    assert echo.last["headers"]["X-Token"] == "abc"


def test_application_may_name_the_client_as_its_own(app):
    app.test_client_class = ActionsClient

    client = app.test_client()

    assert isinstance(client, ActionsClient)
    assert isinstance(client.get("/new"), Page)
    assert isinstance(client.get("/new"), app.response_class)


def test_client_is_flasks_own_beside(app):
    with ActionsClient(app) as client:
        with client.session_transaction() as kept:
            kept["who"] = "Ada"
        page = client.get("/new", follow_redirects=True)
        assert session["who"] == "Ada"
        assert request.path == "/new"

    twice = client.get("/twice", follow_redirects=True)
    assert page.form("createPost").fill(title="News").submit().assert_ok()
    assert [one.url for one in twice.history] == [
        "http://localhost/twice",
        "http://localhost/thrice",
    ]


def test_client_goes_together_with_that_of_flask_login(app):
    class Client(ActionsClient, FlaskLoginClient):
        pass

    LoginManager(app).user_loader(lambda id: UserMixin())
    user = UserMixin()
    user.id = "7"

    @app.get("/me")
    def me() -> str:
        return str(session["_user_id"])

    app.test_client_class = Client

    assert app.test_client(user=user).get("/me").text == "7"


def test_plain_client_stays_as_it_was(app):
    assert type(app.test_client()) is FlaskClient


# Every form of the demo

PAGES = [
    "/", "/sign-up", "/log-in", "/posts/7", "/posts/new", "/posts/6/edit", "/desk",
    "/profile", "/posts/1/delete",
]  # fmt: skip
EVERYBODY = {
    "account.logIn", "account.signUp", "newsletter.subscribe", "posts.comment", "posts.like",
}  # fmt: skip
KNOWN = {*EVERYBODY, "account.logOut", "account.updateProfile"}
AUTHOR = {*KNOWN, "posts.create", "posts.publish", "posts.unpublish", "posts.update"}


@pytest.fixture
def demo_app(first_edition: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copytree(first_edition, tmp_path, dirs_exist_ok=True)
    app = create_app(demo_settings(tmp_path))
    yield app
    app.extensions["demo.engine"].dispose()


@pytest.fixture(scope="module")
def first_edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance folder of the demo, as its first start leaves it."""
    folder = tmp_path_factory.mktemp("first-edition")
    create_app(demo_settings(folder)).extensions["demo.engine"].dispose()
    return folder


def demo_settings(folder: Path) -> dict[str, str]:
    return {"INSTANCE_PATH": str(folder), "DATABASE_URL": f"sqlite:///{folder}/demo.db"}


class Visitor:
    """Somebody who sends every form of every page that they may see.

    :ivar sent: the actions that were called.
    """

    def __init__(self, app: Flask, name: str | None, htmx: int | None) -> None:
        self.app, self.name, self.htmx = app, name, htmx
        self.sent: set[str] = set()
        self.client = ActionsClient(app)
        self.session = ""
        if name is not None:
            form = self.client.get("/log-in").form("account.logIn")
            form.fill(email=f"{name}@example.org", password="alderbrook").submit().assert_ok()
            self.session = self.client.get_cookie("session").value
        self.come_in()

    def come_in(self) -> None:
        """Be as at the beginning, logged in or not."""
        self.client = ActionsClient(self.app)
        self.client.set_cookie("mode", f"htmx{self.htmx}" if self.htmx else "none")
        if self.session:
            self.client.set_cookie("session", self.session)

    def send_all(self, path: str) -> None:
        page = self.client.get(path)
        for form in page.forms if page.status_code == 200 else []:
            assert form.action is not None
            which = {name: value for name, value in form.fields.items() if name.endswith("_id")}
            assert page.form(form.action, form.key, **which) is form
            self.send(self.client.get(path).form(form.action, form.key, **which))

    def send(self, form: Form) -> None:
        fill_in(form, unique=f"{len(self.sent)}-{form.action}-{form.page.request.path}")
        answer = form.submit(door="htmx" if self.htmx and form.htmx_action else "form")
        self.sent.add(str(form.action))
        if self.name is None and str(form.action).startswith("posts."):
            answer.assert_error("UNAUTHORIZED")
            return
        answer.assert_ok().assert_valid()
        if form.action == "posts.unpublish":  # or there would be nothing to like
            self.send(answer.form("posts.publish", form.key))
        if str(form.action).startswith("account."):
            self.come_in()


def fill_in(form: Form, unique: str) -> None:
    """Put something fitting into every field that somebody can fill in."""
    for control in form.controls:
        name = control.name
        match control.kind:
            case "checkbox" if name == "remove_avatar":
                pass
            case "checkbox" | "radio":
                form.check(name, control.value)
            case "select":
                form.select(name, control.options[-1].value)
            case "email" if form.action == "account.logIn":
                form.fill({name: "rosa@example.org"})
            case "email":
                form.fill({name: f"{unique.replace('/', '-')}@example.org"})
            case "password":
                form.fill({name: "alderbrook"})
            case "text" | "textarea":
                form.fill({name: "As long as it takes to say it"})
            case "file":
                form.upload(name, PNG, "me.png")


@pytest.mark.parametrize("htmx", [None, 4, 2], ids=["no scripts", "htmx 4", "htmx 2"])
@pytest.mark.parametrize(
    ("name", "actions"),
    [
        pytest.param(None, EVERYBODY, id="nobody"),
        pytest.param("rosa", KNOWN, id="reader"),
        pytest.param("ada", AUTHOR, id="author"),
        pytest.param("edith", {*AUTHOR, "admin.deleteComment", "admin.deletePost"}, id="editor"),
    ],
)
def test_every_form_of_the_demo_is_found_filled_and_sent(demo_app, name, actions, htmx):
    visitor = Visitor(demo_app, name, htmx)

    for path in PAGES:
        visitor.send_all(path)

    assert visitor.sent == actions


# The elements of a page


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>one<p>two", "one two", id="paragraphs without an end"),
        pytest.param("a <b>bold</b>ness", "a boldness", id="inline"),
        pytest.param("a<script>if (1 < 2) b</script><style>p</style>c", "ac", id="scripts"),
        pytest.param("<template>a</template><p hidden>b</p>c", "c", id="hidden"),
        pytest.param("<ul><li>a<li>b</ul>&lt;c&gt;", "a b <c>", id="list"),
        pytest.param("<div/>a</div><br/>b<svg><path/></svg>c", "a b c", id="slash at the end"),
        pytest.param("<table><tr><td>a</div><td>b</table>c", "a b c", id="stray end tag"),
    ],
)
def test_text_is_what_is_to_be_read(html, text):
    assert parse(html).text == text
