"""Actions, groups and registries: what a developer writes down, and what it becomes."""

from __future__ import annotations

import asyncio
import functools
import gc
import subprocess
import sys
import textwrap
import weakref
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask import Blueprint, Flask, abort, redirect, render_template_string, request
from flask import Response as FlaskResponse
from jinja2 import DictLoader
from pydantic import BaseModel
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from flask_actions import (
    Action,
    ActionContext,
    ActionError,
    ActionGroup,
    Actions,
    SafeResult,
    action_url,
    call_action,
    define_action,
    get_action_context,
    get_action_result,
)


class Post(BaseModel):
    title: str


def build(**config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    return app, Actions(app)


def names(actions: Actions) -> list[str]:
    return [name for name, _ in actions.registry]


def echo(input: Post) -> str:
    return input.title


# --- names


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("create_post", "createPost"),
        ("create", "create"),
        ("createPost", "createPost"),
        ("CreatePost", "createPost"),
        ("_create_post_", "createPost"),
        ("create__post", "createPost"),
        ("create_2_posts", "create2Posts"),
        ("SEND_MAIL", "sendMAIL"),
    ],
)
def test_name_is_the_functions_in_lower_camel_case(function, name):
    _, actions = build()
    namespace: dict[str, Any] = {}
    exec(f"def {function}(): ...", namespace)

    action = actions.action(namespace[function])

    assert action.name == name
    assert names(actions) == [name]


def test_decorator_with_arguments():
    _, actions = build()

    @actions.action("like-post", accept="json", description="Like it", max_body="2 kB")
    def like(input: Post) -> str:
        """Something else."""
        return input.title

    assert (like.name, like.accept, like.description) == ("like-post", {"json"}, "Like it")
    assert like.max_body == 2000


def test_decorator_with_options_only_keeps_the_functions_name():
    _, actions = build()

    @actions.action(accept="form")
    def send_mail(): ...

    assert send_mail.name == "sendMail"


def test_description_is_the_docstrings_first_paragraph():
    @ActionGroup("g").action
    def send():
        """Send it
        all.

        Not this.
        """

    assert send.description == "Send it all."


UNFIT = [
    "",
    " ",
    " a",
    "a ",
    "a b .c",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "a..b",
    ".a",
    "a.",
    "__class__",
    "_private",
    "a.__init__",
    "a.(b)",
    "\uff41",
    "cre\u0301er",
    "a\u200bb",
    "a\xa0b",
    "a\n",
    "a\x00",
    "a:b",
    "a\\b",
    "a%20b",
    "100%",
    "(nowhere)",
    "<lambda>",
    "client.js",
    "client.d.ts",
    "openapi.json",
    "static",
    "static.css",
    "static/a",
]


@pytest.mark.parametrize("name", UNFIT, ids=repr)
def test_unfit_name_is_refused_where_it_is_registered(name):
    app, actions = build()

    with pytest.raises(ValueError) as caught:
        actions.action(name)(echo)

    assert f"{__file__}:{echo.__code__.co_firstlineno}" in str(caught.value)
    assert names(actions) == []
    assert app.test_client().get("/_actions/static/nothing").status_code == 404


@pytest.mark.parametrize("name", ["a:b", "", "__group__", "static"], ids=repr)
def test_unfit_name_of_a_group_is_refused_with_its_first_action(name):
    _, actions = build()
    group = ActionGroup(name)
    actions.register(group)

    with pytest.raises(ValueError, match="name"):
        group.action(echo)


@pytest.mark.parametrize(
    "name",
    [
        *("a.b.c", "blog.comment", "static-pages", "x_1", "Create"),
        *("a b", "a/b", "a.1st", "créer", "a?b", "a#b&c=d", "statics/a", "什么"),
    ],
)
def test_fit_name(name):
    app, actions = build()
    actions.action(name)(echo)

    response = app.test_client().post(f"/_actions/{quote(name)}", json={"title": "x"})

    assert response.json["data"] == "x"


def test_name_used_twice_names_both_places():
    _, actions = build()

    @actions.action
    def create_post(): ...

    def createPost(): ...

    with pytest.raises(ValueError) as caught:
        actions.action(createPost)

    text = str(caught.value)
    assert f"{__file__}:{create_post.handler.__code__.co_firstlineno}" in text
    assert f"{__file__}:{createPost.__code__.co_firstlineno}" in text
    assert "createPost" in text


def test_name_used_twice_across_groups_and_dictionaries():
    _, actions = build()
    blog = ActionGroup("blog")
    blog.action("comment")(echo)
    actions.register(blog)

    with pytest.raises(ValueError, match=r"'blog\.comment' is taken"):
        actions.register({"blog": {"comment": define_action(handler=lambda: 1)}})


def test_registering_the_same_thing_again_changes_nothing():
    _, actions = build()
    blog = ActionGroup("blog")
    comment = blog.action("comment")(echo)
    like = define_action(handler=echo)

    for _ in range(2):
        actions.register(blog)
        actions.register(like, "like")
        actions.register({"shop": {"add": comment_free}})
    blog.action("later")(echo)

    assert names(actions) == ["blog.comment", "blog.later", "like", "shop.add"]
    assert comment.name == "blog.comment"


comment_free = define_action(handler=lambda: "added")


def test_an_action_keeps_its_first_name():
    _, actions = build()
    like = define_action(handler=echo)
    actions.register({"like": like})

    with pytest.raises(ValueError, match=r"'like' is its name already.*'love'"):
        actions.register({"love": like})

    assert like.name == "like"
    assert names(actions) == ["like"]


def test_an_action_under_two_keys_of_one_dictionary_is_an_error():
    _, actions = build()
    like = define_action(handler=echo)

    with pytest.raises(ValueError, match="already"):
        actions.register({"shop": {"a": like, "b": like}})


def test_an_action_without_a_name_says_so():
    _, actions = build()

    with pytest.raises(ValueError, match="has no name"):
        actions.register(define_action(handler=functools.partial(echo)))


# --- what is registered


def test_dictionary_nests():
    app, actions = build()
    add = define_action(input=Post, handler=lambda input: input.title)
    actions.register(
        {"shop": {"addToCart": add, "admin": {"wipe": define_action(handler=lambda: 1)}}}
    )

    response = app.test_client().post("/_actions/shop.addToCart", json={"title": "x"})

    assert names(actions) == ["shop.addToCart", "shop.admin.wipe"]
    assert response.json["data"] == "x"
    assert add.name == "shop.addToCart"


