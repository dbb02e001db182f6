"""Messages in the reader's language: catalogues, who reads, and results read in another request."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from io import BytesIO
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from flask import Flask, request, session
from flask_babel import Babel, force_locale, lazy_gettext
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from pydantic import (
    UUID1,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    EmailStr,
    Field,
    FutureDate,
    FutureDatetime,
    HttpUrl,
    IPvAnyAddress,
    Json,
    NaiveDatetime,
    PastDate,
    PastDatetime,
    SecretStr,
    Strict,
    Tag,
    TypeAdapter,
    field_validator,
    model_validator,
)
from pydantic.networks import AnyUrl, UrlConstraints
from pydantic_core import PydanticCustomError, core_schema
from typing_extensions import TypedDict
from werkzeug.datastructures import FileStorage
from wtforms import StringField
from wtforms.validators import ValidationError

from flask_actions import (
    AcceptTypes,
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    Issue,
    MaxSize,
    Messages,
    Upload,
    get_action_result,
)
from flask_actions import messages as texts
from flask_actions.messages import LANGUAGES, Reader, Text, shipped
from flask_actions.models import Input

SPOKEN = sorted(set(LANGUAGES) - {"en"})
OURS = set(shipped("en"))


# --- the catalogues of the package


class Colour(Enum):
    RED = "red"


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FromAttributes(BaseModel):
    model_config = ConfigDict(from_attributes=True)


@dataclass
class Point:
    x: int


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
File = Annotated[Upload, MaxSize("1 kB"), AcceptTypes("image/png")]


def file(content: bytes, mimetype: str) -> FileStorage:
    return FileStorage(BytesIO(content), "a.png", content_type=mimetype)


#: The key in a catalogue, a type and what does not fit it.
WRONG: list[tuple[str, Any, Any]] = [
    ("missing", Point, {}),
    ("extra_forbidden", Closed, {"a": 1}),
    ("none_required", type(None), 1),
    ("invalid_key", Closed, {1: 1}),
    ("string_type", str, 1),
    ("string_unicode", str, b"\xff"),
    ("string_too_short", Annotated[str, Field(min_length=3)], "ab"),
    ("string_too_short", Annotated[SecretStr, Field(min_length=3)], "ab"),
    ("string_too_long", Annotated[str, Field(max_length=1)], "ab"),
    ("string_too_long", Annotated[SecretStr, Field(max_length=1)], "ab"),
    ("string_pattern_mismatch", Annotated[str, Field(pattern="^a$")], "b"),
    ("bytes_type", bytes, 1),
    ("bytes_too_short", Annotated[bytes, Field(min_length=3)], b"a"),
    ("bytes_too_long", Annotated[bytes, Field(max_length=1)], b"ab"),
    ("int_type", int, []),
    ("int_parsing", int, "a"),
    ("int_parsing_size", int, "1" * 5000),
    ("int_from_float", int, 1.5),
    ("float_type", float, []),
    ("float_parsing", float, "a"),
    ("finite_number", Decimal, "NaN"),
    ("decimal_type", Decimal, []),
    ("decimal_parsing", Decimal, "a"),
    ("decimal_max_digits", Annotated[Decimal, Field(max_digits=2)], "123"),
    ("decimal_max_places", Annotated[Decimal, Field(decimal_places=1)], "1.23"),
    ("decimal_whole_digits", Annotated[Decimal, Field(max_digits=3, decimal_places=2)], "12"),
    ("greater_than", Annotated[float, Field(gt=0.5)], "0"),
    ("greater_than_equal", Annotated[int, Field(ge=1)], "0"),
    ("less_than", Annotated[time, Field(lt=time(9, 30))], "10:00"),
    ("less_than_equal", Annotated[Decimal, Field(le=Decimal("0.10"))], "1"),
    ("greater_than.date", Annotated[date, Field(gt=date(2026, 1, 31))], "2026-01-01"),
    ("greater_than_equal.date", Annotated[date, Field(ge=date(2026, 1, 31))], "2026-01-01"),
    ("less_than.date", Annotated[date, Field(lt=date(2026, 1, 31))], "2026-12-01"),
    ("less_than_equal.date", Annotated[datetime, Field(le=datetime(2026, 1, 1))], "2026-12-01"),
    ("multiple_of", Annotated[int, Field(multiple_of=5)], "4"),
    ("bool_type", bool, []),
    ("bool_parsing", bool, "a"),
    ("date_type", date, []),
    ("date_parsing", Annotated[date, Strict()], b'"a"'),
    ("date_from_datetime_parsing", date, "a"),
    ("date_from_datetime_inexact", date, "2026-01-01T12:00"),
    ("date_past", PastDate, "2999-01-01"),
    ("date_future", FutureDate, "1999-01-01"),
    ("time_type", time, []),
    ("time_parsing", time, "a"),
    ("datetime_type", datetime, []),
    ("datetime_parsing", Annotated[datetime, Strict()], b'"a"'),
    ("datetime_from_date_parsing", datetime, "a"),
    ("datetime_past", PastDatetime, "2999-01-01T12:00"),
    ("datetime_future", FutureDatetime, "1999-01-01T12:00"),
    ("timezone_naive", NaiveDatetime, "2026-01-01T12:00Z"),
    ("timezone_aware", AwareDatetime, "2026-01-01T12:00"),
    ("time_delta_type", timedelta, []),
    ("time_delta_parsing", timedelta, "a"),
    ("enum", Colour, "blue"),
    ("literal_error", Literal["a", "b"], "c"),
    ("union_tag_invalid", Pet, {"kind": "cow"}),
    ("union_tag_not_found", Pet, {}),
    ("list_type", list[int], 1),
    ("set_type", set[int], 1),
    ("frozen_set_type", frozenset[int], 1),
    ("tuple_type", tuple[int, int], 1),
    ("dict_type", dict[str, int], 1),
    ("model_type", Closed, 1),
    ("model_attributes_type", FromAttributes, 1),
    ("dataclass_type", Point, 1),
    ("too_short", Annotated[list[int], Field(min_length=1)], []),
    ("too_long", Annotated[list[int], Field(max_length=1)], [1, 2]),
    ("email", EmailStr, "a"),
    ("url_type", HttpUrl, 1),
    ("url_parsing", HttpUrl, "a"),
    ("url_syntax_violation", Annotated[AnyUrl, Strict()], "http:/a"),
    ("url_scheme", HttpUrl, "ftp://a.org"),
    ("url_too_long", Annotated[AnyUrl, UrlConstraints(max_length=9)], "http://example.org"),
    ("uuid_type", UUID, 1),
    ("uuid_parsing", UUID, "a"),
    ("uuid_version", UUID1, "00000000-0000-4000-8000-000000000000"),
    ("ip_any_address", IPvAnyAddress, "a"),
    ("json_type", Json[Any], 1),
    ("json_invalid", Json[Any], "{"),
    ("upload_expected", Upload, "a"),
    ("upload_too_large", File, file(b"\x89PNG\r\n\x1a\n" + b"0" * 1000, "image/png")),
    ("upload_type", File, file(b"a", "text/plain")),
    ("upload_type.damaged", File, file(b"a", "image/png")),
]


def issue_of(type_: Any, wrong: Any) -> Issue:
    """What is wrong with a value; bytes that look like JSON are."""
    own = Input.of(type_)
    is_json = isinstance(wrong, bytes) and wrong.startswith(b'"')
    with pytest.raises(ActionInputError) as caught:
        own.from_json(wrong) if is_json else own.from_python(wrong)
    return caught.value.issues[-1]


def named_in(text: str) -> set[str]:
    """The names of what belongs into a text."""
    return set(re.findall(r"\{(\w+)", text))


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize(
    ("key", "type_", "wrong"),
    [
        pytest.param(*row, id=f"{row[0]}{'' if row[0] not in seen else ' again'}")
        for seen, row in ((({one[0] for one in WRONG[:at]}), row) for at, row in enumerate(WRONG))
    ],
)
def test_error_of_the_input_is_said_in(language, key, type_, wrong):
    issue = issue_of(type_, wrong)
    names = Reader(language, {one: one for one in shipped(language)})

    said = issue.told_to(Reader(language, {}))

    assert issue.told_to(names) == key
    assert named_in(shipped(language)[key]) <= set(issue.context)
    assert said != issue.given
    assert "{" not in said


@pytest.mark.parametrize("language", SPOKEN)
def test_catalogue_has_what_the_others_have(language):
    wanted = {key for key, _, _ in WRONG} | OURS | {"format.date"}

    assert set(shipped(language)) == wanted
    for key, text in shipped(language).items():
        if key in OURS and key != "token_refused":  # whose reason is Flask-WTF's, in English
            assert named_in(text) == named_in(shipped("en")[key]), key


def test_no_text_of_ours_is_under_a_code_of_pydantic():
    assert OURS.isdisjoint(get_args(core_schema.ErrorType))


@pytest.mark.parametrize("language", SPOKEN)
def test_texts_end_as_the_english_ones_do(language):
    for key in OURS - {key for key in OURS if key.startswith("format.")}:
        english, other = shipped("en")[key], shipped(language)[key]
        assert (english[-1] in ".…)") == (other[-1] in ".…)"), key


@pytest.mark.parametrize(
    ("language", "key", "number", "words"),
    [
        ("de", "too_short", 1, "ist mindestens 1 Eintrag nötig"),
        ("de", "too_short", 2, "sind mindestens 2 Einträge nötig"),
        ("de", "too_short", 0, "sind mindestens 0 Einträge"),
        ("fr", "too_short", 0, "au moins 0 élément."),
        ("fr", "too_short", 1, "au moins 1 élément."),
        ("fr", "too_short", 2, "au moins 2 éléments."),
        ("fr-CA", "too_short", 0, "au moins 0 élément."),
        ("es", "too_short", 1, "se necesita al menos 1 elemento."),
        ("es", "too_short", 3, "se necesitan al menos 3 elementos."),
    ],
)
def test_number_chooses_the_words(language, key, number, words):
    assert words in str(Reader(language, {}).find((key,), {"min_length": number}))


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        ("en", 0.5, "0.5"),
        ("de", 0.5, "0,5"),
        ("de-AT", 0.5, "0,5"),
        ("fr", Decimal("-0.10"), "-0,10"),
        ("de", "0.10", "0,10"),
        ("de", 1e10, "10000000000"),
        ("de", 5.0, "5"),
        ("de", "1.2.3", "1.2.3"),
        ("de", "2026-01-31", "31.01.2026"),
        ("fr", "2026-01-31", "31/01/2026"),
        ("en", "2026-01-31", "2026-01-31"),
        ("de", "2026-01-31T12:30:00", "31.01.2026 12:30"),
        ("de", "2026-01-31T12:30:05Z", "31.01.2026 12:30:05 Z"),
        ("de", "09:00:00", "09:00"),
        ("de", "10:00", "10:00"),
        ("de", "", ""),
        ("de", True, "True"),
    ],
)
def test_value_is_written_as_readers_do(language, value, shown):
    reader = Reader(language, {"code": "{value}"})

    assert reader.find(("code",), {"value": value}) == shown


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "1,048,576"), ("de", "1.048.576"), ("fr", "1\u202f048\u202f576")],
)
def test_digits_are_parted_as_readers_do(language, shown):
    reader = Reader(language, {})

    said = reader.find(("body_too_large",), {"sent": 2**20, "allowed": 7})

    assert shown in str(said)


def test_date_is_written_as_the_application_wishes():
    reader = Reader("de-CH", {"de": {"format.date": "%Y/%m/%d"}, "code": "{value}"})

    assert reader.find(("code",), {"value": "2026-01-31"}) == "2026/01/31"


# --- who wins


class Line(BaseModel):
    sku: Annotated[str, Field(min_length=2), Messages(string_too_short="field {min_length}")]
    qty: int
    note: str = Field("", max_length=1)


Messages(int_parsing="inner model", string_too_long="inner model")(Line)


@Messages(int_parsing="outer model", missing="outer model", de={"missing": "äußeres Modell"})
class Order(BaseModel):
    lines: list[Line] = []
    number: int = 0
    name: str
    tags: Annotated[list[int], Messages(int_parsing="of the items")] = []


@pytest.mark.parametrize(
    ("data", "path", "language", "said"),
    [
        pytest.param(
            {"lines": [{"sku": "a", "qty": 1}]}, "lines.0.sku", "de", "field 2", id="field"
        ),
        pytest.param(
            {"lines": [{"sku": "ab", "qty": "a"}]},
            "lines.0.qty",
            "en",
            "inner model",
            id="own model",
        ),
        pytest.param(
            {"lines": [{"sku": "ab"}]}, "lines.0.qty", "en", "outer model", id="model around it"
        ),
        pytest.param({"number": "a"}, "number", "en", "outer model", id="outer model"),
        pytest.param({"tags": ["a"]}, "tags.0", "en", "of the items", id="items"),
        pytest.param({}, "name", "de", "äußeres Modell", id="language of the model"),
        pytest.param({}, "name", "de-AT", "äußeres Modell", id="wider language"),
        pytest.param({}, "name", "fr", "outer model", id="another language"),
        pytest.param(
            {"name": 1}, "name", "de", "application, deutsch", id="application's language"
        ),
        pytest.param({"name": 1}, "name", "fr", "application", id="application"),
        pytest.param({"tags": 1}, "tags", "de", "Bitte senden Sie eine Liste.", id="package"),
        pytest.param({"tags": 1}, "tags", "en", "Input should be a valid list", id="pydantic"),
        pytest.param({"tags": 1}, "tags", "ja", "Input should be a valid list", id="unknown"),
    ],
)
def test_more_specific_text_wins(data, path, language, said):
    app = Flask(__name__)
    own = {"string_type": "application", "de": {"string_type": "application, deutsch"}}
    actions = Actions(app, messages=own)
    actions.language_selector(lambda: language)

    @actions.action
    def order(input: Order) -> None: ...

    with app.test_request_context():
        error = actions.call("order", {"name": "a", **data} if path != "name" else data).error
        assert error.fields[path] == [said]


def test_text_that_names_what_is_not_there_gives_way_and_is_told_to_the_developer(caplog):
    reader = Reader("de", {"too_long": "At most {maximum}, please."})

    said = reader.find(("too_long",), {"max_length": 2})

    assert said == shipped("de")["too_long"].replace("{max_length}", "2").replace(
        "{max_length:ist|sind}", "sind"
    ).replace("{max_length:Eintrag|Einträge}", "Einträge")
    assert "'At most {maximum}, please.' for too_long" in caplog.text
    assert "it has: max_length" in caplog.text


# --- where the messages of fields and models stand


Own = Messages(missing="own", int_parsing="own", string_type="own", value_error="own")


class Person(BaseModel):
    age: Annotated[int, Own] = 0
    born: Annotated[int, Own] = Field(0, alias="birth-year")
    maybe: Annotated[int | None, Own] = None
    inner: Annotated[int, Own] | None = None
    each: dict[str, Annotated[int, Own]] = {}
    many: list[Annotated[int, Own]] = []
    pair: tuple[int, Annotated[int, Own]] = (0, 0)
    friend: Annotated[Person | None, Messages(model_type="a friend, please")] = None
    checked: Annotated[str, Own] = ""
    deep: list[dict[str, Person]] = []

    @field_validator("checked")
    @classmethod
    def fine(cls, checked: str) -> str:
        raise ValueError("not fine")


class Shout(TypedDict):
    loud: Annotated[int, Own]


@Messages(missing="model")
@dataclass
class Plain:
    x: Annotated[int, Own]
    y: int


class Heir(Plain):
    pass


class Quiet(BaseModel):
    loud: int = 0


class Lion(BaseModel):
    kind: Literal["lion"]
    teeth: Annotated[int, Messages(int_parsing="lion")]


class Shark(BaseModel):
    kind: Literal["shark"]
    teeth: Annotated[int, Messages(int_parsing="shark")]


def by_kind(value: Any) -> str:
    return str(value.get("kind"))


class Zoo(BaseModel):
    beast: Annotated[Lion | Shark, Field(discriminator="kind")]


@pytest.mark.parametrize(
    ("type_", "data", "said"),
    [
        pytest.param(Person, {"age": "a"}, "own", id="field"),
        pytest.param(Person, {"birth-year": "a"}, "own", id="alias"),
        pytest.param(Person, {"maybe": "a"}, "own", id="optional"),
        pytest.param(Person, {"inner": "a"}, "own", id="inside an optional"),
        pytest.param(Person, {"each": {"k": "a"}}, "own", id="values"),
        pytest.param(Person, {"many": ["1", "a"]}, "own", id="items"),
        pytest.param(Person, {"pair": ["1", "a"]}, "own", id="place in a tuple"),
        pytest.param(Person, {"pair": ["a", "1"]}, "Input should be", id="other place in a tuple"),
        pytest.param(Person, {"friend": 1}, "a friend, please", id="field of a model"),
        pytest.param(Person, {"friend": {"friend": {"age": "a"}}}, "own", id="recursive"),
        pytest.param(Person, {"deep": [{"k": {"age": "a"}}]}, "own", id="deep"),
        pytest.param(Person, {"checked": "a"}, "own", id="validator"),
        pytest.param(Shout, {}, "own", id="typed dict"),
        pytest.param(Plain, {"x": "a", "y": "1"}, "own", id="dataclass"),
        pytest.param(Plain, {"x": 1}, "model", id="decorated dataclass"),
        pytest.param(Heir, {"x": 1}, "model", id="class above"),
        pytest.param(list[Plain], [{"x": 1}], "model", id="list of models"),
        pytest.param(Lion | Shark, {"kind": "shark", "teeth": "a"}, "shark", id="union"),
        pytest.param(Zoo, {"beast": {"kind": "shark", "teeth": "a"}}, "shark", id="tagged union"),
        pytest.param(Zoo, {"beast": {"kind": "lion", "teeth": "a"}}, "lion", id="other tag"),
        pytest.param(
            Annotated[
                Annotated[Lion, Tag("lion")] | Annotated[Shark, Tag("shark")],
                Discriminator(by_kind),
            ],
            {"kind": "shark", "teeth": "a"},
            "shark",
            id="function's tag",
        ),
        pytest.param(Annotated[Plain, Messages(missing="here")], {"x": 1}, "model", id="not below"),
    ],
)
@pytest.mark.parametrize("way", ["python", "json"])
def test_messages_beside_a_field_or_a_model_are_found(type_, data, said, way):
    own = Input.of(type_)
    plain = TypeAdapter(Any).dump_json(data)
    with pytest.raises(ActionInputError) as caught:
        own.from_python(data) if way == "python" else own.from_json(plain)

    assert caught.value.issues[-1].message.startswith(said)


def test_place_is_found_among_many_ways():
    """Unions in unions: to try each way would take for ever."""

    class Tree(BaseModel):
        model_config = ConfigDict(extra="forbid")

        name: Annotated[int, Messages(int_parsing="own")] = 0
        below: dict[str, Tree | list[Tree] | dict[str, Tree]] = {}

    data: dict[str, Any] = {"name": "a"}
    for _ in range(16):
        data = {"below": {"Tree": data}}
    with pytest.raises(ActionInputError) as caught:
        Input.of(Tree).from_python(data)

    assert "own" in [issue.message for issue in caught.value.issues]


def test_place_that_is_too_deep_has_what_pydantic_says():
    data: dict[str, Any] = {"age": "a"}
    for _ in range(200):
        data = {"friend": data}

    issue = issue_of(Person, data)

    assert issue.message.startswith("Input should be a valid integer")


def test_default_of_a_field_is_no_schema():
    endless: list[Any] = [{"type": "list", "cls": Plain}]
    endless.append(endless)

    class Model(BaseModel):
        a: Any = endless

    assert Input.of(Model).places is None


@pytest.mark.parametrize("type_", [Quiet, list[int], Sequence[int]], ids=str)
def test_type_without_messages_has_no_places(type_):
    assert Input.of(type_).places is None


def test_each_messages_has_a_name_that_stays():
    places = Input.of(Order).places

    assert places is not None
    assert sorted(places.named) == ["Line", "Line.sku", "Order", "Order.tags"]
    assert {*places.named} == {*Input.of(Order).places.named}  # type: ignore[union-attr]


def test_messages_leave_no_trace_in_the_json_schema():
    @Messages(missing="a")
    class Marked(BaseModel):
        title: Annotated[str, Field(min_length=3), Messages(string_too_short=lazy_gettext("b"))]

    class Bare(BaseModel):
        title: Annotated[str, Field(min_length=3)]

    marked = Marked.model_json_schema()

    assert {**marked, "title": ""} == {**Bare.model_json_schema(), "title": ""}


# --- issues


def test_issue_is_what_it_was():
    issue = Issue(("a", 0), "custom", "text")

    assert (issue.path, issue.code, issue.message, issue.context) == (
        ("a", 0),
        "custom",
        "text",
        {},
    )
    assert issue.to_dict() == {"path": ["a", 0], "code": "custom", "message": "text"}
    assert issue == Issue(("a", 0), "custom", "text", {"more": 1})
    assert issue != Issue(("a", 0), "custom", "other")
    assert len({issue, Issue(("a", 0), "custom", "text")}) == 1
    assert repr(issue) == "Issue(path=('a', 0), code='custom', message='text', context={})"
    for change in ("code", "message"):
        with pytest.raises(FrozenInstanceError):
            setattr(issue, change, "b")


@pytest.mark.parametrize("again", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_error_can_be_copied(again):
    error = ActionInputError([Issue(("a",), "too_short", "text", {"min_length": 1})])

    copied = again(error)

    assert copied.to_dict() == error.to_dict()
    assert copied.issues[0].context == {"min_length": 1}


def fails(message: str, context: dict[str, Any]) -> Any:
    class Model(BaseModel):
        word: str

        @field_validator("word")
        @classmethod
        def check(cls, word: str) -> str:
            raise PydanticCustomError("weak", message, context)

    return Model


@pytest.mark.parametrize(
    ("type_", "wrong", "context"),
    [
        pytest.param(Annotated[str, Field(min_length=3)], "ab", {"min_length": 3}, id="pydantic's"),
        pytest.param(
            Pet,
            {"kind": "s3cret"},
            {"discriminator": "'kind'", "expected_tags": "'cat', 'dog'"},
            id="tag",
        ),
        pytest.param(
            fails("Say {limit}", {"limit": 3, "word": "s3cret"}),
            {"word": "a"},
            {"limit": 3},
            id="custom",
        ),
        pytest.param(Person, {"checked": "s3cret"}, {}, id="exception"),
        pytest.param(int, "a", {}, id="none"),
    ],
)
def test_context_has_what_the_message_says_and_never_the_input(type_, wrong, context):
    issue = issue_of(type_, wrong)

    assert issue.context == context


# --- who reads

PAGE = "/page"
HEADERS = {
    "form": {"Referer": "http://localhost/page"},
    "htmx": {"HX-Request": "true"},
    "rpc": {"Accept": "application/json"},
}
SHOWN = "{{ result.error.message }}|{{ result.error.fields }}|{{ result.error.form_errors }}"


class Note(BaseModel):
    text: str = Field(min_length=3)
    tags: Annotated[
        list[str], Field(max_length=1), Messages(too_long="one", de={"too_long": "eins"})
    ] = []


class Site:
    """An application that speaks the language of the query, and one that a session may have."""

    def __init__(self, **options: Any) -> None:
        self.app = Flask(__name__)
        self.app.secret_key = "test"
        self.app.config.update(TESTING=True, **options.pop("config", {}))
        self.actions = Actions(self.app, **options)
        self.client = self.app.test_client()
        self.problem: Callable[[], Exception] | None = None

        @self.actions.action(fragment="shown.html")
        def note(input: Note) -> None:
            if self.problem is not None:
                raise self.problem()

        @self.actions.action(guard=lambda ctx: False)
        def closed(input: Note) -> None: ...

        self.app.jinja_loader = _Templates({"shown.html": SHOWN})
        self.app.add_url_rule(PAGE, "page", self.page)

    def page(self) -> str:
        from flask import render_template

        result = get_action_result("note") or get_action_result("closed")
        return render_template("shown.html", result=result)

    def by_query(self) -> Site:
        self.actions.language_selector(lambda: request.args.get("lang"))
        return self

    def say(
        self, door: str, language: str, data: Any = None, name: str = "note", page: str = ""
    ) -> str:
        """What a door's reader is told."""
        answer = self.client.post(
            f"/_actions/{name}?lang={language}",
            data={"text": "a", "tags": ["a", "b"]} if data is None else data,
            headers=HEADERS[door],
        )
        if answer.status_code == 303:
            answer = self.client.get(f"{answer.location}&lang={page or language}")
        return answer.text.replace("&#39;", "'")


