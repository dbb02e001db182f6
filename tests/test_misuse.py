"""Misuse: what a developer does wrong is told with what, where, and what to write instead."""

from __future__ import annotations

import ast
import asyncio
import logging
import secrets
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pytest
from cachelib import RedisCache
from flask import Flask, redirect, render_template_string
from flask_login import LoginManager, login_required
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import DictLoader
from pydantic import BaseModel, SecretStr
from wtforms import StringField

import flask_actions
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
    action_form,
    action_url,
    call_action,
    define_action,
    get_action_context,
    get_action_result,
)
from flask_actions.bound import sign
from flask_actions.errors import MisuseError

PACKAGE = Path(flask_actions.__file__).parent


class Post(BaseModel):
    title: str


class Form(FlaskForm):
    title = StringField()


def create_post(input: Post) -> str:
    return input.title


def takes_three(input: Post, ctx: ActionContext, more: int) -> None: ...
def needs_keyword(input: Post, *, more: int) -> None: ...
def context_first(ctx: ActionContext, input: Post) -> None: ...
def not_imported(input: Psot) -> None: ...  # noqa: F821
def no_type(input: object()) -> None: ...
def two_fields(title: str, body: str) -> None: ...
def two_models(post: Post, other: Post) -> None: ...
def context_alone(ctx): ...
def needs_nothing() -> None: ...
async def later() -> None: ...


class Handlers:
    def method(self, input: Post) -> None: ...


class Nameless:
    def __call__(self) -> None: ...


def build(**config: Any) -> tuple[Flask, Actions]:
    app = Flask("shop")
    app.testing = True
    app.secret_key = "test"
    app.config.update(config)
    app.jinja_loader = DictLoader({"page.html": "{% block form %}{% endblock %}"})
    actions = Actions(app)
    actions.action(create_post)
    return app, actions


def in_app(do: Callable[[], Any]) -> Callable[[], Any]:
    def inside() -> Any:
        with build()[0].app_context():
            return do()

    return inside


def in_page(template: str) -> Callable[[], Any]:
    def render() -> Any:
        with build()[0].test_request_context():
            return render_template_string(template)

    return render


def posting(handler: Any, headers: Any = (), config: Any = (), **options: Any) -> Callable[[], Any]:
    """A post to an action of *handler*."""

    def post() -> Any:
        app, actions = build(**dict(config))
        actions.action("act", **options)(handler)
        return app.test_client().post("/_actions/act", headers=dict(headers))

    return post


def in_async(call: Callable[[], Any]) -> Callable[[], Any]:
    async def inside() -> Any:
        return call()

    return lambda: asyncio.run(inside())


def register(*members: Any) -> None:
    _, actions = build()
    for member in members:
        actions.register(member)


def setting(**config: Any) -> Callable[[], Any]:
    return lambda: build(**config)


def group_within_itself() -> None:
    outer, inner = ActionGroup("outer"), ActionGroup("inner")
    outer.register(inner)
    inner.register(outer)


def member_of_two_groups() -> None:
    member = define_action(handler=create_post)
    ActionGroup("blog").register({"comment": member})
    ActionGroup("shop").register(member)


def name_of_its_own_twice() -> None:
    _, actions = build()
    action = define_action(handler=create_post)
    actions.register({"first": action})
    actions.register({"second": action})


def decorator_above() -> None:
    app, actions = build()
    LoginManager(app)
    login_required(actions.action("guarded")(lambda: None))


def route_above() -> None:
    app, actions = build()
    app.post("/new")(actions.action("act")(needs_nothing))


def group_as_a_blueprint() -> None:
    build()[0].register_blueprint(ActionGroup("blog"))  # type: ignore[arg-type]


def two_extensions() -> None:
    app, _ = build()
    Actions(app)


def without_extension(call: Callable[[], Any]) -> Callable[[], Any]:
    def inside() -> Any:
        with Flask("shop").test_request_context():
            return call()

    return inside


def after_the_first_request() -> None:
    app, actions = build()
    app.test_client().get("/")
    actions.action("late")(lambda: None)


def async_without_its_package() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "asgiref.sync", None)
        posting(later, {"Accept": "application/json"})()


def kept_response() -> None:
    app, _ = build()
    with app.test_request_context():
        get_action_context().serialize_action_result(SafeResult(data=redirect("/")))


def result_that_is_none() -> None:
    app, actions = build()
    actions.action("act")(needs_nothing)
    with app.test_request_context():
        get_action_context().set_action_result("act", {"id": 3})  # type: ignore[arg-type]