SHOP = {"shop": {"cart": {"add": define_action(handler=echo)}, "pay": define_action(handler=echo)}}


def test_dictionary_of_a_module_serves_every_app_of_a_factory():
    apps = []
    for _ in range(2):
        app, actions = build()
        actions.register(SHOP)
        apps.append(app)

    answers = [
        app.test_client().post("/_actions/shop.cart.add", json={"title": str(i)}).json["data"]
        for i, app in enumerate(apps)
    ]

    assert answers == ["0", "1"]


def test_group_of_a_module_serves_every_app_of_a_factory():
    group = ActionGroup("blog")
    apps = []
    for _ in range(2):
        app, actions = build()
        actions.register(group)
        apps.append(app)
    group.action("comment")(echo)

    for app in apps:
        assert app.test_client().post("/_actions/blog.comment", json={"title": "x"}).json["success"]


def test_group_of_a_module_does_not_keep_the_apps_alive():
    group = ActionGroup("blog")
    app, actions = build()
    actions.register(group)
    left = weakref.ref(app), weakref.ref(actions)

    del app, actions
    gc.collect()
    group.action("comment")(echo)

    assert [one() for one in left] == [None, None]


def test_members_added_after_registering_are_found():
    app, actions = build()
    blog = ActionGroup("blog")
    admin = ActionGroup("admin")
    actions.register(blog)
    blog.register(admin)

    @admin.action
    def wipe() -> str:
        return "wiped"

    assert names(actions) == ["blog.admin.wipe"]
    assert app.test_client().post("/_actions/blog.admin.wipe", json={}).json["data"] == "wiped"


def test_unfit_member_added_after_registering_leaves_no_trace():
    _, actions = build()
    blog = ActionGroup("blog")
    actions.register(blog)

    with pytest.raises(ValueError, match="no name for an action"):
        blog.action("a:b")(echo)

    assert blog.members == []


def test_member_of_two_groups_is_an_error():
    one, other = ActionGroup("one"), ActionGroup("other")
    action = one.action("a")(echo)

    with pytest.raises(ValueError, match=r"'a' belongs to the group 'one' already.*'other'"):
        other.register(action)


def test_group_that_an_app_has_cannot_move_into_another():
    _, actions = build()
    inner, outer = ActionGroup("inner"), ActionGroup("outer")
    inner.action("a")(echo)
    actions.register(inner)

    with pytest.raises(ValueError, match="already"):
        outer.register(inner)

    assert names(actions) == ["inner.a"]


def test_group_in_itself_is_an_error():
    group, inner = ActionGroup("g"), ActionGroup("h")
    group.register(inner)

    with pytest.raises(ValueError, match="contain itself"):
        inner.register(group)


@pytest.mark.parametrize("thing", [None, "createPost", echo, [echo], {"a": echo}, {"a": None}])
def test_only_actions_can_be_registered(thing):
    _, actions = build()

    with pytest.raises(TypeError, match=r"cannot be registered|give an action"):
        actions.register(thing)


@pytest.mark.parametrize("thing", [3, None.__class__(), ["a"]], ids=["int", "none", "list"])
def test_decorator_takes_functions_and_names_only(thing):
    _, actions = build()

    with pytest.raises(TypeError):
        actions.action(thing)(3)


def test_action_of_an_action_is_an_error():
    _, actions = build()

    @actions.action
    def a(): ...

    with pytest.raises(TypeError, match="already"):
        actions.action("b")(a)


def test_gate_above_the_decorator_is_an_error():
    _, actions = build()

    def login_required(function):
        @functools.wraps(function)
        def gate(*args):
            return function(*args)

        return gate

    with pytest.raises(TypeError, match="below"):

        @login_required
        @actions.action
        def secret(): ...


# --- guards


def trail(seen: list[str], name: str) -> Any:
    return lambda ctx: seen.append(name)


def test_guards_of_groups_run_first_outermost_first():
    _, actions = build()
    seen: list[str] = []
    outer = ActionGroup("outer", guard=[trail(seen, "outer 1"), trail(seen, "outer 2")])
    inner = ActionGroup("inner", guard=trail(seen, "inner"))

    @inner.action(guard=(trail(seen, "own 1"), trail(seen, "own 2")))
    def act() -> None:
        seen.append("handler")

    outer.register(inner)
    actions.register(outer)

    assert act().ok
    assert seen == ["outer 1", "outer 2", "inner", "own 1", "own 2", "handler"]


@pytest.mark.parametrize("door", ["direct", "by name", "form", "htmx", "rpc", "async", "registry"])
def test_guard_stands_before_every_door(door):
    app, actions = build()
    ran: list[str] = []
    group = ActionGroup("g", guard=lambda ctx: False)

    @group.action(fragment="none.html")
    def act() -> None:
        ran.append("handler")

    actions.register(group)
    client = app.test_client()
    with app.app_context():
        calls: dict[str, Any] = {
            "direct": act,
            "by name": lambda: call_action("g.act"),
            "registry": lambda: actions.call(act),
            "async": lambda: asyncio.run(act.acall()),
            "form": lambda: client.post("/_actions/g.act"),
            "htmx": lambda: client.post("/_actions/g.act", headers={"HX-Request": "true"}),
            "rpc": lambda: client.post("/_actions/g.act", json={}),
        }
        answer = calls[door]()

    assert ran == []
    if isinstance(answer, SafeResult):
        assert answer.error.code == "FORBIDDEN"
    else:
        assert answer.status_code == (303 if door == "form" else 403)


def test_handler_is_for_code_that_trusts_itself():
    group = ActionGroup("g", guard=lambda ctx: False)

    @group.action
    def act(input: Post) -> str:
        return input.title

    assert act.handler(Post(title="x")) == "x"


@pytest.mark.parametrize("verdict", [0, "", [], "yes", 1.0, {}, Ellipsis], ids=repr)
def test_guard_that_returns_anything_else_is_a_fault_and_admits_nobody(verdict):
    ran = []
    group = ActionGroup("g", guard=lambda ctx: verdict)
    act = group.action("act")(lambda: ran.append(1))

    result = act()

    assert result.error.code == "INTERNAL_SERVER_ERROR"
    assert ran == []