def _Templates(sources: dict[str, str]) -> Any:
    from jinja2 import DictLoader

    return DictLoader(sources)


GERMAN = ["Bitte prüfen Sie die markierten Felder.", "mindestens 3 Zeichen", "eins"]
ENGLISH = ["Please check the marked fields.", "at least 3 characters", "one"]


@pytest.mark.parametrize("door", HEADERS)
@pytest.mark.parametrize(("language", "words"), [("de", GERMAN), ("en", ENGLISH), ("", ENGLISH)])
def test_door_speaks_the_language_that_is_selected(door, language, words):
    said = Site().by_query().say(door, language)

    assert all(one in said for one in words)


@pytest.mark.parametrize("store", ["session", "cookie"])
@pytest.mark.parametrize(
    ("sent", "read", "words"),
    [
        pytest.param("en", "de", GERMAN, id="English, then German"),
        pytest.param("de", "en", ENGLISH, id="German, then English"),
    ],
)
def test_kept_result_is_told_in_the_language_of_the_page(store, sent, read, words):
    # core bug: kept results are told in the language of the post
    site = Site(config={"ACTIONS_RESULT_STORE": store}).by_query()

    said = site.say("form", sent, page=read)

    assert all(one in said for one in words)


@pytest.mark.parametrize(
    ("problem", "german", "english"),
    [
        pytest.param(lambda: ActionInputError({"text": "Taken"}), "Taken", "Taken", id="handler"),
        pytest.param(
            lambda: ActionInputError([Issue(("text",), "taken", "Taken {by}", {"by": "Ada"})]),
            "Von Ada vergeben",
            "Taken {by}",
            id="handler's code",
        ),
        pytest.param(
            lambda: ActionInputError([Issue(("text",), "missing", "Say more")]),
            "Bitte füllen Sie dieses Feld aus.",
            "Say more",
            id="pydantic's code",
        ),
        pytest.param(
            lambda: ActionError("CONFLICT", Text("not_allowed")),
            "Das dürfen Sie nicht.",
            "You are not allowed to do this.",
            id="text of ours",
        ),
        pytest.param(lambda: ActionError("CONFLICT", "No"), "No", "No", id="handler's error"),
    ],
)
@pytest.mark.parametrize("door", HEADERS)
def test_error_of_the_handler(door, problem, german, english):
    site = Site(messages={"de": {"taken": "Von {by} vergeben"}}).by_query()
    site.problem = problem

    assert german in site.say(door, "de", {"text": "abc"})
    assert english in site.say(door, "en", {"text": "abc"})
    assert german in site.say("form", "en", {"text": "abc"}, page="de")


