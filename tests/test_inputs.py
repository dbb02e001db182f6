"""Inputs: what an action takes, what it says of what it cannot take, and what it never repeats."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Annotated, Any, Literal

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    JsonValue,
    SecretStr,
    Tag,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    PasswordField,
    SelectMultipleField,
    StringField,
    ValidationError,
    validators,
)

from flask_actions import (
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    Issue,
    SafeResult,
    define_action,
    get_action_result,
)

RPC = {"Accept": "application/json"}
SECRET = "s3cret-tYped"


def build(**config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    return app, Actions(app)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


class Line(BaseModel):
    sku: str
    qty: int = Field(gt=0)


class Order(BaseModel):
    customer: str = Field(min_length=2)
    lines: list[Line] = []
    password: str = ""


@dataclass
class Point:
    x: int
    y: int = 0


class Typed(TypedDict):
    a: int


def send(door: str, type_: Any, data: Any, form: Any = None) -> SafeResult[Any]:
    """One input by one door; the data is the input that the handler got."""
    app, actions = build()
    got: list[Any] = []

    def act(input: Any) -> None:
        got.append(input)

    action = (
        actions.action("act")(act) if type_ is None else actions.action("act")(_typed(act, type_))
    )
    client = app.test_client()
    if door == "python":
        with app.app_context():
            result: SafeResult[Any] = action(data)
    elif door == "json":
        body = json.dumps(data)
        answer = client.post("/_actions/act", data=body, content_type="application/json").json
        result = SafeResult(error=_error(answer["error"]))
    elif door == "rpc form":
        answer = client.post("/_actions/act", data=MultiDict(form), headers=RPC).json
        result = SafeResult(error=_error(answer["error"]))
    else:
        posted = client.post("/_actions/act", data=MultiDict(form))
        with client, client.get(posted.location):
            shown = get_action_result("act")
        assert shown is not None
        result = shown
    return result if result.error else SafeResult(data=got[0])


def _typed(handler: Any, type_: Any) -> Any:
    handler.__annotations__["input"] = type_
    return handler


def _error(error: dict[str, Any] | None) -> ActionError | None:
    if error is None:
        return None
    if error["type"] == "ActionInputError":
        issues = [Issue(tuple(one["path"]), one["code"], one["message"]) for one in error["issues"]]
        rebuilt = ActionInputError(issues, error["message"])
        assert rebuilt.to_dict() == error
        return rebuilt
    return ActionError(error["code"], error["message"])


DOORS = ["python", "json", "rpc form", "form"]


# --- kinds of input


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("type_", "data", "form", "value"),
    [
        pytest.param(
            Line,
            {"sku": "a", "qty": 2},
            [("sku", "a"), ("qty", "2")],
            Line(sku="a", qty=2),
            id="model",
        ),
        pytest.param(
            Pet,
            {"kind": "cat", "lives": 9},
            [("kind", "cat"), ("lives", "9")],
            Cat(kind="cat", lives=9),
            id="discriminated union",
        ),
        pytest.param(
            Line | Point, {"x": 1, "y": 2}, [("x", "1"), ("y", "2")], Point(1, 2), id="union"
        ),
        pytest.param(Point, {"x": 1}, [("x", "1")], Point(1), id="dataclass"),
        pytest.param(Typed, {"a": 1}, [("a", "1")], {"a": 1}, id="typed dict"),
        pytest.param(
            dict[str, int], {"a": 1, "b": 2}, [("a", "1"), ("b", "2")], {"a": 1, "b": 2}, id="dict"
        ),
        pytest.param(list[int], [1, 2], [("0", "1"), ("1", "2")], [1, 2], id="list of ints"),
        pytest.param(
            list[Line],
            [{"sku": "a", "qty": 2}],
            [("0.sku", "a"), ("0.qty", "2")],
            [Line(sku="a", qty=2)],
            id="list of models",
        ),
        pytest.param(
            Line | None,
            {"sku": "a", "qty": 2},
            [("sku", "a"), ("qty", "2")],
            Line(sku="a", qty=2),
            id="optional",
        ),
        pytest.param(
            JsonValue, {"a": {"b": ["c"]}}, [("a.b.0", "c")], {"a": {"b": ["c"]}}, id="any JSON"
        ),
    ],
)
def test_input_of_every_kind_by_every_door(door, type_, data, form, value):
    result = send(door, type_, data, form)

    assert result.error is None, result.error.to_dict()
    assert result.data == value


@pytest.mark.parametrize(
    ("type_", "data"),
    [(int, 3), (str, "x"), (bool, False), (date, "2026-11-21"), (list[int], [])],
    ids=str,
)
def test_json_that_is_no_object(type_, data):
    assert send("json", type_, data).error is None


def test_nothing_is_none_for_an_optional_input():
    app, actions = build()

    @actions.action
    def act(input: Line | None) -> bool:
        return input is None

    client = app.test_client()
    assert client.post("/_actions/act", headers=RPC).json["data"] is True
    assert (
        client.post("/_actions/act", data="null", content_type="application/json").json["data"]
        is True
    )
    assert act().data is True
    assert act(None).data is True


@pytest.mark.parametrize("way", ["python", "no body", "JSON type alone", "form type alone"])
@pytest.mark.parametrize(
    ("type_", "told"),
    [
        (Order, ["customer"]),
        (Pet, ["kind"]),
        (Line | Point, ["sku", "qty", "x"]),
        (list[int], None),
        (dict[str, int], None),
        (Line | None, None),
    ],
    ids=["model", "discriminated union", "union", "list", "dict", "optional"],
)
def test_nothing_means_the_same_by_every_door(way, type_, told):
    app, actions = build()
    act = actions.action("act", input=type_)(lambda input: None)
    types = {
        "JSON type alone": "application/json",
        "form type alone": "multipart/form-data; boundary=b",
    }
    body = b"--b--\r\n" if way.startswith("form") else b""

    if way == "python":
        error = act().error
        fields = error and list(error.fields)
    else:
        response = app.test_client().post(
            "/_actions/act", data=body, content_type=types.get(way), headers=RPC
        )
        error = response.json["error"]
        fields = error and list(error["fields"])

    assert fields == told


@pytest.mark.parametrize("data", [{"a": [1, {"b": None}]}, [1], 3, "x", None, True, 1.5], ids=repr)
def test_without_a_model_the_handler_gets_the_json(data):
    result = send("json", None, data)

    assert result.data == data


def test_without_a_model_the_handler_gets_the_fields_and_files_of_a_form():
    app, actions = build()

    @actions.action
    def act(input):
        assert isinstance(input, MultiDict)
        return [input.getlist("a"), input["file"].read().decode(), sorted(input)]

    response = app.test_client().post(
        "/_actions/act",
        data={"a": ["1", "2"], "file": (BytesIO(b"text"), "f.txt"), "_key": "k"},
        headers=RPC,
    )

    assert response.json["data"] == [["1", "2"], "text", ["a", "file"]]


@pytest.mark.parametrize("accept", ["Any", "object", "none"])
def test_any_is_no_model(accept):
    def act(input): ...

    act.__annotations__["input"] = {"Any": Any, "object": object}.get(accept, Any)
    result = define_action(handler=act)({"a": [1]})

    assert result.ok


def test_input_given_beats_the_annotation():
    def act(input: int) -> Any:
        return input

    assert define_action(input=Point, handler=act)({"x": "1"}).data == Point(1)


def test_model_instance_and_bytes_from_python():
    act = define_action(input=bytes, handler=lambda x: x.decode())

    assert act(b"{}").data == "{}"


def test_form_fields_from_python():
    act = define_action(input=Order, handler=lambda x: x)

    result = act(MultiDict([("customer", "Ada"), ("lines.0.sku", "a"), ("lines.0.qty", "2")]))

    assert result.data == Order(customer="Ada", lines=[Line(sku="a", qty=2)])


def test_strict_models_take_json_as_json():
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True)
        day: date
        n: int

    assert send("json", Strict, {"day": "2026-11-21", "n": 1}).error is None
    assert send("form", Strict, None, [("day", "2026-11-21"), ("n", "1")]).error is None
    assert send("json", Strict, {"day": "2026-11-21", "n": "1"}).error.fields.keys() == {"n"}


def test_strict_dataclasses_take_forms_though_pydantic_wants_instances():
    @pydantic_dataclass(config=ConfigDict(strict=True))
    class Day:
        day: date
        n: int = 1

    class Trip(BaseModel):
        model_config = ConfigDict(strict=True)
        start: Point
        days: list[Day] = []

    start = [("start.x", "1"), ("start.y", "2")]
    form = [*start, ("days.0.day", "2026-11-21"), ("days.4.day", "2026-11-22")]
    days = [Day(day=date(2026, 11, 21)), Day(day=date(2026, 11, 22))]

    assert send("form", Trip, None, form).data == Trip(start=Point(1, 2), days=days)
    assert send("form", Day, None, [("day", "2026-11-21"), ("n", "2")]).data.n == 2
    wrong = send("form", Trip, None, [*form, ("days.4.n", "b")])
    assert wrong.error.fields.keys() == {"days.4.n"}
    assert send("form", Day, None, []).error.fields.keys() == {"day"}
    assert send("json", Day, {"day": "2026-11-21", "n": "2"}).error.fields.keys() == {"n"}


def test_more_issues_than_anybody_reads_are_counted():
    told, counted = (send("json", list[str], [1] * many).error for many in (10_000, 10_001))

    assert len(told.issues) == 10_000
    assert isinstance(counted, ActionInputError)
    assert counted.form_errors == ["10,001 values do not fit, too many to tell each."]


def test_json_text_in_a_field_is_the_fields_own_error():
    class Model(BaseModel):
        config: Json[dict[str, int]]

    result = send("json", Model, {"config": "{"})

    assert list(result.error.fields) == ["config"]
    assert send("json", Model, {"config": '{"a": 1}'}).data == Model(config='{"a": 1}')  # type: ignore[arg-type]


def test_big_numbers_are_answered():
    response = send("json", int, None)
    app, actions = build()
    actions.action("act", input=int)(lambda x: x)
    long = app.test_client().post("/_actions/act", data="9" * 5000, content_type="application/json")

    assert response.error is not None
    assert long.status_code in (200, 400)


# --- FlaskForm


class AddressForm(Form):
    street = StringField(validators=[validators.InputRequired("Where?")])
    phones = FieldList(StringField(validators=[validators.Length(max=5, message="Too long")]))


class LineForm(Form):
    sku = StringField(validators=[validators.InputRequired("Which?")])
    qty = IntegerField(validators=[validators.NumberRange(min=1, message="At least one")])


class OrderForm(FlaskForm):
    name = StringField(validators=[validators.InputRequired("Who?")])
    gift = BooleanField()
    age = IntegerField(validators=[validators.Optional()])
    colours = SelectMultipleField(choices=["red", "green", "blue"])
    address = FormField(AddressForm)
    lines = FieldList(FormField(LineForm), max_entries=5)
    flags = FieldList(BooleanField())
    phrase = PasswordField()

    def validate_name(self, field: Any) -> None:
        if field.data == "nobody":
            raise ValidationError("Who is nobody?")


WHOLE = {
    "name": "Ada",
    "gift": True,
    "age": 36,
    "colours": ["red", "blue"],
    "address": {"street": "A1", "phones": ["1", "2"]},
    "lines": [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 3}],
    "flags": [True, False, True],
    "phrase": None,
}
FIELDS = [
    ("name", "Ada"),
    ("gift", "y"),
    ("age", "36"),
    ("colours", "red"),
    ("colours", "blue"),
    ("address-street", "A1"),
    ("address-phones-0", "1"),
    ("address-phones-1", "2"),
    ("lines-0-sku", "a"),
    ("lines-0-qty", "2"),
    ("lines-1-sku", "b"),
    ("lines-1-qty", "3"),
    ("flags-0", "y"),
    ("flags-1", "false"),
    ("flags-2", "y"),
]


@pytest.mark.parametrize("door", DOORS)
def test_flask_form_gets_everything_by_every_door(door):
    result = send(door, OrderForm, WHOLE, FIELDS)

    assert result.error is None, result.error.to_dict()
    assert isinstance(result.data, OrderForm)
    data = result.data.data
    data.pop("csrf_token", None)
    assert data == WHOLE


@pytest.mark.parametrize("position", ["²", "9" * 5_000], ids=["no decimal", "5,000 digits"])
@pytest.mark.parametrize("name", ["flags-{}", "address-phones-{}", "flagsé{}"])
def test_position_that_is_no_number_is_no_field_of_a_flask_form(name, position):
    result = send("form", OrderForm, WHOLE, [*FIELDS, (name.format(position), "y")])

    assert result.error is None, result.error.to_dict()
    assert result.data.data["flags"] == WHOLE["flags"]


@pytest.mark.parametrize("door", DOORS)
def test_flask_form_says_what_is_wrong_by_every_door(door):
    bad = {
        **WHOLE,
        "name": "nobody",
        "address": {"phones": ["1", "1234567"]},
        "lines": [{"sku": "a", "qty": 2}, {"qty": 0}],
    }
    fields = [
        ("name", "nobody"),
        ("address-phones-0", "1"),
        ("address-phones-1", "1234567"),
        ("lines-0-sku", "a"),
        ("lines-0-qty", "2"),
        ("lines-1-qty", "0"),
    ]

    result = send(door, OrderForm, bad, fields)

    assert result.error.fields == {
        "name": ["Who is nobody?"],
        "address.street": ["Where?"],
        "address.phones.1": ["Too long"],
        "lines.1.sku": ["Which?"],
        "lines.1.qty": ["At least one"],
    }


def test_flask_form_keeps_the_positions_that_were_sent():
    fields = [
        ("name", "Ada"),
        ("address-street", "A"),
        ("address-phones-2", "1"),
        ("address-phones-7", "1234567"),
        ("lines-3-sku", "a"),
        ("lines-3-qty", "1"),
        ("lines-10-qty", "0"),
    ]

    result = send("form", OrderForm, None, fields)

    assert list(result.error.fields) == ["address.phones.7", "lines.10.sku", "lines.10.qty"]


def test_flask_form_in_a_list_of_lists_keeps_its_positions():
    class Deep(FlaskForm):
        rows = FieldList(FormField(AddressForm))

    fields = [("rows-4-street", "A"), ("rows-4-phones-2", "123456"), ("rows-6-street", "")]

    result = send("form", Deep, None, fields)

    assert result.error.fields == {"rows.4.phones.2": ["Too long"], "rows.6.street": ["Where?"]}


def test_flask_forms_own_error_belongs_to_no_field():
    class Whole(FlaskForm):
        a = StringField()

        def validate(self, extra_validators: Any = None) -> bool:
            super().validate(extra_validators)
            self.form_errors.append("Not like this")
            return False

    result = send("form", Whole, None, [("a", "1")])

    assert (result.error.fields, result.error.form_errors) == ({}, ["Not like this"])


class FileForm(FlaskForm):
    picture = FileField(validators=[FileRequired("A picture, please")])


@pytest.mark.parametrize("door", ["form", "rpc form", "python"])
def test_flask_form_with_a_file(door):
    app, actions = build()

    @actions.action
    def act(input: FileForm) -> str:
        return f"{input.picture.data.filename} {input.picture.data.read().decode()}"

    data = {"picture": (BytesIO(b"text"), "f.txt")}
    client = app.test_client()
    if door == "form":
        posted = client.post("/_actions/act", data=data)
        with client, client.get(posted.location):
            result = get_action_result("act").data
    elif door == "rpc form":
        result = client.post("/_actions/act", data=data, headers=RPC).json["data"]
    else:
        with app.app_context():
            result = act({"picture": FileStorage(BytesIO(b"text"), "f.txt")}).data

    assert result == "f.txt text"


@pytest.mark.parametrize("door", ["form", "rpc form", "json", "python"])
def test_flask_form_with_a_missing_file(door):
    assert send(door, FileForm, {}, []).error.fields == {"picture": ["A picture, please"]}


@pytest.mark.parametrize("data", [[], 3, "x", [1]], ids=repr)
def test_flask_form_of_what_is_no_object(data):
    assert send("json", OrderForm, data).error.code == "BAD_REQUEST"


def test_flask_form_hides_what_it_renders_as_a_password():
    result = send("form", OrderForm, None, [("name", ""), ("phrase", SECRET), ("age", "x")])

    assert result.values == {"name": "", "age": "x"}
    assert SECRET not in repr(result)


def test_flask_form_itself_is_an_input():
    app, _ = build()
    act = define_action(input=OrderForm, handler=lambda form: form.name.data)

    with app.test_request_context():
        form = OrderForm(formdata=MultiDict(FIELDS), meta={"csrf": False})
        assert act(form).data == "Ada"


def test_flask_form_may_validate_itself_again_in_the_handler():
    app, actions = build()
    actions.action("act", input=OrderForm)(lambda form: form.validate_on_submit())

    assert (
        app.test_client().post("/_actions/act", data=MultiDict(FIELDS), headers=RPC).json["data"]
        is True
    )


# --- paths


class ByFunction(BaseModel):
    pet: Annotated[
        Annotated[Cat, Tag("c")] | Annotated[Dog, Tag("d")],
        Discriminator(lambda value: value.get("t") if isinstance(value, dict) else None),
    ]


class Aliased(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    title: int = Field(alias="postTitle")
    inner: list[Line] = Field(default=[], validation_alias="theLines")


class Nested(BaseModel):
    pets: list[Pet] = []
    either: Line | Point | None = None
    by_key: dict[str, Line] = {}


@pytest.mark.parametrize(
    ("type_", "data", "paths"),
    [
        pytest.param(Order, {}, [["customer"]], id="missing"),
        pytest.param(Order, {"customer": "A"}, [["customer"]], id="too short"),
        pytest.param(
            Order,
            {"customer": "Ada", "lines": [{"sku": "a", "qty": 1}, {"qty": 0}]},
            [["lines", 1, "sku"], ["lines", 1, "qty"]],
            id="nested list",
        ),
        pytest.param(Pet, {}, [["kind"]], id="no discriminator"),
        pytest.param(Pet, {"kind": "cow"}, [["kind"]], id="unknown discriminator"),
        pytest.param(Pet, {"kind": "cat"}, [["lives"]], id="variant's field, without its tag"),
        pytest.param(
            Nested,
            {"pets": [{"kind": "cat", "lives": 1}, {"kind": "dog"}]},
            [["pets", 1, "name"]],
            id="variant in a list",
        ),
        pytest.param(
            Nested, {"pets": [{"kind": "cow"}]}, [["pets", 0, "kind"]], id="discriminator in a list"
        ),
        pytest.param(
            Nested,
            {"either": {"sku": "a", "qty": "x"}},
            [["either", "qty"], ["either", "x"]],
            id="plain union without its labels",
        ),
        pytest.param(Nested, {"by_key": {"k": {"sku": "a"}}}, [["by_key", "k", "qty"]], id="dict"),
        pytest.param(
            ByFunction,
            {"pet": {"t": "c"}},
            [["pet", "kind"], ["pet", "lives"]],
            id="discriminator function",
        ),
        pytest.param(ByFunction, {"pet": {"t": "x"}}, [["pet"]], id="unknown to the function"),
        pytest.param(Aliased, {}, [["postTitle"]], id="alias"),
        pytest.param(Aliased, {"postTitle": "x"}, [["postTitle"]], id="alias, wrong"),
        pytest.param(Aliased, {"title": "x"}, [["title"]], id="plain name, as it was sent"),
        pytest.param(
            Aliased,
            {"postTitle": 1, "theLines": [{}]},
            [["theLines", 0, "sku"], ["theLines", 0, "qty"]],
            id="alias in the middle",
        ),
        pytest.param(list[int], [1, "x"], [[1]], id="list"),
        pytest.param(int, "x", [[]], id="no place"),
    ],
)
@pytest.mark.parametrize("door", ["json", "python"])
def test_issue_is_where_a_person_looks_for_it(type_, data, paths, door):
    result = send(door, type_, data)

    assert [list(issue.path) for issue in result.error.issues] == paths
    assert list(result.error.fields) == [".".join(map(str, path)) for path in paths if path]


def test_gaps_between_positions_are_kept_in_what_is_said():
    form = [
        ("customer", "Ada"),
        ("lines.2.sku", "a"),
        ("lines.2.qty", "1"),
        ("lines.5.sku", "b"),
        ("lines.5.qty", "0"),
        ("lines[9].qty", "1"),
    ]

    result = send("form", Order, None, form)

    assert list(result.error.fields) == ["lines.5.qty", "lines.9.sku"]
    assert result.values["lines.5.qty"] == "0"


# --- messages


def raiser(problem: Exception) -> Any:
    def check(value: Any) -> Any:
        raise problem

    return check


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        pytest.param(ValueError("Nicht so, {kind}!"), "Nicht so, {kind}!", id="ValueError"),
        pytest.param(AssertionError("100 % wrong"), "100 % wrong", id="AssertionError"),
        pytest.param(
            PydanticCustomError("own", "Only {n} left", {"n": 3}),
            "Only 3 left",
            id="PydanticCustomError",
        ),
        pytest.param(
            ValueError("Value error, really"), "Value error, really", id="pydantic's own prefix"
        ),
        pytest.param(ValueError(), "This is not valid.", id="ValueError without a word"),
        pytest.param(AssertionError(), "This is not valid.", id="AssertionError without a word"),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_message_of_a_validator_comes_through_verbatim(problem, message, door):
    class Model(BaseModel):
        a: Annotated[str, AfterValidator(raiser(problem))]

    result = send(door, Model, {"a": "x"}, [("a", "x")])

    assert result.error.fields == {"a": [message]}


def test_message_of_the_models_own_validator_belongs_to_no_field():
    class Model(BaseModel):
        a: str

        @model_validator(mode="after")
        def check(self) -> Model:
            raise ValueError("Not together")

    result = send("form", Model, None, [("a", "x")])

    assert (result.error.fields, result.error.form_errors) == ({}, ["Not together"])


def test_validator_may_raise_any_action_error():
    class Model(BaseModel):
        a: str

        @field_validator("a")
        @classmethod
        def check(cls, value: str) -> str:
            raise ActionError("CONFLICT", "Taken")

    assert send("json", Model, {"a": "x"}).error.code == "CONFLICT"


def test_issues_carry_pydantics_code():
    result = send("python", Order, {"customer": "A", "lines": [{"sku": "a", "qty": 0}]})

    assert [issue.code for issue in result.error.issues] == ["string_too_short", "greater_than"]


# --- secrets


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")
    user: str = Field(min_length=3)
    password: SecretStr = Field(min_length=100)
    pin: int | None = None
    pet: Pet | None = None
    choice: Literal["a", "b"] | None = None
    day: date | None = None


LEAKS: list[Any] = [
    pytest.param({"password": SECRET}, [("password", SECRET)], id="sibling of a missing field"),
    pytest.param(
        {"user": "ada", "password": SECRET}, [("user", "ada"), ("password", SECRET)], id="itself"
    ),
    pytest.param(
        {"user": "ada", "pin": SECRET}, [("user", "ada"), ("pin", SECRET)], id="no number"
    ),
    pytest.param({"pet": {"kind": SECRET}}, [("pet.kind", SECRET)], id="tag of a union"),
    pytest.param({"choice": SECRET}, [("choice", SECRET)], id="literal"),
    pytest.param({"day": SECRET}, [("day", SECRET)], id="date"),
    pytest.param(
        {"user": ["ada"], "password": [SECRET]},
        [("password", "x"), ("password", SECRET)],
        id="list",
    ),
]


@pytest.mark.parametrize(("data", "form"), LEAKS)
@pytest.mark.parametrize("door", DOORS)
def test_what_was_typed_is_never_in_an_error_or_a_log(data, form, door, caplog):
    caplog.set_level(logging.DEBUG)
    with caplog.at_level(logging.DEBUG, "flask_actions"):
        result = send(door, Login, data, form)

    assert result.error.code == "BAD_REQUEST"
    assert SECRET not in json.dumps(result.error.to_dict(), default=str)
    assert SECRET not in repr(result.error) + str(result.error) + repr(result.error.args)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(("data", "form"), LEAKS)
def test_secrets_are_never_in_the_kept_result(data, form):
    app, actions = build()
    actions.action("act", input=Login)(lambda input: None)
    client = app.test_client()

    client.post("/_actions/act", data=MultiDict(form))

    with client.session_transaction() as session:
        kept = json.dumps(dict(session))
    shown = {name for name, text in form if name not in ("password", "pin")}
    if SECRET in [text for name, text in form if name in ("password", "pin")]:
        assert SECRET not in kept
    assert all(name in kept for name in shown)


@pytest.mark.parametrize("debug", [True, False])
def test_crash_of_a_handler_logs_no_input(debug, caplog):
    app, actions = build(PROPAGATE_EXCEPTIONS=False)
    app.debug = debug

    @actions.action
    def act(input: Order) -> None:
        raise RuntimeError("without a word")

    app.test_client().post(
        "/_actions/act", json={"customer": SECRET, "password": SECRET}, headers={"X": "y"}
    )

    assert "RuntimeError: without a word" in caplog.text
    assert SECRET not in caplog.text


class Out(BaseModel):
    pet: Pet
    n: int = 0


@pytest.mark.parametrize(
    "data",
    [
        {"pet": {"kind": SECRET}},
        {"pet": {"kind": "cat", "lives": SECRET}},
        {"n": SECRET, "pet": 3},
        SECRET,
    ],
    ids=["tag", "field", "sibling", "whole"],
)
@pytest.mark.parametrize("door", ["rpc", "form", "python"])
def test_data_that_does_not_fit_its_output_is_not_told_or_logged(data, door, caplog):
    app, actions = build()

    @actions.action(output=Out)
    def act() -> Any:
        return data

    client = app.test_client()
    if door == "rpc":
        told = client.post("/_actions/act", json={}).text
    elif door == "form":
        posted = client.post("/_actions/act")
        with client, client.get(posted.location):
            told = repr(get_action_result("act"))
    else:
        told = repr(act())

    assert "INTERNAL_SERVER_ERROR" in told
    assert "does not fit the output Out" in caplog.text
    assert SECRET not in told + caplog.text


def test_malformed_json_is_not_repeated(caplog):
    app, actions = build()
    actions.action("act", input=Login)(lambda input: None)

    response = app.test_client().post(
        "/_actions/act", data=f'{{"password": "{SECRET}", {SECRET}', content_type="application/json"
    )

    assert response.status_code == 400
    assert SECRET not in response.text + caplog.text


def test_context_of_an_error_holds_no_input_in_its_chain():
    result = send("python", Login, {"password": SECRET})

    assert result.error.__cause__ is None
    assert result.error.__suppress_context__ or result.error.__context__ is None


def test_handler_gets_the_context_beside_its_input():
    act = define_action(input=Point, handler=lambda input, ctx: isinstance(ctx, ActionContext))

    assert act({"x": 1}).data is True
