"""Errors for fields, of handlers and of validators that name fields: at their place in a form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from wtforms import StringField

from flask_actions import (
    ActionContext,
    ActionInputError,
    Actions,
    Issue,
    SafeResult,
    call_action,
    get_action_result,
)
from flask_actions.errors import MisuseError


class Line(BaseModel):
    sku: str = ""
    qty: int = 1


class Mail(BaseModel):
    kind: Literal["mail"] = "mail"
    address: str = ""


class Phone(BaseModel):
    kind: Literal["phone"] = "phone"
    number: str = ""


class Order(BaseModel):
    customer: str = ""
    post_code: str = Field("", validation_alias="postCode")
    nested: str = Field("", validation_alias="user.name")
    tags: list[str] = []
    lines: list[Line] = []
    prices: dict[str, Line] = {}
    anything: Any = None
    way: Annotated[Mail | Phone, Field(discriminator="kind")] | None = None
    other: Line | Mail | None = None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


def build(raising: Any = None, input: Any = Order, **config: Any) -> Flask:
    """An application whose one action raises what *raising* gives."""
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    actions = Actions(app)

    @actions.action("act", input=input)
    def handler(input: Any, ctx: ActionContext) -> None:
        if raising is not None:
            raise raising()

    app.add_url_rule("/page", view_func=lambda: "")
    return app


def by_form(app: Flask, data: Any) -> SafeResult[Any]:
    client = app.test_client()
    headers = {"Referer": "http://localhost/page"}
    answer = client.post("/_actions/act", data=data, headers=headers)
    assert answer.status_code == 303
    with client:
        client.get(answer.location)
        result = get_action_result("act")
    assert result is not None
    return result


def by_json(app: Flask, data: Any) -> dict[str, Any]:
    return app.test_client().post("/_actions/act", json=data).get_json()


# --- the handler's


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param("", "", id="the form"),
        pytest.param("customer", "customer", id="field"),
        pytest.param("lines", "lines", id="list"),
        pytest.param("lines.0", "lines.0", id="item"),
        pytest.param("lines.0.qty", "lines.0.qty", id="field of an item"),
        pytest.param("lines.7.qty", "lines.7.qty", id="item that was not sent"),
        pytest.param("tags.1", "tags.1", id="one of several values"),
        pytest.param("prices.gold.qty", "prices.gold.qty", id="dictionary"),
        pytest.param("anything.below.it", "anything.below.it", id="open-ended type"),
        pytest.param("way.number", "way.number", id="member of a tagged union"),
        pytest.param("way.kind", "way.kind", id="discriminator"),
        pytest.param("other.address", "other.address", id="member of a union"),
        pytest.param("postCode", "postCode", id="alias"),
        pytest.param("post_code", "postCode", id="field's own name"),
        pytest.param("nested", "user.name", id="own name of a dotted alias"),
        pytest.param("user.name", "user.name", id="dotted alias"),
    ],
)
@pytest.mark.parametrize("door", ["form", "json", "python"])
def test_handlers_error_is_at_its_place(door, path, place):
    app = build(lambda: ActionInputError({path: "Only 3 left"}), TESTING=True)

    with app.app_context():
        fields, form_errors = {
            "form": lambda: _told(by_form(app, {"customer": "Ada"}).error),
            "json": lambda: _told_json(by_json(app, {})["error"]),
            "python": lambda: _told(call_action("act", {}).error),
        }[door]()

    expected = ({place: ["Only 3 left"]}, []) if place else ({}, ["Only 3 left"])
    assert (fields, form_errors) == expected


def _told(error: Any) -> tuple[dict[str, list[str]], list[str]]:
    return error.fields, error.form_errors


def _told_json(error: Any) -> tuple[dict[str, list[str]], list[str]]:
    alone = [issue["message"] for issue in error["issues"] if not issue["path"]]
    return error["fields"], alone


STRAYS = [
    pytest.param(Order, "custmer", "'customer'", id="misspelled"),
    pytest.param(Order, "lines.0.quantity", "'lines.0.qty'", id="in an item"),
    pytest.param(Order, "lines.2.quantity", "'lines.0.qty'", id="in another item"),
    pytest.param(Order, "lines.qty", "'lines.0.qty'", id="without its position"),
    pytest.param(Order, "customer.name", "'customer'", id="below a text"),
    pytest.param(Order, "way.addres", "'way.address'", id="in a union"),
    pytest.param(Order, "zzzzzzzz", "'customer', 'postCode'", id="near to nothing"),
    pytest.param(int, "amount", "no fields", id="of a number"),
    pytest.param(Line | Mail, "addres", "'address'", id="of a union"),
]


@pytest.mark.parametrize(("input", "path", "near"), STRAYS)
@pytest.mark.parametrize("setting", ["TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS"])
def test_path_that_the_model_does_not_have_is_told_to_the_developer(setting, input, path, near):
    app = build(lambda: ActionInputError({path: "Wrong"}), input, **{setting: True})

    with app.app_context(), pytest.raises(MisuseError) as told:
        call_action("act", 1 if input is int else {})

    text = str(told.value)
    assert "An error of act (" in text and "test_field_errors.py" in text
    assert repr(path) in text and near in text


@pytest.mark.parametrize("door", ["form", "json"])
def test_path_that_the_model_does_not_have_is_told_on_every_door(door):
    app = build(lambda: ActionInputError({"custmer": "Wrong"}), TESTING=True)

    with pytest.raises(MisuseError):
        by_form(app, {}) if door == "form" else by_json(app, {})


@pytest.mark.parametrize(("input", "path", "near"), STRAYS)
def test_in_production_its_message_is_at_the_form_and_the_log_says_so(input, path, near, caplog):
    app = build(lambda: ActionInputError({path: "Wrong", "": "Please check"}), input)

    with app.app_context():
        error = call_action("act", 1 if input is int else {}).error

    assert error.fields == {}
    assert error.form_errors == ["Wrong", "Please check"]
    assert repr(path) in caplog.text and near in caplog.text


def test_other_messages_stay_where_they_are(caplog):
    app = build(lambda: ActionInputError({"customer": "Taken", "custmer": "Wrong"}))

    result = by_form(app, {"customer": "Ada"})

    assert result.error.fields == {"customer": ["Taken"]}
    assert result.error.form_errors == ["Wrong"]
    assert result.values == {"customer": "Ada"}


def test_model_that_allows_more_takes_any_name():
    app = build(lambda: ActionInputError({"whatever.it.is": "Wrong"}), Open, TESTING=True)

    assert by_form(app, {}).error.fields == {"whatever.it.is": ["Wrong"]}


def test_handler_without_a_model_takes_any_name():
    app = build(lambda: ActionInputError({"whatever": "Wrong"}), None, TESTING=True)

    assert by_form(app, {}).error.fields == {"whatever": ["Wrong"]}


class Login(FlaskForm):
    name = StringField()


def test_fields_of_a_flask_form_are_known_too():
    taken = build(lambda: ActionInputError({"name": "Taken"}), Login, TESTING=True)
    wrong = build(lambda: ActionInputError({"nmae": "Taken"}), Login, TESTING=True)

    assert by_form(taken, {"name": "Ada"}).error.fields == {"name": ["Taken"]}
    with pytest.raises(MisuseError, match=r"'nmae', which Login does not have.*'name'"):
        by_form(wrong, {"name": "Ada"})


@pytest.mark.parametrize(
    ("own", "place"),
    [
        pytest.param("lines.1.qty", "lines.5.qty", id="field of an item"),
        pytest.param("lines.1", "lines.5", id="item"),
        pytest.param("lines.0.qty", "lines.2.qty", id="first"),
    ],
)
def test_handlers_position_is_the_one_that_the_form_sent(own, place):
    app = build(lambda: ActionInputError({own: "Only 3 left"}), TESTING=True)

    result = by_form(app, {"lines.2.qty": "1", "lines.5.qty": "9"})

    assert result.error.fields == {place: ["Only 3 left"]}
    assert result.values == {"lines.2.qty": "1", "lines.5.qty": "9"}


class Taken(ActionInputError):
    """An application's own kind, with arguments of its own."""

    def __init__(self, path: str, name: str) -> None:
        super().__init__({path: f"{name} is taken"})
        self.name = name


