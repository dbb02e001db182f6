"""The kept result: once, by the page and browser it was sent to, whatever its size and store."""

from __future__ import annotations

import dataclasses
import enum
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from http.cookies import Morsel, SimpleCookie
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from cachelib import BaseCache, FileSystemCache, RedisCache, SimpleCache
from flask import Flask, redirect, session, stream_with_context, url_for
from flask import request as flask_request
from pydantic import (
    AnyUrl,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    RootModel,
    computed_field,
    field_serializer,
)
from pydantic_core import core_schema
from redis.backoff import NoBackoff
from redis.retry import Retry
from typing_extensions import TypedDict  # pydantic asks for it before Python 3.12

from flask_actions import (
    ActionContext,
    ActionError,
    ActionInputError,
    Actions,
    SafeResult,
    get_action_result,
)
from flask_actions.keeper import COOKIE_LIMIT, GRACE, HANDFUL, Keeper, Kept, SessionPocket
from flask_actions.packing import pack, unpack
from tests.machine import redis_running

#: What Chromium stores at most, in name and value; it drops a longer cookie and keeps the old one.
BROWSER_LIMIT = 4096

# Werkzeug counts the cookie's attributes too, which no browser does, and warns some 30 bytes early.


class Note(BaseModel):
    text: str = Field(min_length=1)


class Site:
    """An application whose pages ask for results, and remember what they showed."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.app = Flask(__name__, instance_path=str(folder))
        self.app.config.update({"SECRET_KEY": "test", **config})
        self.actions = Actions(self.app)
        self.shown: list[SafeResult[Any] | None] = []
        self.asked_key: str | None = None
        self.handled = 0

        @self.actions.action
        def save(input: Note) -> str:
            self.handled += 1
            return input.text

        @self.actions.action
        def refuse(input: Note) -> str:
            raise ActionInputError({"text": "Not this one"})

        @self.actions.action
        def move(input: Note, ctx: ActionContext) -> str:
            ctx.redirect(input.text)
            return "moved"

        @self.app.get("/")
        @self.app.get("/page")
        @self.app.get("/other")
        @self.app.get("/a page/<path:rest>")
        def page(rest: str = "") -> str:
            result = get_action_result("save", self.asked_key)
            for name in ("refuse", "move", "login"):
                result = result or get_action_result(name)
            self.shown.append(result)
            return "page"

        @self.app.get("/on/<int:steps>")
        def on(steps: int) -> Any:
            return redirect("/page?kept=1#here" if steps == 0 else f"/on/{steps - 1}")

        @self.app.get("/plain")
        def plain() -> str:
            return "nothing of ours"

        @self.app.get("/fill/<int:size>")
        def fill(size: int) -> str:
            session["fill"] = secrets.token_urlsafe(size)[:size]
            return session["fill"]

        @self.app.get("/filled")
        def filled() -> str:
            return str(session["fill"])

        @self.actions.action
        def login(input: Note) -> str:
            session.clear()
            session["user"] = input.text
            return input.text

        @self.app.post("/logout")
        def logout() -> str:
            session.clear()
            return "logged out"

    def add_page(self, path: str, action: str) -> None:
        """A page that shows the results of *action*."""

        def show() -> str:
            self.shown.append(get_action_result(action))
            return "page"

        self.app.add_url_rule(path, endpoint=path, view_func=show)

    @property
    def files(self) -> list[Path]:
        folder = Path(self.app.instance_path) / "actions-results"
        return sorted(folder.iterdir()) if folder.is_dir() else []


class Browser:
    """One person's browser. Chromium's limit holds: no cookie may be longer."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.client = site.app.test_client()
        self.cookie_sizes: list[int] = []
        self.answered: list[tuple[str, Morsel[str]]] = []

    def open(self, url: str, method: str = "GET", **options: Any) -> Any:
        response = self.client.open(url, method=method, **options)
        assert response.status_code < 500, response.text
        for header in response.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(header).items():
                size = len(name) + len(morsel.coded_value)
                assert size <= BROWSER_LIMIT, f"the browser drops {name}"
                self.cookie_sizes.append(size)
                self.answered.append((name, morsel))
        return response

    def post(
        self, text: str, action: str = "save", page: str | None = "/page", **fields: str
    ) -> str:
        """Send the form of a page.

        :returns: where the answer leads.
        """
        headers = {} if page is None else {"Referer": f"http://localhost{page}"}
        data = {"text": text, **fields}
        response = self.open(f"/_actions/{action}", "POST", data=data, headers=headers)
        assert response.status_code == 303, response.text
        assert response.headers["Cache-Control"] == "no-store"
        return str(response.location)

    def see(self, url: str, **options: Any) -> SafeResult[Any] | None:
        """What the page at *url* shows, redirects on the way followed."""
        response = self.open(url, **options)
        while response.status_code in (301, 302, 303, 307, 308):
            response = self.open(response.location, **options)
        assert response.status_code == 200, response.text
        result = self.site.shown.pop()
        assert (response.headers.get("Cache-Control") == "no-store") is (result is not None)
        return result

    def cookies(self) -> dict[str, str]:
        held = self.client._cookies.values()  # type: ignore[attr-defined]
        return {cookie.key: cookie.value for cookie in held}

    def put_cookies(self, cookies: dict[str, str]) -> None:
        for name, value in cookies.items():
            self.client.set_cookie(name, value)

    @property
    def header_size(self) -> int:
        """The length of the Cookie header that it would send."""
        return sum(len(name) + len(value) + 3 for name, value in self.cookies().items())

    def at_once(self, *requests: Callable[[Browser], Any], answered: Sequence[int]) -> list[Any]:
        """Send requests while none is answered yet.

        :param answered: the order in which their answers arrive, by number of request.
        :returns: what the requests gave.
        """
        given, answers = [], []
        for request in requests:
            tab = Browser(self.site)
            tab.put_cookies(self.cookies())
            given.append(request(tab))
            answers.append(tab.answered)
        for number in answered:
            for name, morsel in answers[number]:
                if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                    self.client.delete_cookie(name)
                else:
                    self.client.set_cookie(name, morsel.coded_value)
        return given


def data_of(result: SafeResult[Any] | None) -> Any:
    assert result is not None, "the page shows no result"
    return result.or_throw()


def incompressible(size: int) -> str:
    return secrets.token_urlsafe(size)[:size]


CACHES = ["SimpleCache", "FileSystemCache", "RedisCache"]
STORES = ["session", "cookie", *CACHES]


@pytest.fixture
def make_store(request, tmp_path):
    """Make the store of a kind, as an application's configuration has it."""

    def make(kind: str) -> Any:
        match kind:
            case "SimpleCache":
                return SimpleCache()
            case "FileSystemCache":
                return FileSystemCache(str(tmp_path / "cache"), threshold=0)
            case "RedisCache":
                return RedisCache(port=request.getfixturevalue("redis_port"))
        return kind

    return make


@pytest.fixture(params=STORES)
def kind(request):
    return request.param


@pytest.fixture
def site(kind, make_store, tmp_path):
    return Site(tmp_path, ACTIONS_RESULT_STORE=make_store(kind))


@pytest.fixture
def session_site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def browser(site):
    return Browser(site)


# Once, by the page and the browser it was sent to


def test_page_shows_a_result_once_and_a_reload_is_clean(browser):
    location = browser.post("hello", page="/page?a=1&a=2")

    assert location.startswith("/page?a=1&a=2&_result=")
    assert data_of(browser.see(location)) == "hello"
    assert browser.see(location) is None
    assert browser.see("/page") is None


