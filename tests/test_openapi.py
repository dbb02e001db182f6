"""The OpenAPI document: what it says of each action, that the actions do so, and where it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from enum import Enum
from io import BytesIO
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pytest
import schemathesis
from flask import Flask, redirect
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, SecretStr
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from wtforms import StringField

from demo import create_app
from flask_actions import (
    AcceptTypes,
    ActionContext,
    ActionError,
    ActionGroup,
    Actions,
    MaxSize,
    Upload,
)
from flask_actions.viewer import show_document

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Line(BaseModel):
    sku: str = Field(min_length=1)
    qty: int = 1


class Contact(BaseModel):
    email: str
    phone: str | None = None


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    customer: str = Field(alias="customerName", description="Who pays.")
    contact: Contact
    lines: list[Line] = []
    tags: set[str] = set()
    colour: Colour = Colour.RED
    day: date | None = None
    gift: bool
    note: str = Field("", json_schema_extra={"html": {"control": "textarea"}})


class OrderOut(BaseModel):
    number: int = Field(serialization_alias="orderNumber")
    day: date


class Card(BaseModel):
    kind: Literal["card"]
    number: str
    code: SecretStr


class Cash(BaseModel):
    kind: Literal["cash"]


class Picture(BaseModel):
    image: Annotated[Upload, MaxSize("1 MB"), AcceptTypes("image/png", ".png")]
    more: list[Upload] = []
    title: str = "none"


class Portrait(BaseModel):
    name: str
    image: Upload | None = None


class Draft(BaseModel):
    title: str = ""


class Post(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=3)


class PostRef(BaseModel):
    id: int


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Labels(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, int]

    name: str


class Parcel(BaseModel):
    """Fields that are looked for within others."""

    model_config = ConfigDict(extra="forbid")

    street: str = Field(validation_alias=AliasPath("to", "address", "street"))
    town: str = Field(validation_alias=AliasPath("to", "address", "town"))
    floor: int = Field(0, validation_alias=AliasPath("to", "floor"))
    second: int = Field(validation_alias=AliasPath("sizes", 1))
    last: int = Field(validation_alias=AliasPath("marks", -1))
    weight: int = Field(validation_alias=AliasChoices(AliasPath("grams", 0), "weight"))


class Coloured(BaseModel):
    colour: Literal[Colour.RED]
    either: Literal[Colour.BLUE, "pink"] = "pink"


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_name=True)

    street: str = Field(validation_alias=AliasPath("to", "street"))


class Opaque:
    """Nothing that pydantic knows."""


class Holder(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    thing: Opaque | None = None
    call: Callable[[], int] | None = None
    name: str


class Broken(BaseModel):
    name: str

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        raise RuntimeError("the application's own mistake")


class ContactForm(FlaskForm):
    email = StringField("Email")
    name = StringField("Name")


def logged_in(ctx: ActionContext) -> bool:
    return bool(ctx.request.headers.get("X-User"))


def rich_app(config: dict[str, Any] | None = None) -> Flask:
    """An application with an action of every kind."""
    app = Flask("shop")
    app.config.update(SECRET_KEY="of the test", ACTIONS_OPENAPI=True, **(config or {}))
    actions = Actions(app)

    @actions.action(output=OrderOut)
    def place_order(input: Order) -> Any:
        """Place an order.

        The rest of this is for its developers.
        """
        return {"orderNumber": 1, "number": 7, "day": date(2026, 1, 2)}

    @actions.action(accept="json", description="A first line\nand a second one.")
    def pay(input: Card | Cash) -> str:
        return input.kind

    @actions.action
    def add_picture(input: Picture) -> int:
        return input.image.size

    @actions.action
    def set_portrait(input: Portrait) -> None: ...

    @actions.action(intents={"draft": Draft, "publish": Post, "drop": None})
    def save_post(input: Any, ctx: ActionContext) -> str:
        return f"{ctx.intent}"

    @actions.action(bound=PostRef)
    def rename(input: Post, ctx: ActionContext) -> None: ...

    @actions.action
    def hold(input: Holder) -> str:
        return input.name

    @actions.action
    def broken(input: Broken) -> str:
        return input.name

    @actions.action
    def grow(input: Tree) -> Tree:
        return input

    @actions.action
    def send_parcel(input: Parcel) -> str:
        return input.town

    @actions.action
    def paint(input: Coloured) -> str:
        return input.colour.value

    @actions.action
    def move_in(input: ByName) -> str:
        return input.street

    @actions.action("odd {name}? #1")
    def odd(input: Post) -> str:
        return input.title

    @actions.action
    def label(input: Labels) -> Labels:
        return input

    @actions.action
    def pick(input: list[int]) -> int:
        return sum(input)

    @actions.action
    def count(input: Annotated[int, Field(ge=1)]) -> int:
        return input

    @actions.action
    def anything(input): ...

    @actions.action(input=ContactForm)
    def contact(form): ...

    @actions.action
    def ping() -> None: ...

    @actions.action
    def leave(ctx: ActionContext) -> OrderOut:
        return ctx.redirect("/there")

    @actions.action
    def conflict() -> None:
        raise ActionError("CONFLICT", "Somebody else was quicker.")

    blog = ActionGroup("blog", guard=logged_in)
    admin = ActionGroup("admin")
    blog.register(admin)

    @blog.action
    def comment(input: Post) -> str:
        return input.title

    @admin.action
    def drop() -> None: ...

    # Another class of the same name.
    class Line(BaseModel):
        text: str

    @admin.action
    def write(input: Line) -> Line:
        return input

    actions.register(blog)
    return app


def document_of(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/_actions/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json)


@pytest.fixture(scope="module")
def app() -> Flask:
    return rich_app()


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    return document_of(app)


@pytest.fixture
def operation(document: dict[str, Any]) -> Callable[[str], Any]:
    return lambda name: document["paths"][f"/_actions/{name}"]["post"]


def checker(document: dict[str, Any], *path: str) -> Draft202012Validator:
    """Checks values by the schema at a place of the document, its references included."""
    registry = Registry().with_resource("doc:", Resource(document, DRAFT202012))
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)
    return Draft202012Validator({"$ref": f"doc:#/{pointer}"}, registry=registry)


def body_checker(document: dict[str, Any], name: str, kind: str) -> Draft202012Validator:
    return checker(
        document,
        "paths",
        f"/_actions/{quote(name)}",
        "post",
        "requestBody",
        "content",
        kind,
        "schema",
    )


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@pytest.fixture(scope="module")
def first_edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demo, with its document, answering unexpected exceptions as in production."""
    folder = tmp_path_factory.mktemp("demo")
    app = create_app(
        {
            "INSTANCE_PATH": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/demo.db",
            "ACTIONS_OPENAPI": True,
        }
    )
    yield app
    app.extensions["demo.engine"].dispose()


