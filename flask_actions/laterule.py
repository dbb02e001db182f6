"""Rules that learn to build their URL when the first one is asked for.

Werkzeug writes and compiles two functions for each rule, which is most of what an application of
many actions takes to start; an action's URL is asked for by its page alone, if at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Rule

_Build = Callable[..., tuple[str, str]]


@cache
def late(kind: type[Rule]) -> type[Rule]:
    """The class of rules *kind*, whose builders are made late."""
    return type(f"Late{kind.__name__}", (_LateBuilder, kind), {})


class _LateBuilder(Rule):
    # Werkzeug's own name: should it get another, rules are compiled at once, as ever.
    def _compile_builder(self, append_unknown: bool = True) -> _Build:
        made: _Build | None = None

        def build(rule: _LateBuilder, *args: Any, **kwargs: Any) -> tuple[str, str]:
            nonlocal made
            if made is None:
                made = super()._compile_builder(append_unknown)
            return made(rule, *args, **kwargs)

        return build
