"""Shapes of pydantic types, and the paths that people expect for its errors."""

from __future__ import annotations

import datetime
import enum
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Json,
    JsonValue,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    Tag,
    TypeAdapter,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

from flask_actions.shapes import (
    Entries,
    Fields,
    Items,
    Leaf,
    Shape,
    Tagged,
    Variants,
    clean_path,
    is_secret,
    leaf_at,
    max_upload,
    shape_of,
    split_name,
)
from flask_actions.uploads import AcceptTypes, MaxSize, Upload


class Kind(enum.Enum):
    A = "a"
    B = 2


class Cat(BaseModel):
    kind: Literal["cat", "kitty"]
    lives: int
    friends: list[Pet] = []


class Dog(BaseModel):
    kind: Literal["dog"]
    bark: int
    toys: dict[str, int] = {}
    chip: SecretStr = SecretStr("")


class Numbered(BaseModel):
    version: Literal[1] = Field(alias="Version")
    x: int


class Enumerated(BaseModel):
    version: Literal[Kind.B] = Field(alias="Version")
    x: int


Pet = Annotated[Cat | Dog, Discriminator("kind")]
Version = Annotated[Numbered | Enumerated, Discriminator("version")]
Way = Annotated[
    create_model("Near", far=(Literal[False], ...), x=(int, ...))
    | create_model("Far", far=(Literal[True], ...), y=(int, ...)),
    Discriminator("far"),
]


class Node(BaseModel):
    name: str
    left: Node | None = None
    right: Node | Cat | None = None


class Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    a: int = Field(alias="A")
    b: list[int] = []

    @field_validator("a")
    @classmethod
    def small(cls, a: int) -> int:
        return a

    @model_validator(mode="before")
    @classmethod
    def before(cls, data: Any) -> Any:
        return data

    @model_validator(mode="after")
    def after(self) -> Checked:
        return self


class Numbers(RootModel[list[int]]):
    pass


@dataclass
class Point:
    x: int
    y: int = 0


