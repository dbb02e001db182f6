"""action_form: the same object at first, after a redirect and in a fragment."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Annotated, Literal

import pytest
from flask import Flask, render_template_string, request
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import DictLoader
from pydantic import BaseModel, EmailStr, Field, RootModel, SecretStr
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as PlainForm
from wtforms.validators import DataRequired, Length
from wtforms.widgets import PasswordInput

from flask_actions import ActionInputError, Actions, Upload, action_form
from flask_actions.formview import MOST_LISTS


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Contact(BaseModel):
    name: str = Field(min_length=2)
    phone: str = ""


class Line(BaseModel):
    name: str = Field(min_length=1)
    qty: int = Field(ge=1)


class Circle(BaseModel):
    kind: Literal["circle"]
    name: str = ""
    radius: float


class Square(BaseModel):
    kind: Literal["square"]
    name: str = ""
    side: float


class Post(BaseModel):
    title: str = Field(min_length=3, title="Headline", description="What it is about")
    text: str = Field("", json_schema_extra={"html": {"control": "textarea"}})
    published: bool = True
    colour: Colour = Colour.RED
    size: Literal["s", "m", "l"] = Field(
        "m", json_schema_extra={"html": {"control": "radio", "labels": {"s": "Small"}}}
    )
    tags: list[Literal["a", "b", "c"]] = []
    price: Decimal = Decimal("1.50")
    when: date | None = None
    password: SecretStr = SecretStr("hidden")
    api_token: str = "secret by its name"
    contact: Contact
    lines: list[Line] = []
    shape: Annotated[Circle | Square, Field(discriminator="kind")]


class Page(HTMLParser):
    """The controls of a page, as a browser would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.controls: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.text = text
        self._template = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        if tag == "template":
            self._template += 1
        if self._template:
            return
        if "id" in own:
            self.ids.append(own["id"])
        if tag in ("input", "select", "textarea", "button", "form"):
            self.controls.append({"tag": tag, **own})

    def handle_endtag(self, tag):
        if tag == "template":
            self._template -= 1

    def named(self, name):
        return [one for one in self.controls if one.get("name") == name]

    def one(self, name):
        (found,) = self.named(name)
        return found


def build(template="{{ action_form('createPost') }}", model=Post, templates=None, **options):
    app = Flask(__name__)
    app.secret_key = "test"
    app.testing = True
    app.jinja_loader = DictLoader({"page.html": template, **(templates or {})})
    actions = Actions(app)

    def create_post(input):
        return "done"

    actions.action(input=model, **options)(create_post)

    @app.route("/")
    def page():
        return render_template_string(template)

    return app


def refused(app, **fields):
    client = app.test_client()
    headers = {"Referer": "http://localhost/"}
    response = client.post("/_actions/createPost", data=fields, headers=headers)
    return client.get(response.location).text


def first(app):
    return app.test_client().get("/").text


# --- the first rendering


def test_whole_form_has_a_control_for_every_field():
    page = Page(first(build()))

    form = page.controls[0]
    assert (form["method"], form["action"]) == ("post", "/_actions/createPost")
    names = [one["name"] for one in page.controls if one.get("name")]
    for name in ("title", "text", "published", "colour", "size", "tags", "price", "when"):
        assert name in names
    assert {"contact.name", "contact.phone", "shape.kind", "shape.radius", "shape.side"} <= {*names}


def test_no_id_stands_twice():
    page = Page(first(build()))

    assert len(page.ids) == len(set(page.ids))


def test_defaults_of_the_model_stand_in_it():
    page = Page(first(build()))

    assert page.one("price")["value"] == "1.50"
    assert "checked" in page.named("published")[1]
    assert [one["value"] for one in page.named("size") if "checked" in one] == ["m"]
    assert '<option value="red" selected>' in page.text


def test_constraints_and_words_of_the_model_are_there():
    page = Page(first(build()))

    title = page.one("title")
    assert title["minlength"] == "3" and "required" in title
    assert '<label for="createPost-title">Headline</label>' in page.text
    assert title["aria-describedby"] == "createPost-title-hint"
    assert "What it is about</p>" in page.text
    assert "Small</label>" in page.text


def test_secrets_show_no_value_whoever_gives_one():
    page = first(build("{{ action_form('createPost', {'password': 'p4ss', 'api_token': 't0k'}) }}"))

    assert "p4ss" not in page and "t0k" not in page and "secret by its name" not in page
    assert Page(page).one("password")["type"] == "password"


