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
