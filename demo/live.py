"""The page of small live things: actions that only the JavaScript client calls."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Annotated

from flask import Blueprint, render_template
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import or_, select

from demo.actions import Input, actions
from demo.models import Post, db
from flask_actions import AcceptTypes, ActionGroup, MaxSize, Upload

pages = Blueprint("live", __name__)
live = ActionGroup("live", guard=())  # () says that everybody may


class Search(Input):
    words: str = Field(max_length=100)


def _in_utc(at: datetime) -> datetime:
    # The table keeps no zone, and a script would take a time without one for its own.
    return at.replace(tzinfo=UTC)


class Found(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    published_at: Annotated[datetime, AfterValidator(_in_utc)]


@live.action(accept="json")
def search(input: Search) -> list[Found]:
    """Articles whose title or standfirst has the words, the newest first."""
    if not input.words:
        return []
    found = select(Post).where(
        Post.published_at.is_not(None),
        or_(
            Post.title.icontains(input.words, autoescape=True),
            Post.standfirst.icontains(input.words, autoescape=True),
        ),
    )
    posts = db().scalars(found.order_by(Post.published_at.desc()).limit(5))
    return [Found.model_validate(post) for post in posts]


class Photograph(Input):
    photograph: Annotated[Upload, MaxSize("5 MB"), AcceptTypes("image/png", "image/jpeg")]


class Weighed(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64")  # JSON has no bytes; our client gets them

    name: str
    size: int
    digest: bytes = Field(description="The first bytes of its SHA-256.")


@live.action(accept="form")
def weigh(input: Photograph) -> Weighed:
    """Say what arrived; the photograph itself is forgotten."""
    digest = hashlib.sha256(input.photograph.read()).digest()[:4]
    return Weighed(
        name=input.photograph.filename or "a photograph", size=input.photograph.size, digest=digest
    )


class Guess(Input):
    name: str = Field(min_length=2, max_length=60)
    height: int = Field(ge=0, le=600, description="In centimetres.")
    day: date


@live.action
def guess(input: Guess) -> Guess:
    """Take a guess how high the river will stand."""
    return input


@pages.get("/live")
def show() -> str:
    newest = select(Post).where(Post.published_at.is_not(None)).order_by(Post.published_at.desc())
    return render_template("live.html", posts=db().scalars(newest.limit(3)).all())


actions.register(live)
