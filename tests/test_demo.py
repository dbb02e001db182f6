"""The demo over HTTP, on SQLite and PostgreSQL; what a browser shows is in ``browser/``."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo import create_app
from demo.actions import actions, subscribe
from demo.models import Base
from flask_actions import call_action, is_input_error

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
ARTICLE = {
    "title": "Fog on the weir",
    "standfirst": "It came at five.",
    "body": "Nobody saw anything, the heron least.",
    "topic": "river",
    "tags": ["Weather"],
    "published": "on",
}


@pytest.fixture(scope="module")
def first_edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder as the first start leaves it."""
    folder = tmp_path_factory.mktemp("first-edition")
    create_app(settings(folder)).extensions["demo.engine"].dispose()
    return folder


@pytest.fixture
def app(first_edition: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copytree(first_edition, tmp_path, dirs_exist_ok=True)
    app = create_app(settings(tmp_path))
    yield app
    app.extensions["demo.engine"].dispose()


def settings(folder: Path) -> dict[str, str]:
    return {"INSTANCE_PATH": str(folder), "DATABASE_URL": f"sqlite:///{folder}/demo.db"}


class Reader:
    """Somebody with a browser without scripts: opens pages, fills in their forms."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.page = ""
        self.path = "/"

    def open(self, path: str) -> str:
        answer = self.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, answer.status
        self.path, self.page = answer.request.full_path, answer.text
        return self.page

    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page)
        assert found, "the page has no form"
        return found[1]

    def post(self, action: str, /, **fields: object) -> TestResponse:
        """Send a form of the page that is open, without following where it leads."""
        return self.client.post(
            f"/_actions/{action}",
            data={"csrf_token": self.token(), **fields},
            headers={"Referer": f"http://localhost{self.path}", "Sec-Fetch-Site": "same-origin"},
        )

    def send(self, action: str, /, **fields: object) -> str:
        """Send a form, and open the page that it leads to."""
        answer = self.post(action, **fields)
        assert answer.status_code == 303, answer.status
        return self.open(answer.location)

    def log_in(self, name: str) -> None:
        self.open("/log-in")
        page = self.send("account.logIn", email=f"{name}@example.org", password="alderbrook")
        assert "Welcome back" in page


def test_a_day_at_the_paper(app: Flask) -> None:
    work_a_day(app)


def test_a_day_at_the_paper_on_postgresql(postgres: str, tmp_path: Path) -> None:
    config = {"INSTANCE_PATH": str(tmp_path), "DATABASE_URL": postgres}
    app = create_app(config)
    try:
        work_a_day(app)
        again = create_app(config)
        assert Reader(again).open("/").count("Fog on the weir") == 0
        again.extensions["demo.engine"].dispose()
    finally:
        Base.metadata.drop_all(app.extensions["demo.engine"])
        app.extensions["demo.engine"].dispose()


def work_a_day(app: Flask) -> None:
    """Everything that the demo does, once; at its end the article is deleted again."""
    ada, rosa, edith = Reader(app), Reader(app), Reader(app)
    for reader, name in ((ada, "ada"), (rosa, "rosa"), (edith, "edith")):
        reader.log_in(name)

    ada.open("/posts/new")
    page = ada.send("posts.create", **{**ARTICLE, "published": ""})
    assert "Your draft is saved." in page
    path = ada.path.partition("?")[0]
    post_id = path.rpartition("/")[2]
    assert rosa.client.get(path).status_code == 404
    assert "In the paper since" in ada.send("posts.publish", post_id=post_id, _key=post_id)
    ada.open(f"{path}/edit")
    assert "Saved." in ada.send("posts.update", post_id=post_id, **{**ARTICLE, "title": "Fog, fog"})

    rosa.open(path)
    page = rosa.send("posts.comment", post_id=post_id, body="I heard it.")
    assert "Your comment is there." in page
    assert "1 comment<" in page
    # Twice: what a form says it shall be is no harm to say again.
    for liked in ("true", "true", "false"):
        page = rosa.send("posts.like", post_id=post_id, liked=liked, _key=post_id)
        assert f'aria-pressed="{liked}"' in page

    rosa.open("/profile")
    page = rosa.send(
        "account.updateProfile", name="Rosa", bio="", avatar=(BytesIO(PNG), "me.png", "image/png")
    )
    picture = re.search(r'<img class="face" src="([^"]+)"', page)
    assert picture and rosa.client.get(picture[1]).data == PNG

    edith.open(f"{path}/delete")
    assert "“Fog, fog” is deleted." in edith.send("admin.deletePost", post_id=post_id)
    assert edith.client.get(path).status_code == 404


def test_the_second_start_finds_what_the_first_one_left(app: Flask, tmp_path: Path) -> None:
    ada = Reader(app)
    ada.log_in("ada")
    ada.open("/posts/new")
    ada.send("posts.create", **ARTICLE)

    again = create_app(settings(tmp_path))

    assert Reader(again).open("/").count("<article") == 8
    assert again.secret_key == app.secret_key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    again.extensions["demo.engine"].dispose()


def test_two_papers_in_one_process_do_not_read_each_other(
    app: Flask, first_edition: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("other")
    other = create_app(settings(folder))
    ada = Reader(app)
    ada.log_in("ada")
    ada.open("/posts/new")

    ada.send("posts.create", **ARTICLE)

    assert "Fog on the weir" in Reader(app).open("/")
    assert "Fog on the weir" not in Reader(other).open("/")
    other.extensions["demo.engine"].dispose()


def test_the_environment_names_database_and_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere.db")
    monkeypatch.setenv("SECRET_KEY", "from outside")

    app = create_app({"INSTANCE_PATH": str(tmp_path / "instance")})

    assert (tmp_path / "elsewhere.db").exists()
    assert app.secret_key == "from outside"
    assert not (tmp_path / "instance" / "secret-key").exists()
    app.extensions["demo.engine"].dispose()


def test_the_same_action_answers_json(app: Flask) -> None:
    rosa = Reader(app)
    rosa.log_in("rosa")
    headers = {"X-CSRFToken": rosa.token(), "Sec-Fetch-Site": "same-origin"}

    liked = rosa.client.post("/_actions/posts.like", json={"post_id": 3}, headers=headers)
    refused = rosa.client.post("/_actions/posts.create", json={}, headers=headers)

    assert liked.json == {"success": True, "data": {"liked": True, "count": 3}, "error": None}
    assert refused.status_code == 403
    assert (
        refused.json and refused.json["error"]["message"] == "Only authors write for the Courier."
    )


def test_the_same_action_answers_python(app: Flask) -> None:
    with app.app_context():
        wrong = subscribe({"email": "not an address"})
        right = call_action("newsletter.subscribe", {"email": "Me@Example.org"})

    assert is_input_error(wrong.error)
    assert wrong.error.fields == {"email": ["Please write an address like ada@example.org."]}
    assert right.or_throw().email == "me@example.org"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        pytest.param("posts.comment", {"post_id": 8, "body": "Hm."}, id="comment on a draft"),
        pytest.param("posts.like", {"post_id": 8}, id="like a draft"),
        pytest.param("posts.like", {"post_id": 999}, id="like nothing"),
        pytest.param("posts.publish", {"post_id": 8}, id="publish a strange draft"),
        pytest.param("posts.update", {"post_id": 6, **ARTICLE}, id="edit a strange article"),
        pytest.param("admin.deletePost", {"post_id": 6}, id="delete as an author"),
        pytest.param("admin.deleteComment", {"post_id": 6, "comment_id": 1}, id="delete a comment"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_what_is_not_theirs_stays_as_it_is(
    app: Flask, name: str, fields: dict[str, object], headers: dict[str, str]
) -> None:
    tomas, edith = Reader(app), Reader(app)
    tomas.log_in("tomas")
    edith.log_in("edith")
    before = [edith.open(path) for path in ("/posts/6", "/posts/8", "/desk")]

    answer = tomas.client.post(
        f"/_actions/{name}",
        data={"csrf_token": tomas.token(), **fields},
        headers={"Referer": "http://localhost/", **headers},
    )

    assert answer.status_code in (303, 403, 404)
    after = [edith.open(path) for path in ("/posts/6", "/posts/8", "/desk")]
    assert without_tokens(after) == without_tokens(before)


def without_tokens(pages: list[str]) -> list[str]:
    return [re.sub(r'(value|content)="[^"]{60,}"', "", page) for page in pages]


@pytest.mark.parametrize(
    "path", ["/posts/new", "/posts/6/edit", "/posts/6/delete", "/desk", "/profile"]
)
def test_pages_behind_the_login_lead_to_it(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)

    assert answer.status_code == 302
    assert answer.location == f"/log-in?next={path.replace('/', '%2F')}"


@pytest.mark.parametrize(
    "url", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", ""]
)
def test_nothing_leads_to_another_site(app: Flask, url: str) -> None:
    ada = Reader(app)
    ada.open("/log-in")

    answer = ada.post("account.logIn", email="ada@example.org", password="alderbrook", next=url)
    switch = ada.client.get("/mode/htmx2", query_string={"next": url})

    assert answer.location.startswith("/?_result=")
    assert switch.location == "/"


def test_the_command_line_lists_every_action(app: Flask) -> None:
    listed = app.test_cli_runner().invoke(args=["actions", "list"])

    assert listed.exit_code == 0, listed.output
    for action in ("posts.create", "admin.deletePost", "account.logIn", "newsletter.subscribe"):
        assert action in listed.output


def test_every_handler_is_to_be_read_beside_a_form(app: Flask) -> None:
    from demo import actions as module
    from demo import forms
    from demo.source import jinja_source, python_source
    from flask_actions import Action

    files = {
        name: file
        for file in (forms, module)
        for name, value in vars(file).items()
        if isinstance(value, Action)
    }
    assert len(files) == 17

    for name, file in files.items():
        path, template = jinja_source(name)
        at, source = python_source(name)
        assert at == f"{file.__name__.replace('.', '/')}.py"
        assert f"def {name}(" in source
        own, ours = ("action_form(", "}}") if file is forms else ("<form", "</form>")
        assert own in template and ours in template
        assert (Path("demo/templates") / path).exists()
    assert actions is module.actions


def test_source_of_a_form_has_the_models_that_its_own_is_made_of(app: Flask) -> None:
    from demo.source import python_source

    source = python_source("register_stall")[1]

    places = [source.index(f"class {name}(") for name in ("Address", "Contact", "Line", "Stall")]
    assert places == sorted(places)
    assert "class Draft(" in python_source("write_letter")[1]
    assert "class Counter(" in python_source("ask")[1]


@pytest.mark.parametrize(
    ("cookie", "accepts", "path", "language"),
    [
        pytest.param(None, "", "/forms/", "en", id="nobody said"),
        pytest.param(None, "fr, de;q=0.8", "/forms/", "de", id="the browser says"),
        pytest.param("en", "de", "/forms/", "en", id="the reader chose"),
        pytest.param("xx", "de", "/forms/", "de", id="a cookie of old"),
        pytest.param("de", "de", "/sign-up", "en", id="the rest of the paper"),
    ],
)
def test_pages_about_forms_come_in_the_language_of_the_reader(
    app: Flask, cookie: str | None, accepts: str, path: str, language: str
) -> None:
    client = app.test_client()
    if cookie is not None:
        client.set_cookie("language", cookie)

    page = client.get(path, headers={"Accept-Language": accepts}).text

    assert f'<html lang="{language}">' in page


def test_language_that_the_demo_does_not_know_is_no_page(app: Flask) -> None:
    assert app.test_client().get("/language/xx").status_code == 404


def test_lines_in_the_address_are_a_number_that_the_page_offers(app: Flask) -> None:
    client = app.test_client()

    counts = [
        client.get(f"/forms/everything?lines={lines}").text.count('.goods"')
        for lines in ("2", "99", "-1", "x")
    ]

    assert counts == [3, 2, 2, 2]  # one of each is the template for one more
