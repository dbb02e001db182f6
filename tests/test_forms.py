"""Forms to data: the matrix of the contract, and what hostile forms may not do."""

from __future__ import annotations

import datetime
import decimal
import enum
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    SecretStr,
    Tag,
    TypeAdapter,
    ValidationError,
    create_model,
)
from typing_extensions import TypedDict
from werkzeug.datastructures import FileStorage, MultiDict

from flask_actions.config import SECRET_FIELDS
from flask_actions.errors import ActionError
from flask_actions.forms import MAX_DEPTH, MAX_INDEX, MAX_ITEMS, MAX_NAMES, decode, values
from flask_actions.shapes import clean_path, shape_of
from flask_actions.uploads import Upload


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Size(enum.StrEnum):
    SMALL = "s"


class Contact(BaseModel):
    email: str
    news: bool


class Line(BaseModel):
    sku: str = "?"
    qty: int = 1


class Card(BaseModel):
    kind: Literal["card"]
    number: int
    keep: bool


class Bill(BaseModel):
    kind: Literal["bill"]
    days: int = 30


class One(BaseModel):
    version: Literal[1]
    x: int


class Green(BaseModel):
    version: Literal[Color.GREEN]
    y: int


class Box(BaseModel):
    width: int
    closed: bool


class Ball(BaseModel):
    radius: int
    soft: bool


class Node(BaseModel):
    name: str
    children: list[Node] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Pair(NamedTuple):
    left: int
    right: str


class Place(TypedDict):
    city: str
    zip: int


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: int = 0


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: int = 0


class Numbers(RootModel[list[int]]):
    pass


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    number: int = 0
    price: decimal.Decimal | None = None
    day: datetime.date | None = None
    tags: set[str] = set()
    numbers: set[int] = set()
    by_day: dict[datetime.date, int] = {}
    row: tuple[int, ...] = ()
    queue: deque[int] = deque()
    color: Color | None = None
    size: Size | None = None
    ticked: bool = False


def by_wheels(data: Any) -> str:
    return "bike" if data["wheels"] == "2" else "car"


class Bike(BaseModel):
    wheels: int


class Car(BaseModel):
    wheels: int
    doors: int


Vehicle = Annotated[
    Annotated[Bike, Tag("bike")] | Annotated[Car, Tag("car")], Discriminator(by_wheels)
]


class Pickup(BaseModel):
    deliver: Literal[False]
    shop: int


class Delivery(BaseModel):
    deliver: Literal[True]
    street: str


Way = Annotated[Pickup | Delivery, Discriminator("deliver")]
Payment = Annotated[Card | Bill, Discriminator("kind")]
Version = Annotated[One | Green, Discriminator("version")]


def field(annotation: Any, default: Any = ...) -> type[BaseModel]:
    """A model with one field ``x``."""
    return create_model("OneField", x=(annotation, default))


def form(*pairs: tuple[str, Any]) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
    fields = MultiDict([pair for pair in pairs if isinstance(pair[1], str)])
    files = MultiDict([pair for pair in pairs if not isinstance(pair[1], str)])
    return fields, files


def file(name: str = "a.txt", content: bytes = b"abc") -> FileStorage:
    return FileStorage(BytesIO(content), name, content_type="text/plain")


def judge(type_: Any, *pairs: tuple[str, Any]) -> Any:
    """What the type makes of the form: its plain value, or the errors by dotted path."""
    adapter = TypeAdapter(type_)
    shape = shape_of(adapter.core_schema)
    decoded = decode(*form(*pairs), shape)
    try:
        value = adapter.validate_python(decoded.data)
    except ValidationError as error:
        paths = [
            (decoded.sent(clean_path(shape, one["loc"], one["type"])), one["type"])
            for one in error.errors()
        ]
        return {".".join(map(str, path)): type_ for path, type_ in paths}
    if isinstance(value, BaseModel):
        plain = value.model_dump(exclude_unset=True)
        return plain["x"] if type(value).__name__ == "OneField" and plain else plain
    return value


