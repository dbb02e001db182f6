"""A fuzzer: forms and JSON of every shape and none, through all doors, for a time and not a count.

``FUZZ_SECONDS=600 pytest tests/test_fuzz.py`` runs longer; a failure prints the seed of its round,
and ``FUZZ_SEED=<seed>`` begins with that round again. Whatever is sent:

- the status is no 500, and the log has nothing to say;
- the answer is in the dialect of its door, and lets no markup through;
- no call takes long;
- what was typed into a form that is refused is there for its next rendering;
- no secret is in the answer, the session, a kept result or the log.
"""

from __future__ import annotations

import json
import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote_plus
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from jinja2 import DictLoader
from pydantic import AliasChoices, BaseModel, ConfigDict, Field, SecretStr

from flask_actions import AcceptTypes, ActionContext, Actions, MaxSize, Upload, get_action_result

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))
#: Calls of one round; the clock is looked at in between.
ROUND = 30
#: Seconds of CPU that one call may take, on a machine that does other things as well.
MOST = 2.0
#: Stands in fields that must never be seen again, and nowhere else.
SECRET = "Zq7hidden"


class Color(Enum):
    RED = 1
    GREEN = "green"


class Contact(BaseModel):
    email: str = Field(pattern="@")
    city: str | None = None
    api_token: str = ""
    hush: SecretStr | None = None


class Line(BaseModel):
    qty: int = Field(ge=1)
    price: Decimal = Decimal(0)
    hush: SecretStr | None = None


class Card(BaseModel):
    kind: Literal["card"]
    number: str
    hush: SecretStr | None = None


class Bill(BaseModel):
    kind: Literal["bill"]
    day: date


class Node(BaseModel):
    name: str
    nodes: list[Node] = []


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    count: int
    at: datetime
    flags: set[Color] = set()


class Order(BaseModel):
    name: str = Field(max_length=200)
    age: int
    price: Decimal = Field(gt=0, max_digits=8)
    day: date
    lasts: timedelta | None = None
    id: UUID | None = None
    color: Color = Color.RED
    terms: bool
    password: str = ""
    hush: SecretStr | None = None
    contact: Contact
    lines: list[Line] = Field(max_length=5)
    tags: set[str] = set()
    numbers: list[int] | int = 0
    pair: tuple[int, str] | None = None
    table: dict[str, Line] = {}
    payment: Card | Bill = Field(discriminator="kind")
    either: Line | Contact | None = None
    node: Node | None = None
    strict: Strict | None = None
    called: str = Field("", validation_alias=AliasChoices("nick", "Nick-Name"))
    file: Annotated[Upload, MaxSize("1 kB")] | None = None
    files: list[Annotated[Upload, AcceptTypes("image/*", ".txt")]] = []


class Closed(Order):
    model_config = ConfigDict(extra="forbid")


class Open(Order):
    model_config = ConfigDict(extra="allow")


NAMES = ("order", "closed", "open", "rows", "union", "anything")


def build(folder: Path) -> Flask:
    app = Flask(__name__, instance_path=str(folder))
    app.secret_key = "test"
    app.config.update(PROPAGATE_EXCEPTIONS=False, ACTIONS_MAX_BODY=100_000)
    text = "<form>{{ result.error.status }} {{ result.error.fields }} {{ result.values }}</form>"
    app.jinja_loader = DictLoader({"form.html": text})
    actions = Actions(app)

    def take(input: Any, ctx: ActionContext) -> str:
        return type(input).__name__

    for name, type_ in {
        "order": Order,
        "closed": Closed,
        "open": Open,
        "rows": list[Line] | dict[str, Contact],
        "union": Card | Bill | Node | int | None,
        "anything": None,
    }.items():
        actions.action(name, input=type_, fragment="form.html")(take)

    @app.route("/page", methods=["GET", "POST"])
    def page() -> Any:
        results = [result for name in NAMES if (result := get_action_result(name))]
        return [{**result.to_dict(), "values": dict(result.values)} for result in results]

    return app


