"""The pages about forms: models that say everything, and actions that keep next to nothing."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from flask import Blueprint, render_template, request, session
from pydantic import BaseModel, Field, HttpUrl, SecretStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from demo.actions import Email, Input, actions
from demo.words import Word, language
from flask_actions import (
    AcceptTypes,
    ActionContext,
    ActionGroup,
    ActionInputError,
    MaxSize,
    Messages,
    Upload,
)

pages = Blueprint("forms", __name__, url_prefix="/forms")
forms = ActionGroup("forms", guard=())  # () says that everybody may


def html(control: str | None = None, **wishes: Any) -> Any:
    """What a field wants of its control: its kind, its choices' labels, any attribute."""
    return {"html": {**wishes, **({} if control is None else {"control": control})}}


@Messages(  # pydantic's own in plain English; the package has them in plain German
    en={
        "missing": "Please answer this.",
        "string_too_short": "Please write at least {min_length} characters.",
        "string_too_long": "Please write at most {max_length} characters.",
        "string_pattern_mismatch": "This does not look as it should.",
        "too_short": "Please choose something.",
        "greater_than": "Please give more than {gt}.",
        "greater_than_equal": "Please give at least {ge}.",
        "less_than_equal": "Please give at most {le}.",
        "int_parsing": "Please give a whole number.",
        "decimal_parsing": "Please give a number, such as 12.50.",
        "float_parsing": "Please give a number, such as 4.2.",
    }
)
class Plain(Input):
    """An input that says what is wrong in words for people."""


# Everything at once.


class Address(Input):
    street: str = Field(title=Word("Street"), min_length=2, max_length=80)
    postcode: str = Field(title=Word("Postcode"), pattern="^[0-9]{4,5}$")
    town: str = Field("Alderbrook", title=Word("Town"), max_length=80)


class Contact(Input):
    name: str = Field(title=Word("Name"), min_length=2, max_length=60)
    email: Email = Field(title=Word("Email"), json_schema_extra=html("email"))
    phone: str = Field("", title=Word("Telephone"), pattern="^[0-9 +/()-]*$", max_length=30)
    address: Address = Field(title=Word("Address"))


class Line(Input):
    goods: str = Field(title=Word("Goods"), min_length=2, max_length=60)
    number: int = Field(title=Word("Number"), ge=1, le=500)
    price: Decimal = Field(title=Word("Price"), gt=0, max_digits=6, decimal_places=2)


class Van(Input):
    kind: Literal["van"]
    plate: str = Field(title=Word("Number plate"), min_length=3, max_length=12)
    length: float = Field(title=Word("Length in metres"), gt=0, le=9)


class Cart(Input):
    kind: Literal["cart"]
    wheels: int = Field(2, title=Word("Wheels"), ge=1, le=4)


class Boat(Input):
    kind: Literal["boat"]
    name: str = Field(title=Word("Name"), min_length=2, max_length=40)
    draught: int = Field(title=Word("Draught in centimetres"), ge=5, le=90)