HIDDEN_FALSE = [("x", "false"), ("x", "on")]

MATRIX = [
    # lists, sets, tuples
    ("several values are a list", list[str], [("x", "a"), ("x", "b")], ["a", "b"]),
    ("one value is still a list", list[str], [("x", "a")], ["a"]),
    ("brackets say list", list[int], [("x[]", "1"), ("x[]", "2")], [1, 2]),
    ("positions say list", list[int], [("x.1", "2"), ("x.0", "1")], [1, 2]),
    ("bracketed positions too", list[int], [("x[0]", "1"), ("x[1]", "2")], [1, 2]),
    ("no value is no list", list[str], [], {"x": "missing"}),
    ("a list in Optional", list[int] | None, [("x", "1")], [1]),
    ("a list in Annotated", Annotated[list[int], Field(max_length=2)], [("x", "1")], [1]),
    ("a set", set[int], [("x", "1"), ("x", "1")], {1}),
    ("a tuple of any length", tuple[int, ...], [("x", "1"), ("x", "2")], (1, 2)),
    ("a tuple of two", tuple[int, str], [("x", "1"), ("x", "2")], (1, "2")),
    ("an empty part keeps its place", tuple[int, str], [("x", ""), ("x", "2")],
     {"x.0": "int_parsing"}),
    ("a sequence", Sequence[int], [("x", "1")], [1]),
    ("a deque", deque[int], [("x", "1")], deque([1])),
    ("a list of lists", list[list[int]], [("x.0", "1"), ("x.0", "2"), ("x.1", "3")], [[1, 2], [3]]),
    ("empty items of numbers are dropped", list[int], [("x", ""), ("x", "2")], [2]),
    ("errors keep their place then", list[int], [("x", ""), ("x", "b")], {"x.1": "int_parsing"}),
    ("a list of empties is absent", list[int], [("x", "")], {"x": "missing"}),
    ("empty texts are items", list[str], [("x", ""), ("x", "a")], ["", "a"]),
    ("a ticked box in a list", list[bool], [("x", "on"), ("x", "0")], [True, False]),
    ("text and list take what came", str | list[str], [("x", "a")], "a"),
    ("text and list take all", str | list[str], [("x", "a"), ("x", "b")], ["a", "b"]),
    # objects and rows
    ("dots nest", Contact, [("x.email", "a"), ("x.news", "on")], {"email": "a", "news": True}),
    ("brackets nest", Contact, [("x[email]", "a"), ("x[news]", "1")], {"email": "a", "news": True}),
    ("a required object of nothing", Contact, [], {"x.email": "missing"}),
    ("an object of empty texts", Contact, [("x.email", "")], {"email": "", "news": False}),
    ("an optional object of nothing", (Contact | None, None), [], {}),
    ("an optional object of empties", (Contact | None, None), [("x.email", "")], {}),
    ("an object with default, of empties", (Line, Line()), [("x.qty", "")], {}),
    ("None for a required Optional of empties", Contact | None, [("x.email", "")], None),
    ("a text for an object", Contact, [("x", "abc")], {"x": "model_type"}),
    ("rows", list[Line], [("x.0.qty", "2"), ("x.1.qty", "3")], [{"qty": 2}, {"qty": 3}]),
    ("rows in brackets", list[Line], [("x[0].qty", "2"), ("x[1][qty]", "3")],
     [{"qty": 2}, {"qty": 3}]),
    ("gaps are closed", list[Line], [("x.7.qty", "3"), ("x.2.qty", "2")], [{"qty": 2}, {"qty": 3}]),
    ("errors keep the row sent", list[Line], [("x.7.qty", "b")], {"x.7.qty": "int_parsing"}),
    ("blank rows stay", list[Line], [("x.0.qty", ""), ("x.1.qty", "3")], [{}, {"qty": 3}]),
    ("a dataclass", Point, [("x.x", "1")], {"x": 1, "y": 0}),
    ("a dataclass of nothing", Point, [], {"x.x": "missing"}),
    ("a named tuple", Pair, [("x.left", "1"), ("x.right", "2")], (1, "2")),
    ("a typed dict", Place, [("x.city", "Rome"), ("x.zip", "1")], {"city": "Rome", "zip": 1}),
    ("a root model", Numbers, [("x", "1"), ("x", "2")], [1, 2]),
    ("a dict", dict[str, int], [("x.a", "1"), ("x[b.c]", "2"), ("x.d", "")], {"a": 1, "b.c": 2}),
    ("a dict of rows", dict[int, Line], [("x.5.qty", "2")], {5: {"qty": 2}}),
    ("a dict by number", dict[Color, int], [("x.2", "1")], {Color.GREEN: 1}),
    ("a bad value of it", dict[Literal[1], int], [("x.1", "b")], {"x.1": "int_parsing"}),
    ("a bad key of a dict", dict[int, int], [("x.k", "1")], {"x.k": "int_parsing"}),
    ("a recursive model", Node, [("x.name", "a"), ("x.children.0.name", "b")],
     {"name": "a", "children": [{"name": "b"}]}),
    # unions
    ("the named variant", Payment, [("x.kind", "bill"), ("x.days", "")], {"kind": "bill"}),
    ("its own rules", Payment, [("x.kind", "card"), ("x.number", "b")],
     {"x.number": "int_parsing"}),
    ("its own boxes", Payment, [("x.kind", "card"), ("x.number", "1")],
     {"kind": "card", "number": 1, "keep": False}),
    ("no variant named", Payment, [("x.days", "1")], {"x.kind": "union_tag_not_found"}),
    ("nothing at all", Payment, [], {"x.kind": "union_tag_not_found"}),
    ("an unknown variant", Payment, [("x.kind", "?")], {"x.kind": "union_tag_invalid"}),
    ("a number names the variant", Version, [("x.version", "1"), ("x.x", "3")],
     {"version": 1, "x": 3}),
    ("an enum names it", Version, [("x.version", "2"), ("x.y", "z")], {"x.y": "int_parsing"}),
    *[(f"a box names it: {word}", Way, [("x.deliver", word), ("x.street", "s")],
       {"deliver": True, "street": "s"}) for word in ("on", "true", "1", "yes", "True")],
    ("an unticked box names it", Way, [("x.shop", "3")], {"deliver": False, "shop": 3}),
    ("a hidden false names it", Way, [("x.deliver", "false")], {"x.shop": "missing"}),
    ("a hidden false and the box name it", Way, [("x.deliver", "false"), ("x.deliver", "on")],
     {"x.street": "missing"}),
    ("no box names it", Way, [("x.deliver", "maybe")], {"x.deliver": "union_tag_invalid"}),
    ("a function names it", Vehicle, [("x.wheels", "4")], {"x.doors": "missing"}),
    ("the function fails", Vehicle, [("x.doors", "4")], KeyError),
    ("rows of variants", list[Payment], [("x.3.kind", "bill"), ("x.4.kind", "?")],
     {"x.4.kind": "union_tag_invalid"}),
    ("pydantic tells plain variants apart", Box | Ball, [("x.radius", "1")],
     {"radius": 1, "soft": False}),
    ("a box counts in the whole variant", Box | Ball, [("x.width", "1"), ("x.soft", "on")],
     {"width": 1, "closed": False}),
    ("no variant is whole", Box | Ball, [], {"x.width": "missing", "x.radius": "missing"}),
    ("a model or a number", Box | int, [("x", "3")], 3),
    ("a model, not the number", Box | int, [("x.width", "3")], {"width": 3, "closed": False}),
    # empty strings
    ("empty stays for str", str, [("x", "")], ""),
    ("empty is absent for str or None", (str | None, None), [("x", "")], {}),
    ("empty is None for a required str or None", str | None, [("x", "")], None),
    ("not sent is missing for it", str | None, [], {"x": "missing"}),
    ("empty is absent for int", int, [("x", "")], {"x": "missing"}),
    ("empty means the default of int", (int, 3), [("x", "")], {}),
    ("empty is None for a required int or None", int | None, [("x", "")], None),
    ("empty date", (datetime.date, datetime.date.min), [("x", "")], {}),
    ("empty is a choice if it is named", Literal["", "a"], [("x", "")], ""),
    ("empty is no choice", Literal["a", "b"], [("x", "")], {"x": "missing"}),
    ("empty stays for int or str", int | str, [("x", "")], ""),
    ("empty secret stays", SecretStr, [("x", "")], SecretStr("")),
    # checkboxes
    *[(f"box {word}", bool, [("x", word)], True) for word in ("on", "true", "1", "yes", "ON")],
    *[(f"box {word}", bool, [("x", word)], False) for word in ("off", "false", "0", "no", "No")],
    ("unticked", bool, [], False),
    ("unticked in Optional", bool | None, [], False),
    ("unticked and required", Literal[True], [], {"x": "literal_error"}),
    ("ticked and required", Literal[True], [("x", "on")], True),
    ("unticked with default", (bool, True), [], {}),
    ("empty box", bool, [("x", "")], False),
    ("empty box with default", (bool, True), [("x", "")], {}),
    ("three states", bool | None, [("x", "")], None),
    ("no box", bool, [("x", "maybe")], {"x": "bool_parsing"}),
    ("hidden false and ticked", bool, HIDDEN_FALSE, True),
    ("hidden false alone", (bool, True), [("x", "false")], False),
    # repeated scalars
    ("first of several texts", str, [("x", "a"), ("x", "b")], "a"),
    ("first of several numbers", int, [("x", "1"), ("x", "2")], 1),
    # texts that mean no text
    ("digits stay text", str, [("x", "2024")], "2024"),
    ("a number among choices", Literal[1, 2], [("x", "2")], 2),
    ("no number among choices", Literal[1, 2], [("x", "02")], {"x": "literal_error"}),
    ("one is not True", Literal[True, 1], [("x", "1")], 1),
    ("a text among choices", Literal["1", 1], [("x", "1")], "1"),
    ("an enum of numbers", Color, [("x", "2")], Color.GREEN),
    ("an enum of texts", Size, [("x", "s")], Size.SMALL),
    ("a choice or None", Literal[1] | None, [("x", "1")], 1),
    # odd names
    ("parts below a scalar are unknown", int, [("x.y", "1")], {"x": "missing"}),
    ("names of rows are unknown", list[int], [("x.a", "1")], {"x": "missing"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "pairs", "expected"), [pytest.param(*row[1:], id=row[0]) for row in MATRIX]
)
def test_model_gets_what_the_form_means(type_, pairs, expected):
    model = field(*type_) if isinstance(type_, tuple) else field(type_)
    if isinstance(expected, type):
        with pytest.raises(expected):  # the application's own, from pydantic
            judge(model, *pairs)
        return

    found = judge(model, *pairs)

    assert found == expected
    assert type(found) is type(expected)


def test_untouched_file_is_absent():
    assert judge(field(Upload), ("x", file(""))) == {"x": "missing"}
    assert judge(field(Upload | None), ("x", file(""))) is None
    assert judge(field(list[Upload]), ("x", file("")), ("x", file(""))) == {"x": "missing"}


def test_file_arrives_as_upload():
    upload = judge(field(Upload), ("x", file("a.txt", b"12345")))

    assert isinstance(upload, Upload)
    assert (upload.filename, upload.size, upload.read()) == ("a.txt", 5, b"12345")


def test_files_of_one_name_are_a_list():
    uploads = judge(field(list[Upload]), ("x", file("a")), ("x", file("")), ("x[]", file("b")))

    assert [upload.filename for upload in uploads] == ["a", "b"]


def test_text_for_a_file_is_an_error_of_the_file():
    assert judge(field(Upload | None, None), ("x", "photo.png")) == {"x": "upload_expected"}


def test_file_for_a_text_is_an_error_of_the_text():
    assert judge(field(str), ("x", file())) == {"x": "string_type"}


def test_file_in_a_row_keeps_its_row():
    class Photo(BaseModel):
        picture: Upload
        title: str = ""

    found = judge(field(list[Photo]), ("x.4.title", "a"), ("x.4.picture", file("")))

    assert found == {"x.4.picture": "missing"}


def test_unknown_fields_are_dropped():
    assert judge(Line, ("qty", "2"), ("submit", "Save"), ("other.deep", "1")) == {"qty": 2}


def test_allowed_extras_arrive_raw():
    pairs = [("a", "1"), ("b", "x"), ("c", "1"), ("c", "2"), ("d.e[f]", ""), ("g.0", "1")]

    found = judge(Loose, *pairs)

    assert found == {"a": 1, "b": "x", "c": ["1", "2"], "d": {"e": {"f": ""}}, "g": ["1"]}


def test_forbidden_extras_are_errors_but_reserved_names_never_are():
    pairs = [("b", "x"), ("_action", "a"), ("_result", "r"), ("_bound[id]", "3"), ("_key", "k")]

    assert judge(Closed, *pairs) == {"b": "extra_forbidden"}


def test_ignored_names_never_reach_the_model():
    shape = shape_of(TypeAdapter(Closed).core_schema)

    decoded = decode(*form(("a", "1"), ("csrf_token", "t")), shape, {"csrf_token"})

    assert decoded.data == {"a": "1"}


class Aliased(BaseModel):
    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
    qty: int = Field(alias="Qty")


class Either(BaseModel):
    qty: int = Field(validation_alias=AliasChoices("amount", "count"))


class Deep(BaseModel):
    first: int = Field(validation_alias=AliasPath("numbers", 0))
    last: int = Field(validation_alias=AliasPath("numbers", -1))
    city: bool = Field(validation_alias=AliasPath("place", "city"))


class Dotted(BaseModel):
    secret: SecretStr = Field(alias="auth.key")


@pytest.mark.parametrize(
    ("model", "pairs", "expected"),
    [
        pytest.param(Aliased, [("Qty", "1")], {"qty": 1}, id="alias"),
        pytest.param(Aliased, [("qty", "1")], {"qty": 1}, id="name, if it may"),
        pytest.param(Aliased, [], {"Qty": "missing"}, id="error by alias"),
        pytest.param(Aliased, [("qty", "")], {"qty": "missing"}, id="error by the name sent"),
        pytest.param(Either, [("count", "1")], {"qty": 1}, id="second choice"),
        pytest.param(Either, [("amount", ""), ("count", "1")], {"qty": 1}, id="first is empty"),
        pytest.param(Either, [("count", "b")], {"count": "int_parsing"}, id="error by choice"),
        pytest.param(Either, [("count", "")], {"count": "missing"}, id="missing by choice"),
        pytest.param(
            Deep,
            [("numbers", "1"), ("numbers", "2"), ("place.city", "on")],
            {"first": 1, "last": 2, "city": True},
            id="paths into values",
        ),
        pytest.param(
            Deep,
            [("numbers", "1"), ("numbers", "b")],
            {"numbers.-1": "int_parsing"},
            id="error in a path",
        ),
        pytest.param(
            Dotted, [("auth.key", "k")], {"secret": SecretStr("k")}, id="dots in an alias"
        ),
    ],
)
def test_aliases_are_honoured(model, pairs, expected):
    assert judge(model, *pairs) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param([("number", "5")], {"number": 5}, id="int"),
        pytest.param([("number", "b")], {"number": "int_type"}, id="no int"),
        pytest.param([("price", "1.50")], {"price": decimal.Decimal("1.50")}, id="decimal"),
        pytest.param([("day", "2024-02-29")], {"day": datetime.date(2024, 2, 29)}, id="date"),
        pytest.param([("tags", "a"), ("tags", "b")], {"tags": {"a", "b"}}, id="set"),
        pytest.param([("row", "1"), ("row", "2")], {"row": (1, 2)}, id="tuple"),
        pytest.param([("queue", "1")], {"queue": deque([1])}, id="deque"),
        pytest.param([("color", "2")], {"color": Color.GREEN}, id="enum"),
        pytest.param([("size", "s")], {"size": Size.SMALL}, id="enum of texts"),
        pytest.param([("ticked", "yes")], {"ticked": True}, id="bool"),
        pytest.param(
            [("by_day.2024-01-02", "3")], {"by_day": {datetime.date(2024, 1, 2): 3}}, id="keys"
        ),
        pytest.param(
            [("by_day.2024-01-02", "b")], {"by_day.2024-01-02": "int_type"}, id="below keys"
        ),
        pytest.param([("numbers", ""), ("numbers", "b")], {"numbers.1": "int_type"}, id="in a set"),
    ],
)
def test_strict_models_take_forms(pairs, expected):
    assert judge(Strict, *pairs) == expected