# --- the document as a whole


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="plain wire"),
        pytest.param({"ACTIONS_WIRE": "astro"}, id="Astro's wire"),
        pytest.param({"ACTIONS_URL_PREFIX": "/api/v1"}, id="another prefix"),
    ],
)
def test_document_is_valid(config):
    app = rich_app(config)
    answer = app.test_client().get(
        app.config.get("ACTIONS_URL_PREFIX", "/_actions") + "/openapi.json"
    )
    problems = [*OpenAPIV31SpecValidator(answer.json).iter_errors()]

    assert problems == []
    assert answer.json["openapi"].startswith("3.1.")


def test_document_of_the_demo_is_valid(first_edition):
    document = document_of(first_edition)
    names = [name for name, _ in first_edition.extensions["actions"].registry]

    assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert [*document["paths"]] == [f"/_actions/{name}" for name in names]


def test_document_of_an_application_without_actions_is_valid():
    app = Flask("empty")
    app.config["ACTIONS_OPENAPI"] = True
    Actions(app)

    assert [*OpenAPIV31SpecValidator(document_of(app)).iter_errors()] == []


def test_every_action_is_there_under_its_canonical_name(app, document):
    for name, _ in app.extensions["actions"].registry:
        assert document["paths"][f"/_actions/{quote(name)}"]["post"]["operationId"] == name


