"""One contract over all transports: the same cases, the same SafeResult."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from types import MappingProxyType
from typing import Any
from weakref import ref

import pytest
from flask import Flask, abort
from flask import request as flask_request
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError
from werkzeug.test import EnvironBuilder

from flask_actions import (
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    SafeResult,
    get_action_result,
)
from flask_actions.bound import sign

FORM_PAGE = "{% set result = get_action_result(name) %}{{ show(result) or '' }}"


class Line(BaseModel):
    sku: str
    qty: int = Field(gt=0)


class Order(BaseModel):
    customer: str = Field(min_length=2)
    due: date | None = None
    gift: bool = False
    tags: list[str] = []
    lines: list[Line] = []

    @model_validator(mode="after")
    def known(self) -> Order:
        if self.customer == "nobody":
            raise ValueError("Who is nobody?")
        return self


class Quote(BaseModel):
    customer: str = ""


class OrderRef(BaseModel):
    number: int = Field(gt=0)


class Pair(BaseModel):
    start: int
    end: int

    @model_validator(mode="after")
    def ordered(self) -> Pair:
        if self.end < self.start:
            raise PydanticCustomError("order", "It ends before it starts.", {"fields": ["end"]})
        return self


class Receipt(BaseModel):
    type: str = "receipt"  # as pydantic's own schemas call what they are
    customer: str
    total: int
    price: Decimal = Decimal("1.50")
    due: date | None = None


class Row:
    """An ORM object: attributes, more than the output declares."""

    def __init__(self, customer: str, total: int) -> None:
        self.customer, self.total, self.secret = customer, total, "hidden"
        self.price, self.due = Decimal("2.10"), date(2026, 11, 21)


def build() -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)

    @actions.action
    def order(input: Order) -> Receipt:
        if input.customer == "taken":
            raise ActionInputError({"lines.0.sku": "Only 3 left", "": "Please check the order"})
        if input.customer == "conflict":
            raise ActionError("CONFLICT", "Already ordered")
        if input.customer == "gone":
            abort(410, "Sold out")
        if input.customer == "slow down":
            raise ActionError("TOO_MANY_REQUESTS", "Wait a moment", retry_after=30)
        return Row(input.customer, sum(line.qty for line in input.lines))  # type: ignore[return-value]

    @actions.action(intents={"quote": Quote, "buy": Order})
    def save_order(input: Quote | Order, ctx: ActionContext) -> str | None:
        return f"{ctx.intent} {type(input).__name__}"

    @actions.action(bound=OrderRef)
    def change_order(input: Order, ctx: ActionContext) -> Receipt:
        if ctx.bound.number == 404:
            raise ActionInputError({"lines.0.qty": "Only 3 left"})
        return Receipt(customer=input.customer, total=ctx.bound.number)

    @actions.action
    def place_order(input: Order) -> None:
        raise ActionInputError({"lines.0.quantity": "Only 3 left", "tags": "Too many"})

    @actions.action
    async def order_async(input: Order) -> Receipt:
        return Receipt(customer=input.customer, total=1)

    @actions.action(guard=lambda ctx: False)
    def locked(input: Order) -> None:
        raise AssertionError("a guard refused")

    @actions.action
    def move(input: Order, ctx: ActionContext) -> dict[str, Any]:
        ctx.redirect("/there?a=1#b")
        return {"moved": input.customer}

    @actions.action
    def leave(input: Order, ctx: ActionContext) -> None:
        ctx.redirect("https://elsewhere.example/x")

    @actions.action
    def unsendable(input: Order):
        return {"what": object()}

    @actions.action
    def pair(input: Pair) -> None: ...

    @actions.action
    def nothing() -> None: ...

    @actions.action
    def falsy() -> int:
        return 0

    @actions.action
    def crash(input: Order) -> None:
        raise ZeroDivisionError("the pie is gone: secret-in-exception")

    for action in [action for _, action in actions.registry]:
        action.fragment = "result.html"

    @app.get("/page")
    def page() -> str:
        return "page"

    return app, actions


class Door:
    """Sends one input by one transport, and gives the SafeResult that its user sees."""

    def __init__(self, app: Flask) -> None:
        self.app = app


class ServerDoor(Door):
    def send(
        self, name: str, data: dict[str, Any] | None, form: list[tuple[str, str]]
    ) -> SafeResult[Any]:
        with self.app.app_context():
            return self.app.extensions["actions"].call(name, data)


class WebDoor(Door):
    """Catches the SafeResult where the page's template would get it."""

    headers: Mapping[str, str] = MappingProxyType({})

    def post(self, name: str, form: list[tuple[str, str]]) -> Any:
        from werkzeug.datastructures import MultiDict

        self.client = self.app.test_client()
        return self.client.post(
            f"/_actions/{name}",
            data=MultiDict(form),
            headers={**self.headers, "Referer": "http://localhost/page?q=1"},
        )


