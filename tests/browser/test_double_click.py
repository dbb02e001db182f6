"""A form that is on its way is not sent once more, unless something else is meant."""

from __future__ import annotations

from base64 import b64decode
from threading import Event

import pytest
from flask import Flask, Response, render_template_string
from markupsafe import Markup
from playwright.sync_api import Page, expect
from pydantic import BaseModel

from flask_actions import Actions, get_action_result
from tests.browser.guestbook import STRICT

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Notes</title>
{{ actions_head() }}</head><body>
<form method="post" action="{{ url }}">
  <input name="text" aria-label="Text" value="Hello">
  <button name="how" value="draft">Save</button>
  <button name="how" value="public">Publish</button>
</form>
<form method="post" action="{{ action_url('export') }}"><button>Export</button></form>
{{ more }}
<p role="status">{{ result.data if result else "nothing yet" }}</p>
</body></html>"""

PICTURE = "/picture.png"
ONE_PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
IMAGE = f"""<form method="post" action="/_actions/save">
<input name="text" value="Hello" aria-label="Same">
<input type="image" src="{PICTURE}" alt="Send" width="80" height="40"></form>"""


class Note(BaseModel):
    text: str
    how: str = ""


@pytest.fixture
def site():
    """An application whose action waits for ``app.go``; ``app.saved`` has what arrived."""
    app = Flask(__name__)
    app.secret_key = "test"
    app.saved, app.exported, app.go = [], [], Event()
    actions = Actions(app)

    @actions.action
    def save(input: Note) -> str:
        app.saved.append((input.text, input.how))
        app.go.wait(20)
        return f"saved {len(app.saved)}"

    @actions.action
    def export() -> Response:
        app.exported.append(True)
        return Response("a,b", headers={"Content-Disposition": "attachment; filename=a.csv"})

    def show(url: str, more: str = "") -> str:
        result = get_action_result("save")
        return render_template_string(PAGE, url=url, result=result, more=Markup(more))

    @app.get("/picture.png")
    def picture() -> Response:
        return Response(ONE_PIXEL, mimetype="image/png")

    app.add_url_rule("/", "page", lambda: show("/_actions/save"))
    app.add_url_rule("/own", "own", lambda: show("?_action=save"), methods=["GET", "POST"])
    app.add_url_rule("/based", "based", lambda: show("", "<base href='/elsewhere/'>"))
    app.add_url_rule("/image", "image", lambda: show("/_actions/save", IMAGE))

    @app.after_request
    def enforce(response: Response) -> Response:
        policy = STRICT.replace("base-uri 'none'", "base-uri 'self'")
        response.headers["Content-Security-Policy"] = f"{policy}; img-src 'self'"
        return response

    yield app
    app.go.set()


class Pointer:
    """Presses what was there when the page came: a locator would wait for the page under way."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._boxes = {
            name: page.get_by_role("button", name=name).bounding_box()
            for name in ("Save", "Publish")
        }

    def press(self, name: str) -> None:
        box = self._boxes[name]
        self._page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self._page.wait_for_timeout(100)

    def type(self, keys: str) -> None:
        self._page.keyboard.press(keys)
        self._page.wait_for_timeout(100)


@pytest.mark.parametrize("path", ["/", "/own"])
@pytest.mark.parametrize("by", ["click", "Enter"])
def test_form_that_is_under_way_is_not_sent_again(site, serve, page: Page, path, by):
    page.goto(serve(site) + path)
    page.get_by_label("Text").focus()
    pointer = Pointer(page)

    for _ in range(3):
        if by == "Enter":
            pointer.type("Enter")
        else:
            pointer.press("Save")
    site.go.set()

    expect(page.get_by_role("status")).to_have_text("saved 1")
    assert site.saved == [("Hello", "draft")]


@pytest.mark.parametrize(
    ("change", "second"),
    [
        pytest.param("text", ("!", "draft"), id="other text"),
        pytest.param("button", ("Hello", "public"), id="another button"),
    ],
)
def test_what_differs_is_sent(site, serve, page: Page, change, second):
    page.goto(serve(site))
    page.get_by_label("Text").select_text()
    pointer = Pointer(page)
    pointer.type("Enter")

    if change == "text":
        pointer.type("!")
    pointer.press("Save" if change == "text" else "Publish")
    site.go.set()

    expect(page.get_by_role("status")).to_have_text("saved 2")
    assert site.saved == [("Hello", "draft"), second]


def test_same_form_is_sent_again_from_the_page_that_answered_and_by_going_back(
    site, serve, page: Page
):
    site.go.set()
    page.goto(serve(site))

    for number in (1, 2):
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text(f"saved {number}")
    page.go_back()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status")).to_have_text("saved 3")


def test_form_without_an_action_is_sent_to_its_page_whatever_the_base_is(site, serve, page: Page):
    page.goto(serve(site) + "/based?_action=save")
    page.get_by_label("Text").focus()
    pointer = Pointer(page)

    for _ in range(2):
        pointer.type("Enter")

    assert site.saved == [("Hello", "draft")]


def test_image_is_the_same_button_wherever_it_is_pressed(site, serve, page: Page):
    page.goto(serve(site) + "/image")
    box = page.get_by_role("button", name="Send").bounding_box()

    for step in (10, 20):
        page.mouse.click(box["x"] + step, box["y"] + step)
        page.wait_for_timeout(100)

    assert site.saved == [("Hello", "")]


def test_form_that_was_stopped_is_sent_again(site, serve, page: Page):
    page.goto(serve(site))
    page.get_by_label("Text").focus()
    pointer = Pointer(page)

    for keys in ("Enter", "Escape", "Enter"):
        pointer.type(keys)

    assert len(site.saved) == 2


def test_script_runs_as_a_module_too(site, serve, page: Page):
    def as_module(route):
        answer = route.fetch()
        script = 'src="/_actions/static/htmx-actions.js"'
        route.fulfill(
            response=answer, body=answer.text().replace(script, f'{script} type="module"')
        )

    page.route("**/", as_module)
    page.goto(serve(site))
    assert page.locator("script[type=module]").count() == 1
    page.get_by_label("Text").focus()
    pointer = Pointer(page)

    for _ in range(2):
        pointer.type("Enter")

    assert site.saved == [("Hello", "draft")]


def test_download_is_had_again_after_a_while(site, serve, page: Page):
    page.goto(serve(site))
    export = page.get_by_role("button", name="Export")
    with page.expect_download():
        export.click()
    export.click()  # too soon

    page.wait_for_timeout(5_100)
    with page.expect_download():
        export.click()

    assert len(site.exported) == 2