def test_strict_fields_keep_their_constraints():
    model = field(Annotated[int, Field(strict=True, gt=3)])

    assert judge(model, ("x", "3")) == {"x": "greater_than"}


@pytest.mark.parametrize(
    ("type_", "pairs", "expected"),
    [
        pytest.param(list[Line], [("1.qty", "2")], [Line(qty=2)], id="rows"),
        pytest.param(list[Line], [], [], id="no rows"),
        pytest.param(list[Line], [("5.qty", "b")], {"5.qty": "int_parsing"}, id="a row's error"),
        pytest.param(dict[str, int], [("a", "1")], {"a": 1}, id="a dict"),
        pytest.param(Line | None, [("qty", "")], None, id="nothing in an Optional"),
        pytest.param(Payment, [("kind", "bill")], {"kind": "bill"}, id="a union"),
        pytest.param(Box | Ball, [("radius", "2")], {"radius": 2, "soft": False}, id="plain union"),
        pytest.param(int, [("x", "1")], {"": "int_type"}, id="a number"),
        pytest.param(int, [], {"": "int_type"}, id="no number"),
        pytest.param(Any, [("x", "1"), ("y.z", "2")], {"x": "1", "y": {"z": "2"}}, id="anything"),
        pytest.param(Line, [], {}, id="nothing for a model"),
    ],
)
def test_root_types(type_, pairs, expected):
    assert judge(type_, *pairs) == expected


