"""The application that the tests put under real servers."""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from pathlib import Path

from flask import Flask
from jinja2 import DictLoader
from pydantic import BaseModel

from flask_actions import Actions, Upload, get_action_result

#: Where a server finds it.
APP = "tests.served:create_app"
#: Bytes that a body may have.
LIMIT = 50_000


class Note(BaseModel):
    text: str
    length: int = 0


class Picture(BaseModel):
    file: Upload


def create_app() -> Flask:
    """An application with an action of every kind; it writes to the folder ``SERVED_FOLDER``."""
    folder = Path(os.environ["SERVED_FOLDER"])
    app = Flask(__name__, instance_path=str(folder))
    app.config.update(SECRET_KEY="of the test", ACTIONS_MAX_BODY=LIMIT)
    app.jinja_loader = DictLoader({"note.html": "<p>{{ result.data }}</p>"})
    actions = Actions(app)

    @actions.action(fragment="note.html")
    def save(input: Note) -> str:
        with open(folder / "handled", "a") as handled:
            handled.write(input.text + "\n")
        return input.text + "." * input.length

    @actions.action("formOnly")
    def form_only(input: Note) -> str:
        return input.text + "." * input.length

    @actions.action
    def weigh(input: Picture) -> int:
        return input.file.size

    @actions.action
    def wait() -> None:
        (folder / "waiting").write_text(str(os.getpid()))
        time.sleep(60)

    @app.get("/page")
    def page() -> str:
        result = get_action_result(save) or get_action_result(form_only)
        if result is None:
            return ""
        return str(result.data if result.error is None else result.error.code)

    @app.get("/worker")
    def worker() -> dict[str, int]:
        gc.collect()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "pid": os.getpid(),
            "blocks": sys.getallocatedblocks(),
            "memory": most * (1 if sys.platform == "darwin" else 1024),
        }

    return app
