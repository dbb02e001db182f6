"""The page of small live things, with and without a network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import test_demo_site
from tests.browser.test_demo_account import PNG
from tests.browser.test_demo_site import Paper

pytestmark = pytest.mark.browser
paper = test_demo_site.paper

DOWN = "ERR_(FAILED|INTERNET_DISCONNECTED)"


@pytest.fixture
def mode() -> str:
    return "htmx 4"


@pytest.fixture
def live(paper: Paper) -> Callable[..., Page]:
    def open_it(name: str | None = None) -> Page:
        page = paper.visitor(name, "/live")
        page.wait_for_selector("[data-live]", state="attached")
        return page

    return open_it


def first_like(page: Page) -> tuple[Locator, int]:
    button = page.locator("button.like[data-post]").first
    return button, int(button.locator(".count").inner_text())


def problem(page: Page) -> Locator:
    return page.locator("#live-problem")


def test_like_shows_before_the_answer_and_stays(live: Callable[..., Page]) -> None:
    page = live("rosa")
    button, count = first_like(page)
    waiting: list[Route] = []
    page.route("**/_actions/posts.like", lambda route: waiting.append(route))
    pressed = button.get_attribute("aria-pressed") == "true"

    with page.expect_request("**/_actions/posts.like"):
        button.click()

    now = count + (-1 if pressed else 1)
    expect(button.locator(".count")).to_have_text(str(now))
    expect(button).to_have_attribute("aria-pressed", "false" if pressed else "true")
    with page.expect_response("**/_actions/posts.like"):
        waiting[0].continue_()
    page.unroute_all()
    page.reload()
    expect(button.locator(".count")).to_have_text(str(now))


def test_like_can_be_read_pressed_or_not(live: Callable[..., Page]) -> None:
    page = live("rosa")
    button, _ = first_like(page)
    page.emulate_media(reduced_motion="reduce")  # colours change at once
    seen = set()

    for _ in range(2):
        with page.expect_response("**/_actions/posts.like"):
            button.dispatch_event("click")  # neither hovered nor focused
        colors = button.evaluate(
            "it => [getComputedStyle(it).color, getComputedStyle(it).background]"
        )
        seen.add(button.get_attribute("aria-pressed"))
        # axe-core keeps quiet where both are the very same.
        assert colors[0] not in colors[1]

    assert seen == {"true", "false"}


def test_like_that_is_taken_back_at_once_is_sent_when_the_first_is_answered(
    live: Callable[..., Page],
) -> None:
    page = live("rosa")
    button, count = first_like(page)
    pressed = button.get_attribute("aria-pressed") or ""
    waiting: list[Route] = []
    page.route("**/_actions/posts.like", lambda route: waiting.append(route))

    button.click()
    while not waiting:
        page.wait_for_timeout(20)
    button.click()

    expect(button).to_have_attribute("aria-pressed", pressed)
    assert len(waiting) == 1  # Two on their way could arrive in either order.
    waiting[0].continue_()
    while len(waiting) < 2:
        page.wait_for_timeout(20)
    with page.expect_response("**/_actions/posts.like"):
        waiting[1].continue_()
    page.unroute_all()
    page.reload()
    expect(button.locator(".count")).to_have_text(str(count))
    expect(button).to_have_attribute("aria-pressed", pressed)


def test_like_is_taken_back_without_a_network(live: Callable[..., Page], complaints: Any) -> None:
    complaints.expect(DOWN)
    page = live("rosa")
    button, count = first_like(page)
    pressed = button.get_attribute("aria-pressed") or ""
    page.context.set_offline(True)

    button.click()

    expect(problem(page)).to_have_text("The server could not be reached.")
    expect(button.locator(".count")).to_have_text(str(count))
    expect(button).to_have_attribute("aria-pressed", pressed)
    page.context.set_offline(False)
    button.click()
    expect(problem(page)).to_be_hidden()


def test_like_of_nobody_is_taken_back(live: Callable[..., Page], paper: Paper) -> None:
    paper.expect_status(401)
    page = live()
    button, count = first_like(page)

    button.click()

    expect(problem(page)).to_be_visible()
    expect(button.locator(".count")).to_have_text(str(count))


def test_search_finds_as_one_types_and_gives_up_what_is_outdated(
    live: Callable[..., Page],
) -> None:
    page = live()
    words = page.get_by_label("Words of a headline")
    slow: list[Route] = []
    page.route("**/_actions/live.search", lambda route: slow.append(route), times=1)

    with page.expect_request("**/_actions/live.search"):
        words.fill("honey")
    words.fill("bridge")

    expect(page.locator("#live-found li")).to_have_count(1)
    expect(page.locator("#live-found")).to_contain_text("Low water shows the old bridge")
    expect(page.locator("#live-found")).to_contain_text("20")  # the date's year
    assert slow
    words.fill("")
    expect(page.locator("#live-found li")).to_have_count(0)


def test_search_without_a_network_says_so(live: Callable[..., Page], complaints: Any) -> None:
    complaints.expect(DOWN)
    page = live()
    page.context.set_offline(True)

    page.get_by_label("Words of a headline").fill("honey")

    expect(problem(page)).to_have_text("The server could not be reached.")


def test_photograph_arrives_with_its_progress(live: Callable[..., Page], tmp_path: Path) -> None:
    page = live()
    (tmp_path / "weir.png").write_bytes(PNG + bytes(2_000_000))

    page.get_by_label("PNG or JPEG").set_input_files(tmp_path / "weir.png")

    expect(page.locator("#live-weighed")).to_contain_text(
        f"weir.png arrived: {len(PNG) + 2_000_000}"
    )
    expect(page.locator("#live-progress")).to_have_js_property("value", 1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"no picture", "PNG", id="no picture"),
        pytest.param(PNG + bytes(5_100_000), "5 MB", id="too large"),
    ],
)
def test_photograph_that_is_refused_says_why(
    live: Callable[..., Page], paper: Paper, tmp_path: Path, content: bytes, told: str
) -> None:
    paper.expect_status(400)
    page = live()
    (tmp_path / "weir.png").write_bytes(content)

    page.get_by_label("PNG or JPEG").set_input_files(tmp_path / "weir.png")

    expect(problem(page)).to_be_visible()
    expect(page.locator("#live-progress")).to_have_js_property("value", 0)


def test_photograph_can_be_stopped_and_fails_without_a_network(
    live: Callable[..., Page], tmp_path: Path, complaints: Any
) -> None:
    complaints.expect(DOWN)
    page = live()
    (tmp_path / "weir.png").write_bytes(PNG)
    held: list[Route] = []
    page.route("**/_actions/live.weigh", lambda route: held.append(route), times=1)

    with page.expect_request("**/_actions/live.weigh"):
        page.get_by_label("PNG or JPEG").set_input_files(tmp_path / "weir.png")
    page.get_by_role("button", name="Stop").click()

    expect(problem(page)).to_have_text("The call was given up.")
    page.unroute_all()
    page.context.set_offline(True)
    page.get_by_label("PNG or JPEG").set_input_files(tmp_path / "weir.png")
    expect(problem(page)).to_have_text("The server could not be reached.")
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()


def test_next_photograph_stops_the_one_before(live: Callable[..., Page], tmp_path: Path) -> None:
    page = live()
    (tmp_path / "weir.png").write_bytes(PNG)
    (tmp_path / "mill.png").write_bytes(PNG)
    held: list[Route] = []
    page.route("**/_actions/live.weigh", lambda route: held.append(route))
    stop = page.get_by_role("button", name="Stop")

    for name in ("weir.png", "mill.png"):
        with page.expect_request("**/_actions/live.weigh"):
            page.get_by_label("PNG or JPEG").set_input_files(tmp_path / name)

    expect(stop).to_be_enabled()
    expect(problem(page)).to_be_hidden()
    while len(held) < 2:
        page.wait_for_timeout(20)
    held[1].continue_()
    expect(page.locator("#live-weighed")).to_contain_text("mill.png arrived")
    expect(stop).to_be_disabled()


def test_keyboard_goes_on_from_the_button_that_stops(
    live: Callable[..., Page], tmp_path: Path
) -> None:
    page = live()
    (tmp_path / "weir.png").write_bytes(PNG)
    held: list[Route] = []
    page.route("**/_actions/live.weigh", lambda route: held.append(route))
    photograph = page.get_by_label("PNG or JPEG")
    photograph.set_input_files(tmp_path / "weir.png")

    page.get_by_role("button", name="Stop").press("Enter")

    expect(problem(page)).to_have_text("The call was given up.")
    expect(photograph).to_be_focused()


def test_form_goes_whole_and_its_errors_come_to_their_fields(
    live: Callable[..., Page], paper: Paper, complaints: Any
) -> None:
    paper.expect_status(400)
    complaints.expect(DOWN)
    page = live()
    height = page.get_by_label("Height in centimetres")
    page.get_by_label("Your name").fill("Ines")
    height.fill("9999")
    page.get_by_label("On the day").fill("2026-11-21")

    page.get_by_role("button", name="Guess").click()

    expect(height).to_be_focused()
    expect(height).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#guess-height-error")).to_contain_text("600")
    expect(page.locator("[aria-invalid]")).to_have_count(1)
    height.fill("120")
    page.context.set_offline(True)
    page.get_by_role("button", name="Guess").click()
    expect(problem(page)).to_have_text("The server could not be reached.")
    expect(height).to_have_value("120")
    page.context.set_offline(False)
    page.get_by_role("button", name="Guess").click()
    expect(page.locator("#live-guessed")).to_have_text("Ines says 120 cm on 21 November 2026.")
    expect(problem(page)).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", [None, "ada"], ids=["visitor", "author"])
def test_page_fits_its_window(live: Callable[..., Page], name: str | None, width: int) -> None:
    page = live(name)

    page.set_viewport_size({"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_page_says_that_it_needs_scripts(paper: Paper) -> None:
    paper.mode = "none"
    page = paper.visitor(path="/mode/none?next=/live")

    expect(page.locator("#live")).to_contain_text("the switch above has scripts off")
    expect(page.locator("#live :is(button, input)")).to_have_count(0)


def test_page_sleeps_without_its_script(paper: Paper, complaints: Any) -> None:
    complaints.expect("ERR_FAILED")
    page = paper.visitor()
    page.route("**/client.js", lambda route: route.abort())
    page.goto("/live")
    paper.htmx = False
    still = paper.visitor(path="/live")

    for one in (page, still):
        expect(one.locator("#live-asleep")).to_be_visible()
        expect(one.get_by_role("button", name="Guess")).to_be_hidden()
