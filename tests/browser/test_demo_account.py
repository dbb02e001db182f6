"""Sign-up, login, profile and the letter, without scripts, with htmx 4 and with htmx 2."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import test_demo_site
from tests.browser.test_demo_site import Paper

mode = test_demo_site.mode
paper = test_demo_site.paper

#: A picture of one red pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d494441"
    "54789c63e8d157fe0f00040701de4d0380860000000049454e44ae426082"
)


def log_in(page: Page, email: str, password: str = "alderbrook") -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def sign_up(page: Page, name: str, email: str, password: str, again: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(email)
    page.get_by_label("write articles as well").check()
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("The password once more").fill(again)
    page.get_by_role("button", name="Sign up").click()


def test_who_signs_up_is_logged_in_and_may_write(paper: Paper) -> None:
    page = paper.visitor(path="/sign-up")

    sign_up(page, "Ines Vogt", "Ines@Example.org", "a long password", "a long password")

    expect(page.get_by_text("Welcome to the Courier, Ines Vogt.")).to_be_focused()
    expect(page.get_by_role("link", name="Write")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Welcome to the Courier, Ines Vogt.")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()
    page.goto("/log-in")
    log_in(page, "ines@example.org", "a long password")
    expect(page.get_by_text("Welcome back, Ines Vogt.")).to_be_visible()


def test_a_wrong_sign_up_keeps_what_was_typed_but_no_password(paper: Paper) -> None:
    page = paper.visitor(path="/sign-up")
    paper.expect_refused_form()

    with paper.in_place(page, "h1", ".masthead"):
        sign_up(page, "I", "ines at example", "Tr0mbone-case", "another")
        expect(page.get_by_role("alert")).to_have_text("Please check the marked fields.")

    expect(page.get_by_label("Name")).to_have_value("I")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_accessible_description(
        "String should have at least 2 characters As it shall stand above your comments."
    )
    expect(page.get_by_label("Email")).to_have_value("ines at example")
    expect(page.get_by_label("Email")).to_have_accessible_description(
        "Please write an address like ada@example.org."
    )
    expect(page.get_by_label("write articles as well")).to_be_checked()
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    again = page.get_by_label("The password once more")
    expect(again).to_have_value("")
    expect(again).to_have_accessible_description("This is not the same password as above.")
    assert "Tr0mbone" not in page.content()
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Name")).to_have_value("")

    # What only the handler can know is said in the same way.
    sign_up(page, "Not Ada", "ada@example.org", "a long password", "a long password")

    email = page.get_by_label("Email")
    expect(email).to_have_value("ada@example.org")
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description("Somebody has signed up with this address.")


def test_the_login_leads_on_to_where_one_was(paper: Paper) -> None:
    page = paper.visitor(path="/profile")
    expect(page.get_by_text("Please log in; then it goes on where you were.")).to_be_visible()

    log_in(page, "ada@example.org")

    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    expect(page.get_by_text("Welcome back, Ada Lindqvist.")).to_be_focused()
    page.reload()
    expect(page.get_by_text("Welcome back, Ada Lindqvist.")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_a_wrong_password_is_not_told_from_a_wrong_address(paper: Paper) -> None:
    page = paper.visitor(path="/log-in?next=/profile")
    paper.expect_refused_form()

    for email in ("ada@example.org", "nobody@example.org"):
        log_in(page, email, "wrong and secret")
        expect(page.get_by_label("Email")).to_have_value(email)
        expect(page.get_by_role("alert")).to_contain_text(
            "Email and password do not belong together."
        )
        expect(page.get_by_role("alert")).to_be_focused()
        expect(page.get_by_label("Password")).to_have_value("")
        assert "wrong and secret" not in page.content()

    log_in(page, "ada@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")


def test_the_login_never_leads_to_another_site(paper: Paper) -> None:
    page = paper.visitor(path="/log-in?next=//evil.example")
    page.locator("[name=next]").evaluate("input => { input.value = '//evil.example' }")

    log_in(page, "ada@example.org")

    expect(page.get_by_text("Welcome back, Ada Lindqvist.")).to_be_visible()
    assert page.url.startswith(f"{paper.address}/?")


def test_the_logout_is_said_once(paper: Paper) -> None:
    page = paper.visitor("ada", "/posts/6")

    page.get_by_role("button", name="Log out").click()

    expect(page.get_by_text("You are logged out.")).to_be_focused()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    page.reload()
    expect(page.get_by_text("You are logged out.")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)


def test_a_profile_with_a_picture_is_saved_where_it_is(paper: Paper) -> None:
    page = paper.visitor("ada", "/profile")
    expect(page.locator("#me")).to_contain_text("AL")

    with paper.in_place(page, "h1", ".masthead", ".main"):
        page.get_by_label("Name").fill("Ada L.")
        page.get_by_label("About you").fill("Now with a face.")
        page.get_by_label("Picture", exact=True).set_input_files(
            {"name": "ada.png", "mimeType": "image/png", "buffer": PNG}
        )
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".done")).to_have_text("Saved.")

    expect(page.locator("#profile-save" if paper.htmx else ".done")).to_be_focused()
    # Beyond the form, the name in the corner follows: out of band with htmx.
    expect(page.locator("#me")).to_have_text("Ada L.")
    picture = page.locator("#profile img.face")
    answer = page.request.get(str(picture.get_attribute("src")))
    assert answer.body() == PNG
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert picture.evaluate("image => image.naturalWidth") == 1

    page.get_by_label("Take the picture away").check()
    page.get_by_role("button", name="Save").click()
    expect(picture).to_have_count(0)
    expect(page.locator("#me")).to_contain_text("AL")
    page.reload()
    expect(page.locator(".done")).to_have_count(0)
    expect(page.get_by_label("About you")).to_have_value("Now with a face.")


def test_a_picture_that_is_none_is_refused_beside_its_field(paper: Paper, tmp_path: Path) -> None:
    page = paper.visitor("ada", "/profile")
    paper.expect_refused_form()
    page.get_by_label("About you").fill("Still here.")

    for name, content, message in (
        ("big.png", PNG + bytes(1_200_000), "1 MB"),
        ("lies.png", b"This is no picture.", "not what its type says"),
        ("note.txt", b"This is no picture.", "image/png"),
        ("drawn.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
    ):
        (tmp_path / name).write_bytes(content)
        page.get_by_label("Picture", exact=True).set_input_files(tmp_path / name)
        page.get_by_role("button", name="Save").click()

        expect(page.locator("#avatar-error")).to_contain_text(message)
        expect(page.locator("#avatar")).to_be_focused()
        expect(page.locator("#avatar")).to_have_value("")
        expect(page.get_by_label("About you")).to_have_value("Still here.")
    expect(page.locator("img.face")).to_have_count(0)


def test_far_too_large_a_form_is_refused_as_a_whole(paper: Paper, tmp_path: Path) -> None:
    page = paper.visitor("ada", "/profile")
    paper.expect_status(413)
    (tmp_path / "huge.png").write_bytes(PNG + bytes(3_000_000))

    page.get_by_label("About you").fill("Not lost.")
    page.get_by_label("Picture", exact=True).set_input_files(tmp_path / "huge.png")
    page.get_by_role("button", name="Save").click()

    if paper.htmx:
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("About you")).to_have_value("Not lost.")
    else:
        expect(page.get_by_role("heading", level=1)).to_have_text("Request Entity Too Large")
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")


def test_a_form_without_its_token_is_refused(paper: Paper) -> None:
    page = paper.visitor(path="/")
    paper.expect_status(403)
    page.get_by_label("Email").fill("me@example.org")
    page.context.clear_cookies(name="session")

    page.get_by_role("button", name="Send it to me").click()

    if paper.htmx:
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Email")).to_have_value("me@example.org")
        page.reload()
    else:
        expect(page.get_by_role("heading", level=1)).to_have_text("Forbidden")
        page.get_by_role("link", name="Back to where you were").click()
    page.get_by_label("Email").fill("me@example.org")
    page.get_by_role("button", name="Send it to me").click()
    expect(page.locator(".done")).to_have_text("The next letter goes to me@example.org.")


def test_the_letter_is_sent_for_beside_the_news(paper: Paper) -> None:
    page = paper.visitor(path="/?topic=river")
    paper.expect_refused_form()
    email, send = page.get_by_label("Email"), page.get_by_role("button", name="Send it to me")

    with paper.in_place(page, "h1", "#story-1", ".masthead"):
        for address, message in (
            ("nobody", "Please write an address like ada@example.org."),
            ("postmaster@example.org", "The letter comes to this address already."),
        ):
            email.fill(address)
            send.click()
            expect(page.locator("#letter-email-error")).to_have_text(message)
            expect(email).to_have_value(address)
            expect(email).to_be_focused()
        email.fill(" Me@Example.org ")
        send.click()
        expect(page.locator(".done")).to_have_text("The next letter goes to me@example.org.")

    # The section that the page shows is in its query.
    expect(page.get_by_role("heading", level=1)).to_have_text("The river")
    page.reload()
    expect(page.locator(".done")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("The river")
