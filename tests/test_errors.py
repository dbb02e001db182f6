"""What goes wrong inside an action: told to its caller, its developer, and Flask's own handlers."""

from __future__ import annotations

import json
import logging
import pickle
from typing import Annotated, Any

import pytest
from flask import (
    Blueprint,
    Flask,
    abort,
    g,
    got_request_exception,
    make_response,
    render_template_string,
)
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.exceptions import (
    HTTPException,
    ImATeapot,
    NotFound,
    ServiceUnavailable,
    TooManyRequests,
)

from flask_actions import (
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    Issue,
    define_action,
    errors,
    get_action_result,
)
from flask_actions.errors import error_json

HEADERS = {
    "form": {"Referer": "http://localhost/page"},
    "htmx": {"HX-Request": "true"},
    "rpc": {"Accept": "application/json"},
}
DOORS = [*HEADERS, "server"]


class OutOfStock(Exception):
    pass


class SoldOut(OutOfStock):
    pass


class Wanted(BaseModel):
    text: str = ""


#: What goes wrong, by the text that is sent.
PROBLEMS: dict[str, Any] = {
    "nothing": lambda: None,
    "missing": lambda: abort(404, "No such post"),
    "plain missing": lambda: abort(404),
    "gone": lambda: abort(410),
    "teapot": lambda: abort(418),
    "conflict": lambda: ActionError("CONFLICT", "Already there"),
    "own issues": lambda: ActionInputError({"text": "Not this"}),
    "slow": lambda: TooManyRequests(retry_after=30),
    "soon": lambda: ActionError("TOO_MANY_REQUESTS", retry_after=2.1),
    "now": lambda: ActionError("SERVICE_UNAVAILABLE", retry_after=-0.5),
    "server": lambda: abort(500),
    "unavailable": lambda: ServiceUnavailable("Come back later"),
    "unknown status": lambda: odd_status(599),
    "page of its own": lambda: abort(make_response("a page of its own", 409)),
    "value": lambda: ValueError("secret of the value"),
    "key": lambda: KeyError("secret of the key"),
    "sold out": lambda: SoldOut("secret of the stock"),
    "base": lambda: KeyboardInterrupt(),
}


def odd_status(code: int) -> HTTPException:
    problem = HTTPException("odd")
    problem.code = code
    return problem


def fail(text: str) -> None:
    problem = PROBLEMS[text]()
    if problem is not None:
        raise problem


class Site:
    """An application with an action that fails as it is told, and what each door says of it."""

    def __init__(self, folder: Any, **config: Any) -> None:
        self.app = Flask(__name__, template_folder=str(folder))
        self.app.config.update({"SECRET_KEY": "test", **config})
        self.actions = Actions(self.app)
        self.heard: list[BaseException] = []
        self.shown: list[Any] = []
        (folder / "form.html").write_text("{{ result.error.code }}: {{ result.error.message }}")

        @self.actions.action(fragment="form.html")
        def act(input: Wanted) -> str:
            fail(input.text)
            return "done"

        @self.actions.action(fragment="form.html", guard=lambda ctx: fail(ctx.request.args["text"]))
        def guarded(input: Wanted) -> str:
            return "done"

        @self.app.get("/page")
        def page() -> str:
            self.shown.append(get_action_result("act") or get_action_result("guarded"))
            return "page"

        # blinker keeps only a weak reference: the bound method's owner is this object.
        got_request_exception.connect(self.hear, self.app)

    def hear(self, sender: Any, exception: BaseException, **_: Any) -> None:
        self.heard.append(exception)

    def send(self, door: str, text: str, name: str = "act") -> Any:
        """The error that a door's user is told of; None for success."""
        if door == "server":
            with self.app.test_request_context(f"/?text={text}"):
                return self.actions.call(name, {"text": text}).error
        response = self.post(door, text, name)
        if door == "form":
            assert response.status_code == 303, response.text
            self.client.get(response.location)
            return self.shown.pop().error
        if door == "htmx":
            code, _, message = response.text.partition(": ")
            assert response.status_code == ActionError.code_to_status(code)
            return ActionError(code, message.replace("&#39;", "'"))
        told = response.json["error"]
        assert response.status_code == told["status"]
        return ActionError(told["code"], told["message"], reference=told.get("reference"))

    def post(self, door: str, text: str, name: str = "act") -> Any:
        self.client = self.app.test_client()
        return self.client.post(
            f"/_actions/{name}?text={text}", data={"text": text}, headers=HEADERS[door]
        )


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


