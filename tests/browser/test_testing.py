"""What the test client sends is what Chromium sends, byte for byte."""

from __future__ import annotations

from difflib import ndiff
from typing import Any

import pytest
from flask import Flask, request

from flask_actions import Actions
from flask_actions.testing import ActionsClient, Form

pytestmark = pytest.mark.browser

#: Every kind of control, as a page may render it: values that browsers mend, holes and oddities.
CONTROLS = """
<input name="first" form="f" value="before the form">
<form id="f" method="post" action="/send" enctype="{enctype}" {attributes}>
<input name="text" value="a&quot;b &amp; ü ~*"><input value="no name">
<input name="strange" type="x">
<input name="hidden" type="hidden" value="1&#10;2"><input name="_charset_" type="hidden">
<input name="quote&quot;d" type="hidden" value="x">
<input name="search" type="search" value=" s " dirname="search.dir" dir="rtl">
<input name="tel" type="tel" value="1&#10;2"><input name="url" type="url" value=" http://a/ ">
<input name="email" type="email" value=" a@b "> <input name="password" type="password" value="p">
<input name="emails" type="email" multiple value=" a@b , c@d ">
<input name="date" type="date" value="2024-02-29"><input name="no-date" type="date" value="1.2.24">
<input name="no-day" type="date" value="2023-02-29">
<input name="month" type="month" value="2024-13"><input name="week" type="week" value="2024-W09">
<input name="no-week" type="week" value="2023-W53"><input name="w53" type="week" value="2020-W53">
<input name="time" type="time" value="08:05:00"><input name="no-time" type="time" value="24:00">
<input name="at" type="datetime-local" value="2024-02-29 08:05:00">
<input name="at2" type="datetime-local" value="2024-02-29T08:05:06.700">
<input name="number" type="number" value="1e3"><input name="no-number" type="number" value="1,5">
<input name="number2" type="number" value=".5"><input name="number3" type="number" value="+1">
<input name="range" type="range"><input name="range2" type="range" min="1" max="10" step="4">
<input name="range3" type="range" min="0" max="1" step="0.1" value="0.25">
<input name="range4" type="range" max="10" value="12"><input name="range5" type="range" min="200">
<input name="range6" type="range" step="any" value="1.25">
<input name="range7" type="range" value="x">
<input name="range8" type="range" min="0" max="10" step="4" value="10">
<input name="color" type="color"><input name="color2" type="color" value="#ABCDEF">
<input name="box" type="checkbox"><input name="box2" type="checkbox" checked>
<input name="boxes" type="checkbox" value="a" checked><input name="boxes" type="checkbox" checked>
<input name="radio" type="radio" value="1" checked>
<input name="radio" type="radio" value="2" checked>
<input name="file" type="file"> <input name="files" type="file" multiple>
<input name="off" value="1" disabled><input name="fixed" value="1" readonly>
<fieldset disabled><legend><input name="in-legend" value="1"></legend>
  <legend><input name="in-second-legend" value="1"></legend>
  <div><input name="in-fieldset"></div></fieldset>
<textarea name="area">

two
lines &amp; <b></textarea>
<select name="one"><option disabled>1<option> two
  words <option value="">3</select>
<select name="last"><option selected>1<option selected>2</select>
<select name="off-option"><option selected disabled>1<option>2</select>
<select name="list" size="3"><option>1<option>2</select>
<select name="many" multiple><optgroup disabled><option selected>1</optgroup>
  <option selected>2<option>3<option value="4" selected></select>
<datalist><input name="in-datalist"></datalist>
<template><input name="in-template"></template>
<table><tr><input name="in-table" value="1"><td><input name="in-cell"></table>
<form><input name="in-inner-form" value="1">
<button type="button" name="no">No</button>
<button name="do" value="first">First</button>
<button name="do" value="second" formaction="/other">Second</button>
<button name="do" value="get" formmethod="get">Get</button>
<button name="do" value="off" disabled>Off</button>
<input type="submit" name="input">
</form>
<input name="after"><input name="last-one" form="f"><input name="lost" form="g">
"""

#: What is chosen and typed, as Playwright does it in the browser, and as the test client does.
TYPED = {
    "text": "typed",
    "email": " ada@example.org ",
    "number": "12.5",
    "area": "x\ny",
    "color": "#00ff00",
}


class Recorder:
    """An application with that page, which remembers the requests of its form."""

    def __init__(self) -> None:
        self.app = Flask(__name__)
        self.app.secret_key = "test"
        Actions(self.app)
        self.requests: list[dict[str, Any]] = []
        self.html = ""

        @self.app.get("/page")
        def page() -> str:
            return f"<!doctype html><title>Page</title>{self.html}"

        @self.app.route("/send", methods=["GET", "POST"])
        @self.app.route("/other", methods=["GET", "POST"])
        def send() -> str:
            kind, _, boundary = (request.content_type or "").partition("boundary=")
            body = request.get_data()
            names = (
                *("Accept", "Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode"),
                *("Sec-Fetch-Dest", "Sec-Fetch-User"),
                *(name for name in request.headers.keys() if name.startswith("Hx-")),
            )
            self.requests.append(
                {
                    "url": request.full_path,
                    "method": request.method,
                    "type": kind,
                    "body": parts_of(body.replace(boundary.encode() or b"-", b"-")),
                    **{name: request.headers.get(name) for name in names},
                }
            )
            return "sent"