def test_path_is_the_url_of_the_action(app, document):
    [path] = [one for one in document["paths"] if "odd" in one]

    answer = app.test_client().post(path, json={"title": "Yes"})

    assert path == "/_actions/odd%20%7Bname%7D%3F%20%231"
    assert answer.json["data"] == "Yes"


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        pytest.param("ping", None, id="no group"),
        pytest.param("blog.comment", ["blog"], id="a group"),
        pytest.param("blog.admin.drop", ["blog.admin"], id="a group in a group"),
    ],
)
def test_group_is_the_tag(document, operation, name, tags):
    assert operation(name).get("tags") == tags
    assert document["tags"] == [{"name": "blog"}, {"name": "blog.admin"}]


def test_description_is_summary_and_description(operation):
    assert operation("placeOrder")["summary"] == "Place an order."
    assert "developers" not in json.dumps(operation("placeOrder"))
    assert operation("pay")["summary"] == "A first line"
    assert operation("pay")["description"] == "A first line\nand a second one."


def test_models_of_the_same_name_do_not_clash(document):
    schemas = document["components"]["schemas"]
    fields = {name: {*one["properties"]} for name, one in schemas.items() if "Line" in name}

    assert {"sku", "qty"} in fields.values()
    assert {"text"} in fields.values()
    assert all(one in ({"sku", "qty"}, {"text"}) for one in fields.values())


def test_model_of_the_application_may_be_called_as_one_of_ours():
    class ActionError(BaseModel):
        mine: int

    app = Flask("clash")
    app.config["ACTIONS_OPENAPI"] = True
    Actions(app).action("act")(define(ActionError))
    document = document_of(app)

    assert [*document["components"]["schemas"]["ActionError"]["properties"]] == ["mine"]
    assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert not checker(
        document, "components", "responses", "NotFound", "content", JSON, "schema"
    ).is_valid({"mine": 1})


def define(model: Any) -> Any:
    def handler(input): ...

    handler.__annotations__["input"] = model
    return handler


# --- what is sent


def test_json_body_is_the_input_by_alias(document, operation):
    schema = operation("placeOrder")["requestBody"]["content"][JSON]["schema"]

    assert schema == {"$ref": "#/components/schemas/Order"}
    properties = document["components"]["schemas"]["Order"]["properties"]
    assert properties["customerName"]["description"] == "Who pays."
    assert "customer" not in properties
    assert "html" not in properties["note"]


def test_form_has_the_names_that_a_form_sends(operation):
    form = operation("placeOrder")["requestBody"]["content"][FORM]["schema"]

    assert [*form["properties"]] == [
        *("customerName", "contact.email", "contact.phone", "tags", "colour", "day", "gift", "note")
    ]
    assert [*form["patternProperties"]] == [
        r"^lines\.(0|[1-9][0-9]{0,3})\.sku$",
        r"^lines\.(0|[1-9][0-9]{0,3})\.qty$",
    ]
    assert form["required"] == ["customerName", "contact.email"]  # an unticked box is not sent


ORDER = {"customerName": "Ada", "contact": {"email": "a@b"}, "gift": True}
ORDER_FORM = {"customerName": "Ada", "contact.email": "a@b"}


PARCEL = {
    **{"to": {"address": {"street": "Main", "town": "Ulm"}}, "sizes": [1, 2], "marks": [3]},
    **{"weight": 5},
}
PARCEL_FORM = {
    **{"to.address.street": "Main", "to.address.town": "Ulm", "sizes": [1, 2], "marks": [3]},
    **{"weight": 5},
}


