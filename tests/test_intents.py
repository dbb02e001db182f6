"""Several buttons: each intent has its model, and `_intent` chooses among them on every door."""

from __future__ import annotations

from io import BytesIO
from typing import Annotated, Any

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from jinja2 import DictLoader
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from werkzeug.datastructures import MultiDict
from wtforms import PasswordField, StringField

from flask_actions import (
    ActionContext,
    ActionGroup,
    Actions,
    MaxSize,
    SafeResult,
    Upload,
    call_action,
    define_action,
    get_action_result,
)
from flask_actions.errors import MisuseError


class Line(BaseModel):
    sku: str = Field(min_length=2)


class DraftIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = ""
    tags: list[str] = []


class PostIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=3)
    tags: list[str] = []
    lines: list[Line] = []
    live: bool
    code: SecretStr | None = None


def build(**options: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.testing = True
    actions = Actions(app)

    @actions.action(intents={"draft": DraftIn, "publish": PostIn}, **options)
    def save_post(input: DraftIn | PostIn, ctx: ActionContext) -> dict[str, Any]:
        return {"intent": ctx.intent, "model": type(input).__name__, "title": input.title}

    @app.get("/page")
    def page() -> str:
        result = get_action_result("savePost")
        return render_template_string("{{ result.to_dict() | tojson }}", result=result)

    return app, actions


def by_form(app: Flask, data: list[tuple[str, str]], query: str = "") -> SafeResult[Any]:
    client = app.test_client()
    headers = {"Referer": "http://localhost/page"}
    answer = client.post(f"/_actions/savePost{query}", data=MultiDict(data), headers=headers)
    assert answer.status_code == 303
    with client:
        client.get(answer.location)
        result = get_action_result("savePost")
    assert result is not None
    return result


def by_json(app: Flask, data: Any, query: str = "") -> dict[str, Any]:
    return app.test_client().post(f"/_actions/savePost{query}", json=data).get_json()


@pytest.mark.parametrize(
    ("asked", "intent", "model"),
    [
        pytest.param("draft", "draft", "DraftIn", id="first"),
        pytest.param("publish", "publish", "PostIn", id="second"),
        pytest.param(None, "draft", "DraftIn", id="none: the first"),
        pytest.param("", "draft", "DraftIn", id="empty: the first"),
    ],
)
@pytest.mark.parametrize("door", ["form", "json", "query of a form", "query of json", "python"])
def test_intent_chooses_the_model(door, asked, intent, model):
    app, _ = build()
    data = {"title": "Hello"} | ({"live": True} if intent == "publish" else {})
    own = {} if asked is None else {"_intent": asked}
    query = "" if asked is None else f"?_intent={asked}"
    form = [(name, str(value)) for name, value in data.items()]

    with app.app_context():
        told = {
            "form": lambda: by_form(app, [*form, *own.items()]).to_dict(),
            "json": lambda: by_json(app, {**own, **data}),
            "query of a form": lambda: by_form(app, form, query).to_dict(),
            "query of json": lambda: by_json(app, data, query),
            "python": lambda: call_action("savePost", {**own, **data}).to_dict(),
        }[door]()

    assert told["data"] == {"intent": intent, "model": model, "title": "Hello"}


@pytest.mark.parametrize("asked", ["delete", "Draft", "0"], ids=["unknown", "case", "number"])
@pytest.mark.parametrize("door", ["form", "json", "query", "python"])
def test_unknown_intent_names_the_known_ones_and_not_itself(door, asked):
    app, _ = build()

    with app.app_context():
        told = {
            "form": lambda: by_form(app, [("title", "Hi"), ("_intent", asked)]).to_dict(),
            "json": lambda: by_json(app, {"_intent": asked}),
            "query": lambda: by_json(app, {}, f"?_intent={asked}"),
            "python": lambda: call_action("savePost", {"_intent": asked}).to_dict(),
        }[door]()

    assert told["error"]["code"] == "BAD_REQUEST"
    assert told["error"]["type"] == "ActionError"
    assert "draft, publish" in told["error"]["message"]
    assert asked not in told["error"]["message"].replace("draft", "")


@pytest.mark.parametrize("asked", [7, 0, False, ["draft"], {"draft": 1}], ids=repr)
def test_intent_in_json_that_is_no_text_is_unknown(asked):
    app, _ = build()

    assert by_json(app, {"_intent": asked})["error"]["code"] == "BAD_REQUEST"


def test_null_in_json_is_the_first_intent():
    app, _ = build()

    assert by_json(app, {"_intent": None, "title": "x"})["data"]["intent"] == "draft"


def test_typed_values_stay_when_the_intent_is_unknown():
    app, _ = build()

    result = by_form(app, [("title", "Half a word"), ("code", "s3cret"), ("_intent", "delete")])

    assert result.values == {"title": "Half a word"}


def test_button_in_the_body_wins_over_the_url_and_over_a_hidden_field_before_it():
    app, _ = build()
    form = [("_intent", "draft"), ("title", "Hello"), ("live", "on"), ("_intent", "publish")]

    assert by_form(app, form, "?_intent=draft").data["intent"] == "publish"
    assert by_json(app, {"_intent": "draft", "title": "x"}, "?_intent=publish")["data"][
        "intent"
    ] == ("draft")


@pytest.mark.parametrize("door", ["form", "json", "python"])
def test_errors_are_those_of_the_chosen_model(door):
    app, _ = build()
    form = [("title", "Hi"), ("lines.3.sku", "x"), ("tags", "one"), ("_intent", "publish")]
    data = {"title": "Hi", "lines": [{"sku": "x"}], "_intent": "publish", "live": False}

    with app.app_context():
        fields = {
            "form": lambda: by_form(app, form).error.fields,
            "json": lambda: by_json(app, data)["error"]["fields"],
            "python": lambda: call_action("savePost", data).error.fields,
        }[door]()

    assert set(fields) == {"title", "lines.3.sku" if door == "form" else "lines.0.sku"}


def test_form_is_decoded_with_the_shape_of_the_chosen_model():
    app, _ = build()
    form = [("title", "Hello"), ("tags", "one"), ("_intent", "publish")]

    result = by_form(app, form)  # one tag is a list; a box that was not ticked is False

    assert result.data["model"] == "PostIn"


def test_secret_of_any_intent_is_no_value_whichever_was_pressed():
    app, _ = build()
    form = [("title", "Hi"), ("code", "s3cret"), ("odd", "1"), ("_intent", "draft")]

    result = by_form(app, form)

    assert result.error.fields
    assert result.values == {"title": "Hi", "odd": "1"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 200, id="no body"),
        pytest.param(b"{}", 200, id="empty object"),
        pytest.param(b"[]", 400, id="list"),
        pytest.param(b'"_intent"', 400, id="text"),
        pytest.param(b'{"_intent": "draft"', 400, id="cut off"),
        pytest.param(b'{"_intent": "draft", "title": NaN}', 400, id="NaN"),
    ],
)
def test_json_body_without_fields_is_answered_in_json(body, status):
    app, _ = build()

    answer = app.test_client().post(
        "/_actions/savePost", data=body, content_type="application/json"
    )

    assert answer.status_code == status
    assert answer.get_json()["success"] is (status == 200)


