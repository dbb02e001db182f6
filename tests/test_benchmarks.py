"""The benchmarks compare like with like, and their README says what was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import pytest

from benchmarks import apps, fresh, load, node, report
from benchmarks.client import Answer, Browser, form_post, htmx_post, navigation
from benchmarks.models import INVALID, VALID, nested, numbered_models, order_body
from benchmarks.rows import LIBRARIES, ROWS, Row, compared, verdict
from benchmarks.works import WORKS, agree, agree_on, data_of, html_of, json_call
from tests.node import npm_package

#: Rows without what takes long to build, or libraries that the tests' environment does not have.
ELSEWHERE = {"3,000 actions", *LIBRARIES}
HERE = [
    name
    for name, row in ROWS.items()
    if row.kind == "call" and not {row.ours, row.theirs} & ELSEWHERE
]
WRONG_FORM = b"title=Hi&content=&rating=9&published=perhaps"


@pytest.mark.parametrize("name", HERE)
def test_both_sides_of_a_row_answer_alike(name):
    row = ROWS[name]

    agree(row.work, row.ours, row.theirs)


def test_different_answers_are_not_compared(monkeypatch):
    monkeypatch.setitem(WORKS["json-valid"].by, "by hand", WORKS["json-invalid"].by["by hand"])

    with pytest.raises(ValueError, match="by hand says"):
        agree("json-valid", "Flask-Actions", "by hand")


@pytest.mark.parametrize("door", ["page", "fragment"])
def test_a_form_that_does_not_fit_is_shown_alike(door):
    def shown(site: apps.Site) -> Answer:
        browser = Browser(site.app)
        if door == "fragment":
            return browser.send(htmx_post(site.form, WRONG_FORM, "/"), WRONG_FORM)
        redirect = browser.send(form_post(site.form, WRONG_FORM, "/"), WRONG_FORM)
        return browser.send(navigation("/"), query=redirect.header("Location").partition("?")[2])

    ours, theirs = html_of(shown(apps.ours())), html_of(shown(apps.by_hand()))

    assert ours == theirs
    assert ours[1].count('role="alert"') == 3  # the box has no place for one


def test_an_application_of_many_actions_answers_as_one_of_many_views():
    models = numbered_models(3)

    ours = json_call(partial(apps.many_of_ours, models), INVALID)()
    theirs = json_call(partial(apps.many_by_hand, models), INVALID)()

    assert data_of(ours) == data_of(theirs)
    assert ours.status.startswith("400")


def test_bodies_are_as_long_as_the_table_says():
    written = WORKS["write"].by["json"]()()

    assert (len(VALID), len(INVALID)) == (200, 200)
    assert 0.99 * 2**20 < len(order_body()) <= 2**20
    assert 0.99 * 2**20 < len(written.encode()) <= 2**20


def test_each_row_names_what_there_is():
    calls = {work: set(of.by) for work, of in WORKS.items()}
    doers = {
        "call": calls,
        "peer": calls,
        "fresh": {work: set(by) for work, by in fresh.WORKS.items()},
        "memory": {kind: {"by hand", "Flask-Actions"} for kind in ("RSS imported", "RSS", "PSS")},
        "load": {work: set(load.SITES) for work, of in WORKS.items() if of.at is not None},
    }

    for row in ROWS.values():
        assert {row.ours, row.theirs} <= doers[row.kind][row.work]
        without_javascript = row.kind != "peer" and row.theirs != "Astro"
        assert without_javascript == (row.theirs not in node.DOERS)


@pytest.mark.parametrize("work", ["write", "read"])
def test_the_npm_package_gives_the_same_and_tells_its_own_time(work):
    peer = node.DevalueTurn(work, nested(), npm_package("devalue", "5.9.4"))
    before = peer.process_time_ns()
    peer.repeat(3)
    spent = peer.process_time_ns() - before

    agree_on(work, {"Flask-Actions": WORKS[work].by["Flask-Actions"](), "devalue of npm": peer})
    assert spent > 1_000_000  # a MiB, three times: milliseconds, and not of this process


def test_what_is_served_is_called_as_in_one_process(serve):
    site = apps.on_astros_wire()
    port = int(serve(site.app).rpartition(":")[2])
    served = load.Served(port)
    here = WORKS["json-invalid"].by["by hand"]()

    agree_on(
        "json-invalid",
        {"here": here, "there": json_call(lambda: replace(site, app=served), INVALID)},
    )

    environ, body, status = served.last_post
    assert (environ["PATH_INFO"], body, status) == (site.json, INVALID, 400)
    assert served.headers(environ)["Origin"] == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("row", "ours", "theirs", "expected"),
    [
        pytest.param(Row("", "", 0.85, 0.76), 764, 1000, "goal", id="goal as it is shown"),
        pytest.param(Row("", "", 0.85, 0.76), 770, 1000, "must", id="must"),
        pytest.param(Row("", "", 0.85, 0.76), 860, 1000, "missed", id="missed"),
        pytest.param(Row("", "", 1.0, 1.1, kind="load"), 1100, 1000, "goal", id="more is better"),
        pytest.param(Row("", "", 1.0, 1.1, kind="load"), 980, 1000, "missed", id="less is worse"),
        pytest.param(Row("", "", 2.5, kind="load"), 2490, 1000, "missed", id="no goal"),
        pytest.param(Row("", "", 1.05), 1.05, 1, "must", id="no goal, the must as it is shown"),
        pytest.param(Row("", "", 3, 1, kind="memory"), 42.5, 40, "must", id="MiB above theirs"),
        pytest.param(Row("", ""), 1, 2, "", id="nothing asked"),
    ],
)
def test_verdict(row, ours, theirs, expected):
    assert verdict(row, compared(row, ours, theirs)) == expected


def test_readme_shows_what_was_kept():
    readme = report.README.read_text()

    refreshed = report.refreshed(readme, json.loads(report.RESULTS.read_text()))

    assert refreshed == readme, "say python -m benchmarks, which refreshes it"
