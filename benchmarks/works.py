"""What is done in one process: calls, each by several applications that must answer alike.

Texts are written and read here too, by several packages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask_actions import devalue

from . import apps, libraries, node
from .apps import Site
from .client import (
    DEVALUE,
    JSON,
    MULTIPART,
    Answer,
    Browser,
    form_post,
    htmx_post,
    json_post,
    navigation,
    script_post,
)
from .libraries import AsgiTurn
from .models import FORM, FORM_DATA, INVALID, VALID, nested, order_body
from .rows import LIBRARIES

#: Does the work once, and gives the last answer, or what was written or read.
Turn = Callable[[], Any]
#: A work at a site.
AtSite = Callable[[Callable[[], Site]], Turn]


@dataclass(frozen=True, slots=True)
class Work:
    """Something that several applications do.

    :ivar by: for each application's name, what makes it, and gives what does the work in it.
    :ivar seen: what a client makes of an answer, in which all must agree.
    :ivar calls: how often it is done in one round.
    :ivar at: does it at any site, a served one too; none for texts.
    """

    by: dict[str, Callable[[], Turn]]
    seen: Callable[[Any], Any]
    calls: int = 50
    at: AtSite | None = None


# What is done


def json_call(make: Callable[[], Site], body: bytes, accept: str = JSON) -> Turn:
    site = make()
    browser, environ = Browser(site.app), json_post(site.json, body, accept=accept)
    return lambda: browser.send(environ, body)


def form_call(make: Callable[[], Site]) -> Turn:
    site = make()
    browser, environ = Browser(site.app), script_post(site.form, FORM_DATA, MULTIPART, JSON)
    return lambda: browser.send(environ, FORM_DATA)


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
    status, text = answer.status[:3], answer.body.decode()
    if answer.header("Content-Type") == DEVALUE:
        return status, devalue.loads(text)
    said = json.loads(text)
    if isinstance(said, list) or not said.keys() & {"error", "errors", "issues"}:
        return status, said
    if said.get("success"):
        return status, said["data"]
    found = said["errors"] if "errors" in said else said.get("error", said)["issues"]
    return status, [
        (tuple(one.get("loc") or one["path"]), one.get("msg") or one["message"]) for one in found
    ]


def value_of(said: Any) -> Any:
    """What was read, or what is in a text: JSON, or devalue's, where a list begins with a list."""
    if not isinstance(said, str):
        return said
    return devalue.loads(said) if said.startswith("[[") else json.loads(said)


def whether_done(answer: Answer) -> Any:
    """The data, or that there is none: each library reports issues in a way of its own."""
    return data_of(answer)[1] if answer.status.startswith("200") else answer.status[0]


def html_of(answer: Answer) -> Any:
    """Status and HTML of an answer, but for the form's own URL and token."""
    html = re.sub(r' (action|hx-post)="[^"]*"', "", answer.body.decode())
    html = re.sub(r"\s*<input[^>]*csrf_token[^>]*>|(?<=>)\s+(?=<input)", "", html)
    return answer.status[:3], html


def fields_of(answer: Answer) -> Any:
    """How many lines of text a form has: its markup is each library's own."""
    return len(re.findall(r'<input[^>]* type="(?:text|tel|email|url)"', answer.body.decode()))


def _json_work(body: bytes) -> Work:
    call = partial(json_call, body=body)
    return Work(
        {
            "Flask-Actions": partial(call, apps.ours),
            "lazy session": partial(call, partial(apps.ours, ACTIONS_LAZY_SESSION=True)),
            "devalue": partial(call, apps.ours, accept=DEVALUE),
            "Astro's wire": partial(call, apps.on_astros_wire),
            "Astro's wire, lazy session": partial(call, apps.lazy_on_astros_wire),
            "3,000 actions": partial(call, partial(apps.ours, further=3000)),
            "by hand": partial(call, apps.by_hand),
            "by hand, our cookies": partial(call, apps.with_our_cookies),
            "APIFlask": partial(call, libraries.apiflask),
            "flask-openapi3": partial(call, libraries.flask_openapi3),
            "Flask-Pydantic": partial(call, libraries.flask_pydantic),
            "FastAPI": partial(AsgiTurn, libraries.fastapi, body),
            "Litestar": partial(AsgiTurn, libraries.litestar, body),
        },
        data_of,
        at=call,
    )


def _form_work(do: AtSite, seen: Callable[[Answer], Any] = html_of) -> Work:
    return Work(
        {
            "Flask-Actions": partial(do, apps.ours),
            "Flask-Actions with tokens": partial(do, partial(apps.ours, tokens=True)),
            "by hand": partial(do, apps.by_hand),
            "by hand, our cookies": partial(do, apps.with_our_cookies),
            "Flask-WTF": partial(do, apps.with_flask_wtf),
            "Flask-WTF with tokens": partial(do, partial(apps.with_flask_wtf, tokens=True)),
        },
        seen,
        calls=25,
        at=do,
    )


def _both(do: AtSite, calls: int) -> Work:
    by = {"Flask-Actions": partial(do, apps.ours), "by hand": partial(do, apps.by_hand)}
    return Work(by, data_of, calls, at=do)


def _in_javascript(work: str) -> Turn:
    return node.DevalueTurn(work, nested(), node.SITE / "node_modules" / "devalue")


def _writing() -> Work:
    write = partial(json.dumps, separators=(",", ":"), ensure_ascii=False)
    by: dict[str, Callable[[], Turn]] = {
        "Flask-Actions": lambda: partial(devalue.dumps, nested()),
        "json": lambda: partial(write, nested()),
        "devalue of npm": partial(_in_javascript, "write"),
    }
    return Work(by, value_of, calls=2)


def _reading() -> Work:
    by: dict[str, Callable[[], Turn]] = {
        "Flask-Actions": lambda: partial(devalue.loads, devalue.dumps(nested())),
        "json": lambda: partial(json.loads, json.dumps(nested(), separators=(",", ":"))),
        "devalue of npm": partial(_in_javascript, "read"),
    }
    return Work(by, value_of, calls=2)


WORKS = {
    "json-valid": _json_work(VALID),
    "json-invalid": _json_work(INVALID),
    "form-pair": _form_work(form_pair),
    "htmx": _form_work(htmx_call),
    "long-form": _form_work(long_form, fields_of),
    "items-in": _both(order_call, calls=2),
    "models-out": _both(lines_call, calls=2),
    "form-call": Work(
        {"Astro's wire": partial(form_call, apps.on_astros_wire)}, data_of, at=form_call
    ),
    "write": _writing(),
    "read": _reading(),
}


def agree(work: str, *whose: str) -> None:
    """Have all do the work twice: those that do not say the same are not compared.

    :raises ValueError: with the two answers that a client would tell apart.
    """
    agree_on(work, {who: WORKS[work].by[who]() for who in whose})


def agree_on(work: str, doers: dict[str, Turn]) -> None:
    """The same of what is made already."""
    seen = whether_done if set(LIBRARIES) & set(doers) else WORKS[work].seen
    for _ in range(2):
        (one, first), *others = ((who, seen(do())) for who, do in doers.items())
        for who, other in others:
            if other != first:
                raise ValueError(f"{work}: {one} says {first!s:.2000}\n{who} says {other!s:.2000}")