class FormDoor(WebDoor):
    def send(self, name: str, data: Any, form: list[tuple[str, str]]) -> SafeResult[Any]:
        response = self.post(name, form)
        assert response.status_code == 303, response.text
        location = response.location
        self.location = location
        with self.client, self.client.get(location, follow_redirects=False):
            result = get_action_result(name)
        assert result is not None
        path = location.partition("?")[0]
        if path != "/page":
            result = SafeResult(
                data=result.data,
                error=result.error,
                values=result.values,
                location=location.split("_result=")[0].rstrip("?&") + _fragment(location),
            )
        return result


class HtmxDoor(WebDoor):
    headers = MappingProxyType({"HX-Request": "true"})

    def send(self, name: str, data: Any, form: list[tuple[str, str]]) -> SafeResult[Any]:
        seen: list[SafeResult[Any]] = []
        self.app.jinja_env.globals["catch"] = lambda result: seen.append(result) or ""
        response = self.post(name, form)
        if "HX-Location" in response.headers:
            location = response.headers["HX-Location"]
            with self.client, self.client.get(location):
                kept = get_action_result(name)
            assert kept is not None
            where = location.split("_result=")[0].rstrip("?&") + _fragment(location)
            return SafeResult(data=kept.data, location=where)
        assert seen[0] is seen[1], "result and get_action_result differ"
        assert response.status_code == (200 if seen[0].ok else seen[0].error.status)
        return seen[0]


class RpcDoor(Door):
    def send(self, name: str, data: Any, form: list[tuple[str, str]]) -> SafeResult[Any]:
        client = self.app.test_client()
        sent = {} if data is None else {"json": data}
        response = client.post(f"/_actions/{name}", headers={"Accept": "application/json"}, **sent)
        body = response.get_json()
        assert body["success"] is (response.status_code == 200)
        if body["success"]:
            plain = self.app.extensions["actions"].registry.find(name).output
            value = body["data"]
            if value is not None and hasattr(plain, "described"):
                value = plain.described.validator.validate_python(value)
            return SafeResult(data=value, location=body.get("redirect"))
        error = body["error"]
        assert error["status"] == response.status_code
        if error["type"] == "ActionInputError":
            from flask_actions import Issue

            issues = [Issue(tuple(i["path"]), i["code"], i["message"]) for i in error["issues"]]
            rebuilt: ActionError = ActionInputError(issues, error["message"])
            assert rebuilt.fields == error["fields"]  # type: ignore[attr-defined]
        else:
            rebuilt = ActionError(error["code"], error["message"], reference=error.get("reference"))
            if "Retry-After" in response.headers:
                rebuilt.retry_after = int(response.headers["Retry-After"])
        return SafeResult(error=rebuilt)


def _fragment(url: str) -> str:
    return "#" + url.partition("#")[2] if "#" in url else ""


DOORS = {"form": FormDoor, "htmx": HtmxDoor, "rpc": RpcDoor, "server": ServerDoor}

LINES = [{"sku": "a", "qty": 2}, {"sku": "b", "qty": 3}]
LINE_FIELDS = [
    ("lines.0.sku", "a"),
    ("lines.0.qty", "2"),
    ("lines.1.sku", "b"),
    ("lines.1.qty", "3"),
]