@dataclass
class Row:
    """What an ORM gives: attributes."""

    title: str = "From the database"
    published: bool = False
    colour: Colour = Colour.BLUE
    tags: tuple[str, ...] = ("a", "c")
    contact: Contact | None = None
    lines: tuple[Line, ...] = ()


INITIAL = {
    "title": "From the database",
    "published": False,
    "colour": "blue",
    "tags": ["a", "c"],
    "contact": {"name": "Ann"},
    "lines": [{"name": "Tea", "qty": 2}, {"name": "Milk", "qty": 1}],
    "shape": {"kind": "square", "side": 2.5},
}
MODEL = Post.model_construct(
    title="From the database",
    published=False,
    colour=Colour.BLUE,
    tags=["a", "c"],
    contact=Contact(name="Ann"),
    lines=[Line(name="Tea", qty=2), Line(name="Milk", qty=1)],
    shape=Square(kind="square", side=2.5),
)
OBJECT = Row(contact=Contact(name="Ann"), lines=(Line(name="Tea", qty=2), Line(name="Milk", qty=1)))


@pytest.mark.parametrize(
    "initial",
    [
        pytest.param(INITIAL, id="dictionary"),
        pytest.param(MODEL, id="model"),
        pytest.param(OBJECT, id="object"),
    ],
)
def test_initial_values_come_from_anything_with_members(initial):
    app = build()
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial=initial)))

    assert page.one("title")["value"] == "From the database"
    assert "checked" not in page.named("published")[1]
    assert '<option value="blue" selected>' in page.text
    assert page.one("contact.name")["value"] == "Ann"
    assert page.one("lines.1.qty")["value"] == "1"
    assert page.one("price")["value"] == "1.50"  # the model's own default, since none was given


def test_member_of_a_union_is_the_one_that_was_given():
    app = build()
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial=INITIAL)))

    assert '<option value="square" selected>' in page.text
    assert page.one("shape.side")["value"] == "2.5"
    assert len(page.named("shape.name")) == 1


class Aliased(BaseModel):
    full_name: str = Field(alias="fullName")


@pytest.mark.parametrize(
    "initial", [{"fullName": "Ann"}, {"full_name": "Ann"}, Aliased(fullName="Ann")]
)
def test_initial_value_is_found_by_alias_or_name(initial):
    app = build(model=Aliased)
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial=initial)))

    assert page.one("fullName")["value"] == "Ann"


# --- after a refusal


def test_what_was_typed_comes_back_as_it_was_typed():
    page = Page(
        refused(
            build(),
            **{"title": "a<", "price": "12,5", "published": "false", "tags": ["b"], "size": "l"},
            **{"contact.name": "", "lines.3.name": "Tea", "lines.3.qty": "0", "text": "\n x"},
            **{"shape.kind": "square", "shape.side": "wide", "colour": "green"},
        )
    )

    assert page.one("title")["value"] == "a<"
    assert page.one("price")["value"] == "12,5" and page.one("price")["type"] == "text"
    assert "checked" not in page.named("published")[1]
    assert [one["value"] for one in page.named("size") if "checked" in one] == ["l"]
    assert "\n\n x</textarea>" in page.text
    assert page.one("lines.3.qty")["value"] == "0"
    assert page.one("shape.side")["value"] == "wide"


def test_error_is_tied_to_its_control():
    page = Page(refused(build(), title="a"))

    title = page.one("title")
    assert title["aria-invalid"] == "true"
    assert title["aria-describedby"] == "createPost-title-error createPost-title-hint"
    assert {"createPost-title-error", "createPost-title-hint"} <= set(page.ids)


def test_summary_leads_to_every_field_in_the_order_of_the_page():
    page = Page(refused(build(), title="a", **{"contact.name": "", "lines.0.qty": "0"}))

    summary = re.search(r'<div class="actions-summary".*?</div>', page.text, re.DOTALL)[0]
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets[0] == "createPost-title"
    assert set(targets) <= set(page.ids)
    assert targets == sorted(targets, key=page.ids.index)
    assert 'role="alert"' in summary and "autofocus" in summary and 'tabindex="-1"' in summary


def test_every_message_of_the_error_is_in_the_summary():
    app = build("{{ action_form('createPost').summary() }}")
    client = app.test_client()
    data = {"title": "a", "lines.0.qty": "0", "shape.kind": "hexagon"}
    issues = client.post("/_actions/createPost", json={}).json["error"]["issues"]
    assert issues

    page = refused(app, **data)

    for path in ("Headline", "Name", "Qty", "Shape"):
        assert f"{path}: " in page


def test_no_summary_where_nothing_is_wrong():
    assert "actions-summary" not in first(build())


