"""What is done in one process: calls, each by several applications that must answer alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import apps, libraries
from .apps import Site
from .client import Answer, Browser, form_post, htmx_post, json_post, navigation
from .libraries import AsgiTurn
from .models import FORM, INVALID, VALID, order_body
from .rows import LIBRARIES

#: Does the work once, and gives the last answer.
Turn = Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Work:
    """Something that several applications do.

    :ivar by: for each application's name, what makes it, and gives what does the work in it.
    :ivar seen: what a client makes of an answer, in which all must agree.
    :ivar calls: how often it is done in one round.
    """

    by: dict[str, Callable[[], Turn]]
    seen: Callable[[Answer], Any]
    calls: int = 50


# What is done


def json_call(make: Callable[[], Site], body: bytes) -> Turn:
    site = make()
    browser, environ = Browser(site.app), json_post(site.json, body)
    return lambda: browser.send(environ, body)


def order_call(make: Callable[[], Site]) -> Turn:
    site, body = make(), order_body()
    browser, environ = Browser(site.app), json_post(site.order, body)
    return lambda: browser.send(environ, body)


def lines_call(make: Callable[[], Site]) -> Turn:
    site = make()
    browser, environ = Browser(site.app), json_post(site.lines, b"{}")
    return lambda: browser.send(environ, b"{}")


def htmx_call(make: Callable[[], Site]) -> Turn:
    site = make()
    browser = Browser(site.app)
    body = form_body(browser)
    environ = htmx_post(site.form, body, "/")
    return lambda: browser.send(environ, body)


def long_form(make: Callable[[], Site]) -> Turn:
    browser = Browser(make().app)
    environ = navigation("/twenty")
    return lambda: browser.send(environ)


def form_pair(make: Callable[[], Site]) -> Turn:
    site = make()
    browser = Browser(site.app)
    body = form_body(browser)
    post, get = form_post(site.form, body, "/"), navigation("/")

    def turn() -> Answer:
        redirect = browser.send(post, body)
        path, _, query = redirect.header("Location").partition("?")
        assert redirect.status.startswith("303") and path == "/", redirect
        return browser.send(get, query=query)

    return turn


def form_body(browser: Browser) -> bytes:
    """The form's fields, with the token of the page if it has one."""
    page = browser.send(navigation("/")).body.decode()
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    return FORM if token is None else FORM + b"&csrf_token=" + token[1].encode()


# What a client sees


def data_of(answer: Answer) -> Any:
    """Status and data of a JSON answer, or its issues, without the envelope around them."""
    said = json.loads(answer.body)
    if isinstance(said, list) or not said.keys() & {"error", "errors"}:
        return answer.status, said
    if said.get("success"):
        return answer.status, said["data"]
    found = said["errors"] if "errors" in said else said["error"]["issues"]
    return answer.status, [
        (tuple(one.get("loc") or one["path"]), one.get("msg") or one["message"]) for one in found
    ]


def whether_done(answer: Answer) -> Any:
    """The data, or that there is none: each library reports issues in a way of its own."""
    return data_of(answer)[1] if answer.status.startswith("200") else answer.status[0]


def html_of(answer: Answer) -> Any:
    """Status and HTML of an answer, but for the form's own URL and token."""
    html = re.sub(r' (action|hx-post)="[^"]*"', "", answer.body.decode())
    return answer.status, re.sub(r"\s*<input[^>]*csrf_token[^>]*>|(?<=>)\s+(?=<input)", "", html)


def fields_of(answer: Answer) -> Any:
    """How many lines of text a form has: its markup is each library's own."""
    return len(re.findall(r'<input[^>]* type="(?:text|tel|email|url)"', answer.body.decode()))


def _json_work(body: bytes) -> Work:
    return Work(
        {
            "Flask-Actions": partial(json_call, apps.ours, body),
            "lazy session": partial(json_call, partial(apps.ours, ACTIONS_LAZY_SESSION=True), body),
            "3,000 actions": partial(json_call, partial(apps.ours, further=3000), body),
            "by hand": partial(json_call, apps.by_hand, body),
            "APIFlask": partial(json_call, libraries.apiflask, body),
            "flask-openapi3": partial(json_call, libraries.flask_openapi3, body),
            "Flask-Pydantic": partial(json_call, libraries.flask_pydantic, body),
            "FastAPI": partial(AsgiTurn, libraries.fastapi, body),
            "Litestar": partial(AsgiTurn, libraries.litestar, body),
        },
        data_of,
    )


def _form_work(
    do: Callable[[Callable[[], Site]], Turn], seen: Callable[[Answer], Any] = html_of
) -> Work:
    return Work(
        {
            "Flask-Actions": partial(do, apps.ours),
            "Flask-Actions with tokens": partial(do, partial(apps.ours, tokens=True)),
            "by hand": partial(do, apps.by_hand),
            "Flask-WTF": partial(do, apps.with_flask_wtf),
            "Flask-WTF with tokens": partial(do, partial(apps.with_flask_wtf, tokens=True)),
        },
        seen,
        calls=25,
    )


def _both(do: Callable[[Callable[[], Site]], Turn], calls: int) -> Work:
    by = {"Flask-Actions": partial(do, apps.ours), "by hand": partial(do, apps.by_hand)}
    return Work(by, data_of, calls)


WORKS = {
    "json-valid": _json_work(VALID),
    "json-invalid": _json_work(INVALID),
    "form-pair": _form_work(form_pair),
    "htmx": _form_work(htmx_call),
    "long-form": _form_work(long_form, fields_of),
    "items-in": _both(order_call, calls=2),
    "models-out": _both(lines_call, calls=2),
}


def agree(work: str, *whose: str) -> None:
    """Have all do the work twice: what does not say the same is not compared.

    :raises ValueError: with the two answers that a client would tell apart.
    """
    done = WORKS[work]
    seen = whether_done if set(LIBRARIES) & set(whose) else done.seen
    doers = [done.by[who]() for who in whose]
    for _ in range(2):
        first, *others = (seen(do()) for do in doers)
        for who, other in zip(whose[1:], others, strict=True):
            if other != first:
                raise ValueError(
                    f"{work}: {whose[0]} says {first!s:.2000}\n{who} says {other!s:.2000}"
                )