def test_nothing_is_an_empty_object():
    decoded = decode(*form(), shape_of(TypeAdapter(Line).core_schema))

    assert decoded.data == {}


def test_model_that_requires_itself_is_not_built_forever():
    class Endless(BaseModel):
        next: Endless
        name: str = ""

    assert "next.next" in judge(Endless, ("name", "a"))


def test_sent_gives_every_path_below_a_closed_gap():
    shape = shape_of(TypeAdapter(field(list[list[int]])).core_schema)

    decoded = decode(*form(("x.3", ""), ("x.3", "1"), ("x.5", "2"), ("x.5", "3")), shape)

    assert decoded.data == {"x": [["1"], ["2", "3"]]}
    assert decoded.sent(("x", 0, 0)) == ("x", 3, 1)
    assert decoded.sent(("x", 1, 1)) == ("x", 5, 1)
    assert decoded.sent(("x",)) == ("x",)
    assert decoded.sent(("elsewhere", 0)) == ("elsewhere", 0)


# --- values


class SignUp(BaseModel):
    email: str
    phrase: SecretStr
    codes: list[SecretStr] = []
    rows: list[Dotted] = []
    tags: list[str] = []


SIGN_UP = shape_of(TypeAdapter(SignUp).core_schema)


def typed(*pairs: tuple[str, str], shape: Any = SIGN_UP) -> dict[str, str | list[str]]:
    return values(MultiDict(pairs), shape, SECRET_FIELDS)