def result_of_no_action() -> None:
    app, _ = build()
    with app.test_request_context():
        get_action_context().set_action_result("creatPost", SafeResult())


def with_context(do: Callable[[ActionContext], Any]) -> Callable[[], Any]:
    """What *do* makes of the context of a call from Python, in an application."""

    def inside() -> Any:
        app, actions = build()
        action = actions.action("act")(lambda input, ctx: do(ctx))
        with app.app_context():
            return action.or_throw()

    return inside


def async_user_loader() -> None:
    async def load_user() -> None: ...

    build()[1].user_loader(load_user)


def with_options(**options: Any) -> Callable[[], Any]:
    return lambda: define_action(handler=needs_nothing, **options)


def async_language_selector() -> None:
    async def select() -> str:
        return "de"

    build()[1].language_selector(select)


def asking_for_a_form(
    handler: Any,
    look: Callable[[Any], Any] = str,
    options: Mapping[str, Any] | None = None,
    **asked: Any,
) -> Callable[[], Any]:
    def ask() -> Any:
        app, actions = build()
        actions.action("act", **(options or {}))(handler)
        with app.test_request_context():
            return look(action_form("act", **asked))

    return ask


def bound_in_a_guard() -> None:
    act = define_action(handler=needs_nothing, bound=Post, guard=lambda ctx: ctx.bound)
    act.rename("act")
    act.or_throw({})


def error_for_a_field_that_there_is_not() -> None:
    def refuse(input: Post) -> None:
        raise ActionInputError({"titel": "Taken"})

    app, actions = build()
    with app.app_context():
        actions.action("act")(refuse).or_throw({"title": "x"})


RPC = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}
FORM = "application/x-www-form-urlencoded"
HERE = "test_misuse.py:"
UNKNOWN = ("no action 'creatPost'", "Did you mean 'createPost'?")


def row(id: str, error: type[Exception], do: Callable[[], Any], *parts: str) -> Any:
    return pytest.param(error, do, parts, id=id)


