"""Cookies that are read straight from the server are those that Flask's own request reads."""

from __future__ import annotations

import pytest
from flask import Flask, Request, jsonify, request
from flask.globals import request_ctx
from werkzeug.test import EnvironBuilder

from flask_actions import Actions
from flask_actions.quickcookies import QuickCookies


class Own(Request):
    """An application's own class of requests."""


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
    plain, quick = (read(kind(environ)) for kind in (Request, QuickCookies))

    assert quick == plain


def read(request):
    try:
        cookies = request.cookies
        return type(cookies), list(cookies.items(multi=True)), cookies is request.cookies
    except UnicodeDecodeError:
        return UnicodeDecodeError


def test_application_reads_its_cookies_so():
    app = Flask(__name__)
    Actions(app)

    @app.get("/")
    def index():
        return jsonify(request.cookies, type(request_ctx.request).__name__)

    client = app.test_client()
    client.set_cookie("seen", "yes")

    assert client.get("/").json == [{"seen": "yes"}, "QuickCookies"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_application_keeps_its_own_class_of_requests(when):
    app = Flask(__name__)
    if when == "before":
        app.request_class = Own
    Actions(app)
    if when == "after":
        app.request_class = Own

    with app.test_request_context():
        assert type(request_ctx.request) is Own
