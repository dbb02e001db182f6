"""Articles, comments and likes, without scripts, with htmx 4 and with htmx 2."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import test_demo_site
from tests.browser.test_demo_site import Paper

mode = test_demo_site.mode
paper = test_demo_site.paper


def write(page: Page, title: str = "Fog on the weir", *, published: bool = True) -> None:
    page.get_by_label("Title").fill(title)
    page.get_by_label("Standfirst").fill("It came at five and stayed for tea.")
    page.get_by_label("Text").fill("Nobody saw anything.\n\nThe heron saw it first.")
    page.get_by_label("Section").select_option("river")
    page.get_by_label("Weather").check()
    page.get_by_label("In the paper").set_checked(published)
    page.get_by_role("button", name="Save").click()


def test_a_new_article_is_shown_and_then_on_the_front_page(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/new")

    write(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("Fog on the weir")
    expect(page.get_by_role("status").first).to_have_text("Your article is in the paper.")
    expect(page.get_by_text("Your article is in the paper.")).to_be_focused()
    expect(page.locator(".text p")).to_have_count(2)
    expect(page.locator(".tags span:not(.visually-hidden)")).to_have_text(["Weather"])
    expect(page).to_have_title("Fog on the weir · The Alderbrook Courier")

    page.reload()
    expect(page.get_by_text("Your article is in the paper.")).to_have_count(0)
    page.goto("/")
    expect(page.get_by_role("heading", level=2).first).to_have_text("Fog on the weir")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fog on the weir")
    expect(page.get_by_text("Your article is in the paper.")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write an article")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_draft_is_its_authors_until_it_is_published(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/new")
    write(page, published=False)
    expect(page.get_by_role("status").first).to_contain_text("Your draft is saved.")
    draft = page.url.partition("?")[0]
    reader = paper.visitor("rosa")
    expect(reader.get_by_role("link", name="Fog on the weir")).to_have_count(0)

    paper.expect_status(404)
    reader.goto(draft)
    expect(reader.get_by_role("heading", level=1)).to_have_text("Not Found")
    page.goto("/desk")
    row = page.get_by_role("article", name="Fog on the weir")
    with paper.in_place(page, "h1", "#post-9", "#status-8"):
        row.get_by_role("button", name="Publish").click()
        expect(row.get_by_role("button", name="Take it back")).to_be_focused()
    expect(row).to_contain_text("In the paper since")

    reader.goto("/")
    expect(reader.get_by_role("link", name="Fog on the weir").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("region", name="In the paper").locator(row)).to_be_visible()


def test_an_article_can_be_taken_back(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/6")

    with paper.in_place(page, "#title", "#comments", "#like-6"):
        page.get_by_role("button", name="Take it back").click()
        expect(page.get_by_role("button", name="Publish")).to_be_focused()

    expect(page.locator(".status")).to_contain_text("A draft: not in the paper yet.")
    page.goto("/")
    expect(page.get_by_role("link", name="The ferry runs again on Monday")).to_have_count(0)


def test_what_was_typed_into_a_wrong_article_is_still_there(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/new")
    paper.expect_refused_form()
    page.get_by_label("Title").fill("No")
    page.get_by_label("Standfirst").fill("<b>“Quotes” & more</b>")
    page.get_by_label("Text").fill("\nToo short.")
    page.get_by_label("Section").select_option("market")
    page.get_by_label("Food").check()
    page.get_by_label("In the paper").check()

    with paper.in_place(page, "h1", ".masthead"):
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("Please check the marked fields.")

    title = page.get_by_label("Title")
    expect(title).to_have_value("No")
    expect(title).to_be_focused()
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(title).to_have_accessible_description("String should have at least 3 characters")
    expect(page.get_by_label("Standfirst")).to_have_value("<b>“Quotes” & more</b>")
    expect(page.get_by_label("Standfirst")).not_to_have_attribute("aria-invalid", "true")
    text = page.get_by_label("Text")
    expect(text).to_have_value("\nToo short.")
    expect(text).to_have_accessible_description(
        "String should have at least 20 characters "
        "At least twenty characters; an empty line starts a paragraph."
    )
    expect(page.get_by_label("Section")).to_have_value("market")
    expect(page.get_by_label("Food")).to_be_checked()
    expect(page.get_by_label("Weather")).not_to_be_checked()
    expect(page.get_by_label("In the paper")).to_be_checked()
    assert paper.post("No") is None

    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Title")).to_have_value("")


def test_a_wrong_article_is_mended_and_sent_again(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/new")
    paper.expect_refused_form()
    write(page, title="No")
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_label("Title").fill("Now it is long enough")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Now it is long enough")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write an article")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_edit_is_saved_where_it_is(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/6/edit")

    with paper.in_place(page, "h1", ".masthead"):
        page.get_by_label("Title").fill("The ferry runs, and rings")
        page.get_by_label("History").uncheck()
        page.get_by_label("Music").check()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".done")).to_have_text("Saved.")

    expect(page.locator("#post-save" if paper.htmx else ".done")).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("The ferry runs, and rings")
    page.reload()
    expect(page.locator(".done")).to_have_count(0)
    expect(page.get_by_label("Title")).to_have_value("The ferry runs, and rings")
    page.get_by_role("link", name="Look at the article").click()
    expect(page.locator(".tags span:not(.visually-hidden)")).to_have_text(["Council", "Music"])


def test_a_comment_is_added_and_counted_and_nothing_jumps(paper: Paper) -> None:
    page = paper.visitor("rosa", "/posts/6")
    text, send = page.get_by_label("Your comment"), page.get_by_role("button", name="Post comment")
    text.fill("The bell!\n\nAt last <the> bell.")
    send.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    assert scrolled > 300

    with paper.in_place(page, "#title", ".text", "#like-6", ".masthead"):
        send.click()
        expect(page.locator(".comment")).to_have_count(3)

    comment = page.locator(".comment").last
    expect(comment).to_contain_text("Rosa Marchetti")
    expect(comment.locator("p:not(.byline)")).to_have_text(["The bell!", "At last <the> bell."])
    expect(page.locator("#comment-count")).to_have_text("3 comments")
    expect(text).to_have_value("")
    expect(page.locator("#comment .done")).to_have_text("Your comment is there.")
    expect(page.locator("#comment-send" if paper.htmx else ".done")).to_be_focused()
    expect(page.locator("#comment")).to_be_in_viewport()
    if paper.htmx:
        # The new comment pushes the form down; the page itself does not jump.
        assert scrolled <= page.evaluate("scrollY") <= scrolled + 300

    page.reload()
    expect(page.locator(".comment")).to_have_count(3)
    expect(page.locator(".done")).to_have_count(0)
    page.goto("/about")
    page.go_back()
    expect(page.locator(".comment")).to_have_count(3)


def test_an_empty_comment_is_refused_beside_its_field(paper: Paper) -> None:
    page = paper.visitor("rosa", "/posts/6")
    paper.expect_refused_form()

    page.get_by_label("Your comment").fill("   ")
    page.get_by_role("button", name="Post comment").click()

    expect(page.locator("#comment-body-error")).to_have_text("Please write something here.")
    expect(page.get_by_label("Your comment")).to_be_focused()
    expect(page.locator("#comment-count")).to_have_text("2 comments")


def test_a_comment_written_before_the_login_comes_back_after_it(paper: Paper) -> None:
    page = paper.visitor(path="/posts/6")
    page.get_by_label("Your comment").fill("Written while nobody knew me.")
    page.get_by_role("button", name="Post comment").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.get_by_label("Email").fill("rosa@example.org")
    page.get_by_label("Password").fill("alderbrook")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("The ferry runs again on Monday")
    expect(page.get_by_text("Welcome back, Rosa Marchetti.")).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_value("Written while nobody knew me.")
    expect(page.locator(".comment")).to_have_count(2)
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator(".comment").last).to_contain_text("Written while nobody knew me.")


def test_who_was_logged_out_elsewhere_keeps_the_comment(paper: Paper) -> None:
    page = paper.visitor("rosa", "/posts/6")
    page.get_by_label("Your comment").fill("Am I still here?")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Log out").click()
    expect(other.get_by_text("You are logged out.")).to_be_visible()
    page.bring_to_front()

    paper.expect_refused_form(401)
    page.get_by_role("button", name="Post comment").click()
    if paper.htmx:
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Your comment")).to_have_value("Am I still here?")
        page.get_by_role("button", name="Post comment").click()  # a plain form now

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.get_by_label("Email").fill("rosa@example.org")
    page.get_by_label("Password").fill("alderbrook")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_label("Your comment")).to_have_value("Am I still here?")


def test_a_like_changes_its_heart_alone(paper: Paper) -> None:
    page = paper.visitor("rosa")
    heart, neighbour = page.locator("#like-4-button"), page.locator("#like-3-button")
    expect(heart).to_have_text("♥ 1 like of “A second row of stalls from April”: like it")
    expect(neighbour).to_have_attribute("aria-pressed", "false")
    neighbour.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    assert scrolled > 0

    with paper.in_place(page, "#like-4", "#like-6", "h1", "#letter", "#story-3"):
        neighbour.click()
        expect(neighbour).to_have_attribute("aria-pressed", "true")

    expect(neighbour).to_contain_text("♥ 3")
    expect(neighbour).to_be_focused()
    expect(neighbour).to_be_in_viewport()
    if paper.htmx:
        assert page.evaluate("scrollY") == scrolled
    neighbour.click()
    expect(neighbour).to_have_attribute("aria-pressed", "false")
    expect(heart).to_have_attribute("aria-pressed", "true")

    page.reload()
    expect(neighbour).not_to_be_focused()
    expect(neighbour).to_contain_text("♡ 2")


def test_a_visitors_like_leads_to_the_login_page_and_back(paper: Paper) -> None:
    page = paper.visitor(path="/?topic=river")

    page.locator("#like-1-button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    page.get_by_label("Email").fill("rosa@example.org")
    page.get_by_label("Password").fill("alderbrook")
    page.get_by_role("button", name="Log in").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("The river")
    expect(page.locator("#like-1-button")).to_have_attribute("aria-pressed", "false")


def test_two_tabs_see_their_own_results(paper: Paper) -> None:
    one = paper.visitor("ada", "/posts/new")
    two = one.context.new_page()
    two.goto("/posts/new")
    paper.expect_refused_form()

    for tab, title in ((two, "2"), (one, "1")):
        tab.bring_to_front()
        write(tab, title=title)
        expect(tab.get_by_role("alert")).to_be_visible()

    expect(one.get_by_label("Title")).to_have_value("1")
    expect(two.get_by_label("Title")).to_have_value("2")
    for tab, title in ((one, "The first of two"), (two, "The second of two")):
        tab.bring_to_front()
        tab.get_by_label("Title").fill(title)
        tab.get_by_role("button", name="Save").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text(title)


def test_the_editor_deletes_an_article_after_a_question(paper: Paper) -> None:
    page = paper.visitor("edith", "/posts/6")
    page.get_by_role("link", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Delete “The ferry runs again on Monday”?"
    )

    page.get_by_role("button", name="Yes, delete it").click()

    expect(page.get_by_role("status")).to_have_text("“The ferry runs again on Monday” is deleted.")
    assert paper.post("The ferry runs again on Monday") is None
    page.reload()
    expect(page.locator(".done")).to_have_count(0)
    paper.expect_status(404)
    page.goto("/posts/6")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not Found")


def test_the_editor_deletes_a_comment(paper: Paper) -> None:
    page = paper.visitor("edith", "/posts/6")
    first = page.locator(".comment").first

    with paper.in_place(page, "#title", ".text", "#like-6"):
        first.locator("summary").click()
        first.get_by_role("button").click()
        expect(page.locator(".comment")).to_have_count(1)

    expect(page.locator("#comments .done")).to_have_text("The comment is deleted.")
    expect(page.locator("#comments .done")).to_be_focused()
    expect(page.locator("#comment-count")).to_have_text("1 comment")


@pytest.mark.parametrize("mode", ["no scripts"])
def test_pages_that_are_not_theirs_are_refused(paper: Paper) -> None:
    paper.expect_status(403)

    for name, path in (
        ("rosa", "/posts/new"),
        ("rosa", "/posts/6/edit"),
        ("tomas", "/posts/6/edit"),
        ("ada", "/posts/6/delete"),
    ):
        page = paper.visitor(name, path)

        expect(page.get_by_role("heading", level=1)).to_have_text("Forbidden")


def test_who_lost_the_right_to_write_is_told_so_in_the_form(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/new")
    paper.demote("ada")
    paper.expect_refused_form(403)
    if not paper.htmx:
        paper.expect_status(403)

    write(page)

    if paper.htmx:
        expect(page.get_by_role("alert")).to_have_text("Only authors write for the Courier.")
        expect(page.get_by_label("Title")).to_have_value("Fog on the weir")
    else:  # the page itself is not hers any more
        expect(page.get_by_role("heading", level=1)).to_have_text("Forbidden")
    assert paper.post("Fog on the weir") is None


@pytest.mark.parametrize("mode", ["htmx 4", "htmx 2"])
def test_three_fast_clicks_send_one_comment(paper: Paper) -> None:
    page = paper.visitor("rosa", "/posts/6")
    page.get_by_label("Your comment").fill("Once.")

    page.locator("#comment-send").evaluate("it => { it.click(); it.click(); it.click(); }")

    expect(page.locator("#comment .done")).to_be_visible()
    page.reload()
    expect(page.locator(".comment")).to_have_count(3)
