"""Signals: every call tells that it began and how it ended, and never what was sent."""

from __future__ import annotations

import pytest
from flask import Flask, abort
from pydantic import BaseModel

from flask_actions import ActionError, Actions, action_finished, action_started


class Note(BaseModel):
    text: str


@pytest.fixture
def site():
    app = Flask(__name__)
    app.secret_key = "test"
    actions = Actions(app)

    @actions.action
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
        return input.text

    actions.user_loader(lambda: {"id": 7})
    return app


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


def test_receiver_may_be_async(site):
    pytest.importorskip("asgiref")
    seen = []

    async def finished(app, **about):
        seen.append(about["outcome"])

    with action_finished.connected_to(finished):
        site.test_client().post("/_actions/note", json={"text": "x"})

    assert seen == ["data"]
