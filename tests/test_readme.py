"""The README's code does what the README says."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"^## (.+?)$|```python\n(.*?)```", README.read_text(), re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """The Python blocks, with the heading that each stands under."""
    heading, found = "", []
    for title, code in BLOCKS:
        if title:
            heading = title
        else:
            found.append((heading, code))
    return found


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a block as the file that a reader would copy it into."""

    def run(code: str):
        path = tmp_path / "app.py"
        path.write_text(code)
        spec = importlib.util.spec_from_file_location("readme_app", path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "readme_app", module)
        spec.loader.exec_module(module)
        return module

    return run


@pytest.mark.parametrize("code", [pytest.param(code, id=title) for title, code in blocks()])
def test_block_runs(run, code):
    run(code)


@pytest.fixture
def quick_start(run):
    return run(dict(blocks())["Quick start"])


def test_quick_start_publishes_a_post_once(quick_start):
    client = quick_start.app.test_client()
    answer = client.post(
        "/_actions/createPost", data={"title": "News"}, headers={"Referer": "http://localhost/"}
    )
    shown = client.get(answer.location).text
    again = client.get(answer.location).text

    assert answer.status_code == 303
    assert "Published “News”." in shown
    assert "<p>News</p>" in again
    assert "Published" not in again


def test_quick_start_gives_the_typed_text_back(quick_start):
    client = quick_start.app.test_client()
    answer = client.post("/_actions/createPost", data={"title": "No"})
    shown = client.get(answer.location).text

    assert 'value="No"' in shown
    assert "String should have at least 3 characters" in shown


def test_quick_start_answers_json_and_the_shell(quick_start):
    by_json = quick_start.app.test_client().post("/_actions/createPost", json={"title": "By JSON"})
    by_shell = quick_start.app.test_cli_runner().invoke(
        args=["actions", "call", "createPost", "--json", '{"title": "From the shell"}']
    )

    assert by_json.get_json() == {"success": True, "data": "By JSON", "error": None}
    assert '"data": "From the shell"' in by_shell.output


@pytest.fixture
def hooks(run):
    return run(dict(blocks())["Gates and hooks"])


VISITOR = {"Cookie": "visitor=1"}
HTMX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("headers", "sent", "status"),
    [
        pytest.param({}, {"json": {"body": "Hi"}}, 403, id="script"),
        pytest.param(JSON, {"data": {"body": "Hi"}}, 403, id="script that sends a form"),
        pytest.param(VISITOR, {"json": {"body": "Hi"}}, 200, id="visitor's script"),
        pytest.param({}, {"data": {"body": "Hi"}}, 303, id="form"),
        pytest.param(HTMX, {"data": {"body": "Hi"}}, 303, id="htmx"),
    ],
)
def test_hook_gates_all_actions_by_their_door(hooks, headers, sent, status):
    answer = hooks.app.test_client(use_cookies=False).post(
        "/_actions/blog.comment", headers=headers, **sent
    )

    assert answer.status_code == status
    assert len(hooks.log) == (status != 403)
    if status == 403:
        assert answer.json["error"]["code"] == "FORBIDDEN"
        assert answer.json["error"]["message"] == "Open a page first."


@pytest.mark.parametrize(
    "url",
    [
        "/_actions/admin.purge",
        "/_actions/admin.purge/",
        "/_actions/admin%2Epurge",
        "/_actions/%61dmin.purge",
        "/_actions/admin.purge?_action=blog.comment",
        "/?_action=admin.purge",
        "/?_action=admin%2Epurge",
        "/?_action=%2561dmin%252Epurge",
        "/?x=1&_action=admin.purge&_action=blog.comment",
    ],
)
@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 303), (HTMX, 303), ({**JSON, **VISITOR}, 403)],
    ids=["form", "htmx", "rpc"],
)
def test_hook_gates_one_action_however_its_url_is_spelled(hooks, url, headers, status):
    client = hooks.app.test_client(use_cookies=False)

    refused = client.post(url, headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    allowed = client.post(url, headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"})

    assert refused.status_code == status
    assert allowed.status_code < 400
    assert [line.rpartition(" ")[2] for line in hooks.log] == ["data"]
    assert allowed.headers["X-Action"] == refused.headers["X-Action"] == "admin.purge"


def test_hook_keeps_results_elsewhere(hooks):
    client = hooks.app.test_client()
    answer = client.post("/_actions/blog.comment", data={"body": "Hi"})
    waiting = len(hooks.kept)
    shown, again = client.get(answer.location).text, client.get(answer.location).text

    assert (answer.status_code, answer.location) == (303, "/")
    assert "_result" not in answer.location and "session=" not in str(answer.headers)
    assert (waiting, len(hooks.kept)) == (1, 0)
    assert (shown, again) == ("Hi", "")


def test_signals_tell_of_each_call_and_never_the_input(hooks):
    client = hooks.app.test_client(use_cookies=False)

    client.post("/_actions/blog.comment", data={"body": "Hi"})
    client.post("/_actions/blog.comment", data={"body": "Hi"}, headers=HTMX)
    client.post("/_actions/blog.comment", json={"text": "Hi"}, headers=VISITOR)
    hooks.comment({"body": "Hi"})

    assert hooks.running == set()
    assert hooks.log == [
        "blog.comment by None (form): data",
        "blog.comment by None (htmx): data",
        "blog.comment by None (rpc): BAD_REQUEST",
        "blog.comment by None (server): data",
    ]


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])
def test_quick_start_works_in_a_browser(quick_start, serve, page):
    page.goto(serve(quick_start.app))
    page.get_by_label("Title").fill("No")
    page.get_by_role("button").click()
    page.get_by_role("alert").wait_for()
    refused = page.get_by_label("Title").input_value()
    page.get_by_label("Title").fill("Yes, news")
    page.get_by_role("button").click()
    page.get_by_role("status").wait_for()

    assert refused == "No"
    assert page.get_by_text("Yes, news", exact=True).count() == 1