@pytest.mark.parametrize(
    ("name", "kind", "body", "fits"),
    [
        pytest.param("placeOrder", JSON, ORDER, True, id="json"),
        pytest.param("placeOrder", JSON, {**ORDER, "lines": [{"sku": "x"}]}, True, id="json rows"),
        pytest.param("placeOrder", JSON, {**ORDER, "lines": [{"sku": ""}]}, False, id="json row"),
        pytest.param("placeOrder", JSON, {**ORDER, "day": None}, True, id="json null"),
        pytest.param("placeOrder", JSON, {**ORDER, "no": 1}, False, id="json forbidden"),
        pytest.param("placeOrder", JSON, {**ORDER, "colour": "pink"}, False, id="json enum"),
        pytest.param("placeOrder", FORM, ORDER_FORM, True, id="form"),
        pytest.param("placeOrder", FORM, {**ORDER_FORM, "tags": ["a", "b"]}, True, id="form list"),
        pytest.param("placeOrder", FORM, {**ORDER_FORM, "lines.12.sku": "x"}, True, id="form row"),
        pytest.param(
            "placeOrder", FORM, {**ORDER_FORM, "lines.0.sku": ""}, False, id="form bad row"
        ),
        pytest.param("placeOrder", FORM, {"customerName": "Ada"}, False, id="form nested missing"),
        pytest.param("placeOrder", FORM, {**ORDER_FORM, "colour": "pink"}, False, id="form enum"),
        pytest.param("pay", JSON, {"kind": "cash"}, True, id="a union's second"),
        pytest.param("pay", JSON, {"kind": "card", "number": "1"}, False, id="a union's first"),
        pytest.param("savePost", JSON, {}, True, id="the first button"),
        pytest.param("savePost", JSON, {"_intent": "publish", "title": "Yes"}, True, id="a button"),
        pytest.param(
            "savePost", JSON, {"_intent": "publish", "title": "No"}, False, id="its model"
        ),
        pytest.param("savePost", JSON, {"_intent": "drop"}, True, id="a button alone"),
        pytest.param("savePost", JSON, {"_intent": "burn"}, False, id="no such button"),
        pytest.param("savePost", FORM, {"_intent": "publish", "title": "Yes"}, True, id="by form"),
        pytest.param("savePost", FORM, {"_intent": "publish"}, False, id="its model by form"),
        pytest.param("rename", JSON, {"title": "Yes"}, False, id="nothing bound"),
        pytest.param("rename", FORM, {"title": "Yes"}, False, id="nothing bound by form"),
        pytest.param("setPortrait", JSON, {"name": "Ada"}, True, id="a file that may be absent"),
        pytest.param(
            "setPortrait", JSON, {"name": "Ada", "image": "x"}, False, id="a file in json"
        ),
        pytest.param("grow", JSON, {"name": "a", "children": [{"name": "b"}]}, True, id="a tree"),
        pytest.param(
            "grow", FORM, {"name": "a", "children.0.name": "b"}, True, id="a tree by form"
        ),
        pytest.param("label", JSON, {"name": "a", "b": 1}, True, id="further names"),
        pytest.param("label", FORM, {"name": "a", "b": 1}, True, id="further names by form"),
        pytest.param("label", FORM, {"name": "a", "names": 1}, True, id="longer names by form"),
        pytest.param("label", FORM, {"name": "a", "b": "c"}, False, id="of another type by form"),
        pytest.param("sendParcel", JSON, PARCEL, True, id="within others"),
        pytest.param(
            "sendParcel", JSON, {**PARCEL, "to": {"address": {}}}, False, id="nothing within others"
        ),
        pytest.param("sendParcel", JSON, {**PARCEL, "sizes": [1]}, False, id="nothing in a list"),
        pytest.param("sendParcel", JSON, {**PARCEL, "marks": []}, False, id="no last one"),
        pytest.param("sendParcel", JSON, {**PARCEL, "town": "Ulm"}, False, id="by its own name"),
        pytest.param("sendParcel", FORM, PARCEL_FORM, True, id="within others by form"),
        pytest.param(
            "sendParcel",
            FORM,
            {**PARCEL_FORM, "to.floor": "x"},
            False,
            id="of another type within others by form",
        ),
        pytest.param("paint", JSON, {"colour": "red"}, False, id="an enum's member"),
        pytest.param("paint", FORM, {"colour": "red"}, True, id="an enum's member by form"),
        pytest.param("paint", FORM, {"colour": "red", "either": "blue"}, True, id="or another"),
        pytest.param("paint", FORM, {"colour": "red", "either": "x"}, False, id="or none of them"),
        pytest.param("moveIn", JSON, {"street": "Main"}, True, id="by name as well"),
        pytest.param("pick", JSON, [1, 2], True, id="a list"),
        pytest.param("pick", JSON, ["x"], False, id="a list of others"),
        pytest.param("count", JSON, 0, False, id="a number"),
        pytest.param("hold", JSON, {"name": "x"}, True, id="a type without a schema"),
        pytest.param("anything", JSON, {"a": [None]}, True, id="no model"),
        pytest.param("contact", FORM, {"email": "a@b"}, True, id="a FlaskForm"),
        pytest.param("blog.admin.write", JSON, {"text": "x"}, True, id="of the same name"),
        pytest.param("blog.admin.write", JSON, {"sku": "x"}, False, id="not the other one"),
    ],
)
def test_what_the_schema_admits_the_action_takes(app, document, name, kind, body, fits):
    way = {"json": body} if kind == JSON else {"data": body}
    answer = app.test_client().post(
        f"/_actions/{name}", **way, headers={"Accept": JSON, "X-User": "ada"}
    )

    assert body_checker(document, name, kind).is_valid(body) is fits
    assert answer.status_code == (200 if fits else 400), answer.text