@pytest.mark.parametrize("door", HEADERS)
def test_guard_speaks_the_language_of_the_reader(door):
    # core bug: texts of ours are read through the catalogue
    site = Site().by_query()
    site.actions.registry.find("closed").fragment = "shown.html"  # type: ignore[union-attr]

    assert "Das dürfen Sie nicht." in site.say(door, "de", name="closed")


def test_result_is_kept_in_few_bytes():
    site = Site().by_query()
    with site.app.test_request_context("/?lang=de"):
        error = site.actions.call("note", {"text": "a"}).error
    assert error is not None and error.issues
    issue = error.issues[0]

    plain = issue.to_plain(None)

    assert plain == [
        ["text"],
        "string_too_short",
        "String should have at least 3 characters",
        {"min_length": 3},
        [],
    ]
    assert Issue.from_plain(plain, None) == issue
    assert Issue(("a",), "custom", "b").to_plain(None) == [["a"], "custom", "b"]


def test_kept_result_of_a_model_that_has_changed_is_told_all_the_same():
    plain = [["tags"], "too_long", "List should have", {"max_length": 1}, ["Gone.tags"]]

    issue = Issue.from_plain(plain, Input.of(Note).places)

    assert issue.told_to(None) == "List should have"


def test_context_that_json_does_not_know_is_kept_as_text():
    site = Site(messages={"de": {"less_than_equal": "Höchstens {le}."}}).by_query()

    @site.actions.action("pay")
    def pay(input: Annotated[Decimal, Field(le=Decimal("0.10"))]) -> None: ...

    issue = site.actions.call("pay", "1").error.issues[0]  # type: ignore[union-attr]

    again = Issue.from_plain(issue.to_plain(None), None)

    assert again.told_to(Reader("de", {})) == "Der Wert darf höchstens 0,10 sein."