class Stall(Plain):
    # The stall
    edition: Literal["2026"]
    name: str = Field(
        title=Word("Name of the stall"),
        description=Word("As it shall stand on the sign."),
        min_length=2,
        max_length=60,
    )
    sells: Literal["bread", "cheese", "umbrellas"] = Field(
        title=Word("You sell"),
        json_schema_extra=html(
            "radio",
            labels={
                "bread": Word("Bread"),
                "cheese": Word("Cheese"),
                "umbrellas": Word("Umbrellas"),
            },
        ),
    )
    pitch: Literal["pump", "clock", "ferry", "wind"] = Field(
        title=Word("Pitch"),
        json_schema_extra=html(
            labels={
                "pump": Word("By the pump"),
                "clock": Word("Under the clock"),
                "ferry": Word("By the ferry"),
                "wind": Word("In the wind"),
            },
            groups={Word("North side"): ["pump", "clock"], Word("South side"): ["ferry", "wind"]},
        ),
    )
    days: list[Literal["wednesday", "saturday"]] = Field(
        title=Word("Market days"),
        min_length=1,
        json_schema_extra=html(
            labels={"wednesday": Word("Wednesday"), "saturday": Word("Saturday")}
        ),
    )
    needs: list[Literal["power", "water", "lamp", "awning"]] = Field(
        [],
        title=Word("You need"),
        json_schema_extra=html(
            "select",
            multiple=True,
            labels={
                "power": Word("Power"),
                "water": Word("Water"),
                "lamp": Word("Lamp"),
                "awning": Word("Awning"),
            },
        ),
    )
    about: str = Field(
        "",
        title=Word("About the stall"),
        description=Word("Two or three sentences for the paper."),
        max_length=300,
    )
    keyword: str = Field(
        "", title=Word("Found under"), max_length=30, json_schema_extra=html("search")
    )
    website: HttpUrl | None = Field(None, title=Word("Website"))
    picture: Annotated[Upload, MaxSize("200 kB"), AcceptTypes("image/png", "image/jpeg")] | None = (
        Field(None, title=Word("Picture"), description=Word("PNG or JPEG of at most 200 kB."))
    )
    colour: str = Field(
        "#8c2f23",
        title=Word("Colour of the awning"),
        pattern="^#[0-9a-fA-F]{6}$",
        json_schema_extra=html("color"),
    )

    # When
    first_day: date = Field(title=Word("First day"), ge=date(2026, 4, 1), le=date(2026, 10, 31))
    opens: time = Field(title=Word("Opens at"), ge=time(6), le=time(11))
    arrival: datetime | None = Field(None, title=Word("Arrival"))
    season: str = Field(
        "2026-10",
        title=Word("Season until"),
        pattern="^2026-(0[4-9]|10)$",
        json_schema_extra=html("month", min="2026-04", max="2026-10"),
    )
    holiday: str | None = Field(
        None,
        title=Word("Holiday week"),
        pattern="^2026-W[0-5][0-9]$",
        json_schema_extra=html("week", min="2026-W01", max="2026-W53"),
    )

    # How much
    tables: int = Field(title=Word("Tables"), ge=1, le=20)
    deposit: Decimal = Field(
        title=Word("Deposit"),
        description=Word("In coins, of whichever kind you have."),
        ge=0,
        max_digits=6,
        decimal_places=2,
    )
    loudness: int = Field(
        3,
        title=Word("Loudness"),
        description=Word("From 0, a heron, to 10, the fish stall."),
        ge=0,
        le=10,
        json_schema_extra=html("range"),
    )

    # Models within the model: one, several, and one of three
    contact: Contact = Field(title=Word("Whom we ask"))
    lines: list[Line] = Field(title=Word("What lies on the tables"), min_length=1, max_length=8)
    transport: Van | Cart | Boat = Field(
        title=Word("How you come"),
        discriminator="kind",
        json_schema_extra=html(
            labels={"van": Word("Van"), "cart": Word("Handcart"), "boat": Word("Boat")}
        ),
    )

    password: SecretStr = Field(title=Word("Password for changes"), min_length=4)
    printed: bool = Field(True, title=Word("Print it in the paper"))
    rules: Annotated[
        Literal[True],
        Messages(
            en={"literal_error": "Please read them first."},
            de={"literal_error": "Bitte lies sie erst."},
        ),
    ] = Field(title=Word("I know the rules of the market"))


def stall_form(lines: Any = None) -> dict[str, Any]:
    """What ``forms/everything.html`` needs; without scripts, the address has the lines' number."""
    number = int(lines) if str(lines) in ("1", "2", "3") else 1
    return {"initial": {"lines": [{}] * number}, "numbers": (1, 2, 3)}


@forms.action(
    fragment="forms/everything.html#stall_form",
    fragment_context=lambda ctx, result: stall_form(),
)
def register_stall(input: Stall) -> dict[str, Any]:
    if input.tables > 12:  # what the model cannot know: they come from the town hall's cellar
        raise ActionInputError({"tables": Word("The market lends at most 12 tables.")})
    shown = input.model_dump(mode="json", exclude={"password", "picture"})
    return shown | {"picture": input.picture.filename if input.picture else None}


