"""The same forms where no script runs: post, redirect, get, and pages that say what went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser.guestbook import FAILED, NONCED, PICTURE, guestbook, posts

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parent / "screenshots"
FORMS = [
    pytest.param("/block", id="with a fragment for htmx"),
    pytest.param("/plain", id="no fragment"),
]


@pytest.fixture
def javascript() -> bool:
    return False


@pytest.mark.parametrize("path", FORMS)
def test_result_shows_once_on_the_page_of_the_form(open_page, path):
    app = guestbook(csrf=True)
    page = open_page(app, path)
    start = page.url

    page.fill("#name", "Ada")
    page.click("text=Sign")

    expect(page.locator(".done")).to_have_text("Thank you, Ada")
    assert page.url.partition("?")[0] == start

    page.reload()
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator(".done")).to_have_count(0)
    assert posts(app) == 1


@pytest.mark.parametrize("path", FORMS)
def test_input_error_shows_beside_its_field_and_the_text_stays(open_page, path):
    page = open_page(guestbook(csrf=True), path)

    page.fill("#name", "Al")
    page.fill("#note", 'a "note" & <more>')
    page.click("text=Sign")

    expect(page.locator(".wrong")).to_contain_text("at least 3 characters")
    expect(page.locator("#name")).to_have_value("Al")
    expect(page.locator("#note")).to_have_value('a "note" & <more>')

    page.fill("#name", "Alan")
    page.click("text=Sign")

    expect(page.locator(".done")).to_have_text("Thank you, Alan")
    expect(page.locator(".wrong")).to_have_count(0)


@pytest.mark.parametrize("name", ["CONFLICT", "broken"])
def test_any_error_shows_on_the_page_and_the_text_stays(open_page, name):
    page = open_page(guestbook(), "/block")

    page.fill("#name", name)
    page.click("text=Sign")

    expect(page.locator(".error")).to_be_visible()
    expect(page.locator("#name")).to_have_value(name)


def test_handler_leads_to_another_page_and_back_finds_the_form(open_page):
    app = guestbook()
    page = open_page(app, "/block")

    page.fill("#name", "welcome")
    page.click("text=Sign")
    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_text("Thank you, welcome")

    page.go_back()
    expect(page.locator("#form")).to_be_visible()
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_count(0)
    assert posts(app) == 1


def test_handler_leads_to_another_site(serve, open_page):
    other = Flask("elsewhere")
    other.add_url_rule("/", view_func=lambda: "<h1>Elsewhere</h1>")
    elsewhere = serve(other, "localhost") + "/"
    # Chromium holds redirects of a form to form-action too: a page that sends people elsewhere
    # says so in its policy.
    policy = f"default-src 'none'; style-src 'self'; form-action 'self' {elsewhere}"
    page = open_page(guestbook(elsewhere=elsewhere, policy=policy), "/block")

    page.fill("#name", "leave")
    page.click("text=Sign")

    expect(page.locator("h1")).to_have_text("Elsewhere")
    assert page.url == elsewhere


def test_copies_of_a_form_show_each_their_own_result(open_page):
    page = open_page(guestbook(), "/reply")

    page.fill("#reply-2 [name=text]", "no")
    page.click("#reply-2 button")

    expect(page.locator("#reply-2 .error")).to_be_visible()
    expect(page.locator("#reply-2 [name=text]")).to_have_value("no")
    expect(page.locator("#reply-1 .error")).to_have_count(0)
    expect(page.locator("#reply-1 [name=text]")).to_have_value("")


def test_file_is_uploaded(open_page):
    page = open_page(guestbook(csrf=True), "/photo")
    page.fill("[name=title]", "Mine")
    page.set_input_files("[name=picture]", PICTURE)

    page.click("text=Send")

    expect(page.locator(".done")).to_have_text("Mine: me.txt, 2 bytes")


def test_two_tabs_see_each_their_own_result(serve, new_context):
    context = new_context(javascript=False)
    address = serve(guestbook())
    tabs = [context.new_page(), context.new_page()]
    for tab, name in zip(tabs, ("Ada", "Grace"), strict=True):
        tab.goto(f"{address}/plain")
        tab.fill("#name", name)

    for tab in tabs:
        tab.click("text=Sign")
        expect(tab.locator(".done")).to_be_visible()
    tabs[0].reload()

    expect(tabs[1].locator(".done")).to_have_text("Thank you, Grace")
    expect(tabs[0].locator("#form")).to_be_visible()
    expect(tabs[0].locator(".done")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "heading", "text"),
    [
        pytest.param(403, "This form was not accepted", "Reload the page", id="403 of the token"),
        pytest.param(404, "This form leads nowhere", "There is no such action.", id="404"),
        pytest.param(413, "This is too large to send", "too large", id="413"),
        pytest.param(415, "This could not be read", "only accepts JSON", id="415"),
    ],
)
def test_refused_form_gets_a_page_and_back_finds_the_text(
    open_page, complaints, status, heading, text
):
    complaints.expect(FAILED.format(status))
    path = {404: "/list", 415: "/list?to=jsonAlone"}.get(status, "/plain")
    page = open_page(guestbook(csrf=status == 403), path)
    page.fill("#name", "Ada")
    if status == 403:
        page.context.clear_cookies()
    if status == 413:
        page.fill("#note", "x" * 20_000)

    page.click("text=Sign")

    expect(page.get_by_role("heading")).to_have_text(heading)
    expect(page.get_by_role("alert")).to_contain_text(text)
    assert page.title() == heading
    page.go_back()
    expect(page.locator("#name")).to_have_value("Ada")


def test_form_of_another_site_is_refused(serve, page, complaints):
    complaints.expect(FAILED.format(403))
    app = guestbook()
    target = serve(app) + "/_actions/signPlainly"
    other = Flask("elsewhere")
    form = (
        f'<form method="post" action="{target}"><input name="name" value="Eve"><button>Go</button>'
    )
    other.add_url_rule("/", view_func=lambda: form)
    page.goto(serve(other, "localhost"))

    page.click("text=Go")

    expect(page.get_by_role("alert")).to_contain_text("ACTIONS_TRUSTED_ORIGINS")
    assert app.guests == []


@pytest.mark.parametrize("store", ["session", "cookie"])
@pytest.mark.parametrize("partitioned", [False, True], ids=["shared", "partitioned"])
def test_form_in_a_frame_of_another_site_shows_its_result(serve, page, store, partitioned):
    config = {
        "ACTIONS_RESULT_STORE": store,
        "SESSION_COOKIE_SAMESITE": "None",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_PARTITIONED": partitioned,
    }
    inner = serve(guestbook(**config)) + "/plain"
    other = Flask("elsewhere")
    other.add_url_rule("/", view_func=lambda: f'<iframe src="{inner}" height="600"></iframe>')
    page.goto(serve(other, "localhost"))
    frame = page.frame_locator("iframe")

    for name in ("Ada", "Grace"):
        frame.locator("#name").fill(name)
        frame.locator("text=Sign").click()
        expect(frame.locator(".done")).to_have_text(f"Thank you, {name}")

    waiting = [one["name"] for one in page.context.cookies(inner)]
    assert not any(name.startswith("_actions_") for name in waiting)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360], ids=["desk", "phone"])
def test_refusal_page_can_be_read(serve, new_context, complaints, scheme, width):
    complaints.expect(FAILED.format(405))
    context = new_context(
        javascript=False, color_scheme=scheme, viewport={"width": width, "height": 700}
    )
    page = context.new_page()

    page.goto(serve(guestbook(policy=NONCED)) + "/_actions/signPlainly")

    expect(page.get_by_role("heading")).to_have_text("There is no page here")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colours = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    paper, ink = (sum(map(int, colour[4:-1].split(","))) for colour in colours)
    assert (paper > ink) == (scheme == "light")
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"refusal-{width}-{scheme}.png")


def test_page_without_scripts_shows_no_indicator(open_page):
    page = open_page(guestbook(2), "/buttons")

    expect(page.locator("#wait")).to_be_hidden()