def test_handlers_own_errors_find_their_place():
    app = build()

    def handler(input):
        raise ActionInputError({"lines.0.qty": "Only 3 left", "": "Please look again"})

    app.extensions["actions"].registry.find("createPost").handler = handler
    page = refused(
        app,
        **{"title": "abc", "contact.name": "Ann", "lines.0.name": "Tea", "lines.0.qty": "9"},
        **{"shape.kind": "circle", "shape.radius": "1"},
    )

    assert '<p class="actions-error-text" id="createPost-lines-0-qty-error">Only 3 left</p>' in page
    assert "<li>Please look again</li>" in page


def test_secret_that_was_typed_never_comes_back():
    page = refused(build(), title="a", password="p4ssw0rd", api_token="t0ken")

    assert "p4ssw0rd" not in page and "t0ken" not in page


def test_success_shows_the_form_anew():
    app = build(model=Contact)

    page = Page(refused(app, name="Ann", phone="123"))

    assert "value" not in page.one("name")


def test_title_of_the_page_says_that_there_is_an_error():
    app = build("{{ action_form('createPost').page_title('New post') }}")

    assert first(app) == "New post"
    assert refused(app, title="a") == "Error: New post"


# --- copies, and parts by hand


COPIES = "{% for n in (1, 2) %}{{ action_form('createPost', key=n) }}{% endfor %}"


def test_each_of_two_copies_sees_its_own_result():
    app = build(COPIES, model=Contact)
    page = Page(refused(app, name="A", _key="2"))

    assert [one.get("value") for one in page.named("name")] == [None, "A"]
    assert [one["value"] for one in page.named("_key")] == ["1", "2"]
    assert len(page.ids) == len(set(page.ids))


BY_HAND = """
{% set f = action_form('createPost') %}
<form {{ f.attrs }} class="mine">{{ f.hidden }}
<label for="{{ f.title.id }}">{{ f.title.label }}</label>
<input {{ f.title.attrs(class_="wide", minlength=None, hx_get="/check") }}>{{ f.title.errors() }}
<small>{{ f.title.hint }}</small>
{% for one in f.colour.choices %}[{{ one.value }}|{{ one.label }}|{{ one.selected }}]{% endfor %}
{% for line in f.lines %}{{ line.name.input() }}{{ line.qty.value }}{% endfor %}
{{ f.contact.name.input(placeholder="Who") }}
<input name="when" value="{{ f.when.value }}">
{% for field in f %}({{ field.label }}){% endfor %}
</form>
"""


def test_parts_may_be_placed_and_changed_one_by_one():
    text = refused(build(BY_HAND), title="a", **{"lines.0.qty": "7", "when": "soon"})
    page = Page(text)

    title = page.one("title")
    assert (title["class"], title["hx-get"], title["value"]) == ("wide", "/check", "a")
    assert "minlength" not in title
    assert "[red|Red|False]" in text and "[blue|Blue|False]" in text
    assert page.one("contact.name")["placeholder"] == "Who"
    assert page.one("when")["value"] == "soon"
    assert "(Headline)" in text and "(Contact)" in text
    assert re.search(r'name="lines.0.name"[^>]*>7', text)


class Spaced(BaseModel):
    text: str = Field(alias="your text")


def test_ids_have_no_spaces_whatever_the_names():
    page = Page(first(build("{{ action_form('createPost', key='a b') }}", model=Spaced)))

    assert [one for one in page.ids if " " in one or "." in one] == []
    assert re.fullmatch(r"createPost-a-b-[0-9a-f]{8}-your-text", page.one("your text")["id"])


def test_copies_whose_keys_look_alike_have_ids_of_their_own():
    call = "{% for k in ('a.b', 'a-b') %}{{ action_form('createPost', key=k) }}{% endfor %}"
    page = Page(first(build(call)))

    assert len(page.ids) == len(set(page.ids))


class Odd(BaseModel):
    name: str = "n"
    id: int = 7
    label: str = "l"
    url: str = "u"
    result: str = "r"
    summary: str = "s"


def test_field_may_be_called_as_what_every_part_has():
    app = build(
        "{% set f = action_form('createPost') %}{{ f.name.value }}{{ f.id.value }}"
        "{{ f.label.value }}{{ f.url.value }}{{ f.result.value }}{{ f['summary'].value }}",
        model=Odd,
    )

    assert first(app) == "n7lurs"


def test_unknown_field_is_an_error_that_lists_the_fields():
    app = build()
    with app.test_request_context():
        form = action_form("createPost")

    with pytest.raises(LookupError, match=r"no field 'tilte' .* title, text"):
        form["tilte"]