@pytest.mark.parametrize("key", [None, "7", "long " * 50], ids=["no key", "a key", "a long key"])
def test_page_that_is_rendered_while_it_is_sent_shows_a_result_once(browser, site, key):
    @site.app.get("/streamed")
    def streamed():
        def body():
            yield "first"
            site.shown.append(get_action_result("save", key))
            yield "last"

        return stream_with_context(body())

    def see(**options):
        assert browser.open(location, **options).text == "firstlast"
        return site.shown.pop()

    fields = {} if key is None else {"_key": key}
    location = browser.post("hello", page="/streamed", **fields)

    browser.open(location, "HEAD")
    assert data_of(see(headers={"Sec-Purpose": "prefetch"})) == "hello"
    assert data_of(see()) == "hello"
    # A long key is kept as a hash, which cannot be asked for ahead: shown again, lost never.
    if key is None or len(key) < 64:
        assert see() is None


def test_two_asks_of_one_page_load_give_the_same_result(browser, site):
    @site.app.get("/twice")
    def twice():
        first, second = get_action_result("save"), get_action_result("save")
        assert first is second
        site.shown.append(first)
        return "twice"

    location = browser.post("hello", page="/twice")

    assert data_of(browser.see(location)) == "hello"


def test_tabs_show_their_own_results_in_any_order(browser):
    first = browser.post("first tab")
    second = browser.post("second tab")

    assert data_of(browser.see(second)) == "second tab"
    assert data_of(browser.see(first)) == "first tab"
    assert browser.see("/page") is None


@pytest.mark.parametrize("size", [5, 400, 3000], ids=["short", "middling", "long"])
def test_many_pending_results_all_reach_their_page(browser, size):
    texts = [incompressible(size) for _ in range(12)]

    locations = [browser.post(text) for text in texts]

    assert browser.header_size < 8190  # gunicorn's limit for one header
    assert [data_of(browser.see(location)) for location in reversed(locations)] == texts[::-1]


def test_more_than_a_handful_drops_the_oldest(browser):
    locations = [browser.post(f"note {number}") for number in range(HANDFUL + 2)]

    shown = [browser.see(location) for location in locations]

    assert shown[:2] == [None, None]
    assert [data_of(result) for result in shown[2:]] == [f"note {n}" for n in range(2, HANDFUL + 2)]


def test_another_page_does_not_show_it(browser):
    location = browser.post("hello")

    assert browser.see("/other") is None
    assert browser.see("/page?_result=unknown") is None
    assert data_of(browser.see(location)) == "hello"


def test_another_browser_with_the_id_reads_nothing(browser, site):
    location = browser.post("hello")

    assert Browser(site).see(location) is None
    assert data_of(browser.see(location)) == "hello"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"method": "HEAD"}, id="HEAD"),
        pytest.param({"headers": {"Sec-Purpose": "prefetch"}}, id="prefetch"),
        pytest.param({"headers": {"Sec-Purpose": "prefetch;prerender"}}, id="prerender"),
        pytest.param({"headers": {"Purpose": "prefetch"}}, id="older prefetch"),
    ],
)
@pytest.mark.parametrize("by_id", [True, False], ids=["with the id", "without the id"])
def test_looking_ahead_does_not_use_it_up(browser, site, options, by_id):
    location = browser.post("hello")
    target = location if by_id else "/page"

    browser.open(target, **options)
    browser.open(target, **options)
    site.shown.clear()

    assert data_of(browser.see(target)) == "hello"
    assert data_of(browser.see(location)) == "hello" if not by_id else True


@pytest.mark.parametrize("size", [5, 8000], ids=["short", "on the shelf"])
def test_browser_with_results_of_its_own_and_a_stolen_id_reads_nothing(site, size):
    owner, thief = Browser(site), Browser(site)
    own = thief.post("of the thief", page="/page")
    text = incompressible(size)
    location = owner.post(text)

    assert thief.see(location) is None
    assert thief.see(f"{own}&{urlsplit(location).query}").data == "of the thief"
    assert data_of(owner.see(location)) == text


@pytest.mark.parametrize("size", [5, 3000, 9000], ids=["short", "long", "on the shelf"])
def test_id_in_a_url_says_nothing_of_the_result(browser, size):
    text = incompressible(size)

    id = parse_qs(urlsplit(browser.post(text)).query)["_result"][0]

    assert len(id) >= 16
    assert text not in id


def test_key_tells_copies_of_a_form_apart(browser, site):
    location = browser.post("hello", _key="7")

    assert browser.see(location) is None
    site.asked_key = "8"
    assert browser.see(location) is None
    site.asked_key = "7"
    assert data_of(browser.see(location)) == "hello"


def test_number_is_as_good_a_key_as_its_text(browser, site):
    location = browser.post("hello", _key="7")
    site.asked_key = 7

    assert data_of(browser.see(location)) == "hello"


def test_result_without_a_key_is_not_shown_to_one_who_asks_for_a_key(browser, site):
    location = browser.post("hello")
    site.asked_key = "7"

    assert browser.see(location) is None
    site.asked_key = None
    assert data_of(browser.see(location)) == "hello"


def test_result_of_another_action_is_not_touched(browser, site):
    saved, refused = browser.post("hello"), browser.post("no", "refuse")

    result = browser.see(refused)
    assert result.error.fields == {"text": ["Not this one"]}
    assert result.values == {"text": "no"}
    assert data_of(browser.see(saved)) == "hello"


# Several requests at once

ORDERS = [pytest.param((0, 1), id="in order"), pytest.param((1, 0), id="overtaken")]


def posting(text: str) -> Callable[[Browser], str]:
    return lambda tab: tab.post(text)


def seeing(location: str) -> Callable[[Browser], Any]:
    return lambda tab: tab.see(location)


@pytest.mark.parametrize("answered", ORDERS)
@pytest.mark.parametrize("size", [5, 900, 9000], ids=["short", "middling", "on the shelf"])
def test_parallel_posts_all_reach_their_page(browser, kind, size, answered):
    texts = [incompressible(size), incompressible(size)]

    locations = browser.at_once(*map(posting, texts), answered=answered)

    shown = [browser.see(location) for location in locations]
    if kind == "session":  # its last writer wins, and no tab shows the other's
        assert [result and result.data for result in shown] == [
            text if number == answered[-1] else None for number, text in enumerate(texts)
        ]
    else:
        assert [data_of(result) for result in shown] == texts


@pytest.mark.parametrize("answered", ORDERS)
@pytest.mark.parametrize("size", [5, 900, 9000], ids=["short", "middling", "on the shelf"])
def test_parallel_reads_show_each_its_own_once(browser, kind, size, answered):
    texts = [incompressible(size), incompressible(size)]
    locations = [browser.post(text) for text in texts]

    shown = browser.at_once(*map(seeing, locations), answered=answered)

    assert [data_of(result) for result in shown] == texts
    again = [browser.see(location) for location in locations]
    if kind == "session" and size < 9000:  # the last answer still has what the other one used up
        assert [bool(result) for result in again] == [number == answered[-1] for number in (1, 0)]
    else:
        assert again == [None, None]
    assert [browser.see(location) for location in locations] == [None, None]