def test_what_a_page_binds_is_a_text_of_the_body(app, document):
    with app.test_request_context():
        form = str(
            app.jinja_env.from_string("{{ action_form('rename', bound={'id': 7}) }}").render()
        )
    text = re.search(r'name="_bound" value="([^"]+)"', form)[1]
    body = {"title": "Yes", "_bound": text}

    assert app.test_client().post("/_actions/rename", json=body).status_code == 200
    assert body_checker(document, "rename", JSON).is_valid(body)
    assert body_checker(document, "rename", FORM).is_valid(body)


def test_model_that_contains_itself_has_a_form_with_an_end(operation):
    form = operation("grow")["requestBody"]["content"][FORM]["schema"]

    assert [*form["properties"]] == ["name"]
    assert [*form["patternProperties"]] == [r"^children\.(0|[1-9][0-9]{0,3})\.name$"]
    assert "contains itself" in form["description"]


def test_file_makes_the_form_a_multipart_one_and_json_impossible(app, operation):
    content = operation("addPicture")["requestBody"]["content"]

    assert [*content] == [MULTIPART]
    properties = content[MULTIPART]["schema"]["properties"]
    assert properties["image"]["format"] == "binary"
    assert "At most 1,000,000 bytes." in properties["image"]["description"]
    assert properties["more"]["items"]["format"] == "binary"
    assert content[MULTIPART]["encoding"] == {"image": {"contentType": "image/png"}}
    sent = {"image": (BytesIO(PNG), "a.png", "image/png")}
    answer = app.test_client().post("/_actions/addPicture", data=sent, headers={"Accept": JSON})
    assert answer.json["data"] == len(PNG)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        pytest.param("placeOrder", [JSON, FORM], id="both"),
        pytest.param("pay", [JSON], id="json alone"),
        pytest.param("setPortrait", [JSON, MULTIPART], id="a file that may be absent"),
    ],
)
def test_bodies_are_those_that_the_action_accepts(operation, name, kinds):
    assert [*operation(name)["requestBody"]["content"]] == kinds


@pytest.mark.parametrize(
    ("name", "required"),
    [
        pytest.param("placeOrder", True, id="fields that must be"),
        pytest.param("savePost", False, id="the first button's may all be absent"),
        pytest.param("rename", True, id="bound"),
        pytest.param("pick", False, id="a list"),
        pytest.param("count", True, id="a number"),
        pytest.param("anything", False, id="no model"),
    ],
)
def test_body_is_required_where_a_call_without_one_is_refused(app, operation, name, required):
    answer = app.test_client().post(f"/_actions/{name}", headers={"Accept": JSON})

    assert operation(name)["requestBody"]["required"] is required
    assert (answer.status_code == 400) is required