@pytest.mark.parametrize(
    ("templates", "theme"),
    [
        pytest.param({"actions/controls/text.html": "<my-text>"}, "", id="a kind"),
        pytest.param({"actions/plain/text.html": "<my-text>"}, "plain", id="a theme"),
    ],
)
def test_application_has_its_own_template_for_a_control(templates, theme):
    call = f"{{{{ action_form('createPost', theme='{theme}') }}}}"
    page = first(build(call, templates=templates, model=Contact))

    assert "<my-text>" in page and '<label for="createPost-name">' in page


def test_one_field_has_a_template_of_its_own():
    call = "{{ action_form('createPost').name.input('stars.html', class_='gold') }}"
    template = {"stars.html": "<my-stars name='{{ field.name }}'{{ attributes }}>"}

    assert first(build(call, templates=template, model=Contact)) == (
        "<my-stars name='name' class=\"gold\">"
    )


def test_attributes_are_escaped():
    app = build("{{ action_form('createPost', {'name': '\"><script>'}) }}", model=Contact)

    assert "<script>" not in first(app)


# --- doors, files, tokens


class Picture(BaseModel):
    photo: Upload


def test_form_with_a_file_is_sent_in_parts():
    page = Page(first(build(model=Picture)))

    assert page.controls[0]["enctype"] == "multipart/form-data"
    assert page.one("photo")["type"] == "file"


def test_form_of_an_action_with_a_fragment_is_sent_by_htmx():
    template = "{{ action_form('createPost') }}"
    app = build(template, model=Contact, fragment="page.html")

    assert Page(first(app)).controls[0]["hx-post"] == "/_actions/createPost"
    response = app.test_client().post(
        "/_actions/createPost",
        data={"name": "A", "phone": "1"},
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/?page=2"},
    )
    page = Page(response.text)
    assert response.status_code == 400
    assert page.one("name")["value"] == "A" and "actions-summary" in page.text
    assert page.one("_page")["value"] == "/?page=2"


def test_form_finds_back_without_a_referer():
    app = build(model=Contact)
    client = app.test_client()
    page = Page(client.get("/?tab=3").text)

    response = client.post(
        "/_actions/createPost", data={"name": "A", "_page": page.one("_page")["value"]}
    )

    assert response.location.startswith("/?tab=3&_result=")


def test_token_is_in_the_form_where_the_application_asks_for_one():
    app = build(model=Contact)
    CSRFProtect(app)
    client = app.test_client()
    token = Page(client.get("/").text).one("csrf_token")["value"]

    response = client.post(
        "/_actions/createPost",
        data={"name": "Ann", "csrf_token": token},
        headers={"Referer": "http://localhost/"},
    )

    assert response.status_code == 303


def test_action_without_a_model_says_what_to_do():
    app = build(model=int)
    with app.test_request_context(), pytest.raises(TypeError, match="declare a pydantic model"):
        action_form("createPost")


# --- in development


def test_failed_field_that_the_page_lacks_is_told(caplog):
    app = build(
        "{% set f = action_form('createPost') %}{{ f.summary() }}{{ f.phone.input() }}",
        model=Contact,
    )

    page = refused(app, name="A", phone="1")

    assert "Name: " in page
    assert "The field 'name' of createPost failed, and the page / does not have it" in caplog.text


def test_failed_field_that_was_written_by_hand_is_none_of_these(caplog):
    app = build("{{ action_form('createPost').summary() }}<input name=\"name\">", model=Contact)

    refused(app, name="A")

    assert "does not have it" not in caplog.text


# --- FlaskForm


class Address(PlainForm):
    street = StringField("Street", [DataRequired()])


class Old(FlaskForm):
    email = StringField("E-mail", [DataRequired(), Length(min=5)], description="Yours")
    secret = PasswordField("Password", [DataRequired()])
    news = BooleanField("News")
    plan = SelectField("Plan", choices=["free", "paid"])
    address = FormField(Address)
    names = FieldList(StringField("Name", [DataRequired()]), min_entries=1)


@pytest.mark.parametrize("position", ["²", "9" * 5_000], ids=["no decimal", "5,000 digits"])
def test_flask_form_is_shown_again_whatever_positions_were_sent(position):
    page = Page(refused(build(model=Old), email="a@b", **{f"names.{position}": "x"}))

    assert page.one("email")["value"] == "a@b"