DOORS = {
    "form": {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"},
    "boosted": {"HX-Request": "true", "HX-Boosted": "true"},
    "htmx": {"HX-Request": "true"},
    "rpc": {"Accept": "application/json"},
}
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
JSON = "application/json"


# --- one call, and what must be true of it


@dataclass
class Answer:
    status: int
    error: dict[str, Any] | None
    #: What was typed; None where no page shows it.
    values: dict[str, Any] | None


@pytest.fixture
def send(tmp_path) -> Iterator[Callable[..., Answer]]:
    """Send a body through a door, and see that all is well."""
    app = build(tmp_path)
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(self.format(record))

    def send(name: str, door: str, by_page: bool, type_: str, body: bytes) -> Answer:
        client = app.test_client()
        heard.clear()
        url = f"/page?_action={name}" if by_page else f"/_actions/{name}"
        headers = {**DOORS[door], "Referer": "http://localhost/page", "Content-Type": type_}
        began = time.process_time()

        response = client.post(url, data=body, headers=headers)

        took = time.process_time() - began
        assert took < MOST, f"{took:.1f} seconds"
        assert heard == []
        assert response.status_code in (200, 303, 400, 413, 415)
        assert response.headers["Cache-Control"] == "no-store"
        with client.session_transaction() as held:
            assert SECRET not in str(dict(held))
        for path in tmp_path.rglob("*"):
            assert path.is_dir() or SECRET.encode() not in path.read_bytes()
        seen = response.text + str(response.headers)
        if type_ == JSON and door == "form":
            door = "rpc"
        answer = _read(client, response, door)
        assert SECRET not in seen + str(answer)
        return answer

    ear = Ear()
    logging.getLogger().addHandler(ear)
    yield send
    logging.getLogger().removeHandler(ear)


def _read(client: Any, response: Any, door: str) -> Answer:
    """The answer, which is in the dialect of its door."""
    status = response.status_code
    if door == "rpc":
        body = response.json
        assert response.mimetype == "application/json"
        assert body["success"] is (status == 200)
        assert status == (body["error"]["status"] if body["error"] else 200)
        return Answer(status, body["error"], None)
    assert response.mimetype == "text/html"
    assert "<script" not in response.text
    if door == "htmx":
        fragment = response.text.startswith("<form>")
        assert fragment or "actions-error" in response.text
        return Answer(status, {} if status != 200 else None, None)
    if status != 303:
        assert response.text.lstrip().startswith("<!doctype html>") or door == "boosted"
        return Answer(status, {}, None)
    (result,) = client.get(response.location).json
    assert result["error"] is None or result["error"]["status"] == 400
    return Answer(400 if result["error"] else 200, result["error"], result["values"])


def for_a_share(share: float, check: Callable[..., None], *strategies: Any, **named: Any) -> None:
    """Run *check* on examples in rounds, until this share of the time is over."""
    until = time.monotonic() + SECONDS * share
    number = int(os.environ.get("FUZZ_SEED") or random.randrange(10**9))
    while True:
        examined = settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            phases=[Phase.generate, Phase.shrink],
        )(given(*strategies, **named)(check))
        try:
            seed(number)(examined)()
        except BaseException:
            print(f"Repeat it: FUZZ_SEED={number} pytest {__file__}")
            raise
        number += 1
        if time.monotonic() > until:
            return


# --- names as our forms have them

