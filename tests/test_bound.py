"""Bound arguments: what a page signs comes back as it was, or the call is refused."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from jinja2 import DictLoader
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, SecretStr
from typing_extensions import TypedDict
from werkzeug.datastructures import MultiDict

from flask_actions import (
    ActionContext,
    Actions,
    Upload,
    call_action,
    define_action,
    get_action_result,
)
from flask_actions.bound import read, sign
from flask_actions.errors import ActionError, MisuseError
from flask_actions.result import SafeResult

OUT_OF_DATE = "This form is out of date. Reload the page and send it again."
KEYS = ["test"]


class PostRef(BaseModel):
    id: int = Field(gt=0)
    version: int = 1


class PostIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=3)


def build(**options: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.testing = True
    actions = Actions(app)

    @actions.action(**{"bound": PostRef, **options})
    def save_post(input: PostIn, ctx: ActionContext) -> dict[str, Any]:
        return {"id": ctx.bound.id, "type": type(ctx.bound).__name__, "title": input.title}

    @actions.action(bound=PostRef)
    def delete_post(ctx: ActionContext) -> int:
        return ctx.bound.id

    app.add_url_rule("/page", view_func=lambda: "")
    return app, actions


def token(app: Flask, values: Any, name: str = "savePost", keys: Any = None) -> str:
    return sign(keys or KEYS, app.extensions["actions"].registry.find(name), values)


def by_form(app: Flask, data: dict[str, str], query: str = "") -> SafeResult[Any]:
    client = app.test_client()
    headers = {"Referer": "http://localhost/page"}
    answer = client.post(f"/_actions/savePost{query}", data=data, headers=headers)
    assert answer.status_code == 303
    with client:
        client.get(answer.location)
        result = get_action_result("savePost")
    assert result is not None
    return result


def by_json(app: Flask, data: Any, query: str = "") -> dict[str, Any]:
    return app.test_client().post(f"/_actions/savePost{query}", json=data).get_json()


@pytest.mark.parametrize("door", ["form", "json", "query of a form", "query of json", "python"])
def test_bound_arguments_reach_the_handler_and_not_the_model(door):
    app, _ = build()
    text = token(app, {"id": 7})
    own = {"title": "Hello"}

    with app.app_context():
        told = {
            "form": lambda: by_form(app, {**own, "_bound": text}).to_dict(),
            "json": lambda: by_json(app, {**own, "_bound": text}),
            "query of a form": lambda: by_form(app, own, f"?_bound={text}").to_dict(),
            "query of json": lambda: by_json(app, own, f"?_bound={text}"),
            "python": lambda: call_action("savePost", {**own, "_bound": {"id": 7}}).to_dict(),
        }[door]()

    assert told["data"] == {"id": 7, "type": "PostRef", "title": "Hello"}


def test_action_without_an_input_of_its_own_takes_bound_arguments():
    app, _ = build()
    text = token(app, {"id": 7}, "deletePost")

    answer = app.test_client().post("/_actions/deletePost", json={"_bound": text})

    assert answer.get_json()["data"] == 7


def cut(text: str) -> str:
    return text[:-1]


def turned(text: str) -> str:
    return ("A" if text[0] != "A" else "B") + text[1:]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda app: None, id="missing"),
        pytest.param(lambda app: "", id="empty"),
        pytest.param(lambda app: '{"id": 7}', id="plain values"),
        pytest.param(lambda app: cut(token(app, {"id": 7})), id="cut off"),
        pytest.param(lambda app: turned(token(app, {"id": 7})), id="another payload"),
        pytest.param(lambda app: token(app, {"id": 7}, "deletePost"), id="of another action"),
        pytest.param(lambda app: token(app, {"id": 7}, keys=["other"]), id="of another key"),
        pytest.param(lambda app: "..", id="dots"),
        pytest.param(lambda app: "\x00é😀", id="no ASCII"),
    ],
)
@pytest.mark.parametrize("door", ["form", "json", "query"])
def test_what_was_not_bound_here_is_refused_and_nothing_typed_is_lost(door, text, caplog):
    app, _ = build()
    made = text(app)
    own = {"title": "No"} | ({} if made is None else {"_bound": made})

    if door == "form":
        result = by_form(app, own)
        told = result.to_dict()
        assert result.values == {"title": "No"}
    elif door == "json":
        told = by_json(app, own)
    else:
        from urllib.parse import quote

        told = by_json(app, {"title": "No"}, f"?_bound={quote(made or '')}")

    assert told["error"] == {
        "type": "ActionError",  # apart from the form's errors
        "code": "BAD_REQUEST",
        "status": 400,
        "message": OUT_OF_DATE,
    }
    assert "The bound arguments of savePost are refused" in caplog.text


@pytest.mark.parametrize("text", [7, True, ["a"], {"id": 7}, "\ud800"], ids=repr)
def test_json_member_that_is_no_signed_text_is_refused(text):
    app, _ = build()

    answer = app.test_client().post("/_actions/savePost", json={"title": "Hello", "_bound": text})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("ttl", "age", "ok"),
    [
        pytest.param(60, 59, True, id="in time"),
        pytest.param(60, 62, False, id="expired"),
        pytest.param(None, 10**8, True, id="for ever"),
    ],
)
def test_bound_arguments_hold_as_long_as_the_action_says(ttl, age, ok, monkeypatch):
    app, _ = build(bound_ttl=ttl)
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now - age)
    text = token(app, {"id": 7})
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now)

    result = by_form(app, {"title": "Hello", "_bound": text})

    assert result.ok is ok
    assert ok or (result.error.message, result.values) == (OUT_OF_DATE, {"title": "Hello"})


def test_what_the_model_no_longer_takes_is_refused():
    app, _ = build()

    class Older(BaseModel):
        id: int

    older = define_action(handler=lambda: None, bound=Older)
    older.rename("savePost")
    text = sign(KEYS, older, {"id": -1})

    assert by_form(app, {"title": "Hello", "_bound": text}).error.message == OUT_OF_DATE


def test_older_keys_of_the_application_still_read():
    app, _ = build()
    text = token(app, {"id": 7})

    app.secret_key = "newer"
    app.config["SECRET_KEY_FALLBACKS"] = ["test"]

    assert by_form(app, {"title": "Hello", "_bound": text}).data["id"] == 7


def test_newest_key_signs():
    _, actions = build()
    action = actions.registry.find("savePost")

    text = sign(["old", b"new"], action, {"id": 7})

    assert read(["new"], action, text) == PostRef(id=7)
    with pytest.raises(ActionError):
        read(["old"], action, text)


def test_input_is_not_looked_at_while_what_is_bound_is_refused():
    app, _ = build()

    result = by_form(app, {"title": "x", "_bound": "forged"})

    assert result.error.issues == ()


def test_htmx_fragment_shows_the_refusal_with_what_was_typed():
    app, _ = build(fragment="f.html", fragment_context=lambda ctx, result: {"bound": ctx.bound})
    app.jinja_loader = DictLoader(
        {"f.html": "{{ result.error.message }} {{ result.values.title }} {{ bound }}"}
    )

    answer = app.test_client().post(
        "/_actions/savePost", data={"title": "No"}, headers={"HX-Request": "true"}
    )

    assert (answer.status_code, answer.text) == (400, f"{OUT_OF_DATE} No None")


# --- Python


@pytest.mark.parametrize(
    "values", [{"id": 7}, {"id": "7"}, PostRef(id=7)], ids=["dictionary", "text", "model"]
)
def test_trusted_code_gives_plain_values(values):
    app, _ = build()

    with app.app_context():
        assert call_action("savePost", {"title": "Hello", "_bound": values}).data["id"] == 7
        form = MultiDict([("title", "Hello"), ("_bound", values)])
        assert call_action("savePost", form).data["id"] == 7


@pytest.mark.parametrize(
    ("own", "said"),
    [
        pytest.param({}, "no such object", id="missing"),
        pytest.param({"_bound": {"id": 0}}, "PostRef: id", id="does not fit"),
        pytest.param({"_bound": {}}, "PostRef: id", id="empty"),
    ],
)
def test_plain_values_that_do_not_fit_are_refused_and_the_log_names_the_fields(own, said, caplog):
    app, _ = build()

    with app.app_context():
        result = call_action("savePost", {"title": "Hello", **own})

    assert (result.error.code, result.error.message) == ("BAD_REQUEST", OUT_OF_DATE)
    assert said in caplog.text


def test_shell_gives_plain_values():
    app, _ = build()
    text = '{"title": "Hello", "_bound": {"id": 7}}'

    told = app.test_cli_runner().invoke(args=["actions", "call", "savePost", "--json", text])

    assert '"id": 7' in told.output


def test_without_a_model_nothing_is_bound_and_the_field_means_nothing():
    app = Flask(__name__)
    actions = Actions(app)
    got: list[Any] = []

    @actions.action
    def act(ctx: ActionContext) -> None:
        got.append(ctx.bound)

    with app.app_context():
        call_action("act", {"_bound": 7}).or_throw()

    assert got == [None]


def test_guard_that_asks_for_it_is_told_that_it_is_too_early():
    app, _ = build(guard=lambda ctx: ctx.bound.id == 7)

    with app.app_context(), pytest.raises(MisuseError, match=r"ctx\.bound of savePost .* guards"):
        call_action("savePost", {"title": "Hello", "_bound": {"id": 7}})


def test_intents_and_bound_arguments_go_together():
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)

    @actions.action("savePost", intents={"save": PostIn, "delete": None}, bound=int)
    def act(input: Any, ctx: ActionContext) -> list[Any]:
        return [ctx.intent, ctx.bound]

    app.add_url_rule("/page", view_func=lambda: "")

    assert by_form(app, {"_intent": "delete", "_bound": sign(KEYS, act, 0)}).data == ["delete", 0]


# --- what can be bound


class Colour(Enum):
    RED = "red"


class Everything(BaseModel):
    model_config = ConfigDict(strict=True)

    day: date
    price: Decimal
    key: UUID
    colour: Colour
    raw: bytes
    tags: set[str]
    inner: PostRef | None = None
    post_no: int = Field(1, validation_alias="postNo", serialization_alias="PostNumber")


class Typed(TypedDict):
    id: int


WHOLE = Everything(
    day=date(2026, 7, 1),
    price=Decimal("1.10"),
    key=UUID(int=7),
    colour=Colour.RED,
    raw=b"ab",
    tags={"x", "y"},
    inner=PostRef(id=3),
    postNo=9,
)


@pytest.mark.parametrize(
    ("type_", "values", "whole"),
    [
        pytest.param(PostRef, {"id": 7}, PostRef(id=7), id="dictionary"),
        pytest.param(PostRef, PostRef(id=7, version=2), PostRef(id=7, version=2), id="model"),
        pytest.param(Everything, WHOLE, WHOLE, id="every type, strict, with aliases"),
        pytest.param(int, 0, 0, id="number"),
        pytest.param(int | None, None, None, id="nothing"),
        pytest.param(str, "é😀", "é😀", id="text"),
        pytest.param(list[date], [date(2026, 7, 1)], [date(2026, 7, 1)], id="list"),
        pytest.param(Typed, {"id": 7}, {"id": 7}, id="typed dictionary"),
        pytest.param(str, "long " * 1000, "long " * 1000, id="long text"),
    ],
)
def test_what_was_bound_comes_back_as_it_was(type_, values, whole):
    action = define_action(handler=lambda: None, bound=type_)

    back = read(KEYS, action, sign(KEYS, action, values))

    assert back == whole
    assert type(back) is type(whole)


def test_signed_text_stands_in_a_page_and_in_a_url_as_it_is():
    action = define_action(handler=lambda: None, bound=str)

    text = sign(KEYS, action, "\"<&'> ?#é")

    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


# --- misuse


class Blind(BaseModel):
    """Writes what it does not read."""

    day: Annotated[date, PlainSerializer(lambda day: f"on {day}")]


@pytest.mark.parametrize(
    ("type_", "values", "said"),
    [
        pytest.param(PostRef, {"id": 0}, r"does not fit PostRef: id: .*greater than 0", id="value"),
        pytest.param(PostRef, {}, r"does not fit PostRef: id: Field required", id="missing"),
        pytest.param(PostRef, None, r"does not fit PostRef: .*dictionary", id="nothing"),
        pytest.param(Blind, {"day": date(2026, 7, 1)}, "it does not read", id="one-way"),
        pytest.param(object, object(), "does not fit object", id="no JSON"),
    ],
)
def test_wrong_value_is_told_where_the_page_is_made(type_, values, said):
    action = define_action(handler=lambda: None, bound=type_)

    with pytest.raises(MisuseError, match=said) as told:
        sign(KEYS, action, values)

    assert "test_bound.py" in str(told.value)


def test_binding_to_an_action_that_takes_nothing_says_what_to_write():
    with pytest.raises(MisuseError, match=r"takes no bound arguments.*bound=PostRef"):
        sign(KEYS, define_action(handler=lambda: None), {"id": 7})


def test_without_a_key_the_setting_is_named():
    app, _ = build()
    app.secret_key = None

    with pytest.raises(MisuseError, match="SECRET_KEY"):
        app.test_client().post("/_actions/savePost", json={"title": "Hello", "_bound": "x"})
    with pytest.raises(MisuseError, match="SECRET_KEY"):
        sign([], app.extensions["actions"].registry.find("savePost"), {"id": 7})


class Form(FlaskForm):
    pass


class Secret(BaseModel):
    code: SecretStr


class WithFile(BaseModel):
    file: Upload


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        pytest.param({"bound": Form}, TypeError, "a pydantic model: bound=PostRef", id="FlaskForm"),
        pytest.param(
            {"bound": object()}, TypeError, "cannot describe the bound model", id="no type"
        ),
        pytest.param({"bound": Secret}, TypeError, "bound=Secret has a secret", id="secret"),
        pytest.param({"bound": WithFile}, TypeError, "bound=WithFile has a file", id="file"),
        pytest.param({"bound_ttl": 60}, TypeError, "give bound= too", id="only a time"),
        pytest.param({"bound": int, "bound_ttl": 0}, ValueError, "above 0", id="no time"),
        pytest.param({"bound": int, "bound_ttl": "1 h"}, ValueError, "a number of", id="text"),
        pytest.param({"bound": int, "bound_ttl": True}, ValueError, "a number of", id="boolean"),
    ],
)
def test_misuse_says_what_to_write(options, error, said):
    with pytest.raises(error, match=said) as told:
        define_action(handler=lambda: None, **options)

    assert "test_bound.py" in str(told.value)