def test_flask_form_gets_the_same_object():
    page = Page(refused(build(model=Old), email="a@b", secret="s3cret", plan="paid", news="y"))

    email = page.one("email")
    assert (email["value"], email["aria-invalid"]) == ("a@b", "true")
    assert email["aria-describedby"] == "createPost-email-error createPost-email-hint"
    assert "s3cret" not in page.text
    assert "checked" in page.one("news")
    assert '<option selected value="paid">' in page.text
    assert page.one("address-street")["aria-invalid"] == "true"
    assert {"createPost-email-error", "createPost-address-street-error"} <= set(page.ids)
    assert 'href="#createPost-address-street"' in page.text


def test_flask_form_takes_initial_values():
    app = build(model=Old)
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial={"email": "ann@example.org"})))

    assert page.one("email")["value"] == "ann@example.org"


def test_flask_form_field_by_hand():
    call = "{% set f = action_form('createPost') %}<input {{ f.email.attrs(class_='x') }}>"
    page = Page(first(build(call, model=Old)))

    assert page.one("email")["class"] == "x"


class Mail(BaseModel):
    email: EmailStr


def test_input_that_was_posted_is_not_that_of_another_form():
    app = build(model=Mail)

    @app.post("/elsewhere")
    def elsewhere():
        request.form.get("email")
        return str(action_form("createPost"))

    page = Page(app.test_client().post("/elsewhere", data={"email": "x"}).text)

    assert "value" not in page.one("email")


# --- what no form of the demo has: models within themselves, values of other kinds, odd names


class Tree(BaseModel):
    name: str = Field(min_length=1)
    picture: Upload | None = None
    left: Tree | None = None
    kids: list[Tree] = []


def test_model_within_itself_ends_where_nothing_was_said_of_it():
    page = Page(first(build(model=Tree)))

    assert page.named("name") and not page.named("left.name")
    assert page.controls[0]["enctype"] == "multipart/form-data"


def test_model_within_itself_goes_as_deep_as_what_was_given():
    app = build(model=Tree)
    initial = {"name": "a", "left": {"name": "b", "left": {"name": "c"}}, "kids": [{"name": "d"}]}
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial)))

    shown = {one["name"]: one.get("value") for one in page.controls if "name" in one}
    assert shown["left.left.name"] == "c" and "left.left.left.name" not in shown
    assert shown["kids.0.name"] == "d" and "kids.0.kids.0.name" not in shown


def test_model_within_itself_goes_as_deep_as_what_was_typed():
    page = Page(refused(build(model=Tree), **{"name": "a", "left.left.name": "c"}))

    assert page.one("left.left.name")["value"] == "c"
    assert page.one("left.name")["aria-invalid"] == "true"
    assert "Name: " in page.text and 'href="#createPost-left-name"' in page.text


Short = Annotated[str, Field(max_length=3)]


class Comment(BaseModel):
    text: Short
    replies: list[Comment]


class Leaf(BaseModel):
    kind: Literal["leaf"]
    text: Short = ""


class Branch(BaseModel):
    kind: Literal["branch"]
    text: Short = ""
    left: Twig | None = None


Twig = Annotated[Leaf | Branch, Field(discriminator="kind")]
Branch.model_rebuild()


class Holder(BaseModel):
    twig: Twig


class Step(BaseModel):
    text: Short = ""
    after: Step | Jump | None = None


class Jump(BaseModel):
    where: Short
    after: Step | None = None


Step.model_rebuild()


@pytest.mark.parametrize(
    ("model", "deep"),
    [
        pytest.param(Comment, "replies.0.replies.1.text", id="rows that are required"),
        pytest.param(Holder, "twig.left.left.text", id="a union"),
        pytest.param(Step, "after.after.text", id="a plain union"),
    ],
)
def test_whatever_holds_itself_ends_and_goes_as_deep_as_what_was_typed(model, deep):
    app = build(model=model)
    empty = Page(first(app))
    kinds = {"twig.kind": "branch", "twig.left.kind": "branch", "twig.left.left.kind": "leaf"}
    page = Page(refused(app, **{deep: "x" * 9, **kinds}))

    assert len(empty.controls) < 10 and not empty.named(deep)
    assert page.one(deep)["value"] == "x" * 9
    assert page.one(deep)["aria-invalid"] == "true"


@pytest.mark.parametrize("position", ["9" * 5_000, "9" * 20, "²"])
def test_position_that_no_list_has_leaves_the_page_whole(position):
    page = Page(refused(build(), **{f"lines.{position}.name": "Tea", "title": "a<"}))

    assert page.one("title")["value"] == "a<"
    assert page.named(f"lines.{position}.name") == []


