"""What the unfolding boxes show: the name of a handler in, its source out, from the real files."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel

from flask_actions import Action

TEMPLATES = Path(__file__).parent / "templates"

#: A form in a template, for the handlers that it names.
MARKED = re.compile(r"\{# source: ([\w, ]+) #\}(.*?)\{# end of source #\}", re.DOTALL)


@cache
def python_source(name: str) -> str:
    """The handler called *name* in ``demo/actions.py``, below the input models that it takes."""
    from demo import actions

    action: Action[Any] = getattr(actions, name)
    model = get_type_hints(action.handler).get("input")
    parts = [inspect.getsource(part) for part in _models(model)]
    return "\n\n".join([*parts, inspect.getsource(action.handler)])


def jinja_source(name: str) -> tuple[str, str]:
    """The template that draws the form of *name*, and the part of it between the markers."""
    return _forms()[name]


@cache
def _forms() -> dict[str, tuple[str, str]]:
    forms = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        for names, part in MARKED.findall(path.read_text()):
            for name in names.split(", "):
                forms[name] = (path.relative_to(TEMPLATES).as_posix(), inspect.cleandoc(part))
    return forms


def _models(model: object) -> list[type[BaseModel]]:
    """*model* and what it inherits from, within the demo, the most general one first."""
    if not isinstance(model, type):
        return []
    return [
        base
        for base in reversed(model.__mro__)
        if issubclass(base, BaseModel) and base.__module__ == "demo.actions"
    ]