def test_action_that_takes_nothing_has_no_body(operation):
    assert "requestBody" not in operation("ping")
    assert "requestBody" not in operation("leave")


def test_type_without_a_schema_says_so(document, operation):
    schemas = document["components"]["schemas"]

    assert "there is no JSON schema" in json.dumps(schemas["Holder"]["properties"]["thing"])
    assert schemas["Holder"]["properties"]["name"]["type"] == "string"
    broken = operation("broken")["requestBody"]["content"][JSON]["schema"]
    assert "there is no JSON schema" in broken["description"]


# --- what comes back


@pytest.mark.parametrize(
    ("name", "body", "status", "schema"),
    [
        pytest.param("placeOrder", ORDER, 200, None, id="declared data"),
        pytest.param("ping", None, 200, None, id="no data"),
        pytest.param("leave", None, 200, None, id="a redirect"),
        pytest.param("placeOrder", {}, 400, "BadInput", id="input that does not fit"),
        pytest.param("placeOrder", 5, 400, "BadInput", id="input of another kind"),
        pytest.param("blog.comment", {}, 403, "Forbidden", id="a guard"),
        pytest.param("conflict", None, 409, "Error", id="another code"),
    ],
)
def test_answer_is_as_the_document_says(app, document, operation, name, body, status, schema):
    answer = app.test_client().post(
        f"/_actions/{name}", json=body if body is not None else {}, headers={"Accept": JSON}
    )

    assert answer.status_code == status
    told = operation(name)["responses"]
    assert str(status) in told or schema == "Error"
    if schema:
        place = ("components", "responses", schema)
        assert told.get(str(status), told["default"]) == {"$ref": "#/" + "/".join(place)}
    else:
        place = ("paths", f"/_actions/{name}", "post", "responses", "200")
    problems = [*checker(document, *place, "content", JSON, "schema").iter_errors(answer.json)]
    assert problems == []


def test_output_is_described_as_it_leaves(document, operation):
    schema = operation("placeOrder")["responses"]["200"]["content"][JSON]["schema"]
    data = schema["anyOf"][0]["properties"]["data"]

    assert data == {"$ref": "#/components/schemas/OrderOut"}
    assert [*document["components"]["schemas"]["OrderOut"]["properties"]] == ["orderNumber", "day"]


def test_redirect_is_a_header(app, operation):
    answer = app.test_client().post("/_actions/leave", headers={"Accept": JSON})

    assert answer.headers["Action-Redirect"] == "/there"
    assert "Action-Redirect" in operation("leave")["responses"]["200"]["headers"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("placeOrder", True, id="a form"),
        pytest.param("pay", False, id="json alone"),
        pytest.param("ping", True, id="nothing"),
    ],
)
def test_way_back_to_the_page_is_an_answer_to_a_form(operation, name, shown):
    assert ("303" in operation(name)["responses"]) is shown


def test_wire_of_astro_is_described_as_its_own():
    document = document_of(rich_app({"ACTIONS_WIRE": "astro"}))
    answers = document["paths"]["/_actions/placeOrder"]["post"]["responses"]

    assert [*answers["200"]["content"]] == ["application/json+devalue"]
    assert "204" in answers


@pytest.mark.parametrize(
    ("name", "response", "status"),
    [
        pytest.param("placeOrder", "BadInput", 400, id="input that does not fit"),
        pytest.param("blog.comment", "Forbidden", 403, id="a guard"),
        pytest.param("conflict", "Error", 409, id="another code"),
    ],
)
def test_errors_on_the_wire_of_astro_are_as_the_document_says(name, response, status):
    app = rich_app({"ACTIONS_WIRE": "astro"})
    document = document_of(app)
    answer = app.test_client().post(f"/_actions/{name}", json={})
    place = ("components", "responses", response, "content", JSON, "schema")

    assert answer.status_code == status
    assert answer.json["type"].startswith("Astro")
    assert [*checker(document, *place).iter_errors(answer.json)] == []


# --- who may call