def test_rows_within_new_rows_end():
    page = first(build(model=Tree))

    names = re.findall(r'name="([^"]*__row__[^"]*)"', page)
    assert "kids.__row__.kids.__row__.name" in names
    assert max(name.count("__row__") for name in names) == 2
    # Where there is no further row to copy, no button offers one.
    assert page.count("<template>") == page.count("data-actions-add") == 2


def seconds_of_a_page(rows: int, each: str) -> float:
    """What the page costs that gives back *rows* rows of a form that was refused."""
    app = build(model=Tree)
    client = app.test_client()
    data = {f"kids.{number}.{each}": "" for number in range(rows)}
    headers = {"Referer": "http://localhost/"}
    location = client.post("/_actions/createPost", data=data, headers=headers).location
    start = time.process_time()
    client.get(location)
    return time.process_time() - start


@pytest.mark.parametrize("each", ["name", "left.name", "kids.0.name"])
def test_page_costs_as_much_more_as_the_form_had_rows_more(each):
    seconds_of_a_page(10, each)

    few, many = seconds_of_a_page(200, each), seconds_of_a_page(990, each)

    assert many < 10 * few  # of five times the rows; it was thirteen and more


def test_thousands_of_lists_have_no_row_to_copy_each():
    names = {f"kids.{i}.kids.{j}.name": "" for i in range(50) for j in range(50)}

    page = refused(build(model=Tree), **names)

    assert page.count('name="kids.49.kids.49.name"') == 1
    assert page.count("<template>") == page.count("data-actions-add") == MOST_LISTS


class Labels(BaseModel):
    tags: list[Annotated[str, Field(min_length=2)]] = []
    boxes: list[Literal["a", "b"]] = Field(["a"], min_length=1)


def test_error_of_one_of_several_values_stands_at_their_control():
    page = Page(refused(build(model=Labels), tags=["ok", "x"], boxes=["a", "z"]))

    assert [one["aria-invalid"] for one in page.named("tags")] == ["true", "true"]
    assert {"createPost-tags-error", "createPost-boxes-error"} <= {*page.ids}
    summary = re.search(r'<div class="actions-summary".*?</div>', page.text, re.DOTALL)[0]
    assert 'href="#createPost-tags">Tags: ' in summary
    assert 'href="#createPost-boxes">Boxes: ' in summary
    assert "tags.1" not in summary


class Ticked(BaseModel):
    boxes: list[Literal["a", "b"]] = Field(min_length=1)


def test_boxes_that_were_all_unticked_are_not_ticked_again():
    app = build("{{ action_form('createPost', {'boxes': ['a', 'b']}) }}", model=Ticked)

    page = Page(refused(app))

    assert "actions-summary" in page.text
    assert [one for one in page.named("boxes") if "checked" in one] == []


def test_several_lines_take_attributes_and_keep_their_ids():
    app = build(
        "{{ action_form('createPost', {'tags': ['one', 'two']}).tags.input(id='x', class_='y') }}",
        model=Labels,
    )
    page = Page(first(app))

    assert page.ids == ["createPost-tags", "createPost-tags-1"]
    assert [(one["value"], one["class"]) for one in page.named("tags")] == [
        ("one", "y"),
        ("two", "y"),
    ]


class Names(RootModel[list[str]]):
    pass


class Lines(RootModel[list[Line]]):
    pass


class Wrapped(BaseModel):
    names: Names = Names(["Ann", "Bob"])
    lines: Lines = Lines([Line(name="Tea", qty=2)])
    contact: RootModel[Contact] = RootModel[Contact](Contact(name="Ann"))
    place: tuple[int, str] = (3, "b")
    reserve: Contact = Contact(name="Bea")


WRAPPED = Wrapped(
    names=Names(["Cy"]),
    lines=Lines([Line(name="Milk", qty=1)]),
    contact=RootModel[Contact](Contact(name="Di")),
    place=(4, "c"),
)


@pytest.mark.parametrize(
    ("initial", "shown"),
    [
        pytest.param({}, ["Ann", "Bob", "Tea", "Ann", "3", "b", "Bea"], id="defaults"),
        pytest.param(WRAPPED, ["Cy", "Milk", "Di", "4", "c", "Bea"], id="given"),
    ],
)
def test_values_within_others_are_found(initial, shown):
    app = build(model=Wrapped)
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial)))

    names = ("names", "lines.0.name", "contact.name", "place.0", "place.1", "reserve.name")
    assert [one["value"] for name in names for one in page.named(name)] == shown


class Borrowed(BaseModel):
    copies: int = Field(1, alias="copy")  # as a method of every model is called


