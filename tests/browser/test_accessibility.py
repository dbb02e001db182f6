"""The demo for everybody: axe-core on every page in every state, the keyboard alone, small screens.

``axe-core`` comes from npm. What it cannot see, such as where the focus is after a refusal, is
asked for here by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import test_demo_site
from tests.browser.test_demo_forms import fill_stall
from tests.browser.test_demo_site import PAGES, Paper
from tests.node import npm_package

mode = test_demo_site.mode
paper = test_demo_site.paper

AXE = "4.11.0"
FORMS = ("/forms/everything", "/forms/sign-up", "/forms/letter", "/forms/twice")

Steps = Callable[[Page], None]


@cache
def axe() -> str:
    return (npm_package("axe-core", AXE) / "axe.min.js").read_text()


def findings(page: Page) -> list[str]:
    """What axe-core has to say of a page, in light and in dark."""
    page.evaluate(axe())
    found: list[str] = []
    for scheme, rules in (("light", "{}"), ("dark", "{runOnly: ['color-contrast']}")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found += page.evaluate(
            f"""() => axe.run(document, {{resultTypes: ["violations"], ...{rules}}}).then(
                ({{ violations }}) => violations.flatMap(({{ id, nodes }}) => nodes.map(
                    node => `{scheme}: ${{id}}: ${{node.html}}: ${{node.failureSummary}}`)))"""
        )
    page.emulate_media(color_scheme="light")
    return found


# What axe-core finds


def pressing(button: str, **fields: str) -> Steps:
    """Fill in fields by their ids, press a button, and wait for what the page says to it."""

    def press(page: Page) -> None:
        for id, text in fields.items():
            page.locator(f"#{id}").fill(text)
        page.locator(f"#{button}").click()
        page.locator("main [role=alert], main [role=status], main .error").first.wait_for()

    return press


def _look(page: Page) -> None:
    pass


def _unfold(page: Page) -> None:
    page.locator("main details").evaluate_all("all => all.forEach(box => { box.open = true })")


def _add_a_line(page: Page) -> None:
    page.get_by_role("button", name="Another line").click()
    page.get_by_label("How you come").select_option("boat")


def _without_scripts(page: Page) -> None:
    page.goto("/mode/none?next=/forms/everything%3Flines=2")
    page.locator("#stall-unchecked").click()
    page.locator(".actions-summary").wait_for()


def _fill_stall(page: Page) -> None:
    fill_stall(page)
    page.locator("#stall-unchecked").click()
    page.get_by_label("JSON").wait_for()


def _ask_twice(page: Page) -> None:
    for counter, text in (("editor", "No question"), ("ferryman", "Will it rain?")):
        page.locator(f"#forms-ask-{counter}-text").fill(text)
        page.locator(f"#forms-ask-{counter}-submit").click()
    page.get_by_role("status").wait_for()


def _live(page: Page) -> None:
    page.wait_for_selector("[data-live]", state="attached")
    like = page.locator("button.like").first
    with page.expect_response("**/_actions/posts.like"):
        like.click()
    page.get_by_role("button", name="Guess").click()
    page.locator("[aria-invalid]").first.wait_for()


JOIN = {
    "forms-joinCircle-name": "Ines",
    "forms-joinCircle-email": "ines@example.org",
    "forms-joinCircle-password": "Posaune-im-Koffer",
    "forms-joinCircle-password_again": "Posaune-im-Koffer",
}
STATES: dict[str, tuple[str | None, str, Steps]] = {
    # Each page as it is at first.
    **{f"{name}, first": ("edith", path, _look) for name, path in PAGES.items()},
    **{f"{path}, first": (None, path, _look) for path in ("/forms/", *FORMS)},
    **{f"{path}, visitor": (None, path, _look) for path in ("/", "/posts/6", "/nowhere")},
    "article, unfolded": ("edith", "/posts/6", _unfold),
    "everything, unfolded": (None, "/forms/everything", _unfold),
    # Forms written by hand, refused and done.
    "sign-up, refused": (None, "/sign-up", pressing("sign-up-send")),
    "login, refused": (None, "/log-in", pressing("log-in-send", email="a@b.example")),
    "letter, refused": (None, "/", pressing("letter-send")),
    "letter, done": (None, "/", pressing("letter-send", **{"letter-email": "me@example.org"})),
    "comment, refused": ("edith", "/posts/6", pressing("comment-send")),
    "comment, done": ("edith", "/posts/6", pressing("comment-send", **{"comment-body": "Oh."})),
    "write, refused": ("edith", "/posts/new", pressing("post-save")),
    "live, liked and refused": ("edith", "/live", _live),
    "profile, refused": ("edith", "/profile", pressing("profile-save", name="")),
    "profile, done": ("edith", "/profile", pressing("profile-save")),
    # Forms of the form object.
    "everything, refused": (None, "/forms/everything", pressing("stall-unchecked")),
    "everything, refused, no scripts": (None, "/forms/everything", _without_scripts),
    "everything, another line": (None, "/forms/everything", _add_a_line),
    "everything, done": (None, "/forms/everything", _fill_stall),
    "circle, refused": (None, "/forms/sign-up", pressing("circle-join")),
    "circle, done": (None, "/forms/sign-up", pressing("circle-join", **JOIN)),
    "draft, done": (None, "/forms/letter", pressing("forms-writeLetter-submit-draft")),
    "draft, refused": (None, "/forms/letter", pressing("forms-writeLetter-submit-publish")),
    "twice, refused and done": (None, "/forms/twice", _ask_twice),
}


@pytest.mark.parametrize("mode", ["htmx 4"])
@pytest.mark.parametrize("name", [None, "edith"], ids=["visitor", "editor"])
def test_axe_finds_nothing_on_any_page_in_any_state(paper: Paper, name: str | None) -> None:
    page = paper.visitor(name, reduced_motion="reduce")
    for status in (400, 404) if name is None else (400,):
        paper.expect_status(status)
    found: dict[str, list[str]] = {}

    for state, (person, path, steps) in STATES.items():
        if person == name:
            page.goto(f"/mode/htmx4?next={quote(path)}")
            steps(page)
            found[state] = findings(page)

    assert {state: each for state, each in found.items() if each} == {}


# The keyboard alone


class Keys:
    """Somebody without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, goal: Locator) -> None:
        """Go on by the Tab key."""
        for _ in range(80):
            self.page.keyboard.press("Tab")
            if goal.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"the Tab key does not lead to {goal}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, label: str, text: str) -> None:
        """Go on to a field, and replace what is in it."""
        self.to(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def follow_first_problem(self, field: Locator) -> None:
        """From the summary, which must have the focus, to the field that it names first."""
        summary = self.page.locator(".actions-summary")
        expect(summary).to_be_focused()
        expect(summary).to_be_in_viewport()
        expect(self.page).to_have_title(_ERROR)
        self.press("Tab")
        expect(summary.get_by_role("link").first).to_be_focused()
        self.press("Enter")
        expect(field).to_be_focused()
        expect(field).to_be_in_viewport()

    def skip_to_content(self) -> None:
        self.press("Tab")
        expect(self.page.get_by_role("link", name="Skip to the content")).to_be_focused()
        self.press("Enter")


_ERROR = re.compile("^Error: ")


def test_a_stall_by_keyboard_alone(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    paper.expect_refused_form()
    keys = Keys(page)
    name = page.get_by_label("Name of the stall")

    keys.skip_to_content()
    keys.press("Tab")
    expect(name).to_be_focused()
    keys.press("Enter")  # The first button lets the browser look first.
    expect(name).to_be_focused()
    keys.to(page.get_by_role("button", name="Send it unchecked"))
    keys.press("Enter")
    keys.follow_first_problem(name)

    page.keyboard.type("Bread and more")
    keys.press("Tab", "ArrowRight", "ArrowLeft")
    expect(page.get_by_label("Bread")).to_be_checked()
    keys.press("Tab", "ArrowDown")
    expect(page.get_by_label("Pitch")).to_have_value("pump")
    keys.press("Tab", "Tab", "Space")
    expect(page.get_by_label("Saturday")).to_be_checked()
    keys.press("Tab", "ArrowDown")
    expect(page.get_by_label("You need")).to_have_values(["power"])
    keys.write("About the stall", "Rolls.")
    keys.to(page.get_by_label("First day"))
    page.keyboard.type("04112026")
    keys.to(page.get_by_label("Opens at"))
    page.keyboard.type("0730AM")
    keys.write("Tables", "2")
    keys.write("Deposit", "12.50")
    keys.press("Tab", "ArrowRight")
    expect(page.get_by_label("Loudness")).to_have_value("4")
    keys.press("Tab")
    page.keyboard.type("Ines Vogt")
    keys.write("Email", "ines@example.org")
    keys.write("Street", "Mill Lane 4")
    keys.write("Postcode", "4711")
    keys.write("Goods", "Rolls")
    keys.write("Number", "40")
    keys.write("Price", "0.50")
    if paper.htmx:
        lines = page.get_by_role("group", name="What lies on the tables")
        keys.to(lines.get_by_role("button", name="Another line"))
        keys.press("Space")
        expect(lines.get_by_label("Goods").nth(1)).to_be_focused()
        keys.to(lines.get_by_role("button", name="Remove").nth(1))
        keys.press("Space")
        expect(lines.get_by_role("button", name="Another line")).to_be_focused()
    keys.to(page.get_by_label("How you come"))
    keys.press("ArrowDown")
    keys.write("Wheels", "3")
    keys.write("Password for changes", "Tr0mbone")
    keys.to(page.get_by_label("I know the rules of the market"))
    keys.press("Space", "Tab", "Enter")

    expect(page.get_by_role("status")).to_have_text("Registered. This is what arrived:")
    expect(page.get_by_label("JSON")).to_contain_text('"opens": "07:30:00"')
    expect(page.get_by_label("JSON")).to_contain_text('"wheels": 3')
    expect(page).not_to_have_title(_ERROR)
    _focus_is_kept(page)


def test_the_circle_by_keyboard_alone(paper: Paper) -> None:
    page = paper.visitor(path="/forms/sign-up")
    paper.expect_refused_form()
    keys = Keys(page)

    keys.skip_to_content()
    keys.write("Name", "Ines")
    keys.press("Enter")
    keys.follow_first_problem(page.get_by_label("Email"))
    page.keyboard.type("ines@example.org")
    keys.write("Password", "Posaune-im-Koffer")
    keys.write("The password once more", "Posaune")
    keys.press("Enter")
    keys.follow_first_problem(page.get_by_label("The password once more"))
    keys.press("Shift+Tab")
    page.keyboard.type("Posaune-im-Koffer")
    keys.write("The password once more", "Posaune-im-Koffer")
    keys.press("Tab", "Space")

    expect(page.get_by_role("status")).to_have_text("Welcome to the circle, Ines.")
    expect(page).not_to_have_title(_ERROR)
    _focus_is_kept(page)


def test_a_letter_by_keyboard_alone(paper: Paper) -> None:
    page = paper.visitor(path="/forms/letter")
    paper.expect_refused_form()
    keys = Keys(page)

    keys.skip_to_content()
    keys.write("Headline", "On clocks")
    keys.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your draft is saved.")
    _focus_is_kept(page)
    keys.to(page.get_by_role("button", name="Send it to the paper"))
    keys.press("Space")
    keys.follow_first_problem(page.get_by_label("Your letter"))
    page.keyboard.type("Four minutes are not much, and they are ours.")
    keys.write("Signed", "Rosa")
    keys.press("Tab", "Tab", "Enter")

    expect(page.get_by_role("status")).to_have_text("Your letter is with the editor.")
    expect(page).not_to_have_title(_ERROR)
    _focus_is_kept(page)


def test_a_question_by_keyboard_alone(paper: Paper) -> None:
    page = paper.visitor(path="/forms/twice")
    paper.expect_refused_form()
    keys = Keys(page)
    second = page.get_by_label("Your question").nth(1)

    keys.skip_to_content()
    keys.to(second)
    page.keyboard.type("Is it late.")
    keys.press("Enter")
    keys.follow_first_problem(second)
    keys.press("End", "Backspace")
    page.keyboard.type("?")
    keys.press("Enter")

    expect(page.get_by_role("status")).to_contain_text("The ferryman nodded.")
    expect(page.get_by_role("status")).to_be_focused()
    expect(page).not_to_have_title(_ERROR)


def _focus_is_kept(page: Page) -> None:
    """Whoever goes on by the Tab key does so from where the form was, not from the page's top."""
    assert page.evaluate(
        """() => document.activeElement !== document.body
            && document.querySelector("main form").contains(document.activeElement)"""
    )


# Colours of the reader's own


@pytest.mark.parametrize("mode", ["htmx 4"])
def test_forced_colours_show_what_is_chosen_and_how_far_it_is(paper: Paper) -> None:
    page = paper.visitor("edith", "/live", forced_colors="active")
    weights = page.locator(".modes li a").evaluate_all(
        "all => all.map(a => getComputedStyle(a).fontWeight)"
    )
    bar = page.locator("progress")
    bar.wait_for()

    start = bar.screenshot(animations="disabled")
    bar.evaluate("bar => { bar.value = 0.5 }")
    half = bar.screenshot(animations="disabled")

    assert weights[0] > weights[1] == weights[2]
    assert half != start


# Large letters, small screens


@pytest.mark.parametrize("mode", ["htmx 4"])
@pytest.mark.parametrize(
    ("width", "scale"),
    [
        pytest.param(640, 2, id="a desk at 200 percent"),
        pytest.param(320, 1, id="320 pixels"),
    ],
)
def test_nothing_is_cut_off(paper: Paper, width: int, scale: int) -> None:
    paper.expect_status(400)
    page = paper.visitor(
        viewport={"width": width, "height": 480},
        device_scale_factor=scale,
        color_scheme="light",
    )

    for language in ("English", "Deutsch"):
        page.goto("/forms/")
        page.get_by_role("link", name=language).click()
        for path in ("/forms/", *FORMS):
            page.goto(path)
            assert _cut_off(page) == []
            if path != "/forms/":
                _refuse(page)
                assert _cut_off(page) == []


def _refuse(page: Page) -> None:
    for form in page.locator("main form").all():
        form.evaluate("form => { form.noValidate = true }")
    page.locator("main form button[type=submit], main form #circle-join").last.click()
    page.locator(".actions-summary").wait_for()


def _cut_off(page: Page) -> list[str]:
    """What runs off the side, or has text that does not fit into it."""
    found: list[str] = page.evaluate(
        """() => {
        const wide = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls"] : [];
        const cut = [...document.querySelectorAll("body *")].filter(element => {
            if (!element.checkVisibility() || element.closest("pre, .visually-hidden, .skip")) {
                return false;
            }
            const { left, right } = element.getBoundingClientRect();
            const hides = ["hidden", "clip"].includes(getComputedStyle(element).overflowX)
                && element.scrollWidth > element.clientWidth + 1;
            return left < -1 || right > innerWidth + 1 || hides;
        });
        return [...wide, ...cut.map(element => element.outerHTML.slice(0, 120))];
    }"""
    )
    return found
