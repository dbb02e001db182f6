"""The newspaper as a whole: its pages, its switch, its policy, and how it looks.

``paper`` is a newspaper that nobody has touched yet, read in one of the three modes; the other
``test_demo_…`` files borrow it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from demo import create_app
from demo.models import Post, User

SCREENSHOTS = Path(__file__).parent / "screenshots"

PAGES = {
    "front": "/",
    "section": "/?topic=river",
    "article": "/posts/6",
    "login": "/log-in?next=/posts/6",
    "sign-up": "/sign-up",
    "about": "/about",
    "write": "/posts/new",
    "edit": "/posts/6/edit",
    "desk": "/desk",
    "profile": "/profile",
    "delete": "/posts/6/delete",
}
FOR_ALL = ("front", "section", "article", "login", "sign-up", "about")


class Paper:
    """A served newspaper, and the browsers of the people who read it."""

    def __init__(
        self,
        app: Flask,
        address: str,
        mode: str,
        new_context: Callable[..., BrowserContext],
        complaints: Any,
    ) -> None:
        self.app = app
        self.address = address
        self.mode = mode
        self.htmx = mode != "no scripts"
        self._new_context = new_context
        self._complaints = complaints

    def visitor(self, name: str | None = None, path: str = "/", **options: Any) -> Page:
        """The page of somebody with a browser of their own, logged in as *name*."""
        context = self._new_context(javascript=self.htmx, base_url=self.address, **options)
        if self.htmx:
            value = self.mode.replace(" ", "")
            context.add_cookies([{"name": "mode", "value": value, "url": self.address}])
        if name is not None:
            context.add_cookies(
                [{"name": "session", "value": self._session_of(name), "url": self.address}]
            )
        page = context.new_page()
        page.goto(path)
        return page

    def expect_status(self, status: int) -> None:
        """Accept the line that the browser writes by itself for an answer with *status*."""
        self._complaints.expect(f"status of {status}")

    def expect_refused_form(self, status: int = 400) -> None:
        """A form post is redirected whatever its result; only htmx sees the status."""
        if self.htmx:
            self.expect_status(status)

    @contextmanager
    def in_place(self, page: Page, *untouched: str) -> Iterator[None]:
        """With htmx, whatever happens inside leaves these elements and the page alone."""
        if not self.htmx:
            yield
            return
        for selector in untouched:
            page.locator(selector).evaluate("element => { element.untouched = true }")
        address = page.url
        yield
        for selector in untouched:
            assert page.locator(selector).evaluate("element => element.untouched === true")
        assert page.url == address

    def post(self, title: str) -> Post | None:
        with Session(self.app.extensions["demo.engine"]) as session:
            return session.scalar(select(Post).where(Post.title == title))

    def demote(self, name: str) -> None:
        """Make an author a reader."""
        with Session(self.app.extensions["demo.engine"]) as session:
            session.scalars(select(User).where(User.email.startswith(name))).one().role = "reader"
            session.commit()

    def _session_of(self, name: str) -> str:
        with Session(self.app.extensions["demo.engine"]) as session:
            user_id = session.scalars(select(User.id).where(User.email.startswith(name))).one()
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept["_user_id"] = str(user_id)
            kept["_fresh"] = True
        cookie = client.get_cookie("session")
        assert cookie is not None
        return cookie.value


@pytest.fixture(params=["no scripts", "htmx 4", "htmx 2"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def paper(
    mode: str,
    serve: Callable[..., str],
    new_context: Callable[..., BrowserContext],
    complaints: Any,
) -> Iterator[Paper]:
    app, database, first_edition = _printed()
    shutil.copy(first_edition, database)
    yield Paper(app, serve(app), mode, new_context, complaints)
    app.extensions["demo.engine"].dispose()


@cache
def _printed() -> tuple[Flask, Path, Path]:
    """One newspaper for all tests of this process, and its database as the first start left it.

    Hashing passwords and compiling templates takes longer than most tests.
    """
    folder = Path(tempfile.mkdtemp(prefix="flask-actions-demo-"))
    atexit.register(shutil.rmtree, folder)
    database, first_edition = folder / "demo.db", folder / "first-edition.db"
    app = create_app(
        {
            "INSTANCE_PATH": str(folder),
            "DATABASE_URL": f"sqlite:///{database}",
            # The browser asks for each file once and not on every page.
            "SEND_FILE_MAX_AGE_DEFAULT": 3600,
        }
    )
    app.extensions["demo.engine"].dispose()
    shutil.copy(database, first_edition)
    return app, database, first_edition


def test_every_page_opens_without_a_word_in_the_console(paper: Paper) -> None:
    visitor, editor = paper.visitor(), paper.visitor("edith")

    for page, path in [
        *((editor, path) for path in PAGES.values()),
        *((visitor, PAGES[key]) for key in ("front", "article", "login", "sign-up")),
    ]:
        answer = page.goto(path)

        assert answer is not None and answer.status == 200
        headings = page.locator("h1, h2, h3, h4, h5, h6")
        levels = headings.evaluate_all("all => all.map(heading => Number(heading.localName[1]))")
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("mode", ["htmx 4"])
def test_every_input_has_a_label_and_every_reference_its_target(paper: Paper) -> None:
    page = paper.visitor("edith")

    for path in PAGES.values():
        page.goto(path)

        assert (
            page.evaluate(
                """() =>
                [...document.querySelectorAll("input:not([type=hidden]), textarea, select")]
                .filter(input => input.labels.length === 0).map(input => input.outerHTML)"""
            )
            == []
        )
        assert (
            page.evaluate(
                """() => [...document.querySelectorAll("[aria-describedby], [aria-labelledby]")]
                .flatMap(element => ["aria-describedby", "aria-labelledby"]
                    .map(name => element.getAttribute(name)))
                .filter(ids => ids && ids.split(" ").some(id => !document.getElementById(id)))"""
            )
            == []
        )
        assert (
            page.evaluate(
                """() => {
                const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
                return ids.filter((id, place) => ids.indexOf(id) !== place);
            }"""
            )
            == []
        )


@pytest.mark.parametrize("mode", ["htmx 4"])
def test_the_switch_reloads_the_same_page_in_another_mode(paper: Paper) -> None:
    page = paper.visitor(path="/?topic=river")
    switch = page.get_by_role("navigation", name="What drives the forms")

    for label, version in (("htmx 2", "2."), ("no JavaScript", None), ("htmx 4", "4.")):
        switch.get_by_role("link", name=label).click()

        expect(switch.locator("[aria-current]")).to_have_text(label)
        expect(page).to_have_url(f"{paper.address}/?topic=river")
        if version is None:
            expect(page.locator("script")).to_have_count(0)
        else:
            page.wait_for_function("window.htmx")
            assert page.evaluate("htmx.version").startswith(version)


@pytest.mark.parametrize("mode", ["no scripts"])
def test_the_switch_needs_no_scripts_itself(paper: Paper) -> None:
    page = paper.visitor(path="/about")

    page.get_by_role("link", name="no JavaScript").click()

    expect(page.locator(".modes [aria-current]")).to_have_text("no JavaScript")
    expect(page).to_have_url(f"{paper.address}/about")
    assert page.request.get("/mode/none?next=//evil.example").url == f"{paper.address}/"


@pytest.mark.parametrize("mode", ["htmx 4"])
def test_the_policy_of_every_page_forbids_what_is_inline_or_foreign(paper: Paper) -> None:
    page = paper.visitor()

    for path in ("/", "/posts/6", "/nowhere", "/static/demo.css"):
        policy = page.request.get(path).headers["content-security-policy"]
        assert "default-src 'self'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
    page.request.get("/mode/none")
    assert "script-src 'none'" in page.request.get("/").headers["content-security-policy"]
    assert page.content().count(" style=") == page.content().count("onclick=") == 0


@pytest.mark.parametrize("mode", ["no scripts"])
def test_the_source_beside_a_form_unfolds_by_keyboard(paper: Paper) -> None:
    page = paper.visitor(path="/posts/6")
    box = page.locator(".source", has_text="Comment: the source")

    box.locator("summary").focus()
    page.keyboard.press("Enter")

    expect(box.get_by_role("region", name="Comment: Python")).to_contain_text("def add_comment(")
    expect(box.get_by_role("region", name="Comment: Python")).to_contain_text("class NewComment(")
    expect(box.get_by_role("region", name="Comment: Jinja")).to_contain_text('<form id="comment"')


def test_the_main_flow_by_keyboard_alone(paper: Paper) -> None:
    page = paper.visitor(path="/log-in?next=/posts/6")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Email")).to_be_focused()
    page.keyboard.type("rosa@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("alderbrook")
    page.keyboard.press("Enter")

    # The greeting has the focus; from there it is on, in order, to the heart and to the comment.
    expect(page.get_by_text("Welcome back, Rosa Marchetti.")).to_be_focused()
    heart = page.locator("#like-6-button")
    _tab_to(page, heart)
    expect(heart).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(heart).to_have_attribute("aria-pressed", "false")
    expect(heart).to_be_focused()

    _tab_to(page, page.get_by_label("Your comment"))
    page.keyboard.type("Typed without a mouse.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".comment").last).to_contain_text("Typed without a mouse.")


def _tab_to(page: Page, goal: Locator) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if goal.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"the Tab key does not lead to {goal}")


@pytest.mark.parametrize("mode", ["htmx 4"])
def test_focus_can_be_seen(paper: Paper) -> None:
    page = paper.visitor("edith", path="/posts/6")

    for _ in range(25):
        page.keyboard.press("Tab")

        outline = page.locator(":focus").evaluate("element => getComputedStyle(element).outline")
        assert "solid 3px" in outline or "3px solid" in outline or "3px" in outline


@pytest.mark.parametrize("mode", ["htmx 4"])
@pytest.mark.parametrize("name", [None, "edith"], ids=["visitor", "editor"])
def test_it_fits_every_screen(paper: Paper, name: str | None) -> None:
    """Nothing runs off the side. ``SCREENSHOTS=1`` takes pictures for a person to look at."""
    page = paper.visitor(name)

    for key, path in PAGES.items():
        if (key in FOR_ALL) is (name is None):
            page.goto(path)
            _look_at(page, key)
    if name is None:
        paper.expect_status(400)
        page.goto("/sign-up")
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("alert")).to_be_visible()
        _look_at(page, "errors")
    else:
        page.goto("/posts/6")
        page.locator(".source summary").first.click()
        _look_at(page, "source")


def _look_at(page: Page, name: str) -> None:
    for size, width in (("desk", 1280), ("phone", 390), ("narrow", 320)):
        page.set_viewport_size({"width": width, "height": 800})

        assert page.evaluate("document.documentElement.scrollWidth") == width
        if not os.environ.get("SCREENSHOTS"):
            continue
        SCREENSHOTS.mkdir(exist_ok=True)
        for scheme in ("light", "dark") if size != "narrow" else ("light",):
            page.emulate_media(color_scheme=scheme)
            picture = SCREENSHOTS / f"{name}-{size}-{scheme}.png"
            # Colours change slowly; "disabled" waits for none of it.
            page.screenshot(path=picture, full_page=True, animations="disabled")