def test_json_keeps_its_numbers_and_texts_when_the_intent_is_taken_off():
    app = Flask(__name__)
    actions = Actions(app)
    got: list[Any] = []

    @actions.action(intents={"one": dict[str, Any]})
    def keep(input: dict[str, Any]) -> None:
        got.append(input)

    sent = {"a": 2**70, "b": 0.1, "c": "😀\n\x00", "d": [None, True, {"_intent": "deep"}]}
    answer = app.test_client().post("/_actions/keep", json={**sent, "_intent": "one"})

    assert answer.status_code == 200
    assert got == [sent]


def test_intent_without_a_model_gets_what_was_sent():
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)
    got: list[Any] = []

    @actions.action(intents={"save": PostIn, "delete": None})
    def act(input: Any, ctx: ActionContext) -> None:
        got.append(input)

    client = app.test_client()
    client.post("/_actions/act", data={"_intent": "delete", "id": "7", "_key": "a"})
    client.post("/_actions/act", json={"_intent": "delete", "id": 7})
    with app.app_context():
        call_action("act", {"_intent": "delete", "id": 7})
        call_action("act", MultiDict({"_intent": "delete", "id": 7}))

    assert [dict(one) for one in got] == [{"id": "7"}, {"id": 7}, {"id": 7}, {"id": 7}]


class Login(FlaskForm):
    name = StringField()
    sesame = PasswordField()


def test_flask_form_may_be_an_intents_model():
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)

    @actions.action("savePost", intents={"plain": DraftIn, "login": Login})
    def act(input: Any) -> str:
        return str(input.name.data) if isinstance(input, FlaskForm) else input.title

    app.add_url_rule("/page", view_func=lambda: "")

    assert by_form(app, [("_intent", "login"), ("name", "Ada")]).data == "Ada"
    assert by_form(app, [("title", "Hello")]).data == "Hello"
    assert by_form(app, [("_intent", "no"), ("name", "x"), ("sesame", "open")]).values == {
        "name": "x"
    }


def test_python_call_takes_a_multidict_and_leaves_it_alone():
    app, _ = build()
    given = MultiDict([("_intent", "publish"), ("title", "Hello"), ("live", "on"), ("tags", "a")])
    before = given.copy()

    with app.app_context():
        result = call_action("savePost", given)

    assert result.data["intent"] == "publish"
    assert given == before


def test_python_call_leaves_its_dictionary_alone():
    app, _ = build()
    given = {"_intent": "draft", "title": "x"}

    with app.app_context():
        call_action("savePost", given).or_throw()

    assert given == {"_intent": "draft", "title": "x"}


def test_python_call_takes_an_object_of_the_first_model():
    app, _ = build()

    with app.app_context():
        assert call_action("savePost", DraftIn(title="x")).data["model"] == "DraftIn"


