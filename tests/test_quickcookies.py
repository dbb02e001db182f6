"""Cookies at less cost are the cookies of Flask's own request and sessions."""

from __future__ import annotations

from hashlib import sha256

import pytest
from flask import Flask, Request, jsonify, request, session
from flask.globals import request_ctx
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from werkzeug.local import LocalProxy
from werkzeug.test import EnvironBuilder

from flask_actions import Actions
from flask_actions.quickcookies import QuickRequest, QuickSessions


class OwnRequest(Request):
    """An application's own."""


class OwnSessions(SecureCookieSessionInterface):
    """An application's own."""


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="no header"),
        pytest.param("", id="empty"),
        pytest.param("a=1", id="one"),
        pytest.param("a=1; b=2; a=3", id="a name twice"),
        pytest.param('quoted="x\\073y"; blank="a b"', id="quoted"),
        pytest.param("name=Jos\xc3\xa9", id="UTF-8, as WSGI carries it"),
        pytest.param("broken=\xff", id="no UTF-8"),
        pytest.param("=nameless; ;;a=1;  b = 2 ;flag", id="odd ones"),
        pytest.param("a=1,b=2", id="joined with a comma"),
    ],
)
def test_cookies_are_those_of_flasks_own_request(header):
    environ = EnvironBuilder().get_environ()
    if header is not None:
        environ["HTTP_COOKIE"] = header
    plain, quick = (read(kind(environ)) for kind in (Request, QuickRequest))

    assert quick == plain


def read(request):
    try:
        cookies = request.cookies
        return type(cookies), list(cookies.items(multi=True)), cookies is request.cookies
    except UnicodeDecodeError:
        return UnicodeDecodeError


@pytest.mark.parametrize("when", ["before", "after"])
def test_application_keeps_its_own_classes(when):
    app = Flask(__name__)
    if when == "after":
        Actions(app)
    app.request_class = OwnRequest
    app.session_interface = sessions = OwnSessions()
    if when == "before":
        Actions(app)

    with app.test_request_context():
        assert type(request_ctx.request) is OwnRequest
    assert app.session_interface is sessions


def test_application_keeps_classes_that_are_properties():
    class OwnFlask(Flask):
        request_class = property(lambda self: Request)
        session_interface = property(lambda self: SecureCookieSessionInterface())

    app = OwnFlask(__name__)
    Actions(app)

    assert app.request_class is Request
    assert type(app.session_interface) is SecureCookieSessionInterface


@pytest.fixture
def app():
    app = Flask(__name__)
    app.secret_key = "first"

    @app.get("/")
    def index():
        return jsonify(dict(session), type(request_ctx.request).__name__)

    @app.post("/")
    def note():
        session["note"] = request.get_data(as_text=True)
        return ""

    return app


def test_flasks_own_give_way(app):
    Actions(app)
    client = app.test_client()
    client.post("/", data="hello")

    assert client.get("/").json == [{"note": "hello"}, "QuickRequest"]
    assert type(app.session_interface) is QuickSessions
    assert type(Flask(__name__).session_interface) is SecureCookieSessionInterface


def test_other_application_reads_the_same_session(app):
    """Those with Actions and those without share a session, as before."""
    Actions(app)
    ours, flasks = app.session_interface, SecureCookieSessionInterface()
    client = app.test_client()
    for one, other in ((ours, flasks), (flasks, ours)):
        app.session_interface = one
        client.post("/", data=type(one).__name__)
        app.session_interface = other

        assert client.get("/").json[0] == {"note": type(one).__name__}


def test_keys_may_change_while_the_application_runs(app):
    Actions(app)
    client = app.test_client()
    client.post("/", data="hello")
    app.secret_key, app.config["SECRET_KEY_FALLBACKS"] = "second", ["first"]
    assert client.get("/").json[0] == {"note": "hello"}

    app.config["SECRET_KEY_FALLBACKS"].clear()  # the same list
    assert client.get("/").json[0] == {}

    client.post("/", data="again")
    app.secret_key = "first"
    assert client.get("/").json[0] == {}
    app.secret_key = "second"
    assert client.get("/").json[0] == {"note": "again"}
    app.secret_key = None
    assert client.get("/").json[0] == {}


def test_key_may_be_a_proxy_of_another_with_each_request(app):
    """A session of one customer's site is none on another's."""
    app.secret_key = LocalProxy(lambda: f"the key of {request.host}")
    Actions(app)
    client = app.test_client()
    client.post("/", data="hello", base_url="http://one.test")
    cookie = f"session={client.get_cookie('session', domain='one.test').value}"

    stranger = app.test_client(use_cookies=False)
    for host, kept in (("one.test", {"note": "hello"}), ("two.test", {})):
        answer = stranger.get("/", base_url=f"http://{host}", headers={"Cookie": cookie})
        assert answer.json[0] == kept


def test_former_key_may_be_a_proxy_too(app):
    app.config["SECRET_KEY_FALLBACKS"] = [LocalProxy(lambda: f"the key of {request.host}")]
    Actions(app)
    before = Flask(__name__)
    before.secret_key = "the key of one.test"
    serializer = SecureCookieSessionInterface().get_signing_serializer(before)
    cookie = f"session={serializer.dumps({'note': 'hello'})}"

    stranger = app.test_client(use_cookies=False)
    for host, kept in (("one.test", {"note": "hello"}), ("two.test", {})):
        answer = stranger.get("/", base_url=f"http://{host}", headers={"Cookie": cookie})
        assert answer.json[0] == kept


def test_application_without_keys_needs_no_list_of_former_ones(app):
    app.secret_key = None
    Actions(app)
    del app.config["SECRET_KEY_FALLBACKS"]

    assert app.test_client().get("/").json[0] == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_way_of_signing_may_be_another(app, when):
    other = SecureCookieSessionInterface()
    other.salt, other.digest_method = "other", sha256
    if when == "before":
        app.session_interface = other
        Actions(app)
    else:
        Actions(app)
        app.test_client().get("/")  # the serializer is made
        app.session_interface.salt, app.session_interface.digest_method = "other", sha256
    client = app.test_client()
    client.post("/", data="hello")

    value = client.get_cookie("session").value
    assert other.get_signing_serializer(app).loads(value) == {"note": "hello"}


def test_serializer_signs_with_other_salts_too(app):
    """For an application that borrows the session's serializer."""
    Actions(app)
    ours = app.session_interface.get_signing_serializer(app)
    flasks = SecureCookieSessionInterface().get_signing_serializer(app)

    assert flasks.loads(ours.dumps("text", salt="other"), salt="other") == "text"
    with pytest.raises(BadSignature):
        flasks.loads(ours.dumps("text", salt="other"))
    with pytest.raises(BadSignature):
        ours.loads(flasks.dumps("text"), salt="other")
