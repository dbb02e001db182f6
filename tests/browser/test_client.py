"""The JavaScript client in a browser, under a policy that forbids eval and scripts of others."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest
from flask import Flask, Response, render_template_string, request
from flask_wtf.csrf import CSRFProtect
from playwright.sync_api import Page
from pydantic import BaseModel, Field

from flask_actions import ActionContext, ActionError, ActionInputError, Actions, MaxSize, Upload

pytestmark = pytest.mark.browser

POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'"
FAILED = "Failed to load resource.*status of {}"
PAGE = """\
<!doctype html>
<html lang="en">
<title>Client</title>
{{ head }}
<form id="form" action="/nowhere">
  <input name="text" value="From the form">
  <input name="author.name" value="Ada">
  <input type="file" name="nothing">
  <button name="_intent" value="draft">Save</button>
  <button name="_intent" value="publish">Publish</button>
</form>
{{ token }}
<script type="module" src="/page.js"></script>
"""
SCRIPT = """\
import * as client from "/_actions/client.js";
Object.assign(window, client);
document.documentElement.dataset.ready = "";
"""

#: What stands between: a proxy with answers of its own, by the action's name.
PROXY: dict[str, tuple[int, str, str]] = {
    "html": (502, "text/html", "<h1>Bad gateway</h1>"),
    "json": (503, "application/json", '{"error": "busy", "code": 7}'),
    "list": (418, "application/json", "[]"),
    "null": (504, "application/json", "null"),
    "login": (200, "text/html", "<h1>Please log in</h1>"),
    "other": (200, "application/json", '{"data": 1}'),
    "broken": (200, "application/json+devalue", '[["Set"'),
    "object": (200, "application/json+devalue", "{}"),
    "text": (200, "application/json+devalue", '"ok"'),
}


class Author(BaseModel):
    name: str = Field(min_length=2)


class Comment(BaseModel):
    text: str = Field(min_length=3)
    author: Author
    tags: list[Annotated[str, Field(max_length=5)]] = []


class Draft(BaseModel):
    text: str


class Season(BaseModel):
    constructor: str
    drivers: int


class Picture(BaseModel):
    picture: Annotated[Upload, MaxSize("2 MB")]


def make_app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "client"
    CSRFProtect(app)
    actions = Actions(app)

    @actions.action("blog.comment")
    def comment(input: Comment, ctx: ActionContext) -> dict[str, Any]:
        sent = ctx.request.mimetype
        return {"text": input.text, "author": input.author.name, "sent": sent}

    @actions.action
    def refuse() -> None:
        raise ActionError("CONFLICT", "Taken")

    @actions.action
    def refuse_form() -> None:
        raise ActionInputError({"": "Not on Sundays"})

    @actions.action
    def nothing() -> None: ...

    @actions.action
    def kinds():  # type: ignore[no-untyped-def]
        shared: dict[str, Any] = {"x": 1}
        shared["self"] = shared
        return {
            "day": date(2026, 11, 21),
            "moment": datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC),
            "set": {1},
            "map": {1: "one"},
            "big": 2**70,
            "nan": float("nan"),
            "bytes": b"\x00\xff",
            "pair": [shared, shared],
        }

    @actions.action
    def describe(input: Any):
        kinds = {name: type(value).__name__ for name, value in input.items()}
        kinds["same"] = input.get("one") is input.get("other")
        kinds["big"] = str(input.get("big"))
        return kinds

    @actions.action
    def upload(input: Picture) -> int:
        return input.picture.size

    @actions.action
    def slow() -> None:
        time.sleep(0.6)

    @actions.action
    def headers(ctx: ActionContext) -> dict[str, str | None]:
        return {name: ctx.request.headers.get(name) for name in ("X-Own", "Accept", "X-CSRFToken")}

    @actions.action
    def away(ctx: ActionContext) -> str:
        ctx.redirect("/?there")
        return "moved"

    @actions.action(intents={"draft": Draft, "publish": Comment})
    def save(input: Any, ctx: ActionContext) -> str | None:
        return ctx.intent

    @actions.action
    def season(input: Season) -> None: ...

    for name in ("then", "toString", "name", "apply", "blog.url", "blog.then", "blog.orThrow"):
        actions.action(name)(lambda: "reached")

    @app.get("/")
    def page() -> str:
        head = "{{ actions_head() }}" if "bare" not in request.args else ""
        token = '<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">'
        own = token if "token" in request.args else ""
        return render_template_string(PAGE.replace("{{ head }}", head).replace("{{ token }}", own))

    @app.get("/page.js")
    def script() -> Response:
        return Response(SCRIPT, mimetype="text/javascript")

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    inner = app.wsgi_app

    def proxy(environ: Any, start: Any) -> Any:
        name = environ["PATH_INFO"].removeprefix("/_actions/proxy.")
        if name not in PROXY:
            return inner(environ, start)
        status, kind, body = PROXY[name]
        return Response(body, status, content_type=kind)(environ, start)

    app.wsgi_app = proxy  # type: ignore[method-assign]
    return app


@pytest.fixture
def open_it(serve: Callable[..., str], page: Page) -> Callable[..., Page]:
    def open_it(query: str = "") -> Page:
        page.goto(f"{serve(make_app())}/{query}")
        page.wait_for_selector("[data-ready]", state="attached")
        return page

    return open_it


def test_call_gives_data_or_an_error_that_says_what_is_wrong(open_it, complaints):
    complaints.expect(FAILED.format(400))
    complaints.expect(FAILED.format(409))
    page = open_it()

    told = page.evaluate("""async () => {
        const good = await actions.blog.comment({ text: "Hello", author: { name: "Ada" } });
        const input = { text: "H", author: { name: "" }, tags: ["a", "too long"] };
        const bad = await actions.blog.comment(input);
        const taken = await actions.refuse();
        const form = await actions.refuseForm();
        return {
            data: good.data, error: good.error,
            fields: Object.keys(bad.error.fields).sort(),
            message: bad.error.fields.text[0],
            is: [isInputError(bad.error), isActionError(bad.error), bad.error instanceof Error],
            bad: [bad.data, bad.error.code, bad.error.status, bad.error.type],
            taken: [taken.error.code, taken.error.status, taken.error.message, taken.error.type],
            isNot: [isInputError(taken.error), isActionError(new Error("x")), isActionError(null)],
            form: [form.error.message, ...form.error.issues.map(({ message }) => message)],
            formFields: form.error.fields,
            nothing: await actions.nothing(),
        };
    }""")

    assert told["data"] == {"text": "Hello", "author": "Ada", "sent": "application/json"}
    assert told["error"] is None
    assert told["fields"] == ["author.name", "tags.1", "text"]
    assert "3 characters" in told["message"]
    assert told["is"] == [True, True, True]
    assert told["bad"] == [None, "BAD_REQUEST", 400, "ActionInputError"]
    assert told["taken"] == ["CONFLICT", 409, "Taken", "ActionError"]
    assert told["isNot"] == [False, False, False]
    assert told["form"] == ["Not on Sundays"] * 2
    assert told["formFields"] == {}
    assert told["nothing"] == {}


def test_or_throw_gives_the_data_or_throws_the_error(open_it, complaints):
    complaints.expect(FAILED.format(409))
    page = open_it()

    told = page.evaluate("""async () => [
        await actions.blog.comment.orThrow({ text: "Hello", author: { name: "Ada" } }),
        await actions.refuse.orThrow().catch((error) => [isActionError(error), error.code]),
    ]""")

    assert told[0]["text"] == "Hello"
    assert told[1] == [True, "CONFLICT"]


def test_input_may_be_a_form_its_element_or_its_fields(open_it):
    page = open_it()

    told = page.evaluate("""async () => {
        const form = document.querySelector("#form");
        const data = new FormData();
        data.set("text", "By hand");
        data.set("author.name", "Eve");
        return Promise.all([
            actions.blog.comment.orThrow(form),
            actions.blog.comment.orThrow(data),
            actions.blog.comment.orThrow(new URLSearchParams("text=Typed&author.name=Bob")),
        ]);
    }""")

    assert told == [
        {"text": "From the form", "author": "Ada", "sent": "multipart/form-data"},
        {"text": "By hand", "author": "Eve", "sent": "multipart/form-data"},
        {"text": "Typed", "author": "Bob", "sent": "application/x-www-form-urlencoded"},
    ]


def test_form_element_goes_with_the_button_that_it_was_sent_by(open_it):
    page = open_it()

    page.evaluate("""() => {
        document.querySelector("#form").addEventListener("submit", (event) => {
            event.preventDefault();
            const { target, submitter } = event;
            window.told = actions.save.orThrow(target, { submitter });
        });
    }""")
    told = []
    for name in ("Publish", "Save"):
        page.get_by_role("button", name=name).click()
        told.append(page.evaluate("told"))

    assert told == ["publish", "draft"]


def test_field_may_have_a_name_that_every_object_knows(open_it, complaints):
    complaints.expect(FAILED.format(400))
    page = open_it()

    told = page.evaluate("""async () => {
        const { error } = await actions.season({ drivers: "many" });
        return [isInputError(error), Object.keys(error.fields).sort(), "valueOf" in error.fields];
    }""")

    assert told == [True, ["constructor", "drivers"], False]


def test_upload_tells_its_progress(open_it, complaints):
    complaints.expect(FAILED.format(400))
    page = open_it()

    told = page.evaluate("""async () => {
        const send = async (size, progress) => {
            const data = new FormData();
            data.set("picture", new File([new Uint8Array(size)], "a.bin"));
            return actions.upload(data, { onProgress: (share) => progress.push(share) });
        };
        const seen = [], ignored = [];
        const good = await send(1_500_000, seen);
        const bad = await send(2_500_000, ignored);
        const stop = new AbortController();
        const stopped = actions.slow(new FormData(), { onProgress() {}, signal: stop.signal });
        stop.abort();
        const late = await actions.slow(new FormData(), { onProgress() {}, timeout: 50 });
        const gone = { onProgress() {}, signal: AbortSignal.abort() };
        const early = await actions.slow(new FormData(), gone);
        return {
            data: good.data, last: seen.at(-1),
            rises: seen.every((share, i) => share >= (seen[i - 1] ?? 0) && share <= 1),
            bad: [bad.error.code, Object.keys(bad.error.fields)],
            ends: [(await stopped).error.status, late.error.status, early.error.status],
        };
    }""")

    assert told["data"] == 1_500_000
    assert told["last"] == 1
    assert told["rises"]
    assert told["bad"] == ["BAD_REQUEST", ["picture"]]
    assert told["ends"] == [499, 408, 499]


def test_call_may_be_given_up_and_may_take_too_long(open_it):
    page = open_it()

    told = page.evaluate("""async () => {
        const brief = ({ error }) => [error.code, error.status, isActionError(error)];
        const stop = new AbortController();
        const running = actions.slow(undefined, { signal: stop.signal, timeout: 5000 });
        setTimeout(() => stop.abort("never mind"), 30);
        return {
            stopped: brief(await running),
            late: brief(await actions.slow(undefined, { timeout: 50 })),
            before: brief(await actions.slow(undefined, { signal: AbortSignal.abort(null) })),
            thrown: await actions.slow.orThrow(undefined, { timeout: 50 }).catch((e) => e.status),
            inTime: await actions.nothing(undefined, { timeout: 5000 }),
        };
    }""")

    given_up = ["CLIENT_CLOSED_REQUEST", 499, True]
    assert told == {
        "stopped": given_up,
        "late": ["REQUEST_TIMEOUT", 408, True],
        "before": given_up,
        "thrown": 408,
        "inTime": {},
    }


def test_headers_of_a_call_come_on_top_and_keepalive_is_passed_on(open_it):
    page = open_it()

    told = page.evaluate("""async () => {
        const headers = { "X-Own": "1", Accept: "application/json" };
        const own = await actions.headers.orThrow(undefined, { headers });
        const kept = [];
        const real = window.fetch;
        window.fetch = (url, init) => {
            kept.push(new Request(url, init).keepalive);
            return real(url, init);
        };
        await actions.nothing(undefined, { keepalive: true });
        await actions.nothing();
        window.fetch = real;
        return { own, kept };
    }""")

    assert told["own"]["X-Own"] == "1"
    assert told["own"]["Accept"] == "application/json"
    assert told["kept"] == [True, False]


@pytest.mark.parametrize("query", ["", "?bare&token"], ids=["head of the page", "field of a form"])
def test_token_of_the_page_is_sent_by_itself(open_it, query):
    page = open_it(query)

    assert page.evaluate("actions.headers.orThrow().then((sent) => sent['X-CSRFToken'])")


def test_call_without_a_token_is_refused_as_the_server_says_it(open_it, complaints):
    complaints.expect(FAILED.format(403))
    page = open_it("?bare")

    assert page.evaluate("actions.nothing().then(({ error }) => error.code)") == "FORBIDDEN"


def test_redirect_is_told_and_followed_if_asked(open_it):
    page = open_it()

    told = page.evaluate("actions.away()")
    before = page.url
    with page.expect_navigation(url="**/?there"):
        page.evaluate("void actions.away(undefined, { follow: true })")

    assert told == {"data": "moved", "redirect": "/?there"}
    assert "there" not in before


def test_answer_that_is_not_ours_keeps_its_status(open_it, complaints):
    complaints.expect(FAILED.format("(418|50.)"))
    page = open_it()

    told = page.evaluate(
        """async (names) => {
            const told = {};
            for (const name of names) {
                const { data, error } = await actions.proxy[name]();
                told[name] = [data, error.status, error.code, isActionError(error)];
            }
            return told;
        }""",
        list(PROXY),
    )

    assert told == {
        "html": [None, 502, "BAD_GATEWAY", True],
        "json": [None, 503, "SERVICE_UNAVAILABLE", True],
        "list": [None, 418, "BAD_REQUEST", True],
        "null": [None, 504, "GATEWAY_TIMEOUT", True],
        "login": [None, 200, "INTERNAL_SERVER_ERROR", True],
        "other": [None, 200, "INTERNAL_SERVER_ERROR", True],
        "broken": [None, 200, "INTERNAL_SERVER_ERROR", True],
        "object": [None, 200, "INTERNAL_SERVER_ERROR", True],
        "text": [None, 200, "INTERNAL_SERVER_ERROR", True],
    }


def test_network_that_is_down_is_an_error_without_a_status(open_it, complaints):
    complaints.expect("ERR_(FAILED|INTERNET_DISCONNECTED)")
    page = open_it()
    page.route("**/_actions/**", lambda route: route.abort())

    told = page.evaluate("""async () => {
        const brief = ({ error }) => [error.code, error.status, isActionError(error)];
        const upload = await actions.upload(new FormData(), { onProgress() {} });
        return [brief(await actions.nothing()), brief(upload)];
    }""")

    assert told == [["SERVICE_UNAVAILABLE", 0, True]] * 2


def test_rich_data_arrives_as_what_it_was(open_it):
    page = open_it()

    told = page.evaluate("""async () => {
        const { day, moment, set, map, big, nan, bytes, pair } = await actions.kinds.orThrow();
        return {
            day: day instanceof Date && day.toISOString(), moment: moment.toISOString(),
            set: set instanceof Set && [...set], map: map instanceof Map && map.get(1),
            big: big === 2n ** 70n, nan: Number.isNaN(nan),
            bytes: bytes instanceof Uint8Array && [...bytes],
            same: pair[0] === pair[1], cycle: pair[0].self === pair[0],
        };
    }""")

    assert told == {
        "day": "2026-11-21T00:00:00.000Z",
        "moment": "2026-11-21T01:02:03.000Z",
        "set": [1],
        "map": "one",
        "big": True,
        "nan": True,
        "bytes": [0, 255],
        "same": True,
        "cycle": True,
    }


def test_rich_input_is_sent_as_what_it_is(open_it, complaints):
    complaints.expect(FAILED.format(400))
    page = open_it()

    told = page.evaluate("""async () => {
        const one = { x: 1 };
        const input = {
            day: new Date(0), set: new Set([1]), map: new Map([[1, 2]]), big: 2n ** 70n, nan: NaN,
            bytes: new Uint8Array([1]), one, other: one, absent: undefined,
        };
        const cycle = {};
        cycle.self = cycle;
        return [
            await actions.describe.orThrow(input),
            await actions.describe.orThrow({ plain: 1, absent: undefined }),
            await actions.describe({ when: () => 1 }).catch((error) => error.name),
            await actions.describe(cycle).then(({ error }) => error.code),
        ];
    }""")

    rich, plain, refused, cycle = told
    assert {name: rich[name] for name in ("day", "set", "map", "nan", "bytes")} == {
        "day": "datetime",
        "set": "set",
        "map": "Map",
        "nan": "float",
        "bytes": "bytes",
    }
    assert (rich["big"], rich["same"]) == (str(2**70), True)
    assert "absent" not in rich and "absent" not in plain
    assert refused == "TypeError"
    assert cycle == "BAD_REQUEST"  # no model could take it


def test_action_has_addresses_for_forms(open_it):
    page = open_it()

    assert page.evaluate("""() => [
        actions.blog.comment.url, actions.blog.comment.queryString, `${actions.nothing}`,
        actions.blog.comment.toString(), actions["blog.comment"].url,
        JSON.stringify({ action: actions.blog.comment }),
    ]""") == [
        "/_actions/blog.comment",
        "?_action=blog.comment",
        "?_action=nothing",
        "?_action=blog.comment",
        "/_actions/blog.comment",
        '{"action":"?_action=blog.comment"}',
    ]


def test_unknown_action_is_not_found(open_it, complaints):
    complaints.expect(FAILED.format(404))
    page = open_it()

    told = page.evaluate("""async () => {
        const codes = [];
        const { unknown, blog, __proto__ } = actions;
        for (const one of [unknown, blog, blog.comment.x, actions["a/b ?#é"], __proto__]) {
            codes.push((await one()).error.code);
        }
        return codes;
    }""")

    assert told == ["NOT_FOUND"] * 5


def test_names_that_mean_something_in_javascript_are_names(open_it):
    page = open_it()

    told = page.evaluate("""async () => [
        await (async () => actions)() === actions,
        await (async () => actions.blog)() !== undefined,
        await actions.toString.orThrow(), await actions.name.orThrow(),
        await actions.apply.orThrow(),
        (await call("then")).data, (await actions["blog.then"]()).data,
        (await actions["blog.url"]()).data, (await actions["blog.orThrow"]()).data,
    ]""")

    assert told == [True, True, *["reached"] * 7]