WORDS = [
    *("name", "age", "price", "day", "lasts", "id", "color", "terms", "contact", "email", "city"),
    *("lines", "qty", "tags", "numbers", "pair", "table", "payment", "kind", "number", "either"),
    *("node", "nodes", "strict", "count", "at", "flags", "nick", "Nick-Name", "file", "files"),
    *("0", "1", "2", "7", "10", "9999", "10000", "01", "-1", "²", "١", "x", "é", "a b", "None"),
]
RESERVED = ["_action", "_page", "_intent", "_bound", "_result", "csrf_token"]
#: Secret by their names; and those that are secret by the types of an action's input.
SECRET_NAMES = [
    *(("password",), ("contact", "api_token"), ("contact", "pin"), ("x", "secret"), ("userPin",)),
    *(("node", "nodes", "0", "passwd"), ("card_cvv",), ("API_TOKEN", "0"), ("_own",)),
]
ORDER_SECRETS = [
    *(("hush",), ("contact", "hush"), ("payment", "hush"), ("either", "hush")),
    *(("lines", "0", "hush"), ("lines", "3", "hush"), ("table", "a", "hush")),
]
SECRETS = {
    **dict.fromkeys(("order", "closed", "open"), (*SECRET_NAMES, *ORDER_SECRETS)),
    "rows": [*SECRET_NAMES, ("0", "hush"), ("7", "hush"), ("a", "hush")],
    "union": [*SECRET_NAMES, ("hush",)],
    "anything": SECRET_NAMES,
}
TEXTS = [
    *("", "on", "off", "true", "1", "2", "-1", "card", "bill", "green", "a@b", "x", "NaN", "1e400"),
    *("2024-02-29", "2024-02-30", "2024-01-01T00:00:00Z", "P1D", "12,5", "0x1", " 1 ", "1" * 5000),
    *("<script>alert(1)</script>", "{{7*7}}", "\0", "\r\n", "é" * 9, "\U0001f600", "%ED%A0%80"),
]
PATHS = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(tuple),
    st.tuples(st.sampled_from(["lines", "numbers", "tags", "table"]), st.sampled_from(WORDS)),
    st.tuples(st.just("lines"), st.sampled_from("0123"), st.sampled_from(["qty", "price", "x"])),
    st.tuples(st.sampled_from(["contact", "payment", "either", "strict"]), st.sampled_from(WORDS)),
    st.lists(st.just("node"), min_size=15, max_size=18).map(tuple),
)


def spelled(path: tuple[str, ...], brackets: int, listed: bool) -> str:
    """A path as a form's name: bit by bit of *brackets* in brackets or after a dot."""
    name = path[0]
    for place, one in enumerate(path[1:]):
        name += f"[{one}]" if brackets >> place & 1 else f".{one}"
    return name + ("[]" if listed else "")


SPELLING = (st.integers(0, 15), st.booleans())
TEXT = st.one_of(st.sampled_from(TEXTS), st.text(max_size=20))
#: Names with their path, so that what comes back is known.
PAIR = st.builds(
    lambda path, brackets, listed, text: (path, spelled(path, brackets, listed), text),
    PATHS,
    *SPELLING,
    TEXT,
)
#: Names of which nobody can say what they mean, with some of ours in them.
ODD_PAIR = st.builds(
    lambda parts, text: (None, "".join(parts), text),
    st.lists(st.sampled_from([*WORDS, *RESERVED, ".", "..", "[", "]", "[]", "_", "\0", "&"])),
    TEXT,
)
ODD_SECRET = st.builds(
    lambda before, word, after: (None, "".join([*before, word, *after]), SECRET),
    st.lists(st.sampled_from([".", "[", "]", "[]", "x", "0."]), max_size=3),
    st.sampled_from(["password", "userToken", "clientSecret"]),
    st.lists(st.sampled_from([".", "[", "]", "[]", ".0", "["]), max_size=3),
)
VALID = {
    ("name",): "x",
    ("age",): "3",
    ("price",): "1.50",
    ("day",): "2024-02-29",
    ("terms",): "on",
    ("contact", "email"): "a@b",
    ("lines", "0", "qty"): "1",
    ("payment", "kind"): "card",
    ("payment", "number"): "1",
}
CALL = {
    "name": st.sampled_from(NAMES),
    "door": st.sampled_from(list(DOORS)),
    "by_page": st.booleans(),
}