@pytest.mark.parametrize("answered", ORDERS)
def test_post_during_a_read_is_not_lost(browser, kind, answered):
    first = browser.post("first")

    shown, second = browser.at_once(seeing(first), posting("second"), answered=answered)

    assert data_of(shown) == "first"
    if kind == "session" and answered[-1] == 0:
        assert browser.see(second) is None
    else:
        assert data_of(browser.see(second)) == "second"


@pytest.mark.parametrize("size", [900, 3000, 3900], ids="{} characters".format)
@pytest.mark.parametrize("own", [0, 2900], ids=["empty session", "full session"])
def test_six_parallel_posts_leave_a_header_that_servers_take(browser, kind, size, own):
    # Six is what a browser opens to one host by HTTP/1.1.
    fill = browser.open(f"/fill/{own}").text
    texts = [incompressible(size) for _ in range(6)]

    locations = browser.at_once(*map(posting, texts), answered=range(6))

    assert browser.header_size < 8190  # gunicorn's limit for one header; nginx has 8,192
    assert browser.open("/filled").text == fill
    shown = [browser.see(location) for location in locations]
    assert [data_of(result) for result in shown if kind != "session" or result] == (
        texts if kind != "session" else texts[-1:]
    )


# A session that the application clears


@pytest.mark.parametrize("size", [5, 9000], ids=["short", "on the shelf"])
def test_login_that_clears_the_session_loses_no_result(browser, size):
    text = incompressible(size)
    pending = browser.post(text)

    location = browser.post("ada", "login", page="/other")

    assert data_of(browser.see(location)) == "ada"
    assert data_of(browser.see(pending)) == text
    assert browser.see(pending) is None


def test_view_that_clears_the_session_loses_no_result(browser):
    pending = browser.post("hello")

    browser.open("/logout", "POST")

    assert data_of(browser.see(pending)) == "hello"
    assert browser.see(pending) is None
    assert browser.cookies() == {}


def test_result_that_was_shown_stays_away_where_the_page_clears_the_session(browser, site):
    @site.app.get("/goodbye")
    def goodbye():
        site.shown.append(get_action_result("save"))
        session.clear()
        return "bye"

    location = browser.post("hello", page="/goodbye")

    assert data_of(browser.see(location)) == "hello"
    assert browser.see("/page?" + urlsplit(location).query) is None


# On the way there


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_redirect_on_the_way_carries_the_id(browser, steps):
    location = browser.post(f"/on/{steps}", "move")

    assert data_of(browser.see(location)) == "moved"
    assert browser.see("/page?kept=1") is None


def test_redirect_on_the_way_keeps_query_and_fragment(browser):
    response = browser.open(browser.post("/on/0", "move"))

    assert urlsplit(response.location).path == "/page"
    assert urlsplit(response.location).fragment == "here"
    assert set(parse_qs(urlsplit(response.location).query)) == {"kept", "_result"}


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("http://localhost/page", id="absolute"),
        pytest.param("../page", id="relative path"),
        pytest.param("/page?_result=", id="an id of its own"),
    ],
)
def test_redirect_on_the_way_may_be_written_in_any_way(browser, site, target):
    @site.app.get("/way/on")
    def way():
        return redirect(target)

    response = browser.open(browser.post("/way/on", "move"))

    assert data_of(browser.see(response.location)) == "moved"


def test_redirects_that_keep_the_query_carry_the_id_once(browser, site):
    @site.app.get("/kept/<int:steps>")
    def kept(steps):
        there = ("kept", {"steps": steps - 1}) if steps else ("page", {})
        return redirect(url_for(there[0], **there[1], **flask_request.args))

    location = browser.post("/kept/2?x=1", "move")
    for _ in range(3):
        location = browser.open(location).location

    assert re.fullmatch(r"/\w+\?x=1&_result=[\w-]+", location)
    assert data_of(browser.see(location)) == "moved"


def test_slash_that_flask_adds_keeps_the_id(browser, site):
    site.add_page("/folder/", "move")

    location = browser.post("/folder?x=1", "move")

    assert data_of(browser.see(location)) == "moved"


def test_redirect_to_another_site_does_not_carry_the_id(browser, site):
    @site.app.get("/out")
    def out():
        return redirect("https://elsewhere.example/page")

    response = browser.open(browser.post("/out", "move"))

    assert response.location == "https://elsewhere.example/page"


def test_redirect_of_a_page_that_nobody_sent_is_left_alone(browser):
    response = browser.open("/on/0?_result=forged")

    assert response.location == "/page?kept=1#here"


def test_redirect_that_lost_the_id_shows_it_at_its_new_page(browser):
    browser.open(browser.post("/on/0", "move"))

    assert data_of(browser.see("/page")) == "moved"


# A lost id


def test_page_shows_a_result_whose_id_was_lost_once(browser):
    browser.post("hello", page="/page?a=1")

    assert data_of(browser.see("/page")) == "hello"
    assert browser.see("/page") is None


def test_holder_of_the_id_shows_what_another_load_took(browser):
    location = browser.post("hello")

    assert data_of(browser.see("/page")) == "hello"
    assert data_of(browser.see(location)) == "hello"
    assert browser.see(location) is None
    assert browser.see("/page") is None


def test_load_without_the_id_shows_nothing_once_the_holder_did(browser):
    location = browser.post("hello")

    assert data_of(browser.see(location)) == "hello"
    assert browser.see("/page") is None


def test_request_with_an_id_never_shows_what_others_lost(browser):
    first, second = browser.post("first"), browser.post("second")

    assert data_of(browser.see(first)) == "first"
    assert browser.see(first) is None
    assert browser.see("/page?_result=forged") is None
    assert browser.see("/page?_result=") is None
    assert data_of(browser.see(second)) == "second"


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        pytest.param("/a page/ü", "/a%20page/%C3%BC", id="space and umlaut"),
        pytest.param("/a page/100%", "/a%20page/100%25", id="percent"),
        pytest.param("/a page/why?", "/a%20page/why%3F", id="question mark"),
        pytest.param("/a page/#1", "/a%20page/%231", id="hash"),
        pytest.param("/a page/日本", "/a%20page/%E6%97%A5%E6%9C%AC", id="beyond Latin-1"),
    ],
)
def test_lost_id_is_made_good_at_a_path_of_odd_characters(browser, path, quoted):
    browser.post("hello", page=quoted)

    assert data_of(browser.see(quoted)) == "hello"


def test_unknown_way_back_is_the_front_page(browser):
    location = browser.post("hello", page=None)

    assert location.startswith("/?_result=")
    assert data_of(browser.see(location)) == "hello"
    assert browser.see("/page") is None


def test_unknown_way_back_shows_on_whichever_page_asks_first(browser, site):
    location = browser.post("hello", page=None)
    site.app.view_functions["page"], page = (
        lambda rest="": "silent",
        site.app.view_functions["page"],
    )
    browser.open(location)
    site.app.view_functions["page"] = page

    assert data_of(browser.see("/other")) == "hello"
    assert browser.see("/page") is None
    assert browser.see("/other") is None


def test_unknown_way_back_is_not_lost_to_a_page_that_was_quicker(browser):
    location = browser.post("hello", page=None)

    assert data_of(browser.see("/other")) == "hello"
    assert data_of(browser.see(location)) == "hello"