def test_error_that_is_raised_again_and_again_is_not_changed():
    error = Taken("lines.0.qty", "Ada")
    app = build(lambda: error, TESTING=True)

    for position in (3, 5):
        result = by_form(app, {f"lines.{position}.qty": "1"})
        assert list(result.error.fields) == [f"lines.{position}.qty"]

    assert error.issues[0].path == ("lines", 0, "qty")


def test_errors_own_class_reaches_a_caller_in_python():
    app = build(lambda: Taken("post_code", "Ada"), TESTING=True)

    with app.app_context():
        error = call_action("act", {}).error

    assert isinstance(error, Taken) and error.name == "Ada"
    assert error.fields == {"postCode": ["Ada is taken"]}


def test_issue_keeps_its_code_and_its_message_when_it_is_moved():
    app = build(lambda: ActionInputError([Issue(("post_code",), "unknown_place", "Where?")]))

    with app.app_context():
        issue = call_action("act", {}).error.issues[0]

    assert (issue.path, issue.code, issue.message) == (("postCode",), "unknown_place", "Where?")


def test_async_handlers_error_is_at_its_place():
    app = Flask(__name__)
    app.testing = True

    @Actions(app).action
    async def act(input: Order) -> None:
        raise ActionInputError({"post_code": "Unknown"})

    with app.app_context():
        assert call_action("act", {}).error.fields == {"postCode": ["Unknown"]}


