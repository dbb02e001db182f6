"""Cross-site requests: refused by their headers, and by Flask-WTF's token where the app has it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Blueprint, Flask, render_template_string, session
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect, generate_csrf
from pydantic import BaseModel
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import StringField

from flask_actions import ActionContext, Actions

RPC = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}
DOORS = {"form": {}, "htmx": HTMX, "rpc": RPC}


class Note(BaseModel):
    text: str = ""


def build(**config: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)

    @Actions(app).action
    def note(input: Note) -> str:
        return input.text

    return app


# --- headers

ORIGIN, SITE, HOST = "Origin", "Sec-Fetch-Site", "Host"
OWN, EVIL = "http://example.com", "https://evil.example"

HEADERS = [
    pytest.param({}, True, id="neither: no browser"),
    pytest.param({ORIGIN: ""}, True, id="empty origin: none"),
    pytest.param({"Referer": "https://evil.example/"}, True, id="a Referer alone: no browser"),
    pytest.param({SITE: "same-origin"}, True, id="same origin"),
    pytest.param({SITE: "none"}, True, id="typed by hand"),
    pytest.param({SITE: "same-site"}, False, id="same site"),
    pytest.param({SITE: "cross-site"}, False, id="cross site"),
    pytest.param({SITE: "nonsense"}, False, id="nonsense"),
    pytest.param({SITE: "Same-Origin"}, False, id="not as browsers write it"),
    pytest.param({ORIGIN: OWN}, True, id="own origin"),
    pytest.param(
        {ORIGIN: "https://example.com"}, True, id="own host, other scheme: a proxy ends TLS"
    ),
    pytest.param({ORIGIN: "HTTP://EXAMPLE.COM"}, True, id="capitals"),
    pytest.param({ORIGIN: "http://example.com:80"}, True, id="default port"),
    pytest.param({ORIGIN: "https://example.com:443"}, True, id="default port of TLS"),
    pytest.param({ORIGIN: "http://example.com:8080"}, False, id="other port"),
    pytest.param({ORIGIN: "http://www.example.com"}, False, id="subdomain"),
    pytest.param({ORIGIN: "http://example.com.evil.example"}, False, id="longer host"),
    pytest.param({ORIGIN: "http://notexample.com"}, False, id="longer name"),
    pytest.param({ORIGIN: "http://example.co"}, False, id="shorter name"),
    pytest.param({ORIGIN: EVIL}, False, id="another site"),
    pytest.param({ORIGIN: "null"}, False, id="null"),
    pytest.param({ORIGIN: "example.com"}, False, id="no scheme"),
    pytest.param({ORIGIN: "http://"}, False, id="no host"),
    pytest.param({ORIGIN: "http://example.com@evil.example"}, False, id="user name"),
    pytest.param({ORIGIN: "http://evil.example/example.com"}, False, id="path"),
    pytest.param({ORIGIN: "http://[::1"}, False, id="broken"),
    pytest.param({ORIGIN: "http://example.com, http://evil.example"}, False, id="two"),
    pytest.param({ORIGIN: "file://"}, False, id="file"),
    pytest.param({ORIGIN: "chrome-extension://abc"}, False, id="extension"),
    pytest.param({ORIGIN: OWN, SITE: "same-origin"}, True, id="both, own"),
    pytest.param({ORIGIN: "null", SITE: "same-origin"}, True, id="null of a no-referrer page"),
    pytest.param({ORIGIN: EVIL, SITE: "same-origin"}, True, id="the site says own"),
    pytest.param({ORIGIN: OWN, SITE: "cross-site"}, False, id="the site says another"),
    pytest.param({ORIGIN: OWN, SITE: "same-site"}, False, id="the site says a sibling"),
    pytest.param(
        {HOST: "example.com:8080", ORIGIN: "http://example.com:8080"}, True, id="own port"
    ),
    pytest.param({HOST: "example.com:8080", ORIGIN: OWN}, False, id="own port left out"),
    pytest.param({HOST: "example.com:80", ORIGIN: OWN}, True, id="default port in Host"),
    pytest.param(
        {HOST: "example.com:443", ORIGIN: "https://example.com"}, True, id="TLS port in Host"
    ),
    pytest.param({HOST: "[::1]:5000", ORIGIN: "http://[::1]:5000"}, True, id="IPv6"),
    pytest.param({HOST: "[::1]", ORIGIN: "http://[::1]"}, True, id="IPv6 without a port"),
    pytest.param(
        {HOST: "127.0.0.1:5000", ORIGIN: "http://localhost:5000"}, False, id="localhost by number"
    ),
]

BODIES = {
    "form": {"data": {"text": "x"}},
    "JSON": {"json": {"text": "x"}},
    "nothing": {},
    "text": {"data": "x", "content_type": "text/plain"},
}


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize(("headers", "passes"), HEADERS)
def test_request_of_another_site_is_refused(headers, passes, body):
    headers = {HOST: "example.com", **RPC, **headers}

    response = build().test_client().post("/_actions/note", headers=headers, **BODIES[body])

    refused = response.status_code == 403
    assert refused is not passes
    if refused:
        message = response.json["error"]["message"]
        assert (headers.get(ORIGIN) or headers[SITE]) in message
        assert headers[HOST] in message
        assert "ACTIONS_TRUSTED_ORIGINS" in message


#: Every pair of the two headers: a row per Sec-Fetch-Site, a column per Origin.
ORIGINS = {
    "absent": None,
    "empty": "",
    "own": OWN,
    "own, other scheme": "https://example.com",
    "null": "null",
    "other port": "http://example.com:8080",
    "sibling": "http://www.example.com",
    "another": EVIL,
    "trusted": "https://app.example",
    "trusted subdomain": "https://a.b.partner.example",
}
PAIRS = {
    None: "+ + + + - - - - + +",
    "": "+ + + + - - - - + +",
    "same-origin": "+ + + + + + + + + +",
    "none": "+ + + + + + + + + +",
    "same-site": "- - - - - - - - + +",
    "cross-site": "- - - - - - - - + +",
    "nonsense": "- - - - - - - - + +",
}


@pytest.mark.parametrize("url", ["/_actions/note", "/page?_action=note"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("site", PAIRS)
def test_each_pair_of_headers_by_each_door(site, door, url):
    app = build(ACTIONS_TRUSTED_ORIGINS=["https://app.example", "https://*.partner.example"])
    client = app.test_client()
    passed = []

    for origin in ORIGINS.values():
        headers = {HOST: "example.com", **DOORS[door]}
        headers |= {SITE: site} if site is not None else {}
        headers |= {ORIGIN: origin} if origin is not None else {}
        passed.append(client.post(url, headers=headers, data={"text": "x"}).status_code != 403)

    assert dict(zip(ORIGINS, passed, strict=True)) == dict(
        zip(ORIGINS, (sign == "+" for sign in PAIRS[site].split()), strict=True)
    )


@pytest.mark.parametrize("url", ["/_actions/note", "/page?_action=note"])
@pytest.mark.parametrize("door", DOORS)
def test_refused_request_leaves_no_trace(door, url):
    app = Flask(__name__)
    app.secret_key = "test"
    ran: list[str] = []

    @Actions(app).action(guard=lambda ctx: ran.append("guard"))
    def note(input: Note) -> None:
        ran.append("handler")

    response = app.test_client().post(
        url, headers={ORIGIN: EVIL, **DOORS[door]}, data={"text": "x" * 100_000}
    )

    assert response.status_code == 403
    assert ran == []
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("url", ["/_actions/note", "/page?_action=note"])
def test_refusal_of_a_form_is_a_page_that_a_person_understands(url):
    response = build().test_client().post(url, headers={ORIGIN: EVIL})

    assert "<title>This form was not accepted</title>" in response.text
    assert f"This request came from another site ({EVIL}), not from localhost" in response.text
    assert "Nothing was changed." in response.text
    assert "Back button" in response.text
    assert '<a href="/">' in response.text
    assert "style=" not in response.text and "<script" not in response.text


#: What a proxy says of the request that it got, and the Host that the application sees of it.
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.example"}


@pytest.mark.parametrize(
    ("trust", "forwarded", "origin", "passes"),
    [
        pytest.param({}, {}, "https://shop.example", False, id="no proxy known: Host is inside"),
        pytest.param({}, FORWARDED, "https://shop.example", False, id="headers of nobody's proxy"),
        pytest.param(
            {"x_proto": 1, "x_host": 1}, FORWARDED, "https://shop.example", True, id="host"
        ),
        pytest.param({"x_proto": 1, "x_host": 1}, FORWARDED, EVIL, False, id="host, another site"),
        pytest.param(
            {"x_proto": 1, "x_host": 1},
            FORWARDED,
            "http://inside:8000",
            False,
            id="host, the name inside",
        ),
        pytest.param(
            {"x_proto": 1, "x_host": 1},
            {**FORWARDED, "X-Forwarded-Host": "shop.example:8443"},
            "https://shop.example:8443",
            True,
            id="host with its port",
        ),
        pytest.param(
            {"x_proto": 1, "x_host": 1},
            {**FORWARDED, "X-Forwarded-Host": "evil.example, shop.example"},
            EVIL,
            False,
            id="host of a client before the proxy's own",
        ),
        pytest.param(
            {"x_proto": 1, "x_host": 1, "x_port": 1},
            {**FORWARDED, "X-Forwarded-Port": "8443"},
            "https://shop.example:8443",
            True,
            id="port",
        ),
        pytest.param(
            {"x_proto": 1, "x_host": 1, "x_port": 1},
            {**FORWARDED, "X-Forwarded-Port": "443"},
            "https://shop.example",
            True,
            id="default port",
        ),
        pytest.param(
            {"x_proto": 1, "x_host": 1, "x_port": 1},
            {**FORWARDED, "X-Forwarded-Port": "8443"},
            "https://shop.example",
            False,
            id="port, another",
        ),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_behind_a_proxy(trust, forwarded, origin, passes, door):
    app = build()
    if trust:
        app.wsgi_app = ProxyFix(app.wsgi_app, **{"x_for": 0, "x_proto": 0, "x_host": 0} | trust)
    headers = {HOST: "inside:8000", ORIGIN: origin, **forwarded, **DOORS[door]}

    response = app.test_client().post("/_actions/note", headers=headers, data={"text": "x"})

    assert (response.status_code != 403) is passes
    if not passes:
        assert origin in response.text


def test_page_of_this_site_passes_a_proxy_that_the_app_knows_nothing_of():
    headers = {HOST: "inside:8000", ORIGIN: "https://shop.example", SITE: "same-origin"}

    response = build().test_client().post("/_actions/note", headers=headers, json={})

    assert response.status_code == 200


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("url", ["/_actions/note", "/page?_action=note"])
def test_refusal_is_in_the_doors_dialect(door, url):
    response = build().test_client().post(url, headers={ORIGIN: EVIL, **DOORS[door]})

    assert response.status_code == 403
    assert response.mimetype == ("application/json" if door == "rpc" else "text/html")
    assert "ACTIONS_TRUSTED_ORIGINS" in response.text
    assert response.text.startswith("<!doctype html>") is (door == "form")
    assert response.headers["Cache-Control"] == "no-store"


def test_refusal_shows_no_markup_of_the_origin():
    response = (
        build().test_client().post("/_actions/note", headers={ORIGIN: "http://<script>x</script>"})
    )

    assert response.status_code == 403
    assert "<script>x" not in response.text


@pytest.mark.parametrize(
    ("trusted", "origin", "passes"),
    [
        pytest.param("https://app.example", "https://app.example", True, id="named"),
        pytest.param(
            ["https://a.example", "https://b.example"], "https://b.example", True, id="one of two"
        ),
        pytest.param("https://app.example", "https://APP.example", True, id="capitals"),
        pytest.param("https://app.example:443", "https://app.example", True, id="default port"),
        pytest.param("https://app.example", "http://app.example", False, id="other scheme"),
        pytest.param("https://app.example", "https://app.example:8443", False, id="other port"),
        pytest.param("https://app.example:8443", "https://app.example:8443", True, id="its port"),
        pytest.param(
            "https://app.example", "https://x.app.example", False, id="subdomain of one named"
        ),
        pytest.param("https://app.example", "https://app.example.evil", False, id="longer"),
        pytest.param("https://*.example.com", "https://a.example.com", True, id="wildcard"),
        pytest.param(
            "https://*.example.com", "https://a.b.example.com", True, id="wildcard, two deep"
        ),
        pytest.param(
            "https://*.example.com", "https://example.com", False, id="wildcard is not the top"
        ),
        pytest.param(
            "https://*.example.com", "https://.example.com", False, id="wildcard of nothing"
        ),
        pytest.param(
            "https://*.example.com", "https://evilexample.com", False, id="wildcard, longer name"
        ),
        pytest.param(
            "https://*.example.com", "https://a.example.com.evil", False, id="wildcard, longer host"
        ),
        pytest.param(
            "https://*.example.com", "http://a.example.com", False, id="wildcard, other scheme"
        ),
        pytest.param(
            "https://*.example.com", "https://a.example.com:8443", False, id="wildcard, other port"
        ),
        pytest.param(
            "https://*.example.com:8443",
            "https://a.example.com:8443",
            True,
            id="wildcard, its port",
        ),
        pytest.param(
            "https://*.example.com",
            "https://evil.example/a.example.com",
            False,
            id="wildcard, path",
        ),
        pytest.param(
            "https://*.example.com",
            "https://evil.example#.example.com",
            False,
            id="wildcard, fragment",
        ),
        pytest.param(
            "https://*.example.com",
            "https://evil.example?.example.com",
            False,
            id="wildcard, query",
        ),
        pytest.param(
            "https://*.example.com", "https://u@a.example.com", False, id="wildcard, user"
        ),
        pytest.param("https://*.example.com", "null", False, id="null"),
        pytest.param("http://localhost:5173", "http://localhost:5173", True, id="another server"),
        pytest.param("http://localhost:5173", "http://localhost:5174", False, id="its neighbour"),
        pytest.param("http://app.example:80", "http://app.example", True, id="default port, http"),
        pytest.param(
            "http://app.example:443", "http://app.example:443", True, id="the other scheme's port"
        ),
        pytest.param(
            "https://*.example.com:443", "https://a.example.com", True, id="wildcard, default port"
        ),
        pytest.param("https://[::1]:8443", "https://[::1]:8443", True, id="IPv6"),
        pytest.param("https://app.example/", "https://app.example", True, id="slash"),
    ],
)
@pytest.mark.parametrize("site", ["cross-site", None])
def test_trusted_origins(trusted, origin, passes, site):
    headers = {ORIGIN: origin, **({SITE: site} if site else {}), HOST: "own.example"}

    response = (
        build(ACTIONS_TRUSTED_ORIGINS=trusted)
        .test_client()
        .post("/_actions/note", headers=headers, json={})
    )

    assert response.status_code == (200 if passes else 403)


def test_trusted_origin_without_an_origin_header_is_nobody():
    app = build(ACTIONS_TRUSTED_ORIGINS="https://app.example")

    response = app.test_client().post("/_actions/note", headers={SITE: "cross-site"}, json={})

    assert response.status_code == 403


def test_trusted_origin_still_needs_the_token():
    app = protected(ACTIONS_TRUSTED_ORIGINS="https://app.example")
    client, headers = app.test_client(), {ORIGIN: "https://app.example", SITE: "cross-site"}
    token = client.get("/token").text

    without = client.post("/_actions/note", json={}, headers=headers)
    with_it = client.post("/_actions/note", json={}, headers={**headers, "X-CSRFToken": token})

    assert (without.status_code, with_it.status_code) == (403, 200)


# --- the token


class Form(FlaskForm):
    text = StringField()


def protected(order: str = "before", **config: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    csrf = CSRFProtect()
    if order == "before":
        csrf.init_app(app)
    actions = Actions(app)
    if order == "after":
        csrf.init_app(app)

    @actions.action
    def note(input: Note) -> str:
        return input.text

    @actions.action
    def wtf(input: Form) -> str:
        return str(input.text.data)

    @actions.action
    def plain(input: Any) -> list[str]:
        return sorted(input)

    app.add_url_rule("/token", "token", generate_csrf)
    app.add_url_rule("/own", "own", lambda: "own", methods=["POST"])
    return app


CARRIERS: dict[str, Any] = {
    "field": lambda token: {"data": {"text": "x", "csrf_token": token}},
    "multipart field": lambda token: {
        "data": {"text": "x", "csrf_token": token},
        "content_type": "multipart/form-data",
    },
    "prefixed field": lambda token: {"data": {"text": "x", "f-csrf_token": token}},
    "header": lambda token: {"data": {"text": "x"}, "headers": {"X-CSRFToken": token}},
    "other header": lambda token: {"data": {"text": "x"}, "headers": {"X-CSRF-Token": token}},
    "JSON and header": lambda token: {"json": {"text": "x"}, "headers": {"X-CSRFToken": token}},
    "header alone": lambda token: {"headers": {"X-CSRFToken": token}},
}


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("name", ["note", "wtf"])
@pytest.mark.parametrize("url", ["/_actions/{}", "/page?_action={}"])
def test_token_opens_the_door(order, carrier, name, url):
    client = protected(order).test_client()
    sent = CARRIERS[carrier](client.get("/token").text)
    sent["headers"] = {**RPC, **sent.get("headers", {})}

    response = client.post(url.format(name), **sent)

    assert response.status_code == 200, response.text
    assert response.json["data"] in ("x", "", "None")


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["note", "wtf"])
@pytest.mark.parametrize("token", [None, "wrong", "another browser's"])
def test_without_its_token_nothing_passes(order, door, name, token):
    app = protected(order)
    client = app.test_client()
    if token == "another browser's":
        client.get("/token")
        token = app.test_client().get("/token").text
    data = {"text": "x", **({"csrf_token": token} if token else {})}

    response = client.post(f"/_actions/{name}", data=data, headers=DOORS[door])

    assert response.status_code == 403
    assert response.mimetype == ("application/json" if door == "rpc" else "text/html")
    assert response.text.startswith("<!doctype html>") is (door == "form")
    assert "CSRF" in response.text
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("order", ["before", "after"])
def test_token_in_a_json_body_does_not_count(order):
    client = protected(order).test_client()
    token = client.get("/token").text

    response = client.post("/_actions/note", json={"text": "x", "csrf_token": token})

    assert response.status_code == 403


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("setting", ["WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["note", "wtf"])
def test_token_can_be_switched_off(order, setting, door, name):
    client = protected(order, **{setting: False}).test_client()

    response = client.post(f"/_actions/{name}", data={"text": "x"}, headers=DOORS[door])

    assert response.status_code == (200 if door == "rpc" else 303)


def test_app_without_csrf_protect_asks_for_no_token():
    app = Flask(__name__)
    app.secret_key = "test"

    @Actions(app).action
    def wtf(input: Form) -> str:
        return str(input.text.data)

    response = app.test_client().post("/_actions/wtf", data={"text": "x"}, headers=RPC)

    assert response.json["data"] == "x"


@pytest.mark.parametrize("order", ["before", "after"])
def test_pages_of_the_app_stay_protected(order):
    client = protected(order).test_client()
    client.post("/_actions/note", json={})

    assert client.post("/own", data={"a": "1"}).status_code == 400


@pytest.mark.parametrize("order", ["before", "after"])
def test_token_and_names_of_ours_never_reach_the_input(order):
    client = protected(order).test_client()
    data = {
        "a": "1",
        "csrf_token": client.get("/token").text,
        "_key": "k",
        "_page": "/p",
        "_intent": "i",
    }

    response = client.post("/_actions/plain", data=data, headers=RPC)

    assert response.json["data"] == ["a"]


def test_name_of_the_token_is_the_apps():
    client = protected(WTF_CSRF_FIELD_NAME="t", WTF_CSRF_HEADERS=["X-T"]).test_client()
    token = client.get("/token").text

    assert client.post("/_actions/plain", data={"t": token}, headers=RPC).json["data"] == []
    assert client.post("/_actions/note", json={}, headers={"X-T": token}).status_code == 200
    assert client.post("/_actions/note", json={}, headers={"X-CSRFToken": token}).status_code == 403


@pytest.mark.parametrize("order", ["before", "after"])
def test_origin_comes_before_the_token(order):
    client = protected(order).test_client()
    headers = {ORIGIN: EVIL, "X-CSRFToken": client.get("/token").text}

    response = client.post("/_actions/note", json={}, headers=headers)

    assert response.status_code == 403
    assert EVIL in response.json["error"]["message"]


@pytest.mark.parametrize(
    ("referer", "status"),
    [(None, 403), ("https://localhost/page", 200), ("https://evil.example/", 403)],
    ids=["none", "own", "another's"],
)
def test_flask_wtf_checks_the_referer_under_tls(referer, status):
    client = protected().test_client()
    token = client.get("/token", base_url="https://localhost").text
    headers = {"X-CSRFToken": token, **({"Referer": referer} if referer else {})}

    response = client.post("/_actions/note", json={}, headers=headers, base_url="https://localhost")

    assert response.status_code == status


@pytest.mark.parametrize("order", ["before", "after"])
def test_token_of_the_head_reaches_the_door(order):
    app = protected(order)
    app.add_url_rule("/page", "page", lambda: render_template_string("{{ actions_head() }}"))
    client = app.test_client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/page").text)

    response = client.post("/_actions/note", json={}, headers={"X-CSRFToken": token[1]})

    assert response.status_code == 200


# --- tokens that grow old


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("door", DOORS)
def test_token_that_has_expired_is_told_so(order, door):
    app = protected(order, WTF_CSRF_TIME_LIMIT=-1)
    client = app.test_client()
    data = {"text": "x", "csrf_token": client.get("/token").text}

    response = client.post("/_actions/note", data=data, headers=DOORS[door])

    assert response.status_code == 403
    assert "The CSRF token has expired" in response.text
    assert "Reload the page and send it again." in response.text


def test_token_without_a_time_limit_never_expires():
    client = protected(WTF_CSRF_TIME_LIMIT=None).test_client()
    headers = {"X-CSRFToken": client.get("/token").text}

    assert client.post("/_actions/note", json={}, headers=headers).status_code == 200


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fallbacks", [[], ["test"]], ids=["lost", "kept as a fallback"])
def test_token_of_a_rotated_key_is_refused_until_the_page_is_loaded_again(door, fallbacks):
    app = protected()
    app.add_url_rule("/look", "look", lambda: session.get("cart", "nothing"))
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["cart"] = "tea"
    old = client.get("/token").text
    app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=fallbacks)

    def send(token: str) -> Any:
        data = {"text": "x", "csrf_token": token}
        return client.post("/_actions/note", data=data, headers=DOORS[door])

    refused, passed = send(old), send(client.get("/token").text)

    assert refused.status_code == 403
    assert "Reload the page and send it again." in refused.text
    assert passed.status_code == (200 if door == "rpc" else 303)
    assert client.get("/look").text == ("tea" if fallbacks else "nothing")


def test_key_of_the_tokens_alone_outlives_the_sessions_key():
    app = protected(WTF_CSRF_SECRET_KEY="of tokens")
    client = app.test_client()
    token = client.get("/token").text
    app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["test"])

    response = client.post("/_actions/note", json={}, headers={"X-CSRFToken": token})

    assert response.status_code == 200


def test_login_that_clears_the_session_makes_the_tokens_before_it_worthless():
    app = protected()
    app.add_url_rule("/out", "out", lambda: session.clear() or "out")
    client = app.test_client()
    headers = {"X-CSRFToken": client.get("/token").text}
    client.get("/out")

    response = client.post("/_actions/note", json={}, headers=headers)

    assert response.status_code == 403
    assert "The CSRF session token is missing" in response.json["error"]["message"]


def test_methods_that_flask_wtf_leaves_out_need_no_token():
    client = protected(WTF_CSRF_METHODS=["PUT"]).test_client()

    assert client.post("/_actions/note", json={}).status_code == 200


# --- exemptions


def hook(input: Note, ctx: ActionContext) -> str:
    """What a payment provider calls, which knows no token."""
    return f"{ctx.called_from}: {input.text}"


def of_form(input: Form) -> str:
    return str(input.text.data)


EXEMPTIONS: dict[str, Any] = {
    "below the action": lambda csrf, actions: actions.action("hook")(csrf.exempt(hook)),
    "above the action": lambda csrf, actions: csrf.exempt(actions.action("hook")(hook)),
    "by name": lambda csrf, actions: (
        csrf.exempt(f"{__name__}.hook"),
        actions.action("hook")(hook),
    ),
    "afterwards": lambda csrf, actions: (actions.action("hook")(hook), csrf.exempt(hook)),
    "of the endpoint's view": lambda csrf, actions: (
        actions.action("hook")(hook),
        csrf.exempt(actions.app.view_functions["actions.hook"]),
    ),
    "of a form class": lambda csrf, actions: actions.action("hook")(csrf.exempt(of_form)),
}


def exempting(order: str, exempt: str = "below the action", **config: Any) -> Flask:
    app = Flask(__name__)
    app.secret_key = "test"
    app.config.update(config)
    csrf = CSRFProtect()
    if order == "before":
        csrf.init_app(app)
    actions = Actions(app)
    if order == "after":
        csrf.init_app(app)
    actions.app = app  # type: ignore[attr-defined]
    EXEMPTIONS[exempt](csrf, actions)
    actions.action("note")(lambda input: "not exempt")
    return app


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize("exempt", EXEMPTIONS)
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("url", ["/_actions/{}", "/page?_action={}"])
def test_exempt_handler_needs_no_token(order, exempt, door, url):
    client = exempting(order, exempt).test_client()

    response = client.post(url.format("hook"), data={"text": "x"}, headers=DOORS[door])
    other = client.post(url.format("note"), data={"text": "x"}, headers=DOORS[door])

    assert response.status_code == (200 if door == "rpc" else 303)
    assert other.status_code == 403


@pytest.mark.parametrize("door", DOORS)
def test_exempt_handler_still_refuses_other_sites(door):
    client = exempting("before").test_client()
    headers = {ORIGIN: EVIL, **DOORS[door]}

    response = client.post("/_actions/hook", data={"text": "x"}, headers=headers)

    assert response.status_code == 403
    assert "another site" in response.text


def test_exempt_blueprint_of_a_page_does_not_exempt_what_is_posted_there():
    app, csrf = Flask(__name__), CSRFProtect()
    app.secret_key = "test"
    csrf.init_app(app)
    pages = csrf.exempt(Blueprint("pages", __name__))
    pages.add_url_rule("/page", "page", lambda: "page", methods=["POST"])
    app.register_blueprint(pages)
    Actions(app).action("note")(lambda input: "note")
    client = app.test_client()

    assert client.post("/page?_action=note", json={}).status_code == 403
    assert client.post("/page").status_code == 200


# --- nothing is lost by a token that expired


def tokens() -> tuple[Flask, list[str]]:
    app = Flask(__name__)
    app.secret_key = "test"
    CSRFProtect(app)
    seen: list[str] = []

    class Letter(BaseModel):
        text: str
        password: str = ""

    @Actions(app).action("write")
    def write(input: Letter) -> str:
        seen.append(f"{input.text} {input.password}".strip())
        return "sent"

    app.add_url_rule("/page", "page", lambda: "page")
    return app, seen


OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/page"}


@pytest.mark.parametrize("url", ["/_actions/write", "/page?_action=write&tab=1"])
def test_form_with_an_old_token_may_be_sent_again(url):
    app, seen = tokens()
    client = app.test_client()
    typed = {"text": "Dear <all>", "password": "p4ss", "csrf_token": "old", "_key": "2"}

    page = client.post(url, data=typed, headers=OWN_PAGE)
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(
            r'<input type="hidden" name="(.*?)" value="(.*?)">', page.text
        )
    }
    target = html.unescape(re.search(r'action="([^"]+)"', page.text)[1])
    again = client.post(target, data=fields, headers=OWN_PAGE)

    assert page.status_code == 403 and target == url and not seen[:-1]
    assert "p4ss" not in page.text
    assert fields["_key"] == "2" and fields["text"] == "Dear <all>"
    assert again.status_code == 303 and seen == ["Dear <all>"]


@pytest.mark.parametrize("site", ["none", "cross-site", None])
def test_form_of_no_page_of_ours_gets_no_new_token(site):
    app, _ = tokens()
    headers = {"Sec-Fetch-Site": site} if site else {}

    page = app.test_client().post("/_actions/write", data={"text": "x"}, headers=headers)

    assert page.status_code == 403 and "csrf_token" not in page.text