class Money:
    """A type with the schema that pydantic's documentation shows for foreign types."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from_text = core_schema.no_info_after_validator_function(
            lambda text: cls(), core_schema.str_schema(min_length=3)
        )
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema(
                [core_schema.is_instance_schema(cls), from_text]
            ),
        )


def shape(type_: Any) -> Shape:
    return shape_of(TypeAdapter(type_).core_schema)


def member(annotation: Any, *path: str | int) -> Leaf:
    leaf = leaf_at(shape(annotation), path)
    assert leaf is not None
    return leaf


def same(value: Any) -> Any:
    return value


def errors(type_: Any, data: Any) -> list[str]:
    """The places of the errors, cleaned and dotted."""
    adapter = TypeAdapter(type_)
    tree = shape_of(adapter.core_schema)
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(data)
    paths = [clean_path(tree, one["loc"], one["type"]) for one in caught.value.errors()]
    return [".".join(map(str, path)) for path in paths]


# --- reading


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        pytest.param(int, "int", id="int"),
        pytest.param(Annotated[int, Field(gt=3), AfterValidator(same)], "int", id="validated"),
        pytest.param(Annotated[str, BeforeValidator(same)], "str", id="before"),
        pytest.param(AnyUrl, "url", id="url"),
        pytest.param(Path, "is-instance", id="path"),
        pytest.param(datetime.date, "date", id="date"),
        pytest.param(Json[list[int]], "json", id="json"),
        pytest.param(Kind, "enum", id="enum"),
        pytest.param(Literal[1, "a"], "literal", id="literal"),
        pytest.param(SecretStr, "str", id="secret"),
        pytest.param(Money, "is-instance", id="foreign"),
        pytest.param(Any, "any", id="anything"),
        pytest.param(Upload, "file", id="file"),
    ],
)
def test_leaf_says_its_kind(type_, kind):
    assert member(type_).kind == kind


@pytest.mark.parametrize(
    ("type_", "node"),
    [
        pytest.param(Cat, Fields, id="model"),
        pytest.param(Checked, Fields, id="model with validators"),
        pytest.param(Point, Fields, id="dataclass"),
        pytest.param(Node, Fields, id="recursive model"),
        pytest.param(list[int], Items, id="list"),
        pytest.param(Numbers, Items, id="root model"),
        pytest.param(dict[str, int], Entries, id="dict"),
        pytest.param(Pet, Tagged, id="discriminated union"),
        pytest.param(Cat | Dog, Variants, id="plain union"),
    ],
)
def test_node_says_its_form(type_, node):
    plain, optional = shape(type_), shape(type_ | None)

    assert isinstance(plain, node) and not plain.nullable
    assert isinstance(optional, node) and optional.nullable


def test_object_knows_its_members():
    tree = shape(Checked)

    assert isinstance(tree, Fields)
    assert tree.extra == "forbid"
    assert {name: (one.required, one.paths) for name, one in tree.fields.items()} == {
        "a": (True, (("A",),)),
        "b": (False, (("b",),)),
    }
    assert member(Checked, "A").strict


def test_member_knows_all_names_it_accepts():
    class Named(BaseModel):
        model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)
        a: int = Field(validation_alias=AliasChoices("x", AliasPath("y", "z", 0)))

    class OnlyNamed(BaseModel):
        model_config = ConfigDict(validate_by_name=True, validate_by_alias=False)
        a: int = Field(alias="x")

    named, only = shape(Named), shape(OnlyNamed)

    assert isinstance(named, Fields) and isinstance(only, Fields)
    assert named.fields["a"].paths == (("x",), ("y", "z", 0), ("a",))
    assert only.fields["a"].paths == (("a",),)


def test_recursive_model_is_walked_as_far_as_asked():
    assert member(Node, "left", "right", "left", "name").kind == "str"
    assert member(Node, "right", "right", "lives").kind == "int"


def test_optional_literal_is_nullable():
    leaf = member(Literal[None, "a"])

    assert leaf.nullable and leaf.values == ("a",)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("contact.email", ("contact", "email")),
        ("contact[email]", ("contact", "email")),
        ("lines[0].qty", ("lines", "0", "qty")),
        ("lines[0][qty]", ("lines", "0", "qty")),
        ("lines.0.qty", ("lines", "0", "qty")),
        ("tags[]", ("tags",)),
        ("meta[a.b]", ("meta", "a.b")),
        ("a[", ("a[",)),
        ("a..b", ("a..b",)),
        ("", ("",)),
    ],
)
def test_spellings_of_a_name_are_one_path(name, parts):
    assert split_name(name) == parts


# --- errors


@pytest.mark.parametrize(
    ("type_", "data", "paths"),
    [
        pytest.param(Cat | Dog, {"kind": "dog"}, ["kind", "lives", "bark"], id="union labels"),
        pytest.param(Cat | int, "x", ["", ""], id="a label alone"),
        pytest.param(list[int | bool], [1, "x"], ["1", "1"], id="a union of leaves"),
        pytest.param(
            list[int] | dict[str, list[int]], {"a": ["b"]}, ["", "a.0"], id="below labels"
        ),
        pytest.param(Pet, {"kind": "dog"}, ["bark"], id="tags"),
        pytest.param(Pet, {}, ["kind"], id="tag not found"),
        pytest.param(list[Pet], [{"kind": "cow"}], ["0.kind"], id="tag invalid"),
        pytest.param(Pet | int, {"kind": "cow"}, ["kind", ""], id="tag in a union"),
        pytest.param(Version, {"Version": 1}, ["x"], id="a number as tag"),
        pytest.param(Version, {"Version": Kind.B}, ["x"], id="an enum as tag"),
        pytest.param(Version, {}, ["Version"], id="a tag with an alias"),
        pytest.param(list[Way], [{"far": False}], ["0.x"], id="a bool as tag"),
        pytest.param(
            Cat, {"kind": "cat", "lives": 9, "friends": [{"kind": "dog"}]}, ["friends.0.bark"],
            id="tags below",
        ),
        pytest.param(dict[int, int], {"k": 1}, ["k"], id="keys"),
        pytest.param(dict[str, Dog], {"[key]": {}}, ["[key].kind", "[key].bark"], id="so named"),
        pytest.param(Checked, {"A": 1, "c": 3}, ["c"], id="extras"),
        pytest.param(Cat | Checked, {"A": 1, "c": 3}, ["kind", "lives", "c"], id="extras in one"),
        pytest.param(list[Json[list[int]]], ['["x"]'], ["0.0"], id="inside JSON"),
        pytest.param(tuple[int, str], ["x"], ["0", "1"], id="a tuple"),
        pytest.param(Annotated[Cat | int, AfterValidator(same)], "x", ["", ""], id="validated"),
        pytest.param(
            Annotated[Dog, AfterValidator(same)] | list[int], {"kind": "dog"}, ["bark", ""],
            id="labels of functions",
        ),
        pytest.param(Money | None, "x", ["", ""], id="foreign types"),
        pytest.param(
            Node, {"name": "a", "right": {"name": 3}}, ["right.name", "right.kind", "right.lives"],
            id="recursive",
        ),
        pytest.param(SecretStr | int, [], ["", ""], id="long labels"),
    ],
)  # fmt: skip
def test_error_is_where_people_look(type_, data, paths):
    assert errors(type_, data) == paths


def test_tag_of_its_own_error_type_is_at_the_discriminator():
    union = Annotated[
        Cat | Dog,
        Discriminator("kind", custom_error_type="which", custom_error_message="Which animal?"),
    ]

    assert errors(list[union], [{}]) == ["0.kind"]


def test_tag_of_a_function_is_at_the_union():
    union = Annotated[
        Annotated[Cat, Tag("cat")] | Annotated[Dog, Tag("dog")], Discriminator(lambda data: None)
    ]

    assert errors(list[union], [{}]) == ["0"]


def test_error_by_plain_name_gets_its_alias():
    class ByName(BaseModel):
        model_config = ConfigDict(loc_by_alias=False)
        a: int = Field(alias="A")

    assert errors(ByName, {"A": "x"}) == ["A"]


def test_label_decides_between_members_that_both_fit():
    class Left(BaseModel):
        a: int | str

    class Right(BaseModel):
        a: list[int]

    assert errors(Left | Right, {"a": ["x"]}) == ["a", "a", "a.0"]


@pytest.mark.parametrize(
    "loc", [(), ("nowhere", 3, "x"), ("lives", "deep"), (5,), ("friends", "x"), ("friends", 0)]
)
def test_path_that_cannot_be_walked_stays(loc):
    assert clean_path(shape(Cat), loc, "custom") == loc


def test_long_paths_in_recursive_unions_are_quick():
    loc: tuple[str | int, ...] = ("right", "Node") * 100 + ("nowhere",)
    began = time.process_time()

    path = clean_path(shape(Node), loc)

    assert path == ("right",) * 100 + ("nowhere",)
    assert time.process_time() - began < 2


# --- secrets


class Vault(BaseModel):
    word: SecretStr
    raw: SecretBytes | None = None
    number: Secret[int] = Secret(3)
    words: list[SecretStr] = []
    pairs: tuple[str, SecretStr] = ("", SecretStr(""))
    by_key: dict[str, SecretStr] = {}
    pet: Pet | None = None
    either: Dog | int = 3
    nested: Vault | None = None
    shown: str = ""


@pytest.mark.parametrize(
    "path",
    [
        ("word",),
        ("word", "below"),
        ("raw",),
        ("number",),
        ("words",),
        ("words", "3"),
        ("pairs", 1),
        ("by_key", "a"),
        ("pet", "chip"),
        ("either", "chip"),
        ("nested", "nested", "word"),
    ],
)
def test_secret_is_found(path):
    assert is_secret(shape(Vault), path)


@pytest.mark.parametrize(
    "path", [(), ("shown",), ("pairs", 0), ("pet", "lives"), ("nested", "shown"), ("nowhere",)]
)
def test_other_places_are_no_secret(path):
    assert not is_secret(shape(Vault), path)


def test_secret_stays_one_in_a_strict_model():
    strict = create_model("S", __config__=ConfigDict(strict=True), x=(SecretStr, ...))

    assert is_secret(shape(strict), ("x",))


# --- files


Small = Annotated[Upload, MaxSize("1 kB")]
Large = Annotated[Upload, MaxSize("1 MB")]


class Album(BaseModel):
    cover: Small | None = None
    pages: list[Small] = Field([], max_length=30)
    more: list[Annotated[Upload, MaxSize(100)]] = []
    either: Large | Small
    inner: Album | None = None
    free: Upload | None = None
    title: str = ""


@pytest.mark.parametrize(
    ("type_", "size"),
    [
        pytest.param(Album, 1_000 + 30_000 + 100 + 1_000_000, id="a model"),
        pytest.param(Upload, 0, id="no rule"),
        pytest.param(tuple[Large, Large], 2_000_000, id="a pair"),
        pytest.param(dict[str, Large], 1_000_000, id="a dict"),
        pytest.param(Cat, 0, id="no file"),
        pytest.param(JsonValue, 0, id="a type within itself"),
    ],
)
def test_uploads_add_up(type_, size):
    assert max_upload(shape(type_)) == size


def test_file_says_its_rules():
    leaf = member(Annotated[Upload | None, MaxSize("1 MB"), AcceptTypes("image/*", ".PDF")])

    assert (leaf.kind, leaf.max_size, leaf.accept) == ("file", 1_000_000, ("image/*", ".pdf"))
    assert leaf.nullable