def test_values_are_raw_texts_by_dotted_name():
    found = typed(("email", " a "), ("rows[3][qty]", "12,5"), ("tags[]", "a"), ("tags", "b"))

    assert found == {"email": " a ", "rows.3.qty": "12,5", "tags": ["a", "b"]}


def test_values_are_found_in_either_spelling():
    found = typed(("contact[email]", "a"), ("tags[]", "b"))

    assert found["contact.email"] == found["contact[email]"] == found.get("contact[email]") == "a"
    assert found.get("tags[]") == "b" and "tags[]" in found and "tags" in found
    assert "other" not in found and found.get("other[x]", "-") == "-"
    with pytest.raises(KeyError):
        found["other[x]"]


def test_values_leave_out_secrets_of_the_model():
    found = typed(
        ("phrase", "s"), ("codes", "s"), ("codes.0", "s"), ("rows.0.auth.key", "s"), ("email", "a")
    )

    assert found == {"email": "a"}


def test_values_leave_out_secrets_behind_aliases():
    class Hidden(BaseModel):
        by_alias: SecretStr = Field(alias="code")
        by_path: SecretStr = Field(validation_alias=AliasPath("auth", 0))
        in_union: Box | Dotted | None = None
        shown: str = ""

    shape = shape_of(TypeAdapter(Hidden).core_schema)

    found = typed(
        ("code", "s"), ("by_alias", "s"), ("auth", "s"), ("auth.0", "s"), ("auth.1", "ok"),
        ("in_union[auth][key]", "s"), ("in_union.width", "1"), ("shown", "a"), shape=shape,
    )  # fmt: skip

    assert found == {"auth.1": "ok", "in_union.width": "1", "shown": "a"}


