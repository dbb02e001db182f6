"""Posts and reads that overlap, over several tabs and processes: what each store loses.

``python -m benchmarks.kept_results`` starts gunicorn (four processes of four threads), lets four
browsers of six tabs each make 10,000 posts and reads of their results, and prints a table.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from cachelib import FileSystemCache, RedisCache
from flask import Flask, session
from pydantic import BaseModel

from flask_actions import Actions, get_action_result
from tests.machine import find_redis, redis_running
from tests.serving import Jar, Server, Tab, serving

STORES = ("session", "session, refreshed", "cookie", "files", "redis")

#: Characters of a result, as often as they stand here: most are short, one fits into no cookie.
SIZES = (40, 40, 40, 200, 200, 200, 200, 600, 2500, 9000)


class Note(BaseModel):
    mark: str
    size: int


def create_app() -> Flask:
    """The application that is posted to; environment variables say which store it has."""
    app = Flask(__name__, instance_path=os.environ["KEPT_FOLDER"])
    kind, folder = os.environ["KEPT_STORE"], os.environ["KEPT_FOLDER"]
    app.config["SECRET_KEY"] = "of the measurement"
    if kind == "files":
        app.config["ACTIONS_RESULT_STORE"] = FileSystemCache(f"{folder}/cache", threshold=0)
    elif kind == "redis":
        app.config["ACTIONS_RESULT_STORE"] = RedisCache(port=int(os.environ["KEPT_REDIS"]))
    else:
        app.config["ACTIONS_RESULT_STORE"] = kind.partition(",")[0]
    actions = Actions(app)

    @app.before_request
    def be_someone() -> None:
        if "user" not in session:
            session["user"] = "somebody"
        if kind.endswith("refreshed") and not session.permanent:
            session.permanent = True

    @actions.action
    def save(input: Note) -> str:
        _dawdle()
        return f"{input.mark} {random.randbytes(input.size // 2).hex()}"

    @app.get("/tab/<int:number>")
    def tab(number: int) -> str:
        result = get_action_result(save)
        _dawdle()
        return "" if result is None else str(result.or_throw()).partition(" ")[0]

    return app


def _dawdle() -> None:
    """Up to 5 ms, so that answers overtake each other."""
    time.sleep(random.random() * 0.005)


class Count(Counter[str]):
    """What became of the results: shown, lost, twice, wrong; and requests that failed."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def note(self, *events: str) -> None:
        with self._lock:
            self.update(events)


@contextmanager
def store_served(store: str, *, workers: int = 4) -> Iterator[Server]:
    """The application with that store, under gunicorn."""
    with tempfile.TemporaryDirectory() as folder, _redis(store) as port:
        environment = {"KEPT_STORE": store, "KEPT_FOLDER": folder, "KEPT_REDIS": str(port)}
        app = "benchmarks.kept_results:create_app"
        with serving("gunicorn gthread", app, workers=workers, environment=environment) as server:
            yield server


def hurry(server: Server, posts: int, *, browsers: int = 4, tabs: int = 6) -> Count:
    """Make so many posts, read their results, and load each page once more."""
    count = Count()
    numbers = iter(range(posts))
    jars = [Jar() for _ in range(browsers)]
    for jar in jars:  # everybody has been here before
        _close(first := Tab(server.port, jar), first.open("/tab/0"))
    with ThreadPoolExecutor(browsers * tabs) as pool:
        sent = [
            pool.submit(_work, Tab(server.port, jar), number, numbers, count)
            for number in range(tabs)
            for jar in jars
        ]
        for each in sent:
            each.result()
    return count


def _work(tab: Tab, number: int, numbers: Iterator[int], count: Count) -> None:
    page = f"/tab/{number}"
    for post in numbers:  # of all tabs together; next() of a range is one step
        mark = f"{number}-{post}"
        answer, _ = tab.post("/_actions/save", page, mark=mark, size=random.choice(SIZES))
        if answer.status != 303:
            count.note("posts", "failed")
            continue
        location = answer.getheader("Location", "")
        _dawdle()  # meanwhile other tabs' answers arrive
        count.note("posts", *_see(tab, location, mark, again=False))
        count.note(*_see(tab, location, mark, again=True))
    tab.close()


def _see(tab: Tab, location: str, mark: str, *, again: bool) -> list[str]:
    answer, shown = tab.open(location)
    if answer.status != 200:
        return ["failed"]
    if shown not in ("", mark):
        return ["wrong"]
    if again:
        return ["twice"] if shown else []
    return ["shown"] if shown else ["lost"]


def _close(tab: Tab, _: object) -> None:
    tab.close()


@contextmanager
def _redis(store: str) -> Iterator[int]:
    program = find_redis()
    if store != "redis":
        yield 0
    elif program is None:
        raise RuntimeError("There is no Redis server on this machine.")
    else:
        with redis_running(program) as port:
            yield port


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--stores", nargs="+", choices=STORES, default=STORES)
    asked = parser.parse_args()
    print("| store | posts | shown | lost | shown twice | to the wrong tab | failed |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for store in asked.stores:
        with store_served(store) as server:
            count = hurry(server, asked.posts)
        events = ("posts", "shown", "lost", "twice", "wrong", "failed")
        cells = (store, *(f"{count[event]:,}" for event in events))
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
