"""What is done once in the life of a process: ``python -m benchmarks.fresh import "by hand"``.

Each time is measured in a process of its own, so that nothing is warm. The modules of the
applications are imported by the functions alone, since importing is one of the works.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def import_theirs() -> Callable[[], Any]:
    def act() -> None:
        import flask  # noqa: F401
        from pydantic import BaseModel  # noqa: F401

    return act


def import_ours() -> Callable[[], Any]:
    def act() -> None:
        import flask_actions  # noqa: F401

    return act


def build_theirs() -> Callable[[], Any]:
    from . import apps

    return _build(apps.many_by_hand)


def build_ours() -> Callable[[], Any]:
    import flask_actions  # noqa: F401

    from . import apps

    return _build(apps.many_of_ours)


def _build(make: Callable[[Any], Any]) -> Callable[[], Any]:
    """1,000 models are there; the work is the application, and its first call."""
    from .models import VALID, numbered_models
    from .works import json_call

    models = numbered_models(1000)

    def act() -> None:
        answer = json_call(lambda: make(models), VALID)()
        assert answer.status == "200 OK", answer

    return act


#: For each work and who does it: what prepares it, and gives what is measured.
WORKS: dict[str, dict[str, Callable[[], Callable[[], Any]]]] = {
    "import": {"by hand": import_theirs, "Flask-Actions": import_ours},
    "building": {"by hand": build_theirs, "Flask-Actions": build_ours},
}


def memory(who: str) -> dict[str, float]:
    """MiB that a worker takes with its application, and after one request."""
    from . import apps
    from .client import Browser, json_post
    from .models import VALID

    site = {"by hand": apps.by_hand, "Flask-Actions": apps.ours}[who]()
    imported = _resident()
    Browser(site.app).send(json_post(site.json, VALID), VALID)
    return {f"{name} imported": size for name, size in imported.items()} | _resident()


def _resident() -> dict[str, float]:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name.rstrip(":"): int(size) / 1024 for name, size, *_ in map(str.split, lines)}
    return {"RSS": sizes["Rss"], "PSS": sizes["Pss"]}


def main(work: str, who: str) -> None:
    if work == "memory":
        print(json.dumps(memory(who)))
        return
    act = WORKS[work][who]()
    before = time.process_time_ns()
    act()
    print((time.process_time_ns() - before) / 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