def test_values_leave_out_what_is_shown_as_a_password():
    def shown(**html: str) -> Any:
        return Field(json_schema_extra={"html": html})

    class Safe(BaseModel):
        passphrase: str = ""
        old_passphrases: str = ""
        code: Annotated[str | None, shown(control="password")] = None
        number: Annotated[str, shown(type="password")] = Field("", alias="card-no")
        words: list[Annotated[str, shown(control="password")]] = []
        barcode: Annotated[str, shown(control="search")] = ""

    class Vault(BaseModel):
        safes: list[Safe]

    shape = shape_of(TypeAdapter(Vault).core_schema)
    names = ("passphrase", "code", "card-no", "words", "words.0", "barcode", "old_passphrases")
    found = values(MultiDict([(f"safes[2].{name}", "s") for name in names]), shape, ())

    assert found == {"safes.2.barcode": "s", "safes.2.old_passphrases": "s"}


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "PASSWORD2", "clientSecret", "api-token", "pin", "pin_code",
     "userPin", "cvv2", "card[cvv]", "otp-1", "PINCode", "_private", "a._b", "_action",
     "rows.0.token"],
)  # fmt: skip
def test_values_leave_out_secret_names(name):
    assert typed((name, "s"), shape=None) == {}


@pytest.mark.parametrize(
    "name", ["shipping", "opinion", "typing", "hotpot", "a_b", "passenger", "größe"]
)
def test_values_keep_names_that_only_look_secret(name):
    assert typed((name, "s"), shape=None) == {name: "s"}


