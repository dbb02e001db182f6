"""Rows that come and go by script, lists within rows, and the fields of the chosen model alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from flask import Flask, Response, render_template_string
from jinja2 import DictLoader
from playwright.sync_api import Page, expect
from pydantic import BaseModel, Field, field_validator

from flask_actions import Actions
from tests.browser.guestbook import FAILED, STRICT

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Form</title>
{{ actions_head() }}</head><body>{{ action_form("save", key="a b") }}</body></html>"""


class Part(BaseModel):
    name: str = Field(min_length=1)


class Line(BaseModel):
    name: str
    parts: list[Part] = []

    @field_validator("name")
    @classmethod
    def check(cls, name: str) -> str:
        if name == "sold out":  # which the browser cannot know
            raise ValueError("Sold out")
        return name


class Order(BaseModel):
    lines: list[Line] = []


class Tree(BaseModel):
    name: str = ""
    kids: list[Tree] = []


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: str = ""


class Square(BaseModel):
    kind: Literal["square"]
    side: str = ""


class Drawn(BaseModel):
    how: Literal["drawn"]
    shape: Annotated[Circle | Square, Field(discriminator="kind")]


class Said(BaseModel):
    how: Literal["said"]
    words: str = ""


class Picture(BaseModel):
    made: Annotated[Drawn | Said, Field(discriminator="how")]


@pytest.fixture(params=["form", "htmx"])
def fragment(request) -> bool:
    """Whether htmx swaps the form, or the browser loads the page."""
    return request.param == "htmx"


def site(model: Any, fragment: bool = False) -> Flask:
    """An application with the form of *model*; ``app.saved`` has what arrived."""
    app = Flask(__name__)
    app.secret_key = "test"
    app.saved = []
    app.jinja_loader = DictLoader({"form.html": '{{ action_form("save", key="a b") }}'})
    own = {"fragment": "form.html"} if fragment else {}
    Actions(app).action("save", input=model, **own)(app.saved.append)
    app.add_url_rule("/", "page", lambda: render_template_string(PAGE))

    @app.after_request
    def enforce(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = STRICT
        return response

    return app


def fill(page: Page, name: str, text: str) -> None:
    page.locator(f'[name="{name}"]').fill(text)


def names(page: Page) -> list[str]:
    """The names of the texts that would be sent, in the order of the page."""
    return page.evaluate(
        """() => [...document.querySelectorAll("form input:not([type=hidden]), form select")]
            .filter((one) => !one.disabled).map((one) => one.name)"""
    )


def ids_are_single(page: Page) -> bool:
    return page.evaluate(
        """() => {
            const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
            return ids.length === new Set(ids).size;
        }"""
    )


def add(page: Page, number: int = -1) -> None:
    """Press one of the buttons that add a row: the last one, by itself the outermost list's."""
    page.locator("[data-actions-add]:visible").nth(number).click()


def test_new_row_takes_no_position_that_came_back_from_the_server(open_page, complaints, fragment):
    if fragment:
        complaints.expect(FAILED.format(400))
    app = site(Order, fragment)
    page = open_page(app, "/")
    add(page)
    add(page)
    assert names(page) == ["lines.1000.name", "lines.1001.name"]
    page.locator("[data-actions-remove]").first.click()
    fill(page, "lines.1001.name", "sold out")
    page.locator("[type=submit]").click()
    expect(page.locator(".actions-summary")).to_be_focused()
    assert names(page) == ["lines.1001.name"]

    add(page)

    assert names(page) == ["lines.1001.name", "lines.1002.name"] and ids_are_single(page)
    fill(page, "lines.1001.name", "Tea")
    fill(page, "lines.1002.name", "Milk")
    page.locator("[type=submit]").click()
    expect(page.locator(".actions-row")).to_have_count(0)
    assert app.saved == [Order(lines=[Line(name="Tea"), Line(name="Milk")])]


def test_position_of_a_removed_row_is_not_taken_again(open_page):
    page = open_page(site(Order), "/")
    add(page)
    add(page)
    page.locator("[data-actions-remove]").last.click()

    add(page)

    assert names(page) == ["lines.1000.name", "lines.1002.name"]


def test_lists_within_new_rows_have_positions_of_their_own(open_page, fragment):
    app = site(Order, fragment)
    page = open_page(app, "/")
    add(page)
    add(page)
    fill(page, "lines.1000.name", "Tea")
    fill(page, "lines.1001.name", "Milk")

    add(page, 0)
    add(page, 0)
    add(page, 1)

    parts = ["lines.1000.parts.1000.name", "lines.1000.parts.1001.name"]
    others = ["lines.1001.parts.1000.name"]
    assert names(page) == ["lines.1000.name", *parts, "lines.1001.name", *others]
    assert ids_are_single(page)
    for number, name in enumerate((*parts, *others)):
        fill(page, name, f"part {number}")
    page.locator("[type=submit]").click()
    expect(page.locator(".actions-row")).to_have_count(0)
    tea = Line(name="Tea", parts=[Part(name="part 0"), Part(name="part 1")])
    assert app.saved == [Order(lines=[tea, Line(name="Milk", parts=[Part(name="part 2")])])]


def test_rows_within_rows_are_offered_as_far_as_there_is_one_to_copy(open_page):
    page = open_page(site(Tree), "/")

    add(page)
    add(page, 0)

    assert names(page) == ["name", "kids.1000.name", "kids.1000.kids.1000.name"]
    expect(page.locator("[data-actions-add]:visible")).to_have_count(2)
    for number in (0, 1):
        before = len(names(page))
        add(page, number)
        assert len(names(page)) == before + 1


def test_chosen_model_within_a_chosen_model_is_sent_alone(open_page):
    app = site(Picture)
    page = open_page(app, "/")
    how, kind = page.locator('[name="made.how"]'), page.locator('[name="made.shape.kind"]')
    drawn = ["made.how", "made.shape.kind"]
    assert names(page) == [*drawn, "made.shape.radius"]

    kind.select_option("square")
    assert names(page) == [*drawn, "made.shape.side"]
    how.select_option("said")
    assert names(page) == ["made.how", "made.words"]
    how.select_option("drawn")

    assert names(page) == [*drawn, "made.shape.side"]
    fill(page, "made.shape.side", "3")
    page.locator("[type=submit]").click()
    expect(how).to_have_value("drawn")
    expect(kind).to_have_value("circle")
    shape = Square(kind="square", side="3")
    assert app.saved == [Picture(made=Drawn(how="drawn", shape=shape))]


def test_model_within_one_that_is_not_chosen_is_not_sent(open_page):
    class Other(BaseModel):
        made: Annotated[Said | Drawn, Field(discriminator="how")]

    page = open_page(site(Other), "/")

    assert names(page) == ["made.how", "made.words"]
