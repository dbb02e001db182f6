"""Sessions that are opened at the first look: what they cost nobody, and that nothing is lost."""

from __future__ import annotations

import pytest
from flask import Flask, Response, render_template_string, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user
from pydantic import BaseModel

from flask_actions import Actions

PAGE = "{% set result = get_action_result('note') %}{{ result.data if result }}"


class Note(BaseModel):
    text: str


class Watched(SecureCookieSessionInterface):
    """Counts the sessions that are opened and saved."""

    def __init__(self) -> None:
        self.opened = self.saved = 0

    def open_session(self, *args):
        self.opened += 1
        return super().open_session(*args)

    def save_session(self, *args):
        self.saved += 1
        super().save_session(*args)


@pytest.fixture
def app():
    app = Flask(__name__)
    app.secret_key = "test"
    app.config["ACTIONS_LAZY_SESSION"] = True
    app.session_interface = app.watched = Watched()
    actions = Actions(app)

    @actions.action
    def note(input: Note) -> str:
        if input.text == "look":
            return session.get("name", "nobody")
        if input.text == "clear":
            session.clear()
        if input.text == "write":
            session["name"] = "Ann"
        return f"noted {input.text}"

    app.add_url_rule("/", "index", lambda: render_template_string(PAGE))
    app.add_url_rule("/plain", "plain", lambda: "plain")
    return app


def call(client, text):
    return client.post("/_actions/note", json={"text": text}).json["data"]


def test_request_that_looks_at_no_session_opens_and_saves_none(app):
    client = app.test_client()
    call(client, "write")
    app.watched.opened = app.watched.saved = 0

    assert call(client, "hello") == "noted hello"
    assert client.get("/plain").text == "plain"
    assert (app.watched.opened, app.watched.saved) == (0, 0)


def test_form_post_that_needs_no_session_opens_none():
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(ACTIONS_LAZY_SESSION=True, ACTIONS_RESULT_STORE="cookie")
    app.session_interface = watched = Watched()
    actions = Actions(app)

    @actions.action
    def download() -> Response:
        return Response("file")

    response = app.test_client().post("/_actions/download", data={})

    assert (response.text, response.headers.get("Vary"), watched.opened) == ("file", None, 0)


def test_first_look_opens_the_session_that_the_browser_sent(app):
    client = app.test_client()
    call(client, "write")
    app.watched.opened = 0

    assert call(client, "look") == "Ann"
    assert app.watched.opened == 1


def test_form_post_keeps_its_result_for_the_page(app):
    client = app.test_client()

    response = client.post("/_actions/note", data={"text": "hello"})

    assert client.get(response.location).text == "noted hello"
    assert client.get(response.location).text == ""


def test_result_that_waits_survives_a_session_that_is_cleared(app):
    client = app.test_client()
    waiting = client.post("/_actions/note", data={"text": "first"}).location

    call(client, "clear")

    assert client.get(waiting).text == "noted first"


def test_session_looks_like_any_other(app):
    with app.test_request_context():
        session["a"] = 1
        session.permanent = True
        session.setdefault("list", []).append(2)

        assert dict(session) == {"a": 1, "_permanent": True, "list": [2]}
        assert session.permanent and session.modified and len(session) == 3
        assert session.pop("a") == 1 and "a" not in session


def test_page_that_looks_says_that_it_varies(app):
    client = app.test_client()

    assert "Cookie" not in client.get("/plain").headers.get("Vary", "")
    call(client, "write")
    assert "Cookie" in client.post("/_actions/note", json={"text": "look"}).headers["Vary"]


def test_login_of_flask_login_lasts(app):
    manager = LoginManager(app)
    manager.user_loader(lambda id: type("User", (UserMixin,), {"id": id})())

    @app.post("/login")
    def login():
        login_user(manager._user_callback("7"))
        return "in"

    client = app.test_client()
    client.post("/login")

    with client.session_transaction() as stored:
        assert stored["_user_id"] == "7"


def test_interface_says_what_the_applications_own_says(app):
    app.watched.get_cookie_path = lambda app: "/own"
    app.session_interface.salt = "other"

    assert app.session_interface.get_cookie_path(app) == "/own"
    assert app.session_interface.get_cookie_name(app) == "session"
    assert app.watched.salt == "other"


def test_setting_is_true_or_false():
    app = Flask(__name__)
    app.config["ACTIONS_LAZY_SESSION"] = "yes"

    with pytest.raises(ValueError, match="ACTIONS_LAZY_SESSION is 'yes': it is True or False"):
        Actions(app)


def test_misspelled_setting_is_told_at_the_start(caplog):
    app = Flask(__name__)
    app.config["ACTIONS_MAXBODY"] = 10

    Actions(app)

    assert "no setting ACTIONS_MAXBODY: did you mean ACTIONS_MAX_BODY?" in caplog.text