def test_nothing_is_the_first_intent_from_python():
    app, _ = build()

    with app.app_context():
        assert call_action("savePost").data == {"intent": "draft", "model": "DraftIn", "title": ""}


def test_page_url_of_a_post_at_the_page_is_left_without_the_intent():
    app, _ = build()
    app.add_url_rule("/post", view_func=lambda: "", methods=["GET", "POST"])

    answer = app.test_client().post(
        "/post?_action=savePost&_intent=draft&_bound=x&q=1", data={"title": "x"}
    )

    assert answer.location.startswith("/post?q=1&_result=")


def test_without_intents_there_is_none_and_the_field_means_nothing():
    app = Flask(__name__)
    actions = Actions(app)
    got: list[Any] = []

    @actions.action
    def act(input: DraftIn, ctx: ActionContext) -> None:
        got.append(ctx.intent)

    client = app.test_client()
    answer = client.post(
        "/_actions/act", data={"_intent": "x"}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 200
    assert got == [None]


def test_guard_that_asks_for_the_intent_is_told_that_it_is_too_early():
    app, _ = build(guard=lambda ctx: ctx.intent == "draft")

    with app.app_context(), pytest.raises(MisuseError, match=r"ctx\.intent of savePost .* guards"):
        call_action("savePost", {})


def test_fragment_context_sees_the_intent_after_the_guards_even_when_they_refuse():
    app, _ = build(
        guard=lambda ctx: False,
        fragment="f.html",
        fragment_context=lambda ctx, result: {"intent": ctx.intent},
    )
    app.jinja_loader = DictLoader({"f.html": "{{ intent }}: {{ result.error.code }}"})

    answer = app.test_client().post("/_actions/savePost", headers={"HX-Request": "true"})

    assert answer.text == "None: FORBIDDEN"


def test_options_are_those_of_groups_and_of_define_action_too():
    app = Flask(__name__)
    group = ActionGroup("blog")
    intents = {"draft": DraftIn, "publish": PostIn}

    @group.action("save", intents=intents, bound=int, bound_ttl=60)
    def save(input: Any) -> None: ...

    defined = define_action(handler=lambda input: None, intents=intents)
    Actions(app).register(group)

    assert list(save.intents) == list(defined.intents) == ["draft", "publish"]
    assert (save.bound_ttl, defined.bound) == (60, None)


class Small(BaseModel):
    file: Annotated[Upload, MaxSize("1 kB")]


class Large(BaseModel):
    file: Annotated[Upload, MaxSize("3 kB")]


@pytest.mark.parametrize(
    ("size", "status"),
    [pytest.param(2_900, 400, id="fits the larger"), pytest.param(9_000, 413, id="fits none")],
)
def test_body_may_be_as_large_as_the_largest_intents(size, status):
    app = Flask(__name__)
    app.config["ACTIONS_MAX_BODY"] = 1_000
    actions = Actions(app)
    actions.action("act", intents={"one": Small, "two": Large, "three": DraftIn})(lambda input: 1)

    answer = app.test_client().post(
        "/_actions/act",
        data={"file": (BytesIO(b"x" * size), "a.txt"), "_intent": "one"},
        headers={"Accept": "application/json"},
    )

    assert answer.status_code == status
    assert ("file" in answer.get_json()["error"].get("fields", {})) is (status == 400)


def test_flask_actions_list_names_the_intents():
    app, _ = build()

    told = app.test_cli_runner().invoke(args=["actions", "list"])

    assert "draft: DraftIn, publish: PostIn" in told.output


def test_shell_chooses_an_intent_in_its_json():
    app, _ = build()
    runner = app.test_cli_runner()
    text = '{"_intent": "publish", "title": "Hello", "live": true}'

    told = runner.invoke(args=["actions", "call", "savePost", "--json", text])

    assert '"model": "PostIn"' in told.output
    assert '"DraftIn"' in runner.invoke(args=["actions", "call", "savePost"]).output


def test_doctor_examines_an_action_with_intents():
    app, _ = build(max_body="2 MB")

    told = app.test_cli_runner().invoke(args=["actions", "doctor"])

    assert told.exception is None or isinstance(told.exception, SystemExit)
    assert "1 action" in told.output


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        pytest.param(
            {"input": PostIn, "intents": {"a": PostIn}}, TypeError, "write one of", id="both"
        ),
        pytest.param({"intents": {}}, ValueError, "intents is empty", id="empty"),
        pytest.param({"intents": [PostIn]}, TypeError, "a dictionary of models", id="list"),
        pytest.param({"intents": {1: PostIn}}, TypeError, "a button 1", id="name is a number"),
        pytest.param({"intents": {"": PostIn}}, TypeError, "a button ''", id="name is empty"),
        pytest.param({"intents": {"a": object()}}, TypeError, "cannot describe", id="no model"),
        pytest.param({"intent": {"a": PostIn}}, TypeError, "Did you mean intents=", id="spelling"),
    ],
)
def test_misuse_says_what_to_write(options, error, said):
    with pytest.raises(error, match=said) as told:
        define_action(handler=lambda input: None, **options)

    assert "test_intents.py" in str(told.value) or "define_action" in str(told.value)