def test_guard_that_returns_something_else_is_told_to_the_developer():
    app, actions = build(TESTING=True)
    act = actions.action("act", guard=lambda ctx: "user")(lambda: None)

    with app.app_context(), pytest.raises(TypeError, match=r"guard of act, .*returned str.*None"):
        act()


@pytest.mark.parametrize("verdict", [None, True])
def test_guard_admits(verdict):
    act = ActionGroup("g", guard=lambda ctx: verdict).action("act")(lambda: "in")

    assert act().data == "in"


def test_guard_may_raise_any_error():
    def full(ctx: ActionContext) -> None:
        raise ActionError("TOO_MANY_REQUESTS", "Slowly", retry_after=3)

    def gone(ctx: ActionContext) -> None:
        abort(410, "It is over")

    act = ActionGroup("g", guard=full).action("act")(lambda: None)
    end = ActionGroup("g", guard=gone).action("act")(lambda: None)

    assert (act().error.code, act().error.retry_after) == ("TOO_MANY_REQUESTS", 3)
    assert (end().error.code, end().error.message) == ("GONE", "It is over")


@pytest.mark.parametrize(
    ("user", "code"), [(None, "UNAUTHORIZED"), ({"id": 1}, "FORBIDDEN")], ids=["nobody", "somebody"]
)
def test_refusal_depends_on_who_is_there(user, code):
    app, actions = build()
    actions.user_loader(lambda: user)
    act = actions.action("act", guard=lambda ctx: False)(lambda: None)

    with app.app_context():
        assert act().error.code == code
        assert call_action("act").error.code == code


@pytest.mark.parametrize("guard", [False, "admin", [None], 3], ids=repr)
def test_guard_that_is_no_function_is_an_error(guard):
    with pytest.raises(TypeError, match="a guard is a function"):
        ActionGroup("g").action(guard=guard)(echo)
    with pytest.raises(TypeError, match="a guard is a function"):
        ActionGroup("g", guard=guard)


def test_async_guard():
    async def nobody(ctx: ActionContext) -> bool:
        await asyncio.sleep(0)
        return False

    app, actions = build()
    act = actions.action("act", guard=nobody)(lambda: "in")

    assert act().error.code == "FORBIDDEN"
    assert asyncio.run(act.acall()).error.code == "FORBIDDEN"
    assert app.test_client().post("/_actions/act", json={}).status_code == 403


# --- handlers


class Service:
    def method(self, input: Post) -> str:
        return input.title

    @staticmethod
    def static(input: Post) -> str:
        return input.title

    @classmethod
    def of_class(cls, input: Post) -> str:
        return input.title


class Callable_:
    def __call__(self, input: Post, ctx: ActionContext) -> str:
        return input.title


def shouting(function):
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@shouting
@shouting
def wrapped(input: Post) -> str:
    return input.title


def limited(input: Post, ctx: ActionContext, limit: int) -> str:
    assert limit == 5
    return input.title


def starred(input: Post, *rest: Any) -> str:
    assert isinstance(rest[0], ActionContext)
    return input.title


def positional(input: Post, ctx: ActionContext, /) -> str:
    return input.title


def defaulted(
    input: Post, ctx: ActionContext | None = None, more: int = 3, *, last: int = 4
) -> str:
    assert ctx is not None
    return input.title


async def coroutine(input: Post) -> str:
    await asyncio.sleep(0)
    return input.title


@dataclass(frozen=True)
class FrozenPost:
    title: str


def cached(input: FrozenPost) -> str:
    return input.title


def decorating(make):
    """A decorator as most are; *make* gives the function around another."""
    return lambda function: functools.wraps(function)(make(function))


@decorating(lambda function: lambda *args: function(*args, "", mark=""))
def more_given(input: Post, ctx: ActionContext, more: str, *, mark: str) -> str:
    return input.title + more + mark


@decorating(lambda function: lambda input, ctx: function(input) + ctx.name[:0])
def context_taken(input: Post) -> str:
    return input.title


@decorating(lambda function: lambda input: function(input, None))
def context_given(input: Post, ctx: None) -> str:
    return input.title


@decorating(lambda function: lambda *args: function(args[0], ""))
def text_given(input: Post, more: str) -> str:
    return input.title + more


HANDLERS = {
    "function": echo,
    "wrapped": wrapped,
    "method": Service().method,
    "static method": Service.static,
    "class method": Service.of_class,
    "callable object": Callable_(),
    "partial": functools.partial(limited, limit=5),
    "partial of a partial": functools.partial(functools.partial(limited), limit=5),
    "partial of wrapped": functools.partial(wrapped),
    "partial of a callable object": functools.partial(Callable_()),
    "wrapped partial": shouting(functools.partial(limited, limit=5)),
    "input and the rest": starred,
    "positional only": positional,
    "cached": functools.cache(cached),
    "given more by a decorator": more_given,
    "decorator that takes the context": context_taken,
    "decorator that gives the context": context_given,
    "decorator that gives a text": text_given,
    "defaults": defaulted,
    "async": coroutine,
    "async partial": functools.partial(coroutine),
}


@pytest.mark.parametrize("kind", HANDLERS)
def test_handler_of_every_kind_has_its_input_by_annotation(kind):
    app, actions = build(TESTING=True)
    action = actions.action("act")(HANDLERS[kind])

    answer = app.test_client().post("/_actions/act", json={"title": "x"})
    refusal = app.test_client().post("/_actions/act", json={})

    assert answer.json == {"success": True, "data": "x", "error": None}
    assert list(refusal.json["error"]["fields"]) == ["title"]
    assert action({"title": "x"}).data == "x"
    assert action.where


def test_method_decorated_in_its_class_is_an_error():
    with pytest.raises(TypeError, match="nothing gives it self"):

        class _:
            @ActionGroup("g").action
            def method(self, input: Post): ...


def needs_three(input, ctx, more): ...
def needs_keyword(input, *, more): ...
def swapped(ctx: ActionContext, input: Post): ...


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        pytest.param(needs_three, "nothing gives it more", id="three"),
        pytest.param(needs_keyword, "nothing gives it more", id="keyword"),
        pytest.param(swapped, "input comes first", id="swapped"),
        pytest.param(int.__add__, r"self|has no signature|'value'|nothing", id="slot"),
        pytest.param(3, "needs a function", id="number"),
    ],
)
def test_handler_that_cannot_be_served_is_an_error_that_says_what_to_write(handler, told):
    _, actions = build()

    with pytest.raises(TypeError, match=told) as caught:
        actions.action("act")(handler)

    if hasattr(handler, "__code__"):
        assert f"{__file__}:{handler.__code__.co_firstlineno}" in str(caught.value)
    assert names(actions) == []