CASES = [
    pytest.param("order", {"customer": "Ada"}, [("customer", "Ada")], None, id="the least"),
    pytest.param(
        "order",
        {"customer": "Ada", "due": "2026-12-24", "gift": True, "tags": ["x"], "lines": LINES},
        [("customer", "Ada"), ("due", "2026-12-24"), ("gift", "on"), ("tags", "x"), *LINE_FIELDS],
        None,
        id="everything",
    ),
    pytest.param("order", {"customer": "A"}, [("customer", "A")], "BAD_REQUEST", id="too short"),
    pytest.param("order", {}, [], "BAD_REQUEST", id="nothing sent"),
    pytest.param(
        "order",
        {"customer": "nobody"},
        [("customer", "nobody")],
        "BAD_REQUEST",
        id="validator of the model",
    ),
    pytest.param(
        "order",
        {"customer": "Ada", "lines": [{"sku": "a", "qty": 0}]},
        [("customer", "Ada"), ("lines.0.sku", "a"), ("lines.0.qty", "0")],
        "BAD_REQUEST",
        id="nested field",
    ),
    pytest.param(
        "order",
        {"customer": "taken"},
        [("customer", "taken")],
        "BAD_REQUEST",
        id="handler's own issues",
    ),
    pytest.param(
        "order",
        {"customer": "conflict"},
        [("customer", "conflict")],
        "CONFLICT",
        id="handler refuses",
    ),
    pytest.param("order", {"customer": "gone"}, [("customer", "gone")], "GONE", id="abort"),
    pytest.param(
        "order",
        {"customer": "slow down"},
        [("customer", "slow down")],
        "TOO_MANY_REQUESTS",
        id="retry after",
    ),
    pytest.param(
        "orderAsync", {"customer": "Ada"}, [("customer", "Ada")], None, id="async handler"
    ),
    pytest.param(
        "locked", {"customer": "Ada"}, [("customer", "Ada")], "FORBIDDEN", id="guard refuses"
    ),
    pytest.param("move", {"customer": "Ada"}, [("customer", "Ada")], None, id="redirect"),
    pytest.param(
        "leave", {"customer": "Ada"}, [("customer", "Ada")], "BAD_REQUEST", id="redirect off-site"
    ),
    pytest.param(
        "unsendable",
        {"customer": "Ada"},
        [("customer", "Ada")],
        "INTERNAL_SERVER_ERROR",
        id="unserialisable",
    ),
    pytest.param("nothing", None, [], None, id="no input, no data"),
    pytest.param(
        "pair",
        {"start": 2, "end": 1},
        [("start", "2"), ("end", "1")],
        "BAD_REQUEST",
        id="validator names a field",
    ),
    pytest.param(
        "placeOrder",
        {"customer": "Ada"},
        [("customer", "Ada")],
        "BAD_REQUEST",
        id="error for a field that there is not",
    ),
    pytest.param("saveOrder", {}, [], None, id="first intent"),
    pytest.param(
        "saveOrder",
        {"_intent": "buy", "customer": "Ada"},
        [("_intent", "buy"), ("customer", "Ada")],
        None,
        id="second intent",
    ),
    pytest.param(
        "saveOrder",
        {"_intent": "buy", "customer": "A"},
        [("_intent", "buy"), ("customer", "A")],
        "BAD_REQUEST",
        id="input does not fit the intent",
    ),
    pytest.param(
        "saveOrder", {"_intent": "sell"}, [("_intent", "sell")], "BAD_REQUEST", id="unknown intent"
    ),
    pytest.param(
        "changeOrder",
        {"customer": "Ada", "_bound": {"number": 7}},
        [("customer", "Ada")],
        None,
        id="bound",
    ),
    pytest.param(
        "changeOrder",
        {"customer": "Ada", "_bound": {"number": 404}},
        [("customer", "Ada")],
        "BAD_REQUEST",
        id="bound, handler refuses",
    ),
    pytest.param(
        "changeOrder", {"customer": "A"}, [("customer", "A")], "BAD_REQUEST", id="nothing bound"
    ),
    pytest.param("falsy", None, [], None, id="falsy data"),
    pytest.param(
        "crash",
        {"customer": "Ada"},
        [("customer", "Ada")],
        "INTERNAL_SERVER_ERROR",
        id="unexpected",
    ),
]