# --- bounds and hostile forms

HOSTILE = [
    "a[[[[",
    "....",
    "a[",
    "]",
    "[]",
    "",
    "a..b",
    "a[]b",
    "a[][]",
    "a.[b]",
    "a[b",
    "[a]",
    "a][",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_malformed_name_is_one_unknown_name(name):
    assert judge(Loose, (name, "1")) == {name: "1"}


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([(".".join("a" * (MAX_DEPTH + 1)), "1")], id="too deep"),
        pytest.param([(f"x.{MAX_INDEX + 1}", "1")], id="position too high"),
        pytest.param([("x." + "9" * 5000, "1")], id="position far too high"),
        pytest.param([("x", "1")] * (MAX_ITEMS + 1), id="too many values"),
        pytest.param([(f"x.{n}", "1") for n in range(MAX_ITEMS + 1)], id="too many positions"),
        pytest.param([(f"y.{n}", "1") for n in range(MAX_ITEMS + 1)], id="too many keys"),
    ],
)
def test_bounds_are_a_bad_request(pairs):
    class Both(BaseModel):
        x: list[int] = []
        y: dict[str, int] = {}

    with pytest.raises(ActionError) as caught:
        judge(Both, *pairs)

    assert caught.value.code == "BAD_REQUEST"
    assert caught.value.message