# HTTPExceptions


@pytest.mark.parametrize("name", ["act", "guarded"], ids=["handler", "guard"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        pytest.param("missing", "NOT_FOUND", "No such post", id="abort with a text"),
        pytest.param("plain missing", "NOT_FOUND", NotFound.description, id="abort"),
        pytest.param("teapot", "BAD_REQUEST", ImATeapot.description, id="no name in the table"),
        pytest.param("slow", "TOO_MANY_REQUESTS", TooManyRequests.description, id="raised"),
        pytest.param("unavailable", "SERVICE_UNAVAILABLE", "Come back later", id="of the server"),
        pytest.param("unknown status", "INTERNAL_SERVER_ERROR", "odd", id="unknown status"),
        pytest.param("conflict", "CONFLICT", "Already there", id="ActionError"),
    ],
)
def test_exception_of_http_is_the_error_of_its_status(site, door, name, text, code, message):
    error = site.send(door, text, name)

    assert (error.code, error.message) == (code, message)
    assert site.heard == []


@pytest.mark.parametrize("door", ["htmx", "rpc"])
@pytest.mark.parametrize(("text", "seconds"), [("slow", "30"), ("soon", "3"), ("now", "0")])
def test_waiting_time_becomes_the_header_in_whole_seconds(site, door, text, seconds):
    assert site.post(door, text).headers["Retry-After"] == seconds


@pytest.mark.parametrize("door", ["form", "rpc"])
def test_response_that_is_aborted_with_is_the_answer(site, door):
    response = site.post(door, "page of its own")

    assert (response.status_code, response.text) == (409, "a page of its own")


def test_response_that_is_aborted_with_is_an_error_where_it_cannot_be_shown(site):
    assert site.send("htmx", "page of its own").code == "CONFLICT"
    assert site.send("server", "page of its own").code == "CONFLICT"


# The application's own handlers


HANDLED = [
    pytest.param(404, "missing", id="by status"),
    pytest.param(NotFound, "missing", id="by its class"),
    pytest.param(HTTPException, "missing", id="by a base class"),
    pytest.param(Exception, "missing", id="by Exception"),
    pytest.param(500, "server", id="500 that was aborted with"),
    pytest.param(ValueError, "value", id="an exception"),
    pytest.param(OutOfStock, "sold out", id="a base class of an exception"),
    pytest.param(Exception, "value", id="an exception by Exception"),
]


@pytest.mark.parametrize("name", ["act", "guarded"], ids=["handler", "guard"])
@pytest.mark.parametrize("scope", ["application", "blueprint for all"])
@pytest.mark.parametrize(("kind", "text"), HANDLED)
def test_handler_of_the_application_answers_on_the_form_door(site, kind, text, scope, name):
    def handle(problem: Exception) -> tuple[str, int]:
        return f"handled {type(problem).__name__}", 418

    if scope == "application":
        site.app.register_error_handler(kind, handle)
    else:
        blueprint = Blueprint("shop", __name__)
        blueprint.app_errorhandler(kind)(handle)
        site.app.register_blueprint(blueprint)

    response = site.post("form", text, name)

    assert response.status_code == 418
    assert response.text.startswith("handled")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("door", ["htmx", "rpc", "server"])
@pytest.mark.parametrize(("kind", "text"), HANDLED)
def test_handler_of_the_application_leaves_the_other_doors_alone(site, kind, text, door):
    site.app.register_error_handler(kind, lambda problem: ("handled", 418))

    error = site.send(door, text)

    assert error.code == ("NOT_FOUND" if text == "missing" else "INTERNAL_SERVER_ERROR")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        pytest.param(404, "gone", id="another status"),
        pytest.param(ValueError, "key", id="another exception"),
        pytest.param(SoldOut, "value", id="a stranger"),
        # The page of last resort is for pages: ours tells the same, and what was typed stays.
        pytest.param(500, "value", id="500 for what nobody expected"),
        # An ActionError is no accident: the form shows it.
        pytest.param(Exception, "conflict", id="ActionError"),
        pytest.param(409, "conflict", id="status of an ActionError"),
        pytest.param(Exception, "own issues", id="ActionInputError"),
    ],
)
def test_handler_of_the_application_for_something_else_is_not_asked(site, kind, text):
    site.app.register_error_handler(kind, lambda problem: ("handled", 418))

    assert site.send("form", text) is not None