class Moment:
    """A keeper with one browser, at a time that the test says."""

    def __init__(self, folder: Path, ttl: int = 600) -> None:
        self.keeper = Keeper("session", ttl, str(folder), brief=str.lower)
        self.session: dict[str, Any] = {}
        self.pockets = [SessionPocket(self.session)]

    def keep(self, at: float, path: str | None = "/page", text: str = "text") -> str:
        kept = Kept("save", None, path, at, text)
        return self.keeper.remember(self.pockets, kept)

    def show(self, at: float, *ids: str) -> str | None:
        return self.keeper.recall(
            self.pockets, ids=ids, path="/page", action="save", key=None, consume=True, now=at
        )


@pytest.mark.parametrize("start", [1000.0, 1000.9], ids=["whole second", "late in a second"])
@pytest.mark.parametrize(
    ("after", "shown"),
    [
        pytest.param(GRACE - 0.5, True, id="in time"),
        pytest.param(GRACE + 0.5, False, id="too late"),
    ],
)
def test_lost_id_is_made_good_for_half_a_minute(tmp_path, start, after, shown):
    moment = Moment(tmp_path)
    id = moment.keep(start)

    assert (moment.show(start + after) is not None) is shown
    assert moment.show(start + after, id) == "text"


@pytest.mark.parametrize("start", [1000.0, 1000.9], ids=["whole second", "late in a second"])
@pytest.mark.parametrize("path", ["/page", None], ids=["known way back", "unknown way back"])
@pytest.mark.parametrize(
    ("after", "shown"), [pytest.param(99.5, True, id="fresh"), pytest.param(100.5, False, id="old")]
)
def test_result_expires(tmp_path, start, path, after, shown):
    moment = Moment(tmp_path, ttl=100)
    id = moment.keep(start, path)

    assert (moment.show(start + after, id) is not None) is shown


def test_expired_results_make_room_for_a_new_one(tmp_path):
    moment = Moment(tmp_path, ttl=100)
    moment.keep(1000)
    new = moment.keep(1200)

    assert [id for id, _ in moment.pockets[0].items()] == [new]


def test_newer_of_two_that_came_within_a_millisecond_is_shown(tmp_path):
    moment = Moment(tmp_path)
    ids = [moment.keep(1000.5001, text="older"), moment.keep(1000.5003, text="newer")]

    assert moment.show(1001, *ids) == "newer"


def test_setting_says_how_long_a_result_waits(tmp_path, make_store):
    browsers = []
    for kind in STORES:
        store = make_store(kind)
        browsers.append(Browser(Site(tmp_path, ACTIONS_RESULT_STORE=store, ACTIONS_RESULT_TTL=1)))
    long = incompressible(9000)
    sent = [(browser, browser.post(text)) for browser in browsers for text in ("short", long)]
    time.sleep(1.1)

    shown = [browser.see(location) for browser, location in sent]

    assert shown == [None] * 2 * len(STORES)


@pytest.mark.parametrize("kind", ["cookie", *CACHES], indirect=True)
def test_result_of_a_machine_whose_clock_is_ahead_is_shown(browser, monkeypatch):
    now = time.time
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: now() + 3)
        location = browser.post("hello")

    assert data_of(browser.see(location)) == "hello"


def test_files_that_nobody_fetched_are_swept_away(session_site):
    Browser(session_site).post(incompressible(9000))
    (forgotten,) = session_site.files
    long_ago = time.time() - 3 * 600
    os.utime(forgotten, (long_ago, long_ago))
    later = Site(Path(session_site.app.instance_path))

    Browser(later).post(incompressible(9000))

    assert forgotten not in later.files
    assert len(later.files) == 1


def test_folder_that_somebody_cleared_away_is_made_again(session_site):
    browser = Browser(session_site)
    browser.post(incompressible(9000))
    shutil.rmtree(session_site.app.instance_path)

    text = incompressible(9000)

    assert data_of(browser.see(browser.post(text))) == text


# A store that forgets


@pytest.mark.parametrize("kind", CACHES, indirect=True)
def test_result_that_the_cache_evicted_is_not_shown_and_breaks_nothing(browser, site):
    location = browser.post("hello")
    site.app.config["ACTIONS_RESULT_STORE"].clear()

    assert browser.see("/page") is None
    assert browser.see(location) is None
    assert data_of(browser.see(browser.post("again"))) == "again"


def test_cache_that_drops_what_nobody_has_seen_warns_at_start(tmp_path, caplog):
    Site(tmp_path, ACTIONS_RESULT_STORE=FileSystemCache(str(tmp_path / "cache"), threshold=0))
    assert caplog.text == ""

    Site(tmp_path, ACTIONS_RESULT_STORE=FileSystemCache(str(tmp_path / "cache")))

    assert "drops the oldest of more than 500 entries" in caplog.text
    assert "threshold=0" in caplog.text


def test_redis_that_ends_is_noted_and_breaks_neither_page_nor_post(tmp_path, caplog, redis_program):
    once = Retry(NoBackoff(), 0)
    with redis_running(redis_program) as port:
        browser = Browser(Site(tmp_path, ACTIONS_RESULT_STORE=RedisCache(port=port, retry=once)))
        before = browser.post("before")

    assert browser.see(before) is None
    after = browser.see(browser.post("after"))
    assert after.ok
    assert after.data is None
    assert "The store of kept results fails" in caplog.text


# Size


@pytest.mark.parametrize("size", [5_000, 1_000_000], ids=["5 KB", "1 MB"])
def test_long_result_survives(browser, site, size):
    text = incompressible(size)

    @site.actions.action
    def long() -> str:
        return text

    site.add_page("/long", "long")

    location = browser.post("", "long", page="/long")

    assert data_of(browser.see(location)) == text
    assert browser.see(location) is None


def test_long_typed_values_survive(browser):
    text = incompressible(20_000)

    result = browser.see(browser.post(text, "refuse"))

    assert result.values == {"text": text}
    assert result.error.fields == {"text": ["Not this one"]}


@pytest.mark.parametrize("own", [0, 500, 2000, 2900, 3000, 3050], ids="{} characters".format)
@pytest.mark.parametrize("size", [5, 100, 900, 5000], ids="result of {}".format)
def test_neither_the_result_nor_the_rest_of_the_session_is_lost(browser, own, size):
    fill = browser.open(f"/fill/{own}").text
    texts = [incompressible(size) for _ in range(3)]

    locations = [browser.post(text) for text in texts]

    assert browser.open("/filled").text == fill
    assert [data_of(browser.see(location)) for location in locations] == texts
    assert browser.open("/filled").text == fill


def test_session_cookie_is_filled_to_its_limit_and_not_beyond(tmp_path):
    site = Site(tmp_path)
    sizes = []
    for size in range(3800, 3880, 2):
        browser = Browser(site)
        text = incompressible(size)
        location = browser.post(text)
        sizes.append(browser.cookie_sizes[0])
        assert data_of(browser.see(location)) == text

    attributes = len("=; HttpOnly; Path=/")
    assert max(sizes) + attributes in range(COOKIE_LIMIT - 6, COOKIE_LIMIT + 1)
    assert min(sizes) < 500, "none went to the shelf"


@pytest.mark.parametrize("size", [4092, 4093, 4094, 4095, 4096, 4097])
def test_text_goes_to_the_shelf_where_the_cookie_would_pass_its_limit(tmp_path, size):
    moment = Moment(tmp_path)
    moment.pockets.append(SessionPocket({}))
    id = moment.keep(time.time())

    def cookie_size() -> int:
        return size if "text" in str(moment.session) else 200

    moment.keeper.settle(moment.pockets, cookie_size)

    assert ("text" in str(moment.session)) is (size <= 4093)
    assert moment.show(time.time(), id) == "text"