@st.composite
def forms(draw: Any) -> tuple[str, list[tuple[Any, str, str]]]:
    """An action, and pairs for it: odd ones, or an order that is almost valid with some more."""
    name = draw(CALL["name"])
    secret = st.builds(
        lambda path, brackets, listed: (None, spelled(path, brackets, listed), SECRET),
        st.sampled_from(SECRETS[name]),
        *SPELLING,
    )
    pairs = draw(st.lists(st.one_of(PAIR, PAIR, secret, ODD_PAIR, ODD_SECRET), max_size=12))
    if draw(st.booleans()):
        missing = draw(st.sets(st.sampled_from(list(VALID)), max_size=2))
        pairs += [(path, ".".join(path), VALID[path]) for path in VALID if path not in missing]
    return name, draw(st.permutations(pairs))


DOOR = {"door": CALL["door"], "by_page": CALL["by_page"], "form": forms()}


def expected_values(pairs: list[tuple[Any, str, str]]) -> dict[str, list[str]]:
    """What comes back by dotted name, of the pairs whose names are clear."""
    typed: dict[str, list[str]] = {}
    for path, _, text in pairs:
        if path is not None and len(path) <= 16:
            typed.setdefault(".".join(path), []).append(text)
    unclear = {re.sub(r"[\[\].]+", ".", name).strip(".") for path, name, _ in pairs if not path}
    return {name: sorted(texts) for name, texts in typed.items() if name not in unclear}


def check_values(answer: Answer, pairs: list[tuple[Any, str, str]]) -> None:
    if answer.error is None or answer.values is None:
        return
    got = {
        name: sorted([texts] if isinstance(texts, str) else texts)
        for name, texts in answer.values.items()
    }
    for name, texts in expected_values(pairs).items():
        assert got.get(name) == texts


def test_urlencoded_forms(send):
    def check(form: tuple[str, list[Any]], door: str, by_page: bool) -> None:
        name, pairs = form
        body = "&".join(f"{quote_plus(one)}={quote_plus(text)}" for _, one, text in pairs)

        answer = send(name, door, by_page, FORM, body.encode())

        assert answer.status in (200, 400)
        check_values(answer, pairs)

    for_a_share(0.3, check, **DOOR)


FILES = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(["file", "files", "files[]", "files.0", "name", "hush", "", "lines"]),
            PAIR.map(lambda pair: pair[1]),
        ),
        st.sampled_from(["", "a.txt", "a.png", "../../x", "a\0b", "é.txt", "x" * 300]),
        st.sampled_from(["", "text/plain", "image/png", "image/svg+xml", "x", "a/b; c=d"]),
        st.one_of(st.binary(max_size=30), st.sampled_from([b"\x89PNG\r\n\x1a\n", b"x" * 1001])),
    ),
    max_size=3,
)