def test_handler_without_parameters_is_called_with_none():
    act = define_action(handler=lambda: "done")

    assert act({"ignored": 1}).data == "done"


def test_handler_of_the_context_alone():
    def who(ctx: ActionContext) -> str:
        return ctx.name

    _, actions = build()
    act = actions.action(who)

    assert act().data == "who"


def test_handler_of_any_arguments_gets_input_and_context():
    act = define_action(handler=lambda *args: [type(one).__name__ for one in args])

    assert act({"a": 1}).data == ["dict", "ActionContext"]


def test_handler_of_keywords_alone_is_called_with_none():
    assert define_action(handler=lambda **options: sorted(options))({"a": 1}).data == []


def test_unannotated_single_parameter_is_the_input():
    assert define_action(handler=lambda x: x)({"a": 1}).data == {"a": 1}


# --- annotations


def test_annotations_as_strings_with_local_classes_in_a_factory():
    def create_app() -> Flask:
        app, actions = build()
        group = ActionGroup("g")

        class Local(BaseModel):
            n: int

        class Out(BaseModel):
            n: int

        @actions.action
        def bare(input: Local) -> Out: ...

        @actions.action("named")
        def named(input: list[Local]) -> list[Out]: ...

        @group.action
        def in_group(input: Local | None) -> Out | None: ...

        actions.register(group)
        actions.register({"defined": define_action(handler=bare.handler)})
        for action in (bare, named, in_group):
            assert "Local" in action.input.label, action
            assert "Out" in action.output.label, action
        return app

    app = create_app()

    response = app.test_client().post("/_actions/defined", json={"n": "x"})
    assert list(response.json["error"]["fields"]) == ["n"]


def test_annotation_with_a_quoted_part():
    class Inner(BaseModel):
        n: int

    def handler(input): ...

    handler.__annotations__["input"] = list["Inner"]

    act = define_action(handler=handler)

    assert act([{"n": "x"}]).error.fields == {
        "0.n": ["Input should be a valid integer, unable to parse string as an integer"]
    }


def test_unknown_annotation_of_the_input_is_an_error_naming_place_and_way_out():
    def handler(input: Missing): ...  # noqa: F821

    with pytest.raises(TypeError, match=r"'input'.*Missing.*give input=") as caught:
        define_action(handler=handler)

    assert f"{__file__}:{handler.__code__.co_firstlineno}" in str(caught.value)


def test_unknown_annotation_does_not_matter_where_the_input_is_given():
    def handler(input: Missing, ctx: AlsoMissing) -> Gone: ...  # noqa: F821

    assert define_action(handler=handler, input=Post).input.label == "Post"


def test_unknown_annotation_of_context_and_result_does_not_matter():
    def handler(input: Post, ctx: OnlyForTypeCheckers) -> AlsoOnly:  # noqa: F821
        return input.title

    assert define_action(handler=handler)({"title": "x"}).data == "x"


def test_annotation_that_pydantic_cannot_describe_is_an_error_naming_the_place():
    def handler(input: Flask): ...

    with pytest.raises(TypeError, match="pydantic cannot describe the input Flask") as caught:
        define_action(handler=handler)

    assert f"{__file__}:{handler.__code__.co_firstlineno}" in str(caught.value)


def test_output_that_pydantic_cannot_describe_is_an_error_only_if_it_was_given():
    def handler() -> Flask: ...

    with pytest.raises(TypeError, match="output Flask"):
        define_action(handler=handler, output=Flask)
    assert define_action(handler=handler).output.label == "-"


@pytest.mark.parametrize("accept", ["xml", [], ["form", "xml"], ("json", None)], ids=repr)
def test_unknown_kind_of_body_is_an_error(accept):
    with pytest.raises(ValueError, match="accept is"):
        ActionGroup("g").action(accept=accept)(echo)


@pytest.mark.parametrize("size", [0, -1, "", "2 XB", True, 1.5], ids=repr)
def test_max_body_that_is_no_size_is_an_error_naming_the_place(size):
    with pytest.raises(ValueError, match="max_body") as caught:
        ActionGroup("g").action(max_body=size)(echo)

    assert f"{__file__}:{echo.__code__.co_firstlineno}" in str(caught.value)


# --- apps


def test_registration_before_the_app_exists():
    actions = Actions()
    actions.action("early")(echo)
    actions.register(group := ActionGroup("g"))
    app = Flask(__name__)
    actions.init_app(app)
    group.action("late")(echo)

    for name in ("early", "g.late"):
        assert app.test_client().post(f"/_actions/{name}", json={"title": "x"}).json["success"]


def test_one_registry_serves_several_apps_each_by_its_own_settings():
    actions = Actions()
    actions.action("echo")(echo)
    one, other = Flask("one"), Flask("other")
    other.config["ACTIONS_URL_PREFIX"] = "/do"
    actions.init_app(one)
    actions.init_app(other)
    actions.action("later")(echo)

    for app, url in [(one, "/_actions"), (other, "/do")]:
        for name in ("echo", "later"):
            assert app.test_client().post(f"{url}/{name}", json={"title": "x"}).status_code == 200
    assert one.test_client().post("/do/echo", json={"title": "x"}).status_code == 404


def test_apps_of_one_process_never_meet():
    (one, its), (other, _) = build(), build()
    its.action("only")(echo)

    assert one.test_client().post("/_actions/only", json={"title": "x"}).status_code == 200
    assert other.test_client().post("/_actions/only", json={"title": "x"}).status_code == 404
    with other.app_context():
        assert call_action("only", {"title": "x"}).error.code == "NOT_FOUND"


@pytest.mark.parametrize("again", ["same", "another"])
def test_second_actions_of_an_app_are_an_error(again):
    app, actions = build()

    with pytest.raises(RuntimeError, match="has its Actions already"):
        (actions if again == "same" else Actions()).init_app(app)


