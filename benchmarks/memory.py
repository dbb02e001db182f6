"""What a worker holds after so many requests.

``python -m benchmarks.memory`` makes 100,000 requests of every door to one gunicorn worker of four
threads, and prints what it holds as they go by.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from typing import NamedTuple

from tests.served import APP
from tests.serving import Tab, serving

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
HTMX = {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}

#: No name and no text comes twice, so that what is kept by name would grow. They are long, since
#: pydantic's JSON parser remembers 16,384 texts of up to 64 characters.
_numbers = itertools.count()


class Held(NamedTuple):
    """What a worker has in hand after a garbage collection.

    :ivar blocks: pieces of memory that Python's objects take.
    :ivar memory: bytes of the whole process, at most so far.
    """

    blocks: int
    memory: int


def held(tab: Tab) -> Held:
    """Ask the worker."""
    told = json.loads(tab.open("/worker")[1])
    return Held(told["blocks"], told["memory"])


def work(tab: Tab, requests: int) -> None:
    """Make so many requests: ten of every door in turn, with what goes wrong among them."""
    for _ in range(requests // 10):
        text = f"note-{next(_numbers):080}"
        tab.open("/_actions/save", "POST", json.dumps({"text": text}).encode(), JSON)
        tab.open("/_actions/save", "POST", b'{"text": 1}', JSON)
        tab.open("/_actions/save", "POST", b"text=hi", HTMX)
        response, _ = tab.post("/_actions/save", "/page", text=text)
        assert tab.open(response.getheader("Location") or "")[1] == text
        response, _ = tab.post("/_actions/formOnly", "/page", length="no number")
        assert tab.open(response.getheader("Location") or "")[1] == "BAD_REQUEST"
        assert tab.post(f"/_actions/{text}", "/page")[0].status == 404
        assert tab.post(f"/page?_action={text}", "/page")[0].status == 404
        tab.open("/page")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--requests", type=int, default=100_000)
    asked = parser.parse_args()
    print("| requests | objects | MiB |")
    print("|---|---|---|", flush=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("gunicorn gthread", APP, environment={"SERVED_FOLDER": folder}) as server,
    ):
        tab = Tab(server.port)
        for made in range(0, asked.requests + 1, asked.requests // 10):
            now = held(tab)
            print(f"| {made:,} | {now.blocks:,} | {now.memory / 2**20:.1f} |", flush=True)
            if made < asked.requests:
                work(tab, asked.requests // 10)


if __name__ == "__main__":
    main()