def test_result_that_waits_makes_room_for_what_the_application_adds(session_site):
    browser = Browser(session_site)
    text = incompressible(2000)
    location = browser.post(text)

    fill = browser.open("/fill/2500").text

    assert browser.open("/filled").text == fill
    assert data_of(browser.see(location)) == text


@pytest.mark.parametrize("field", ["_key", "_page"])
def test_long_key_or_page_does_not_burst_the_cookie(browser, site, field):
    value = "/page/" + incompressible(5000)
    location = browser.post("hello", page=None, **{field: value})
    site.asked_key = value if field == "_key" else None
    id = parse_qs(urlsplit(location).query)["_result"][0]

    assert data_of(browser.see(f"/page?_result={id}")) == "hello"


# The shelf


def test_file_holds_our_own_text_for_its_owner_only_and_goes_when_shown(session_site):
    browser = Browser(session_site)
    text = "begin" + incompressible(8000)
    location = browser.post(text)
    (file,) = session_site.files

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert json.loads(file.read_bytes()[4:]) == {"data": text}
    assert data_of(browser.see(location)) == text
    assert session_site.files == []


def test_file_stays_until_the_holder_has_seen_it(session_site):
    browser = Browser(session_site)
    text = incompressible(8000)
    location = browser.post(text)

    assert data_of(browser.see("/page")) == text
    assert len(session_site.files) == 1
    assert data_of(browser.see(location)) == text
    assert session_site.files == []


def test_files_of_many_browsers_are_not_evicted(session_site):
    texts = [incompressible(5000) for _ in range(40)]
    browsers = [Browser(session_site) for _ in texts]
    locations = [browser.post(text) for browser, text in zip(browsers, texts, strict=True)]

    shown = [browser.see(where) for browser, where in zip(browsers, locations, strict=True)]

    assert [data_of(result) for result in shown] == texts


def test_shelf_is_not_made_before_it_is_needed(session_site):
    browser = Browser(session_site)
    browser.see(browser.post("hello"))

    assert not (Path(session_site.app.instance_path) / "actions-results").exists()


@pytest.mark.parametrize("kind", ["session", "cookie"])
def test_path_that_cannot_be_written_warns_at_start(tmp_path, caplog, kind):
    (tmp_path / "actions-results").write_text("a file where the folder should be")

    Site(tmp_path, ACTIONS_RESULT_STORE=kind)

    assert "actions-results" in caplog.text
    assert "ACTIONS_RESULT_STORE" in caplog.text


def test_path_that_can_be_written_does_not_warn(tmp_path, caplog):
    Site(tmp_path / "not yet" / "there")

    assert caplog.text == ""


class BrokenCache(BaseCache):
    """A cache whose server is gone."""

    def set(self, key, value, timeout=None):
        raise ConnectionError("no route to cache")

    get = delete = set


class FullCache(BaseCache):
    """A cache that takes nothing, and says so."""

    def set(self, key, value, timeout=None):
        return False


@pytest.fixture(params=["session", "cookie", "broken cache", "full cache"])
def unwritable(request, tmp_path):
    (tmp_path / "actions-results").write_text("a file where the folder should be")
    stores = {"broken cache": BrokenCache(), "full cache": FullCache()}
    return Site(tmp_path, ACTIONS_RESULT_STORE=stores.get(request.param, request.param))


@pytest.mark.parametrize("size", [5, 9000], ids=["short", "long"])
def test_post_tells_its_outcome_where_nothing_can_be_written(unwritable, caplog, size):
    browser = Browser(unwritable)
    text = incompressible(size)

    result = browser.see(browser.post(text))

    assert result.ok
    assert result.data in (text, None)
    assert unwritable.handled == 1
    assert result.data == text or "could not be written" in caplog.text


def test_error_tells_its_outcome_where_nothing_can_be_written(unwritable):
    browser = Browser(unwritable)

    result = browser.see(browser.post(incompressible(9000), "refuse"))

    assert result.error.code == "BAD_REQUEST"
    assert result.error.fields == {"text": ["Not this one"]}


def test_error_too_long_for_a_cookie_tells_its_code_where_nothing_can_be_written(unwritable):
    @unwritable.actions.action
    def verbose():
        raise ActionInputError({f"field{n}": incompressible(300) for n in range(40)})

    unwritable.add_page("/verbose", "verbose")

    browser = Browser(unwritable)

    result = browser.see(browser.post("", "verbose", page="/verbose"))

    assert result.error.code == "BAD_REQUEST"


def test_full_session_is_not_lost_where_nothing_can_be_written(tmp_path):
    (tmp_path / "actions-results").write_text("a file where the folder should be")
    browser = Browser(Site(tmp_path))
    fill = browser.open("/fill/3020").text

    result = browser.see(browser.post(incompressible(9000)))

    assert result.ok
    assert browser.open("/filled").text == fill


# A session that is written with every answer


def refreshed(folder: Path, **config: Any) -> Site:
    site = Site(folder, **config)

    @site.app.before_request
    def stay() -> None:
        if not session.permanent:  # Flask takes a mere assignment for a change.
            session.permanent = True

    return site


def test_permanent_session_is_warned_of_at_the_first_result_and_not_again(tmp_path, caplog):
    browser = Browser(refreshed(tmp_path))
    browser.see("/page")
    assert caplog.text == ""

    browser.post("one")
    browser.post("two")

    (record,) = caplog.records
    assert record.name == browser.site.app.logger.name
    assert record.levelname == "WARNING"
    assert "SESSION_REFRESH_EACH_REQUEST = False" in caplog.text
    assert "ACTIONS_RESULT_STORE = 'cookie'" in caplog.text


def test_setting_that_makes_sessions_permanent_is_warned_of_at_start(tmp_path, caplog):
    browser = Browser(refreshed(tmp_path, SESSION_PERMANENT=True))

    (record,) = caplog.records
    assert "SESSION_REFRESH_EACH_REQUEST = False" in record.getMessage()
    browser.post("one")
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"SESSION_REFRESH_EACH_REQUEST": False}, id="not refreshed"),
        pytest.param({"ACTIONS_RESULT_STORE": "cookie"}, id="cookie"),
        pytest.param({"ACTIONS_RESULT_STORE": SimpleCache()}, id="cache"),
    ],
)
def test_permanent_session_that_loses_nothing_is_not_warned_of(tmp_path, caplog, config):
    browser = Browser(refreshed(tmp_path, SESSION_PERMANENT=True, **config))
    browser.see("/page")

    shown, location = browser.at_once(seeing("/page"), posting("hello"), answered=(1, 0))

    assert caplog.text == ""
    assert shown is None
    assert data_of(browser.see(location)) == "hello"


def test_permanent_session_takes_a_result_back_as_the_warning_says(tmp_path):
    browser = Browser(refreshed(tmp_path))
    browser.see("/page")

    _, location = browser.at_once(seeing("/page"), posting("hello"), answered=(1, 0))

    assert browser.see(location) is None


# What others may try


def test_cookie_is_signed(tmp_path):
    browser = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie"))
    location = browser.post("hello")
    id = parse_qs(urlsplit(location).query)["_result"][0]
    cookie = browser.client.get_cookie(f"_actions_{id}")

    browser.client.set_cookie(f"_actions_{id}", cookie.value[:-2] + "xx")

    assert browser.see(location) is None