TABLE = [
    # --- a function that cannot be an action
    row(
        "handler of three parameters",
        TypeError,
        lambda: define_action(handler=takes_three),
        *("takes_three", HERE, "handler(input, ctx)", "nothing gives it more"),
    ),
    row(
        "handler with a keyword of its own",
        TypeError,
        lambda: define_action(handler=needs_keyword),
        *("needs_keyword", HERE, "handler(input, ctx)", "nothing gives it more"),
    ),
    row(
        "method without its object",
        TypeError,
        lambda: define_action(handler=Handlers.method),
        *("Handlers.method", HERE, "nothing gives it self", "define_action(handler=object.method)"),
    ),
    row(
        "context before the input",
        TypeError,
        lambda: define_action(handler=context_first),
        *("context_first", HERE, "the input comes first", "handler(input, ctx)"),
    ),
    *[
        row(
            f"parameter for each field, {handler.__name__}",
            TypeError,
            lambda handler=handler: define_action(handler=handler),
            *(handler.__name__, HERE, f"nothing gives it {last}", "Make one model"),
        )
        for handler, last in ((two_fields, "body"), (two_models, "other"))
    ],
    row(
        "context that does not say so",
        TypeError,
        lambda: define_action(handler=context_alone),
        *("context_alone", HERE, "its only parameter is the input", "handler(ctx: ActionContext)"),
    ),
    row(
        "annotation that is not imported",
        TypeError,
        lambda: define_action(handler=not_imported),
        *("not_imported", HERE, "annotation of 'input'", "'Psot' is not defined", "input="),
    ),
    row(
        "annotation that is no type",
        TypeError,
        lambda: define_action(handler=no_type),
        *("no_type", HERE, "the input <object", "Give a pydantic model"),
    ),
    row(
        "function without a signature",
        TypeError,
        lambda: define_action(handler=type),
        *("type has no signature", "wrap it in a function"),
    ),
    row(
        "no function",
        TypeError,
        lambda: define_action(handler="create_post"),
        *("not 'create_post'", "@actions.action above a def", "define_action(handler="),
    ),
    row(
        "action of an action",
        TypeError,
        lambda: define_action(handler=define_action(handler=create_post)),
        *("create_post", HERE, "is an action already", "decorate its function once"),
    ),
    row(
        "decorator above ours",
        TypeError,
        decorator_above,
        *("A decorator stands above the action guarded", HERE, "Put it below @actions.action"),
    ),
    row(
        "route above ours",
        TypeError,
        route_above,
        *("A route stands above the action act", HERE, "action_url('act')", "Leave the route out"),
    ),
    row(
        "model for a name",
        TypeError,
        lambda: build()[1].action(Post)(create_post),
        *("takes a name, not the model Post", "@action(input=Post)"),
    ),
    row(
        "number for a name",
        TypeError,
        lambda: build()[1].action(3)(create_post),
        *("takes a name, not 3", "@action('createPost', accept='json')"),
    ),
    # --- options
    row(
        "name as an option",
        TypeError,
        lambda: build()[1].action(name="likePost")(create_post),
        *("@action has no option name=", "The name comes first: @action('createPost')"),
    ),
    row(
        "name as an option of define_action",
        TypeError,
        lambda: define_action(handler=create_post, name="likePost"),
        *("define_action has no option name=", "Its key in the dictionary names it"),
    ),
    row(
        "unknown option",
        TypeError,
        lambda: build()[1].action("x", guards=[])(create_post),
        *("@action has no option guards=", "Did you mean guard=?"),
    ),
    row(
        "unknown option of define_action",
        TypeError,
        lambda: define_action(handler=create_post, zzz=1),
        *("define_action has no option zzz=", "There are input, accept, guard"),
    ),
    row(
        "dictionary for a model",
        TypeError,
        lambda: define_action(handler=create_post, input={"title": str}),
        *("create_post", HERE, "the input {'title': <class 'str'>}", "Give a pydantic model"),
    ),
    row(
        "output that is no type",
        TypeError,
        lambda: define_action(handler=create_post, output={"title": str}),
        *("create_post", HERE, "the output {'title'", "Give a pydantic model"),
    ),
    row(
        "unknown kind of body",
        ValueError,
        lambda: define_action(handler=create_post, accept="xml"),
        *("create_post", HERE, "accept is 'xml'", "'form', 'json' or both"),
    ),
    row(
        "guard that is no function",
        TypeError,
        lambda: define_action(handler=create_post, guard=True),
        *("create_post", HERE, "a guard is a function of the context, not True"),
    ),
    row(
        "guard of a group that is no function",
        TypeError,
        lambda: ActionGroup("blog", guard="admin"),
        *("The group 'blog'", "a guard is a function of the context, not 'admin'"),
    ),
    *[
        row(
            f"guard that takes {what}",
            TypeError,
            lambda guard=guard: define_action(handler=create_post, guard=guard),
            *("create_post", HERE, "a guard is a function of the context, def guard(ctx), and"),
        )
        for what, guard in {
            "nothing": lambda: True,
            "two": lambda user, post: True,
            "a name": lambda ctx, *, role: True,
        }.items()
    ],
    row(
        "limit that is no size",
        ValueError,
        lambda: define_action(handler=create_post, max_body="large"),
        *("create_post", HERE, "max_body is 'large'", "'2 MB'"),
    ),
    row(
        "context of a fragment that is no function",
        TypeError,
        lambda: define_action(handler=create_post, fragment_context={"posts": []}),
        *("create_post", HERE, "fragment_context", "lambda ctx, result:", "not {'posts': []}"),
    ),
    row(
        "context of a fragment that takes one",
        TypeError,
        with_options(fragment="page.html", fragment_context=lambda ctx: {}),
        *("needs_nothing", HERE, "fragment_context is a function of", "lambda ctx, result:"),
    ),
    row(
        "context of no fragment",
        TypeError,
        with_options(fragment_context=lambda ctx, result: {}),
        *("needs_nothing", HERE, "fragment_context is for a fragment: give fragment= too"),
    ),
    *[
        row(
            f"fragment that is {fragment!r}",
            TypeError,
            with_options(fragment=fragment),
            *("needs_nothing", HERE, "'posts/index.html#form'", f"it is not {fragment!r}"),
        )
        for fragment in ("", "#form", 3)
    ],
    # --- names and groups
    row(
        "name that is taken",
        ValueError,
        lambda: build()[1].action("createPost")(needs_nothing),
        *("'createPost' is taken", "needs_nothing", "create_post", HERE, "@actions.action('other"),
    ),
    row(
        "name that is no name",
        ValueError,
        lambda: build()[1].action("create:post")(needs_nothing),
        *("needs_nothing", HERE, "'create:post' is no name", "'blog.comment'"),
    ),
    row(
        "name of a file that GET serves",
        ValueError,
        lambda: build()[1].action("client.js")(needs_nothing),
        *("needs_nothing", HERE, "'client.js'", "GET serves a file there", "Choose another name"),
    ),
    row(
        "no name",
        ValueError,
        lambda: register(define_action(handler=Nameless())),
        *("has no name", "@actions.action('createPost')", "in a dictionary by name"),
    ),
    row(
        "second name",
        ValueError,
        name_of_its_own_twice,
        *("'first' is its name already", "'second'", "Define another action"),
    ),
    row(
        "name of a group that is a group",
        TypeError,
        lambda: build()[1].register(ActionGroup("a"), ActionGroup("b")),
        *("not <flask_actions.action.ActionGroup", "Call register() once for each group"),
    ),
    row(
        "group as a blueprint",
        TypeError,
        group_as_a_blueprint,
        *("under a name", "once for each group, actions.register(group)"),
    ),
    row(
        "member of two groups",
        ValueError,
        member_of_two_groups,
        *("'comment' belongs to the group 'blog' already", "'shop'"),
    ),
    row(
        "group within itself",
        ValueError,
        group_within_itself,
        *("The group", "cannot contain itself"),
    ),
    row(
        "function that is registered as it is",
        TypeError,
        lambda: register(create_post),
        *("<function create_post", "cannot be registered", "an ActionGroup, or a dictionary"),
    ),
    # --- the extension
    row(
        "two extensions",
        RuntimeError,
        two_extensions,
        *("has its Actions already", "call Actions(app) once", "register"),
    ),
    row(
        "extension of a name",
        TypeError,
        lambda: Actions(__name__),
        *("Actions needs a Flask application, not 'test", "Actions(app)"),
    ),
    row(
        "no extension, from Python",
        RuntimeError,
        without_extension(lambda: call_action("createPost")),
        *("'shop' has no Actions", "actions = Actions(app)", "actions.init_app(app)"),
    ),
    row(
        "no extension, for a URL",
        RuntimeError,
        without_extension(lambda: action_url("createPost")),
        *("'shop' has no Actions", "actions = Actions(app)"),
    ),
    row(
        "no extension, for a result",
        RuntimeError,
        without_extension(lambda: get_action_result("createPost")),
        *("'shop' has no Actions", "actions = Actions(app)"),
    ),
    row(
        "no application, for a result",
        RuntimeError,
        lambda: get_action_result("createPost"),
        "outside of application context",
    ),
    row(
        "action after the first request",
        AssertionError,
        after_the_first_request,
        *("endpoint", "first request"),
    ),
    row(
        "async user_loader",
        TypeError,
        async_user_loader,
        *("load_user", HERE, "no async function"),
    ),
    # --- names of actions
    row("unknown name in a URL", LookupError, in_page("{{ action_url('creatPost') }}"), *UNKNOWN),
    row(
        "unknown name of a result",
        LookupError,
        in_page("{{ get_action_result('creatPost') }}"),
        *UNKNOWN,
    ),
    row("unknown name for a hook's result", LookupError, result_of_no_action, *UNKNOWN),
    row(
        "hook's result that is none",
        TypeError,
        result_that_is_none,
        *("SafeResult(data=...)", "not {'id': 3}"),
    ),
    row(
        "name that is near to none",
        LookupError,
        in_page("{{ action_url('zzz') }}"),
        *("no action 'zzz'", "It has: createPost"),
    ),
    row(
        "group that is not registered",
        LookupError,
        in_page("{{ action_url('blog.comment') }}"),
        *("no action 'blog.comment'", "no group 'blog' either", "actions.register(blog)"),
    ),
    row(
        "action that is not registered",
        LookupError,
        in_app(lambda: action_url(define_action(handler=needs_nothing))),
        *("needs_nothing", HERE, "Register it: actions.register(action)"),
    ),
    # --- settings
    row(
        "prefix without a slash",
        ValueError,
        setting(ACTIONS_URL_PREFIX="do"),
        *("ACTIONS_URL_PREFIX is 'do'", "'/_actions'"),
    ),
    row(
        "prefix of the extension",
        ValueError,
        lambda: Actions(Flask("shop"), url_prefix="/"),
        *("url_prefix is '/'", "'/_actions'"),
    ),
    row(
        "body without a number",
        ValueError,
        setting(ACTIONS_MAX_BODY="big"),
        *("ACTIONS_MAX_BODY is 'big'", "'2 MB'"),
    ),
    row(
        "origin without a scheme",
        ValueError,
        setting(ACTIONS_TRUSTED_ORIGINS=["example.com"]),
        *("ACTIONS_TRUSTED_ORIGINS has 'example.com'", "'https://app.example.com'"),
    ),
    row(
        "unknown wire",
        ValueError,
        setting(ACTIONS_WIRE="json"),
        *("ACTIONS_WIRE is 'json'", "'plain' or 'astro'"),
    ),
    row(
        "store that is a class",
        ValueError,
        setting(ACTIONS_RESULT_STORE=RedisCache),
        *("ACTIONS_RESULT_STORE is <class", "cachelib.RedisCache()"),
    ),
    row(
        "seconds as a text",
        ValueError,
        setting(ACTIONS_RESULT_TTL="10m"),
        *("ACTIONS_RESULT_TTL is '10m'", "a number of seconds, such as 600"),
    ),
    row(
        "names that are none",
        ValueError,
        setting(ACTIONS_SECRET_FIELDS=3),
        *("ACTIONS_SECRET_FIELDS is 3", "a list of texts, such as ["),
    ),
    row(
        "lazy session as a word",
        ValueError,
        setting(ACTIONS_LAZY_SESSION="yes"),
        *("ACTIONS_LAZY_SESSION is 'yes'", "True or False"),
    ),
    row(
        "htmx that is not there",
        ValueError,
        setting(ACTIONS_HTMX_VERSION="3"),
        *("ACTIONS_HTMX_VERSION is '3'", "'4'", "'2'"),
    ),
    row(
        "htmx of a page that is not there",
        ValueError,
        in_page("{{ actions_head(htmx=1) }}"),
        *("is 1", "'4'", "'2'"),
    ),
    # --- rules of files
    row("size without a unit", ValueError, lambda: MaxSize("big"), "MaxSize is 'big'", "'2 MB'"),
    row(
        "type that is none",
        ValueError,
        lambda: AcceptTypes("pictures"),
        *("AcceptTypes has 'pictures'", "'image/*'", "'.csv'"),
    ),
    row("no type", ValueError, lambda: AcceptTypes(), "names no type", "AcceptTypes('image/*')"),
    row(
        "rule of a file for a text",
        TypeError,
        lambda: define_action(handler=create_post, input=Annotated[str, MaxSize("1 MB")]),
        *("create_post", HERE, "rules of an Upload", "Annotated[Upload, ...]"),
    ),
    # --- errors
    row(
        "unknown code",
        ValueError,
        lambda: ActionError("not found"),
        *("'not found' is no error code", "Did you mean 'NOT_FOUND'?"),
    ),
    row(
        "unknown code, near to none",
        ValueError,
        lambda: ActionError.code_to_status("ZZZ"),
        *("'ZZZ' is no error code", "'NOT_FOUND', 'CONFLICT'"),
    ),
    row(
        "text for an input's errors",
        TypeError,
        lambda: ActionInputError("Already taken"),
        *("not 'Already taken'", "{'email': 'Already taken'}", "Issue"),
    ),
    *(
        row(
            f"waiting time that is no number: {wrong!r}",
            TypeError,
            partial(ActionError, "TOO_MANY_REQUESTS", retry_after=wrong),
            *(f"retry_after is {wrong!r}", "retry_after=30"),
        )
        for wrong in ("soon", timedelta(seconds=3), float("nan"), float("inf"))
    ),
    *[
        row(
            f"{given!r} for a field's message",
            TypeError,
            lambda given=given: ActionInputError({"contact": given}),
            *("a text for 'contact', or several in a list", f"not {given!r}", "'contact.email'"),
        )
        for given in (3, None, {"email": "Taken"}, ValueError("Taken"))
    ],
    # --- calls
    row(
        "async action in async code",
        RuntimeError,
        in_async(define_action(handler=later)),
        *("later is async", "await action.acall("),
    ),
    row(
        "async action without its package",
        RuntimeError,
        async_without_its_package,
        *("The handler of act is async", "pip install 'flask-server-actions[async]'"),
    ),
    row(
        "form without a key",
        RuntimeError,
        posting(lambda: None, config={"SECRET_KEY": None}),
        *("A form post to act", "SECRET_KEY", "Set app.secret_key"),
    ),
    row(
        "guard that returns the user",
        TypeError,
        posting(lambda: None, RPC, guard=lambda ctx: "ada"),
        *("A guard of act", "<lambda>", HERE, "returned str", "False to refuse"),
    ),
    row(
        "data that is not the output",
        TypeError,
        posting(lambda: {"name": "x"}, RPC, output=Post),
        *("<lambda>", HERE, "does not fit the output Post: title: Field required", "(output=)"),
    ),
    row(
        "fragment that does not exist",
        LookupError,
        posting(lambda: None, HTMX, fragment="_form.html"),
        *("_form.html", "fragment of act"),
    ),
    row(
        "block that is not in the template",
        LookupError,
        posting(lambda: None, HTMX, fragment="page.html#from"),
        *("'page.html' has no block 'from'", "its blocks: form"),
    ),
    row(
        "context of a fragment that gives nothing",
        TypeError,
        posting(lambda: None, HTMX, fragment="page.html", fragment_context=lambda ctx, _: None),
        *("The fragment_context of act gave None", "it returns a dictionary"),
    ),
    # --- the context
    *[
        row(
            f"{name} outside a request",
            RuntimeError,
            with_context(lambda ctx, name=name: getattr(ctx, name)),
            *(f"ctx.{name} needs a request", "act", "Check ctx.called_from"),
        )
        for name in ("request", "session", "cookies")
    ],
    row(
        "g outside an application",
        RuntimeError,
        lambda: ActionContext("act", "server", None).locals,
        *("ctx.locals of act", "with app.app_context():"),
    ),
    row(
        "redirect to another site",
        ActionError,
        with_context(lambda ctx: ctx.redirect("https://example.org")),
        "another site",  # the log says more: this may be shown to a user
    ),
    row(
        "redirect to a script",
        ValueError,
        with_context(lambda ctx: ctx.redirect("javascript:x", external=True)),
        *("'javascript:x' is no URL that a browser can follow", "https://"),
    ),
    row(
        "detail that is no JSON",
        TypeError,
        with_context(lambda ctx: ctx.htmx.trigger("saved", {1, 2})),
        *("'saved'", "no JSON"),
    ),
    row(
        "line break in a header",
        ValueError,
        with_context(lambda ctx: ctx.htmx.reswap("a\nb")),
        *("'a\\nb' cannot be sent in a header", "HX-Reswap"),
    ),
    row(
        "response that is kept",
        ValueError,
        kept_response,
        *("A Response cannot be kept", "send it"),
    ),
    # --- fields, buttons, bound arguments
    row(
        "error for a field that there is not",
        MisuseError,
        error_for_a_field_that_there_is_not,
        *("act", HERE, "'titel'", "Post does not have", "'title'"),
    ),
    row(
        "one model and several",
        TypeError,
        with_options(input=Post, intents={"draft": Post}),
        *("needs_nothing", HERE, "input=", "intents=", "write one of them"),
    ),
    row(
        "intents that are a list",
        TypeError,
        with_options(intents=[Post]),
        *("needs_nothing", HERE, "{'draft': DraftIn, 'publish': PostIn}"),
    ),
    row(
        "no intents",
        ValueError,
        with_options(intents={}),
        *("needs_nothing", HERE, "name a button", "or leave it out"),
    ),
    row(
        "intent whose name is no text",
        TypeError,
        with_options(intents={1: Post}),
        *("needs_nothing", HERE, "a button 1", "'draft'"),
    ),
    row(
        "form class for bound arguments",
        TypeError,
        with_options(bound=Form),
        *("needs_nothing", HERE, "a pydantic model", "bound=PostRef"),
    ),
    row(
        "secret among bound arguments",
        TypeError,
        with_options(bound=SecretStr),
        *("needs_nothing", HERE, "bound=SecretStr has a secret", "bind the id"),
    ),
    row(
        "time without bound arguments",
        TypeError,
        with_options(bound_ttl=60),
        *("needs_nothing", HERE, "give bound= too"),
    ),
    row(
        "time that is no number",
        ValueError,
        with_options(bound=Post, bound_ttl="1 h"),
        *("needs_nothing", HERE, "bound_ttl is '1 h'", "seconds above 0"),
    ),
    row(
        "bound arguments in a guard",
        MisuseError,
        bound_in_a_guard,
        *("ctx.bound of act", "look at it in the handler"),
    ),
    row(
        "binding where nothing can be bound",
        MisuseError,
        lambda: sign(["key"], define_action(handler=needs_nothing), {}),
        *("needs_nothing", HERE, "bound=PostRef"),
    ),
    row(
        "binding without a key",
        MisuseError,
        lambda: sign([], define_action(handler=needs_nothing, bound=int), 7),
        *("SECRET_KEY", "Set app.secret_key"),
    ),
    row(
        "binding what does not fit",
        MisuseError,
        lambda: sign(["key"], define_action(handler=needs_nothing, bound=Post), {"title": 7}),
        *("needs_nothing", HERE, "does not fit Post", "title: Input should be a valid string"),
    ),
    row(
        "async language_selector",
        TypeError,
        async_language_selector,
        *("async_language_selector", "language_selector is no async function"),
    ),
    # --- the form object
    row(
        "form of an action without a model",
        TypeError,
        asking_for_a_form(needs_nothing),
        *("action_form('act')", "declare a pydantic model", "by hand"),
    ),
    row(
        "arguments for an action that binds none",
        TypeError,
        asking_for_a_form(create_post, bound={"id": 1}),
        *("action_form('act', bound=...)", "takes none"),
    ),
    row(
        "form without the arguments that its page binds",
        TypeError,
        asking_for_a_form(create_post, options={"bound": Post}),
        *("action_form('act')", "lacks the arguments", "bound={...}"),
    ),
    row(
        "field that the form does not have",
        LookupError,
        asking_for_a_form(create_post, look=lambda form: form["titel"]),
        *("no field 'titel'", "there are: title"),
    ),
    row(
        "button that the action does not have",
        LookupError,
        asking_for_a_form(create_post, look=lambda form: form.intent("sent")),
        *("no intent 'sent'", "its intents: none"),
    ),
]


