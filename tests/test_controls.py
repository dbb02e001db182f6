"""Controls of models: names, kinds, choices, groups and rows. Constraints are tried in Chromium,
in browser/test_constraints.py."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Discriminator,
    EmailStr,
    Field,
    Json,
    NameEmail,
    PlainValidator,
    PostgresDsn,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    Tag,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_extra_types.color import Color
from typing_extensions import TypedDict

from flask_actions.controls import (
    Choice,
    Control,
    Group,
    Node,
    Rows,
    Union_,
    controls_of,
    readable,
    translate,
)
from flask_actions.uploads import AcceptTypes, MaxSize, Upload


class State(enum.Enum):
    IN_REVIEW = "r"
    DONE = "d"


class Currency(enum.Enum):
    EUR = "EUR"
    USD = "USD"


class Told(enum.Enum):
    """An enum that says how its members are called."""

    SMALL = "s", "Quite small", "Sizes"
    RED = "r", "Red", "Colours"

    def __init__(self, code: str, label: str, group: str) -> None:
        self._value_ = code
        self.label = label
        self.group = group


class Line(BaseModel):
    sku: str = Field(min_length=1)
    qty: int = Field(1, ge=1)


class Cat(BaseModel):
    kind: Literal["cat", "kitty"]
    name: str = Field(min_length=1)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str = Field(min_length=1)
    bark: int


Pet = Annotated[Cat | Dog, Discriminator("kind")]


class Tree(BaseModel):
    name: str
    left: Tree | None = None
    kids: list[Tree] = []


class Bud(BaseModel):
    kind: Literal["bud"]


class Twig(BaseModel):
    kind: Literal["twig"] = "twig"
    kids: list[Annotated[Bud | Twig, Discriminator("kind")]] = []


class Branch(BaseModel):
    kind: Literal["branch"]
    twig: Annotated[Bud | Branch, Discriminator("kind")] | None = None


def nothing(value: Any) -> Any:
    return value


def group(type_: Any) -> Group:
    found = controls_of(type_)
    assert isinstance(found, Group)
    return found


def member(type_: Any, default: Any = ..., name: str = "x") -> Node:
    """The node of one field of a model."""
    fields: dict[str, Any] = {name: (type_, default)}
    return group(create_model("Form", **fields)).members[name]


def control(type_: Any, default: Any = ..., name: str = "x") -> Control:
    found = member(type_, default, name)
    assert isinstance(found, Control)
    return found


def html(**wishes: Any) -> Any:
    return Field(json_schema_extra={"html": wishes})


# --- kinds


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        pytest.param(str, "text", id="text"),
        pytest.param(Annotated[str, Field(max_length=200)], "text", id="short"),
        pytest.param(Annotated[str, Field(max_length=201)], "textarea", id="long"),
        pytest.param(
            Annotated[str, Field(json_schema_extra={"format": "multiline"})],
            "textarea",
            id="said to be of several lines",
        ),
        pytest.param(int, "number", id="int"),
        pytest.param(float | None, "number", id="float or nothing"),
        pytest.param(Decimal, "number", id="decimal"),
        pytest.param(int | Decimal, "number", id="numbers"),
        pytest.param(int | str, "text", id="int or text"),
        pytest.param(date, "date", id="date"),
        pytest.param(time, "time", id="time"),
        pytest.param(datetime, "datetime-local", id="datetime"),
        pytest.param(AwareDatetime, "text", id="aware datetime"),
        pytest.param(date | datetime, "text", id="date or datetime"),
        pytest.param(timedelta, "text", id="timedelta"),
        pytest.param(EmailStr, "email", id="email"),
        pytest.param(NameEmail, "text", id="email with a name"),
        pytest.param(AnyUrl | None, "url", id="url"),
        pytest.param(PostgresDsn, "text", id="several hosts"),
        pytest.param(UUID, "text", id="uuid"),
        pytest.param(bytes, "text", id="bytes"),
        pytest.param(Any, "text", id="anything"),
        pytest.param(Json[list[int]], "textarea", id="json"),
        pytest.param(SecretStr, "password", id="secret"),
        pytest.param(SecretStr | None, "password", id="secret or nothing"),
        pytest.param(SecretBytes, "password", id="secret bytes"),
        pytest.param(Secret[int], "password", id="secret number"),
        pytest.param(Color, "color", id="colour"),
        pytest.param(Color | None, "text", id="colour or nothing"),
        pytest.param(Upload, "file", id="file"),
        pytest.param(bool, "checkbox", id="bool"),
        pytest.param(bool | None, "select", id="bool or nothing"),
        pytest.param(Literal[True], "checkbox", id="true"),
        pytest.param(Literal["a", "b"], "select", id="literal"),
        pytest.param(Literal["a"], "hidden", id="a single literal"),
        pytest.param(Literal["a"] | None, "select", id="a literal or nothing"),
        pytest.param(State, "select", id="enum"),
        pytest.param(list[Literal["a", "b"]], "checkboxes", id="several"),
        pytest.param(set[State] | None, "checkboxes", id="set of an enum"),
        pytest.param(Annotated[int, AfterValidator(nothing)], "number", id="after"),
        # What "2,5" means is the function's to say: a number input has no such text.
        pytest.param(Annotated[Decimal, BeforeValidator(nothing)], "text", id="before"),
        pytest.param(Annotated[date, BeforeValidator(nothing)], "text", id="date, before"),
        pytest.param(Annotated[int, PlainValidator(nothing)], "text", id="plain"),
    ],
)
def test_type_has_its_kind(type_, kind):
    assert control(type_).kind == kind


@pytest.mark.parametrize(
    ("name", "kind", "attrs"),
    [
        pytest.param("email", "text", {"autocomplete": "email", "inputmode": "email"}, id="email"),
        pytest.param("firstName", "text", {"autocomplete": "given-name"}, id="camel case"),
        pytest.param("postal_code", "text", {"autocomplete": "postal-code"}, id="postal code"),
        pytest.param("phone_number", "tel", {"autocomplete": "tel"}, id="phone"),
        pytest.param("search", "search", {}, id="search"),
        pytest.param("website", "text", {"autocomplete": "url", "inputmode": "url"}, id="website"),
        pytest.param("password", "password", {}, id="password"),
        pytest.param(
            "new_password", "password", {"autocomplete": "new-password"}, id="new password"
        ),
        pytest.param("db_password", "password", {}, id="a password of something"),
        pytest.param("body", "textarea", {}, id="body"),
        # Of whom, or of what?
        pytest.param("name", "text", {}, id="name"),
        pytest.param("state", "text", {}, id="state"),
        pytest.param("password_hint", "text", {}, id="password hint"),
        pytest.param("emails_sent", "text", {}, id="part of a name"),
    ],
)
def test_certain_names_say_more_of_a_text(name, kind, attrs):
    found = control(str, name=name)

    assert (found.kind, found.attrs) == (kind, attrs)


@pytest.mark.parametrize(
    ("type_", "secret"),
    [
        pytest.param(SecretStr, True, id="secret"),
        pytest.param(list[SecretStr], True, id="secrets"),
        pytest.param(SecretStr | int, True, id="secret or number"),
        pytest.param(Annotated[str, html(control="password")], True, id="password"),
        pytest.param(str, False, id="text"),
    ],
)
def test_secret_has_no_value_of_its_own(type_, secret):
    found = control(type_, "hunter2")

    assert found.secret is secret
    assert found.default == (None if secret else "hunter2")
    assert found.text("hunter2") == ("" if secret else "hunter2")


# --- what a field says


def test_field_says_label_hint_and_example():
    found = control(Annotated[str, Field(title="Town", description="Yours", examples=["Rome"])])

    assert (found.label, found.hint, found.attrs) == ("Town", "Yours", {"placeholder": "Rome"})


def test_field_says_it_before_its_type():
    named = Annotated[str, Field(title="A name", description="Of a thing")]

    found = control(named | None, Field(None, title="Your name"))

    assert (found.label, found.hint) == ("Your name", "Of a thing")


def test_example_of_a_secret_or_a_day_is_no_placeholder():
    assert "placeholder" not in control(Annotated[SecretStr, Field(examples=["abc"])]).attrs
    assert "placeholder" not in control(Annotated[date, Field(examples=["2024-01-01"])]).attrs


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param("first_name", "First name", id="snake case"),
        pytest.param("firstName", "First name", id="camel case"),
        pytest.param("user.name", "User name", id="dotted"),
        pytest.param("homepageURL", "Homepage URL", id="capitals"),
        pytest.param("IN_REVIEW", "In review", id="all capitals"),
        pytest.param("EUR", "EUR", id="a code"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_name_is_made_readable(name, label):
    assert readable(name) == label


@pytest.mark.parametrize(
    ("type_", "default", "expected"),
    [
        pytest.param(int, 5, 5, id="value"),
        pytest.param(str | None, None, None, id="none"),
        pytest.param(list[str], Field(default_factory=list), [], id="list"),
        pytest.param(str, Field(default_factory=lambda: "never"), None, id="code of its own"),
        pytest.param(int, ..., None, id="required"),
        pytest.param(Annotated[int, AfterValidator(nothing)], 5, 5, id="validated"),
    ],
)
def test_default_is_the_models_own(type_, default, expected):
    assert control(type_, default).default == expected


@pytest.mark.parametrize(
    ("wishes", "kind", "attrs"),
    [
        pytest.param({"control": "range"}, "range", {"step": "1", "min": "0"}, id="kind"),
        pytest.param({"control": "text"}, "text", {"required": True, "inputmode": "numeric"},
                     id="only what the kind has"),
        pytest.param({"min": 2, "max": "9"}, "number",
                     {"required": True, "step": "1", "inputmode": "numeric", "min": "2",
                      "max": "9"}, id="attributes"),
        pytest.param({"required": None, "inputmode": False, "autofocus": True}, "number",
                     {"step": "1", "min": "0", "autofocus": True}, id="none of it"),
    ],
)  # fmt: skip
def test_field_may_wish_for_another_control(wishes, kind, attrs):
    found = control(Annotated[int, Field(ge=0), html(**wishes)])

    assert (found.kind, found.attrs) == (kind, attrs)


def test_wish_for_a_month_leaves_out_what_it_has_not():
    found = control(Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$"), html(control="month")])

    assert (found.kind, found.attrs) == ("month", {"required": True})


# --- choices

NOTHING = Choice(value="", label="")


@pytest.mark.parametrize(
    ("type_", "default", "choices"),
    [
        pytest.param(Literal["new_one", "B 2", 3], ...,
                     [NOTHING, Choice(value="new_one", label="New one"),
                      Choice(value="B 2", label="B 2"), Choice(value="3", label="3")],
                     id="literal"),
        pytest.param(Literal["a"] | None, None, [NOTHING, Choice(value="a", label="A")],
                     id="or nothing"),
        pytest.param(Literal["a", "b"], "a",
                     [Choice(value="a", label="A"), Choice(value="b", label="B")],
                     id="chosen by default"),
        pytest.param(Literal["", "b"], ...,
                     [Choice(value="", label=""), Choice(value="b", label="B")],
                     id="an empty one of its own"),
        pytest.param(State, ...,
                     [NOTHING, Choice(value="r", label="In review"),
                      Choice(value="d", label="Done")], id="enum"),
        pytest.param(Currency, Currency.EUR,
                     [Choice(value="EUR", label="EUR"), Choice(value="USD", label="USD")],
                     id="codes"),
        pytest.param(Told, Told.RED,
                     [Choice(value="s", label="Quite small", group="Sizes"),
                      Choice(value="r", label="Red", group="Colours")], id="labels of its own"),
        pytest.param(State | Currency, State.DONE,
                     [Choice(value="r", label="In review", group="State"),
                      Choice(value="d", label="Done", group="State"),
                      Choice(value="EUR", label="EUR", group="Currency"),
                      Choice(value="USD", label="USD", group="Currency")], id="two enums"),
        pytest.param(bool | None, ...,
                     [NOTHING, Choice(value="true", label="Yes"),
                      Choice(value="false", label="No")], id="bool or nothing"),
        pytest.param(list[Literal["a"]], ..., [Choice(value="a", label="A")], id="several"),
        pytest.param(
            Annotated[Literal["de", "fr"], html(labels={"de": "Germany"}, groups={"EU": ["de"]})],
            "de",
            [Choice(value="de", label="Germany", group="EU"), Choice(value="fr", label="Fr")],
            id="as wished"),
        pytest.param(Annotated[Literal["a", "b"], html(control="radio")], ...,
                     [Choice(value="a", label="A"), Choice(value="b", label="B")], id="radio"),
    ],
)  # fmt: skip
def test_values_are_choices(type_, default, choices):
    assert list(control(type_, default).choices) == choices


def test_many_choices_of_several_are_a_list():
    many = enum.Enum("Many", [f"N{number}" for number in range(13)])

    found = control(list[many])  # type: ignore[valid-type]

    assert (found.kind, found.attrs) == ("select", {"multiple": True, "required": True})


def test_single_literal_brings_its_value():
    assert control(Literal["only"]).default == "only"


# --- several values


@pytest.mark.parametrize(
    ("type_", "kind", "attrs"),
    [
        pytest.param(list[str], "text", {}, id="texts"),
        pytest.param(list[Annotated[int, Field(ge=1)]], "number",
                     {"step": "1", "min": "1", "inputmode": "numeric"}, id="numbers"),
        pytest.param(list[EmailStr], "email", {}, id="emails"),
        pytest.param(tuple[str, ...], "text", {}, id="tuple"),
        pytest.param(Annotated[list[Upload], AcceptTypes("image/*", ".pdf"), MaxSize("1 MB")],
                     "file", {"multiple": True, "accept": "image/*,.pdf", "required": True},
                     id="files"),
    ],
)  # fmt: skip
def test_list_of_values_is_a_control_of_several(type_, kind, attrs):
    found = control(type_)

    assert (found.kind, found.attrs, found.multiple) == (kind, attrs, True)
    assert found.required


# --- groups


def test_group_has_members_by_the_names_that_a_form_sends():
    class Person(BaseModel):
        plain: str
        called: str = Field(alias="calledSo")
        one_of: str = Field(validation_alias=AliasChoices("first", "second"))
        within: str = Field(validation_alias=AliasPath("user", "name"))

    person = group(Person)

    assert [*person.members] == ["plain", "calledSo", "first", "user.name"]
    assert person.members["calledSo"].label == "Called"
    assert person.label == "Person"


class Point(TypedDict):
    x: Annotated[int, Field(title="Across")]
    y: NotRequired[int]


@dataclass
class Place:
    x: Annotated[int, Field(title="Across")]
    y: int = 0
    z: int = field(init=False, default=0)


@pytest.mark.parametrize(
    "type_",
    [
        pytest.param(Point, id="typed dict"),
        pytest.param(Place, id="dataclass"),
        pytest.param(RootModel[Place], id="root model"),
    ],
)
def test_other_objects_are_groups_too(type_):
    x, y = group(type_).members.values()

    assert isinstance(x, Control) and isinstance(y, Control)
    assert (x.label, x.required) == ("Across", True)
    assert (y.label, y.required) == ("Y", False)


@pytest.mark.parametrize(
    ("type_", "default", "required"),
    [
        pytest.param(Line, ..., True, id="demanded"),
        pytest.param(Line | None, ..., False, id="or nothing"),
        pytest.param(Line, Line(sku="a"), False, id="with a default"),
    ],
)
def test_fields_of_an_optional_group_do_not_demand(type_, default, required):
    found = member(type_, default, name="first_line")

    assert isinstance(found, Group)
    sku, qty = found.members.values()
    assert isinstance(sku, Control) and isinstance(qty, Control)
    assert (found.label, found.required) == ("First line", required)
    assert found.default is (None if default is ... else default)
    assert sku.required and ("required" in sku.attrs) is required
    # Else the group would never be empty.
    assert qty.default == (1 if required else None)


def test_choice_in_an_optional_group_may_be_left_open():
    class Address(BaseModel):
        country: Literal["de", "fr"] = "de"

    found = member(Address | None)

    assert isinstance(found, Group)
    country = found.members["country"]
    assert isinstance(country, Control)
    assert country.choices[0] == NOTHING and country.default is None


def test_tuple_and_dict_of_known_keys_are_groups_by_position_and_key():
    pair, prices = member(tuple[int, str]), member(dict[State, int])

    assert isinstance(pair, Group) and isinstance(prices, Group)
    assert [(name, one.label) for name, one in pair.members.items()] == [("0", "1"), ("1", "2")]
    assert [(name, one.label) for name, one in prices.members.items()] == [
        ("r", "In review"),
        ("d", "Done"),
    ]
    assert [one.attrs for one in prices.members.values() if isinstance(one, Control)] == [
        {"step": "1"},
        {"step": "1"},
    ]


def test_dict_of_free_keys_is_no_control():
    class Form(BaseModel):
        free: dict[str, int]
        none: None
        title: str

    form = group(Form)

    assert [*form.members] == ["title"] and len(form.members) == 1
    assert "free" not in form.members


def test_model_within_itself_is_built_as_far_as_asked():
    tree = group(Tree)

    left, kids = tree.members["left"], tree.members["kids"]
    assert isinstance(left, Group) and isinstance(kids, Rows)
    deeper = left.members["left"]
    assert isinstance(deeper, Group)
    assert (tree.recursive, left.recursive, deeper.recursive) == (False, True, True)
    row = kids.build()
    assert isinstance(row, Group) and not row.recursive
    assert row is kids.build()


# --- rows


def test_list_of_models_is_rows():
    found = member(Annotated[list[Line], Field(min_length=1, max_length=3, description="All")])

    assert isinstance(found, Rows)
    assert (found.label, found.hint, found.required) == ("X", "All", True)
    assert (found.min_length, found.max_length) == (1, 3)
    row = found.build()
    assert isinstance(row, Group)
    sku = row.members["sku"]
    assert isinstance(sku, Control) and sku.attrs == {"required": True}


@pytest.mark.parametrize(
    ("type_", "endless"),
    [
        pytest.param(list[Line], False, id="rows of their own"),
        pytest.param(list[Tree], False, id="a model that holds itself"),
        pytest.param(Tree, True, id="within itself"),
        pytest.param(Twig, True, id="within itself, as one of a union"),
    ],
)
def test_rows_that_may_hold_such_rows_say_so(type_, endless):
    model = group(type_) if type_ in (Tree, Twig) else None
    rows = member(type_) if model is None else model.members["kids"]

    assert isinstance(rows, Rows) and rows.recursive is endless


def test_union_within_itself_says_so():
    outer = group(Branch).members["twig"]
    assert isinstance(outer, Union_) and outer.recursive

    assert not member(Pet).recursive


def test_row_of_an_optional_list_demands_its_fields():
    found = member(list[Line], [])

    assert isinstance(found, Rows) and not found.required
    row = found.build()
    assert isinstance(row, Group)
    sku = row.members["sku"]
    assert isinstance(sku, Control) and sku.attrs == {"required": True}


def test_list_of_lists_is_rows_of_several_values():
    found = controls_of(list[list[int]])

    assert isinstance(found, Rows)
    row = found.build()
    assert isinstance(row, Control) and row.multiple


# --- unions


def test_discriminated_union_has_a_group_for_each_tag():
    found = member(Annotated[Pet, Field(title="Your pet")])

    assert isinstance(found, Union_)
    assert (found.label, found.discriminator, found.required) == ("Your pet", "kind", True)
    assert {tag: (one.label, [*one.members]) for tag, one in found.choices.items()} == {
        "cat": ("Cat", ["name"]),
        "kitty": ("Kitty", ["name"]),
        "dog": ("Dog", ["name", "bark"]),
    }


def test_field_names_the_models_of_its_union():
    labels = {"labels": {"cat": "A cat", "dog": "A dog"}}
    found = member(Annotated[Pet, Field(json_schema_extra={"html": labels})])

    assert isinstance(found, Union_)
    said = {tag: one.label for tag, one in found.choices.items()}
    assert said == {"cat": "A cat", "kitty": "Kitty", "dog": "A dog"}


def test_fields_of_one_choice_do_not_stop_the_others():
    found = controls_of(Pet)

    assert isinstance(found, Union_)
    name = found.choices["dog"].members["name"]
    assert isinstance(name, Control) and name.required and "required" not in name.attrs


def test_discriminator_goes_by_its_alias():
    class One(BaseModel):
        version: Literal[1] = Field(alias="Version")

    class Two(BaseModel):
        version: Literal[2] = Field(alias="Version")

    found = controls_of(Annotated[One | Two, Discriminator("version")])

    assert isinstance(found, Union_)
    assert found.discriminator == "Version" and [*found.choices] == ["1", "2"]
    assert not found.choices["1"].members


@pytest.mark.parametrize(
    "type_",
    [
        pytest.param(Cat | Dog, id="plain"),
        pytest.param(Annotated[Cat | Dog, AfterValidator(nothing)] | None, id="validated"),
        pytest.param(
            Annotated[
                Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")],
                Discriminator(lambda data: "c"),
            ],
            id="told by a function",
        ),
        pytest.param(Cat | Annotated[Dog | int, Field(title="or")], id="with a number"),
    ],
)
def test_plain_union_of_models_is_a_group_of_all_their_fields(type_):
    found = group(type_)

    assert [*found.members] == ["kind", "name", "bark"]
    kind, name, bark = found.members.values()
    assert isinstance(kind, Control) and isinstance(name, Control) and isinstance(bark, Control)
    assert [one.value for one in kind.choices] == ["", "cat", "kitty", "dog"]
    assert (kind.kind, name.kind, bark.kind) == ("select", "text", "number")
    assert not any("required" in one.attrs for one in (kind, name, bark))
    assert name.required and not bark.required


def test_field_of_different_types_is_any_text():
    class Numbered(BaseModel):
        value: int = Field(ge=1)
        size: int

    class Dated(BaseModel):
        value: date
        size: float

    members = group(Numbered | Dated).members

    value, size = members["value"], members["size"]
    assert isinstance(value, Control) and isinstance(size, Control)
    assert (value.kind, value.attrs) == ("text", {})
    assert (size.kind, size.attrs) == ("number", {"step": "any"})


def test_field_of_some_models_is_not_constrained_for_the_others():
    class Aged(BaseModel):
        name: str = Field(min_length=3)
        age: int = Field(ge=18)

    class Called(BaseModel):
        name: str = Field(min_length=3)

    name, age = group(Aged | Called).members.values()

    assert isinstance(name, Control) and isinstance(age, Control)
    assert name.attrs == {"minlength": "3"}
    assert age.attrs == {"step": "any", "inputmode": "numeric"}


def test_union_within_a_union_brings_its_tag():
    class Bird(BaseModel):
        wings: int

    found = group(Pet | Bird)

    assert [*found.members] == ["kind", "name", "bark", "wings"]
    kind = found.members["kind"]
    assert isinstance(kind, Control)
    assert [one.value for one in kind.choices] == ["", "cat", "kitty", "dog"]


# --- functions that see the data first


def test_validator_before_a_model_leaves_nothing_certain():
    class Filled(BaseModel):
        count: int = Field(ge=1)
        line: Line
        lines: list[Line]

        @model_validator(mode="before")
        @classmethod
        def fill(cls, data: Any) -> Any:
            return data

    count, line, lines = group(Filled).members.values()

    assert isinstance(count, Control) and isinstance(line, Group) and isinstance(lines, Rows)
    sku = line.members["sku"]
    assert isinstance(sku, Control)
    assert (count.kind, count.attrs, count.required) == ("number", {"step": "any"}, False)
    assert (sku.attrs, sku.required, lines.required) == ({}, False, False)


def test_validator_before_a_field_leaves_the_others_alone():
    class Form(BaseModel):
        cleaned: str = Field(min_length=3)
        other: str = Field(min_length=3)

        @field_validator("cleaned", mode="before")
        @classmethod
        def clean(cls, value: Any) -> Any:
            return value

    cleaned, other = group(Form).members.values()

    assert isinstance(cleaned, Control) and isinstance(other, Control)
    assert cleaned.attrs == {}
    assert other.attrs == {"minlength": "3", "required": True}


# --- what is shown


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        pytest.param(str | None, None, "", id="nothing"),
        pytest.param(int, 5, "5", id="int"),
        pytest.param(Decimal, Decimal("1E+3"), "1000", id="decimal"),
        pytest.param(float, 0.1, "0.1", id="float"),
        pytest.param(bool, True, "true", id="bool"),
        pytest.param(State, State.DONE, "d", id="enum"),
        pytest.param(date, date(24, 2, 29), "0024-02-29", id="date"),
        pytest.param(time, time(12, 30), "12:30", id="time"),
        pytest.param(time, time(12, 30, 15), "12:30:15", id="seconds"),
        pytest.param(datetime, datetime(2024, 2, 29, 12, 30, 15, 125000),
                     "2024-02-29T12:30:15.125", id="milliseconds"),
        pytest.param(datetime, datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=1))),
                     "2024-02-29T12:00+01:00", id="time zone"),
        pytest.param(AnyUrl, AnyUrl("http://a.org"), "http://a.org/", id="url"),
        pytest.param(bytes, "café".encode(), "café", id="bytes"),
        pytest.param(bytes, b"caf\xe9", "caf\ufffd", id="bytes of another encoding"),
    ],
)  # fmt: skip
def test_value_is_written_as_its_control_does(type_, value, text):
    found = control(type_)

    assert found.text(value) == text


@pytest.mark.parametrize(
    ("type_", "text", "kind"),
    [
        pytest.param(int, "12,5", "text", id="a comma"),
        pytest.param(int, "125", "number", id="a number"),
        pytest.param(int, "", "number", id="nothing"),
        pytest.param(int, "1e99", "number", id="a great number"),
        pytest.param(date, "2024-02-30", "text", id="no such day"),
        pytest.param(date, "2024-02-29", "date", id="a day"),
        pytest.param(datetime, "2024-02-29T12:30+01:00", "text", id="a time zone"),
        pytest.param(datetime, "2024-02-29T12:30", "datetime-local", id="a moment"),
        pytest.param(Color, "red", "text", id="a colour's name"),
        pytest.param(str, "two\nlines", "textarea", id="two lines"),
        pytest.param(Annotated[str, html(control="week")], "2024-W07", "week", id="a week"),
        pytest.param(Annotated[str, html(control="month")], "2024-13", "text", id="no month"),
    ],
)
def test_control_gives_way_to_a_value_that_it_cannot_show(type_, text, kind):
    assert control(type_).showing(text).kind == kind


def test_fraction_in_an_int_field_is_shown_without_steps():
    assert control(int).showing("2.5").attrs["step"] == "any"
    assert control(int).showing("2").attrs["step"] == "1"
    # Steps are counted from there.
    assert control(Annotated[int, Field(ge=1)]).showing("2.5").attrs["step"] == "1"


# --- patterns


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param("^[a-z0-9-]+$", r"[a-z0-9\-]+", id="anchored"),
        pytest.param("abc", "[^]*abc[^]*", id="anywhere"),
        pytest.param(r"\Aab\z", "ab", id="other anchors"),
        pytest.param("^a|b$", "a[^]*|[^]*b", id="sides"),
        pytest.param(r"^\d{2,}\.\d?$", r"\p{Nd}{2,}\.\p{Nd}?", id="digits"),
        pytest.param("^(?P<x>a|b)*?(c)$", "(?:a|b)*(?:c)", id="groups"),
        pytest.param(r"^[^\s&]$", r"[^\p{White_Space}\&]", id="not in a class"),
        pytest.param("^[]a]$", r"[\]a]", id="a bracket first"),
        pytest.param(r"^.\S\D$", r"[^\n]\P{White_Space}\P{Nd}", id="anything but"),
    ],
)
def test_pattern_is_translated(pattern, text):
    found = translate(pattern)

    assert found is not None and found.text == text


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("(?i)a", id="flags"),
        pytest.param(r"\bab", id="word boundary"),
        pytest.param("a^b", id="an anchor within"),
        pytest.param("(^a)", id="an anchor in a group"),
        pytest.param("(?=a)b", id="look-ahead"),
        pytest.param(r"(a)\1", id="reference"),
        pytest.param("a++", id="possessive, or twice"),
        pytest.param("a{,3}", id="open count"),
        pytest.param("a{ 3 }", id="blanks in a count"),
        pytest.param("a{2}{3}", id="count of a count"),
        pytest.param("[a&&b]", id="intersection"),
        pytest.param("[a--b]", id="difference"),
        pytest.param("[+--]", id="difference after a sign"),
        pytest.param("[[:alpha:]]", id="class in a class"),
        pytest.param(r"[\d-z]", id="range from a class"),
        pytest.param("[z-a]", id="range backwards"),
        pytest.param(r"\<a", id="start of a word"),
        pytest.param(r"\x41", id="code"),
        pytest.param(r"\p{Greek}", id="script"),
        pytest.param("(a", id="unfinished group"),
        pytest.param("[a", id="unfinished class"),
        pytest.param("a\\", id="unfinished escape"),
        pytest.param("a)", id="a bracket too many"),
    ],
)
def test_uncertain_pattern_is_left_out(pattern):
    assert translate(pattern) is None


@pytest.mark.parametrize("pattern", [r"^\w$", r"^\p{L}$", r"^\S$", r"^a\z"])
def test_words_of_another_engine_are_left_out(pattern):
    assert translate(pattern, "python-re") is None


# --- all of it


def test_controls_of_a_type_are_made_once():
    assert controls_of(Line) is controls_of(Line)


def test_unhashable_type_has_controls():
    type_ = Annotated[int, Field(ge=1), {"un": "hashable"}]

    assert controls_of(type_) is controls_of(type_)


@pytest.mark.parametrize(
    "type_",
    [
        pytest.param(int, id="number"),
        pytest.param(list[str], id="texts"),
        pytest.param(dict[str, int], id="dict"),
        pytest.param(Line | None, id="model or nothing"),
        pytest.param(Line | int, id="model or number"),
        pytest.param(list[Line | int], id="models or numbers"),
        pytest.param(list[dict[str, int]], id="dicts"),
        pytest.param(tuple[()], id="empty tuple"),
        pytest.param(Annotated[Any, Field(title="x")], id="anything"),
    ],
)
def test_every_type_has_controls(type_):
    found = controls_of(type_)

    assert isinstance(found, Control | Group | Rows | Union_)
    if isinstance(found, Rows):
        assert found.build() is found.build()