def test_cookie_under_another_name_is_no_result(tmp_path):
    browser = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie"))
    id = parse_qs(urlsplit(browser.post("hello")).query)["_result"][0]
    value = browser.client.get_cookie(f"_actions_{id}").value
    browser.client.delete_cookie(f"_actions_{id}")
    browser.client.set_cookie("_actions_other", value)

    assert browser.see("/page?_result=other") is None
    assert browser.see(f"/page?_result={id}") is None
    assert browser.see("/page") is None


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "{}", "é", "."], ids=repr)
def test_rubbish_in_a_cookie_is_no_result(site, value):
    browser = Browser(site)
    browser.client.set_cookie("_actions_x", value)

    assert browser.see("/page?_result=x") is None
    assert data_of(browser.see(browser.post("hello"))) == "hello"


def test_cookie_of_another_application_is_no_result(tmp_path):
    theirs = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie", SECRET_KEY="theirs"))
    ours = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie"))
    location = theirs.post("hello")
    id = parse_qs(urlsplit(location).query)["_result"][0]
    ours.client.set_cookie(f"_actions_{id}", theirs.client.get_cookie(f"_actions_{id}").value)

    assert ours.see(location) is None


def test_cookies_sent_again_after_it_was_shown_read_nothing_from_the_shelf(site):
    browser = Browser(site)
    location = browser.post(incompressible(9000))
    held = browser.cookies()
    browser.see(location)
    browser.put_cookies(held)

    assert browser.see(location) is None
    assert browser.see("/page") is None


@pytest.mark.parametrize(
    "odd", ["text", ["list"], {"id": 7}, {"id": "no JSON"}, {"id": "[1]"}], ids=repr
)
def test_what_else_lies_under_our_name_in_the_session_does_no_harm(session_site, odd):
    browser = Browser(session_site)
    with browser.client.session_transaction() as held:
        held["_actions"] = odd

    assert browser.see("/page?_result=id") is None
    assert browser.see("/page") is None
    assert data_of(browser.see(browser.post("hello"))) == "hello"


def test_own_cookie_is_kept_from_scripts_and_other_sites(tmp_path):
    browser = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie", ACTIONS_RESULT_TTL=60))

    response = browser.open(
        "/_actions/save", "POST", data={"text": "x"}, base_url="https://localhost"
    )

    (header,) = response.headers.getlist("Set-Cookie")
    parts = header.split("; ")[1:]
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=60"} <= set(parts)


def test_own_cookie_reaches_what_the_sessions_cookie_reaches(tmp_path):
    config = {
        "SESSION_COOKIE_PATH": "/shop",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_SAMESITE": "None",
        "SESSION_COOKIE_PARTITIONED": True,
    }
    browser = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie", **config))

    response = browser.open("/_actions/save", "POST", data={"text": "x"})

    (header,) = response.headers.getlist("Set-Cookie")
    parts = {*header.split("; ")[1:]}
    assert {"HttpOnly", "SameSite=None", "Secure", "Path=/shop", "Partitioned"} <= parts


def test_cookie_store_leaves_the_session_alone(tmp_path):
    browser = Browser(Site(tmp_path, ACTIONS_RESULT_STORE="cookie"))

    browser.see(browser.post("hello"))

    assert browser.client.get_cookie("session") is None


# The secret key


def test_form_post_without_a_secret_key_fails_before_the_handler_and_names_the_setting(
    tmp_path, kind, make_store
):
    site = Site(tmp_path, SECRET_KEY=None, ACTIONS_RESULT_STORE=make_store(kind), TESTING=True)

    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        site.app.test_client().post("/_actions/save", data={"text": "x"})

    assert site.handled == 0


def test_htmx_post_without_fragment_and_secret_key_fails_before_the_handler(tmp_path):
    site = Site(tmp_path, SECRET_KEY=None, TESTING=True)

    with pytest.raises(RuntimeError, match="SECRET_KEY"):
        site.app.test_client().post(
            "/_actions/save", data={"text": "x"}, headers={"HX-Request": "true"}
        )

    assert site.handled == 0


def test_all_else_works_without_a_secret_key(tmp_path, kind, make_store):
    site = Site(tmp_path, SECRET_KEY=None, ACTIONS_RESULT_STORE=make_store(kind), TESTING=True)
    site.app.template_folder = str(tmp_path)
    (tmp_path / "note.html").write_text("{{ result.data }}/{{ get_action_result('save').data }}")
    site.actions.registry.find("save").fragment = "note.html"
    site.actions.registry.find("move").fragment = "note.html"
    client = site.app.test_client()
    htmx = {"HX-Request": "true"}

    rpc = client.post("/_actions/save", json={"text": "x"})
    fragment = client.post("/_actions/save", data={"text": "x"}, headers=htmx)
    moved = client.post("/_actions/move", data={"text": "/page"}, headers=htmx)
    with site.app.test_request_context("/"):
        called = site.actions.call("save", {"text": "x"})
    page = client.get("/page?_result=forged")

    assert rpc.json["data"] == "x"
    assert fragment.text == "x/x"
    assert moved.headers["HX-Location"] == "/page"
    assert called.data == "x"
    assert page.status_code == 200


def test_result_signed_with_an_older_key_is_still_shown(site):
    browser = Browser(site)
    location = browser.post("hello")
    site.app.config.update(SECRET_KEY="newer", SECRET_KEY_FALLBACKS=["oldest", "test"])

    assert data_of(browser.see(location)) == "hello"


def test_result_signed_with_a_key_that_is_gone_is_not_shown(site):
    browser = Browser(site)
    location = browser.post("hello")
    site.app.config["SECRET_KEY"] = "another"

    assert browser.see(location) is None


# Pages that use nothing of ours


@pytest.mark.parametrize("url", ["/plain", "/plain?_result=", "/plain?x=1"])
@pytest.mark.parametrize("pending", [False, True], ids=["nothing waits", "a result waits"])
def test_page_that_uses_nothing_of_ours_is_left_alone(site, url, pending):
    browser = Browser(site)
    if pending:
        browser.post("hello")

    response = browser.open(url)

    assert "Vary" not in response.headers
    assert "Set-Cookie" not in response.headers
    assert "Cache-Control" not in response.headers


def test_page_that_shows_a_result_is_not_stored(browser):
    response = browser.open(browser.post("hello"))

    assert response.headers["Cache-Control"] == "no-store"


def test_page_that_asks_and_shows_nothing_may_be_stored(browser):
    response = browser.open("/page")

    assert "Cache-Control" not in response.headers


# What comes back


class Colour(enum.Enum):
    RED = "red"
    BLUE = 2


class Size(enum.IntEnum):
    SMALL = 1


class Line(BaseModel):
    sku: str
    qty: int

    @computed_field
    @property
    def label(self) -> str:
        return f"{self.qty} x {self.sku}"