def guarded_app(config: dict[str, Any] | None = None) -> Flask:
    app = Flask("guarded")
    app.config.update(
        SECRET_KEY="of the test", ACTIONS_OPENAPI=True, SESSION_COOKIE_NAME="me", **(config or {})
    )
    actions = Actions(app)

    @actions.action
    def free() -> None: ...

    @actions.action(guard=logged_in)
    def guarded() -> None: ...

    CSRFProtect(app).exempt(free)
    return app


@pytest.mark.parametrize(
    ("config", "free", "guarded"),
    [
        pytest.param({}, None, [{"session": [], "csrf": []}], id="tokens"),
        pytest.param({"WTF_CSRF_ENABLED": False}, None, [{"session": []}], id="no tokens"),
        pytest.param({"WTF_CSRF_CHECK_DEFAULT": False}, None, [{"session": []}], id="by hand"),
    ],
)
def test_guards_and_tokens_are_security(config, free, guarded):
    document = document_of(guarded_app(config))
    paths = document["paths"]

    assert paths["/_actions/free"]["post"].get("security") == free
    assert paths["/_actions/guarded"]["post"].get("security") == guarded
    assert "401" in paths["/_actions/guarded"]["post"]["responses"]
    schemes = document["components"]["securitySchemes"]
    assert schemes["session"]["name"] == "me"
    assert ("csrf" in schemes) is ("csrf" in (guarded[0]))
    assert [*OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_token_is_the_header_that_flask_wtf_looks_at():
    config = {"WTF_CSRF_HEADERS": ["X-Own"], "WTF_CSRF_FIELD_NAME": "own_field"}
    schemes = document_of(guarded_app(config))["components"]["securitySchemes"]

    assert schemes["csrf"]["name"] == "X-Own"
    assert "`own_field`" in schemes["csrf"]["description"]


# --- where it is


def test_shell_prints_the_document(app, document):
    printed = app.test_cli_runner().invoke(args=["actions", "openapi"])

    assert printed.exit_code == 0
    assert json.loads(printed.output) == document


def test_shell_writes_the_document_to_a_file(app, document, tmp_path):
    done = app.test_cli_runner().invoke(
        args=["actions", "openapi", "--out", str(tmp_path / "a.json")]
    )

    assert (done.exit_code, done.output) == (0, "")
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == document


def test_shell_needs_no_setting():
    app = Flask("off")
    Actions(app).action("act")(lambda: None)

    printed = app.test_cli_runner().invoke(args=["actions", "openapi"])

    assert [*json.loads(printed.output)["paths"]] == ["/_actions/act"]


OFF = Flask("off")
Actions(OFF)


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        pytest.param("GET", "openapi.json", 405, "POST", id="document"),
        pytest.param("HEAD", "openapi.json", 405, "POST", id="head"),
        pytest.param("GET", "static/openapi.html", 404, None, id="page"),
    ],
)
def test_nothing_is_served_unless_switched_on(method, path, status, allowed):
    answer = OFF.test_client().open(f"/_actions/{path}", method=method)

    assert answer.status_code == status
    assert answer.headers.get("Allow") == allowed


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "openapi.json", 404, id="post"),
        pytest.param("PUT", "openapi.json", 405, id="put"),
        pytest.param("DELETE", "openapi.json", 405, id="delete"),
        pytest.param("GET", "openapi.json/", 405, id="slash"),
        pytest.param("GET", "placeOrder", 405, id="an action"),
        pytest.param("POST", "static/openapi.html", 404, id="post to the page"),
    ],
)
def test_other_requests_are_refused_as_before(app, method, path, status):
    answer = app.test_client().open(f"/_actions/{path}", method=method, headers={"Accept": JSON})

    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["success"] is False


@pytest.mark.parametrize("path", ["openapi.json", "static/openapi.html"])
def test_head_is_get_without_a_body(app, path):
    whole = app.test_client().get(f"/_actions/{path}")
    head = app.test_client().head(f"/_actions/{path}")

    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.data))
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers["Cache-Control"] == whole.headers["Cache-Control"]