def test_actions_whose_object_is_not_kept():
    app = Flask(__name__)

    def register() -> None:
        Actions(app).action("echo")(echo)

    register()
    gc.collect()

    assert app.test_client().post("/_actions/echo", json={"title": "x"}).json["data"] == "x"


def test_application_without_actions_is_told_so():
    app = Flask(__name__)

    with app.test_request_context():
        for call in (
            lambda: call_action("x"),
            lambda: action_url("x"),
            lambda: get_action_result("x"),
        ):
            with pytest.raises(RuntimeError, match="has no Actions"):
                call()


def page_app(root: str = "", **config: Any) -> tuple[Flask, Any]:
    """An app whose page, in a nested blueprint, shows the result of an action."""
    app, actions = build(**config)
    outer, inner = Blueprint("outer", "o"), Blueprint("inner", "i")

    @inner.route("/page", methods=["GET", "POST"])
    def page() -> str:
        return render_template_string(
            "{{ action_url('blog.echo') }} {{ (get_action_result('blog.echo') or {}).data }}"
        )

    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    blog = ActionGroup("blog")
    blog.action(echo)
    actions.register(blog)
    wsgi: Any = DispatcherMiddleware(Flask("root"), {root: app}) if root else app
    return app, Client(wsgi)


@pytest.mark.parametrize("root", ["", "/mounted"], ids=["at the top", "mounted"])
@pytest.mark.parametrize("way", ["its own URL", "the page's"])
@pytest.mark.parametrize("prefix", ["/_actions", "/api/v1/do"])
def test_page_of_a_nested_blueprint_shows_the_result(root, way, prefix):
    _, client = page_app(root, ACTIONS_URL_PREFIX=prefix, APPLICATION_ROOT=root or "/")
    page = f"{root}/outer/inner/page"
    url = f"{root}{prefix}/blog.echo" if way == "its own URL" else f"{page}?_action=blog.echo"

    posted = client.post(url, data={"title": "x"}, headers={"Referer": f"http://localhost{page}"})
    shown = client.get(posted.location)

    assert posted.status_code == 303
    assert posted.location.startswith(f"{page}?_result=")
    assert shown.text == f"{root}{prefix}/blog.echo x"


def test_url_prefix_by_argument_wins():
    app = Flask(__name__)
    app.config["ACTIONS_URL_PREFIX"] = "/a"
    Actions(app, url_prefix="/b/").action(echo)

    assert app.test_client().post("/b/echo", json={"title": "x"}).status_code == 200
    assert app.test_client().post("/a/echo", json={"title": "x"}).status_code == 404


def test_action_url_outside_a_request_knows_the_application_root():
    app, actions = build(APPLICATION_ROOT="/mounted", SERVER_NAME="example.com")
    act = actions.action(echo)

    with app.app_context():
        assert action_url(act).endswith("/mounted/_actions/echo")


def test_endpoint_of_an_action_is_its_own():
    app, actions = build()
    group = ActionGroup("blog")
    group.action("comment")(echo)
    actions.register(group)
    seen = []
    app.before_request(lambda: seen.append((request.endpoint, request.blueprint)))

    app.test_client().post("/_actions/blog.comment", json={"title": "x"})

    assert seen == [("actions.blog:comment", "actions")]
    assert app.view_functions["actions.blog:comment"].__name__ == "echo"


# --- calling


@pytest.fixture
def called():
    app, actions = build()

    @actions.action
    def shout(input: Post) -> str:
        if input.title == "taken":
            raise ActionError("CONFLICT", "Taken")
        return input.title.upper()

    return app, actions, shout


@pytest.mark.parametrize("by", ["itself", "name", "current app", "current app, itself", "async"])
def test_call_gives_a_safe_result(called, by):
    app, actions, shout = called
    calls: dict[str, Any] = {
        "itself": shout,
        "name": lambda data: actions.call("shout", data),
        "current app": lambda data: call_action("shout", data),
        "current app, itself": lambda data: call_action(shout, data),
        "async": lambda data: asyncio.run(shout.acall(data)),
    }

    with app.app_context():
        good, taken, bad = (calls[by]({"title": t}) for t in ("x", "taken", 3))

    assert good == SafeResult(data="X")
    assert (taken.data, taken.error.code) == (None, "CONFLICT")
    assert list(bad.error.fields) == ["title"]


def test_or_throw_gives_data_or_raises(called):
    _, _, shout = called

    assert shout.or_throw({"title": "x"}) == "X"
    with pytest.raises(ActionError, match="Taken"):
        shout.or_throw({"title": "taken"})


def test_model_itself_is_an_input(called):
    _, _, shout = called

    assert shout(Post(title="x")).data == "X"


def test_unknown_name_is_not_found_in_python(called):
    _, actions, _ = called

    assert actions.call("shuot", {}).error.code == "NOT_FOUND"


def test_action_stands_wherever_a_name_does(called):
    app, _, shout = called

    with app.test_request_context():
        assert action_url(shout) == action_url("shout") == "/_actions/shout"
        assert get_action_result(shout) is None
        get_action_context().set_action_result(shout, SafeResult(data=1))
        assert get_action_result("shout").data == 1


@pytest.mark.parametrize("call", [action_url, get_action_result])
def test_misspelt_name_in_a_template_is_an_error_with_a_suggestion(called, call):
    app, _, _ = called

    with app.test_request_context(), pytest.raises(LookupError, match="Did you mean 'shout'"):
        call("shuot")


def test_action_of_another_app_is_an_error_where_an_url_is_wanted(called):
    app, _ = build()

    with app.test_request_context(), pytest.raises(LookupError, match="no action"):
        action_url(called[2])


def test_call_inside_a_request_of_another_action(called):
    app, actions, shout = called

    @actions.action
    def outer(input: Post, ctx: ActionContext) -> list[str | None]:
        return [shout.or_throw({"title": "in"}), ctx.called_from, ctx.url]

    response = app.test_client().post("/_actions/outer", json={"title": "x"})

    assert response.json["data"] == ["IN", "rpc", "http://localhost/_actions/outer"]


# --- async


def test_plain_call_of_an_async_action_in_async_code_names_acall(called):
    app, actions, _ = called
    ran = []

    @actions.action
    async def wait() -> None:
        ran.append(1)

    async def main() -> None:
        wait()

    with pytest.raises(RuntimeError, match=r"wait is async.*await action\.acall"):
        asyncio.run(main())
    with app.app_context(), pytest.raises(RuntimeError, match="acall"):
        asyncio.run(main())
    assert ran == []