def told_by(error: BaseException) -> str:
    """What the traceback's last lines say, notes included."""
    return "".join(traceback.format_exception_only(error))


@pytest.mark.parametrize(("error", "do", "parts"), TABLE)
def test_misuse_is_told_with_what_to_write(error, do, parts):
    with pytest.raises(error) as raised:
        do()

    told = told_by(raised.value)
    assert [part for part in parts if part not in told] == []


#: Raised at nobody who writes an application: caught by us, or never.
INTERNAL = {
    "forms.py": ["is no shape of a form"],
    "pipeline.py": ["The line waited"],
    "keeper.py": ["This is no kept result."],
    "doors.py": ["a part has no name"],
}
#: Files whose errors are about values, caught and told as a result that cannot be sent.
OF_VALUES = ("devalue.py", "packing.py")
#: Told to who writes a test, each by a test of its own.
OF_TESTS = "testing"
AT_DEVELOPERS = ("MisuseError", "TypeError", "ValueError", "RuntimeError", "LookupError")


def raises_at_developers() -> Iterator[tuple[str, int, int]]:
    """File, first and last line of every such ``raise`` of ours."""
    for path in PACKAGE.rglob("*.py"):
        if path.name in OF_VALUES or {"extras", OF_TESTS} & set(path.parts):
            continue
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            said = ast.get_source_segment(text, node) or ""
            internal = any(part in said for part in INTERNAL.get(path.name, ()))
            if ast.unparse(node.exc.func) in AT_DEVELOPERS and not internal:
                yield str(path), node.lineno, node.end_lineno or node.lineno


