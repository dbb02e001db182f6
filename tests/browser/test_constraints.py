"""Each constraint in Chromium and in pydantic: the browser never refuses what the model accepts.

One page takes all values, typed as a person types them, since lengths count only then.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from html import escape
from typing import Annotated, Any, Literal

import pytest
from playwright.sync_api import Browser, Page
from pydantic import (
    AfterValidator,
    AnyUrl,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    NaiveDatetime,
    PastDate,
    PositiveInt,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_extra_types.color import Color
from werkzeug.datastructures import MultiDict

from flask_actions.controls import Control, Group, controls_of
from flask_actions.forms import decode
from flask_actions.shapes import Shape, shape_of

pytestmark = pytest.mark.browser

# Who refuses a value.
NOBODY, BOTH, SERVER, BROWSER = "nobody", "both", "the server", "the browser"


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Cleaned(BaseModel):
    x: int = Field(ge=3)

    @model_validator(mode="before")
    @classmethod
    def clean(cls, data: Any) -> Any:
        return {"x": abs(int(data.get("x") or 3))}


def one(type_: Any, default: Any = ..., **config: Any) -> type[BaseModel]:
    """A model with one field, ``x``."""
    return create_model("Form", __config__=ConfigDict(**config), x=(type_, default))


def text(**rules: Any) -> type[BaseModel]:
    return one(Annotated[str, StringConstraints(**rules)])


def number(type_: Any, default: Any = ..., **rules: Any) -> type[BaseModel]:
    return one(Annotated[type_, Field(**rules)], default)


SMILE = "\N{SMILING FACE WITH OPEN MOUTH}"

#: By the name of a case: the model, and who refuses each value.
CASES: dict[str, tuple[type[BaseModel], dict[str, str]]] = {
    # texts
    "any text": (one(str), {"": NOBODY, " ": NOBODY, "a": NOBODY}),
    "text or nothing": (one(str | None), {"": NOBODY, "a": NOBODY}),
    "at least 1": (text(min_length=1), {"": BOTH, "a": NOBODY, " ": NOBODY}),
    "at least 3": (
        text(min_length=3),
        {"": BOTH, "ab": BOTH, "abc": NOBODY, SMILE: BOTH, SMILE * 2: SERVER, SMILE * 3: NOBODY},
    ),
    "at least 3 or nothing": (
        one(Annotated[str, Field(min_length=3)] | None),
        {"": NOBODY, "ab": BOTH, "abc": NOBODY},
    ),
    "at least 3, else a default": (
        one(Annotated[str, Field(min_length=3)], "default"),
        {"": BOTH, "ab": BOTH},
    ),
    "at most 3": (
        text(max_length=3),
        {"": NOBODY, "abc": NOBODY, "abcd": BOTH, SMILE * 3: NOBODY, SMILE * 4: BOTH},
    ),
    "2 to 3, stripped": (
        text(min_length=2, max_length=3, strip_whitespace=True),
        {"": BOTH, "a": BOTH, "  a  ": SERVER, "  abc  ": NOBODY, " abcd ": BOTH, "  ": SERVER},
    ),
    "stripped by the model": (
        one(Annotated[str, Field(max_length=3)], str_strip_whitespace=True, str_min_length=2),
        {"a": BOTH, " abc\u3000": NOBODY, " \ufeffabc": BOTH, "abcd": BOTH},
    ),
    "long text": (text(min_length=4, max_length=300), {"": BOTH, "a\nb": NOBODY, "ab": SERVER}),
    "an after validator": (
        one(Annotated[str, Field(min_length=2), AfterValidator(lambda text: text)]),
        {"a": BOTH, "ab": NOBODY},
    ),
    "a length after a validator": (
        one(Annotated[str, AfterValidator(lambda text: text * 3), Field(min_length=3)]),
        {"": SERVER, "a": NOBODY},
    ),
    "a before validator": (
        one(Annotated[int, Field(ge=3), BeforeValidator(lambda text: str(text).strip("."))]),
        {"5.": NOBODY, "1": SERVER, "": BOTH},
    ),
    "a validator of the model": (Cleaned, {"5": NOBODY, "-5": NOBODY, "": NOBODY, "1": SERVER}),
    "secret": (
        one(Annotated[SecretStr, Field(min_length=4)]),
        {"": BOTH, "abc": BOTH, "abcd": NOBODY, SMILE * 3: SERVER},
    ),
    "int or text": (one(int | str), {"": NOBODY, "a": NOBODY, "1": NOBODY}),
    # patterns
    "a slug": (
        text(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=8),
        {"": BOTH, "a-b": NOBODY, "a-": BOTH, "A": BOTH, "abcdefgh": NOBODY, "abcdefghi": BOTH},
    ),
    "found anywhere": (text(pattern="[A-Z]"), {"": BOTH, "abc": BOTH, "abC": NOBODY}),
    "at the beginning": (text(pattern="^ab"), {"abc": NOBODY, "cab": BOTH}),
    "at the end": (text(pattern="ab$"), {"abc": BOTH, "cab": NOBODY}),
    "one side or the other": (
        text(pattern="^a|b$"),
        {"ac": NOBODY, "cb": NOBODY, "c": BOTH, "": BOTH},
    ),
    "either": (text(pattern=r"^(cat|dog)s?$"), {"cats": NOBODY, "dog": NOBODY, "catdog": BOTH}),
    "maybe empty": (text(pattern="^[a-z]*$"), {"": NOBODY, "a": NOBODY, "1": BOTH}),
    "digits of any script": (
        text(pattern=r"^\d{2,3}$"),
        {"12": NOBODY, "٣٤": NOBODY, "1": BOTH, "1a": BOTH, "1234": BOTH},
    ),
    "word characters": (
        text(pattern=r"^\w+$"),
        {"aé_1": NOBODY, "日本": NOBODY, "a b": BOTH, "a-b": BOTH},
    ),
    "no word characters": (text(pattern=r"^[^\w\s]+$"), {"!": NOBODY, "a": BOTH, " ": BOTH}),
    "blanks": (text(pattern=r"^\S+\s\S+$"), {"a b": NOBODY, "a\u3000b": NOBODY, "ab": BOTH}),
    "letters": (text(pattern=r"^\p{Lu}\p{L}*$"), {"Äb": NOBODY, "äb": BOTH, "A1": BOTH}),
    "any character": (text(pattern="^a.c$"), {"abc": NOBODY, f"a{SMILE}c": NOBODY, "ac": BOTH}),
    "signs": (
        text(pattern=r"^[-+*/.,:;&~@#!%$^|()\[\]{}<>=?'\" ]+$"),
        {"a": BOTH, "-": NOBODY, "]": NOBODY, "^&~@": NOBODY, "'\"": NOBODY, "\\": BOTH},
    ),
    "signs outside": (
        text(pattern=r"^\(\d\)/\.\*-,:&&!!$"),
        {"(1)/.*-,:&&!!": NOBODY, "(1)/x*-,:&&!!": BOTH},
    ),
    "a pattern and a length": (
        text(pattern="^[^ ]+$", min_length=2, max_length=3),
        {"a": BOTH, SMILE * 3: NOBODY, "a b": BOTH, SMILE * 4: BOTH, "abcd": BOTH},
    ),
    "two patterns and a length": (
        text(pattern="^aa+$|^bb+$", max_length=3),
        {"aaa": NOBODY, "bb": NOBODY, "ab": BOTH, "aaaa": BOTH},
    ),
    "a pattern, stripped": (
        text(pattern="^a+$|^b+$", strip_whitespace=True),
        {" aa ": NOBODY, "b\u3000": NOBODY, "ab": BOTH, "": BOTH, "a a": BOTH},
    ),
    "case ignored": (text(pattern="(?i)^a$"), {"A": NOBODY, "b": SERVER}),
    "a boundary": (text(pattern=r"\bab\b"), {"x ab": NOBODY, "xab": SERVER}),
    "Python's engine": (
        one(Annotated[str, Field(pattern=r"^\s?\d$|x")], regex_engine="python-re"),
        {"\x1c1": NOBODY, "ax": NOBODY, "a": BOTH},
    ),
    "an emoji": (text(pattern=f"^[{SMILE}a]$", max_length=1), {SMILE: NOBODY, "b": BOTH}),
    # addresses
    "email": (
        one(EmailStr),
        {
            "": BOTH,
            "ada@example.org": NOBODY,
            " ada@example.org ": NOBODY,
            "o'hara+x@example.org": NOBODY,
            "ada@exämple.org": NOBODY,
            "ada": BOTH,
            "@example.org": BOTH,
            "ada@b_c.org": BOTH,
            "ada@-b.org": BOTH,
            '"a b"@example.org': BOTH,
            "ada@localhost": SERVER,
            "a..b@example.org": SERVER,
            # Its own idea of an address, said in controls.py.
            "jörg@example.org": BROWSER,
            "Ada <ada@example.org>": BROWSER,
        },
    ),
    "email or nothing": (one(EmailStr | None), {"": NOBODY, "ada": BOTH}),
    "email as text": (
        one(EmailStr, Field(json_schema_extra={"html": {"control": "text"}})),
        {"jörg@example.org": NOBODY, "Ada <ada@example.org>": NOBODY, "ada": SERVER, "": BOTH},
    ),
    "url": (
        one(AnyUrl),
        {
            "": BOTH,
            "https://example.org/a?b=c#d": NOBODY,
            " https://example.org ": NOBODY,
            "https://exämple.org": NOBODY,
            "http:example.org": NOBODY,
            "mailto:ada@example.org": NOBODY,
            "foo:bar": NOBODY,
            "example.org": BOTH,
            "/path": BOTH,
            "http://ex ample.org": SERVER,
            "http://x:99999": BOTH,
        },
    ),
    "web address": (one(HttpUrl), {"https://example.org": NOBODY, "ftp://a.org": SERVER}),
    # numbers
    "int": (
        one(int),
        {
            "": BOTH,
            "5": NOBODY,
            "-5": NOBODY,
            "05": NOBODY,
            "5.0": NOBODY,
            "5.5": BOTH,
            "-": BOTH,
            "9007199254740993": NOBODY,
            "123456789012345678901234567890": NOBODY,
        },
    ),
    "int or nothing": (one(int | None), {"": NOBODY, "5.5": BOTH, "5": NOBODY}),
    "int with a default": (one(int, 5), {"": NOBODY, "5.5": BOTH}),
    "strict int": (one(int, strict=True), {"5": NOBODY, "5.5": BOTH}),
    "3 to 9": (
        number(int, ge=3, le=9),
        {"2": BOTH, "3": NOBODY, "9": NOBODY, "10": BOTH, "3.5": BOTH},
    ),
    "above 3, below 9": (number(int, gt=3, lt=9), {"3": BOTH, "4": NOBODY, "8": NOBODY, "9": BOTH}),
    "above 0": (one(PositiveInt | None), {"": NOBODY, "0": BOTH, "1": NOBODY}),
    "a multiple of 5 from 3": (
        number(int, ge=3, multiple_of=5),
        {"3": BOTH, "5": NOBODY, "6": BOTH, "10": NOBODY, "0": BOTH},
    ),
    "a multiple of 5": (
        number(int, multiple_of=5),
        {"-5": NOBODY, "0": NOBODY, "4": BOTH, "90071992547409925": NOBODY},
    ),
    "beyond doubles": (
        number(int, ge=2**60, le=2**70),
        {"1152921504606846976": NOBODY, "5": SERVER},
    ),
    "float": (
        one(float),
        {"": BOTH, "5": NOBODY, "0.1": NOBODY, "-1.5e-7": NOBODY, "1e300": NOBODY, "x": BOTH},
    ),
    "float from 0.1 to 0.7": (
        number(float, ge=0.1, le=0.7),
        {"0.1": NOBODY, "0.7": NOBODY, "0.69999": NOBODY, "0.05": BOTH, "0.8": BOTH},
    ),
    "float above 0": (number(float, gt=0), {"0": SERVER, "-1": SERVER, "0.00001": NOBODY}),
    "half stars": (
        number(float, ge=0.5, le=5, multiple_of=0.5),
        {"0.5": NOBODY, "4.5": NOBODY, "0.7": BOTH, "0": BOTH, "5.5": BOTH},
    ),
    "float of halves": (number(float, multiple_of=0.5), {"1000000000.5": NOBODY, "0.3": SERVER}),
    "int or float": (one(int | float), {"": BOTH, "1.5": NOBODY, "2": NOBODY}),
    "decimal": (one(Decimal), {"": BOTH, "0.1": NOBODY, "12345678901234567890.123": NOBODY}),
    "money": (
        number(Decimal, ge=0, max_digits=5, decimal_places=2),
        {
            "0": NOBODY,
            "0.01": NOBODY,
            "1.10": NOBODY,
            "1.100": NOBODY,
            "999.99": NOBODY,
            "1000": BOTH,
            "0.001": BOTH,
            "-0.01": BOTH,
        },
    ),
    "money or nothing": (number(Decimal | None, gt=0, decimal_places=2), {"": NOBODY, "0": BOTH}),
    "some money": (
        number(Decimal, gt=0, lt=1, decimal_places=2),
        {"0": BOTH, "0.01": NOBODY, "0.99": NOBODY, "1": BOTH, "0.015": BOTH},
    ),
    "from half a cent": (
        number(Decimal, ge=Decimal("0.005"), decimal_places=2),
        {"0": BOTH, "0.01": NOBODY, "0.02": NOBODY, "0.025": BOTH},
    ),
    "three digits": (
        number(Decimal, max_digits=3),
        {"999": NOBODY, "-99.9": NOBODY, "0.001": NOBODY, "1000": BOTH, "-1000": BOTH},
    ),
    "quarters": (
        number(Decimal, multiple_of=Decimal("0.25")),
        {"0.5": NOBODY, "-1.25": NOBODY, "0.3": BOTH},
    ),
    "decimal above 0": (number(Decimal, gt=0), {"0": SERVER, "0.00000001": NOBODY}),
    "strict decimal": (
        one(Annotated[Decimal, Field(ge=1)], strict=True),
        {"0": BOTH, "1.5": NOBODY},
    ),
    # days and hours
    "date": (
        one(date),
        {
            "": BOTH,
            "2024-02-29": NOBODY,
            "0001-01-01": NOBODY,
            "9999-12-31": NOBODY,
            "10000-01-01": BOTH,
        },
    ),
    "date or nothing": (one(date | None, None), {"": NOBODY, "2024-02-29": NOBODY}),
    "from a date to a date": (
        number(date, ge=date(2024, 2, 28), le=date(2024, 3, 1)),
        {"2024-02-27": BOTH, "2024-02-28": NOBODY, "2024-03-01": NOBODY, "2024-03-02": BOTH},
    ),
    "between dates": (
        number(date, gt=date(2024, 2, 28), lt=date(2024, 3, 1)),
        {"2024-02-28": BOTH, "2024-02-29": NOBODY, "2024-03-01": BOTH},
    ),
    "past date": (one(PastDate), {"2024-02-29": NOBODY, "9000-01-01": SERVER}),
    "time": (
        one(time),
        {"": BOTH, "12:30": NOBODY, "12:30:15": NOBODY, "12:30:15.125": NOBODY},
    ),
    "office hours": (
        number(time, ge=time(8), le=time(16, 30)),
        {"07:59": BOTH, "08:00": NOBODY, "16:30": NOBODY, "16:30:01": BOTH, "12:00:00.5": NOBODY},
    ),
    "hours after": (number(time, gt=time(8)), {"08:00": SERVER, "08:00:01": NOBODY}),
    "datetime": (
        one(datetime),
        {
            "": BOTH,
            "2024-02-29T12:30": NOBODY,
            "2024-02-29T12:30:15.125": NOBODY,
            "10000-01-01T00:00": BOTH,
        },
    ),
    "naive datetime in a year": (
        number(NaiveDatetime, ge=datetime(2024, 1, 1), le=datetime(2024, 12, 31, 23, 59, 59)),
        {
            "2023-12-31T23:59": BOTH,
            "2024-01-01T00:00": NOBODY,
            "2024-12-31T23:59:59": NOBODY,
            "2025-01-01T00:00": BOTH,
        },
    ),
    "datetime from somewhere": (
        number(datetime, ge=datetime(2024, 1, 1, tzinfo=UTC)),
        {"2024-01-01T00:00": NOBODY, "2023-01-01T00:00": SERVER},
    ),
    "aware datetime": (
        one(AwareDatetime),
        {"": BOTH, "2024-02-29T12:30Z": NOBODY, "2024-02-29T12:30": SERVER},
    ),
    "color": (one(Color), {"#ff8800": NOBODY, "#000000": NOBODY}),
    "color or nothing": (one(Color | None), {"": NOBODY, "red": NOBODY, "x": SERVER}),
    # choices
    "literal": (one(Literal["a", "b"]), {"": BOTH, "a": NOBODY, "b": NOBODY}),
    "literal or nothing": (one(Literal["a", "b"] | None), {"": NOBODY, "a": NOBODY}),
    "literal with a default": (one(Literal["a", "b"], "a"), {"a": NOBODY, "b": NOBODY}),
    "literal with an empty text": (one(Literal["", "b"]), {"": NOBODY, "b": NOBODY}),
    "numbers": (one(Literal[1, 2]), {"": BOTH, "2": NOBODY}),
    "enum": (one(Size), {"": BOTH, "l": NOBODY}),
    "enum or number": (one(Size | Literal[3]), {"": BOTH, "l": NOBODY, "3": NOBODY}),
    "radio": (
        one(Literal["a", "b"], Field(json_schema_extra={"html": {"control": "radio"}})),
        {"": BOTH, "b": NOBODY},
    ),
    "several": (
        one(
            Annotated[
                list[Literal["a", "b"]], Field(json_schema_extra={"html": {"control": "select"}})
            ]
        ),
        {"": BOTH, "a": NOBODY},
    ),
    "boxes": (one(set[Literal["a", "b"]], set()), {"": NOBODY, "a": NOBODY}),
    "a box of several": (one(list[Size]), {"": SERVER, "l": NOBODY}),
    "a single literal": (one(Literal["only"]), {"only": NOBODY}),
    "yes or no": (one(bool), {"": NOBODY, "on": NOBODY}),
    "yes": (one(Literal[True]), {"": BOTH, "on": NOBODY}),
    "yes, no or nothing": (one(bool | None), {"": NOBODY, "true": NOBODY, "false": NOBODY}),
    "a list of ints": (one(list[int]), {"": SERVER, "5": NOBODY, "5.5": BOTH}),
    # wishes
    "range": (
        number(int, ge=0, le=10, json_schema_extra={"html": {"control": "range"}}),
        {"0": NOBODY, "7": NOBODY},
    ),
    "month": (
        one(
            Annotated[
                str,
                Field(
                    pattern="^[0-9]{4}-[0-9]{2}$", json_schema_extra={"html": {"control": "month"}}
                ),
            ]
        ),
        {"": BOTH, "2024-02": NOBODY},
    ),
}

if "ascii_only" in StringConstraints.__annotations__:  # pydantic 2.13
    CASES["ASCII, at most 3"] = (
        text(max_length=3, ascii_only=True),
        {"abc": NOBODY, "abcd": BOTH, "ä": SERVER},
    )

ROWS = [
    pytest.param(name, typed, refused, id=f"{name}: {typed or 'nothing'}")
    for name, (_, values) in CASES.items()
    for typed, refused in values.items()
]


def control_of(model: type[BaseModel]) -> Control:
    node = controls_of(model)
    assert isinstance(node, Group)
    control = node.members["x"]
    assert isinstance(control, Control)
    return control


def markup(control: Control) -> str:
    """A control in the plainest HTML."""
    attrs = "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"'
        for name, value in control.attrs.items()
    )
    match control.kind:
        case "select":
            options = "".join(
                f'<option value="{escape(one.value)}">{escape(one.label)}</option>'
                for one in control.choices
            )
            return f'<select name="x"{attrs}>{options}</select>'
        case "radio" | "checkboxes":
            kind = "radio" if control.kind == "radio" else "checkbox"
            return "".join(
                f'<input type="{kind}" name="x" value="{escape(one.value)}"{attrs}>'
                for one in control.choices
            )
        case "textarea":
            return f'<textarea name="x"{attrs}></textarea>'
        case "hidden":
            return f'<input type="hidden" name="x" value="{control.default}">'
    return f'<input type="{control.kind}" name="x"{attrs}>'


# A date, a time and a colour are picked, and have no text to type.
FILL = """(rows) => {
  document.body.innerHTML = rows.map(({html}) => `<form>${html}</form>`).join('');
  rows.forEach(({kind, typed}, index) => {
    const fields = [...document.forms[index].elements];
    const first = fields[0];
    if (first.pattern) new RegExp(first.pattern, 'v');
    if (kind === 'checkbox') first.checked = typed !== '';
    else if (kind === 'radio' || kind === 'checkboxes')
      fields.forEach((one) => { one.checked = one.value === typed });
    else if (kind === 'select')
      [...first.options].forEach((one) => { one.selected = one.value === typed });
    else if (kind !== 'hidden' && !TYPED.includes(kind)) first.value = typed;
  });
}"""
FOCUS = "(index) => document.forms[index].elements[0].focus()"
READ = """() => [...document.forms].map((form) => {
  const states = [];
  for (const one of form.elements)
    for (const state in one.validity)
      if (state !== 'valid' && one.validity[state]) states.push(state);
  return {valid: form.checkValidity(), states, sent: new FormData(form).getAll('x')};
})"""
TYPED = ["text", "search", "tel", "url", "email", "password", "number", "textarea"]


@pytest.fixture(scope="module")
def typing_page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def type_all(page: Page, rows: list[tuple[Control, str]]) -> list[Mapping[str, Any]]:
    """What the browser says of each value, and what it would send."""
    page.evaluate(
        FILL.replace("TYPED", repr(TYPED)),
        [
            {"kind": control.kind, "html": markup(control), "typed": typed}
            for control, typed in rows
        ],
    )
    for index, (control, typed) in enumerate(rows):
        if control.kind in TYPED and typed:
            page.evaluate(FOCUS, index)
            page.keyboard.insert_text(typed)
    told: list[Mapping[str, Any]] = page.evaluate(READ)
    return told


@pytest.fixture(scope="module")
def answers(typing_page: Page) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    keys = [(name, typed) for name, (_, values) in CASES.items() for typed in values]
    rows = [(control_of(CASES[name][0]), typed) for name, typed in keys]
    return dict(zip(keys, type_all(typing_page, rows), strict=True))


def accepts(model: type[BaseModel], control: Control, sent: list[str]) -> bool:
    """Whether the server takes what a form sends."""
    if control.kind == "textarea":
        sent = [one.replace("\n", "\r\n") for one in sent]
    adapter, shape = _server(model)
    form = MultiDict([("x", one) for one in sent])
    try:
        adapter.validate_python(decode(form, MultiDict(), shape).data)
    except ValidationError:
        return False
    return True


@cache
def _server(model: type[BaseModel]) -> tuple[TypeAdapter[Any], Shape]:
    adapter: TypeAdapter[Any] = TypeAdapter(model)
    return adapter, shape_of(adapter.core_schema)


def typed_as_sent(control: Control, typed: str) -> list[str]:
    """What a form without any constraint would send for what was typed."""
    return [] if not typed and control.kind in ("checkbox", "radio", "checkboxes") else [typed]


def refused_by(model: type[BaseModel], typed: str, answer: Mapping[str, Any]) -> str:
    control = control_of(model)
    # What maxlength cuts was refused.
    cut = "maxlength" in control.attrs and len(answer["sent"][0]) < len(typed)
    browser = not answer["valid"] or cut
    server = not accepts(model, control, typed_as_sent(control, typed))
    if not browser:  # then what it made of the text counts
        server = not accepts(model, control, answer["sent"])
    return {(0, 0): NOBODY, (1, 1): BOTH, (0, 1): SERVER, (1, 0): BROWSER}[browser, server]


@pytest.mark.parametrize(("name", "typed", "refused"), ROWS)
def test_browser_and_server_refuse(answers, name, typed, refused):
    answer = answers[name, typed]

    assert refused_by(CASES[name][0], typed, answer) == refused, answer


#: What the browser says of a value that an attribute is there for.
STATES = {
    "required": "valueMissing",
    "minlength": "tooShort",
    "min": "rangeUnderflow",
    "max": "rangeOverflow",
    "step": "stepMismatch",
    "pattern": "patternMismatch",
    # Cut while it is typed; see refused_by.
    "maxlength": "",
}
EMITTED = {
    (control.kind, name)
    for model, _ in CASES.values()
    for control in [control_of(model)]
    for name, value in control.attrs.items()
    # A range always has a value within its bounds.
    if name in STATES and value != "any" and control.kind != "range"
}


@pytest.mark.parametrize(("kind", "attribute"), sorted(EMITTED), ids="-".join)
def test_each_attribute_refuses_what_the_server_refuses_too(answers, kind, attribute):
    refused = [
        typed
        for (name, typed), answer in answers.items()
        if (control := control_of(CASES[name][0])).kind == kind
        and attribute in control.attrs
        and (not STATES[attribute] or STATES[attribute] in answer["states"])
        and refused_by(CASES[name][0], typed, answer) == BOTH
    ]

    assert refused


@pytest.mark.parametrize("kind", ["email", "url", "number"])
def test_each_type_refuses_what_the_server_refuses_too(answers, kind):
    refused = [
        typed
        for (name, typed), answer in answers.items()
        if control_of(CASES[name][0]).kind == kind
        and {"typeMismatch", "badInput"} & {*answer["states"]}
        and refused_by(CASES[name][0], typed, answer) == BOTH
    ]

    assert refused


# --- any value, any type

POOL = sorted(
    {typed for _, values in CASES.values() for typed in values if len(typed) < 40}
    | {"-0", "1e2", "1E-2", ".5", "-.5", "007", "0.1e1", "99999999999999999999", "-1e-400"}
    | {"\u0085", "\u2028", "\ufeff", "e\u0301", "ﬁ", "İ", "ß", "\u200d", "𝟘", "٤", "Ⅷ", "_"}
    | {"a" * 3, "A1", "a1!", "--", "[]", "{}", "a\tb", "ab-", "-ab", "abAB", "a-b-c", "01:00"}
)

# The text fields of one case after the other, each with all values.
CROSS = """([cases, texts]) => {
  document.body.innerHTML = '<form></form>';
  const form = document.querySelector('form');
  return cases.map(({kind, html}) => {
    form.innerHTML = html;
    const field = form.elements[0];
    return texts.map((text) => {
      if (TYPED.includes(kind)) {
        field.focus();
        field.select();
        document.execCommand(text ? 'insertText' : 'delete', false, text);
      } else field.value = text;
      return [form.checkValidity(), field.value];
    });
  });
}"""
OWN_IDEAS = {
    typed for _, values in CASES.values() for typed, who in values.items() if who == BROWSER
}
PICKED = ["date", "time", "datetime-local"]
CROSSED = {
    name: model for name, (model, _) in CASES.items() if control_of(model).kind in [*TYPED, *PICKED]
}


@pytest.fixture(scope="module")
def crossed(typing_page: Page) -> Mapping[str, list[tuple[bool, str]]]:
    controls = [control_of(model) for model in CROSSED.values()]
    fields = [{"kind": control.kind, "html": markup(control)} for control in controls]
    told = typing_page.evaluate(CROSS.replace("TYPED", repr(TYPED)), [fields, POOL])
    return dict(zip(CROSSED, told, strict=True))


def refuses(control: Control, text: str, valid: bool, held: str) -> bool:
    if "\n" in text and control.kind != "textarea":  # a line has none
        return False
    if control.kind == "email" and text in OWN_IDEAS:
        return False
    if "maxlength" in control.attrs and len(held) < len(text):
        return True
    # What a control cannot hold is no value of it: 1_000 of a number, or "a" of a date.
    unsayable = not held and bool(text) and control.kind in ["number", *PICKED]
    return not valid and not unsayable


@pytest.mark.parametrize("name", CROSSED)
def test_browser_refuses_nothing_that_the_server_accepts(crossed, name):
    model = CROSSED[name]
    control = control_of(model)
    wrongly = [
        (text, held)
        for text, (valid, held) in zip(POOL, crossed[name], strict=True)
        if refuses(control, text, valid, held) and accepts(model, control, [text])
    ]

    assert not wrongly


# --- values that a form was rendered with


@pytest.mark.parametrize(
    ("model", "shown", "typed"),
    [
        pytest.param(one(int), "2.5", "3", id="an int was a fraction"),
        pytest.param(number(int, multiple_of=5), "3", "10", id="no multiple"),
        pytest.param(number(Decimal, decimal_places=2), "0.005", "0.01", id="too fine"),
        pytest.param(one(int), "12", "3", id="an int"),
    ],
)
def test_rendered_value_does_not_move_the_steps(typing_page, model, shown, typed):
    control = control_of(model).showing(shown)
    html = markup(control).replace("<input", f'<input value="{shown}"')
    typing_page.set_content(f"<form>{html}</form>")

    assert typing_page.input_value("[name=x]") == shown
    typing_page.fill("[name=x]", typed)
    assert typing_page.evaluate("document.forms[0].checkValidity()")


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        pytest.param(one(Decimal), "12,5", id="a comma"),
        pytest.param(one(int), "twelve", id="a word"),
        pytest.param(one(date), "29.2.2024", id="a date of people"),
        pytest.param(one(date), "2024-02-30", id="no such day"),
        pytest.param(one(time), "noon", id="noon"),
        pytest.param(one(time), "12:30:15.123456", id="microseconds"),
        pytest.param(one(datetime), "2024-02-29T12:30+01:00", id="a time zone"),
        pytest.param(one(datetime), "2024-02-29T12:30", id="a moment"),
        pytest.param(one(Color), "red", id="a colour's name"),
        pytest.param(one(str), "two\nlines", id="two lines"),
        pytest.param(one(int), "-12", id="a number"),
    ],
)
def test_rendered_value_is_seen_as_it_was_typed(typing_page, model, shown):
    control = control_of(model).showing(shown)
    html = markup(control).replace("<input", f'<input value="{shown}"')
    html = html.replace("></textarea", f">{shown}</textarea")
    typing_page.set_content(f"<form>{html}</form>")

    assert typing_page.input_value("[name=x]") == shown


# --- groups


class Contact(BaseModel):
    email: EmailStr
    name: str = Field(min_length=2)
    kind: Literal["private", "work"]


class Order(BaseModel):
    contact: Contact
    billing: Contact | None = None


@pytest.mark.parametrize(
    ("group", "valid"),
    [
        pytest.param("contact", False, id="demanded"),
        pytest.param("billing", True, id="optional"),
    ],
)
def test_only_a_demanded_group_demands_its_fields(typing_page, group, valid):
    order = controls_of(Order)
    assert isinstance(order, Group)
    fields = order.members[group]
    assert isinstance(fields, Group)
    controls = [one for one in fields.members.values() if isinstance(one, Control)]
    typing_page.set_content(f"<form>{''.join(map(markup, controls))}</form>")

    assert typing_page.evaluate("document.forms[0].checkValidity()") is valid
    names = [f"{group}.{name}" for name in fields.members]
    sent = typing_page.evaluate("[...new FormData(document.forms[0]).values()]")
    form = MultiDict([("contact.email", "a@b.org"), ("contact.name", "Ada")])
    form.add("contact.kind", "work")
    form.update(dict(zip(names, sent, strict=True)) if valid else {})
    adapter = TypeAdapter(Order)
    data = decode(form, MultiDict(), shape_of(adapter.core_schema)).data
    assert adapter.validate_python(data).billing is None