def test_plain_call_of_a_sync_action_in_async_code(called):
    async def main() -> Any:
        return called[2]({"title": "x"})

    assert asyncio.run(main()).data == "X"


def test_acall_runs_in_the_callers_loop():
    async def loop() -> int:
        return id(asyncio.get_running_loop())

    act = define_action(handler=loop)

    async def main() -> bool:
        return (await act.acall()).data == id(asyncio.get_running_loop())

    assert asyncio.run(main())


def test_async_handlers_error_is_a_result():
    @ActionGroup("g").action
    async def refuse() -> None:
        raise ActionError("CONFLICT", "No")

    assert refuse().error.code == "CONFLICT"
    assert asyncio.run(refuse.acall()).error.code == "CONFLICT"


@pytest.mark.parametrize("way", ["rpc", "form", "python"])
def test_async_handler_without_asgiref_is_a_clear_error(way):
    script = f"""
        import sys
        sys.modules["asgiref"] = sys.modules["asgiref.sync"] = None
        from flask import Flask
        from flask_actions import Actions
        app = Flask("x"); app.secret_key = "k"; app.testing = True
        actions = Actions(app)
        @actions.action
        async def wait(): ...
        @actions.action
        def sync(): return 1
        client = app.test_client()
        assert client.post("/_actions/sync", json={{}}).status_code == 200
        try:
            if {way!r} == "python":
                with app.app_context(): wait()
            else:
                client.post("/_actions/wait", **({{"json": {{}}}} if {way!r} == "rpc" else {{}}))
        except RuntimeError as error:
            print(error)
    """

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "wait is async" in done.stdout
    assert "pip install 'flask-server-actions[async]'" in done.stdout
    assert done.stderr == ""


# --- output


class Out(BaseModel):
    id: int


@dataclass
class OutRow:
    id: int
    secret: str = "hidden"


@pytest.mark.parametrize(
    ("output", "data", "told"),
    [
        pytest.param(Out, OutRow(1), {"id": 1}, id="model of an object"),
        pytest.param(Out, {"id": "1", "x": 2}, {"id": 1}, id="model of a dictionary"),
        pytest.param(list[Out], [OutRow(1)], [{"id": 1}], id="list"),
        pytest.param(Out | None, None, None, id="optional"),
        pytest.param(Out | str, "x", "x", id="union"),
        pytest.param(int, "3", 3, id="int"),
        pytest.param(dict[str, Out], {"a": OutRow(1)}, {"a": {"id": 1}}, id="dict"),
    ],
)
@pytest.mark.parametrize("how", ["output=", "annotation"])
def test_output_narrows(output, data, told, how):
    app, actions = build()

    def give():
        return data

    if how == "annotation":
        give.__annotations__["return"] = output
        action = actions.action(give)
    else:
        action = actions.action(output=output)(give)

    assert app.test_client().post("/_actions/give", json={}).json["data"] == told
    assert action().to_dict()["data"] == told


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        pytest.param(Out | FlaskResponse, {"id": 1}, id="or a Response"),
        pytest.param(Response | list[int] | Out | None, {"id": 1}, id="among several"),
        pytest.param("Out | Response", {"id": 1}, id="in a text"),
        pytest.param(Response | None, {"id": 1, "secret": "s"}, id="or nothing else"),
        pytest.param(Response | FlaskResponse, {"id": 1, "secret": "s"}, id="Responses alone"),
    ],
)
def test_return_annotation_with_a_response_still_narrows_the_data(annotation, told):
    app, actions = build()

    def give(input: Any):
        return {"id": 1, "secret": "s"} if input is None else FlaskResponse("a file")

    give.__annotations__["return"] = annotation
    actions.action(give)
    client = app.test_client()

    assert (
        client.post("/_actions/give", headers={"Accept": "application/json"}).json["data"] == told
    )
    assert client.post("/_actions/give", json=1).text == "a file"


def test_json_of_a_result_is_the_same_from_python_and_by_rpc():
    from pydantic import Field

    class Aliased(BaseModel):
        post_id: int = Field(alias="postId")

    app, actions = build()

    @actions.action
    def typed() -> Aliased:
        return Aliased(postId=1)

    @actions.action
    def untyped():
        return Aliased(postId=1)

    for action in (typed, untyped):
        body = app.test_client().post(f"/_actions/{action.name}", json={}).json
        assert body == action().to_dict()
        assert body["data"] == {"postId": 1}


@pytest.mark.parametrize("annotation", [None, dict, dict[str, Any], Any, list], ids=str)
@pytest.mark.parametrize("door", ["python", "rpc", "form", "htmx"])
def test_data_that_cannot_be_serialised_is_an_error_on_every_door(
    annotation, door, tmp_path, caplog
):
    app, actions = build()
    app.template_folder = str(tmp_path)
    (tmp_path / "f.html").write_text("{{ result.error.code }}")

    def give():
        return [object()] if annotation is list else {"a": object()}

    if annotation is not None:
        give.__annotations__["return"] = annotation
    action = actions.action(fragment="f.html")(give)
    client = app.test_client()

    if door == "python":
        code = action().error.code
    elif door == "rpc":
        code = client.post("/_actions/give", json={}).json["error"]["code"]
    elif door == "htmx":
        code = client.post("/_actions/give", headers={"HX-Request": "true"}).text
    else:
        posted = client.post("/_actions/give")
        with client, client.get(posted.location):
            code = get_action_result("give").error.code

    assert code == "INTERNAL_SERVER_ERROR"
    assert "The result of give cannot be serialised" in caplog.text


@pytest.mark.parametrize("data", [0, "", [], {}, False], ids=repr)
def test_falsy_data_is_data(data):
    def give():
        return data

    result = define_action(handler=give)()

    assert (result.ok, bool(result), result.or_throw()) == (True, True, data)


# --- the context


OUTSIDE = {
    "request": lambda ctx: ctx.request.path,
    "session": lambda ctx: ctx.session.get("x"),
    "cookies": lambda ctx: ctx.cookies.get("x"),
}