@pytest.mark.parametrize("language", ["../de", "de\x00", "xx", "-", "de" * 50_000])
def test_odd_language_is_english(language):
    site = Site()
    site.actions.language_selector(lambda: language)

    assert "Please check the marked fields." in site.say("rpc", "")


def test_selector_is_asked_once_in_a_request():
    site, asked = Site(), []
    site.actions.language_selector(lambda: asked.append(request.path) or "de")

    said = site.say("form", "")

    assert "Bitte prüfen" in said
    assert asked == [PAGE]


def test_selector_that_fails_is_logged_and_english_is_spoken(caplog):
    site = Site()
    site.actions.language_selector(lambda: session["language"])

    said = site.say("rpc", "")

    assert "Please check the marked fields." in said
    assert "The reader's language cannot be found" in caplog.text
    assert "KeyError" in caplog.text


def test_selector_that_needs_a_request_is_not_missed_outside_one(caplog):
    site = Site().by_query()

    with site.app.app_context():
        assert site.actions.call("note", {"text": "a"}).error.message.startswith("Please check")  # type: ignore[union-attr]
    assert caplog.text == ""


def test_selector_that_needs_no_request_is_asked_outside_one():
    site = Site()
    site.actions.language_selector(lambda: "de")

    with site.app.app_context():
        assert site.actions.call("note", {"text": "a"}).error.message.startswith("Bitte")  # type: ignore[union-attr]