def lines_of(error: BaseException | None) -> Iterator[tuple[str, int]]:
    """The lines that an exception, and those behind it, came by."""
    while error is not None:
        for frame in traceback.extract_tb(error.__traceback__):
            yield frame.filename, frame.lineno or 0
        error = error.__context__


def test_every_exception_at_a_developer_has_its_row():
    reached: set[tuple[str, int]] = set()
    for one in TABLE:
        try:
            one.values[1]()
        except Exception as error:
            reached.update(lines_of(error))

    missing = [
        f"{path}:{first}"
        for path, first, last in raises_at_developers()
        if not any((path, line) in reached for line in range(first, last + 1))
    ]
    assert missing == []


# --- what the log says


class Broken:
    """A cache whose server is gone."""

    def get(self, key: str) -> Any:
        raise ConnectionError("refused")

    set = delete = lambda self, *_, **__: self.get("")


def unsendable() -> Any:
    return object()


def crash() -> None:
    raise ZeroDivisionError("by zero")


def refuse() -> None:
    raise ActionError("CONFLICT", "Taken")


def triggering(ctx: ActionContext) -> None:
    ctx.htmx.trigger("saved")


def leaving(input: Any, ctx: ActionContext) -> None:
    ctx.redirect("https://example.org/x")


def long_text() -> str:
    return secrets.token_hex(5000)  # which does not shrink


