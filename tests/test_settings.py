"""Settings: what each takes, what none can be, and that two apps have their own."""

from __future__ import annotations

from typing import Any

import pytest
from cachelib import SimpleCache
from flask import Flask

from flask_actions import Actions
from flask_actions.config import Settings, read_settings, size_in_bytes


def test_defaults_are_safe_in_production():
    assert read_settings({}) == Settings(
        url_prefix="/_actions",
        max_body=1_048_576,
        trusted_origins=(),
        wire="plain",
        result_store="session",
        result_ttl=600,
        secret_fields=("password", "passwd", "secret", "token", "otp", "pin", "cvv"),
        htmx_version="4.0.1",
        lazy_session=False,
        openapi=False,
    )


CACHE = SimpleCache()


@pytest.mark.parametrize(
    ("name", "value", "attribute", "read"),
    [
        ("URL_PREFIX", "/x", "url_prefix", "/x"),
        ("URL_PREFIX", "/x/", "url_prefix", "/x"),
        ("URL_PREFIX", "/api/v1", "url_prefix", "/api/v1"),
        ("MAX_BODY", 5, "max_body", 5),
        ("MAX_BODY", "2 MB", "max_body", 2_000_000),
        ("MAX_BODY", "2MiB", "max_body", 2_097_152),
        ("TRUSTED_ORIGINS", "https://a.example", "trusted_origins", ("https://a.example",)),
        ("TRUSTED_ORIGINS", ["HTTPS://A.example/"], "trusted_origins", ("https://a.example",)),
        ("TRUSTED_ORIGINS", {"https://a.example:443"}, "trusted_origins", ("https://a.example",)),
        (
            "TRUSTED_ORIGINS",
            ("http://a:80", "http://a:81"),
            "trusted_origins",
            ("http://a", "http://a:81"),
        ),
        ("TRUSTED_ORIGINS", ["https://*.a.example"], "trusted_origins", ("https://*.a.example",)),
        ("TRUSTED_ORIGINS", (o for o in ["http://a"]), "trusted_origins", ("http://a",)),
        ("WIRE", "astro", "wire", "astro"),
        ("RESULT_STORE", "cookie", "result_store", "cookie"),
        ("RESULT_STORE", CACHE, "result_store", CACHE),
        ("RESULT_TTL", 5, "result_ttl", 5),
        ("SECRET_FIELDS", ["PIN"], "secret_fields", ("pin",)),
        ("SECRET_FIELDS", "iban", "secret_fields", ("iban",)),
        ("SECRET_FIELDS", [], "secret_fields", ()),
        ("OPENAPI", True, "openapi", True),
        ("HTMX_VERSION", 2, "htmx_version", "2.0.11"),
        ("HTMX_VERSION", "4", "htmx_version", "4.0.1"),
        ("HTMX_VERSION", "2.0.11", "htmx_version", "2.0.11"),
    ],
)
def test_value_is_read(name, value, attribute, read):
    assert getattr(read_settings({f"ACTIONS_{name}": value}), attribute) == read


BAD: dict[str, list[Any]] = {
    "URL_PREFIX": [
        "",
        "/",
        "//",
        "x",
        "x/",
        "/a//b",
        "/<name>",
        "/a b",
        "/a?b",
        "/a#b",
        "/a%20",
        "/a\\b",
        "/a\n",
        None,
        5,
        b"/x",
    ],
    "MAX_BODY": [0, -1, "", "x", "2 XB", "-1 MB", "0.1", True, None, 1.5, b"5", "1 MB 2"],
    "TRUSTED_ORIGINS": [
        None,
        5,
        [None],
        [5],
        "a.example",
        "ftp://a",
        "https://",
        "https://*",
        "*",
        "null",
        "https://a/path",
        "https://a b",
        "https://*.*.a",
        "https://a.*",
        "https://u@a",
        "https://a?x",
        "https://a\\b",
        [b"https://a"],
        "https:a",
    ],
    "WIRE": ["", "json", None, "Astro", 1, ["astro"]],
    "RESULT_STORE": ["", "redis", None, 5, {}, SimpleCache, object()],
    "RESULT_TTL": [0, -5, "600", None, 1.5, True],
    "SECRET_FIELDS": [None, 5, [None], [5], [b"pin"]],
    "OPENAPI": [None, "", 1, "yes", {}],
    "HTMX_VERSION": [None, "", 3, "5", "4.0", "2.0.4", 4.0, True, "latest"],
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name}-{index}")
        for name, values in BAD.items()
        for index, value in enumerate(values)
    ],
)
def test_value_that_cannot_be_used_is_an_error_naming_the_setting(name, value):
    app = Flask(__name__)
    app.config[f"ACTIONS_{name}"] = value

    with pytest.raises(ValueError, match=f"^ACTIONS_{name} (is|has) ") as caught:
        Actions(app)

    shown = value[0] if isinstance(value, list) and len(value) == 1 and name != "WIRE" else value
    assert repr(shown) in str(caught.value) or repr(value) in str(caught.value)
    assert "actions" not in app.extensions


@pytest.mark.parametrize("prefix", ["", "x", "/", "/<x>"])
def test_url_prefix_of_the_constructor_is_checked_under_its_own_name(prefix):
    with pytest.raises(ValueError, match=r"^url_prefix is"):
        Actions(Flask(__name__), url_prefix=prefix)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("1b", 1),
        ("1 kB", 1000),
        ("1KB", 1000),
        ("1 KiB", 1024),
        ("1.5 MB", 1_500_000),
        ("4.35 MB", 4_350_000),
        ("1 GB", 10**9),
        ("1gib", 2**30),
        (" 2 MB ", 2_000_000),
        (7, 7),
    ],
)
def test_size(text, size):
    assert size_in_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", " ", "MB", "1 1", "1e3", "1,5 MB", "0", "0 MB", "0.4", "-1", 0, -1, None]
)
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="write bytes"):
        size_in_bytes(text)


@pytest.mark.parametrize("text", ["9" * 400, "9" * 400 + " MB"])
def test_endless_size_is_a_size(text):
    assert size_in_bytes(text) >= 10**399


def test_settings_are_read_once():
    app = Flask(__name__)
    actions = Actions(app)
    actions.action("act")(lambda: None)
    app.config["ACTIONS_WIRE"] = "nonsense"
    app.config["ACTIONS_MAX_BODY"] = 1

    response = app.test_client().post("/_actions/act", json={"a": "long enough"})

    assert response.status_code == 200


def test_config_is_left_as_it_was():
    app = Flask(__name__)
    before = dict(app.config)

    Actions(app)

    assert dict(app.config) == before


@pytest.mark.parametrize("door", ["json", "form"])
def test_without_a_secret_key_json_works_and_a_form_post_names_the_setting(door):
    app = Flask(__name__)
    ran = []
    Actions(app).action("act")(lambda: ran.append(1))
    app.testing = True

    if door == "json":
        assert app.test_client().post("/_actions/act", json={}).status_code == 200
        assert ran == [1]
    else:
        with pytest.raises(RuntimeError, match="SECRET_KEY"):
            app.test_client().post("/_actions/act")
        assert ran == []