def test_handler_of_one_blueprint_is_not_asked_even_by_its_own_page(site):
    blueprint = Blueprint("shop", __name__)
    blueprint.errorhandler(ValueError)(lambda problem: ("handled", 418))
    blueprint.add_url_rule("/shop", view_func=lambda: "shop", endpoint="shop")
    site.app.register_blueprint(blueprint)

    response = site.app.test_client().post("/shop?_action=act", data={"text": "value"})

    assert response.status_code == 303


def test_handler_that_returns_the_exception_itself_is_its_answer(site):
    site.app.register_error_handler(404, lambda problem: problem)

    response = site.post("form", "missing")

    assert response.status_code == 404
    assert "No such post" in response.text


def test_exception_that_the_application_handles_is_no_accident(site, caplog):
    site.app.register_error_handler(ValueError, lambda problem: ("handled", 418))

    site.post("form", "value")

    assert site.heard == []
    assert caplog.text == ""


# What nobody expected


@pytest.mark.parametrize("name", ["act", "guarded"], ids=["handler", "guard"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", ["value", "key", "sold out"])
def test_unexpected_exception_is_told_by_a_reference_alone(site, caplog, door, text, name):
    error = site.send(door, text, name)

    assert error.code == "INTERNAL_SERVER_ERROR"
    assert "secret" not in str(error)
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    reference = error.message.rpartition(" ")[2].rstrip(").")
    assert len(reference) == 12
    assert reference in record.getMessage()
    assert name in record.getMessage()
    assert record.name == site.app.logger.name
    assert "secret of the" in caplog.text, "the traceback is in the log"
    assert error.reference == reference or door == "htmx"


@pytest.mark.parametrize("door", DOORS)
def test_signal_of_flask_gets_the_unexpected_exception(site, door):
    site.send(door, "value")

    (heard,) = site.heard
    assert type(heard) is ValueError
    assert any("act" in note for note in heard.__notes__)


def test_reference_is_in_the_json_once_more(site):
    error = site.post("rpc", "value").json["error"]

    assert error["reference"] in error["message"]
    assert set(error) == {"type", "code", "status", "message", "reference"}


def test_expected_errors_have_no_reference(site):
    assert "reference" not in site.post("rpc", "conflict").json["error"]


def test_each_accident_has_its_own_reference(site):
    assert site.send("rpc", "value").reference != site.send("rpc", "value").reference


def test_typed_values_survive_an_accident(site):
    response = site.post("form", "value")
    site.client.get(response.location)

    assert site.shown.pop().values == {"text": "value"}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("setting", ["TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS"])
def test_unexpected_exception_propagates_where_flask_would(tmp_path, door, setting):
    site = Site(tmp_path, **{setting: True})

    with pytest.raises(ValueError, match="secret of the value"):
        site.send(door, "value")


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
def test_signal_of_flask_gets_the_exception_that_propagates_once(tmp_path, door):
    site = Site(tmp_path, TESTING=True)

    with pytest.raises(ValueError, match="secret of the value"):
        site.send(door, "value")

    assert len(site.heard) == 1


@pytest.mark.parametrize("door", DOORS)
def test_unexpected_exception_does_not_propagate_where_flask_was_told_so(tmp_path, door):
    site = Site(tmp_path, TESTING=True, PROPAGATE_EXCEPTIONS=False)

    assert site.send(door, "value").code == "INTERNAL_SERVER_ERROR"


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", ["missing", "conflict", "own issues", "slow"])
def test_expected_errors_never_propagate(tmp_path, door, text):
    site = Site(tmp_path, TESTING=True, DEBUG=True, PROPAGATE_EXCEPTIONS=True)

    assert site.send(door, text).code != "INTERNAL_SERVER_ERROR"


@pytest.mark.parametrize("setting", ["TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS"])
def test_exception_that_the_application_handles_does_not_propagate(tmp_path, setting):
    site = Site(tmp_path, **{setting: True})
    site.app.register_error_handler(ValueError, lambda problem: ("handled", 418))

    assert site.post("form", "value").text == "handled"
    assert site.send("htmx", "value").code == "INTERNAL_SERVER_ERROR"
    assert site.send("rpc", "value").code == "INTERNAL_SERVER_ERROR"
    with pytest.raises(ValueError, match="secret of the value"):
        site.send("server", "value")  # whoever called it has Flask's handler around


@pytest.mark.parametrize("door", DOORS)
def test_interrupt_is_nobodys_to_catch(site, door):
    with pytest.raises(KeyboardInterrupt):
        site.send(door, "base")


@pytest.mark.parametrize("door", DOORS)
def test_output_that_does_not_fit_is_an_accident(site, door, caplog):
    action = site.actions.registry.find("act")
    action.output = type(action.output).of(int)

    error = site.send(door, "nothing")

    assert error.code == "INTERNAL_SERVER_ERROR"
    assert "does not fit the output int" in caplog.text
    assert "done" not in caplog.text, "the data stays out of the log"


def test_teardown_and_after_request_run_after_an_accident(site):
    seen: list[str] = []
    site.app.after_request(lambda response: seen.append("after") or response)
    site.app.teardown_request(lambda error: seen.append("teardown"))
    site.app.before_request(lambda: setattr(g, "x", 1))

    site.post("rpc", "value")

    assert seen == ["after", "teardown"]


def test_message_of_an_error_is_escaped_where_it_is_shown(site):
    @site.actions.action
    def shout(ctx: ActionContext) -> None:
        raise ActionError("CONFLICT", "<script>alert(1)</script>")

    @site.app.get("/shout")
    def shouted():
        return render_template_string("{{ get_action_result('shout').error.message }}")

    client = site.app.test_client()
    location = client.post("/shout?_action=shout").location

    assert "<script>" not in client.get(location).text


@pytest.mark.parametrize(
    ("path", "name"),
    [("/_actions/act", "act"), ("/page?_action=act", "act")],
    ids=["own URL", "page's URL"],
)
def test_form_error_never_shows_the_exceptions_text(site, path, name):
    client = site.app.test_client()
    response = client.post(path, data={"text": "value"}, headers=HEADERS["form"])

    page = client.get(response.location)

    assert "secret" not in response.text + page.text
    assert "secret" not in str(site.shown.pop().to_dict())


# --- the issues of a model, which are made when somebody looks at them ----------------------------


class Sized(BaseModel):
    count: int
    either: int | bool = 0


def refusal_of(data: dict[str, Any]) -> ActionInputError:
    def act(input: Sized) -> None: ...

    error = define_action(handler=act)(data).error
    assert isinstance(error, ActionInputError)
    return error


WRONG = {"count": "many", "either": "perhaps"}


def test_error_reads_the_same_whether_its_issues_were_looked_at_or_not():
    looked_at, not_looked_at = refusal_of(WRONG), refusal_of(WRONG)

    issues = looked_at.issues

    assert [one.path for one in issues] == [("count",), ("either",), ("either",)]
    assert looked_at.to_dict() == not_looked_at.to_dict()
    assert looked_at.to_dict()["issues"] == [one.to_dict() for one in issues]
    assert not_looked_at.issues == issues


class Pinned(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=3, max_length=8)]
    inner: Sized | None = None

    @field_validator("title")
    @classmethod
    def not_taken(cls, title: str) -> str:
        if title == "taken":
            raise PydanticCustomError("taken", '„{title}“ is \\ "taken"', {"title": title})
        return title

    @model_validator(mode="after")
    def fit(self) -> Pinned:
        if self.title == "unfit":
            raise ValueError("Does not fit\n\x1f\u2028")
        return self


class Frank(ActionInputError):
    """An application's own error, which says more."""

    def to_dict(self) -> dict[str, Any]:
        return {**super().to_dict(), "help": "Ask Frank"}

    def to_json(self) -> str:
        return "Frank's own"


def changed(**facts: Any) -> ActionInputError:
    """An error that its handler has added to."""
    error = ActionInputError({"title": "No"})
    vars(error).update(facts)
    return error


def pinned(data: dict[str, Any]) -> ActionInputError:
    def act(input: Pinned) -> None: ...

    error = define_action(handler=act)(data).error
    assert isinstance(error, ActionInputError)
    return error


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: refusal_of(WRONG), id="two of one field"),
        pytest.param(lambda: refusal_of({}), id="missing"),
        pytest.param(lambda: pinned({"title": "taken"}), id="quotes and other letters"),
        pytest.param(lambda: pinned({"title": "unfit"}), id="of the whole"),
        pytest.param(lambda: pinned({"title": "abc", "inner": {}}), id="within"),
        pytest.param(lambda: pinned({"title": "a", 'no"such': 1}), id="odd name"),
        pytest.param(lambda: pinned({"title": "a", "x" * 400: 1}), id="long name"),
        pytest.param(lambda: ActionInputError({"title": "\ud800"}), id="half a letter"),
        pytest.param(lambda: ActionInputError({"\ud800": "No"}), id="half a letter of a name"),
        pytest.param(lambda: ActionInputError({"3": "No", "a.b": "No"}), id="by position"),
        pytest.param(lambda: ActionInputError({"a": "No"}, '\ud800 "\\'), id="own sentence"),
        pytest.param(lambda: ActionInputError({}), id="nothing"),
        pytest.param(lambda: Frank({"title": "No"}), id="own class"),
        pytest.param(lambda: changed(status=422, code="UNPROCESSABLE_CONTENT"), id="own status"),
        pytest.param(lambda: changed(reference="f00"), id="own reference"),
        pytest.param(lambda: ActionInputError([Issue(["a"], "taken", "No")]), id="listed path"),
        pytest.param(lambda: ActionInputError([Issue(("a",), 7, "No")]), id="number for a code"),
        pytest.param(lambda: ActionError("CONFLICT", "\ud800"), id="no input error"),
    ],
)
def test_json_of_an_error_is_that_of_its_data(make):
    error = make()

    texts = [error_json(error), error_json(make()), error_json(error)]

    assert [json.loads(text) for text in texts] == [error.to_dict()] * 3
    assert [text.decode() for text in texts]