@pytest.mark.parametrize(
    "pattern",
    ["a{}", "a[[[[{}", "....{}", "a{}.b[c].d", "children.0.children.{}.name"],
)
def test_ten_thousand_names_are_quick(pattern):
    fields = MultiDict([(pattern.format(number), "1") for number in range(MAX_NAMES)])
    shape = shape_of(TypeAdapter(Node).core_schema)
    began = time.process_time()

    try:
        decode(fields, MultiDict(), shape)
    except ActionError as error:
        assert error.code == "BAD_REQUEST"
    values(fields, shape, SECRET_FIELDS)

    assert time.process_time() - began < 5  # about a fifth; if time grew by the square, minutes


def test_more_names_are_refused_and_not_kept():
    fields = MultiDict([(f"a{number}", "1") for number in range(100_000)])

    with pytest.raises(ActionError, match="100,000 names; 10,000 are allowed"):
        decode(fields, MultiDict(), SIGN_UP)
    assert values(fields, SIGN_UP, SECRET_FIELDS) == {}


def test_one_long_name_is_quick():
    names = ["a." * 300_000, "[" * 600_000, "a[b]" * 150_000 + "[", "aA" * 300_000]
    began = time.process_time()

    for name in names:
        values(MultiDict([(name, "1")]), SIGN_UP, SECRET_FIELDS)
        try:
            decode(MultiDict([(name, "1")]), MultiDict(), SIGN_UP)
        except ActionError as error:
            assert error.code == "BAD_REQUEST"

    assert time.process_time() - began < 5


class Everything(BaseModel):
    model_config = ConfigDict(extra="allow")
    a: list[int] | None = None
    b: dict[str, list[Payment]] = {}
    c: Box | Ball | int | list[str] = 3
    d: tuple[int, str] | bool = False
    e: Node | None = None
    f: Vehicle | None = None
    g: set[Color] = set()
    h: int = Field(1, validation_alias=AliasPath("a", 1))
    i: Literal[1, "x"] | None = None
    j: Upload | list[Upload] | None = None
    k: Any = None
    l: Strict | None = None  # noqa: E741


NAME = st.lists(
    st.sampled_from([*"abcdefghijkl", ".", "[", "]", "[]", "0", "1", "99999", "²", "name", "kind",
                     "wheels", "children", "number", "numbers", "version", "_", ".0.", "[0]"]),
    max_size=9,
).map("".join)  # fmt: skip
TEXT = st.sampled_from(["", "on", "1", "x", "bill", "card", "2", "\0", "é" * 10])


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(NAME, st.one_of(TEXT, st.builds(file, st.sampled_from(["", "a"])))), max_size=12
    ),
    st.sampled_from([Everything, list[Everything], Payment, Box | Ball, dict[str, Any], Node]),
)
def test_no_form_raises_anything_but_an_action_error(pairs, type_):
    adapter = TypeAdapter(type_)
    shape = shape_of(adapter.core_schema)

    values(form(*pairs)[0], shape, SECRET_FIELDS)
    try:
        decoded = decode(*form(*pairs), shape)
    except ActionError as error:
        assert error.code == "BAD_REQUEST"
        return

    try:
        adapter.validate_python(decoded.data)
    except ValidationError as error:
        for one in error.errors():
            decoded.sent(clean_path(shape, one["loc"], one["type"]))
    except (KeyError, TypeError):  # by_wheels, as an application's function may
        pass
