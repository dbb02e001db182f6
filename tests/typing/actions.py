"""What type checkers know of actions; nobody runs this file: mypy and pyright read it."""

# mypy: warn-unused-ignores
from __future__ import annotations

from typing import Any, assert_type

from flask import Flask
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict

from flask_actions import (
    Action,
    ActionContext,
    ActionGroup,
    Actions,
    SafeResult,
    call_action,
    define_action,
    get_action_result,
    is_action_error,
    is_input_error,
)


class CreatePost(BaseModel):
    title: str


class PostOut(BaseModel):
    id: int


class Row: ...


app = Flask(__name__)
actions = Actions(app)
group = ActionGroup("blog", guard=lambda ctx: ctx.user is not None)


def guard(ctx: ActionContext) -> None: ...


# --- several buttons, bound arguments


@actions.action(intents={"draft": CreatePost, "delete": None}, bound=PostOut, bound_ttl=60)
def save_post(input: CreatePost | None, ctx: ActionContext) -> str:
    assert_type(ctx.intent, str | None)
    assert_type(ctx.bound, Any)
    return ""


assert_type(save_post, Action[str, CreatePost | None])
assert_type(
    group.action(intents={"draft": CreatePost}, output=PostOut)(save_post.handler), Action[PostOut]
)
assert_type(
    define_action(handler=save_post.handler, intents={"draft": CreatePost}, bound=int), Action[Any]
)


# --- bare, sync and async


@actions.action
def create_post(input: CreatePost, ctx: ActionContext) -> PostOut:
    return PostOut(id=1)


@actions.action
async def create_later(input: CreatePost) -> PostOut:
    return PostOut(id=1)


@group.action
def comment(input: CreatePost) -> list[PostOut]:
    return []


@group.action
async def comment_later() -> None: ...


assert_type(create_post, Action[PostOut, CreatePost])
assert_type(create_later, Action[PostOut, CreatePost])
assert_type(comment, Action[list[PostOut], CreatePost])
assert_type(comment_later, Action[None, None])

assert_type(create_post({"title": "x"}), SafeResult[PostOut])
assert_type(create_later({"title": "x"}), SafeResult[PostOut])
assert_type(create_post.or_throw({"title": "x"}), PostOut)
assert_type(create_later.or_throw(), PostOut)
assert_type(create_post({}).data, PostOut | None)
assert_type(create_post({}).or_throw(), PostOut)
assert_type(create_post({}).ok, bool)


async def use() -> None:
    assert_type(await create_post.acall({"title": "x"}), SafeResult[PostOut])
    assert_type(await create_later.acall({"title": "x"}), SafeResult[PostOut])


# --- with arguments


@actions.action("likePost", accept="json", guard=[guard], description="Like", max_body="2 MB")
def like(input: CreatePost) -> int:
    return 1


@actions.action(accept=["form", "json"], fragment="f.html", fragment_context=lambda ctx, result: {})
async def share() -> str:
    return ""


@group.action("named", guard=guard)
def named() -> PostOut | None:
    return None


assert_type(like, Action[int, CreatePost])
assert_type(share, Action[str, None])
assert_type(named, Action[PostOut | None, None])
assert_type(named.or_throw(), PostOut | None)


# --- the output says what the data is, whatever the handler gives


@actions.action(output=PostOut)
def from_row(input: CreatePost) -> Row:
    return Row()


@group.action("later", output=list[PostOut], accept="json")
async def rows_later(input: CreatePost) -> list[Row]:
    return []


@actions.action(output=PostOut | None)
def either(input: CreatePost) -> Row:
    return Row()


assert_type(from_row.or_throw({}), PostOut)
assert_type(either, Action[Any, CreatePost])  # a union is no class that a checker could read off
assert_type(rows_later({}), SafeResult[list[PostOut]])


# --- the input: what the handler or the option says, or what it is made of


@actions.action(input=CreatePost)
def by_option(input: Any) -> int:
    return 1


@actions.action(input=CreatePost, output=PostOut)
def by_options(input: Any, ctx: ActionContext) -> Any: ...


@actions.action(input=CreatePost | PostOut)
def of_several(input: Any) -> int:
    return 1


@actions.action
def optional(input: CreatePost | None = None) -> int:
    return 1