def test_method_of_an_own_class_is_not_taken_for_ours():
    app = Flask(__name__)
    actions = Actions(app)

    @actions.action
    def act() -> None:
        raise Frank({"title": "No"})

    response = app.test_client().post("/_actions/act", json={}, headers=HEADERS["rpc"])

    assert (response.json or {})["error"]["help"] == "Ask Frank"


def test_json_of_errors_has_each_in_its_own_words():
    for number in range(1200):  # more than are remembered
        error = ActionInputError({f"field{number % 7}": f"No {number}"})

        assert json.loads(error_json(error)) == error.to_dict()

    assert len(errors._known) <= 1000


def test_json_of_an_error_is_in_its_readers_language():
    app = Flask(__name__)
    actions = Actions(app)
    spoken = ["en"]
    actions.language_selector(lambda: spoken[0])
    texts = []
    for spoken[0] in ("en", "de", "en"):
        with app.test_request_context():
            texts.append(json.loads(error_json(refusal_of({}))))

    assert texts[0] == texts[2]
    assert [text["fields"]["count"] for text in texts[:2]] == [
        ["Field required"],
        ["Bitte füllen Sie dieses Feld aus."],
    ]


def test_error_of_a_model_survives_pickling():
    error = refusal_of(WRONG)

    again = pickle.loads(pickle.dumps(error))

    assert (again.issues, again.to_dict()) == (error.issues, error.to_dict())


class Billed(Exception):
    """An error of an application's own library."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.noted = args


class Overdrawn(ActionError, Billed):
    """An application's own error, which is one of its library too."""

    @staticmethod
    def code_to_status(code: str) -> int:
        return 422 if code == "CONFLICT" else ActionError.code_to_status(code)


def test_error_is_made_as_its_other_base_is():
    error = Overdrawn("PAYMENT_REQUIRED", "No money")

    assert error.noted == error.args == ("PAYMENT_REQUIRED", "No money")


def test_error_has_the_status_that_its_own_class_gives_its_code():
    assert Overdrawn("CONFLICT").status == 422
