"""The pages about forms, without scripts, with htmx 4 and with htmx 2, in two languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import test_demo_site
from tests.browser.test_demo_account import PNG
from tests.browser.test_demo_site import Paper

mode = test_demo_site.mode
paper = test_demo_site.paper

#: A stall without a mistake, by the labels of its fields.
STALL: dict[str, Any] = {
    "Name of the stall": "Umbrellas while you wait",
    "About the stall": "We mend.\nYou wait.",
    "Found under": "rain",
    "Website": "https://umbrellas.example",
    "First day": "2026-04-11",
    "Opens at": "07:30",
    "Arrival": "2026-04-11T06:15",
    "Season until": "2026-09",
    "Holiday week": "2026-W31",
    "Tables": "2",
    "Deposit": "12.50",
    "Loudness": "1",
    "Email": "ines@example.org",
    "Telephone": "0123 45",
    "Street": "Mill Lane 4",
    "Postcode": "4711",
    "Goods": "Umbrellas",
    "Number": "40",
    "Price": "9.99",
    "Number plate": "AL 1911",
    "Length in metres": "4.2",
    "Password for changes": "Tr0mbone",
}


def contact(page: Page) -> Locator:
    return page.get_by_role("group", name="Whom we ask").get_by_label("Name", exact=True)


def fill_stall(page: Page, **changes: str) -> None:
    for label, value in (STALL | {key.replace("_", " "): v for key, v in changes.items()}).items():
        page.get_by_label(label, exact=True).first.fill(value)
    contact(page).fill("Ines Vogt")
    page.get_by_label("Cheese").check()
    page.get_by_label("Pitch").select_option("ferry")
    page.get_by_label("Saturday").check()
    page.get_by_label("You need").select_option(["water", "lamp"])
    page.get_by_label("Colour of the awning").fill("#00ff00")
    page.get_by_label("Print it in the paper").uncheck()
    page.get_by_label("I know the rules of the market").check()


def values(page: Page) -> dict[str, str]:
    """What stands in the fields, by their labels; where two have the same, in the first."""
    found: dict[str, str] = page.locator("main form label").evaluate_all(
        """labels => Object.fromEntries(labels.reverse().filter(label => label.control)
            .map(label => [label.textContent.trim(), label.control.value]))"""
    )
    return found


def summary(page: Page | Locator) -> Locator:
    return page.locator(".actions-summary")


def test_every_kind_of_control_arrives(paper: Paper, tmp_path: Path) -> None:
    page = paper.visitor(path="/forms/everything")
    (tmp_path / "umbrella.png").write_bytes(PNG)

    fill_stall(page)
    page.get_by_label("Picture").set_input_files(tmp_path / "umbrella.png")
    page.get_by_role("button", name="Register the stall").click()

    expect(page.get_by_role("status")).to_have_text("Registered. This is what arrived:")
    assert json.loads(page.get_by_label("JSON").inner_text()) == {
        "edition": "2026",
        "name": "Umbrellas while you wait",
        "sells": "cheese",
        "pitch": "ferry",
        "days": ["saturday"],
        "needs": ["water", "lamp"],
        "about": "We mend.\r\nYou wait.",
        "keyword": "rain",
        "website": "https://umbrellas.example/",
        "picture": "umbrella.png",
        "colour": "#00ff00",
        "first_day": "2026-04-11",
        "opens": "07:30:00",
        "arrival": "2026-04-11T06:15:00",
        "season": "2026-09",
        "holiday": "2026-W31",
        "tables": 2,
        "deposit": "12.50",
        "loudness": 1,
        "contact": {
            "name": "Ines Vogt",
            "email": "ines@example.org",
            "phone": "0123 45",
            "address": {"street": "Mill Lane 4", "postcode": "4711", "town": "Alderbrook"},
        },
        "lines": [{"goods": "Umbrellas", "number": 40, "price": "9.99"}],
        "transport": {"kind": "van", "plate": "AL 1911", "length": 4.2},
        "printed": False,
        "rules": True,
    }
    assert "Tr0mbone" not in page.content()


def test_a_refused_stall_keeps_all_that_was_typed_but_the_secret(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    paper.expect_refused_form()

    fill_stall(page, Tables="13")
    with paper.in_place(page, "h1", ".masthead"):
        page.get_by_role("button", name="Register the stall").click()
        expect(summary(page).get_by_role("listitem")).to_have_text(
            ["Tables: The market lends at most 12 tables."]
        )

    expect(page.get_by_label("Tables")).to_have_accessible_description(
        "The market lends at most 12 tables."
    )
    shown = values(page)
    assert {label: shown[label] for label in STALL} == STALL | {
        "Tables": "13",
        "Password for changes": "",
    }
    expect(contact(page)).to_have_value("Ines Vogt")
    expect(page.get_by_label("Cheese")).to_be_checked()
    expect(page.get_by_label("Pitch")).to_have_value("ferry")
    expect(page.get_by_label("Saturday")).to_be_checked()
    expect(page.get_by_label("Wednesday")).not_to_be_checked()
    expect(page.get_by_label("You need")).to_have_values(["water", "lamp"])
    expect(page.get_by_label("Colour of the awning")).to_have_value("#00ff00")
    expect(page.get_by_label("Print it in the paper")).not_to_be_checked()
    expect(page.get_by_label("I know the rules of the market")).to_be_checked()
    assert "Tr0mbone" not in page.content()


@pytest.mark.parametrize("mode", ["no scripts", "htmx 4"])
def test_what_no_control_can_show_comes_back_as_it_was_typed(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    paper.expect_refused_form()
    for label in ("Deposit", "First day"):
        # As a browser that does not know these controls shows them.
        page.get_by_label(label).evaluate("input => { input.type = 'text' }")

    fill_stall(page, Deposit="12,5", First_day="in April")
    page.get_by_role("button", name="Send it unchecked").click()

    expect(summary(page).get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_label("Deposit")).to_have_value("12,5")
    expect(page.get_by_label("First day")).to_have_value("in April")


def test_the_browser_asks_before_it_sends_what_the_model_refuses(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    name = page.get_by_label("Name of the stall")

    name.fill("U")
    page.get_by_role("button", name="Register the stall").click()

    expect(name).to_be_focused()
    expect(summary(page)).to_have_count(0)


@pytest.mark.parametrize("mode", ["no scripts", "htmx 4"])
def test_every_line_of_the_summary_leads_to_its_field(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    paper.expect_refused_form()

    page.get_by_role("button", name="Send it unchecked").click()

    expect(summary(page)).to_be_focused()
    expect(page).to_have_title("Error: A stall at the market · The Alderbrook Courier")
    links = summary(page).get_by_role("link")
    assert links.count() >= 18
    places = []
    for link in links.all():
        link.focus()
        page.keyboard.press("Enter")
        places.append(
            page.evaluate(
                """() => {
                const here = document.activeElement;
                return [here.id, here.getBoundingClientRect().top + scrollY];
            }"""
            )
        )
    assert [f"#{id}" for id, _ in places] == [link.get_attribute("href") for link in links.all()]
    tops = [top for _, top in places]
    assert tops == sorted(tops)


@pytest.mark.parametrize("mode", ["htmx 4", "htmx 2"])
def test_lines_come_and_go_and_keep_their_errors(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    paper.expect_refused_form()
    lines = page.get_by_role("group", name="What lies on the tables")
    goods = lines.get_by_label("Goods")

    fill_stall(page)
    lines.get_by_role("button", name="Another line").click()
    expect(goods.nth(1)).to_be_focused()
    goods.nth(1).fill("Sticks")
    lines.get_by_label("Number").nth(1).fill("3")
    lines.get_by_role("button", name="Another line").click()
    goods.nth(2).fill("Rain")
    lines.get_by_role("button", name="Remove").first.click()
    expect(goods).to_have_count(2)
    page.get_by_role("button", name="Send it unchecked").click()

    problems = summary(page).get_by_role("listitem")
    expect(problems).to_have_count(3)
    expect(goods.nth(0)).to_have_value("Sticks")
    expect(goods.nth(1)).to_have_value("Rain")
    expect(lines.get_by_label("Price").nth(0)).to_have_attribute("aria-invalid", "true")
    expect(lines.get_by_label("Number").nth(0)).not_to_have_attribute("aria-invalid", "true")
    expect(lines.get_by_label("Number").nth(1)).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("mode", ["no scripts"])
def test_more_lines_need_no_scripts(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    page.context.add_cookies([{"name": "mode", "value": "none", "url": paper.address}])
    page.reload()

    page.get_by_role("main").get_by_role("link", name="3", exact=True).click()

    expect(page.get_by_label("Goods")).to_have_count(3)
    page.get_by_role("button", name="Send it unchecked").click()
    expect(summary(page)).to_be_focused()
    expect(page.get_by_label("Goods")).to_have_count(3)


@pytest.mark.parametrize("mode", ["no scripts", "htmx 2"])
def test_only_the_chosen_model_is_asked_for(paper: Paper) -> None:
    page = paper.visitor(path="/forms/everything")
    paper.expect_refused_form()
    transport = page.get_by_role("group", name="How you come")

    fill_stall(page)
    transport.get_by_label("How you come").select_option("boat")
    if paper.htmx:
        expect(transport.get_by_label("Number plate")).to_be_hidden()
    transport.get_by_label("Name").fill("Marigold")
    transport.get_by_label("Draught in centimetres").evaluate("input => { input.value = '200' }")
    page.get_by_role("button", name="Send it unchecked").click()

    expect(summary(page).get_by_role("listitem")).to_have_count(1)
    expect(transport.get_by_label("How you come")).to_have_value("boat")
    expect(transport.get_by_label("Name")).to_have_value("Marigold")
    draught = transport.get_by_label("Draught in centimetres")
    expect(draught).to_have_attribute("aria-invalid", "true")
    draught.fill("40")
    page.get_by_label("Password for changes").fill("Tr0mbone")
    page.get_by_role("button", name="Send it unchecked").click()
    expect(page.get_by_label("JSON")).to_contain_text('"draught": 40')
    expect(page).to_have_title("A stall at the market · The Alderbrook Courier")


def test_two_passwords_must_agree_and_never_come_back(paper: Paper) -> None:
    page = paper.visitor(path="/forms/sign-up")
    paper.expect_refused_form()
    again = page.get_by_label("The password once more")

    page.get_by_label("Name").fill("Ines")
    page.get_by_label("Email").fill("ines@example.org")
    page.get_by_label("Password", exact=True).fill("Tr0mbone-case")
    again.fill("Tr0mbone-cake")
    page.get_by_role("button", name="Join").click()

    expect(summary(page).get_by_role("listitem")).to_have_text(
        ["The password once more: These are not the same passwords."]
    )
    expect(again).to_have_accessible_description("These are not the same passwords.")
    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(
        "At least 8 characters."
    )
    expect(page.get_by_label("Name")).to_have_value("Ines")
    expect(again).to_have_value("")
    assert "Tr0mbone" not in page.content()

    # What only the handler knows is said at its field in the same way.
    page.get_by_label("Name").fill("Heron")
    page.get_by_label("Password", exact=True).fill("Tr0mbone-case")
    again.fill("Tr0mbone-case")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Name")).to_have_accessible_description(
        "Somebody reads under this name already."
    )

    page.get_by_label("Name").fill("Ines")
    page.get_by_label("Password", exact=True).fill("Tr0mbone-case")
    again.fill("Tr0mbone-case")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("status")).to_have_text("Welcome to the circle, Ines.")
    expect(page).to_have_title("The reading circle · The Alderbrook Courier")


def test_each_button_has_its_own_model(paper: Paper) -> None:
    page = paper.visitor(path="/forms/letter")
    paper.expect_refused_form()

    # Enter presses the first button, which is the harmless one.
    page.get_by_label("Headline").fill("On")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your draft is saved.")
    expect(page.get_by_label("Headline")).to_have_value("On")

    page.get_by_role("button", name="Send it to the paper").click()
    expect(summary(page).get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_label("Headline")).to_have_value("On")

    page.goto("/forms/letter")
    expect(page.get_by_label("Headline")).to_have_value("On")
    page.get_by_label("Headline").fill("On clocks")
    page.get_by_label("Your letter").fill("Four minutes are not much, and they are ours to keep.")
    page.get_by_label("Signed").fill("Rosa")
    page.get_by_role("button", name="Send it to the paper").click()
    expect(page.get_by_role("status")).to_have_text("Your letter is with the editor.")
    expect(page.get_by_label("Headline")).to_have_value("")


def test_each_copy_sees_its_own_result(paper: Paper) -> None:
    page = paper.visitor(path="/forms/twice")
    paper.expect_refused_form()
    editor, ferryman = (
        page.locator("section", has=page.get_by_role("heading", name=name))
        for name in ("Ask the editor", "Ask the ferryman")
    )

    ferryman.get_by_label("Your question").fill("Does the bell work.")
    ferryman.get_by_role("button", name="Send").click()

    expect(summary(ferryman)).to_be_focused()
    expect(summary(page)).to_have_count(1)
    expect(ferryman.get_by_label("Your question")).to_have_value("Does the bell work.")
    expect(editor.get_by_label("Your question")).to_have_value("")
    expect(editor.get_by_label("Your question")).not_to_have_attribute("aria-invalid", "true")
    assert page.evaluate(
        """() => {
        const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
        return ids.length === new Set(ids).size;
    }"""
    )

    editor.get_by_label("Your question").fill("Is there a clock.")
    editor.get_by_role("button", name="Send").click()
    expect(summary(editor)).to_be_focused()
    if paper.htmx:
        expect(summary(page)).to_have_count(2)
    expect(page).to_have_title("Error: Ask at the counter · The Alderbrook Courier")

    ferryman.get_by_label("Your question").fill("Does the bell work?")
    ferryman.get_by_role("button", name="Send").click()
    done = ferryman.get_by_role("status")
    expect(done).to_contain_text("The ferryman nodded.")
    if paper.htmx:
        expect(done).to_be_focused()
        expect(summary(editor)).to_be_visible()
    ferryman.get_by_role("link", name="Ask something else").click()
    expect(page.get_by_label("Your question")).to_have_count(2)
    expect(page).to_have_title("Ask at the counter · The Alderbrook Courier")


def test_the_pages_speak_german_too(paper: Paper) -> None:
    page = paper.visitor(path="/forms/sign-up")
    paper.expect_refused_form()

    page.get_by_role("link", name="Deutsch").click()
    expect(page).to_have_url(f"{paper.address}/forms/sign-up")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_label("Name").fill("Ines")
    page.get_by_label("E-Mail").fill("ines@example.org")
    page.get_by_label("Passwort", exact=True).fill("Posaune-im-Koffer")
    page.get_by_label("Das Passwort noch einmal").fill("Posaune im Koffer")
    page.get_by_role("button", name="Beitreten").click()

    expect(summary(page).get_by_role("heading")).to_have_text("Es gibt ein Problem")
    expect(summary(page)).to_contain_text("Bitte prüfen Sie die markierten Felder.")
    expect(summary(page).get_by_role("listitem")).to_have_text(
        ["Das Passwort noch einmal: Das sind nicht dieselben Passwörter."]
    )
    expect(page).to_have_title("Fehler: Der Lesekreis · The Alderbrook Courier")

    page.goto("/forms/everything")
    page.get_by_role("button", name="Ungeprüft senden").click()
    expect(page.get_by_label("Name des Standes")).to_have_accessible_description(
        "Bitte geben Sie mindestens 2 Zeichen ein. So wie er auf dem Schild stehen soll."
    )
    expect(summary(page)).not_to_contain_text("Field required")

    # The rest of the paper knows one language only.
    page.goto("/sign-up")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign up")
