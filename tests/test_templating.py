"""What templates call: the head of a page, the URLs of actions, and the results a page shows."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, g, render_template, render_template_string
from flask_wtf import CSRFProtect
from jinja2 import DictLoader

from flask_actions import Actions, get_action_result


class Elements(HTMLParser):
    """The elements of some HTML: tag and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        return [
            one for name, one in self.found if name == tag and attributes.items() <= one.items()
        ]


def build(**config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    actions = Actions(app)

    @actions.action
    def say(input: dict[str, str]) -> str:
        return input["text"]

    return app, actions


def head(app: Flask, call: str = "actions_head()") -> Elements:
    with app.test_request_context():
        return Elements(render_template_string(f"{{{{ {call} }}}}"))


def config_of(elements: Elements) -> dict[str, Any]:
    (meta,) = elements.all("meta", name="htmx-config")
    return json.loads(meta["content"] or "")


# The head of a page


@pytest.mark.parametrize(
    ("call", "setting", "version"),
    [
        pytest.param("actions_head()", None, "4.0.1", id="default"),
        pytest.param("actions_head()", 2, "2.0.11", id="setting"),
        pytest.param("actions_head()", "4", "4.0.1", id="setting as text"),
        pytest.param("actions_head(htmx=2)", None, "2.0.11", id="argument"),
        pytest.param("actions_head(htmx='4')", 2, "4.0.1", id="argument over setting"),
        pytest.param("actions_head(htmx='2.0.11')", 4, "2.0.11", id="whole version"),
    ],
)
def test_head_has_the_htmx_that_was_chosen_with_its_hash(call, setting, version):
    app, _ = build(**({} if setting is None else {"ACTIONS_HTMX_VERSION": setting}))
    htmx, ours = head(app, call).all("script")

    source = str(htmx["src"])
    assert source == f"/_actions/static/htmx-{version}/htmx.min.js"
    assert "defer" in htmx and "defer" in ours
    digest = hashlib.sha384(app.test_client().get(source, buffered=True).data).digest()
    assert htmx["integrity"] == f"sha384-{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize("version", [3, "4.0.0", "latest", False], ids=repr)
def test_version_that_is_not_vendored_is_an_error_that_names_those_that_are(version):
    with pytest.raises(ValueError, match=r"ACTIONS_HTMX_VERSION is .*'2\.0\.11'.*'4\.0\.1'"):
        build(ACTIONS_HTMX_VERSION=version)


def test_page_that_brings_its_own_htmx_gets_all_but_the_script():
    elements = head(build()[0], "actions_head(htmx=none)")

    (script,) = elements.all("script")
    assert script["src"] == "/_actions/static/htmx-actions.js"
    assert config_of(elements)["responseHandling"]
    # The configuration stops htmx 2 from writing the style that this file has.
    assert elements.all("link", href="/_actions/static/indicator.css")


@pytest.mark.parametrize(("htmx", "links"), [(2, 1), (4, 0)], ids=["htmx 2", "htmx 4"])
def test_indicator_style_is_a_file_where_htmx_would_write_it_into_the_page(htmx, links):
    elements = head(build()[0], f"actions_head(htmx={htmx})")

    assert len(elements.all("link", rel="stylesheet")) == links
    assert config_of(elements)["includeIndicatorStyles"] is False


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503])
def test_configuration_has_htmx_2_swap_every_answer(status):
    rules = config_of(head(build()[0]))["responseHandling"]

    first = next(rule for rule in rules if re.search(rule["code"], str(status)))
    assert first["swap"] and not first.get("error")


def test_configuration_leaves_the_page_alone_at_204():
    first = config_of(head(build()[0]))["responseHandling"][0]

    assert first == {"code": "204", "swap": False}


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("actions_head(htmx=2)", id="csp_nonce of the application"),
        pytest.param("actions_head(htmx=2, nonce='n-1')", id="argument"),
    ],
)
def test_nonce_is_on_every_script_and_style(call):
    app, _ = build()
    CSRFProtect(app)
    app.jinja_env.globals["csp_nonce"] = lambda: "n-1"
    elements = head(app, call)

    signed = [*elements.all("script"), *elements.all("link")]
    assert len(signed) == 3
    assert {one["nonce"] for one in signed} == {"n-1"}
    config = config_of(elements)
    assert config["inlineScriptNonce"] == config["inlineStyleNonce"] == "n-1"


def test_page_without_a_nonce_has_none():
    app, _ = build()
    app.jinja_env.globals["csp_nonce"] = lambda: ""  # Flask-Talisman, told to make none
    elements = head(app)

    assert not any("nonce" in one for _, one in elements.found)
    assert "inlineScriptNonce" not in config_of(elements)


def test_nonce_cannot_break_out():
    elements = head(build()[0], """actions_head(nonce='"><b>')""")

    assert not elements.all("b")
    assert elements.all("script")[0]["nonce"] == '"><b>'


def test_token_is_there_with_the_header_it_goes_in():
    app, _ = build(WTF_CSRF_HEADERS=["X-My-Token"])
    CSRFProtect(app)
    with app.test_request_context():
        html = render_template_string("{{ actions_head() }}|{{ csrf_token() }}")
    text, _, token = html.rpartition("|")

    (meta,) = Elements(text).all("meta", name="csrf-token")
    assert meta == {"name": "csrf-token", "content": token, "data-header": "X-My-Token"}


@pytest.mark.parametrize("csrf", [True, False], ids=["switched off", "not installed"])
def test_page_without_protection_has_no_token_and_no_session(csrf):
    app, _ = build(WTF_CSRF_ENABLED=False)
    if csrf:
        CSRFProtect(app)
    app.add_url_rule("/", view_func=lambda: render_template_string("{{ actions_head() }}"))

    response = app.test_client().get("/")

    assert "csrf-token" not in response.text
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.vary