class Receipt(BaseModel):
    id: UUID = UUID(int=7)
    when: datetime = datetime(2026, 11, 21, 10, 30, 15, 123456, tzinfo=UTC)
    naive: datetime = datetime(2026, 11, 21, 10, 30, 15, 1)
    day: date = date(2026, 11, 21)
    at: clock = clock(10, 30)
    span: timedelta = timedelta(days=-1, microseconds=5)
    price: Decimal = Decimal("2.10")
    colour: Colour = Colour.RED
    size: Size = Size.SMALL
    blob: bytes = b"\x00\xff\xfe"
    tags: set[str] = {"a", "b"}
    frozen: frozenset[int] = frozenset({1, 2})
    pair: tuple[int, date] = (1, date(2026, 1, 2))
    lines: list[Line] = [Line(sku="x", qty=2)]
    by_day: dict[date, Decimal] = {date(2026, 1, 2): Decimal("0.10")}
    link: AnyUrl = AnyUrl("https://example.org/x")
    nothing: int | None = None
    the_note: str = Field("note", alias="theNote")
    ratio: float = float("inf")


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    colour: Colour = Colour.BLUE
    when: datetime = datetime(2026, 11, 21)
    tags: set[str] = {"a"}
    pair: tuple[int, int] = (1, 2)
    id: UUID = UUID(int=7)


class Shown(BaseModel):
    price: Decimal
    when: date

    @field_serializer("price")
    def in_euro(self, price: Decimal) -> str:
        return f"{price} €"

    @field_serializer("when")
    def in_words(self, when: date) -> str:
        return when.strftime("%d %b %Y")


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: Decimal


class Circle(BaseModel):
    kind: Literal["circle"] = "circle"
    r: float


class Square(BaseModel):
    kind: Literal["square"] = "square"
    side: float


class Cat(BaseModel):
    name: str


class Dog(BaseModel):
    name: str


class Pair(NamedTuple):
    left: int
    right: date


class Row(TypedDict):
    day: date
    price: Decimal


class Tags(RootModel[list[str]]):
    pass


class Account(BaseModel):
    name: str
    hash: str = Field("", exclude=True)


class Tree(BaseModel):
    root: int
    kind: Literal["tree"] = "tree"
    below: list[Tree] = []


class Key:
    """A type that pydantic learns from its annotation alone."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other.text == self.text


AnyKey = Annotated[
    Key,
    PlainValidator(lambda value: value if isinstance(value, Key) else Key(value)),
    PlainSerializer(lambda key: key.text),
]


class Keyed(BaseModel):
    key: AnyKey
    others: list[AnyKey] = []


class Money:
    """No model, though its schema is that of one."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.cents == self.cents

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        cents = core_schema.model_field(core_schema.int_schema())
        return core_schema.model_schema(
            cls,
            core_schema.model_fields_schema({"cents": cents}),
            serialization=core_schema.plain_serializer_function_ser_schema(vars),
        )


class Priced(BaseModel):
    price: Money


TYPED = [
    pytest.param(Receipt, Receipt(), id="model of everything"),
    pytest.param(Receipt, Receipt(colour=Colour.BLUE, theNote="other"), id="alias"),
    pytest.param(list[Line], [Line(sku="a", qty=1), Line(sku="b", qty=2)], id="list of models"),
    pytest.param(dict[str, Line], {"a": Line(sku="a", qty=1)}, id="dict of models"),
    pytest.param(Line | None, Line(sku="a", qty=1), id="optional model"),
    pytest.param(Strict, Strict(), id="strict model"),
    pytest.param(
        Shown, Shown(price=Decimal("2.10"), when=date(2026, 1, 2)), id="serialisers of its own"
    ),
    pytest.param(Point, Point(1, Decimal("2.50")), id="dataclass"),
    pytest.param(list[Point], [Point(1, Decimal(2))], id="list of dataclasses"),
    pytest.param(set[Point], {Point(1, Decimal(2))}, id="set of dataclasses"),
    pytest.param(set[Frozen], {Frozen(name="a"), Frozen(name="b")}, id="set of models"),
    pytest.param(
        Annotated[Circle | Square, Field(discriminator="kind")], Square(side=2), id="tagged union"
    ),
    pytest.param(Circle | Square, Square(side=2), id="union"),
    pytest.param(Cat | Dog, Dog(name="Rex"), id="union of look-alikes"),
    pytest.param(list[Cat | Dog], [Dog(name="Rex"), Cat(name="Tom")], id="list of look-alikes"),
    pytest.param(int | str, "7", id="union of number and text"),
    pytest.param(date | str, "2026-01-02", id="union of date and text"),
    pytest.param(Pair, Pair(1, date(2026, 1, 2)), id="named tuple"),
    pytest.param(Row, Row(day=date(2026, 1, 2), price=Decimal("0.10")), id="typed dict"),
    pytest.param(Tags, Tags(["a", "b"]), id="root model"),
    pytest.param(Tree, Tree(root=1, below=[Tree(root=2)]), id="tree"),
    pytest.param(Keyed, Keyed(key=Key("a"), others=[Key("b")]), id="type of one's own in a model"),
    pytest.param(AnyKey, Key("a"), id="type of one's own"),
    pytest.param(Priced, Priced.model_construct(price=Money(3)), id="no model by a model's schema"),
    pytest.param(Colour, Colour.RED, id="enum"),
    pytest.param(date, date(2026, 1, 2), id="date"),
    pytest.param(Decimal, Decimal("1.50"), id="decimal"),
    pytest.param(bytes, b"\x00\xff", id="bytes"),
    pytest.param(bool, False, id="false"),
    pytest.param(int, 0, id="zero"),
    pytest.param(str, "", id="empty text"),
    pytest.param(list[int], [], id="empty list"),
    pytest.param(int, 2**80, id="big number"),
]


def through(site: Site, value: Any, output: Any = None) -> SafeResult[Any] | None:
    """A value on its way through a form post, with a short result and with one for the shelf."""

    def give():
        return value

    site.actions.action("give", output=output)(give)

    site.add_page("/give", "give")

    browser = Browser(site)
    return browser.see(browser.post("", "give", page="/give"))


@pytest.mark.parametrize(("output", "value"), TYPED)
def test_data_comes_back_as_its_declared_type(session_site, output, value):
    result = through(session_site, value, output)

    assert result is not None and result.ok
    assert result.data == value
    assert type(result.data) is type(value)
    if isinstance(value, list):
        assert [type(item) for item in result.data] == [type(item) for item in value]


def test_computed_fields_are_there_again(session_site):
    result = through(session_site, Line(sku="a", qty=2), Line)

    assert data_of(result).label == "2 x a"


def test_kept_data_has_only_the_declared_fields(session_site):
    result = through(session_site, {"sku": "a", "qty": 1, "secret": "x"}, Line)

    assert data_of(result) == Line(sku="a", qty=1)


@pytest.mark.parametrize("output", [Account, None], ids=["declared", "not declared"])
def test_excluded_field_is_not_kept(session_site, output):
    result = through(session_site, Account(name="Ada", hash="top-secret"), output)

    assert data_of(result) == (Account(name="Ada") if output else {"name": "Ada"})


class Known(Account):
    secret: str = "top-secret"


class Open(Account):
    model_config = ConfigDict(extra="allow")


class Holder(BaseModel):
    account: Account
    others: list[Account] = []


@dataclasses.dataclass
class Person:
    name: str


@dataclasses.dataclass
class KnownPerson(Person):
    secret: str = "top-secret"


