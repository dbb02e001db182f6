"""Forms that htmx sends: both majors do the same, under a strict policy and without a complaint."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.guestbook import (
    BOOST,
    BOTH,
    FAILED,
    PICTURE,
    POLICIES,
    guestbook,
    loads,
    posts,
)

pytestmark = pytest.mark.browser

IN_PLACE = [
    pytest.param("/block", id="one block of the page"),
    pytest.param("/whole", id="a template of its own"),
]
#: Ways to have an action without a fragment answered by the page.
BY_SELECT = 'hx-select="#form" hx-target="this" hx-swap="outerHTML"'
BY_PAGE = [
    pytest.param(BY_SELECT, id="hx-select"),
    pytest.param('hx-target="body"', id="body target"),
]


def path_of(page: Page) -> str:
    return page.evaluate("location.pathname")


def back(page: Page) -> None:
    page.evaluate("history.back()")


# A fragment takes the form's place


@BOTH
@pytest.mark.parametrize("path", IN_PLACE)
def test_form_is_replaced_by_its_fragment_and_the_page_stays(open_page, htmx, path):
    page = open_page(guestbook(htmx), path)
    before = loads(page)

    page.fill("#name", "Ada")
    page.click("text=Sign")

    expect(page.locator("#form .done")).to_have_text("Thank you, Ada")
    expect(page.locator("form")).to_have_count(1)
    assert loads(page) == before
    assert path_of(page) == path


@BOTH
def test_input_error_shows_beside_its_field_and_the_text_stays(open_page, complaints, htmx):
    complaints.expect(FAILED.format(400))
    page = open_page(guestbook(htmx), "/block")

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


@BOTH
@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        pytest.param("UNAUTHORIZED", 401, "UNAUTHORIZED it is", id="401"),
        pytest.param("CONFLICT", 409, "CONFLICT it is", id="409"),
        pytest.param("broken", 500, "Reference: ", id="500"),
    ],
)
def test_error_of_any_status_shows_in_the_form(open_page, complaints, htmx, name, status, text):
    complaints.expect(FAILED.format(status))
    page = open_page(guestbook(htmx), "/block")

    page.fill("#name", name)
    page.click("text=Sign")

    expect(page.locator("#form .error")).to_contain_text(text)
    expect(page.locator("#name")).to_have_value(name)


@BOTH
def test_focus_and_scroll_stay_where_they_were(open_page, complaints, htmx):
    complaints.expect(FAILED.format(400))
    page = open_page(guestbook(htmx), "/block")
    page.locator("#name").scroll_into_view_if_needed()
    page.fill("#name", "Al")
    before = page.evaluate("scrollY")

    page.press("#name", "Enter")

    expect(page.locator(".wrong")).to_be_visible()
    expect(page.locator("#name")).to_be_focused()
    assert before > 500
    assert page.evaluate("scrollY") == pytest.approx(before, abs=2)


@BOTH
def test_copies_of_a_form_show_each_their_own_result(open_page, complaints, htmx):
    complaints.expect(FAILED.format(400))
    page = open_page(guestbook(htmx), "/reply")

    page.fill("#reply-2 [name=text]", "no")
    page.click("#reply-2 button")

    expect(page.locator("#reply-2 .error")).to_be_visible()
    expect(page.locator("#reply-2 [name=text]")).to_have_value("no")
    expect(page.locator("#reply-1 .error")).to_have_count(0)

    page.fill("#reply-1 [name=text]", "hello")
    page.click("#reply-1 button")

    expect(page.locator("#reply-1 .done")).to_have_text("Replied hello")
    expect(page.locator("#reply-2 .error")).to_be_visible()


@BOTH
def test_file_is_uploaded_or_refused_with_the_title_kept(open_page, complaints, htmx):
    complaints.expect(FAILED.format(400))
    page = open_page(guestbook(htmx), "/photo")
    page.fill("[name=title]", "Me")
    page.set_input_files("[name=picture]", PICTURE)
    page.click("text=Send")
    expect(page.locator(".error")).to_be_visible()
    expect(page.locator("[name=title]")).to_have_value("Me")

    page.fill("[name=title]", "Mine")
    page.set_input_files("[name=picture]", PICTURE)
    page.click("text=Send")

    expect(page.locator(".done")).to_have_text("Mine: me.txt, 2 bytes")


# The page itself answers


@BOTH
@pytest.mark.parametrize("how", BY_PAGE)
def test_action_without_a_fragment_is_answered_by_the_page(open_page, htmx, how):
    app = guestbook(htmx)
    page = open_page(app, "/plain", how=how)
    address = page.url

    page.fill("#name", "Al")
    page.fill("#note", "stays")
    page.click("text=Sign")
    expect(page.locator(".wrong")).to_be_visible()
    expect(page.locator("#note")).to_have_value("stays")

    page.fill("#name", "Alan")
    page.click("text=Sign")
    expect(page.locator(".done")).to_have_text("Thank you, Alan")

    assert page.url == address
    assert posts(app) == 2
    page.reload()
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator(".done")).to_have_count(0)


@BOTH
@pytest.mark.parametrize("how", BY_PAGE)
def test_action_without_a_fragment_goes_where_its_handler_says(open_page, htmx, how):
    page = open_page(guestbook(htmx), "/plain", how=how)

    page.fill("#name", "welcome")
    page.click("text=Sign")

    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_text("Thank you, welcome")
    assert path_of(page) == "/welcome"
    page.reload()
    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_count(0)


# Redirects


@BOTH
def test_redirect_moves_within_the_page_and_shows_the_result_once(open_page, htmx):
    page = open_page(guestbook(htmx), "/block")
    page.evaluate("window.stillTheSame = true")

    page.fill("#name", "welcome")
    page.click("text=Sign")

    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_text("Thank you, welcome")
    assert path_of(page) == "/welcome"
    assert "_result=" in page.url
    assert page.evaluate("window.stillTheSame")
    assert page.title() == "Welcome"
    page.reload()
    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_count(0)


@BOTH
def test_back_button_after_a_redirect_restores_the_form(open_page, htmx):
    app = guestbook(htmx)
    page = open_page(app, "/block")
    page.fill("#name", "welcome")
    page.click("text=Sign")
    expect(page.locator("h1")).to_have_text("Welcome")

    back(page)
    expect(page.locator("#form")).to_be_visible()
    assert path_of(page) == "/block"
    assert posts(app) == 1

    page.fill("#name", "Ada")
    page.click("text=Sign")
    expect(page.locator(".done")).to_have_text("Thank you, Ada")


@BOTH
@pytest.mark.parametrize(
    ("path", "how"),
    [
        pytest.param("/block", "", id="fragment"),
        pytest.param("/plain", 'hx-target="body"', id="body target"),
        pytest.param("/boosted", None, id="boosted"),
    ],
)
def test_redirect_to_another_site_goes_there(serve, open_page, htmx, path, how):
    other = Flask("elsewhere")
    other.add_url_rule("/there", view_func=lambda: "<title>Elsewhere</title><h1>Elsewhere</h1>")
    elsewhere = serve(other, "localhost") + "/there?a=1"
    how = BOOST[htmx] if how is None else how
    page = open_page(guestbook(htmx, elsewhere=elsewhere), path, how=how)
    start = page.url

    page.fill("#name", "leave")
    page.click("text=Sign")

    expect(page.locator("h1")).to_have_text("Elsewhere")
    assert page.url == elsewhere
    page.go_back()
    assert page.url == start
    expect(page.locator("#form")).to_be_visible()


@BOTH
def test_redirect_with_what_a_user_typed_goes_to_its_page(open_page, htmx):
    """htmx 4 reads the header as options, too: the comma must not begin one."""
    app = guestbook(htmx)
    page = open_page(app, "/block")

    page.fill("#name", "search a,path:/other,target:#name")
    page.click("text=Sign")

    expect(page.locator("h1")).to_have_text("Welcome")
    assert path_of(page) == "/welcome"
    asked = page.evaluate("new URLSearchParams(location.search).get('q')")
    assert asked == "search a,path:/other,target:#name"


# Boosted forms


@BOTH
def test_boosted_form_is_post_redirect_get(open_page, htmx):
    app = guestbook(htmx)
    page = open_page(app, "/boosted", how=BOOST[htmx])
    page.evaluate("window.stillTheSame = true")

    page.fill("#name", "Al")
    page.fill("#note", "stays")
    page.click("text=Sign")
    expect(page.locator(".wrong")).to_be_visible()
    expect(page.locator("#note")).to_have_value("stays")
    assert path_of(page) == "/boosted"

    page.fill("#name", "Alan")
    page.click("text=Sign")
    expect(page.locator(".done")).to_have_text("Thank you, Alan")
    assert path_of(page) == "/boosted"
    assert page.evaluate("window.stillTheSame")

    page.reload()
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator(".done")).to_have_count(0)
    assert posts(app) == 2


@BOTH
def test_boosted_form_follows_its_handler_and_comes_back(open_page, htmx):
    page = open_page(guestbook(htmx), "/boosted", how=BOOST[htmx])

    page.fill("#name", "welcome")
    page.click("text=Sign")
    expect(page.locator("h1")).to_have_text("Welcome")
    expect(page.locator(".done")).to_have_text("Thank you, welcome")
    assert path_of(page) == "/welcome"
    assert page.title() == "Welcome"

    back(page)
    expect(page.locator("#form")).to_be_visible()
    assert path_of(page) == "/boosted"
    page.fill("#name", "Ada")
    page.click("text=Sign")
    expect(page.locator(".done")).to_have_text("Thank you, Ada")


# What ctx.htmx asks for


@BOTH
def test_answer_triggers_retargets_pushes_and_swaps_further_parts(open_page, htmx):
    page = open_page(guestbook(htmx), "/extras")

    page.click("#extras")

    expect(page.locator("#там")).to_have_text("elsewheremain")
    expect(page.locator("#here")).to_have_text("here")
    expect(page.locator("tr#row td")).to_have_text("new row")
    expect(page.locator("#own")).to_have_text("new own")
    assert page.locator("tbody > tr").count() == 1
    assert page.locator("hx-partial, template").count() == 0
    expect(page.locator("#events li")).to_have_count(3)
    told = dict(item.split(" ", 1) for item in page.locator("#events li").all_inner_texts())
    assert json.loads(told["signed"]) == {"name": "Zoë 語"}
    assert "counted" in told
    assert json.loads(told["плюс"])["value"] == 1
    assert page.evaluate("decodeURI(location.pathname)") == "/gäste/名前"

    page.reload()
    expect(page.locator("#load")).to_be_visible()


# Several at once


@BOTH
def test_double_click_with_hx_sync_posts_once(open_page, htmx):
    app = guestbook(htmx)
    page = open_page(app, "/buttons")

    page.dblclick("#once button")

    expect(page.locator("#likes")).to_have_text("1")
    page.wait_for_timeout(200)
    assert posts(app) == 1


@BOTH
def test_fast_repeated_posts_all_arrive(open_page, htmx):
    app = guestbook(htmx)
    page = open_page(app, "/buttons")

    for number in range(1, 6):
        page.click("#like")
        expect(page.locator("#likes")).to_have_text(str(number))

    assert posts(app) == 5


@BOTH
def test_two_tabs_that_post_at_once_see_each_their_own_result(serve, new_context, htmx):
    context = new_context()
    # By cookies: of two answers that change one session, the browser keeps the last.
    address = serve(guestbook(htmx, ACTIONS_RESULT_STORE="cookie"))
    tabs = [context.new_page(), context.new_page()]
    for tab, name in zip(tabs, ("Ada", "Grace"), strict=True):
        tab.goto(f"{address}/plain?how={quote(BY_SELECT)}")
        tab.fill("#name", name)

    for tab in tabs:
        tab.click("text=Sign")

    expect(tabs[0].locator(".done")).to_have_text("Thank you, Ada")
    expect(tabs[1].locator(".done")).to_have_text("Thank you, Grace")


# The head


@BOTH
@POLICIES
def test_indicator_shows_while_a_request_is_under_way(open_page, htmx, policy):
    app = guestbook(htmx, policy=policy)
    page = open_page(app, "/buttons")
    wait = page.locator("#wait")
    expect(wait).to_be_hidden()

    page.click("#slow")

    expect(wait).to_have_css("opacity", "1")
    expect(wait).to_have_css("visibility", "visible")
    app.gate.set()
    expect(page.locator("#likes")).to_have_text("1")
    expect(wait).to_be_hidden()


@pytest.mark.parametrize("own", [2, 4], ids=["own htmx 2", "own htmx 4"])
def test_page_that_brings_its_own_htmx_gets_the_rest(open_page, complaints, own):
    complaints.expect(FAILED.format(400))
    app = guestbook(csrf=True)
    version = {2: "2.0.11", 4: "4.0.1"}[own]
    layout = (
        "{{ actions_head(htmx=none) }}<script defer src=\"{{ url_for('actions.static', "
        f"filename='htmx-{version}/htmx.min.js') }}}}\"></script>"
    )
    loader: Any = app.jinja_loader
    loader.mapping = {
        name: text.replace("{{ actions_head() }}", layout) for name, text in loader.mapping.items()
    }
    page = open_page(app, "/block")

    page.fill("#name", "Al")
    page.click("text=Sign")

    expect(page.locator(".wrong")).to_be_visible()
    page.goto(page.url.replace("block", "buttons"))
    expect(page.locator("#wait")).to_be_hidden()
    page.click("#like")
    expect(page.locator("#likes")).to_have_text("1")


@BOTH
def test_page_asked_for_by_htmx_shows_a_result_once(open_page, htmx):
    """A request of htmx for a whole page is a page load like any other."""
    app = guestbook(htmx)
    page = open_page(app, "/plain", how='hx-target="body"')

    page.fill("#name", "Ada")
    page.click("text=Sign")
    expect(page.locator(".done")).to_be_visible()

    got = [path for method, path, headers in app.requests if "_result=" in path]
    assert len(got) == 1
    page.goto(page.url.partition("/plain")[0] + got[0])
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator(".done")).to_have_count(0)