def multipart(pairs: list[Any], files: list[Any]) -> bytes:
    parts = []
    for name, text in [(name, text) for _, name, text in pairs]:
        head = f'Content-Disposition: form-data; name="{name}"'
        parts.append(f"--b\r\n{head}\r\n\r\n{text}\r\n".encode())
    for name, filename, type_, content in files:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'
        type_line = f"\r\nContent-Type: {type_}" if type_ else ""
        parts.append(f"--b\r\n{head}{type_line}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + b"--b--\r\n"


def test_multipart_forms(send):
    def check(form: tuple[str, list[Any]], door: str, by_page: bool, files: list[Any]) -> None:
        name, pairs = form
        clear = [pair for pair in pairs if pair[0] is not None or pair[2] == SECRET]

        answer = send(name, door, by_page, MULTIPART, multipart(clear, files))

        assert answer.status in (200, 400, 415)  # 415: a text that holds the boundary, say
        check_values(answer, clear)

    for_a_share(0.2, check, **DOOR, files=FILES)


# --- JSON

WHOLE: dict[str, Any] = {
    "name": "x",
    "age": 3,
    "price": "1.50",
    "day": "2024-02-29",
    "color": 1,
    "terms": True,
    "password": SECRET,
    "hush": SECRET,
    "contact": {"email": "a@b", "api_token": SECRET, "hush": SECRET},
    "lines": [{"qty": 1, "hush": SECRET}, {"qty": 2, "price": 1.5}],
    "tags": ["a", "b"],
    "pair": [1, "a"],
    "table": {"a": {"qty": 1}},
    "payment": {"kind": "card", "number": "1", "hush": SECRET},
    "either": {"qty": 1, "hush": SECRET},
    "node": {"name": "a", "nodes": [{"name": "b"}]},
    "strict": {"count": 1, "at": "2024-01-01T00:00:00Z", "flags": [1]},
}
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**63, 2**64, -(2**64), 10**400, 10**4000, 1e308, -0.0, 5e-324]),
    st.floats(),  # NaN and Infinity too, which are no JSON
    st.text(max_size=10),
    st.text(st.characters(categories=["Cs", "Cc", "L"]), max_size=4),  # lone surrogates
    st.sampled_from(TEXTS),
)
KEY = st.one_of(st.sampled_from([*WORDS, *RESERVED, "__proto__", "__class__", ""]), st.text())
ANY = st.recursive(
    SCALAR,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEY, inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def almost_whole(draw: Any) -> Any:
    """A valid order in which some places have other values."""
    data = json.loads(json.dumps(WHOLE))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = data
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(place[key], (dict, list)) and draw(st.booleans()):
                place = place[key]
                continue
            place[key] = draw(ANY)
            break
    return data


def test_json(send):
    def check(name: str, door: str, by_page: bool, data: Any) -> None:
        answer = send(name, door, by_page, JSON, json.dumps(data).encode())

        assert answer.status in ((200, 400) if door in ("form", "rpc") else (415,))

    # htmx takes forms alone: that it says so is soon seen.
    doors = {**CALL, "door": st.sampled_from(["form", "rpc", "rpc", "htmx", "boosted"])}
    for_a_share(0.2, check, **doors, data=st.one_of(ANY, almost_whole()))


# --- bytes


@st.composite
def mutated(draw: Any) -> tuple[str, bytes]:
    """A valid body of some type, with a few of its bytes changed, lost or doubled."""
    pairs = [(path, ".".join(path), text) for path, text in VALID.items()]
    type_, body = draw(
        st.sampled_from(
            [
                (JSON, json.dumps(WHOLE).replace(SECRET, "x").encode()),
                (FORM, "&".join(f"{name}={text}" for _, name, text in pairs).encode()),
                (MULTIPART, multipart(pairs, [("file", "a.txt", "text/plain", b"x")])),
            ]
        )
    )
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 20)))
        match draw(st.sampled_from(["change", "lose", "double", "many", "cut"])):
            case "change":
                body = body[:start] + draw(BYTES) + body[end:]
            case "lose":
                body = body[:start] + body[end:]
            case "double":
                body = body[:end] + body[start:end] + body[end:]
            case "many":
                body = body[:end] + body[start:end] * 500 + body[end:]
            case "cut":
                body = body[:start]
    return type_, body


BYTES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from(
        [b"\r\n", b"--b", b"--b--", b'"', b"{", b"[", b"]" * 9, b"\\ud800", b"\xed\xa0\x80", b"\0"]
    ),
    st.sampled_from(
        [b"[" * 300, b'{"a":' * 300, b"a." * 300, b"9" * 5000, b"&" * 300, b"[x]" * 90]
    ),
)


def test_mutated_bytes(send):
    def check(name: str, door: str, by_page: bool, body: tuple[str, bytes]) -> None:
        send(name, door, by_page, *body)

    for_a_share(0.3, check, **CALL, body=mutated())
