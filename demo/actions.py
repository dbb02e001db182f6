"""Everything that a visitor can do: one function each, for the form, htmx, JSON and Python alike.

The page beside a form and the fragment that htmx swaps in are one piece of template, so the
``…_form`` functions say what that piece needs, to both.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from flask import abort
from flask_login import login_user, logout_user
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from demo.links import local_path
from demo.models import Comment, Like, Post, Subscriber, User, db
from flask_actions import (
    AcceptTypes,
    ActionContext,
    ActionError,
    ActionGroup,
    ActionInputError,
    Actions,
    MaxSize,
    SafeResult,
    Upload,
)

actions = Actions()

Topic = Literal["hall", "river", "market", "people"]
Tag = Literal["Council", "Weather", "School", "Music", "Food", "History"]


class Input(BaseModel):
    """What every form here does: blanks around a text are not part of it."""

    model_config = ConfigDict(str_strip_whitespace=True)


def _email(text: str) -> str:
    name, _, host = text.lower().partition("@")
    if not name or "." not in host or any(char.isspace() for char in text):
        raise ValueError("Please write an address like ada@example.org.")
    return f"{name}@{host}"


def _said(text: str) -> str:
    if not text:
        raise ValueError("Please write something here.")
    return text


Email = Annotated[str, Field(max_length=200), AfterValidator(_email)]
Text = Annotated[str, AfterValidator(_said)]
#: No table has more rows, and no database takes any larger number for one.
Id = Annotated[int, Field(ge=1, lt=2**31)]


# Guards. A group's guard runs before those of its members.


def logged_in(ctx: ActionContext) -> bool:
    return ctx.user is not None


def is_author(ctx: ActionContext) -> None:
    if not ctx.user.may_write:
        raise ActionError("FORBIDDEN", "Only authors write for the Courier.")


def is_admin(ctx: ActionContext) -> bool:
    return ctx.user is not None and ctx.user.role == "admin"


# Articles, and what readers say to them.

posts = ActionGroup("posts", guard=logged_in)


class Article(Input):
    title: str = Field(min_length=3, max_length=100)
    standfirst: str = Field("", max_length=200)
    body: str = Field(min_length=20, max_length=20_000)
    topic: Topic
    tags: list[Tag] = []
    published: bool = False


class ChangedArticle(Article):
    post_id: Id


class WhichPost(Input):
    post_id: Id


class LikePost(WhichPost):
    liked: bool = True  # what it shall be, not "the other way round": sending it twice is no harm


class NewComment(WhichPost):
    body: Text = Field(max_length=1000)


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    published: bool


class Likes(BaseModel):
    liked: bool
    count: int


def post_form(post: Post | None) -> dict[str, Any]:
    """What ``posts/edit.html`` needs: for a new article, or for changes to *post*."""
    if post is None:
        return {"post": None, "action": "posts.create", "saved": {"topic": "hall"}}
    saved = {name: getattr(post, name) for name in Article.model_fields}
    return {"post": post, "action": "posts.update", "saved": saved}


def this_post(ctx: ActionContext, result: SafeResult[Any]) -> dict[str, Any]:
    """The article that a small form belongs to, whatever became of the form."""
    post_id = ctx.request.form.get("post_id", 0, type=int)
    post = db().get(Post, post_id) if 0 < post_id < 2**31 else None
    if post is None or not post.visible_to(ctx.user):
        abort(404)
    return {"post": post}


@posts.action(
    "create",
    guard=is_author,
    fragment="posts/edit.html#post_form",
    fragment_context=lambda ctx, result: post_form(None),
)
def create_post(input: Article, ctx: ActionContext) -> PostOut:
    post = Post(author=ctx.user, **input.model_dump())
    db().add(post)
    db().commit()
    ctx.redirect("pages.post", post_id=post.id)
    return PostOut.model_validate(post)


@posts.action(
    "update",
    fragment="posts/edit.html#post_form",
    fragment_context=lambda ctx, result: post_form(**this_post(ctx, result)),
)
def update_post(input: ChangedArticle, ctx: ActionContext) -> PostOut:
    post = _own_post(input.post_id, ctx)
    for name, value in input.model_dump(exclude={"post_id"}).items():
        setattr(post, name, value)
    db().commit()
    return PostOut.model_validate(post)


@posts.action("publish", fragment="posts/_status.html", fragment_context=this_post)
def publish_post(input: WhichPost, ctx: ActionContext) -> PostOut:
    return _set_published(input, ctx, published=True)


@posts.action("unpublish", fragment="posts/_status.html", fragment_context=this_post)
def unpublish_post(input: WhichPost, ctx: ActionContext) -> PostOut:
    return _set_published(input, ctx, published=False)


@posts.action("comment", fragment="posts/_comments.html", fragment_context=this_post)
def add_comment(input: NewComment, ctx: ActionContext) -> None:
    post = _published_post(input.post_id)
    post.comments.append(Comment(author=ctx.user, body=input.body))
    db().commit()
    # The number under the headline is elsewhere on the page: it travels along.
    ctx.htmx.oob("posts/_comment_count.html", target="#comment-count", post=post)


@posts.action("like", fragment="posts/_like.html", fragment_context=this_post)
def like_post(input: LikePost, ctx: ActionContext) -> Likes:
    post = _published_post(input.post_id)
    mine = next((like for like in post.likes if like.user_id == ctx.user.id), None)
    if input.liked and mine is None:
        post.likes.append(Like(user=ctx.user))
    elif not input.liked and mine is not None:
        post.likes.remove(mine)
    try:
        db().commit()
    except IntegrityError:  # sent twice at once: the other one has done it
        db().rollback()
    return Likes(liked=post.liked_by(ctx.user), count=len(post.likes))


# The editor may delete.

admin = ActionGroup("admin", guard=is_admin)


class WhichComment(WhichPost):
    comment_id: Id


@admin.action
def delete_post(input: WhichPost, ctx: ActionContext) -> PostOut:
    post = db().get(Post, input.post_id) or abort(404)
    gone = PostOut.model_validate(post)
    db().delete(post)
    db().commit()
    ctx.redirect("pages.index")
    return gone


@admin.action(fragment="posts/_comments.html", fragment_context=this_post)
def delete_comment(input: WhichComment, ctx: ActionContext) -> None:
    comment = db().get(Comment, input.comment_id) or abort(404)
    post = comment.post
    post.comments.remove(comment)
    db().commit()
    ctx.htmx.oob("posts/_comment_count.html", target="#comment-count", post=post)


# People.

account = ActionGroup("account")


def _long_enough(password: SecretStr) -> SecretStr:
    if len(password.get_secret_value()) < 8:
        raise ValueError("Please use at least 8 characters.")
    return password


class SignUp(Input):
    name: str = Field(min_length=2, max_length=60)
    email: Email
    role: Literal["reader", "author"]
    password: Annotated[SecretStr, AfterValidator(_long_enough)]
    password_again: SecretStr

    @field_validator("password_again")
    @classmethod
    def same_twice(cls, again: SecretStr, info: ValidationInfo) -> SecretStr:
        if info.data.get("password", again) != again:
            raise ValueError("This is not the same password as above.")
        return again


class LogIn(Input):
    email: Email
    password: SecretStr
    next: Annotated[str, AfterValidator(local_path)] = "/"


class Profile(Input):
    name: str = Field(min_length=2, max_length=60)
    bio: str = Field("", max_length=300)
    # Of these types the first bytes are looked at too, not only what the browser says of them.
    avatar: (
        Annotated[
            Upload,
            MaxSize("1 MB"),
            AcceptTypes("image/png", "image/jpeg", "image/gif", "image/webp"),
        ]
        | None
    ) = None
    remove_avatar: bool = False


class Person(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    role: str


def login_form(next: str | None) -> dict[str, Any]:
    """What ``account/log_in.html`` needs: where to go afterwards."""
    return {"next": local_path(next)}


@account.action("signUp", fragment="account/sign_up.html#sign_up_form")
def sign_up(input: SignUp, ctx: ActionContext) -> Person:
    user = User(name=input.name, email=input.email, role=input.role)
    user.set_password(input.password.get_secret_value())
    db().add(user)
    try:
        db().commit()
    except IntegrityError:
        db().rollback()
        raise ActionInputError({"email": "Somebody has signed up with this address."}) from None
    login_user(user)
    ctx.redirect("pages.index")
    return Person.model_validate(user)


@account.action(
    "logIn",
    fragment="account/log_in.html#log_in_form",
    fragment_context=lambda ctx, result: login_form(ctx.request.form.get("next")),
)
def log_in(input: LogIn, ctx: ActionContext) -> Person:
    user = db().scalar(select(User).where(User.email == input.email))
    if user is None or not user.has_password(input.password.get_secret_value()):
        raise ActionInputError({"": "Email and password do not belong together."})
    login_user(user)
    ctx.redirect(input.next)
    return Person.model_validate(user)


@account.action("logOut")
def log_out(ctx: ActionContext) -> None:
    logout_user()
    ctx.redirect("pages.index")


@account.action(
    "updateProfile",
    guard=logged_in,
    fragment="account/profile.html#profile_form",
    fragment_context=lambda ctx, result: {"user": ctx.user},
)
def update_profile(input: Profile, ctx: ActionContext) -> Person:
    user: User = ctx.user
    user.name, user.bio = input.name, input.bio
    if input.remove_avatar:
        user.avatar, user.avatar_version = None, 0
    if input.avatar:
        user.avatar, user.avatar_type = input.avatar.read(), input.avatar.mimetype
        user.avatar_version += 1
    db().commit()
    ctx.htmx.oob("account/_me.html", target="#me")
    return Person.model_validate(user)


# The letter.


class Subscription(Input):
    email: Email


@actions.action("newsletter.subscribe", fragment="newsletter/_form.html")
def subscribe(input: Subscription) -> Subscription:
    db().add(Subscriber(email=input.email))
    try:
        db().commit()
    except IntegrityError:
        db().rollback()
        raise ActionInputError({"email": "The letter comes to this address already."}) from None
    return input


def _published_post(post_id: int) -> Post:
    post = db().get(Post, post_id)
    if post is None or not post.published:
        raise ActionError("NOT_FOUND", "There is no such article, or not any more.")
    return post


def _own_post(post_id: int, ctx: ActionContext) -> Post:
    post = db().get(Post, post_id) or abort(404)
    if not ctx.user.may_edit(post):
        raise ActionError("FORBIDDEN", "This is somebody else’s article.")
    return post


def _set_published(input: WhichPost, ctx: ActionContext, *, published: bool) -> PostOut:
    post = _own_post(input.post_id, ctx)
    post.published = published
    db().commit()
    return PostOut.model_validate(post)


actions.register(posts)
actions.register(admin)
actions.register(account)