def test_async_selector_is_refused():
    async def select() -> str:
        return "de"

    with pytest.raises(TypeError, match="language_selector is no async function"):
        Actions().language_selector(select)


def test_application_may_speak_another_language_alone():
    site = Site(messages={"string_too_short": "Troppo corto", "please_check": "Controlla"})

    said = site.say("form", "")

    assert "Controlla|{'text': ['Troppo corto']" in said


def test_two_applications_speak_their_own_languages():
    german, french = Site(), Site()
    german.actions.language_selector(lambda: "de")
    french.actions.language_selector(lambda: "fr-CA")

    assert "Bitte" in german.say("rpc", "")
    assert "Veuillez" in french.say("rpc", "")


def test_application_that_asked_for_nothing_has_no_reader():
    site = Site()

    with site.app.test_request_context():
        assert texts.find_reader() is None
        assert texts.language() == "en"
        assert texts.say("choose") == "Choose…"
        assert texts.say("went_wrong", reference="ab").endswith("(Reference: ab)")


def test_catalogue_may_be_filled_later():
    site = Site()
    site.actions.messages["please_check"] = "Look again"

    assert "Look again" in site.say("rpc", "")


# --- texts of ours, labels


@pytest.mark.parametrize(
    ("language", "said"), [("de", "Bitte wählen…"), ("en", "Choose…"), ("pt-BR", "Escolha…")]
)
def test_text_of_ours_is_said(language, said):
    site = Site(messages={"pt": {"choose": "Escolha…"}}).by_query()

    with site.app.test_request_context(f"/?lang={language}"):
        assert texts.say("choose") == said
        assert str(Text("choose")) == said
        assert texts.language() == language