@pytest.mark.parametrize("initial", [Borrowed(copy=3), {"copy": 3}, {"copies": 3}])
def test_field_is_no_method_that_is_called_as_its_alias(initial):
    app = build(model=Borrowed)
    with app.test_request_context():
        page = Page(str(action_form("createPost", initial)))

    assert page.one("copy")["value"] == "3"


Shape = Annotated[Circle | Square, Field(discriminator="kind")]


class MayHaveShape(BaseModel):
    shape: Shape | None = None


class HasShape(BaseModel):
    shape: Shape = Square(kind="square", side=2)


def test_optional_union_may_be_left_empty():
    app = build("{{ action_form('createPost') }}", model=MayHaveShape)
    handler = app.extensions["actions"].registry.find("createPost")
    seen = []
    handler.handler = seen.append
    page = first(app)

    assert '<option value="" selected></option>' in page
    refused(app, **{one["name"]: "" for one in Page(page).controls if one.get("name")})
    assert seen == [MayHaveShape()]


def test_default_of_a_union_stands_in_it():
    page = Page(first(build(model=HasShape)))

    assert '<option value="square" selected>' in page.text
    assert '<option value=""' not in page.text
    assert page.one("shape.side")["value"] == "2.0"


class Taken(BaseModel):
    summary: str = Field(min_length=3)
    submit: str = ""


def test_fields_called_as_parts_of_the_form_have_ids_of_their_own():
    page = Page(refused(build(model=Taken), summary="a"))

    assert "actions-summary" in page.text
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(["title"], id="as a field"),
        pytest.param(["contact"], id="as a group of fields"),
        pytest.param(["summary", "submit"], id="as a part of the form"),
        pytest.param(["a", "a-title"], id="one begins another"),
        pytest.param([1, "1-title"], id="a number begins another"),
        pytest.param(["your"], id="as a field of several words"),
    ],
)
def test_no_id_stands_twice_whatever_the_key(keys):
    class Model(Post):
        text: str = Field("", alias="your text")
        own_text: str = Field("", alias="text")

    call = "".join(f"{{{{ action_form('createPost', key={key!r}) }}}}" for key in keys)
    app = build("{{ action_form('createPost') }}" + call, model=Model)
    client = app.test_client()
    headers = {"Referer": "http://localhost/"}
    response = client.post("/_actions/createPost", data={"_key": keys[0]}, headers=headers)

    page = Page(client.get(response.location).text)

    assert "actions-summary" in page.text
    assert len(page.ids) == len(set(page.ids))
    targets = re.findall(r'(?:for|href)="#?([^"]+)"', page.text)
    assert {one for one in targets if "__row__" not in one} <= {*page.ids}


def test_key_that_is_no_other_name_stands_in_the_id_as_it_is():
    page = Page(first(build(COPIES.replace("(1, 2)", "(1, 'editor')"))))

    assert {"createPost-1", "createPost-1-title", "createPost-editor-title"} <= {*page.ids}


def test_no_id_stands_twice_where_the_key_is_a_field_of_a_flask_form():
    call = "{{ action_form('createPost') }}{{ action_form('createPost', key='address') }}"
    page = Page(first(build(call, model=Old)))

    assert len(page.ids) == len(set(page.ids))


def test_no_id_stands_twice_where_the_key_is_a_position():
    call = "{{ action_form('createPost') }}{{ action_form('createPost', key=0) }}"
    page = Page(first(build(call, model=tuple[str, int])))

    assert len(page.named("0")) == 2
    assert len(page.ids) == len(set(page.ids))


class Secretive(FlaskForm):
    email = StringField("E-mail", [DataRequired()])
    password = StringField("Password", widget=PasswordInput(hide_value=False))
    secret_note = TextAreaField("Note")
    token_kind = SelectField("Kind", choices=["a", "t0k"])


@pytest.mark.parametrize("given", ["mapping", "object"])
def test_flask_form_gives_no_secret_whoever_gives_one(given):
    data = {"email": "", "password": "p4ss", "secret_note": "n0te", "token_kind": "t0k"}
    initial = data if given == "mapping" else SimpleNamespace(**data)
    app = build(model=Secretive)
    with app.test_request_context():
        page = str(action_form("createPost", initial))

    assert "p4ss" not in page and "n0te" not in page
    assert '<option selected value="t0k">' not in page
    assert "p4ss" not in refused(app, **data)


# --- several buttons, bound arguments


class Draft(BaseModel):
    title: str = ""


class Published(BaseModel):
    title: str = Field(min_length=3)


class PostRef(BaseModel):
    id: int


