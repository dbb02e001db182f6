"""Signals: every call tells that it began and how it ended, and never what was sent."""

from __future__ import annotations

import asyncio

import pytest
from flask import Flask, abort
from pydantic import BaseModel

from flask_actions import (
    ActionContext,
    ActionError,
    Actions,
    action_finished,
    action_started,
    call_action,
    get_action_context,
)

JSON = "application/json"


class Note(BaseModel):
    text: str


@pytest.fixture
def site():
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)

    @actions.action(guard=lambda ctx: ctx.called_from == "server" or not asks_in_vain(ctx))
    def note(input: Note, ctx):
        match input.text:
            case "go":
                return ctx.redirect("/there")
            case "taken":
                raise ActionError("CONFLICT", "Taken.")
            case "gone":
                abort(404)
            case "broken":
                raise KeyError(input.text)
            case "unsendable":
                return object()
        return input.text

    actions.user_loader(lambda: {"id": 7})
    return app


def asks_in_vain(ctx: ActionContext) -> bool:
    return "X-Refuse" in ctx.request.headers


@pytest.fixture
def heard():
    said = []

    def started(app, **about):
        said.append(("started", app, about))

    def finished(app, **about):
        said.append(("finished", app, about))

    with action_started.connected_to(started), action_finished.connected_to(finished):
        yield said


DOORS = [
    pytest.param("form", {"data": {"text": "x"}}, id="form"),
    pytest.param("htmx", {"data": {"text": "x"}, "headers": {"HX-Request": "true"}}, id="htmx"),
    pytest.param("rpc", {"json": {"text": "x"}}, id="rpc"),
]


@pytest.mark.parametrize(("door", "request_"), DOORS)
def test_every_door_tells_of_its_calls(site, heard, door, request_):
    site.test_client().post("/_actions/note", **request_)

    (began, app, about), (ended, _, more) = heard
    assert (began, ended, app) == ("started", "finished", site)
    assert about == {"name": "note", "door": door, "caller": 7}
    assert more.pop("duration") >= 0
    assert more == {**about, "outcome": "data"}


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("x", "data"),
        ("go", "redirect"),
        ("taken", "CONFLICT"),
        ("gone", "NOT_FOUND"),
        ("broken", "INTERNAL_SERVER_ERROR"),
        (None, "BAD_REQUEST"),
    ],
)
def test_end_says_how_it_ended_and_never_what_was_sent(site, heard, text, outcome):
    site.test_client().post("/_actions/note", json={} if text is None else {"text": text})

    assert heard[-1][2]["outcome"] == outcome
    assert set(heard[-1][2]) == {"name", "door", "caller", "duration", "outcome"}


def test_exception_that_goes_past_is_told(site, heard):
    site.testing = True

    with pytest.raises(KeyError):
        site.test_client().post("/_actions/note", json={"text": "broken"})

    assert heard[-1][0] == "finished" and heard[-1][2]["outcome"] == "INTERNAL_SERVER_ERROR"


def test_call_from_python_is_one_too(site, heard):
    with site.app_context():
        site.extensions["actions"].call("note", {"text": "x"})

    assert [one[2]["door"] for one in heard] == ["server", "server"]


def test_what_is_no_action_tells_nothing(site, heard):
    site.test_client().post("/_actions/missing", json={})

    assert heard == []


@pytest.mark.parametrize(
    ("headers", "body", "outcome"),
    [
        pytest.param({"Origin": "https://evil.example"}, {"text": "x"}, "FORBIDDEN", id="origin"),
        pytest.param({"Content-Type": "text/css"}, None, "UNSUPPORTED_MEDIA_TYPE", id="type"),
        pytest.param({"X-Refuse": "1"}, {"text": "x"}, "FORBIDDEN", id="guard"),
        pytest.param({}, {"text": "unsendable"}, "INTERNAL_SERVER_ERROR", id="unsendable"),
    ],
)
def test_refusal_is_told_with_its_code(site, heard, headers, body, outcome):
    sent = {"json": body} if body else {"data": "x"}

    site.test_client().post("/_actions/note", headers={"Accept": JSON, **headers}, **sent)

    assert [one[0] for one in heard] == ["started", "finished"]
    assert heard[-1][2]["outcome"] == outcome


def test_action_that_a_hook_runs_ahead_is_told_once(site, heard):
    site.before_request(lambda: get_action_context().action.handler() and None)

    site.test_client().post("/_actions/note", data={"text": "x"})

    assert [(one[0], one[2]["door"]) for one in heard] == [
        ("started", "form"),
        ("finished", "form"),
    ]


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_call_by_another_method_is_told_as_a_refusal(site, heard, method):
    site.test_client().open("/_actions/note", method=method)

    assert [one[0] for one in heard] == ["started", "finished"]
    assert heard[-1][2]["outcome"] == "METHOD_NOT_ALLOWED"


def by_request(site):
    site.test_client().post("/_actions/note", json={"text": "x"})


def from_python(site):
    with site.app_context():
        call_action("note", {"text": "x"})


def outside_an_application(site):
    site.extensions["actions"].registry.find("note")({"text": "x"})


def from_async_code(site):
    async def call():
        with site.app_context():
            await site.extensions["actions"].registry.find("note").acall({"text": "x"})

    asyncio.run(call())


def breaks(app, **about):
    raise LookupError("the counter is gone")


async def breaks_later(app, **about):
    raise LookupError("the counter is gone")


@pytest.mark.parametrize("receiver", [breaks, breaks_later])
@pytest.mark.parametrize(("door", "request_"), DOORS)
def test_receiver_that_raises_takes_no_result_away(site, caplog, door, request_, receiver):
    pytest.importorskip("asgiref")

    with action_finished.connected_to(receiver):
        answer = site.test_client().post("/_actions/note", **request_)

    assert answer.status_code == (200 if door == "rpc" else 303)
    assert [one.name for one in caplog.records] == [site.logger.name]
    assert "A receiver of action_finished failed, of note." in caplog.text
    assert "the counter is gone" in caplog.text


def test_receiver_that_raises_takes_no_result_away_outside_an_application(site, caplog):
    note = site.extensions["actions"].registry.find("note")

    with action_finished.connected_to(breaks):
        result = note({"text": "x"})

    assert result.data == "x"
    assert [one.name for one in caplog.records] == ["flask_actions"]


def test_receiver_that_raises_is_seen_where_flask_lets_exceptions_through(site):
    site.testing = True

    with action_finished.connected_to(breaks), pytest.raises(LookupError):
        by_request(site)


@pytest.mark.parametrize("call", [by_request, from_python, outside_an_application, from_async_code])
def test_receiver_may_be_async(site, call):
    pytest.importorskip("asgiref")
    seen = []

    async def told(app, **about):
        await asyncio.sleep(0)
        seen.append(about.get("outcome"))

    with action_started.connected_to(told), action_finished.connected_to(told):
        call(site)

    assert seen == [None, "data"]