def test_head_follows_the_application_root_and_the_prefix():
    app, _ = build(ACTIONS_URL_PREFIX="/do")
    with app.test_request_context("/", base_url="http://localhost/mounted/"):
        elements = Elements(render_template_string("{{ actions_head() }}"))

    assert {str(one["src"]).rpartition("/")[0] for one in elements.all("script")} == {
        "/mounted/do/static",
        "/mounted/do/static/htmx-4.0.1",
    }


# The files


@pytest.mark.parametrize(
    ("file", "type_"),
    [
        ("htmx-4.0.1/htmx.min.js", "text/javascript"),
        ("htmx-2.0.11/htmx.min.js", "text/javascript"),
        ("htmx-actions.js", "text/javascript"),
        ("indicator.css", "text/css"),
        ("refusal.css", "text/css"),
    ],
)
def test_file_is_served_once_and_then_confirmed(file, type_):
    client = build()[0].test_client()
    url = f"/_actions/static/{file}"
    first = client.get(url, buffered=True)

    again = client.get(url, buffered=True, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, first.mimetype) == (200, type_)
    assert first.headers["Last-Modified"]
    assert "no-store" not in first.headers["Cache-Control"]
    assert "Set-Cookie" not in first.headers
    assert (again.status_code, again.data) == (304, b"")


def test_file_is_kept_as_long_as_the_application_says():
    client = build(SEND_FILE_MAX_AGE_DEFAULT=3600)[0].test_client()

    response = client.get("/_actions/static/htmx-4.0.1/htmx.min.js", buffered=True)

    assert response.cache_control.max_age == 3600


@pytest.mark.parametrize("file", ["nothing.js", "../pyproject.toml", "%2e%2e/pyproject.toml"])
def test_other_files_are_not_served(file):
    assert build()[0].test_client().get(f"/_actions/static/{file}").status_code == 404


# The refusal page


@pytest.mark.parametrize("nonce", ["n-1", None])
def test_refusal_page_keeps_a_strict_policy(nonce):
    app, _ = build()
    if nonce:
        app.jinja_env.globals["csp_nonce"] = lambda: g.setdefault("nonce", nonce)
    response = app.test_client().post("/_actions/nothing", data={"a": "b"})
    elements = Elements(response.text)

    assert response.status_code == 404
    assert not elements.all("script") and not elements.all("style")
    assert not any("style" in one or "onclick" in one for _, one in elements.found)
    (link,) = elements.all("link")
    assert link.get("nonce") == nonce
    assert app.test_client().get(str(link["href"]), buffered=True).mimetype == "text/css"


# In templates


@pytest.fixture
def site():
    app, _ = build()
    app.jinja_loader = DictLoader(
        {
            "macros.html": (
                "{% macro form(key) %}{{ action_url('say') }}|{{ action_url('say', page=True) }}|"
                "{{ (get_action_result('say', key) or {}).data }}|"
                "{{ 'htmx.min.js' in actions_head() }}{% endmacro %}"
            ),
            "page.html": "{% from 'macros.html' import form %}{{ form(key) }}",
        }
    )

    @app.get("/page/<path:key>")
    @app.get("/page/", defaults={"key": None})
    def page(key: str | None) -> str:
        return render_template("page.html", key=key)

    return app


def test_functions_work_in_imported_macros(site):
    client = site.test_client()
    data = {"text": "hello", "_key": "7"}
    way = client.post("/_actions/say?_page=/page/7", data=data).location

    url, with_page, shown, has_htmx = client.get(way).text.split("|")

    assert (url, with_page) == ("/_actions/say", "/_actions/say?_page=/page/7")
    assert (shown, has_htmx) == ("hello", "True")


@pytest.mark.parametrize("page", ["/page/", "/page/8"], ids=["no key", "another key"])
def test_result_is_for_the_key_of_its_form(site, page):
    client = site.test_client()
    data = {"text": "hello", "_key": "7"}
    way = client.post(f"/_actions/say?_page={page}", data=data).location

    assert client.get(way).text.split("|")[2] == ""


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("/page/", id="path"),
        pytest.param("/page/?a=1&b=two+words%3F", id="query"),
        pytest.param("/page/?a=what?", id="question mark at the end"),
        pytest.param("/page/k%C3%B6ln", id="umlaut"),
        pytest.param("/page/50%25%3F%20%23", id="percent, question mark, space and hash"),
    ],
)
def test_page_in_an_actions_url_is_the_way_back(site, page):
    client = site.test_client()
    url = client.get(page).text.split("|")[1].replace("&amp;", "&")

    way = client.post(url, data={"text": "hello"}).location

    assert re.sub("[?&]_result=.*", "", way) == page
    assert client.get(way).status_code == 200


def test_page_in_an_actions_url_has_no_result(site):
    url = site.test_client().get("/page/?_result=abc&a=1").text.split("|")[1]

    assert "_result" not in url


@pytest.mark.parametrize(
    "call", ["action_url('sayy')", "get_action_result('sayy')", "get_action_result('Say', 7)"]
)
def test_unknown_action_is_an_error_that_says_what_was_meant(call):
    app, _ = build()

    with app.test_request_context(), pytest.raises(LookupError) as told:
        render_template_string(f"{{{{ {call} }}}}")

    assert "Did you mean 'say'?" in str(told.value)


def test_result_outside_a_request_is_none():
    app, _ = build()

    with app.app_context():
        assert get_action_result("say") is None