@actions.action
def open_to_all(input: Any) -> int:
    return 1


@group.action
async def numbers(input: list[int], ctx: ActionContext) -> int:
    return 1


assert_type(by_option, Action[int, CreatePost])
assert_type(by_options, Action[PostOut, CreatePost])
assert_type(of_several, Action[int, Any])
assert_type(optional, Action[int, CreatePost | None])
assert_type(open_to_all, Action[int, Any])
assert_type(numbers, Action[int, list[int]])

create_post(CreatePost(title="x"))
create_post(MultiDict({"title": "x"}))
create_post(b'{"title": "x"}')
create_post()
open_to_all(3)
numbers([1, 2])
numbers(["1", "2"])


# --- define_action


def plain(input: CreatePost) -> PostOut:
    return PostOut(id=1)


async def waiting(input: CreatePost) -> PostOut:
    return PostOut(id=1)


assert_type(define_action(handler=plain), Action[PostOut, CreatePost])
assert_type(define_action(handler=waiting, input=CreatePost), Action[PostOut, CreatePost])
assert_type(define_action(handler=plain, output=int), Action[int, CreatePost])
assert_type(define_action(handler=lambda: 1), Action[int, None])
assert_type(define_action(handler=lambda input: 1), Action[int])
assert_type(define_action(handler=by_option.handler, input=CreatePost), Action[Any, CreatePost])
assert_type(
    define_action(handler=by_option.handler, input=CreatePost, output=PostOut),
    Action[PostOut, CreatePost],
)
define_action(handler=lambda input: 1, input=CreatePost)(CreatePost(title="x"))

group.register({"shop": {"add": define_action(handler=plain)}})
actions.register(group)
actions.register(define_action(handler=plain), "plain")


# --- by name


assert_type(call_action("createPost", {}), SafeResult[Any])
assert_type(actions.call("createPost", {}), SafeResult[Any])
assert_type(get_action_result("createPost"), SafeResult[Any] | None)


# --- by the action itself


assert_type(call_action(create_post, {"title": "x"}), SafeResult[PostOut])
assert_type(call_action(create_later, CreatePost(title="x")).or_throw(), PostOut)
assert_type(actions.call(comment, {}), SafeResult[list[PostOut]])
assert_type(actions.call(comment_later), SafeResult[None])
assert_type(get_action_result(create_post), SafeResult[PostOut] | None)


@actions.user_loader
def load(ctx: ActionContext) -> Row | None:
    return None


assert_type(load(ActionContext("x", "server", None)), Row | None)


def errors(result: SafeResult[PostOut]) -> None:
    if is_input_error(result.error):
        assert_type(result.error.fields, dict[str, list[str]])
    if is_action_error(result.error):
        assert_type(result.error.status, int)


# --- what must not pass: an ignore that ignores nothing is an error of its own

actions.action("x", acept="json")  # type: ignore[call-overload]  # pyright: ignore
actions.action(accept="xml")  # type: ignore[call-overload]  # pyright: ignore
actions.action(3)  # type: ignore[call-overload]  # pyright: ignore
define_action(plain)  # type: ignore[call-overload]  # pyright: ignore
create_post(PostOut(id=1))  # type: ignore[arg-type]  # pyright: ignore
create_post.or_throw(3)  # type: ignore[arg-type]  # pyright: ignore
by_option(PostOut(id=1))  # type: ignore[arg-type]  # pyright: ignore
numbers(3)  # type: ignore[arg-type]  # pyright: ignore
call_action(create_post, PostOut(id=1))  # type: ignore[misc]  # pyright: ignore
actions.call(comment, 3)  # type: ignore[misc]  # pyright: ignore
_ = create_post.or_throw({}).title  # type: ignore[attr-defined]  # pyright: ignore
_ = create_post({}).data.id  # type: ignore[union-attr]  # pyright: ignore
_ = call_action(create_post, {}).or_throw().title  # type: ignore[attr-defined]  # pyright: ignore
define_action(handler=plain, inptu=CreatePost)  # type: ignore[call-overload]  # pyright: ignore


async def wrong() -> None:
    await create_post.acall(PostOut(id=1))  # type: ignore[arg-type]  # pyright: ignore
    _ = (await create_later.acall({})).or_throw().title  # type: ignore[attr-defined]  # pyright: ignore
