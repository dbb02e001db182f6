"""What every compared application takes and gives: the models, the work itself, sample bodies."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field, create_model

from .client import BOUNDARY


class Post(BaseModel):
    title: str = Field(min_length=3, max_length=100)
    content: str = Field(min_length=1)
    rating: int = Field(ge=1, le=5)
    published: bool = False


class PostOut(BaseModel):
    id: int
    title: str
    rating: int
    published: bool


class Product(BaseModel):
    sku: str = Field(pattern=r"^[A-Z]{2}-\d+$")
    name: Annotated[str, Field(min_length=1, max_length=80)]
    price: float = Field(ge=0)


class Line(BaseModel):
    product: Product
    quantity: int = Field(ge=1)
    tags: list[str] = []
    note: str | None = None


class Order(BaseModel):
    customer: str
    lines: list[Line]


class Receipt(BaseModel):
    lines: int
    total: float


def save(title: str, rating: int, published: bool) -> PostOut:
    """The work of the view: as little as can be, since the frame around it is what is measured."""
    return PostOut(id=7, title=title, rating=rating, published=published)


def add_up(order: Order) -> Receipt:
    return Receipt(lines=len(order.lines), total=float(sum(line.quantity for line in order.lines)))


def _as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


_WORDS = "Typed functions with every door: forms, fragments, JSON, Python; one model, one result."

#: 200 bytes of JSON that fit, and as much with four fields that do not.
VALID = _as_json(
    {"title": "Hello, world", "content": _WORDS + " " * 48, "rating": 5, "published": True}
)
INVALID = _as_json(
    {"title": "Hi", "content": "", "rating": 9, "published": "perhaps, " + "x" * 138}
)
_FIELDS = {"title": "Hello, world", "content": _WORDS, "rating": "5", "published": "on"}
#: The same fields as a browser's form sends them, and as a script sends them as a ``FormData``.
FORM = urlencode(_FIELDS).encode()
FORM_DATA = (
    "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in _FIELDS.items()
    ).encode()
    + f"--{BOUNDARY}--\r\n".encode()
)


@cache
def lines() -> list[Line]:
    """5,000 nested items of 209 bytes each as JSON: 1 MiB together."""
    return [
        Line(
            product=Product(sku=f"AB-{n:06}", name=f"Garden chair number {n:06}", price=n + 0.25),
            quantity=n % 9 + 1,
            tags=["garden", "wood", "in stock"],
            note="Delivered in two parcels; please ring the bell twice and then wait",
        )
        for n in range(5000)
    ]


def order_body() -> bytes:
    return _as_json({"customer": "Ann", "lines": [line.model_dump() for line in lines()]})


@cache
def nested() -> list[dict[str, Any]]:
    """454 articles with comments and answers to these: 1 MiB as JSON."""
    chance = random.Random(7)
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=2 + n % 10)) for n in range(2000)
    ]

    def text(length: int) -> str:
        return " ".join(chance.choices(words, k=length))

    def comment(answers: int) -> dict[str, Any]:
        return {
            "id": chance.randrange(10**6),
            "author": text(2),
            "text": text(chance.randint(5, 25)),
            "likes": chance.randint(0, 500),
            "score": round(chance.random(), 4),
            "hidden": chance.random() < 0.1,
            "answers": [comment(answers - 1) for _ in range(chance.randint(0, answers))],
        }

    return [
        {
            "id": number,
            "title": text(6),
            "body": text(60),
            "tags": chance.sample(words, 3),
            "price": chance.randint(100, 99_999) / 100,
            "place": {"latitude": chance.uniform(-90, 90), "longitude": chance.uniform(-180, 180)},
            "published": True,
            "editor": None,
            "comments": [comment(3) for _ in range(chance.randint(0, 3))],
        }
        for number in range(454)
    ]


def numbered_models(how_many: int) -> list[type[BaseModel]]:
    """Models of *how_many* actions: no two actions of a real application share theirs."""
    return [type(f"Post{number}", (Post,), {}) for number in range(how_many)]


#: The fields of a long form, each a line of text with a hint.
TWENTY = (
    "first_name last_name email phone company street house city postcode country "
    "job department website language hobby food drink colour music book"
).split()
HINT = "As you would write it."


def twenty_model() -> type[BaseModel]:
    """A model of twenty texts."""
    fields: Any = {name: (str, Field(min_length=2, description=HINT)) for name in TWENTY}
    return create_model("Twenty", **fields)