@pytest.mark.parametrize(
    ("language", "model", "said"),
    [
        pytest.param("de", "SignUp", "E-Mail-Adresse", id="of the model"),
        pytest.param("de", "Other", "E-Mail", id="of every model"),
        pytest.param("fr", "SignUp", "Email", id="none"),
    ],
)
def test_label_is_in_the_language_of_the_reader(language, model, said):
    german = {"label.SignUp.email": "E-Mail-Adresse", "label.email": "E-Mail"}
    site = Site(messages={"de": {**german, "hint.email": "Wir schreiben nie."}}).by_query()

    with site.app.test_request_context(f"/?lang={language}"):
        assert texts.label(model, "email", "Email") == said
        hint = texts.label(model, "email", "", "hint")
        assert hint == ("Wir schreiben nie." if language == "de" else "")


def test_refusal_page_is_in_the_language_of_the_reader():
    # core bug: texts of ours are read through the catalogue
    site = Site().by_query()
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    page = site.client.post("/_actions/note?lang=de", data={"text": "a"}, headers=headers)

    assert page.status_code == 403
    assert '<html lang="de">' in page.text
    assert "Dieses Formular wurde nicht angenommen" in page.text
    assert "von einer anderen Website (https://evil.example)" in page.text
    assert "Zur Startseite" in page.text


