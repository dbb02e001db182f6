"""TypeScript declarations: programs that tsc takes and refuses, and what changes break callers."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypeVar
from uuid import UUID

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from pydantic import (
    AliasChoices,
    AliasPath,
    AnyUrl,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    HttpUrl,
    Json,
    JsonValue,
    PlainSerializer,
    RootModel,
    SecretStr,
    Strict,
    TypeAdapter,
    ValidationError,
    computed_field,
    create_model,
    field_serializer,
)
from typing_extensions import TypeAliasType, TypedDict

from flask_actions import ActionContext, ActionGroup, Actions, Upload
from flask_actions.changes import Fit, changes, read
from flask_actions.declarations import declare
from flask_actions.devalue import BigInt, Map, loads
from tests.node import node, npm_package

T = TypeVar("T")

CLIENT = Path(__file__).parent.parent / "static" / "actions.js"
CONFORM = Path(__file__).parent / "declarations" / "conform.mjs"
ASSIGNABLE = CONFORM.with_name("assignable.mjs")


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Author(BaseModel):
    name: str = Field(description="As it is printed. */")
    email: str | None = None


class Comment(BaseModel):
    """What a reader says."""

    post_id: int = Field(alias="postId")
    text: str
    author: Author
    tags: list[str] = []
    lines: list[Author] = []
    day: date | None = None
    color: Color = Color.RED
    level: Literal[1, 2, "high"] = 1
    scores: dict[int, float] = {}
    seen: set[UUID] = set()
    pair: tuple[int, str] = (1, "a")


class Node(BaseModel):
    name: str
    children: list[Node] = []


class Page(BaseModel, Generic[T]):
    items: list[T]


class Kinds(BaseModel):
    model_config = ConfigDict(extra="allow")

    day: date
    moment: datetime | None
    clock: time
    span: timedelta
    price: Decimal
    id: UUID
    color: Color
    names: set[str]
    labels: dict[str, int]
    counts: dict[int, str]
    raw: bytes
    pair: tuple[int, str]
    rest: tuple[int, ...]
    big: Annotated[int, Field(le=2**64)]
    small: int = 3
    link: HttpUrl
    hidden: str = Field(exclude=True)
    renamed: int = Field(serialization_alias="newName")
    loud: int

    @computed_field(description="How much there is.")  # type: ignore[prop-decorator]
    @property
    def total(self) -> int:
        return 1

    @field_serializer("loud")
    def shout(self, value: int) -> str:
        return str(value)


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Pet(RootModel[Annotated[Cat | Dog, Field(discriminator="kind")]]): ...


class Row(TypedDict):
    a: int
    b: NotRequired[str]


@dataclass
class Point:
    x: int
    y: int = 0


class Ref(BaseModel):
    post: int


class Draft(BaseModel):
    text: str = ""


class Letter(BaseModel):
    text: str
    sign: str


class Picture(BaseModel):
    title: str
    picture: Upload


class Older(BaseModel):
    q: str = Field(validation_alias=AliasChoices("query", "q"))


class Old(FlaskForm): ...


def other_author() -> Any:
    class Author(BaseModel):
        pen_name: str

    return Author


def make_actions() -> Any:
    app = Flask(__name__)
    actions = Actions(app)
    blog = ActionGroup("blog")

    @blog.action(description="Say something.\nIn public.")
    def comment(input: Comment, ctx: ActionContext) -> Comment: ...  # type: ignore[empty-body]

    @actions.action
    def kinds() -> Kinds: ...  # type: ignore[empty-body]

    @actions.action
    def nothing() -> None: ...

    @actions.action
    def maybe(input: Draft) -> Node | None: ...

    @actions.action
    def tree(input: Node) -> Page[Node]: ...  # type: ignore[empty-body]

    @actions.action
    def pet(input: Pet) -> Cat | Dog: ...  # type: ignore[empty-body]

    @actions.action
    def anything(input):  # type: ignore[no-untyped-def]
        return input

    @actions.action
    def upload(input: Picture) -> int: ...  # type: ignore[empty-body]

    @actions.action(accept="form")
    def form_only(input: Draft) -> list[Row]: ...  # type: ignore[empty-body]

    @actions.action(accept="json")
    def json_only(input: Point) -> Point: ...  # type: ignore[empty-body]

    @actions.action(intents={"draft": Draft, "publish": Letter}, bound=Ref)
    def write(input: Draft | Letter) -> str: ...  # type: ignore[empty-body]

    @actions.action(accept="json")
    def find(input: Older) -> list[Point]: ...  # type: ignore[empty-body]

    actions.action("old", input=Old)(lambda input: None)
    actions.action("other", input=other_author())(lambda input: 1)
    actions.action("blog.url")(lambda: 1)
    actions.action("blog-2.a_b")(lambda: 1)
    actions.action("kinds.deep")(lambda: 1)
    actions.register(blog)
    return app.extensions["actions"].registry


def odd_actions() -> Any:
    """Models with names that TypeScript has a use for, or no use; a type within itself."""
    app = Flask(__name__)
    actions = Actions(app)
    tree = TypeAliasType("tree", "dict[str, tree] | list[tree] | str")  # type: ignore[misc]
    for number, name in enumerate(["Größe", "1", "Date", "Result", "_"]):
        actions.action(f"a{number}", input=create_model(name, x=(int, ...)))(lambda input: 1)
    actions.action("deep", input=tree, output=tree)(lambda input: input)
    row = create_model("Row", x=(Literal["C:\\"] | int, Field(alias="`${a}\\")))
    actions.action("quoted", input=list[row], output=list[row])(lambda input: input)  # type: ignore[valid-type]
    return app.extensions["actions"].registry


ODD = """\
import { actions, isInputError } from "/odd/client.js";
await actions.deep({ a: [{ b: "c" }] });
for (const one of [actions.a0, actions.a1, actions.a2, actions.a3, actions.a4]) {
  const done: unknown = await one({ x: 1 });
}
const { data, error } = await actions.quoted([{ "`${a}\\\\": "C:\\\\" }]);
const path: string | number | undefined = data?.[0]["`${a}\\\\"];
if (isInputError(error)) error.fields["0.`${a}\\\\"];
"""
HEAD = """\
import { actions, call, isActionError, isInputError, ActionError } from "/_actions/client.js";
type Asked<A> = <T>() => T extends A ? 1 : 2;
type Same<A, B> = Asked<A> extends Asked<B> ? true : false;
function same<A, B>(_: Same<A, B>) {}
const author = { name: "Ada" };
"""

GOOD = {
    "results": """
        const { data, error } = await actions.blog.comment({ postId: 1, text: "x", author });
        if (error) {
          const code: string = error.code;
          if (isInputError(error)) {
            const all: (string[] | undefined)[] = [
              error.fields.postId, error.fields["author.name"], error.fields["lines.0.email"],
              error.fields["tags.12"], error.fields["scores.1"],
            ];
          }
          same<typeof data, undefined>(true);
        } else {
          const day: Date | null = data.day;
          const pair: [number, string] = data.pair;
        }
    """,
    "throwing": """
        const node = await actions.maybe.orThrow();
        const name: string | undefined = node?.children[0]?.children[0]?.name;
        try { await actions.nothing.orThrow(); } catch (problem) {
          if (isInputError(problem)) problem.fields.anything?.length;
          else if (isActionError(problem)) problem.status.toFixed();
        }
    """,
    "inputs": """
        await actions.blog.comment(new FormData());
        await actions.blog.comment(document.querySelector("form")!, { timeout: 5, follow: true });
        await actions.blog.comment({
          postId: 1, text: "x", author: { name: "Ada", email: null }, day: new Date(),
          color: "blue", level: "high", scores: new Map([[1, 0.5]]), seen: ["a"],
          pair: [1, "a"], lines: [author],
        });
        const seen = new Set(["a"]);
        await actions.blog.comment({ postId: 1, text: "x", author, seen, scores: { 1: 2 } });
        await actions.tree({ name: "a", children: [{ name: "b", children: [{ name: "c" }] }] });
        await actions.pet({ kind: "cat", lives: 9 });
        await actions.pet({ kind: "dog", name: "Rex" });
        await actions.nothing();
        await actions.nothing(undefined, { signal: new AbortController().signal });
        await actions.maybe({});
        await actions.anything({ whatever: 1n });
        await actions.upload(new FormData(), { onProgress: (share) => share.toFixed() });
        await actions.formOnly(new FormData());
        await actions.jsonOnly({ x: 1 });
        await actions.write({ text: "x", _bound: "..." });
        await actions.write({ _intent: "publish", text: "x", sign: "A", _bound: "..." });
        await actions.find({ query: "x" });
        await actions.old({ name: 1 });
        await actions.other({ pen_name: "x" });
        await actions["blog.url"]();
        await actions["blog-2"].a_b();
        await actions.kinds.deep();
        const { data } = await call("then", 1);
        const address: string = actions.blog.comment.url + actions.nothing.queryString;
    """,
    "outputs": """
        const data = await actions.kinds.orThrow();
        same<typeof data.day, Date>(true);
        same<typeof data.moment, Date | null>(true);
        same<typeof data.clock, string>(true);
        same<typeof data.span, string>(true);
        same<typeof data.price, string>(true);
        same<typeof data.id, string>(true);
        same<typeof data.color, "red" | "blue">(true);
        same<typeof data.names, Set<string>>(true);
        same<typeof data.labels, Record<string, number>>(true);
        same<typeof data.counts, Map<number, string>>(true);
        same<typeof data.raw, Uint8Array>(true);
        same<typeof data.pair, [number, string]>(true);
        same<typeof data.rest, number[]>(true);
        same<typeof data.big, number | bigint>(true);
        same<typeof data.small, number>(true);
        same<typeof data.link, URL>(true);
        same<typeof data.newName, number>(true);
        same<typeof data.loud, string>(true);
        same<typeof data.total, number>(true);
        same<typeof data.more, unknown>(true);
        const rows = await actions.formOnly.orThrow(new FormData());
        same<typeof rows[0]["b"], string | undefined>(true);
        const page = await actions.tree.orThrow({ name: "a" });
        same<typeof page.items[0]["name"], string>(true);
        const pet = await actions.pet.orThrow({ kind: "cat", lives: 1 });
        const lives: number = pet.kind === "cat" ? pet.lives : pet.name.length;
        const nothing: undefined = await actions.nothing.orThrow();
        const unsure: unknown = await actions.anything.orThrow();
    """,
}

BAD = {
    "a field is missing": "await actions.blog.comment({ postId: 1, text: 'x' });",
    "a nested field is missing": "await actions.blog.comment({ postId: 1, text: '', author: {} });",
    "a field has the wrong type": "await actions.blog.comment({ postId: '1', text: '', author });",
    "its own name, not its alias": "await actions.blog.comment({ post_id: 1, text: '', author });",
    "an unknown field": "await actions.maybe({ text: 'x', other: 1 });",
    "no input": "await actions.blog.comment();",
    "not one of the choices": "await actions.tree({ name: 'a', children: ['b'] });",
    "an unknown literal": "await actions.blog.comment({ postId: 1, text: '', author, level: 3 });",
    "an unknown variant": "await actions.pet({ kind: 'cow' });",
    "another variant's fields": "await actions.pet({ kind: 'cat', name: 'Rex' });",
    "an unknown action": "await actions.nowhere();",
    "a group": "await actions.blog();",
    "an unknown option": "await actions.nothing(undefined, { retries: 3 });",
    "data before the error is looked at": "(await actions.kinds()).data.day;",
    "an unknown field of the error": """
        const { error } = await actions.blog.comment(new FormData());
        if (isInputError(error)) error.fields.titel;""",
    "fields of any error": """
        const { error } = await actions.blog.comment(new FormData());
        if (error) error.fields;""",
    "an unknown code": """
        const { error } = await actions.nothing();
        if (error?.code === 'NOT_FUOND') {}""",
    "an excluded field": "(await actions.kinds.orThrow()).hidden.length;",
    "a date taken for a text": "(await actions.kinds.orThrow()).day.length;",
    "a file in an object": "await actions.upload({ title: 'x', picture: new File([], 'a') });",
    "an object for a form": "await actions.formOnly({ text: 'x' });",
    "a form for JSON": "await actions.jsonOnly(new FormData());",
    "input of no action": "await actions.nothing({ x: 1 });",
    "another button's fields": "await actions.write({ _intent: 'publish', text: '', _bound: '' });",
    "nothing bound": "await actions.write({ _intent: 'draft', text: 'x' });",
}


def test_tsc_takes_good_programs_and_refuses_bad_ones(tmp_path):
    (tmp_path / "actions.d.ts").write_text(declare(make_actions()))
    (tmp_path / "odd.d.ts").write_text(declare(odd_actions(), "/odd"))
    (tmp_path / "good-odd.ts").write_text(ODD)
    for name, program in GOOD.items():
        (tmp_path / f"good-{name}.ts").write_text(HEAD + program)
    for number, program in enumerate(BAD.values()):
        (tmp_path / f"bad-{number}.ts").write_text(HEAD + program)

    told = compiled(tmp_path)

    failed = {*re.findall(r"^(\S+\.ts)\(", told, re.MULTILINE)}
    accepted = [name for number, name in enumerate(BAD) if f"bad-{number}.ts" not in failed]
    assert not [line for line in told.splitlines() if not line.startswith(("bad-", " "))], told
    assert accepted == []


def compiled(folder: Any) -> str:
    """What tsc says of all programs of a folder."""
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext"]
    options += [
        "--skipDefaultLibCheck",
        "--lib",
        "es2022,dom,dom.iterable",
        "--moduleResolution",
        "bundler",
    ]
    files = sorted(path.name for path in folder.glob("*.ts"))
    done = subprocess.run(
        [node(), npm_package("typescript", "5.9.3") / "bin" / "tsc", *options, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_descriptions_become_comments():
    text = declare(make_actions())

    assert "/** What a reader says. */\n  export interface Comment" in text
    assert "/** As it is printed. * / */" in text
    assert "/** How much there is. */" in text
    assert "     * In public.\n" in text


def test_address_of_the_client_is_the_applications():
    app = Flask(__name__)
    Actions(app, url_prefix="/api")

    assert 'declare module "*/api/client.js" {' in run(app).output


def test_declarations_of_the_same_actions_are_the_same():
    assert declare(make_actions()) == declare(make_actions())
    assert changes(declare(make_actions()), declare(make_actions())) == []


def test_data_arrives_as_it_is_declared():
    app = Flask(__name__)
    kinds = {
        "day": "2026-11-21",
        "moment": "2026-11-21T01:02:03Z",
        "clock": "01:02",
        "span": 90,
        "price": "1.50",
        "id": "12345678123456781234567812345678",
        "color": "red",
        "names": ["a"],
        "labels": {"a": 1},
        "counts": {1: "one"},
        "raw": "x",
        "pair": (1, "a"),
        "rest": [1],
        "big": 2**60,
        "link": "https://example.com",
        "hidden": "x",
        "renamed": 1,
        "loud": 1,
    }
    Actions(app).action("kinds")(lambda: Kinds.model_validate(kinds))

    answer = app.test_client().post(
        "/_actions/kinds", headers={"Accept": "application/json+devalue"}
    )

    assert {name: type(value) for name, value in loads(answer.text).items()} == {
        **dict.fromkeys(("clock", "span", "price", "id", "color", "loud"), str),
        **dict.fromkeys(("day", "moment"), datetime),
        **dict.fromkeys(("small", "newName", "total"), int),
        **dict.fromkeys(("pair", "rest"), list),
        "names": set,
        "labels": dict,
        "counts": Map,
        "raw": bytes,
        "big": BigInt,
        "link": AnyUrl,
    }


class Side(Enum):
    LEFT = "left"
    RIGHT = "right"


class Size(IntEnum):
    SMALL = 1


class Word(StrEnum):
    ODD = 'b"q|uo'


class Rights(Flag):
    READ = 1
    WRITE = 2


class Spot(NamedTuple):
    x: int
    name: str = ""


class Counts(BaseModel):
    by_id: dict[int, str] = Field({}, serialization_alias="byId")
    inner: list[dict[date, dict[int, int]]] = []
    either: dict[int, int] | None = None
    next: Counts | None = None


AsText = Annotated[int, PlainSerializer(str, return_type=str)]
ForJson = Annotated[int, PlainSerializer(str, return_type=str, when_used="json")]


class Whole(BaseModel):
    row: Sequence[int]
    waiting: deque[int]
    ordered: OrderedDict[str, int]
    counter: Counter[str]
    spot: Spot
    size: Size
    word: Word
    rights: Rights
    choice: Literal[True, None, 3, "x"]
    frozen: frozenset[date]
    address: IPv4Address
    text: Json[list[int]]
    free: Json[Any]
    secret: SecretStr
    bytes_: ByteSize
    complicated: complex
    as_text: AsText
    for_json: ForJson
    if_any: Annotated[
        int | None, PlainSerializer(str, return_type=str, when_used="json-unless-none")
    ] = None
    pattern: re.Pattern[str]


WHOLE = {
    **{"row": [1], "waiting": [1], "ordered": {"a": 1}, "counter": {"a": 1}, "spot": [1, "a"]},
    **{"size": 1, "word": 'b"q|uo', "rights": 3, "choice": None, "frozen": ["2026-01-02"]},
    **{"address": "127.0.0.1", "text": "[1]", "free": "{}", "secret": "x", "bytes_": "1 kB"},
    **{"complicated": "1+2j", "as_text": 1, "for_json": 1, "pattern": "a+"},
}


#: Types of outputs, and data of each.
ARRIVING: dict[str, tuple[Any, list[Any]]] = {
    "kinds": (Whole, [WHOLE, {**WHOLE, "if_any": 1}]),
    "numbers": (dict[int, str], [{}, {1: "a"}]),
    "members": (dict[Side, int], [{}, {"left": 1}]),
    "members that are texts": (dict[Word, int], [{}, {'b"q|uo': 1}]),
    "members that are numbers": (dict[Size, int], [{}, {1: 1}]),
    "either": (dict[str | int, int], [{}, {"a": 1}, {1: 1}, {1: 1, "a": 2}]),
    "texts or none": (dict[str | None, int], [{}, {"a": 1}, {None: 1}]),
    "literals": (dict[Literal["a", "b"], int], [{}, {"a": 1}]),
    "mixed literals": (dict[Literal["a", 1], int], [{}, {"a": 1}, {1: 1}]),
    "ids": (dict[UUID, date], [{}, {UUID(int=1): date.today()}]),
    "keys written as texts": (dict[AsText, int], [{}, {1: 1}]),
    "keys that JSON alone would have as texts": (dict[ForJson, int], [{}, {1: 1}]),
    "anything": (dict[Any, int], [{}, {"a": 1}, {1: 1}]),
    "within texts": (dict[str, dict[int, int]], [{}, {"a": {}}]),
    "in a pair": (tuple[int, dict[int, int]], [(1, {}), (1, {1: 1})]),
    "in a row": (tuple[dict[int, int], ...], [(), ({}, {1: 1})]),
    "in a model": (
        Counts,
        [
            {"inner": [{}, {date.today(): {}}], "either": {}, "next": {"by_id": {}}},
            {"by_id": {1: "a"}, "next": {"inner": [{date.today(): {1: 1}}]}},
        ],
    ),
    "in a union": (Counts | int, [1, Counts()]),
    "any JSON": (JsonValue, [1, None, {"a": [{}]}]),
    "a tree": (Node, [{"name": "a", "children": [{"name": "b"}]}]),
    "variants": (Pet, [{"kind": "cat", "lives": 9}, {"kind": "dog", "name": "a"}]),
    "beyond its bound": (int, [2**60]),
}


def test_data_is_what_the_declarations_say(tmp_path):
    app = Flask(__name__)
    actions = Actions(app)
    for name, (type_, values) in ARRIVING.items():
        for number, value in enumerate(values):
            actions.action(f"{name} {number}", output=type_)(partial(_given, value))

    assert misfits(app, tmp_path) == {"beyond its bound 0": "data is BigInt, not number"}


def _given(value: Any) -> Any:
    return value


def misfits(app: Flask, folder: Path) -> dict[str, str]:
    """What of the data of its actions is not as declared."""
    registry = app.extensions["actions"].registry
    (folder / "actions.d.ts").write_text(declare(registry))
    client = app.test_client()
    answers = []
    for name, _ in registry:
        answer = client.post(f"/_actions/{name}", headers={"Accept": "application/json+devalue"})
        assert answer.status_code in (200, 204), answer.text
        answers.append((name, answer.text if answer.status_code == 200 else None))
    done = subprocess.run(
        [node(), CONFORM, npm_package("typescript", "5.9.3"), folder / "actions.d.ts", CLIENT],
        input=json.dumps(answers),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told = zip(answers, json.loads(done.stdout), strict=True)
    return {name: problem for (name, _), problem in told if problem}


def test_fields_that_are_looked_for_within_are_open():
    class Within(BaseModel):
        first: str = Field(validation_alias=AliasPath("row", 0))
        second: str = Field(validation_alias=AliasPath("row", 1))
        third: str = Field(validation_alias=AliasChoices(AliasPath("a", "b"), "third"))

    text = declared(Within, int)

    assert "    row: unknown;\n    third: string;\n  }" in text
    assert 'field: "row.0" | "row.1" | "a.b";' in text


class Plain(Enum):
    ONE = "one"


class Kept(BaseModel):
    model_config = ConfigDict(strict=True)
    wait: timedelta


#: A type, how it is sent, and a value that pydantic refuses from JSON (None for no such value).
SENT = [
    pytest.param(Literal[Plain.ONE], "never", '"one"', id="a member alone"),
    pytest.param(Literal[Plain.ONE, "two"], '"two"', '"one"', id="a member or a text"),
    pytest.param(Literal[Word.ODD], '"b\\"q|uo"', None, id="a member that is a text"),
    pytest.param(Literal[Size.SMALL], "1", None, id="a member that is a number"),
    pytest.param(dict[Literal[1], int], "Map<1, number>", '{"1": 1}', id="keys that are numbers"),
    pytest.param(
        dict[tuple[int, int], int],
        "Map<readonly [number, number], number>",
        '{"1,2": 1}',
        id="keys that are pairs",
    ),
    pytest.param(
        dict[int, int], "Map<number, number> | Record<string, number>", None, id="keys of digits"
    ),
    pytest.param(
        dict[ForJson, int],
        "Map<number, number> | Record<string, number>",
        None,
        id="keys written as texts",
    ),
    pytest.param(Annotated[timedelta, Strict()], "string", "1", id="a strict duration"),
    pytest.param(timedelta, "number | string", None, id="a duration"),
]


@pytest.mark.parametrize(("type_", "told", "refused"), SENT)
def test_what_pydantic_refuses_from_json_is_not_declared(type_, told, refused):
    text = declared(model(value=(type_, ...)), int)

    assert f"    value: {told};\n" in text
    if refused is not None:
        with pytest.raises(ValidationError):
            TypeAdapter(type_).validate_json(refused)


def test_strict_model_says_what_its_fields_take():
    assert "    wait: string;\n" in declared(Kept, int)


def test_json_text_is_sent_as_a_text():
    assert "    text: string;\n" in declared(model(text=(Json[list[int]], ...)), int)


def test_names_of_fields_of_a_type_within_itself_are_few():
    tree = TypeAliasType("tree", "dict[str, tree] | list[tree] | set[tree] | str")  # type: ignore[misc]

    assert "field: `${string}` | `${number}` | `${number}.${string}`;" in declared(tree, int)


def test_group_called_then_is_reached_by_whole_names():
    assert '"then.act": Action<{' in declared(TEXT, int, "then.act", "then")


# Changes


def model(**fields: Any) -> Any:
    return create_model("Model", **fields)


def declared(input: Any, output: Any, *more: str, **options: Any) -> str:
    app = Flask(__name__)
    actions = Actions(app)
    actions.action("act", input=input, output=output, **options)(lambda input: None)
    for name in more:
        actions.action(name)(lambda: None)
    return declare(app.extensions["actions"].registry)


TEXT = model(text=(str, ...))
WIDE = model(text=(str, ...), note=(str, ""))
NULLABLE = model(text=(str | None, ...))
OPEN = create_model("Model", __config__=ConfigDict(extra="allow"), text=(str, ...))


def of(type_: Any) -> Any:
    """A model with a field of a type."""
    return model(text=(type_, ...))


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        pytest.param((TEXT, int), (WIDE, int), False, id="optional field of the input added"),
        pytest.param(
            (TEXT, int), (model(text=(str, ...), n=(int, ...)), int), True, id="required one added"
        ),
        pytest.param((WIDE, int), (TEXT, int), True, id="field of the input gone"),
        pytest.param((TEXT, int), (model(text=(str, "")), int), False, id="field optional now"),
        pytest.param((model(text=(str, "")), int), (TEXT, int), True, id="field required now"),
        pytest.param((TEXT, int), (NULLABLE, int), False, id="type of the input widened"),
        pytest.param((NULLABLE, int), (TEXT, int), True, id="type of the input narrowed"),
        pytest.param((TEXT, int), (of(int), int), True, id="type changed"),
        pytest.param((of(list[str]), int), (of(list[str | None]), int), False, id="items widened"),
        pytest.param((of(list[str | None]), int), (of(list[str]), int), True, id="items narrowed"),
        pytest.param((of(Literal["a"]), int), (TEXT, int), False, id="literal is any text"),
        pytest.param((TEXT, int), (of(Literal["a"]), int), True, id="text is a literal"),
        pytest.param((of(list[int]), int), (of(set[int]), int), False, id="list may be a set"),
        pytest.param((of(tuple[int, int]), int), (of(list[int]), int), False, id="pair is a list"),
        pytest.param((of(list[int]), int), (of(tuple[int, int]), int), True, id="list is a pair"),
        pytest.param(
            (of(dict[str, int]), int), (of(dict[str, int | str]), int), False, id="values widened"
        ),
        pytest.param((TEXT, int), (of(Any), int), False, id="anything is taken"),
        pytest.param((of(Any), int), (TEXT, int), True, id="anything is taken no more"),
        pytest.param((TEXT, int), (OPEN, int), False, id="further fields are taken"),
        pytest.param((OPEN, int), (TEXT, int), True, id="further fields are taken no more"),
        pytest.param((Cat, int), (Cat | Dog, int), False, id="variant added"),
        pytest.param((Cat | Dog, int), (Cat, int), True, id="variant gone"),
        pytest.param(
            (of(Ref), int),
            (of(create_model("Ref", post=(int, ...), n=(int, 1))), int),
            False,
            id="optional field of a model within",
        ),
        pytest.param((TEXT, WIDE), (TEXT, model(text=(str, ...))), True, id="output field gone"),
        pytest.param((TEXT, TEXT), (TEXT, WIDE), False, id="output field added"),
        pytest.param((TEXT, int), (TEXT, int | None), True, id="output widened"),
        pytest.param((TEXT, int | None), (TEXT, int), False, id="output narrowed"),
        pytest.param((TEXT, of(list[str])), (TEXT, of(list[str | int])), True, id="its items too"),
        pytest.param((TEXT, of(list[str | int])), (TEXT, of(list[str])), False, id="its items"),
        pytest.param((TEXT, OPEN), (TEXT, TEXT), True, id="output's further fields gone"),
        pytest.param((TEXT, Any), (TEXT, int), False, id="output told"),
        pytest.param((TEXT, int), (TEXT, int, "other"), False, id="action added"),
        pytest.param((TEXT, int, "other"), (TEXT, int), True, id="action gone"),
    ],
)
def test_change_says_whether_callers_break(old, new, breaks):
    found = changes(declared(*old), declared(*new))

    assert found
    assert any(change.breaks for change in found) is breaks, found


def silent(input: Any, **options: Any) -> str:
    """The declaration of an action with an input, or without one."""
    app = Flask(__name__)
    action = Actions(app).action("act", input=input, output=int, **options)
    action((lambda: 1) if input is None else (lambda input: 1))
    return declare(app.extensions["actions"].registry)


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        pytest.param(silent(None), silent(Draft), False, id="input that may be absent"),
        pytest.param(
            silent(None, accept="json"), silent(Draft, accept="json"), False, id="by JSON alone"
        ),
        pytest.param(silent(None), silent(TEXT), True, id="input that is required"),
        pytest.param(silent(Draft), silent(None), True, id="input is taken no more"),
        pytest.param(silent(TEXT, accept="json"), silent(TEXT), False, id="forms are taken too"),
        pytest.param(silent(TEXT), silent(TEXT, bound=Ref), True, id="something is bound"),
        pytest.param(
            declared(TEXT, int),
            declared(None, int, intents={"a": TEXT, "b": Draft}),
            False,
            id="button added",
        ),
        pytest.param(
            declared(None, int, intents={"a": TEXT, "b": Draft}),
            declared(None, int, intents={"b": Draft, "a": TEXT}),
            True,
            id="another button is the first",
        ),
    ],
)
def test_change_of_what_is_taken_says_whether_callers_break(old, new, breaks):
    found = changes(old, new)

    assert found
    assert any(change.breaks for change in found) is breaks, found


def test_type_of_another_name_breaks_those_alone_who_import_it():
    found = changes(declared(TEXT, int), declared(create_model("Other", text=(str, ...)), int))

    assert found == [
        ("actions.act.input was Model | Form and is Other | Form", False),
        ("the type Model is gone", True),
    ]


def test_client_at_another_address_breaks_callers():
    registry = make_actions()

    found = changes(declare(registry), declare(registry, "/api"))

    assert found == [("the client was at /_actions/client.js and is at /api/client.js", True)]


def test_code_that_is_gone_breaks_callers():
    text = declare(make_actions())
    without = text.replace(' | "CONFLICT"', "")

    assert changes(text, without) == [('the code "CONFLICT" is gone', True)]
    assert changes(without, text) == [('the code "CONFLICT" is new', False)]


class Chain(BaseModel):
    value: int
    next: Chain | None = None


class Longer(BaseModel):
    value: int
    next: Longer | None = None
    note: int = 1


class Looser(BaseModel):
    value: int | str
    next: Looser | None = None


Tree = TypeAliasType("Tree", "int | list[Tree]")  # type: ignore[misc]
Bush = TypeAliasType("Bush", "int | str | list[Bush]")  # type: ignore[misc]

#: Types that are held against each other, each with each.
TYPES: list[Any] = [
    *(int, str, bool, type(None), Any, date, timedelta, Decimal, bytes, HttpUrl, int | str),
    *(Annotated[int, Field(le=2**64)], Literal["a"], Literal["a", "b"], Literal[1, "a"]),
    *(Literal[True], Literal[True, False], Color, Side, Size, Rights, int | None, str | None),
    *(list[int], list[str], list[int | str], list[int | None], list[list[int]], set[int]),
    *(set[int | str], tuple[int, ...], tuple[int, int], tuple[int, str], tuple[()], Spot),
    *(tuple[int, int, int], tuple[int, *tuple[str, ...]], list[dict[str, int]], dict[str, int]),
    *(dict[str, int | str], dict[int, int], dict[int, str], dict[str | int, int], dict[Any, Any]),
    *(dict[Literal["a", "b"], int], dict[Literal["a"], int], dict[str, Draft], Draft, Letter),
    *(Author, Comment, Node, Cat, Dog, Cat | Dog, Pet, list[Cat | Dog], Row, Point, OPEN, Counts),
    *(Chain, Longer, Looser, JsonValue, Kinds, Page[int], Page[str], Draft | None, list[Letter]),
    *(Tree, Bush),
]


def test_verdicts_are_those_of_typescript(tmp_path):
    app = Flask(__name__)
    actions = Actions(app)
    for number, type_ in enumerate(TYPES):
        options = {"input": type_, "output": type_, "accept": "json"}
        actions.action(f"act{number}", **options)(lambda input: None)
    several = {"a": Cat | Dog, "b": Draft}
    for name, options in {
        "buttons": {"intents": {"a": Draft, "b": Letter}},
        "button": {"intents": {"a": Draft}},
        "variants": {"intents": several},
        "bound": {"input": Draft, "bound": Ref},
    }.items():
        actions.action(name, output=int, accept="json", **options)(lambda input: None)
    text = declare(actions.registry)
    (tmp_path / "actions.d.ts").write_text(text)
    done = subprocess.run(
        [node(), ASSIGNABLE, npm_package("typescript", "5.9.3"), tmp_path / "actions.d.ts"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr

    blocks = read(text)
    names = [name for name, _ in actions.registry]
    others = [
        f"{way}: {mine.type} -> {asked.type}"
        for way, verdicts in json.loads(done.stdout).items()
        for one in names
        for two in names
        for mine, asked in [(blocks[f"actions.{one}"][way], blocks[f"actions.{two}"][way])]
        if Fit(blocks, blocks, sent=False).fits(mine, asked) is not verdicts[f"{one}>{two}"]
    ]
    assert others == []


def test_change_names_the_spot():
    found = changes(declared(TEXT, int), declared(model(text=(int, ...)), int))

    assert ("Model.text was string and is number", True) in found


def test_body_that_is_no_longer_taken_breaks_callers():
    found = changes(declared(TEXT, int), declared(TEXT, int, accept="json"))

    assert found == [("actions.act.input was Model | Form and is Model", True)]


def test_member_beside_an_action_of_its_group_name_is_compared():
    old, new = declared(TEXT, int, "act.deep"), declared(TEXT, int)

    assert changes(old, new) == [("actions.act.deep is gone", True)]


# The command, and the address


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["actions", "client", *arguments])


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    Actions(app).action("act")(lambda input: None)
    return app


def test_command_writes_the_file_and_check_takes_it(app, tmp_path):
    file = tmp_path / "actions.d.ts"

    written, checked = run(app, "--out", str(file)), run(app, "--out", str(file), "--check")

    assert (written.exit_code, checked.exit_code, checked.output) == (0, 0, "")
    assert file.read_text() == run(app).output == declare(app.extensions["actions"].registry)


def test_check_of_a_stale_file_says_what_changed(app, tmp_path):
    file = tmp_path / "actions.d.ts"
    file.write_text(declared(TEXT, int, "gone"))

    checked = run(app, "--out", str(file), "--check")

    assert checked.exit_code == 1
    assert "BREAKS actions.gone is gone" in checked.output
    assert "callers break" in checked.output
    assert file.read_text() == declared(TEXT, int, "gone")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param(["--check"], 2, "--out", id="no file named"),
        pytest.param(["--check", "--out", "none.d.ts"], 1, "does not exist", id="no such file"),
    ],
)
def test_check_without_a_file_fails(app, arguments, code, told):
    result = run(app, *arguments)

    assert result.exit_code == code
    assert told in result.output


@pytest.mark.parametrize(("debug", "status"), [(True, 200), (False, 404)], ids=["debug", "not"])
def test_address_of_the_declarations_is_there_in_development_alone(app, debug, status):
    app.debug = debug

    answer = app.test_client().get("/_actions/client.d.ts")

    assert answer.status_code == status
    assert ("declare module" in answer.text) is debug