# --- validators that name fields


def mismatch(*fields: str) -> PydanticCustomError:
    return PydanticCustomError("mismatch", "The two do not match.", {"fields": list(fields)})


class Passwords(BaseModel):
    password: str = ""
    again: str = Field("", validation_alias="passwordAgain")

    @model_validator(mode="after")
    def same(self) -> Passwords:
        if self.password != self.again:
            raise mismatch("again")
        return self


class Before(BaseModel):
    first: str = ""
    last: str = ""

    @model_validator(mode="before")
    @classmethod
    def some(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("first") == data.get("last") == "x":
            raise mismatch("first", "last")
        return data


class Deep(BaseModel):
    inner: Passwords | None = None
    several: list[Passwords] = []
    union: Passwords | Line | None = None


class Outer(BaseModel):
    inner: Passwords | None = None
    several: list[Line] = []

    @model_validator(mode="after")
    def check(self) -> Outer:
        if self.several:
            raise mismatch("several.0.qty", "inner.password")
        return self


class OfField(BaseModel):
    start: int = 0
    end: int = 0

    @field_validator("end")
    @classmethod
    def later(cls, end: int, info: ValidationInfo) -> int:
        if end < info.data["start"]:
            raise mismatch("start", "end")
        return end


@dataclass
class Span:
    start: int = 0
    end: int = 0


def check_span(span: Span) -> Span:
    if span.end < span.start:
        raise mismatch("end")
    return span


WRONG = {"password": "a", "passwordAgain": "b"}


@pytest.mark.parametrize(
    ("input", "data", "form", "places"),
    [
        pytest.param(Passwords, WRONG, WRONG, ["passwordAgain"], id="own name, alias"),
        pytest.param(
            Before,
            {"first": "x", "last": "x"},
            {"first": "x", "last": "x"},
            ["first", "last"],
            id="before, two fields",
        ),
        pytest.param(
            Deep,
            {"inner": WRONG},
            {"inner.password": "a", "inner.passwordAgain": "b"},
            ["inner.passwordAgain"],
            id="nested model",
        ),
        pytest.param(
            Deep,
            {"several": [{}, WRONG]},
            {"several.0.password": "", "several.1.password": "a"},
            ["several.1.passwordAgain"],
            id="list of models",
        ),
        pytest.param(
            Outer,
            {"several": [{"qty": 1}]},
            {"several.0.qty": "1"},
            ["several.0.qty", "inner.password"],
            id="paths of several steps",
        ),
        pytest.param(
            OfField,
            {"start": 2, "end": 1},
            {"start": "2", "end": "1"},
            ["start", "end"],
            id="validator of a field names its neighbours",
        ),
        pytest.param(
            Annotated[Span, AfterValidator(check_span)],
            {"start": 2, "end": 1},
            {"start": "2", "end": "1"},
            ["end"],
            id="dataclass",
        ),
    ],
)
@pytest.mark.parametrize("door", ["form", "json", "python"])
def test_validators_error_is_at_the_fields_that_it_names(door, input, data, form, places):
    app = build(None, input, TESTING=True)

    with app.app_context():
        fields, form_errors = {
            "form": lambda: _told(by_form(app, form).error),
            "json": lambda: _told_json(by_json(app, data)["error"]),
            "python": lambda: _told(call_action("act", data).error),
        }[door]()

    assert fields == {place: ["The two do not match."] for place in places}
    assert form_errors == []


def test_validator_in_a_member_of_a_union_names_fields_of_that_member():
    app = build(None, Deep, TESTING=True)

    with app.app_context():
        fields = call_action("act", {"union": {**WRONG, "qty": "many"}}).error.fields

    assert fields["union.passwordAgain"] == ["The two do not match."]


def test_validators_position_is_the_one_that_the_form_sent():
    app = build(None, Deep, TESTING=True)

    result = by_form(app, {"several.4.password": "a", "several.4.passwordAgain": "b"})

    assert list(result.error.fields) == ["several.4.passwordAgain"]


def test_issue_has_the_validators_code():
    app = build(None, Passwords)

    with app.app_context():
        issue = call_action("act", WRONG).error.issues[0]

    assert (issue.path, issue.code) == (("passwordAgain",), "mismatch")


class Misspelled(BaseModel):
    password: str = ""

    @model_validator(mode="after")
    def never(self) -> Misspelled:
        raise mismatch("pasword")


class Inside(BaseModel):
    inner: Misspelled = Misspelled.model_construct()


def test_name_that_the_model_does_not_have_is_told_to_the_developer():
    app = build(None, Inside, TESTING=True)

    with pytest.raises(
        MisuseError, match=r"'inner\.pasword', which Inside does not have.*'inner\.password'"
    ):
        by_json(app, {"inner": {}})


def test_in_production_its_message_is_at_the_model(caplog):
    app = build(None, Misspelled)

    with app.app_context():
        error = call_action("act", {}).error

    assert error.form_errors == ["The two do not match."]
    assert "'pasword'" in caplog.text


@pytest.mark.parametrize(
    "meaning",
    [
        pytest.param(7, id="number"),
        pytest.param([1, 2], id="numbers"),
        pytest.param({"a": 1}, id="dictionary"),
        pytest.param([], id="none"),
    ],
)
def test_word_fields_with_another_meaning_is_the_validators_own(meaning):
    class Own(BaseModel):
        @model_validator(mode="after")
        def never(self) -> Own:
            raise PydanticCustomError("odd", "Odd.", {"fields": meaning})

    app = build(None, Own, TESTING=True)

    assert by_form(app, {}).error.form_errors == ["Odd."]


def test_one_name_may_be_a_plain_text():
    class One(BaseModel):
        title: str = ""

        @model_validator(mode="after")
        def never(self) -> One:
            raise PydanticCustomError("odd", "Odd.", {"fields": "title"})

    app = build(None, One, TESTING=True)

    assert by_form(app, {}).error.fields == {"title": ["Odd."]}
