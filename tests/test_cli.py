"""``flask actions``: the list, and a call from the shell."""

from __future__ import annotations

import functools
import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from pydantic import BaseModel, ConfigDict

from flask_actions import ActionContext, ActionError, ActionGroup, Actions


class Post(BaseModel):
    title: str


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    day: date


def logged_in(ctx: ActionContext) -> None: ...


class Limit:
    def __call__(self, ctx: ActionContext) -> None: ...


@pytest.fixture
def app():
    app = Flask(__name__)
    actions = Actions(app)

    @actions.action
    def create_post(input: Post) -> dict[str, Any]:
        return {"title": input.title, "nïce": True}

    @actions.action
    def refuse() -> None:
        raise ActionError("CONFLICT", "Taken")

    @actions.action
    def crash() -> None:
        raise ZeroDivisionError("by zero")

    @actions.action
    def nothing() -> None: ...

    @actions.action
    async def later() -> int:
        return 3

    @actions.action
    def strict(input: Strict) -> date:
        return input.day

    @actions.action
    def away(ctx: ActionContext) -> str:
        ctx.redirect("/there")
        return ctx.called_from

    @actions.action
    def half() -> str:
        return "\ud83d"

    @actions.action
    def unsendable():
        return object()

    group = ActionGroup("blog", guard=[logged_in, Limit()])
    group.action(accept="form", guard=functools.partial(logged_in))(create_post.handler)
    group.action("locked", guard=lambda ctx: False)(lambda: None)
    actions.register(group)
    return app


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["actions", *arguments])


def test_list(app):
    result = run(app, "list")

    assert result.exit_code == 0
    head, *rows = (line.split("  ") for line in result.output.splitlines())
    table = {row[0]: [cell.strip() for cell in row[1:] if cell.strip()] for row in rows}
    assert [cell.strip() for cell in head if cell.strip()] == [
        "NAME",
        "ACCEPTS",
        "INPUT",
        "GUARD",
        "URL",
    ]
    assert table["createPost"] == ["form,json", "Post", "-", "/_actions/createPost"]
    assert table["blog.createPost"] == [
        "form",
        "Post",
        "logged_in, Limit, logged_in",
        "/_actions/blog.createPost",
    ]
    assert table["nothing"] == ["form,json", "-", "-", "/_actions/nothing"]
    assert list(table) == sorted(table)


def test_list_of_no_actions():
    app = Flask(__name__)
    Actions(app, url_prefix="/x")

    assert run(app, "list").output == "NAME  ACCEPTS  INPUT  GUARD  URL\n"


def test_list_knows_the_prefix():
    app = Flask(__name__)
    Actions(app, url_prefix="/x").action("act")(lambda: None)

    assert "/x/act" in run(app, "list").output


@pytest.mark.parametrize(
    ("arguments", "data"),
    [
        pytest.param(
            ["createPost", "--json", '{"title": "ä"}'], {"title": "ä", "nïce": True}, id="input"
        ),
        pytest.param(["nothing"], None, id="no input"),
        pytest.param(["nothing", "--json", "null"], None, id="null"),
        pytest.param(["later"], 3, id="async"),
        pytest.param(["strict", "--json", '{"day": "2026-11-21"}'], "2026-11-21", id="strict JSON"),
    ],
)
def test_call(app, arguments, data):
    result = run(app, "call", *arguments)

    assert result.exit_code == 0, result.output
    assert json.loads(result.output) == {"success": True, "data": data, "error": None}


def test_call_prints_letters_as_they_are(app):
    assert '"nïce"' in run(app, "call", "createPost", "--json", '{"title": "ä"}').output


def test_call_shows_a_redirect(app):
    printed = json.loads(run(app, "call", "away").output)

    assert (printed["data"], printed["redirect"]) == ("server", "/there")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["refuse"], "CONFLICT", id="handler refuses"),
        pytest.param(["blog.locked"], "FORBIDDEN", id="guard refuses"),
        pytest.param(["createPost"], "BAD_REQUEST", id="no input"),
        pytest.param(["createPost", "--json", '{"title": 3}'], "BAD_REQUEST", id="wrong input"),
        pytest.param(["crash"], "INTERNAL_SERVER_ERROR", id="crash"),
        pytest.param(["unsendable"], "INTERNAL_SERVER_ERROR", id="unserialisable"),
    ],
)
def test_call_that_fails_prints_the_error_and_exits_with_1(app, arguments, code):
    result = run(app, "call", *arguments)

    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code


def test_call_prints_half_a_surrogate_pair_as_an_escape(app):
    result = run(app, "call", "half")

    assert json.loads(result.stdout)["data"] == "\ud83d"


@pytest.mark.parametrize("command", ["client", "openapi"])
def test_file_that_cannot_be_written_is_told(app, command, tmp_path):
    place = tmp_path / "nowhere" / "file"
    result = run(app, command, "--out", str(place))

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert str(place) in result.output


@pytest.mark.parametrize("text", ["{", "nope", "NaN", '{"title": NaN}', "[" * 100_000, ""])
def test_what_is_no_json_is_told_as_a_bad_option(app, text):
    result = run(app, "call", "createPost", "--json", text)

    assert result.exit_code == 2
    assert "--json" in result.output
    assert "JSON" in result.output


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("createPsot", "Did you mean 'createPost'"),
        ("blog", "no action"),
        ("__class__", "no action"),
    ],
)
def test_unknown_name_is_told_with_a_suggestion(app, name, told):
    result = run(app, "call", name)

    assert result.exit_code == 2
    assert told in result.output


def test_crash_propagates_where_flask_would(app):
    app.testing = True

    assert isinstance(run(app, "call", "crash").exception, ZeroDivisionError)
