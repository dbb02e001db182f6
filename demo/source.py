"""What the unfolding boxes show: the name of a handler in, its source out, from the real files."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from flask_actions import Action

TEMPLATES = Path(__file__).parent / "templates"

#: A form in a template, for the handlers that it names.
MARKED = re.compile(r"\{# source: ([\w, ]+) #\}(.*?)\{# end of source #\}", re.DOTALL)


@cache
def python_source(name: str) -> tuple[str, str]:
    """The file of the handler called *name*, and the handler below the models that it takes."""
    action = _action(name)
    taken = [*_models(action.bound and action.bound.type), *_models(action.input.type)]
    parts = [inspect.getsource(part) for part in dict.fromkeys(taken)]
    path = f"{action.handler.__module__.replace('.', '/')}.py"
    return path, "\n\n".join([*parts, inspect.getsource(action.handler)])


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


def _action(name: str) -> Action[Any]:
    from demo import actions, forms

    module = actions if hasattr(actions, name) else forms
    action: Action[Any] = getattr(module, name)
    return action


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models of an annotation, each below those that it inherits from and is made of."""
    if not isinstance(annotation, type) or not issubclass(annotation, BaseModel):
        several = (model for part in get_args(annotation) for model in _models(part))
        return list(dict.fromkeys(several))
    own = [
        base
        for base in reversed(annotation.__mro__)
        if issubclass(base, BaseModel) and base.__module__.startswith("demo.")
    ]
    parts = (
        model for field in annotation.model_fields.values() for model in _models(field.annotation)
    )
    return list(dict.fromkeys([*own[:-1], *parts, *own[-1:]]))