def test_document_is_asked_for_again_and_sent_once(app):
    client = app.test_client()
    first = client.get("/_actions/openapi.json")
    again = client.get("/_actions/openapi.json", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.data) == (304, b"")


def test_server_is_where_the_application_is_mounted(app):
    at_root = app.test_client().get("/_actions/openapi.json")
    below = app.test_client().get("/_actions/openapi.json", base_url="http://localhost/shop")

    assert at_root.json["servers"] == [{"url": "/"}]
    assert below.json["servers"] == [{"url": "/shop"}]


def test_action_that_is_registered_late_is_there():
    app = Flask("late")
    app.config["ACTIONS_OPENAPI"] = True
    actions = Actions(app)
    actions.action("first")(lambda: None)
    with app.test_request_context("/_actions/openapi.json"):
        early = show_document().json
    actions.action("second")(lambda: None)

    late = document_of(app)

    assert [*early["paths"]] == ["/_actions/first"]
    assert [*late["paths"]] == ["/_actions/first", "/_actions/second"]


# --- the page


def test_page_has_only_scripts_of_this_site_and_says_so(app):
    answer = app.test_client().get("/_actions/static/openapi.html")
    policy = answer.headers["Content-Security-Policy"]
    sources = re.findall(r'(?:src|href|data-url)="([^"]+)"', answer.text)

    assert "script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script[^>]*>[^<]|<style|\sstyle=|\son\w+=", answer.text)
    assert answer.text.count("integrity=") == 2
    served = [source for source in sources if source != "data:,"]
    assert len(served) == 5
    assert all(status_of(app, source) == 200 for source in served)


def status_of(app: Flask, url: str) -> int:
    return app.test_client().get(url, buffered=True).status_code


def test_page_carries_the_nonce_of_the_application():
    app = rich_app()
    app.jinja_env.globals["csp_nonce"] = lambda: "abc"
    answer = app.test_client().get("/_actions/static/openapi.html")

    assert answer.text.count('nonce="abc"') == 3
    assert "script-src 'self' 'nonce-abc';" in answer.headers["Content-Security-Policy"]


def test_page_may_be_kept_from_strangers_by_the_application(app):
    private = rich_app()
    private.before_request(lambda: redirect("/log-in"))

    for path in ("openapi.json", "static/openapi.html"):
        assert private.test_client().get(f"/_actions/{path}").status_code == 302


def test_page_shows_the_actions_and_tries_them_out(serve, page):
    app = guarded_app()
    calls = []
    app.extensions["actions"].registry.find("guarded").own_guards = (lambda ctx: calls.append(1),)

    page.goto(serve(app) + "/_actions/static/openapi.html")
    page.locator("#operations-default-guarded").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()

    assert calls == [1]
    assert page.locator(".opblock").count() == 2


# --- under fire

#: Not that every input which the schema admits is taken: validators ask for more.
CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@pytest.mark.parametrize(
    "accept", [pytest.param(JSON, id="as a client"), pytest.param("text/html", id="as a browser")]
)
def test_no_call_that_the_document_allows_is_a_server_error(first_edition, accept):
    client = first_edition.test_client()
    log_in(client)
    token = token_of(client, "/profile")
    headers = {"X-CSRFToken": token, "Accept": accept}
    cookies = {"session": client.get_cookie("session").value}
    schema = schemathesis.openapi.from_wsgi("/_actions/openapi.json", first_edition)
    statuses = set()

    for found in schema.get_all_operations():

        @settings(
            max_examples=6,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=found.ok().as_strategy())
        def check(case):
            answer = case.call(headers=headers, cookies=cookies)
            statuses.add(answer.status_code)
            case.validate_response(answer, checks=CHECKED)

        check()

    assert statuses >= ({200, 400, 404} if accept == JSON else {303})


def log_in(client: Any) -> None:
    """As the editor, who may do everything."""
    answer = client.post(
        "/_actions/account.logIn",
        json={"email": "edith@example.org", "password": "alderbrook"},
        headers={"X-CSRFToken": token_of(client, "/log-in")},
    )
    assert answer.status_code == 200


def token_of(client: Any, path: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, "the page has no form"
    return found[1]