def plain(result: SafeResult[Any]) -> dict[str, Any]:
    """What must be the same on every door: all but the typed values, and ids of chance."""
    told = result.to_dict()
    if told["error"] is not None:
        told["retry_after"] = result.error.retry_after  # type: ignore[union-attr]
        if told["error"].get("reference"):
            told["error"]["message"] = told["error"]["message"].replace(
                told["error"]["reference"], "*"
            )
            told["error"]["reference"] = "*"
    return told


@pytest.fixture
def app(tmp_path):
    app, _ = build()
    app.template_folder = str(tmp_path)
    (tmp_path / "result.html").write_text(
        "{{ catch(result) }}{{ catch(get_action_result(result_name)) }}"
    )
    for _, action in app.extensions["actions"].registry:
        action.fragment_context = lambda ctx, result: {"result_name": ctx.name}
    return app


@pytest.mark.parametrize("door", ["form", "htmx", "rpc"])
@pytest.mark.parametrize(("name", "data", "form", "code"), CASES)
def test_result_is_that_of_a_call_from_python(app, door, name, data, form, code):
    expected = DOORS["server"](app).send(name, data, form)

    if data is not None and "_bound" in data:  # signed, but where trusted code calls
        action = app.extensions["actions"].registry.find(name)
        text = sign(["test"], action, data["_bound"])
        data, form = {**data, "_bound": text}, [*form, ("_bound", text)]

    result = DOORS[door](app).send(name, data, form)

    assert plain(result) == plain(expected)
    assert (result.error and result.error.code) == code


@pytest.mark.parametrize("door", ["form", "htmx"])
def test_typed_values_come_back_after_an_error(app, door):
    form = [("customer", "A"), ("lines.3.qty", "12,5"), ("tags", "a"), ("tags", "b"), ("pin", "1")]

    result = DOORS[door](app).send("order", {}, form)

    assert result.values == {"customer": "A", "lines.3.qty": "12,5", "tags": ["a", "b"]}
    assert result.error.fields["lines.3.qty"]


@pytest.mark.parametrize("door", ["form", "htmx"])
def test_values_are_not_kept_after_success(app, door):
    result = DOORS[door](app).send("order", {}, [("customer", "Ada")])

    assert result.values == {}


@pytest.mark.parametrize("door", DOORS)
def test_output_has_only_declared_fields_and_its_own_type(app, door):
    result = DOORS[door](app).send("order", {"customer": "Ada"}, [("customer", "Ada")])

    assert type(result.data) is Receipt
    assert result.data == Receipt(
        customer="Ada", total=0, price=Decimal("2.10"), due=date(2026, 11, 21)
    )


@pytest.mark.parametrize("door", DOORS)
def test_unexpected_error_hides_its_message_and_names_the_log_line(app, door, caplog):
    result = DOORS[door](app).send("crash", {"customer": "Ada"}, [("customer", "Ada")])

    assert result.error.code == "INTERNAL_SERVER_ERROR"
    assert "secret-in-exception" not in str(result.to_dict())
    assert result.error.reference in result.error.message
    assert result.error.reference in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("door", DOORS)
def test_unexpected_error_propagates_where_flask_would(app, door):
    app.testing = True

    with pytest.raises(ZeroDivisionError):
        DOORS[door](app).send("crash", {"customer": "Ada"}, [("customer", "Ada")])


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="form"),
        pytest.param({"HX-Request": "true"}, id="htmx"),
        pytest.param({"Accept": "application/json"}, id="rpc"),
    ],
)
@pytest.mark.parametrize("customer", ["Ada", "A", "conflict", "gated"])
def test_a_request_is_freed_as_it_ends(app, headers, customer):
    app.jinja_env.globals["catch"] = lambda result: ""
    environ = EnvironBuilder(
        "/_actions/order", method="POST", data={"customer": customer}, headers=headers
    ).get_environ()
    seen = []

    @app.before_request
    def gate():
        if customer == "gated":
            raise ActionError("FORBIDDEN", "Not you.")

    @app.after_request
    def look(response):
        seen.append(ref(flask_request._get_current_object()))
        return response

    app(environ, lambda *_: None)  # the first reads what all others share
    gc.collect()
    gc.disable()
    try:
        app(environ | {"wsgi.input": BytesIO(f"customer={customer}".encode())}, lambda *_: None)

        assert [request() for request in seen] == [None, None]
    finally:
        gc.enable()