@pytest.mark.parametrize(
    ("send", "status", "said"),
    [
        pytest.param(
            {"data": b"x", "content_type": "text/plain"},
            415,
            "text/plain wird nicht verstanden",
            id="type",
        ),
        pytest.param(
            {"data": b"[" * 2**20 + b"[", "content_type": "application/json"},
            413,
            "1.048.577 Bytes",
            id="size",
        ),
        pytest.param(
            {"data": b"{", "content_type": "application/json"}, 400, "kein gültiges JSON", id="JSON"
        ),
        pytest.param({"data": b"", "method": "GET"}, 405, "mit POST aufgerufen", id="method"),
    ],
)
def test_refusal_is_in_the_language_of_the_caller(send, status, said):
    # core bug: texts of ours are read through the catalogue
    site = Site().by_query()

    answer = site.client.open(
        "/_actions/note?lang=de", **{"method": "POST", "headers": HEADERS["rpc"], **send}
    )

    assert answer.status_code == status
    assert said in answer.json["error"]["message"]


def test_unexpected_exception_is_told_in_the_language_of_the_reader():
    # core bug: texts of ours are read through the catalogue
    site = Site(config={"PROPAGATE_EXCEPTIONS": False}).by_query()
    site.problem = lambda: RuntimeError("secret")

    said = site.say("form", "en", {"text": "abc"}, page="de")

    assert re.search(r"Bei uns ist etwas schiefgegangen\..* \(Kennung: [0-9a-f]{12}\)", said)