@pytest.mark.parametrize("what", OUTSIDE)
@pytest.mark.parametrize("place", ["nowhere", "in an app"])
def test_context_outside_a_request_says_what_is_missing(what, place):
    app, actions = build(TESTING=True)
    seen: list[str] = []

    @actions.action
    def use(ctx: ActionContext) -> None:
        try:
            OUTSIDE[what](ctx)
        except RuntimeError as error:
            seen.append(str(error))

    if place == "nowhere":
        use()
    else:
        with app.app_context():
            use()

    assert f"ctx.{what} needs a request" in seen[0]
    assert "use was called outside one" in seen[0]


def test_context_outside_a_request_knows_the_rest():
    def look(ctx: ActionContext) -> list[Any]:
        return [ctx.url, ctx.client_address, ctx.user, ctx.user_id, ctx.called_from, ctx.name]

    act = define_action(handler=look)

    assert act().data == [None, None, None, None, "server", "look"]


def test_locals_are_flasks_g_and_need_an_app():
    app, actions = build()

    @actions.action
    def use(ctx: ActionContext) -> int:
        return ctx.locals.number

    @app.before_request
    def number() -> None:
        from flask import g

        g.number = 7

    assert app.test_client().post("/_actions/use", json={}).json["data"] == 7
    with pytest.raises(RuntimeError, match=r"ctx\.locals of use"):
        use.handler(ActionContext("use", "server", None))


class LoginUser:
    id = "wrong"

    def get_id(self) -> str:
        return "7"


class IdUser:
    id = 7


@pytest.mark.parametrize(
    ("user", "id"),
    [(None, None), (LoginUser(), "7"), (IdUser(), 7), ({"id": 7}, 7), ("ada", None)],
    ids=["nobody", "get_id", "id", "dictionary", "no id"],
)
@pytest.mark.parametrize("takes", ["context", "nothing"])
def test_user_and_user_id_come_from_the_loader_once(user, id, takes):
    app, actions = build()
    asked = []

    def load(*args):
        asked.append(args)
        return user

    actions.user_loader((lambda ctx: load(ctx)) if takes == "context" else (lambda: load()))

    @actions.action(guard=lambda ctx: ctx.user and None)
    def who(ctx: ActionContext) -> Any:
        assert ctx.user is user
        return ctx.user_id

    response = app.test_client().post("/_actions/who", json={})

    assert response.json["data"] == id
    assert len(asked) == 1
    assert [type(one) for one in asked[0]] == ([ActionContext] if takes == "context" else [])


def test_async_user_loader_is_an_error_where_it_is_given():
    _, actions = build()

    async def load() -> None: ...

    with pytest.raises(TypeError, match="async"):
        actions.user_loader(load)


@pytest.mark.parametrize("door", ["form", "htmx", "htmx redirect", "rpc", "refused"])
def test_cookies_are_set_and_deleted_on_every_door(door, tmp_path):
    app, actions = build()
    app.template_folder = str(tmp_path)
    (tmp_path / "f.html").write_text("fragment")

    @actions.action(fragment="f.html")
    def bake(ctx: ActionContext) -> list[str | None]:
        before = ctx.cookies.get("old")
        ctx.cookies.set("new", "wörld", max_age=60, httponly=True, samesite="Lax", path="/x")
        ctx.cookies.delete("old")
        if door == "refused":
            raise ActionError("CONFLICT")
        if door == "htmx redirect":
            ctx.redirect("/there")
        return [before, ctx.cookies.get("new"), ctx.cookies.get("old"), ctx.cookies.get("no", "d")]

    client = app.test_client()
    client.set_cookie("old", "1")
    headers = {"HX-Request": "true"} if door.startswith("htmx") else {}
    response = client.post(
        "/_actions/bake", headers=headers, **({"json": {}} if door == "rpc" else {})
    )

    cookies = [one for one in response.headers.getlist("Set-Cookie") if "session=" not in one]
    assert any(
        c.startswith("new=") and "Max-Age=60" in c and "Path=/x" in c and "HttpOnly" in c
        for c in cookies
    )
    assert any(c.startswith("old=;") and "Max-Age=0" in c for c in cookies)
    if door == "rpc":
        assert response.json["data"] == ["1", "wörld", None, "d"]


# --- get_action_context


def hooked(**config: Any) -> tuple[Flask, Actions, list[Any]]:
    app, actions = build(**config)
    seen: list[Any] = []

    @app.before_request
    def look() -> None:
        action = get_action_context().action
        seen.append(action and (action.name, action.called_from))

    group = ActionGroup("blog", guard=lambda ctx: seen.append(ctx.name))
    group.action("comment-it")(lambda: "said")
    actions.register(group)
    app.add_url_rule("/page", "page", lambda: "page", methods=["GET", "POST"])
    return app, actions, seen


@pytest.mark.parametrize(
    "url",
    [
        "/_actions/blog.comment-it",
        "/_actions/blog.comment-it/",
        "/_actions/%62log%2Ecomment%2Dit",
        "/page?_action=blog.comment-it",
        "/page?_action=blog%2Ecomment%2Dit",
        "/page?_action=%2562log%252Ecomment%252Dit",
        "/page?x=1&_action=blog.comment-it&_action=other",
        "/missing?_action=blog.comment-it",
    ],
)
def test_gates_and_guards_see_one_canonical_name(url):
    app, _, seen = hooked()

    response = app.test_client().post(url, data={"a": "1"})

    assert response.status_code == 303
    assert seen == [("blog.comment-it", "form"), "blog.comment-it"]


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", "/page"),
        ("POST", "/page?_action="),
        ("POST", "/_actions/unknown"),
        ("POST", "/page?_action=unknown"),
        ("GET", "/_actions/blog.comment-it"),
        ("GET", "/page?_action=blog.comment-it"),
        ("POST", "/_actions/blog"),
        ("POST", "/_actions/%2562log.comment-it"),
    ],
)
def test_request_that_calls_no_action(method, url):
    app, _, seen = hooked()

    app.test_client().open(url, method=method)

    assert seen == [None]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("door", ["form", "rpc", "htmx"])
def test_handler_in_a_hook_runs_the_action_once(times, door):
    app, actions = build()
    ran: list[int] = []
    results: list[SafeResult[Any]] = []

    @actions.action
    def act(input: Post) -> str:
        ran.append(1)
        return input.title

    @app.before_request
    def ahead() -> None:
        action = get_action_context().action
        if action is not None:
            results.extend(action.handler() for _ in range(times))

    client = app.test_client()
    response = client.post(
        "/_actions/act",
        headers={"HX-Request": "true"} if door == "htmx" else {},
        **({"json": {"title": "x"}} if door == "rpc" else {"data": {"title": "x"}}),
    )

    assert ran == [1]
    assert [one.data for one in results] == ["x"] * times
    if door == "rpc":
        assert response.json["data"] == "x"
    else:
        assert response.status_code == 303
        with client, client.get(response.location):
            assert get_action_result("act").data == "x"