# A rule across fields.


@Messages(de={"passwords_differ": "Das sind nicht dieselben Passwörter."})
class Reader(Plain):
    name: str = Field(title=Word("Name"), min_length=2, max_length=60)
    email: Email = Field(title=Word("Email"), json_schema_extra=html("email"))
    password: SecretStr = Field(
        title=Word("Password"),
        description=Word("At least 8 characters."),
        min_length=8,
        json_schema_extra=html(autocomplete="new-password"),
    )
    password_again: SecretStr = Field(
        title=Word("The password once more"),
        json_schema_extra=html(autocomplete="new-password"),
    )

    @model_validator(mode="after")
    def same_twice(self) -> Reader:
        if self.password != self.password_again:
            # With the fields that it is about; without them, it would stand above the form.
            raise PydanticCustomError(
                "passwords_differ",
                "These are not the same passwords.",
                {"fields": ["password_again"]},
            )
        return self


@forms.action(fragment="forms/sign_up.html#circle_form")
def join_circle(input: Reader) -> str:
    if input.name.lower() == "heron":
        raise ActionInputError({"name": Word("Somebody reads under this name already.")})
    return input.name


# Two buttons, two models.


class Draft(Plain):
    headline: str = Field("", title=Word("Headline"), max_length=100)
    text: str = Field(
        "",
        title=Word("Your letter"),
        description=Word("At least forty characters, if it shall be printed."),
        max_length=2000,
    )
    signed: str = Field("", title=Word("Signed"), max_length=60)


class Letter(Draft):
    headline: str = Field(title=Word("Headline"), min_length=3, max_length=100)
    text: str = Field(title=Word("Your letter"), min_length=40, max_length=2000)
    signed: str = Field(title=Word("Signed"), min_length=2, max_length=60)


def letter_form() -> dict[str, Any]:
    """What ``forms/letter.html`` needs: the draft, which waits in the session."""
    return {"draft": session.get("letter")}


@forms.action(
    intents={"draft": Draft, "publish": Letter},
    fragment="forms/letter.html#letter_form",
    fragment_context=lambda ctx, result: letter_form(),
)
def write_letter(input: Draft | Letter, ctx: ActionContext) -> str | None:
    if ctx.intent == "publish":
        session.pop("letter", None)
    else:
        session["letter"] = input.model_dump()
    return ctx.intent


# The same form twice.


class Counter(BaseModel):
    name: Literal["editor", "ferryman"]


class Question(Plain):
    text: str = Field(
        title=Word("Your question"),
        description=Word("It ends with a question mark."),
        min_length=5,
        max_length=200,
    )

    @field_validator("text")
    @classmethod
    def asks(cls, text: str) -> str:
        if not text.endswith("?"):
            raise ValueError(Word("That is no question yet: it needs a question mark."))
        return text


@forms.action(
    bound=Counter,
    fragment="forms/_question.html",
    fragment_context=lambda ctx, result: {"counter": ctx.request.form.get("_key", "editor")},
)
def ask(input: Question, ctx: ActionContext) -> str:
    # Of what a page binds its signature says that nobody changed it on the way.
    if ctx.bound.name == "editor":
        return Word("The editor has read it, and will answer on Sunday.")
    return Word("The ferryman nodded.")


@pages.get("/")
def index() -> str:
    return render_template("forms/index.html")


@pages.get("/everything")
def everything() -> str:
    return render_template("forms/everything.html", **stall_form(request.args.get("lines")))


@pages.get("/sign-up")
def sign_up() -> str:
    return render_template("forms/sign_up.html")


@pages.get("/letter")
def letter() -> str:
    return render_template("forms/letter.html", **letter_form())


@pages.get("/twice")
def twice() -> str:
    return render_template("forms/twice.html")


actions.register(forms)
actions.language_selector(language)
