"""Rules whose builders are made late are rules like any other."""

from __future__ import annotations

import pytest
from flask import Flask, url_for
from werkzeug.routing import Map, Rule

from flask_actions import Actions, action_url
from flask_actions.laterule import late


class Compiled(Rule):
    """Counts the builders that are made."""

    made = 0

    def _compile_builder(self, append_unknown=True):
        Compiled.made += 1
        return super()._compile_builder(append_unknown)


@pytest.fixture
def app():
    Compiled.made = 0
    app = Flask(__name__)
    app.url_rule_class = Compiled
    return app


def test_an_actions_url_is_compiled_when_its_page_asks_for_it(app):
    actions = Actions(app)
    before = Compiled.made
    for name in ("one", "two", "three"):
        actions.action(name)(lambda: None)

    assert app.test_client().post("/_actions/two", json={}).status_code == 200
    assert Compiled.made == before
    with app.test_request_context():
        assert [action_url("two"), action_url("two")] == ["/_actions/two"] * 2
        assert url_for("actions.three", q="a b") == "/_actions/three?q=a+b"
    assert 0 < Compiled.made - before <= 3


@pytest.mark.parametrize(
    ("rule", "values", "url"),
    [
        ("/page", {}, "/page"),
        ("/page", {"q": "ä"}, "/page?q=%C3%A4"),
        ("/posts/<int:id>", {"id": 7}, "/posts/7"),
        ("/posts/<int:id>", {"id": 7, "part": "a"}, "/posts/7?part=a"),
        ("/files/<path:name>", {"name": "a b/c"}, "/files/a%20b/c"),
    ],
)
def test_url_is_the_one_that_werkzeug_builds(rule, values, url):
    adapters = [Map([kind(rule, endpoint="it")]).bind("") for kind in (Rule, late(Rule))]

    assert [adapter.build("it", values) for adapter in adapters] == [url, url]