@pytest.mark.parametrize(
    ("output", "value"),
    [
        pytest.param(Account, lambda: Known(name="Ada"), id="model"),
        pytest.param(Account, lambda: Open(name="Ada", secret="top-secret"), id="extras"),
        pytest.param(Holder, lambda: Holder(account=Known(name="Ada")), id="field"),
        pytest.param(
            Holder,
            lambda: Holder(account=Account(name="Ada"), others=[Known(name="Ada")]),
            id="item of a field",
        ),
        pytest.param(dict[str, Account], lambda: {"ada": Known(name="Ada")}, id="dictionary"),
        pytest.param(Iterable[Account], lambda: iter([Known(name="Ada")]), id="iterator"),
        pytest.param(Person, lambda: KnownPerson("Ada"), id="dataclass"),
    ],
)
def test_what_only_a_subclass_has_is_not_kept(tmp_path, output, value):
    """The session is signed, and no more: the browser can read it."""
    site = Site(tmp_path)
    site.actions.action("give", output=output)(lambda: value())

    browser = Browser(site)
    browser.post("", "give", page="/give")

    with browser.client.session_transaction() as kept:
        text = str(dict(kept))
    assert "Ada" in text
    assert "top-secret" not in text


def test_model_without_a_declared_type_comes_back_with_its_computed_fields(session_site):
    result = through(session_site, {"tree": Tree(root=1), "line": Line(sku="a", qty=2)})

    assert data_of(result) == {
        "tree": {"root": 1, "kind": "tree", "below": []},
        "line": {"sku": "a", "qty": 2, "label": "2 x a"},
    }


UNTYPED = [
    pytest.param(value, id=type(value).__name__ + f" {number}")
    for number, value in enumerate(
        [
            None,
            0,
            0.0,
            "",
            False,
            [],
            {},
            (),
            set(),
            "text\x00\u2028\U0001f600",
            -1.5,
            float("inf"),
            2**80,
            b"",
            b"\xff",
            date(2026, 1, 2),
            datetime(2026, 1, 2, 3, 4, 5, 6),
            datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            clock(1, 2, 3),
            timedelta(days=-3, seconds=2),
            Decimal("1.50"),
            UUID(int=5),
            {"a": [{"b": (1, {"c": date(2026, 1, 2)})}]},
            {1: "one", None: "none", (1, 2): "pair", date(2026, 1, 2): "day"},
            {"a", "b"},
            frozenset({(1, 2)}),
            {frozenset({1}), (1, date(2026, 1, 2))},
            ["\x00date", "2026-01-02"],
            ["\x00list", ["x"]],
            {"\x00date": "2026-01-02"},
            [[], [[]], ["\x00x"]],
            [1, True, 1.0, "1", Decimal(1)],
        ]
    )
]


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1, True and 1.0 differ."""
    return (
        one == other and repr(one) == repr(other)
        if not isinstance(one, (set, frozenset))
        else (one == other and type(one) is type(other))
    )


@pytest.mark.parametrize("value", UNTYPED)
def test_data_without_a_type_survives(session_site, value):
    result = through(session_site, value)

    assert result is not None and result.ok
    assert same(result.data, value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        pytest.param(Colour.RED, "red", id="enum"),
        pytest.param([Size.SMALL], [1], id="numbered enum"),
        pytest.param(Point(1, Decimal("2.5")), {"x": 1, "y": Decimal("2.5")}, id="dataclass"),
        pytest.param({"line": Frozen(name="a")}, {"line": {"name": "a"}}, id="model"),
        pytest.param(AnyUrl("https://a.example/"), "https://a.example/", id="URL"),
        pytest.param(Pair(1, date(2026, 1, 2)), (1, date(2026, 1, 2)), id="named tuple"),
    ],
)
def test_objects_without_a_declared_type_come_back_plain(value, plain):
    assert same(unpack(pack(value)), plain)


def test_set_of_objects_without_a_declared_type_does_not_break_the_page(session_site):
    result = through(session_site, {"points": {Point(1, Decimal(2))}})

    assert list(data_of(result)["points"]) == [{"x": 1, "y": Decimal(2)}]


def cycle() -> Any:
    loop: list[Any] = []
    loop.append(loop)
    return loop


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(object, id="object"),
        pytest.param(lambda: {"deep": [object()]}, id="object deep inside"),
        pytest.param(cycle, id="cycle"),
        pytest.param(lambda: {Point(1, Decimal(2)): "x"}, id="object as a key"),
        pytest.param(lambda: bytearray(b"\xff"), id="bytearray"),
    ],
)
def test_what_cannot_be_kept_is_an_error_that_the_log_explains(session_site, caplog, make):
    session_site.app.testing = True

    result = through(session_site, make())

    assert result is not None
    assert result.error.code == "INTERNAL_SERVER_ERROR"
    assert "The result of give cannot be serialised" in caplog.text


@pytest.mark.parametrize("size", [1, 9000], ids=["in the cookie", "on the shelf"])
def test_half_of_a_surrogate_pair_does_not_break_the_answer(session_site, size):
    result = through(session_site, {"text": "\ud800" * size, "more": incompressible(size)})

    assert result is not None
    assert result.error is not None or result.data["text"] == "\ud800" * size


def test_unknown_sign_in_an_old_text_is_an_error_of_its_own():
    with pytest.raises(ValueError, match="sign"):
        unpack('["\\u0000colour","red"]')


def test_error_comes_back_whole(session_site):
    @session_site.actions.action
    def wait():
        raise ActionError("TOO_MANY_REQUESTS", "Wait a little", retry_after=30)

    session_site.add_page("/wait", "wait")

    browser = Browser(session_site)

    error = browser.see(browser.post("", "wait", page="/wait")).error

    assert (error.code, error.message, error.retry_after) == (
        "TOO_MANY_REQUESTS",
        "Wait a little",
        30,
    )


def test_kept_error_never_holds_the_input(session_site):
    browser = Browser(session_site)
    browser.open(
        "/_actions/save",
        "POST",
        data={"text": "", "password": "hunter2", "_key": "1", "api_token": "t0k"},
        headers={"Referer": "http://localhost/page"},
    )

    with browser.client.session_transaction() as held:
        kept = str(dict(held))

    assert "hunter2" not in kept
    assert "t0k" not in kept


def test_result_of_an_action_that_is_gone_is_left_alone(tmp_path):
    location = (browser := Browser(Site(tmp_path))).post("hello", "save")
    later = Flask(__name__, instance_path=str(tmp_path))
    later.secret_key = "test"
    Actions(later)
    later.add_url_rule("/page", view_func=lambda: "page")
    client = later.test_client()
    client.set_cookie("session", browser.client.get_cookie("session").value)

    assert client.get(location).status_code == 200


def test_kept_data_whose_type_has_changed_is_shown_plain(tmp_path):
    def serve(output: Any) -> Site:
        site = Site(tmp_path)
        site.actions.action("give", output=output)(lambda: {"name": "Tom", "age": 7})
        site.add_page("/give", "give")
        return site

    before, after = Browser(serve(dict[str, Any])), Browser(serve(Line))
    location = before.post("", "give", page="/give")
    after.client.set_cookie("session", before.client.get_cookie("session").value)

    assert data_of(after.see(location)) == {"name": "Tom", "age": 7}


def test_kept_model_whose_class_has_changed_is_shown_plain(tmp_path):
    def serve(output: Any, value: Any) -> Site:
        site = Site(tmp_path)
        site.actions.action("give", output=output)(lambda: value)
        site.add_page("/give", "give")
        return site

    before, after = Browser(serve(Cat, Cat(name="Tom"))), Browser(serve(Line, None))
    location = before.post("", "give", page="/give")
    after.client.set_cookie("session", before.client.get_cookie("session").value)

    assert data_of(after.see(location)) == {"name": "Tom"}
