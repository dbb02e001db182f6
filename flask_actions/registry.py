"""The actions of one application, by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .action import Action

#: What ``GET`` serves beside the actions.
RESERVED_NAMES = ("client.js", "client.d.ts", "openapi.json", "static")

#: What no name has: a URL's rule and an endpoint are made of it, and the others mean something
#: else to some browser or proxy on the way.
_UNFIT = frozenset("<>:%\\")
_USUAL = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Registry:
    """Finds an action by its name, exactly as it was registered."""

    def __init__(self) -> None:
        self._actions: dict[str, Action[Any]] = {}
        self._names: dict[int, str] = {}

    def add(self, action: Action[Any]) -> str:
        """Take in an action.

        :returns: its name.
        :raises ValueError: if the name is unfit or taken, naming both places.
        """
        name = action.name
        if not action.own_name:
            raise ValueError(
                f"{action.where} has no name: @actions.action('createPost'), or register it in a "
                f"dictionary by name."
            )
        if name in RESERVED_NAMES or re.split("[./]", name)[0] == "static":
            raise ValueError(
                f"{action.where}: no action may be called {name!r}, since GET serves a file there. "
                f"Choose another name."
            )
        if not all(map(_is_fit, name.split("."))):
            raise ValueError(
                f"{action.where}: {name!r} is no name for an action. Each part between dots begins "
                f"with a letter or a digit, as in 'createPost' and 'blog.comment', ends neither "
                f"with a space nor a slash, and has none of {' '.join(sorted(_UNFIT))}."
            )
        taken = self._actions.get(name)
        if taken is not None and taken is not action:
            raise ValueError(
                f"The name {name!r} is taken: {action.where} and {taken.where} both want it. Name "
                f"one of them: @actions.action('otherName')."
            )
        action.join()
        self._actions[name] = action
        self._names[id(action)] = name
        return name

    def find(self, name: str) -> Action[Any] | None:
        return self._actions.get(name)

    def name_of(self, action: Action[Any] | str) -> str:
        """The canonical name of an action, or of a name itself.

        :raises LookupError: if there is no such action, with the names that come near.
        """
        name = action if isinstance(action, str) else self._names.get(id(action), "")
        if name in self._actions:
            return name
        wanted = repr(action) if isinstance(action, str) else str(action)
        raise LookupError(f"There is no action {wanted} in this application.{self._near(action)}")

    def __iter__(self) -> Iterator[tuple[str, Action[Any]]]:
        return iter(sorted(self._actions.items()))

    def __len__(self) -> int:
        return len(self._actions)

    def _near(self, action: Action[Any] | str) -> str:
        from difflib import get_close_matches  # only when something went wrong

        wanted = action if isinstance(action, str) else action.own_name
        near = get_close_matches(wanted, self._actions, n=3, cutoff=0.5)
        if near:
            return f" Did you mean {' or '.join(map(repr, near))}?"
        if not isinstance(action, str):
            return " Register it: actions.register(action)."
        names = ", ".join(sorted(self._actions)[:10])
        group = action.rpartition(".")[0]
        if group and not any(name.startswith(f"{group}.") for name in self._actions):
            return f" It has no group {group!r} either: register it, actions.register({group})."
        return f" It has: {names}." if names else " It has none: register them before."


def _is_fit(part: str) -> bool:
    """Whether a part of a name means one thing, in a URL, in a log and to who reads it."""
    if _USUAL.fullmatch(part):
        return True
    return (
        part[:1].isalnum()
        and part.isprintable()
        and _UNFIT.isdisjoint(part)
        and not part.endswith((" ", "/"))
        and "//" not in part
        and (part.isascii() or _is_normal(part))
    )


def _is_normal(text: str) -> bool:
    from unicodedata import is_normalized  # most names are ASCII

    # Not one of several texts that look the same: the sender may well write another.
    return is_normalized("NFKC", text)