def test_handler_in_a_hook_gives_the_error_and_guards_stand():
    app, actions = build()
    codes = []
    actions.action("act", guard=lambda ctx: False)(lambda: 1 / 0)

    @app.before_request
    def ahead() -> None:
        codes.append(get_action_context().action.handler().error.code)

    response = app.test_client().post("/_actions/act", json={})

    assert codes == ["FORBIDDEN"]
    assert response.status_code == 403


def test_result_set_in_a_hook_stands_for_the_action():
    app, actions = build()
    ran = []
    actions.action("act")(lambda: ran.append(1))

    @app.before_request
    def instead() -> None:
        get_action_context().set_action_result("act", SafeResult(data="instead"))

    response = app.test_client().post("/_actions/act", json={})

    assert response.json["data"] == "instead"
    assert ran == []


@pytest.mark.parametrize("result", ["data", "error"])
def test_result_as_text_and_back(result):
    app, actions = build()

    @actions.action
    def act(input: Post) -> Out:
        return Out(id=3)

    texts = []

    @app.before_request
    def keep() -> None:
        context = get_action_context()
        text = context.serialize_action_result(context.action.handler())
        assert isinstance(text, str)
        texts.append(context.deserialize_action_result(text))

    app.test_client().post("/_actions/act", json={"title": "x"} if result == "data" else {})

    if result == "data":
        assert texts[0].data == Out(id=3)
    else:
        assert list(texts[0].error.fields) == ["title"]


def test_result_as_text_and_back_still_leads_where_its_handler_sent_the_caller():
    app, actions = build()
    texts: list[str] = []

    @actions.action
    def move(input: Any, ctx: ActionContext) -> Out:
        ctx.redirect("/posts/3?new=1#top")
        return Out(id=3)

    @app.before_request
    def keep() -> Any:
        context = get_action_context()
        if not texts:
            texts.append(context.serialize_action_result(context.action.handler()))
            return "kept"
        context.set_action_result("move", context.deserialize_action_result(texts[0]))
        return None

    client = app.test_client()
    client.post("/_actions/move", data={"a": "1"})
    answer = client.post("/_actions/move", json={})

    assert answer.json == {
        **{"success": True, "data": {"id": 3}, "error": None},
        "redirect": "/posts/3?new=1#top",
    }


@pytest.mark.parametrize("key", [None, "7", 7], ids=["no key", "a key", "a number"])
def test_result_kept_elsewhere_is_whole_on_the_page_that_shows_it(key):
    app, actions = build()
    kept: list[tuple[str, str]] = []

    @actions.action
    def act(input: Post) -> Out:
        return Out(id=3)

    @app.before_request
    def elsewhere() -> Any:
        context = get_action_context()
        if context.action is None:
            name, text = kept.pop()
            context.set_action_result(name, context.deserialize_action_result(text), key)
            return None
        result = context.action.handler()
        kept.append((context.action.name, context.serialize_action_result(result)))
        return redirect("/", 303)

    app.add_url_rule("/", "page", lambda: "")
    client = app.test_client()

    shown = []
    for sent in ({"title": "News"}, {"titel": "typed"}):
        answer = client.post("/_actions/act", data=sent)
        assert (answer.status_code, answer.location) == (303, "/")
        with client, client.get("/"):
            shown.append(get_action_result("act", key))
            assert key is None or get_action_result("act") is None

    assert shown[0].data == Out(id=3)
    assert list(shown[1].error.fields) == ["title"]
    assert shown[1].values == {"titel": "typed"}


GATED = ActionError("TOO_MANY_REQUESTS", "Not so fast.", retry_after=3)


@pytest.mark.parametrize("door", ["form", "rpc", "htmx"])
def test_error_that_a_hook_raises_is_the_actions_own(door):
    app, actions = build()
    ran: list[int] = []
    actions.action("act", fragment="said.html")(lambda: ran.append(1))
    app.jinja_loader = DictLoader({"said.html": "{{ result.error.message }}"})

    @app.before_request
    def gate() -> None:
        if get_action_context().action is not None:
            raise GATED

    client = app.test_client()
    sent = {"json": {}} if door == "rpc" else {"data": {"title": "typed"}}
    response = client.post(
        "/_actions/act", headers={"HX-Request": "true"} if door == "htmx" else {}, **sent
    )

    assert ran == []
    if door == "form":
        with client, client.get(response.location):
            shown = get_action_result("act")
        assert shown.error.code == "TOO_MANY_REQUESTS"
        assert shown.values == {"title": "typed"}
    else:
        assert (response.status_code, response.headers["Retry-After"]) == (429, "3")
        assert "Not so fast." in response.text


@pytest.mark.parametrize(
    ("method", "url", "headers", "status"),
    [
        pytest.param("POST", "/_actions/act", {"Sec-Fetch-Site": "cross-site"}, 403, id="origin"),
        pytest.param("GET", "/_actions/act", {}, 405, id="method"),
        pytest.param("POST", "/_actions/missing", {}, 404, id="name"),
        pytest.param("GET", "/_actions/client.js", {}, 500, id="no action's URL"),
    ],
)
def test_error_that_a_hook_raises_keeps_nothing_of_what_is_refused(method, url, headers, status):
    app, actions = build()
    actions.action("act")(lambda: None)

    @app.before_request
    def gate() -> None:
        raise GATED

    response = app.test_client().open(url, method=method, headers=headers)

    assert response.status_code == status
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("url", ["/_actions/client.js", "/_actions/static/refusal.css", "/page"])
def test_error_that_a_hook_raises_before_a_file_of_ours_is_the_applications_to_answer(url):
    app, _ = build()
    app.errorhandler(ActionError)(lambda error: (error.message, error.status))

    @app.before_request
    def gate() -> None:
        raise GATED

    response = app.test_client().get(url)

    assert (response.status_code, response.text) == (429, "Not so fast.")


def test_action_is_generic_at_run_time():
    assert Action[int]