def parts_of(body: bytes) -> list[bytes]:
    """A body in pieces, so that a failure shows which one is different."""
    return [part for line in body.split(b"\n") for part in line.split(b"&")]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def both(recorder, serve, page, tmp_path):
    """Send the form in Chromium and by the test client: the two requests."""
    address = serve(recorder.app)
    (tmp_path / 'a "b".txt').write_bytes(b"1\n2")

    def send(button: str | None, door: str = "form", fill: bool = True) -> list[dict[str, Any]]:
        page.goto(f"{address}/page")
        form = ActionsClient(recorder.app).get("/page", base_url=f"{address}/").form("#f")
        if fill:
            in_browser(page, tmp_path)
            in_client(form, tmp_path)
        if button is None:
            page.locator("[name=text]").press("Enter")
        else:
            page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_function("document.body?.textContent.includes('sent')")
        form.submit(button, door=door)
        browser, client = recorder.requests
        recorder.requests.clear()
        if door == "form":  # Chromium's names pictures too
            assert client.pop("Accept").startswith("text/html,")
            assert browser.pop("Accept").startswith("text/html,")
        return [browser, client]

    return send


def unlike(client: dict[str, Any], browser: dict[str, Any]) -> list[str]:
    """What is different: the lines that begin with ``-`` are Chromium's."""
    lines = [
        [f"{name}: {value}" for name, value in sorted(request.items()) if name != "body"]
        + [str(part) for part in request["body"]]
        for request in (browser, client)
    ]
    return [line for line in ndiff(*lines) if line[0] in "+-"]


def in_browser(page: Any, folder: Any) -> None:
    for name, text in TYPED.items():
        page.locator(f"#f [name={name}]").fill(text)
    page.locator("[name=box]").check()
    page.locator("[name=box2]").uncheck()
    page.locator("[name=radio][value='1']").check()
    page.locator("[name=one]").select_option("two words")
    page.locator("[name=many]").select_option(["2", "3"])
    page.locator("[name=file]").set_input_files(folder / 'a "b".txt')
    page.locator("[name=files]").set_input_files(
        [
            {"name": "ü.png", "mimeType": "image/png", "buffer": b"\0"},
            {"name": "b", "mimeType": "text/x-b", "buffer": b""},
        ]
    )


def in_client(form: Form, folder: Any) -> None:
    form.fill(TYPED, box=True, box2=False, radio="1", one="two words", many=["2", "3"])
    form.upload("file", folder / 'a "b".txt')
    form.upload("files", b"\0", "ü.png").upload("files", b"", "b", "text/x-b")


ENCTYPES = pytest.mark.parametrize(
    "enctype",
    [
        pytest.param("multipart/form-data", id="multipart"),
        pytest.param("application/x-www-form-urlencoded", id="urlencoded"),
        pytest.param("text/plain", id="text"),
    ],
)


@ENCTYPES
def test_every_kind_of_control_is_sent_as_chromium_sends_it(recorder, both, enctype):
    recorder.html = CONTROLS.format(enctype=enctype, attributes="novalidate")

    # Chromium writes no proper query for a button with formmethod="get" in a form of plain text.
    for button in (
        (None, "Second", "Submit") if enctype == "text/plain" else (None, "Get", "Submit")
    ):
        browser, client = both(button)
        assert unlike(client, browser) == []

    browser, client = both(None, fill=False)
    assert unlike(client, browser) == []


@pytest.mark.parametrize("policy", ["no-referrer", "strict-origin", "same-origin"])
def test_referrer_policy_does_to_the_headers_what_it_does_in_chromium(recorder, both, policy):
    recorder.html = f'<meta name="referrer" content="{policy}">' + CONTROLS.format(
        enctype="", attributes="novalidate"
    )

    browser, client = both(None)

    assert unlike(client, browser) == []


@pytest.mark.parametrize("htmx", [4, 2], ids=["htmx 4", "htmx 2"])
@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param('hx-post="/send"', id="post"),
        pytest.param('hx-post="/send" hx-encoding="multipart/form-data"', id="multipart"),
        pytest.param('hx-post="/send" hx-target="#there"', id="target"),
        pytest.param('hx-boost="true"', id="boosted"),
        pytest.param('hx-post="/send" hx-vals=\'{"text": "v", "more": 1}\'', id="values"),
    ],
)
def test_htmx_is_matched(recorder, both, attributes, htmx):
    with recorder.app.test_request_context():
        head = recorder.app.jinja_env.globals["actions_head"](htmx=htmx)
    recorder.html = f'{head}<p id="there"></p>' + CONTROLS.format(
        enctype="", attributes=f"novalidate {attributes}"
    )

    browser, client = both("First", "htmx")

    browser["body"] = [part.replace(b"%20", b"+") for part in browser["body"]]
    assert unlike(client, browser) == []