def returning() -> Any:
    return ActionError("CONFLICT", "Taken")


def form_without_enctype() -> None:
    class Picture(BaseModel):
        picture: Upload

    app, actions = build()
    actions.action("act", input=Picture)(lambda input: None)
    app.test_client().post("/_actions/act", data="picture=cat.png", content_type=FORM)


def form_for_a_number() -> None:
    def act(input: int) -> None: ...

    app, actions = build()
    actions.action(act)
    app.test_client().post("/_actions/act", data={"input": "3"})


def form_without_token() -> None:
    app, _ = build()
    CSRFProtect(app)
    app.test_client().post("/_actions/createPost", data={"title": "x"})


def page_of_another_name() -> None:
    app, actions = build()
    actions.action("act")(refuse)
    app.add_url_rule("/", view_func=lambda: str(get_action_result("createPost")))
    client = app.test_client()
    client.get(client.post("/_actions/act", data={"_key": "7"}).location)


#: No folder can be made in a file.
NO_FOLDER = __file__


def unwritable() -> None:
    app = Flask("shop", instance_path=NO_FOLDER)
    app.secret_key = "test"
    actions = Actions(app)
    actions.action("act")(long_text)
    app.test_client().post("/_actions/act")


LOGGED = [
    pytest.param(
        posting(unsendable, RPC),
        ("The result of act cannot be serialised", "Return plain data, a pydantic model"),
        id="result that cannot be sent",
    ),
    pytest.param(
        posting(returning, RPC),
        ("The result of act cannot be serialised", "An ActionError is raised, not returned"),
        id="error that is returned",
    ),
    pytest.param(
        form_without_enctype,
        ("The form of act sent the file 'picture' as its name alone", "multipart/form-data"),
        id="form without its type",
    ),
    pytest.param(
        in_page("{{ action_form('createPost').titel }}"),
        ("In the form createPost: The form has no field 'titel'", "there are: title"),
        id="field that the form does not have",
    ),
    pytest.param(
        form_for_a_number,
        ("A form sends fields, and the input of act is int", "give it a model"),
        id="form for a number",
    ),
    pytest.param(
        form_without_token,
        ("A post to /_actions/createPost has no CSRF token", 'value="{{ csrf_token() }}"'),
        id="form without a token",
    ),
    pytest.param(
        page_of_another_name,
        ("The page / does not show the error of act", "get_action_result('act', key='7')"),
        id="page that asks for another result",
    ),
    pytest.param(
        posting(leaving, RPC),
        ("act redirects to 'https://example.org/x'", "ctx.redirect(url, external=True)"),
        id="redirect to another site",
    ),
    pytest.param(
        posting(triggering, HTMX),
        ("What act asks of ctx.htmx is lost", "give the action a fragment"),
        id="headers without a fragment",
    ),
    pytest.param(
        posting(refuse, HTMX, {"TESTING": False}, fragment="page.html#from"),
        ("The fragment 'page.html#from' of act fails", "its blocks: form"),
        id="fragment of an error",
    ),
    pytest.param(
        posting(crash, RPC, {"TESTING": False}),
        ("Exception in the action act [", "ZeroDivisionError: by zero", "crash"),
        id="exception in a handler",
    ),
    pytest.param(
        unwritable,
        ("test_misuse.py/actions-results', which cannot be written", "ACTIONS_RESULT_STORE"),
        id="folder that cannot be written",
    ),
    pytest.param(
        unwritable,
        ("The result of act could not be written to", "without its data", "Make it writable"),
        id="result that cannot be written",
    ),
    pytest.param(
        posting(long_text, config={"ACTIONS_RESULT_STORE": Broken()}),
        ("The store of kept results fails: ConnectionError('refused')",),
        id="store that fails",
    ),
    pytest.param(
        setting(SESSION_PERMANENT=True),
        ("Sessions are permanent here", "ACTIONS_RESULT_STORE = 'cookie'"),
        id="permanent sessions",
    ),
]


@pytest.mark.parametrize(("do", "parts"), LOGGED)
def test_log_says_what_to_write(caplog, do, parts):
    caplog.set_level(logging.WARNING)

    do()

    format_ = logging.Formatter().format
    assert any(all(part in format_(one) for part in parts) for one in caplog.records), caplog.text
