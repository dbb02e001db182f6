"""Forms that are turned away, with htmx: why, above the form; and the token that lets them in."""

from __future__ import annotations

import pytest
from flask import Flask, request
from jinja2 import ChoiceLoader, DictLoader
from playwright.sync_api import expect

from tests.browser.guestbook import (
    BOOST,
    BOTH,
    FAILED,
    NONCED,
    STRICT,
    guestbook,
    loads,
    posts,
)

pytestmark = pytest.mark.browser


# Refusals


@BOTH
@pytest.mark.parametrize(
    "how",
    [
        pytest.param("", id="the form is the target"),
        pytest.param('hx-target="#list" hx-swap="none" hx-push-url="true"', id="a list, no swap"),
        pytest.param('hx-target="body"', id="body is the target"),
        pytest.param('hx-select="#form" hx-swap="outerHTML"', id="hx-select"),
    ],
)
def test_refusal_stands_above_the_form_once_and_its_text_stays(open_page, complaints, htmx, how):
    complaints.expect(FAILED.format(404))
    app = guestbook(htmx)
    page = open_page(app, "/list", how=how)
    address = page.url
    page.fill("#name", "Ada")

    for time in (1, 2):
        page.click("text=Sign")
        while posts(app) < time:
            page.wait_for_timeout(10)
        expect(page.locator("body > .actions-error + form")).to_have_count(1)

    expect(page.get_by_role("alert")).to_have_text("There is no such action.")
    expect(page.locator("#name")).to_have_value("Ada")
    expect(page.locator("#list")).to_have_text("first")
    assert page.url == address


@BOTH
def test_refused_button_without_a_form_says_why(open_page, complaints, htmx):
    complaints.expect(FAILED.format(403))
    page = open_page(guestbook(htmx, csrf=True), "/buttons")
    page.evaluate("document.querySelector('meta[name=csrf-token]').content = 'old'")

    page.click("#like")

    expect(page.locator(".actions-error + #like")).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("Reload the page")


@BOTH
@pytest.mark.parametrize(
    ("status", "text"),
    [
        pytest.param(403, "Reload the page and send it again", id="403 of the token"),
        pytest.param(413, "too large", id="413"),
    ],
)
def test_form_is_sent_after_what_was_refused_is_mended(open_page, complaints, htmx, status, text):
    complaints.expect(FAILED.format(status))
    page = open_page(guestbook(htmx, csrf=True), "/block")
    page.fill("#name", "Ada")
    if status == 403:
        good = page.input_value("[name=csrf_token]")
        page.evaluate("document.querySelector('[name=csrf_token]').value = 'old'")
    else:
        page.fill("#note", "x" * 20_000)
    page.click("text=Sign")
    expect(page.get_by_role("alert")).to_contain_text(text)
    expect(page.locator("#name")).to_have_value("Ada")

    if status == 403:
        page.evaluate("token => document.querySelector('[name=csrf_token]').value = token", good)
    else:
        page.fill("#note", "short")
    page.click("text=Sign")

    expect(page.locator(".done")).to_have_text("Thank you, Ada")
    expect(page.get_by_role("alert")).to_have_count(0)


@BOTH
def test_form_for_an_action_that_takes_json_is_told_so(open_page, complaints, htmx):
    complaints.expect(FAILED.format(415))
    page = open_page(guestbook(htmx), "/list", to="jsonAlone")
    page.fill("#name", "Ada")

    page.click("text=Sign")

    expect(page.get_by_role("alert")).to_have_text("This action only accepts JSON.")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#name")).to_have_value("Ada")


@BOTH
def test_application_words_its_refusals_itself(open_page, complaints, htmx):
    complaints.expect(FAILED.format(404))
    app = guestbook(htmx)
    own = DictLoader({"actions/error.html": '<p id="own">We are sorry: {{ error.status }}</p>'})
    app.jinja_loader = ChoiceLoader([own, app.jinja_loader])
    page = open_page(app, "/list")

    page.click("text=Sign")
    expect(page.locator("#own")).to_have_text("We are sorry: 404")
    page.click("text=Sign")
    page.wait_for_timeout(200)

    expect(page.locator("#own")).to_have_count(1)


@BOTH
def test_refused_boosted_form_stays_with_its_text_and_its_address(open_page, complaints, htmx):
    complaints.expect(FAILED.format(413))
    page = open_page(guestbook(htmx), "/boosted", how=BOOST[htmx])
    address = page.url

    page.fill("#name", "Ada")
    page.fill("#note", "x" * 20_000)
    page.click("text=Sign")

    expect(page.get_by_role("alert")).to_contain_text("too large")
    expect(page.locator("#name")).to_have_value("Ada")
    assert page.url == address

    page.fill("#note", "short")
    page.click("text=Sign")
    expect(page.locator(".done")).to_have_text("Thank you, Ada")
    expect(page.get_by_role("alert")).to_have_count(0)


# The token


@BOTH
def test_token_in_the_form_is_enough(open_page, htmx):
    page = open_page(guestbook(htmx, csrf=True), "/block")
    page.evaluate("document.querySelector('meta[name=csrf-token]').remove()")

    for name in ("Ada", "Grace"):  # the fragment's form has a token too
        page.fill("#name", name)
        page.click("text=Sign")
        expect(page.locator(".done")).to_have_text(f"Thank you, {name}")


@BOTH
def test_button_without_a_form_sends_the_token(open_page, htmx):
    page = open_page(guestbook(htmx, policy=NONCED, csrf=True), "/buttons")

    page.click("#like")
    expect(page.locator("#likes")).to_have_text("1")
    page.click("#once button")

    expect(page.locator("#likes")).to_have_text("2")


@BOTH
def test_token_is_fresh_after_a_login_that_clears_the_session(open_page, htmx):
    page = open_page(guestbook(htmx, csrf=True), "/buttons")
    before = loads(page)
    page.click("#enter")
    expect(page.locator("#load")).not_to_have_text(before)

    page.click("#like")

    expect(page.locator("#likes")).to_have_text("1")


@BOTH
def test_token_goes_to_no_other_site(serve, open_page, complaints, htmx):
    if htmx == 2:  # it asks for headers of its own that the other site does not give out
        complaints.expect("Refused to get unsafe header")
    heard = []
    other = Flask("elsewhere")

    @other.route("/", methods=["POST", "OPTIONS"])
    def listen() -> tuple[str, dict[str, str]]:
        heard.append((request.method, dict(request.headers)))
        asked = request.headers.get("Access-Control-Request-Headers", "")
        allow = {"Allow-Origin": "*", "Allow-Headers": asked}
        return "heard", {f"Access-Control-{name}": value for name, value in allow.items()}

    elsewhere = serve(other, "localhost")
    policy = STRICT.replace("connect-src 'self'", f"connect-src 'self' {elsewhere}")
    page = open_page(guestbook(htmx, csrf=True, policy=policy), "/buttons")
    page.evaluate(
        """there => {
            Object.assign(htmx.config, { selfRequestsOnly: false, mode: "cors" });
            const button = document.querySelector("#like");
            const copy = button.cloneNode(true);
            copy.id = "away";
            copy.setAttribute("hx-post", there);
            button.replaceWith(copy);
            htmx.process(copy);
        }""",
        elsewhere,
    )

    page.click("#away")

    expect(page.locator("#likes")).to_have_text("heard")
    assert [method for method, _ in heard][-1] == "POST"
    assert not any("csrf" in str(headers).lower() for _, headers in heard)
