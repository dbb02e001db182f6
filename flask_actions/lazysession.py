"""Sessions that are opened at the first look: a session interface in, a thriftier one out.

Flask opens the session of every request, whether anybody looks or not. With
``ACTIONS_LAZY_SESSION`` a request that never looks at its session neither opens nor saves it, which
one on a server costs most; so a permanent session lives on from the last request that looked at it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from operator import attrgetter
from typing import Any

from flask import Flask
from flask.sessions import SessionInterface, SessionMixin
from flask.wrappers import Request, Response


class LazySession(SessionMixin):
    """Stands for a session until somebody looks into it.

    :ivar whole: the session itself, opened now if it was not yet.
    """

    _open: Callable[[], SessionMixin]

    def __init__(self, open: Callable[[], SessionMixin]) -> None:
        object.__setattr__(self, "_open", open)

    @cached_property
    def whole(self) -> SessionMixin:
        return self._open()

    def __getitem__(self, key: str) -> Any:
        return self.whole[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.whole[key] = value

    def __delitem__(self, key: str) -> None:
        del self.whole[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole)

    def __len__(self) -> int:
        return len(self.whole)

    def __getattribute__(self, name: str) -> Any:
        # What SessionMixin says for all sessions, and what those of an extension have besides.
        own = name in _OWN or name.startswith("__")
        return object.__getattribute__(self, name) if own else getattr(self.whole, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.whole, name, value)


_OWN = frozenset({"_open", "whole"})


def opened(session: LazySession) -> SessionMixin | None:
    """The session itself, if somebody has looked."""
    known: dict[str, Any] = object.__getattribute__(session, "__dict__")
    return known.get("whole")


class LazySessions(SessionInterface):
    """Another interface's sessions, each opened at the first look.

    :param opened: told of a request and its session when that happens.
    """

    whole: SessionInterface
    _opened: Callable[[Request, SessionMixin], None]

    def __init__(
        self, whole: SessionInterface, opened: Callable[[Request, SessionMixin], None]
    ) -> None:
        object.__setattr__(self, "whole", whole)
        object.__setattr__(self, "_opened", opened)

    def open_session(self, app: Flask, request: Request) -> SessionMixin:
        def open() -> SessionMixin:
            session = self.whole.open_session(app, request)
            if session is None:
                session = self.whole.make_null_session(app)
            self._opened(request, session)
            return session

        return LazySession(open)

    def is_null_session(self, obj: object) -> bool:
        if isinstance(obj, LazySession):
            obj = opened(obj)
        return obj is None or self.whole.is_null_session(obj)  # nothing to save

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        whole = opened(session) if isinstance(session, LazySession) else session
        if whole is not None:
            self.whole.save_session(app, whole, response)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.whole, name, value)


# What SessionInterface says for all, such as where the cookie goes, another may say otherwise.
for _name in vars(SessionInterface):
    if not _name.startswith("__") and _name not in vars(LazySessions):
        setattr(LazySessions, _name, property(attrgetter(f"whole.{_name}")))