INTENTS = {"draft": Draft, "publish": Published}


def buttons(template, **options):
    app = Flask(__name__)
    app.secret_key = "test"
    app.testing = True
    actions = Actions(app)

    @actions.action(intents=INTENTS, **options)
    def create_post(input, ctx):
        return f"{ctx.intent} {input.title} {getattr(ctx.bound, 'id', '')}"

    app.add_url_rule("/", "page", lambda: render_template_string(template))
    return app


def test_button_says_which_model_is_meant():
    app = buttons(
        "{% set f = action_form('createPost') %}{{ f.open() }}{{ f.title }}{{ f.submit() }}"
    )
    page = Page(first(app))

    sent = [(one["name"], one["value"]) for one in page.controls if one["tag"] == "button"]
    assert sent == [("_intent", "draft"), ("_intent", "publish")]
    assert "required" not in page.one("title")
    assert 'aria-invalid="true"' in refused(app, title="a", _intent="publish")
    assert 'aria-invalid="true"' not in refused(app, title="a", _intent="draft")


def test_buttons_have_labels_of_their_own():
    call = "{{ action_form('createPost').intent('draft', 'Keep it', class_='quiet') }}"

    assert first(buttons(call)) == (
        '<button type="submit" id="createPost-submit-draft" name="_intent" value="draft"'
        ' class="quiet">Keep it</button>'
    )


def test_unknown_intent_is_an_error_with_those_there_are():
    app = buttons("")
    with app.test_request_context(), pytest.raises(LookupError, match=r"'send'.*draft, publish"):
        action_form("createPost").intent("send")


def test_dangerous_first_button_is_told_in_development(caplog):
    app = build(intents={"delete": Draft, "draft": Draft}, model=None)
    app.debug = True
    with app.test_request_context():
        form = action_form("createPost")
        form.intent("draft")
        form.intent("delete")
        assert "Enter" not in caplog.text

        action_form("createPost").intent("delete")

    assert "The first button of the form createPost is 'delete', which the Enter key" in caplog.text


def test_bound_arguments_come_back_as_they_were():
    call = "{% set f = action_form('createPost', bound={'id': 7}) %}{{ f.open() }}"
    show = "{% set r = get_action_result('createPost') %}{{ r.data if r }}"
    app = buttons(call + show, bound=PostRef)
    token = Page(first(app)).one("_bound")["value"]

    assert "draft x 7" in refused(app, title="x", _bound=token)


def test_fragment_keeps_the_arguments_of_its_page():
    template = "{{ action_form('createPost') }}"
    app = buttons(
        "{{ action_form('createPost', bound={'id': 7}) }}", bound=PostRef, fragment="f.html"
    )
    app.jinja_loader = DictLoader({"f.html": template})
    client = app.test_client()
    token = Page(client.get("/").text).one("_bound")["value"]

    response = client.post(
        "/_actions/createPost",
        data={"title": "a", "_intent": "publish", "_bound": token},
        headers={"HX-Request": "true"},
    )

    assert response.status_code == 400
    assert Page(response.text).one("_bound")["value"] == token


def test_page_without_the_arguments_says_what_is_missing():
    app = buttons("", bound=PostRef)
    with app.test_request_context(), pytest.raises(TypeError, match=r"bound=\{\.\.\.\}"):
        action_form("createPost")


def test_arguments_for_an_action_that_takes_none_are_an_error():
    app = build(model=Contact)
    with app.test_request_context(), pytest.raises(TypeError, match="takes none"):
        action_form("createPost", bound={"id": 7})


# --- in the reader's language


class Answer(BaseModel):
    name: str = Field(min_length=2, title="Your name")
    sure: bool | None = None


def test_form_speaks_the_language_of_its_reader():
    app = Flask(__name__)
    app.secret_key = "test"
    app.testing = True
    actions = Actions(app, messages={"de": {"label.Answer.name": "Ihr Name"}})
    actions.language_selector(lambda: request.args.get("lang", "en"))
    actions.action("createPost", input=Answer)(lambda input: "ok")
    app.add_url_rule("/", "page", lambda: str(action_form("createPost")))
    client = app.test_client()

    location = client.post(
        "/_actions/createPost", data={"name": "a", "_page": "/?lang=de"}
    ).location
    german, english = client.get(location).text, client.get("/").text

    assert "Ihr Name</label>" in german and "Your name</label>" in english
    assert "Bitte geben Sie mindestens 2 Zeichen ein." in german
    assert ">Ja</option>" in german and ">Yes</option>" in english
    assert ">Absenden</button>" in german
