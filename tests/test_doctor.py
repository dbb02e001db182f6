"""``flask actions doctor``: what it finds in templates, actions and settings, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from cachelib import FileSystemCache, NullCache, SimpleCache
from flask import Blueprint, Flask, session
from flask_login import LoginManager, login_required
from jinja2 import DictLoader, FunctionLoader
from pydantic import BaseModel, Field

from flask_actions import ActionContext, ActionGroup, Actions, MaxSize, Upload
from flask_actions.config import Settings

KEY = "0123456789abcdef0123456789abcdef"


class Post(BaseModel):
    title: str


class Picture(BaseModel):
    title: str = ""
    picture: Annotated[Upload, MaxSize("2 MB")]


class Album(BaseModel):
    pictures: list[Upload] = Field([], max_length=2000)


def logged_in(ctx: ActionContext) -> None: ...


def build(pages: dict[str, str] | None = None, **config: Any) -> tuple[Flask, Actions]:
    app = Flask(__name__)
    app.secret_key = KEY
    app.config.update(config)
    app.jinja_loader = DictLoader(pages or {})
    actions = Actions(app)
    actions.action("createPost")(lambda: None)
    actions.action("addPicture", input=Picture)(lambda input: None)
    return app, actions


def findings(app: Flask) -> list[str]:
    """The lines of the findings, after the exit code and the last line were looked at."""
    result = app.test_cli_runner().invoke(args=["actions", "doctor"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    *lines, last = result.output.splitlines()
    assert result.exit_code == (1 if lines else 0)
    count = "No problems" if not lines else "1 problem" if len(lines) == 1 else f"{len(lines)} prob"
    assert last.startswith(count)
    return lines


# --- templates

FINE = [
    pytest.param(
        '<form method="post" action="{{ action_url(\'createPost\') }}"></form>', id="form"
    ),
    pytest.param(
        '<form method=POST action="{{ action_url("createPost") }}"></form>', id="equal quotes"
    ),
    pytest.param('<form method="{{ m }}" action="{{ action_url("createPost") }}">', id="unknown"),
    pytest.param('<form action="/search"><input name="q"></form>', id="a form of no action"),
    pytest.param('<form hx-post="{{ action_url("createPost") }}"></form>', id="htmx alone"),
    pytest.param(
        '<form hx-post="{{ action_url("addPicture") }}" hx-encoding="multipart/form-data"></form>',
        id="multipart by htmx alone",
    ),
    pytest.param(
        '<form action="{{ action_url("addPicture") }}" {{ more | xmlattr }}></form>',
        id="attributes unknown",
    ),
    pytest.param(
        '<form method="post" enctype="multipart/form-data" action="{{ action_url("addPicture") }}">'
        '<input type="file" name="picture"></form>',
        id="multipart",
    ),
    pytest.param(
        '<form method="post" enctype="{{ e }}" action="{{ action_url("addPicture") }}"></form>',
        id="unknown enctype",
    ),
    pytest.param(
        '<form method="post" action="/x"><button formaction="{{ action_url("createPost") }}">',
        id="a button",
    ),
    pytest.param("{{ action_url(name) }}{{ get_action_result(name) }}", id="names unknown here"),
    pytest.param('{{ other("unknown") }}{# {{ action_url("unknown") }} #}', id="others"),
    pytest.param('{% raw %}{{ action_url("unknown") }}{% endraw %}', id="raw"),
    pytest.param('<form method="post" action="?_action=createPost"></form>', id="by page"),
    pytest.param('<a href="/_actions">all</a>', id="a link to no action"),
]


@pytest.mark.parametrize("source", FINE)
def test_nothing_is_found_where_nothing_is_wrong(source):
    app, _ = build({"page.html": source})

    assert findings(app) == []


UNKNOWN = "There is no action 'creatPost' in this application. Did you mean 'createPost'?"
ILL = [
    *[
        pytest.param(source, 1, UNKNOWN, id=source)
        for source in (
            "{{ action_url('creatPost') }}",
            "{{ action_url('creatPost', page=True) }}",
            "{% set result = get_action_result('creatPost') %}",
            "{{ action_form('creatPost') }}",
            "{% call action_form('creatPost') %}{% endcall %}",
            "{{ action_url('creatPost' if x else 'createPost') }}",
            "{% set name = 'creatPost' %}{{ action_url(name) }}",
            "{% macro m() %}{{ action_url('creatPost') }}{% endmacro %}",
            '<form method="post" action="/_actions/creatPost"></form>',
            '<form method="post" action="?_action=creatPost"></form>',
            '<div hx-post="/_actions/creatPost"></div>',
        )
    ],
    pytest.param("\n\n{{ action_url('zzz') }}", 3, "no action 'zzz' in this", id="nothing near"),
    pytest.param("\n{% if %}", 2, "Jinja cannot read this template", id="broken"),
    pytest.param(
        '\n<form action="{{ action_url("createPost") }}"></form>',
        2,
        "The form for 'createPost' has no method='post': a browser sends it by GET",
        id="no method",
    ),
    pytest.param(
        '{%- if x -%}\n\n{%- endif %}<form\nmethod=GET action="{{ action_url("createPost") }}">',
        3,
        "has no method='post'",
        id="another method",
    ),
    pytest.param('<form action="?_action=createPost">', 1, "has no method='post'", id="by page"),
    pytest.param(
        '{% set url = action_url("createPost") %}\n<form action="{{ url }}">',
        2,
        "has no method='post'",
        id="by a name",
    ),
    pytest.param(
        '<form method="post" action="/x">\n<button formmethod="get" '
        'formaction="{{ action_url("createPost") }}">',
        2,
        "has no method='post'",
        id="by a button",
    ),
    pytest.param(
        '<form\n method="post" action="{{ action_url("addPicture") }}"></form>',
        1,
        "The form for 'addPicture' sends files as their names alone: write "
        'enctype="multipart/form-data"',
        id="no enctype",
    ),
    pytest.param(
        '<form hx-post="{{ action_url("addPicture") }}"></form>',
        1,
        'write enctype="multipart/form-data"',
        id="no enctype, by htmx alone",
    ),
    pytest.param(
        '<form><button formaction="{{ action_url("createPost") }}"></button></form>',
        1,
        "has no method='post'",
        id="no method, by a button",
    ),
    pytest.param(
        '<form method="post" action="{{ action_url("createPost") }}"><input type="FILE"></form>',
        1,
        'write enctype="multipart/form-data"',
        id="no enctype for an input",
    ),
    *[
        pytest.param(
            f"<a {name}=\"{{{{ action_url('createPost') }}}}\">",
            1,
            f"{name} calls the action 'createPost' by another method than POST",
            id=name,
        )
        for name in ("href", "hx-get", "hx-put", "hx-delete")
    ],
]


@pytest.mark.parametrize(("source", "line", "told"), ILL)
def test_finding_in_a_template_names_file_and_line(source, line, told):
    app, _ = build({"posts/page.html": source})

    (found,) = findings(app)

    assert found.startswith(f"posts/page.html:{line}: ")
    assert told in found


def test_templates_of_blueprints_and_files_are_read(tmp_path, monkeypatch):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "one.html").write_text("\n{{ action_url('x1') }}")
    (tmp_path / "pages" / "logo.png").write_bytes(b"\xff{{ action_url('x2') }}")
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog" / "two.html").write_text("{{ action_url('x3') }}")
    app = Flask(__name__, template_folder=str(tmp_path / "pages"))
    app.secret_key = KEY
    app.register_blueprint(Blueprint("blog", __name__, template_folder=str(tmp_path / "blog")))
    Actions(app)
    monkeypatch.chdir(tmp_path)

    blog, pages = findings(app)

    assert blog.startswith(f"{Path('blog/two.html')}:1: ")
    assert pages.startswith(f"{Path('pages/one.html')}:2: ")


def test_templates_that_no_loader_lists_are_left_alone():
    app, _ = build()
    app.jinja_loader = FunctionLoader(lambda name: "{{ action_url('unknown') }}")

    assert findings(app) == []


# --- actions


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        pytest.param("_fomr.html", "there is no template '_fomr.html'", id="no template"),
        pytest.param(
            "page.html#conten",
            "'page.html' has no block 'conten'; its blocks: body, content. "
            "Did you mean page.html#content?",
            id="no block",
        ),
        pytest.param("lost.html#body", "extends 'nowhere.html', which does not exist", id="parent"),
        pytest.param("empty.html#x", "its blocks: none.", id="no blocks at all"),
        pytest.param("page.html", None, id="a template"),
        pytest.param("page.html#content", None, id="a block"),
        pytest.param("page.html#body", None, id="a block of the parent"),
    ],
)
def test_fragment(fragment, told):
    app, actions = build(
        {
            "base.html": "{% block body %}{% block content %}{% endblock %}{% endblock %}",
            "page.html": "{% extends 'base.html' %}{% block content %}x{% endblock %}",
            "lost.html": "{% extends 'nowhere.html' %}",
            "empty.html": "",
        }
    )

    @actions.action(fragment=fragment)
    def show() -> None: ...

    found = findings(app)

    if told is None:
        assert found == []
    else:
        assert "show (" in found[0] and "test_doctor.py:" in found[0]
        assert told in found[0]


def test_fragment_that_jinja_cannot_read():
    app, actions = build({"ill.html": "\n{% if %}"})
    actions.action("show", fragment="ill.html#x")(lambda: None)

    page, action = sorted(findings(app), key=lambda line: "show" in line)

    assert page.startswith("ill.html:2: Jinja cannot read this template")
    assert "cannot be read" in action and "(ill.html:2)" in action


@pytest.mark.parametrize(
    ("guards", "found"),
    [
        pytest.param({"a": logged_in, "b": logged_in, "c": None}, ["c"], id="one of three"),
        pytest.param({"a": logged_in, "b": None}, ["b"], id="one of two"),
        pytest.param({"a": logged_in, "b": logged_in, "c": ()}, [], id="said to be open"),
        pytest.param({"a": None, "b": None}, [], id="none has one"),
        pytest.param({"a": logged_in, "b": None, "c": None, "d": None}, [], id="most are open"),
        pytest.param({"a": logged_in}, [], id="alone"),
    ],
)
def test_action_without_a_guard_among_guarded_ones(guards, found):
    app, actions = build()
    group = ActionGroup("admin")
    for name, guard in guards.items():
        group.action(name, guard=guard)(lambda: None)
    actions.register(group)

    lines = findings(app)

    assert [line.partition(": ")[2].split("'")[1] for line in lines] == [
        f"admin.{name}" for name in found
    ]
    assert all("guard=()" in line and "test_doctor.py:" in line for line in lines)


def test_action_that_a_decorator_or_its_group_guards_is_no_finding():
    app, actions = build()
    LoginManager(app)
    group = ActionGroup("admin")
    group.action("a", guard=logged_in)(lambda: None)
    group.action("b")(login_required(lambda: None))
    closed = ActionGroup("closed", guard=logged_in)
    closed.action("a", guard=logged_in)(lambda: None)
    closed.action("b")(lambda: None)
    actions.register(group)
    actions.register(closed)

    assert findings(app) == []


@pytest.mark.parametrize(
    ("options", "config", "told"),
    [
        pytest.param(
            {"input": Post, "max_body": "2 MB", "accept": "json"},
            {"MAX_CONTENT_LENGTH": 1_000_000},
            "'act' takes 2,000,000 bytes (max_body, or the MaxSize of its files), and "
            "MAX_CONTENT_LENGTH lets in 1,000,000",
            id="max_body",
        ),
        pytest.param(
            {"input": Post, "max_body": "2 MB"},
            {},
            "the texts of a form may have 500,000 (MAX_FORM_MEMORY_SIZE)",
            id="texts",
        ),
        pytest.param({"input": Post, "max_body": "2 MB", "accept": "json"}, {}, None, id="JSON"),
        pytest.param(
            {"input": Post, "max_body": "2 MB"}, {"MAX_FORM_MEMORY_SIZE": None}, None, id="no limit"
        ),
        pytest.param(
            {"input": Album},
            {},
            "may have 2,000 fields, and MAX_FORM_PARTS lets in 1,000",
            id="parts",
        ),
        pytest.param({"input": Album}, {"MAX_FORM_PARTS": 3000}, None, id="parts enough"),
        pytest.param({"input": Picture, "max_body": "5 MB"}, {}, None, id="files are no texts"),
    ],
)
def test_limits_of_the_application_below_an_actions(options, config, told):
    app = Flask(__name__)
    app.secret_key = KEY
    app.config.update(config)
    Actions(app).action("act", **options)(lambda input: None)

    found = findings(app)

    assert bool(found) is (told is not None)
    assert told is None or told in found[0]


def test_limit_below_the_files_of_an_action():
    app, _ = build(MAX_CONTENT_LENGTH=1_500_000)

    (found,) = findings(app)

    assert "'addPicture' takes 3,048,576 bytes" in found


# --- settings


@pytest.mark.parametrize(
    ("config", "where", "told"),
    [
        pytest.param(
            {"ACTIONS_MAXBODY": 1},
            "ACTIONS_MAXBODY",
            "it does nothing. Did you mean ACTIONS_MAX_BODY?",
            id="a misspelled setting",
        ),
        pytest.param(
            {"ACTIONS_COOKIE": 1},
            "ACTIONS_COOKIE",
            "There are ACTIONS_URL_PREFIX",
            id="an unknown setting",
        ),
        pytest.param(
            {"ACTION_MAX_BODY": 1},
            "ACTION_MAX_BODY",
            "it does nothing. Did you mean ACTIONS_MAX_BODY?",
            id="a letter less",
        ),
        pytest.param({"ACTION_MAILER": 1}, None, None, id="a setting of another"),
        pytest.param({"SECRET_KEY": None}, "SECRET_KEY", "There is none", id="no key"),
        pytest.param({"SECRET_KEY": b"dev"}, "SECRET_KEY", "short or well known", id="dev"),
        pytest.param({"SECRET_KEY": "x" * 15}, "SECRET_KEY", "short or well", id="15 letters"),
        pytest.param(
            {"SECRET_KEY": "your-secret-key-here!"}, "SECRET_KEY", "well known", id="well known"
        ),
        pytest.param(
            {"SECRET_KEY": b'_5#y2L"F4Q8z\n\xec]/'}, "SECRET_KEY", "well known", id="Flask's own"
        ),
        pytest.param(
            {"ACTIONS_MAX_BODY": "2 MB", "MAX_CONTENT_LENGTH": 1_900_000 + 2_000_000},
            None,
            None,
            id="body below the server's",
        ),
        pytest.param(
            {"ACTIONS_MAX_BODY": 5_000, "MAX_CONTENT_LENGTH": 4_999},
            "ACTIONS_MAX_BODY",
            "It is 5,000 bytes, and MAX_CONTENT_LENGTH lets in 4,999",
            id="body above the server's",
        ),
        pytest.param(
            {"ACTIONS_RESULT_STORE": SimpleCache()},
            "ACTIONS_RESULT_STORE",
            "A SimpleCache keeps results in one process",
            id="a cache in memory",
        ),
        pytest.param(
            {"ACTIONS_RESULT_STORE": NullCache()}, "ACTIONS_RESULT_STORE", "NullCache", id="none"
        ),
        pytest.param(
            {"SESSION_COOKIE_SAMESITE": "None"},
            "SESSION_COOKIE_SAMESITE",
            "without SESSION_COOKIE_SECURE = True",
            id="SameSite=None",
        ),
        pytest.param(
            {"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True},
            None,
            None,
            id="SameSite=None; Secure",
        ),
        pytest.param(
            {"SESSION_COOKIE_PARTITIONED": True}, "SESSION_COOKIE_PARTITIONED", "drop", id="parts"
        ),
        pytest.param(
            {"SESSION_COOKIE_NAME": "__Host-s"}, "SESSION_COOKIE_NAME", "__Host-s", id="prefix"
        ),
        pytest.param(
            {"SESSION_COOKIE_HTTPONLY": False}, "SESSION_COOKIE_HTTPONLY", "scripts", id="scripts"
        ),
        pytest.param(
            {"SESSION_COOKIE_PATH": "/admin"},
            "SESSION_COOKIE_PATH",
            "ACTIONS_URL_PREFIX = '/admin/_actions'",
            id="path",
        ),
        pytest.param(
            {"SESSION_PERMANENT": True},
            "SESSION_PERMANENT",
            "ACTIONS_RESULT_STORE = 'cookie'",
            id="permanent sessions",
        ),
        pytest.param({"APPLICATION_ROOT": "/app"}, None, None, id="an application below"),
        pytest.param(
            {"SESSION_COOKIE_PATH": "/admin", "ACTIONS_URL_PREFIX": "/admin/do"},
            None,
            None,
            id="path with the prefix below",
        ),
    ],
)
def test_setting(config, where, told):
    app = Flask(__name__)
    app.config.update({"SECRET_KEY": KEY, **config})
    Actions(app).action("act")(lambda: None)

    found = findings(app)

    if where is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith(f"{where}: ")
        assert told in found[0]


def test_cache_in_files_and_no_form_need_nothing(tmp_path):
    app = Flask(__name__)
    app.config["ACTIONS_RESULT_STORE"] = FileSystemCache(str(tmp_path))
    Actions(app).action("act", accept="json")(lambda: None)

    assert findings(app) == []


def test_every_setting_is_known():
    app = Flask(__name__)
    app.secret_key = KEY
    for name in Settings._fields:
        app.config.setdefault(f"ACTIONS_{name.upper()}", {"url_prefix": "/do"}.get(name, "4"))
    app.config.update(
        ACTIONS_WIRE="plain",
        ACTIONS_RESULT_STORE="cookie",
        ACTIONS_RESULT_TTL=4,
        ACTIONS_TRUSTED_ORIGINS=(),
        ACTIONS_LAZY_SESSION=False,
        ACTIONS_OPENAPI=False,
    )
    Actions(app)

    assert findings(app) == []


@pytest.mark.parametrize(
    ("config", "count"),
    [
        pytest.param({}, 1, id="refreshed"),
        pytest.param({"SESSION_REFRESH_EACH_REQUEST": False}, 0, id="not refreshed"),
        pytest.param({"ACTIONS_RESULT_STORE": "cookie"}, 0, id="another store"),
    ],
)
def test_session_that_every_request_makes_permanent(config, count):
    app, _ = build(**config)

    @app.before_request
    def stay() -> None:
        session.permanent = True

    found = findings(app)

    assert len(found) == count
    assert all("test_doctor.py:" in line and "'cookie'" in line for line in found)


def test_all_is_told_by_place_and_counted():
    app, actions = build({"b.html": "{{ action_url('x') }}" * 2, "a.html": "{{ action_url('y') }}"})
    app.secret_key = ""
    actions.action("unguarded")(lambda: None)

    result = app.test_cli_runner().invoke(args=["actions", "doctor"])

    lines = result.output.splitlines()
    assert [line.partition(":")[0] for line in lines[:-1]] == ["SECRET_KEY", "a.html", "b.html"]
    assert lines[-1] == "3 problems in 3 actions and 2 templates."
    assert result.exit_code == 1


def test_the_demo_is_well(tmp_path):
    from demo import create_app

    app = create_app({"INSTANCE_PATH": str(tmp_path), "DATABASE_URL": "sqlite://"})

    assert findings(app) == []
    app.extensions["demo.engine"].dispose()


@pytest.mark.parametrize(
    ("name", "early", "late"),
    [
        pytest.param("ACTIONS_MAX_BODY", None, "5 MB", id="set"),
        pytest.param("ACTIONS_RESULT_TTL", 60, 61, id="changed"),
        pytest.param("ACTIONS_RESULT_TTL", 60, "soon", id="wrong"),
        pytest.param("ACTIONS_MAX_BODY", None, 2**20, id="no other value"),
    ],
)
def test_setting_that_comes_after_it_was_read(name, early, late):
    app, _ = build(**({} if early is None else {name: early}))
    app.config[name] = late

    lines = findings(app)

    assert [line.partition(": ")[::2] for line in lines] == (
        [] if late == 2**20 else [(name, lines[0].partition(": ")[2])]
    )
    assert all("It was set after Actions(app)" in line for line in lines)