# --- Flask-Babel


class Lazy(BaseModel):
    text: str
    more: str = ""

    @field_validator("text")
    @classmethod
    def check(cls, text: str) -> str:
        raise ValueError(lazy_text())

    @model_validator(mode="after")
    def whole(self) -> Lazy:
        return self


def lazy_text() -> Any:
    """A lazy text, as Flask-Babel makes it, whose translation is at hand."""
    return LazyString(lambda: "auf Deutsch" if texts.language() == "de" else "in English")


@pytest.fixture
def babel() -> Site:
    """A site in the language of the browser, as Flask-Babel finds it."""
    site = Site(messages={"string_too_short": lazy_text(), "fr": {"please_check": "Corrigez"}})
    Babel(
        site.app, locale_selector=lambda: request.accept_languages.best_match(["en", "de", "fr_CA"])
    )
    return site


@pytest.mark.parametrize("door", HEADERS)
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", ["Bitte prüfen Sie", "auf Deutsch", "eins"]),
        ("en", ["Please check", "in English", "one"]),
        ("fr-CA", ["Corrigez", "in English", "one"]),
    ],
)
def test_locale_of_flask_babel_is_the_language(babel, door, language, said):
    babel.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language

    shown = babel.say(door, "")

    assert all(one in shown for one in said)


def test_kept_result_is_told_in_the_locale_of_the_page(babel):
    # core bug: kept results are told in the language of the post
    sent = babel.client.post(
        "/_actions/note", data={"text": "a"}, headers={**HEADERS["form"], "Accept-Language": "en"}
    )

    page = babel.client.get(sent.location, headers={"Accept-Language": "de"})

    assert "Bitte prüfen Sie" in page.text
    assert "auf Deutsch" in page.text


def test_selector_of_ours_comes_before_flask_babel(babel):
    babel.actions.language_selector(lambda: "es")

    assert "Revise los campos" in babel.say("rpc", "")


@pytest.mark.parametrize("around", ["request", "application"])
def test_forced_locale_is_the_language(babel, around):
    context = babel.app.test_request_context() if around == "request" else babel.app.app_context()
    with context, force_locale("de_AT"):
        error = babel.actions.call("note", {"text": "a"}).error

        assert error.message == "Bitte prüfen Sie die markierten Felder."
        assert texts.language() == "de-AT"
        with force_locale("es"):
            assert error.message == "Revise los campos marcados, por favor."


def test_default_locale_of_flask_babel_is_the_language():
    site = Site(config={"BABEL_DEFAULT_LOCALE": "de"})
    Babel(site.app)

    assert "Bitte prüfen" in site.say("form", "")


def test_lazy_text_of_a_validator_becomes_text_when_it_is_read(babel):
    with babel.app.test_request_context():
        with force_locale("de"), pytest.raises(ActionInputError) as caught:
            Input.of(Lazy).from_python({"text": "a"})

        assert caught.value.fields == {"text": ["in English"]}
        with force_locale("de"):
            assert caught.value.fields == {"text": ["auf Deutsch"]}


def test_lazy_text_of_an_error_becomes_text_when_it_is_read(babel):
    error = ActionError("CONFLICT", lazy_text())

    with babel.app.test_request_context(), force_locale("de"):
        assert error.message == str(error) == "auf Deutsch"
        assert error.to_dict()["message"] == "auf Deutsch"
    assert error.message == "in English"


class LazyForm(FlaskForm):
    text = StringField()

    def validate_text(self, field: Any) -> None:
        raise ValidationError(lazy_text())


def test_lazy_text_of_a_form_becomes_text_when_it_is_read(babel):
    with babel.app.test_request_context(), pytest.raises(ActionInputError) as caught:
        Input.of(LazyForm).from_python({"text": "a"})

    with babel.app.test_request_context(), force_locale("de"):
        assert caught.value.fields == {"text": ["auf Deutsch"]}


def test_messages_of_the_context_of_a_handler_are_in_its_language(babel):
    @babel.actions.action("hello")
    def hello(ctx: ActionContext) -> str:
        return texts.say("yes")

    with babel.app.test_request_context(), force_locale("fr"):
        assert babel.actions.call("hello").data == "Oui"
